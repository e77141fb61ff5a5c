"""What a text called like its song (`song.txt`) holds: lyrics, a caption, fields of another program, or somebody's notes.

Lyrics have section marks or time marks (LRC). ai-toolkit writes `<CAPTION>…</CAPTION>`, Side-Step `caption: …` a line, kohya and
its kind one line of tags. Anything else is taken for notes, which are listed and never learned from: words that a producer wrote
to themselves would be sung.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from ..house_band.styles import PATCHES, STYLES
from ..music import common_words
from .lyrics import section_of
from .stated_facts import KNOWN

TextKind = Literal["auto", "lyrics", "caption", "note"]
_TAG: Final = re.compile(r"<([A-Za-z_]{2,20})>(.*?)</\1>", re.DOTALL)
_FIELD: Final = re.compile(r"^\s*([A-Za-z_]{2,20})\s*[:=]\s?(.*)$")
_TIMES: Final = re.compile(r"^\s*(?:\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\]\s*)+")
_WORD_TIMES: Final = re.compile(r"<\d{1,3}:\d{2}(?:[.:]\d{1,3})?>")
_LRC_HEAD: Final = re.compile(r"^\s*\[(?:ar|al|ti|au|by|re|ve|length|offset|la|id|#)\s*:[^\]]*\]\s*$", re.IGNORECASE)
_LEAST_KNOWN: Final = 0.6
"""Least share of the tags of a caption that hold a word of music; notes have fewer."""
_LEAST_KNOWN_WORDS: Final = 0.35
"""The same of the words of a caption in sentences."""


@dataclass(frozen=True, slots=True)
class SongText:
    """What a text holds."""

    kind: Literal["lyrics", "caption", "fields", "note"]
    fields: dict[str, str] = field(default_factory=dict)
    """What it states, by the names of `stated_facts`."""
    remark: str = ""
    """What a person should know of how it was read."""


def read_song_text(text: str, kind: TextKind = "auto") -> SongText:
    """What a clean `text` holds; `kind` says what one is that has no marks."""
    tagged = {name.casefold(): body.strip() for name, body in _TAG.findall(text) if name.casefold() in KNOWN}
    if tagged:
        return SongText("fields", tagged)
    fields = _read_fields(text)
    if fields:
        return SongText("fields", fields)
    if any(_TIMES.match(line) for line in text.split("\n")):
        return SongText("lyrics", {"lyrics": strip_times(text)}, "the time marks of an LRC were left out of its lyrics")
    if kind == "lyrics" or (kind == "auto" and any(section_of(line) for line in text.split("\n"))):
        return SongText("lyrics", {"lyrics": text})
    if kind == "caption" or (kind == "auto" and _is_caption(text)):
        return SongText("caption", {"caption": " ".join(text.split())}, "it is taken as a caption, not as lyrics")
    return SongText("note")


def strip_times(text: str) -> str:
    """Lyrics without the time marks and the head of an LRC; other lyrics as they are."""
    lines = [_WORD_TIMES.sub("", _TIMES.sub("", line)) for line in text.split("\n") if not _LRC_HEAD.match(line)]
    return "\n".join(lines)


def _read_fields(text: str) -> dict[str, str]:
    """The fields of `name: value` lines, a last one going on over the lines that follow; empty where the first line is none."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.split("\n"):
        mark = None if name == "lyrics" else _FIELD.match(line)
        if mark and mark[1].casefold() in KNOWN:
            name = mark[1].casefold()
            found[name] = [mark[2]]
        elif name:
            found[name].append(line)
        elif line.strip():
            return {}
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def _is_caption(text: str) -> bool:
    """Whether `text` is one paragraph that speaks of music as captions do: in tags, or in sentences."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) != 1:
        return False
    tags = [tag for tag in lines[0].split(",") if tag.strip()]
    known = sum(bool(_known_words(tag)) for tag in tags) / len(tags)
    words = re.findall(r"[^\W\d_]{4,}", lines[0])
    share = len(_known_words(lines[0])) / max(len(words), 1)
    short = all(len(tag.split()) <= 4 for tag in tags)
    return (len(tags) > 1 and short and known >= _LEAST_KNOWN and share >= _LEAST_KNOWN_WORDS) or share >= 2 * _LEAST_KNOWN_WORDS


def _known_words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]{3,}", common_words(text).casefold()) if word in _vocabulary()]


@cache
def _vocabulary() -> frozenset[str]:
    """The words that styles and instruments are described with."""
    said: list[str] = [patch.word for patch in PATCHES.values()]
    for style in STYLES.values():
        said += [style.name, style.coarse, style.atmosphere or "", style.vocal_type]
        said += [*style.base_tags, *style.moods, *style.instruments, *style.production]
    return frozenset(word for text in said for word in re.findall(r"[^\W\d_]{3,}", text.casefold()))
