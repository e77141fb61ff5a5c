"""All detectors, run over one sound: what is wrong in it, where.

Events are looked for in stretches of a minute that overlap, and all else is read from a profile, so that memory does not grow
with the sound. A sound that holds numbers that are none, or is mostly silence, is looked at no further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...audio.clipping import ClippingReading, read_clipping
from ...audio.meters import Meters, measure
from ...audio.samples import STRETCH, Samples, as_channels, freeze
from ...errors import BadInput
from ...timebase import SAMPLE_RATE, samples_of
from . import colour, events, image, levels, loops, music
from .defect import KINDS, Defect, expect
from .profile import Profile, read_profile
from .references import GENERAL, Reference, find_reference

_STRETCH: Final = samples_of(60.0)
_MARGIN: Final = samples_of(4.0)
"""Longer than the longest dropout."""
_ECHO: Final = 0.006
"""Seconds."""
MOST_EVENTS: Final = 500
"""Of one kind: more are told as one passage."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sound was meant to be; nothing of it need be known."""

    bpm: float | None = None
    key: str | None = None
    artefacts: frozenset[str] = frozenset()
    """What its style expects; see `house_band.styles.ARTEFACTS`."""
    reference: Reference = field(default_factory=lambda: find_reference(GENERAL))
    loops: bool = False
    """Whether its end is to meet its beginning."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sound as the detectors take it."""

    samples: Samples
    profile: Profile
    clipping: ClippingReading
    """Read at the file's own rate."""
    excerpt: Samples
    meters: Meters
    """Of the excerpt."""
    asked: Asked


Find = Callable[[Heard], Sequence[Defect]]
EVENTS: Final[dict[str, Callable[[events.Part], list[Defect]]]] = {
    "click": events.find_clicks,
    "noise_burst": events.find_noise_bursts,
    "dropout": events.find_dropouts,
    "repetition": lambda part: loops.find_repetition(part.sound),
}
"""What is looked for in stretches of samples; `click` finds `discontinuity` too."""
WHOLES: Final[dict[str, Find]] = {
    "clipping": lambda heard: levels.find_clipping(heard.clipping),
    "coded_clipping": lambda heard: levels.find_coded_clipping(heard.clipping, heard.profile),
    "over_limiting": lambda heard: levels.find_over_limiting(heard.profile),
    "true_peak": lambda heard: levels.find_true_peaks(heard.profile),
    "silent": lambda heard: levels.find_silence(heard.profile),
    "abrupt_end": lambda heard: levels.find_abrupt_ends(heard.profile),
    "dc": lambda heard: levels.find_dc(heard.profile),
    "hum": lambda heard: levels.find_hum(heard.profile),
    "hiss": lambda heard: levels.find_hiss(heard.profile),
    "dual_mono": lambda heard: image.find_dual_mono(heard.profile),
    "out_of_phase": lambda heard: image.find_out_of_phase(heard.profile),
    "bass_phase": lambda heard: image.find_bass_phase(heard.profile),
    "mono_loss": lambda heard: image.find_mono_loss(heard.profile),
    "imbalance": lambda heard: image.find_imbalance(heard.profile),
    "low_pass": lambda heard: colour.find_low_pass(heard.profile),
    "shimmer": lambda heard: colour.find_shimmer(heard.profile),
    "fizz": lambda heard: colour.find_fizz(heard.profile),
    "mud": lambda heard: colour.find_mud(heard.profile, heard.asked.reference),
    "balance": lambda heard: colour.find_balance(heard.profile, heard.asked.reference),
    "tempo_drift": lambda heard: music.find_tempo_drift(heard.excerpt, heard.meters),
    "tempo_off": lambda heard: music.find_tempo_off(heard.excerpt, heard.meters, heard.asked.bpm),
    "key_off": lambda heard: music.find_key_off(heard.excerpt, heard.meters, heard.asked.key),
    "tuning_drift": lambda heard: music.find_tuning_drift(heard.excerpt),
    "loop_seam": lambda heard: loops.find_loop_seam(heard.samples) if heard.asked.loops else [],
    "stuck": lambda heard: colour.find_stuck(heard.profile),
    "noise": lambda heard: colour.find_noise(heard.profile),
}
"""What is read of the whole: `silent` finds silent ends, `abrupt_end` abrupt starts too."""
DETECTORS: Final = (*EVENTS, *WHOLES)


