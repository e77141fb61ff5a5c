"""Forms and charts are read as musicians write them; the band keeps both to the bar."""

from __future__ import annotations

from dataclasses import replace

import pytest

from producertwin.errors import BadInput
from producertwin.house_band import harmony
from producertwin.house_band.chord_chart import read_chart
from producertwin.house_band.compose import compose
from producertwin.house_band.outline import KINDS_BY_NAME, Outline, kind_of, read_form, read_outline, split_charts
from producertwin.house_band.score import Score
from producertwin.music import Key


def starts(text: str, meter: int = 4) -> list[list[tuple[float, float, str]]]:
    bars = read_chart(text, meter, Key(0, "major"))
    return [[(c.start, c.beats, c.symbol.text if c.symbol else "-") for c in bar] for bar in bars]


@pytest.mark.parametrize(
    ("text", "meter", "wanted"),
    [
        ("Am7 F | C", 4, [[(0, 2, "Am7"), (2, 2, "F")], [(0, 4, "C")]]),
        ("Am7 F G", 4, [[(0, 2, "Am7"), (2, 1, "F"), (3, 1, "G")]]),
        ("Am7 F", 3, [[(0, 2, "Am7"), (2, 1, "F")]]),
        ("C / / G7 | %", 4, [[(0, 3, "C"), (3, 1, "G7")], [(0, 3, "C"), (3, 1, "G7")]]),
        ("C % F | N.C.", 3, [[(0, 2, "C"), (2, 1, "F")], [(0, 3, "-")]]),
        ("|: C | F :| G", 4, [[(0, 4, "C")], [(0, 4, "F")], [(0, 4, "C")], [(0, 4, "F")], [(0, 4, "G")]]),
        ("| C || F |]", 4, [[(0, 4, "C")], [(0, 4, "F")]]),
        ("C\nF G", 2, [[(0, 2, "C")], [(0, 1, "F"), (1, 1, "G")]]),
        ("ii7 V7", 6, [[(0, 3, "ii7"), (3, 3, "V7")]]),
        ("Am, F; | C , G/B,", 4, [[(0, 2, "Am"), (2, 2, "F")], [(0, 2, "C"), (2, 2, "G/B")]]),
        ("C7(b9,13)", 4, [[(0, 4, "C7(b9,13)")]]),
    ],
)
def test_charts(text: str, meter: int, wanted: list[list[tuple[float, float, str]]]) -> None:
    assert starts(text, meter) == wanted
    for bar in read_chart(text, meter, Key(0, "major")):
        assert sum(chord.beats for chord in bar) == meter


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("C X | D5 H7", "bar 1, beat 3: 'X' is no chord; bar 2, beat 3: 'H7' is no chord"),
        ("C | A B C D E", "bar 2: 5 marks in 4 beats"),
        ("C /", "bar 1: 2 marks for 4 beats"),
        ("% C", "bar 1, beat 1: nothing stands before it"),
        ("", "there are no chords"),
        (" | | ", "there are no chords"),
        (" , | ; ", "there are no chords"),
        ("Am,F", "bar 1, beat 1: 'Am,F' is no chord"),
        ("C|" * 1000, "the chart has 1000 bars"),
    ],
)
def test_what_is_no_chart_is_refused_by_bar_and_beat(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_chart(text, 4)
    assert caught.value.message == said
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("intro 2, verse 8, hook 8", [("intro", 2), ("verse", 8), ("hook", 8)]),
        ("(verse 8, chorus 4) x2, outro 4", [("verse", 8), ("chorus", 4)] * 2 + [("outro", 4)]),
        ("((a 1, b 1) x2, c 2) x2", [("a", 1), ("b", 1), ("a", 1), ("b", 1), ("c", 2)] * 2),
        ("verse 8x3", [("verse", 8)] * 3),
        ("A8 B8 A8", [("A", 8), ("B", 8), ("A", 8)]),
        ("verse 1 8; verse 2 8", [("verse 1", 8), ("verse 2", 8)]),
        ("Intro 2 bars -> pre-chorus 4 → Chorus", [("Intro", 2), ("pre-chorus", 4), ("Chorus", 8)]),
        ("verse: 4\nmiddle eight: 8", [("verse", 4), ("middle eight", 8)]),
    ],
)
def test_forms(text: str, wanted: list[tuple[str, int]]) -> None:
    assert list(read_form(text)) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the form has no sections"),
        (" , ; ", "the form has no sections"),
        ("verse 0", "verse has 0 bars"),
        ("verse -4", "verse has -4 bars"),
        ("vers 8", "'vers' is no section that the band knows"),
        ("verse 8, 5 6", "'5 6' is no section"),
        ("verse 1000", "the form has 1000 bars"),
        ("verse 500 x4", "the form has 2000 bars"),
        ("(verse 999) x99999", "the form has 998001 bars"),
        ("?", "'?' is no section"),
        ("verse " + "9" * 5000, f"'{'9' * 40}' is no section"),
        ("(verse 4) x" + "9" * 5000, f"'(verse 4) x{'9' * 29}' is no section"),
    ],
)
def test_what_is_no_form_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_form(text)
    assert caught.value.message == said
    assert caught.value.remedy


