"""Audio to latents and back through the variant's VAE, in tiles when memory is short.

A tile carries as many frames of context on each side as the codec can hear, so tiling changes nothing audible (< 1e-3, in
practice rounding). Audio `(2, samples)` float32 at 48 kHz; latents `(1, frames, width)` float32 on the CPU.
"""

from __future__ import annotations

import numpy as np

from ...timebase import HOP, round_up_to_hop
from .arrays import Array, join, turn_axes, whole
from .networks import AnyInstrument, networks_of
from .request import Samples
from .tiles import CONTEXT, cut_tiles

SMALLEST_TILE = 64
SHARE_OF_ALL, SHARE_OF_FREE = 0.1, 0.5
"""Part of the machine's memory, and of what is free of it, that a tile may use. The first decides as long as memory is not short,
so that one machine always cuts the same tiles and a take is the same bytes again."""


def tile_frames(instrument: AnyInstrument) -> int:
    """Frames that fit into the free memory at once, context included."""
    networks = networks_of(instrument)
    free, whole = networks.memory()
    budget = int(min(whole * SHARE_OF_ALL, free * SHARE_OF_FREE))
    return max(SMALLEST_TILE + 2 * CONTEXT, budget // networks.frame_bytes())


def encode(instrument: AnyInstrument, audio: Samples, *, tile: int | None = None) -> Array:
    """Latents `(1, frames, width)` of `audio`, the most likely ones (no sampling); the end is padded to a whole frame.

    `tile` is the most frames to encode at once; None decides by memory.
    """
    networks, length = networks_of(instrument), round_up_to_hop(audio.shape[1])
    padded = np.zeros((1, 2, length), np.float32)
    padded[0, :, : audio.shape[1]] = audio
    pieces = []
    for first, last, start, end in cut_tiles(length // HOP, tile or tile_frames(instrument)):
        latents = networks.encode_audio(padded[..., start * HOP : end * HOP])
        pieces.append(latents[..., first - start : last - start])
    return whole(turn_axes(join(pieces, -1)))


def decode(instrument: AnyInstrument, latents: Array, *, tile: int | None = None) -> Samples:
    """Audio `(2, frames * 1920)` of `latents`. `tile` is the most frames to decode at once; None decides by memory.

    A codec that decodes the whole at once decides alone: its phases run on from tile to tile.
    """
    networks, z = networks_of(instrument), turn_axes(latents)
    most = z.shape[-1] if networks.decodes_whole else tile or tile_frames(instrument)
    pieces = []
    for first, last, start, end in cut_tiles(z.shape[-1], most):
        sound = networks.decode_latents(z[..., start:end], start)
        pieces.append(sound[:, (first - start) * HOP : (last - start) * HOP])
    return np.concatenate(pieces, -1)
