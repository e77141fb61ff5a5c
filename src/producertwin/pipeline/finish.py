"""From what the instrument gives back to a take: readings, picture, and the record.

Audio is float32 `(2, samples)` at 48 kHz. The engine has set the level (-1 dBFS for whole takes) and spliced repaints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from safetensors.numpy import save

from ..audio import files
from ..audio.meters import measure
from ..library import AdapterUse, Hearing, SungLine, TakeDraft, TakeMetas
from ..model.adapters import Attached
from ..model.instrument import Instrument
from ..model.sampling.request import Generated, Metas, Request, Samples
from ..reporting import waveform
from ..timebase import seconds_of
from .sources import EditSource
from .stages import Stage


def readings(audio: Samples, asked: Metas) -> dict[str, float | None]:
    """What the meters say of a take; tempo and key against what was asked, where it was."""
    meters = measure(audio)
    pulse = meters.tempo()
    found: dict[str, float | None] = {
        "peak_db": meters.peak_db,
        "true_peak_db": meters.true_peak_db,
        "loudness_lufs": meters.loudness_lufs,
        "silence_share": meters.silence_share,
        "clipped_share": meters.clipped_share,
        "dropouts": float(len(meters.dropouts)),
        "stereo_correlation": meters.stereo_correlation,
        "bpm": pulse.bpm or None,
        "bpm_confidence": pulse.confidence,
        "key_confidence": meters.key.confidence,
    }
    if asked.bpm is not None:
        found["tempo_fit"] = float(meters.tempo_fit([asked.bpm])[0])
    if asked.key is not None:
        found["in_scale_share"] = meters.in_scale_share(asked.key)
    return found


@dataclass(frozen=True, slots=True)
class Result:
    """One take before it is kept: what was asked, what came of it, and where from."""

    stage: Stage
    """Resolved: run again, it makes this take."""
    request: Request
    generated: Generated
    audio: Samples
    instrument: Instrument
    adapters: tuple[Attached, ...]
    sources: tuple[EditSource, ...]
    guide: str | None
    """Who played a sketch first."""
    readings: dict[str, float | None]
    """What was measured of the sources, and of the result against them."""
    hearing: Hearing
    """What became of the words."""


def draft(result: Result, *, picture: bool) -> TakeDraft:
    """The take's record and contents."""
    request, audio, metas = result.request, result.audio, result.request.metas
    key = None if metas.key is None else str(metas.key)
    seconds = seconds_of(audio.shape[1])
    times = result.generated.lyric_times
    scores = {} if times is None else {"lyric_score": times.score, "lyric_score_from_noise": times.score_from_noise}
    return TakeDraft(
        task=str(request.task),
        stage=result.stage.model_dump(mode="json"),
        caption=request.caption,
        lyrics=request.lyrics,
        metas=TakeMetas(bpm=metas.bpm, key=key, meter=metas.meter, duration=seconds, language=metas.language),
        seed=request.seed,
        variant=result.instrument.variant,
        revision=result.instrument.revision,
        adapters=tuple(
            AdapterUse(name=str(asked.folder), revision=on.adapter.revision, scale=on.scale, levels=on.levels)
            for asked, on in zip(result.stage.play.adapters, result.adapters, strict=True)
        ),
        parents=tuple(source.take.id for source in result.sources if source.take is not None),
        guide=result.guide,
        meters=readings(audio, metas) | result.readings | scores,
        hearing=result.hearing,
        seconds=seconds,
        lines=tuple(SungLine(seconds=at, text=text) for at, text in times.lines) if times else (),
        audio=files.encode(audio, "flac"),
        latents=save({"latents": np.ascontiguousarray(result.generated.latents)}),
        picture=waveform.draw(audio, title=request.caption) if picture else None,
    )
