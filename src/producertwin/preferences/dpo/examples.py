"""Pairs to learn from: the latents of both takes, and the condition and context under which both were played.

Only takes that lie in the studio as latents of these very weights can be learned from, and repaired takes beside those that they
were made from. A repaired take is a sound, so both sounds of such a pair are encoded: were one of them latents as they were
played, the trace of the codec would tell which is better. Both takes of a pair are cropped alike, so that one noise fits both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ...audio import files
from ...errors import BadInput, NotFound, TwinError
from ...library import Library, Take
from ...library.provenance import REPAIR
from ...model.instrument import Instrument
from ...model.sampling import engine
from ...model.sampling.metronome import metronome
from ...model.sampling.request import Metas, Request
from ...model.tasks import Task
from ...pipeline.sounding import decode_take
from ...training.lora.conditions import Conditions
from ...training.lora.recipe import PATCH, DataPlan
from ..pair import Pair


@dataclass(frozen=True, slots=True, eq=False)
class PairExample:
    """A pair, ready to be cropped."""

    id: str
    chosen: Tensor
    """Latents, `(frames, width)` float32."""
    rejected: Tensor
    metas: Metas
    condition: Tensor
    """`(tokens, hidden)` float32."""

    @property
    def frames(self) -> int:
        """Frames that both takes have, a whole number of tokens."""
        return min(len(self.chosen), len(self.rejected)) // PATCH * PATCH


@dataclass(frozen=True, slots=True, eq=False)
class PairCrop:
    """The same stretch of both takes."""

    id: str
    chosen: Tensor
    """`(frames, width)`."""
    rejected: Tensor
    context: Tensor
    """`(frames, 2 * width)`."""
    condition: Tensor


@dataclass(frozen=True, slots=True)
class LoadedPairs:
    """The pairs that can be learned from, and by id why others cannot."""

    examples: tuple[PairExample, ...]
    left_out: dict[str, str]


def load_pairs(pairs: Sequence[Pair], library: Library, instrument: Instrument) -> LoadedPairs:
    """Open the latents of `pairs` and encode what they were asked for by. Raises `BadInput` where none can be learned from."""
    conditions = Conditions(instrument, DataPlan(), trained=False)
    found: list[PairExample] = []
    left_out: dict[str, str] = {}
    for pair in pairs:
        try:
            found.append(_open(pair, library, instrument, conditions))
        except TwinError as error:
            left_out[pair.id] = error.message
    if not found:
        why = next(iter(left_out.values()), "there are none")
        raise BadInput(f"no pair can be learned from: {why}", remedy="make some with these weights: twin pairs make --help")
    return LoadedPairs(tuple(found), left_out)


def crop(example: PairExample, frames: int, instrument: Instrument, rng: np.random.Generator) -> PairCrop:
    """A stretch of at most `frames` of both takes, drawn by `rng`, with the context of music made from words."""
    count = min(frames, example.frames)
    start = int(rng.integers(example.frames - count + 1))
    still, width = instrument.silence(count)[0], instrument.width
    if instrument.card.metronome:
        card = instrument.card
        told = metronome(example.metas, count, width, first=start, sections=card.hear_form(), sung=card.hear_sung())
        still = still + torch.from_numpy(told)
    context = torch.cat([still, torch.ones(count, width)], -1)
    part = slice(start, start + count)
    return PairCrop(example.id, example.chosen[part], example.rejected[part], context, example.condition)


def _open(pair: Pair, library: Library, instrument: Instrument, conditions: Conditions) -> PairExample:
    takes = [_take(side.take, library, instrument) for side in (pair.chosen, pair.rejected)]
    read = _encode if any(take.task == REPAIR for take in takes) else _latents
    chosen, rejected = (read(take, library, instrument) for take in takes)
    if min(len(chosen), len(rejected)) < PATCH:
        raise BadInput(f"take {takes[0].id} is too short to learn from", remedy="make longer takes")
    one = takes[0]
    metas = Metas.of(one.metas.bpm, one.metas.key, one.metas.meter, one.metas.language or "unknown")
    request = Request(one.caption, one.seconds, one.seed, Task.TEXT2MUSIC, one.lyrics, metas)
    return PairExample(pair.id, chosen, rejected, metas, conditions.encode_request(request).cpu())


def _take(name: str | None, library: Library, instrument: Instrument) -> Take:
    if name is None:
        raise NotFound("it names files, which are no latents", remedy="import tells pairs of other programs for search alone")
    take = library.takes.get(name)
    if (take.variant, take.revision) != (instrument.variant, instrument.revision):
        raise BadInput(f"take {take.id} is of {take.variant} {take.revision}", remedy=f"make it again with {instrument.variant}")
    if take.task == REPAIR:
        _take(take.parents[0], library, instrument)  # what was repaired, and so how it was made, too
    elif take.task != Task.TEXT2MUSIC:
        raise BadInput(f"take {take.id} was made by {take.task}, not from words", remedy="make pairs with twin pairs make")
    return take


def _encode(take: Take, library: Library, instrument: Instrument) -> Tensor:
    """The latents of the sound of `take`; one that is latents alone is decoded for that."""
    takes = library.takes
    if takes.has_sound(take):
        sound = files.read(takes.content(take))
    else:
        sound = files.read(takes.keep_decoded(take, decode_take(take, library, instrument)))
        takes.drop_decoded(take)
    return torch.from_numpy(engine.encode(instrument, sound)).float()


def _latents(take: Take, library: Library, instrument: Instrument) -> Tensor:
    path = library.takes.content(take, "latents")
    try:
        found: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BadInput(f"the latents of take {take.id} are damaged: {error}", remedy="run `twin takes verify`") from None
    latents = found.get("latents")
    if latents is None or latents.ndim != 2 or latents.shape[1] != instrument.width or not torch.isfinite(latents).all():
        raise BadInput(f"the latents of take {take.id} are none of {instrument.variant}", remedy="run `twin takes verify`")
    return latents.float()
