"""`twin rate`, `twin prefer` and `twin verdicts`: what is good of what was made, said while listening."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from ..library import Judgement, TakePreference, TakeRating, Verdict, VerdictFilter
from ..verbs import rate as verb
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .text import quote, shorten, table

app = App(name="verdicts", help="List verdicts on takes, and take one back.")

Take = Annotated[str, Parameter(name="TAKE", help="Id of a take, or its beginning.")]
Tags = Annotated[str, Parameter(help="What it is about, a few words each, with commas between.")]
Remark = Annotated[str, Parameter(help="Why.")]
Judge = Annotated[str, Parameter(help="Who says so.")]


def rate(
    key: Take,
    stars: Annotated[int, Parameter(name="STARS", help="1 to 5.")],
    /,
    *,
    tags: Tags = "",
    remark: Remark = "",
    judge: Judge = "studio",
    console: Console,
) -> None:
    """Rate a take from 1 to 5 and say what it is about. Every rating is kept; the newest are the take's stars."""
    with open_studio(console.settings) as studio:
        found = verb.rate(key, stars, studio, verb.judgement(tags, remark, judge))
    _tell("rated", found, console)


def prefer(
    better: Annotated[str, Parameter(name="A", help="The take that is better: its id, or its beginning.")],
    other: Annotated[str, Parameter(name="B", help="The other.")],
    /,
    *,
    tie: Annotated[bool, Parameter(help="Neither is better.")] = False,
    tags: Tags = "",
    remark: Remark = "",
    judge: Judge = "studio",
    console: Console,
) -> None:
    """Say that take A is better than take B, or that neither is. Blind, and at one loudness: twin listen prepare."""
    with open_studio(console.settings) as studio:
        found = verb.prefer((better, other), "tie" if tie else "a", studio, verb.judgement(tags, remark, judge))
    _tell("preferred", found, console)


@app.command(name="list")
@options(VerdictFilter)
def list_verdicts(plan: VerdictFilter, *, console: Console) -> None:
    """List the verdicts that stand, the newest first; with --every also those that were taken back."""
    with open_studio(console.settings) as studio:
        found = studio.library.verdicts.list(plan)
        gone = studio.library.verdicts.withdrawn([one.id for one in found])
    rows = [(*_cells(one), "taken back" if one.id in gone else "") for one in found]
    data = [one.model_dump(mode="json") | {"withdrawn": one.id in gone} for one in found]
    console.result("verdicts", data, lambda: table(rows, ("id", "given", "by", "says", "tags", "remark", "")))
    if not found:
        console.next("twin rate --help")


@app.command
def take_back(
    key: Annotated[str, Parameter(name="VERDICT", help="Id of a verdict, or its beginning.")],
    /,
    *,
    remark: Remark = "",
    console: Console,
) -> None:
    """Take a verdict back. It does not count from now on, and stays among every one."""
    with open_studio(console.settings) as studio:
        found = verb.take_back(key, studio, Judgement(remark=remark))
    console.result("taken-back", found, f"{found.id}: {_words(found)}: taken back")


def _tell(what: str, found: Verdict, console: Console) -> None:
    console.result(what, found, f"{_words(found)}  {' · '.join(found.judgement.tags)}".rstrip())
    console.say(f"not meant? twin verdicts take-back {quote(found.id)}")


def _words(found: Verdict) -> str:
    """A verdict in a few words."""
    match found:
        case TakeRating():
            return f"{found.take} {found.stars} of 5"
        case TakePreference(better=None):
            return f"{found.a} as good as {found.b}"
        case TakePreference():
            first, second = (found.a, found.b) if found.choice == "a" else (found.b, found.a)
            return f"{first} better than {second}"
    return f"{found.of} taken back"


def _cells(found: Verdict) -> tuple[str, ...]:
    said, given = found.judgement, found.created.astimezone().strftime("%Y-%m-%d %H:%M")
    by = said.judge if said.source == "human" else f"{said.source} {said.judge}"
    return found.id, given, by, _words(found), ", ".join(said.tags) or "-", shorten(said.remark, 40) or "-"
