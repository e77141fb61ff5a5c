"""`twin listen`: blind listening tests: prepare, hear, hand out and score them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..errors import BadInput
from ..verbs import listen as verbs
from ..verbs.listen import WORDING, ListeningPlan, PlannedTest, PreparePlan, Scored
from ..verbs.listen_bundles import BundlesPlan, check_bundles, list_stages, prepare_bundles
from ..verbs.studio import open_studio
from ..wording import plural
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import quote, shorten, table
from .trash import tell_deletion

if TYPE_CHECKING:
    from ..verbs.listen import PreparedTest
    from ..verbs.studio import Studio

app = App(
    name="listen",
    help="Blind listening tests: prepare, hear, hand out, score and delete them.",
)

Key = Annotated[str | None, Parameter(name="TEST", help="Id of a test, or its beginning; the newest when absent.")]


@app.command
@options(ListeningPlan, renamed={"form": "--format"})
def prepare(
    twin: Annotated[
        str | None, Parameter(help="The twin's sounds: a folder, or ids of takes with commas; or a finished evaluation.")
    ] = None,
    other: Annotated[str | None, Parameter(help="What it is held against: the base's sounds, or recordings.")] = None,
    *,
    bundles: Annotated[
        tuple[str, str] | None,
        Parameter(help="Two variants or exported folders that play the same prompts and seeds, instead."),
    ] = None,
    plan: ListeningPlan,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Match sounds in pairs, bring them to one loudness and length, draw order and sides, and keep the key in the studio."""
    with open_studio(console.settings) as studio:
        work = _prepare_bundles if bundles is not None else _prepare_sounds
        done = work(_name_sides(twin, other, bundles), plan, dry_run, studio, console)
    if done is None:
        return
    test = done.test
    checks = len(test.trials) - len(test.items)
    trials = f"{len(test.trials)}: {plural(len(test.items), 'pair')}, and {checks} hidden to check the listener"
    rows: list[tuple[str, object]] = [("test", test.id), ("question", WORDING[plan.question]), ("trials", trials)]
    rows += [("loudness", f"{test.lufs:.1f} LUFS"), ("key", done.key)]
    data = {"test": test.id, "question": plan.question, "trials": len(test.trials), "pairs": len(test.items), "lufs": test.lufs}
    console.result("listening", data | {"folder": done.folder, "left_out": done.left_out}, lambda: table(rows))
    console.say(f"for other listeners: twin listen page {test.id} -o listening.html")
    console.next(f"twin listen run {quote(test.id)}")


def _name_sides(twin: str | None, other: str | None, bundles: tuple[str, str] | None) -> tuple[str, str | None]:
    """The two sides of a test. Raises `BadInput` where none is named, and where sounds and bundles are."""
    if bundles is not None and twin is None:
        return bundles
    if bundles is not None:
        raise BadInput("--bundles plays both sides, and sounds are named too", remedy="leave one of them out")
    if twin is None:
        raise BadInput("no sounds are named", remedy="give two folders or ids of takes, or --bundles A B")
    return twin, other


def _prepare_sounds(
    sides: tuple[str, str | None], plan: ListeningPlan, dry_run: bool, studio: Studio, console: Console
) -> PreparedTest | None:
    """A test of sounds that are there; None where it is only told."""
    asked = PreparePlan(twin=sides[0], other=sides[1], test=plan)
    if dry_run:
        _plan_text(console.follow(verbs.plan_prepare(asked, studio)), plan, console)
        return None
    return console.follow(verbs.prepare(asked, studio))


def _prepare_bundles(
    sides: tuple[str, str | None], plan: ListeningPlan, dry_run: bool, studio: Studio, console: Console
) -> PreparedTest | None:
    """A test of what two bundles play; None where it is only told."""
    asked = BundlesPlan(bundles=(sides[0], str(sides[1])), test=plan)
    check_bundles(asked, studio)
    if dry_run:
        stages = list(list_stages(asked, sides[0]))
        told = [{"caption": one.prompt.caption, "seed": one.play.seed, "seconds": one.seconds} for one in stages]
        lines = [(one.play.seed, f"{one.seconds:g} s", one.prompt.caption) for one in stages]
        data = {"bundles": asked.bundles, "takes": told, "dry_run": True}
        console.result("plan", data, lambda: table(lines, ("seed", "length", "both would play")))
        return None
    return console.follow(prepare_bundles(asked, studio))


