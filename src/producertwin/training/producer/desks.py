"""Examples of desks: stems of a song out of order, and the desk that puts them right, which is known.

Each stem gets, by chance, mud (a bell of 6 to 12 dB between 180 and 400 Hz) and a wrong side (0.3 to 0.9 of balance); how loud it
comes does not matter, for it is brought to `LEVEL_LUFS` first. The known desk takes both away, gives every stem the loudness that
it has in the song's own mix, sets the side-chain that the style has, and does what the words of the text ask for. Where the text
names a desk that is shipped (`with the trap desk`), its effects are there too. All of this happens on the numbers that are kept
of a stem, so every draw is another example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...mixing.automix.curves import draw_bell
from ...mixing.automix.draft import Draft
from ...mixing.automix.moods import apply_moods
from ...mixing.automix.readings import StemReading, change_level
from ...mixing.automix.targets import ANY, read_balances
from ...mixing.automix.words import read_prompt, read_words
from ...mixing.desk import Desk, Strip, find_desk
from ...mixing.effects import Bell, Duck
from ...mixing.producer.features import LEVEL_LUFS, StemSound
from ...mixing.stems import fit_desk
from .songs import Song

SUM_LUFS: Final = -18.0
TARGET_LUFS: Final = -14.0
_MUD: Final = 0.4
_ASIDE: Final = 0.4
_PRESET: Final = 0.25
"""Share of the texts that name a shipped desk."""
_ASKED: Final = 0.6
"""Share of the texts to which moods are added."""
_WORDED: Final = {
    "drums": ("drums", "kick", "beat"),
    "bass": ("bass", "808s", "808", "bassline"),
    "keyboard": ("keys", "piano", "rhodes", "organ"),
    "synth": ("synth", "pads", "lead", "synths"),
    "guitar": ("guitar", "guitars"),
    "vocals": ("vocals", "voice"),
}
PRESETS: Final = ("ambient", "boom_bap", "drill", "house", "jazz", "lofi", "rock", "trap")


@dataclass(frozen=True, slots=True)
class DeskExample:
    """Stems as they come, what is said, and the desk that is right."""

    text: str
    stems: tuple[StemSound, ...]
    """At `LEVEL_LUFS` each."""
    desk: Desk
    """A strip for each of the stems, in their order."""


def draw_example(song: Song, rng: np.random.Generator) -> DeskExample:
    """An example of `song`, one of its stems left out by chance."""
    stems = list(song.stems)
    if len(stems) > 2 and rng.random() < 0.3:
        del stems[int(rng.integers(len(stems)))]
    preset = str(rng.choice(PRESETS)) if rng.random() < _PRESET else ""
    text = draw_text(song, [one.role for one in stems], preset, rng)
    spoilt = [spoil_stem(one, rng) for one in stems]
    return DeskExample(text, tuple(one for one, _ in spoilt), know_desk(song.style, text, preset, stems, spoilt))


def draw_text(song: Song, roles: Sequence[str | None], preset: str, rng: np.random.Generator) -> str:
    """A wording of `song`, with moods of the mix or of its instruments and the name of a desk by chance."""
    said = [song.captions[int(rng.integers(len(song.captions)))]]
    if rng.random() < 0.3:
        said = [song.style.replace("-", " ")] if song.style else said
    if rng.random() < _ASKED:
        moods = [name for mood, one in read_words().moods.items() for name in (mood, *one.also)]
        for _ in range(int(rng.integers(1, 4))):
            mood = str(rng.choice(moods))
            known = [role for role in roles if role in _WORDED]
            if known and rng.random() < 0.6:
                role = known[int(rng.integers(len(known)))]
                mood = f"{mood} {rng.choice(_WORDED[role])}"
            said.insert(int(rng.integers(len(said) + 1)), mood)
    if preset:
        said.append(f"with the {preset.replace('_', ' ')} desk")
    return ", ".join(said)


def spoil_stem(stem: StemSound, rng: np.random.Generator) -> tuple[StemSound, Strip]:
    """`stem` with mud and on a side, by chance, and the strip that undoes it, its fader left alone."""
    bells: tuple[Bell, ...] = ()
    if stem.role != "drums" and rng.random() < _MUD:
        hz, gain, q = rng.uniform(180, 400), rng.uniform(6, 12), rng.uniform(0.7, 1.4)
        bells = (Bell(hz=round(float(hz)), gain=round(-float(gain), 1), q=round(float(q), 2)),)
        stem = _filter(stem, -draw_bell(bells[0]))
    pan = 0.0
    if rng.random() < _ASIDE:
        pan = round(float(rng.uniform(0.3, 0.9) * rng.choice([-1, 1])), 2)
        stem = _put_aside(stem, pan)
    return stem, Strip(bells=bells, pan=-pan)


def know_desk(style: str, text: str, preset: str, stems: Sequence[StemSound], spoilt: Sequence[tuple[StemSound, Strip]]) -> Desk:
    """The desk that puts `spoilt` stems right and does what `text` says, for `stems` that were right."""
    names = name_stems([one.role for one in stems])
    levels = np.array([one.lufs for one in stems])
    whole = float(10 * np.log10((10 ** (levels / 10)).sum()))
    given = fit_desk(find_desk(preset), names, names)[0] if preset else Desk(strips={name: Strip() for name in names})
    strips, readings, wanted = {}, [], {}
    for name, level, (sound, undone) in zip(names, levels, spoilt, strict=True):
        own = given.strips[name]
        reading = as_reading(sound, name)
        made = own.model_copy(update={"bells": (*undone.bells, *own.bells[:5]), "pan": undone.pan})
        wanted[name] = SUM_LUFS + float(level) - whole
        gain = wanted[name] - LEVEL_LUFS - change_level(reading, made)
        strips[name] = made.model_copy(update={"gain": round(float(np.clip(gain, -60, 24)), 1)})
        readings.append(reading)
    draft = Draft(tuple(readings), style if style in read_balances().styles else ANY, strips, dict(given.buses), given.master)
    draft.wanted.update(wanted)
    _duck(draft)
    draft.master = draft.master.model_copy(update={"loudness": TARGET_LUFS})
    apply_moods(draft, tuple(one for one in read_prompt(text).asked))
    return Desk.model_validate({"strips": draft.strips, "buses": draft.buses, "master": draft.master}, from_attributes=True)


def name_stems(roles: Sequence[str | None]) -> tuple[str, ...]:
    """A strip's name for each role; two of one kind are told apart."""
    names: list[str] = []
    for role in roles:
        word = role or "stem"
        count = sum(name.rstrip("0123456789") == word for name in names)
        names.append(f"{word}{count + 1}" if count else word)
    return tuple(names)


