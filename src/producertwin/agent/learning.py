"""What albums teach of the table of genres: settings that did better than those in force, shown and never applied unasked.

A setting (guide strength, steps, guidance, shift, refine; a form) is compared within a genre and family of variants, by two
measures: the stars that people gave to a track's takes, and the inspector's points of its candidates. Tracks of one album share
its settings, so the unit is the mean of an album; the same album twice is one.

With a difference d of means, its standard error s (pooled; the spread is taken to be at least `FLOOR`) and a normal prior of
spread `PRIOR` around no difference, d shrinks to d·PRIOR²/(PRIOR²+s²). The evidence is the ratio of the likelihoods of z with
and without a difference, √(s²/(s²+PRIOR²))·exp(z²/2·PRIOR²/(s²+PRIOR²)), z the normal deviate of Student's t. For known spreads
that ratio exceeds 1/α with a chance of at most α where there is no difference, whenever one looks (Johari et al. 2022, after
Robbins 1970), so a person may look as often as there are new albums. Over m comparisons it has to exceed m/α (Bonferroni).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from ..errors import BadInput, NotFound, Unavailable
from ..house_band.outline import read_form
from ..library import TakeRating, VerdictFilter
from ..wording import plural
from .album import TrackPlan
from .albums import ALBUMS
from .candidates import candidate_key
from .heuristics import Heuristics, VariantTable, family_of, load_heuristics
from .own_table import OwnGenre, OwnTable, load_own, load_table, write_form
from .session import PLAN
from .story import Story, read_story

if TYPE_CHECKING:
    from ..verbs.studio import Studio

ALPHA: Final = 0.05
"""Chance of a proposal where nothing differs."""
FEWEST: Final = 5
"""Albums on either side below which nothing is compared."""
PRIOR: Final = 0.5
"""Spread of differences that are expected, in stars and in the inspector's points."""
FLOOR: Final = 0.25
"""Least spread of albums: stars are whole, and few of them may agree by chance."""
WORTH: Final = 0.2
"""Least difference, after shrinking, that is proposed."""
SETTINGS: Final = ("guide_strength", "steps", "guidance", "shift", "refine")
Measure = Literal["stars", "points"]
Value = float | str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one track came out by one measure, and one setting that it was played with."""

    genre: str
    family: str
    setting: str
    value: Value
    in_force: Value
    """What the table says at present; of forms, nothing."""
    measure: Measure
    album: str
    outcome: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of a setting."""

    genre: str
    family: str
    setting: str
    value: Value
    against: Value
    """The value in force; None of a form is all others."""
    measure: Measure
    albums: tuple[int, int]
    means: tuple[float, float]
    difference: float
    """Shrunk."""
    low: float
    high: float
    """Its interval of 95 %."""
    evidence: float
    needed: float

    @property
    def convinces(self) -> bool:
        """Whether it is enough to propose something."""
        return self.evidence >= self.needed and abs(self.difference) >= WORTH

    @property
    def words(self) -> str:
        """The comparison in one line."""
        many, others = self.albums
        return (
            f"{self.measure} {self.means[0]:.2f} in {plural(many, 'album')} against {self.means[1]:.2f} in {others}; "
            f"difference {self.difference:+.2f} ({self.low:+.2f} to {self.high:+.2f}), "
            f"evidence {min(self.evidence, 9999):.3g} of {self.needed:g} needed"
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of the table, and why."""

    genre: str
    family: str
    setting: str
    before: str
    after: str
    value: Value
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was looked at, and what is proposed of it."""

    albums: int
    comparisons: tuple[Comparison, ...]
    proposals: tuple[Proposal, ...]
    own: OwnTable
    """What is changed in the studio, with the proposals."""


def learn(places: Sequence[Path], studio: Studio) -> Lesson:
    """What the albums in `places`, folders of albums or folders that hold some, teach; nothing is written.

    Without places they are the studio's. Raises `NotFound` where there are none, `BadInput` for damaged ones.
    """
    own = studio.settings.studio / ALBUMS
    if not places and not own.is_dir():
        remedy = "name the folders of albums that lie elsewhere, or make one: twin produce"
        raise NotFound("this studio holds no album yet", remedy=remedy)
    stories = list({one.album.key: one for place in places or (own,) for one in _find_stories(place)}.values())
    table = load_table(studio.settings.studio)
    found = [outcome for story in stories for outcome in _observe(story, table, studio)]
    comparisons = tuple(compare(found))
    proposals = tuple(propose(comparisons, table))
    return Lesson(len(stories), comparisons, proposals, _join(load_own(studio.settings.studio), proposals))


def _find_stories(place: Path) -> Iterator[Story]:
    if not place.is_dir():
        raise NotFound(f"there is no folder {place}", remedy="name the folders of albums that `twin produce` wrote")
    inside = [place] if (place / PLAN).is_file() else sorted(one.parent for one in place.glob(f"*/{PLAN}"))
    if not inside:
        raise NotFound(f"there is no album in {place}", remedy="name the folder of an album, or one that holds such folders")
    for folder in inside:
        try:
            yield read_story(folder)
        except BadInput as error:
            remedy = "name the folders of the other albums, or delete this one"
            raise BadInput(f"{folder}: {error.message}", remedy=remedy) from None


def _observe(story: Story, table: Heuristics, studio: Studio) -> Iterator[Outcome]:
    """The outcomes of the tracks of an album."""
    for place, track in enumerate(story.album.tracks, 1):
        keys = {candidate_key(track, seed) for seed in track.seeds}
        made = [row for row in story.decisions if row.key in keys and "inspector" in row.scores]
        if not made or track.genre not in table.genres:
            continue
        since = story.decisions[story.decisions.index(made[0]) :]  # takes before are of the track as it was before a revision
        mine = [row for row in since if row.track == place and (row.kind != "candidate" or row.key in keys)]
        takes = {take for row in mine for take in row.takes}
        stars = [one for take in sorted(takes) if (one := _rate(take, studio)) is not None]
        measured: dict[Measure, float] = {"points": float(np.mean([row.scores["inspector"] for row in made]))}
        measured |= {"stars": float(np.mean(stars))} if stars else {}
        family = family_of(track.playing.variant)
        for measure, outcome in measured.items():
            for setting, value, now in _settings(track, table, studio):
                yield Outcome(track.genre, family, setting, value, now, measure, story.album.key, outcome)


def _rate(take: str, studio: Studio) -> float | None:
    """The stars that people gave to a take, on average; None where nobody did."""
    listing = studio.library.verdicts.list(VerdictFilter(take=take, only="rating", source="human"))
    stars = [one.stars for one in listing if isinstance(one, TakeRating)]
    return float(np.mean(stars)) if stars else None


def _settings(track: TrackPlan, table: Heuristics, studio: Studio) -> Iterator[tuple[str, Value, Value]]:
    """Every setting of a track: its name, its value, and the one in force."""
    row = table.genres[track.genre]
    ours = row.variants.get(family_of(track.playing.variant), VariantTable())
    for name in SETTINGS:
        now = getattr(ours, name)
        if name == "guide_strength" and now is None:
            try:
                now = studio.read_card(track.playing.variant).song_strength or row.guide_strength
            except (NotFound, Unavailable):  # nobody knows what is in force for an instrument that is gone
                continue
        yield name, getattr(track.playing, name), now
    yield "form", _names(read_form(track.sheet.form)), None


def _names(form: Sequence[tuple[str, int]]) -> str:
    return ", ".join(name for name, _ in form)


def compare(found: Iterable[Outcome]) -> list[Comparison]:
    """Every value of a setting that is not in force against the one that is, and every form against all others.

    Only where both sides have `FEWEST` albums; the more comparisons there are, the more evidence each needs.
    """
    groups: dict[tuple[str, str, str, Measure], list[Outcome]] = defaultdict(list)
    for one in found:
        groups[one.genre, one.family, one.setting, one.measure].append(one)
    pairs = []
    for (genre, family, setting, measure), members in groups.items():
        for value in {one.value: None for one in members}:
            now = members[-1].in_force
            if setting != "form" and value == now:
                continue
            others = [one for one in members if (one.value != value if setting == "form" else one.value == now)]
            sides = (_by_album([one for one in members if one.value == value]), _by_album(others))
            if min(map(len, sides)) >= FEWEST:
                pairs.append(((genre, family, setting, value, now, measure), sides))
    return [Comparison(*what, **_weigh(*sides), needed=len(pairs) / ALPHA) for what, sides in pairs]


def _by_album(members: Sequence[Outcome]) -> list[float]:
    albums: dict[str, list[float]] = defaultdict(list)
    for one in members:
        albums[one.album].append(one.outcome)
    return [float(np.mean(values)) for values in albums.values()]


def _weigh(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """Counts, means, the shrunk difference with its interval, and the evidence for one, by fields of `Comparison`."""
    from scipy.stats import norm, t

    counts = len(ours), len(theirs)
    means = float(np.mean(ours)), float(np.mean(theirs))
    free = sum(counts) - 2
    squares = sum(float(((np.asarray(side) - np.mean(side)) ** 2).sum()) for side in (ours, theirs))
    error = max(squares / free, FLOOR**2) * (1 / counts[0] + 1 / counts[1])
    apart = means[0] - means[1]
    deviate = float(norm.isf(t.sf(abs(apart) / math.sqrt(error), free)))
    share = PRIOR**2 / (PRIOR**2 + error)
    reach = 1.96 * math.sqrt(share * error)
    evidence = math.sqrt(1 - share) * math.exp(min(deviate**2 / 2 * share, 700.0))
    shrunk = share * apart
    return {"albums": counts, "means": means, "difference": shrunk, "low": shrunk - reach, "high": shrunk + reach,
            "evidence": evidence}  # fmt: skip


def propose(comparisons: Sequence[Comparison], table: Heuristics) -> Iterator[Proposal]:
    """Changes for which there is enough evidence: another value that does better, a form less that does worse.

    Where people gave stars, the inspector's points propose nothing against them.
    """
    heard = {(one.genre, one.family, one.setting, one.value): one for one in comparisons if one.measure == "stars"}
    best: dict[tuple[str, str, str], Comparison] = {}
    for one in sorted(comparisons, key=lambda one: (one.measure == "stars", abs(one.difference))):
        sign = -1 if one.setting == "form" else 1
        stars = heard.get((one.genre, one.family, one.setting, one.value))
        if one.convinces and sign * one.difference > 0 and (stars is None or sign * stars.difference > 0):
            best[one.genre, one.family, one.setting] = one
    for (genre, family, setting), one in best.items():
        why = tuple(
            other.words for other in comparisons if (other.genre, other.family, other.setting, other.value)
            == (genre, family, setting, one.value)
        )  # fmt: skip
        if setting == "form":
            forms = [write_form(form) for form in table.genres[genre].forms]
            kept = [text for text in forms if _names(read_form(text)) != one.value]
            if 0 < len(kept) < len(forms):
                yield Proposal(genre, family, setting, f"{len(forms)} forms", f"without {one.value}", one.value, why)
        elif one.value is not None:
            before = "the variant's own" if one.against is None else f"{one.against:g}"
            yield Proposal(genre, family, setting, before, f"{one.value:g}", one.value, why)


def _join(own: OwnTable, proposals: Sequence[Proposal]) -> OwnTable:
    """What is changed already, with the proposals."""
    genres = dict(own.genres)
    for one in proposals:
        genre = genres.get(one.genre, OwnGenre())
        if one.setting == "form":
            forms = genre.forms or tuple(map(write_form, load_heuristics().genres[one.genre].forms))
            update: dict[str, Any] = {"forms": tuple(text for text in forms if _names(read_form(text)) != one.value)}
        else:
            row = genre.variants.get(one.family, VariantTable())
            value = int(one.value) if one.setting == "steps" and isinstance(one.value, float) else one.value
            update = {"variants": {**genre.variants, one.family: row.model_copy(update={one.setting: value})}}
        genres[one.genre] = genre.model_copy(update=update)
    return OwnTable(genres=genres)
