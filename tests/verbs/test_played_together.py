"""Batches from every command: on an accelerator several takes are made in one pass, and each is the take that it is alone.

The accelerator is a stand-in: passes are split as they are there, and played on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_kit import ask, edit, on_tiny, tone
from planner_kit import planner_folder, save_planner
from producertwin.audio import files
from producertwin.library import Take
from producertwin.model.instrument import Instrument
from producertwin.model.planner.options import Thinking
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Generated, Request
from producertwin.pipeline.pipelines import write_toml
from producertwin.pipeline.stages import EDITS
from producertwin.progress import finish
from producertwin.verbs import demo, pipeline
from producertwin.verbs.edit import edit as play_edit
from producertwin.verbs.make import make
from producertwin.verbs.studio import Studio

TOLERANCE = 1e-4
"""How far a sample of a take that was made with others may be from the one that it has alone."""
Made = list[Take]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return files.write(tmp_path / "song.flac", tone())


def by_make(studio: Studio, _: Path, count: int) -> Made:
    return [one.take for one in finish(make(ask(batch=count), studio))]


def by_thinking(words_only: bool) -> Callable[[Studio, Path, int], Made]:
    """Takes with their own words, metas and (unless `words_only`) codes; of one length, that of the stage."""

    def play(studio: Studio, _: Path, count: int) -> Made:
        if not planner_folder(studio.settings).exists():
            save_planner(planner_folder(studio.settings))
        thinking = Thinking(think=True, words_only=words_only)
        return [one.take for one in finish(make(ask(batch=count), studio, thinking=thinking))]

    return play


def by_edit(kind: str) -> Callable[[Studio, Path, int], Made]:
    def play(studio: Studio, song: Path, count: int) -> Made:
        fields: dict[str, Any] = {"anyway": True} if kind == "extract" else {}
        stage = edit(kind, song, prompt={"caption": "jazz"}, play=on_tiny(batch=count), **fields)
        return [one.take for one in finish(play_edit(stage, studio))]

    return play


def by_pipeline(studio: Studio, song: Path, count: int) -> Made:
    stages = [{"id": "a", "kind": "generate", "guide": "none", "audio": True}, {"id": "b", "kind": "cover", "source": "@a"}]
    play = {"variant": "tiny", "seed": 1, "batch": count, "steps": 2}
    tables = {"prompt": {"caption": "lofi"}, "seconds": 1.5, "play": play, "stages": stages}
    path = song.with_name("p.toml")
    path.write_text(write_toml(tables))
    made = finish(pipeline.run_pipeline(pipeline.PipelineRun(pipeline=str(path)), studio)).stages
    return [studio.library.takes.get(take) for stage in made.values() for take in stage]


def by_demo(studio: Studio, song: Path, count: int) -> Made:
    plan = demo.DemoPlan(brief="lofi", takes=count, seconds=1.5, seed=1, variant="tiny")
    return [one.take for one in finish(demo.demo(plan, studio, song.with_name("demo"))).candidates]


WAYS: dict[str, tuple[Callable[[Studio, Path, int], Made], list[int]]] = {
    "make": (by_make, [2, 1]),
    "think of words": (by_thinking(True), [2, 1]),
    "think of codes": (by_thinking(False), [2, 1]),
    **{kind: (by_edit(kind), [2, 1]) for kind in EDITS},
    "pipeline": (by_pipeline, [2, 1, 2, 1]),
    "demo": (by_demo, [2, 1]),
}


QUICK = {"make", "think of words", "cover"}
"""Ways whose three and three takes are made in a second; the others are slow tests."""


@pytest.mark.parametrize("way", [pytest.param(way, marks=() if way in QUICK else pytest.mark.thorough) for way in WAYS])
def test_takes_are_played_together_where_it_is_no_cpu(
    way: str, studio: Studio, tiny: Instrument, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three takes in passes of two: the passes, and the same takes as on a CPU, where each is played by itself."""
    play, wanted = WAYS[way]
    alone = play(studio, song, 3)
    passes: list[int] = []
    original = engine.generate

    def count(instrument: Instrument, requests: Sequence[Request], **ways: Any) -> list[Generated]:
        passes.append(len(requests))
        return original(instrument, requests, max_batch=8, **ways)

    monkeypatch.setattr(engine, "takes_per_pass", lambda *_: 2)
    monkeypatch.setattr(engine, "generate", count)
    together = play(studio, song, 3)
    assert passes == wanted
    assert len(together) == len(alone) == sum(wanted)
    for one, other in zip(together, alone, strict=True):
        assert (one.seed, one.caption, one.guide, one.metas) == (other.seed, other.caption, other.guide, other.metas)
        sounds = [files.read(studio.library.takes.content(take)) for take in (one, other)]
        assert np.abs(sounds[0] - sounds[1]).max() <= TOLERANCE
