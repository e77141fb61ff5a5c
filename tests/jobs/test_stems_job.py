"""A hand-over as a job: refused beforehand, written once, and not written again behind its end."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.errors import BadInput, NotFound
from producertwin.jobs.work_stems import StemsJob, stems_work
from producertwin.progress import Event, Kept, finish
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio, open_studio


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    with open_studio(settings) as found:
        yield found


@pytest.fixture
def song(tmp_path: Path) -> str:
    """A song with two stems beside it."""
    parts = 0.1 * np.random.default_rng(0).standard_normal((2, 2, 24_000)).astype(np.float32)
    files.write(tmp_path / "song.wav", parts.sum(axis=0))
    (tmp_path / "stems").mkdir()
    for name, part in zip(("drums", "bass"), parts, strict=True):
        files.write(tmp_path / "stems" / f"{name}.wav", part)
    return str(tmp_path / "song.wav")


def test_a_hand_over_is_written_once(studio: Studio, song: str, tmp_path: Path) -> None:
    work, asked = stems_work(), StemsJob(subject=song, out=tmp_path / "song.zip")
    plan = finish(work.settle(asked, studio))
    told: list[Event] = []
    done = finish(work.play(plan, studio, []), told.append)
    assert done.files == (tmp_path / "song.zip",)
    assert zipfile.ZipFile(done.files[0]).testzip() is None
    (kept,) = [one for one in told if isinstance(one, Kept)]
    (tmp_path / "song.zip").unlink()
    assert finish(work.play(plan, studio, [kept])) == done
    assert not (tmp_path / "song.zip").exists()


@pytest.mark.parametrize("replace", [False, True])
def test_what_stands_there_goes_only_by_leave(studio: Studio, song: str, tmp_path: Path, replace: bool) -> None:
    out = tmp_path / "song.zip"
    out.write_bytes(b"earlier")
    asked = StemsJob(subject=song, out=out, replace=replace)
    if replace:
        assert finish(stems_work().settle(asked, studio)) == asked
        return
    with pytest.raises(BadInput, match="there already"):
        finish(stems_work().settle(asked, studio))


@pytest.mark.parametrize(("subject", "out"), [("nowhere.wav", "new"), ("k3v9", "new"), ("song.wav", "stems")])
def test_what_cannot_be_handed_over_is_refused_before_it_is_queued(
    studio: Studio, song: str, tmp_path: Path, subject: str, out: str
) -> None:
    given = song if subject == "song.wav" else subject
    with pytest.raises((BadInput, NotFound)):
        finish(stems_work().settle(StemsJob(subject=given, out=tmp_path / out), studio))
