"""What the planner can be asked: a thought, codes, and three ways to words.

`think` chooses what a song leaves open, `compose` lays down its codes, `understand` says what music codes are, `create` makes a
song of an idea, `rewrite` writes caption and lyrics out. Which prompt, grammar and limits belong to each: ACE-Step 1.5,
`acestep/llm_inference.py`. Codes are whole numbers from 0 to 63 999, five a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...errors import BadInput
from ...music import INSTRUMENTAL
from ...progress import OnProgress, ignore
from ..sampling.code_text import check_codes
from . import prompts
from .language_model import Answer, Ask, Planner, write
from .options import TokenSampling
from .outline import Outline, read_outline, write_thought
from .parts import Codes, Text

MOST_WORDS = 3500
"""Most tokens of an answer in words."""
LEAST_WORDS = 256
"""Room that an answer in words must have."""
TOP_P = 0.9
"""Share of the probability that metas and codes are drawn from where nobody says."""


@dataclass(frozen=True, slots=True)
class CodeSampling:
    """How codes are chosen."""

    tokens: TokenSampling = field(default_factory=TokenSampling)
    guidance: float = 2.0
    """Strength of classifier-free guidance; 1 is none."""
    negative: str = ""
    """What the codes are to avoid; empty is nothing."""


@dataclass(frozen=True, slots=True)
class Words:
    """A song in words, and what the user should know about it."""

    outline: Outline
    warnings: tuple[str, ...] = ()


def think(
    planner: Planner,
    song: Outline,
    how: TokenSampling,
    seed: int,
    *,
    keep_caption: bool = False,
    on_progress: OnProgress = ignore,
) -> Outline:
    """The planner's thought about `song`: the metas, those that are known as they are, and a caption unless it is kept.

    A song whose metas are all known and whose caption is kept needs no thought and is not asked about.
    """
    given = replace(song, caption="", lyrics="", genres="")
    if song.has_all_metas and keep_caption:
        return given
    skip = frozenset({"genres", "caption"} if keep_caption else {"genres"})
    parts = planner.grammar.thought(given, skip=skip)
    ask = Ask(prompts.generate_prompt(song.caption, song.lyrics), parts, seed, _settle(how), MOST_WORDS)
    return _read(planner, write(planner, ask, what="think", least=LEAST_WORDS, on_progress=on_progress), len(parts))


def compose(
    planner: Planner, song: Outline, thought: Outline, count: int, seed: int, how: CodeSampling, on_progress: OnProgress = ignore
) -> tuple[int, ...]:
    """`count` codes of `song`, which is what the user said, after the `thought` about it.

    Raises `BadInput` where prompt and codes are too long together.
    """
    ask = Ask(
        prompts.codes_prompt(song.caption, song.lyrics, write_thought(thought)),
        [Codes(planner.words, count)],
        seed,
        _settle(how.tokens),
        count,
        prompts.unguided_prompt(how.negative),
        how.guidance,
    )
    answer = write(planner, ask, what="codes", least=count, on_progress=on_progress)
    return tuple(planner.words.code_of[token] for token in answer.tokens)


def understand(planner: Planner, codes: Sequence[int], how: TokenSampling, seed: int, on_progress: OnProgress = ignore) -> Words:
    """What music `codes` are: caption, metas, genres and lyrics. Raises `BadInput` for none, and for what is no code."""
    if not codes:
        raise BadInput("there are no audio codes", remedy="give five for every second of music")
    check_codes(tuple(codes))
    return _words(planner, prompts.understand_prompt(codes), Outline(), how, seed, on_progress)


def create(
    planner: Planner, query: str, given: Outline, how: TokenSampling, seed: int, on_progress: OnProgress = ignore
) -> Words:
    """A song of the idea `query`, its metas as `given` where they are; nobody sings where the lyrics of `given` say so."""
    instrumental = given.lyrics == INSTRUMENTAL
    prompt = prompts.create_prompt(query, instrumental=instrumental)
    found = _words(planner, prompt, replace(given, caption="", lyrics="", genres=""), how, seed, on_progress)
    if found.outline.lyrics or not instrumental:
        return found
    return replace(found, outline=replace(found.outline, lyrics=INSTRUMENTAL))


def rewrite(planner: Planner, song: Outline, how: TokenSampling, seed: int, on_progress: OnProgress = ignore) -> Words:
    """Caption and lyrics of `song` written out, with the metas it leaves open; lyrics that do not come back stay as they were."""
    given = replace(song, caption="", lyrics="", genres="")
    found = _words(planner, prompts.format_prompt(song.caption, song.lyrics), given, how, seed, on_progress)
    if found.outline.lyrics:
        return found
    told = ("the planner gave no lyrics back: yours stay as they were",) if song.lyrics else ()
    return Words(replace(found.outline, lyrics=song.lyrics or INSTRUMENTAL), (*found.warnings, *told))


def _words(planner: Planner, prompt: str, given: Outline, how: TokenSampling, seed: int, on_progress: OnProgress) -> Words:
    """A whole thought and the lyrics after it."""
    parts = [*planner.grammar.thought(given), planner.grammar.close(), Text(planner.words)]
    ask = Ask(prompt, parts, seed, how, MOST_WORDS)
    answer = write(planner, ask, what="words", least=LEAST_WORDS, on_progress=on_progress)
    outline = _read(planner, answer, len(parts) - 1)
    return Words(outline, () if answer.whole else ("the lyrics were cut: the planner has room for no more",))


def _read(planner: Planner, answer: Answer, least: int) -> Outline:
    """The outline in `answer`, of which at least so many parts have to be written."""
    if answer.place < least:
        raise BadInput("the planner had no room to end its metas", remedy="shorten the lyrics, the caption or the sound")
    ends = {planner.words.end, planner.words.pad}
    return read_outline(planner.words.decode([token for token in answer.tokens if token not in ends]))


def _settle(how: TokenSampling) -> TokenSampling:
    """`how`, drawn from less than all where nobody says."""
    return how if how.lm_top_p is not None else how.model_copy(update={"lm_top_p": TOP_P})
