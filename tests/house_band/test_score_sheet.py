import pytest

from producertwin.house_band.chord_sheet import write_chordpro
from producertwin.house_band.compose import compose
from producertwin.house_band.outline import bar_at
from producertwin.house_band.score_sheet import fold, name_sections, write_bar, write_sheet_of
from producertwin.house_band.sheet import Sheet, SheetSection


def by_beat(score) -> list[tuple[int, tuple[int, ...]]]:
    from producertwin.house_band.harmony import tones

    found = []
    for beat in range(score.bars * score.meter):
        chord = next(one for one in reversed(score.chords) if one.start <= beat + 1e-6)
        found.append((chord.root, tuple(sorted({step % 12 for step in tones(chord.quality)}))))
    return found


@pytest.mark.parametrize(("style", "seed"), [("jazz lofi", 1), ("house", 2), ("trap", 3), ("ambient", 4), ("gospel", 5)])
def test_the_sheet_of_a_score_has_its_chords_on_every_beat(style, seed):
    score = compose(style, seed=seed)
    sheet = write_sheet_of(score, title="T", caption=style)
    outline = sheet.outline
    assert outline.bars == score.bars and sheet.bpm == score.bpm
    read = []
    for number in range(score.bars):
        bar = bar_at(outline, number)
        for beat in range(score.meter):
            symbol = next(one.symbol for one in reversed(bar) if one.start <= beat + 1e-6)
            read.append((symbol.root, tuple(sorted({step % 12 for step in symbol.intervals}))))
    assert read == by_beat(score)


def test_bars_are_written_as_short_as_they_can_be():
    assert write_bar([(0.0, "Am")], 4) == "Am"
    assert write_bar([(0.0, "Am"), (2.0, "F")], 4) == "Am F"
    assert write_bar([(0.0, "Am"), (3.0, "F")], 4) == "Am / / F"
    assert write_bar([(0.0, "Am"), (1.0, "F"), (2.0, "G")], 3) == "Am F G"
    assert write_bar([], 4) == "N.C."


def test_sections_that_differ_are_numbered_and_repeats_are_left_out():
    assert name_sections(["verse", "hook", "verse", "verse"], ["Am", "F", "Am", "C"]) == ["verse", "hook", "verse", "verse 2"]
    assert fold("Am | F | Am | F") == "Am | F" and fold("Am | F | Am") == "Am | F | Am" and fold("Am") == "Am"


def test_chordpro_has_grids_and_words_and_no_stray_directives():
    sheet = Sheet(
        title="Night {bus}",
        bpm=87,
        key="D minor",
        form="verse 2, hook 1",
        chords="Dm7 / / G7 | N.C.",
        sections={"hook": SheetSection(chords="Bb", lyrics="Ride [on]\nand on")},
    )
    text = write_chordpro(sheet)
    assert "{title: Night (bus)}" in text and "{key: D minor}" in text and "{tempo: 87}" in text
    assert "| Dm7 . . G7 | N.C. . . . |" in text and "| Bb . . . |" in text and "Ride (on)\nand on" in text
    assert text.count("{start_of_grid") == text.count("{end_of_grid}") == 2


def test_a_numbered_section_never_takes_the_name_of_another():
    named = name_sections(["verse", "verse 2", "verse", "verse 2", "hook"], ["Am", "F", "C", "G", "Am"])
    assert named == ["verse", "verse 2", "verse 3", "verse 2 2", "hook"]
    assert name_sections(["a", "a", "a"], ["F", "G", "F"]) == ["a", "a 2", "a"]
