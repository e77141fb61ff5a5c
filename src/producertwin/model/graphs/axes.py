"""Inputs and outputs of each graph, and their axes: what an export writes and a player calls.

An axis of the same name has the same length in every input; one without a name has one length only. `samples` is 1 920 times
`frames`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Axes = Mapping[str, tuple[str, ...]]
"""Name of an input or output -> its axes."""
_TOKENS, _FRAMES, _CODES = ("batch", "tokens", ""), ("batch", "frames", ""), ("batch", "codes", "")
_AUDIO, _CHANNELS = ("batch", "", "samples"), ("batch", "", "frames")
AXES: Final[Mapping[str, tuple[Axes, Axes]]] = {
    "text_embedding": ({"ids": ("batch", "tokens")}, {"embeddings": _TOKENS}),
    "text_encoder": ({"embeddings": _TOKENS}, {"states": _TOKENS}),
    "condition_encoder": (
        {
            "text": ("batch", "words", ""),
            "text_mask": ("batch", "words"),
            "lyrics": ("batch", "syllables", ""),
            "lyrics_mask": ("batch", "syllables"),
            "references": ("batch", "references", "frames", ""),
            "references_mask": ("batch", "references"),
        },
        {"condition": _TOKENS, "condition_mask": ("batch", "tokens")},
    ),
    "transformer": (
        {
            "latents": _FRAMES,
            "level": ("batch",),
            "condition": _TOKENS,
            "condition_mask": ("batch", "tokens"),
            "context": _FRAMES,
        },
        {"velocity": _FRAMES},
    ),
    "audio_tokenizer": ({"latents": _FRAMES}, {"points": _CODES, "codes": _CODES}),
    "audio_codebook": ({"codes": _CODES}, {"points": _CODES}),
    "audio_detokenizer": ({"points": _CODES}, {"latents": _FRAMES}),
    "codec_encoder": ({"audio": _AUDIO}, {"mean": _CHANNELS, "deviation": _CHANNELS}),
    "codec_decoder": ({"latents": _CHANNELS}, {"audio": _AUDIO}),
}
"""Inputs and outputs by graph."""
FIRST_FRAME: Final[Axes] = {"first_frame": ("",)}
"""What a decoder takes too that is told where in the take its latents begin."""
CARRIED: Final[tuple[Axes, Axes]] = ({"carried": ("batch", ""), "carried_at": ("",)}, {"carry": _FRAMES})
"""What a decoder takes and gives too whose phases run on from tile to tile: cycles of each oscillator, float64."""
