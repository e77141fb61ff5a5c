"""What an instrument encoded lately, so that stages and takes that share a prompt, a reference or a source encode it once.

An encoding is found again by all that decides it: the instrument's weights, the adapters that act on its condition encoder, and
the very content. What was not asked for the longest is forgotten first.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from .arrays import Array
from .request import Samples

MOST_BYTES = 256_000_000
"""Of all encodings together: some hundred prompts, and the latents of hours of music."""


class Encodings:
    """Arrays by what they encode."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._kept: OrderedDict[tuple[object, ...], Array] = OrderedDict()

    def recall(self, key: tuple[object, ...], encode: Callable[[], Array]) -> Array:
        """The encoding that `key` names, made by `encode` where it is not known."""
        if key not in self._kept:
            self._kept[key] = encode()
            while len(self._kept) > 1 and self.bytes > self.most_bytes:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(int(array.nbytes) for array in self._kept.values())

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()


def digest_of(audio: Samples) -> bytes:
    """What names the content of a sound."""
    return hashlib.blake2b(np.ascontiguousarray(audio).data, digest_size=16, person=str(audio.shape).encode()[:16]).digest()
