"""`twin produce`: an album of a brief, from the plan to finished tracks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..agent import produce as verb
from ..agent import story, terms
from ..agent.album import AlbumPlan, read_plan, write_plan
from ..agent.albums import find_given
from ..agent.budget import Budget, Cost, read_budget
from ..agent.commission import Commission
from ..agent.model_words import plan_with
from ..agent.own_table import load_table
from ..agent.reference_reading import find_references
from ..agent.rules import plan_album
from ..agent.session import PLAN, read_album
from ..agent.spending import open_spending
from ..disk import write_whole
from ..errors import BadInput
from ..verbs.studio import open_studio
from .album_text import check_word, draw_plan, show_album
from .albums import Level, Limit, app, tell_words
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, can_ask, check_replacing
from .text import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..agent.references import Reference
    from ..agent.spending import Spending
    from ..verbs.studio import Studio

Out = Annotated[Path | None, Parameter(name=("--out", "-o"), help="Folder of the album; one that is there is gone on with.")]
PlanFile = Annotated[Path | None, Parameter(name="--plan", help="A plan as --write-plan wrote it, instead of a brief.")]
WritePlan = Annotated[Path | None, Parameter(help="Write the plan to this file, to be edited and given back, and make nothing.")]
Like = Annotated[
    tuple[str, ...],
    Parameter(
        name="--like",
        consume_multiple=True,
        help="Songs that the album is to be like, files or takes, after the brief: what it leaves open is read of them.",
    ),
]
Reader = Annotated[
    terms.Reader | None,
    Parameter(help="A language model that reads the brief, writes words and explains choices; where it does not, the rules do."),
]


@app.default
@options(Commission, positional=("brief",), renamed={"adapters": "--adapter"})
def produce(  # noqa: PLR0913 - each is one thing a person can ask of the command
    plan: Commission,
    *,
    out: Out = None,
    plan_file: PlanFile = None,
    write_plan: WritePlan = None,
    budget: Limit = None,
    autonomy: Level = None,
    llm: Reader = None,
    like: Like = (),
    force: Force = False,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Make an album of a brief: tracks, a page that tells how they came about, the plan, and checksums.

    The same command goes on where it was stopped or killed; so does one with -o FOLDER and no brief.
    """
    limits = None if budget is None else read_budget(budget)
    with open_studio(console.settings) as studio:
        _check_brief(plan, plan_file, ["--like"] if like else [])
        before = _find_before(plan, out)
        if before and not like:
            console.say(f"{out} goes on with what was read of {', '.join(one.name for one in before)}")
        songs = console.follow(find_references(like, before, studio, adapters=plan.adapters, keep=not dry_run))
        spending = open_spending(limits or Budget(), Cost(), studio.settings)
        planned = llm not in (None, "none") and write_plan is None and not dry_run and _has_plan(plan, out, console)
        album = None if planned else _settle_album(plan, plan_file, llm, songs, studio, spending, console)
        if album is not None:
            tell_words(album, console)
        if write_plan is not None or dry_run:
            once_more = [plan.brief, *_say_options(plan), *(["--llm", llm] if llm else []), *(["--like", *like] if like else [])]
            again = ["--plan", str(plan_file)] if plan_file else once_more
            _show_plan(_require(album), write_plan, again, console, force=force)
            return
        if out is None:
            _require(album)
            raise BadInput("nothing says where the album goes", remedy="give a folder with -o, or --dry-run to see the plan")
        out = out if album is not None else find_given(out, console.settings.studio)
        if detach:
            verb.begin(album, out, studio, budget=limits, autonomy=autonomy, llm=llm, planning=spending)
            hand_over("produce", console, out=out)
            return
        done = console.follow(verb.produce(album, out, studio, budget=limits, autonomy=autonomy, llm=llm, planning=spending))
        while done.waiting and can_ask(console) and _ask(done, console):
            done = console.follow(verb.produce(None, out, studio))
    show_album(done, console)


