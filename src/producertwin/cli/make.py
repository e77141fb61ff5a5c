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

RENAMED = {"seconds": "--duration", "adapters": "--adapter"}


@options(verb.Thinking, parameter="thinking")
@options(verb.Generate, positional=("caption",), renamed=RENAMED, reads={"lyrics": read_lyrics, "codes": read_codes})
def make(  # noqa: PLR0913 - each is one thing a person can ask of the command
    plan: verb.Generate,
    *,
    thinking: verb.Thinking,
    instrumental: Annotated[bool, Parameter(help="Nobody sings; so it is without --lyrics too.")] = False,
    out: Out = None,
    file_format: Format = None,
    picture: Picture = False,
    metadata: Metadata = True,
    force: Force = False,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Make music from words: one or more takes of a caption."""
    if instrumental and plan.prompt.lyrics:
        raise BadInput("--instrumental and --lyrics contradict each other", remedy="give one of them")
    out = with_format(out, file_format)
    check_replacing(verb.list_files(plan, out, picture=picture), console, force=force, dry_run=dry_run)
    if detach and not dry_run:
        hand_over("make", console, plan=plan, out=out, picture=picture, metadata=metadata, thinking=thinking)
        return
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        if dry_run:
            show_plan(console.follow(verb.plan_make(plan, studio, out=out, thinking=thinking)), console)
            return
        done = console.follow(verb.make(plan, studio, out=out, picture=picture, metadata=metadata, thinking=thinking))
    show_takes("make", done, console)
