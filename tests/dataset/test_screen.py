from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio import files, levels
from producertwin.audio.samples import Samples
from producertwin.dataset import screen as verb
from producertwin.dataset.duplicates import duplicates, redundant_tracks
from producertwin.dataset.ingest import IngestPlan, ingest
from producertwin.dataset.screen import NOTE, ScreenNote, ScreenPlan, ScreenTask, fingerprint_of, screen_tracks
from producertwin.dataset.screening import Profile, Reason
from producertwin.errors import AudioRejected
from producertwin.library import Library, open_library
from producertwin.progress import Progress, finish
from producertwin.settings import Settings

PLAN = ScreenPlan(profile=Profile(name="short", shortest=1.0, longest=30.0, look_back=2.0), workers=1)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def music(seed: int, seconds: float = 1.5) -> Samples:
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * 48_000)) / 48_000
    notes = rng.uniform(200, 900, math.ceil(seconds * 4))
    tone = np.sin(2 * np.pi * np.cumsum(notes[(time * 4).astype(int)]) / 48_000) * np.exp(-4 * (time % 0.25))
    return np.asarray(0.4 * tone + 0.02 * rng.standard_normal((2, time.size)), np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven sounds; those that are copies of another are as long as it takes to hear that."""
    home = tmp_path_factory.mktemp("music")
    files.write(home / "good.flac", music(1, 7.4))
    files.write(home / "quieter.mp3", 0.5 * music(1, 7.4), kbps=128)
    files.write(home / "later.wav", music(1, 7.4)[:, 96_000:])
    files.write(home / "other.wav", music(2, 5.5))
    files.write(home / "short.wav", music(3, 0.5))
    files.write(home / "clipped.wav", 0.5 * np.clip(5 * music(4), -1, 1))
    cut_short(files.write(home / "truncated.flac", music(5)))
    return home


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Four short sounds, one of which cannot be decoded."""
    home = tmp_path / "few"
    home.mkdir()
    for number, name in enumerate(("good", "longer", "other", "truncated")):
        files.write(home / f"{name}.flac", music(number, 2.0 if name == "longer" else 1.2))
    cut_short(home / "truncated.flac")
    return home


def cut_short(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def brought(folder: Path, library: Library) -> dict[str, str]:
    """Track id by title."""
    finish(ingest(folder, IngestPlan(producer="Ada", licence="CC-BY-4.0"), library))
    return {track.title: track.id for track in library.tracks.list()}


def run(library: Library, plan: ScreenPlan = PLAN) -> dict[str, ScreenNote]:
    return finish(screen_tracks(library.tracks.list(), plan, library))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[ScreenTask]:
    """The jobs that are done from now on."""
    jobs: list[ScreenTask] = []
    real = verb.prepare_track

    def prepared(job: ScreenTask) -> ScreenNote:
        jobs.append(job)
        return real(job)

    monkeypatch.setattr(verb, "prepare_track", prepared)
    return jobs


@dataclass(frozen=True)
class Done:
    """The seven sounds, screened by one process."""

    library: Library
    ids: dict[str, str]
    notes: dict[str, ScreenNote]


@pytest.fixture(scope="module")
def done(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    with open_library(Settings(studio=tmp_path_factory.mktemp("done") / "studio")) as library:
        ids = brought(folder, library)
        yield Done(library, ids, run(library))


@pytest.mark.thorough
def test_every_track_gets_its_verdict(done: Done) -> None:
    reasons = {title: done.notes[track].verdict.reason for title, track in done.ids.items()}
    assert reasons == {
        "good": None, "quieter": None, "later": None, "other": None, "short": Reason.TOO_SHORT,
        "clipped": Reason.EXCESSIVE_CLIPPING, "truncated": Reason.CORRUPT,
    }  # fmt: skip
    [clip] = done.notes[done.ids["quieter"]].clips
    sound = files.read(done.library.blobs.get(clip))
    assert levels.sample_peak_db(sound) == pytest.approx(-1.0, abs=0.01)
    assert done.notes[done.ids["truncated"]].fingerprint is None


@pytest.mark.thorough
def test_two_processes_come_to_the_same(folder: Path, library: Library, done: Done) -> None:
    brought(folder, library)
    assert run(library, PLAN.model_copy(update={"workers": 2})) == done.notes


@pytest.mark.thorough
def test_nothing_is_done_twice_and_a_new_profile_does_all_again(few: Path, library: Library, counted: list[ScreenTask]) -> None:
    brought(few, library)
    first = run(library)
    assert len(counted) == 4
    assert run(library) == first
    assert len(counted) == 4
    stricter = PLAN.model_copy(update={"profile": PLAN.profile.model_copy(update={"name": "strict", "shortest": 1.5})})
    again = run(library, stricter)
    assert len(counted) == 8
    assert sum(note.verdict.accepted for note in first.values()) == 3
    assert [note.verdict.seconds for note in again.values() if note.verdict.accepted] == [2.0]


def test_progress_names_the_tracks_by_their_titles(few: Path, library: Library) -> None:
    brought(few, library)
    told = [event.note for event in screen_tracks(library.tracks.list(), PLAN, library) if isinstance(event, Progress)]
    assert {"good", "longer", "other", "truncated"} <= set(told)


def test_a_stopped_run_goes_on_where_it_was(few: Path, library: Library, counted: list[ScreenTask]) -> None:
    brought(few, library)
    work = screen_tracks(library.tracks.list(), PLAN, library)
    for event in work:
        if event.done == 3:
            work.close()
            break
    assert len(run(library)) == len(counted) == 4


def test_what_was_prepared_and_is_gone_is_prepared_again(few: Path, library: Library, counted: list[ScreenTask]) -> None:
    ids = brought(few, library)
    first = run(library)
    lost = [first[ids["good"]].clips[0], first[ids["other"]].fingerprint or ""]
    for name in lost:
        library.blobs.remove(name)
    counted.clear()
    assert run(library) == first
    assert {job.track for job in counted} == {ids["good"], ids["other"]}
    assert all(library.blobs.get(name).is_file() for name in lost)


@pytest.mark.thorough
def test_notes_of_an_older_version_are_read_and_made_again(few: Path, library: Library, counted: list[ScreenTask]) -> None:
    brought(few, library)
    first = run(library)
    for track, note in first.items():
        data = note.model_dump(mode="json", exclude={"outline": True, "verdict": {"gain", "fade"}})
        library.tracks.note(track, NOTE, data | {"key": "of another version"})
    old = library.tracks.notes_of_kind(NOTE, ScreenNote)
    assert [note.verdict.gain for note in old.values()] == [None] * 4
    counted.clear()
    assert run(library) == first
    assert len(counted) == 4


def test_fail_fast_stops_at_what_cannot_be_decoded(few: Path, library: Library) -> None:
    brought(few, library)
    with pytest.raises(AudioRejected) as failure:
        run(library, PLAN.model_copy(update={"fail_fast": True}))
    assert failure.value.reason == "corrupt"


@pytest.mark.thorough
def test_copies_are_found_among_what_was_screened(done: Done) -> None:
    titles = {track: title for title, track in done.ids.items()}
    found = duplicates({titles[name]: fingerprint_of(note, done.library) for name, note in done.notes.items()})
    pairs = {frozenset((one.first, one.second)) for one in found}
    assert pairs == {frozenset(pair) for pair in (("good", "later"), ("good", "quieter"), ("later", "quieter"))}
    assert redundant_tracks(found, {"good": 2, "later": 1, "quieter": 0}.__getitem__) == {"later", "quieter"}
    [offset] = [one.match.offset for one in found if {one.first, one.second} == {"good", "later"}]
    assert abs(offset) == pytest.approx(2.0, abs=0.05)


def test_prepared_sound_survives_a_sweep(done: Done) -> None:
    note = done.notes[done.ids["good"]]
    done.library.sweep(older_than=-1.0)
    assert all(done.library.blobs.get(name).exists() for name in note.blobs)