def _check_brief(asked: Commission, plan_file: Path | None, others: list[str]) -> None:
    """Raise `BadInput` where a brief and a plan are both given, or what is only for a brief, such as `others`, without one."""
    if asked.brief and plan_file is not None:
        raise BadInput("a brief and a plan are both given", remedy="give one of them")
    if not asked.brief and (idle := [*_say_options(asked)[::2], *others]):
        what = "which there is none of" if plan_file is None else "and the plan holds all that"
        raise BadInput(f"{', '.join(idle)}: only for a brief, {what}", remedy="give a brief, or edit the plan")
    if asked.brief:
        check_word(asked.brief, list(app))


def _has_plan(asked: Commission, out: Path | None, console: Console) -> bool:
    """Whether the album of this brief lies in `out`, so that no language model is asked for its plan again; says so."""
    if not asked.brief or out is None or not (out / PLAN).is_file():
        return False
    if (found := read_album(out)).brief != asked.brief:
        remedy = "give another folder, or leave brief and options out to go on with it"
        raise BadInput(f"{out} holds another album, {found.title}", remedy=remedy)
    console.say(f"{out} holds the album of this brief: no model plans it again, and other options need another folder")
    return True


def _find_before(asked: Commission, out: Path | None) -> tuple[Reference, ...]:
    """The references with which the album of this brief in `out` was begun, so that going on needs no file again."""
    if not asked.brief or out is None or not (out / PLAN).is_file():
        return ()
    found = read_album(out)
    return found.references if found.brief == asked.brief else ()


def _settle_album(
    asked: Commission,
    plan_file: Path | None,
    llm: terms.Reader | None,
    songs: Sequence[Reference],
    studio: Studio,
    spending: Spending,
    console: Console,
) -> AlbumPlan | None:
    """The album of a brief and of `songs` to be like, or of a plan; None where there is neither."""
    if plan_file is not None:
        return read_plan(plan_file)
    if not asked.brief:
        return None
    card, table = studio.read_card(asked.variant), load_table(studio.settings.studio)
    if llm is None or llm == "none":
        return plan_album(asked, card, references=songs, table=table)
    album, told = plan_with(llm, asked, card, songs, table, studio.settings, spending)
    for line in told:
        console.say(line)
    return album


def _require(album: AlbumPlan | None) -> AlbumPlan:
    if album is None:
        raise BadInput("the brief says nothing", remedy='say what to make, such as "lofi EP, 3 tracks, rainy, one with sax"')
    return album


def _show_plan(album: AlbumPlan, target: Path | None, again: list[str], console: Console, *, force: bool) -> None:
    """Print the plan or write it; `again` are the words that make it once more."""
    if target is not None:
        check_replacing([target], console, force=force)
        write_whole(target, write_plan(album))
    console.result("album-plan", {"plan": album, "path": target}, lambda: draw_plan(album))
    words = again if target is None else ["--plan", str(target)]
    console.next(" ".join(("twin produce", *map(quote, words), "--budget 10m -o album")))


def _say_options(asked: Commission) -> list[str]:
    """The options beside the brief that are not as they are when absent, each name and its value."""
    said = asked.model_dump(exclude_defaults=True, exclude={"brief", "adapters"})
    pairs = [*said.items(), *(("adapter", one) for one in asked.adapters)]
    return [word for name, value in pairs for word in (f"--{name}", str(value))]


def _ask(done: verb.Produced, console: Console) -> bool:
    """Ask on the terminal for what is waited for; false where a person leaves it open."""
    import sys

    given = False
    for one in done.waiting:
        title, repaired = done.album.tracks[one.track - 1].title, False
        for call in (call for call in one.calls if call.action != "choose"):
            console.ask(f"track {one.track}, {title}: {call.action}{f' {call.letter}' if call.letter else ''}? [y/N]")
            if sys.stdin.readline().strip().lower() in ("y", "yes"):
                story.approve_by_hash(done.folder, [call.hash])
                given = repaired = True
        if not one.candidates or repaired:
            continue
        for each in one.candidates:
            console.say(f"  {each.letter}: {each.points:.2f} points; {each.why}; twin takes play {each.take.id}")
        letters = "/".join(each.letter for each in one.candidates)
        console.ask(f"track {one.track}, {title}: which one? [{letters}, nothing to leave it open]")
        answer = sys.stdin.readline().strip().upper()
        if answer in {each.letter for each in one.candidates}:
            story.choose(done.folder, one.track, answer)
            given = True
    return given
