"""How a style sounds: four bars of it by the house band, played once and kept in STUDIO/cache/styles."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from ..disk import make_folder, write_whole
from ..errors import NotFound
from ..house_band.styles import STYLES

BARS: Final = 4
LONGEST: Final = 12.0
"""Seconds of a sample, at most."""
FADE: Final = 0.15
"""Seconds in which its end fades."""
SEED: Final = 3
KBPS: Final = 96
Turn = Callable[[], AbstractContextManager[None]]
"""For the length of a `with`, nobody else plays or reads a sound."""


def find_sample(style: str, studio: Path, turn: Turn) -> Path:
    """The file with a sample of the style with this id; it is played in its `turn` where there is none yet.

    Raises `NotFound`, and what `turn` raises.
    """
    from ..house_band.render import VERSION

    if style not in STYLES:
        raise NotFound(f"no style {style[:40]!r}", remedy="see the list of styles")
    path = studio / "cache" / "styles" / f"{VERSION}-{style}.mp3"
    if not path.is_file():
        with turn():
            if not path.is_file():
                make_folder(path.parent)
                write_whole(path, _play(style))
    return path


def _play(style: str) -> bytes:
    import numpy as np

    from ..audio.encoding import encode
    from ..house_band.compose import compose
    from ..house_band.render import render
    from ..timebase import SAMPLE_RATE

    score = compose(style, seed=SEED, seconds=LONGEST)
    seconds = min(LONGEST, BARS * score.meter * 60.0 / score.bpm)
    mix = render(score, seconds=seconds).mix.copy()
    fade = round(FADE * SAMPLE_RATE)
    mix[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return encode(mix, "mp3", kbps=KBPS)
