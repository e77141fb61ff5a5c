"""Values of MusicXML's elements, and the chord symbol that a `harmony` element means.

After MusicXML 4.0 (W3C Music Notation Community Group, 2021).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ..music import LETTERS

_KINDS: Final = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "m7", "diminished-seventh": "dim7", "augmented-seventh": "aug7", "half-diminished": "m7b5",
    "major-minor": "mmaj7", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11", "dominant-13th": "13",
    "major-13th": "maj13", "minor-13th": "m13", "suspended-second": "sus2", "suspended-fourth": "sus4", "power": "5",
}  # fmt: skip
"""Kinds of chords -> qualities of symbols."""


def read_harmony(element: Element, shift: int, told: list[str]) -> Iterator[str]:
    """The symbol of a chord. Numerals without a root, and kinds that no symbol names, are told and left out."""
    kind = text_at(element, "kind")
    if kind == "none":
        yield "N.C."
        return
    root = _note_name(element, "root", shift)
    written = element.find("kind")
    text = "" if written is None else (written.get("text") or "").strip()
    if root is None or (kind not in _KINDS and not text):
        told.append(f"chords of the kind {kind[:40] or 'none'} are left out")
        return
    quality = _KINDS.get(kind, text)
    for degree in element.findall("degree"):
        number, alter = number_at(degree, "degree-value"), number_at(degree, "degree-alter") or 0.0
        sign = {1: "#", -1: "b"}.get(round(alter), "")
        action = text_at(degree, "degree-type")
        plain = "add" if action == "add" and not sign else "no" if action == "subtract" else ""
        quality += f"{plain}{sign if action != 'subtract' else ''}{round(number or 0)}"
    bass = _note_name(element, "bass", shift)
    yield f"{root}{quality}{f'/{bass}' if bass else ''}"


def _note_name(element: Element, what: str, shift: int) -> str | None:
    """`F#` of `root` or `bass` as it sounds; None where there is none."""
    step, alter = text_at(element, f"{what}/{what}-step"), number_at(element, f"{what}/{what}-alter") or 0.0
    if step not in LETTERS:
        return None
    if shift % 12:
        names = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
        return names[round(LETTERS[step] + alter + shift) % 12]
    return step + {1: "#", -1: "b", 2: "##", -2: "bb"}.get(round(alter), "")


def text_at(element: Element, path: str) -> str:
    """The text of what lies at `path`; empty where nothing does."""
    return (element.findtext(path) or "").strip()


def number_at(element: Element, path: str) -> float | None:
    """The number in what lies at `path`; None where there is none."""
    return read_number(element.findtext(path))


def read_number(text: str | None) -> float | None:
    """A number of moderate size; None for anything else."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e7 else None
