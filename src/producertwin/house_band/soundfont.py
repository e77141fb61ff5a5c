"""The band's parts on sampled instruments: a General MIDI soundfont plays what the band's own synthesis plays otherwise.

For training only; nothing of a soundfont ships. Needs the package `tinysoundfont` (MIT) and a soundfont file under a licence
that allows it, such as FluidR3Mono_GM.sf3 (MIT; Debian package `fluidr3mono-gm-soundfont`).
"""

from __future__ import annotations

import zlib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..audio.loudness import loudest
from ..errors import Unavailable
from ..timebase import SAMPLE_RATE
from . import mix
from .instruments import REFERENCE_DB, find
from .kit import KICK, Kit
from .oscillators import Sound
from .score import Part, Score
from .track_render import finish_lane, sides

PROGRAMS: Final[dict[str, tuple[int, ...]]] = {
    "piano": (0, 1, 2), "felt_piano": (0,), "fm_epiano": (5,), "wurli": (4,), "organ": (16, 17, 18, 19), "clav": (7,),
    "harpsi": (6,), "music_box": (10,), "celesta": (8, 9), "pad_warm": (89,), "pad_air": (88, 94), "pad_strings": (50, 51),
    "saw_lead": (81,), "square_lead": (80,), "sine_lead": (79, 82), "supersaw": (81, 90), "pluck": (45, 104),
    "fm_bell": (14, 98), "chip_square": (80,), "chip_triangle": (82,), "arp_saw": (81, 90), "stab": (55, 62),
    "upright_bass": (32,), "electric_bass": (33, 34, 35), "slap_bass": (36, 37), "sub_808": (39,), "saw_bass": (38,),
    "fm_bass": (39,), "reese": (38,), "acid_bass": (38,), "chip_bass": (38,), "sine_bass": (39,),
    "nylon_guitar": (24,), "steel_guitar": (25,), "clean_guitar": (26, 27), "muted_guitar": (28,), "drive_guitar": (29, 30),
    "ukulele": (24,), "string_section": (48, 49), "solo_violin": (40,), "cello": (42,), "pizzicato": (45,), "harp": (46,),
    "koto": (107,), "flute": (73,), "clarinet": (71,), "sax": (65, 66), "soprano_sax": (64,), "shakuhachi": (77,),
    "trumpet": (56,), "muted_trumpet": (59,), "brass_section": (61,), "trombone": (57,), "french_horn": (60,),
    "vocal_ah": (52,), "vocal_oo": (53,), "vocal_hum": (53,), "choir_ah": (52,), "choir_oo": (53,), "church_bell": (14,),
}  # fmt: skip
"""General MIDI programs, from 0, that stand for each patch. Patches that are missing are played by the band itself."""
KITS: Final[dict[str, int]] = {
    "acoustic": 0, "brushes": 40, "boom_bap": 8, "dusty": 32, "kit_808": 25, "kit_909": 25, "techno": 24, "gated": 16, "rock": 16,
}  # fmt: skip
"""General MIDI drum kits by name of the band's kit; any other is played on the standard kit."""
REMEDY: Final = "pip install 'producertwin[soundfont]' and apt install fluidr3mono-gm-soundfont"
_DRUMS: Final = 9
"""Channel of the drums; melodic parts play on channel 0."""


FILES: Final = (
    Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3"),
    Path("/usr/share/fluidr3mono-gm-soundfont/FluidR3Mono_GM.sf3"),
)
"""Where Debian puts it."""


def find_soundfont() -> Path | None:
    """The soundfont that Debian installed; None where it or the package is missing."""
    return next((path for path in FILES if path.is_file()), None) if find_spec("tinysoundfont") is not None else None


def check_soundfont(path: Path) -> None:
    """Raise `Unavailable` without the package or the file."""
    remedy = f"{REMEDY}, or leave the soundfont out"
    if find_spec("tinysoundfont") is None:
        raise Unavailable("soundfonts need the package tinysoundfont, which is not here", remedy=remedy)
    if not path.is_file():
        raise Unavailable(f"no soundfont at {path}", remedy=remedy)


