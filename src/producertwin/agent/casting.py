"""Which style of the band a track is played in, and with which seeds the band plays who was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ..house_band.sheet import Sheet
from ..house_band.styles import PATCHES, STYLES, Style, match
from ..model.sampling.request import Metas
from ..music import Key
from ..pipeline.guide import list_patches
from ..pipeline.stages import Generate
from ..verbs.song import SongPlay, as_stage
from . import vocabulary
from .wishes import Asks

_TRIED: Final = 40
"""Seeds that are looked at for a track."""
_CORE: Final = 0.7


def coarse_of(asks: Asks) -> tuple[str, bool]:
    """The coarse style that is asked for, and whether the words say so: genres first, then styles, else whatever is said."""
    genres = tuple(one for one in asks.styles if one in vocabulary.GENRES)
    for words in (genres, asks.styles, (*asks.styles, *asks.places, *asks.sounds, *asks.moods, *asks.instruments)):
        found = match(", ".join(words)) if words else None
        if found is not None and found.clear:
            return found.style.coarse, True
    return "lofi", False


def tell_styles(asks: Asks, coarse: str) -> list[str]:
    """Styles that are asked for of all tracks and that `coarse`, the one they are played in, is not."""
    each = {one: match(one) for one in asks.styles}
    others = [one for one, found in each.items() if found.clear and found.style.coarse != coarse]
    return [f"{one}: a track is played in one style, and {coarse} is taken; say which tracks are {one}" for one in others]


def choose_style(asks: Asks, coarse: str, used: Sequence[str]) -> Style:
    """The style of a coarse one that suits `asks` best; those that the album has `used` count less."""
    options = [style for style in STYLES.values() if style.coarse == coarse]
    return max(options, key=lambda style: (_suit(style, asks) - 1.5 * used.count(style.id), -options.index(style)))


def _suit(style: Style, asks: Asks) -> float:
    """Points of a style: for its own words most, then for places, for who plays, moods and sounds."""
    own = {style.name.lower(), style.id.lower(), *style.base_tags}
    points = sum(4.0 for one in asks.styles if one in own)
    points += sum(4.0 for one in asks.places if one == style.atmosphere)
    points += sum(1.5 for one in asks.moods if one in style.moods) + sum(1.0 for one in asks.sounds if one in style.production)
    points += sum(_plays(style, one) for one in asks.instruments)
    points -= sum(2.0 for one in asks.without if _plays(style, one) >= 3.0)
    if asks.voice not in (None, "none"):
        points += 3.0 * any(player.stem == "vocals" and player.chance >= _CORE for player in style.players)
    if asks.voice == "none":
        points -= 6.0 * any(player.stem == "vocals" and player.chance >= _CORE for player in style.players)
    if asks.mode is not None:
        points -= 1.0 * abs((asks.mode == "minor") - style.minor)
    if asks.bpm is not None:
        low, high = style.tempo
        points -= 0.2 * max(low - asks.bpm, asks.bpm - high, 0.0)
    if asks.meter is not None:
        points += 2.0 * any(meter == asks.meter for meter, _ in style.meters)
    return points


def _plays(style: Style, instrument: str) -> float:
    """Points for an instrument: more where it is what the style is about, fewer where it may come in."""
    wanted = vocabulary.patches_of(instrument)
    points = 0.0
    for player in style.players:
        share = len(wanted & {*player.patches}) / len(player.patches)
        points = max(points, share * player.chance * (5.0 if player.role in ("lead", "hum") else 3.5))
    return points + 1.0 * (instrument in style.instruments)


@dataclass(frozen=True, slots=True)
class Cast:
    """Seeds for the candidates of a track, and the instruments that were asked for and do not play with them."""

    seeds: tuple[int, ...]
    missing: tuple[str, ...]


def choose_seeds(sheet: Sheet, seconds: float, strength: float, instruments: Iterable[str], want: tuple[int, int]) -> Cast:
    """`want` is how many seeds, and the first that is tried.

    Seeds with which the band plays every one of `instruments` come first, in their order; those that lack fewest fill up.
    """
    many, first = want
    wanted = {one: vocabulary.patches_of(one) for one in instruments if vocabulary.patches_of(one)}
    if not wanted:
        return Cast(tuple(range(first, first + many)), ())
    stage = as_stage(sheet, SongPlay(guide_strength=strength)).model_copy(update={"seconds": seconds})
    lacking: dict[int, tuple[str, ...]] = {}
    for seed in range(first, first + _TRIED):
        playing = _patches(stage, seed, sheet)
        lacking[seed] = tuple(one for one, patches in wanted.items() if not patches & playing)
        if sum(not lack for lack in lacking.values()) == many:
            break
    chosen = sorted(lacking, key=lambda seed: (len(lacking[seed]), seed))[:many]
    missing = dict.fromkeys(one for seed in chosen for one in lacking[seed])
    return Cast(tuple(chosen), tuple(missing))


def _patches(stage: Generate, seed: int, sheet: Sheet) -> frozenset[str]:
    """The sounds that the band plays with a seed."""
    metas = Metas(bpm=sheet.bpm, key=Key.parse(sheet.key) if sheet.key else None, meter=sheet.meter)
    return list_patches(stage, seed, metas) & PATCHES.keys()
