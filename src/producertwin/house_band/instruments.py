"""The table of patches: every pitched sound by name, with the stem it belongs to and how it is let go.

A patch is calibrated once: its reference note is rendered, the K-weighted level of its loudest 0.4 s measured, and every
note scaled so that equal velocities sound about equally loud whatever the patch. `trim` then says how far it stands forward.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np

from ..audio.loudness import loudest
from ..errors import BadInput
from ..timebase import SAMPLE_RATE
from . import bass, keys, plucked, singer, sound_effects, synths, voices, winds
from .kit import Kit
from .kits import KITS
from .oscillators import Sound, Tone, filter_biquad
from .syllables import Syllable

PatchFunction = Callable[[Tone], Sound]
REFERENCE_DB: Final = -20.0
"""K-weighted level every patch's reference note is brought to."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One pitched sound."""

    stem: str
    play: PatchFunction
    release: float = 0.12
    """Seconds from key-off to silence."""
    ring: float = 60.0
    """Seconds after which even a held note is over."""
    trim: float = 0.0
    """dB against the stem's usual level."""
    mono: bool = False
    """One note at a time: the next one ends it."""
    centre: int = 60
    """MIDI number of the reference note."""
    tuned: bool = True
    """Whether a note has the pitch that is asked for."""
    throat: float | None = None
    """Factor of the formants of one who sings syllables; None for all others."""


def _string(wire: plucked.Wire) -> PatchFunction:
    return partial(plucked.string, wire=wire)


def _wind(voice: winds.WindVoice) -> PatchFunction:
    return partial(winds.blow, voice=voice)


def _synth(voice: synths.SubtractiveVoice) -> PatchFunction:
    return partial(synths.subtractive, voice=voice)


def _singer(throat: float, centre: int) -> Patch:
    return Patch("vocals", partial(singer.sing_la, throat=throat), 0.08, mono=True, centre=centre, throat=throat)


def _bass(wire: plucked.Wire) -> PatchFunction:
    return partial(bass.plucked_bass, wire=wire)


