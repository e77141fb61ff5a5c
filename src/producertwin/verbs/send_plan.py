"""What `twin send` is asked: which song goes into an open workstation, and where that is."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from ..pipeline.fields import Bpm, KeyName, Meter, Stem
from ..recipe import Record, within

LOOPBACK: Final = "127.0.0.1"
Port = Annotated[int, Field(ge=1, le=65_535)]


class SendPlan(Record):
    """What is put into the open set, and where."""

    subject: str = Field("", max_length=4_096)
    """A take (its id or the start of it) or a sound file."""
    stems: bool = False
    """Put its stems there, each on a track of its own, in place of the whole."""
    stem: tuple[Stem, ...] = ()
    """A stem to put there; may be repeated, and is enough to ask for stems."""
    bar: Annotated[int, *within("bar", 1, 10_000)] = 1
    """Bar of the set, counted from 1, at which it begins."""
    set_tempo: bool = False
    """Let the set take over the tempo of the song."""
    bpm: Bpm | None = None
    """Beats per minute of the song; as the take was asked for, or as the file's name says, when absent."""
    key: KeyName | None = None
    """Tonic and mode of the song; as the take was asked for, or as the file's name says, when absent."""
    meter: Meter | None = None
    """Beats per bar of the song; as the take was asked for when absent."""
    host: str = Field(LOOPBACK, min_length=1, max_length=255)
    """Machine on which the workstation runs; another one must find the files under the same path."""


class LivePlan(SendPlan):
    """What is put into the set that is open in Ableton Live."""

    port: Port = 11_000
    """Port on which AbletonOSC listens."""
    answer_port: Port = 11_001
    """Port of this machine to which AbletonOSC sends its answers."""


class ReaperPlan(SendPlan):
    """What is put into the project that is open in REAPER."""

    port: Port = 8_080
    """Port of REAPER's web interface."""
