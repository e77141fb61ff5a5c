"""Programs that play a sound in a terminal session."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..audio import files
from ..errors import BadInput, Unavailable

NONE: Final = "none"
"""Asked for instead of a program: nothing is played, paths are told."""


@dataclass(frozen=True, slots=True)
class Player:
    """A program that plays the file it is given."""

    command: tuple[str, ...]
    wav: bool = False
    """Whether it takes wav only (others would be played as noise)."""
    waits: bool = True
    """Whether it ends when the sound does; else it only opens the sound."""

    def play(self, path: Path, room: Path) -> None:
        """Play the file, through a wav copy in `room` where it has to be. Raises `Unavailable` where the program fails."""
        heard = path
        if self.wav and path.suffix != ".wav":
            heard = files.write(room / "sound.wav", files.read(path), subtype="PCM_16")
        try:
            done = subprocess.run([*self.command, str(heard)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            raise Unavailable(f"cannot start {self.command[0]}: {error.strerror}", remedy="give another --player") from None
        if done.returncode:
            raise Unavailable(f"{self.command[0]} could not play {heard}", remedy="give another --player, or --player none")


KNOWN: Final = (
    Player(("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet")),
    Player(("afplay",)),
    Player(("paplay",), wav=True),
    Player(("aplay", "-q"), wav=True),
    Player(("xdg-open",), waits=False),
)
"""Players in the order they are looked for."""


def find(asked: str | None, which: Callable[[str], str | None] = shutil.which) -> Player | None:
    """The player that is asked for, a command line, or the first known one that is installed; None where there is none.

    Raises `BadInput` where the asked one is not installed.
    """
    if asked is None:
        return next((player for player in KNOWN if which(player.command[0])), None)
    if asked == NONE:
        return None
    words = tuple(shlex.split(asked))
    if not words or not which(words[0]):
        raise BadInput(f"no player {asked!r} here", remedy="give a command that plays the file it is given, or --player none")
    known = next((player for player in KNOWN if player.command[0] == words[0]), None)
    return Player(words, wav=bool(known and known.wav), waits=not known or known.waits)
