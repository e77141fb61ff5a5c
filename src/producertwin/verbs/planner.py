"""`twin planner`: the planner's words. It says what music is, makes a song of an idea, and writes caption and lyrics out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from ..errors import BadInput
from ..model.planner.options import DEFAULT, TokenSampling
from ..model.planner.outline import Outline
from ..music import INSTRUMENTAL, UNKNOWN
from ..pipeline.fields import SEEDS, Language, Seconds, Text, draw_seed
from ..pipeline.stages import Prompt, SourceRef
from ..progress import OnProgress, Steps, note, warning
from ..recipe import Record
from .sounds import decode_foreign

if TYPE_CHECKING:
    from ..model.planner.flows import Words
    from ..model.planner.language_model import Planner
    from .studio import Studio

__all__ = [
    "CreateSamplePlan",
    "FormatPlan",
    "Outline",
    "PlannedSong",
    "UnderstandPlan",
    "create_sample",
    "format_song",
    "understand",
]


class UnderstandPlan(Record):
    """Which music the planner says the words of."""

    source: str | None = None
    """A take (its id or the start of it) or a sound file."""
    codes: Text = ""
    """Audio codes instead of a source, five a second; on the command line a file of them: <|audio_code_7|><|audio_code_400|>."""
    variant: str = Field("turbo", min_length=1)
    """The variant of ACE-Step's whose tokenizer makes codes of the source."""
    planner: str = Field(DEFAULT, min_length=1)
    """Which planner: a name known to `twin models list`, its size (0.6B, 1.7B, 4B), or a folder."""
    seed: int | None = Field(None, ge=-1, le=SEEDS - 1)
    """Seed of the answer; the same seed gives the same words. Drawn and told when absent or -1."""
    tokens: TokenSampling = TokenSampling()
    """How the planner chooses its words."""

    @model_validator(mode="after")
    def _names_one_music(self) -> Self:
        if (self.source is None) == (not self.codes):
            trouble = "there is no music to understand" if self.source is None else "a source and codes are two pieces of music"
            raise BadInput(trouble, remedy="give a take, a sound file, or --codes FILE")
        return self


class CreateSamplePlan(Record):
    """What idea a song is made of."""

    query: Text = ""
    """The idea in your own words; without one the planner is free."""
    instrumental: bool = False
    """Nobody sings."""
    language: Language = UNKNOWN
    """Language of the lyrics; the planner chooses when absent."""
    planner: str = Field(DEFAULT, min_length=1)
    """Which planner: a name known to `twin models list`, its size (0.6B, 1.7B, 4B), or a folder."""
    seed: int | None = Field(None, ge=-1, le=SEEDS - 1)
    """Seed of the song; the same seed gives the same words. Drawn and told when absent or -1."""
    tokens: TokenSampling = TokenSampling()
    """How the planner chooses its words."""


class FormatPlan(Record):
    """Which words are written out."""

    prompt: Prompt = Prompt()
    """Caption, lyrics and metas; what is left open the planner chooses."""
    seconds: Seconds | None = None
    """Length of the song; the planner chooses when absent."""
    planner: str = Field(DEFAULT, min_length=1)
    """Which planner: a name known to `twin models list`, its size (0.6B, 1.7B, 4B), or a folder."""
    seed: int | None = Field(None, ge=-1, le=SEEDS - 1)
    """Seed of the words; the same seed gives the same ones. Drawn and told when absent or -1."""
    tokens: TokenSampling = TokenSampling()
    """How the planner chooses its words."""


@dataclass(frozen=True, slots=True)
class PlannedSong:
    """A song in words."""

    outline: Outline
    seed: int
    planner: str
    warnings: tuple[str, ...]


def understand(plan: UnderstandPlan, studio: Studio) -> Steps[PlannedSong]:
    """Say what the music of `plan` is: caption, metas, genres and lyrics.

    Raises `BadInput` for a variant whose codes are its own, `NotFound` and `AudioRejected` for a source, `Unavailable` and
    `Resources` for what is not here or does not fit.
    """
    from ..model.planner import catalogue, flows
    from ..model.sampling.code_text import parse_codes

    catalogue.require(plan.planner, studio.settings)
    codes = parse_codes(plan.codes) if plan.codes else (yield from _read_codes(plan.source or "", plan.variant, studio))

    def ask(planner: Planner, seed: int, report: OnProgress) -> Words:
        return flows.understand(planner, codes, plan.tokens, seed, report)

    return (yield from _ask(plan.planner, plan.seed, ask, studio))


def create_sample(plan: CreateSamplePlan, studio: Studio) -> Steps[PlannedSong]:
    """Make a song, in words, of the idea of `plan`. Raises as `Studio.load_planner` does."""
    from ..model.planner import flows

    given = Outline(
        lyrics=INSTRUMENTAL if plan.instrumental else "", language=None if plan.language == UNKNOWN else plan.language
    )

    def ask(planner: Planner, seed: int, report: OnProgress) -> Words:
        return flows.create(planner, plan.query, given, plan.tokens, seed, report)

    return (yield from _ask(plan.planner, plan.seed, ask, studio))


def format_song(plan: FormatPlan, studio: Studio) -> Steps[PlannedSong]:
    """Write caption and lyrics of `plan` out and choose the metas it leaves open. Raises as `Studio.load_planner` does."""
    from ..model.planner import flows
    from .thinking import outline_of

    song = outline_of(plan.prompt, plan.seconds)

    def ask(planner: Planner, seed: int, report: OnProgress) -> Words:
        return flows.rewrite(planner, song, plan.tokens, seed, report)

    return (yield from _ask(plan.planner, plan.seed, ask, studio))


def _ask(name: str, seed: int | None, ask: Callable[[Planner, int, OnProgress], Words], studio: Studio) -> Steps[PlannedSong]:
    """Load the planner, ask it, and tell what the user should know."""
    from ..pipeline.events import events

    if seed is None or seed < 0:
        seed = draw_seed()
        yield note(f"seed {seed}")
    planner = yield from studio.load_planner(name)
    found = yield from events(lambda report: ask(planner, seed, report), "words")
    yield from map(warning, found.warnings)
    return PlannedSong(found.outline, seed, planner.name, found.warnings)


def _read_codes(source: str, variant: str, studio: Studio) -> Steps[tuple[int, ...]]:
    """The codes that `variant` hears in `source`; nothing of the instrument is held afterwards."""
    from ..model.sampling import engine
    from ..model.variants.catalogue import resolve
    from ..pipeline.sources import find_source

    if resolve(variant, studio.settings).read_card().own_codes:
        remedy = "take a variant of ACE-Step's, such as --variant turbo: see `twin models list`"
        raise BadInput(f"the planner does not read codes of {variant}: they are its own", remedy=remedy)
    found = find_source(SourceRef(source), studio.existing_library)
    instrument = yield from studio.load_instrument(variant)
    [found] = yield from decode_foreign([found], instrument, studio)
    return engine.read_codes(instrument, found.sound(instrument.variant, instrument.revision))
