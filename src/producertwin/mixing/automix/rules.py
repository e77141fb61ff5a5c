"""The rules that set strips: rumble, mud, place, loudness, room for the kick, room for what is covered.

Each reads the draft, changes it and says why in one sentence a move. What is near enough stays as it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..effects import MOST_BELLS, Bell, Duck, Pass
from ..report import CENTRES, COVERED_DB, masking_of
from .draft import Draft
from .mud import find_mud, share_of_mud
from .readings import StemReading, balance_for, change_level, foresee_powers, lean, level_bands
from .targets import level_of, read_balances

SUM_LUFS: Final = -18.0
"""Loudness of the sum before the master: far enough below full scale for any effect."""
_LOW: Final = frozenset({"drums", "bass", "percussion", "fx"})
_CENTRE: Final = frozenset({"drums", "bass", "vocals"})
_NEAR_CENTRE: Final = 1.0
"""dB between the sides that nobody hears as a place."""
_FAR: Final = 7.0
"""dB between the sides at which a stem stands as far out as the band ever puts one."""
_ASIDE: Final = 2.0
"""dB between the sides of an instrument that is given a place."""
_MONO: Final = 0.999
_KICK: Final = CENTRES < 120
_KICK_COVERED: Final = 0.25
"""Share of the kick that a bass may cover before it makes room."""
_ROOM_FOR_KICK: Final = 3.0
_SMALLEST_CUT: Final = 1.5
_MOST_CUT: Final = 9.0
_CLEAR: Final = 1.0
"""dB of a bump in the sum that nobody minds."""
_MOST_MUDDY: Final = 4
"""Stems that mud is taken from."""
_MUDDY_SHARE: Final = 0.15
"""Share of the mud that a stem has for it to be the one to cut."""
_PIECES: Final = {"kick": 0.0, "bd": 0.0, "snare": -2.0, "sd": -2.0, "clap": -4.0}
"""dB of a drum that is a stem of its own against the whole kit."""
_ORDER: Final = ("vocals", "drums", "bass", "woodwinds", "brass", "synth", "guitar", "keyboard", "backing_vocals", "strings")
"""What is meant to be heard first; a stem makes room for those before it."""


def cut_rumble(draft: Draft) -> None:
    """A high-pass for stems that have nothing to say below 80 Hz and sound there."""
    low = CENTRES < 63
    for one in draft.audible:
        if one.role is None or one.role in _LOW or draft.strips[one.name].high_pass:
            continue
        usual = np.array(read_balances().roles[one.role].bands)
        over = _sum_db(one.bands[low]) - _sum_db(usual[low])
        if over > 6 and _sum_db(one.bands[low]) > -25:
            draft.change(one.name, high_pass=Pass(hz=80))
            draft.tell(
                one.name, f"high-pass at 80 Hz, because it rumbles there by {over:.0f} dB more than {_call(one.role)} does"
            )


def cut_mud(draft: Draft) -> None:
    """Bells where the sum has more between 160 and 500 Hz than the style has, in the stems that have it from their own bump."""
    style = read_balances().styles[draft.style]
    done: set[str] = set()
    for _ in range(_MOST_MUDDY if len(draft.audible) > 1 else 0):
        powers = draft.powers()
        whole = powers.sum(axis=0)
        hz, size = find_mud(level_bands(whole), np.array(style.bands))
        spread = float(np.interp(np.log2(hz), np.log2(CENTRES), style.spread))
        over = size - _CLEAR - 0.3 * spread
        shares = {one.name: share_of_mud(own, whole, hz) for one, own in zip(draft.audible, powers, strict=True)}
        muddy = [one for one in draft.audible if one.name not in done and _is_muddy(one) and shares[one.name] > _MUDDY_SHARE]
        muddy = [one for one in muddy if len(draft.strips[one.name].bells) < MOST_BELLS]
        if over <= 0 or not muddy:
            return
        worst = max(muddy, key=lambda one: shares[one.name])
        cut = round(min(max(over / shares[worst.name], _SMALLEST_CUT), _MOST_CUT), 1)
        draft.change(worst.name, bells=(*draft.strips[worst.name].bells, Bell(hz=hz, gain=-cut, q=1)))
        done.add(worst.name)
        draft.tell(
            worst.name,
            f"{-cut:+.1f} dB at {hz:g} Hz, because the sum has {size:.0f} dB more mud there than it should, "
            f"{shares[worst.name]:.0%} of it from this stem",
        )


def _is_muddy(one: StemReading) -> bool:
    """Whether a stem has a larger bump than its instrument usually has; of an unknown one nobody can say, and the sum decides."""
    if one.role is None:
        return True
    usual = read_balances().roles[one.role]
    return find_mud(one.bands, np.array(usual.bands))[1] > usual.mud + 0.5 * usual.mud_spread


def place(draft: Draft) -> None:
    """Balance by role: drums, bass and voice in the middle, the others where they are unless that is far out."""
    if len(draft.audible) < 2:
        return
    sides = 0
    for one in draft.audible:
        leans, strip = lean(one), draft.strips[one.name]
        if strip.pan:
            continue
        target = 0.0
        if one.role in _CENTRE:
            if abs(leans) <= _NEAR_CENTRE:
                continue
            why = f"{_call(one.role)} belongs in the middle"
        elif one.middle > _MONO and abs(leans) < 0.5 and one.role:
            sides += 1
            target = _ASIDE if sides % 2 else -_ASIDE
            why = "it is mono, and the middle is taken by drums, bass and voice"
        elif abs(leans) > _FAR:
            target = float(np.sign(leans)) * _ASIDE
            why = "it stands further out than any instrument of a balanced mix"
        else:
            continue
        wide = strip.width if abs(leans) < 20 else 0.0
        pan = balance_for((leans if wide else 0.0) - target)
        draft.change(one.name, pan=pan, width=wide)
        draft.tell(one.name, f"balance {pan:+.2f}{'' if wide == strip.width else ' and mono'}, because {why}")


def set_levels(draft: Draft, *, tell: bool = True) -> None:
    """Faders that bring every stem to the loudness that its role has in the style, the sum to `SUM_LUFS`."""
    counts = {role: sum(one.role == role for one in draft.audible) for role in {one.role for one in draft.audible}}
    targets = {}
    for one in draft.audible:
        shared = 10 * np.log10(counts[one.role]) if one.role else 0.0
        piece = next((db for word, db in _PIECES.items() if word in one.name), 0.0) if counts[one.role] > 1 else 0.0
        targets[one.name] = level_of(one.role, draft.style) - float(shared) + piece
    whole = float(10 * np.log10(sum(10 ** (level / 10) for level in targets.values())))
    for one in draft.audible:
        before = draft.strips[one.name]
        wanted = SUM_LUFS + targets[one.name] - whole
        gain = float(np.clip(wanted - one.lufs - change_level(one, before), -60, 24))
        draft.change(one.name, gain=round(gain, 1))
        draft.wanted[one.name] = wanted
        if not tell:
            continue
        named = "a stem" if one.role is None else _call(one.role)
        style = "a balanced mix" if draft.style == "any" else f"{draft.style} mixes"
        draft.tell(
            one.name,
            f"gain {gain:+.1f} dB, from {one.lufs:.1f} to {one.lufs + change_level(one, before) + gain:.1f} LUFS: in {style} "
            f"{named} stands {targets[one.name] - whole:+.1f} LU against the whole",
        )


def make_room(draft: Draft) -> None:
    """A bell in what covers a stem by more than is usual, where it covers most."""
    heard = draft.audible
    if len(heard) < 2:
        return
    rank = {role: number for number, role in enumerate(_ORDER)}
    for place_, one in enumerate(heard):
        if one.role not in rank:
            continue
        usual = read_balances().roles[one.role]
        powers = draft.powers()
        shares = masking_of(powers)
        if shares[place_, place_] <= usual.masked + max(usual.masked_spread, 0.05):
            continue
        behind = [other for other, reading in enumerate(heard) if rank.get(reading.role or "", 99) > rank[one.role]]
        worst = max(behind, key=lambda other: float(shares[place_, other]), default=None)
        if worst is None or shares[place_, worst] < 0.1 or len(draft.strips[heard[worst].name].bells) >= MOST_BELLS:
            continue
        hz = _find_most_covered(powers[place_], powers[worst])
        by = heard[worst].name
        draft.change(by, bells=(*draft.strips[by].bells, Bell(hz=hz, gain=-3, q=1.2)))
        draft.tell(
            by,
            f"-3 dB at {hz:g} Hz, because it covers {shares[place_, worst]:.0%} of {one.name}, of which "
            f"{usual.masked:.0%} are covered in a usual mix",
        )


def duck_bass(draft: Draft) -> None:
    """A side-chain that turns basses down while the kick sounds, as deep as the style has it, deeper where they cover it."""
    drums = sorted(draft.of_role("drums"), key=lambda one: -_sum_db(one.bands[_KICK]) - 60 * ("kick" in one.name))
    if not drums or _sum_db(drums[0].bands[_KICK]) < -12:
        return
    kick = drums[0]
    hit = foresee_powers(kick, draft.strips[kick.name])[:, _KICK].sum(axis=1)
    for one in draft.of_role("bass"):
        if draft.strips[one.name].duck:
            continue
        under = foresee_powers(one, draft.strips[one.name])[:, _KICK].sum(axis=1)
        covered = float(hit[under > hit].sum() / max(float(hit.sum()), 1e-20))
        depth = max(read_balances().styles[draft.style].duck, _ROOM_FOR_KICK if covered > _KICK_COVERED else 0.0)
        if depth >= 1:
            draft.change(one.name, duck=Duck(by=kick.name, depth=round(depth, 1)))
            why = f"it covers {covered:.0%} of it below 120 Hz" if covered > _KICK_COVERED else f"{draft.style} has it so"
            draft.tell(one.name, f"{depth:.1f} dB down while the kick of {kick.name} sounds, because {why}")


def _find_most_covered(own: np.ndarray, other: np.ndarray) -> float:
    """Where `other` covers most of `own`, both (windows, bands): the nearest usual frequency in Hz."""
    covered = np.where(other > 10 ** (COVERED_DB / 10) * own, own**0.3, 0.0).sum(axis=0)
    hz = float(CENTRES[int(np.argmax(covered))])
    return round(hz, -1 if hz < 1_000 else -2)


def _sum_db(bands: np.ndarray) -> float:
    return float(10 * np.log10((10 ** (bands / 10)).sum()))


def _call(role: str) -> str:
    return {"vocals": "a voice", "backing_vocals": "a backing voice", "bass": "a bass", "drums": "a kit"}.get(
        role, role.replace("_", " ")
    )


def unknown_roles(readings: tuple[StemReading, ...]) -> tuple[str, ...]:
    """Strips of which nobody knows the instrument."""
    return tuple(one.name for one in readings if one.role is None)
