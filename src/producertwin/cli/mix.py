"""`twin mix`: stems through a desk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import BadInput
from ..verbs import mix as verb
from .desk import draw_desk, number_moves
from .options import options
from .output import Console, plain
from .renderings import DryRun, Metadata, Out, Picture
from .replacing import Force, check_replacing
from .streams import Format, with_format
from .text import quote, table

OwnFaust = Annotated[
    Path | None,
    Parameter(
        name="--allow-raw-faust",
        help="Mix by your own Faust in place of a desk: left and right of each stem in, left and right of the mix out. It is "
        "read and run in a limited process; give it no Faust that you would not run.",
    ),
]


@options(verb.MixPlan, positional=("stems",))
def mix(  # noqa: PLR0913 - each is one thing a person can ask of the command
    plan: verb.MixPlan,
    *,
    out: Out = None,
    file_format: Format = None,
    picture: Picture = False,
    metadata: Metadata = True,
    own_faust: OwnFaust = None,
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Mix stems, automatically or through a desk: one take, with its Faust, its desk and a report beside the copy.

    A dry run prints the desk and why it is set so, and renders nothing.
    """
    from ..verbs.studio import open_studio

    out = with_format(out, file_format)
    check_replacing(verb.list_mix_files(out, picture=picture), console, force=force, dry_run=dry_run)
    with open_studio(console.settings) as studio:
        if dry_run:
            if own_faust is not None:
                verb.read_own_faust(own_faust, plan)
                raise BadInput("a dry run says how a desk is set, and own Faust has none", remedy="leave one of the two out")
            desk, unread = console.follow(verb.plan_desk(plan, studio))
            data = {"desk": plain(desk), "unread": plain(unread), "dry_run": True}
            console.result("mix", data, lambda: "\n".join(draw_desk(desk)))
            return
        done = console.follow(verb.mix(plan, studio, out=out, picture=picture, metadata=metadata, own_faust=own_faust))
    data = {"take": plain(done.take), "path": plain(done.path), "files": plain(done.beside), "unread": plain(done.unread)}
    console.result("mix", data | {"desk": plain(done.desk), "report": plain(done.report)}, lambda: _tell(done))
    if done.path is None:
        console.next(f"twin takes export {quote(done.take.id)} -o mix.flac")
    else:
        console.next(f"twin inspect {quote(str(done.path))}")


def _tell(done: verb.Mixed) -> str:
    report = done.report
    heads = ("", "loudness", "true peak", "range", "correlation", "lost in mono")
    sounds = [
        (
            name,
            f"{one.loudness_lufs:.1f} LUFS",
            f"{one.true_peak_db:.1f} dBTP",
            f"{one.loudness_range:.1f} LU",
            f"{one.stereo_correlation:.2f}",
            f"{one.mono_loss_db:.1f} dB",
        )
        for name, one in (("mix", report.mix), ("plain sum", report.plain_sum))
    ]
    strips = [
        (
            one.name,
            f"{one.loudness_lufs:.1f} LUFS",
            f"{one.share_db:+.1f} dB",
            f"{one.masked_before:.0%}",
            f"{one.masked:.0%}",
            one.masked_by or "",
        )
        for one in report.strips
    ]
    lines = [*number_moves(done.desk), ""] if done.desk and done.desk.moves else []
    lines += [table(sounds, heads)]
    lines += ["", table(strips, ("strip", "loudness", "of all", "masked before", "after", "most by"))] if strips else []
    pairs = [(one.name, one.by, f"{one.before:.0%}", f"{one.after:.0%}") for one in report.masking]
    lines += ["", table(pairs, ("strip", "covered by", "before", "after"))] if pairs else []
    lines += ["", f"take {done.take.id}", *(f"written: {path}" for path in (done.path, *done.beside) if path)]
    return "\n".join(lines)
