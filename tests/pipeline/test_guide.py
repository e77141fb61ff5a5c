"""Guide tracks: when the band plays, what it plays, and that the take says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_kit import ask, edit
from producertwin.errors import BadInput, NotFound
from producertwin.house_band import styles
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.model.instrument import Card
from producertwin.model.sampling.request import Metas, Request, Samples
from producertwin.model.tasks import Task
from producertwin.model.variants.catalogue import VARIANTS
from producertwin.music import Key
from producertwin.pipeline import guide
from producertwin.pipeline.behaviours import behaviour_of
from producertwin.pipeline.stages import Generate, Lego
from producertwin.timebase import samples_of
from producertwin.verbs.rendering import Rendered

Player = Callable[..., list[Rendered]]
NONSENSE = "xqzzt"
"""A caption that shares no word with any style."""


@pytest.mark.parametrize(
    ("asked", "variant", "strength", "plays"),
    [
        ("band", "tiny", 0.2, True),
        ("band", "turbo", 0.2, True),
        ("auto", "nano", 0.2, True),
        ("auto", "tiny", 0.2, False),
        ("auto", "turbo", 0.2, False),
        ("none", "nano", 0.2, False),
        ("band", "nano", 0.0, False),
    ],
)
def test_when_the_band_plays(asked: str, variant: str, strength: float, plays: bool) -> None:
    assert guide.uses_guide(ask(guide=asked, guide_strength=strength), by_itself=VARIANTS[variant].card.guided) == (plays, "")


def test_a_caption_without_a_style_is_an_error_only_when_the_band_was_asked_for() -> None:
    plays, why = guide.uses_guide(ask(NONSENSE, guide="auto"), by_itself=True)
    assert not plays
    assert NONSENSE in why
    with pytest.raises(NotFound, match=NONSENSE):
        guide.uses_guide(ask(NONSENSE, guide="band"), by_itself=True)


def lego(**fields: Any) -> Lego:
    stage = edit("lego", "song.wav", **fields)
    assert isinstance(stage, Lego)
    return stage


def play_sketch(stage: Generate, seed: int) -> Samples:
    metas = Metas(124.0, Key.parse("F minor"), 4)
    start = guide.sketch(stage, Request(stage.prompt.caption, stage.seconds, seed, metas=metas)).start
    assert start is not None
    assert (start.t, start.on_beat) == (pytest.approx(1.0 - stage.guide_strength), True)
    assert start.sound.audio is not None
    return start.sound.audio


def test_a_sketch_is_one_seed_and_one_set_of_words() -> None:
    stage = ask("house", guide="band", guide_strength=0.25)
    audio = play_sketch(stage, 7)
    assert audio.shape == (2, samples_of(1.5))
    assert (play_sketch(stage, 7) == audio).all()
    assert (play_sketch(stage, 8) != audio).any()
    assert (play_sketch(ask("house, bright", guide="band", guide_strength=0.25), 7) != audio).any()


@pytest.mark.parametrize("caption", ["freeway of glass", "didgeridoo", "music, please", "reggae, offbeat"])
def test_a_caption_that_is_vague_about_style_plays_without_a_sketch_and_says_so(caption: str) -> None:
    plays, why = guide.uses_guide(ask(caption, guide="auto"), by_itself=True)
    assert not plays
    assert caption in why


def test_the_band_plays_the_nearest_style_where_it_was_asked_to_and_says_so() -> None:
    plays, why = guide.uses_guide(ask("neon freeway", guide="band"), by_itself=True)
    assert plays
    assert "City Night" in why


NANO, TURBO = VARIANTS["nano"].card, VARIANTS["turbo"].card


def draw(caption: str, seed: int = 7, metas: Metas = Metas(), card: Card = NANO, how: str = "none") -> guide.DrawnMetas:
    return guide.draw_metas(ask(caption, guide=how), seed, metas, card)


@pytest.mark.parametrize("caption", ["techno", "jazz trio, piano", "lofi, rainy", "neon freeway", "xqzzt", "🎹"])
def test_what_nobody_states_is_drawn_by_seed_and_words(caption: str) -> None:
    drawn = draw(caption)
    assert drawn.names == ("bpm", "key", "meter")
    assert draw(caption) == drawn
    assert len({draw(caption, seed).metas for seed in range(8)}) > 4
    assert drawn.source
    found = styles.match(caption)
    if found.score > 0:
        low, high = found.style.tempo
        assert low <= (drawn.metas.bpm or 0) <= high
        assert found.style.name in drawn.source


@pytest.mark.parametrize(
    "captions",
    [
        ("rapid breakbeats", "bamboo flute", "neon freeway"),
        ("house, bright piano", "house, deep bass", "house"),
        ("lofi", "lofi, xqzzt", "lofi, zzyq"),
        ("xqzzt", "zzyq", "🎹", "🌧"),
    ],
)
def test_other_words_draw_other_facts(captions: tuple[str, ...]) -> None:
    assert len({draw(caption).metas for caption in captions}) == len(captions)


@pytest.mark.parametrize("same", ["Rainy, LOFI", "lofi,rainy", "rainy lofi, 84 bpm", "lofi, rainy, A minor, 20 seconds long"])
def test_the_same_words_in_other_order_case_or_with_facts_draw_the_same(same: str) -> None:
    assert draw(same).metas == draw("lofi, rainy").metas


def test_bleak_draws_as_dark() -> None:
    assert draw("lofi, bleak").metas == draw("lofi, dark").metas


@pytest.mark.parametrize(("caption", "seconds"), [("lofi", 10.0), ("house", 36.0), ("jazz trio, piano", 120.0), ("xqzzt", 300.0)])
def test_a_take_without_a_sketch_has_a_form_that_ends_in_time(caption: str, seconds: float) -> None:
    stage, bar = ask(caption, guide="none", seconds=seconds), 4 * 60.0 / 84.0
    asked = Request(caption, seconds, 7, metas=Metas(84.0, Key.parse("A minor"), 4))
    form = guide.tell_form(stage, asked).sections
    assert guide.tell_form(stage, asked) == replace(asked, sections=form)
    assert form[0][0] == 0.0 and [second for second, _ in form] == sorted({second for second, _ in form})
    assert all(second / bar == pytest.approx(round(second / bar)) for second, _ in form)
    assert form[-1][1] == "end"
    if seconds > 30.0:
        assert form[0][1] == "intro" and form[-2][1] == "outro"
        assert 2.0 - 1e-6 <= seconds - form[-1][0] < 2.0 + bar
    assert guide.tell_form(stage, replace(asked, metas=Metas())) == replace(asked, metas=Metas())


def test_a_take_with_lyrics_is_told_when_they_are_sung() -> None:
    lyrics = {"lyrics": "[verse]\nrain on the window\n[chorus]\nhold me"}
    asked = Request("house", 20.0, 7, metas=Metas(126.0, Key.parse("A minor"), 4))
    plain, free = (guide.tell_form(ask("house", guide="none", seconds=20.0, prompt=words), asked) for words in ({}, lyrics))
    assert free.sections == plain.sections and not plain.sung
    assert len({one.pitch for one in free.sung}) > 1
    assert all(0 <= one.begin < one.end <= 20.5 for one in free.sung)
    assert [one.begin for one in free.sung] == sorted(one.begin for one in free.sung)
    kept = [
        guide.sketch(ask("house", guide="band", seconds=20.0, prompt=lyrics, guide_sings=sings), asked) for sings in (True, False)
    ]
    assert (
        kept[0].sung == kept[1].sung != () and kept[0].sections == kept[1].sections
    )  # told to who plays, sung by the band or not
    sounds = [one.start.sound.audio for one in kept if one.start is not None]
    assert len(sounds) == 2 and not np.array_equal(*sounds)


def test_a_sketch_tells_its_own_form() -> None:
    stage = ask("lofi", guide="band", guide_strength=0.2, seconds=40.0)
    asked = Request(stage.prompt.caption, stage.seconds, 7, metas=Metas(84.0, Key.parse("A minor"), 4))
    assert guide.sketch(stage, asked).sections == guide.write_score(stage, 7, asked.metas).form


def test_what_is_stated_stays() -> None:
    stated = Metas(99.0, Key.parse("Gb major"), None, "en")
    drawn = draw("techno", metas=stated)
    assert drawn.names == ("meter",)
    assert (drawn.metas.bpm, str(drawn.metas.key), drawn.metas.language) == (99.0, "Gb major", "en")
    whole = Metas(99.0, Key.parse("Gb major"), 3)
    assert draw("techno", metas=whole) == guide.DrawnMetas(whole)


def test_an_instrument_without_a_metronome_is_left_alone_unless_the_band_plays() -> None:
    assert draw("techno", card=TURBO) == guide.DrawnMetas(Metas())
    assert draw("techno", card=TURBO, how="band").names == ("bpm", "key", "meter")


@pytest.mark.thorough
def test_a_guided_take_says_so_and_states_what_the_band_chose(play: Player) -> None:
    [guided], [free] = play(ask(guide="band", prompt={"key": "F minor"})), play(ask(guide="none", prompt={"key": "F minor"}))
    assert (guided.take.guide, free.take.guide) == ("band", None)
    assert guided.take.metas.key == "F minor"
    assert guided.take.metas.bpm is not None
    assert free.take.metas.bpm is None  # tiny has no metronome
    assert guided.take.hearing is not None
    assert (guided.take.hearing.drawn, guided.take.hearing.style) == (("bpm", "meter"), "SEASON-06")
    assert guided.take.stage["prompt"]["bpm"] is None  # type: ignore[index,call-overload]
    assert guided.take.audio != free.take.audio


@pytest.mark.parametrize(
    ("variant", "fields", "sings"),
    [
        ("nano", {"prompt": {"lyrics": "[verse]\nhello rain"}}, True),
        ("nano", {"prompt": {"lyrics": "[verse]\nhello rain"}, "guide_sings": False}, False),
        ("nano", {"prompt": {"lyrics": "[Instrumental]"}}, False),
        ("nano", {}, False),
        ("base", {"prompt": {"lyrics": "[verse]\nhello rain"}}, False),
        ("base", {"prompt": {"lyrics": "[verse]\nhello rain"}, "guide_sings": True}, True),
    ],
)
def test_the_guide_sings_for_an_instrument_that_sings_no_words(variant: str, fields: dict[str, Any], sings: bool) -> None:
    asked = ask("house", guide="band", seconds=20.0, **fields)
    stage, _ = behaviour_of(asked).choose(asked, VARIANTS[variant].card)
    score = guide.write_score(stage, 7, Metas(126.0, Key.parse("A minor"), 4))
    assert bool(score.sung) == sings
    assert guide.write_score(stage, 7, Metas(126.0, Key.parse("A minor"), 4)) == score
    assert stage.guide_sings is (True if sings else asked.guide_sings)  # what nobody asks for leaves no trace in a take


def test_a_caption_says_who_sings_the_guide() -> None:
    words = {"prompt": {"lyrics": "hello rain"}, "guide_sings": True, "seconds": 20.0}
    for caption, patch in (("house, female vocals", "vocal_woman"), ("house, male singer", "vocal_man")):
        score = guide.write_score(ask(caption, guide="band", **words), 7, Metas(126.0, Key.parse("A minor"), 4))
        assert patch in {part.patch for part in score.parts}


@pytest.mark.thorough
def test_a_stricter_guide_leaves_less_to_the_words(play: Player) -> None:
    def loudness(strength: float, words: str) -> float:
        [made] = play(ask(guide="band", guide_strength=strength, prompt={"lyrics": words}))
        return made.take.meters["loudness_lufs"] or 0.0

    strict, loose = (abs(loudness(strength, "") - loudness(strength, "la la la")) for strength in (0.99, 0.05))
    assert strict < loose


@pytest.mark.thorough
@pytest.mark.parametrize("late", [0.0, 0.4])
def test_drums_are_sketched_to_the_bars_of_their_source(late: float) -> None:
    score = compose("CORE-01", seed=4, bpm=90.0, meter=4, seconds=12.0)
    source = render(score, seconds=12.0).mix[:, samples_of(late) :]
    seconds = 12.0 - late
    request = Request("lofi, boom bap", seconds, 7, Task.LEGO, metas=Metas(90.0, None, 4))
    start = guide.sketch_stem(lego(guide="band", guide_strength=0.5), request, source)
    assert start.t == 0.5
    assert start.sound.audio is not None and start.sound.audio.shape == (2, samples_of(seconds))
    loud = np.abs(start.sound.audio).max(axis=0)
    first, sixteenth = float(np.argmax(loud > 0.05 * loud.max())) / 48_000, 15.0 / 90.0
    apart = (first + late) % sixteenth
    assert min(apart, sixteenth - apart) < 0.03, "the first stroke stands on the source's grid"


def test_a_sketch_for_a_source_needs_a_stem_a_tempo_and_a_style(play: Player, song: Path) -> None:
    with pytest.raises(BadInput, match="does not know the chords"):
        edit("lego", song, stem="bass", guide="band")
    with pytest.raises(BadInput, match="needs a tempo"):
        play(edit("lego", song, guide="band", prompt={"caption": "lofi"}))
    with pytest.raises(NotFound):
        play(edit("lego", song, guide="band", prompt={"caption": NONSENSE, "bpm": 90}))


def test_a_guided_lego_says_so_and_one_at_strength_nothing_is_none(play: Player, song: Path) -> None:
    asked = {"prompt": {"caption": "lofi", "bpm": 120, "meter": 4}}
    [free] = play(edit("lego", song, **asked))
    [guided] = play(edit("lego", song, guide="band", **asked))
    [nothing] = play(edit("lego", song, guide="band", guide_strength=0, **asked))
    assert "guide" not in free.take.stage
    assert (free.take.guide, guided.take.guide, nothing.take.guide) == (None, "band", None)
    assert guided.take.audio != free.take.audio == nothing.take.audio
