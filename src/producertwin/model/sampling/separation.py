"""Cut an extracted stem out of its mix, where the instrument's codec does not keep phase.

Such a codec cannot give back a stem's waveform, but what it plays is as loud as the stem is, place by place. How much of a place
is the stem's depends on who else plays there; so every other stem is asked for as this one was, and each gets its share
(`audio.masking`). A stem asked for alone takes along whatever of the others lies near it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...audio import edits, masking
from ...music import STEMS
from ...progress import Clock, OnProgress, Progress, ignore
from . import engine
from .encodings import digest_of
from .networks import AnyInstrument, networks_of
from .request import Request, Samples


def cut_stem(
    instrument: AnyInstrument, request: Request, mix: Samples, stem: Samples, *, on_progress: OnProgress = ignore
) -> Samples:
    """The sound `(2, samples)` of the stem that `request` extracts from `mix`, of which the instrument made `stem`.

    `on_progress` is called at every step of every other stem and may raise `Interrupted`. An instrument that keeps what it
    encoded keeps what all stems claim, too: more stems of the same mix cost no more than themselves.
    """
    if instrument.keeps_phase:
        return stem
    wanted = masking.magnitudes(edits.fit_length(stem, mix.shape[1]))

    def play() -> NDArray[np.float32]:
        return _play_claims(instrument, request, mix.shape[1], wanted, on_progress)

    if instrument.encodings is None:
        return masking.cut_out(mix, wanted, play())
    return masking.cut_out(mix, wanted, instrument.encodings.recall(_name(instrument, request, mix), play))


def _play_claims(
    instrument: AnyInstrument, request: Request, samples: int, wanted: NDArray[np.float32], on_progress: OnProgress
) -> NDArray[np.float32]:
    """The magnitudes of all stems together, summed in one order whichever is asked for, those of the request's own given."""
    claimed = np.zeros_like(wanted)
    clock = Clock("the other stems", len(STEMS))
    for done, name in enumerate(STEMS):
        event = clock.at(done)

        def report(_: Progress, event: Progress = event) -> None:
            on_progress(event)

        if (name,) == request.stems:
            claimed += wanted
            continue
        [made] = engine.generate(instrument, [replace(request, stems=(name,))], on_progress=report)
        claimed += masking.magnitudes(edits.fit_length(made.audio, samples))
    return claimed


def _name(instrument: AnyInstrument, request: Request, mix: Samples) -> tuple[object, ...]:
    """All that decides what the stems of a mix claim."""
    weights = (instrument.revision, networks_of(instrument).describe_playing())
    words = (request.caption, request.global_caption, request.lyrics, repr(request.metas))
    sounds = [digest_of(sound) for sound in (mix, *request.references)]
    return ("claims", *weights, *words, request.seed, request.sampling.model_dump_json(), *sounds)
