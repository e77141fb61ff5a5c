"""`twin produce learn`: what albums teach of the table that plans are made by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..agent.learning import learn
from ..agent.own_table import keep_own, undo_own
from ..errors import BadInput
from ..verbs.studio import open_studio
from ..wording import plural
from .output import Console
from .text import quote, table


def learn_table(
    *places: Annotated[Path, Parameter(name="FOLDER", help="Albums, or folders that hold albums.")],
    apply: Annotated[bool, Parameter(help="Put what is proposed into the studio's planner.toml.")] = False,
    undo: Annotated[bool, Parameter(help="Put back the table as it was before the last change.")] = False,
    console: Console,
) -> None:
    """Show what albums teach of the table that plans are made by: settings that did better, with the evidence.

    The albums are those of the studio where no folder is named. Stars of `twin rate` and the inspector's
    points are compared, by album. Nothing is changed without --apply.
    """
    if undo:
        if places or apply:
            raise BadInput("--undo goes alone", remedy="twin produce learn --undo")
        told = undo_own(console.settings.studio)
        console.result("planner-undo", {"told": told}, told)
        return
    with open_studio(console.settings) as studio:
        found = learn(places, studio)
    rows = [(f"genres.{one.genre}.{one.family}.{one.setting}", one.before, "→", one.after) for one in found.proposals]
    lines = [line for row, one in zip(table(rows).splitlines(), found.proposals, strict=False)
             for line in (row, *(f"  because {text}" for text in one.evidence))]  # fmt: skip
    looked = f"{plural(found.albums, 'album')}, {plural(len(found.comparisons), 'comparison')}"
    path = keep_own(console.settings.studio, found.own) if apply and found.proposals else None
    data = {"albums": found.albums, "comparisons": found.comparisons, "proposals": found.proposals, "path": path}
    console.result("planner-proposals", data, lambda: "\n".join(lines) or f"nothing is proposed: {looked}")
    if found.proposals:
        console.say(f"{looked}; the settings were yours and not drawn by lot, so a difference may have another cause")
        console.next(
            "twin produce learn --undo" if apply else " ".join(("twin produce learn", *map(quote, map(str, places)), "--apply"))
        )
