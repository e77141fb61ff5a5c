"""The kits: which sound lies under which General MIDI drum number, how loud, and through what.

A kit names its own drums and borrows the rest (toms, hand percussion) from a common rack, so every number from 35 to 83
sounds in every kit. Percussion kits answer unknown numbers with the instrument they are named for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .drum_sounds import Brush, Clap, Cymbal, Hat, Kick, Rim, Snare, Tom
from .kit import CLAP, CLOSED, CRASH, KICK, OPEN, PEDAL, RACK, RIDE, RIM, SNARE, Kit, Place
from .percussion import Wood


@dataclass(frozen=True, slots=True)
class Balance:
    """Levels of snare and hats against the kick, and what the whole kit goes through; see `Kit`."""

    snare: float = 0.72
    hat: float = 0.26
    room: float = 0.08
    drive: float = 0.0
    low_pass: float | None = None
    grit: int = 0
    trim: float = 0.0


def _drums(low: Kick, back: Snare | Brush, hats: Hat, cymbals: tuple[Cymbal, Cymbal], balance: Balance) -> Kit:
    """A drum kit from its main sounds, the cymbals being crash and ride; the rest comes from the rack."""
    pedal = replace(hats, ring=hats.ring * 0.7, cut=hats.cut * 0.85)
    wide = replace(hats, ring=max(0.38, hats.ring * 5.0))
    sounds: dict[int, Place] = {
        **RACK,
        KICK: (low, 1.0, 0.0),
        SNARE: (back, balance.snare, 0.0),
        RIM: (Rim(), 0.42, -0.1),
        CLAP: (Clap(), 0.6, 0.0),
        CLOSED: (hats, balance.hat, 0.18),
        PEDAL: (pedal, balance.hat * 0.8, 0.18),
        OPEN: (wide, balance.hat * 1.05, 0.18),
        CRASH: (cymbals[0], 0.42, -0.25),
        RIDE: (cymbals[1], 0.3, 0.3),
    }
    return Kit(
        "drums",
        sounds,
        low_pass=balance.low_pass,
        drive=balance.drive,
        room=balance.room,
        grit=balance.grit,
        trim=balance.trim,
    )


def _with(kit: Kit, changes: Mapping[int, Place]) -> Kit:
    return replace(kit, sounds={**kit.sounds, **changes})


_CRASH, _RIDE = Cymbal(1.8, 290, 2_800), Cymbal(1.1, 340, 3_200, 0.8)

_BOOM_BAP = _drums(
    Kick(56, 170, 0.028, 0.36, 0.35, 2_600, 2.2, 0.1),
    Snare(200, 0.6, 0.14, 0.75, 0.24, 800, 7_500, 1.8),
    Hat(0.055, 340, 6_000, 0.5, 0.7),
    (_CRASH, _RIDE),
    Balance(low_pass=11_000.0, drive=0.5, room=0.12, grit=11, snare=0.78, hat=0.25),
)
_DUSTY = _drums(
    Kick(54, 130, 0.03, 0.34, 0.16, 1_500, 1.6, 0.14),
    Snare(185, 0.55, 0.13, 0.6, 0.2, 600, 5_500, 1.3),
    Hat(0.05, 310, 4_500, 0.35, 0.8, 9_000),
    (Cymbal(1.3, 270, 2_200, 0.0, 8_000), Cymbal(0.9, 320, 2_500, 0.6, 8_000)),
    Balance(low_pass=6_800.0, drive=0.4, room=0.1, grit=10, snare=0.66, hat=0.24),
)
_ACOUSTIC = _drums(
    Kick(58, 110, 0.022, 0.32, 0.3, 3_200, 1.2, 0.08),
    Snare(195, 0.5, 0.18, 0.75, 0.32, 1_200, 10_500),
    Hat(0.08, 350, 6_500, 0.7, 0.5),
    (_CRASH, _RIDE),
    Balance(room=0.2, snare=0.7, hat=0.24),
)
_BRUSHES = _with(
    _drums(
        Kick(60, 70, 0.02, 0.26, 0.1, 1_400, 1.0, 0.08),
        Brush(0.2),
        Hat(0.06, 350, 5_500, 0.5, 0.6, 11_000),
        (Cymbal(1.6, 270, 2_400, 0.0, 10_000), Cymbal(1.4, 330, 2_600, 0.9, 10_500)),
        Balance(room=0.18, snare=0.6, hat=0.3, trim=3.0),
    ),
    {CLAP: (Brush(0.45, 0.12, 2_800), 0.42, 0.1), 51: (Cymbal(1.4, 330, 2_600, 0.9, 10_500), 0.42, 0.3)},
)
_808 = _with(
    _drums(
        Kick(49, 120, 0.02, 0.9, 0.12, 2_000, 1.3),
        Snare(185, 0.6, 0.13, 0.6, 0.2, 1_800, 11_000),
        Hat(0.05, 400, 7_500, 0.9, 0.2),
        (Cymbal(1.6, 400, 4_500), Cymbal(0.9, 420, 4_500, 0.4)),
        Balance(room=0.02, snare=0.66, hat=0.26),
    ),
    {
        RIM: (Rim(1_750, 0.035), 0.4, 0.1),
        45: (Tom(85, 0.6, 0.03), 0.7, -0.2),
        47: (Tom(120, 0.55, 0.03), 0.65, 0.0),
        50: (Tom(165, 0.5, 0.03), 0.6, 0.2),
        56: (Wood(545, 0.35, 1.48, 0.9), 0.34, 0.1),
    },
)
_909 = _drums(
    Kick(51, 230, 0.026, 0.42, 0.45, 3_600, 1.9),
    Snare(205, 0.5, 0.13, 0.75, 0.22, 1_500, 11_000, 1.2),
    Hat(0.06, 370, 7_500, 0.55, 0.6),
    (Cymbal(1.7, 350, 4_000), Cymbal(0.9, 390, 4_500, 0.6)),
    Balance(room=0.04, drive=0.2, snare=0.62, hat=0.29),
)
_TECHNO = _drums(
    Kick(47, 260, 0.032, 0.5, 0.3, 3_000, 3.2),
    Snare(220, 0.3, 0.1, 0.8, 0.2, 2_000, 10_000, 1.4),
    Hat(0.05, 420, 8_000, 0.6, 0.5),
    (Cymbal(1.6, 380, 4_500), Cymbal(0.8, 410, 5_000, 0.5)),
    Balance(room=0.12, drive=0.5, snare=0.5, hat=0.27),
)
_BREAKS = _drums(
    Kick(62, 120, 0.02, 0.26, 0.45, 2_900, 2.0, 0.1),
    Snare(225, 0.6, 0.12, 0.85, 0.22, 900, 9_500, 2.0),
    Hat(0.07, 350, 5_500, 0.6, 0.7),
    (Cymbal(1.2, 300, 2_800), Cymbal(0.8, 350, 3_000, 0.8)),
    Balance(room=0.16, drive=0.6, grit=12, snare=0.82, hat=0.3),
)
_GATED = _drums(
    Kick(54, 150, 0.025, 0.38, 0.4, 2_600, 1.8),
    Snare(180, 0.6, 0.2, 0.8, 0.3, 700, 9_000, 1.5, 0.24),
    Hat(0.06, 360, 7_000, 0.6, 0.5),
    (Cymbal(1.9, 300, 3_200), _RIDE),
    Balance(room=0.1, drive=0.2, snare=0.8, hat=0.24),
)
_DRILL = _with(
    _drums(
        Kick(50, 180, 0.02, 0.34, 0.5, 3_200, 2.2),
        Snare(240, 0.45, 0.1, 0.8, 0.2, 1_600, 12_000, 1.6),
        Hat(0.04, 420, 8_500, 0.6, 0.5),
        (Cymbal(1.4, 400, 5_000), Cymbal(0.8, 420, 5_000, 0.4)),
        Balance(room=0.05, snare=0.7, hat=0.26),
    ),
    {CLAP: (Clap(1_600, 0.2, 3), 0.58, 0.0), RIM: (Rim(2_100, 0.04), 0.45, 0.15)},
)
_ROCK = _drums(
    Kick(60, 130, 0.02, 0.32, 0.55, 3_800, 1.8, 0.06),
    Snare(190, 0.6, 0.2, 0.85, 0.34, 900, 10_000, 1.6),
    Hat(0.1, 340, 5_500, 0.7, 0.6),
    (Cymbal(2.2, 280, 2_400), Cymbal(1.2, 330, 2_800, 0.9)),
    Balance(room=0.24, drive=0.3, snare=0.84, hat=0.26),
)
_TOY = _drums(
    Kick(85, 160, 0.02, 0.18, 0.25, 2_000, 1.4),
    Snare(330, 0.6, 0.08, 0.6, 0.1, 1_500, 8_000),
    Hat(0.03, 520, 6_500, 0.8, 0.3, 11_000),
    (Cymbal(0.8, 480, 4_500, 0.0, 11_000), Cymbal(0.5, 500, 4_500, 0.5, 11_000)),
    Balance(low_pass=9_000.0, grit=8, room=0.0, snare=0.6, hat=0.22),
)


def _hand(default: int, changes: Mapping[int, Place] | None = None) -> Kit:
    sounds = {pitch: (spec, level / RACK[default][1], pan * 0.5) for pitch, (spec, level, pan) in RACK.items()}
    return Kit("percussion", {**sounds, **(changes or {})}, default=default, room=0.1)


KITS: Final[dict[str, Kit]] = {
    "boom_bap": _BOOM_BAP,
    "dusty": _DUSTY,
    "acoustic": _ACOUSTIC,
    "brushes": _BRUSHES,
    "kit_808": _808,
    "kit_909": _909,
    "techno": _TECHNO,
    "breaks": _BREAKS,
    "gated": _GATED,
    "drill": _DRILL,
    "rock": _ROCK,
    "toy": _TOY,
    "shaker": _hand(70),
    "congas": _hand(63),
    "sleigh_bells": _hand(83),
    "tambourine": _hand(54),
    "claves": _hand(75),
    "woodblocks": _hand(76),
    "finger_snaps": _hand(34),
    "wind_chimes": _hand(84),
}
"""Every kit by name: twelve of drums, eight of hand percussion."""
