"""`make --think`: the planner works on a song before the instrument plays it.

Each take is thought about by itself, with its own seed, so that it is the same whatever was asked for beside it. What the user
said stays; the planner fills in what was left open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ..errors import BadInput
from ..model.planner.options import Thinking
from ..music import UNKNOWN
from ..pipeline.caption_metas import take_metas
from ..pipeline.stages import Generate, Prompt
from ..progress import OnProgress, Steps, note
from ..recipe import read
from ..timebase import frames_of
from .rendering import Rendered, render_as_are

if TYPE_CHECKING:
    from ..model.planner.language_model import Planner
    from ..model.planner.outline import Outline
    from ..pipeline.delivery import Delivery
    from .studio import Studio

__all__ = ["Thinking", "check_thinking", "make_thinking"]


def check_thinking(stage: Generate, thinking: Thinking, studio: Studio) -> None:
    """Raise `BadInput` where the variant's codes are no planner's, `Unavailable` where planner or variant are not here."""
    from ..model.planner import catalogue as planners
    from ..model.variants.catalogue import find_weights, resolve

    variant = stage.play.variant
    located = resolve(variant, studio.settings)
    if located.read_card().own_codes:
        remedy = "leave --think out, or play on a variant of ACE-Step's, such as --variant turbo: see `twin models list`"
        raise BadInput(f"{variant} has no planner: its codes are its own", remedy=remedy)
    if located.folder is not None and not studio.is_graphs(variant):
        find_weights(variant, studio.settings)
    planners.require(thinking.planner, studio.settings)


def make_thinking(
    plan: Generate, thinking: Thinking, studio: Studio, delivery: Delivery, played: Sequence[str] = ()
) -> Steps[list[Rendered]]:
    """Think about every take of `plan` that is not among the `played`, then play them; returned in the order of their seeds.

    Raises as `render` does.
    """
    check_thinking(plan, thinking, studio)
    stated, told = take_metas(plan)
    yield from told
    delivery.check(plan.play.batch)
    stages = yield from _think_each(cast(Generate, stated), thinking, studio, len(played))
    return (yield from render_as_are(stages, studio, delivery, played))


def _think_each(plan: Generate, thinking: Thinking, studio: Studio, played: int) -> Steps[list[Generate]]:
    """One stage per take of `plan`, each with what the planner thought of it; the first ones that were `played` stay as asked.

    Nothing of the planner is held afterwards.
    """
    from ..pipeline.executor import split_batch

    asked = [cast(Generate, one) for one in split_batch(plan)]
    stages, left = asked[:played], asked[played:]
    if not left:
        return stages
    planner = yield from studio.load_planner(thinking.planner)
    for place, one in enumerate(left, played + 1):
        stage, thought = yield from _think(one, thinking, planner)
        yield note(f"take {place}: the planner says {_say(thought)}")
        stages.append(stage)
    return stages


def _think(stage: Generate, thinking: Thinking, planner: Planner) -> Steps[tuple[Generate, Outline]]:
    """One take's stage with what the planner thought of it, and the thought."""
    from ..model.planner import flows
    from ..model.sampling.code_text import codes_for, write_codes
    from ..pipeline.events import events

    seed = stage.play.seed or 0
    song = outline_of(stage.prompt, stage.seconds if "seconds" in stage.model_fields_set else None)

    def choose(report: OnProgress) -> Outline:
        return flows.think(planner, song, thinking.tokens, seed, keep_caption=thinking.keep_caption, on_progress=report)

    thought = yield from events(choose, "think")
    thoughtful = fill_in(stage, thought)
    if thinking.words_only:
        return thoughtful, thought
    count = codes_for(frames_of(thoughtful.seconds))
    how = flows.CodeSampling(thinking.tokens, thinking.lm_guidance, thinking.lm_negative)

    def compose(report: OnProgress) -> tuple[int, ...]:
        return flows.compose(planner, song, thought, count, seed, how, report)

    codes = yield from events(compose, "codes")
    return read(Generate, _write_out(thoughtful) | {"codes": write_codes(codes)}, where="the planner"), thought


def _write_out(stage: Generate) -> dict[str, object]:
    """The fields of `stage` that somebody set."""
    return stage.model_dump(exclude_unset=True)


def outline_of(prompt: Prompt, seconds: float | None) -> Outline:
    """What `prompt` says of a song, in the planner's terms: whole numbers, and nothing where nothing was said."""
    from ..model.planner.outline import Outline

    return Outline(
        caption=prompt.caption,
        lyrics=prompt.lyrics,
        bpm=None if prompt.bpm is None else round(prompt.bpm),
        key=prompt.key,
        meter=prompt.meter,
        seconds=None if seconds is None else int(seconds),
        language=None if prompt.language == UNKNOWN else prompt.language,
    )


def fill_in(stage: Generate, thought: Outline) -> Generate:
    """`stage` with the caption of `thought`, and with its metas where the stage leaves them open.

    A language counts only where somebody sings.
    """
    prompt = stage.prompt
    language = thought.language if prompt.language == UNKNOWN and prompt.lyrics else None
    words = {
        "caption": thought.caption or prompt.caption,
        "bpm": thought.bpm if prompt.bpm is None else prompt.bpm,
        "key": prompt.key or thought.key,
        "meter": prompt.meter or thought.meter,
        "language": language or prompt.language,
    }
    data = _write_out(stage)
    data["prompt"] = prompt.model_dump() | words
    if "seconds" not in stage.model_fields_set and thought.seconds is not None:
        data["seconds"] = thought.seconds
    return read(Generate, data, where="the planner")


def _say(thought: Outline) -> str:
    facts = (f"{thought.bpm} bpm", thought.key or "", f"{thought.meter} beats per bar", f"{thought.seconds} s")
    return ", ".join(fact for fact in facts if fact and "None" not in fact) + (f": {thought.caption}" if thought.caption else "")
