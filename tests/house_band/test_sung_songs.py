"""Songs with words: where they are sung, to which notes, and that they sound."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.house_band import album
from producertwin.house_band.captions import caption
from producertwin.house_band.compose import compose
from producertwin.house_band.lines import Line, SongText, read_song
from producertwin.house_band.oscillators import Tone
from producertwin.house_band.render import render
from producertwin.house_band.score import Note, Part, Score, Section
from producertwin.house_band.singer import sing_syllable
from producertwin.house_band.song_words import Words, lay_words, voice_of
from producertwin.house_band.styles import STYLES
from producertwin.house_band.syllables import LA, Syllable, read_syllables

LYRICS = """[Verse]
rain on the window, the kettle is on
nobody home till the morning is gone

[Chorus]
hold me, river, hold me tonight"""
KINDS = ("intro", "verse", "chorus", "verse", "chorus")
FORM = tuple(Section(kind, 4 * number, 4) for number, kind in enumerate(KINDS))


def texts(lyrics: str, sections: tuple[Section, ...] = FORM) -> dict[int, list[str]]:
    return {number: [line.text for line in lines] for number, lines in lay_words(lyrics, sections).items()}


def singers(score: Score) -> list[Part]:
    return [part for part in score.parts if any(note.syllable is not None for note in part.notes)]


def test_words_go_to_the_sections_of_their_marks_and_the_last_block_returns() -> None:
    found = texts("[Verse 1]\none\n[Hook x2]\ntwo\n[VERSE 2: quietly]\nthree")
    assert found == {1: ["one"], 2: ["two"], 3: ["three"], 4: ["two"]}


def test_words_without_marks_are_shared_among_the_sections_that_sing() -> None:
    assert texts("a\nb\nc\nd") == {1: ["a"], 2: ["b"], 3: ["c"], 4: ["d"]}
    assert texts("a\nb", (Section("intro", 0, 2),)) == {0: ["a", "b"]}


def test_words_without_marks_before_others_take_nobodys_place() -> None:
    assert texts("a\nb\n[Chorus]\nc") == {1: ["a"], 2: ["c"], 3: ["b"], 4: ["c"]}


def test_words_whose_section_the_form_lacks_are_sung_where_there_is_room() -> None:
    assert texts("[Bridge]\na", (Section("verse", 0, 4),)) == {0: ["a"]}


@pytest.mark.parametrize("lyrics", ["", "[Instrumental]", "[verse]\n[chorus]", "[inst]\nnot sung", "...\n - "])
def test_nothing_to_sing_lays_nothing(lyrics: str) -> None:
    assert texts(lyrics) == {}
    assert compose("lofi", seed=3, seconds=20.0, words=Words(lyrics)) == compose("lofi", seed=3, seconds=20.0)


def test_directions_are_not_sung() -> None:
    assert texts("[Verse]\n[whispered]\nhello there", FORM[:2]) == {1: ["hello there"]}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_sings_what_it_is_given(style: str) -> None:
    score = compose(style, seed=5, seconds=40.0, words=Words(LYRICS))
    [part] = singers(score)
    assert part.stem == "vocals" and part.patch in ("vocal_woman", "vocal_man")
    assert [line.text for line in score.sung if line.section == score.sung[0].section]
    for line in score.sung:
        section = score.sections[line.section]
        begin, end = section.first_bar * score.meter, (section.first_bar + section.bars) * score.meter
        assert begin - 0.25 <= line.start < line.end <= end + 0.25
        sung = [note.syllable for note in part.notes if line.start - 1e-6 <= note.start < line.end - 1e-6]
        assert tuple(sung) == read_syllables(line.text)
    assert not any(part.role == "lead" for part in score.parts)
    assert all(note.pitch % 12 in score.key.scale for note in part.notes)


def test_the_rest_of_the_song_is_what_it_is_without_words() -> None:
    plain, sung = (compose("house", seed=4, seconds=30.0, words=words) for words in (None, Words(LYRICS)))
    assert [part for part in plain.parts if part.stem in ("drums", "bass")] == [
        part for part in sung.parts if part.stem in ("drums", "bass")
    ]
    assert (plain.chords, plain.sections, plain.bpm) == (sung.chords, sung.sections, sung.bpm)


def test_a_given_melody_is_sung_note_by_note() -> None:
    outline = read_song(SongText("verse 4", "", (Line(part="melody", notes="A2 c2 e2 a2 | g4 e4 | A2 c2 e2 a2 | g8"),)), 4, None)
    score = compose("lofi", seed=3, outline=outline, words=Words("[Verse]\nwe carry the light"))
    [part] = singers(score)
    assert [note.syllable for note in part.notes][:6] == [*read_syllables("we carry the light"), None]
    assert [note.pitch % 12 for note in part.notes[:4]] == [9, 0, 4, 9]


def test_a_caption_says_who_sings() -> None:
    assert voice_of("pop, female vocals") == "woman" and voice_of("a man's voice, folk") == "man"
    assert voice_of("male and female duet") is None and voice_of("mellow, human") is None
    score = compose("house", seed=1, seconds=20.0, words=Words(LYRICS, "man"))
    assert singers(score)[0].patch == "vocal_man" and "male vocals" in caption(score).split(", ")


def test_the_words_stand_beside_the_song() -> None:
    score = compose("house", seed=1, seconds=40.0, words=Words(LYRICS))
    assert "[Chorus]\nhold me, river, hold me tonight" in album.lyrics(score)


def sung(syllable: Syllable, pitch: int = 57, seconds: float = 0.5) -> np.ndarray:
    hold = round(seconds * 48_000)
    return sing_syllable(Tone(pitch, hold + 4_000, 0.8, np.random.default_rng(1)), syllable, hold)


def band_share(sound: np.ndarray, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    freqs = np.fft.rfftfreq(len(sound), 1 / 48_000)
    return float(power[(freqs >= low) & (freqs < high)].sum() / power.sum())


def test_vowels_have_their_formants() -> None:
    middle = slice(8_000, 20_000)
    open_, high = (sung(Syllable((), (vowel,)))[middle] for vowel in ("ah", "ee"))
    for sound, bright in ((open_, False), (high, True)):
        assert (band_share(sound, 2_000, 3_200) > band_share(sound, 800, 1_400)) == bright
    assert band_share(open_, 600, 1_300) > 3 * band_share(high, 600, 1_300)


def test_hisses_stand_before_and_after_the_vowel_and_the_note_keeps_its_pitch() -> None:
    sound = sung(Syllable(("s",), ("aw",), ("s",)))
    hisses = [band_share(sound[a:b], 5_000, 12_000) for a, b in ((500, 4_500), (9_000, 16_000), (19_500, 23_500))]
    assert hisses[0] > 0.5 and hisses[2] > 0.5 and hisses[1] < 0.05
    spectrum = np.abs(np.fft.rfft(sound[8_000:16_000] * np.hanning(8_000), 2**18))
    freqs = np.fft.rfftfreq(2**18, 1 / 48_000)
    near = (freqs > 200) & (freqs < 240)
    assert 1200 * abs(np.log2(freqs[near][spectrum[near].argmax()] / 220.0)) < 30


@pytest.mark.parametrize("seconds", [0.02, 0.1, 4.0])
@pytest.mark.parametrize("syllable", [LA, Syllable(("s", "t", "r"), ("eh",), ("ng", "th", "s")), Syllable((), ("ah", "ee"))])
def test_short_and_long_syllables_sound(syllable: Syllable, seconds: float) -> None:
    sound = sung(syllable, 60, seconds)
    assert np.isfinite(sound).all() and 0.05 < np.abs(sound).max() < 4.0
    assert np.array_equal(sound, sung(syllable, 60, seconds))


def test_the_stem_of_a_sung_song_is_heard_where_it_is_sung() -> None:
    score = compose("boom bap", seed=3, seconds=40.0, words=Words(LYRICS))
    stem = render(score, seconds=40.0).stems["vocals"]
    first = score.sung[0]
    begin, end = (score.tempo.sample(beat) for beat in (first.start, first.end))
    loud, before = (float(np.sqrt(np.mean(part**2))) for part in (stem[:, begin:end], stem[:, : begin - 4_800]))
    assert loud > 0.02 and before < 0.05 * loud


def test_a_note_without_words_is_sung_on_la() -> None:
    score = compose("boom bap", seed=3, seconds=10.0)
    part = Part("vocals", "vocal_man", (Note(0.0, 2.0, 55),))
    rendering = render(Score("boom-bap", 1, 90.0, score.key, 4, 2, score.sections[:1], score.chords, (part,)), seconds=4.0)
    assert np.abs(rendering.stems["vocals"]).max() > 0.05