def as_reading(stem: StemSound, name: str) -> StemReading:
    """A stem at `LEVEL_LUFS` as the rules read one, with a single window."""
    left = 1 / (1 + 10 ** (-stem.lean / 10))
    powers = 10 ** (np.array(stem.bands) / 10)
    return StemReading(name, name, stem.role, LEVEL_LUFS, left, 1 / (1 + 10 ** (stem.side / 10)), powers[None])


def _duck(draft: Draft) -> None:
    """The side-chain of the bass that the style has."""
    drums = next(iter(draft.of_role("drums")), None)
    depth = read_balances().styles[draft.style].duck
    for one in draft.of_role("bass") if drums else ():
        if depth >= 1 and drums and draft.strips[one.name].duck is None:
            draft.change(one.name, duck=Duck(by=drums.name, depth=round(depth, 1)))


def _filter(stem: StemSound, curve: np.ndarray) -> StemSound:
    """`stem` with another spectrum."""
    powers = 10 ** ((np.array(stem.bands) + curve) / 10)
    bands = 10 * np.log10(np.maximum(powers / powers.sum(), 1e-8))
    return replace(stem, bands=tuple(bands.round(2).tolist()))


def _put_aside(stem: StemSound, pan: float) -> StemSound:
    """`stem` with one side turned down, as a balance of `pan` does."""
    left, middle = 1 / (1 + 10 ** (-stem.lean / 10)), 1 / (1 + 10 ** (stem.side / 10))
    by_left, by_right = np.cos(max(pan, 0) * np.pi / 2), np.cos(max(-pan, 0) * np.pi / 2)
    one, other = left * by_left**2, (1 - left) * by_right**2
    whole = one + other
    shared = (whole / 2 + by_left * by_right * (middle - 0.5)) / whole
    lean = 10 * np.log10(max(one / whole, 1e-4) / max(other / whole, 1e-4))
    side = 10 * np.log10(max(1 - shared, 1e-4) / max(shared, 1e-4))
    return replace(stem, lean=float(np.clip(lean, -40, 40)), side=float(np.clip(side, -40, 20)))
