"""Level faults: clipping, limiting, peaks between samples, silence, abrupt ends, DC, hum, hiss.

Each function takes the profile of a whole sound (and what else it says) and returns located defects. Sources and limits stand in
the table of `defect`; levels are dBFS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio.clipping import ClippingReading
from ...audio.levels import SILENCE_DB, decibels, find_overs
from ...timebase import SAMPLE_RATE, samples_of
from . import lines
from .defect import Defect, merge, report
from .profile import STEP, STEPS, Profile

_ONE_PARTIAL: Final = 0.6
_OVER_GAP: Final = 0.5
_DC_STEPS: Final = 20
_MAINS: Final = (50.0, 60.0)
_LOUD_HUM: Final = 3
"""Harmonics that stand out where there is hum."""
_HUM_SECONDS: Final = 10.0
"""Less does not tell music and hum apart."""
_SURE_HUM: Final = 40.0
"""Of 90; see `lines.Mains`."""
_HISS_SPREAD: Final = 1.6
"""dB between the second and the tenth percentile of the frames: noise that never ends piles up at its level."""
_BLOCK_STEPS: Final = 4
"""Steps of a block of 400 ms."""
_QUIET_PEAK: Final = 10 ** (-60 / 20)
_ATTACK: Final = ((0, 3, 10, 20), (0, 5, 20, 50), (0, 10, 60, 120), (0, 20, 100, 250))
"""Milliseconds of two stretches; an attack is louder in the first of each than in the second."""
_ATTACK_LEVEL: Final = _ATTACK[2:]
"""Of these the level, too: in a few milliseconds it is one wave of the bass."""
_ATTACK_DB: Final = 1.5


def find_clipping(reading: ClippingReading) -> list[Defect]:
    """Passages with flat tops, from the sound at its file's own rate."""
    found = []
    for one in reading.passages:
        seen = f"{one.tops} flat tops, {one.samples} samples, at {one.level:.2f} ({decibels(one.level):z.1f} dBFS)"
        side = one.channel if one.channel < 2 else None
        found.append(report("clipping", one.start, one.end, one.longest, evidence=seen, channel=side))
    return merge(found, 0.25)


def find_coded_clipping(reading: ClippingReading, profile: Profile) -> list[Defect]:
    """Amplitudes that gather at one level without flat tops; where, cannot be told."""
    if reading.passages or reading.pile_up <= 1.91 or _is_tone(profile):
        return []
    return [report("coded_clipping", 0.0, profile.seconds, reading.pile_up, evidence="amplitudes gather at one level")]


def _is_tone(profile: Profile) -> bool:
    """Whether one partial holds most of the power: its wave's own tops are where amplitudes gather."""
    power = profile.meters.spectrum
    top = int(power.argmax())
    return float(power[max(top - 3, 0) : top + 4].sum()) > _ONE_PARTIAL * float(power.sum())


def find_over_limiting(profile: Profile) -> list[Defect]:
    """Less than 8 dB between loudness and true peak."""
    if profile.program_db <= -60 or profile.seconds < 3:
        return []
    ratio = profile.true_peak_db - profile.loudness_lufs
    if ratio >= 8:
        return []
    seen = f"{profile.loudness_lufs:.1f} LUFS with peaks at {profile.true_peak_db:.1f} dBTP"
    return [report("over_limiting", 0.0, profile.seconds, -ratio, evidence=seen)]


def find_true_peaks(profile: Profile) -> list[Defect]:
    """Passages whose peaks between samples exceed full scale."""
    found = []
    for number, channel in enumerate(profile.samples):
        places, peaks = find_overs(channel)
        for place, peak in zip(places.tolist(), peaks.tolist(), strict=True):
            seconds = place / SAMPLE_RATE
            found.append(report("true_peak", seconds, seconds, decibels(peak), channel=number if profile.channels == 2 else None))
    return merge(found, _OVER_GAP)


def find_silence(profile: Profile) -> list[Defect]:
    """Silence: of most of the sound, or before and after the music."""
    share = _silence_share(profile)
    if share > 0.5:
        return [report("silent", 0.0, profile.seconds, share)]
    before, after = _silent_ends(profile)
    found = []
    if before > 1:
        found.append(report("silent_start", 0.0, before, before))
    if after > 3:
        found.append(report("silent_end", profile.seconds - after, profile.seconds, after))
    return found


def _silence_share(profile: Profile) -> float:
    """`audio.levels.silence_share`, without another look at every sample."""
    power = profile.power.mean(axis=0)
    whole = len(power) // _BLOCK_STEPS * _BLOCK_STEPS
    blocks = power[:whole].reshape(-1, _BLOCK_STEPS).mean(axis=1) if whole else power.mean(keepdims=True)
    return float((blocks < 10 ** (SILENCE_DB / 10)).mean())


