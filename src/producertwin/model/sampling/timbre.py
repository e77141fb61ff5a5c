"""The condition encoder's forward, with the timbre token of the XL variants.

ACE-Step's `AceStepTimbreEncoder.forward` (`models/xl_base`, `xl_sft`, `xl_turbo`) puts the learned `special_token` before the
embedded reference and reads the output at its place; in the 2B variants (`models/base`, `sft`, `turbo`) that line is commented
out, and what is read is the output at the first frame of the reference. diffusers' condition encoder knows the second way only,
so for XL its modules are called one by one. Positions count from the token; the window of the sliding layers includes it.

States `(batch, tokens, hidden)`, latents `(batch, frames, width)`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..instrument import Instrument
from .prompts import PromptTokens


def pack(encoder: Any, text: Tensor, lyrics: Tensor, reference: Tensor, *, token: bool) -> Tensor:
    """The condition `(tokens, hidden)` of one take: lyric, timbre, prompt.

    `text` and `lyrics` are `(1, tokens, hidden)`, `reference` is `(references, frames, width)`; all have the encoder's type and
    device. `token` says whether the timbre encoder puts its token before the reference.
    """
    ones = torch.ones(lyrics.shape[:2], dtype=torch.bool, device=lyrics.device)
    if token:
        sung = encoder.lyric_encoder(inputs_embeds=lyrics, attention_mask=ones)
        timbre = encode_timbre(encoder.timbre_encoder, reference)[None]
        return torch.cat([sung, timbre, encoder.text_projector(text)], 1)[0]
    packed, _ = encoder(
        text_hidden_states=text,
        text_attention_mask=torch.ones(text.shape[:2], dtype=torch.bool, device=text.device),
        lyric_hidden_states=lyrics,
        lyric_attention_mask=ones,
        refer_audio_acoustic_hidden_states_packed=reference,
        refer_audio_order_mask=torch.zeros(len(reference), dtype=torch.long, device=reference.device),
    )
    found: Tensor = packed[0]
    return found


def encode_timbre(encoder: Any, reference: Tensor) -> Tensor:
    """The timbre `(batch, hidden)` of references, read at the token before each, as the XL variants do."""
    from diffusers.models.transformers.ace_step_transformer import _ace_step_rotary_freqs

    embedded = encoder.embed_tokens(reference)
    token = encoder.special_token.to(embedded).expand(len(embedded), 1, -1)
    hidden = torch.cat([token, embedded], 1)
    length, kind, device = hidden.shape[1], hidden.dtype, hidden.device
    positions = _ace_step_rotary_freqs(length, encoder.head_dim, encoder.rope_theta, device, kind)
    place = torch.arange(length, device=device)
    far = (place[:, None] - place[None]).abs() > int(encoder.sliding_window)
    window = torch.zeros(1, 1, length, length, dtype=kind, device=device).masked_fill_(far, torch.finfo(kind).min)
    for layer, reach in zip(encoder.layers, encoder._layer_types, strict=True):
        mask = window if reach == "sliding_attention" else None
        hidden = layer(hidden_states=hidden, position_embeddings=positions, attention_mask=mask)
    found: Tensor = encoder.norm(hidden)[:, 0]
    return found


def words(instrument: Instrument, prompt: PromptTokens) -> tuple[Tensor, Tensor]:
    """What the condition encoder reads of a prompt: text states and lyric embeddings, each `(1, tokens, hidden)`."""
    text = torch.tensor([prompt.text], device=instrument.device)
    lyrics = torch.tensor([prompt.lyrics], device=instrument.device)
    kind = instrument.condition_encoder.null_condition_emb.dtype
    hidden = instrument.text_encoder(input_ids=text, use_cache=False).last_hidden_state
    return hidden.to(kind), instrument.text_encoder.get_input_embeddings()(lyrics).to(kind)
