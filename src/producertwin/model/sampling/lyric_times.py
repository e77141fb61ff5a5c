"""Lyrics in time: the finished take is noised a little and shown to the transformer once more, and some of its heads are watched.

As ACE-Step 1.5 (`lyric_timestamp.py`, `lyric_score.py` of its handler): the level is 1 over the steps, whatever the shift, the
noise that of seed 42, the condition and the context those of the take (of a cover's first part). Only the rows of the lyric's own
tokens count. For a second score the transformer is shown that noise alone, at level 1: what it then follows is the condition and
the context, whatever became of the take.

It happens after the take is made and draws nothing from its noise, so the take is the same bytes with it and without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...timebase import seconds_of
from . import flow
from .arrays import Array
from .lyric_alignment import first_frames, lyric_score
from .networks import AnyInstrument, networks_of
from .plan import SamplingPlan
from .prompts import lyrics_head, lyrics_text
from .request import LyricTimes
from .take import PreparedTake

SEED = 42
"""Of the noise that the finished take is shown under, as upstream has it."""
_MARK = re.compile(r"\[[^\]]*(?:\]|$)")
Span = tuple[int, int]
"""First character, and the one after the last."""


def find_times(instrument: AnyInstrument, take: PreparedTake, latents: Array) -> LyricTimes | None:
    """The lyric of a finished take in time; None where nobody sings. `latents` are `(1, frames, width)`, as they were sampled."""
    text, spans, rows = _lyric_tokens(instrument, take)
    if not rows:
        return None
    networks = networks_of(instrument)
    noise = flow.noise(networks.make_generator(SEED), take.plan.schedule.frames, instrument.width)

    def watch(shown: Array, level: float) -> NDArray[np.float32]:
        return networks.watch(shown, level, take.cond, take.context.before_switch, take.plan.frames)[:, rows]

    level = 1.0 / _steps(take.plan, instrument)
    maps = watch(flow.add_noise(latents, noise, level), level)
    begins = first_frames(maps) * (seconds_of(take.plan.samples) / maps.shape[2])
    marks = [match.span() for match in _MARK.finditer(text)]
    sung = np.array([not any(first < end and begin < last for begin, end in marks) for first, last in spans])
    score = lyric_score(maps, sung)
    unheard = watch(noise, 1.0)
    return LyricTimes(_lines(text, spans, begins.tolist()), score, lyric_score(unheard, sung))


def _lyric_tokens(instrument: AnyInstrument, take: PreparedTake) -> tuple[str, list[Span], list[int]]:
    """The words, and of each token that holds some of them its characters, and its place among the lyric's tokens."""
    if not take.sung:
        return "", [], []
    language = take.plan.request.metas.language
    head = len(lyrics_head(language))
    offsets = instrument.tokenizer.encode(lyrics_text(take.sung, language)).offsets
    rows = [row for row, (first, _) in enumerate(offsets) if head <= first < head + len(take.sung)]
    return take.sung, [(offsets[row][0] - head, offsets[row][1] - head) for row in rows], rows


def _steps(plan: SamplingPlan, instrument: AnyInstrument) -> int:
    """The steps that were asked for, of which a start from a sound walks a part."""
    asked = plan.request.sampling
    return len(asked.schedule) if asked.schedule else asked.steps or instrument.card.steps


def _lines(text: str, spans: Sequence[Span], begins: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """Seconds and words of each line; a line ends with the token that ends it, and an empty one is left out."""
    found, first = [], 0
    for place, (_, last) in enumerate(spans):
        ends = place + 1 == len(spans)
        if ends or "\n" in text[spans[place][0] : last]:
            words = text[spans[first][0] : last].strip()
            if words:
                found.append((begins[first], words))
            first = place + 1
    return tuple(found)
