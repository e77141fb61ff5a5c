"""The short-time Fourier transform: windows of a sound, tapered, as spectra.

Sounds are (…, samples) float32 at any rate; windows are (…, windows, size); spectra are (…, windows, size/2 + 1) complex64. The
taper is Hann's unless another is given. No sound is padded here: only whole windows are cut.

Two libraries can do the transform. Their spectra agree within a millionth of the largest bin, not to the last bit; scipy's takes
a half to a tenth of the time. What is stored and compared (takes cut out of a mix, meters in a take's record, fingerprints)
stays with the one it was made by.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Library = Literal["numpy", "scipy"]


def windows(sound: NDArray[np.float32], size: int, hop: int = 1) -> NDArray[np.float32]:
    """All whole windows of `size` samples of `sound` (…, samples), `hop` apart: a view, (…, windows, size)."""
    view: NDArray[np.float32] = sliding_window_view(sound, size, axis=-1)[..., ::hop, :]
    return view


def spectra(
    cut: NDArray[np.float32], taper: NDArray[np.float32] | None = None, *, library: Library = "numpy"
) -> NDArray[np.complex64]:
    """The spectra of windows `cut` (…, size), each times `taper` (size,)."""
    tapered = cut * (hann(cut.shape[-1]) if taper is None else taper)
    found = np.fft.rfft(tapered, axis=-1) if library == "numpy" else scipy.fft.rfft(tapered, axis=-1)
    return np.asarray(found, np.complex64)


def power(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Square of the magnitudes, same shape."""
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


@lru_cache(maxsize=16)
def hann(size: int) -> NDArray[np.float32]:
    """The periodic Hann window, (size,); not to be written to."""
    window = periodic_hann(size).astype(np.float32)
    window.setflags(write=False)
    return window


def periodic_hann(size: int) -> NDArray[np.float64]:
    """The periodic Hann window in double precision, (size,): its copies half a window apart sum to 1."""
    return np.asarray(np.hanning(size + 1)[:-1], np.float64)


def bin_hz(size: int, rate: float) -> NDArray[np.float64]:
    """Frequency of every bin of windows of `size` at `rate`, (size/2 + 1,)."""
    return np.asarray(np.fft.rfftfreq(size, 1 / rate), np.float64)
