"""A desk as it is played: blocks of sound go from effect to effect, and each effect is a small program of its own.

The sound is that of the desk's Faust in one program, to rounding. One effect at a time plays faster than all of them in one loop,
because the processor then works at several samples at once; and an effect is compiled once, however many strips have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .chains import Step
from .desk import Desk
from .faust import write_delay, write_effects, write_sum
from .wiring import wire

_NEUTRAL: Final = {"polarity": 0.0, "mute": 0.0, "width": 1.0, "gain": 0.0, "pan": 0.0}
"""The setting with which an effect leaves a sound as it is."""


@dataclass(frozen=True, slots=True)
class Move:
    """A program that plays a block."""

    program: str
    """Its name."""
    values: tuple[float, ...]
    """What its sliders `p0`, `p1` and so on are set to."""
    takes: tuple[int, ...]
    """The channels that go in."""
    gives: int
    """The first of the channels that it writes, one behind the other."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Programs, and the order in which they play every block."""

    programs: dict[str, str]
    """Their Faust, by name."""
    moves: tuple[Move, ...]
    """In order. A program that plays in several places has a state in each."""
    inputs: int
    """As many channels come in: the first ones."""
    channels: int
    """How many there are."""
    gives: tuple[int, ...]
    """The channels that go out."""
    latency: int
    """Samples at 48 kHz by which what goes out is later than what comes in."""

    @property
    def outputs(self) -> int:
        """How many channels go out."""
        return len(self.gives)


def schedule_desk(desk: Desk, *, finish: bool = True, strips: bool = False) -> Schedule:
    """How to play what `write_faust` writes of `desk`. A muted strip is silence and is not played.

    Without `finish` gain and limiter of the master are left out. With `strips` every strip's own sides, behind its fader, go out
    after those of the mix.
    """
    wiring, names = wire(desk, finish=finish), list(desk.strips)
    work = _Work(2 * len(names))
    played = {strip.name: strip for strip in wiring.strips if not desk.strips[strip.name].mute}
    sounds = {}
    for name, strip in played.items():
        sounds[name] = work.play(strip.steps, 2 * names.index(name), key=2 * names.index(strip.key or name))
    heard = list(sounds.values())
    for bus in wiring.buses:
        sends = {sounds[name]: strip.sends[bus.name] for name, strip in played.items() if bus.name in strip.sends}
        if sends:
            heard.append(work.play(bus.steps, work.add(sends)))
    out = [work.play(wiring.master, work.add(dict.fromkeys(heard, 0.0)))]
    if strips:
        silence = work.add({}) if len(played) < len(names) else 0
        out += [sounds.get(name, silence) for name in names]
    return Schedule(work.programs, tuple(work.moves), 2 * len(names), work.channels, _sides(*out), wiring.latency)


class _Work:
    """Moves, as they are made. A sound is called by its left channel; the right one follows."""

    def __init__(self, inputs: int) -> None:
        self.channels = inputs
        self.programs: dict[str, str] = {}
        self.moves: list[Move] = []
        self._effects = write_effects()
        self._between = self._keep(), self._keep()
        """Where a sound is between two effects, in turns, so that no program writes what it reads."""

    def play(self, steps: Sequence[Step], sound: int, *, key: int = 0) -> int:
        """`sound` behind `steps`, of which a side-chain listens to `key`."""
        changing = [step for step in steps if step.values != (_NEUTRAL.get(step.effect),)]
        for place, step in enumerate(changing, 1):
            gives = self._keep() if place == len(changing) else self._between[place % 2]
            takes = _sides(key, sound) if step.effect == "duck" else _sides(sound)
            if step.effect == "late":
                (samples,) = step.values
                sound = self._move(f"late {samples:g}", write_delay(int(samples)), (), takes, gives)
            else:
                sound = self._move(step.effect, self._effects[step.effect][0], step.values, takes, gives)
        return sound

    def add(self, levels: dict[int, float]) -> int:
        """The sum of sounds, each turned up by its level in dB."""
        return self._move(f"sum {len(levels)}", write_sum(len(levels)), tuple(levels.values()), _sides(*levels), self._keep())

    def _move(self, name: str, source: str, values: tuple[float, ...], takes: tuple[int, ...], gives: int) -> int:
        self.programs[name] = source
        self.moves.append(Move(name, values, takes, gives))
        return gives

    def _keep(self) -> int:
        """Two channels more."""
        self.channels += 2
        return self.channels - 2


def _sides(*sounds: int) -> tuple[int, ...]:
    """The channels of sounds."""
    return tuple(side for sound in sounds for side in (sound, sound + 1))
