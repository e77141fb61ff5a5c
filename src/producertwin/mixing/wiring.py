"""A desk as plain steps, for who plays it effect by effect: effects, numbers and order are those of its Faust."""

from __future__ import annotations

from typing import Final

from ..recipe import Record
from .chains import Step, bus_chain, master_chain, strip_chain, strips_latency
from .desk import Desk

UNHEARD: Final = frozenset({"crackle", "hiss", "wow"})
"""Effects that draw noise, or move by themselves: two players of one desk differ in them by chance."""


class WiredStrip(Record):
    """A strip."""

    name: str
    """Of the strip."""
    steps: tuple[Step, ...]
    """What its sound goes through."""
    key: str | None
    """The strip whose stem it listens to before that strip's effects, for its side-chain."""
    sends: dict[str, float]
    """Level in dB into each bus, behind its fader."""


class WiredBus(Record):
    """A bus that something is sent to."""

    name: str
    """Of the bus."""
    steps: tuple[Step, ...]
    """What its sound goes through."""


class Wiring(Record):
    """A desk: strips into buses, both into the master."""

    strips: tuple[WiredStrip, ...]
    """In the order of the desk."""
    buses: tuple[WiredBus, ...]
    """Those that a strip sends to."""
    master: tuple[Step, ...]
    """What the sum goes through."""
    latency: int
    """Samples by which what comes out is late."""


def wire(desk: Desk, *, finish: bool = True) -> Wiring:
    """`desk` as steps, without `finish` but for gain and limiter of the master."""
    latency = strips_latency(desk)
    strips = tuple(
        WiredStrip(
            name=name,
            steps=tuple(strip_chain(name, strip, latency).steps),
            key=strip.duck.by if strip.duck else None,
            sends=strip.sends,
        )
        for name, strip in desk.strips.items()
    )
    heard = [name for name in desk.buses if any(name in strip.sends for strip in desk.strips.values())]
    chain, late = master_chain(desk.master, finish=finish)
    return Wiring(
        strips=strips,
        buses=tuple(WiredBus(name=name, steps=tuple(bus_chain(desk, name).steps)) for name in heard),
        master=tuple(chain.steps),
        latency=latency + late,
    )
