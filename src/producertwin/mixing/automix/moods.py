"""What the moods of a prompt do to strips, buses and master, each with its sentence."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..desk import MOST_BUSES, Strip
from ..effects import Colour, Compressor, Delay, Reverb, Saturation, Shelf, Transient
from .draft import Draft
from .readings import StemReading
from .words import Asked, Mood

_LOW_HZ: Final = 100.0
_HIGH_HZ: Final = 6_000.0
_MOST_SHELF: Final = 9.0
_ROOM: Final = "hall"
_ECHO: Final = "echoes"
_DRY_ROLES: Final = frozenset({"bass", "drums"})
"""Stems that a mood of the whole mix gives no reverb and no echo."""
NEW_SEND: Final = -24.0
"""dB of a send to which a mood adds its own."""
_LOUDEST: Final = -8.0
_QUIETEST: Final = -24.0


def apply_moods(draft: Draft, asked: tuple[Asked, ...]) -> tuple[str, ...]:
    """Do what is asked, and return the words that found no stem of their instrument."""
    lost = []
    for one in asked:
        if one.role is None:
            _set_mix(draft, one.word, one.mood)
            continue
        stems = tuple(draft.of_role(one.role))
        for stem in stems:
            _set_strip(draft, stem, one.word, one.mood)
        if not stems:
            lost.append(f"{one.word} {one.role.replace('_', ' ')}")
    return tuple(lost)


def _set_strip(draft: Draft, stem: StemReading, word: str, mood: Mood) -> None:
    """One strip."""
    strip = draft.strips[stem.name]
    done, values = _shape(strip, mood)
    if mood.level:
        values["gain"] = round(float(np.clip(strip.gain + mood.level, -60, 24)), 1)
        draft.wanted[stem.name] = draft.wanted.get(stem.name, stem.lufs) + mood.level
        done.insert(0, f"{mood.level:+g} dB")
    if mood.attack:
        values["transient"] = _shape_transient(strip, attack=mood.attack)
        done.append(f"beginnings {mood.attack:+g} dB")
    if mood.drive:
        values["saturation"] = Saturation(drive=mood.drive, mix=0.6)
        done.append(f"saturation driven by {mood.drive:g} dB")
    if mood.squeeze:
        values["compressor"] = _compress(stem, mood)
        done.append(f"compressor {mood.squeeze:g}:1")
    if mood.width != 1:
        values["width"] = round(float(np.clip(strip.width * mood.width, 0, 2)), 2)
        done.append(f"width {values['width']:g}")
    sends, told = _sends(draft, strip, mood)
    if mood.wet < 0:
        changed = strip.model_copy(update={"transient": values.get("transient", strip.transient)})
        values["transient"] = _shape_transient(changed, sustain=mood.wet)
        told.append(f"tails {mood.wet:g} dB")
    if told:
        values["sends"] = sends
    if mood.age:
        told.append("tape and record colour the whole mix")
        _set_colour(draft, mood)
    draft.change(stem.name, **values)
    draft.tell(stem.name, f"{', '.join([*done, *told])}, because the prompt says {word}")


def _set_mix(draft: Draft, word: str, mood: Mood) -> None:
    """The whole mix: shelves, saturation, glue, colour and width of the master; sends and beginnings of strips."""
    done, values = _shape(draft.master, mood)
    if mood.level:
        target = -14.0 if draft.master.loudness is None else draft.master.loudness
        values["loudness"] = float(np.clip(target + mood.level, _QUIETEST, _LOUDEST))
        done.insert(0, f"{values['loudness']:g} LUFS")
    if mood.drive:
        values["saturation"] = Saturation(drive=mood.drive / 2, mix=0.5)
        done.append(f"saturation driven by {mood.drive / 2:g} dB")
    if mood.squeeze:
        values["glue"] = Compressor(threshold=-16, ratio=1 + mood.squeeze / 3, attack=25, release=150)
        done.append(f"glue {1 + mood.squeeze / 3:.1f}:1")
    if mood.width != 1:
        values["width"] = round(float(np.clip(draft.master.width * mood.width, 0, 1.5)), 2)
        done.append(f"width {values['width']:g}")
    draft.change_master(**values)
    if mood.age:
        _set_colour(draft, mood)
        done.append("wow, hiss and crackle")
    if done:
        draft.tell("master", f"{', '.join(done)}, because the prompt says {word}")
    for stem in draft.audible:
        _set_one_of_all(draft, stem, word, mood)


def _set_one_of_all(draft: Draft, stem: StemReading, word: str, mood: Mood) -> None:
    """What a mood of the whole mix does to one strip."""
    strip = draft.strips[stem.name]
    if mood.attack and stem.role in ("drums", "percussion"):
        draft.change(stem.name, transient=_shape_transient(strip, attack=mood.attack))
        draft.tell(stem.name, f"beginnings {mood.attack:+g} dB, because the prompt says {word}")
    if stem.role in _DRY_ROLES:
        return
    sends, told = _sends(draft, strip, mood)
    if told:
        draft.change(stem.name, sends=sends)
        draft.tell(stem.name, f"{', '.join(told)}, because the prompt says {word}")
    if mood.wet < 0:
        draft.change(stem.name, transient=_shape_transient(draft.strips[stem.name], sustain=mood.wet))
        draft.tell(stem.name, f"tails {mood.wet:g} dB, because the prompt says {word}")


def _shape(part: object, mood: Mood) -> tuple[list[str], dict[str, object]]:
    """Shelves, added to those that a strip or master has."""
    done: list[str] = []
    values: dict[str, object] = {}
    for place, name, change, hz in (
        ("low_shelf", "below", mood.low, _LOW_HZ),
        ("high_shelf", "above", mood.high, _HIGH_HZ),
    ):
        if change:
            there: Shelf | None = getattr(part, place)
            hz = there.hz if there else hz
            gain = (there.gain if there else 0.0) + change
            values[place] = Shelf(hz=hz, gain=round(float(np.clip(gain, -_MOST_SHELF, _MOST_SHELF)), 1))
            done.append(f"{change:+g} dB {name} {hz:g} Hz")
    return done, values


def _sends(draft: Draft, strip: Strip, mood: Mood) -> tuple[dict[str, float], list[str]]:
    """The sends of a strip with those that a mood asks for, to a bus that the desk has or to a new one; a mood that is dry takes
    those to reverbs away, and one without echo those to echoes.
    """
    sends, told = dict(strip.sends), []
    for usual, amount, made in ((_ROOM, mood.wet, Reverb(seconds=2.2, predelay=25)), (_ECHO, mood.echo, _echo())):
        there = [name for name, bus in draft.buses.items() if type(bus) is type(made)]
        if amount < 0:
            told += [f"not sent to {name}" for name in there if sends.pop(name, None) is not None]
        elif amount > 0:
            bus = usual if usual in there or not there else there[0]
            if bus not in draft.buses and (len(draft.buses) == MOST_BUSES or bus in draft.strips):
                told.append(f"no {made.kind}, for which the desk has no room")
                continue
            draft.buses.setdefault(bus, made)
            sends[bus] = min(sends.get(bus, NEW_SEND) + amount, 0.0)
            told.append(f"sent to {bus} at {sends[bus]:g} dB")
    return sends, told


def _shape_transient(strip: Strip, **values: float) -> Transient:
    """The transient of `strip` with `values`; what else it does stays."""
    return (strip.transient or Transient()).model_copy(update=values)


def _echo() -> Delay:
    return Delay(seconds=0.375, beats=0.75, feedback=0.35, ping_pong=True)


def _compress(stem: StemReading, mood: Mood) -> Compressor:
    """A compressor that works on the louder half of a stem: its peaks stand some 12 dB above its loudness."""
    return Compressor(threshold=round(float(np.clip(stem.lufs + 6, -60, -1)), 1), ratio=mood.squeeze, attack=10, release=120)


def _set_colour(draft: Draft, mood: Mood) -> None:
    colour = Colour(wow=round(0.06 * mood.age, 3), wow_hz=0.6, hiss=-72, crackle=-44, crackles=5)
    draft.change_master(colour=colour)
