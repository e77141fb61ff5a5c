"""`twin edit`: one verb per stage that works on a source, a take or a sound file."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

from ..verbs import edit as verb
from .detaching import Detach, hand_over
from .doors import read_codes, read_lyrics
from .options import options
from .output import Console
from .renderings import DryRun, Metadata, Out, Picture, show_plan, show_takes
from .replacing import Force, check_replacing
from .streams import Format, with_format

RENAMED = {"stems": "--stem", "adapters": "--adapter", "regions": "--region"}

app = App(
    name="edit",
    help="Play a take or a sound file anew: refine, cover, repaint, morph, extract, lego, complete.",
)


def _command(record: type[verb.Edit]) -> Callable[..., None]:
    """The command of one kind of stage."""
    positional = tuple(name for name in ("source", "stem") if name in record.model_fields)

    @options(record, positional=positional, renamed=RENAMED, reads={"lyrics": read_lyrics, "codes": read_codes})
    def edit(  # noqa: PLR0913 - each is one thing a person can ask of the command
        plan: verb.Edit,
        *,
        out: Out = None,
        file_format: Format = None,
        picture: Picture = False,
        metadata: Metadata = True,
        force: Force = False,
        dry_run: DryRun = False,
        detach: Detach = False,
        console: Console,
    ) -> None:
        out = with_format(out, file_format)
        check_replacing(verb.list_files(plan, out, picture=picture), console, force=force, dry_run=dry_run)
        if detach and not dry_run:
            hand_over("edit", console, plan=plan, out=out, picture=picture, metadata=metadata)
            return
        from ..verbs.studio import open_studio

        with open_studio(console.settings) as studio:
            if dry_run:
                show_plan(console.follow(verb.plan_edit(plan, studio, out=out)), console)
                return
            done = console.follow(verb.edit(plan, studio, out=out, picture=picture, metadata=metadata))
        show_takes("edit", done, console)

    edit.__doc__ = record.__doc__
    return edit


for _kind, _record in verb.EDITS.items():
    app.command(_command(_record), name=_kind)
