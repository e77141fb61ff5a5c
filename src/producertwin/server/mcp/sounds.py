"""A take as a picture and as a sound that is small enough to be sent in a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...errors import NotFound
from ...library import Take
from ...timebase import SAMPLE_RATE
from ..previews import Sound
from ..routes_takes import sound_of
from .attached import Attached

LONGEST: Final = 180.0
"""Seconds of a sound that are sent."""
LARGEST: Final = 4 << 20
"""Bytes of a sound that are sent, before they are written as base64."""
_WIDTH: Final = 800
"""Pixels; the picture that the page shows is wider."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A sound to be sent."""

    media: str
    content: bytes
    seconds: float


def draw(take: Take, attached: Attached) -> bytes:
    """The picture of a take as PNG: waveform above spectrogram. Raises as `_find_sound` does, `BadInput` for a long sound."""
    import io

    from PIL import Image

    here = attached.here
    path = here.previews.picture(_find_sound(take, attached))
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((_WIDTH, round(picture.height * _WIDTH / picture.width)))
    out = io.BytesIO()
    small.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def preview(take: Take, attached: Attached) -> Preview:
    """The sound of a take as Ogg Vorbis, as much of its beginning as may be sent. Raises as `_find_sound` does."""
    from ...audio.encoding import encode

    previews = attached.here.previews
    with previews.turn():  # what is not sent of an hour is gone before the next one is decoded
        samples = previews.decode(_find_sound(take, attached).path).samples[:, : round(LONGEST * SAMPLE_RATE)].copy()
    length = samples.shape[1]
    content = encode(samples, "ogg")
    while len(content) > LARGEST:
        length = int(length * 0.9 * LARGEST / len(content))
        content = encode(samples[:, :length], "ogg")
    return Preview("audio/ogg", content, round(length / SAMPLE_RATE, 3))


def _find_sound(take: Take, attached: Attached) -> Sound:
    """The sound of a take. Raises `NotFound` where it was kept as latents, which the instrument alone can play."""
    if not attached.here.library.takes.has_sound(take):
        raise NotFound(f"take {take.id} was kept as latents", remedy="call inspect with it: its job decodes it")
    return sound_of(take.id, attached.here)