@dataclass(frozen=True, slots=True)
class Found:
    """The defects of a sound in the order of their places, and the profile they were read from; None where it was not read."""

    defects: tuple[Defect, ...]
    profile: Profile | None


def detect(
    samples: NDArray[Any],
    asked: Asked | None = None,
    clipping: ClippingReading | None = None,
    only: Sequence[str] = DETECTORS,
) -> Found:
    """The defects of `samples` (channels, n) at 48 kHz, n ≥ 1, by the detectors `only`.

    `clipping` is what was read at the file's own rate; without it `samples` are read. Raises `BadInput` for what is no sound.
    """
    meant = Asked() if asked is None else asked
    broken = _find_not_finite(samples)
    if broken:
        return Found(tuple(broken), None)
    sound = freeze(as_channels(samples)[:2])
    if sound.shape[1] == 0:
        raise BadInput("the sound has no samples", remedy="choose a file that holds sound")
    profile = read_profile(sound)
    silence = [one for one in levels.find_silence(profile) if one.kind == "silent"]
    if silence:
        return Found(tuple(silence), profile)
    part = music.excerpt(sound)
    meters = measure(part, library="scipy")
    heard = Heard(sound, profile, clipping or read_clipping(sound), part, meters, meant)
    found = [one for name in only if name in WHOLES for one in WHOLES[name](heard)]
    found += _without_echoes(_find_events([name for name in only if name in EVENTS], sound))
    order = {name: place for place, name in enumerate(KINDS)}
    ordered = sorted(found, key=lambda one: (one.start, order[one.kind], one.channel or ""))
    return Found(expect(ordered, meant.artefacts), profile)


def _without_echoes(found: Sequence[Defect]) -> list[Defect]:
    """`found` without the clicks and jumps that a dropout or a burst makes at its own ends."""
    causes = [one for one in found if one.kind in ("dropout", "noise_burst", "repetition")]
    return [
        one
        for one in found
        if one in causes or not any(min(abs(one.start - at) for at in (it.start, it.end)) < _ECHO for it in causes)
    ]


def _find_not_finite(samples: NDArray[Any]) -> list[Defect]:
    """Numbers that are none, wherever they are; what is no sound at all is left to `as_channels`."""
    if not isinstance(samples, np.ndarray) or samples.dtype.kind != "f" or samples.ndim not in (1, 2):
        return []
    rows = samples[None] if samples.ndim == 1 else samples
    found: list[Defect] = []
    for start in range(0, rows.shape[1], STRETCH):
        found += [_move(one, start / SAMPLE_RATE) for one in events.find_not_finite(rows[:, start : start + STRETCH])]
    return found


def _find_events(names: Sequence[str], sound: Samples) -> list[Defect]:
    """What the detectors `names` find in stretches of `sound`; of one that finds very many, one passage."""
    found: dict[str, list[Defect]] = {name: [] for name in names}
    for start in range(0, sound.shape[1], _STRETCH):
        first = max(start - _MARGIN, 0)
        part = events.Part(sound[:, first : start + _STRETCH + _MARGIN])
        for name in names:
            found[name] += _begin_in(EVENTS[name](part), first / SAMPLE_RATE, start / SAMPLE_RATE)
    return [one for several in found.values() for one in _gather(several)]


def _begin_in(found: Sequence[Defect], offset: float, start: float) -> list[Defect]:
    """`found`, moved by `offset` seconds, as far as they begin in the stretch that begins at `start`."""
    moved = (_move(one, offset) for one in found)
    return [one for one in moved if start <= one.start < start + _STRETCH / SAMPLE_RATE]


def _gather(found: list[Defect]) -> list[Defect]:
    if len(found) <= MOST_EVENTS:
        return found
    worst = max(found, key=lambda one: one.reading)
    seen = f"{len(found)} of them, the worst at {worst.start:.2f} s"
    return [replace(worst, start=found[0].start, end=found[-1].end, evidence=seen, channel=None)]


def _move(defect: Defect, seconds: float) -> Defect:
    return replace(defect, start=defect.start + seconds, end=defect.end + seconds)
