"""Lyrics as ACE-Step reads them: `[Instrumental]`, or sections `[Intro] [Verse] [Chorus] [Bridge] [Outro]` and their lines.

Whatever people write for a section's name (`(Verse 1)`, `VERSE:`, `Refrain`, `[Hook x2]`) becomes one of ACE-Step's; lines
before the first section belong to a verse. Numbers and directions inside the mark are left out.
"""

from __future__ import annotations

import re
from typing import Final

from ..errors import BadInput
from ..music import INSTRUMENTAL, UNKNOWN, parse_language
from ..recipe import Record
from .text_files import clean

LONGEST: Final = 4_096
"""Most characters of one track's lyrics."""
_WORDS: Final = {
    "intro": "Intro",
    "verse": "Verse",
    "strophe": "Verse",
    "couplet": "Verse",
    "pre-chorus": "Pre-Chorus",
    "pre chorus": "Pre-Chorus",
    "prechorus": "Pre-Chorus",
    "chorus": "Chorus",
    "refrain": "Chorus",
    "hook": "Chorus",
    "bridge": "Bridge",
    "interlude": "Interlude",
    "break": "Interlude",
    "solo": "Interlude",
    "instrumental": "Interlude",
    "outro": "Outro",
    "ending": "Outro",
}
_MARK: Final = re.compile(r"^\s*(?:\[([^\]]*)\]|\(([^)]*)\)|([A-Za-z][A-Za-z -]{2,14}?(?:\s*\d{1,2})?)\s*:)\s*$")
_NOTHING: Final = frozenset({"", "[instrumental]", "[inst]", "instrumental", "(instrumental)", "n/a", "none"})


class Lyrics(Record):
    """The words of a track."""

    text: str
    """`[Instrumental]`, or sections and lines."""
    language: str = "unknown"
    """A code of `music.LANGUAGES`, or `unknown`."""
    notes: tuple[str, ...] = ()
    """What was changed on the way."""

    @property
    def instrumental(self) -> bool:
        """Whether nobody sings."""
        return self.text == INSTRUMENTAL


def normalise(text: str, *, language: str | None = None) -> Lyrics:
    """`text` in ACE-Step's form. Raises `BadInput` for binary or overlong text and for a language that ACE-Step does not know."""
    if "\x00" in text:
        raise BadInput("the lyrics are not text", remedy="give a UTF-8 text file")
    plain = clean(text).strip()
    if len(plain) > LONGEST:
        raise BadInput(f"the lyrics have {len(plain)} characters", remedy=f"give at most {LONGEST}")
    code = parse_language(language or UNKNOWN)
    if plain.casefold() in _NOTHING:
        return Lyrics(text=INSTRUMENTAL, language=code)
    sections, notes = _sections(plain)
    if not any(lines for _, lines in sections):
        return Lyrics(text=INSTRUMENTAL, language=code, notes=(*notes, "only section marks, no words"))
    body = "\n\n".join("\n".join([f"[{name}]", *lines]) for name, lines in sections)
    return Lyrics(text=body, language=code, notes=tuple(notes))


def section_of(line: str) -> str | None:
    """The section that a line marks, such as `Verse` for `(Verse 2)`; None for a line that marks none."""
    mark = _MARK.match(line)
    return _name(next(group for group in mark.groups() if group is not None)) if mark else None


def _sections(plain: str) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Sections with their lines in order, and what had to be guessed."""
    sections: list[tuple[str, list[str]]] = []
    notes: list[str] = []
    for line in plain.split("\n"):
        mark = _MARK.match(line)
        said = next(group for group in mark.groups() if group is not None) if mark else ""
        name = _name(said) if mark else None
        if name is not None:
            sections.append((name, []))
        elif mark and mark[1] is not None:
            notes.append(f"[{said}] is not a section and was left out")
        elif line.strip():
            if not sections:
                sections.append(("Verse", []))
                notes.append("lines before the first section were made a verse")
            sections[-1][1].append(" ".join(line.split()))
    return sections, notes


def _name(said: str) -> str | None:
    """The section that a mark means; None when it means none."""
    plain = re.sub(r"\b(?:x\s*\d+|\d+\s*x?|[ivx]+)\b|[:.,#].*$", " ", said.casefold())
    return _WORDS.get(" ".join(plain.split()))
