"""The manifest: a training set, frozen. Which tracks, in which words, on which side, made how; one fingerprint for all of it.

Freezing reads what screening, captioning and hands have left in the library, and leaves out, with its reason, what may not or
cannot be learned from. The same library and plan give the same fingerprint, whatever order things were done in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import Field

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..house_band.styles import STYLES
from ..library import Library, Track
from ..music import INSTRUMENTAL
from ..recipe import Record, fingerprint, read
from ..untrusted import read_object
from .captions import Caption
from .duplicates import Duplicate, duplicates_of_notes, groups, redundant_tracks
from .licences import SAY_LICENCE, refusal
from .screen import NOTE as SCREEN
from .screen import ScreenNote
from .splits import Balance, Item, Side, SplitPlan, balance, split, under_represented

CAPTION: Final = "caption"
"""Kind of the note that holds a `Caption`."""
RATING: Final = "rating"
"""Kind of the note that holds a `Rating`."""
LOSSLESS: Final = ("wav", "flac", "aiff", "w64", "caf")
"""Formats that lose nothing, as `audio.files` names them."""
SCHEMA: Final = "producertwin.dataset/1"
NOT_SCREENED: Final = "not screened"
NO_CAPTION: Final = "no caption"
"""Reasons of tracks that nothing was found out about yet."""


class Rating(Record):
    """A person's score of a track."""

    score: int = Field(ge=1, le=5)
    """1 to 5."""
    note: str = ""
    """Why."""


class DatasetPlan(Record):
    """What goes into a training set."""

    producer: str | None = None
    """Whose tracks; everybody's when absent."""
    split: SplitPlan = SplitPlan()
    """How much is held out."""
    allow_unlicensed: bool = False
    """Take tracks without a licence too."""
    allow_restricted: bool = False
    """Take tracks whose licence forbids commercial use or derivatives too."""
    drop_duplicates: bool = True
    """Leave out all but the best of tracks that are one recording."""
    least_quality: int = Field(0, ge=0, le=100)
    """Least quality score."""


class Row(Record):
    """One track of a training set, everything that training reads."""

    track: str
    producer: str
    title: str
    group: str
    side: Side
    style: str
    clips: tuple[str, ...]
    """Blobs of its prepared sound."""
    seconds: float
    """Length of its prepared sound."""
    caption: str
    lyrics: str = INSTRUMENTAL
    language: str = "unknown"
    bpm: float | None = None
    key: str | None = None
    meter: int | None = None
    licence: str | None = None
    quality: int
    rating: int | None = None
    """A person's score, 1 to 5."""
    flags: tuple[str, ...] = ()
    """What nobody has looked at yet."""

    @property
    def item(self) -> Item:
        """What the split needs to know."""
        return Item(self.track, self.group, self.style, self.seconds)


class Manifest(Record):
    """A training set, frozen."""

    plan: DatasetPlan
    rows: tuple[Row, ...]
    """In the order of their tracks' ids."""

    @property
    def fingerprint(self) -> str:
        """Hash of contents, words, split and plan."""
        return fingerprint(self)

    def side(self, side: Side) -> tuple[Row, ...]:
        """The rows on one side."""
        return tuple(row for row in self.rows if row.side == side)

    @property
    def splits_groups(self) -> bool:
        """Whether songs of one album or session stand on both sides: where all are of one, or where a hand has moved some."""
        return bool({row.group for row in self.side("train")} & {row.group for row in self.side("holdout")})

    def balance(self) -> list[Balance]:
        """How its styles are spread."""
        return balance((row.item for row in self.rows), {row.track: row.side for row in self.rows})

    def rare_styles(self) -> frozenset[str]:
        """The styles of which there are few tracks."""
        return frozenset(under_represented(self.balance()))


