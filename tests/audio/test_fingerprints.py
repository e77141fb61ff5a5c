from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from producertwin.audio import edits, files
from producertwin.audio.fingerprints import FRAME_RATE, Index, fingerprint, match
from producertwin.audio.samples import Samples
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.timebase import samples_of

SECONDS = 14.0


def song(style: str, seed: int) -> Samples:
    return render(compose(style, seed=seed, seconds=SECONDS), seconds=SECONDS).mix


@pytest.fixture(scope="module")
def original() -> Samples:
    return song("CORE-01", 3)


def noisy(sound: Samples) -> Samples:
    return sound + 0.01 * np.random.default_rng(1).standard_normal(sound.shape).astype(np.float32)


CHANGES = {
    "the same": lambda sound: sound,
    "6 dB down": lambda sound: 0.5 * sound,
    "one channel": lambda sound: np.repeat(sound[:1], 2, axis=0),
    "noise at -40 dBFS": noisy,
    "clipped": lambda sound: np.clip(3 * sound, -1, 1),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_copy_is_recognised(original: Samples, name: str) -> None:
    found = match(fingerprint(original), fingerprint(CHANGES[name](original)))
    assert found is not None
    assert found.offset == 0.0
    assert found.overlap == pytest.approx(SECONDS, abs=0.6)


@pytest.mark.thorough
@pytest.mark.parametrize(("suffix", "kbps"), [(".mp3", 96), (".ogg", 64), (".mp3", 320)])
def test_another_format_is_recognised(original: Samples, tmp_path: Path, suffix: str, kbps: int) -> None:
    path = files.write(tmp_path / f"copy{suffix}", original, kbps=kbps)
    found = match(fingerprint(original), fingerprint(files.read(path)))
    assert found is not None
    assert abs(found.offset) < 0.1


@pytest.mark.parametrize("seconds", [2.0, 3.777])
def test_a_copy_that_begins_later_says_when(original: Samples, seconds: float) -> None:
    found = match(fingerprint(original), fingerprint(edits.trim(original, seconds)))
    assert found is not None
    assert found.offset == pytest.approx(seconds, abs=1 / FRAME_RATE)
    assert found.overlap == pytest.approx(SECONDS - seconds, abs=0.6)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(4, 10))
def test_another_song_of_the_style_is_not(original: Samples, seed: int) -> None:
    assert match(fingerprint(original), fingerprint(song("CORE-01", seed))) is None


def test_silence_and_short_sounds_match_nothing(original: Samples) -> None:
    silence, short = np.zeros_like(original), original[:, : samples_of(3.0)]
    for sound in (silence, short, original[:, :0], original[:, :1_000]):
        assert match(fingerprint(original), fingerprint(sound)) is None
        assert match(fingerprint(sound), fingerprint(original)) is None
    assert match(fingerprint(silence), fingerprint(silence)) is None


@pytest.mark.thorough
def test_the_index_finds_copies_among_others(original: Samples) -> None:
    index = Index()
    for seed in range(4, 8):
        index.add(f"other {seed}", fingerprint(song("CORE-01", seed)))
    index.add("later", fingerprint(edits.trim(original, 2.0)))
    index.add("same", fingerprint(original))
    assert list(index.find(fingerprint(original))) == ["same", "later"]
    assert list(index.find(fingerprint(original), but="same")) == ["later"]
    assert index.find(fingerprint(song("house", 2))) == {}
    assert Index().find(fingerprint(original)) == {}
