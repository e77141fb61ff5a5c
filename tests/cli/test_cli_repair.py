"""`twin repair` with a budget: takes whose defects no edit mends are played anew, and only the region is taken over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio import files
from producertwin.library import Take, TakeDraft, open_library
from producertwin.quality.detectors.defect import report
from producertwin.quality.repair.candidates import find_region
from producertwin.settings import Settings

Twin = Callable[..., Any]
STUCK = (2.5, 5.8)


def stuck_music() -> np.ndarray:
    """Music in which one tone stands still."""
    sound = piece(90, seconds=8.0, bright=0.7)
    first, last = (round(48_000 * at) for at in STUCK)
    sound[:, first:last] = (0.12 * np.sin(2 * np.pi * 440 * np.arange(last - first) / 48_000)).astype(np.float32)
    return sound


def add_take(studio: Path, variant: str, task: str = "text2music", **stage: object) -> Take:
    path = files.write(studio.parent / "stuck.flac", stuck_music())
    facts = {"revision": "b2:0", "seconds": 8.0, "caption": "house, piano", "seed": 3}
    with open_library(Settings(studio=studio)) as library:
        return library.takes.add(TakeDraft(audio=path, variant=variant, task=task, stage=stage, **facts))


def attempts(told: dict[str, Any], kind: str) -> list[tuple[str, bool]]:
    return [(one["candidate"], one["kept"]) for one in told["attempts"] if one["kind"] == kind]


@pytest.mark.slow
def test_a_tone_that_stands_still_in_a_take_is_repainted_by_nano(twin: Twin, studio: Path) -> None:
    take = add_take(studio, "nano")
    told = twin("repair", take.id, "--only", "stuck", "--budget", "2", "-o", "mended.flac", "--json").data
    assert attempts(told, "stuck")[-1] == ("repaint", True)
    assert told["score_after"] > told["score_before"] + 1
    assert not [one for one in told["after"] if one["kind"] == "stuck"]
    old, new = stuck_music(), files.read("mended.flac")
    (stuck,) = [one for one in told["before"] if one["kind"] == "stuck"]
    first, last = (round(48_000 * at) for at in find_region(report("stuck", stuck["start"], stuck["end"], 4.0)) or ())
    same = np.abs(new - old[:, : new.shape[1]]).max(axis=0) < 2**-23
    assert same[:first].all() and same[last:].all() and not same[first + 4_800 : last - 4_800].all()


@pytest.mark.slow
@pytest.mark.parametrize("task", ["extract", "lego"])
def test_a_stem_is_played_once_more_by_nano(twin: Twin, studio: Path, task: str) -> None:
    song = files.write(studio.parent / "song.flac", piece(90, seconds=8.0, bright=0.7))
    take = add_take(studio, "nano", task, kind=task, source=str(song), stem="bass", prompt={"caption": "house, piano"})
    said = twin("repair", take.id, "--only", "stuck", "--budget", "1", "-o", "mended.flac", "--json")
    assert said.code == 0, said.err
    assert [candidate for candidate, _ in attempts(said.data, "stuck")] == [task]
    proposed = twin("repair", take.id, "--only", "stuck", "--propose")
    assert f"twin edit {task} {song} bass" in " ".join(proposed.out.split())


@pytest.mark.thorough
def test_what_was_played_and_is_no_better_lies_in_the_trash(twin: Twin, studio: Path) -> None:
    take = add_take(studio, "tiny")
    told = twin("repair", take.id, "--only", "stuck", "--budget", "1", "-o", "mended.flac", "--json").data
    ((candidate, kept),) = attempts(told, "stuck")
    listed = twin("takes", "list", "--json").data["items"]
    trashed = twin("trash", "list", "--json").data["entries"]
    assert candidate == "repaint"
    assert (len(listed), len(trashed)) == ((3, 0) if kept else (1, 1))


@pytest.mark.thorough
def test_an_instrument_that_is_not_there_matters_only_where_stages_are_asked_for(twin: Twin, studio: Path) -> None:
    take = add_take(studio, "xl-turbo")
    said = twin("repair", take.id, "--only", "stuck", "-o", "mended.flac")
    assert said.code == 0 and "nothing is played anew" in said.err
    assert twin("repair", take.id, "--only", "stuck", "--budget", "1", "-o", "mended.flac").code == 7
