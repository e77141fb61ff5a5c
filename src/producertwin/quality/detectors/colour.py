"""Faults of the spectrum: missing highs, tones and fizz of generators, mud, balance, nothing but noise, a tone that stands still.

Each function takes the profile of a whole sound. Balance is judged against a reference: the mean and the spread of the shares of
seven bands over songs that are known to be fine (`references`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio.meters import Meters, measure
from ...timebase import samples_of
from .defect import Defect, merge, report
from .lines import PLACES, STRIDES
from .profile import BANDS, FRAMES, STEPS, Profile
from .references import Reference, mud_db, shares_db

_LOWEST_EDGE: Final = 8_000.0
"""Below this many Hz no edge is looked for, since music itself falls there."""
_NEARLY_ALL: Final = 1.0 - 1e-6
"""Share of the energy that a source of a low rate keeps below its edge."""
_EDGE_DROP: Final = 20.0
_LINE_DB: Final = 6.0
_FAINT_DB: Final = 85.0
"""Below the strongest bin by more than this, a line is not heard."""
_MUD_WINDOW: Final = 30
"""Steps of a window of mud, 3 s."""
_MUD_SPREADS: Final = 2.5
_OWN_SPREAD: Final = 2.8
"""dB by which the low mids of fine songs move from one window to the next, as a standard deviation."""
_NEAR_PROGRAM_DB: Final = -8.0
"""Further below the music, it dies away."""
_FIZZ_FLOOR: Final = 1e-9


def missing_highs(meters: Meters) -> float:
    """Kilohertz below 20 at which the spectrum ends: at a steep edge (20 dB within 1 kHz), or where all but a millionth of the
    energy lies below 8 kHz, as a source of a low rate leaves it. 0 where it does not end.
    """
    if meters.edge.drop_db > _EDGE_DROP:
        return max(0.0, 20.0 - meters.edge.hz / 1_000.0)
    top = meters.roll_off(_NEARLY_ALL)
    if not 0.0 < top < _LOWEST_EDGE:
        return 0.0
    middle, reach = meters.samples.shape[1] // 2, samples_of(5.0)
    part = measure(meters.samples[:, max(middle - reach, 0) : middle + reach])  # quiet ends hide no highs
    return 0.0 if part.roll_off(_NEARLY_ALL) >= _LOWEST_EDGE else 20.0 - top / 1_000.0


def find_low_pass(profile: Profile) -> list[Defect]:
    """A spectrum that ends below 17 kHz: a lossy or low-rate source, or a filter."""
    if profile.program_db <= -60:
        return []
    missing = missing_highs(profile.meters)
    if missing <= 3:
        return []
    return [report("low_pass", 0.0, profile.seconds, missing, evidence=f"nothing above {20 - missing:.1f} kHz")]


def find_shimmer(profile: Profile) -> list[Defect]:
    """Thin lines at the multiples of a codec's frame rates, which no tuned music has."""
    if profile.program_db <= -60 or profile.lines.low.size == 0 or profile.seconds < 2:
        return []
    level = 10 * np.log10(profile.lines.high + 1e-18)
    faintest = 10 * np.log10(profile.lines.strongest + 1e-18) - _FAINT_DB
    stands = np.array([_stands_out(around, faintest) for around in level])
    places = np.array(PLACES)
    shares = {hz: float(stands[np.isin(places, hz * np.arange(1, 28))].mean()) for hz in STRIDES}
    stride = max(shares, key=lambda hz: shares[hz])
    if shares[stride] < 0.4:
        return []
    return [report("shimmer", 0.0, profile.seconds, shares[stride], evidence=f"lines at multiples of {stride:.0f} Hz")]


def _stands_out(around: NDArray[np.float64], faintest: float) -> bool:
    """Whether there is a line in the middle of `around` that is more than the grid of 16 bits under a quiet sound."""
    middle = len(around) // 2
    beside = np.concatenate([around[: middle - 3], around[middle + 4 :]])
    least = max(float(np.median(beside)) + _LINE_DB, float(beside.max()) + 2.0, faintest)
    return float(around[middle - 1 : middle + 2].max()) > least


def find_fizz(profile: Profile) -> list[Defect]:
    """Noise from 9 to 16 kHz that moves as the level of the body of the sound does; cymbals and hats do not follow it."""
    highs, body = profile.fizz.astype(np.float64)
    heard = body > 1e-3 * max(float(body.max(initial=0.0)), 1e-12)
    if profile.seconds < 3 or profile.program_db <= -60 or heard.sum() < FRAMES or np.median(highs[heard]) < _FIZZ_FLOOR:
        return []
    alike = float(np.corrcoef(np.log(highs[heard] + 1e-12), np.log(body[heard] + 1e-12))[0, 1])
    return [report("fizz", 0.0, profile.seconds, alike)] if alike > 0.9 else []


