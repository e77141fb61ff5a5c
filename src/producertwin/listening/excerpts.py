"""The part of a sound that is heard: cut where the silence before it ends, faded, levelled, and written so that nothing tells.

Every presentation of a sound is rounded to 16 bits with a dither of its own (triangular, of two steps' width), so that no two
files of a test have the same bytes, and every file of a test is made equally long in bytes. Loudness is BS.1770's, of the cut.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from ..audio.edits import fade, gain
from ..audio.encoding import encode
from ..audio.levels import silent_ends, true_peak_db
from ..audio.loudness import GATE_LUFS, loudness
from ..audio.samples import Samples
from ..errors import BadInput
from ..metrics import degradations
from ..timebase import samples_of, seconds_of
from .plan import Form, ListeningPlan

CEILING_DB: Final = -1.0
"""True peak that no sound of a test passes."""
QUIET_DB: Final = -50.0
"""What is below this before a sound begins is its silent beginning: recordings and takes differ in it."""
_STEP: Final = 2.0**-15
_SPOILED: Final = (("overdrive", 0.7), ("low-pass", 0.85), ("noise", 0.7))
"""Degradations of an obvious pair, one after another: nobody who listens takes it for the sound itself."""
_PADDING: Final = 1
_LAST: Final = 0x80
_LONGEST_BLOCK: Final = (1 << 24) - 1


def excerpt(samples: Samples, plan: ListeningPlan) -> Samples:
    """The part of `samples` (2, n) that is heard, faded. Raises `BadInput` where there is too little of it, or only silence."""
    before, _ = silent_ends(samples, threshold_db=QUIET_DB)
    first, length = samples_of(before + plan.begin), samples_of(plan.seconds)
    if first + length > samples.shape[1]:
        left = max(0.0, seconds_of(samples.shape[1] - first))
        raise BadInput(f"only {left:.1f} s from where it begins", remedy=f"give longer sounds, or --seconds below {left:.1f}")
    found = fade(samples[:, first : first + length], fade_in=plan.fade, fade_out=plan.fade)
    if loudness(found) <= GATE_LUFS:
        raise BadInput("silent where it is cut", remedy="choose another --begin")
    return found


def spoil(samples: Samples, rng: np.random.Generator) -> Samples:
    """A copy that anybody can tell: overdriven, muffled and noisy."""
    for name, strength in _SPOILED:
        samples = degradations.DEGRADATIONS[name](samples, strength, rng)
    return samples


def max_loudness(samples: Samples) -> float:
    """Loudness in LUFS to which `samples` can be turned up before their true peak is at the ceiling."""
    return loudness(samples) + CEILING_DB - true_peak_db(samples)


def encode_excerpt(samples: Samples, lufs: float, form: Form, rng: np.random.Generator) -> bytes:
    """`samples` at `lufs`, dithered anew, as the bytes of a file; no tags are in it."""
    sound = gain(samples, lufs - loudness(samples))
    noise = rng.random(sound.shape, np.float32) - rng.random(sound.shape, np.float32)
    rounded = np.asarray(np.round((sound + noise * _STEP) / _STEP) * _STEP, np.float32)
    return encode(rounded, form, subtype=None if form == "mp3" else "PCM_16")


def pad_to_size(data: bytes, size: int, form: Form) -> bytes:
    """The file `data` made `size` bytes long without a change to its sound. `size` is `common_size` of all files of a test."""
    short = size - len(data)
    if short == 0:
        return data
    if form != "flac":
        raise BadInput(f"{form} files of {len(data)} and {size} bytes", remedy="prepare the test with --format flac")
    at = 4
    while not data[at] & _LAST:
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    opened = bytes([data[at] & ~_LAST & 0xFF]) + data[at + 1 : end]
    return data[:at] + opened + _padding(short) + data[end:]


def common_size(sizes: list[int], form: Form) -> int:
    """A size that every file of a test can be brought to: FLAC's padding takes at least four bytes."""
    return max(sizes) + (4 if form == "flac" else 0)


def _padding(room: int) -> bytes:
    """FLAC metadata of `room` bytes that says nothing, the last one marked as such."""
    blocks = []
    while room > 0:
        whole = min(room, _LONGEST_BLOCK + 4)
        if 0 < room - whole < 4:  # what is left could not hold a block
            whole -= 4
        room -= whole
        blocks.append(struct.pack(">I", (_PADDING | (0 if room else _LAST)) << 24 | whole - 4) + bytes(whole - 4))
    return b"".join(blocks)
