"""`twin pairs`: pairs of takes of which one is better: made, collected, searched, counted, exported and imported."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter, validators

from ..errors import BadInput
from ..library import VerdictFilter
from ..verbs import pairs as verb
from ..verbs import undecided as queue
from ..verbs.pairs import ExportPairsPlan, ImportPairsPlan, MakePairsPlan, PairQuery
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import duration, quote, shorten, table

app = App(name="pairs", help="Pairs of takes of which one is better: make, collect, search, count, export and import them.")

Set = Annotated[str | None, Parameter(name="SET", help="Id of a set, or its beginning; the one added to last when absent.")]
Most = Annotated[int, Parameter(name="--limit", help="At most so many.", validator=validators.Number(gte=1))]
SHOWN = 20
"""Prompts that a dry run shows, and pairs that a list does."""


@app.command
@options(MakePairsPlan, renamed={"adapters": "--adapter", "styles": "--style", "scorers": "--scorer"})
def make(plan: MakePairsPlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> None:
    """Make and score takes of prompts that fill the gaps in what was asked for, and pair the best with the worst of each.

    The same command goes on where it was stopped or killed.
    """
    if detach and not dry_run:
        hand_over("pairs", console, **plan.model_dump(exclude_unset=True))
        return
    with open_studio(console.settings) as studio:
        if dry_run:
            prompts = verb.plan_pairs(plan, studio)
            shown = [(one.prompt.caption, f"{one.prompt.metas.bpm:g}", one.prompt.metas.key) for one in prompts[:SHOWN]]
            sound = plan.n * plan.takes * plan.seconds
            data = {"prompts": [one.prompt for one in prompts], "takes": plan.n * plan.takes, "seconds": sound}
            console.result("plan", data, lambda: table(shown, ("caption", "bpm", "key")))
            console.say(f"{plural(plan.n, 'prompt')}, {plural(plan.n * plan.takes, 'take')}, {duration(sound)} of music")
            return
        done = console.follow(verb.make_pairs(plan, studio))
    rows = [("set", done.set.id), ("prompts", f"{done.prompts} of {done.of}"), ("pairs", str(done.pairs))]
    data = {"set": done.set.id, "prompts": done.prompts, "of": done.of, "pairs": done.pairs}
    console.result("pairs-made", data, lambda: table(rows))
    console.next(f"twin pairs search {quote(done.set.id)}")


@app.command
@options(VerdictFilter)
def collect(
    plan: VerdictFilter,
    *,
    repairs: Annotated[bool, Parameter(negative="", help="Of repaired takes and those they were made from instead.")] = False,
    console: Console,
) -> None:
    """Make a set of what listeners said: preferences, and ratings by one listener of takes of one prompt."""
    if repairs and plan != VerdictFilter():
        raise BadInput("repairs are no verdicts: --repairs collects all of them", remedy="leave out the other options")
    with open_studio(console.settings) as studio:
        found, count, read = verb.collect_repairs(studio) if repairs else verb.collect_pairs(studio, plan)
    what = "repair" if repairs else "verdict"
    data = {"set": found.id, "pairs": count, f"{what}s": read}
    console.result("pairs-collected", data, f"set {found.id}: {plural(count, 'pair')} of {plural(read, what)}")
    console.next(f"twin pairs search {quote(found.id)}")


@app.command(name="list")
def list_sets(*, console: Console) -> None:
    """List the sets of pairs."""
    with open_studio(console.settings) as studio:
        told = verb.list_sets(studio)
    for name, why in told.damaged.items():
        console.warn(f"set {name} is passed over: {why}")
    rows = [(one.set.id, one.set.plan.get("made", "-"), one.counts.pairs, one.counts.held_out) for one in told.sets]
    data = [dict(zip(("set", "made", "pairs", "holdout"), row, strict=True)) for row in rows]
    console.result("pair-sets", data, lambda: table(rows, ("set", "made of", "pairs", "held out")))
    if not told.sets:
        console.next("twin pairs make --help")


@app.command
@options(PairQuery)
def search(key: Set = None, *, plan: PairQuery, console: Console) -> None:
    """Search a set: by words of the caption, side, source, judge, margin or take."""
    with open_studio(console.settings) as studio:
        found, pairs = verb.search_pairs(key, plan, studio)
    rows = [
        (
            pair.chosen.take or shorten(pair.chosen.file or "", 24),
            pair.rejected.take or shorten(pair.rejected.file or "", 24),
            "-" if pair.margin is None else f"{pair.margin:.2f}",
            f"{pair.source} {pair.judge}".rstrip(),
            pair.split,
            shorten(pair.prompt.caption, 48),
        )
        for pair in pairs
    ]
    data = {"set": found.id, "pairs": [pair.model_dump(mode="json") | {"id": pair.id, "split": pair.split} for pair in pairs]}
    console.result("pairs", data, lambda: table(rows, ("chosen", "rejected", "margin", "by", "side", "caption")))
    if pairs and pairs[0].chosen.take:
        console.next(f"twin takes play {quote(pairs[0].chosen.take)}")


@app.command(name="undecided")
def list_undecided(key: Set = None, /, *, limit: Most = SHOWN, console: Console) -> None:
    """List pairs that scorers do not decide: they contradict each other, or see hardly a difference. One of each prompt."""
    with open_studio(console.settings) as studio:
        found = queue.find_queue(key, studio)
    shown = found.pairs[:limit]
    rows = [(*one.takes, one.why, f"{one.margin:.2f}", shorten(one.prompt.caption, 48)) for one in shown]
    data = {"set": found.set.id, "decided": found.decided, "left": len(found.pairs), "pairs": shown}
    console.result("undecided", data, lambda: table(rows, ("a", "b", "why", "margin", "caption")))
    console.say(f"{plural_are(len(found.pairs), 'pair')} undecided; decided by people: {found.decided}")
    if shown:
        console.next(f"twin prefer {quote(shown[0].takes[0])} {quote(shown[0].takes[1])}")


@app.command
def coverage(key: Set = None, /, *, console: Console) -> None:
    """Say how often the prompts of a set ask for each style, tempo, key, instrument and mood."""
    with open_studio(console.settings) as studio:
        found, counted = verb.count_coverage(key, studio)
    rows = counted.rows()
    data = {"set": found.id, "rows": [dict(zip(("facet", "what", "prompts"), row, strict=True)) for row in rows]}
    console.result("coverage", data, lambda: table(rows, ("facet", "what", "prompts")))


@app.command
def compare(
    first: Annotated[str, Parameter(name="FIRST", help="Id of a set, or its beginning.")],
    second: Annotated[str, Parameter(name="SECOND", help="A set of the same prompts and seeds, played with another adapter.")],
    /,
    *,
    taught: Annotated[str | None, Parameter(help="The set that was learned from; its prompts are left out.")] = None,
    console: Console,
) -> None:
    """Say how often the takes of the second set are better than the first's, by each scorer, with intervals."""
    with open_studio(console.settings) as studio:
        found = verb.compare_sets(first, second, () if taught is None else (taught,), studio)
    rows = [
        (
            f"{one.scorer}{' (learned from)' if one.learned else ''}",
            f"{one.wins.value:.0%} ({one.wins.low:.0%}-{one.wins.high:.0%})",
            f"{one.difference.value:+.3g} ({one.difference.low:+.3g} to {one.difference.high:+.3g})",
            f"{one.spread[0]:.3g} -> {one.spread[1]:.3g}",
        )
        for one in found.scorers
    ]
    console.result("comparison", found, lambda: table(rows, ("scorer", "second wins", "difference", "spread in a prompt")))
    watched = {"loudness": "loudness, LU", "seconds": "length, s", "defects": "defects a take", "diversity": "diversity (Vendi)"}
    for name, moved in found.controls.items():
        console.say(f"{watched[name]}: {moved.value:+.3g} ({moved.low:+.3g} to {moved.high:+.3g})")
    for alarm in found.alarms:
        console.say(f"ALARM: {alarm}")
    left = f"; {found.left_out} more were learned from" if found.left_out else ""
    console.say(f"{plural(found.prompts, 'prompt')}, {plural(found.takes, 'take')} on each side{left}")


