from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lora_kit import row_of

from producertwin.dataset import shelf
from producertwin.dataset.manifest import DatasetPlan, Manifest
from producertwin.errors import BadInput
from producertwin.library import Library, open_studio
from producertwin.library.runs import Run, RunDraft
from producertwin.settings import Settings
from producertwin.training.lora import recipes
from producertwin.training.lora.plan import TrainPlan
from producertwin.training.lora.request import order


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_studio(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def put(library: Library, producer: str | None) -> Manifest:
    manifest = Manifest(plan=DatasetPlan(producer=producer), rows=(row_of(1, 50), row_of(2, 50, side="holdout")))
    shelf.put(manifest, library.studio)
    return manifest


def begun(library: Library, manifest: Manifest, **more: Any) -> Run:
    recipe = recipes.load("lora-nano").recipe
    facts = {"revision": "b2:0", "dataset": manifest.fingerprint, "recipe": recipe.fingerprint, "steps": 400, "variant": "nano"}
    return library.runs.create(RunDraft(producer="Ada", **facts | more), recipes.toml(recipe))


def test_the_recipe_follows_from_the_variant_where_none_is_named(library: Library) -> None:
    put(library, "Ada")
    named = {variant: order(TrainPlan(producer="Ada", variant=variant), library).recipe for variant in (None, "nano", "turbo")}
    assert named == {None: "lora-nano", "nano": "lora-nano", "turbo": "lora-producer"}
    assert order(TrainPlan(producer="Ada", recipe="lora-8gb"), library).recipe == "lora-8gb"


def test_a_set_of_everybody_makes_the_twin_that_is_named(library: Library) -> None:
    name = shelf.name_of(put(library, None))
    with pytest.raises(BadInput, match="everybody's"):
        order(TrainPlan(dataset=name), library)
    assert order(TrainPlan(producer="The Lofi House", dataset=name), library).order.producer == "The Lofi House"


def test_a_named_set_says_whose_it_is(library: Library) -> None:
    name = shelf.name_of(put(library, "Ada"))
    assert order(TrainPlan(dataset=name), library).order.producer == "Ada"


def test_a_resumed_run_is_ordered_as_it_was_begun(library: Library, tmp_path: Path) -> None:
    manifest = put(library, "Ada")
    run = begun(library, manifest, start=str(tmp_path / "parent"), source=str(tmp_path / "mine"), variant="mine")
    found = order(TrainPlan(resume=run.id), library)
    assert found.variant == str(tmp_path / "mine") and found.order.source == tmp_path / "mine"
    assert found.order.parent == tmp_path / "parent" and found.order.manifest == manifest
    assert found.order.recipe == recipes.load("lora-nano").recipe
    assert found.order.run is not None and found.order.run.id == run.id and found.order.checkpoint is None


def test_an_instrument_from_a_folder_is_remembered_by_its_folder(library: Library, tmp_path: Path) -> None:
    put(library, "Ada")
    assert order(TrainPlan(producer="Ada", variant=str(tmp_path / "mine")), library).order.source == tmp_path / "mine"
    assert order(TrainPlan(producer="Ada", variant="sft"), library).order.source is None


def test_a_checkpoint_is_known_by_the_run_it_lies_in(library: Library, tmp_path: Path) -> None:
    run = begun(library, put(library, "Ada"))
    inside = library.runs.folder(run) / "checkpoints" / "step-00000050"
    outside = tmp_path / "step-00000050"
    for place in (inside, outside):
        place.mkdir(parents=True)
    found = order(TrainPlan(resume=str(inside)), library).order
    assert found.run is not None and (found.run.id, found.checkpoint) == (run.id, inside)
    other = order(TrainPlan(producer="Ada", resume=str(outside)), library).order
    assert (other.run, other.checkpoint) == (None, outside)


def test_a_recipe_that_was_changed_in_the_folder_of_its_run_is_refused(library: Library) -> None:
    run = begun(library, put(library, "Ada"))
    path = library.runs.folder(run) / "recipe.toml"
    path.write_text(path.read_text().replace("rank = 16", "rank = 8"))
    with pytest.raises(BadInput, match=r"recipe\.toml was changed"):
        order(TrainPlan(resume=run.id), library)
