"""Repairs side by side, given up half-way, and of sounds that are too long: nothing half-written is ever left."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio import files
from producertwin.errors import AudioRejected
from producertwin.jobs.catalogue import find_work
from producertwin.library import Take, TakeDraft
from producertwin.progress import finish
from producertwin.verbs.repair import RepairPlan, RepairResult, repair
from producertwin.verbs.repaired import list_repairs
from producertwin.verbs.sounds import find_sound
from producertwin.verbs.studio import Studio


def broken() -> np.ndarray:
    """Music with a click and a hole."""
    sound = piece(90, seconds=2.0, bright=0.7)
    sound[:, 30_000] += 0.5
    sound[:, 60_000:60_960] = 0
    return sound


@pytest.fixture
def take(studio: Studio) -> Take:
    facts = {"task": "text2music", "stage": {"kind": "generate"}, "caption": "house", "variant": "nano", "revision": "b2:00"}
    return studio.library.takes.add(TakeDraft(**facts, seed=9, seconds=2.0, audio=files.encode(broken(), "flac")))


def work_in_turn(studio: Studio, *plans: RepairPlan) -> list[RepairResult]:
    """What several repairs give that each go one step before the next does."""
    works = [repair(plan, studio) for plan in plans]
    done: dict[int, RepairResult] = {}
    while len(done) < len(works):
        for number in set(range(len(works))) - set(done):
            try:
                next(works[number])
            except StopIteration as stop:
                done[number] = stop.value
    return [done[number] for number in range(len(works))]


def written(*places: Path) -> set[Path]:
    return {path for place in places if place.is_dir() for path in place.rglob("*") if "library.sqlite" not in path.name}


@pytest.mark.thorough
@pytest.mark.parametrize(("only", "many"), [(((), ()), 1), ((("click",), ("dropout",)), 2), ((("click",), ("click",)), 1)])
def test_two_repairs_of_one_take_at_once_make_whole_takes_and_the_same_one_where_they_are_alike(
    studio: Studio, take: Take, only: tuple[tuple[str, ...], ...], many: int
) -> None:
    made = work_in_turn(studio, *(RepairPlan(subject=take.id, only=kinds, budget=0) for kinds in only))
    takes = [studio.library.takes.get(one.take or "") for one in made]
    assert len({one.id for one in takes}) == many and all(one.parents == (take.id,) for one in takes)
    sounds = [files.read(finish(find_sound(one, studio))) for one in takes]
    assert all(sound.shape == (2, 96_000) for sound in sounds)
    records = {one.id: one for one in list_repairs(studio, take.id)}
    assert {records[one.repair or ""].after for one in made} == {one.id for one in takes}


@pytest.mark.thorough
def test_two_repairs_of_one_file_at_once_write_the_same_whole_file(studio: Studio, tmp_path: Path) -> None:
    song = files.write(tmp_path / "song.wav", broken())
    first, second = work_in_turn(studio, *(RepairPlan(subject=str(song), out=tmp_path / name) for name in ("a.flac", "b.flac")))
    assert first.repair == second.repair and len(list_repairs(studio)) == 1
    assert np.array_equal(files.read(tmp_path / "a.flac"), files.read(tmp_path / "b.flac"))


@pytest.mark.thorough
@pytest.mark.parametrize("subject", ["take", "file"])
def test_a_repair_that_is_given_up_anywhere_leaves_nothing(studio: Studio, take: Take, tmp_path: Path, subject: str) -> None:
    song = files.write(tmp_path / "song.wav", broken())
    name = take.id if subject == "take" else str(song)
    plan = RepairPlan(subject=name, only=("click",), budget=0, out=tmp_path / "out.flac")
    there = written(tmp_path, studio.settings.studio)
    for steps in itertools.count():
        work = repair(plan, studio)
        try:
            for _ in range(steps):
                next(work)
        except StopIteration:
            break
        work.close()
        assert written(tmp_path, studio.settings.studio) == there, f"given up after {steps} steps"
    assert steps >= 2 and (tmp_path / "out.flac").is_file() and len(list_repairs(studio)) == 1


@pytest.mark.parametrize("minutes", [21, 180])
def test_a_sound_that_is_too_long_to_repair_is_refused_by_its_header(studio: Studio, tmp_path: Path, minutes: int) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 1, 8_000, 0, "NONE", ""))
        out.writeframes(bytes(8_000 * 60 * minutes))
    with pytest.raises(AudioRejected, match=f"claims {60 * minutes} s, the limit is 1200 s"):
        finish(repair(RepairPlan(subject=str(path), out=tmp_path / "out.flac"), studio))
    assert not (tmp_path / "out.flac").exists() and not list_repairs(studio)


@pytest.mark.parametrize(
    ("subject", "budget", "queue"),
    [
        ("take", None, "gpu"),
        ("take", 0, "cpu"),
        ("take", 2, "gpu"),
        ("file", None, "cpu"),
        ("file", 0, "cpu"),
        ("file", 1, "gpu"),
    ],
)
def test_a_repair_that_only_edits_needs_no_instrument(tmp_path: Path, subject: str, budget: int | None, queue: str) -> None:
    song = files.write(tmp_path / "song.wav", np.zeros((2, 100), np.float32))
    plan = RepairPlan(subject="k3v" if subject == "take" else str(song), budget=budget)
    assert find_work("repair").queue_of(plan) == queue
