"""`twin produce`: albums, from a brief to finished tracks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ..agent import produce as verb
from ..agent import revising, story
from ..agent.album import AlbumPlan, read_plan, write_plan
from ..agent.budget import Budget, read_budget
from ..agent.commission import Commission
from ..agent.learning import learn
from ..agent.model_reading import read_with
from ..agent.own_table import keep_own, load_table, undo_own
from ..agent.policy import Autonomy
from ..agent.rules import plan_album
from ..agent.session import read_album
from ..agent.vocabulary import look_up
from ..disk import write_whole
from ..errors import BadInput
from ..verbs.studio import open_studio
from ..wording import plural, suggest_name
from .album_text import draw_plan, show_album
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, can_ask, check_replacing, confirm
from .text import duration, quote, shorten, table

if TYPE_CHECKING:
    from ..verbs.studio import Studio

app = App(name="produce", help="From a brief to an album: plan it, make it, show how it came about, choose, replay.")

Folder = Annotated[Path, Parameter(name="FOLDER", help="Folder of an album.")]
Out = Annotated[Path | None, Parameter(name=("--out", "-o"), help="Folder of the album; one that is there is gone on with.")]
PlanFile = Annotated[Path | None, Parameter(name="--plan", help="A plan as --write-plan wrote it, instead of a brief.")]
WritePlan = Annotated[Path | None, Parameter(help="Write the plan to this file, to be edited and given back, and make nothing.")]
Limit = Annotated[str | None, Parameter(name="--budget", help='The most it may cost: "10m", "1h, 40 takes, 500 MB".')]
Reader = Annotated[
    Literal["gemini", "openai"] | None, Parameter(help="A language model that reads the brief; where it does not, the rules do.")
]
Level = Annotated[Autonomy, Parameter(help="What is done without asking: all, all but the choice of each track, or nothing.")]


@app.default
@options(Commission, positional=("brief",), renamed={"adapters": "--adapter"})
def produce(  # noqa: PLR0913 - each is one thing a person can ask of the command
    plan: Commission,
    *,
    out: Out = None,
    plan_file: PlanFile = None,
    write_plan: WritePlan = None,
    budget: Limit = None,
    autonomy: Level = "full",
    llm: Reader = None,
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Make an album of a brief: tracks, a page that tells how they came about, the plan, and checksums.

    The same command goes on where it was stopped or killed; so does one with -o FOLDER and no brief.
    """
    limits = Budget() if budget is None else read_budget(budget)
    with open_studio(console.settings) as studio:
        album = _settle_album(plan, plan_file, llm, studio, console)
        if album is not None:
            _tell_words(album, console)
        if write_plan is not None or dry_run:
            again = ["--plan", str(plan_file)] if plan_file else [plan.brief, *_say_options(plan)]
            _show_plan(_require(album), write_plan, again, console, force=force)
            return
        if out is None:
            _require(album)
            raise BadInput("nothing says where the album goes", remedy="give a folder with -o, or --dry-run to see the plan")
        done = console.follow(verb.produce(album, out, studio, budget=limits, autonomy=autonomy))
        while done.waiting and can_ask(console) and _ask(done, console):
            done = console.follow(verb.produce(None, out, studio, budget=limits, autonomy=autonomy))
    show_album(done, console)


def _settle_album(
    asked: Commission, plan_file: Path | None, llm: Literal["gemini", "openai"] | None, studio: Studio, console: Console
) -> AlbumPlan | None:
    """The album of a brief or of a plan; None where there is neither."""
    if asked.brief and plan_file is not None:
        raise BadInput("a brief and a plan are both given", remedy="give one of them")
    if not asked.brief and (idle := [*_say_options(asked)[::2], *(["--llm"] if llm else [])]):
        what = "which there is none of" if plan_file is None else "and the plan holds all that"
        raise BadInput(f"{', '.join(idle)}: only for a brief, {what}", remedy="give a brief, or edit the plan")
    if plan_file is not None:
        return read_plan(plan_file)
    if not asked.brief:
        return None
    _check_word(asked.brief)
    reading = None
    if llm is not None:
        reading, told = read_with(llm, asked.brief, studio.settings)
        console.say(told)
    return plan_album(asked, studio.read_card(asked.variant), reading, table=load_table(studio.settings.studio))


def _check_word(brief: str) -> None:
    """Refuse a brief of one word that nobody knows and that is nearly a command of `twin produce`."""
    known = [name for name in app if not name.startswith("-")]
    if not look_up((brief.strip().lower(),)) and (meant := suggest_name(brief.strip().lower(), known)):
        raise BadInput(f"{brief.strip()!r} is no brief{meant}", remedy="see `twin produce --help`")


def _require(album: AlbumPlan | None) -> AlbumPlan:
    if album is None:
        raise BadInput("the brief says nothing", remedy='say what to make, such as "lofi EP, 3 tracks, rainy, one with sax"')
    return album


def _tell_words(read: AlbumPlan | revising.Revision, console: Console) -> None:
    """Say what of a person's words was not understood, what cannot be done, and what was decided instead of it."""
    if read.unknown:
        console.warn(f"not understood: {', '.join(read.unknown)}")
    for text in read.cannot:
        console.warn(f"cannot be done: {text}")
    for text in read.notes:
        console.say(text)


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
        title = done.album.tracks[one.track - 1].title
        if not one.candidates:
            console.ask(f"track {one.track}, {title}: {one.calls[0].action}? [y/N]")
            if sys.stdin.readline().strip().lower() in ("y", "yes"):
                story.approve(done.folder, [*one.calls])
                given = True
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


