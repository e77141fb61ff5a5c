"""Names of files that every system and workstation takes: ASCII, no spaces, `Song_Stem_Key_BPM.wav`.

The full title stands inside the files. Workstations that look for a tempo read it from the name first (`_96bpm`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from ...music import Key
from ...wording import write_number
from .session import Grid

LONGEST: Final = 48
"""Characters of a title or stem in a name; whole paths stay below the 260 that Windows takes."""
_RESERVED: Final = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
"""Names that Windows keeps for itself, whatever their suffix."""
_LETTERS: Final[dict[str, int | str | None]] = {
    "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "œ": "oe", "Œ": "Oe", "þ": "th", "ð": "d",
    "ı": "i", "&": " and ", "'": "", "’": "",
}  # fmt: skip
"""Letters that are more than an accent away from ASCII, and signs that stand for words or nothing."""


def plain(text: str, fallback: str) -> str:
    """`text` as part of a name: accents left out, words joined by `-`, cut; `fallback` where no ASCII letter or digit is left."""
    decomposed = unicodedata.normalize("NFKD", text.translate(str.maketrans(_LETTERS))).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", decomposed)
    joined = "-".join(words)
    cut = joined[:LONGEST]
    if len(joined) > LONGEST and joined[LONGEST] != "-" and "-" in cut:
        cut = cut.rpartition("-")[0]
    name = cut.strip("-") or fallback
    return f"{name}-song" if _RESERVED.fullmatch(name) else name


def short_key(key: Key) -> str:
    """`Am`, `F#m`, `Bb`."""
    tonic = str(key).split()[0]
    return tonic + ("m" if key.mode == "minor" else "")


def facts(grid: Grid | None, key: Key | None) -> str:
    """`_Am_96bpm`, without what is not known."""
    told = [short_key(key)] if key is not None else []
    told += [f"{write_number(round(grid.tempo, 2))}bpm"] if grid is not None and not grid.tempi else []
    return "".join(f"_{one}" for one in told)


def stem_names(title: str, stems: Iterable[str], grid: Grid | None, key: Key | None) -> tuple[str, ...]:
    """Names of the files of `stems`, each once: a second stem of a name is numbered."""
    song, end = plain(title, "Song"), facts(grid, key)
    found: list[str] = []
    for stem in stems:
        part = plain(stem, "Stem")
        name, count = part, 1
        while f"{song}_{name}{end}.wav".casefold() in (other.casefold() for other in found):
            count += 1
            name = f"{part}-{count}"
        found.append(f"{song}_{name}{end}.wav")
    return tuple(found)