def _silent_ends(profile: Profile) -> tuple[float, float]:
    """Seconds before the first, and after the last, sample above -60 dBFS."""
    loud = np.flatnonzero(profile.peak.max(axis=0) > _QUIET_PEAK)
    if not loud.size:
        return profile.seconds, profile.seconds
    first, last = int(loud[0]) * STEP, int(loud[-1]) * STEP
    begins = np.flatnonzero(np.abs(profile.samples[:, first : first + STEP]).max(axis=0) > _QUIET_PEAK)
    ends = np.flatnonzero(np.abs(profile.samples[:, last : last + STEP]).max(axis=0) > _QUIET_PEAK)
    return (first + int(begins[0])) / SAMPLE_RATE, profile.seconds - (last + int(ends[-1]) + 1) / SAMPLE_RATE


def find_abrupt_ends(profile: Profile) -> list[Defect]:
    """Music that is there at the first sample, or still there in the last 10 ms. A beginning on an attack is information."""
    sound, program = profile.samples, profile.program_db
    if profile.seconds < 1 or program <= -60:
        return []
    found = []
    first = float(np.abs(sound[:, :2]).max())
    begins, last = decibels(first) - program, decibels(_rms(sound[:, -samples_of(0.01) :])) - program
    if begins > -8 and first > _QUIET_PEAK:
        start = report("abrupt_start", 0.0, 0.01, begins)
        attack = replace(start, severity="info", evidence="it begins with an attack, on its first beat", repairable=False)
        found.append(attack if _begins_with_attack(sound) else start)
    if last > -30:
        found.append(report("abrupt_end", profile.seconds - 0.01, profile.seconds, last))
    return found


def _begins_with_attack(sound: NDArray[np.float32]) -> bool:
    """Whether `sound` (channels, n), n ≥ 250 ms, is loudest at its very beginning and dies away from there, in its curvature and
    its level: a struck or plucked sound that was there from its first sample, not one that was cut into."""
    middle = sound[:, : samples_of(0.25)].mean(axis=0)
    wave = middle if float(np.abs(middle).max()) > 0.3 * float(np.abs(sound).max()) else sound[0, : samples_of(0.25)]
    bend = np.diff(wave, 2)
    falls = [_falls(bend, spans) for spans in _ATTACK] + [_falls(wave, spans) for spans in _ATTACK_LEVEL]
    return min(falls) > _ATTACK_DB


def _falls(wave: NDArray[np.float32], spans: tuple[int, int, int, int]) -> float:
    """dB by which a stretch of `wave` is above a later one."""
    first, last, later, latest = (round(SAMPLE_RATE * at / 1_000) for at in spans)
    return decibels(_rms(wave[first:last])) - decibels(_rms(wave[later:latest]))


def find_dc(profile: Profile) -> list[Defect]:
    """Stretches whose mean over 2 s is away from zero."""
    found = []
    for number, means in enumerate(profile.mean):
        width = min(_DC_STEPS, len(means))
        running = np.concatenate([[0.0], np.cumsum(means)])
        over = np.abs(running[width:] - running[:-width]) / width
        for first in np.flatnonzero(over > 0.005).tolist():
            end = min((first + width) / STEPS, profile.seconds)
            found.append(report("dc", first / STEPS, end, float(over[first]), channel=number if profile.channels == 2 else None))
    return merge(found, 0.5)


def find_hum(profile: Profile) -> list[Defect]:
    """Lines at multiples of 50 or 60 Hz that keep their phase for 10 s and more; under a loud bass they drown."""
    if profile.seconds < _HUM_SECONDS or profile.program_db <= -60:
        return []
    mains, hz = max(((lines.read_mains(profile.lines, hz), hz) for hz in _MAINS), key=lambda one: one[0].sureness)
    if mains.sureness < _SURE_HUM or mains.clear < _LOUD_HUM or mains.level <= -66:
        return []
    seen = f"{hz:.0f} Hz and multiples, {mains.clear} of {lines.HARMONICS} told, always there"
    return [report("hum", 0.0, profile.seconds, mains.level, evidence=seen)]


def find_hiss(profile: Profile) -> list[Defect]:
    """Noise between 4 and 12 kHz that is left in the quietest moments."""
    if profile.seconds < 3 or profile.program_db <= -60:
        return []
    quietest, tenth = (10 * np.log10(np.quantile(profile.hiss, part) + 1e-16) for part in (0.02, 0.10))
    if quietest <= -66 or tenth - quietest > _HISS_SPREAD:
        return []
    return [report("hiss", 0.0, profile.seconds, float(quietest))]


def _rms(sound: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if sound.size else 0.0
