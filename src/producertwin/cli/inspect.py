"""`twin inspect`: what is wrong in a take or a sound file, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verbs import inspect as verb
from ..verbs.inspect_page import aesthetic_row, beside_row, loudness_rows, place, reading, words
from ..verbs.studio import open_studio
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .replacing import Force, check_replacing
from .text import quote, table

if TYPE_CHECKING:
    from ..verbs.inspect import Inspection

SHOWN = 40
"""Most defects that the terminal shows; the page and the JSON hold all."""


@options(verb.InspectPlan, positional=("subject",), renamed={"out": ("--out", "-o")})
def inspect(plan: verb.InspectPlan, *, force: Force = False, detach: Detach = False, console: Console) -> None:
    """Say what is wrong in a take or a sound file, where, and how it stands beside references: a score out of ten."""
    with open_studio(console.settings) as studio:
        check_replacing(verb.plan_inspect(plan, studio), console, force=force)
    if detach:
        hand_over("inspect", console, **plan.model_dump(exclude_unset=True))
        return
    with open_studio(console.settings) as studio:
        done = console.follow(verb.inspect(plan, studio))
    console.result("inspection", done, lambda: _tell(done))
    if any(one.repairable and one.severity != "info" for one in done.report.defects):
        console.next(f"twin repair {quote(plan.subject)} --propose")
    elif plan.out is None:
        console.next(f"twin inspect {quote(plan.subject)} -o report.html")


def _tell(done: Inspection) -> str:
    found = done.report
    lines = [f"{done.subject}: {found.score:.1f} of 10", ""]
    rows = [(words(one), place(one), one.channel or "", one.severity, reading(one)) for one in found.defects[:SHOWN]]
    lines.append(table(rows, ("defect", "where", "channel", "severity", "reading")) if rows else "no defect was found")
    if len(found.defects) > SHOWN:
        lines.append(f"… and {len(found.defects) - SHOWN} more")
    if found.parts:
        lines += ["", table([(part.words, str(part.count), f"-{part.cost:.1f}") for part in found.parts], ("points off", "", ""))]
    if found.loudness is not None:
        lines += ["", table(loudness_rows(found), ("loudness", ""))]
    if found.beside:
        lines += [
            "",
            table([beside_row(one) for one in found.beside], ("beside the references", "here", "least", "median", "most")),
        ]
    if done.aesthetics:
        lines += ["", table([aesthetic_row(one) for one in done.aesthetics], ("by AudioBox, 1 to 10", "", "95% interval"))]
    for stem in done.stems:
        worst = ", ".join(f"{part.words} -{part.cost:.1f}" for part in stem.parts) or "no defect"
        lines += ["", f"stem {stem.stem}: {stem.score:.1f} of 10; {worst}"]
    lines += [f"written: {path}" for path in done.files]
    return "\n".join(lines)
