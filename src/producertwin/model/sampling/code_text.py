"""Audio codes as text: what is left of music at five numbers per second, so that it can be kept, edited and handed over.

As ACE-Step 1.5 writes them (`core/generation/handler/audio_codes.py`): `<|audio_code_N|>`, one after the other, each for five
latent frames. N counts the points of a grid (finite scalar quantisation, Mentzer et al. 2023): levels 8, 8, 8, 5, 5, 5, the first
dimension fastest, so 0 to 63 999. Upstream passes over other text and moves N into that range; here both are refused, because a
file that was cut or mistyped would play something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import BadInput
from ...timebase import FRAMES_PER_CODE

Codes = tuple[int, ...]
"""Audio codes, 5 per second."""
CODEBOOK = 8 * 8 * 8 * 5 * 5 * 5
"""How many codes there are."""
_CODE = re.compile(r"<\|audio_code_([0-9]{1,9})\|>")
_SHOWN = 40
"""Characters that a message shows of what is no code."""
LIKE = "write codes as <|audio_code_0|> to <|audio_code_63999|>, with nothing but spaces between them"


def parse_codes(text: str) -> Codes:
    """The codes that `text` holds. Raises `BadInput` for none, for anything beside codes and spaces, and for one out of range."""
    other = " ".join(_CODE.sub(" ", text).split())
    if other:
        shown = other if len(other) <= _SHOWN else f"{other[:_SHOWN]}…"
        raise BadInput(f"{shown!r} is no audio code", remedy=LIKE)
    codes = tuple(int(number) for number in _CODE.findall(text))
    if not codes:
        raise BadInput("there are no audio codes", remedy=LIKE)
    return check_codes(codes)


def write_codes(codes: Sequence[int]) -> str:
    """`codes` as one line of text; `parse_codes` gives them back."""
    return "".join(f"<|audio_code_{code}|>" for code in codes)


def check_codes(codes: Codes, size: int = CODEBOOK) -> Codes:
    """`codes` if each is one of the `size` that there are, else `BadInput`."""
    wrong = next(((place, code) for place, code in enumerate(codes, 1) if not 0 <= code < size), None)
    if wrong is not None:
        raise BadInput(
            f"audio code {wrong[1]}, the {wrong[0]}. of {len(codes)}, is out of range", remedy=f"codes are 0 to {size - 1}"
        )
    return codes


def codes_for(frames: int) -> int:
    """How many codes `frames` latent frames have; the last may be filled up with silence."""
    return -(-frames // FRAMES_PER_CODE)
