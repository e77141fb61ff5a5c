from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio import files, levels
from producertwin.audio.samples import Samples
from producertwin.dataset import screen as verb
from producertwin.dataset.duplicates import duplicates, superfluous
from producertwin.dataset.ingest import IngestPlan, ingest
from producertwin.dataset.screen import ScreenNote, ScreenPlan, fingerprint_of, screened
from producertwin.dataset.screening import Profile, Reason
from producertwin.errors import AudioRejected
from producertwin.library import Library, open_studio
from producertwin.progress import finish
from producertwin.settings import Settings

PLAN = ScreenPlan(profile=Profile(name="short", shortest=1.0, longest=30.0, look_back=2.0), workers=1)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_studio(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def music(seed: int, seconds: float = 8.0) -> Samples:
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * 48_000)) / 48_000
    notes = rng.uniform(200, 900, round(seconds * 4))
    tone = np.sin(2 * np.pi * np.cumsum(notes[(time * 4).astype(int)]) / 48_000) * np.exp(-4 * (time % 0.25))
    return np.asarray(0.4 * tone + 0.02 * rng.standard_normal((2, time.size)), np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "music"
    home.mkdir()
    files.write(home / "good.flac", music(1))
    files.write(home / "quieter.mp3", 0.5 * music(1), kbps=128)
    files.write(home / "later.wav", music(1)[:, 96_000:])
    files.write(home / "other.wav", music(2))
    files.write(home / "short.wav", music(3, 0.5))
    files.write(home / "clipped.wav", 0.5 * np.clip(5 * music(4), -1, 1))
    whole = (home / "good.flac").read_bytes()
    (home / "truncated.flac").write_bytes(whole[: len(whole) // 2])
    return home


def brought(folder: Path, library: Library) -> dict[str, str]:
    """Track id by title."""
    finish(ingest(folder, IngestPlan(producer="Ada", licence="CC-BY-4.0"), library))
    return {track.title: track.id for track in library.tracks.list()}


def run(library: Library, plan: ScreenPlan = PLAN) -> dict[str, ScreenNote]:
    return finish(screened(library.tracks.list(), plan, library))


@pytest.mark.parametrize("workers", [1, 2])
def test_every_track_gets_its_verdict(folder: Path, library: Library, workers: int) -> None:
    ids = brought(folder, library)
    found = run(library, PLAN.model_copy(update={"workers": workers}))
    reasons = {title: found[track].verdict.reason for title, track in ids.items()}
    assert reasons == {
        "good": None, "quieter": None, "later": None, "other": None, "short": Reason.TOO_SHORT,
        "clipped": Reason.EXCESSIVE_CLIPPING, "truncated": Reason.CORRUPT,
    }  # fmt: skip
    [clip] = found[ids["quieter"]].clips
    sound = files.read(library.blobs.get(clip))
    assert levels.sample_peak_db(sound) == pytest.approx(-1.0, abs=0.01)
    assert found[ids["truncated"]].fingerprint is None


def test_nothing_is_done_twice_and_a_new_profile_does_all_again(
    folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought(folder, library)
    first = run(library)
    calls: list[object] = []
    real = verb.prepared
    monkeypatch.setattr(verb, "prepared", lambda job: (calls.append(job), real(job))[1])
    assert run(library) == first
    assert calls == []
    stricter = PLAN.model_copy(update={"profile": PLAN.profile.model_copy(update={"name": "strict", "shortest": 7.0})})
    again = run(library, stricter)
    assert len(calls) == len(first)
    assert sum(note.verdict.accepted for note in again.values()) == sum(note.verdict.accepted for note in first.values()) - 1


def test_a_stopped_run_goes_on_where_it_was(folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    brought(folder, library)
    work = screened(library.tracks.list(), PLAN, library)
    for event in work:
        if event.done == 3:
            work.close()
            break
    calls: list[object] = []
    real = verb.prepared
    monkeypatch.setattr(verb, "prepared", lambda job: (calls.append(job), real(job))[1])
    assert len(run(library)) == 7
    assert len(calls) == 4


def test_fail_fast_stops_at_what_cannot_be_decoded(folder: Path, library: Library) -> None:
    brought(folder, library)
    with pytest.raises(AudioRejected) as failure:
        run(library, PLAN.model_copy(update={"fail_fast": True}))
    assert failure.value.reason == "corrupt"


def test_copies_are_found_among_what_was_screened(folder: Path, library: Library) -> None:
    ids = brought(folder, library)
    notes = run(library)
    titles = {track: title for title, track in ids.items()}
    found = duplicates({titles[name]: fingerprint_of(note, library) for name, note in notes.items()})
    pairs = {frozenset((one.first, one.second)) for one in found}
    assert pairs == {frozenset(pair) for pair in (("good", "later"), ("good", "quieter"), ("later", "quieter"))}
    assert len(superfluous(found)) == 2
    [offset] = [one.match.offset for one in found if {one.first, one.second} == {"good", "later"}]
    assert abs(offset) == pytest.approx(2.0, abs=0.05)


def test_prepared_sound_survives_a_sweep(folder: Path, library: Library) -> None:
    ids = brought(folder, library)
    note = run(library)[ids["good"]]
    library.sweep(older_than=-1.0)
    assert library.blobs.get(note.clips[0]).exists()
