"""An album as it is planned so far, and what is decided of each of its songs: tempo, key, meter, length and form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..house_band.captions import narrow_tempi
from ..house_band.styles import Style
from ..music import BPM_RANGE, Key
from ..wording import plural
from . import following, sheets, vocabulary
from .album import TrackPlan
from .brief import Reading
from .commission import Commission
from .heuristics import Genre, Heuristics
from .wishes import Asks

if TYPE_CHECKING:
    from ..model.instrument import Card

TEMPI: Final = {"slower": 0.86, "calmer": 0.92, "faster": 1.14, "livelier": 1.08}
LENGTHS: Final = {"shorter": 0.7, "longer": 1.35}
_PARTED: Final = 0.618_034
"""The golden ratio: multiples of it are spread evenly over one."""


@dataclass(slots=True)
class Draft:
    """An album as it is planned so far."""

    commission: Commission
    card: Card
    table: Heuristics
    rng: np.random.Generator
    reading: Reading
    count: int
    coarse: str
    tonics: Sequence[int]
    tracks: list[TrackPlan]
    cannot: list[str]
    notes: list[str]


def decide(draft: Draft, place: int, asks: Asks, style: Style, genre: Genre, follows: following.Following | None) -> sheets.Facts:
    """Tempo, key, meter, length and form; none of them with those of another track, as far as the brief leaves room."""
    forms = genre.forms
    form = forms[_choose_form(draft.tracks, forms) if draft.tracks else int(draft.rng.integers(len(forms)))]
    meter = asks.meter or int(draft.rng.choice([meter for meter, _ in style.meters], p=_weights(style)))
    bpm, key, seconds = _tempo(draft, place, asks, style), _key(draft, place, asks, style), _seconds(draft, place, asks, genre)
    timed = asks.seconds is not None or draft.reading.wishes.total is not None or bool({*asks.changes} & LENGTHS.keys())
    found = following.form_of(follows, bpm, draft.card.max_seconds - 2.0, timed=timed)
    if found is None:
        return sheets.Facts(bpm, key, meter, seconds, form)
    return sheets.Facts(bpm, key, asks.meter or 4, seconds, *found)


def _choose_form(tracks: Sequence[TrackPlan], forms: Sequence[Any]) -> int:
    """The form that the album has least often, of several the one after the last track's."""
    names = [", ".join(name for name, _ in form) for form in forms]
    written = [", ".join(part.rsplit(" ", 1)[0] for part in one.sheet.form.split(", ")) for one in tracks]
    last = names.index(written[-1]) if written[-1] in names else -1
    order = [(last + 1 + at) % len(forms) for at in range(len(forms))]
    return min(order, key=lambda at: (written.count(names[at]), order.index(at)))


def _weights(style: Style) -> list[float]:
    total = sum(weight for _, weight in style.meters)
    return [weight / total for _, weight in style.meters]


def _tempo(draft: Draft, place: int, asks: Asks, style: Style) -> int:
    """Where the track stands between the slowest and the fastest tempo, by the arc of the album."""
    low, high = style.tempo
    if asks.bpm is not None:
        low, high = round(asks.bpm), round(asks.bpm_to or asks.bpm)
    else:
        low, high = narrow_tempi(", ".join(asks.sounds), low, high)
    where = _arc(draft.table.arc, place, draft.count)
    if low < high:
        where = min(max(where + float(draft.rng.uniform(-0.08, 0.08)), 0.0), 1.0)
    bpm = low + where * (high - low)
    if asks.bpm is None or asks.bpm_to is not None:
        for change in asks.changes:
            bpm *= TEMPI.get(change, 1.0)
    bpm = round(min(max(bpm, BPM_RANGE[0]), BPM_RANGE[1]))
    taken = {one.sheet.bpm for one in draft.tracks}
    near = sorted(range(min(low, bpm), max(high, bpm) + 1), key=lambda one: (abs(one - bpm), one))
    return next((one for one in near if one not in taken), bpm)


def _arc(arc: Mapping[str, float], place: int, count: int) -> float:
    """0 to 1 over the album: an opener in the middle, a peak at two thirds, a slow closer, others between and apart."""
    if place == 0:
        return arc["opener"]
    if place == count - 1:
        return arc["closer"]
    peak = round((count - 1) * 0.62)
    return arc["peak"] if place == peak else (place * _PARTED) % 0.8 + 0.1


def _key(draft: Draft, place: int, asks: Asks, style: Style) -> Key:
    """The key asked for, or a tonic that no track has yet, in the mode of the mood or of the style."""
    if asks.key is not None:
        return Key.parse(asks.key)
    mode = asks.mode or next(filter(None, map(vocabulary.mode_of, asks.moods[:2])), None)
    mode = mode or ("minor" if draft.rng.random() < style.minor else "major")
    return Key(draft.tonics[place % 12], "minor" if mode == "minor" else "major")


def _seconds(draft: Draft, place: int, asks: Asks, genre: Genre) -> float:
    """The length asked for, a share of what is left of the whole, or one of the genre's."""
    low, high = genre.seconds
    drawn = float(draft.rng.uniform(low, high))
    if asks.seconds is not None:
        return asks.seconds
    total = draft.reading.wishes.total
    if total is not None:
        left = (total - sum(one.seconds for one in draft.tracks)) / (draft.count - place)
        last = place == draft.count - 1
        drawn = left if last else left * (0.9 + 0.2 * (drawn - low) / max(high - low, 1.0))
        longest = draft.card.max_seconds - 2.0
        if not 8.0 <= drawn <= longest:
            draft.cannot.append(f"{total:g} s in {plural(draft.count, 'track')}: a track lasts 8 to {longest:g} s")
        return min(max(drawn, 8.0), longest)
    for change in asks.changes:
        drawn *= LENGTHS.get(change, 1.0)
    return drawn
