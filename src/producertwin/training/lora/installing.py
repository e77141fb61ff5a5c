"""Whether a finished run becomes the twin of its producer, and what that does to the one that is installed.

Nothing is lost either way: an installed twin that is replaced is kept as a version, and a run that is not installed keeps its
adapter. But what `--adapter PRODUCER` plays changes by installing, so a short trial never takes the place of a longer training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import NotFound
from ...library.adapters import InstalledTwin, describe, get_installed
from .plan import Install


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a run's adapter."""

    installs: bool
    why: str
    """A sentence: why it is not installed, or what happens to the twin that is; empty where there is none."""


def decide(install: Install, producer: str, variant: str, steps: int, studio: Path) -> Decision:
    """Whether a run of `steps` steps on `variant` is to be installed as the twin of `producer`."""
    if install == "never":
        return Decision(False, "it stays in its run, as --no-install asks")
    there = _find(producer, studio)
    if there is None:
        return Decision(True, "")
    card = describe(there.folder).card
    made, of = card.get("steps", ""), card.get("variant", "")
    is_longer = made.isdigit() and int(made) > steps
    if install == "always" or not (is_longer or (of and of != variant)):
        number = int(there.versions[-1].name) + 1 if there.versions else 1
        return Decision(True, f"the twin that is installed ({_name(made, of)}) is kept as version {number:04d}")
    return Decision(False, f"the twin that is installed ({_name(made, of)}) stays: this run is of {_name(str(steps), variant)}")


def _find(producer: str, studio: Path) -> InstalledTwin | None:
    """The twin of `producer`, if one can be played."""
    try:
        found = get_installed(producer, studio)
    except NotFound:
        return None
    return found if found.size else None


def _name(steps: str, variant: str) -> str:
    return f"{steps or 'unknown'} step{'' if steps == '1' else 's'}" + (f" on {variant}" if variant else "")
