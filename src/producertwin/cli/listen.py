"""`twin listen`: blind listening tests: prepare, hear, hand out and score them."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..evaluation.listening.plan import WORDING, ListeningPlan
from ..library import open_studio
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import clipped, table

if TYPE_CHECKING:
    from ..evaluation.listening.prepare import Matched
    from ..evaluation.listening.score import Score
    from ..evaluation.listening.sources import Sound
    from ..evaluation.listening.statistics import Need

app = App(
    name="listen",
    help="Blind listening tests: prepare, hear, hand out and score them.",
    help_epilogue="Begin with: twin listen prepare runs/proof --question abx --trials 12",
)

Key = Annotated[str | None, Parameter(name="TEST", help="Id of a test, or its beginning; the newest when absent.")]


@app.command
@options(ListeningPlan, renamed={"form": "--format"})
def prepare(
    twin: Annotated[str, Parameter(help="The twin's sounds: a folder, or ids of takes with commas; or a finished evaluation.")],
    other: Annotated[str | None, Parameter(help="What it is held against: the base's sounds, or recordings.")] = None,
    *,
    stage: ListeningPlan,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Match sounds in pairs, bring them to one loudness and length, draw order and sides, and keep the key in the studio."""
    from ..evaluation.listening import prepare as making
    from ..evaluation.listening import shelf, statistics

    sides = _sounds(twin, other, stage, talk)
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="twin-") as room:
            found = talk.follow(making.match(stage, *sides, making.Cuts(Path(room))))
        _left_out(found.left_out, talk)
        needs = statistics.table(stage.margin)
        told = {"test": found.id, "pairs": [(one.path, two.path) for one, two in found.pairs], "power": needs}
        talk.result("plan", told | {"left_out": found.left_out}, lambda: _plan(found, stage, needs))
        return
    done = talk.follow(making.prepare(stage, *sides, talk.settings.studio, created=datetime.now(UTC)))
    _left_out(done.left_out, talk)
    test = done.test
    if test.lufs < stage.lufs:
        talk.warn(f"all sounds are at {test.lufs:.1f} LUFS: at {stage.lufs:g} one of them would clip")
    rows = [("test", test.id), ("question", WORDING[stage.question]), ("trials", len(test.trials)), ("pairs", len(test.items))]
    rows += [("loudness", f"{test.lufs:.1f} LUFS"), ("key", done.folder / shelf.KEY)]
    data = {"test": test.id, "question": stage.question, "trials": len(test.trials), "pairs": len(test.items), "lufs": test.lufs}
    talk.result("listening", data | {"folder": done.folder, "left_out": done.left_out}, lambda: table(rows))
    talk.next(f"twin listen run {test.id}, or for others: twin listen page {test.id} -o listening.html")


@app.command
def run(
    key: Key = None,
    /,
    *,
    listener: Annotated[str, Parameter(help="Whose answers they are; each listener goes on where they stopped.")] = "studio",
    player: Annotated[str | None, Parameter(help="Command that plays a file, or none: only tell the paths.")] = None,
    talk: Talk,
) -> None:
    """Hear a test in the terminal and answer it; every answer is kept at once, and the next run goes on."""
    from ..evaluation.listening import answers, players, shelf
    from ..evaluation.listening.session import Session

    answers.listener(listener)
    test = shelf.find(key, talk.settings.studio)
    path, program = shelf.answers_of(test, talk.settings.studio), players.find(player)
    before = answers.read(path, test) if path.exists() else None
    for warning in before.warnings if before else ():
        talk.warn(warning)
    known = {one.trial for one in before.answers if one.listener == listener} if before else set()
    left = [trial for trial in test.trials if trial.id not in known]
    if program is None and left:
        talk.say("no player is used: open the files yourself")
    with tempfile.TemporaryDirectory(prefix="twin-") as room:
        session = Session(test, listener, talk.settings.studio, program, Path(room), talk.say, sys.stdin.readline)
        given = session.hear(left)
    told = {"test": test.id, "listener": listener, "answered": len(known) + given, "left": len(left) - given}
    talk.result("listened", told, f"{told['answered']} of {len(test.trials)} trials answered")
    talk.next(f"twin listen run {test.id} --listener {shlex.quote(listener)}" if told["left"] else f"twin listen score {test.id}")


