"""References made by hand."""

from __future__ import annotations

import hashlib
from typing import Any

from producertwin.agent.references import Reference

FORM = "intro 4, verse 8, chorus 8, verse 8, chorus 8"
CHORDS = "intro: Dm | Gm\nverse: Dm | Bb | Gm | A\nchorus: F | C | Dm | Bb"


def reference(name: str = "song.wav", **facts: Any) -> Reference:
    """A song that was read surely, but for `facts`."""
    known = {
        "content": "b2:" + hashlib.blake2b(name.encode(), digest_size=32).hexdigest(),
        "name": name, "seconds": 90.0, "bpm": 96.4, "key": "D minor", "style": "jazz-trio", "instruments": ("piano", "saxophone"),
        "form": FORM, "chords": CHORDS, "loudness": -16.2, "vector": (1.0, *(0.0,) * 127),
    }  # fmt: skip
    return Reference.model_validate(known | facts)
