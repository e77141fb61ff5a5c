"""The caption of a track: a style, tags in ACE-Step's order, measured facts, and flags for a person to look at.

A caption's groups stand in the order genre, mood, instruments, tempo, production, atmosphere, vocal type; a tag is said once.
Facts that were not measured surely are left out and flagged, never made up. What a hand has set stays set, whatever a tagger says
later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from ..errors import BadInput
from ..house_band.captions import GROUPS, tempo_words
from ..house_band.styles import DEFAULT, STYLES
from ..metas import read_caption
from ..music import INSTRUMENTAL, Key, parse_bpm, parse_meter
from ..recipe import Record
from .lyrics import Lyrics, normalise
from .text_files import clean

TAGS: Final = tuple(group for group in GROUPS if group != "tempo")
"""The groups that hold free tags; tempo's follow from the bpm."""
EDITABLE: Final = ("style", *TAGS, "bpm", "key", "meter", "lyrics", "language", "text")
_LONGEST: Final = 80
"""Most characters of a tag."""


def _check_style(style: str) -> str:
    if style not in STYLES:
        raise ValueError(f"there is no style {style!r}; see `twin lab band styles`")
    return style


NamedStyle = Annotated[str, AfterValidator(_check_style)]
"""Id of a style."""


class Flag(StrEnum):
    """Why a person should look at a caption."""

    NO_CLEAR_STYLE = "no_clear_style"
    UNSURE_STYLE = "unsure_style"
    UNSURE_TEMPO = "unsure_tempo"
    UNSURE_KEY = "unsure_key"
    TEMPO_DISAGREES = "tempo_disagrees"
    KEY_DISAGREES = "key_disagrees"
    TEMPO_NOT_MEASURED = "tempo_not_measured"
    KEY_NOT_MEASURED = "key_not_measured"
    UNSURE_VOICE = "unsure_voice"


FLAGGED: Final = {
    Flag.NO_CLEAR_STYLE: "no style is likely enough; it is captioned as CORE-01",
    Flag.UNSURE_STYLE: "it may be of another style: what the style has is not heard, or it does not sound much like it",
    Flag.UNSURE_TEMPO: "the tempo could not be measured surely and is left out",
    Flag.UNSURE_KEY: "the key could not be measured surely and is left out",
    Flag.TEMPO_DISAGREES: "what someone says of its tempo is not what is measured",
    Flag.KEY_DISAGREES: "what someone says of its key is not what is measured",
    Flag.TEMPO_NOT_MEASURED: "its tempo is what a language model says; it could not be measured surely",
    Flag.KEY_NOT_MEASURED: "its key is what a language model says; it could not be measured surely",
    Flag.UNSURE_VOICE: "there may be a voice or not",
}
"""What each flag says, in words."""