class Soundfont:
    """A soundfont, open. Raises as `check_soundfont` does."""

    def __init__(self, path: Path) -> None:
        check_soundfont(path)
        self._synth: Any = import_module("tinysoundfont").Synth(samplerate=SAMPLE_RATE)
        self._number = self._synth.sfload(str(path), max_voices=256)
        self._levels: dict[tuple[int, bool], float] = {}

    def render_part(self, score: Score, part: Part, length: int) -> Sound | None:
        """One part on its strip, (2, length), as `track_render.render_part`; None where no program stands for its patch."""
        source = find(part.patch)
        drums = isinstance(source, Kit)
        if isinstance(source, Kit):
            program = KITS.get(part.patch, 0)
        elif part.patch in PROGRAMS:
            choice = PROGRAMS[part.patch]
            program = choice[zlib.crc32(f"{score.seed}/{part.patch}".encode()) % len(choice)]
        else:
            return None
        left, right = sides(part, source.trim + (mix.KIT_DB if drums else 0.0))
        lane = self._play(self._events(score, part, source if isinstance(source, Kit) else None), length, program, drums=drums)
        lane *= np.float32(self._level(program, drums=drums)) * np.array([[left], [right]], dtype=np.float32)
        return finish_lane(score, part, lane)

    @staticmethod
    def _events(score: Score, part: Part, kit: Kit | None) -> list[tuple[int, int, int]]:
        """Sample, MIDI note and velocity of every stroke and release (velocity 0), in order."""
        tempo = score.tempo
        found = []
        for note in part.notes:
            pitch = min(max(note.pitch, 0), 127) if kit is None else kit.sound(note.pitch)
            start = max(0, tempo.sample(note.start))
            velocity = min(127, max(1, round(127 * min(1.0, max(0.05, note.velocity)) ** 0.8)))
            found.append((start, pitch, velocity))
            found.append((start + max(480, tempo.samples(note.start, note.length)), pitch, 0))
        return sorted(found, key=lambda event: (event[0], event[2] > 0))

    def _play(self, events: list[tuple[int, int, int]], length: int, program: int, *, drums: bool) -> Sound:
        """What the events sound like on `program`, (2, length)."""
        channel, synth = _DRUMS if drums else 0, self._synth
        synth.sounds_off(channel)
        synth.program_select(channel, self._number, 128 if drums else 0, program, drums)
        flat, at = np.zeros((length, 2), np.float32), 0
        for sample, pitch, velocity in events:
            until = min(sample, length)
            if until > at:
                synth.generate_simple(until - at, flat[at:until].reshape(-1).data.cast("B"))
                at = until
            if velocity:
                synth.noteon(channel, pitch, velocity)
            else:
                synth.noteoff(channel, pitch)
        if length > at:
            synth.generate_simple(length - at, flat[at:].reshape(-1).data.cast("B"))
        synth.sounds_off(channel)
        return np.ascontiguousarray(flat.T)

    def _level(self, program: int, *, drums: bool) -> float:
        """Factor that brings a program's middle note to the patches' reference, or a kit's kick to a peak of 1."""
        known = self._levels.get((program, drums))
        if known is None:
            pitch = KICK if drums else 48 if 32 <= program < 40 else 60
            sound = self._play([(0, pitch, 110), (SAMPLE_RATE, pitch, 0)], int(1.5 * SAMPLE_RATE), program, drums=drums)
            peak = float(np.abs(sound).max())
            known = 0.0  # a program that the soundfont lacks
            if peak > 0.0:
                known = 1.0 / peak if drums else float(10.0 ** ((REFERENCE_DB - loudest(sound)) / 20.0))
            self._levels[program, drums] = known
        return known
