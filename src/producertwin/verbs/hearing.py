"""What a caption would be understood as, before anything is played."""

from __future__ import annotations

from pydantic import Field

from ..pipeline.fields import LONGEST_TEXT
from ..recipe import Record
from .studio import Studio

__all__ = ["CaptionReading", "CaptionToRead", "HeardStyle", "Word", "read"]


class CaptionToRead(Record):
    """Which words, and who would play them."""

    caption: str = Field("", max_length=LONGEST_TEXT)
    """What should sound."""
    lyrics: str = Field("", max_length=LONGEST_TEXT)
    """What should be sung."""
    variant: str = Field("nano", min_length=1, max_length=200)
    """The instrument that would play."""


class Word(Record):
    """A word of the caption with a meaning of its own."""

    said: str
    heard: str | None
    """What the instrument takes it for; absent where it does not know it."""


class HeardStyle(Record):
    """The band's style that speaks for the caption."""

    id: str
    name: str
    clear: bool
    """Whether the caption says so; else it is the nearest."""
    tempo: tuple[int, int]
    """Beats per minute from which one is drawn where the caption states none."""


class CaptionReading(Record):
    """What a caption would be understood as."""

    bpm: float | None
    key: str | None
    meter: int | None
    """Beats per bar."""
    seconds: float | None
    style: HeardStyle | None
    words: tuple[Word, ...]
    unknown: tuple[str, ...]
    """Words that the instrument does not know and plays without."""
    unsung: tuple[str, ...]
    """What asks an instrument that cannot sing to sing."""
    unused: tuple[str, ...]
    """Facts that are stated and cannot be used, each with its reason."""


def read(asked: CaptionToRead, studio: Studio) -> CaptionReading:
    """What the caption of `asked` would be understood as, by the functions that play it.

    Raises `NotFound` for an unknown variant, and `Unavailable` where its weights are missing.
    """
    from ..house_band.styles import STYLES, match
    from ..metas import read_caption
    from ..model.hearing import asks_to_sing
    from ..pipeline.hearing import hearing_of, words_of
    from ..pipeline.stages import Generate, Play, Prompt

    card = studio.read_card(asked.variant)
    if not asked.caption.strip():
        unsung = asks_to_sing("", asked.lyrics, card)
        return CaptionReading(
            bpm=None, key=None, meter=None, seconds=None, style=None, words=(), unknown=(), unsung=unsung, unused=()
        )
    stage = Generate(prompt=Prompt(caption=asked.caption, lyrics=asked.lyrics), play=Play(variant=asked.variant))
    written, heard = read_caption(stage.prompt.caption), hearing_of(stage, stage.prompt, card)
    found = match(asked.caption)
    style = None if heard.style is None else STYLES[heard.style]
    return CaptionReading(
        bpm=written.bpm and written.bpm.value,
        key=written.key and str(written.key.value),
        meter=written.meter and written.meter.value,
        seconds=written.seconds and written.seconds.value,
        style=style and HeardStyle(id=style.id, name=style.name, clear=found.clear, tempo=style.tempo),
        words=tuple(Word(said=one.said, heard=one.heard) for one in words_of(stage.prompt.caption, card)),
        unknown=heard.unknown,
        unsung=heard.unsung,
        unused=written.unused,
    )
