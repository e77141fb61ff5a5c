"""Audio codes on the way from latents and to them, through the instrument's own tokenizer and detokenizer.

As ACE-Step 1.5 (`tokenize`, `get_output_from_indices`, `detokenize` of its models): five latent frames are pooled into one
vector, whose six numbers are moved to a grid; the point of the grid, unfolded to five frames again, is what the transformer hears
of a source that it covers. Groups of five do not see each other.

Codes are integers (`code_text`); latents `(1, frames, width)` float32 on the CPU.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...errors import BadInput
from ..instrument import Instrument
from .code_text import Codes


def require_tokenizer(instrument: Instrument) -> tuple[Any, Any]:
    """The instrument's tokenizer and detokenizer. Raises `BadInput` where it has none."""
    tokenizer, detokenizer = instrument.audio_tokenizer, instrument.audio_token_detokenizer
    if tokenizer is None or detokenizer is None:
        remedy = "convert the variant again from its original folder"
        raise BadInput(f"{instrument.variant} has no audio tokenizer, which audio codes need", remedy=remedy)
    return tokenizer, detokenizer


@torch.inference_mode()
def encode_codes(instrument: Instrument, latents: Tensor) -> Codes:
    """The codes of `latents`, the last filled up with silence. Raises `BadInput` where the instrument has no tokenizer."""
    tokenizer, detokenizer = require_tokenizer(instrument)
    place = _place(instrument, detokenizer)
    _, found = tokenizer.tokenize(latents.to(**place), _silence(instrument, detokenizer).to(**place))
    return tuple(int(code) for code in found[0, :, 0].cpu())


@torch.inference_mode()
def decode_codes(instrument: Instrument, codes: Codes) -> Tensor:
    """The latents `(1, 5 · count, width)` that the transformer hears for `codes`, as it hears those of a source that has them."""
    tokenizer, detokenizer = require_tokenizer(instrument)
    place = _place(instrument, detokenizer)
    points = tokenizer.quantizer.get_output_from_indices(torch.tensor(codes, device=instrument.device)[None, :, None])
    spoken: Tensor = detokenizer(points.to(**place))
    return spoken.float().cpu()


@torch.inference_mode()
def hints(instrument: Instrument, source: Tensor) -> Tensor:
    """What remains of `source` after ACE-Step's 5 Hz codes: its melody and rhythm, without its sound."""
    tokenizer, detokenizer = require_tokenizer(instrument)
    place = _place(instrument, detokenizer)
    silence = _silence(instrument, detokenizer).to(**place)
    return through_codes(tokenizer, detokenizer, source.to(**place), silence).float().cpu()


def through_codes(tokenizer: Any, detokenizer: Any, source: Tensor, silence: Tensor) -> Tensor:
    """`source` `(batch, frames, width)` coded at 5 Hz and unfolded again; `silence` `(1, 5, width)` fills the last code."""
    codes, _ = tokenizer.tokenize(source, silence)
    spoken: Tensor = detokenizer(codes.to(source.dtype))
    return spoken[:, : source.shape[1]]


def _place(instrument: Instrument, detokenizer: Any) -> dict[str, Any]:
    return {"device": instrument.device, "dtype": detokenizer.proj_out.weight.dtype}


def _silence(instrument: Instrument, detokenizer: Any) -> Tensor:
    return instrument.silence(detokenizer.pool_window_size)
