"""ACE-Step's prompt and lyric templates, cut to the token limits from the right end.

The templates are those its checkpoints were trained with (ACE-Step 1.5 `acestep/constants.py`, upstream's
`SFT_GEN_PROMPT`; diffusers' `AceStepPipeline._format_prompt` prints the same). A prompt that is too long loses words of its
caption, never its metas or its end token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import BadInput
from ...music import INSTRUMENTAL, common_words
from ..tasks import Task, instruction
from .request import Metas, Request

_SPECIAL = re.compile(r"<\|(.*?)\|>")


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Most tokens of prompt and lyric, and how they are chosen."""

    text: int = 256
    lyrics: int = 2048
    few_words: bool = False
    """Whether the caption is put in common words, and the key in its one spelling of `music.TONICS`."""
    stem_captions: bool = False
    """Whether the caption's place holds captions of song and stem, and a word on the mask."""


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """Token ids of the prompt and of the lyric, and what had to be left out."""

    text: tuple[int, ...]
    lyrics: tuple[int, ...]
    warnings: tuple[str, ...] = ()
    sung: str = ""
    """The words that the lyric's tokens hold; empty where nobody sings."""


def metas_text(metas: Metas, seconds: float) -> str:
    """The metas block. A fact that is not known reads `N/A`; the tempo is a whole number, as in
    the data the checkpoints were trained with (nano has a token for each)."""
    bpm = "N/A" if metas.bpm is None else str(round(metas.bpm))
    key = "N/A" if metas.key is None else str(metas.key)
    meter = "N/A" if metas.meter is None else str(metas.meter)
    return f"- bpm: {bpm}\n- timesignature: {meter}\n- keyscale: {key}\n- duration: {int(seconds)} seconds\n"


def prompt_text(caption: str, task: Task, stems: Sequence[str], metas: Metas, seconds: float) -> str:
    """The whole prompt."""
    head = f"# Instruction\n{instruction(task, stems)}\n\n# Caption\n"
    return f"{head}{plain(caption)}\n\n# Metas\n{metas_text(metas, seconds)}<|endoftext|>\n"


def caption_slot(caption: str, request: Request) -> str:
    """What stands in the caption's place for the variants with `Card.stem_captions`, as ACE-Step's `is_lego_sft` has it.

    The mask is true where a window says what is to be made, false where it is everything.
    """
    mask = "true" if request.windows else "false"
    return f"Global: {plain(request.global_caption)}\nLocal: {caption}\nMask Control: {mask}"


def describe_source(request: Request) -> Request:
    """`request` with the words for the sound as it is before a morph; instruction and metas stay those of the target."""
    before = request.morph
    return request if before is None else replace(request, caption=before.caption, lyrics=before.lyrics)


def prepend_trigger(caption: str, trigger: str) -> str:
    """Put an adapter's trigger word before `caption`, where there is one: in training and in inference alike."""
    return f"{trigger}, {caption}" if trigger else caption


def lyrics_text(lyrics: str, language: str) -> str:
    """The whole lyric; an empty one says that nobody sings."""
    return f"{lyrics_head(language)}{plain(lyrics) or INSTRUMENTAL}<|endoftext|>"


def lyrics_head(language: str) -> str:
    """What stands before the words of a lyric."""
    return f"# Languages\n{language}\n\n# Lyric\n"


def plain(text: str) -> str:
    """`text` without the marks of special tokens, which belong to the templates alone."""
    return _SPECIAL.sub(r"\1", text).strip()


def cut(tokenizer: Any, text: str, tokens: int) -> str:
    """The first words of `text` that make at most `tokens` tokens; a single long word is cut inside."""
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    if len(offsets) <= tokens:
        return text
    head = text[: offsets[tokens][0]] if tokens > 0 else ""
    tail = max(head.rfind(" "), head.rfind("\n"), head.rfind(","))
    return (head[:tail] if tail > len(head) // 2 else head).rstrip(" ,\n")


def _fit(tokenizer: Any, body: str, wrap: Callable[[str], str], limit: int) -> tuple[tuple[int, ...], str]:
    """Tokens of `wrap(body)`, at most `limit`, and as much of `body` as they hold."""

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    kept, ids = body, tokenizer.encode(wrap(body)).ids
    while len(ids) > limit:
        if not kept:
            raise BadInput(f"the fixed words alone exceed {limit} tokens", remedy="name fewer stems")
        kept = cut(tokenizer, kept, count(kept) - (len(ids) - limit))
        ids = tokenizer.encode(wrap(kept)).ids
    return tuple(ids), kept


def build(
    tokenizer: Any, request: Request, seconds: float, *, task: Task | None = None, limits: TokenLimits = TokenLimits()
) -> PromptTokens:
    """Tokens of one request for a take of `seconds`; `task` replaces the request's own (the second part of a cover).

    Raises `BadInput` when even an empty caption does not fit, or the stems do not suit the task.
    """
    kind = task or request.task
    stems = request.stems if kind is request.task else ()
    caption, lyrics = plain(request.caption), plain(request.lyrics)
    metas = request.metas
    if limits.few_words:
        caption = common_words(caption)
        metas = replace(metas, key=metas.key and metas.key.plain)

    def write(words: str) -> str:
        return prompt_text(caption_slot(words, request) if limits.stem_captions else words, kind, stems, metas, seconds)

    text, said = _fit(tokenizer, caption, write, limits.text)
    words, sung = _fit(tokenizer, lyrics, lambda w: lyrics_text(w, request.metas.language), limits.lyrics)
    notes = [
        f"the {name} was shortened to fit: {len(left)} of {len(whole)} characters are heard"
        for name, whole, left in (("caption", caption, said), ("lyric", lyrics, sung))
        if left != whole
    ]
    silent = plain(sung).casefold() in ("", INSTRUMENTAL.casefold())
    return PromptTokens(text, words, tuple(notes), "" if silent else plain(sung))
