"""`twin listen`: prepare, hear, write as a page, score and delete blind listening tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..listening.plan import WORDING, ListeningPlan
from ..progress import Steps, note, warning
from ..recipe import Record
from ..wording import plural, plural_are
from .rate import keep_preferences
from .sounds import find_sound
from .studio import Studio

if TYPE_CHECKING:
    from ..library.trash import TrashEntry
    from ..listening.prepare import Matched
    from ..listening.prepare import PreparedTest as PreparedTest
    from ..listening.score import ListeningScore
    from ..listening.sources import ListeningSound
    from ..listening.statistics import Need
    from ..listening.trials import BlindTest

__all__ = [
    "WORDING",
    "Listened",
    "ListeningPlan",
    "PagePlan",
    "PlannedTest",
    "PreparePlan",
    "RunPlan",
    "ScorePlan",
    "Scored",
    "WrittenPage",
    "check_prepare",
    "delete_test",
    "page",
    "plan_delete_test",
    "plan_page",
    "plan_prepare",
    "prepare",
    "run",
    "score",
]


class PreparePlan(Record):
    """Which sounds are held against each other, and how."""

    twin: str
    """The twin's sounds: a folder, or ids of takes with commas; or the folder of a finished evaluation."""
    other: str | None = None
    """What it is held against: the base's sounds, or recordings; the evaluation's own when absent."""
    test: ListeningPlan = ListeningPlan()
    """The blind test."""


class RunPlan(Record):
    """Which test is heard, by whom, and with what."""

    test: str | None = None
    """Id of a test, or its beginning; the newest when absent."""
    listener: str = "studio"
    """Whose answers they are; each listener goes on where they stopped."""
    player: str | None = None
    """Command that plays a file, or `none`; one that is installed when absent."""


class PagePlan(Record):
    """Which test is written as a page, and where."""

    test: str | None = None
    """Id of a test, or its beginning; the newest when absent."""
    out: Path
    """A page (.html) with the sounds in it, or a folder with a page and sounds."""
    overwrite: bool = False
    """Replace what is in the way."""


