"""An adapter in every kind of stage: heard, recorded with scale and levels, silent at scale 0, and played again to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline_kit import EDIT_FIELDS, tone
from producertwin.audio import files
from producertwin.library import Take
from producertwin.model.instrument import Instrument
from producertwin.pipeline.pipelines import write_toml
from producertwin.pipeline.stages import EDITS
from producertwin.progress import finish
from producertwin.verbs import pipeline as verb
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import Studio
from proof_kit import adapter

KINDS = ("generate", *sorted(EDITS))


@pytest.fixture(scope="module")
def folder(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapter(tiny, tmp_path_factory.mktemp("adapter") / "mara", strength=0.5)


def played(kind: str, studio: Studio, tmp_path: Path, *adapters: Any) -> Take:
    """A take of a stage of `kind` with these adapters."""
    song = files.write(tmp_path / "song.flac", tone(1.5))
    own = {"source": "@source", **EDIT_FIELDS.get(kind, {})} if kind in EDITS else {"guide": "none", "seconds": 1.5}
    own |= {"anyway": True} if kind == "extract" else {}
    play = {"variant": "tiny", "steps": 3, "shift": 1.0, "seed": 5, "adapters": list(map(str, adapters))}
    path = tmp_path / "p.toml"
    path.write_text(write_toml({"prompt": {"caption": "lofi"}, "play": play, "stages": [{"id": "only", "kind": kind, **own}]}))
    run = {"pipeline": str(path), "source": str(song)}
    (made,) = finish(verb.run_pipeline(verb.PipelineRun.model_validate(run), studio)).takes
    return made.take


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_is_heard_in_every_kind_of_stage(studio: Studio, tmp_path: Path, folder: Path, kind: str) -> None:
    without, whole = played(kind, studio, tmp_path), played(kind, studio, tmp_path, folder)
    silent, early = played(kind, studio, tmp_path, f"{folder}:0"), played(kind, studio, tmp_path, f"{folder}:0.8:0.4-1")
    assert silent.latents == without.latents and silent.audio == without.audio
    assert len({without.latents, whole.latents, early.latents}) == 3
    assert [(use.name, use.scale, use.levels) for use in early.adapters] == [(str(folder), 0.8, (0.4, 1.0))]
    assert early.stage["play"]["adapters"] == [{"folder": str(folder), "scale": 0.8, "levels": [0.4, 1.0]}]  # type: ignore[call-overload,index]
    assert whole.stage["play"]["adapters"] == [{"folder": str(folder), "scale": 1.0}]  # type: ignore[call-overload,index]
    assert finish(replay(early.id, studio)).same_bytes
