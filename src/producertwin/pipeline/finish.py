"""From what the instrument gives back to a take: readings, picture, and the record.

Audio is float32 `(2, samples)` at 48 kHz. The engine has set the level (-1 dBFS for whole takes) and spliced repaints.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from ..audio import files
from ..audio.limiting import limit
from ..audio.loudness import GATE_LUFS
from ..audio.meters import measure
from ..audio.tempo import same_up_to_octave
from ..library import AdapterUse, Hearing, Making, SungLine, TakeDraft, TakeMetas
from ..model.machine import Machine, machine_of
from ..model.sampling.networks import AnyInstrument
from ..model.sampling.postprocess import PEAK, PEAK_DB
from ..model.sampling.request import Generated, Metas, Request, Samples
from ..reporting import waveform
from ..timebase import TempoMap, samples_of, seconds_of
from . import ending
from .sources import EditSource
from .stages import Stage

if TYPE_CHECKING:
    from ..model.adapters import Attached

MOST_LIMITED = 3.0
"""dB by which the highest peaks of a take are held down, so that the whole may be louder."""
_PULSED = 8.0
"""Seconds of one tempo in which it can be read."""


def readings(audio: Samples, asked: Metas, tempi: Sequence[tuple[float, float]] = ()) -> dict[str, float | None]:
    """What the meters say of a take; tempo and key against what was asked, where it was.

    `tempi` are beats from which another tempo was asked for, and that; the asked one holds until the first of them.
    """
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
        same = float(same_up_to_octave(pulse.bpm, asked.bpm))
        found["tempo_kept"] = _keep_tempi(audio, TempoMap(asked.bpm, tuple(tempi))) if tempi else same
    if asked.key is not None:
        found["in_scale_share"] = meters.in_scale_share(asked.key)
        found["key_kept"] = float(meters.key.key.scale == asked.key.scale)
    return found


def _keep_tempi(audio: Samples, asked: TempoMap) -> float | None:
    """1 where every stretch of one tempo has it, up to its octave, else 0; None where no stretch is long enough to tell."""
    starts = [asked.seconds(beat) for beat, _ in asked.spans]
    ends = [*starts[1:], seconds_of(audio.shape[1])]
    kept = [
        same_up_to_octave(measure(audio[:, samples_of(start) : samples_of(end)]).tempo().bpm, bpm)
        for (_, bpm), start, end in zip(asked.spans, starts, ends, strict=True)
        if min(end, ends[-1]) - start >= _PULSED
    ]
    return float(all(kept)) if kept else None


@dataclass(frozen=True, slots=True)
class Result:
    """One take before it is kept: what was asked, what came of it, and where from."""

    stage: Stage
    """Resolved: run again, it makes this take."""
    request: Request
    generated: Generated
    audio: Samples | None
    """None where the latents are not decoded."""
    instrument: AnyInstrument
    adapters: tuple[Attached, ...]
    sources: tuple[EditSource, ...]
    guide: str | None
    """Who played a sketch first."""
    readings: dict[str, float | None]
    """What was measured of the sources, and of the result against them."""
    hearing: Hearing
    """What became of the words."""
    seconds: Mapping[str, float]
    """How long each part of the work took."""


def finish_sound(audio: Samples, lufs: float | None, fade: float, least: float | None = None) -> Samples:
    """`audio` as loud as its source, of `lufs`, or at `least` so loud; and its last `fade` seconds faded out.

    It is turned up until its peaks, at -1 dBTP at most, are limited by `MOST_LIMITED` dB, and no further.
    """
    if lufs is not None or least is not None:
        own = measure(audio).loudness_lufs
        wanted = lufs if lufs is not None else max(own, least or own)
        if min(wanted, own) > GATE_LUFS:
            most = PEAK * 10 ** (MOST_LIMITED / 20) / float(np.abs(audio).max())
            audio = limit(audio * np.float32(min(10 ** ((wanted - own) / 20), most)), PEAK_DB)
    return ending.end(audio, fade)


def name_making(machine: Machine, seconds: Mapping[str, float]) -> Making:
    """On what a take was made, and in which time."""
    spent = {part: round(value, 6) for part, value in seconds.items()}
    return Making(seconds=spent, **asdict(machine))


def draft(result: Result, *, picture: bool) -> TakeDraft:
    """The take's record and contents."""
    start = time.perf_counter()
    request, audio, metas = result.request, result.audio, result.request.metas
    key = None if metas.key is None else str(metas.key)
    seconds = seconds_of(result.generated.samples if audio is None else audio.shape[1])
    tempi = request.start.tempi if request.start else ()
    measured = {} if audio is None else readings(audio, metas, tempi)
    encoded = None if audio is None else files.encode(audio, "flac")
    drawn = waveform.draw(audio, title=request.caption) if picture and audio is not None else None
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
        meters=measured | result.readings | scores,
        hearing=result.hearing,
        seconds=seconds,
        lines=tuple(SungLine(seconds=at, text=text) for at, text in times.lines) if times else (),
        audio=encoded,
        latents=save({"latents": np.ascontiguousarray(result.generated.latents)}),
        picture=drawn,
        made=name_making(machine_of(result.instrument), {**result.seconds, "finish": time.perf_counter() - start}),
    )
