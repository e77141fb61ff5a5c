"""The effects of a desk: what each can be set to, with bounds and units.

Gains are dB, frequencies Hz, times ms unless a field says otherwise. How each sounds is written once, in Faust (`effects.dsp`).
A number is a slider of the generated Faust with exactly these bounds; what is no number shapes the program.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from ..recipe import Record, within

MOST_BELLS: Final = 6


def number(name: str, low: float, high: float, unit: str = "") -> Any:
    """As `recipe.within`, with the unit in the schema too, where the sliders find it."""
    check, _ = within(name, low, high, unit)
    return check, Field(json_schema_extra={"minimum": low, "maximum": high, "unit": unit})


Hz = Annotated[float, *number("frequency", 20, 20_000, "Hz")]
EqGain = Annotated[float, *number("EQ gain", -18, 18, "dB")]
Share = Annotated[float, *number("mix", 0, 1)]


class Pass(Record):
    """A high-pass or a low-pass, Butterworth."""

    hz: Hz
    """Where it is 3 dB down."""
    slope: Literal[12, 24] = 12
    """dB per octave."""


class Shelf(Record):
    """A shelf: all below (low shelf) or above (high shelf) a frequency up or down."""

    hz: Hz
    """Where half of the gain is reached."""
    gain: EqGain
    """How much."""
    q: Annotated[float, *number("Q", 0.3, 2)] = 0.707
    """Steepness; above 0.71 it overshoots."""


class Bell(Record):
    """A band up or down."""

    hz: Hz
    """Its middle."""
    gain: EqGain
    """How much."""
    q: Annotated[float, *number("Q", 0.1, 18)] = 1.0
    """Its middle over its width."""


class Compressor(Record):
    """Turns down what is above a threshold, both sides alike (Giannoulis, Massberg and Reiss 2012: feed-forward, log domain)."""

    threshold: Annotated[float, *number("threshold", -60, 0, "dB")] = -18.0
    """Peak level from which it works."""
    ratio: Annotated[float, *number("ratio", 1, 20)] = 2.0
    """dB more at its input for one at its output."""
    knee: Annotated[float, *number("knee", 0, 24, "dB")] = 6.0
    """Width of the bend around the threshold."""
    attack: Annotated[float, *number("attack", 0.1, 200, "ms")] = 10.0
    """Time to come down by two thirds."""
    release: Annotated[float, *number("release", 5, 2_000, "ms")] = 120.0
    """Time to come back by two thirds."""
    makeup: Annotated[float, *number("make-up gain", -12, 24, "dB")] = 0.0
    """Gain behind it."""
    mix: Share = 1.0
    """Share of the compressed sound; the rest is as it was."""


class Gate(Record):
    """Turns down what is below a threshold."""

    threshold: Annotated[float, *number("threshold", -80, 0, "dB")] = -50.0
    """Peak level at which it opens."""
    depth: Annotated[float, *number("depth", 0, 80, "dB")] = 40.0
    """How far it closes."""
    attack: Annotated[float, *number("attack", 0.1, 200, "ms")] = 1.0
    """Time to open."""
    hold: Annotated[float, *number("hold", 0, 500, "ms")] = 30.0
    """Time that it stays open after the last sound above the threshold."""
    release: Annotated[float, *number("release", 5, 2_000, "ms")] = 100.0
    """Time to close."""


class Saturation(Record):
    """Rounds peaks off as tape does (tanh, four times oversampled); what is quiet keeps its level."""

    drive: Annotated[float, *number("drive", -12, 36, "dB")] = 6.0
    """How far a full-scale sound goes into the curve."""
    bias: Annotated[float, *number("bias", 0, 0.8)] = 0.0
    """Asymmetry, which adds even harmonics."""
    mix: Share = 1.0
    """Share of the saturated sound."""


class Transient(Record):
    """Turns beginnings and tails of notes up or down."""

    attack: Annotated[float, *number("attack", -12, 12, "dB")] = 0.0
    """Gain where a note begins."""
    sustain: Annotated[float, *number("sustain", -12, 12, "dB")] = 0.0
    """Gain where it rings out."""


class Duck(Record):
    """A side-chain: turns the strip down while another sounds."""

    by: str = Field(min_length=1, max_length=40)
    """The strip that it listens to, before that strip's effects."""
    threshold: Annotated[float, *number("threshold", -60, 0, "dB")] = -24.0
    """Peak level of the other strip from which it works."""
    depth: Annotated[float, *number("depth", 0, 40, "dB")] = 6.0
    """Most that it turns down."""
    low_pass: Hz = 150.0
    """It hears what is below this: 150 for the kick of a whole kit, 20000 for everything."""
    attack: Annotated[float, *number("attack", 0.1, 200, "ms")] = 2.0
    """Time to come down."""
    release: Annotated[float, *number("release", 5, 2_000, "ms")] = 120.0
    """Time to come back."""


