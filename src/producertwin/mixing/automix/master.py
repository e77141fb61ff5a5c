"""The master: a spectrum towards that of a style, or spectrum, width, dynamics and loudness of a song that somebody names.

Reference mastering works within bounds: `MOST_LIKE` dB a band, `WIDTHS`, `MOST_RATIO` and `LOUDNESSES`; what lies outside is
said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio import loudness
from ...audio.samples import Samples, finite
from ...errors import AudioRejected
from ..desk import Master
from ..effects import Compressor
from ..report import band_powers
from .curves import fit_curve
from .draft import Draft
from .readings import level_bands
from .targets import read_balances

Curve = NDArray[np.float64]
TARGET_LUFS: Final = -14.0
"""What streaming services play."""
MOST_STYLE: Final = 3.0
"""dB of a band towards a style."""
MOST_LIKE: Final = 6.0
"""dB of a band towards a named song."""
WIDTHS: Final = (0.5, 1.5)
LOUDNESSES: Final = (-24.0, -8.0)
MOST_RATIO: Final = 3.0
_FAINT_DB: Final = -45.0
"""Bands this far below the whole say nothing of a spectrum's shape."""


@dataclass(frozen=True, eq=False, slots=True)
class SoundShape:
    """A finished sound, or a sum of stems, as mastering sees it."""

    bands: Curve
    """Spectrum, dB against the whole (bands,)."""
    side: float
    """Energy of the side against the middle, dB, within 60."""
    range: float
    """Loudness range, LU."""
    lufs: float


def read_shape(sound: Samples) -> SoundShape:
    """The shape of `sound` (2, n). Raises `AudioRejected` for one that is silent or not finite."""
    if not finite(sound):
        raise AudioRejected("not_finite", "the song holds NaN or infinite samples", remedy="export it again")
    lufs = loudness.loudness(sound)
    if lufs <= loudness.GATE_LUFS:
        raise AudioRejected("silent", "the song is silent", remedy="name one that sounds")
    middle = float(np.square(sound[0] + sound[1], dtype=np.float64).sum())
    side = float(np.square(sound[0] - sound[1], dtype=np.float64).sum())
    apart = float(np.clip(10 * math.log10(max(side, 1e-12) / max(middle, 1e-12)), -60, 60))
    return SoundShape(level_bands(band_powers([sound])[0]), apart, loudness.loudness_range(sound), lufs)


def shape_master(draft: Draft) -> None:
    """Equalise the sum towards the spectrum of the style: a part of what lies outside the spread of the band's songs."""
    if _has_eq(draft.master) or len(draft.audible) < 2:
        return
    style = read_balances().styles[draft.style]
    own = level_bands(draft.powers().sum(axis=0))
    away = np.array(style.bands) - own
    spread = np.array(style.spread)
    away -= _mean(away, own)
    outside = np.sign(away) * np.maximum(np.abs(away) - spread, 0.0)
    fitted = fit_curve(0.6 * outside, most=MOST_STYLE, weights=_weigh_bands(own, np.array(style.bands)))
    if _has_eq(fitted):
        draft.change_master(**_equalisers(fitted))
        named = "mixes of every style" if draft.style == "any" else f"{draft.style} mixes"
        draft.tell("master", f"{tell_eq(fitted)}, because the sum has another spectrum than {named}")


def match_song(draft: Draft, own: SoundShape, song: SoundShape, name: str) -> None:
    """Set the master so that the sum of `own` shape comes near a `song`."""
    weights = _weigh_bands(own.bands, song.bands)
    fitted = fit_curve(song.bands - own.bands, most=MOST_LIKE, weights=weights)
    if _has_eq(fitted):
        draft.change_master(**_equalisers(fitted))
        draft.tell("master", f"{tell_eq(fitted)}, which brings the spectrum to that of {name}, {MOST_LIKE:g} dB a band at most")
    wide = 10 ** ((song.side - own.side) / 20)
    width = round(float(np.clip(wide, *WIDTHS)), 2)
    if own.side > -50 and abs(width - 1) > 0.05:
        draft.change_master(width=width)
        bounded = "" if abs(wide - width) < 0.01 else f" (it would take {wide:.2f})"
        draft.tell("master", f"width {width:g}, as wide as {name}{bounded}")
    tighter = own.range - song.range
    if tighter > 1:
        ratio = round(min(1 + tighter / 4, MOST_RATIO), 2)
        draft.change_master(glue=Compressor(threshold=-22, ratio=ratio, knee=12, attack=40, release=250))
        draft.tell(
            "master",
            f"glue {ratio:g}:1, because {name} has a loudness range of {song.range:.1f} LU and the sum one of {own.range:.1f}",
        )
    elif tighter < -3:
        draft.tell("master", f"the dynamics stay, although {name} has {-tighter:.1f} LU more range: a compressor cannot widen it")
    target = float(np.clip(round(song.lufs, 1), *LOUDNESSES))
    draft.change_master(loudness=target)
    draft.tell(
        "master", f"{target:g} LUFS, {'as loud as' if target == round(song.lufs, 1) else 'as near as it may come to'} {name}"
    )


def tell_eq(master: Master) -> str:
    """The equalisers of a master in words."""
    shelves = [
        f"{one.gain:+.1f} dB {side} {one.hz:g} Hz"
        for one, side in ((master.low_shelf, "below"), (master.high_shelf, "above"))
        if one
    ]
    return ", ".join([*shelves, *(f"{bell.gain:+.1f} dB at {bell.hz:g} Hz" for bell in master.bells)])


def _equalisers(fitted: Master) -> dict[str, object]:
    return {"low_shelf": fitted.low_shelf, "high_shelf": fitted.high_shelf, "bells": fitted.bells}


def _has_eq(master: Master) -> bool:
    return bool(master.low_shelf or master.high_shelf or master.bells)


def _weigh_bands(own: Curve, other: Curve) -> Curve:
    """1 where both spectra sound, little where one does not."""
    return np.where((own > _FAINT_DB) & (other > _FAINT_DB), 1.0, 0.02)


def _mean(away: Curve, own: Curve) -> float:
    heard = own > _FAINT_DB
    return float(away[heard].mean()) if heard.any() else 0.0