class Caption(Record):
    """The caption of one track."""

    style: str = DEFAULT
    """Id of the preset it belongs to."""
    second_style: str | None = None
    """Id of the next likely preset, where the style is not sure."""
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Group to its tags; `tempo` is not among them."""
    bpm: float | None = None
    """Measured or stated; None was not sure."""
    key: str | None = None
    meter: int | None = None
    lyrics: Lyrics = Lyrics(text=INSTRUMENTAL)
    flags: tuple[Flag, ...] = ()
    measured: dict[str, str] = Field(default_factory=dict)
    """What was measured of a fact (`bpm`, `key`) of which somebody states another."""
    tagger: str = ""
    """Who wrote it."""
    own_text: str | None = None
    """A caption that someone wrote as a whole; it is used as it is."""
    edited: tuple[str, ...] = ()
    """What a hand has set."""
    made_from: str = ""
    """Key of the sound, the texts and the taggers it was made from."""

    @property
    def text(self) -> str:
        """The caption as the instrument reads it."""
        return self.own_text if self.own_text is not None else compose_text(self.tags, self.bpm)


def style_name(style: str) -> str:
    """What people call a style, with its id where that is another word."""
    name = STYLES[style].name if style in STYLES else style
    return name if name.casefold() == style.casefold() else f"{name} ({style})"


def explain_flags(caption: Caption) -> str:
    """What a person should look at, with both values where statements and measurements disagree."""
    said = []
    for flag in caption.flags:
        words = flag.replace("_", " ")
        name = ANSWERS[flag]
        if flag in (Flag.TEMPO_DISAGREES, Flag.KEY_DISAGREES) and name in caption.measured:
            kept = f"{caption.bpm:g}" if name == "bpm" and caption.bpm is not None else caption.key
            words += f": {kept} is kept, {caption.measured[name]} measured" if kept != caption.measured[name] else ""
        said.append(words)
    return ", ".join([*said, *_contradict(caption)])


def _contradict(caption: Caption) -> list[str]:
    """Where the text that a hand wrote states another tempo or key than the caption has: what is learned from both is unsure."""
    stated = read_caption(caption.own_text or "")
    said = []
    if stated.bpm and caption.bpm is not None and round(stated.bpm.value) != round(caption.bpm):
        said.append(f"the text says {stated.bpm.words.strip()}, and {caption.bpm:g} bpm is set")
    if stated.key and caption.key is not None and str(stated.key.value) != caption.key:
        said.append(f"the text says {stated.key.words.strip()}, and {caption.key} is set")
    return said


def compose_text(tags: Mapping[str, Iterable[str]], bpm: float | None) -> str:
    """Tags in the order of the groups, each once, separated by commas."""
    said = dict(tags) | {"tempo": () if bpm is None else (tempo_words(bpm), f"{round(bpm)} bpm")}
    words = [tag.strip() for group in GROUPS for tag in said.get(group, ()) if tag.strip()]
    return ", ".join(dict.fromkeys(words))


def preset_tags(style: str) -> dict[str, tuple[str, ...]]:
    """The tags that a preset gives a track of its style, by group. Raises `BadInput` for a style that is not there."""
    if style not in STYLES:
        raise BadInput(f"no style {style!r}", remedy="see `twin lab band styles`")
    preset = STYLES[style]
    return {
        "genre": tuple(tag for tag in preset.base_tags if tag != "minor key"),
        "mood": preset.moods[:1],
        "instruments": preset.instruments,
        "production": preset.production,
        "atmosphere": (preset.atmosphere,) if preset.atmosphere else (),
        "vocal_type": (preset.vocal_type,),
    }


def set_by_hand(caption: Caption, changes: Mapping[str, str]) -> Caption:
    """`caption` with `changes` (names of `EDITABLE` to text; empty clears) set by hand and its flags for them answered.

    Tags are separated by commas, lines of lyrics by `\\n`. A new style brings its preset's tags, but for groups a hand has set.
    Raises `BadInput` for a name that cannot be set and a value that cannot be.
    """
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown:
        raise BadInput(f"a caption has no {unknown[0]!r}", remedy=f"set one of {', '.join(EDITABLE)}")
    if len(changes) > 1:
        _set_each(caption, changes)
    try:
        return _set(caption, changes)
    except BadInput as error:
        raise BadInput(error.message, remedy=error.remedy, faults=tuple(f"{name}: {error.message}" for name in changes)) from None


def _set_each(caption: Caption, changes: Mapping[str, str]) -> None:
    """Set every change by itself, and raise one `BadInput` for all that cannot be, each by its name."""
    wrong: dict[str, BadInput] = {}
    for name, text in changes.items():
        try:
            _set(caption, {name: text})
        except BadInput as error:
            wrong[name] = error
    if wrong:
        remedies = "; ".join(dict.fromkeys(error.remedy for error in wrong.values()))
        faults = tuple(f"{name}: {error.message}" for name, error in wrong.items())
        raise BadInput("; ".join(error.message for error in wrong.values()), remedy=remedies, faults=faults)


def _set(caption: Caption, changes: Mapping[str, str]) -> Caption:
    """`caption` with `changes`, whose names are known. Raises `BadInput` for a value that cannot be."""
    data: dict[str, Any] = {}
    edited = tuple(dict.fromkeys([*caption.edited, *changes]))
    tags = dict(caption.tags)
    if "style" in changes:
        data["style"] = changes["style"].strip()
        tags |= {group: said for group, said in preset_tags(data["style"]).items() if group not in edited}
    tags |= {group: _tags(changes[group]) for group in TAGS if group in changes}
    data |= {name: _fact(name, changes[name]) for name in ("bpm", "key", "meter") if name in changes}
    if "lyrics" in changes or "language" in changes:
        words = changes.get("lyrics", caption.lyrics.text).replace("\\n", "\n")
        data["lyrics"] = normalise(words, language=changes.get("language", caption.lyrics.language))
    if "text" in changes:
        data["own_text"] = clean(changes["text"]).strip() or None
    flags = tuple(flag for flag in caption.flags if not is_answered(flag, changes))
    return caption.model_copy(update={**data, "tags": tags, "edited": edited, "flags": flags})


def keep_edits(new: Caption, old: Caption | None) -> Caption:
    """`new` with the parts that a person has set in `old`."""
    if old is None or not old.edited:
        return new
    data: dict[str, Any] = {name: getattr(old, name) for name in ("style", "bpm", "key", "meter") if name in old.edited}
    if "text" in old.edited:
        data["own_text"] = old.own_text
    if "lyrics" in old.edited:
        data["lyrics"] = old.lyrics
    elif "language" in old.edited:
        data["lyrics"] = new.lyrics.model_copy(update={"language": old.lyrics.language})
    tags = dict(new.tags)
    if "style" in old.edited:
        tags |= preset_tags(old.style)
    tags |= {group: old.tags.get(group, ()) for group in TAGS if group in old.edited}
    flags = tuple(flag for flag in new.flags if not is_answered(flag, dict.fromkeys(old.edited, "")))
    return new.model_copy(update={**data, "tags": tags, "edited": old.edited, "flags": flags})


ANSWERS: Final = {
    Flag.NO_CLEAR_STYLE: "genre",
    Flag.UNSURE_STYLE: "genre",
    Flag.UNSURE_TEMPO: "bpm",
    Flag.TEMPO_DISAGREES: "bpm",
    Flag.UNSURE_KEY: "key",
    Flag.KEY_DISAGREES: "key",
    Flag.TEMPO_NOT_MEASURED: "bpm",
    Flag.KEY_NOT_MEASURED: "key",
    Flag.UNSURE_VOICE: "vocal_type",
}
"""What has to be set to answer each flag; a style says its genre too, and a text says all."""


def is_answered(flag: Flag, changes: Mapping[str, str]) -> bool:
    """Whether setting `changes` by hand settles `flag`."""
    answer = ANSWERS[flag]
    return answer in changes or "text" in changes or (answer == "genre" and "style" in changes)


def _tags(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(" ".join(tag.split()) for tag in clean(text).split(",") if tag.strip()))
    for tag in found:
        if len(tag) > _LONGEST:
            raise BadInput(f"the tag {tag[:20]!r}… has {len(tag)} characters", remedy=f"give at most {_LONGEST}")
    return found


def _fact(name: str, text: str) -> float | str | int | None:
    if not text.strip():
        return None
    if name == "key":
        return str(Key.parse(text))
    if name == "meter":
        return parse_meter(text)
    return parse_bpm(text)
