from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lora_kit import row_of

from producertwin.dataset import store
from producertwin.dataset.manifest import DatasetPlan, Manifest
from producertwin.errors import BadInput
from producertwin.library import Library, open_library
from producertwin.library.runs import Run, RunDraft
from producertwin.settings import Settings
from producertwin.training.lora import recipes
from producertwin.training.lora.plan import TrainPlan, TrainTask
from producertwin.training.lora.request import resolve


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def find(library: Library, **plan: Any) -> TrainTask:
    """What a plan means in this studio."""
    return resolve(TrainPlan(**plan), library, Settings(studio=library.studio))


def put(library: Library, producer: str | None) -> Manifest:
    manifest = Manifest(plan=DatasetPlan(producer=producer), rows=(row_of(1, 50), row_of(2, 50, side="holdout")))
    store.put(manifest, library.studio)
    return manifest


def begun(library: Library, manifest: Manifest, **more: Any) -> Run:
    recipe = recipes.load("lora-nano").recipe
    facts = {"revision": "b2:0", "dataset": manifest.fingerprint, "recipe": recipe.fingerprint, "steps": 400, "variant": "nano"}
    return library.runs.create(RunDraft(producer="Ada", **facts | more), recipes.to_toml(recipe))


def test_the_recipe_follows_from_the_variant_where_none_is_named(library: Library) -> None:
    put(library, "Ada")
    named = {variant: find(library, producer="Ada", variant=variant).recipe_name for variant in (None, "nano", "turbo")}
    assert named == {None: "lora-nano", "nano": "lora-nano", "turbo": "lora-producer"}
    assert find(library, producer="Ada", recipe="lora-8gb").recipe_name == "lora-8gb"


def test_a_set_of_everybody_makes_the_twin_that_is_named(library: Library) -> None:
    name = store.name_of(put(library, None))
    with pytest.raises(BadInput, match="everybody's"):
        find(library, dataset=name)
    assert find(library, producer="The Lofi House", dataset=name).producer == "The Lofi House"


def test_a_named_set_says_whose_it_is(library: Library) -> None:
    name = store.name_of(put(library, "Ada"))
    assert find(library, dataset=name).producer == "Ada"


def test_a_resumed_run_is_ordered_as_it_was_begun(library: Library, tmp_path: Path) -> None:
    manifest = put(library, "Ada")
    run = begun(library, manifest, start=str(tmp_path / "parent"), source=str(tmp_path / "mine"), variant="mine")
    found = find(library, resume=run.id)
    assert found.variant.name == str(tmp_path / "mine") and found.variant.source == tmp_path / "mine"
    assert found.parent == tmp_path / "parent" and found.manifest == manifest
    assert found.recipe == recipes.load("lora-nano").recipe
    assert found.run is not None and found.run.id == run.id and found.checkpoint is None


def test_an_instrument_from_a_folder_is_remembered_by_its_folder(library: Library, tmp_path: Path) -> None:
    put(library, "Ada")
    assert find(library, producer="Ada", variant=str(tmp_path / "mine")).variant.source == tmp_path / "mine"
    assert find(library, producer="Ada", variant="sft").variant.source is None


def test_a_checkpoint_is_known_by_the_run_it_lies_in(library: Library, tmp_path: Path) -> None:
    run = begun(library, put(library, "Ada"))
    inside = library.runs.folder(run) / "checkpoints" / "step-00000050"
    outside = tmp_path / "step-00000050"
    for place in (inside, outside):
        place.mkdir(parents=True)
    found = find(library, resume=str(inside))
    assert found.run is not None and (found.run.id, found.checkpoint) == (run.id, inside)
    other = find(library, producer="Ada", resume=str(outside))
    assert (other.run, other.checkpoint) == (None, outside)


def test_a_recipe_that_was_changed_in_the_folder_of_its_run_is_refused(library: Library) -> None:
    run = begun(library, put(library, "Ada"))
    path = library.runs.folder(run) / "recipe.toml"
    path.write_text(path.read_text().replace("rank = 16", "rank = 8"))
    with pytest.raises(BadInput, match=r"recipe\.toml was changed"):
        find(library, resume=run.id)
