"""Takes of whole songs: whether new parts begin where the form has them, and whether the song comes to its end.

Every held-out prompt is asked for at length as a person asks (`pipeline`): without a guide, where the instrument is told a form
that is drawn, and guided. The band's sketch is read by the same meters, at its own form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...audio import structure
from ...audio.samples import Samples
from ...metrics.statistics import Interval, mean_interval, wilson
from ...model.instrument import Instrument
from ...model.sampling import engine
from ...model.sampling.form import Sections
from ...model.sampling.request import Metas, Request, Sampling
from ...pipeline import ending
from ...pipeline.behaviours import behaviour_of
from ...pipeline.stages import Generate
from ...recipe import Record
from ...timebase import TempoMap
from ..suite import NanoSuite
from .songs import SongPrompt, prompt_of, score_of
from .sounds import take_seed


@dataclass(frozen=True, slots=True)
class LongReading:
    """One long sound."""

    contrast: float | None
    """Of `structure.contrast`; None where the form has one section."""
    over: bool
    """Whether it comes to its end by itself."""
    cut_off: bool
    """Whether it does not when finished either."""


class LongSystem(Record):
    """The long sounds of one system."""

    contrast: Interval
    over: Interval
    cut_off: Interval


class LongFigures(Record):
    """All of them, by `sketch`, `plain` and `guided`."""

    songs: int
    seconds: float
    systems: dict[str, LongSystem]


def prompt(suite: NanoSuite, index: int) -> SongPrompt:
    """Prompt `index` of the long takes."""
    return prompt_of(score_of("long", suite.seed, index, suite.long_seconds), index)


def measure(suite: NanoSuite, instrument: Instrument, index: int) -> dict[str, LongReading]:
    """The readings of song `index`, by system."""
    words = prompt(suite, index)
    metas = Metas(words.bpm, words.asked_key, words.meter)
    sampling = Sampling(steps=suite.steps, guidance=suite.guidance)
    found = {}
    for name, guide in (("plain", "none"), ("guided", "band")):
        stage = Generate.model_validate({
            "prompt": {"caption": words.caption, "bpm": words.bpm, "key": words.key, "meter": words.meter},
            "seconds": suite.long_seconds,
            "guide": guide,
        })  # fmt: skip
        request = Request(words.caption, suite.long_seconds, take_seed(suite, index, 0), metas=metas, sampling=sampling)
        request = behaviour_of(stage).ask(stage, request, ())
        [take] = engine.generate(instrument, [request])
        finished = ending.end(take.audio, ending.fade_of(stage, metas))
        found[name] = _read(take.audio, finished, request.sections, metas)
        if request.start is not None and request.start.sound.audio is not None:
            found["sketch"] = _read(request.start.sound.audio, request.start.sound.audio, request.sections, metas)
    return found


def judge(outcomes: Sequence[dict[str, LongReading]], seconds: float) -> LongFigures:
    """The figures of `outcomes`."""
    systems = {}
    for name in ("sketch", "plain", "guided"):
        rows = [found[name] for found in outcomes]
        contrasts = np.array([row.contrast for row in rows if row.contrast is not None] or [0.0])
        over, cut = (wilson(sum(given), len(given)) for given in ([row.over for row in rows], [row.cut_off for row in rows]))
        systems[name] = LongSystem(contrast=mean_interval(contrasts), over=over, cut_off=cut)
    return LongFigures(songs=len(outcomes), seconds=seconds, systems=systems)


def _read(raw: Samples, finished: Samples, form: Sections, metas: Metas) -> LongReading:
    tempo, meter = TempoMap(metas.bpm or 120.0), metas.meter or 4
    begins = [round(tempo.beat(second) / meter) for second, _ in form[1:]]
    bars = structure.describe_bars(raw, tempo, meter)
    return LongReading(structure.contrast(bars, begins), ending.is_over(raw), not ending.is_over(finished))