def test_every_name_of_a_section_is_played() -> None:
    assert {kind_of(name) for name in KINDS_BY_NAME} == {"intro", "verse", "chorus", "bridge", "outro"}
    assert kind_of("big hook") == kind_of("Hook 2") == "chorus"


def test_a_chart_is_repeated_until_its_section_is_full() -> None:
    outline = read_outline("intro 1, verse 4, hook 3", "C | F", 4)
    assert [[bar[0].symbol.text for bar in section.chords if bar[0].symbol] for section in outline.sections] == [
        ["C"],
        ["C", "F", "C", "F"],
        ["C", "F", "C"],
    ]
    assert [note.partition(" has")[0] for note in outline.notes] == ["intro", "hook"]


def test_sections_have_charts_of_their_own() -> None:
    charts = "Dm; verse: Am | F; Chorus 2: C | G | D | E"
    outline = read_outline("verse 1 4, chorus 1 4, verse 2 4, chorus 2 4", charts, 4)
    firsts = [section.chords[0][0].symbol for section in outline.sections]
    assert [symbol.text for symbol in firsts if symbol] == ["Am", "Dm", "Am", "C"]
    with pytest.raises(BadInput, match="no section is called bridge"):
        read_outline("verse 4", "bridge: C", 4)
    with pytest.raises(BadInput, match="verse has 3 bars, and its chart 2"):
        read_outline("verse 3", "verse: C | F", 4)
    with pytest.raises(BadInput, match="verse, bar 1, beat 3: 'X' is no chord"):
        read_outline("verse 4", "verse: C X", 4)
    with pytest.raises(BadInput, match="verse has two charts"):
        read_outline("verse 4", "verse: C; Verse: F", 4)
    with pytest.raises(BadInput, match="no form"):
        read_outline("", "verse: C", 4)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Am | F", ("Am | F", {})),
        ("|: Am | F :| C", ("|: Am | F :| C", {})),
        ("verse: Am F | C\nhook: |: C :|", ("", {"verse": " Am F | C", "hook": " |: C :|"})),
        ("C;  big hook 2 : F", ("C", {"big hook 2": " F"})),
        ("", ("", {})),
    ],
)
def test_charts_are_told_apart_by_their_names(text: str, wanted: tuple[str, dict[str, str]]) -> None:
    common, charts = split_charts(text)
    assert (common, dict(charts)) == wanted


