"""Taggers: a tagger gets one sound and returns tags with their confidence.

`measure` is the offline default: tempo and key by the meters, style and stems by the embedder. `file` takes what lay beside the
sound. What they answer becomes a caption in `describe`, which leaves out what is not sure and flags it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import JsonValue

from ..audio.meters import measure
from ..audio.samples import Samples
from ..audio.tempo import same_up_to_octave
from ..errors import BadInput
from ..house_band.styles import DEFAULT, PATCHES, STYLES
from ..music import STEMS, UNKNOWN, Key, parse_language
from .captions import TAGS, Caption, Flag, preset_tags
from .lyrics import Lyrics, normalise
from .stem_files import stem_name

if TYPE_CHECKING:
    from ..model.nano.embedder import Embedder

LIKELY_STYLE: Final = 0.4
"""Least chance of the likeliest style for it to be named at all."""
SURE_STYLE: Final = 0.95
"""Least chance for it to be sure, and to decide the octave of the tempo: music that is not of the band's styles seldom has it."""
SURE_TEMPO: Final = 0.35
SURE_KEY: Final = 0.45
SURE_STEM: Final = 0.5
_UNSURE_VOICE: Final = (0.35, 0.65)
"""Between these chances a voice may be there or not."""
_STEM_WORDS: Final = {
    "keyboard": "piano",
    "guitar": "guitar",
    "bass": "bass guitar",
    "drums": "drums",
    "percussion": "percussion",
    "strings": "strings",
    "brass": "brass section",
    "woodwinds": "flute",
    "synth": "synth pads",
    "fx": "sound effects",
    "backing_vocals": "choir",
}
"""What a stem is called where the style has no instrument of its class."""


@dataclass(frozen=True, slots=True)
class TagResult:
    """A tagger's result for one sound; None or absent where it has none."""

    style: str | None = None
    style_chance: float = 0.0
    second_style: str | None = None
    """The next likely style."""
    bpm: float | None = None
    bpm_confidence: float = 0.0
    key: str | None = None
    key_confidence: float = 0.0
    meter: int | None = None
    stems: Mapping[str, float] = field(default_factory=dict)
    """Chance of each stem."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Tags by group, in place of the preset's."""
    text: str | None = None
    """A whole caption."""
    lyrics: Lyrics | None = None


class Tagger(Protocol):
    """Describes a sound."""

    @property
    def name(self) -> str:
        """How captions name it."""
        ...

    def tag(self, sound: Samples, given: Mapping[str, JsonValue]) -> TagResult:
        """Tag `sound` (2, n) at 48 kHz; `given` is what the files beside it state."""
        ...


@dataclass(frozen=True, slots=True)
class MeterTagger:
    """Meters and embedder, offline."""

    embedder: Embedder
    style: str | None = None
    """The style of every track, where the producer says so."""

    @property
    def name(self) -> str:
        """`measure` and the embedder's name."""
        return f"measure, {self.embedder.name}"

    def tag(self, sound: Samples, given: Mapping[str, JsonValue]) -> TagResult:  # noqa: ARG002 - of the protocol
        """Measure `sound`; the style that the producer says decides no tempo, only what is heard does."""
        tags = self.embedder.embed_audio(sound)
        heard, *others = sorted(tags.styles, key=lambda name: -tags.styles[name])
        meters = measure(sound)
        pulse = meters.tempo(STYLES[heard].tempo if tags.styles[heard] >= SURE_STYLE else None)
        tonic = meters.key
        return TagResult(
            style=self.style or heard,
            style_chance=1.0 if self.style else tags.styles[heard],
            second_style=None if self.style or not others else others[0],
            bpm=round(pulse.bpm) if pulse.bpm else None,
            bpm_confidence=pulse.confidence,
            key=str(tonic.key),
            key_confidence=tonic.confidence,
            stems=tags.stems,
        )


@dataclass(frozen=True, slots=True)
class SidecarTagger:
    """What lay beside the sound."""

    name: str = "file"

    def tag(self, sound: Samples, given: Mapping[str, JsonValue]) -> TagResult:  # noqa: ARG002 - of the protocol
        """Take what `given` states; a person stated it, so it is sure."""
        text, words, language = (given.get(name) for name in ("caption", "lyrics", "language"))
        bpm, tonic, meter = (given.get(name) for name in ("bpm", "key", "meter"))
        genre = given.get("genre")
        return TagResult(
            tags={"genre": (genre,)} if isinstance(genre, str) and genre else {},
            bpm=float(bpm) if isinstance(bpm, int | float) else None,
            bpm_confidence=1.0,
            key=tonic if isinstance(tonic, str) else None,
            key_confidence=1.0,
            meter=meter if isinstance(meter, int) else None,
            text=text if isinstance(text, str) and text else None,
            lyrics=normalise(words, language=_code(language)) if isinstance(words, str) else None,
        )


def _code(language: JsonValue) -> str:
    """The code of a language that is stated; `unknown` for one that nobody knows, which ingest told."""
    try:
        return parse_language(language) if isinstance(language, str) else UNKNOWN
    except BadInput:
        return UNKNOWN


