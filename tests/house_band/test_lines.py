"""Notes and players that a person gives: the band plays them as they are, where they belong, and composes around them."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.house_band import arrange
from producertwin.house_band.compose import compose
from producertwin.house_band.lines import PARTS, Line, SongText, read_song
from producertwin.house_band.outline import Outline
from producertwin.house_band.render import render
from producertwin.house_band.score import Note, Score
from producertwin.house_band.styles import STYLES
from producertwin.music import Key
from producertwin.timebase import SAMPLE_RATE

TUNE = "A2 c2 e2 a2 | g4 e4 | f2 e2 d2 c2 | B4 z4"
BASS = "A,,8 | F,,8"
DRUMS = "C,,2 ^F,,2 D,,2 ^F,,2"
FORM = "intro 2, verse 4, hook 8"


def song(*lines: Line, form: str = FORM, chords: str = "", players: str = "", meter: int | None = None) -> Outline:
    return read_song(SongText(form, chords, lines, players), meter, None)


def line(part: str, notes: str, section: str = "") -> Line:
    return Line(part=part, notes=notes, section=section)


def play(outline: Outline, style: str = "boom-bap", **asked: object) -> Score:
    return compose(style, seed=3, bpm=90, outline=outline, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("style", list(STYLES)[::5])
def test_given_notes_are_played_as_they_are(style: str) -> None:
    outline = song(line("melody", TUNE), line("bass", BASS, "hook"), line("drums", DRUMS))
    score = play(outline, style)
    played = [part.notes for part in score.parts]
    assert all(given.notes in played for given in outline.lines)
    assert score.key == Key(9, "minor") and score.bars == 14
    hook = 4.0 * 6
    basses = [note for part in score.parts if part.stem == "bass" for note in part.notes if note.start >= hook - 0.2]
    assert [(note.start, note.pitch) for note in basses] == [(hook + 4 * bar, (45, 41)[bar % 2]) for bar in range(8)]
    assert [part.notes for part in score.parts if part.stem == "drums"] == [outline.lines[2].notes]
    tunes = [note for part in score.parts if part.notes == outline.lines[0].notes for note in part.notes]
    assert len(tunes) == 5 + 11 + 22 + 1


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_a_player(part: str) -> None:
    outline = song(line(part, "C,,8 | C8 | c8"), form="verse 3")
    score = play(outline)
    assert outline.lines[0].notes in [one.notes for one in score.parts]
    if part not in ("melody", "chords"):
        assert [one.notes for one in score.parts if one.stem == part] == [outline.lines[0].notes]


def test_the_band_goes_on_where_nothing_is_given() -> None:
    alone, given = play(song(chords="Am | F")), play(song(line("bass", BASS, "hook"), chords="Am | F"))
    basses = [
        [note for part in one.parts if part.stem == "bass" for note in part.notes if note.start < 23] for one in (alone, given)
    ]
    before = [[(note.start, note.pitch, note.length) for note in notes] for notes in basses]
    assert before[0] == before[1] and before[0]
    others = [[part.notes for part in score.parts if part.stem != "bass"] for score in (alone, given)]
    assert others[0] == others[1]


def test_a_line_begins_anew_in_every_section_or_runs_through_the_song() -> None:
    [anew] = song(line("melody", "C8 | D8")).lines
    assert [note.pitch for note in anew.notes] == [60, 62] * 7 and anew.sections == (0, 1, 2)
    long = " | ".join(f"{name}8" for name in "CDEFGABcd")
    [through] = song(line("melody", long)).lines
    assert [note.start for note in through.notes] == [4.0 * bar for bar in range(9)] and through.sections == (0, 1, 2)
    tied = song(line("melody", "C8 | D8- | D8 | E8 | F8 | G8 | A8 | B8 | c8")).lines[0].notes
    assert tied[1] == Note(4.0, 8.0, 62)
    [own, cut] = song(line("melody", "C8 | D8"), line("bass", "C,8", "intro"), line("melody", "E8", "hook")).lines
    assert [note.pitch for note in own.notes] == [60, 62] * 3 + [64] * 8 and cut.sections == (0,)
    assert (
        song(line("melody", long), form="verse 4, hook 4").notes[0] == "melody has 9 bars, the form 8: the last ones are left out"
    )


def test_without_a_form_the_song_is_as_long_as_its_notes() -> None:
    outline = song(line("melody", TUNE), line("bass", "A,,8"), form="")
    assert [(one.name, one.bars) for one in outline.sections] == [("verse", 4)]
    assert song(line("bass", "A,,8 | F,,8 | C,8"), form="", chords="Am | F").bars == 4
    assert song(line("melody", "M:3/4\nC6 | D6"), form="").lines[0].notes[1].start == 3.0


def test_chords_are_read_from_the_notes_where_none_are_written() -> None:
    def texts(outline: Outline) -> list[str]:
        return [chord.symbol.text for one in outline.sections for bar in one.chords for chord in bar if chord.symbol]

    assert texts(song(line("keyboard", "[A,CE]8 | [F,Ac]8 | [CEG]8 | [G,BD]8"), form="verse 4")) == ["Am", "F", "C", "G"]
    assert texts(song(line("melody", '"Am7"A8 | "F"c4 "G"B4'), form="verse 2")) == ["Am7", "F", "G"]
    found = texts(song(line("melody", "c2 e2 g2 e2 | f2 a2 c'2 a2 | g2 b2 d'2 b2 | c'8"), form="verse 4"))
    assert found == ["C", "F", "G", "C"]
    assert texts(song(line("drums", DRUMS), form="verse 2")) == []
    assert texts(song(line("melody", TUNE), form="verse 4", chords="Dm")) == ["Dm"] * 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SongText("verse 4", lines=(line("melody", "C8 | D2 q"),)), "melody, bar 2, beat 2: 'q' is not understood"),
        (SongText("verse 4", lines=(line("bass", "C9", "verse"),)), "bass of verse, bar 1: the bar has 4.5 beats of 4"),
        (SongText("verse 4", lines=(line("bass", "C8", "bridge"),)), "no section is called bridge"),
        (SongText("verse 4", lines=(line("bass", "C8|C8|C8", "verse"),)), "verse has 4 bars, and its bass 3"),
        (SongText("verse 4", lines=(line("bass", "C8"), line("bass", "D8"))), "the notes of bass are given twice"),
        (SongText("", lines=(line("bass", "C8", "verse"),)), "there is bass of verse and no form"),
        (SongText("verse 4", lines=(line("melody", '"H"C8'),)), None),
        (SongText("verse 4", lines=(line("melody", '"Ax"C8'),)), "chord symbols of melody, bar 1, beat 1: 'Ax' is no chord"),
        (SongText("verse 4", players="drums, banjo"), "players: 'banjo' is no player"),
        (SongText("verse 4", players="all; hook: drums"), "no section is called hook"),
        (SongText("", players="hook: drums"), "players of sections and no form"),
        (SongText("verse 4", players="verse: drms"), "players of verse: 'drms' is no player"),
    ],
)
def test_what_does_not_go_together_is_refused(text: SongText, said: str | None) -> None:
    if said is None:
        assert read_song(text, None, None).bars == 4
        return
    with pytest.raises(BadInput) as caught:
        read_song(text, None, None)
    assert said in caught.value.message and caught.value.remedy


@pytest.mark.parametrize("style", ["boom-bap", "synthwave", "rock"])
def test_players_are_those_that_sections_name(style: str) -> None:
    score = play(song(players="drums, bass; hook: all; intro: piano", chords="Am"), style)
    spans = [(4.0 * one.first_bar, 4.0 * (one.first_bar + one.bars)) for one in score.sections]
    stems = [{part.stem for part in score.parts if any(a + 0.2 <= n.start < b - 0.2 for n in part.notes)} for a, b in spans]
    assert stems[0] == {"keyboard"} and stems[1] == {"drums", "bass"} and len(stems[2]) >= 3
    assert {part.stem for part in play(song(form="", players="bass, strings"), style).parts} == {"bass", "strings"}


def test_a_tune_is_not_given_to_voices_that_speak() -> None:
    for style in STYLES:
        outline = song(line("melody", "C8"), form="verse 1")
        score = play(outline, style)
        [part] = [one for one in score.parts if one.notes == outline.lines[0].notes]
        assert part.patch not in ("vocal_chop", "vocal_speech")
    assert not arrange.plays_chords("lead")


def test_sections_begin_on_their_sample() -> None:
    outline = song(line("drums", "C,,8", "verse"), line("drums", "C,,8", "hook"), form="verse 1, hook 2", players="drums")
    played = render(play(outline), seconds=9.0)
    loud = np.abs(played.stems["drums"]).max(axis=0)
    for bar in range(3):
        place = round(bar * 4 * 60 / 90 * SAMPLE_RATE)
        assert loud[place : place + 480].max() > 20 * loud[max(0, place - 2400) : place].max(initial=1e-4)
