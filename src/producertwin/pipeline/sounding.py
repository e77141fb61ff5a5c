"""The sound of a take that was kept as latents alone: decoded later, it is the same bytes as decoded at once."""

from __future__ import annotations

from safetensors.numpy import load_file

from ..audio import files
from ..errors import BadInput
from ..library import Library, Take
from ..model.sampling import engine
from ..model.sampling.networks import AnyInstrument
from ..model.tasks import Task
from ..timebase import samples_of
from .behaviours import BEHAVIOURS
from .ending import FADE, LEAST
from .finish import finish_sound
from .source_metas import LOUDNESS


def decode_take(take: Take, library: Library, instrument: AnyInstrument) -> bytes:
    """The FLAC of `take`, which is latents alone, by the very weights that made them.

    Raises `BadInput` where `instrument` has others.
    """
    if (take.variant, take.revision) != (instrument.variant, instrument.revision):
        message = f"take {take.id} is latents of {take.variant} {take.revision}, which only those weights decode"
        remedy = f"{instrument.variant} is {instrument.revision} now: fetch the former weights, or make the take again"
        raise BadInput(message, remedy=remedy)
    latents = load_file(library.takes.content(take, "latents"))["latents"]
    audio, _ = engine.decode_take(instrument, latents, samples_of(take.seconds), Task(take.task), take.seed)
    lufs = take.meters.get(LOUDNESS) if BEHAVIOURS[str(take.stage["kind"])].as_loud else None
    return files.encode(finish_sound(audio, lufs, take.meters.get(FADE) or 0.0, take.meters.get(LEAST)), "flac")
