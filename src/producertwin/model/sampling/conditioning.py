"""The transformer's condition: prompt, lyric and timbre as one sequence of states per take.

Each take is encoded alone and unpadded, so its states never depend on its neighbours (diffusers pads a mixed batch and drops
the masks). Audio is `(2, samples)` at 48 kHz; latents `(1, frames, width)`; states `(tokens, hidden)`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...timebase import SAMPLE_RATE
from ..instrument import TIMBRE_FRAMES
from . import codec
from .arrays import Array, join, to_numpy
from .encodings import digest_of
from .networks import AnyInstrument, networks_of
from .prompts import PromptTokens
from .request import Samples

REFERENCE_SECONDS = 30


def reference_excerpt(audio: Samples) -> Samples:
    """Thirty seconds of `audio`: its first, middle and last ten, after repeating it when shorter. Always the same cut."""
    whole, third = REFERENCE_SECONDS * SAMPLE_RATE, REFERENCE_SECONDS * SAMPLE_RATE // 3
    if audio.shape[1] < whole:
        audio = np.tile(audio, (1, -(-whole // audio.shape[1])))
    middle = audio.shape[1] // 3
    return np.concatenate([audio[:, :third], audio[:, middle : middle + third], audio[:, -third:]], axis=1)


def timbre(instrument: AnyInstrument, references: Sequence[Samples] = ()) -> Array:
    """Latents of the references `(references, frames, width)`; of silence where there are none."""
    if not references:
        return instrument.silence(TIMBRE_FRAMES)
    return join([encode_once(instrument, reference_excerpt(reference)) for reference in references])


def states(instrument: AnyInstrument, prompt: PromptTokens, timbre: Array) -> Array:
    """The sequence the transformer attends to, `(tokens, hidden)`: lyric, timbre (one token a reference), prompt."""
    networks = networks_of(instrument)
    if instrument.encodings is None:
        return networks.encode_condition(prompt, timbre)
    read = (prompt.text, prompt.lyrics, digest_of(to_numpy(timbre)))
    key = ("states", instrument.revision, networks.describe_conditioning(), *read)
    return instrument.encodings.recall(key, lambda: networks.encode_condition(prompt, timbre))


def encode_once(instrument: AnyInstrument, audio: Samples) -> Array:
    """`codec.encode`, unless the instrument has kept what it made of the same sound before."""
    if instrument.encodings is None:
        return codec.encode(instrument, audio)
    return instrument.encodings.recall(("sound", instrument.revision, digest_of(audio)), lambda: codec.encode(instrument, audio))
