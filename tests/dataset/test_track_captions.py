from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from producertwin.audio.tempo import same_up_to_octave
from producertwin.dataset.captions import Caption, Flag, compose_text, explain_flags, keep_edits, preset_tags, set_by_hand
from producertwin.dataset.lyrics import normalise
from producertwin.dataset.taggers import MeterTagger, SidecarTagger, TagResult, describe
from producertwin.errors import BadInput
from producertwin.house_band.captions import GROUPS
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.house_band.styles import COARSE, DEFAULT, STYLES
from producertwin.model.nano.embedder import Tags

LOFI = [style for style in STYLES if COARSE[style] == "lofi"]


@pytest.mark.parametrize("style", LOFI)
def test_every_preset_has_a_caption_in_the_order_of_the_groups(style: str) -> None:
    tags = preset_tags(style)
    words = compose_text(tags, 80.0).split(", ")
    assert len(words) == len(set(words)) >= 5
    places = [words.index(tag) for group in GROUPS if group != "tempo" for tag in tags[group]]
    new = [place for number, place in enumerate(places) if place not in places[:number]]
    assert new == sorted(new)


def test_the_presets_differ_pairwise() -> None:
    texts = {compose_text(preset_tags(style), None) for style in LOFI}
    assert len(texts) == len(LOFI) == 38


def test_a_tag_is_said_once_and_tempo_stands_in_its_place() -> None:
    tags = {"genre": ("lofi", "chill"), "mood": ("chill", " "), "production": ("vinyl",)}
    assert compose_text(tags, 85.4) == "lofi, chill, medium tempo, 85 bpm, vinyl"
    assert compose_text(tags, None) == "lofi, chill, vinyl"


def test_a_hand_wins_and_survives_another_run() -> None:
    first = describe(TagResult(style="house", style_chance=0.99, bpm=122, bpm_confidence=0.9), {}, tagger="measure")
    assert Flag.UNSURE_KEY in first.flags
    edited = set_by_hand(first, {"key": "am", "mood": "dark,  dark, tense", "style": "techno"})
    assert (edited.key, edited.tags["mood"], edited.style) == ("A minor", ("dark", "tense"), "techno")
    assert edited.tags["genre"] == preset_tags("techno")["genre"]
    assert edited.flags == ()
    again = keep_edits(
        describe(TagResult(style="trap", style_chance=0.99, bpm=140, bpm_confidence=0.9), {}, tagger="measure"), edited
    )
    assert (again.key, again.tags["mood"], again.style, again.bpm) == ("A minor", ("dark", "tense"), "techno", 140)
    assert again.flags == ()
    assert keep_edits(first, None) == keep_edits(first, first) == first


def test_a_text_written_by_hand_is_used_as_it_is() -> None:
    caption = set_by_hand(Caption(), {"text": " my own words "})
    assert caption.text == "my own words"
    assert set_by_hand(caption, {"text": ""}).own_text is None


@pytest.mark.parametrize(
    "bad", [{"colour": "x"}, {"bpm": "fast"}, {"bpm": "9000"}, {"key": "H#"}, {"meter": "5"}, {"style": "no"}, {"mood": "x" * 99}]
)
def test_what_cannot_be_set_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        set_by_hand(Caption(), bad)


def test_no_clear_style_is_the_default_and_flagged() -> None:
    found = describe(TagResult(style="house", style_chance=0.2), {}, tagger="measure")
    assert found.style == DEFAULT
    assert set(found.flags) == {Flag.NO_CLEAR_STYLE, Flag.UNSURE_TEMPO, Flag.UNSURE_KEY}
    assert "bpm" not in found.text


def test_instruments_are_those_that_are_heard() -> None:
    stems = {"drums": 0.9, "bass": 0.1, "keyboard": 0.9, "brass": 0.8, "vocals": 0.5}
    found = describe(TagResult(style="CORE-02", style_chance=0.99, stems=stems), {}, tagger="measure")
    words = found.tags["instruments"]
    assert "upright bass" not in words and "saxophone" not in words
    assert {"piano", "rhodes", "brushed drums", "brass section"} <= set(words)
    assert Flag.UNSURE_VOICE in found.flags
    sung = describe(TagResult(style="house", style_chance=0.99, stems={"vocals": 0.9}), {}, tagger="measure")
    assert sung.tags["vocal_type"] != ("instrumental",)


