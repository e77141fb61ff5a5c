"""The corpus's latents by the clock: mixes of all songs first, then stems, as shards that `LatentShards` reads."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ....disk import whole_file
from ....model.nano.gliding_codec import GlidingCodec
from ..pool import SoundPool, whole_frames

SHARD = 64
TOGETHER = 8
"""Sounds encoded at once."""


@torch.inference_mode()
def encode_sounds(model: GlidingCodec, sounds: list[Tensor], device: torch.device) -> list[Tensor]:
    """Latents `(frames, 64)` float16 of sounds of one length each, on the CPU."""
    found: list[Tensor] = []
    by_length: dict[int, list[int]] = {}
    for place, sound in enumerate(sounds):
        by_length.setdefault(sound.shape[-1], []).append(place)
    made: dict[int, Tensor] = {}
    for places in by_length.values():
        for first in range(0, len(places), TOGETHER):
            some = places[first : first + TOGETHER]
            batch = torch.cat([whole_frames(sounds[place], device) for place in some])
            latents = model.encode(batch).latent_dist.mode().transpose(1, 2).to(torch.float16).cpu()
            made |= {place: row.contiguous().clone() for place, row in zip(some, latents, strict=True)}
    found = [made[place] for place in range(len(sounds))]
    return found


def write_latents(model: GlidingCodec, pool: SoundPool, folder: Path, until: float) -> int:
    """Encode the songs in `pool` into shards in `folder` until `time.time()` is `until`; returns how many songs there are.

    Songs that are kept with stems come first in each shard's turn; once half of the time is gone, stems are left out.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    songs, began, done = sorted(pool.facts, key=lambda song: not song["partial"]), time.time(), 0
    for first in range(0, len(songs), SHARD):
        now = time.time()
        if now >= until and done:
            break
        late = first > 0 and now - began > 0.6 * (until - began)
        tensors, facts = _shard(model, pool, songs[first : first + SHARD], bare=late)
        with whole_file(folder / f"latents-{first:06d}.safetensors") as temporary:
            save_file(tensors, temporary, metadata={"facts": json.dumps(facts)})
        done += len(facts)
    return done


def _shard(
    model: GlidingCodec, pool: SoundPool, songs: list[dict[str, Any]], *, bare: bool
) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    names, facts = [], []
    for song in songs:
        split = bool(song["partial"]) and not bare
        facts.append(song if split else song | {"partial": []})
        kept = ["mix", *(["partial", *(f"stem.{stem}" for stem in song["stems"])] if split else [])]
        names += [f"{song['index']}.{name}" for name in kept]
    latents = encode_sounds(model, [pool.sounds[name] for name in names], pool.device)
    return dict(zip(names, latents, strict=True)), facts
