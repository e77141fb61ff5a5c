"""What stages mean, to the byte: where a refine starts, where a cover switches, codes, scorers, and items of a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline_kit import EDIT_FIELDS, tone
from producertwin.audio import files
from producertwin.library import Take
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.prediction import Prediction
from producertwin.model.sampling.request import Generated
from producertwin.pipeline.pipelines import write_toml
from producertwin.pipeline.stages import EDITS
from producertwin.progress import finish
from producertwin.verbs import pipeline as verb
from producertwin.verbs import pipeline_stage, takes
from producertwin.verbs.scorers import SCORERS
from producertwin.verbs.studio import Studio

PLAY = {"variant": "tiny", "steps": 4, "seed": 5}
DRAFT = {"id": "draft", "kind": "generate", "guide": "none"}


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return files.write(tmp_path / "song.flac", tone(1.5))


def run(studio: Studio, tmp_path: Path, *stages: dict[str, Any], **shared: Any) -> dict[str, list[Take]]:
    """The takes of every stage of a pipeline on tiny, by its id; @source is the song."""
    path = tmp_path / "p.toml"
    tables = {
        "prompt": {"caption": "lofi", "bpm": 90, "key": "A minor", "meter": 4},
        "play": PLAY,
        "seconds": 1.5,
        **shared,
        "stages": list(stages),
    }
    path.write_text(write_toml(tables))
    asked = verb.PipelineRun.model_validate({"pipeline": str(path), "source": str(tmp_path / "song.flac")})
    found = finish(verb.run_pipeline(asked, studio))
    return {name: [studio.library.takes.get(take) for take in ids] for name, ids in found.stages.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("denoise", [0.07, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("way", [{"steps": 2, "shift": 1.0}, {"steps": 5, "shift": 3.0}])
def test_a_refine_starts_at_the_level_that_its_record_says(
    studio: Studio, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, denoise: float, way: dict[str, float]
) -> None:
    walked: list[tuple[float, ...]] = []
    generate = engine.generate

    def watch(*given: Any, **fields: Any) -> list[Generated]:
        found = generate(*given, **fields)
        walked.extend(one.schedule for one in found)
        return found

    monkeypatch.setattr(engine, "generate", watch)
    stage = {"id": "a", "kind": "refine", "source": "@source", "denoise": denoise}
    [take] = run(studio, tmp_path, stage, play=PLAY | way)["a"]
    [levels] = walked
    assert levels[0] == denoise == take.stage["denoise"]
    assert all(later < denoise for later in levels[1:])


def test_a_cover_of_strength_one_follows_to_the_end_and_one_of_none_is_text2music(
    studio: Studio, song: Path, tmp_path: Path
) -> None:
    cover = {"kind": "cover", "source": "@source"}
    found = run(
        studio,
        tmp_path,
        {"id": "plain", **cover, "play": {"seed": 5}},
        {"id": "whole", **cover, "strength": 1.0, "play": {"seed": 5}},
        {"id": "half", **cover, "strength": 0.5, "play": {"seed": 5}},
        {"id": "none", **cover, "strength": 0.0, "play": {"seed": 5}},
        DRAFT | {"id": "words", "play": {"seed": 5}},
    )
    latents = {name: take.latents for name, [take] in found.items()}
    assert latents["plain"] == latents["whole"] and latents["none"] == latents["words"]
    assert len(set(latents.values())) == 3


@pytest.mark.thorough
@pytest.mark.parametrize(("steps", "strength"), [(4, 0.0), (4, 0.24), (4, 0.25), (5, 0.5), (5, 0.99), (10, 0.7), (3, 1.0)])
def test_text_context_and_keys_switch_at_one_step(
    studio: Studio, tiny: Instrument, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int, strength: float
) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    predict = Prediction.predict

    def watch(self: Prediction, x: torch.Tensor, place: int, around: torch.Tensor, conditions: Any) -> Any:
        found = predict(self, x, place, around, conditions)
        [cached] = conditions.cached.values()
        seen.append((around, conditions.states[0], cached.layers[0][0]))
        return found

    monkeypatch.setattr(Prediction, "predict", watch)

    def walk(stage: dict[str, Any]) -> list[tuple[torch.Tensor, ...]]:
        seen.clear()
        run(studio, tmp_path, {"id": "only", **stage}, play=PLAY | {"steps": steps})
        return list(seen)

    cover = {"kind": "cover", "source": "@source"}
    [followed, *_], [words, *_] = walk(cover), walk(DRAFT)
    mixed = walk(cover | {"strength": strength})
    switch = int(steps * strength)
    assert len(mixed) == steps
    for place, found in enumerate(mixed):
        for part, wanted in zip(found, followed if place < switch else words, strict=True):
            assert torch.equal(part, wanted), place


def test_codes_are_a_source_in_pipelines(studio: Studio, song: Path, tmp_path: Path) -> None:
    [draft] = run(studio, tmp_path, DRAFT)["draft"]
    codes = finish(takes.read_codes(draft.id, studio))
    found = run(
        studio,
        tmp_path,
        DRAFT,
        {"id": "own", "kind": "cover", "source": "@draft", "play": {"seed": 9}},
        {"id": "given", "kind": "cover", "source": "@draft", "codes": codes, "play": {"seed": 9}},
        {"id": "words", "kind": "generate", "codes": codes, "play": {"seed": 9}},
        {"id": "other", "kind": "generate", "codes": "<|audio_code_5|>" * codes.count("<|"), "play": {"seed": 9}},
    )
    latents = {name: take.latents for name, [take] in found.items()}
    assert latents["own"] == latents["given"] == latents["words"] != latents["other"]
    assert found["words"][0].stage["codes"] == codes


@pytest.mark.parametrize("keep", [1, 2])
def test_any_named_scorer_chooses_and_each_item_keeps_its_line(
    studio: Studio, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: int
) -> None:
    monkeypatch.setitem(SCORERS, "late seeds", lambda _: lambda take: float(take.seed))
    monkeypatch.setattr(pipeline_stage, "SCORERS", SCORERS)
    found = run(
        studio,
        tmp_path,
        DRAFT | {"play": {"batch": 3}},
        {"id": "best", "kind": "select", "source": "@draft", "by": "late seeds", "keep": keep},
        {"id": "last", "kind": "refine", "source": "@best"},
    )
    assert [take.seed for take in found["best"]] == [7, 6][:keep]
    assert [take.parents for take in found["last"]] == [(take.id,) for take in found["best"]]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", sorted(EDITS))
def test_items_of_a_batch_are_what_they_are_alone(studio: Studio, song: Path, tmp_path: Path, kind: str) -> None:
    own = {"kind": kind, **EDIT_FIELDS.get(kind, {}), **({"anyway": True} if kind == "extract" else {})}
    batch = run(
        studio,
        tmp_path,
        DRAFT | {"play": {"batch": 2}},
        {"id": "of-each", "source": "@draft", "audio": True, **own, "play": {"seed": 40}},
        {"id": "of-one", "source": "@source", **own, "play": {"seed": 40, "batch": 2}},
    )
    for name in ("of-each", "of-one"):
        assert [take.seed for take in batch[name]] == [40, 41]
        assert len({take.latents for take in batch[name]}) == 2
        second = batch["draft"][1].id if name == "of-each" else "@source"
        [alone] = run(studio, tmp_path, {"id": "alone", "source": second, **own, "play": {"seed": 41}})["alone"]
        assert alone.id == batch[name][1].id
