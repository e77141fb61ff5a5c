"""Put sounds into the set that is open in Ableton Live, through AbletonOSC.

AbletonOSC (github.com/ideoforms/AbletonOSC) listens on UDP port 11000 and answers on 11001. Its getters answer, its methods do
not; an error may come as `/live/error`. `/live/track/create_audio_clip TRACK FILE BEAT` puts a file into the arrangement. It is
in none of its releases: pull requests 168, 196 and 206 have it, all three with these three values, and Live itself has the call
since 12.0.5. So whether the clip is there is asked for, by `/live/track/get/arrangement_clips/name`. Positions are in quarters
from 1.1.1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import Unavailable
from .osc import Peer, Talk, Value, open_talk

FIRST_VERSION: Final = 12
_CLIPS: Final = "/live/track/get/arrangement_clips/name"
_REMEDY: Final = "start Live, and choose AbletonOSC as a control surface (Settings > Link, Tempo & MIDI)"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds."""

    answer: float = 3.0
    """For an answer to a question."""
    clip: float = 30.0
    """Until a clip is there: Live reads the whole file first."""


@dataclass(frozen=True, slots=True)
class OpenSet:
    """The set that is open."""

    tempo: float
    """Quarters per minute."""
    numerator: int
    denominator: int
    tracks: int
    """How many tracks it has."""

    def beat_of(self, bar: int) -> float:
        """Quarters from the beginning of the set to `bar`, counted from 1, in the set's own meter."""
        return (bar - 1) * self.numerator * 4.0 / self.denominator


@dataclass(frozen=True, slots=True)
class Part:
    """A sound that becomes a track."""

    name: str
    path: Path
    """Its file; Live opens it there."""


class LiveSet:
    """The set that is open in Live. `open_set` makes one."""

    def __init__(self, talk: Talk, patience: Patience) -> None:
        self._talk, self._patience = talk, patience

    def read(self) -> OpenSet:
        """Tempo, meter and tracks. Raises `Unavailable` where nothing answers, or an older Live does."""
        if self._ask("/live/test") is None:
            raise Unavailable("nothing answers as AbletonOSC", remedy=_REMEDY)
        version = self._ask("/live/application/get/version") or ()
        if version and _whole(version[0]) < FIRST_VERSION:
            said = ".".join(str(one) for one in version)
            raise Unavailable(f"Live {said} cannot be given a file", remedy="use Live 12.0.5 or later, or drag the files into it")
        tempo = self._number("/live/song/get/tempo")
        meter = [round(self._number(f"/live/song/get/signature_{part}")) for part in ("numerator", "denominator")]
        return OpenSet(tempo, max(meter[0], 1), max(meter[1], 1), self._count_tracks())

    def set_tempo(self, tempo: float) -> None:
        """Let the set play at `tempo` quarters per minute."""
        self._talk.send("/live/song/set/tempo", float(tempo))

    def add_track(self, part: Part, beat: float, tracks: int) -> None:
        """Add an audio track behind all `tracks`, called after `part`, with its file at `beat`.

        Raises `Unavailable` where the track does not come, or the clip does not; the track is taken away then.
        """
        self._talk.send("/live/song/create_audio_track", -1)
        if not self._wait(lambda: self._count_tracks() > tracks, self._patience.answer):
            raise Unavailable("Live made no audio track", remedy="close what is open in Live, such as a question, and try again")
        self._talk.send("/live/track/set/name", tracks, part.name)
        self._talk.send("/live/track/create_audio_clip", tracks, str(part.path), float(beat))
        if not self._wait(lambda: bool(self._talk.ask(_CLIPS, tracks, seconds=self._patience.answer)), self._patience.clip):
            self._talk.send("/live/song/delete_track", tracks)
            message = "the AbletonOSC that is installed puts no file into a track (/live/track/create_audio_clip)"
            raise Unavailable(message, remedy=f"drag {part.path} into the set, or install AbletonOSC with its pull request 206")

    def _wait(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """Ask `is_done` until it is, or `seconds` are over."""
        end = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)  # Live reads messages ten times a second
        return True

    def _count_tracks(self) -> int:
        return round(self._number("/live/song/get/num_tracks"))

    def _number(self, address: str) -> float:
        answer = self._ask(address)
        if not answer or isinstance(answer[0], (str, bytes, bool)) or answer[0] is None:
            raise Unavailable(f"AbletonOSC does not answer {address}", remedy="install a newer AbletonOSC")
        return float(answer[0])

    def _ask(self, address: str) -> tuple[Value, ...] | None:
        return self._talk.ask(address, seconds=self._patience.answer)


def _whole(value: Value) -> int:
    return int(value) if isinstance(value, (int, float)) else 0


def place_parts(parts: Sequence[Part], peer: Peer, *, bar: int, tempo: float | None, patience: Patience | None = None) -> OpenSet:
    """Put `parts` at `bar` of the open set, each on a track of its own, at `tempo` where the set is to take it over.

    Returns the set as it was. Raises `Unavailable` where nothing answers or no clip comes.
    """
    with open_talk(peer) as talk:
        found = LiveSet(talk, patience or Patience())
        was = found.read()
        if tempo is not None:
            found.set_tempo(tempo)
        for place, part in enumerate(parts):
            found.add_track(part, was.beat_of(bar), was.tracks + place)
    return was
