"""nano's corpus: songs of the house band, as audio for the codec and as latents for the transformer.

Song i is composed from the generator seeded (corpus seed, i): nothing is stored that cannot be made again. Songs from
`HELD_OUT` on are never trained on; the measurements use them. Work is done in shards, each whole or absent, by several processes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import workers as processes
from ...disk import whole_file
from ...house_band.captions import caption, metas
from ...house_band.compose import compose
from ...house_band.render import Rendering, render
from ...house_band.styles import COARSE, STYLES
from ...progress import Clock, Steps
from ...recipe import Record

HELD_OUT = 1_000_000
SECONDS = 20.48
"""Length of a corpus song: 512 latent frames."""
CAPTIONS = 6
"""Wordings kept per song."""
SPLIT_EVERY = 4
"""Of so many songs one is kept with its stems and a partial mix, for extract, lego and complete."""
SHARD = 16


class CorpusRecipe(Record):
    """What is rendered."""

    seed: int = 11
    """Seed of the corpus."""
    codec_songs: int = 320
    """Songs kept as audio for the codec."""
    songs: int = 3520
    """Songs kept as latents for the transformer (20.48 s each)."""
    workers: int = 2
    """Processes."""


@dataclass(frozen=True)
class Song:
    """One corpus song: its rendering (scaled as the mix is) and its wordings."""

    rendering: Rendering
    facts: dict[str, Any]


@cache
def _style_weights() -> tuple[tuple[str, ...], tuple[float, ...]]:
    lofi = [s for s in STYLES if COARSE[s] == "lofi"]
    other = [s for s in STYLES if COARSE[s] != "lofi"]
    return (*lofi, *other), (*([0.5 / len(lofi)] * len(lofi)), *([0.5 / len(other)] * len(other)))


def draw_style(rng: np.random.Generator) -> str:
    """A style: half of them lofi, over all presets; the rest over the other styles."""
    names, weights = _style_weights()
    return names[int(rng.choice(len(names), p=weights))]


def song(seed: int, index: int) -> Song:
    """Corpus song `index`, in a style of `draw_style`."""
    rng = np.random.Generator(np.random.PCG64([seed, index]))
    style = draw_style(rng)
    score = compose(style, seed=int(rng.integers(2**31)), seconds=SECONDS)
    rendering = render(score, seconds=SECONDS)
    facts = metas(score) | {
        "index": index,
        "style": style,
        "coarse": COARSE[style],
        "stems": list(rendering.stems),
        "captions": [caption(score), *(caption(score, rng) for _ in range(CAPTIONS - 1))],
    }
    return Song(rendering, facts)


def stems_like_mix(rendering: Rendering) -> dict[str, NDArray[np.float32]]:
    """The stems, scaled as the desk scaled the mix."""
    dry = float(np.sqrt(np.mean(rendering.dry**2)))
    gain = np.float32(float(np.sqrt(np.mean(rendering.mix**2))) / max(dry, 1e-6))
    return {name: stem * gain for name, stem in rendering.stems.items()}


def _write(path: Path, write: Callable[[Path], None]) -> None:
    with whole_file(path) as temporary:
        write(temporary)


def _int16(audio: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.round(np.clip(audio, -1, 1) * 32767).astype(np.int16)


def _audio_shard(folder: Path, seed: int, first: int) -> None:
    mixes, stems = [], []
    for index in range(first, first + SHARD):
        found = song(seed, index)
        mixes.append(_int16(found.rendering.mix))
        stems += [_int16(stem) for stem in stems_like_mix(found.rendering).values()]
    _write(folder / f"mix-{first:06d}.npy", lambda p: _save(p, np.stack(mixes)))
    _write(folder / f"stem-{first:06d}.npy", lambda p: _save(p, np.stack(stems)))


def _save(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array)


@cache
def _codec(folder: Path) -> Any:
    """The codec of a process, loaded once, on one thread."""
    import torch

    from ...model.nano.stored_codec import read_codec

    torch.set_num_threads(1)
    return read_codec(folder)


def encode_song(codec: Any, found: Song, rng: np.random.Generator, *, split: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Latents `(frames, 64)` float16 of a song's mix and, when `split`, of its stems and of a partial mix; and its facts.

    The partial mix, a random choice of at least one stem and not all, is what lego and complete are given.
    """
    import torch

    sounds = {"mix": found.rendering.mix}
    partial: list[str] = []
    if split and len(found.rendering.stems) > 1:
        stems = stems_like_mix(found.rendering)
        partial = sorted(rng.choice(list(stems), size=int(rng.integers(1, len(stems))), replace=False).tolist())
        sounds |= {f"stem.{name}": stem for name, stem in stems.items()}
        sounds["partial"] = np.sum([stems[name] for name in partial], axis=0)
    with torch.inference_mode():
        latents = codec.encode(torch.from_numpy(np.stack(list(sounds.values())))).latent_dist.mode()
    tensors = {name: z.T.to(torch.float16).contiguous() for name, z in zip(sounds, latents, strict=True)}
    return tensors, found.facts | {"partial": partial}


def _latent_shard(folder: Path, seed: int, codec: Path, first: int) -> None:
    from safetensors.torch import save_file

    tensors: dict[str, Any] = {}
    facts: list[dict[str, Any]] = []
    for index in range(first, first + SHARD):
        rng = np.random.Generator(np.random.PCG64([seed, index, 1]))
        latents, known = encode_song(_codec(codec), song(seed, index), rng, split=index % SPLIT_EVERY == 0)
        tensors |= {f"{index}.{name}": z for name, z in latents.items()}
        facts.append(known)
    _write(folder / f"latents-{first:06d}.safetensors", lambda p: save_file(tensors, p, metadata={"facts": json.dumps(facts)}))


def _shards(name: str, work: Callable[[int], None], folder: Path, songs: int, workers: int) -> Steps[int]:
    """Run `work(first)` for every shard `name-FIRST.*` that is not there yet in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {p.stem for p in folder.glob(f"{name}-*")}
    todo = [first for first in range(0, songs, SHARD) if f"{name}-{first:06d}" not in there]
    clock = Clock(f"{name} shards", len(todo))
    if not todo:
        return 0
    with processes.pool(workers, apart=True) as pool:  # the codec of a process takes one thread, not all of this one's
        for done, _ in enumerate(pool.as_completed(work, todo), 1):
            yield clock.at(done)
    return len(todo)


def render_audio(recipe: CorpusRecipe, folder: Path) -> Steps[int]:
    """Render the codec's audio shards into `folder`; returns how many were missing."""
    work = partial(_audio_shard, folder, recipe.seed)
    return (yield from _shards("stem", work, folder, recipe.codec_songs, recipe.workers))


def render_latents(recipe: CorpusRecipe, codec: Path, folder: Path) -> Steps[int]:
    """Render songs, encode them with the codec in `codec`, keep only latents; returns how many shards were missing."""
    work = partial(_latent_shard, folder, recipe.seed, codec)
    return (yield from _shards("latents", work, folder, recipe.songs, recipe.workers))
