"""A MusicXML score as a song: its notes by part, chord symbols, tempo, meter, key, form and words, with its repeats written out.

Sections are named by rehearsal marks (`A`, `Verse`, `Chorus 2`); without any, by its repeats and double bars. Chord symbols stand
on beats; where none stand, chords are read from the notes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element

from ..errors import BadInput
from .chord_chart import MOST_BARS, Bar, TimedSymbol, read_chart
from .chord_symbols import Symbol, note_names, read_symbol
from .midi_song import FoundSong, count_beats, song_of_midi
from .musicxml_playing import Played, Word, play_score
from .musicxml_reading import read_score
from .note_chords import write_bars
from .outline import KINDS_BY_NAME, kind_of

_GAP: Final = 3.0
"""Quarter notes between syllables from which on a new line begins."""
_NAME: Final = re.compile(r"([a-z][a-z' -]*?)\s*([0-9]{0,2})")
_Named = list[tuple[int, str]]
"""First bars and names of sections."""


def song_of_musicxml(root: Element, asked: str = "", *, meter: int | None = None, transpose: int = 0) -> FoundSong:
    """The song in the score under `root`. Arguments and errors are those of `midi_song.song_of_midi`."""
    score = read_score(root)
    played = play_score(score)
    beats, quarter = count_beats(played.file, meter, [])
    bars = max(1, math.ceil(played.length * quarter / beats - 1e-3))
    if bars > MOST_BARS:
        raise BadInput(f"the score has {bars} bars", remedy=f"give one of {MOST_BARS} bars at most")
    found = song_of_midi(played.file, asked, meter=meter, transpose=transpose, whole=bars)
    told = list(found.told)
    chart = _write_chart(played, found, (bars, beats, quarter), transpose, told)
    named = _name_sections(played, (bars, beats, quarter))
    sung = _share_words(played.words, named, beats / quarter)
    named = _number_sections(named, sung)
    ends = [bar for bar, _ in named[1:]] + [bars]
    form = ", ".join(f"{name} {end - bar}" for (bar, name), end in zip(named, ends, strict=True))
    lyrics = {name: words for (_, name), words in zip(named, sung, strict=True) if words}
    return replace(
        found, title=score.title, chords=chart or found.chords, form=form, lyrics=tuple(lyrics.items()), told=tuple(told)
    )


def _write_chart(played: Played, found: FoundSong, size: tuple[int, int, float], transpose: int, told: list[str]) -> str:
    """The chord symbols as a chart; empty where there are none. Bars before the first one have the chords of their notes."""
    bars, beats, quarter = size
    names = note_names(found.key)
    own = read_chart(found.chords, beats, found.key) if found.chords else ()
    line: list[Symbol | None] = [
        next((one.symbol for one in reversed(own[at // beats]) if one.start <= at % beats), None) if own else None
        for at in range(bars * beats)
    ]
    written = False
    for place, text in played.chords:
        try:
            symbol = read_symbol(text)
        except BadInput:
            told.append(f"the chord {text[:20]!r} is not understood, and left out")
            continue
        at = min(round(place * quarter), len(line) - 1)
        line[at:] = [_transpose(symbol, transpose, names)] * (len(line) - at)
        written = True
    if not written:
        return ""
    chart = [_bar_of(line[bar * beats : (bar + 1) * beats]) for bar in range(bars)]
    return write_bars(chart)


def _bar_of(line: Sequence[Symbol | None]) -> Bar:
    found, at = [], 0
    for symbol, group in groupby(line):
        count = len(list(group))
        found.append(TimedSymbol(float(at), float(count), symbol))
        at += count
    return tuple(found)


def _transpose(symbol: Symbol | None, semitones: int, names: Sequence[str]) -> Symbol | None:
    if symbol is None or not semitones % 12:
        return symbol
    root, bass = (symbol.root + semitones) % 12, None if symbol.bass is None else (symbol.bass + semitones) % 12
    return Symbol(root, symbol.quality, bass, names[root] + symbol.quality + ("" if bass is None else f"/{names[bass]}"))


def _name_sections(played: Played, size: tuple[int, int, float]) -> _Named:
    """First bars and names of sections, from rehearsal marks, else from repeats and double bars; one section without any."""
    bars, beats, quarter = size
    found: _Named = []
    for place, text, is_mark in played.marks:
        bar, name = round(place * quarter / beats), _read_name(text, is_mark=is_mark)
        if name and bar < bars and not (found and found[-1][0] == bar):
            found.append((bar, name))
    if len(found) < 2:
        found = list(_name_blocks(played, size))
    if found and found[0][0] > 0:
        found.insert(0, (0, "intro"))
    return found if len(found) > 1 else [(0, "verse")]


def _read_name(text: str, *, is_mark: bool) -> str:
    """The name of a section that a mark says; empty where it says none. Other words must be a section's name and no more."""
    read = _NAME.fullmatch(" ".join(text.lower().replace(":", " ").replace(".", " ").split()))
    if read is None:
        return ""
    name = read[1].strip()
    if not is_mark:
        return f"{name} {read[2]}".strip() if name in KINDS_BY_NAME and len(name) > 2 else ""
    name = f"section {name}" if len(name) == 1 and name not in KINDS_BY_NAME else name
    try:
        kind_of(name)
    except BadInput:
        return ""
    return f"{name} {read[2]}".strip()[:40]


def _name_blocks(played: Played, size: tuple[int, int, float]) -> Iterator[tuple[int, str]]:
    """What repeats and double bars begin, under letters: what begins with the same measure has the same one."""
    _, beats, quarter = size
    letters: dict[int, str] = {}
    last = -2
    for place, measure in played.blocks:
        bar = round(place * quarter / beats)
        if bar < last + 2:
            continue
        letter = chr(ord("a") + len(letters)) if len(letters) < 26 else "z"
        name = letters.setdefault(measure, letter if letter in KINDS_BY_NAME else f"section {letter}")
        last = bar
        yield bar, name


def _share_words(words: Sequence[Word], named: _Named, bar: float) -> list[str]:
    """The words of each section; `bar` is the length of one in quarter notes."""
    ends = [first * bar for first, _ in named[1:]] + [math.inf]
    return [
        _write_words([word for word in words if first * bar - 0.5 <= word.place < end - 0.5])
        for (first, _), end in zip(named, ends, strict=True)
    ]


def _write_words(words: Sequence[Word]) -> str:
    text = ""
    for number, word in enumerate(words):
        after = words[number + 1].place if number + 1 < len(words) else word.place
        text += word.text + ("\n" if word.ends_line or after - word.place >= _GAP else " " if word.ends_word else "")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _number_sections(named: _Named, sung: Sequence[str]) -> _Named:
    """Sections of one name that are sung to different words get numbers."""
    different: dict[str, list[str]] = {}
    for (_, name), words in zip(named, sung, strict=True):
        if words and words not in different.setdefault(name, []):
            different[name].append(words)
    found: _Named = []
    for (bar, name), words in zip(named, sung, strict=True):
        numbered = len(different.get(name, ())) > 1 and words and not name[-1].isdigit()
        found.append((bar, f"{name} {different[name].index(words) + 1}" if numbered else name))
    return found
