"""The song that a person writes: its form and its chords, played by the house band as the guide of a take.

What is written decides what it can decide: the key by the chords, the length by the form and the tempo.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from ..errors import BadInput
from ..house_band import harmony
from ..house_band.lines import METER, Line, SongText, bpm_of, meter_of, read_line, read_song
from ..house_band.outline import Outline
from ..house_band.tempo_changes import tell_changes
from ..music import Key
from ..progress import Message, note
from ..recipe import GrowingRecord
from ..timebase import MAX_SECONDS, MIN_SECONDS
from ..wording import write_number
from .fields import Text

STRENGTH = 0.5
"""How closely a take follows a written song where nobody says (docs/song.md)."""
TAIL = 2.0
"""Seconds after the last bar of a form, in which its last notes ring out."""
_CLOSE = 0.5


class Song(GrowingRecord):
    """What is to be played, bar by bar."""

    LATER: ClassVar[frozenset[str]] = frozenset({"lines", "players", "tempi"})
    chords: Text = ""
    """Chords, bars between |: "Am7 F | C G/B", degrees "ii7 V7 | I", or by section "verse: Am | F; hook: C | G"."""
    form: Text = ""
    """Sections and their bars: "intro 2, verse 8, hook 8". The take is as long as they are."""
    lines: tuple[Annotated[Line, BeforeValidator(read_line)], ...] = ()
    """Notes in ABC notation that are played as they are given: "melody: A2 c2 e2 a2 | g8", "hook bass: A,8"; may be repeated."""
    players: Text = ""
    """Which stems play, by section where wanted: "drums, bass, keyboard; verse: keyboard, bass; hook: all"."""

    tempi: Text = ""
    """Tempo changes: of sections, which hold in these, and of bars, from there on: "hook: 96; bar 17: 100; bar 20 beat 3: 88"."""

    @property
    def is_written(self) -> bool:
        """Whether there is anything to keep to."""
        return bool(self.chords or self.form or self.lines or self.players or self.tempi)

    @property
    def bpm(self) -> float | None:
        """The tempo that its notes state."""
        return bpm_of(self.lines)

    def meter(self, asked: int | None) -> int:
        """The meter that is asked for, or the one that its notes state, or the usual one."""
        return asked or meter_of(self.lines) or METER

    def outline(self, meter: int | None, key: Key | None) -> Outline:
        """The song as the band reads it. Raises `BadInput` that names the bar, beat or section that is wrong."""
        return read_song(SongText(self.form, self.chords, self.lines, self.players, self.tempi), meter, key)


def settle_song(song: Song, given: Mapping[str, Any], *, seconds: float | None) -> tuple[dict[str, Any], tuple[Message, ...]]:
    """The metas and the length that follow from a `song` that is written, and what the user should know.

    `given` holds `bpm`, `key` and `meter` as far as they are known; `seconds` is the length that was asked for. The length is
    told only where the tempo is known. Raises `BadInput` for a song that cannot be read, and for one that lasts longer or
    shorter than was asked for.
    """
    found: dict[str, Any] = {}
    key = Key.parse(given["key"]) if given["key"] else None
    outline = song.outline(given["meter"], key)
    told = [*outline.notes]
    if given["meter"] is None:
        found["meter"] = song.meter(None)
    if key is None and outline.key:
        found["key"] = str(outline.key)
        told.append(f"from the notes: {found['key']}")
    elif key is None and outline.symbols:
        found["key"] = str(harmony.key_of([(symbol.root, symbol.quality) for symbol in outline.symbols]))
        told.append(f"from the chords: {found['key']}")
    if outline.sections and given["bpm"] is not None:
        meter = song.meter(given["meter"])
        found["seconds"] = _length(outline, given["bpm"], meter, seconds)
        if (tempo := outline.tempo(given["bpm"])).changes:
            told.append(f"tempo changes: {tell_changes(tempo, meter)}; the band plays them, and takes start from what it plays")
        told.append(f"from the form: {outline.bars} bars, {write_number(found['seconds'])} s")
    return found, tuple(note(text) for text in told)


def _length(outline: Outline, bpm: float, meter: int, asked: float | None) -> float:
    """Seconds of a form with its tail."""
    music = outline.tempo(bpm).seconds(outline.bars * meter)
    if asked is not None and abs(asked - music) >= _CLOSE and abs(asked - music - TAIL) >= _CLOSE:
        message = f"the form lasts {write_number(round(music, 2))} s at {write_number(bpm)} bpm, not {write_number(asked)} s"
        raise BadInput(message, remedy="leave the length out, or write other bars or another tempo")
    if music + TAIL > MAX_SECONDS:
        message = f"the form lasts {write_number(round(music, 1))} s at {write_number(bpm)} bpm"
        raise BadInput(message, remedy=f"write fewer bars or a faster tempo: a take lasts {write_number(MAX_SECONDS)} s at most")
    return max(MIN_SECONDS, round(music + TAIL, 2) if asked is None else asked)
