"""Audio to latents and back through the variant's VAE, in tiles when memory is short.

A tile carries as many frames of context on each side as the codec can hear, so tiling changes nothing audible (< 1e-3, in
practice rounding). Audio `(2, samples)` float32 at 48 kHz; latents `(1, frames, width)` float32 on the CPU.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ...timebase import HOP, round_up_to_hop
from ..instrument import Instrument
from .encodings import digest_of
from .request import Samples

CONTEXT = 32
"""Frames of context on each side of a tile; Oobleck hears about 9 frames to either side, nano's codec about 20."""
SMALLEST_TILE = 64
SHARE_OF_ALL, SHARE_OF_FREE = 0.1, 0.5
"""Part of the machine's memory, and of what is free of it, that a tile may use. The first decides as long as memory is not short,
so that one machine always cuts the same tiles and a take is the same bytes again."""


def _frame_bytes(instrument: Instrument) -> int:
    """Memory to decode or encode one frame: the widest full-rate layer, five copies of it alive at once."""
    config = instrument.vae.config
    channels = max(getattr(config, "decoder_channels", 16), getattr(config, "encoder_hidden_size", 16))
    return int(channels) * HOP * 4 * 5


def tile_frames(instrument: Instrument) -> int:
    """Frames that fit into the free memory at once, context included."""
    if instrument.device.type == "cuda":
        free, whole = torch.cuda.mem_get_info(instrument.device)
    else:
        import psutil

        memory = psutil.virtual_memory()
        free, whole = memory.available, memory.total
    budget = int(min(whole * SHARE_OF_ALL, free * SHARE_OF_FREE))
    return max(SMALLEST_TILE + 2 * CONTEXT, budget // _frame_bytes(instrument))


def _tiles(frames: int, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Start and end of each tile's core, then of the core with its context."""
    if frames <= most:
        yield 0, frames, 0, frames
        return
    core = most - 2 * CONTEXT
    for first in range(0, frames, core):
        last = min(first + core, frames)
        yield first, last, max(0, first - CONTEXT), min(frames, last + CONTEXT)


@torch.inference_mode()
def encode(instrument: Instrument, audio: Samples, *, tile: int | None = None) -> Tensor:
    """Latents `(1, frames, width)` of `audio`, the most likely ones (no sampling); the end is padded to a whole frame.

    `tile` is the most frames to encode at once; None decides by memory.
    """
    vae = instrument.vae
    length = round_up_to_hop(audio.shape[1])
    padded = np.zeros((2, length), np.float32)
    padded[:, : audio.shape[1]] = audio
    whole = torch.from_numpy(padded)[None]
    pieces = []
    for first, last, start, end in _tiles(length // HOP, tile or tile_frames(instrument)):
        part = whole[..., start * HOP : end * HOP].to(device=instrument.device, dtype=vae.dtype)
        latents = vae.encode(part).latent_dist.mode()
        pieces.append(latents[..., first - start : last - start].float().cpu())
    return torch.cat(pieces, -1).transpose(1, 2).contiguous()


def encode_once(instrument: Instrument, audio: Samples) -> Tensor:
    """`encode`, unless the instrument has kept what it made of the same sound before."""
    if instrument.encodings is None:
        return encode(instrument, audio)
    return instrument.encodings.recall(("sound", instrument.revision, digest_of(audio)), lambda: encode(instrument, audio))


@torch.inference_mode()
def decode(instrument: Instrument, latents: Tensor, *, tile: int | None = None) -> Samples:
    """Audio `(2, frames * 1920)` of `latents`. `tile` is the most frames to decode at once; None decides by memory.

    A codec that `tiles_itself` decides alone: its phases run on from tile to tile.
    """
    vae = instrument.vae
    placed = "first_frame" in inspect.signature(vae.decode).parameters
    z = latents.transpose(1, 2)
    most = z.shape[-1] if getattr(vae, "tiles_itself", False) else tile or tile_frames(instrument)
    pieces = []
    for first, last, start, end in _tiles(z.shape[-1], most):
        part = z[..., start:end].to(device=instrument.device, dtype=vae.dtype)
        sound = vae.decode(part, **({"first_frame": start} if placed else {})).sample
        pieces.append(sound[0, :, (first - start) * HOP : (last - start) * HOP].float().cpu())
    return torch.cat(pieces, -1).numpy()
