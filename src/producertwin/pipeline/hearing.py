"""What becomes of the words of a stage: what the instrument understands, what the band makes of them, and how both are told."""

from __future__ import annotations

from ..house_band import styles
from ..house_band.syllables import can_read
from ..library import Hearing
from ..metas import leave_out_facts
from ..model.hearing import HeardWord, asks_to_sing, hear, is_sung
from ..model.instrument import Card
from ..progress import Message, detail, note, warning
from .stages import Generate, Prompt, Stage

_MOST_NAMED = 12
"""Unknown words that a message names; the take's record holds all of them."""


def words_of(caption: str, card: Card) -> tuple[HeardWord, ...]:
    """What an instrument with `card` makes of the words of `caption` that state no tempo, key, meter or length."""
    return hear(leave_out_facts(caption), card)


def hearing_of(stage: Stage, prompt: Prompt, card: Card) -> Hearing:
    """What becomes of the words of `prompt`, which is what a resolved `stage` asks for."""
    words = words_of(prompt.caption, card)
    unsung = asks_to_sing(prompt.caption, prompt.lyrics, card)
    voices = {word for said in unsung for word in said.split()}
    return Hearing(
        taken_for={word.said: word.heard for word in words if word.heard and word.heard != word.said.lower()},
        unknown=tuple(word.said for word in words if word.heard is None and word.said not in voices),
        unsung=unsung,
        style=style_of(stage, card),
    )


def style_of(stage: Stage, card: Card) -> str | None:
    """Id of the band's style that speaks for a stage: where the band plays, or tempo and key are drawn for the instrument."""
    if not isinstance(stage, Generate) or not (stage.guide == "band" or card.metronome):
        return None
    found = styles.match(stage.prompt.caption)
    return found.style.id if found.score > 0 else None


def tell(heard: Hearing, prompt: Prompt, card: Card) -> tuple[Message, ...]:
    """`heard` in words for whoever started the work; `-v` shows what each word became."""
    told = []
    if card.words and prompt.caption:
        told.append(
            detail(f"words: {', '.join(map(_became, words_of(prompt.caption, card))) or 'none with a meaning of its own'}")
        )
    if heard.unknown:
        more = len(heard.unknown) - _MOST_NAMED
        named = ", ".join(heard.unknown[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        told.append(warning(f"{card.name} does not know these words and plays without them: {named}"))
    told += _tell_singing(heard, prompt, card)
    if heard.style is not None:
        vague = "" if styles.match(prompt.caption).clear else " (the nearest: the caption says too little of any)"
        told.append(note(f"style: {styles.STYLES[heard.style].name}{vague}"))
    return tuple(told)


def _tell_singing(heard: Hearing, prompt: Prompt, card: Card) -> list[Message]:
    """What becomes of what asks for a voice, where the instrument does not sing words."""
    said = ", ".join(heard.unsung)
    others = "ACE-Step's variants sing, see `twin models list`"
    if said and card.syllables:
        return [warning(f"{card.name} sings only where there are lyrics: {said} will not be heard (give --lyrics)")]
    if said:
        return [warning(f"{card.name} cannot sing: {said} will not be heard ({others})")]
    if card.sings or not is_sung(prompt.lyrics):
        return []
    told = [note(f"{card.name} sings the syllables of lyrics, not words that can be understood ({others})")]
    if not can_read(prompt.lyrics):
        told.append(note("words in letters that are not Latin are sung on la"))
    return told


def _became(word: HeardWord) -> str:
    if word.heard is None:
        return f"{word.said} (not known)"
    return word.said if word.heard == word.said.lower() else f"{word.said} (taken for {word.heard})"
