"""One voice is heard as notes on a grid; what is no single voice is refused, and told what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from producertwin.audio.humming import HummedNote, hear_line, put_on_grid
from producertwin.audio.pitch import track_pitch
from producertwin.errors import BadInput
from producertwin.house_band.hum_song import song_of_hum
from producertwin.music import Key
from producertwin.timebase import SAMPLE_RATE

Sound = NDArray[Any]
LINE: tuple[tuple[float, float, int], ...] = ((0, 1, 57), (1, 0.5, 60), (1.5, 0.5, 60), (2, 1, 64), (3, 1, 62), (4, 2, 57))
"""Beats and pitches, one of which comes twice."""


def voice(pitches: Sequence[int], seconds: float, *, vibrato: float = 0.0) -> Sound:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros_like(time)
    for pitch in pitches:
        turn = 2 * np.pi * np.cumsum(440.0 * 2 ** ((pitch + vibrato * np.sin(2 * np.pi * 5.5 * time) - 69) / 12)) / SAMPLE_RATE
        sound += sum(np.sin(number * turn) / number for number in (1, 2, 3))
    edge = np.minimum(np.minimum(time / 0.03, (time[-1] - time) / 0.05), 1.0).clip(0, 1)
    return np.stack([sound * edge * 0.1] * 2)


def sing(bpm: float, *, vibrato: float = 0.0, shift: float = 0.0) -> Sound:
    beat = 60 / bpm
    sound = np.zeros((2, round((6 * beat + 0.6) * SAMPLE_RATE)))
    for start, length, pitch in LINE:
        note = voice([pitch + shift], length * beat, vibrato=vibrato)  # type: ignore[list-item]
        first = round((0.2 + start * beat) * SAMPLE_RATE)
        sound[:, first : first + note.shape[1]] += note
    return sound


@pytest.mark.parametrize(("vibrato", "shift"), [(0.0, 0.0), (0.35, 0.0), (0.0, -0.3)])
def test_notes_are_heard_where_they_begin(vibrato: float, shift: float) -> None:
    heard = hear_line(sing(120, vibrato=vibrato, shift=shift))
    assert [note.pitch for note in heard.notes] == [pitch for _, _, pitch in LINE]
    assert [note.start for note in heard.notes] == pytest.approx([0.2 + start / 2 for start, _, _ in LINE], abs=0.04)
    assert heard.tuning == pytest.approx(100 * shift, abs=15)
    line = put_on_grid(heard.notes, 120)
    assert [(note.start, note.length, note.pitch) for note in line.notes] == [pytest.approx(one, abs=0.26) for one in LINE]
    assert [note.start for note in line.notes] == [start for start, _, _ in LINE]


def test_noise_beside_a_voice_is_not_heard_as_notes() -> None:
    noise = np.random.default_rng(1).normal(0, 0.01, (2, SAMPLE_RATE * 4))
    sound = sing(132)
    heard = hear_line(sound + noise[:, : sound.shape[1]])
    assert [note.pitch for note in heard.notes] == [pitch for _, _, pitch in LINE]


@pytest.mark.parametrize("bpm", [72, 96, 120])
def test_the_tempo_is_found_from_the_onsets(bpm: float) -> None:
    beat = 60 / bpm
    notes = [HummedNote(0.3 + start * beat, 0.3 + (start + length) * beat, pitch, 0.8) for start, length, pitch in LINE * 2]
    notes[6:] = [HummedNote(n.start + 8 * beat, n.end + 8 * beat, n.pitch, n.velocity) for n in notes[6:]]
    line = put_on_grid(notes)
    ratio = line.bpm / bpm
    assert min(abs(ratio - one) for one in (0.5, 1.0, 2.0)) < 0.02 and line.moved < 0.01


def test_a_hum_becomes_a_part_of_a_song() -> None:
    found = song_of_hum(sing(120), "bass", bpm=120, transpose=-12)
    assert [line.part for line in found.lines] == ["bass"] and found.key == Key(9, "minor") and found.meter == 4
    assert "heard 6 notes, A2 to E3, in 2 bars" in found.told[0]
    with pytest.raises(BadInput, match="outside what instruments play"):
        song_of_hum(sing(120), "bass", bpm=120, transpose=-60)


SILENCE = np.zeros((2, SAMPLE_RATE))
NOISE = np.random.default_rng(2).normal(0, 0.1, (2, SAMPLE_RATE))


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (SILENCE, "the recording is silent"),
        (SILENCE[:, :20_000], "the recording lasts 0.42 s"),
        (np.zeros((2, 0)), "the recording lasts 0.00 s"),
        (NOISE, "no voice is heard: 0% of the sound has a pitch, the rest is noise"),
        (np.cumsum(NOISE, axis=1) * 0.02, "the rest is noise"),
        (voice([60, 64, 67], 1.0), "several notes sound at once"),
        (voice([45, 52], 1.0), "several notes sound at once"),
        (voice([48, 55, 64, 70], 1.0), "several notes sound at once"),
    ],
)
def test_what_is_no_single_voice_is_refused(sound: Sound, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        hear_line(sound)
    assert said in caught.value.message and caught.value.remedy


def test_two_notes_tell_no_tempo() -> None:
    with pytest.raises(BadInput, match="2 notes tell no tempo"):
        put_on_grid([HummedNote(0, 1, 60, 0.8), HummedNote(1, 2, 62, 0.8)])
    assert put_on_grid([HummedNote(0, 1, 60, 0.8), HummedNote(1, 2, 62, 0.8)], 60).notes[1].start == 1.0


@pytest.mark.parametrize("hertz", [80.0, 196.0, 440.0, 900.0])
def test_the_pitch_is_right_to_a_few_cents(hertz: float) -> None:
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    sound = np.stack([0.2 * np.sin(2 * np.pi * hertz * time) + 0.1 * np.sin(4 * np.pi * hertz * time)] * 2)
    track = track_pitch(sound)
    inside = track.pitch[5:-8]
    assert np.abs(inside - (69 + 12 * np.log2(hertz / 440))).max() < 0.08