def play(outline: Outline, style: str = "boom-bap", seed: int = 3, **asked: object) -> Score:
    return compose(style, seed=seed, bpm=90, outline=outline, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("style", ["boom-bap", "house", "jazz-trio", "ambient"])
def test_form_and_chords_are_kept_to_the_bar(style: str) -> None:
    outline = read_outline("intro 2, verse 8, hook 8", "Dm9 G13 | Cmaj9 A7b9", 4)
    score = play(outline, style)
    assert [(s.name, s.kind, s.first_bar, s.bars) for s in score.sections] == [
        ("intro", "intro", 0, 2),
        ("verse", "verse", 2, 8),
        ("hook", "chorus", 10, 8),
    ]
    assert (score.bars, score.meter) == (18, 4)
    assert [(c.start, c.length, c.root, c.quality) for c in score.chords] == [
        (bar * 4.0 + beat, 2.0, root, quality)
        for bar in range(18)
        for beat, root, quality in ([(0.0, 2, "m9"), (2.0, 7, "13")] if bar % 2 == 0 else [(0.0, 0, "maj9"), (2.0, 9, "7b9")])
    ]


@pytest.mark.parametrize("style", ["boom-bap", "rock", "jazz-trio", "house"])
@pytest.mark.parametrize(
    "chords", ["Dm9 G13 | Cmaj9 A7b9", "Am7 F | C/E G/B", "Cø7 | F7alt", "I | V7/vi | vi | bVII", "E5 | Gsus2"]
)
def test_what_is_played_is_of_the_written_chords(chords: str, style: str) -> None:
    scale = Key(0, "major").scale
    outline = read_outline("verse 8, chorus 8", chords, 4, Key(0, "major"))
    score = play(outline, style, key="C major", stems=("keyboard", "bass", "guitar", "strings"))
    of_chords = set()
    for part in score.parts:
        off = 0
        for note in part.notes:
            chord = next(c for c in reversed(score.chords) if c.start <= note.start + 0.1)
            classes = {(chord.root + step) % 12 for step in harmony.tones(chord.quality)} | {chord.lowest}
            outside = classes - scale
            off += note.pitch % 12 not in classes
            if part.stem != "bass":
                assert note.pitch % 12 in classes | {tone for tone in scale if not {(tone + 1) % 12, (tone - 1) % 12} & outside}
            elif abs(note.start - chord.start) < 0.1:
                assert note.pitch % 12 in classes
        of_chords |= {part.stem} if not off else set()
    assert of_chords - {"bass"}, "at least one plays the chords, note by note"


@pytest.mark.parametrize("style", ["boom-bap", "rock", "trap", "CORE-03", "VOCAL-04", "THEME-07", "techno"])
@pytest.mark.parametrize("seed", range(4))
def test_somebody_plays_the_root_and_the_third_of_every_written_chord(style: str, seed: int) -> None:
    score = play(read_outline("intro 2, verse 4, hook 4, outro 2", "Dm9 G13 | Cmaj9 A7b9", 4), style, seed)
    pitched = [note for part in score.parts if part.stem not in ("drums", "percussion", "fx") for note in part.notes]
    for chord in score.chords:
        end = chord.start + chord.length
        heard = {note.pitch % 12 for note in pitched if note.start < end - 0.1 and note.start + note.length > chord.start + 0.1}
        steps = harmony.tones(chord.quality)
        third = next(step for step in steps if step in (3, 4))
        assert {chord.root, (chord.root + third) % 12} <= heard, chord


def test_a_left_hand_plays_the_roots_where_no_bass_does() -> None:
    outline = read_outline("verse 4, hook 4", "Dm9 G13 | Cmaj9 A7b9", 4)
    seated = replace(outline, sections=tuple(replace(one, players=stems) for one, stems in zip(
        outline.sections, (("keyboard", "drums"), ("keyboard", "bass")), strict=True)))  # fmt: skip
    keys = [note for part in play(seated, "jazz-trio").parts if part.stem == "keyboard" for note in part.notes]
    low = [(round(note.start), note.pitch) for note in keys if note.pitch < 48]
    assert low == [(2 * i, (38, 43, 36, 45)[i % 4]) for i in range(8)]


def test_nothing_pitched_sounds_where_no_chord_is() -> None:
    score = play(read_outline("verse 8", "C | N.C. | F | N.C. G", 4), "house")
    silent = [(c.start, c.start + c.length) for c in score.chords if c.silent]
    assert silent == [(4.0, 8.0), (12.0, 14.0), (20.0, 24.0), (28.0, 30.0)]
    pitched = [note for part in score.parts if part.stem not in ("drums", "percussion", "fx") for note in part.notes]
    assert pitched
    for start, end in silent:
        assert not [note for note in pitched if start + 0.1 < note.start < end - 0.1]
        assert not [note for note in pitched if note.start < start - 0.1 and note.start + note.length > start + 0.2]
    drums = [note for part in score.parts if part.stem == "drums" for note in part.notes]
    assert [note for note in drums if 4.0 <= note.start < 8.0]


def test_the_bass_plays_the_note_below_the_slash() -> None:
    score = play(read_outline("verse 8", "C/E | G/B", 4), "house", stems=("bass", "keyboard"))
    bass = next(part for part in score.parts if part.stem == "bass")
    for chord in score.chords:
        first = [note for note in bass.notes if chord.start - 0.1 <= note.start < chord.start + 0.6]
        assert {note.pitch % 12 for note in first} <= {chord.lowest}


def test_without_a_form_the_chart_goes_through_the_whole_song() -> None:
    score = play(read_outline("", "Am7 | Fmaj7 | C | G7", 4), "rnb", seconds=30.0)
    assert str(score.key) == "A minor"
    assert [(c.root, c.quality) for c in score.chords[:5]] == [(9, "m7"), (5, "maj7"), (0, ""), (7, "7"), (9, "m7")]


def test_an_outline_with_a_form_alone_leaves_the_chords_to_the_band() -> None:
    score = play(read_outline("verse 4, chorus 4, outro 2", "", 4), key="A minor")
    assert [section.bars for section in score.sections] == [4, 4, 2]
    assert harmony.in_scale_share(score.chords, Key(9, "minor")) > 0.9
