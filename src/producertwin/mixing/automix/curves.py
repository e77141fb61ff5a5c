"""Responses of a desk's equalisers, and equalisers that come near a wanted response.

Responses are dB at `report.CENTRES` (27 thirds of octaves). Filters are second order as `effects.dsp` has them: analogue
prototypes through the bilinear transform, their corner kept (Bristow-Johnson, Cookbook formulae for audio EQ; Simper 2013).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from ...timebase import SAMPLE_RATE
from ..desk import Master, Strip
from ..effects import Bell, Pass, Shelf
from ..report import CENTRES

Curve = NDArray[np.float64]
_BUTTERWORTH: Final = {12: (0.70710678,), 24: (0.54119610, 1.30656296)}
_BELLS: Final = (130.0, 280.0, 600.0, 1_300.0, 2_800.0, 6_000.0)
_SHELVES: Final = (70.0, 11_000.0)
_SMALLEST: Final = 0.7
"""dB below which a band is not worth a filter."""
_STIFF: Final = 0.5
"""Weight of small gains against a near fit, so that neighbours do not fight one another."""


def draw_curve(part: Strip | Master) -> Curve:
    """Response of all equalisers of a strip or master, without gain, dB (bands,)."""
    total = np.zeros(len(CENTRES))
    if part.high_pass:
        total += _draw_pass(part.high_pass, high=True)
    if isinstance(part, Strip) and part.low_pass:
        total += _draw_pass(part.low_pass, high=False)
    for shelf, low in ((part.low_shelf, True), (part.high_shelf, False)):
        if shelf:
            total += draw_shelf(shelf, low=low)
    for bell in part.bells:
        total += draw_bell(bell)
    return total


def draw_bell(bell: Bell) -> Curve:
    """Response of a bell, dB (bands,)."""
    s, a = _s(bell.hz), 10 ** (bell.gain / 40)
    return _db((s * s + s * a / bell.q + 1) / (s * s + s / (a * bell.q) + 1))


def draw_shelf(shelf: Shelf, *, low: bool) -> Curve:
    """Response of a low or a high shelf, dB (bands,)."""
    s, a = _s(shelf.hz), 10 ** (shelf.gain / 40)
    bend = s * np.sqrt(a) / shelf.q
    flat, steep = s * s + bend + a, a * s * s + bend + 1
    return _db(a * (flat / steep if low else steep / flat))


def fit_curve(wanted: Curve, *, most: float, weights: Curve | None = None) -> Master:
    """A master whose shelves and bells come near the response `wanted`, none by more than `most` dB; the rest is as by default.

    What is the same in all bands is a gain and no matter of an equaliser: it is taken off first.
    """
    count = np.ones(len(CENTRES)) if weights is None else weights
    asked = wanted - float((wanted * count).sum() / max(count.sum(), 1e-9))
    columns = [draw_shelf(Shelf(hz=hz, gain=1), low=low) for hz, low in zip(_SHELVES, (True, False), strict=True)]
    columns += [draw_bell(Bell(hz=hz, gain=1, q=0.8)) for hz in _BELLS]
    drawn = np.stack([*columns, np.ones(len(CENTRES))], axis=1) * np.sqrt(count)[:, None]
    stiff = np.eye(len(columns) + 1)[: len(columns)] * _STIFF
    low, high = [*([-most] * len(columns)), -60.0], [*([most] * len(columns)), 60.0]
    target = np.concatenate([asked * np.sqrt(count), np.zeros(len(columns))])
    found = lsq_linear(np.concatenate([drawn, stiff]), target, (low, high)).x
    gains = [round(float(one), 1) if abs(one) >= _SMALLEST else 0.0 for one in found[:-1]]
    bass, treble = gains[0], gains[1]
    return Master(
        low_shelf=Shelf(hz=_SHELVES[0], gain=bass) if bass else None,
        high_shelf=Shelf(hz=_SHELVES[1], gain=treble) if treble else None,
        bells=tuple(Bell(hz=hz, gain=gain, q=0.8) for hz, gain in zip(_BELLS, gains[2:], strict=True) if gain),
    )


def _draw_pass(one: Pass, *, high: bool) -> Curve:
    s = _s(one.hz)
    total = np.zeros(len(CENTRES))
    for q in _BUTTERWORTH[one.slope]:
        total += _db((s * s if high else 1.0) / (s * s + s / q + 1))
    return total


def _s(hz: float) -> NDArray[np.complex128]:
    """Where the centres lie for a filter at `hz`, the bilinear transform taken into account."""
    corner = min(hz, 0.45 * SAMPLE_RATE)
    return np.asarray(1j * np.tan(np.pi * CENTRES / SAMPLE_RATE) / np.tan(np.pi * corner / SAMPLE_RATE), np.complex128)


def _db(response: NDArray[np.complex128]) -> Curve:
    return np.asarray(20 * np.log10(np.maximum(np.abs(response), 1e-6)), np.float64)
