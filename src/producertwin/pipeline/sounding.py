"""The sound of a take that was kept as latents alone: decoded later, it is the same bytes, and reads the same."""

from __future__ import annotations

from safetensors.numpy import load_file

from ..audio import files
from ..audio.samples import Samples
from ..errors import BadInput
from ..library import Library, Take
from ..model.sampling import engine
from ..model.sampling.networks import AnyInstrument
from ..model.sampling.request import Metas
from ..model.tasks import Task
from ..timebase import samples_of
from . import guide, read_back
from .behaviours import BEHAVIOURS
from .ending import FADE, LEAST
from .finish import finish_sound, readings
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


def read_take(take: Take, audio: Samples) -> Take:
    """`take` with what the meters read of its sound, and with how much of what the band played for it is heard."""
    score = guide.score_of(take)
    found = readings(audio, Metas.of(take.metas.bpm, take.metas.key, take.metas.meter), () if score is None else score.tempi)
    if score is not None:
        found |= {name: value for name, value in read_back.measure(audio, score).items() if value is not None}
    return take.model_copy(update={"meters": take.meters | found})
