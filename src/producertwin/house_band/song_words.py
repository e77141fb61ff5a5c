"""Where the words of a song are sung: lyrics with marks such as `[Verse]`, laid over the sections of a form.

The first block of a kind goes to the first section of that kind, the second to the second; a section for which no block is left
repeats the last one of its kind. Words without a mark are shared among the sections without words that are no intro and no outro,
and so are those whose marks the form has none of, where nothing else is sung. Other marks, such as `[whispered]`, are directions
and are not sung.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .outline import KINDS_BY_NAME, names_of
from .score import Note, Score, Section, SectionKind, SungLine
from .singer import describe
from .syllables import Syllable, read_syllables

_MARK: Final = re.compile(r"\s*\[([^\]]{0,200})\]\s*")
_ASIDE: Final = re.compile(r"[:|–—(]| - |\s[x×]\s?\d", re.IGNORECASE)
"""Where the name of a section ends within its mark."""
_EARLY: Final = 0.25
"""Beats that a note may stand before its section, moved by who plays it."""
_SILENT: Final = frozenset({"instrumental", "inst"})

Voice = Literal["woman", "man"]
SINGERS: Final[dict[Voice, str]] = {"woman": "vocal_woman", "man": "vocal_man"}
"""The patches of those who sing words."""

_ASKED_FOR: Final[tuple[tuple[Voice, re.Pattern[str]], ...]] = (
    ("woman", re.compile(r"\b(?:female|wom[ae]n|girl|soprano|alto|diva)(?:'?s)?\b", re.IGNORECASE)),
    ("man", re.compile(r"\b(?:male|m[ae]n|boy|tenor|baritone|crooner)(?:'?s)?\b", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a person gives to be sung."""

    lyrics: str
    """Lines, with marks of sections."""
    voice: Voice | None = None
    """Who sings; drawn where it is None."""


@dataclass(frozen=True, slots=True)
class WordLine:
    """A line as it is sung."""

    text: str
    syllables: tuple[Syllable, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    kind: SectionKind | None
    lines: tuple[WordLine, ...]


def lay_words(lyrics: str, sections: Sequence[Section]) -> dict[int, tuple[WordLine, ...]]:
    """The lines that each section (by index) sings; sections without words are missing."""
    blocks = [block for block in _read_blocks(lyrics) if block.lines]
    laid: dict[int, tuple[WordLine, ...]] = {}
    seen: dict[SectionKind, int] = {}
    for number, section in enumerate(sections):
        turn = seen[section.kind] = seen.get(section.kind, -1) + 1
        own = [block for block in blocks if block.kind == section.kind]
        if own:
            laid[number] = own[min(turn, len(own) - 1)].lines
    kinds = {section.kind for section in sections}
    homeless = [line for block in blocks if block.kind not in kinds for line in block.lines]
    if not laid or any(block.kind is None for block in blocks):
        laid |= _share(homeless, [(number, one) for number, one in enumerate(sections) if number not in laid])
    return laid


def time_lines(
    words: Sequence[tuple[int, Sequence[WordLine]]], sections: Sequence[Section], meter: int, notes: Iterable[Note]
) -> tuple[SungLine, ...]:
    """When each line of `words` (lines by section) is sung by `notes`; a line for which no note is left is missing."""
    sung = sorted((note for note in notes if note.syllable is not None), key=lambda note: note.start)
    found = []
    for number, lines in words:
        begin = sections[number].first_bar * meter - _EARLY
        own = [note for note in sung if begin <= note.start < begin + sections[number].bars * meter]
        for line in lines:
            taken, own = own[: len(line.syllables)], own[len(line.syllables) :]
            if taken:
                found.append(SungLine(taken[0].start, taken[-1].start + taken[-1].length, number, line.text))
    return tuple(found)


def list_syllables(score: Score) -> list[tuple[float, float, int, float, float, float]]:
    """Every syllable of a song in order: begin and end in seconds, MIDI pitch, and its sound as `singer.describe` has it."""
    seconds = score.tempo.seconds
    sung = [(note, note.syllable) for part in score.parts for note in part.notes if note.syllable is not None]
    return [
        (round(seconds(note.start), 3), round(seconds(note.start + note.length), 3), note.pitch, *describe(syllable))
        for note, syllable in sorted(sung, key=lambda one: one[0].start)
    ]


def voice_of(caption: str) -> Voice | None:
    """Who is to sing as `caption` says; None where it says nothing, or both."""
    found: list[Voice] = [voice for voice, pattern in _ASKED_FOR if pattern.search(caption)]
    return found[0] if len(found) == 1 else None


def _read_blocks(lyrics: str) -> list[_Block]:
    """The blocks of lyrics in order. Words under `[Instrumental]` are none."""
    kind: SectionKind | None = None
    silent = False
    lines: list[WordLine] = []
    blocks: list[_Block] = []
    for text in lyrics.splitlines():
        mark = _MARK.fullmatch(text)
        if mark is None:
            if not silent and (syllables := read_syllables(text)):
                lines.append(WordLine(text.strip(), syllables))
            continue
        name = names_of(_ASIDE.split(mark[1])[0])[1]
        known = KINDS_BY_NAME.get(name)
        if known is None and name not in _SILENT:
            continue
        blocks.append(_Block(kind, tuple(lines)))
        kind, lines, silent = known, [], name in _SILENT
    return [*blocks, _Block(kind, tuple(lines))]


def _share(lines: Sequence[WordLine], sections: Sequence[tuple[int, Section]]) -> dict[int, tuple[WordLine, ...]]:
    """`lines` in order over `sections` by their bars, without intros and outros where there are others."""
    sung = [(number, one) for number, one in sections if one.kind not in ("intro", "outro")] or sections
    total = sum(one.bars for _, one in sung)
    laid, first, bars = {}, 0, 0
    for number, one in sung:
        bars += one.bars
        last = round(len(lines) * bars / total)
        if last > first:
            laid[number] = tuple(lines[first:last])
        first = last
    return laid