class Reverb(Record):
    """A room: eight delays that feed one another (Jot and Chaigne 1991)."""

    kind: Literal["reverb"] = "reverb"
    """What the bus is."""
    seconds: Annotated[float, *number("decay", 0.1, 12, "s")] = 1.6
    """Time to fall by 60 dB."""
    predelay: Annotated[float, *number("predelay", 0, 250, "ms")] = 15.0
    """Time before the first reflection."""
    damping: Annotated[float, *number("damping", 500, 20_000, "Hz")] = 6_000.0
    """Above this it decays faster."""
    low_cut: Hz = 200.0
    """Below this nothing goes in."""
    gain: Annotated[float, *number("gain", -60, 12, "dB")] = 0.0
    """Level of the bus in the mix."""


class Delay(Record):
    """Echoes."""

    kind: Literal["delay"] = "delay"
    """What the bus is."""
    seconds: Annotated[float, *number("delay time", 0.001, 2, "s")] = 0.375
    """Time between echoes, where the desk has no tempo."""
    beats: Annotated[float, *number("delay time", 0.0625, 4, "beats")] | None = None
    """Time between echoes in beats, where the desk has a tempo."""
    feedback: Annotated[float, *number("feedback", 0, 0.9)] = 0.35
    """Level of an echo against the one before."""
    low_cut: Hz = 200.0
    """Every echo loses what is below."""
    high_cut: Hz = 6_000.0
    """Every echo loses what is above."""
    ping_pong: bool = False
    """Echoes go from side to side."""
    gain: Annotated[float, *number("gain", -60, 12, "dB")] = 0.0
    """Level of the bus in the mix."""


class Parallel(Record):
    """A compressor beside the mix, for what the strips send to it."""

    kind: Literal["parallel"] = "parallel"
    """What the bus is."""
    compressor: Compressor = Compressor(threshold=-30.0, ratio=8.0, attack=1.0, release=80.0, makeup=8.0)
    """How it compresses."""
    gain: Annotated[float, *number("gain", -60, 12, "dB")] = 0.0
    """Level of the bus in the mix."""


class Colour(Record):
    """What old machines add: pitch that wavers, hiss, crackle."""

    wow: Annotated[float, *number("wow", 0, 1, "%")] = 0.0
    """Most that the pitch wavers."""
    wow_hz: Annotated[float, *number("wow rate", 0.2, 8, "Hz")] = 0.7
    """How often it wavers in a second: below 4 wow, above flutter."""
    hiss: Annotated[float, *number("hiss", -120, -30, "dB")] = -120.0
    """Level of the tape's noise; -120 is none."""
    crackle: Annotated[float, *number("crackle", -120, -20, "dB")] = -120.0
    """Peak level of the record's clicks; -120 is none."""
    crackles: Annotated[float, *number("crackles", 0.5, 40)] = 6.0
    """Clicks in a second."""


class Limiter(Record):
    """Holds true peaks below a ceiling (four times oversampled, 2.7 ms ahead)."""

    FOUND: ClassVar[frozenset[str]] = frozenset({"margin"})
    """What no desk asks for, since every mix finds it."""
    ceiling: Annotated[float, *number("ceiling", -12, 0, "dB")] = -1.0
    """Highest true peak, dBTP."""
    margin: Annotated[float, *number("margin", 0, 12, "dB")] = 0.0
    """How far below the ceiling it is set, for true peaks that it does not see; a mix finds it anew."""
    release: Annotated[float, *number("release", 5, 1_000, "ms")] = 80.0
    """Time to come back."""