@app.command
def show(folder: Folder, /, *, console: Console) -> None:
    """Tell how an album came about: every decision with its evidence, what was not chosen, and what it cost."""
    found = story.read_story(folder)
    lines = [f"{found.album.title}: {len(found.finished)} of {plural(len(found.album.tracks), 'track')} finished", ""]
    for row in found.decisions:
        cost = f" ({duration(row.cost.seconds)})" if row.cost.seconds else ""
        lines.append(f"{row.step + 1:3d}  {row.decision}{cost}")
        lines += [f"       because {text}" for text in row.evidence[:6]]
        lines += [f"       not {text}" for text in row.alternatives[:6]]
    data = {"folder": folder, "title": found.album.title, "finished": found.finished, "decisions": found.decisions}
    console.result("album-story", data, lambda: "\n".join(lines))
    console.next(f"twin produce replay {quote(str(folder))}")


@app.command
def choose(folder: Folder, track: int, letter: str, /, *, console: Console) -> None:
    """Choose the candidate that becomes a track; the album goes on with it.

    Parameters
    ----------
    track
        Number of the track.
    letter
        The candidate, such as B.
    """
    call = story.choose(folder, track, letter)
    console.result("approval", {"hash": call.hash, **call.model_dump()}, f"{call.letter} becomes track {track}")
    console.next(f"twin produce -o {quote(str(folder))} --autonomy supervised")


@app.command
def approve(folder: Folder, /, *, console: Console) -> None:
    """Approve what an album waits for, but for the choice between candidates; each call by the hash of all that it would do."""
    calls = [call for call in story.list_proposals(folder) if call.action != "choose"]
    story.approve(folder, calls)
    rows = [(call.action, f"track {call.track}", call.hash) for call in calls]
    data = [{"hash": call.hash, **call.model_dump()} for call in calls]
    console.result("approvals", data, lambda: table(rows) or "nothing waits for approval")
    if calls:
        console.next(f"twin produce -o {quote(str(folder))} --autonomy collaborative")


@app.command
def revise(
    folder: Folder,
    words: Annotated[str, Parameter(help='What to change: "track 3 slower and darker, keep the chorus of 5".')],
    /,
    *,
    budget: Limit = None,
    autonomy: Level = "full",
    yes: Annotated[bool, Parameter(help="Do not ask before the plan is changed.")] = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Change an album by talking: show what of its plan would change, then make only that again."""
    limits = Budget() if budget is None else read_budget(budget)
    with open_studio(console.settings) as studio:
        found = revising.plan_revision(folder, words, studio.read_card(read_album(folder).tracks[0].playing.variant))
        _tell_words(found, console)
        rows = [(one.of, one.field, shorten(one.before, 60), "→", shorten(one.after, 60)) for one in found.changes]
        if dry_run or not found.changes:
            console.result(
                "album-changes", {"folder": folder, "changes": found.changes}, lambda: table(rows) or "nothing changes"
            )
            return
        if autonomy != "full" and not yes:
            for row in rows:
                console.say("  ".join(row))
            if not (can_ask(console) and confirm("change the plan?", console)):
                raise BadInput("the plan is not changed without leave", remedy="say --yes, or answer yes on a terminal")
        revising.apply_revision(folder, found, words)
        console.say(table(rows))
        done = console.follow(verb.produce(None, folder, studio, budget=limits, autonomy=autonomy))
    show_album(done, console)


@app.command
def replay(folder: Folder, /, *, console: Console) -> int:
    """Make every finished track again from the records of its takes, without any model of language, and compare."""
    with open_studio(console.settings) as studio:
        done = console.follow(story.replay_album(folder, studio))
    rows = [(one.track, "the same bytes" if one.same else "; ".join(one.differences), " → ".join(one.takes)) for one in done]
    console.result("album-replay", {"folder": folder, "tracks": done}, lambda: table(rows) or "no track is finished")
    return 0 if all(one.same for one in done) else 1


@app.command(name="learn")
def learn_table(
    *places: Annotated[Path, Parameter(name="FOLDER", help="Albums, or folders that hold albums.")],
    apply: Annotated[bool, Parameter(help="Put what is proposed into the studio's planner.toml.")] = False,
    undo: Annotated[bool, Parameter(help="Put back the table as it was before the last change.")] = False,
    console: Console,
) -> None:
    """Show what albums teach of the table that plans are made by: settings that did better, with the evidence.

    Stars of `twin rate` and the inspector's points are compared, by album. Nothing is changed without --apply.
    """
    if undo:
        if places or apply:
            raise BadInput("--undo goes alone", remedy="twin produce learn --undo")
        told = undo_own(console.settings.studio)
        console.result("planner-undo", {"told": told}, told)
        return
    if not places:
        raise BadInput("no album is named", remedy="twin produce learn FOLDER: an album, or a folder that holds albums")
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
        console.next("twin produce learn --undo" if apply else f"twin produce learn {quote(str(places[0]))} --apply")
