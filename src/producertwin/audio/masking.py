"""Cut a stem out of a mix by a soft spectral mask.

Given a mix and estimates of its stems whose phases mean nothing (a phase-free codec's output, say), the stems' magnitudes
still tell which parts of the mix are whose. Each time-frequency cell of the mix is shared among the stems as they are loud
there, T / ΣT for magnitudes T (the ratio mask of Liutkus and Badeau, "Generalized Wiener filtering with fractional power
spectrograms", 2015, at an exponent of 1), and the mix lends its own phases. What all stems get sums to the mix, and where all
estimates are too quiet alike nothing is lost.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from ..errors import BadInput
from . import stft
from .samples import Samples, as_channels

_WINDOW: Final = 4096
_HOP: Final = 1024
_SMOOTH: Final = (3, 3)
"""Cells (time, frequency) that powers are averaged over: single cells of a phase-free estimate flicker."""
_FLOOR: Final = 1e-10


def magnitudes(sound: NDArray[Any]) -> NDArray[np.float32]:
    """How loud every cell of `sound` (channels, n) is: root mean square over its neighbours, (channels, frames, bins)."""
    found = []
    for channel in as_channels(sound):
        power = uniform_filter(np.abs(_spectrum(channel)) ** 2, _SMOOTH, mode="nearest")
        found.append(np.sqrt(np.maximum(power, 0.0, out=power), out=power))  # the running filter may dip below 0 by rounding
    return np.stack(found)


def cut_out(mix: NDArray[Any], wanted: NDArray[np.float32], claimed: NDArray[np.float32]) -> Samples:
    """The part of `mix` (channels, n) of which magnitudes `wanted` are a share of those that all stems claim together.

    Raises `BadInput` where shapes differ.
    """
    whole = as_channels(mix)
    shape = (len(whole), *_cells(whole.shape[1]))
    if not shape == wanted.shape == claimed.shape:
        message = f"a mix of {shape} cells and stems of {wanted.shape} and {claimed.shape} differ in shape"
        raise BadInput(message, remedy="fit the stems to the mix")
    cut = np.empty_like(whole)
    for place, channel in enumerate(whole):  # one at a time: songs are long
        share = wanted[place] / np.maximum(claimed[place], _FLOOR)
        cut[place] = _sound(_spectrum(channel) * share, len(channel))
    return cut


def _window() -> NDArray[np.float32]:
    """Root of a Hann window, used both ways: the squares of the overlapping windows sum to 2."""
    return np.sqrt(stft.periodic_hann(_WINDOW)).astype(np.float32)


def _cells(samples: int) -> tuple[int, int]:
    """Frames and bins of the spectrum of so many samples."""
    return (samples + -samples % _HOP + _WINDOW) // _HOP + 1, _WINDOW // 2 + 1


def _spectrum(channel: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Short-time spectrum, shape (frames, bins)."""
    padded = np.pad(channel, (_WINDOW, _WINDOW + -len(channel) % _HOP))
    return stft.spectra(stft.windows(padded, _WINDOW, _HOP), _window())


def _sound(spectrum: NDArray[np.complex64], length: int) -> NDArray[np.float32]:
    """Overlap-add of `_spectrum`'s frames back to `length` samples."""
    frames = np.fft.irfft(spectrum, axis=1)[:, :_WINDOW] * (_window() * (2 * _HOP / _WINDOW))
    parts = _WINDOW // _HOP
    total = np.zeros((len(frames) + parts - 1) * _HOP)
    for part in range(parts):
        piece = frames[:, part * _HOP : (part + 1) * _HOP].ravel()
        total[part * _HOP : part * _HOP + len(piece)] += piece
    return total[_WINDOW : _WINDOW + length].astype(np.float32)
