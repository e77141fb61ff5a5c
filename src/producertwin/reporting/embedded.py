"""Pictures and sounds that stand inside a page, as addresses that hold them."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Final

from PIL import Image

from ..audio import files
from ..audio.samples import Samples
from .html import Markup
from .spectrogram import spectrogram
from .waveform import colours

KBPS: Final = 192
"""Of the MP3 inside a page."""
_WIDTH: Final = 240
_HEIGHT: Final = 72
_SPAN_DB: Final = 70.0


def thumbnail(sound: Samples, what: str) -> Markup:
    """A small spectrogram of `sound` (2, n) inside the page; `what` says in words what it shows."""
    level = spectrogram(sound, _WIDTH, _HEIGHT)
    out = io.BytesIO()
    Image.fromarray(colours((level - level.max() + _SPAN_DB) / _SPAN_DB)).save(out, "PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode()
    return Markup(f'<img src="data:image/png;base64,{data}" width="{_WIDTH}" height="{_HEIGHT}" alt="{escape(what)}">')


def sound_address(sound: Samples) -> str:
    """A sound (2, n) as an address that holds it, coded as MP3."""
    return f"data:audio/mpeg;base64,{base64.b64encode(files.encode(sound, 'mp3', kbps=KBPS)).decode()}"
