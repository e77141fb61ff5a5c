"""A recording is read into a song: tempo, key, bars, chords and form; what is no song is refused."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.house_band.compose import compose
from producertwin.house_band.heard_song import RIGHT, hear_song, name_kinds, song_of_recording
from producertwin.house_band.lines import SongText, read_song
from producertwin.house_band.render import render
from producertwin.timebase import SAMPLE_RATE
from tree import ROOT


@pytest.mark.slow
def test_a_song_of_the_band_is_read() -> None:
    outline = read_song(SongText("verse 4, chorus 4", "verse: Am | F | C | G; chorus: F | G | Am | C"), 4, None)
    sound = render(compose("house", seed=3, bpm=120, outline=outline)).mix
    found = song_of_recording(sound)
    assert found.bpm == pytest.approx(120, rel=0.01) and found.meter == 4 and str(found.key) in ("A minor", "C major")
    wanted = ["Am", "F", "C", "G", "F", "G", "Am", "C"]
    read = found.chords.split(" | ")
    assert sum(one[:1] == two[:1] for one, two in zip(wanted, read, strict=False)) >= 6
    assert read_song(SongText(found.form, found.chords), found.meter, found.key).bars >= 8


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros((2, SAMPLE_RATE * 9)), "the recording is silent"),
        (np.ones((2, SAMPLE_RATE)), "the recording lasts 1.0 s"),
    ],
)
def test_what_is_no_song_is_refused(sound: np.ndarray, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        hear_song(sound)
    assert said in caught.value.message and caught.value.remedy


@pytest.mark.slow
def test_noise_has_no_beat() -> None:
    with pytest.raises(BadInput, match="no beat is heard"):
        hear_song(np.random.default_rng(1).normal(0, 0.1, (2, SAMPLE_RATE * 20)))


@pytest.mark.parametrize(
    ("kinds", "loud", "wanted"),
    [
        ([0], [-10], ["verse"]),
        ([0, 0, 1, 1], [-10, -10, -8, -8], ["verse", "verse", "chorus", "chorus"]),
        ([2, 0, 1, 0, 1, 3], [-20, -10, -8, -10, -8, -18], ["intro", "verse", "chorus", "verse", "chorus", "outro"]),
        ([0, 1, 0, 2, 0], [-9, -9, -9, -14, -9], ["verse", "chorus", "verse", "bridge", "verse"]),
    ],
)
def test_sections_are_named(kinds: list[int], loud: list[float], wanted: list[str]) -> None:
    assert name_kinds(kinds, np.array(loud, float)) == wanted


def test_the_figures_that_are_told_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "song.md").read_text()
    assert all(0.5 < share < 1 and f"| {share:.2f} (" in page for share in RIGHT.values())
