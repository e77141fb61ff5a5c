"""Audio embedders behind one interface, and the check for one that has collapsed.

A collapsed embedder puts every sound in one place: its distances are small for any two sets, and its captions fit everything.
The alarm is raised where different songs have a mean cosine above `LARGEST_COSINE`, or where captions fit their own songs no
better than other songs. It is meant for embedders of unit vectors and for songs of several producers where there are some: one
album may honestly be alike.

Sounds are (2, n) float32 at 48 kHz; vectors are (d,) float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ..audio.samples import Samples
from ..errors import BadInput
from ..timebase import SAMPLE_RATE, frame_seconds
from . import mel_stats as embedding
from .statistics import Floats, rows

if TYPE_CHECKING:
    from ..model.nano.embedder import Embedder

LARGEST_COSINE: Final = 0.8
"""Mean cosine of different songs above which an embedder has collapsed."""


class SoundEmbedder(Protocol):
    """Embeds sounds, and perhaps captions."""

    @property
    def name(self) -> str:
        """Name and version, printed with every figure."""

    @property
    def rate(self) -> int:
        """Samples per second of what `embed` takes."""

    @property
    def seconds(self) -> float | None:
        """Length of its windows (a longer sound is the mean over its windows); None embeds the whole sound at once."""

    def embed(self, samples: Samples) -> Floats:
        """The vector of stereo `samples` (2, n), shape (d,)."""

    def embed_text(self, caption: str) -> Floats | None:
        """The vector of a caption in the same space, shape (d,); None for an embedder without words."""


@dataclass(frozen=True, slots=True)
class MelStats:
    """`mel_stats` as an embedder: no learned weights, no words."""

    name: str = embedding.NAME
    rate: int = SAMPLE_RATE
    seconds: float | None = None

    def embed(self, samples: Samples) -> Floats:
        """Statistics of the mel spectrum, shape (240,)."""
        return embedding.embed(samples)

    def embed_text(self, caption: str) -> Floats | None:  # noqa: ARG002 - one signature for all
        """None: this embedder does not embed captions."""
        return None


@dataclass(frozen=True, slots=True, eq=False)
class OfflineEmbedder:
    """The embedder that ships with nano."""

    model: Embedder
    rate: int = SAMPLE_RATE

    @property
    def name(self) -> str:
        """Name and content hash."""
        return self.model.name

    @property
    def seconds(self) -> float:
        """What it was trained on."""
        from ..model.nano.embedder_net import CROP

        return frame_seconds(CROP)

    def embed(self, samples: Samples) -> Floats:
        """A unit vector, shape (128,)."""
        return self.model.embed_audio(samples).vector

    def embed_text(self, caption: str) -> Floats | None:
        """A unit vector, shape (128,)."""
        return self.model.embed_text(caption)


def mel_stats() -> SoundEmbedder:
    """The embedder that is always there."""
    return MelStats()


def offline_embedder(embedder: Embedder) -> SoundEmbedder:
    """nano's embedder, from `model.nano.embedder.load_embedder`."""
    return OfflineEmbedder(embedder)


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """How captions fit their own songs and others, each of shape (n,)."""

    ranks: NDArray[np.int64]
    """How many songs are nearer to each caption than its own: 0 is found first."""
    paired: Floats
    """Cosine of each caption with its own song."""
    shuffled: Floats
    """Mean cosine of each caption with all other songs."""

    @property
    def gaps(self) -> Floats:
        """Paired minus shuffled, shape (n,)."""
        return self.paired - self.shuffled


def caption_retrieval(song_vectors: NDArray[Any], caption_vectors: NDArray[Any]) -> Retrieval:
    """Retrieval of songs `song_vectors` (n, d) by their captions `caption_vectors` (n, d), row by row.

    Songs of equal cosine count half against.
    """
    sounds, words = (rows(vectors) for vectors in (song_vectors, caption_vectors))
    if sounds.shape != words.shape:
        raise BadInput(f"vectors of shapes {sounds.shape} and {words.shape} are no pairs", remedy="give one caption per song")
    cosines = _unit(words) @ _unit(sounds).T
    own = np.diag(cosines).copy()
    count = len(own)
    ahead = (cosines > own[:, None]).sum(axis=1)
    level = (cosines == own[:, None]).sum(axis=1) - 1
    return Retrieval(ahead + (level + 1) // 2, own, (cosines.sum(axis=1) - own) / (count - 1))


def mean_cosine(vectors: NDArray[Any]) -> float:
    """Mean cosine of two different rows of `vectors` (n, d)."""
    unit = _unit(rows(vectors))
    count = len(unit)
    return float(((unit.sum(axis=0) ** 2).sum() - (unit**2).sum()) / (count * (count - 1)))


def check_not_collapsed(vectors: NDArray[Any], paired: NDArray[Any] | None = None, shuffled: NDArray[Any] | None = None) -> None:
    """Raise `BadInput` where an embedder has collapsed.

    `vectors` (n, d) are different songs', the cosines (n,) `caption_retrieval`'s.
    """
    alike = mean_cosine(vectors)
    gap = None if paired is None or shuffled is None else float(np.mean(paired) - np.mean(shuffled))
    if alike <= LARGEST_COSINE and (gap is None or gap > 0):
        return
    captions = "no captions were compared" if gap is None else f"captions fit their own songs by {gap:+.3f} better than others"
    raise BadInput(
        f"the embedder has collapsed: different songs have a mean cosine of {alike:.3f} (at most {LARGEST_COSINE}), {captions}",
        remedy="report no figure of it; use another embedder, or other weights of this one",
    )


def _unit(vectors: Floats) -> Floats:
    found: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return found
