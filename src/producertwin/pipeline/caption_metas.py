"""Tempo, key, meter and length that the caption of a stage states, taken as its metas.

Words alone move an instrument's tempo and key weakly, metas strongly; so a fact that is written is a fact that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import BadInput
from ..metas import WrittenMetas, read_caption
from ..music import Key
from ..progress import Message, note
from ..wording import write_number
from .song import STRENGTH, settle_song
from .stages import Generate, Stage

CLOSE = 0.5
"""Tempi or lengths that differ by less than so many bpm or seconds are one."""


@dataclass(frozen=True, slots=True)
class GivenMetas:
    """The metas that fields state; None where one is left open."""

    bpm: float | None = None
    key: str | None = None
    meter: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReadMetas:
    """Fields that a caption fills, by name, and what the user should know about it."""

    fields: dict[str, float | int | str] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()


def take_metas(stage: Stage) -> tuple[Stage, tuple[Message, ...]]:
    """`stage` with the metas that its caption states and its fields leave open, and notes of what was taken.

    Raises `BadInput` where caption and fields contradict each other; the message names both.
    """
    prompt, generates = stage.prompt, isinstance(stage, Generate)
    seconds = stage.seconds if isinstance(stage, Generate) and "seconds" in stage.model_fields_set else None
    written = read_caption(prompt.caption)
    found = fill_metas(written, GivenMetas(prompt.bpm, prompt.key, prompt.meter, seconds), length=generates)
    words = {name: value for name, value in found.fields.items() if name != "seconds"}
    changed: dict[str, Any] = {"prompt": prompt.model_copy(update=words)} if words else {}
    if "seconds" in found.fields:
        changed["seconds"] = found.fields["seconds"]
    read, notes = stage.model_copy(update=changed), found.notes
    if isinstance(read, Generate) and read.song.is_written:
        read, told = _settle_song(read, found.fields.get("seconds", seconds))
        notes += told
    return read, notes


def _settle_song(stage: Generate, seconds: Any) -> tuple[Generate, tuple[Message, ...]]:
    """`stage` with the metas and the length that its written song decides; a form without a tempo gets one of its style."""
    from . import guide

    notes: tuple[Message, ...] = ()
    facts = {name: getattr(stage.prompt, name) for name in ("bpm", "key", "meter")}
    facts["bpm"] = facts["bpm"] or stage.song.bpm
    if (stage.song.form or stage.song.lines) and facts["bpm"] is None:
        drawn = guide.draw_tempo(stage)
        facts["bpm"] = drawn.metas.bpm
        notes = (note(guide.say(drawn)),)
    settled, told = settle_song(stage.song, facts, seconds=seconds)
    changed: dict[str, Any] = {"seconds": settled.pop("seconds")} if "seconds" in settled else {}
    if "guide_strength" not in stage.model_fields_set:
        changed["guide_strength"] = STRENGTH
    words = {"bpm": facts["bpm"], **settled}
    settled_stage = stage.model_copy(update=changed | {"prompt": stage.prompt.model_copy(update=words)})
    if "guide_strength" in changed:
        settled_stage.model_fields_set.discard("guide_strength")  # a default, which a variant's own comes before
    return settled_stage, (*notes, *told)


def fill_metas(written: WrittenMetas, given: GivenMetas, *, length: bool) -> ReadMetas:
    """The fields that `given` leaves open and a caption states; `length` is whether one can be asked for.

    Raises `BadInput` where the two differ.
    """
    found: dict[str, float | int | str] = {}
    taken: list[str] = []
    notes = [f"the caption's {words}, so it is not used" for words in written.unused]
    if (bpm := written.bpm) is not None:
        _refuse(given.bpm is not None and abs(given.bpm - bpm.value) >= CLOSE, bpm.words, f"--bpm {_plain(given.bpm)}")
        if given.bpm is None:
            found["bpm"] = bpm.value
            taken.append(f"{write_number(bpm.value)} bpm")
    if (key := written.key) is not None:
        _refuse(given.key is not None and Key.parse(given.key) != key.value, key.words, f"--key {given.key!r}")
        if given.key is None:
            found["key"] = str(key.value)
            taken.append(str(key.value))
    if (meter := written.meter) is not None:
        _refuse(given.meter not in (None, meter.value), meter.words, f"--meter {given.meter}")
        if given.meter is None:
            found["meter"] = meter.value
            taken.append(f"{meter.value} beats per bar")
    if (span := written.seconds) is not None:
        wrong = given.seconds is not None and abs(given.seconds - span.value) >= CLOSE
        _refuse(length and wrong, span.words, f"--duration {_plain(given.seconds)}")
        if not length:
            notes.append(f"the caption's {span.words!r} is not used: an edit is as long as its source")
        elif given.seconds is None:
            found["seconds"] = span.value
            taken.append(f"{write_number(span.value)} s")
    told = [f"from the caption: {', '.join(taken)}"] if taken else []
    return ReadMetas(found, tuple(note(text) for text in (*told, *notes)))


def _refuse(contradicted: bool, words: str, flag: str) -> None:
    """Raise `BadInput` where a caption that says `words` is `contradicted` by `flag`."""
    if contradicted:
        raise BadInput(f"the caption says {words!r}, and {flag} contradicts it", remedy="leave one of the two out")


def _plain(value: float | None) -> str:
    return "" if value is None else write_number(value)
