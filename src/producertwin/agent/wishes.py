"""What a brief asks for, as a record: the rules read it out of words, and a language model may fill the same record."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ..music import Key, check_bpm, parse_meter
from ..recipe import Record

Word = Annotated[str, Field(max_length=80)]
Words = Annotated[tuple[Word, ...], Field(max_length=24)]
Change = Literal["slower", "faster", "darker", "brighter", "calmer", "livelier", "shorter", "longer"]
"""How a track is to differ from the others, or from what it was."""
Voice = Literal["none", "any", "female", "male", "choir", "rap"]


class Asks(Record):
    """What is asked of a track; empty and None ask nothing."""

    styles: Words = ()
    """Genres and styles."""
    moods: Words = ()
    places: Words = ()
    """Seasons, times of day, places and weather."""
    sounds: Words = ()
    """How it is produced, and tempo in words."""
    instruments: Words = ()
    without: Words = ()
    """Instruments that are not to play."""
    voice: Voice | None = None
    """Who sings: none is an instrumental."""
    bpm: Annotated[float, AfterValidator(check_bpm)] | None = None
    """Tempo in beats per minute."""
    bpm_to: Annotated[float, AfterValidator(check_bpm)] | None = None
    """The upper end where a range of tempi is asked for."""
    key: Annotated[str, AfterValidator(lambda text: str(Key.parse(text)))] | None = None
    mode: Literal["major", "minor"] | None = None
    meter: Annotated[int, AfterValidator(parse_meter)] | None = None
    """Beats per bar."""
    seconds: float | None = Field(None, ge=5, le=598)
    """Length of the track."""
    title: str = Field("", max_length=200)
    changes: tuple[Change, ...] = ()
    """How it is to differ from the others."""

    def join(self, other: Asks) -> Asks:
        """Both together; where they contradict each other `other` counts."""
        found = {}
        for name in type(self).model_fields:
            mine, theirs = getattr(self, name), getattr(other, name)
            joined = isinstance(mine, tuple)
            found[name] = tuple(dict.fromkeys((*theirs, *mine))) if joined else mine if theirs in (None, "") else theirs
        drop = {*other.without} - {*other.instruments}
        found["instruments"] = tuple(one for one in found["instruments"] if one not in drop)
        found["without"] = tuple(one for one in found["without"] if one not in other.instruments)
        return Asks.model_validate(found)

    def contradict(self, other: Asks) -> list[str]:
        """What `other` asks for that cannot be together with this: `join` lets `other` count."""
        facts = ("voice", "bpm", "key", "mode", "meter", "seconds")
        pairs = [(name, getattr(self, name), getattr(other, name)) for name in facts]
        found = [
            f"{name} {_plain(mine)} and {_plain(theirs)}"
            for name, mine, theirs in pairs
            if None not in (mine, theirs) and mine != theirs
        ]
        both = ({*self.instruments} & {*other.without}) | ({*self.without} & {*other.instruments})
        return [*found, *(f"{one}, wanted and left out" for one in sorted(both))]


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


class Scope(Record):
    """Which tracks are meant; all where nothing is said."""

    numbers: tuple[Annotated[int, Field(ge=-99, le=99)], ...] = ()
    """Numbers of tracks, from 1; -1 is the last."""
    some: int = Field(0, ge=0, le=99)
    """So many of them, any."""
    half: bool = False
    """Half of them."""
    rest: bool = False
    """Those of which no other wish speaks."""
    but: tuple[Annotated[int, Field(ge=-99, le=99)], ...] = ()
    """All but these, numbered as in `numbers`."""

    @property
    def is_all(self) -> bool:
        return not (self.numbers or self.some or self.half or self.rest or self.but)


class Wish(Record):
    """What is asked of some tracks, in whose words."""

    scope: Scope = Scope()
    asks: Asks
    words: str = Field("", max_length=400)


class Wishes(Record):
    """A brief that was read."""

    kind: Literal["single", "EP", "album"] | None = None
    count: int | None = Field(None, ge=1, le=99)
    """Tracks."""
    title: str = Field("", max_length=200)
    total: float | None = Field(None, gt=0, le=36_000)
    """Seconds of all tracks together."""
    loudness: float | None = Field(None, ge=-30, le=-6)
    """LUFS."""
    wishes: tuple[Wish, ...] = ()
