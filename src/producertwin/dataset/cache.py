"""The cache of encoded music: what a variant makes of a training set, computed once by `encode` and read by training.

In STUDIO/cache/encoded lie latents (frames, width) and states (tokens, hidden), each under the key of what it was computed from:
the content (a clip's blob, or token ids), the revision of the weights and their type. So nothing is ever stale, and equal words
are kept once. States that an instrument computes in a coarser type are kept as float32, which holds them exactly. A stem's key
also names its track's mix and clips, which decide how it is cut and levelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..library import Library, Track
from ..model.instrument import Instrument
from ..model.sampling import conditioning, timbre
from ..model.sampling.prompts import PromptTokens, TokenLimits, build
from ..model.sampling.request import Latents, Metas, Request
from ..recipe import fingerprint
from ..timebase import seconds_of
from .array_cache import ArrayCache
from .manifest import Row

VERSION: Final = 1
"""Raised when the same content would be encoded otherwise."""
STEMS: Final = 2
"""Raised when the stems of the same clips would be cut or levelled otherwise."""
States = NDArray[np.float32]
"""What stands for words, `(tokens, hidden)`."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedClip:
    """One clip as training reads it; the arrays are mapped from their files, and what is written to them stays in memory."""

    seconds: float
    latents: Latents
    """The most likely ones."""
    text: States
    """Hidden states of the text encoder for the row's caption, facts and the clip's duration."""
    lyrics: States
    """Embeddings of the wrapped lyrics."""
    stems: Mapping[str, Latents] = field(default_factory=dict)
    """Stem to its latents, as many frames as the clip's, where they were asked for."""

    @property
    def text_mask(self) -> NDArray[np.bool_]:
        """Which tokens of `text` count: all, for every clip is encoded alone and without padding."""
        return np.ones(len(self.text), np.bool_)

    @property
    def lyric_mask(self) -> NDArray[np.bool_]:
        """Which tokens of `lyrics` count: all."""
        return np.ones(len(self.lyrics), np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedRow:
    """A row of a training set, its facts and its clips."""

    row: Row
    clips: tuple[EncodedClip, ...]
    """In the order of the row's."""
    reference: Latents
    """What the timbre encoder hears without a reference: the variant's own silence, never zeros."""


class EncodedCache:
    """What `instrument` makes of the music in `library`, as far as it was encoded."""

    def __init__(self, library: Library, instrument: Instrument) -> None:
        self.library, self.instrument = library, instrument
        self.entries = ArrayCache(library.studio / "cache" / "encoded")
        self._sounds = [VERSION, instrument.revision, str(instrument.vae.dtype)]
        self._words = [VERSION, instrument.revision, str(instrument.condition_encoder.null_condition_emb.dtype)]

    def row(self, row: Row, *, stems: bool = False) -> EncodedRow:
        """`row` as training reads it, with the stems its track has where `stems` asks for them.

        After the first time, when every file is checked, nothing but the pages that are touched is read: a set may be larger than
        memory. Raises `NotFound` where something was not encoded or is damaged.
        """
        track = self.library.tracks.get(row.track) if stems else None
        clips = tuple(self._clip(row, place, track) for place in range(len(row.clips)))
        return EncodedRow(row, clips, self.entries.get(self.reference_key).array)

    def prompt_of(self, row: Row, samples: int) -> PromptTokens:
        """Token ids of what the instrument reads for a clip of `row` that lasts `samples`, as at inference."""
        metas = Metas.of(row.bpm, row.key, row.meter, row.language)
        seconds, card = seconds_of(samples), self.instrument.card
        request = Request(row.caption, seconds, seed=0, lyrics=row.lyrics, metas=metas)
        return build(
            self.instrument.tokenizer, request, seconds, limits=TokenLimits(card.text_tokens, card.lyric_tokens, card.few_words)
        )

    def clip_key(self, blob: str) -> str:
        """Key of the latents of a clip."""
        return fingerprint(["clip", *self._sounds, blob])

    def stem_key(self, row: Row, track: Track, stem: str, place: int) -> str:
        """Key of the latents of the stem that belongs to the row's clip at `place`."""
        return fingerprint(["stem", STEMS, *self._sounds, track.stems[stem], track.audio, row.clips, place])

    def text_key(self, prompt: PromptTokens) -> str:
        """Key of the text encoder's states."""
        return fingerprint(["text", *self._words, prompt.text])

    def lyrics_key(self, prompt: PromptTokens) -> str:
        """Key of the lyric's embeddings."""
        return fingerprint(["lyrics", *self._words, prompt.lyrics])

    @property
    def reference_key(self) -> str:
        """Key of the silent reference."""
        return fingerprint(["reference", *self._words])

    def _clip(self, row: Row, place: int, track: Track | None) -> EncodedClip:
        sound = self.entries.get(self.clip_key(row.clips[place]))
        prompt = self.prompt_of(row, sound.samples)
        parts = track.stems if track is not None else ()
        return EncodedClip(
            seconds_of(sound.samples),
            sound.array,
            self.entries.get(self.text_key(prompt)).array,
            self.entries.get(self.lyrics_key(prompt)).array,
            {stem: self.entries.get(self.stem_key(row, track, stem, place)).array for stem in parts if track is not None},
        )


def encode_conditions(instrument: Instrument, prompt: PromptTokens) -> tuple[States, States, Latents]:
    """Text states, lyric embeddings and silent reference, as the condition encoder gets them at inference, float32."""
    text, lyrics = timbre.words(instrument, prompt)
    kind = instrument.condition_encoder.null_condition_emb.dtype
    read = (text, lyrics, conditioning.timbre(instrument).to(kind))
    said, sung, reference = (tensor[0].float().cpu().numpy() for tensor in read)
    return said, sung, reference
