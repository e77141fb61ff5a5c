"""Tempo, key and loudness of an edit's source, read from its sound.

An instrument follows metas strongly, so a tempo or key that neither the stage nor a source take states is read by the meters, and
only where they are sure (`benchmarks/foreign.py` counts how often they are right): a wrong fact is worse than none. What was
read is told; in the take's record it is what its metas have and its stage leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..audio.loudness import GATE_LUFS
from ..audio.meters import Meters, measure
from ..audio.samples import Samples
from ..errors import BadInput
from ..progress import Message, note
from ..timebase import samples_of
from .regions import Bar, Region, bar_of, in_seconds
from .sources import EditSource, Expected, Source
from .stages import Lego, Prompt, Repaint, Stage

LOUDNESS: Final = "source_loudness_lufs"
"""The reading of a take that says how loud its source is; one that works on its latents alone takes it over."""
HEARD_SECONDS: Final = 60.0
"""The most of a source that is listened to: around the region of a repaint, else in the middle."""
SURE_TEMPO: Final = 0.4
SURE_KEY: Final = 0.6
"""Confidences from which a tempo and a key are taken."""
SURE_SCALE: Final = 0.8
"""Share of the pitches that a key must explain: speech and detuned music have some key too, and fit it badly."""


@dataclass(frozen=True, slots=True)
class SourceMetas:
    """A prompt with what was read, and what the user should know about it."""

    prompt: Prompt
    lufs: float | None
    """Integrated loudness of the source; None below the gate."""
    notes: tuple[Message, ...] = ()


def read_metas(stage: Stage, sources: tuple[EditSource, ...], prompt: Prompt) -> SourceMetas:
    """`prompt`, the settled stage's with what its sources state, with tempo and key where the first source's sound is sure.

    Of a take of latents alone nothing is read but what its record says.
    """
    if not sources:
        return SourceMetas(prompt, None)
    source = sources[0]
    if source.decoded is None and source.take is not None:
        return SourceMetas(prompt, source.take.meters.get(LOUDNESS))
    meters = measure(_excerpt(stage, source.audio))
    found: dict[str, float | str] = {}
    missing: list[str] = []
    if prompt.bpm is None:
        bpm = _sure_tempo(meters)
        if bpm is not None:
            found["bpm"] = bpm
        else:
            missing.append("tempo")
    if prompt.key is None:
        if is_key_sure(meters):
            found["key"] = str(meters.key.key)
        else:
            missing.append("key")
    notes = []
    if found:
        told = ", ".join(f"{value:g} bpm" if name == "bpm" else str(value) for name, value in found.items())
        notes.append(note(f"read from {source.name}: {told}; say otherwise with {_flags(found)}"))
    if missing:
        notes.append(note(f"no {' and no '.join(missing)} is clear in {source.name}, so none is asked for"))
    lufs = measure(source.audio).loudness_lufs
    return SourceMetas(prompt.model_copy(update=found), lufs if lufs > GATE_LUFS else None, tuple(notes))


def bar_of_source(stage: Repaint | Lego, source: Source) -> Bar | None:
    """A bar of `source` for a stage that counts in bars; None for one that counts in seconds.

    Raises `BadInput` where nobody states the tempo and the source's sound is not sure of it, or is not there yet.
    """
    if stage.unit == "seconds":
        return None
    own, given = stage.prompt, source.prompt or Prompt()
    bpm, meter = own.bpm or given.bpm, own.meter or given.meter
    if bpm is not None:
        return bar_of(bpm, meter, "as asked" if own.bpm else f"of {source.name}")
    read = _sure_tempo(measure(_middle(source.audio))) if isinstance(source, EditSource) else None
    if read is None:
        why = "no tempo is clear in it" if isinstance(source, EditSource) else "its tempo is not known before it is played"
        raise BadInput(f"there are no bars in {source.name}: {why}", remedy="say the tempo (bpm), or count in seconds")
    return bar_of(read, meter, f"read from {source.name}")


def settle_regions(stage: Repaint | Lego, regions: Sequence[Region], sources: Expected) -> tuple[Region, ...]:
    """`regions` in seconds of the stage's source, in their order. Raises as `in_seconds` and `bar_of_source` do."""
    return in_seconds(regions, bar_of_source(stage, sources[0]), sources[0].seconds)


def tell_bars(stage: Stage, sources: Sequence[Source]) -> tuple[Message, ...]:
    """How long a bar is taken to be, for a stage that counts in bars. Raises as `bar_of_source` does."""
    bar = bar_of_source(stage, sources[0]) if isinstance(stage, Repaint | Lego) else None
    return () if bar is None else (note(bar.said),)


def _sure_tempo(meters: Meters) -> float | None:
    tempo = meters.tempo()
    return float(round(tempo.bpm)) if tempo.confidence >= SURE_TEMPO else None


def is_key_sure(meters: Meters) -> bool:
    """Whether the key that `meters` read is plain enough to be taken for the sound's."""
    return meters.key.confidence >= SURE_KEY and meters.in_scale_share(meters.key.key) >= SURE_SCALE


def _flags(found: dict[str, float | str]) -> str:
    return " and ".join(f"--{name}" for name in found)


def _excerpt(stage: Stage, audio: Samples) -> Samples:
    """The part of a source that is listened to. The stage is settled."""
    if not isinstance(stage, Repaint):
        return _middle(audio)
    return _middle(audio, samples_of(max(stage.all_regions[0].start + (stage.all_regions[-1].end or 0.0), 0.0) / 2))


def _middle(audio: Samples, middle: int | None = None) -> Samples:
    """At most `HEARD_SECONDS` of `audio` around the sample `middle`, or its own middle."""
    length = samples_of(HEARD_SECONDS)
    middle = audio.shape[1] // 2 if middle is None else middle
    start = max(0, min(middle - length // 2, audio.shape[1] - length))
    return audio[:, start : start + length]