def describe(measured: TagResult, others: Mapping[str, TagResult], *, tagger: str) -> Caption:
    """The caption of a sound that was `measured`, and of which `others` (by the tagger's name) say more.

    A fact that others state is taken where the measurement agrees or is not sure; where it is sure of something else, the stated
    fact is flagged, and a file's wins over a measurement, which wins over a model's. What a model alone says is flagged too.
    """
    flags: list[Flag] = []
    styled = measured.style is not None and measured.style_chance >= LIKELY_STYLE
    style = measured.style if styled and measured.style else DEFAULT
    unsure = styled and not _is_sure(style, measured)
    flags += [Flag.UNSURE_STYLE] if unsure else [] if styled else [Flag.NO_CLEAR_STYLE]
    tags = preset_tags(style)
    if measured.stems and (unsure or not styled):  # what is heard is said, what only goes with the style is not
        tags = {}
    if measured.stems:
        tags["instruments"] = _instruments(style, measured.stems)
        tags["vocal_type"] = _voice(style, measured.stems, flags)
    bpm = measured.bpm if measured.bpm_confidence >= SURE_TEMPO else None
    tonic = measured.key if measured.key_confidence >= SURE_KEY else None
    heard = {Flag.TEMPO_DISAGREES: None if bpm is None else ("bpm", f"{bpm:g}"), Flag.KEY_DISAGREES: tonic and ("key", tonic)}
    meter, text, lyrics = measured.meter, None, measured.lyrics
    for name, said in others.items():
        stated = name == SidecarTagger().name
        tags |= {group: said.tags[group] for group in TAGS if said.tags.get(group)}
        if stated and said.tags.get("genre"):
            tags["genre"] = tuple(dict.fromkeys([*said.tags["genre"], *preset_tags(style)["genre"]]))
        if said.bpm is not None:
            if bpm is not None and not same_up_to_octave(said.bpm, bpm):
                flags.append(Flag.TEMPO_DISAGREES)
            elif bpm is None and not stated:
                flags.append(Flag.TEMPO_NOT_MEASURED)
            bpm = said.bpm if stated or bpm is None else bpm
        if said.key is not None:
            if tonic is not None and Key.parse(said.key).scale != Key.parse(tonic).scale:
                flags.append(Flag.KEY_DISAGREES)
            elif tonic is None and not stated:
                flags.append(Flag.KEY_NOT_MEASURED)
            tonic = said.key if stated or tonic is None else tonic
        meter, text, lyrics = said.meter or meter, said.text or text, said.lyrics or lyrics
    flags += [Flag.UNSURE_TEMPO] * (bpm is None) + [Flag.UNSURE_KEY] * (tonic is None)
    return Caption(
        style=style,
        second_style=measured.second_style if unsure or not styled else None,
        tags=tags,
        bpm=bpm,
        key=tonic,
        meter=meter,
        lyrics=lyrics or Caption().lyrics,
        flags=tuple(dict.fromkeys(flags)),
        measured=dict(fact for flag, fact in heard.items() if fact and flag in flags),
        tagger=tagger,
        own_text=text,
    )


def _is_sure(style: str, measured: TagResult) -> bool:
    """Whether a style is sure, and at least half of what its music has is heard where stems are known."""
    if measured.style_chance >= 1.0:
        return True
    if measured.style_chance < SURE_STYLE:
        return False
    classes = {patch.word: patch.stem for patch in PATCHES.values()}
    stems = (classes.get(word) or stem_name(word.split()[-1]) for word in STYLES[style].instruments)
    expected = {stem for stem in stems if stem is not None} | ({"drums", "bass"} if STYLES[style].grooves else set())
    present = sum(measured.stems.get(stem, 0.0) >= SURE_STEM for stem in expected)
    return not measured.stems or not expected or 2 * present >= len(expected)


def _instruments(style: str, stems: Mapping[str, float]) -> tuple[str, ...]:
    """The style's instruments whose stem is heard, and a plain word for every other stem that is."""
    tags = [stem for stem in STEMS if stems.get(stem, 0.0) >= SURE_STEM and stem != "vocals"]
    classes = {patch.word: patch.stem for patch in PATCHES.values()}
    known = [word for word in STYLES[style].instruments if classes.get(word) is None or classes[word] in tags]
    covered = {classes[word] for word in known if word in classes}
    return tuple(dict.fromkeys([*known, *(_STEM_WORDS[stem] for stem in tags if stem not in covered)]))


def _voice(style: str, stems: Mapping[str, float], flags: list[Flag]) -> tuple[str, ...]:
    chance = stems.get("vocals", 0.0)
    if _UNSURE_VOICE[0] < chance < _UNSURE_VOICE[1]:
        flags.append(Flag.UNSURE_VOICE)
    if chance < SURE_STEM:
        return ("instrumental",)
    said = STYLES[style].vocal_type
    return (said if said != "instrumental" else "wordless vocals",)
