"""What an instrument understands of its words: nano few, ACE-Step's variants all; and who can sing."""

from __future__ import annotations

import pytest

from producertwin.house_band.captions import vocabulary
from producertwin.model.hearing import asks_to_sing, can_sing, hear, learn_triggers
from producertwin.model.instrument import Card
from producertwin.model.variants.catalogue import NANO, VARIANTS, card_of

LARGE = [variant.card for variant in VARIANTS.values() if variant.kind == "download"]


@pytest.fixture(scope="module")
def nano() -> Card:
    return card_of(NANO)


def unknown(caption: str, card: Card) -> list[str]:
    return [word.said for word in hear(caption, card) if word.heard is None]


def test_the_shipped_card_lists_the_words_of_the_band(nano: Card) -> None:
    assert len(nano.words & vocabulary()) > 600, "what the band learned to say since, the weights have not heard"
    assert nano.syllables and not nano.sings


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("lofi hip hop, rhodes, upright bass, brushed drums", []),
        ("neon freeway", ["freeway"]),
        ("didgeridoo and kazoo", ["didgeridoo", "kazoo"]),
        ("a slow Waltz, with the zither", ["Waltz", "zither"]),
        ("Klavier, traurig", ["Klavier", "traurig"]),
        ("ローファイ、雨の夜", ["ローファイ", "雨の夜"]),
        ("xqzzt-lofi", ["xqzzt-lofi"]),
        ("", []),
        ("🎹, 12, of the", []),
    ],
)
def test_words_that_nano_does_not_know_are_named(caption: str, words: list[str], nano: Card) -> None:
    assert unknown(caption, nano) == words


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("bleak", "dark"),
        ("SPACEY", "ethereal"),
        ("old-school hip-hop", "boom bap"),
        ("Rhodes", "rhodes"),
        ("melodies", "melody"),
        ("flutes", "flute"),
        ("jazz-funk", "funk"),
        ("guitar-lofi", "guitar lofi"),
    ],
)
def test_each_word_becomes_one_that_nano_knows(said: str, heard: str, nano: Card) -> None:
    assert [(word.said, word.heard) for word in hear(said, nano)] == [(said, heard)]


def test_an_adapters_trigger_is_a_word_that_is_known(nano: Card) -> None:
    taught = learn_triggers(nano, ["Mara Vale", ""])
    assert unknown("maravale, mara, Vale, lofi", taught) == ["maravale"]
    assert learn_triggers(nano, [""]) == nano
    assert not learn_triggers(LARGE[0], ["mara"]).words


@pytest.mark.parametrize("card", LARGE, ids=lambda card: card.name)
def test_other_variants_know_words_at_large_and_sing(card: Card) -> None:
    caption = "Bleak freeway, xqzzt, didgeridoo, female vocals"
    assert [word.heard for word in hear(caption, card)] == ["Bleak", "freeway", "xqzzt", "didgeridoo", "female", "vocals"]
    assert asks_to_sing(caption, "la la la", card) == ()


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("pop, female vocals", "female vocals"),
        ("a soulful singer over piano", "soulful singer"),
        ("Male Voice, guitar", "Male Voice"),
        ("trap, aggressive rapper", "aggressive rapper"),
        ("ballad with lead vocal", "lead vocal"),
        ("she sings of rain", "sings"),
        ("a cappella", "a cappella"),
    ],
)
def test_singing_that_is_asked_of_nano_is_said(caption: str, said: str, nano: Card) -> None:
    assert asks_to_sing(caption, "", nano) == (said,)


@pytest.mark.parametrize(
    "caption",
    [
        "lofi, no vocals",
        "without any singing",
        "instrumental",
        "house, chopped vocals",
        "ambient, wordless vocals, soft vocals",
        "vocal chops, trap",
        "choir pads, talking voice",
        "single-coil guitar, vocal-free",
    ],
)
def test_wordless_voices_and_their_absence_are_not_singing(caption: str, nano: Card) -> None:
    assert asks_to_sing(caption, "", nano) == ()


@pytest.mark.parametrize(
    ("lyrics", "asked"), [("[verse]\nhello", True), ("", False), ("[Instrumental]", False), ("instrumental", False)]
)
def test_lyrics_ask_to_sing(lyrics: str, asked: bool, nano: Card) -> None:
    mute = nano.model_copy(update={"syllables": False})
    assert asks_to_sing("lofi", lyrics, mute) == (("lyrics",) if asked else ())
    assert can_sing(nano, lyrics) == asked and not can_sing(mute, lyrics)


def test_one_that_sings_syllables_sings_where_it_is_given_any(nano: Card) -> None:
    assert asks_to_sing("pop, female vocals", "[verse]\nhello", nano) == ()
    assert asks_to_sing("pop, female vocals", "[Instrumental]", nano) == ("female vocals",)
