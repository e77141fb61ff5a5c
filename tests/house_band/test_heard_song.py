"""A recording is read into a song: tempo, key, bars, chords and form; what is no song is refused."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.house_band.compose import compose
from producertwin.house_band.heard_song import RIGHT, KnownFacts, hear_song, name_kinds, song_of_recording
from producertwin.house_band.lines import SongText, read_song
from producertwin.house_band.midi_song import FoundSong
from producertwin.house_band.render import render
from producertwin.music import Key
from producertwin.timebase import SAMPLE_RATE
from tree import ROOT

BPM = 120.0
TONES = {"C": (48, 60, 64, 67), "Am": (45, 60, 64, 69), "F": (41, 60, 65, 69), "G": (43, 59, 62, 67)}


def play(bars: list[str], before: float = 0.0) -> np.ndarray:
    """Chords on every beat, each with an attack; the first of a bar is the loudest."""
    t = np.arange(int(SAMPLE_RATE * 60 / BPM)) / SAMPLE_RATE
    beats = [np.zeros(int(before * SAMPLE_RATE))]
    for name in bars:
        for beat in range(4):
            tones = sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) for pitch in TONES[name])
            beats.append(tones * np.exp(-3 * t) * (0.1 if beat else 0.14))
    mono = np.concatenate(beats)
    return np.stack([mono, mono]).astype(np.float32)


def roots_of(found: FoundSong) -> list[str]:
    """The root with which each bar of a song begins, through its whole form."""
    outline = read_song(SongText(found.form, found.chords), found.meter, found.key)
    bars = [bar for section in outline.sections for bar in section.chords]
    return [bar[0].symbol.text[:1] if bar[0].symbol else "-" for bar in bars]


@pytest.mark.slow
def test_a_song_of_the_band_is_read() -> None:
    outline = read_song(SongText("verse 4, chorus 4", "verse: Am | F | C | G; chorus: F | G | Am | C"), 4, None)
    sound = render(compose("house", seed=3, bpm=120, outline=outline)).mix
    found = song_of_recording(sound)
    assert found.bpm == pytest.approx(120, rel=0.01) and found.meter == 4 and str(found.key) in ("A minor", "C major")
    wanted = ["Am", "F", "C", "G", "F", "G", "Am", "C"]
    read = roots_of(found)
    assert len(read) >= 8 and sum(one[:1] == two for one, two in zip(wanted, read, strict=False)) >= 6


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros((2, SAMPLE_RATE * 9)), "the recording is silent"),
        (np.ones((2, SAMPLE_RATE)), "the recording lasts 1.0 s"),
        (np.zeros((2, SAMPLE_RATE * 601), np.int8), "the recording lasts 601.0 s"),
    ],
)
def test_what_is_no_song_is_refused(sound: np.ndarray, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        hear_song(sound)
    assert said in caught.value.message and caught.value.remedy


def test_a_sound_without_a_whole_bar_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        hear_song(play(["C"])[:, : SAMPLE_RATE // 2], KnownFacts(bpm=BPM))
    assert "no whole bar" in caught.value.message and "longer" in caught.value.remedy


def test_chords_are_written_by_section() -> None:
    known = KnownFacts(bpm=BPM, key=Key.parse("C major"), on_beat=True)
    found = song_of_recording(play(["C", "Am", "F", "G"]), known)
    assert (found.form, found.chords) == ("verse 4", "verse: C | Am | F | G")
    assert roots_of(found) == ["C", "A", "F", "G"]
    assert hear_song(play(["C", "Am"]), known).steady > 0.9  # shorter than any tempo could be found in


def test_the_first_bar_of_a_recording_is_found() -> None:
    heard = hear_song(play(["C", "Am", "F", "G"] * 2, before=0.3), KnownFacts(bpm=BPM))
    assert heard.edges[0] == pytest.approx(0.3, abs=0.06)


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
