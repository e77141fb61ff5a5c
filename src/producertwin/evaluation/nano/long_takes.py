"""Takes of whole songs: whether new parts begin where the form has them, and whether the song comes to its end.

Every held-out prompt is asked for at length as a person asks (`pipeline`): without a guide, where the instrument is told a form
that is drawn, and guided. The band's sketch is read by the same meters, at its own form, and so
is a loop of eight of its bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...audio import structure
from ...audio.samples import Samples
from ...metrics.statistics import Interval, wilson
from ...model.instrument import Instrument
from ...model.sampling.form import Sections
from ...model.sampling.request import Metas, Request, Sampling
from ...pipeline import ending
from ...pipeline.behaviours import behaviour_of
from ...pipeline.stages import Generate
from ...recipe import Record
from ...timebase import TempoMap, samples_of
from ..suite import NanoSuite
from .figures import mean_of
from .songs import SongPrompt, prompt_of, score_of
from .sounds import take_seed
from .takes import play_takes

SYSTEMS: Final = ("sketch", "loop", "plain", "guided")
LOOP: Final = 8
"""Bars of a loop."""


@dataclass(frozen=True, slots=True)
class LongReading:
    """One long sound."""

    contrast: float | None
    """Of `structure.contrast`; None where the form has one section."""
    over: bool
    """Whether it comes to its end by itself."""
    cut_off: bool
    """Whether its end is still abrupt when the take is finished, or there is no take."""


class LongSystem(Record):
    """The long sounds of one system."""

    contrast: Interval | None
    """None where no form has two sections."""
    over: Interval
    cut_off: Interval


class LongFigures(Record):
    """All of them, by the names of `SYSTEMS`."""

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
        [audio] = play_takes(instrument, [request])
        found[name] = LongReading(None, False, True)
        if audio is not None:
            finished = ending.end(audio, ending.fade_of(stage, metas))
            found[name] = _read(audio, finished, request.sections, metas)
        if request.start is not None and request.start.sound.audio is not None:
            sketch = request.start.sound.audio
            found["sketch"] = _read(sketch, sketch, request.sections, metas)
            loop = _repeat_bars(sketch, metas)
            found["loop"] = _read(loop, loop, request.sections, metas)
    return found


def _repeat_bars(sound: Samples, metas: Metas) -> Samples:
    """A loop of the second `LOOP` bars of `sound`, as long as it: music without a form, the floor of the contrast."""
    eight = samples_of(LOOP * (metas.meter or 4) * 60.0 / (metas.bpm or 120.0))
    part = sound[:, eight : 2 * eight]
    return np.tile(part, -(-sound.shape[1] // part.shape[1]))[:, : sound.shape[1]]


def judge(outcomes: Sequence[dict[str, LongReading]], seconds: float) -> LongFigures:
    """The figures of `outcomes`."""
    systems = {}
    for name in SYSTEMS:
        rows = [found[name] for found in outcomes]
        over, cut = (wilson(sum(given), len(given)) for given in ([row.over for row in rows], [row.cut_off for row in rows]))
        systems[name] = LongSystem(contrast=mean_of(row.contrast for row in rows), over=over, cut_off=cut)
    return LongFigures(songs=len(outcomes), seconds=seconds, systems=systems)


def _read(raw: Samples, finished: Samples, form: Sections, metas: Metas) -> LongReading:
    tempo, meter = TempoMap(metas.bpm or 120.0), metas.meter or 4
    begins = [round(tempo.beat(second) / meter) for second, _ in form[1:]]
    bars = structure.describe_bars(raw, tempo, meter)
    return LongReading(structure.contrast(bars, begins), ending.is_over(raw), not ending.is_over(finished))