@dataclass(frozen=True, slots=True)
class FreezeResult:
    """A manifest, and what was left out of it."""

    manifest: Manifest
    left_out: dict[str, str]
    """Track to the reason."""

    def reasons(self) -> list[tuple[str, int]]:
        """How many were left out for each reason, the most frequent first."""
        return Counter(reason.replace("_", " ") for reason in self.left_out.values()).most_common()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tracks a training set would hold."""

    rows: tuple[Row, ...]
    """Those that go in, each with its side."""
    left_out: dict[str, str]
    """Track to the reason."""
    duplicates: tuple[tuple[str, ...], ...]
    """Tracks that are one recording, together."""


def choose(library: Library, plan: DatasetPlan) -> Choice:
    """The tracks that `plan` takes, and why others are left out."""
    tracks = library.tracks.list(plan.producer)
    screens = library.tracks.notes_of_kind(SCREEN, ScreenNote)
    captions = library.tracks.notes_of_kind(CAPTION, Caption)
    ratings = {name: rating.score for name, rating in library.tracks.notes_of_kind(RATING, Rating).items()}
    reasons = {track.id: find_refusal(track, screens.get(track.id), captions.get(track.id), plan) for track in tracks}
    left_out = {track: reason for track, reason in reasons.items() if reason is not None}
    heard = {track.id: screens[track.id] for track in tracks if track.id in screens}
    copies = duplicates_of_notes(heard, library)
    left_out |= _copies(tracks, left_out, copies, heard, plan)
    kept = sorted((track for track in tracks if track.id not in left_out), key=lambda one: one.id)
    rows = [make_row(track, screens[track.id], captions[track.id], ratings.get(track.id)) for track in kept]
    sides = split((row.item for row in rows), plan.split) if rows else {}
    return Choice(tuple(row.model_copy(update={"side": sides[row.track]}) for row in rows), left_out, tuple(groups(copies)))


def freeze(library: Library, plan: DatasetPlan) -> FreezeResult:
    """The training set of `plan`. Raises `BadInput` when nothing is left to learn from."""
    found = choose(library, plan)
    if not found.rows:
        reasons = Counter(found.left_out.values()).most_common(3)
        told = "; ".join(f"{count} x {reason}" for reason, count in reasons) or "there are no tracks"
        raise BadInput(
            f"nothing is left to learn from: {told}",
            remedy=SAY_LICENCE if "no licence is stated" in told else "run `twin dataset build` on the folder of the tracks",
        )
    return FreezeResult(Manifest(plan=plan, rows=found.rows), found.left_out)


def write(manifest: Manifest, path: Path) -> Path:
    """Write a manifest as JSON, all or nothing."""
    write_whole(path, _lines(manifest))
    return path


def load(path: Path) -> Manifest:
    """Read a manifest. Raises `NotFound`, or `BadInput` when it is damaged or was altered."""
    try:
        data = read_object(path, remedy="freeze the dataset again")
    except NotFound:
        raise NotFound(f"no dataset at {path}", remedy="see `twin dataset list`") from None
    if data.get("schema") != SCHEMA:
        raise BadInput(f"{path} is not a dataset", remedy="freeze the dataset again, or upgrade Producer Twin")
    manifest = read(Manifest, {"plan": data.get("plan", {}), "rows": data.get("rows", [])}, where=str(path))
    if manifest.fingerprint != data.get("fingerprint"):
        raise BadInput(f"{path} was altered: its fingerprint does not fit", remedy="freeze the dataset again")
    return manifest


def _lines(manifest: Manifest) -> Iterator[bytes]:
    """The JSON of a manifest, a line per row, so that two can be compared."""
    head = {"schema": SCHEMA, "fingerprint": manifest.fingerprint, "plan": manifest.plan.model_dump(mode="json")}
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [\n').encode()
    last = len(manifest.rows) - 1
    for place, row in enumerate(manifest.rows):
        yield (json.dumps(row.model_dump(mode="json"), ensure_ascii=False) + ("," if place < last else "") + "\n").encode()
    yield b"]}\n"


def find_refusal(track: Track, screen: ScreenNote | None, caption: Caption | None, plan: DatasetPlan) -> str | None:
    """Why a track is left out, other tracks aside; None where it may be learned from."""
    if against := refusal(track.source, restricted=plan.allow_restricted, unlicensed=plan.allow_unlicensed):
        return against
    if screen is None:
        return NOT_SCREENED
    if screen.verdict.reason is not None:
        return screen.verdict.reason.value
    if caption is None:
        return NO_CAPTION
    return f"quality below {plan.least_quality}" if _score(screen, caption) < plan.least_quality else None


def _copies(
    tracks: Sequence[Track],
    left_out: Mapping[str, str],
    found: Sequence[Duplicate],
    heard: Mapping[str, ScreenNote],
    plan: DatasetPlan,
) -> dict[str, str]:
    """Tracks that are left out for another of the same recording: one that is better, or one that may not be learned from."""
    known = {track.id: track for track in tracks}
    copies: dict[str, str] = {}
    for group in groups(found):
        refused = [name for name in group if refusal(known[name].source, restricted=True, unlicensed=True) is not None]
        copies |= {name: "the same recording is refused under another name" for name in group if refused and name not in left_out}
    if plan.drop_duplicates:
        usable = [one for one in found if not {one.first, one.second} & (set(left_out) | set(copies))]
        copies |= dict.fromkeys(redundant_tracks(usable, lambda name: _rank(known[name], heard[name])), "a duplicate")
    return copies


def _rank(track: Track, screen: ScreenNote) -> tuple[object, ...]:
    """What decides which of several copies is the best: nothing lost in coding, quality, length, then the id."""
    graded = screen.verdict.quality
    return track.format in LOSSLESS, graded.score if graded else 0, round(track.seconds), track.id


def _score(screen: ScreenNote, caption: Caption) -> int:
    """The quality of a recording in its style."""
    graded = screen.verdict.quality
    expected = STYLES[caption.style].expected if caption.style in STYLES else ()
    return graded.expecting(expected).score if graded else 0


def make_row(track: Track, screen: ScreenNote, caption: Caption, rating: int | None, side: Side = "train") -> Row:
    """The row of a track that may be learned from."""
    return Row(
        track=track.id,
        producer=track.producer,
        title=track.title,
        group=track.group or track.id,
        side=side,
        style=caption.style,
        clips=screen.clips,
        seconds=screen.verdict.kept_seconds,
        caption=caption.text,
        lyrics=caption.lyrics.text,
        language=caption.lyrics.language,
        bpm=caption.bpm,
        key=caption.key,
        meter=caption.meter,
        licence=track.source.licence,
        quality=_score(screen, caption),
        rating=rating,
        flags=tuple(flag.value for flag in caption.flags),
    )