@pytest.mark.parametrize(("bpm", "flagged"), [(84.0, False), (168.0, False), (97.0, True)])
def test_a_files_tempo_wins_and_a_models_does_not(bpm: float, flagged: bool) -> None:
    heard = TagResult(style="CORE-01", style_chance=0.99, bpm=84, bpm_confidence=0.9, key="A minor", key_confidence=0.9)
    file = describe(heard, {"file": TagResult(bpm=bpm, key="C major", text="mine")}, tagger="x")
    model = describe(heard, {"gemini": TagResult(bpm=bpm, key="E minor")}, tagger="x")
    assert (file.bpm, model.bpm) == (bpm, 84)
    assert (Flag.TEMPO_DISAGREES in file.flags) is (Flag.TEMPO_DISAGREES in model.flags) is flagged
    assert Flag.KEY_DISAGREES not in file.flags and Flag.KEY_DISAGREES in model.flags
    assert (file.key, model.key, file.text) == ("C major", "A minor", "mine")


def test_what_a_model_alone_says_is_taken_and_flagged_and_what_a_file_says_is_not() -> None:
    heard, said = TagResult(style="CORE-01", style_chance=0.99), TagResult(bpm=84, key="A minor")
    model = describe(heard, {"gemini": said}, tagger="x")
    file = describe(heard, {"file": said}, tagger="x")
    assert (model.bpm, model.key) == (file.bpm, file.key) == (84, "A minor")
    assert set(model.flags) == {Flag.TEMPO_NOT_MEASURED, Flag.KEY_NOT_MEASURED} and file.flags == ()
    assert set_by_hand(model, {"bpm": "84"}).flags == (Flag.KEY_NOT_MEASURED,)


def test_what_lay_beside_is_taken_as_it_was_stated() -> None:
    given = {"caption": "lofi", "lyrics": "(Verse)\nrain", "language": "en", "bpm": 82, "key": "D minor", "meter": 3}
    said = SidecarTagger().tag(np.zeros((2, 0), np.float32), given)  # type: ignore[arg-type]
    assert (said.text, said.bpm, said.key, said.meter) == ("lofi", 82.0, "D minor", 3)
    assert said.lyrics == normalise("[Verse]\nrain", language="en")
    assert SidecarTagger().tag(np.zeros((2, 0), np.float32), {}) == TagResult(bpm_confidence=1.0, key_confidence=1.0)


@dataclass(frozen=True)
class Ears:
    style: str
    chance: float = 0.97
    name: str = "ears"

    def embed_audio(self, sound: np.ndarray) -> Tags:
        assert sound.ndim == 2
        return Tags(np.zeros(2), {self.style: self.chance, "ambient": 1 - self.chance}, {"drums": 0.9})


def test_tempo_and_key_are_measured_inside_the_styles_range() -> None:
    score = compose("trap", seed=4, bpm=141, key="F minor", seconds=12.0)
    sound = render(score, seconds=12.0).mix
    said = MeterTagger(Ears("trap")).tag(sound, {})  # type: ignore[arg-type]
    assert (said.style, said.style_chance) == ("trap", 0.97)
    assert said.bpm == pytest.approx(141, abs=2)
    assert said.key == "F minor"
    stated = MeterTagger(Ears("ambient"), style="trap").tag(sound, {})  # type: ignore[arg-type]
    assert (stated.style, stated.style_chance) == ("trap", 1.0)


@pytest.mark.thorough
@pytest.mark.parametrize(("style", "bpm", "heard"), [("house", 122, "drill"), ("boom-bap", 90, "techno"), ("techno", 130, "rnb")])
def test_a_style_that_is_not_sure_decides_no_tempo(style: str, bpm: int, heard: str) -> None:
    sound = render(compose(style, seed=4, bpm=bpm, seconds=12.0), seconds=12.0).mix
    low, high = STYLES[heard].tempo
    assert not low <= bpm <= high
    told = {chance: MeterTagger(Ears(heard, chance)).tag(sound, {}).bpm for chance in (0.6, 0.9)}  # type: ignore[arg-type]
    assert all(found is not None and same_up_to_octave(found, bpm, tolerance=0.02) for found in told.values()), told


@pytest.mark.parametrize(("style", "bpm", "key"), [("trap", 140, "F minor"), ("house", 92, "A minor")])
def test_a_style_that_is_said_writes_no_tempo_over_the_measured_one(style: str, bpm: int, key: str) -> None:
    heard = "house" if style == "trap" else "trap"
    sound = render(compose(heard, seed=4, bpm=bpm, key=key, seconds=12.0), seconds=12.0).mix
    free = MeterTagger(Ears(heard)).tag(sound, {})  # type: ignore[arg-type]
    said = MeterTagger(Ears(heard), style=style).tag(sound, {})  # type: ignore[arg-type]
    assert (said.bpm, said.key) == (free.bpm, free.key)
    assert describe(said, {}, tagger="x").style == style


