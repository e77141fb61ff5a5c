"""By which recipe the short twins of a proof are trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from producertwin.library import open_library
from producertwin.library.runs import RunDraft
from producertwin.model.variants import catalogue
from producertwin.progress import finish
from producertwin.proof import short_twins
from producertwin.settings import Settings
from producertwin.training.lora import recipes
from proof_kit import manifest, played, track


def test_what_learned_from_preferences_is_judged_by_short_twins_of_its_songs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_twins, "card_of", lambda _: None)  # no weights are written here
    settings = Settings(studio=tmp_path / "studio", device="cpu", offline=True)
    with open_library(settings) as library:
        songs = manifest([track(library, number, "Ada", played(96.0, 0.4, number)) for number in range(3)], 1)
        facts = {
            "producer": "Ada",
            "variant": "tiny",
            "revision": "b2:0",
            "dataset": songs.fingerprint,
            "recipe": "b2:1",
            "steps": 1,
        }
        of_songs = recipes.load("lora-nano", {"training.steps": "77"})
        learned = library.runs.create(RunDraft(**facts), recipes.to_toml(of_songs.recipe))
        liked = library.runs.create(RunDraft(**facts | {"kind": "dpo", "recipe": "b2:2"}), "[dpo]\ntarget = 0.3\n")
        tiny = catalogue.resolve("tiny", settings)
        for run in (learned, liked):
            folder = library.runs.folder(run)
            task = finish(short_twins.find_task(folder / "adapter", folder, songs, tiny, library))
            assert task.recipe.training.steps == 77
