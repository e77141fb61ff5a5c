"""A producer with few tracks gets an answer: what is said at split and train, and the proof by short twins."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from producertwin.dataset import store
from producertwin.library import open_library
from producertwin.model.variants import tiny
from producertwin.settings import Settings
from proof_kit import SECONDS, manifest, played, track
from train_kit import SET

Twin = Callable[..., Any]
LIGHT = ("--duration", SECONDS, "--steps", 1, "--ear", "mel-stats", "--rounds", 50, "--examples", 1)
TRAIN = ("train", "Ada", "--variant", "tiny", *SET)
_BUILT = cache(tiny.build)


@pytest.fixture(autouse=True)
def tiny_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training leaves the instrument as it was, so all tests share one."""
    monkeypatch.setattr(tiny, "build", _BUILT)


def freeze(studio: Path, songs: int, held: int, *, one_album: bool = False) -> None:
    """A training set of Ada, the last songs of it held out."""
    with open_library(Settings(studio=studio, device="cpu", offline=True)) as library:
        rows = [track(library, number, "Ada", played(96.0, 0.4, number)) for number in range(songs)]
        if one_album:
            rows = [row.model_copy(update={"group": "the album"}) for row in rows]
        store.put(manifest(rows, held), library.studio)


@pytest.mark.thorough
@pytest.mark.parametrize(("held", "one_album"), [(1, False), (0, False), (2, True)])
def test_nine_songs_are_judged_by_short_twins(twin: Twin, studio: Path, held: int, one_album: bool) -> None:
    freeze(studio, 9, held, one_album=one_album)
    run = twin("--json", *TRAIN).data["run"]["id"]
    planned = twin("--json", "prove", run, *LIGHT, "--dry-run").data
    assert (planned["short"], planned["prompts"], planned["takes"]) == (4, 9, 27)
    done = twin("--json", "prove", run, *LIGHT)
    assert done.code == 0, done.err
    about, first = done.data["figures"]["subject"], done.data["figures"]["ears"]["mel-stats/1"]
    assert (about["folds"], about["prompts"], about["train"], about["held"], about["fold_steps"]) == (4, 9, 9 - held, held, 2)
    assert about["splits_groups"] is one_album
    assert first["nearness"] is None and first["folded"]["songs"] == 9
    assert done.data["figures"]["answer"].split(":")[0] in ("Yes", "In part", "No", "Not shown", "That cannot be told")
    assert "4 short twins of 2 steps" in done.data["figures"]["basis"]
    assert ("share albums" in done.data["figures"]["basis"]) is one_album
    assert f"{held} of 9 songs are held out, and nearness takes 8: 4 short twins are trained" in done.err
    assert "short twin 1 of 4, without Song" in done.err
    folder = Path(done.data["report"]).parent
    assert len(list((folder / "short").glob("*.flac"))) == len(list((folder / "twin").glob("*.flac"))) == 9
    again = twin("--json", "prove", run, *LIGHT)
    assert "short twin 1 of 4" not in again.err and again.data["figures"] == done.data["figures"]


@pytest.mark.thorough
def test_what_is_printed_next_works_as_printed(twin: Twin, studio: Path) -> None:
    freeze(studio, 9, 1)
    done = twin(*TRAIN)
    for _ in range(3):  # evaluate, then what it names, then what that names
        command = done.err.splitlines()[-1].removeprefix("next: ")
        words = shlex.split(command)[1:]
        done = twin(*words, *(LIGHT if words[0] in ("prove", "runs") else ()))
        assert done.code == 0, f"{command}: {done.err}"


@pytest.mark.thorough
@pytest.mark.parametrize("held", [0, 2])
def test_an_installed_twin_is_listened_to_as_printed(twin: Twin, studio: Path, held: int) -> None:
    """The twin is named by its producer, so that no checkpoints are to be compared; the folder's name has a space in it."""
    freeze(studio, 9, held)
    assert twin(*TRAIN).code == 0
    done = twin("prove", "Ada", *LIGHT, "--folds", 4, "-o", "my proof")
    command = done.err.splitlines()[-1].removeprefix("next: ")
    assert command == f'twin listen prepare "my proof" --trials 9 --seconds {SECONDS:g}'
    prepared = twin(*shlex.split(command)[1:])
    assert prepared.code == 0, prepared.err


@pytest.mark.thorough
def test_folds_may_be_chosen_or_left_out(twin: Twin, studio: Path) -> None:
    freeze(studio, 9, 2)
    run = twin("--json", *TRAIN).data["run"]["id"]
    alone = twin("--json", "prove", run, *LIGHT, "--folds", 0)
    assert alone.code == 0 and alone.data["figures"]["subject"]["folds"] == 0
    assert alone.data["figures"]["answer"].startswith(
        "That cannot be told: 2 held-out songs carry no distance (let short twins be"
    )
    assert "judged by 2 of 9 songs, which it has not heard, too few" in alone.err
    assert twin("--json", "prove", run, *LIGHT, "--prompts", 1, "--dry-run").data["short"] == 0
    assert twin("--json", "prove", run, *LIGHT, "--folds", 3, "--dry-run").data["short"] == 3
    both = twin("prove", run, *LIGHT, "--folds", 3, "--prompts", 2)
    assert both.code == 3 and "leave one of the two out" in both.err
    assert twin("prove", run, *LIGHT, "--folds", 1).code == 3


@pytest.mark.thorough
def test_four_songs_get_what_four_songs_can_say(twin: Twin, studio: Path) -> None:
    freeze(studio, 4, 1, one_album=True)
    run = twin("--json", *TRAIN).data["run"]["id"]
    done = twin("--json", "prove", run, *LIGHT)
    assert done.code == 0, done.err
    figures = done.data["figures"]
    assert (
        figures["answer"] == "That cannot be told: 1 held-out song carries no distance (bring in more tracks: it takes 8 songs)."
    )
    assert {one["proven"] for one in figures["verdicts"]} <= {None, False}
    assert twin("prove", run, *LIGHT, "--folds", 2).code == 3


@pytest.mark.thorough
def test_split_says_what_can_be_proven(twin: Twin, studio: Path) -> None:
    freeze(studio, 9, 1)
    done = twin("dataset", "split", "--producer", "Ada", "--allow-unlicensed")
    assert done.code == 0 and "proof: nothing is held out of 0 songs" in done.err  # all are shorter than an excerpt
