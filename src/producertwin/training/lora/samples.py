"""Sample takes during training: the same prompts and seeds every time, so that one hears what training changes.

They are played by the adapter of a checkpoint on the bare instrument, as users will play it, and kept as takes whose session is
the run. A take that fails is named in the log and training goes on; only a full disk ends it, since then nothing could be saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from safetensors.numpy import save

from ...audio import files, levels, loudness, tempo
from ...dataset.manifest import Manifest, Row
from ...errors import BadInput, Resources, TwinError
from ...library import AdapterUse, Library, Take, TakeDraft, TakeMetas
from ...library.jsonl import append, last_row
from ...library.runs import Run
from ...model.adapters import AdapterSetting, Attached, attached
from ...model.instrument import Instrument
from ...model.sampling import engine
from ...model.sampling.prompts import prepend_trigger
from ...model.sampling.request import Generated, Metas, Request, Samples
from ...music import INSTRUMENTAL
from ...timebase import seconds_of
from ..log import SAMPLES
from .recipe import LoraRecipe

COUNT: Final = 2
"""Takes each time."""
LONGEST: Final = 30.0
"""Seconds of a take at most; as long as a crop where that is shorter."""
FIRST_SEED: Final = 1


def make_requests(manifest: Manifest, recipe: LoraRecipe) -> tuple[Request, ...]:
    """Make the requests that are played every time, from held-out tracks' words, or all tracks' where none is held out.

    One track of as many styles as there are takes. Raises `BadInput` for an empty training set.
    """
    rows = manifest.side("holdout") or manifest.rows
    if not rows:
        raise BadInput("the training set is empty", remedy="freeze another one with `twin dataset split`")
    first = {row.style: row for row in sorted(rows, key=lambda row: row.track, reverse=True)}
    chosen = sorted(first.values(), key=lambda row: row.track)
    chosen += [row for row in sorted(rows, key=lambda row: row.track) if row not in chosen]
    return tuple(_make_request(row, recipe, FIRST_SEED + place) for place, row in enumerate(chosen[:COUNT]))


def _make_request(row: Row, recipe: LoraRecipe, seed: int) -> Request:
    sung = row.lyrics != INSTRUMENTAL and not recipe.data.instrumental
    return Request(
        caption=prepend_trigger(row.caption, recipe.data.trigger),
        seconds=min(LONGEST, recipe.training.crop_seconds),
        seed=seed,
        lyrics=row.lyrics if sung else "",
        metas=Metas.of(row.bpm, row.key, row.meter, row.language if sung else "unknown"),
    )


@dataclass(frozen=True, slots=True)
class Sampler:
    """Plays `requests` with the adapter of a checkpoint, at the first one at or after each multiple of `every` steps, and at the
    `last` step."""

    library: Library
    instrument: Instrument
    run: Run
    requests: Sequence[Request]
    every: int
    last: int

    def __call__(self, step: int, adapter: Path) -> list[str]:
        """Play if it is time; returns what failed. Raises `Resources` when a take cannot be stored."""
        folder = self.library.runs.folder(self.run)
        heard = int(last_row(folder / SAMPLES).get("step", -1))
        if step // self.every <= heard // self.every and (step < self.last or step <= heard):
            return []
        failed: list[str] = []
        for request in self.requests:
            try:
                take = self._play(request, adapter)
            except Resources:
                raise
            except (TwinError, torch.OutOfMemoryError) as error:
                failed.append(f"no sample take with seed {request.seed}: {error}")
            else:
                row = {"step": step, "take": take.id, "seed": request.seed, "caption": request.caption, "seconds": take.seconds}
                append(folder / SAMPLES, row)
        return failed

    def _play(self, request: Request, adapter: Path) -> Take:
        with attached(self.instrument, [AdapterSetting(adapter)]) as on:
            made = engine.generate(self.instrument, [request])[0]
        return self.library.takes.add(_draft_take(request, made, self.instrument, on, self.run))


def _draft_take(request: Request, made: Generated, instrument: Instrument, on: Sequence[Attached], run: Run) -> TakeDraft:
    """The take's record, as `twin make` writes it without a guide."""
    metas, key = request.metas, None if request.metas.key is None else str(request.metas.key)
    words = {"caption": request.caption, "lyrics": request.lyrics, "bpm": metas.bpm, "key": key, "meter": metas.meter}
    worn_now = [{"folder": str(one.adapter.path), "scale": one.scale} for one in on]
    card = instrument.defaults
    play = {"variant": instrument.variant, "adapters": worn_now, "seed": request.seed, "batch": 1}
    play |= {"steps": card.steps, "guidance": card.guidance, "shift": card.shift}
    stage = {"kind": "generate", "prompt": words | {"language": metas.language}, "seconds": request.seconds}
    return TakeDraft(
        task=str(request.task),
        stage=stage | {"guide": "none", "play": play},
        caption=request.caption,
        lyrics=request.lyrics,
        metas=TakeMetas(bpm=metas.bpm, key=key, meter=metas.meter, duration=request.seconds, language=metas.language),
        seed=request.seed,
        variant=instrument.variant,
        revision=instrument.revision,
        adapters=tuple(AdapterUse(name=str(one.adapter.path), revision=one.adapter.revision, scale=one.scale) for one in on),
        session=run.id,
        meters=_measure(made.audio),
        seconds=seconds_of(made.audio.shape[1]),
        audio=files.encode(made.audio, "flac"),
        latents=save({"latents": np.ascontiguousarray(made.latents)}),
    )


def _measure(audio: Samples) -> dict[str, float | None]:
    pulse = tempo.tempo(audio)
    return {
        "peak_db": levels.sample_peak_db(audio),
        "loudness_lufs": loudness.loudness(audio),
        "bpm": pulse.bpm or None,
        "bpm_confidence": pulse.confidence,
    }
