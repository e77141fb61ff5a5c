"""Notes in ABC notation are read as the standard says, refused by bar and beat, and written so that the same notes are read."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.house_band.abc_reading import read_abc
from producertwin.house_band.abc_writing import GRID, transpose_abc, write_abc
from producertwin.house_band.score import Note
from producertwin.music import Key

Read = list[tuple[float, float, int]]


def read(text: str, meter: int | None = None, key: Key | None = None) -> Read:
    return [(n.start, n.length, n.pitch) for n in read_abc(text, meter, key).notes]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A2 c2 e2 a2 |", [(0, 1, 69), (1, 1, 72), (2, 1, 76), (3, 1, 81)]),
        ("C,8 | c'4 C4", [(0, 4, 48), (4, 2, 84), (6, 2, 60)]),
        ("^F4- F4 | F4 z4", [(0, 4, 66), (4, 2, 65)]),
        ("^F4 =F4 | _B4 B4", [(0, 2, 66), (2, 2, 65), (4, 2, 70), (6, 2, 70)]),
        ("F8- | F8", [(0, 8, 65)]),
        ("^F8- | F4 F4", [(0, 6, 66), (6, 2, 65)]),
        ("K:D\nF4 c4", [(0, 2, 66), (2, 2, 73)]),
        ("K:Eb\nB4 A4 | [K:C] B4 A4", [(0, 2, 70), (2, 2, 68), (4, 2, 71), (6, 2, 69)]),
        ("K:D dorian\nB8", [(0, 4, 71)]),
        ("L:1/4\nC3/2 D/ E//z7//", [(0, 1.5, 60), (1.5, 0.5, 62), (2, 0.25, 64)]),
        ("c>d e<f g4", [(0, 0.75, 72), (0.75, 0.25, 74), (1, 0.25, 76), (1.25, 0.75, 77), (2, 2, 79)]),
        ("(3ccc z6", [(0, 1 / 3, 72), (1 / 3, 1 / 3, 72), (2 / 3, 1 / 3, 72)]),
        ("[CE-]4[DE]4", [(0, 2, 60), (0, 4, 64), (2, 2, 62)]),
        ("|: C8 |1 D8 :|2 E8 |] F8", [(0, 4, 60), (4, 4, 62), (8, 4, 60), (12, 4, 64), (16, 4, 65)]),
        ("C8 | D8 :| E8", [(0, 4, 60), (4, 4, 62), (8, 4, 60), (12, 4, 62), (16, 4, 64)]),
        ("|: C8 :|: D8 :|", [(0, 4, 60), (4, 4, 60), (8, 4, 62), (12, 4, 62)]),
        ("E2 | C8 | D6", [(3, 1, 64), (4, 4, 60), (8, 3, 62)]),
        ("E2 |: C8 | D6 :|", [(3, 1, 64), (4, 4, 60), (8, 3, 62), (12, 4, 60), (16, 3, 62)]),
        ("Z2 | C8", [(8, 4, 60)]),
        ("M:6/8\nL:1/8\nC3 D3", [(0, 3, 60), (3, 3, 62)]),
        ("M:C|\nC8", [(0, 2, 60)]),
        ("V:1\nC8\nV:2\nE,8", [(0, 4, 52), (0, 4, 60)]),
        ("(C4 D4) | .E4 !trill!F4 % a comment\nw: la la", [(0, 2, 60), (2, 2, 62), (4, 2, 64), (6, 2, 65)]),
    ],
)
def test_notes_are_read(text: str, wanted: Read) -> None:
    assert [pytest.approx(one, abs=1e-5) for one in wanted] == read(text)


def test_fields_dynamics_and_chord_symbols_are_read() -> None:
    text = 'X:1\nT:Night bus\nM:3/4\nL:1/4\nQ:1/4=96\nK:Gm\n!p!"Gm"G2 "D7/F#"A | !ff!"Gm"B3 | {a}c3 |]'
    tune = read_abc(text)
    assert (tune.title, tune.meter, tune.bpm, tune.key, tune.bars) == ("Night bus", 3, 96.0, Key(7, "minor"), 3)
    assert tune.chart == "Gm / D7/F# | Gm | Gm" and tune.told == ("grace notes are left out",)
    assert [note.velocity for note in tune.notes] == [0.472, 0.472, 0.945, 0.945]
    assert read_abc("F4 z4", key=Key(2, "major")).notes[0].pitch == 66


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("C D E F G A B c d", "bar 1: the bar has 4.5 beats of 4"),
        ("C8 | D8 | E9", "bar 3: the bar has 4.5 beats of 4"),
        ("C8 | D4 | E8", "bar 2: the bar has 2 beats of 4"),
        ("C8 | D2 q2", "bar 2, beat 2: 'q2' is not understood"),
        ("C2 & D2", "bar 1, beat 2: '&' is not understood"),
        ('C4 "Am C4', "bar 1, beat 3: a quotation mark is not closed"),
        ("C4/0", "bar 1, beat 1: a length is divided by 0"),
        ("c''''''", "bar 1, beat 1: \"c''''''\" is outside"),
        ("> C", "bar 1, beat 1: '>' stands behind no note"),
        ("C8 |\nM:3/4\nC6", "bar 2, beat 1: M:3/4 changes the meter"),
        ("C8 |[Q:1/4=90] C8", "bar 2, beat 1: Q:1/4=90 changes the tempo"),
        ("T:nothing", "there are no notes"),
        ("", "there are no notes"),
        ("z8 | z8", "there are no notes"),
        ("X:1\nC8\nX:2\nD8", "more than one tune"),
        ("K:H\nC8", "K:H is no key"),
        ("K:D _b\nC8", "K:D _b is no key"),
        ("M:5/4\nC8", "is not a meter"),
        ("M:3/4\nC6", "M:3/4 has 3 beats, and the song 4"),
        ("L:3\nC8", "L:3 is no length"),
        ("Q:allegro\nC8", "Q:allegro is no tempo"),
        ("C4 Z", "'Z' is no rest of whole bars here"),
        ("|: C8 :|" * 600, "more than 999 bars"),
        ("^" * 9999, "is not understood"),
    ],
)
def test_what_cannot_be_read_is_refused_by_bar_and_beat(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_abc(text, 4)
    assert said in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("seed", range(12))
def test_what_is_written_is_read_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    meter, key = int(rng.choice([2, 3, 4, 6])), Key(int(rng.integers(12)), ("major", "minor")[seed % 2])
    grid = GRID // int(rng.choice([1, 3, 4, 12]))
    free: dict[int, int] = {}
    notes = []
    for start in sorted(rng.integers(0, 20 * grid, 40)):
        pitch, length = int(rng.integers(0, 128)), int(rng.integers(1, 4 * grid))
        if free.get(pitch, -1) < start:
            free[pitch] = int(start + length)
            notes.append(
                Note(round(start / grid, 6), round(length / grid, 6), pitch, round(float(rng.choice([30, 60, 90, 127])) / 127, 3))
            )
    found = read_abc(write_abc(notes, meter, key), meter)
    wanted = sorted(notes, key=lambda note: (note.start, note.pitch))
    assert found.key == key
    assert [(n.pitch, round(n.start * GRID), round(n.length * GRID)) for n in found.notes] == [
        (n.pitch, round(n.start * GRID), round(n.length * GRID)) for n in wanted
    ]


@pytest.mark.parametrize("semitones", [-12, -5, 0, 1, 7, 12])
def test_notes_are_transposed(semitones: int) -> None:
    text = "K:Am\n!p!A2 ^G2 e4 | z8 | c8- | c8 | Z2"
    before, after = read_abc(text), read_abc(transpose_abc(text, semitones, 4))
    assert [n.pitch - semitones for n in after.notes] == [n.pitch for n in before.notes]
    assert (after.bars, after.key) == (before.bars, Key((9 + semitones) % 12, "minor"))
    assert [(n.start, n.length, n.velocity) for n in after.notes] == [(n.start, n.length, n.velocity) for n in before.notes]


def test_notes_are_not_transposed_beyond_instruments() -> None:
    with pytest.raises(BadInput, match="outside what instruments play"):
        transpose_abc("c'''''8", 12, 4)
