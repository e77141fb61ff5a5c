"""A REAPER project: text that names the sounds beside it.

The form is REAPER's own, a tree of `<NAME …` and `>` with one fact a line. A text is quoted by whichever of `"`, `'` and
a backtick it does not hold. Notes stand inside as ticks with hexadecimal MIDI bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from ...house_band.midi_writing import DRUMS, TICKS, MidiPart, note_events
from ...timebase import SAMPLE_RATE
from .session import Grid, Session

_TRACK: Final = ("VOLPAN 1 0 -1 -1 1", "NCHAN 2")


def rpp(session: Session, sounds: tuple[PurePosixPath, ...]) -> bytes:
    """The project; `sounds` are the files of the stems in their order and then of the mix, as seen from it."""
    grid = session.grid
    lines = ['<REAPER_PROJECT 0.1 "7.0/producertwin" 0', "  RIPPLE 0", f"  SAMPLERATE {SAMPLE_RATE} 0 0"]
    if grid is not None:
        lines.append(f"  TEMPO {_number(grid.tempo)} {grid.meter} {grid.denominator}")
        lines += _tempo_changes(grid)
    lines += [f"  MARKER {place} {_number(one.seconds)} {quote(one.name)} 0" for place, one in enumerate(session.markers, 1)]
    labels = [*(stem.label for stem in session.stems), "Mix"]
    for label, sound in zip(labels, sounds, strict=True):
        lines += _audio_track(label, sound, session.seconds, muted=label == "Mix" and sound == sounds[-1])
    if grid is not None:
        for part in session.parts:
            lines += _note_track(part, grid)
    return "\n".join([*lines, ">", ""]).encode()


def quote(text: str) -> str:
    """`text` in one line and in quotes that it does not hold."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    line = line.encode("utf-8", "replace").decode()
    for mark in ('"', "'", "`"):
        if mark not in line:
            return f"{mark}{line}{mark}"
    return "`" + line.replace("`", "'") + "`"


def _tempo_changes(grid: Grid) -> Iterator[str]:
    """The tempo's envelope, whose points hold until the next one; nothing where one tempo holds."""
    if grid.tempi:
        yield "  <TEMPOENVEX"
        yield from ("    ACT 1 -1", "    VIS 1 0 1", "    DEFSHAPE 1 -1 -1")
        for beat, bpm in grid.map.spans:
            yield f"    PT {_number(grid.map.seconds(beat))} {_number(bpm * grid.quarters_per_beat)} 1"
        yield "  >"


def _audio_track(label: str, sound: PurePosixPath, seconds: float, *, muted: bool) -> Iterator[str]:
    yield from _begin_track(label, muted=muted)
    yield from _begin_item(label, seconds)
    yield "      <SOURCE WAVE"
    yield f"        FILE {quote(str(sound))}"
    yield from ("      >", "    >", "  >")


def _note_track(part: MidiPart, grid: Grid) -> Iterator[str]:
    events = note_events(part.notes, grid.quarters_per_beat)
    end = events[-1].at if events else 0
    yield from _begin_track(part.name, muted=True)
    yield from _begin_item(part.name, grid.map.seconds(end / TICKS / grid.quarters_per_beat))
    yield "      <SOURCE MIDI"
    yield f"        HASDATA 1 {TICKS} QN"
    channel, now = (DRUMS if part.program is None else 0), 0
    if part.program is not None:
        yield f"        E 0 {0xC0 | channel:02x} {part.program:02x} 00"
    for one in events:
        yield f"        E {one.at - now} {(0x90 if one.velocity else 0x80) | channel:02x} {one.pitch:02x} {one.velocity:02x}"
        now = one.at
    yield f"        E 0 {0xB0 | channel:02x} 7b 00"
    yield from ("      >", "    >", "  >")


def _begin_track(label: str, *, muted: bool) -> Iterator[str]:
    yield "  <TRACK"
    yield f"    NAME {quote(label)}"
    yield from (f"    {line}" for line in _TRACK)
    yield f"    MUTESOLO {int(muted)} 0 0"


def _begin_item(label: str, seconds: float) -> Iterator[str]:
    """An item from bar 1 that keeps its place in time, without the fades that REAPER adds by itself."""
    yield "    <ITEM"
    yield "      POSITION 0"
    yield f"      LENGTH {_number(seconds)}"
    yield from ("      LOOP 0", "      FADEIN 1 0 0 1 0 0 0", "      FADEOUT 1 0 0 1 0 0 0")
    yield f"      NAME {quote(label)}"


def _number(value: float) -> str:
    return f"{value:.12g}"
