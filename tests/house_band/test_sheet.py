"""Song sheets: read, written, transposed and drawn without losing anything."""

from __future__ import annotations

import tomllib

import pytest

from producertwin.errors import BadInput
from producertwin.house_band.chord_symbols import read_symbol
from producertwin.house_band.sheet import Sheet, draw_lead_sheet, transpose, write_toml
from producertwin.recipe import read

SHEET = Sheet.model_validate(
    {
        "title": "Night bus",
        "caption": "boom bap",
        "bpm": 87,
        "key": "D minor",
        "form": "intro 2, verse 4, hook 2, verse 2 4",
        "chords": "Dm9 G13 | C/E N.C.",
        "sections": {
            "verse": {"lyrics": 'Late "lights"\nblue \\ roads'},
            "hook": {"chords": "Bbmaj7 / / A7 | %", "lyrics": "Ride on"},
        },
    }
)


def test_a_sheet_comes_back_from_its_file() -> None:
    assert read(Sheet, tomllib.loads(write_toml(SHEET)), where="file") == SHEET
    plain = Sheet(chords="Am | F\nC | G", form="verse 4")
    assert read(Sheet, tomllib.loads(write_toml(plain)), where="file") == plain


def test_words_follow_the_form() -> None:
    assert SHEET.lyrics == (
        '[intro]\n\n[verse]\nLate "lights"\nblue \\ roads\n\n[hook]\nRide on\n\n[verse 2]\nLate "lights"\nblue \\ roads'
    )
    assert Sheet(form="verse 4", chords="C").lyrics == ""
    assert draw_lead_sheet(SHEET).count("  blue \\ roads") == 2, "verse 2 has the words of the verse"
    named = SHEET.model_copy(update={"sections": {"Verse": SHEET.sections["verse"]}})
    assert [named.words_of(name) for name in ("verse", "VERSE 2", "hook")] == [SHEET.words_of("verse")] * 2 + [""]


def symbols(sheet: Sheet) -> list[tuple[int, str, int | None]]:
    return [(one.root, one.quality, one.bass) for one in sheet.outline.symbols]


@pytest.mark.parametrize("semitones", [-12, -5, -1, 0, 1, 3, 6, 12])
def test_every_chord_moves_as_far_as_the_key(semitones: int) -> None:
    moved = transpose(SHEET, semitones)
    wanted = [
        ((root + semitones) % 12, quality, None if bass is None else (bass + semitones) % 12)
        for root, quality, bass in symbols(SHEET)
    ]
    assert symbols(moved) == wanted
    assert symbols(transpose(moved, -semitones)) == symbols(SHEET)
    assert moved.sections["hook"].chords.count("/ /") == 1 and moved.chords.count("N.C.") == 1


@pytest.mark.parametrize(
    ("semitones", "key", "chords"),
    [(2, "E minor", "Em9 A13 | D/F# N.C."), (1, "Eb minor", "Ebm9 Ab13 | Db/F N.C."), (-2, "C minor", "Cm9 F13 | Bb/D N.C.")],
)
def test_the_new_key_spells_the_chords(semitones: int, key: str, chords: str) -> None:
    moved = transpose(SHEET, semitones)
    assert (moved.key, moved.chords) == (key, chords)


def test_degrees_move_with_the_key_alone() -> None:
    sheet = Sheet(key="C major", chords="ii7 V7 | Imaj7; hook: bVII", form="verse 2, hook 1")
    moved = transpose(sheet, 3)
    assert moved.key == "Eb major" and moved.chart.replace(" ", "") == sheet.chart.replace(" ", "")
    assert moved.outline.symbols[0].root == (sheet.outline.symbols[0].root + 3) % 12


def test_what_cannot_be_transposed_is_refused() -> None:
    with pytest.raises(BadInput, match="more than an octave"):
        transpose(SHEET, 13)
    with pytest.raises(BadInput, match="bar 1, beat 1: 'Xm'"):
        transpose(Sheet(chords="Xm", form="verse 1"), 1)


def test_a_lead_sheet_has_every_bar_and_word() -> None:
    drawn = draw_lead_sheet(SHEET)
    assert drawn.splitlines()[:5] == [
        "Night bus",
        "D minor · 4/4 · 87 bpm",
        "",
        "intro (2 bars, from bar 1)",
        "| Dm9  G13  | C/E  N.C. |",
    ]
    assert "| Bbmaj7 / /  A7 | Bbmaj7 / /  A7 |" in drawn and "  Ride on" in drawn
    assert draw_lead_sheet(Sheet(chords="Am | F")).endswith("| Am | F  |")


@pytest.mark.parametrize(
    "wrong",
    [
        {"bpm": 5},
        {"bpm": float("nan")},
        {"key": "H"},
        {"meter": 5},
        {"tempo": 90},
        {"sections": {"verse": {"chord": "C"}}},
        {"chords": 3},
    ],
)
def test_what_is_no_sheet_is_refused_by_its_field(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        read(Sheet, wrong, where="song.toml")
    assert next(iter(wrong)) in str(caught.value)


def test_symbols_of_transposed_sheets_are_read() -> None:
    for semitones in range(-11, 12):
        for word in transpose(SHEET, semitones).chords.replace("|", " ").split():
            read_symbol(word)
