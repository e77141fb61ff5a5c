"""Cut a stem out of a mix by a soft spectral mask.

Given a mix and an estimate of one stem whose phases mean nothing (a phase-free codec's output, say), the stem's
magnitudes still tell which parts of the mix belong to it. Each time-frequency cell of the mix is kept by the Wiener
ratio T²/(T² + R²), where T is the estimate's magnitude and R = max(X - T, 0) what it leaves of the mix's X; the mix
lends its own phases. An estimate that is a little too quiet still takes most of a cell it is alone in.
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
"""Cells (time, frequency) that both powers are averaged over: single cells of a phase-free estimate flicker."""
_FLOOR: Final = 1e-10


def mask_filter(mix: NDArray[Any], target: NDArray[Any], *, sharpness: float = 1.0) -> Samples:
    """The part of `mix` that `target` describes, both (channels, n); the result plus the mix without it is the mix.

    `sharpness` above 1 cuts harder. Raises `BadInput` where the shapes differ.
    """
    whole, wanted = as_channels(mix), as_channels(target)
    if whole.shape != wanted.shape:
        raise BadInput(
            f"a mix of {whole.shape} and a target of {wanted.shape} differ in shape", remedy="fit the target to the mix"
        )
    if sharpness <= 0:
        raise BadInput(f"a sharpness of {sharpness:g} is not possible", remedy="give a number above 0")
    return np.stack([_filter(x, t, sharpness) for x, t in zip(whole, wanted, strict=True)])


def _filter(mix: NDArray[np.float32], target: NDArray[np.float32], sharpness: float) -> NDArray[np.float32]:
    spectrum = _spectrum(mix)
    present, wanted = _magnitude(spectrum), _magnitude(_spectrum(target))
    rest = np.maximum(present - wanted, 0.0)
    share = wanted**2 / np.maximum(wanted**2 + rest**2, _FLOOR)
    return _sound(spectrum * share**sharpness, len(mix))


def _magnitude(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Root mean square over each cell's neighbours; the running filter may dip below 0 by rounding."""
    power = uniform_filter(np.abs(spectrum) ** 2, _SMOOTH, mode="nearest")
    return np.asarray(np.sqrt(np.maximum(power, 0.0)), np.float32)


def _window() -> NDArray[np.float32]:
    """Root of a Hann window, used both ways: the squares of the overlapping windows sum to 2."""
    return np.sqrt(stft.periodic_hann(_WINDOW)).astype(np.float32)


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
