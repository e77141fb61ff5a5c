"""Automatic mixing: a desk from measured stems, their roles, a style, a prompt and a song to come near.

The same stems and the same words give the same desk. Every move is a sentence, which the desk keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...audio import loudness
from ...audio.samples import Samples
from ..desk import Desk, check_count
from ..report import sum_stems
from . import rules
from .draft import Draft
from .master import TARGET_LUFS, SoundShape, match_song, read_shape, shape_master
from .moods import apply_moods
from .readings import foresee_powers, level_bands, read_stems
from .targets import ANY
from .words import Asked, find_style, read_prompt

ENOUGH: Final = 0.5
"""dB beside the wanted loudness of a strip that are near enough."""
_FARTHEST: Final = 12.0
"""dB by which a fader is set again, at most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says of a mix."""

    prompt: str = ""
    """Style and moods."""
    style: str = ""
    """Text that names a style where the prompt names none: a caption, the name of a desk."""
    like: SoundShape | None = None
    """A song to come near."""
    called: str = ""
    """What that song is called."""


@dataclass(frozen=True, slots=True)
class AutoMix:
    """A desk that rules set."""

    desk: Desk
    wanted: Mapping[str, float]
    """Loudness against one another that the strips are meant to have, LU."""
    unread: tuple[str, ...]
    """Words of the prompt that nothing was made of, and what is asked of instruments that are not there."""
    notes: tuple[str, ...]
    """What else a person should know."""


def set_desk(desk: Desk, names: Sequence[str], stems: Sequence[Samples], wish: Wish) -> AutoMix:
    """The `desk`, a strip for each of `stems` (2, n) called `names`, set by the rules.

    Effects that the desk has stay, and its faders are set anew. Raises `BadInput` for none or too many stems, `AudioRejected` for
    one that is not finite.
    """
    check_count(len(stems))
    readings = read_stems(names, tuple(desk.strips), stems)
    words = read_prompt(wish.prompt)
    style = words.styles[0] if words.styles else find_style(wish.style) or ANY
    draft = Draft(readings, style, dict(desk.strips), dict(desk.buses), desk.master)
    draft.moves += [f"{one.name}: it is silent, and stays as it is" for one in readings if one.silent]
    lost: tuple[str, ...] = ()
    if draft.audible:
        lost = _apply_rules(draft, stems, wish, words.asked)
    made = desk.model_copy(
        update={"strips": draft.strips, "buses": draft.buses, "master": draft.master, "moves": tuple(draft.moves)}
    )
    unknown = rules.unknown_roles(draft.audible)
    notes = [f"nothing tells which instrument {', '.join(unknown)} is: it is mixed as any stem"] if unknown else []
    notes += [f"the prompt names {len(set(words.styles))} styles; {style} decides"] if len(set(words.styles)) > 1 else []
    return AutoMix(
        Desk.model_validate(made.model_dump()),
        draft.wanted,
        (*words.unknown, *(f"{one} (no such stem)" for one in lost)),
        tuple(notes),
    )


def _apply_rules(draft: Draft, stems: Sequence[Samples], wish: Wish, asked: tuple[Asked, ...]) -> tuple[str, ...]:
    """Every rule in its order; what found no stem comes back."""
    rules.cut_rumble(draft)
    rules.place(draft)
    rules.set_levels(draft, tell=False)  # what is mud in the sum is known once the stems are balanced
    rules.cut_mud(draft)
    rules.set_levels(draft)
    rules.make_room(draft)
    rules.duck_bass(draft)
    if wish.like is None:
        shape_master(draft)
        if draft.master.loudness is None:
            draft.master = draft.master.model_copy(update={"loudness": TARGET_LUFS})
            draft.tell("master", f"{TARGET_LUFS:g} LUFS, as streaming services play it")
    else:
        match_song(draft, _foresee_shape(draft, stems), wish.like, wish.called or "the song")
    lost = apply_moods(draft, asked)
    if draft.master.limiter:
        draft.tell("master", f"no true peak above {draft.master.limiter.ceiling:g} dBTP")
    return lost


def _foresee_shape(draft: Draft, stems: Sequence[Samples]) -> SoundShape:
    """The shape of the sum that is to come: its spectrum behind the strips, the rest from gains and balance alone."""
    parts = []
    for one, stem in zip(draft.readings, stems, strict=True):
        strip = draft.strips[one.name]
        if one in draft.audible:
            middle, side = (stem[0] + stem[1]) / 2, strip.width * (stem[0] - stem[1]) / 2
            left, right = np.cos(max(strip.pan, 0) * np.pi / 2), np.cos(max(-strip.pan, 0) * np.pi / 2)
            parts.append(np.stack([(middle + side) * left, (middle - side) * right]) * np.float32(10 ** (strip.gain / 20)))
    shape = read_shape(np.asarray(sum_stems(parts), np.float32))
    bands = level_bands(np.sum([foresee_powers(one, draft.strips[one.name]) for one in draft.audible], axis=0))
    return SoundShape(bands, shape.side, shape.range, shape.lufs)


def correct_gains(auto: AutoMix, strips: Sequence[Samples]) -> Desk | None:
    """The desk with faders that take back what its effects did to the loudness of `strips`, its strips' sounds (2, n) as played.

    None where all are near enough to what was wanted, as a whole louder or quieter or not.
    """
    lufs = {name: loudness.loudness(sound) for name, sound in zip(auto.desk.strips, strips, strict=True)}
    missing = {name: wanted - lufs[name] for name, wanted in auto.wanted.items() if lufs[name] > loudness.GATE_LUFS}
    if not missing:
        return None
    middle = float(np.median([*missing.values()]))
    changes = {name: float(np.clip(one - middle, -_FARTHEST, _FARTHEST)) for name, one in missing.items()}
    changes = {name: round(one, 1) for name, one in changes.items() if abs(one) > ENOUGH}
    if not changes:
        return None
    made = dict(auto.desk.strips)
    for name, change in changes.items():
        made[name] = made[name].model_copy(update={"gain": round(float(np.clip(made[name].gain + change, -60, 24)), 1)})
    said = [f"{name}: gain {change:+.1f} dB more, because its effects changed its loudness" for name, change in changes.items()]
    return auto.desk.model_copy(update={"strips": made, "moves": (*auto.desk.moves, *said)})
