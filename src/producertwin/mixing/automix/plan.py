"""Automatic mixing: a desk from measured stems, their roles, a style, a prompt and a song to come near.

The same stems and the same words give the same desk. Every move is a sentence, which the desk keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...audio import loudness
from ...audio.samples import Samples
from ..desk import Desk, check_count
from ..report import sum_stems
from . import rules
from .draft import MASTER, Change, Draft, Move
from .master import TARGET_LUFS, SoundShape, match_song, read_shape, shape_master
from .moods import apply_moods
from .readings import foresee_powers, level_bands, read_stems
from .targets import ANY
from .undo import check_named, find_moves, is_named, leave_out, undo_moves
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
    without: tuple[str, ...] = ()
    """Moves that are undone: their numbers, from 1, or how their sentences begin."""


@dataclass(frozen=True, slots=True)
class AutoMix:
    """A desk that rules set."""

    desk: Desk
    before: Desk
    """The desk as it was before any move."""
    moves: tuple[Move, ...]
    """What was done; the sentences of those that were undone stand in `desk` as left out."""
    wanted: Mapping[str, float]
    """Loudness against one another that the strips are meant to have, LU."""
    unread: tuple[str, ...]
    """Words of the prompt that nothing was made of, and what is asked of instruments that are not there."""
    notes: tuple[str, ...]
    """What else a person should know."""
    without: frozenset[str] = frozenset()
    """What was to be undone and is none of the moves so far."""


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
    for one in (one for one in readings if one.silent):
        draft.tell(one.name, "it is silent, and stays as it is")
    lost: tuple[str, ...] = ()
    if draft.audible:
        lost = _apply_rules(draft, stems, wish, words.asked)
    places, later = find_moves(draft.moves, wish.without)
    check_named({one for one in later if not _may_come(one, draft)}, [move.sentence for move in draft.moves])
    parts = {"strips": draft.strips, "buses": draft.buses, "master": draft.master}
    made, turned = undo_moves(desk.model_copy(update=parts), desk, draft.moves, places)
    unknown = rules.unknown_roles(draft.audible)
    notes = [f"nothing tells which instrument {', '.join(unknown)} is: it is mixed as any stem"] if unknown else []
    notes += [f"the prompt names {len(set(words.styles))} styles; {style} decides"] if len(set(words.styles)) > 1 else []
    return AutoMix(
        made,
        desk,
        tuple(draft.moves),
        {name: wanted + turned[name] for name, wanted in draft.wanted.items()},
        (*words.unknown, *(f"{one} (no such stem)" for one in lost)),
        tuple(notes),
        later,
    )


def _may_come(asked: str, draft: Draft) -> bool:
    """Whether a move that is told once the effects have played could be called so."""
    if asked.strip().isdigit():
        return len(draft.moves) < int(asked) <= len(draft.moves) + len(draft.strips)
    text = asked.strip().lower()
    return bool(text) and any(f"{name}: gain".startswith(text) or text.startswith(f"{name}: gain") for name in draft.strips)


def _apply_rules(draft: Draft, stems: Sequence[Samples], wish: Wish, asked: tuple[Asked, ...]) -> tuple[str, ...]:
    """Every rule in its order; what found no stem comes back."""
    rules.cut_rumble(draft)
    rules.place(draft)
    _cut_mud(draft)
    rules.set_levels(draft)
    rules.make_room(draft)
    rules.duck_bass(draft)
    if wish.like is None:
        shape_master(draft)
        if draft.master.loudness is None:
            draft.change_master(loudness=TARGET_LUFS)
            draft.tell(MASTER, f"{TARGET_LUFS:g} LUFS, as streaming services play it")
    else:
        match_song(draft, _foresee_shape(draft, stems), wish.like, wish.called or "the song")
    lost = apply_moods(draft, asked)
    if draft.master.limiter:
        limiting = Change(MASTER, "limiter", None, draft.master.limiter)
        draft.moves.append(Move(f"{MASTER}: no true peak above {draft.master.limiter.ceiling:g} dBTP", (limiting,)))
    return lost


def _cut_mud(draft: Draft) -> None:
    """What is mud in the sum is known once the stems are balanced; faders go back afterwards."""
    faders = {name: strip.gain for name, strip in draft.strips.items()}
    rules.set_levels(draft, tell=False)
    draft.pass_over()
    rules.cut_mud(draft)
    for name, gain in faders.items():
        draft.change(name, gain=gain)
    draft.pass_over()


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


def correct_gains(auto: AutoMix, strips: Sequence[Samples]) -> AutoMix | None:
    """The mix with faders that take back what its effects did to the loudness of `strips`, its strips' sounds (2, n) as played.

    None where all are near enough to what was wanted, as a whole louder or quieter or not.
    """
    lufs = {name: loudness.loudness(sound) for name, sound in zip(auto.desk.strips, strips, strict=True)}
    missing = {name: wanted - lufs[name] for name, wanted in auto.wanted.items() if lufs[name] > loudness.GATE_LUFS}
    middle = float(np.median([*missing.values()])) if missing else 0.0
    changes = {name: float(np.clip(one - middle, -_FARTHEST, _FARTHEST)) for name, one in missing.items()}
    return _turn_faders(auto, {name: round(one, 1) for name, one in changes.items() if abs(one) > ENOUGH})


def _turn_faders(auto: AutoMix, changes: Mapping[str, float]) -> AutoMix | None:
    """The mix with `changes` in dB but for those that were to be left out; None for none. Raises `BadInput` as `check_named`."""
    made, told, moves, named = dict(auto.desk.strips), list(auto.desk.moves), list(auto.moves), set[str]()
    for name, change in changes.items():
        sentence = f"{name}: gain {change:+.1f} dB more, because its effects changed its loudness"
        asked = {one for one in auto.without if is_named(one, len(told) + 1, sentence)}
        named |= asked
        told.append(leave_out(sentence) if asked else sentence)
        gain = made[name].gain
        turned = round(float(np.clip(gain + change, -60, 24)), 1)
        moves.append(Move(sentence, (Change(name, "gain", gain, turned),)))
        if not asked:
            made[name] = made[name].model_copy(update={"gain": turned})
    check_named(auto.without - named, told)
    desk = auto.desk.model_copy(update={"strips": made, "moves": tuple(told)})
    return replace(auto, desk=desk, moves=tuple(moves)) if changes else None