_KEYBOARD: Final = {
    "piano": Patch("keyboard", _string(keys.GRAND), 0.18, 7.0),
    "felt_piano": Patch("keyboard", keys.felt_piano, 0.25, 5.0),
    "fm_epiano": Patch("keyboard", keys.fm_epiano, 0.15, 5.0),
    "wurli": Patch("keyboard", keys.wurli, 0.12, 4.0),
    "organ": Patch("keyboard", keys.organ, 0.06, trim=-1.5),
    "clav": Patch("keyboard", _string(keys.CLAV), 0.06, 2.5, -1.0),
    "harpsi": Patch("keyboard", keys.harpsi, 0.1, 3.5, -1.0),
    "music_box": Patch("keyboard", keys.music_box, 0.7, 2.5, centre=76),
    "celesta": Patch("keyboard", keys.celesta, 0.5, 2.0, centre=76),
}
_SYNTH: Final = {
    "pad_warm": Patch("synth", _synth(synths.PAD_WARM), 0.8, trim=-3.0),
    "pad_air": Patch("synth", synths.pad_air, 1.0, trim=-4.0),
    "pad_strings": Patch("synth", _synth(synths.PAD_STRINGS), 0.6, trim=-3.5),
    "saw_lead": Patch("synth", _synth(synths.SAW_LEAD), 0.1, trim=1.0, mono=True, centre=72),
    "square_lead": Patch("synth", _synth(synths.SQUARE_LEAD), 0.1, trim=1.0, mono=True, centre=72),
    "sine_lead": Patch("synth", synths.sine_lead, 0.12, trim=1.0, mono=True, centre=72),
    "supersaw": Patch("synth", _synth(synths.SUPERSAW), 0.2, trim=-1.0),
    "pluck": Patch("synth", _synth(synths.PLUCK), 0.2, 1.2, 0.5, centre=67),
    "fm_bell": Patch("synth", synths.fm_bell, 0.8, 3.2, centre=72),
    "chip_square": Patch("synth", synths.chip_square, 0.03, trim=0.0, centre=72),
    "chip_triangle": Patch("synth", synths.chip_triangle, 0.03, trim=0.5, centre=72),
    "arp_saw": Patch("synth", _synth(synths.ARP_SAW), 0.12, 2.0, centre=67),
    "stab": Patch("synth", _synth(synths.STAB), 0.15, 1.5, 0.5),
}
_BASS: Final = {
    "upright_bass": Patch("bass", _bass(bass.UPRIGHT), 0.09, 2.5, mono=True, centre=36),
    "electric_bass": Patch("bass", _bass(bass.ELECTRIC), 0.08, 4.0, mono=True, centre=36),
    "slap_bass": Patch("bass", _bass(bass.SLAP), 0.07, 3.0, mono=True, centre=36),
    "sub_808": Patch("bass", bass.sub_808, 0.1, 6.0, 0.0, True, 33),
    "saw_bass": Patch("bass", bass.saw_bass, 0.06, mono=True, centre=36),
    "fm_bass": Patch("bass", bass.fm_bass, 0.06, trim=-1.0, mono=True, centre=36),
    "reese": Patch("bass", bass.reese, 0.08, mono=True, centre=33),
    "acid_bass": Patch("bass", bass.acid_bass, 0.05, trim=-1.0, mono=True, centre=36),
    "chip_bass": Patch("bass", bass.chip_bass, 0.03, mono=True, centre=36),
    "sine_bass": Patch("bass", bass.sine_bass, 0.07, trim=-1.5, mono=True, centre=36),
}
_GUITAR: Final = {
    "nylon_guitar": Patch("guitar", _string(plucked.NYLON), 0.15, 3.0),
    "steel_guitar": Patch("guitar", _string(plucked.STEEL), 0.15, 4.0),
    "clean_guitar": Patch("guitar", _string(plucked.CLEAN), 0.12, 4.5),
    "muted_guitar": Patch("guitar", partial(plucked.mute_string, wire=plucked.MUTED), 0.06, 0.6),
    "drive_guitar": Patch("guitar", partial(plucked.amplify_string, wire=plucked.DRIVE), 0.08, 6.0, -1.0, centre=52),
    "ukulele": Patch("guitar", _string(plucked.UKULELE), 0.1, 1.8, centre=67),
}
_STRINGS: Final = {
    "string_section": Patch("strings", _wind(winds.SECTION), 0.3, trim=-2.0),
    "solo_violin": Patch("strings", _wind(winds.VIOLIN), 0.15, trim=1.0, mono=True, centre=72),
    "cello": Patch("strings", _wind(winds.CELLO), 0.18, trim=0.5, mono=True, centre=48),
    "pizzicato": Patch("strings", _string(plucked.PIZZICATO), 0.15, 1.0),
    "harp": Patch("strings", _string(plucked.HARP), 0.6, 3.5),
    "koto": Patch("strings", _string(plucked.KOTO), 0.3, 2.8),
}
_BLOWN: Final = {
    "flute": Patch("woodwinds", _wind(winds.FLUTE), 0.09, mono=True, centre=74),
    "clarinet": Patch("woodwinds", _wind(winds.CLARINET), 0.08, mono=True, centre=65),
    "sax": Patch("woodwinds", _wind(winds.SAX), 0.09, mono=True, centre=60),
    "soprano_sax": Patch("woodwinds", _wind(winds.SOPRANO), 0.09, mono=True, centre=70),
    "shakuhachi": Patch("woodwinds", _wind(winds.SHAKUHACHI), 0.14, mono=True, centre=69),
    "trumpet": Patch("brass", _wind(winds.TRUMPET), 0.08, mono=True, centre=67),
    "muted_trumpet": Patch("brass", _wind(winds.MUTED), 0.08, mono=True, centre=67),
    "brass_section": Patch("brass", _wind(winds.BRASS), 0.12),
    "trombone": Patch("brass", _wind(winds.TROMBONE), 0.09, mono=True, centre=52),
    "french_horn": Patch("brass", _wind(winds.HORN), 0.14, centre=57),
}
_VOICES: Final = {
    "vocal_ah": Patch("vocals", partial(voices.sing, vowel="ah"), 0.14, mono=True, centre=65),
    "vocal_oo": Patch("vocals", partial(voices.sing, vowel="oo"), 0.14, mono=True, centre=65),
    "vocal_hum": Patch("vocals", partial(voices.sing, vowel="mm", breath=0.006), 0.16, mono=True, centre=60),
    "vocal_woman": _singer(singer.WOMAN, 67),
    "vocal_man": _singer(1.0, 55),
    "vocal_chop": Patch("vocals", voices.chop, 0.05, 1.2, mono=True, centre=67),
    "vocal_speech": Patch("vocals", voices.speech, 0.06, trim=-2.0, mono=True, centre=53),
    "choir_ah": Patch("backing_vocals", partial(voices.choir, vowel="ah"), 0.4),
    "choir_oo": Patch("backing_vocals", partial(voices.choir, vowel="oo"), 0.45),
}
_EFFECTS: Final = {
    "riser": Patch("fx", sound_effects.riser, 0.05, tuned=False),
    "impact": Patch("fx", sound_effects.impact, 1.5, 2.4, 3.0, tuned=False),
    "reverse_cymbal": Patch("fx", sound_effects.reverse_cymbal, 0.03, tuned=False),
    "vinyl_stop": Patch("fx", sound_effects.vinyl_stop, 0.1, 1.1, tuned=False),
    "noise_sweep": Patch("fx", sound_effects.noise_sweep, 0.05, tuned=False),
    "zap": Patch("fx", sound_effects.zap, 0.1, 0.6, -2.0, tuned=False),
    "birds": Patch("fx", sound_effects.birds, 0.1, 12.0, -6.0, tuned=False),
    "church_bell": Patch("fx", sound_effects.church_bell, 1.2, 6.0, centre=60),
}
PATCHES: Final[dict[str, Patch]] = {
    **_KEYBOARD, **_SYNTH, **_BASS, **_GUITAR, **_STRINGS, **_BLOWN, **_VOICES, **_EFFECTS,
}  # fmt: skip
"""Every pitched patch and sound effect by name. Kits stand in `kits.KITS`."""


