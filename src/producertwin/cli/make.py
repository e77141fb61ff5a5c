"""`twin make`: music from words."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..errors import BadInput
from ..verbs import make as verb
from .detaching import Detach, hand_over
from .doors import read_codes, read_lyrics
from .options import options
from .output import Console
from .renderings import DryRun, Metadata, Out, Picture, show_plan, show_takes
from .replacing import Force, check_replacing
from .streams import Format, with_format

RENAMED = {"seconds": "--duration", "adapters": "--adapter", "lines": "--line"}


@options(verb.Thinking, parameter="thinking")
@options(verb.SongSources, parameter="sources")
@options(verb.Generate, positional=("caption",), renamed=RENAMED, reads={"lyrics": read_lyrics, "codes": read_codes})
def make(  # noqa: PLR0913 - each is one thing a person can ask of the command
    plan: verb.Generate,
    *,
    thinking: verb.Thinking,
    sources: verb.SongSources,
    instrumental: Annotated[bool, Parameter(help="Nobody sings; so it is without --lyrics too.")] = False,
    out: Out = None,
    file_format: Format = None,
    picture: Picture = False,
    metadata: Metadata = True,
    best_of: Annotated[int | None, Parameter(help="Make so many takes, keep a copy of the best, and say why.")] = None,
    force: Force = False,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Make music from words: one or more takes of a caption."""
    if instrumental and plan.prompt.lyrics:
        raise BadInput("--instrumental and --lyrics contradict each other", remedy="give one of them")
    plan, told = verb.take_in(plan, sources)
    for text in told:
        console.say(text)
    out = with_format(out, file_format)
    if best_of is not None:
        plan = check_best_of(plan, best_of, picture=picture, detach=detach)
    copies = plan if best_of is None else with_batch(plan, 1)
    check_replacing(verb.list_files(copies, out, picture=picture), console, force=force, dry_run=dry_run)
    if detach and not dry_run:
        hand_over("make", console, plan=plan, out=out, picture=picture, metadata=metadata, thinking=thinking)
        return
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        if dry_run:
            show_plan(console.follow(verb.plan_make(plan, studio, out=out, thinking=thinking)), console)
            return
        if best_of is not None:
            kept, judged = console.follow(verb.make_best(plan, studio, out=out, metadata=metadata, thinking=thinking))
            for one in judged:
                console.say(f"take {one.take.id}: {one.score:.1f} of 10; {one.why}")
            show_takes("make", [kept], console)
            return
        done = console.follow(verb.make(plan, studio, out=out, picture=picture, metadata=metadata, thinking=thinking))
    show_takes("make", done, console)


def check_best_of(plan: verb.Generate, best_of: int, *, picture: bool, detach: bool) -> verb.Generate:
    """`plan` with so many takes. Raises `BadInput` for what does not go together with the best of several."""
    if picture or detach:
        raise BadInput("--best-of goes with neither --picture nor --detach", remedy="leave one of them out")
    if "batch" in plan.play.model_fields_set and plan.play.batch != best_of:
        raise BadInput(f"--best-of {best_of} and --batch {plan.play.batch} contradict each other", remedy="give one of them")
    return with_batch(plan, best_of)


def with_batch(plan: verb.Generate, takes: int) -> verb.Generate:
    """`plan` for so many takes. Raises `BadInput` for a number that the record refuses."""
    play = type(plan.play).model_validate(plan.play.model_dump(exclude_unset=True) | {"batch": takes})
    return plan.model_copy(update={"play": play})