def test_a_genre_that_is_stated_stands_before_those_of_the_style() -> None:
    heard = TagResult(style="house", style_chance=1.0)
    stated = SidecarTagger().tag(np.zeros((2, 0), np.float32), {"genre": "gamelan"})
    genres = describe(heard, {"file": stated}, tagger="x").tags["genre"]
    assert genres == ("gamelan", *preset_tags("house")["genre"])


@pytest.mark.parametrize(
    ("chance", "stems", "sure"),
    [
        (0.96, {}, True),
        (0.99, {"keyboard": 0.9}, False),
        (0.99, {"strings": 0.9, "vocals": 0.9}, False),
        (0.45, {}, False),
        (0.87, {"drums": 0.9, "bass": 0.9, "synth": 0.9, "keyboard": 0.9}, False),  # as sounds that the band does not have
        (0.96, {"drums": 0.9, "bass": 0.9, "synth": 0.9, "keyboard": 0.9}, True),
    ],
)
def test_a_style_that_is_not_much_like_it_or_of_which_little_is_heard_is_unsure_and_names_the_second(
    chance: float, stems: dict[str, float], sure: bool
) -> None:
    heard = TagResult(style="house", style_chance=chance, second_style="ambient", stems=stems)
    found = describe(heard, {}, tagger="x")
    assert (Flag.UNSURE_STYLE not in found.flags) is sure
    assert found.second_style == (None if sure else "ambient")
    assert ("genre" in found.tags) is (sure or not stems)
    for answer in ({"style": "house"}, {"genre": "gamelan"}, {"text": "gongs, slow"}):
        assert Flag.UNSURE_STYLE not in set_by_hand(found, answer).flags
    assert (Flag.UNSURE_STYLE in set_by_hand(found, {"mood": "calm"}).flags) is not sure


def test_lyrics_and_their_language_are_set_by_hand_and_stay() -> None:
    first = describe(TagResult(style="house", style_chance=0.99), {}, tagger="x")
    edited = set_by_hand(first, {"lyrics": "(Verse)\\nrain", "language": "English"})
    assert (edited.lyrics.text, edited.lyrics.language) == ("[Verse]\nrain", "en")
    assert keep_edits(first, edited).lyrics == edited.lyrics
    other = keep_edits(edited, set_by_hand(first, {"language": "ja"}))
    assert (other.lyrics.text, other.lyrics.language) == (edited.lyrics.text, "ja")
    with pytest.raises(BadInput, match="klingon"):
        set_by_hand(first, {"language": "klingon"})


@pytest.mark.parametrize(("said", "bpm"), [("84 BPM", 84.0), ("84,5", 84.5), ("84.0", 84.0)])
def test_numbers_are_set_as_people_write_them(said: str, bpm: float) -> None:
    edited = set_by_hand(Caption(), {"bpm": said, "key": "8A", "meter": "3/4"})
    assert (edited.bpm, edited.key, edited.meter) == (bpm, "A minor", 3)


def test_a_language_that_an_older_ingest_kept_leaves_the_song_and_its_lyrics() -> None:
    said = SidecarTagger().tag(np.zeros((2, 0), np.float32), {"lyrics": "[Verse]\nla", "language": "klingon"})
    assert said.lyrics == normalise("[Verse]\nla")


@pytest.mark.parametrize(("style", "chance"), [("THEME-07", 0.86), ("CORE-02", 0.6), ("house", 0.2)])
def test_instruments_of_a_style_that_is_not_sure_are_called_by_plain_words(style: str, chance: float) -> None:
    stems = {"synth": 0.97, "keyboard": 0.9, "drums": 0.8, "bass": 0.2}
    found = describe(TagResult(style=style, style_chance=chance, second_style="trap", stems=stems), {}, tagger="x")
    assert set(found.tags["instruments"]) == {"synth pads", "piano", "drums"}
    assert found.text.split(", ")[-1] == "instrumental" and "lofi" not in found.text


def test_a_text_that_states_other_facts_than_are_set_is_told() -> None:
    caption = set_by_hand(Caption(), {"text": "dusty lofi, 87 bpm, D minor", "bpm": "90", "key": "Am"})
    assert explain_flags(caption) == "the text says 87 bpm, and 90 bpm is set, the text says D minor, and A minor is set"
    assert explain_flags(set_by_hand(caption, {"bpm": "87.3", "key": "Dm"})) == ""
    assert explain_flags(set_by_hand(caption, {"text": "dusty lofi"})) == ""
