"""`twin make`: music from words."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..errors import BadInput
from ..pipeline.stages import Generate
from .options import options
from .output import Talk
from .renderings import DryRun, Out, Picture, render, text_of

RENAMED = {"seconds": "--duration", "adapters": "--adapter"}


@options(Generate, positional=("caption",), renamed=RENAMED, reads={"lyrics": text_of})
def make(
    stage: Generate,
    *,
    instrumental: Annotated[bool, Parameter(help="Nobody sings; so it is without --lyrics too.")] = False,
    out: Out = None,
    picture: Picture = False,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Make music from words: one or more takes of a caption."""
    if instrumental and stage.prompt.lyrics:
        raise BadInput("--instrumental and --lyrics contradict each other", remedy="give one of them")
    render(stage, out=out, picture=picture, dry_run=dry_run, talk=talk)
