"""The sum of sounds: gain, balance, place in time, and a ceiling at -1 dB true peak; or what a desk makes of them.

Balance turns one side down and leaves the other as it is, so that a stereo sound keeps its width: at `pan` p > 0 the left side is
multiplied by cos(p·π/2), at p < 0 the right side by cos(-p·π/2).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np

from ..audio import edits, files, levels
from ..library import TakeDraft, TakeMetas
from ..mixing import faust
from ..mixing.render import Rendering, render
from ..model.machine import describe_machine
from ..model.sampling.request import Metas, Samples
from ..progress import Steps
from ..reporting import waveform
from ..timebase import samples_of, seconds_of
from .finish import name_making, readings
from .sound_stages import Mix, MixInput
from .sources import EditSource, inherit_prompt
from .stages import Prompt, SourceRef

REVISION = "producertwin.mix/1"
"""The plain sum."""
DESK_REVISION = f"producertwin.desk/{faust.VERSION}"
CEILING_DB = -1.0


def sum_inputs(inputs: Sequence[MixInput], sounds: Sequence[Samples]) -> Samples:
    """The mix of `sounds`, each float32 `(channels, samples)` at 48 kHz and set as its input says: `(2, samples)`.

    It lasts to the end of the last input that is not muted.
    """
    total = np.zeros((2, mix_length(inputs, sounds)), np.float32)
    for one, sound in zip(inputs, sounds, strict=True):
        if not one.mute:
            _add(total, one, sound)
    return edits.gain(total, _turn_down(total))


def place_inputs(inputs: Sequence[MixInput], sounds: Sequence[Samples], *, ceiling: bool = True) -> tuple[Samples, ...]:
    """What each of `inputs` that is not muted is of the mix: `(2, samples)` each, and their sum is the mix."""
    heard = [(one, sound) for one, sound in zip(inputs, sounds, strict=True) if not one.mute]
    parts = [np.zeros((2, mix_length(inputs, sounds)), np.float32) for _ in heard]
    for part, (one, sound) in zip(parts, heard, strict=True):
        _add(part, one, sound)
    down = _turn_down(np.sum(parts, axis=0, dtype=np.float32)) if ceiling else 0.0
    return tuple(edits.gain(part, down) for part in parts)


def mix_length(inputs: Sequence[MixInput], sounds: Sequence[Samples]) -> int:
    """Samples to the end of the last input that is not muted."""
    ends = (samples_of(one.offset) + int(sound.shape[1]) for one, sound in zip(inputs, sounds, strict=True) if not one.mute)
    return max(ends)


def _add(total: Samples, one: MixInput, sound: Samples) -> None:
    start = samples_of(one.offset)
    total[:, start : start + sound.shape[1]] += _sides(one) * edits.to_stereo(sound)


def _turn_down(total: Samples) -> float:
    """Decibels, 0 or less, that keep `total` below the ceiling."""
    peak = levels.true_peak_db(total)
    return min(0.0, CEILING_DB - peak) if math.isfinite(peak) else 0.0


def _sides(one: MixInput) -> Samples:
    """Factors of the two sides, `(2, 1)`."""
    left, right = math.cos(max(one.pan, 0.0) * math.pi / 2), math.cos(max(-one.pan, 0.0) * math.pi / 2)
    return np.array([[left], [right]], np.float32) * np.float32(10.0 ** (one.gain / 20.0))


def play_desk(stage: Mix, sounds: Sequence[Samples]) -> Steps[Rendering]:
    """What the desk of `stage` makes of `sounds`, each at its offset. Raises as `mixing.render.render` does."""
    assert stage.desk is not None
    placed = [
        np.pad(edits.to_stereo(sound), ((0, 0), (samples_of(one.offset), 0))) if one.offset else edits.to_stereo(sound)
        for one, sound in zip(stage.inputs, sounds, strict=True)
    ]
    return (yield from render(stage.desk, placed))


def mix_draft(stage: Mix, sources: Sequence[EditSource], *, picture: bool = False) -> Steps[TakeDraft]:
    """The take of a mix of `sources`, not stored."""
    start = time.perf_counter()
    sounds = [source.audio for source in sources]
    audio = sum_inputs(stage.inputs, sounds) if stage.desk is None else (yield from play_desk(stage, sounds)).audio
    revision = REVISION if stage.desk is None else DESK_REVISION
    return draft_of(stage, sources, audio, revision=revision, start=start, picture=picture)


class Mixing(Protocol):
    """The record of a mix, of whatever kind."""

    @property
    def prompt(self) -> Prompt:
        """What sounds."""

    def pin(self, sources: Sequence[SourceRef]) -> Self:
        """The same of exactly these `sources`."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Its fields."""


def draft_of(
    stage: Mixing,
    sources: Sequence[EditSource],
    audio: Samples,
    *,
    revision: str = REVISION,
    start: float | None = None,
    picture: bool = False,
) -> TakeDraft:
    """The take of `audio`, which `stage` made of `sources`, begun at `start` of the performance counter; `revision` says which
    program mixed them.

    It has no latents: what comes after it goes through the codec.
    """
    prompt = inherit_prompt(stage.prompt, sources)
    asked = Metas.of(prompt.bpm, prompt.key, prompt.meter, prompt.language)
    seconds = seconds_of(audio.shape[1])
    pinned = stage.pin([SourceRef(source.name, source.hash) for source in sources])
    return TakeDraft(
        task="mix",
        stage=pinned.model_dump(mode="json"),
        caption=prompt.caption,
        lyrics=prompt.lyrics,
        metas=TakeMetas(bpm=prompt.bpm, key=prompt.key, meter=prompt.meter, duration=seconds, language=prompt.language),
        seed=0,
        variant="mix",
        revision=revision,
        parents=tuple(dict.fromkeys(source.take.id for source in sources if source.take is not None)),
        meters=readings(audio, asked),
        seconds=seconds,
        audio=files.encode(audio, "flac"),
        picture=waveform.draw(audio, title=prompt.caption) if picture else None,
        made=name_making(describe_machine(), {} if start is None else {"finish": time.perf_counter() - start}),
    )
