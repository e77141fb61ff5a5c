"""nano's corpus: songs of the house band, as sound for the codec and as latents for the transformer.

Song i is composed from the generator seeded (corpus seed, i): nothing is stored that cannot be made again. Songs from
`HELD_OUT` on are never trained on; the measurements use them. Work is done in files, each whole or absent, by several processes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from ... import workers as processes
from ...disk import whole_file, write_json
from ...errors import BadInput, DiskFull
from ...house_band.soundfont import Soundfont
from ...progress import Clock, Steps
from ...recipe import Record
from ...untrusted import read_object
from .songs import SONG_BYTES, SongPlan, render_files, render_song

HELD_OUT = 1_000_000
SHARD = 16
CODEC_FILE = "diffusion_pytorch_model.safetensors"


class CorpusRecipe(Record):
    """What is rendered."""

    seed: int = 11
    """Seed of the corpus."""
    codec_songs: int = 640
    """Songs kept as sound for the codec."""
    songs: int = 1760
    """Songs kept as latents for the transformer; half of them last 20.48 s, half 40.96 s."""
    workers: int = 2
    """Processes."""


@cache
def _player(soundfont: Path | None) -> Soundfont | None:
    """The soundfont of a process, opened once."""
    return None if soundfont is None else Soundfont(soundfont)


@cache
def _codec(folder: Path) -> Any:
    """The codec of a process, loaded once, on one thread."""
    import torch

    from ...model.variants.parts import open_codec

    torch.set_num_threads(1)
    return open_codec(folder)


def _sound_files(plan: SongPlan, first: int) -> None:
    for index in range(first, min(first + SHARD, plan.most)):
        render_files(plan, index, _player(plan.soundfont), foreign=index % 3 == 0)


def encode_song(codec: Any, plan: SongPlan, index: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Latents `(frames, 64)` float16 of all sounds of song `index`, by `RENDERING.NAME`, and the facts of its renderings."""
    import torch

    sounds, facts = render_song(plan, index, _player(plan.soundfont))
    names = [f"{fact['index']}.{name}" for fact in facts for name in fact.pop("names")]
    with torch.inference_mode():
        latents = [codec.encode(torch.from_numpy(sound)[None]).latent_dist.mode()[0] for sound in sounds]
    return {name: z.T.to(torch.float16).contiguous() for name, z in zip(names, latents, strict=True)}, facts


def _latent_shard(plan: SongPlan, codec: Path, first: int) -> None:
    from safetensors.torch import save_file

    tensors: dict[str, Any] = {}
    facts: list[dict[str, Any]] = []
    for index in range(first, min(first + SHARD, plan.most)):
        latents, known = encode_song(_codec(codec), plan, index)
        tensors |= latents
        facts += known
    with whole_file(plan.folder / f"latents-{first:06d}.safetensors") as temporary:
        save_file(tensors, temporary, metadata={"facts": json.dumps(facts)})


def _shards(what: str, work: Callable[[int], None], todo: list[int], workers: int) -> Steps[int]:
    """Run `work(first)` for every shard in `todo`; returns how many."""
    clock = Clock(f"{what} shards", len(todo))
    if not todo:
        return 0
    with processes.pool(workers, apart=True) as pool:  # the codec of a process takes one thread, not all of this one's
        for done, _ in enumerate(pool.as_completed(work, todo), 1):
            yield clock.at(done)
    return len(todo)


def claim(folder: Path, recipe: CorpusRecipe, soundfont: Path | None, codec: Path | None = None) -> None:
    """Make `folder` for songs that are made so, which `FOLDER.json` says.

    Raises `BadInput` where it holds songs that were made otherwise, by another codec for instance.
    """
    path = folder.with_suffix(".json")
    made = {"seed": recipe.seed, "soundfont": soundfont.name if soundfont else "none"}
    if codec is not None:
        made["codec"] = hashlib.blake2b((codec / CODEC_FILE).read_bytes(), digest_size=16).hexdigest()
    known = read_object(path) if path.is_file() else {}
    other = [name for name in made if known.get(name) != made[name]]
    if other and folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"the songs in {folder} have another {' and '.join(other)}", remedy="remove it, or name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, made)


def render_audio(recipe: CorpusRecipe, soundfont: Path | None, folder: Path) -> Steps[int]:
    """Render the codec's sounds into `folder`, as `pool.SoundPool` takes them; returns how many shards were missing.

    Raises `DiskFull` where they have no room, and as `claim` does.
    """
    claim(folder, recipe, soundfont)
    plan = SongPlan(folder, recipe.seed, soundfont, most=recipe.codec_songs)
    last = {min(first + SHARD, plan.most) - 1: first for first in range(0, plan.most, SHARD)}
    todo = [first for index, first in last.items() if not plan.facts_of(index).is_file()]
    need, free = SHARD * SONG_BYTES * len(todo), shutil.disk_usage(folder).free
    if free < need:
        raise DiskFull(f"songs in {folder} need {need / 1e9:.1f} GB, {free / 1e9:.1f} GB are free", remedy="free some disk")
    return (yield from _shards("sound", partial(_sound_files, plan), todo, recipe.workers))


def render_latents(recipe: CorpusRecipe, soundfont: Path | None, codec: Path, folder: Path) -> Steps[int]:
    """Render songs, encode them with the codec in `codec`, keep only latents; returns how many shards were missing.

    Raises as `claim` does.
    """
    claim(folder, recipe, soundfont, codec)
    plan = SongPlan(folder, recipe.seed, soundfont, split_every=1, most=recipe.songs)
    todo = [n for n in range(0, plan.most, SHARD) if not (folder / f"latents-{n:06d}.safetensors").is_file()]
    return (yield from _shards("latents", partial(_latent_shard, plan, codec), todo, recipe.workers))
