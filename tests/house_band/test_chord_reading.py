"""What is heard of written chords, counted as MIREX counts."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.audio.chords import ChordEstimate
from producertwin.house_band.chord_reading import Agreement, compare, measure
from producertwin.house_band.compose import compose
from producertwin.house_band.outline import Outline, bar_at, read_outline
from producertwin.house_band.render import render

C, C7, CM7, C_MINOR, CSUS, F5 = ((0, s) for s in ((0, 4, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7), (0, 5, 7), (0, 7)))


@pytest.mark.parametrize(
    ("wanted", "read", "said"),
    [
        (C, ChordEstimate(0), (1, 1, 1)),
        (C, ChordEstimate(0, "m"), (1, 0, 0)),
        (C, ChordEstimate(7), (0, 0, 0)),
        (C7, ChordEstimate(0), (1, 1, 0)),
        (C7, ChordEstimate(0, "7"), (1, 1, 1)),
        (C7, ChordEstimate(0, "maj7"), (1, 1, 0)),
        (CM7, ChordEstimate(0, "maj7"), (1, 1, 1)),
        (C_MINOR, ChordEstimate(0, "m"), (1, 1, 1)),
        (C_MINOR, ChordEstimate(0, "m7"), (1, 1, 0)),
        (CSUS, ChordEstimate(0, "sus4"), (1, None, None)),
        (F5, ChordEstimate(0), (1, None, None)),
        ((0, (0, 4, 10, 14, 21)), ChordEstimate(0, "7"), (1, 1, 1)),  # a thirteenth without its fifth
        ((0, (0, 4, 10, 14, 21)), ChordEstimate(0, "m7"), (1, 0, 0)),
        ((0, (0, 4, 8, 10)), ChordEstimate(0, "7"), (1, None, None)),
        ((0, (0, 3, 6, 10)), ChordEstimate(0, "m7b5"), (1, None, None)),
        (C, ChordEstimate(None), (0, 0, 0)),
    ],
)
def test_a_beat_is_judged_by_root_third_and_seventh(
    wanted: tuple[int, tuple[int, ...]], read: ChordEstimate, said: tuple[float | None, ...]
) -> None:
    assert compare([wanted], [read]) == Agreement(*said, beats=1)


def test_silence_is_not_judged() -> None:
    assert compare([None, C], [ChordEstimate(3), ChordEstimate(0)]) == Agreement(1, 1, 1, 1)
    assert compare([None], [ChordEstimate(3)]) == Agreement(None, None, None, 0)


def test_the_bars_of_a_song() -> None:
    outline = read_outline("verse 3, hook 2", "C | F; hook: G", 4)
    names = [bar_at(outline, bar)[0].symbol for bar in range(5)]
    assert [name.text for name in names if name] == ["C", "F", "C", "G", "G"]
    assert bar_at(outline, 5) == ()
    assert bar_at(Outline(), 0) == ()
    assert bar_at(read_outline("", "C | F", 4), 7)[0].symbol == bar_at(outline, 1)[0].symbol


@pytest.mark.thorough
def test_what_the_band_plays_is_heard_and_another_chart_is_not() -> None:
    outline = read_outline("verse 8", "Am | F | C | G", 4)
    for style in ("house", "synthwave", "CORE-01"):
        mix = render(compose(style, seed=2, bpm=112, outline=outline)).mix
        found = measure(mix, outline, 112, 4)
        assert found.beats == 32
        assert found.root is not None and found.root >= 0.9
        assert found.third is not None and found.third >= 0.85
        wrong = measure(mix, read_outline("verse 8", "Eb | Bm | D | Ab", 4), 112, 4)
        assert wrong.root is not None and wrong.root <= 0.2
    assert measure(np.zeros((2, 4_800), np.float32), outline, 112, 4).beats == 0


def test_the_interval_of_the_roots_is_that_of_bars() -> None:
    right, wrong = ChordEstimate(0), ChordEstimate(7)
    assert compare([C] * 8, [right] * 8).spread == (1.0, 1.0)
    assert compare([C] * 4, [right] * 4).spread is None, "one bar does not vary"
    whole = compare([C] * 40, ([right] * 4 + [wrong] * 4) * 5).spread
    mixed = compare([C] * 40, [right, wrong] * 20).spread
    assert whole is not None and mixed == (0.5, 0.5)
    assert whole[0] < 0.3 and whole[1] > 0.7, "ten bars, half of them right, may be 5 ± 3.1"
    assert compare([C] * 40, ([right] * 3 + [wrong] * 3) * 6 + [right] * 4, 3).spread != whole
