"""One clock for samples, latent frames and codes.

ACE-Step 1.5 hears 48 kHz stereo; its VAE makes one latent frame of 1 920 samples (25 per second), and its
tokenizer one code of five frames (5 per second). Every other module derives its lengths from here.
"""

from __future__ import annotations

import math
from typing import Final

SAMPLE_RATE: Final = 48_000
"""Samples per second of all audio inside the studio."""
CHANNELS: Final = 2
HOP: Final = 1_920
"""Samples per latent frame."""
LATENT_RATE: Final = SAMPLE_RATE // HOP
"""Latent frames per second."""
FRAMES_PER_CODE: Final = 5
CODE_RATE: Final = LATENT_RATE // FRAMES_PER_CODE
"""Quantised codes per second."""
MIN_SECONDS: Final = 1.0
MAX_SECONDS: Final = 600.0
"""Shortest and longest take the instrument is asked for."""


def samples_of(seconds: float) -> int:
    """Nearest whole number of samples in `seconds`."""
    return round(seconds * SAMPLE_RATE)


def seconds_of(samples: int) -> float:
    """Seconds that `samples` samples last."""
    return samples / SAMPLE_RATE


def frames_of(seconds: float) -> int:
    """Fewest latent frames that cover `seconds`; a whole number of samples never rounds up twice."""
    return math.ceil(samples_of(seconds) / HOP)


def frame_seconds(frames: int) -> float:
    """Seconds that `frames` latent frames last."""
    return frames / LATENT_RATE


def round_up_to_hop(samples: int) -> int:
    """Smallest multiple of the hop that is not less than `samples`."""
    return math.ceil(samples / HOP) * HOP
