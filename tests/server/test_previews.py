"""Peaks of a sound are made once, whoever asks at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from producertwin.audio import files
from producertwin.audio.files import Decoded
from producertwin.server.previews import Previews, Sound
from server_kit import tone

BLOB = f"b2:{'a' * 64}"


@pytest.fixture
def sound(tmp_path: Path) -> Sound:
    return Sound(BLOB, files.write(tmp_path / "tone.flac", tone(0.2)))


def test_many_that_ask_at_once_get_one_decoding(sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    previews, decode = Previews(tmp_path), Previews.decode
    counted: list[Path] = []

    def count(self: Previews, path: Path) -> Decoded:
        counted.append(path)
        return decode(self, path)

    monkeypatch.setattr(Previews, "decode", count)
    with ThreadPoolExecutor(4) as pool:
        found = {*pool.map(lambda _: previews.peaks(sound).model_dump_json(), range(8))}
    assert len(found) == len(counted) == 1


def test_peaks_that_are_kept_are_not_replaced_while_somebody_reads_them(sound: Sound, tmp_path: Path) -> None:
    previews = Previews(tmp_path)
    first = previews.level(sound, "fine")
    before = first.stat().st_ino
    previews.keep_peaks(BLOB, previews.decode(sound.path))
    assert previews.level(sound, "fine").stat().st_ino == before


def test_peaks_that_cannot_be_read_are_made_anew(sound: Sound, tmp_path: Path) -> None:
    previews = Previews(tmp_path)
    about = previews.level(sound, "fine").parent / "peaks.json"
    about.write_text("{")
    assert previews.keep_peaks(BLOB, previews.decode(sound.path)).seconds == pytest.approx(0.2)
    assert "levels" in about.read_text()