@app.command
def page(
    key: Key = None,
    /,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="A page (.html) with the sounds in it, or a folder with a page and sounds.")],
    overwrite: Annotated[bool, Parameter(help="Replace what is in the way.")] = False,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Write a test as a page for browsers, without the key: it works without a server and hands answers back as a file."""
    from ..evaluation.listening import page as pages
    from ..evaluation.listening import shelf

    test = shelf.find(key, talk.settings.studio)
    if dry_run:
        written = pages.places(test, out)
    else:
        written = talk.follow(pages.export(test, talk.settings.studio, out, overwrite=overwrite))
    talk.result("page", {"test": test.id, "files": written, "dry_run": dry_run}, str(written[0]))
    talk.next(f"twin listen score {test.id} --answers answers-{test.id}-NAME.jsonl")


@app.command
def score(
    key: Key = None,
    /,
    *,
    answers: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, help="Files that listeners handed back.")] = (),
    talk: Talk,
) -> None:
    """Say what the answers prove: exact tests and bounds, listeners left out by the rules, repeats, and what to beware of."""
    from ..evaluation.listening import score as scoring
    from ..evaluation.listening import shelf, verdicts
    from ..evaluation.listening.answers import read

    test = shelf.find(key, talk.settings.studio)
    own = shelf.answers_of(test, talk.settings.studio)
    found = [read(path, test) for path in ([own] if own.exists() else []) + list(answers)]
    done = scoring.score(test, [answer for one in found for answer in one.answers])
    beware = [line for one in found for line in one.warnings] + verdicts.warnings(done)
    said = verdicts.verdicts(done)
    for line in beware:
        talk.warn(line)
    talk.result("score", asdict(done) | {"test": test.id, "verdicts": said, "warnings": beware}, lambda: _figures(done, said))
    talk.next(f"twin listen page {test.id} -o listening.html" if not done.complete else "twin listen prepare --help")


def _sounds(twin: str, other: str | None, plan: ListeningPlan, talk: Talk) -> tuple[tuple[Sound, ...], tuple[Sound, ...]]:
    """The two sides of a test, from what was named."""
    from ..evaluation.listening import sources

    if other is None:
        first, second = sources.of_evaluation(Path(twin), plan.question)
        return sources.in_folder(first), sources.in_folder(second)
    return _side(twin, talk), _side(other, talk)


def _side(named: str, talk: Talk) -> tuple[Sound, ...]:
    from ..evaluation.listening import sources

    if Path(named).is_dir() or "/" in named:
        return sources.in_folder(Path(named))
    with open_studio(talk.settings) as library:
        return sources.of_takes([key for key in named.split(",") if key.strip()], library)


def _left_out(left_out: dict[str, str], talk: Talk) -> None:
    for path, why in left_out.items():
        talk.warn(f"left out: {path}: {why}")


def _plan(found: Matched, plan: ListeningPlan, needed: Sequence[Need]) -> str:
    """What would be prepared, and how many answers prove what."""
    pairs = [(clipped(one.title, 32), clipped(two.title, 32), one.style or "-", f"{one.bpm:g}") for one, two in found.pairs]
    needs = [(need.truth, need.power, need.to_tell or "-", need.to_pass or "-") for need in needed]
    head = ("truly right", "power", "to show they can tell", f"to show they are right below {plan.margin:.0%}")
    asked = f"{plan.trials} pairs, heard by {plan.listeners}: {plan.trials * plan.listeners} answers. Answers needed:"
    return "\n".join([table(pairs, ("twin", "other", "style", "bpm")), "", asked, "", table(needs, head)])


def _figures(done: Score, said: Sequence[str]) -> str:
    """A score on one screen."""
    from ..evaluation.listening.verdicts import p_value, share

    what = "with the twin" if done.question == "preference" else "right"
    rows = [("listeners", f"{len(done.counting)} of {len(done.listeners)} count"), (what, share(done.right))]
    rows += [("worth", f"{done.worth:.0f} independent answers"), ("better than guessing", p_value(done.better))]
    rows += [("other than guessing", p_value(done.other)), ("upper bound", f"{done.upper:.1%}")]
    rows += [("repeats agree", share(done.agreement)), ("same sound twice", share(done.identical)), ("A", share(done.side_a))]
    rows += [(f"style {style}", share(counted)) for style, counted in done.styles.items()]
    people = [
        (one.name, f"{one.answered} answered", f"{one.right} of {one.of} {what}", one.left_out or "counts")
        for one in done.listeners
    ]
    return "\n".join([*said, "", table(rows), "", table(people)])
