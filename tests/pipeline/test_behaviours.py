"""Every kind of stage has a behaviour, and the two fit each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from pipeline_kit import ask, edit, tone
from producertwin.errors import BadInput
from producertwin.model.sampling.request import InputSound, Request
from producertwin.music import STEMS
from producertwin.pipeline import executor
from producertwin.pipeline.behaviours import BEHAVIOURS, behaviour_of
from producertwin.pipeline.sources import EditSource
from producertwin.pipeline.stages import EDITS, Generate, SourceRef, Stage

SOURCE = EditSource("song.flac", "b2:" + "0" * 64, tone())


def kinds() -> list[str]:
    """The kinds in the union of stages."""
    return [record.model_fields["kind"].default for record in get_args(get_args(Stage)[0])]


def stage_of(kind: str) -> Stage:
    return ask() if kind == "generate" else edit(kind, "song.flac", prompt={"caption": "lofi"})


def test_kinds_and_behaviours_are_the_same() -> None:
    assert len(kinds()) == len(set(kinds())) >= 7
    assert BEHAVIOURS.keys() == set(kinds()) == {"generate", *EDITS}
    assert all(behaviour_of(stage_of(kind)) is BEHAVIOURS[kind] for kind in kinds())


@pytest.mark.parametrize("kind", kinds())
def test_what_is_asked_suits_the_task(kind: str) -> None:
    stage = stage_of(kind)
    sources = tuple(SOURCE for _ in stage.sources)
    prepared = executor.prepare(stage, sources)
    task = behaviour_of(stage).task
    plain = Request("lofi", prepared.seconds, 1, task)
    request = behaviour_of(stage).ask(stage, plain, tuple(InputSound(source.audio) for source in sources))
    assert (request.source is not None) == task.needs_source
    assert replace(request, source=None, start=None, windows=(), stems=(), morph=None) == plain
    assert set(request.stems) <= set(STEMS)
    assert prepared.seconds == pytest.approx(1.5 if isinstance(stage, Generate) else SOURCE.seconds)


@pytest.mark.parametrize("kind", kinds())
def test_a_pinned_stage_names_its_sources_in_full(kind: str) -> None:
    stage = stage_of(kind)
    pinned = stage.pin([SourceRef("/full/song.flac", SOURCE.hash) for _ in stage.sources])
    assert [(ref.name, ref.hash) for ref in pinned.sources] == [("/full/song.flac", SOURCE.hash)] * len(stage.sources)
    assert (pinned == stage) == (not stage.sources)


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_takes_references(kind: str, song: Path) -> None:
    stage = stage_of(kind)
    sources = tuple(SOURCE for _ in stage.sources)
    assert executor.prepare(stage, sources).references == ()
    found = executor.prepare(stage.model_copy(update={"reference": (song, song)}), sources).references
    assert len(found) == 2
    assert all(np.abs(reference - tone()).max() < 1e-4 for reference in found)


def test_a_batch_is_one_stage_per_seed() -> None:
    stages = list(executor.split_batch(ask(seed=2**32 - 1, batch=3)))
    assert [stage.play.seed for stage in stages] == [2**32 - 1, 0, 1]
    assert {stage.play.batch for stage in stages} == {1}
    drawn = [next(executor.split_batch(ask(play={"variant": "tiny"}))).play.seed for _ in range(2)]
    assert None not in drawn
    assert drawn[0] != drawn[1]


def test_an_unknown_caption_is_refused_where_somebody_has_to_say_it() -> None:
    for kind in EDITS:
        silent = edit(kind, "song.flac")
        if BEHAVIOURS[kind].needs_caption:
            with pytest.raises(BadInput, match=r"caption is empty.*song\.flac"):
                executor.prepare(silent, (SOURCE,))
        else:
            assert executor.prepare(silent, (SOURCE,)).prompt.caption == ""
