"""The noise of torch's CPU generator without torch, so that a seed means the same take on either engine.

torch draws 32 bits at a time from a Mersenne Twister that is seeded with the low 32 bits of the seed, as numpy's `RandomState`
is. Sixteen normally distributed numbers or more are made in blocks of sixteen: 24 bits of each draw are a number from 0 to 1; the
first eight of a block are radii and the last eight angles (Box and Muller 1958). Where the count is no multiple of sixteen, the
last sixteen are made of sixteen draws more. The numbers are torch's but for rounding, 1e-6 at most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEWEST = 16
"""torch makes fewer numbers than these in another way; no take is so short."""
_HALF = 8
_BITS = np.uint32((1 << 24) - 1)
_STEP = np.float32(2.0**-24)


class NumpyGenerator:
    """A source of noise."""

    def __init__(self, seed: int) -> None:
        self._state = np.random.RandomState(seed & 0xFFFFFFFF)

    def normal(self, *shape: int) -> NDArray[np.float32]:
        """Standard normal numbers, at least `FEWEST` of them."""
        count = int(np.prod(shape))
        if count < FEWEST:
            raise ValueError(f"{count} numbers are fewer than {FEWEST}")
        found, whole = self._uniform(count), count - count % FEWEST
        found[:whole] = _box_muller(found[:whole])
        if whole < count:
            found[-FEWEST:] = _box_muller(self._uniform(FEWEST))
        return found.reshape(shape)

    def _uniform(self, count: int) -> NDArray[np.float32]:
        drawn = self._state.randint(0, 2**32, count, np.uint32)
        return (drawn & _BITS).astype(np.float32) * _STEP


def _box_muller(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    blocks = uniform.reshape(-1, 2, _HALF)
    radius = np.sqrt(np.float32(-2.0) * np.log(np.float32(1.0) - blocks[:, 0]))
    angle = np.float32(2.0 * np.pi) * blocks[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)
