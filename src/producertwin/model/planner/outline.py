"""What the planner says of a song, and the form it says it in: YAML lines between `<think>` and `</think>`, then the lyrics.

Source: ACE-Step 1.5, `acestep/llm_inference.py` (`_format_metadata_as_cot`, `parse_lm_output`). Written: PyYAML's block style at
its width of 80, keys in alphabetical order, what is not known left out. Read: a line that begins with `name:` begins a field,
indented lines go on with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import BadInput
from ...music import METERS, Key

OPEN, CLOSE = "<think>", "</think>"
FIELDS = ("bpm", "caption", "duration", "genres", "keyscale", "language", "timesignature")
"""Names of the fields, in their order."""
_FIELD = re.compile(rf"({'|'.join(FIELDS)}):(.*)")
_HEADING = re.compile(r"#\s*Lyrics?\s*\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a song; None or an empty text is what nobody said."""

    caption: str = ""
    lyrics: str = ""
    bpm: int | None = None
    """Beats per minute."""
    key: str | None = None
    """Tonic and mode, `F# minor`, as it was written."""
    meter: int | None = None
    """Beats per bar."""
    seconds: int | None = None
    language: str | None = None
    """A code such as `en`; `unknown` where nobody sings."""
    genres: str = ""

    @property
    def has_all_metas(self) -> bool:
        """Whether tempo, key, meter and length are known: upstream then asks the planner for no metas."""
        return None not in (self.bpm, self.key, self.meter, self.seconds)

    @property
    def fields(self) -> dict[str, str]:
        """Value of every known field but the lyrics, by the planner's name for it."""
        known = {"bpm": self.bpm, "caption": self.caption, "duration": self.seconds, "genres": self.genres,
                 "keyscale": self.key, "language": self.language, "timesignature": self.meter}  # fmt: skip
        return {name: str(value) for name, value in known.items() if value not in (None, "")}


def write_thought(outline: Outline) -> str:
    """`outline` as the planner's thought, between its tags; genres are left out, as upstream does before the codes."""
    from yaml import dump

    items = {name: int(value) if value.isdecimal() else value for name, value in outline.fields.items() if name != "genres"}
    body = dump(items, allow_unicode=True, sort_keys=True).strip() if items else ""
    return f"{OPEN}\n{body}\n{CLOSE}"


def read_outline(text: str) -> Outline:
    """What the planner wrote: its thought, and the lyrics after it, without control characters.

    Raises `BadInput` for a value outside the grammar.
    """
    lines = "\n".join(text.splitlines())  # every sign that breaks a line, before the controls among them are gone
    shown = "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    thought, _, rest = shown.partition(CLOSE)
    found = _read_fields(thought.partition(OPEN)[2])
    lyrics = _HEADING.sub("", rest.strip(), count=1) if _HEADING.match(rest.strip()) else rest.strip()
    try:
        return Outline(
            caption=_unquote(found.get("caption", "")),
            lyrics=lyrics.strip(),
            bpm=_whole(found.get("bpm")),
            key=_check_key(found.get("keyscale")),
            meter=_whole(found.get("timesignature"), METERS),
            seconds=_whole(found.get("duration")),
            language=found.get("language"),
            genres=_unquote(found.get("genres", "")),
        )
    except (ValueError, BadInput) as error:
        raise BadInput(
            f"the planner wrote {thought.strip()!r:.200}, which is no outline: {error}", remedy="try another seed"
        ) from None


def _read_fields(thought: str) -> Mapping[str, str]:
    """Value of each field of a thought, its lines joined by a space."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in thought.splitlines():
        begun = _FIELD.fullmatch(line)
        if begun:
            lines = found.setdefault(begun[1], [])
            lines.append(begun[2].strip())
        elif line[:1] in (" ", "\t"):
            lines.append(line.strip())
    return {name: value for name, parts in found.items() if (value := " ".join(filter(None, parts)))}


def _unquote(text: str) -> str:
    """`text` without the quotes that YAML puts around what holds its own signs."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _check_key(text: str | None) -> str | None:
    if text is not None:
        Key.parse(text)
    return text


def _whole(text: str | None, among: tuple[int, ...] = ()) -> int | None:
    if text is None:
        return None
    value = int(text)
    if among and value not in among:
        raise ValueError(f"{value} is none of {among}")
    return value
