"""The transformer's condition: prompt, lyric and timbre as one sequence of states per take.

Each take is encoded alone and unpadded, so its states never depend on its neighbours (diffusers pads a mixed batch and drops
the masks). Audio is `(2, samples)` at 48 kHz; latents `(1, frames, width)`; states `(tokens, hidden)`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...timebase import SAMPLE_RATE
from ..adapters.attach import acting_on
from ..instrument import TIMBRE_FRAMES, Instrument
from .codec import encode_once
from .encodings import digest_of
from .prompts import PromptTokens
from .request import Samples
from .timbre import pack

REFERENCE_SECONDS = 30


def reference_excerpt(audio: Samples) -> Samples:
    """Thirty seconds of `audio`: its first, middle and last ten, after repeating it when shorter. Always the same cut."""
    whole, third = REFERENCE_SECONDS * SAMPLE_RATE, REFERENCE_SECONDS * SAMPLE_RATE // 3
    if audio.shape[1] < whole:
        audio = np.tile(audio, (1, -(-whole // audio.shape[1])))
    middle = audio.shape[1] // 3
    return np.concatenate([audio[:, :third], audio[:, middle : middle + third], audio[:, -third:]], axis=1)


def timbre(instrument: Instrument, references: Sequence[Samples] = ()) -> Tensor:
    """Latents of the references `(references, frames, width)`; of silence where there are none."""
    if not references:
        return instrument.silence(TIMBRE_FRAMES)
    return torch.cat([encode_once(instrument, reference_excerpt(reference)) for reference in references])


def words(instrument: Instrument, prompt: PromptTokens) -> tuple[Tensor, Tensor]:
    """What the condition encoder reads of a prompt: text states and lyric embeddings, each `(1, tokens, hidden)`."""
    text = torch.tensor([prompt.text], device=instrument.device)
    lyrics = torch.tensor([prompt.lyrics], device=instrument.device)
    kind = instrument.condition_encoder.null_condition_emb.dtype
    hidden = instrument.text_encoder(input_ids=text, use_cache=False).last_hidden_state
    return hidden.to(kind), instrument.text_encoder.get_input_embeddings()(lyrics).to(kind)


def states(instrument: Instrument, prompt: PromptTokens, timbre: Tensor) -> Tensor:
    """The sequence the transformer attends to, `(tokens, hidden)`: lyric, timbre (one token a reference), prompt."""
    if instrument.encodings is None:
        return _encode_states(instrument, prompt, timbre)
    heard = digest_of(timbre.float().cpu().numpy())
    key = ("states", instrument.revision, acting_on(instrument.condition_encoder), prompt.text, prompt.lyrics, heard)
    return instrument.encodings.recall(key, lambda: _encode_states(instrument, prompt, timbre))


def _encode_states(instrument: Instrument, prompt: PromptTokens, timbre: Tensor) -> Tensor:
    encoder = instrument.condition_encoder
    text, lyrics = words(instrument, prompt)
    return pack(encoder, text, lyrics, timbre.to(text), token=instrument.has_timbre_token)