def find(name: str) -> Patch | Kit:
    """The patch or kit called `name`. Raises `BadInput` for any other name."""
    found = PATCHES.get(name) or KITS.get(name)
    if found is None:
        raise BadInput(f"no patch or kit is called {name!r}", remedy="use a name from instruments.PATCHES or kits.KITS")
    return found


def stem_of(name: str) -> str:
    """The stem class of a patch or kit. Raises `BadInput` for an unknown name."""
    return find(name).stem


def note(name: str, pitch: int, velocity: float, samples: int, take: int = 0) -> Sound:
    """One held note of `samples` on patch `name`, calibrated, without release; (n,) or (2, n), n <= samples.

    The same arguments give the same bytes: what differs from string to string is drawn from patch, pitch and `take`.
    """
    patch = PATCHES[name]
    length = min(samples, int(patch.ring * SAMPLE_RATE))
    seed = zlib.crc32(f"{name}/{pitch}/{take}".encode())
    sound = patch.play(Tone(pitch, length, velocity, np.random.default_rng(seed)))
    if patch.stem == "bass":
        # driven lows carry an offset that would eat headroom
        sound = filter_biquad(sound, "high", 22.0)
    return np.asarray(sound * np.float32(calibration(name)), dtype=np.float32)


def sung_note(name: str, pitch: int, syllable: Syllable, velocity: float, samples: int, hold: int) -> Sound:
    """One syllable on a pitch, held for `hold` samples of `samples`, on the singer `name`, calibrated, (samples,).

    The same arguments give the same bytes. A patch that sings no syllables plays a note like any other.
    """
    throat = PATCHES[name].throat
    if throat is None:
        return note(name, pitch, velocity, samples)
    seed = zlib.crc32(f"{name}/{pitch}/{syllable}".encode())
    sound = singer.sing_syllable(Tone(pitch, samples, velocity, np.random.default_rng(seed)), syllable, hold, throat=throat)
    return np.asarray(sound * np.float32(calibration(name)), dtype=np.float32)


@cache
def calibration(name: str) -> float:
    """Factor that brings the patch's reference note to `REFERENCE_DB`."""
    patch = PATCHES[name]
    length = int(min(patch.ring, 2.0 if not patch.tuned else 1.5) * SAMPLE_RATE)
    tone = Tone(patch.centre, length, 0.8, np.random.default_rng(zlib.crc32(name.encode())))
    return float(10.0 ** ((REFERENCE_DB - loudest(patch.play(tone))) / 20.0))
