"""Stems and the strips they go through: what an instrument is called, and which strip of a desk is meant for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ..music import STEMS
from .desk import RESERVED, Desk, Strip, check_count

WORDS: Final[dict[str, str]] = {
    **{stem: stem for stem in STEMS},
    **dict.fromkeys(("drum", "kit", "kick", "snare", "clap", "beat", "beats", "bd", "sd", "breakbeat", "break"), "drums"),
    **dict.fromkeys(("hat", "hats", "hihat", "shaker", "perc", "conga", "congas", "cymbal", "tambourine", "tom"), "percussion"),
    **dict.fromkeys(("808", "sub", "subbass", "bassline", "contrabass"), "bass"),
    **dict.fromkeys(("keys", "piano", "rhodes", "organ", "epiano", "wurlitzer", "harmony", "chords", "clav"), "keyboard"),
    **dict.fromkeys(("pad", "pads", "lead", "arp", "synths", "melody", "pluck", "other", "supersaw"), "synth"),
    **dict.fromkeys(("guitars", "gtr", "banjo", "ukulele"), "guitar"),
    **dict.fromkeys(("vocal", "voice", "vox", "leadvocal", "leadvocals", "singer", "rap", "acapella"), "vocals"),
    **dict.fromkeys(("bgv", "backing", "choir", "adlibs", "harmonies", "bvs"), "backing_vocals"),
    **dict.fromkeys(("violin", "cello", "viola", "string", "orchestra"), "strings"),
    **dict.fromkeys(("trumpet", "trombone", "horn", "horns", "tuba"), "brass"),
    **dict.fromkeys(("flute", "sax", "saxophone", "clarinet", "oboe", "woodwind"), "woodwinds"),
    **dict.fromkeys(("effects", "riser", "noise", "foley", "ambience", "sfx", "vinyl"), "fx"),
}
"""A word of a file's name -> the stem it tells of."""


def name_strips(names: Sequence[str]) -> tuple[str, ...]:
    """A strip's name for each of `names` as files are called: `01 Kick.wav` gives kick, a second one kick2.

    Raises `BadInput` for none and for more than a desk has strips.
    """
    check_count(len(names))
    taken: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "", re.sub(r"^[\d\W_]+(?=\D)", "", name.lower()))[:24]
        plain = plain if plain[:1].isalpha() else f"stem{plain}"
        plain = f"stem{plain}" if plain in RESERVED else plain
        known = role_of(name)
        plain = known.replace("_", "") if known and plain not in WORDS and len(plain) > 12 else plain
        free = (f"{plain}{place or ''}" for place in (0, *range(2, 99)))
        taken.append(next(one for one in free if one not in taken and one not in RESERVED))
    return tuple(taken)


def role_of(name: str) -> str | None:
    """The stem of `music.STEMS` that a name tells of, or None: `Song_Kick_Am_90.wav` is drums."""
    lower = name.lower()
    for stem in STEMS:  # of several words too: backing_vocals before vocals
        if "_" in stem and stem.replace("_", "") in re.sub(r"[^a-z]", "", lower):
            return stem
    words = re.findall(r"808|[a-z]+", lower)
    return next((WORDS[word] for word in reversed(words) if word in WORDS), None)


def fit_desk(desk: Desk, names: Sequence[str], strips: Sequence[str]) -> tuple[Desk, tuple[str, ...]]:
    """`desk` with exactly the `strips`, of stems called `names`, and what became of those that do not agree.

    A stem goes through the strip of its name, or else through the first one for its role that no other took; a stem that the desk
    does not know goes through a plain one.
    """
    left = dict(desk.strips)
    chosen: dict[str, str] = {}
    for place, strip in enumerate(strips):
        if strip in left:
            chosen[strip] = strip
            del left[strip]
        else:
            role = role_of(names[place]) or role_of(strip)
            found = next((one for one in left if role and role in (one, role_of(one))), None)
            if found:
                chosen[strip] = found
                del left[found]
    back = {old: new for new, old in chosen.items()}
    made = {strip: _rewire(desk.strips[chosen[strip]], back) if strip in chosen else Strip() for strip in strips}
    notes = tuple(_tell(chosen, strips, desk, tuple(left)))
    return Desk.model_validate(desk.model_dump() | {"strips": {name: one.model_dump() for name, one in made.items()}}), notes


def _rewire(strip: Strip, back: dict[str, str]) -> Strip:
    """`strip` ducked by the strip under its new name; where nobody is there, by nobody."""
    if strip.duck is None:
        return strip
    by = back.get(strip.duck.by)
    return strip.model_copy(update={"duck": strip.duck.model_copy(update={"by": by}) if by else None})


def _tell(chosen: dict[str, str], strips: Sequence[str], desk: Desk, left: tuple[str, ...]) -> Iterator[str]:
    """What a person should know of how stems and strips came together."""
    for new, old in chosen.items():
        if new != old:
            yield f"{new} goes through the desk's strip {old}"
    plain = [strip for strip in strips if strip not in chosen]
    if plain and desk.strips:
        yield f"the desk knows no strip for {', '.join(plain)}: a plain one each"
    if left:
        yield f"the desk's strips {', '.join(left)} have no stem"
    lost = [new for new, old in chosen.items() if (duck := desk.strips[old].duck) and duck.by not in chosen.values()]
    if lost:
        yield f"{', '.join(lost)}: nothing to make room for, its side-chain is off"
