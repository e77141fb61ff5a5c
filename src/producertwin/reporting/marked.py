"""Waveform and spectrogram with marked stretches: where something was found, and what.

The marks stand in lanes below the picture, one lane per name, and as thin bars over it; a moment is drawn as a line. What reaches
over the whole sound is named in its lane and not drawn over the picture.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..audio.samples import as_channels
from ..timebase import SAMPLE_RATE
from .theme import FAINT, GRID, INK, PAPER, font
from .waveform import BOTTOM, LEFT, RIGHT, TOP, WIDTH, draw

_LANE: Final = 22
_MOST_LANES: Final = 16
_LEAST_WIDTH: Final = 3
"""Pixels of a moment."""
_MOST_DRAWN: Final = 400
"""Marks of one lane."""
_PICTURE_SECONDS: Final = 600.0
"""A longer sound is drawn by every n-th of its stretches of samples."""
COLOURS: Final = {"failure": (255, 99, 92), "warning": (252, 190, 92), "info": (138, 160, 190)}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a sound, and what is there."""

    name: str
    start: float
    end: float
    severity: str


def draw_marked(samples: NDArray[Any], marks: Sequence[Mark], *, title: str = "", subtitle: str = "") -> bytes:
    """The PNG of `samples` (channels, n) at 48 kHz with `marks`."""
    sound = as_channels(samples)
    above = Image.open(io.BytesIO(draw(sound, title=title, subtitle=subtitle))).convert("RGB")
    names = list(dict.fromkeys(mark.name for mark in marks))
    lanes = names[:_MOST_LANES]
    image = Image.new("RGB", (WIDTH, above.height + _LANE * (len(lanes) + (len(names) > len(lanes))) + 12), PAPER)
    image.paste(above, (0, 0))
    pen = ImageDraw.Draw(image, "RGBA")
    seconds = max(sound.shape[1], 1) / SAMPLE_RATE

    def column(at: float) -> float:
        share = min(max(at / seconds, 0.0), 1.0)
        return float(LEFT + share * (WIDTH - RIGHT - LEFT))

    for number, name in enumerate(lanes):
        top = above.height + number * _LANE
        own = [mark for mark in marks if mark.name == name]
        pen.rectangle((LEFT, top + 3, WIDTH - RIGHT, top + _LANE - 4), GRID)
        for mark in own[:_MOST_DRAWN]:
            left = column(mark.start)
            right = max(column(mark.end), left + _LEAST_WIDTH)
            colour = COLOURS[mark.severity]
            pen.rectangle((left, top + 3, right, top + _LANE - 4), colour)
            if mark.severity != "info" and right - left < 0.9 * (WIDTH - RIGHT - LEFT):
                pen.rectangle((left, TOP, right, above.height - BOTTOM), (*colour, 46))
                pen.line((left, TOP, left, above.height - BOTTOM), (*colour, 150))
        words = name if len(own) == 1 else f"{name} ({len(own)})"
        pen.text((LEFT + 6, top + _LANE / 2), words, INK, font(13), anchor="lm", stroke_width=2, stroke_fill=PAPER)
    if len(names) > len(lanes):
        rest = ", ".join(names[len(lanes) :])
        pen.text((LEFT + 6, image.height - 14), f"and {rest}"[:160], FAINT, font(12), anchor="lm")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def thin_out(samples: NDArray[Any]) -> tuple[NDArray[np.float32], float]:
    """A sound to draw in place of a long one, and how many seconds of the sound one of its seconds stands for."""
    sound = as_channels(samples)
    most = round(_PICTURE_SECONDS * SAMPLE_RATE)
    if sound.shape[1] <= most:
        return sound, 1.0
    part = SAMPLE_RATE // 10
    every = -(-sound.shape[1] // most)
    starts = range(0, sound.shape[1] - part + 1, every * part)
    kept = np.concatenate([sound[:, start : start + part] for start in starts], axis=1)
    return kept, sound.shape[1] / kept.shape[1]
