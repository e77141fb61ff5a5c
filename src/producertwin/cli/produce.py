"""`twin produce`: albums, from a brief to finished tracks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ..agent import produce as verb
from ..agent import revising, story, terms
from ..agent.album import AlbumPlan, read_plan, write_plan
from ..agent.albums import find_given
from ..agent.budget import read_budget
from ..agent.commission import Commission
from ..agent.model_reading import read_with
from ..agent.own_table import load_table
from ..agent.policy import Autonomy, Gate
from ..agent.reference_reading import read_references
from ..agent.rules import plan_album
from ..agent.session import read_album
from ..disk import write_whole
from ..errors import BadInput
from ..verbs.studio import open_studio
from ..wording import plural
from .album_learning import learn_table
from .album_text import check_word, draw_plan, show_album
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, can_ask, check_replacing, confirm
from .text import duration, quote, shorten, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..agent.references import Reference
    from ..verbs.studio import Studio

app = App(name="produce", help="From a brief to an album: plan it, make it, show how it came about, choose, replay.")

Folder = Annotated[Path, Parameter(name="FOLDER", help="Folder of an album.")]
Out = Annotated[Path | None, Parameter(name=("--out", "-o"), help="Folder of the album; one that is there is gone on with.")]
PlanFile = Annotated[Path | None, Parameter(name="--plan", help="A plan as --write-plan wrote it, instead of a brief.")]
WritePlan = Annotated[Path | None, Parameter(help="Write the plan to this file, to be edited and given back, and make nothing.")]
Limit = Annotated[
    str | None, Parameter(name="--budget", help='The most it may cost, all runs together: "1h, 40 takes, 500 MB", "none".')
]
Like = Annotated[
    tuple[str, ...],
    Parameter(
        name="--like",
        consume_multiple=True,
        help="Songs that the album is to be like, files or takes, after the brief: what it leaves open is read of them.",
    ),
]
Reader = Annotated[
    Literal["gemini", "openai"] | None, Parameter(help="A language model that reads the brief; where it does not, the rules do.")
]
Level = Annotated[
    Autonomy | None,
    Parameter(help="What is done without asking: all, all but the choice of each track, or nothing; as before when absent."),
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
        _check_brief(plan, plan_file, [*(["--llm"] if llm else []), *(["--like"] if like else [])])
        songs = console.follow(read_references(like, studio, adapters=plan.adapters, keep=not dry_run)) if like else ()
        album = _settle_album(plan, plan_file, llm, songs, studio, console)
        if album is not None:
            _tell_words(album, console)
        if write_plan is not None or dry_run:
            once_more = [plan.brief, *_say_options(plan), *(["--like", *like] if like else [])]
            again = ["--plan", str(plan_file)] if plan_file else once_more
            _show_plan(_require(album), write_plan, again, console, force=force)
            return
        if out is None:
            _require(album)
            raise BadInput("nothing says where the album goes", remedy="give a folder with -o, or --dry-run to see the plan")
        out = out if album is not None else find_given(out, console.settings.studio)
        if detach:
            verb.begin(album, out, studio, budget=limits, autonomy=autonomy)
            hand_over("produce", console, out=out)
            return
        done = console.follow(verb.produce(album, out, studio, budget=limits, autonomy=autonomy))
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


def _settle_album(
    asked: Commission,
    plan_file: Path | None,
    llm: Literal["gemini", "openai"] | None,
    songs: Sequence[Reference],
    studio: Studio,
    console: Console,
) -> AlbumPlan | None:
    """The album of a brief and of `songs` to be like, or of a plan; None where there is neither."""
    if plan_file is not None:
        return read_plan(plan_file)
    if not asked.brief:
        return None
    reading = None
    if llm is not None:
        reading, told = read_with(llm, asked.brief, studio.settings)
        console.say(told)
    return plan_album(asked, studio.read_card(asked.variant), reading, songs, table=load_table(studio.settings.studio))


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
    for song in read.references if isinstance(read, AlbumPlan) else ():
        console.say(f"read of {song.name}:")
        for text in song.summary:
            console.say(f"  {text}")
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


@app.command
def show(folder: Folder, /, *, console: Console) -> None:
    """Tell how an album came about: every decision with its evidence, what was not chosen, and what it cost."""
    folder = find_given(folder, console.settings.studio)
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
    folder = find_given(folder, console.settings.studio)
    call = story.choose(folder, track, letter)
    console.result("approval", {"hash": call.hash, **call.model_dump()}, f"{call.letter} becomes track {track}")
    console.next(f"twin produce -o {quote(str(folder))}")


@app.command
def approve(folder: Folder, /, *, console: Console) -> None:
    """Approve what an album waits for, but for the choice between candidates; each call by the hash of all that it would do."""
    folder = find_given(folder, console.settings.studio)
    calls = [call for call in story.list_proposals(folder) if call.action != "choose"]
    story.approve_by_hash(folder, [call.hash for call in calls])
    rows = [(call.action, f"track {call.track}", call.hash) for call in calls]
    data = [{"hash": call.hash, **call.model_dump()} for call in calls]
    console.result("approvals", data, lambda: table(rows) or "nothing waits for approval")
    if calls:
        console.next(f"twin produce -o {quote(str(folder))}")


@app.command
def revise(
    folder: Folder,
    words: Annotated[str, Parameter(help='What to change: "track 3 slower and darker, keep the chorus of 5".')],
    /,
    *,
    budget: Limit = None,
    autonomy: Level = None,
    yes: Annotated[bool, Parameter(help="Do not ask before the plan is changed.")] = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Change an album by talking: show what of its plan would change, then make only that again."""
    limits = None if budget is None else read_budget(budget)
    folder = find_given(folder, console.settings.studio)
    with open_studio(console.settings) as studio:
        found = revising.plan_revision(folder, words, studio.read_card(read_album(folder).tracks[0].playing.variant))
        _tell_words(found, console)
        rows = [(one.of, one.field, shorten(one.before, 60), "→", shorten(one.after, 60)) for one in found.changes]
        if dry_run or not found.changes:
            console.result(
                "album-changes", {"folder": folder, "changes": found.changes}, lambda: table(rows) or "nothing changes"
            )
            return
        level = (terms.read_terms(folder) or terms.Terms()).change(autonomy).autonomy
        console.say(table(rows))
        leave = yes or (Gate(level, folder).needs("revise") and can_ask(console) and confirm("change the plan?", console))
        revising.apply_revision(folder, found, words, by="studio" if leave else "", autonomy=autonomy)
        done = console.follow(verb.produce(None, folder, studio, budget=limits, autonomy=autonomy))
    show_album(done, console)


@app.command
def replay(folder: Folder, /, *, console: Console) -> int:
    """Make every finished track again from the records of its takes, without any model of language, and compare."""
    with open_studio(console.settings) as studio:
        folder = find_given(folder, console.settings.studio)
        done = console.follow(story.replay_album(folder, studio))
    rows = [(one.track, "the same bytes" if one.same else "; ".join(one.differences), " → ".join(one.takes)) for one in done]
    console.result("album-replay", {"folder": folder, "tracks": done}, lambda: table(rows) or "no track is finished")
    return 0 if all(one.same for one in done) else 1


app.command(learn_table, name="learn")
