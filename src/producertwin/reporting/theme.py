"""The theme of all pictures: background, line colours and the font."""

from __future__ import annotations

from typing import Final

from PIL import ImageFont

PAPER: Final = (14, 16, 24)
INK: Final = (226, 228, 236)
FAINT: Final = (138, 144, 162)
GRID: Final = (38, 43, 60)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, so that a picture is the same on every machine."""
    return ImageFont.load_default(size)
