"""What the files beside graphs say, as frozen records: `instrument.json`, and what a player reads of `export.json`."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict

from ...recipe import Record

SCHEMA: Final = "twin.graphs/1"


class CodecFacts(Record):
    """How the codec is to be called."""

    kind: str
    """Its class."""
    keeps_phase: bool
    """Whether it gives back waveforms, or only spectra."""
    places_frames: bool
    """Whether it is told which frame of the take is the first."""
    context: int
    """Frames that a tile needs on each side."""
    carries: int = 0
    """Numbers that the decoder carries from tile to tile, cycles of its oscillators; 0 where tiles stand alone."""
    frame_bytes: int
    """Memory for each frame."""


class GraphFacts(Record):
    """Sizes, rates and kinds of an instrument."""

    schema_: Literal["twin.graphs/1"]
    """Version of this record."""
    sample_rate: int
    hop: int
    latent_rate: int
    width: int
    """Numbers per latent frame."""
    patch: int
    """Frames per token of the transformer."""
    timbre_frames: int
    """Frames of a reference."""
    frames_per_code: int
    has_codes: bool
    """Whether there are graphs of the audio tokenizer."""
    timbre_token: bool
    """Whether the timbre is read at a token before each reference."""
    codec: CodecFacts
    metronome: dict[str, Any]
    """Its turns per beat, and the channels that carry them: of an instrument that hears a form, not the last."""

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"))


class GraphEntry(Record):
    """One graph."""

    file: str
    """Its name in the folder."""
    precision: str
    """What its weights are stored in."""
    inputs: dict[str, tuple[str, ...]]
    """Axes of each input."""
    outputs: dict[str, tuple[str, ...]]
    """Axes of each output."""

    model_config = ConfigDict(extra="ignore")


class ExportFacts(Record):
    """What an export says of itself, as far as a player needs it."""

    precision: Literal["fp32", "fp16", "int8", "int4"]
    """What was asked for; a graph may be finer."""
    graphs: dict[str, GraphEntry]
    """Graphs by name."""

    model_config = ConfigDict(extra="ignore")
