"""Change an album by talking: words become typed changes to its plan, shown before anything is played again.

Only what changed is made again, because every step is found by the fingerprint of what it works on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..disk import write_whole
from ..errors import BadInput
from ..recipe import Record
from ..wording import plural
from .album import AlbumPlan, TrackPlan, write_plan
from .brief import Reading, read_brief
from .clauses import plain_text
from .decisions import Ledger
from .hand_edits import sections_of, take_sheets
from .policy import Autonomy, Call, Gate, write_proposals
from .session import PLAN, hold_album, read_album
from .sharing import share_wishes
from .terms import Terms, read_terms
from .track_numbers import name_tracks
from .track_revision import revise_track
from .vocabulary import look_up
from .wishes import Asks, Wishes

if TYPE_CHECKING:
    from ..model.instrument import Card

_NUMBERS: Final = (
    r"(?:tracks?\s+|numbers?\s+)?"
    r"(\d{1,2}(?:\s*,\s*\d{1,2})*\s*,?\s*(?:and|&)\s*\d{1,2}(?=\s*(?:$|[,;.]|(?:as|alone|unchanged|but)\b))|\d{1,2})\b"
)
"""A track, or several where the clause ends behind them: of "keep 1 and 2 slower" the first alone is kept."""
_NEXT: Final = r"(?:\s*,?\s*(?:and|but)\b)?"
"""What leads to the next clause."""
_KEEP: Final = re.compile(rf"\bkeep(?:ing)?\s+(?:the\s+)?([a-z][a-z-]*)\s+(?:of|in|on|from)\s+{_NUMBERS}{_NEXT}", re.I)
_KEEP_ALL: Final = re.compile(rf"\b(?:keep|leave)\s+{_NUMBERS}(?:\s+(?:as (?:it is|they are)|alone|unchanged)\b)?{_NEXT}", re.I)
_LEVEL: Final = re.compile(
    r"\b(less|more|louder|quieter|turn (?:up|down)(?: the)?)\s+([a-z]+(?: drums| bass| guitar)?)(?:\s+everywhere)?", re.I
)

_WISHES: Final = frozenset({"mood", "style", "place"})
_DIGITS: Final = re.compile(r"\d+")
_SHEETS: Final = re.compile(r"\b(?:take|use|as in)\s+(?:the|my)\s+sheets?\b", re.I)
_LOUDER: Final = re.compile(r"\b(?:make it\s+|all\s+)?louder\b(?!\s+[a-z])", re.I)
REMEDY: Final = "say what: 'track 3 slower and darker', 'call it Night Bus', 'take my sheets' after you have edited them"


class Change(Record):
    """One field of the album or of one track that becomes another."""

    track: int
    """Its number, from 1; 0 is the album."""
    field: str
    before: str
    after: str

    @property
    def of(self) -> str:
        """What changes, in words."""
        return f"track {self.track}" if self.track else "the album"

    def __str__(self) -> str:
        return f"{self.of}, {self.field}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class Revision:
    """A plan with changes, and what became of the words."""

    album: AlbumPlan
    changes: tuple[Change, ...]
    unknown: tuple[str, ...]
    cannot: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def call(self) -> Call:
        """What is to be done, for approval: these changes, to this plan."""
        return Call(action="revise", subject=(self.album.key, *map(str, self.changes)))


def plan_revision(folder: Path, words: str, card: Card) -> Revision:
    """What `words` would change of the album in `folder`; nothing is written.

    Raises `NotFound` where there is no album, and `BadInput` for words that change nothing.
    """
    album = read_album(folder)
    edited, notes = take_sheets(album, folder)
    text = _SHEETS.sub(" ", plain_text(words))
    kept = {(int(number), name.lower()) for name, numbers in _KEEP.findall(text) for number in _DIGITS.findall(numbers)}
    text = _KEEP.sub(", ", text)
    whole = {int(number) for numbers in _KEEP_ALL.findall(text) for number in _DIGITS.findall(numbers)}
    text, cannot = _tell_levels(_KEEP_ALL.sub(", ", text))
    if _LOUDER.search(text):
        cannot.append("louder: say how loud the album is to be, such as -12 LUFS")
        text = _LOUDER.sub(" ", text)
    text, read_as = name_tracks(text)
    reading = _read(text, cannot) if re.search(r"\w", text) else None
    if reading is None and not kept and not whole and not notes:
        raise BadInput(cannot[0] if cannot else "nothing is to be changed", remedy=REMEDY)
    notes += read_as
    tracks = list(edited.tracks)
    for number, name in sorted(kept):
        if 1 <= number <= len(tracks) and name in sections_of(tracks[number - 1].sheet):
            notes.append(f"track {number}: the chords of its {name} stay")
        else:
            cannot.append(f"keep the {name} of {number}: there is none")
    cannot += [f"keep {number}: there is no track {number}" for number in sorted(whole) if not 1 <= number <= len(tracks)]
    if reading is not None:
        _, parts, missing = share_wishes(reading.wishes, len(tracks))
        cannot += [*reading.cannot, *missing, *_tell_what_stays(reading.wishes, album)]
        for place, part in enumerate(parts, 1):
            if place in whole or part.asks == Asks():
                continue
            held = {name for number, name in kept if number == place}
            if part.asks == Asks(title=part.asks.title):
                tracks[place - 1] = _retitle(tracks[place - 1], part.asks.title)
                continue
            tracks[place - 1], told = revise_track(edited, place, part.asks, held, card)
            notes += told[0]
            cannot += told[1]
    update: dict[str, Any] = {"tracks": [one.model_dump() for one in tracks]}
    if reading is not None and reading.wishes.title:
        update["title"] = reading.wishes.title
    if reading is not None and reading.wishes.loudness is not None:
        update["loudness"] = reading.wishes.loudness
    revised = AlbumPlan.model_validate(album.model_dump() | update)
    changes = tuple(_compare(album, revised))
    return Revision(revised, changes, tuple(reading.unknown if reading else ()), tuple(dict.fromkeys(cannot)), tuple(notes))


def _tell_levels(text: str) -> tuple[str, list[str]]:
    """The text without what asks for a level of one sound, and why that cannot be. More of a mood or style is a wish."""
    cannot: list[str] = []

    def tell(found: re.Match[str]) -> str:
        known = look_up((found[2].lower(),))
        if found[1].lower() == "more" and (found[2].lower() == "like" or (known is not None and known.kind in _WISHES)):
            return found.group()
        cannot.append(f"{found.group().strip()}: a take is one sound; leave it out (no {found[2]}), or mix stems")
        return " "

    return _LEVEL.sub(tell, text), cannot


def _read(text: str, cannot: list[str]) -> Reading:
    """The words as a brief is read. Raises `BadInput` for words of which nothing is understood, or only what cannot be."""
    try:
        return read_brief(text)
    except BadInput as error:
        raise BadInput(cannot[0] if cannot else error.message.replace("the brief", "what is said"), remedy=REMEDY) from None


def _tell_what_stays(wishes: Wishes, album: AlbumPlan) -> list[str]:
    """What of the words is of an album as a whole, and stays."""
    many = plural(len(album.tracks), "track")
    told = (
        [] if wishes.count in (None, len(album.tracks)) else [f"{plural(wishes.count or 0, 'track')}: the album keeps its {many}"]
    )
    return [*told, *(["all tracks together: say how long each is to be"] if wishes.total is not None else [])]


def _retitle(track: TrackPlan, title: str) -> TrackPlan:
    """A track under another title; nothing of it is played again."""
    return track.model_copy(update={"title": title, "sheet": track.sheet.model_copy(update={"title": title})})


def apply_revision(folder: Path, revision: Revision, words: str, *, by: str = "", autonomy: Autonomy | None = None) -> None:
    """Put the changed plan in place of the one in `folder`, and write down what changed and in whose words.

    `by` is who approved these changes; empty where nobody did. Raises `BadInput` where the level of autonomy, the album's own
    when absent, needs that, and where the plan in the folder is another one by now.
    """
    from datetime import UTC, datetime

    from .decisions import Decision

    with hold_album(folder):
        now = read_album(folder)
        if len(now.tracks) != len(revision.album.tracks) or tuple(_compare(now, revision.album)) != revision.changes:
            raise BadInput("the plan has changed since these changes were shown", remedy="say again what to change")
        gate = Gate((read_terms(folder) or Terms()).change(autonomy).autonomy, folder)
        if by:
            gate.approve(revision.call, datetime.now(UTC), by)
        if not gate.lets(revision.call):
            raise BadInput("the plan is not changed without leave", remedy="say --yes, or answer yes on a terminal")
        lines = tuple(map(str, revision.changes))
        Ledger(folder, writes=True).add(
            Decision(step=0, at=datetime.now(UTC), kind="plan", decision=f"the plan is changed: {words[:300]}", evidence=lines,
                     key=revision.album.key, alternatives=revision.cannot)
        )  # fmt: skip
        write_whole(folder / PLAN, write_plan(revision.album))
        write_proposals(folder, [])


def _compare(before: AlbumPlan, after: AlbumPlan) -> Iterator[Change]:
    """What is another in two plans of as many tracks."""
    if before.title != after.title:
        yield Change(track=0, field="title", before=before.title, after=after.title)
    if before.loudness != after.loudness:
        yield Change(track=0, field="loudness", before=f"{before.loudness:g} LUFS", after=f"{after.loudness:g} LUFS")
    for place, (old, new) in enumerate(zip(before.tracks, after.tracks, strict=True), 1):
        pairs = zip(_fields(old).items(), _fields(new).values(), strict=True)
        changes = [Change(track=place, field=name, before=was, after=now) for (name, was), now in pairs if was != now]
        if not changes and old.sheet != new.sheet:
            changes = [Change(track=place, field="sheet", before="as it was", after="as it was edited")]
        yield from changes


def _fields(track: TrackPlan) -> dict[str, str]:
    """What is told of a track where it changes."""
    sheet = track.sheet
    return {
        "title": track.title,
        "style": track.style,
        "length": f"{track.seconds:.0f} s",
        "tempo": f"{sheet.bpm:g} bpm",
        "key": sheet.key or "",
        "meter": str(sheet.meter),
        "form": sheet.form,
        "chords": sheet.chart,
        "players": sheet.players or "the band's own",
        "caption": sheet.caption,
    }