@app.command
def run(
    key: Key = None,
    /,
    *,
    listener: Annotated[str, Parameter(help="Whose answers they are; each listener goes on where they stopped.")] = "studio",
    player: Annotated[str | None, Parameter(help="Command that plays a file, or none: only tell the paths.")] = None,
    console: Console,
) -> None:
    """Hear a test in the terminal and answer it; every answer is kept at once, and the next run goes on."""
    with open_studio(console.settings) as studio:
        plan = verbs.RunPlan(test=key, listener=listener, player=player)
        done = console.follow(verbs.run(plan, studio, sys.stdin.readline))
    test = done.test
    data = {"test": test.id, "listener": listener, "answered": done.answered, "left": done.left}
    console.result("listened", data, f"{done.answered} of {len(test.trials)} trials answered")
    again = f"twin listen run {quote(test.id)} --listener {quote(listener)}"
    console.next(again if done.left else f"twin listen score {quote(test.id)}")


@app.command
def page(
    key: Key = None,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="A page (.html) with the sounds in it, or a folder with a page and sounds.")],
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Write a test as a page for browsers, without the key: it works without a server and hands answers back as a file."""
    plan = verbs.PagePlan(test=key, out=out, overwrite=True)
    with open_studio(console.settings) as studio:
        done = verbs.plan_page(plan, studio)
        check_replacing(done.files, console, force=force, dry_run=dry_run)
        if not dry_run:
            done = console.follow(verbs.page(plan, studio))
    console.result("page", {"test": done.test.id, "files": done.files, "dry_run": dry_run}, str(done.files[0]))
    console.say(f"what listeners hand back: twin listen score {done.test.id} --answers FILE")
    console.next(f"twin listen run {quote(done.test.id)}")


@app.command
def score(
    key: Key = None,
    /,
    *,
    answers: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, help="Files that listeners handed back.")] = (),
    console: Console,
) -> None:
    """Say what the answers prove: exact tests and bounds, listeners left out by the rules, repeats, and what to beware of."""
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.score(verbs.ScorePlan(test=key, answers=answers), studio))
    data = asdict(done.score) | {"test": done.test.id, "verdicts": done.verdicts, "warnings": done.warnings}
    console.result("score", data, lambda: _figures(done))
    complete = done.score.complete
    console.next(f"twin listen page {quote(done.test.id)} -o listening.html" if not complete else "twin listen prepare --help")


@app.command
def delete(
    key: Annotated[str, Parameter(name="TEST", help="Id of a test, or its beginning.")],
    /,
    *,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Move a test with its sounds, its key and the answers given in the terminal into the trash."""
    with open_studio(console.settings) as studio:
        test = verbs.plan_delete_test(key, studio)
        entry = None if dry_run else verbs.delete_test(test.id, studio)
    tell_deletion("deleted-test", {"test": test.id}, f"test {test.id}, {plural(len(test.trials), 'trial')}", entry, console)


def _plan_text(planned: PlannedTest, plan: ListeningPlan, console: Console) -> None:
    """Say what would be prepared, and how many answers prove what."""
    found = planned.matched
    data = {"test": found.id, "pairs": [(one.path, two.path) for one, two in found.pairs], "power": planned.needs}
    console.result("plan", data | {"left_out": found.left_out}, lambda: _pairs(planned, plan))


def _pairs(planned: PlannedTest, plan: ListeningPlan) -> str:
    pairs = [
        (shorten(one.title, 32), shorten(two.title, 32), one.style or "-", f"{one.bpm:g}") for one, two in planned.matched.pairs
    ]
    needs = [(need.truth, need.power, need.to_tell or "-", need.to_pass or "-") for need in planned.needs]
    head = ("truly right", "power", "to show they can tell", f"to show they are right below {plan.margin:.0%}")
    asked = f"{plural(plan.trials, 'pair')}, heard by {plan.listeners}: answers {plan.trials * plan.listeners}. Answers needed:"
    return "\n".join([table(pairs, ("twin", "other", "style", "bpm")), "", asked, "", table(needs, head)])


def _figures(done: Scored) -> str:
    """A score on one screen."""
    what = "with the twin" if done.score.question == "preference" else "right"
    people = [
        (one.name, f"{one.answered} answered", f"{one.right} of {one.of} {what}", one.left_out or "counts")
        for one in done.score.listeners
    ]
    return "\n".join([*done.verdicts, "", table(done.figures), "", table(people)])
