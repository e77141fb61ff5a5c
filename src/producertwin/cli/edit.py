"""`twin edit`: one verb per stage that works on a source, a take or a sound file."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

from ..pipeline.stages import EDITS, Edit
from .options import options
from .output import Talk
from .renderings import DryRun, Out, Picture, render, text_of

RENAMED = {"stems": "--stem", "adapters": "--adapter"}

app = App(
    name="edit",
    help="Play a take or a sound file anew: refine, cover, repaint, extract, lego, complete.",
    help_epilogue="Begin with: twin edit extract song.flac drums -o drums.flac",
)


def _verb(record: type[Edit]) -> Callable[..., None]:
    """The command of one kind of stage."""
    positional = tuple(name for name in ("source", "stem") if name in record.model_fields)

    @options(record, positional=positional, renamed=RENAMED, reads={"lyrics": text_of})
    def edit(stage: Edit, *, out: Out = None, picture: Picture = False, dry_run: DryRun = False, talk: Talk) -> None:
        render(stage, out=out, picture=picture, dry_run=dry_run, talk=talk)

    edit.__doc__ = record.__doc__
    return edit


for _kind, _record in EDITS.items():
    app.command(_verb(_record), name=_kind)
