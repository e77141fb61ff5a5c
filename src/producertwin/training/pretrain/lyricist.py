"""Lyrics for the songs of the corpus that are sung: lines of plain English, put together by chance.

They mean little; what counts is that every sound of the language is among them, in words that people write into songs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np

THINGS: Final = (
    "rain", "river", "window", "morning", "night", "harbour", "light", "shadow", "road", "city", "mountain", "mirror",
    "paper", "engine", "garden", "winter", "summer", "ocean", "fire", "island", "letter", "candle", "thunder", "valley",
    "silver", "feather", "station", "kitchen", "corner", "bridge", "heartbeat", "whisper", "picture", "voice",
    "machine", "jungle", "orange", "coffee", "radio", "highway", "pillow", "button", "zero", "yellow", "village",
    "chair", "church", "mother", "father", "brother", "sister", "lover", "stranger", "dreamer", "dancer", "singer",
    "wave", "stone", "bell", "door", "star", "moon", "sun", "sky", "leaf", "bird", "ship", "train", "clock", "ghost",
    "echo", "cloud", "dust", "snow", "storm", "wall", "field", "tower", "yard", "zone", "joy", "game", "vision",
    "measure", "thing", "truth", "mouth", "breath", "song", "beach", "shoe", "child",
)  # fmt: skip
DEEDS: Final = (
    "hold", "carry", "follow", "leave", "find", "lose", "remember", "forget", "wash", "burn", "break", "open", "close",
    "change", "choose", "chase", "catch", "cover", "push", "pull", "call", "watch", "hear", "feel", "believe", "move",
    "love", "bring", "paint", "wake", "keep", "raise", "shake", "teach", "touch", "thank", "visit", "question", "save",
    "lift",
)  # fmt: skip
LOOKS: Final = (
    "golden", "broken", "empty", "quiet", "lonely", "heavy", "little", "distant", "frozen", "burning", "silver",
    "hollow", "gentle", "easy", "crazy", "velvet", "early", "yellow", "young", "old", "cold", "warm", "deep", "blue",
    "grey", "green", "bright", "dark", "wild", "slow", "sweet", "strange", "hidden", "faded", "endless", "measured",
)  # fmt: skip
PLACES: Final = ("over", "under", "into", "beyond", "inside", "across", "behind", "along", "above", "without")
WHO: Final = ("you", "me", "us", "them", "my baby", "nobody", "everyone")
_CHOICES: Final = {"thing": THINGS, "deed": DEEDS, "look": LOOKS, "place": PLACES, "who": WHO}
_LINES: Final = (
    "{look} {thing}, {look} {thing}", "{deed} me {place} the {thing}", "the {thing} {place} the {thing} is {look}",
    "I {deed} the {thing} for {who}", "we {deed} the {look} {thing}", "no {thing}, no {thing}",
    "oh {thing}, {deed} {who} tonight", "and you {deed} the {thing} {place} the {thing}",
    "when the {thing} and the {thing} {deed} {who}", "{place} the {look} {thing}", "{deed}, {deed}, {deed} {who}",
    "all of the {thing} I {deed}", "there is a {thing} {place} every {thing}", "don't you {deed} the {thing}",
    "yeah, yeah, {look} {thing}",
)  # fmt: skip


def _write_line(rng: np.random.Generator) -> str:
    """One line."""
    line = _LINES[int(rng.integers(len(_LINES)))]

    def choose(found: re.Match[str]) -> str:
        those = _CHOICES[found[1]]
        return those[int(rng.integers(len(those)))]

    return re.sub(r"\{(\w+)\}", choose, line).capitalize()


def write_lyrics(rng: np.random.Generator) -> str:
    """Lyrics for two verses, a chorus that returns, and a bridge, with as many lines each as chance gives them."""
    verses = [_block("Verse", rng, (1, 2, 2, 3)) for _ in range(2)]
    chorus = _block("Chorus", rng, (1, 2, 2))
    blocks = [verses[0], chorus, verses[1], chorus]
    if rng.random() < 0.5:
        blocks += [_block("Bridge", rng, (1, 2)), chorus]
    return "\n\n".join(blocks)


def _block(name: str, rng: np.random.Generator, many: tuple[int, ...]) -> str:
    """A mark and its lines."""
    return "\n".join([f"[{name}]", *(_write_line(rng) for _ in range(many[int(rng.integers(len(many)))]))])


def mark_sections(lines: Iterable[tuple[int, str, str]]) -> str:
    """Lines, each with the number and kind of its section, as lyrics with a mark before each section."""
    found: list[str] = []
    before = -1
    for number, kind, text in lines:
        found += [*([""] if found else []), f"[{kind.capitalize()}]"] if number != before else []
        found.append(text)
        before = number
    return "\n".join(found)
