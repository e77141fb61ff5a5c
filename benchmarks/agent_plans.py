"""What every plan of a brief keeps to, as properties that a person can check by hand; `agent.py --plans` counts them.

The briefs stand in `briefs.toml`, each with what a person who reads it expects.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from producertwin.agent import vocabulary
from producertwin.agent.album import AlbumPlan, TrackPlan, read_plan, write_plan
from producertwin.agent.brief import needless
from producertwin.agent.candidates import stage_of
from producertwin.agent.clauses import NUMBERS, plain_text
from producertwin.agent.commission import Commission
from producertwin.agent.rules import plan_album
from producertwin.agent.sheets import settle_length
from producertwin.disk import write_whole
from producertwin.errors import TwinError
from producertwin.house_band.score import Score
from producertwin.house_band.styles import STYLES, match
from producertwin.model.instrument import Card
from producertwin.model.sampling.request import Metas
from producertwin.music import Key
from producertwin.pipeline.guide import write_score
from producertwin.recipe import Record, fingerprint, read

FILE = Path(__file__).with_name("briefs.toml")
SCOPES = (
    "tracks track songs song tunes tune pieces piece beats beat single ep album tape half both each all every in at on of "
    "the first second third last opener closer except without no minutes minute seconds sec s min bpm lufs called "
    "one two three four five"
)
"""Words that say how many and which tracks, and units."""


class Expected(Record):
    """What some tracks of a brief are to have."""

    on: tuple[int, ...] = ()
    """Numbers of the tracks, -1 the last; with `some` at 0 and none of these, all."""
    some: int = 0
    """At least so many."""
    bpm: tuple[float, float] | None = None
    key: str | None = None
    mode: str | None = None
    meter: int | None = None
    style: str | None = None
    plays: str | None = None
    without: str | None = None


class Brief(Record):
    """A brief, and what a person who reads it expects."""

    split: Literal["measured", "tried", "later"]
    words: str
    tracks: int
    style: str | None = None
    each: float | None = None
    total: float | None = None
    loudness: float | None = None
    told: tuple[str, ...] = ()
    asks: tuple[Expected, ...] = Field(())


def read_briefs() -> list[Brief]:
    """All briefs, in the order of their file."""
    return [read(Brief, row, where=FILE.name) for row in tomllib.loads(FILE.read_text("utf-8"))["briefs"]]


def tracks_key(album: AlbumPlan) -> str:
    """Fingerprint of what is played for an album."""
    beside = {"sheet": {"title"}, "title": True, "genre": True, "instrumental": True, "watch": True, "asks": True, "wishes": True}
    return fingerprint([track.model_dump(mode="json", exclude=beside, exclude_defaults=True) for track in album.tracks])


def score_of(track: TrackPlan, seed: int) -> Score:
    """What the band writes for a candidate."""
    sheet = track.sheet
    metas = Metas(bpm=sheet.bpm, key=Key.parse(sheet.key) if sheet.key else None, meter=sheet.meter)
    return write_score(stage_of(track, seed).model_copy(update={"seconds": track.seconds}), seed, metas)


def find_faults(brief: Brief, card: Card, folder: Path) -> list[str]:
    """What the plan of a brief does not keep to; nothing where it keeps to everything."""
    try:
        album = plan_album(Commission(brief=brief.words), card)
    except TwinError as error:
        return [f"refused: {error.message}"]
    if len(album.tracks) != brief.tracks:
        return [f"{len(album.tracks)} tracks for {brief.tracks}"]
    found = [*_whole(album, brief, card, folder), *_words(album, brief)]
    for place, track in enumerate(album.tracks, 1):
        found += [f"track {place}: {fault}" for fault in _track(track, brief)]
    for one in brief.asks:
        found += _expected(album, one)
    return found


def _whole(album: AlbumPlan, brief: Brief, card: Card, folder: Path) -> Iterator[str]:
    """The album: the same bytes again, and back from its file; loudness; length in all; no two tracks alike."""
    if write_plan(plan_album(Commission(brief=brief.words), card)) != write_plan(album):
        yield "the same brief gives another plan"
    write_whole(folder / "plan.json", write_plan(album))
    if read_plan(folder / "plan.json") != album:
        yield "the plan that is read is not the plan that was written"
    if brief.loudness is not None and album.loudness != brief.loudness:
        yield f"{album.loudness:g} LUFS for {brief.loudness:g}"
    if brief.total is not None and abs(album.seconds - brief.total) > sum(map(_bar, album.tracks)):
        yield f"{album.seconds:.0f} s in all for {brief.total:g}"
    facts = [(one.sheet.bpm, one.sheet.key, one.sheet.form, one.sheet.chart) for one in album.tracks]
    if len(set(facts)) < len(facts) or len({one.title.casefold() for one in album.tracks}) < len(facts):
        yield "two tracks are alike"
    if len({seed for one in album.tracks for seed in one.seeds}) < sum(len(one.seeds) for one in album.tracks):
        yield "two candidates have the same seed"


def _track(track: TrackPlan, brief: Brief) -> Iterator[str]:
    """A track: its style is played, its sheet is whole, and it is as long as it is asked to be, to a bar."""
    if match(track.sheet.caption).style.id != track.style:
        yield f"the band hears another style than {track.style} in its caption"
    if brief.style is not None and STYLES[track.style].coarse != brief.style:
        yield f"{STYLES[track.style].coarse} for {brief.style}"
    if settle_length(track.sheet) != track.seconds or track.sheet.outline.bars < 1:
        yield "its form is not as long as it says"
    if brief.each is not None and abs(track.seconds - brief.each) > 1.01 * _bar(track):
        yield f"{track.seconds:.1f} s for {brief.each:g}, with bars of {_bar(track):.1f} s"


def _bar(track: TrackPlan) -> float:
    return track.sheet.meter * 60.0 / (track.sheet.bpm or 60.0)


def _expected(album: AlbumPlan, asked: Expected) -> Iterator[str]:
    """What some tracks are asked to have: each that is named has it, or at least so many have."""
    count = len(album.tracks)
    places = [number - 1 if number > 0 else count + number for number in asked.on] or range(count)
    lacking = {place + 1: fault for place in places if (fault := _lack(album, album.tracks[place], place + 1, asked))}
    allowed = count - asked.some if asked.some else 0
    if len(lacking) > allowed:
        yield "; ".join(f"track {place}: {fault}" for place, fault in lacking.items())


def _lack(album: AlbumPlan, track: TrackPlan, place: int, asked: Expected) -> str:
    """What a track lacks of what is expected; players may be told to be missing."""
    sheet, key = track.sheet, Key.parse(track.sheet.key or "C")
    if asked.bpm is not None and not asked.bpm[0] <= (sheet.bpm or 0) <= asked.bpm[1]:
        return f"{sheet.bpm:g} bpm"
    if (asked.key is not None and key != Key.parse(asked.key)) or (asked.mode is not None and key.mode != asked.mode):
        return f"in {sheet.key}"
    if asked.meter is not None and sheet.meter != asked.meter:
        return f"{sheet.meter} beats"
    if asked.style is not None and STYLES[track.style].coarse != asked.style:
        return STYLES[track.style].coarse
    scores = [score_of(track, seed) for seed in track.seeds] if asked.plays or asked.without else []
    tag = vocabulary.look_up(tuple((asked.plays or "").split()))
    player = tag.text if tag else asked.plays
    if player and not any(text.startswith(f"{player} on track {place}:") for text in album.cannot):
        wanted = vocabulary.patches_of(player)
        if not all(wanted & {part.patch for part in score.parts} for score in scores):
            return f"no {player} with every seed"
    stem = vocabulary.stem_of(asked.without) if asked.without else None
    if stem is not None and any(part.stem == stem for score in scores for part in score.parts):
        return f"{asked.without} plays"
    return ""


def _words(album: AlbumPlan, brief: Brief) -> Iterator[str]:
    """Every word is understood, needless, or told; and what cannot be is told."""
    told = " ".join((*album.unknown, *album.cannot)).lower()
    yield from (f"not told: {word}" for word in brief.told if word.lower() not in told)
    read_as = " ".join((told, album.title, *(one.words for one in album.understood), *(one.title for one in album.tracks)))
    known = {*_tokens(read_as), *needless(), *NUMBERS, *SCOPES.split()}
    lost = [word for word in _tokens(plain_text(brief.words)) if word not in known and not word[0].isdigit()]
    yield from (f"lost: {word}" for word in dict.fromkeys(lost))


def _tokens(text: str) -> Sequence[str]:
    return re.findall(r"[^\W_][\w'&/#+-]*", text.lower())
