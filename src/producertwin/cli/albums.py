"""`twin produce` of an album that is there: its story, choices and approvals, changes by talking, replay, and learning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..agent import produce as verb
from ..agent import revising, story, terms
from ..agent.album import AlbumPlan
from ..agent.albums import find_given
from ..agent.budget import read_budget
from ..agent.policy import Autonomy, Gate
from ..agent.session import read_album
from ..verbs.studio import open_studio
from ..wording import plural
from .album_learning import learn_table
from .album_text import show_album
from .output import Console
from .renderings import DryRun
from .replacing import can_ask, confirm
from .text import duration, quote, shorten, table

app = App(name="produce", help="From a brief to an album: plan it, make it, show how it came about, choose, replay.")

Folder = Annotated[Path, Parameter(name="FOLDER", help="Folder of an album.")]
Limit = Annotated[
    str | None, Parameter(name="--budget", help='The most it may cost, all runs together: "1h, 40 takes, 500 MB", "none".')
]
Level = Annotated[
    Autonomy | None,
    Parameter(help="What is done without asking: all, all but the choice of each track, or nothing; as before when absent."),
]


def tell_words(read: AlbumPlan | revising.Revision, console: Console) -> None:
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


@app.command
def show(folder: Folder, /, *, console: Console) -> None:
    """Tell how an album came about: every decision with its evidence, what was not chosen, and what it cost."""
    folder = find_given(folder, console.settings.studio)
    found = story.read_story(folder)
    lines = [f"{found.album.title}: {len(found.finished)} of {plural(len(found.album.tracks), 'track')} finished", ""]
    for row in found.decisions:
        cost = f" ({duration(row.cost.seconds)})" if row.cost.seconds else ""
        lines.append(f"{row.step + 1:3d}  {row.decision}{cost}")
        lines += [f"       says {row.told}"] if row.told else []
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
        tell_words(found, console)
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
