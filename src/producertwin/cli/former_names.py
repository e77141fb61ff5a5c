"""What commands were called before: every old spelling goes on working, and no help page shows it.

The words of a command line are brought to their present spelling before they are parsed, so a command is declared in one place.
The word `help` before a command is brought to `--help` behind it in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FORMER_OPTIONS: Final = {"takes export": {"--overwrite": "--force"}, "listen page": {"--overwrite": "--force"}}
"""Command -> its old options -> the present ones."""
FORMER: Final = {
    "band": "lab band",
    "pretrain": "lab pretrain",
    "evaluate nano": "lab measure nano",
    "evaluate embedder": "lab measure embedder",
    "evaluate band": "lab measure band",
    "evaluate": "prove",
    "compare": "runs compare",
    "adapters": "twins",
    "ingest": "tracks ingest",
    "screen": "tracks screen",
    "caption": "tracks caption",
    "split": "dataset split",
    "encode": "dataset encode",
    "dataset tracks": "tracks list",
    "dataset forget": "tracks forget",
}
"""Old spelling -> present one. Of two that fit, the longer is taken."""
VALUED: Final = frozenset({"--studio"})
"""Options before the command that take a value."""


def current_words(line: Sequence[str]) -> list[str]:
    """The words of a command line, with its command as it is called today."""
    words = list(line)
    start = _command_start(words)
    if words[start : start + 1] == ["help"]:
        return [*current_words([*words[:start], *words[start + 1 :]]), "--help"]
    options = FORMER_OPTIONS.get(" ".join(words[start : start + 2]), {})
    words = [options.get(word, word) for word in words]
    for length in (2, 1):
        said = words[start : start + length]
        if present := FORMER.get(" ".join(said)):
            return [*words[:start], *present.split(), *words[start + len(said) :]]
    return words


def _command_start(words: Sequence[str]) -> int:
    """Where the command begins, behind the options that stand before it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in VALUED else 1
    return at