@app.command(name="export")
@options(ExportPairsPlan, renamed={"form": "--format", "out": ("--out", "-o")})
def export_pairs(plan: ExportPairsPlan, *, force: Force = False, dry_run: DryRun = False, console: Console) -> None:
    """Write a set as rows, of this program's, audio-alpaca's or TangoFlux's form, with the sounds beside them."""
    plan = plan.model_copy(update={"overwrite": True})
    with open_studio(console.settings) as studio:
        files = verb.plan_export_pairs(plan, studio)
        check_replacing(files[:1], console, force=force, dry_run=dry_run)
        count = None if dry_run else console.follow(verb.export_pairs(plan, studio))[1]
    data = {"file": files[0], "sounds": files[1], "rows": count, "dry_run": dry_run}
    console.result("pairs-export", data, str(files[0]))


@app.command(name="import")
@options(ImportPairsPlan, positional=("file",), renamed={"form": "--format"})
def import_pairs(plan: ImportPairsPlan, *, console: Console) -> None:
    """Read rows of this program's, audio-alpaca's or TangoFlux's form into a set of their own."""
    with open_studio(console.settings) as studio:
        found, count = console.follow(verb.import_pairs(plan, studio))
    console.result("pairs-import", {"set": found.id, "new": count}, f"set {found.id}: {plural(count, 'new pair')}")
    console.next(f"twin pairs search {quote(found.id)}")