class ScorePlan(Record):
    """Which test is scored, with whose answers."""

    test: str | None = None
    """Id of a test, or its beginning; the newest when absent."""
    answers: tuple[Path, ...] = ()
    """Files that listeners handed back; the answers given in the terminal count too."""


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """What would be prepared, and how many answers prove what."""

    matched: Matched
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Listened:
    """How far a listener has come."""

    test: BlindTest
    answered: int
    left: int


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A test as a page."""

    test: BlindTest
    files: tuple[Path, ...]
    """The page, and sounds beside it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the answers of a test prove."""

    test: BlindTest
    score: ListeningScore
    verdicts: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    """Name and figure, as people read them."""
    warnings: tuple[str, ...]
    """What a reader of the figures has to know."""


def prepare(plan: PreparePlan, studio: Studio) -> Steps[PreparedTest]:
    """Match sounds in pairs, bring them to one loudness and length, draw order and sides, and keep the key in the studio.

    Warns of sounds that are left out. Raises as `listening.prepare` does.
    """
    from ..listening import prepare as preparing

    sides = yield from _find_sounds(plan, studio)
    done = yield from preparing.prepare(plan.test, *sides, studio.settings.studio, created=datetime.now(UTC))
    yield from _warn_of(done.left_out)
    if done.test.lufs < plan.test.lufs:
        yield warning(f"all sounds are at {done.test.lufs:.1f} LUFS: at {plan.test.lufs:g} one of them would clip")
    return done


def check_prepare(wanted: PreparePlan, studio: Studio) -> None:
    """See that takes that are named are there, and enough of them; nothing is decoded. Raises `NotFound` and `BadInput`."""
    if wanted.other is None:
        return
    for named in (wanted.twin, wanted.other):
        if Path(named).is_dir() or "/" in named:
            continue
        keys = [studio.library.takes.get(key).id for key in named.split(",") if key.strip()]
        if len(set(keys)) < wanted.test.trials:
            message = f"{plural(len(set(keys)), 'take')}, and {plural_are(wanted.test.trials, 'pair')} asked for"
            raise BadInput(message, remedy="name more takes, or ask for fewer pairs", faults=(f"test.trials: {message}",))


def plan_prepare(plan: PreparePlan, studio: Studio) -> Steps[PlannedTest]:
    """Match the sounds and tell the pairs, and how many answers are needed; no test is kept. Raises as `prepare` does."""
    from ..listening import prepare as preparing
    from ..listening import statistics

    sides = yield from _find_sounds(plan, studio)
    with tempfile.TemporaryDirectory(prefix="twin-") as room:
        found = yield from preparing.match(plan.test, *sides, preparing.Cuts(Path(room)))
    yield from _warn_of(found.left_out)
    return PlannedTest(found, tuple(statistics.table(plan.test.margin)))


def run(plan: RunPlan, studio: Studio, typed: Callable[[], str]) -> Steps[Listened]:
    """Let a listener hear a test and keep every answer at once; the next run goes on where this one stops.

    Questions are notes; `typed` returns the next line that the listener types, empty at the end. Raises as
    `listening` does for a test, a listener or a player that is none.
    """
    from ..listening import answers, players, store
    from ..listening.session import Session

    answers.check_listener(plan.listener)
    home = studio.settings.studio
    test = store.find(plan.test, home)
    path, program = store.answers_of(test, home), players.find(plan.player)
    before = answers.read(path, test) if path.exists() else None
    for line in before.warnings if before else ():
        yield warning(line)
    known = {one.trial for one in before.answers if one.listener == plan.listener} if before else set()
    left = [trial for trial in test.trials if trial.id not in known]
    if program is None and left:
        yield note("no player is used: open the files yourself")
    with tempfile.TemporaryDirectory(prefix="twin-") as room:
        given = yield from Session(test, plan.listener, home, program, Path(room), typed).run(left)
    if path.exists():
        keep_preferences(test, answers.read(path, test).answers, studio)
    return Listened(test, len(known) + given, len(left) - given)


def page(plan: PagePlan, studio: Studio) -> Steps[WrittenPage]:
    """Write a test as a page for browsers, without the key. Raises as `listening.page.export` does."""
    from ..listening import page as pages
    from ..listening import store

    home = studio.settings.studio
    test = store.find(plan.test, home)
    written = yield from pages.export(test, home, plan.out, overwrite=plan.overwrite)
    return WrittenPage(test, tuple(written))


def plan_page(plan: PagePlan, studio: Studio) -> WrittenPage:
    """The files that `page` would write. Raises `NotFound` for a test that is not there."""
    from ..listening import page as pages
    from ..listening import store

    test = store.find(plan.test, studio.settings.studio)
    return WrittenPage(test, tuple(pages.places(test, plan.out)))


def delete_test(key: str, studio: Studio) -> TrashEntry:
    """Move the test `key` with its sounds, its key and its answers into the trash. Raises as `plan_delete_test` does."""
    from ..listening import store

    return store.remove(plan_delete_test(key, studio), studio.settings.studio, datetime.now(UTC))


def plan_delete_test(key: str, studio: Studio) -> BlindTest:
    """The test that `delete_test` would move. Raises `NotFound`, or `BadInput` when several begin so."""
    from ..listening import store

    return store.find(key, studio.settings.studio)


def score(plan: ScorePlan, studio: Studio) -> Steps[Scored]:
    """Say what the answers prove: exact tests and bounds, listeners left out by the rules, repeats. Warns of what to beware of.

    Answers that were handed back are kept as preferences, where takes were heard. Raises as `listening.answers.read` and
    `score` do.
    """
    from ..listening import answers, store, verdicts
    from ..listening import score as scoring

    test = store.find(plan.test, studio.settings.studio)
    own = store.answers_of(test, studio.settings.studio)
    found = [answers.read(path, test) for path in ([own] if own.exists() else []) + list(plan.answers)]
    done = scoring.score(test, [answer for one in found for answer in one.answers])
    for one in found[len(found) - len(plan.answers) :]:
        keep_preferences(test, one.answers, studio)
    beware = [line for one in found for line in one.warnings] + verdicts.warnings(done)
    for line in beware:
        yield warning(line)
    return Scored(test, done, tuple(verdicts.verdicts(done)), tuple(verdicts.figures(done)), tuple(beware))


def _warn_of(left_out: dict[str, str]) -> Steps[None]:
    for path, why in left_out.items():
        yield warning(f"left out: {path}: {why}")


def _find_sounds(plan: PreparePlan, studio: Studio) -> Steps[tuple[tuple[ListeningSound, ...], tuple[ListeningSound, ...]]]:
    """The two sides of a test, from what was named."""
    from ..listening import sources

    if plan.other is None:
        first, second = sources.of_evaluation(Path(plan.twin), plan.test.question)
        return sources.in_folder(first), sources.in_folder(second)
    return (yield from _find_side(plan.twin, studio)), (yield from _find_side(plan.other, studio))


def _find_side(named: str, studio: Studio) -> Steps[tuple[ListeningSound, ...]]:
    """One side; takes of latents alone are decoded first. Raises as `find_sound` does."""
    from ..listening import sources

    if Path(named).is_dir() or "/" in named:
        return sources.in_folder(Path(named))
    keys = [key for key in named.split(",") if key.strip()]
    for take in [studio.library.takes.get(key) for key in keys]:
        yield from find_sound(take, studio)
    return sources.of_takes(keys, studio.library)