def find_mud(profile: Profile, reference: Reference) -> list[Defect]:
    """Stretches of 3 s and more with more from 200 to 500 Hz than the reference has, or than the rest of the sound has.

    A stretch is muddy by the sound's own measure where it stands `_OWN_SPREAD` times as many decibels above its median, and a
    little above the reference as well.
    """
    low, whole = (_mean_windows(part, _MUD_WINDOW) for part in profile.low_mids)
    level = _mean_windows(profile.power.mean(axis=0), _MUD_WINDOW)
    heard = level > 10 ** ((max(profile.program_db, -50.0) + _NEAR_PROGRAM_DB) / 10)
    if not heard.any():
        return []
    share = mud_db(low, whole)
    beside = (share - reference.mud_mean) / reference.mud_spread
    own = np.where(beside > 0.5, (share - float(np.median(share[heard]))) / _OWN_SPREAD, 0.0)
    spreads = np.where(heard, np.maximum(beside, own), 0.0)
    width = min(_MUD_WINDOW, len(profile.low_mids[0])) / STEPS
    usual = f"{reference.mud_mean:.1f} is usual and {float(np.median(share[heard])):.1f} the sound's own"
    found = [
        report("mud", at / STEPS, min(at / STEPS + width, profile.seconds), float(spreads[at]),
               evidence=f"200 to 500 Hz {share[at]:.1f} dB against the rest, {usual}")
        for at in np.flatnonzero(spreads > _MUD_SPREADS).tolist()
    ]  # fmt: skip
    low, whole = (_mean_windows(part, STEPS) for part in profile.low_mids)
    return [_tighten(one, mud_db(low, whole)) for one in merge(found, 0.5)]


def _tighten(defect: Defect, share: NDArray[np.float64]) -> Defect:
    """`defect` from the first to the last second in it that is above the middle between its highest and the median share."""
    first, last = round(defect.start * STEPS), min(round(defect.end * STEPS), len(share))
    inside = share[first:last]
    if not inside.size:
        return defect
    muddy = np.flatnonzero(inside > 0.5 * (float(np.quantile(inside, 0.9)) + float(np.median(share))))
    if not muddy.size:
        return defect
    half = 0.5  # seconds of the window on each side of its middle
    start, end = (first + int(muddy[0])) / STEPS + half, (first + int(muddy[-1])) / STEPS + half
    return replace(defect, start=max(start, defect.start), end=min(max(end, start + 0.1), defect.end))


def _mean_windows(curve: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Mean of every window of `steps`; of a shorter sound, of all of it."""
    width = min(steps, len(curve))
    running = np.concatenate([[0.0], np.cumsum(curve)])
    means: NDArray[np.float64] = (running[width:] - running[:-width]) / width
    return means


def find_balance(profile: Profile, reference: Reference) -> list[Defect]:
    """Bands whose share of the whole sound is far from the reference's."""
    if profile.program_db <= -60 or profile.seconds < 5:
        return []
    shares = shares_db(profile.bands.sum(axis=1))
    spreads = (shares - np.array(reference.band_mean)) / np.array(reference.band_spread)
    worst = int(np.abs(spreads).argmax())
    if abs(spreads[worst]) <= 3:
        return []
    low, high = BANDS[worst]
    what = "more" if spreads[worst] > 0 else "less"
    seen = f"{what} from {low:g} to {high:g} Hz than usual: {shares[worst]:.1f} dB, {reference.band_mean[worst]:.1f} is usual"
    return [report("balance", 0.0, profile.seconds, float(abs(spreads[worst])), evidence=seen)]


def find_noise(profile: Profile) -> list[Defect]:
    """A sound that is noise nearly all the time."""
    power = np.repeat(profile.power.mean(axis=0), len(profile.flat) // profile.power.shape[1])
    heard = power > 1e-6 * max(float(power.max(initial=0.0)), 1e-9)
    share = float((profile.flat[heard] > 0.5).mean()) if heard.any() else 0.0
    return [report("noise", 0.0, profile.seconds, share)] if share > 0.8 else []


def find_stuck(profile: Profile) -> list[Defect]:
    """Stretches of 3 s and more in which one tone stands still."""
    edges = np.diff(np.concatenate([[False], profile.stuck, [False]]).astype(np.int8))
    spans = zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True)
    return [
        report("stuck", start / STEPS, min(end / STEPS, profile.seconds), (end - start) / STEPS)
        for start, end in spans
        if end - start >= 3 * STEPS
    ]
