import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.music import Key
from producertwin.pipeline.heard_song import KnownFacts, hear_song

RATE, BPM = 48_000, 120.0
ROOTS = {"C": (48, 60, 64, 67), "Am": (45, 60, 64, 69), "F": (41, 60, 65, 69), "G": (43, 59, 62, 67)}


def play(bars: list[str], before: float = 0.0) -> np.ndarray:
    """Chords on every beat, each with an attack; the first of a bar is the loudest."""
    t = np.arange(int(RATE * 60 / BPM)) / RATE
    beats = [np.zeros(int(before * RATE))]
    for name in bars:
        for beat in range(4):
            tones = sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) for pitch in ROOTS[name])
            beats.append(tones * np.exp(-3 * t) * (0.1 if beat else 0.14))
    mono = np.concatenate(beats)
    return np.stack([mono, mono]).astype(np.float32)


def test_chords_of_a_take_are_written_bar_by_bar():
    heard = hear_song(play(["C", "Am", "F", "G"]), KnownFacts(bpm=BPM, key=Key.parse("C major"), on_beat=True), title="T")
    assert heard.sheet.outline.bars == 4 and heard.first_beat == 0.0 and heard.steady > 0.9
    roots = [chord.symbol.root for section in heard.sheet.outline.sections for bar in section.chords for chord in bar]
    assert roots == [0, 9, 5, 7]
    assert any("chords heard" in note for note in heard.notes) and not any("tempo" in note for note in heard.notes)


def test_the_first_bar_of_a_recording_is_found():
    heard = hear_song(play(["C", "Am", "F", "G"] * 2, before=0.3), KnownFacts(bpm=BPM))
    assert heard.first_beat == pytest.approx(0.3, abs=0.06)
    assert "key heard" in heard.notes[0]


@pytest.mark.parametrize("sound", [np.zeros((2, RATE * 4), np.float32), play(["C"])[:, : RATE // 2]])
def test_what_has_no_bars_is_refused(sound):
    with pytest.raises(BadInput) as error:
        hear_song(sound, KnownFacts())
    assert "--bpm" in error.value.remedy or "longer" in error.value.remedy
