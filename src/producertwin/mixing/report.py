"""What a mix sounds like in numbers, beside the plain sum of its stems.

Levels of stems are loudness in LUFS behind the fader. A stem is masked in a cell (a third of an octave, a window of 0.17 s) where
all the others together are more than 6 dB above it; cells count by the stem's own energy in them, from -60 dB below its loudest,
so `masked` is the share of what it plays that is covered. The fold-down is what the loudness loses when left and right are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..audio import levels, loudness, spectrum, stft
from ..audio.samples import Samples, mono
from ..recipe import Record
from ..timebase import SAMPLE_RATE

COVERED_DB: Final = 6.0
_WINDOW: Final = 8_192
_WINDOWS: Final = 400
"""Windows that say enough of a song, evenly spread."""
CENTRES: Final = 1_000.0 * 2.0 ** (np.arange(-14, 13) / 3.0)
"""Thirds of octaves, Hz: what spectra and masking are read in."""
_FAINT: Final = 1e-6


class SoundReading(Record):
    """A mix, or the plain sum, in numbers."""

    loudness_lufs: float
    """Integrated loudness."""
    true_peak_db: float
    """Highest true peak, dBTP."""
    loudness_range: float
    """Loudness range, LU."""
    stereo_correlation: float
    """Correlation of left and right."""
    mono_loss_db: float
    """What its loudness loses when left and right are summed to one."""


class StripReading(Record):
    """A stem in numbers."""

    name: str
    """Its strip."""
    loudness_lufs: float
    """Its loudness behind the fader."""
    share_db: float
    """That against all stems together."""
    true_peak_db: float
    """Its highest true peak behind the fader."""
    masked: float
    """Share of what it plays that the others cover."""
    masked_before: float
    """The same of the plain sum."""
    masked_by: str | None
    """The stem that covers most of it."""


class PairReading(Record):
    """How far one stem covers another."""

    name: str
    """The stem that is covered."""
    by: str
    """The one that covers it."""
    before: float
    """Share of what it plays that is covered in the plain sum."""
    after: float
    """The same in the mix."""


class MixReport(Record):
    """A mix beside the plain sum of its stems."""

    mix: SoundReading
    """The mix."""
    plain_sum: SoundReading
    """The stems added up as they are."""
    strips: tuple[StripReading, ...]
    """Every stem."""
    masking: tuple[PairReading, ...] = ()
    """Stems of which another alone covers a twentieth or more, before or after."""
    limiting_db: float
    """What the limiter takes off the highest peak, dB."""
    left_out: tuple[str, ...] = ()
    """Moves of the automatic mix that were undone."""


def read_sound(sound: Samples) -> SoundReading:
    """The numbers of a sound (2, n)."""
    own = loudness.loudness(sound)
    folded = loudness.loudness(np.broadcast_to(mono(sound), sound.shape))
    return SoundReading(
        loudness_lufs=round(own, 2),
        true_peak_db=round(levels.true_peak_db(sound), 2),
        loudness_range=round(loudness.loudness_range(sound), 2),
        stereo_correlation=round(spectrum.stereo_correlation(sound), 3),
        mono_loss_db=round(max(own - folded, 0.0), 2),
    )


def read_mix(
    mix: Samples, names: Sequence[str], strips: Sequence[Samples], stems: Sequence[Samples], *, limiting: float = 0.0
) -> MixReport:
    """The report of `mix`, whose `strips` are `stems` behind their faders, each (2, n); a mono stem is doubled before."""
    after, before = read_masking(strips), read_masking(stems)
    total = loudness.loudness(sum_stems(strips))
    readings = []
    for place, name in enumerate(names):
        own = loudness.loudness(strips[place])
        worst = int(np.argmax(after[place])) if after[place].max(initial=0.0) > 0.05 else None
        readings.append(
            StripReading(
                name=name,
                loudness_lufs=round(own, 2),
                share_db=round(own - total, 2),
                true_peak_db=round(levels.true_peak_db(strips[place]), 2),
                masked=round(float(after[place][place]), 3),
                masked_before=round(float(before[place][place]), 3),
                masked_by=None if worst is None else names[_loudest_other(after, place)],
            )
        )
    return MixReport(
        mix=read_sound(mix),
        plain_sum=read_sound(sum_stems(stems)),
        strips=tuple(readings),
        masking=tuple(_pair_up(names, before, after)),
        limiting_db=round(limiting, 2),
    )


def _pair_up(names: Sequence[str], before: NDArray[np.float64], after: NDArray[np.float64]) -> Iterator[PairReading]:
    """The pairs that have to do with one another, those first that cover most in the mix."""
    pairs = [(one, other) for one in range(len(names)) for other in range(len(names)) if one != other]
    for one, other in sorted(pairs, key=lambda pair: -float(after[pair])):
        if max(before[one, other], after[one, other]) >= 0.05:
            first, last = round(float(before[one, other]), 3), round(float(after[one, other]), 3)
            yield PairReading(name=names[one], by=names[other], before=first, after=last)


def sum_stems(stems: Sequence[Samples]) -> Samples:
    """The stems added up, as long as the longest."""
    total = np.zeros((2, max(stem.shape[1] for stem in stems)), np.float32)
    for stem in stems:
        total[:, : stem.shape[1]] += stem
    return total


def band_powers(stems: Sequence[Samples]) -> NDArray[np.float64]:
    """Power of each stem in 27 thirds of octaves (40 Hz to 16 kHz) over evenly spread windows, (stems, windows, bands)."""
    length = max(max(stem.shape[1] for stem in stems), _WINDOW)
    starts = np.unique(np.linspace(0, length - _WINDOW, min(_WINDOWS, max(1, length // _WINDOW))).astype(int))
    hz = stft.bin_hz(_WINDOW, SAMPLE_RATE)
    inside = np.abs(np.log2(np.maximum(hz, 1.0))[:, None] - np.log2(CENTRES)) <= 1 / 6
    taper = stft.hann(_WINDOW)
    out = np.zeros((len(stems), len(starts), len(CENTRES)))
    for place, stem in enumerate(stems):
        for row, start in enumerate(starts):
            cut = stem[:, start : start + _WINDOW]
            if cut.shape[1] and cut.any():
                power = np.abs(np.fft.rfft(np.pad(cut, ((0, 0), (0, _WINDOW - cut.shape[1]))) * taper, axis=1)) ** 2
                out[place, row] = power.sum(axis=0) @ inside
    return out


def read_masking(stems: Sequence[Samples]) -> NDArray[np.float64]:
    """Share of what stem i plays that stem j alone covers, (stems, stems); on the diagonal what all others cover together."""
    return masking_of(band_powers(stems))


def masking_of(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """`read_masking` of the powers of stems, (stems, windows, bands)."""
    cells = np.where(power > _FAINT * power.max(axis=(1, 2), keepdims=True), power, 0.0) ** 0.3  # as loud as they are heard
    weights = cells / np.maximum(cells.sum(axis=(1, 2), keepdims=True), 1e-20)
    more = 10 ** (COVERED_DB / 10)
    shares = np.zeros((len(power), len(power)))
    everyone = power.sum(axis=0)
    for one in range(len(power)):
        for other in range(len(power)):
            rest = everyone - power[one] if one == other else power[other]
            shares[one, other] = float(weights[one][rest > more * power[one]].sum())
    return shares


def _loudest_other(shares: NDArray[np.float64], place: int) -> int:
    row = shares[place].copy()
    row[place] = -1.0
    return int(np.argmax(row))
