"""How tracks follow references: which track follows which, and what it takes of it where the brief leaves it open.

References are followed in turn. Every track that follows one takes its style, its instruments and a tempo near it; the first one
takes its tempo, key, form and chords too, so that an album after one song is no row of copies. What the brief says wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..audio.tempo import same_up_to_octave
from ..errors import BadInput
from ..house_band.sheet import Sheet, move_to_tonic
from ..house_band.styles import STYLES
from ..music import BPM_RANGE, Key
from . import sheets
from .heuristics import load_heuristics
from .references import Reference
from .sharing import Part
from .wishes import Asks

_AROUND: Final = 0.08
"""How far, in parts, the tempi of tracks lie around that of the reference they follow."""


@dataclass(frozen=True, slots=True)
class Following:
    """What a track follows."""

    reference: Reference
    leads: bool
    """Whether it is the first that follows it, and takes key, form and chords."""


def follow(parts: Sequence[Part], references: Sequence[Reference]) -> list[Following | None]:
    """What each track follows, in turn. `parts` take what the references say where the brief leaves it open."""
    if not references:
        return [None] * len(parts)
    found: list[Following | None] = []
    for place, part in enumerate(parts):
        one = Following(references[place % len(references)], leads=place < len(references))
        said = _asks_of(one, part.asks)
        part.asks = said.join(part.asks)
        part.own = part.own.model_copy(update={"styles": part.own.styles or said.styles})
        found.append(one)
    return found


def _asks_of(one: Following, asks: Asks) -> Asks:
    """What a reference says of what `asks` leaves open."""
    song, facts = one.reference, dict[str, object]()
    if song.style is not None and not asks.styles:
        facts["styles"] = (STYLES[song.style].name.lower(),)
    facts["instruments"] = tuple(word for word in song.instruments if word not in asks.without)
    if not song.drums and "drums" not in asks.instruments:
        facts["without"] = ("drums",)
    if song.bpm is not None and asks.bpm is None:
        around = 0.0 if one.leads else _AROUND
        ends = (song.bpm * (1 - around), song.bpm * (1 + around))
        facts["bpm"], facts["bpm_to"] = (min(max(round(end, 2), BPM_RANGE[0]), BPM_RANGE[1]) for end in ends)
    if song.key is not None and asks.key is None and asks.mode is None:
        facts |= {"key": song.key} if one.leads else {"mode": Key.parse(song.key).mode}
    return Asks.model_validate(facts)


def tell(references: Sequence[Reference], count: int) -> list[str]:
    """What a person should know of references together: where they contradict each other, and which nobody follows."""
    if not references:
        return []
    told: list[str] = []
    tempi = [one.bpm for one in references if one.bpm is not None]
    if any(not same_up_to_octave(tempi[0], other, tolerance=0.1) for other in tempi[1:]):
        told.append(f"tempo ({', '.join(f'{bpm:.0f}' for bpm in tempi)} bpm)")
    modes = [Key.parse(one.key).mode for one in references if one.key]
    told += [f"mode ({', '.join(modes)})"] if len(set(modes)) > 1 else []
    styles = [STYLES[one.style].coarse for one in references if one.style]
    told += [f"style ({', '.join(styles)})"] if len(set(styles)) > 1 else []
    lines = [f"the references differ in {' and '.join(told)}: tracks follow them in turn"] if told else []
    return [*lines, *(f"no track follows {one.name}: there are more references than tracks" for one in references[count:])]


def choose_loudness(references: Sequence[Reference]) -> float | None:
    """The loudness of the references together, in whole LUFS that an album can have; None where none has any."""
    known = [one.loudness for one in references if one.loudness is not None]
    return float(min(max(round(sum(known) / len(known)), -30), -6)) if known else None


def form_of(one: Following | None, bpm: int, longest: float, *, timed: bool) -> tuple[tuple[tuple[str, int], ...], bool] | None:
    """The form of a track that leads, and whether its bars stay: they do where no length is asked for and it fits."""
    from ..house_band.outline import read_form

    if one is None or not one.leads or not one.reference.form:
        return None
    form = read_form(one.reference.form)
    seconds = sum(bars for _, bars in form) * 4 * 60 / bpm
    return form, not timed and seconds <= longest


def take_chords(sheet: Sheet, one: Following | None) -> tuple[Sheet, str]:
    """`sheet` with the chords of the reference that it follows, in its own key, where they fit; and a note where they do not."""
    if one is None or not one.leads or not one.reference.chords:
        return sheet, ""
    song = one.reference
    old, new = Key.parse(song.key or "C major"), Key.parse(sheet.key or "C major")
    if sheet.meter != 4 or old.mode != new.mode:
        return sheet, f"the chords of {song.name} are in {old} and in bars of 4 beats: the track has its own"
    moved, _ = move_to_tonic(song.sheet, new)
    candidate = sheet.model_copy(update={"chords": moved.chords, "sections": {}})
    try:
        sheets.settle_length(candidate)
    except BadInput:
        return sheet, f"the chords of {song.name} do not fit the length that is asked for: the track has its own"
    return candidate, ""


def spare_seeds(candidates: int, following: Following | None) -> int:
    """How many more candidates may be played while none is like enough."""
    from .album import MOST_CANDIDATES

    if following is None or following.reference.learned:
        return 0
    return max(min(load_heuristics().references.more, MOST_CANDIDATES - candidates), 0)
