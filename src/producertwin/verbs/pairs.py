"""`twin pairs`: pairs out of verdicts, found, counted, imported and exported; `pairs_make` makes candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound
from ..library import VerdictFilter
from ..preferences.formats import Form
from ..preferences.store import PairQuery
from ..progress import Steps, note
from ..recipe import Record
from ..wording import plural
from .pair_repairs import pair_repair
from .pairs_make import MadePairs, MakePairsPlan, find_takes, make_pairs, plan_pairs, weights_of
from .repaired import list_repairs
from .studio import Studio

if TYPE_CHECKING:
    from ..preferences.comparison import Comparison
    from ..preferences.counts import PairCounts
    from ..preferences.pair import Pair, Side
    from ..preferences.prompts import Coverage
    from ..preferences.store import PairSet

__all__ = [
    "ExportPairsPlan",
    "ImportPairsPlan",
    "MadePairs",
    "MakePairsPlan",
    "PairQuery",
    "SetList",
    "SetSummary",
    "collect_pairs",
    "collect_repairs",
    "compare_sets",
    "count_coverage",
    "export_pairs",
    "import_pairs",
    "list_sets",
    "make_pairs",
    "plan_export_pairs",
    "plan_pairs",
    "search_pairs",
]


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A set of pairs, and how many it holds."""

    set: PairSet
    counts: PairCounts


@dataclass(frozen=True, slots=True)
class SetList:
    """The sets of pairs of a studio."""

    sets: tuple[SetSummary, ...]
    damaged: dict[str, str]
    """Id of a set that cannot be read, and why."""


class ExportPairsPlan(Record):
    """Which pairs are written, in which form, and where."""

    pairs: str | None = None
    """Id of the set, or its beginning; the one that was added to last when absent."""
    out: Path
    """A file of rows: .jsonl, or .json for one list. The sounds go into a folder beside it."""
    form: Form = "producertwin"
    """producertwin (everything), audio-alpaca or tangoflux."""
    query: PairQuery = PairQuery()
    """Which pairs of the set."""
    overwrite: bool = False
    """Replace what is in the way."""


class ImportPairsPlan(Record):
    """Which rows are read, and under which licence."""

    file: Path
    """A file of rows: .jsonl, or .json with one list."""
    form: Form = "producertwin"
    """producertwin, audio-alpaca or tangoflux."""
    licence: str | None = None
    """Under which the sounds may be used."""


def collect_pairs(studio: Studio, query: VerdictFilter = VerdictFilter()) -> tuple[PairSet, int, int]:
    """Make a set of the verdicts that stand and that `query` admits; the same question again brings it up to date.

    Returns the set, its pairs, and how many verdicts were read. Preferences are pairs as they were given, and so are ratings by
    one listener of takes of one prompt. Raises `BadInput` where nothing makes a pair.
    """
    from ..preferences import collect, store
    from ..preferences.counts import count_pairs

    verdicts = studio.library.verdicts.list(query)
    pairs = collect.collect(verdicts, find_takes(studio))
    if not pairs:
        read = f"{plural(len(verdicts), 'verdict')} make{'s' if len(verdicts) == 1 else ''} no pair"
        message = f"{read}: a pair needs a preference, or two ratings, of takes of one prompt"
        raise BadInput(message, remedy="make several takes of a prompt (--batch 4), and say which is better: twin prefer A B")
    found = store.open_set(studio.settings.studio, {"made": "verdicts"} | query.model_dump(mode="json", exclude_none=True))
    store.replace(found, pairs)
    count_pairs(found)
    return found, len(pairs), len(verdicts)


def collect_repairs(studio: Studio) -> tuple[PairSet, int, int]:
    """Make a set of all repairs of takes that were kept: the repaired take is better than the one that was repaired.

    Returns the set, its pairs, and how many repairs were read; the same again brings it up to date. Raises `BadInput` where
    nothing makes a pair.
    """
    from ..preferences import store
    from ..preferences.counts import count_pairs

    repairs, find = list_repairs(studio), find_takes(studio)
    pairs = [pair for one in repairs for pair in pair_repair(one, find)]
    if not pairs:
        read = f"{plural(len(repairs), 'repair')} make{'s' if len(repairs) == 1 else ''} no pair"
        message = f"{read}: a pair needs a repaired take, and the take that it was made from"
        raise BadInput(message, remedy="repair takes: twin repair TAKE; or make pairs of repairs: twin pairs make --vary repair")
    found = store.open_set(studio.settings.studio, {"made": "repairs"})
    store.replace(found, pairs)
    count_pairs(found)
    return found, len(pairs), len(repairs)


def list_sets(studio: Studio) -> SetList:
    """Every set of pairs, by id; one that is damaged is named and passed over."""
    from ..preferences import store
    from ..preferences.counts import count_pairs

    known, damaged = store.survey(studio.settings.studio)
    found = []
    for one in known:
        try:
            found.append(SetSummary(one, count_pairs(one)))
        except BadInput as error:
            damaged[one.id] = error.message
    return SetList(tuple(found), damaged)


def search_pairs(key: str | None, query: PairQuery, studio: Studio) -> tuple[PairSet, tuple[Pair, ...]]:
    """The set `key`, or the one that was added to last, and those of its pairs that `query` admits. Raises `NotFound`."""
    from ..preferences import store

    found = store.find(key, studio.settings.studio)
    pairs = [pair for pair in found.pairs if query.admits(pair)]
    return found, tuple(pairs[: query.limit])


def count_coverage(key: str | None, studio: Studio) -> tuple[PairSet, Coverage]:
    """How often the prompts of a set ask for every style, tempo, key, instrument and mood.

    Each prompt counts once, be its takes far enough apart for a pair or not.
    """
    from ..preferences import candidates, prompts, store

    found = store.find(key, studio.settings.studio)
    made = [row.prompt for row in candidates.all_rows(found.folder).values()]
    asked = {prompt.id: prompt for prompt in (*made, *(pair.prompt for pair in found.pairs))}
    return found, prompts.cover(asked.values())


def compare_sets(first: str, second: str, taught: Sequence[str], studio: Studio) -> Comparison:
    """Hold the candidates of the set `second` against those of `first`: the same prompts and seeds, played by others.

    Prompts of the pairs in the sets `taught` that were learned from are left out, and their scorers count as learned from. Raises
    `NotFound`, and as `preferences.comparison.compare` does.
    """
    from ..preferences import candidates, comparison, store

    home = studio.settings.studio
    before, after = (candidates.all_rows(store.find(key, home).folder) for key in (first, second))
    sources = [store.find(key, home) for key in taught]
    prompts = {one.prompt.id for source in sources for one in source.pairs if one.split == "train"}
    return comparison.compare(before, after, prompts, {name for source in sources for name in weights_of(source)})


def plan_export_pairs(plan: ExportPairsPlan, studio: Studio) -> tuple[Path, Path]:
    """The file of rows and the folder of sounds that `export_pairs` would write. Raises `NotFound`, and `BadInput`."""
    search_pairs(plan.pairs, plan.query, studio)
    if plan.out.suffix.lower() not in (".jsonl", ".json"):
        raise BadInput(f"cannot write {plan.out.name!r}", remedy="end the name with .jsonl or .json")
    sounds = plan.out.with_suffix("")
    taken = [str(path) for path in (plan.out, sounds) if path.exists()]
    if taken and not plan.overwrite:
        raise BadInput(f"{', '.join(taken)} already there", remedy="choose another name, or let it be replaced")
    return plan.out, sounds


def export_pairs(plan: ExportPairsPlan, studio: Studio) -> Steps[tuple[Path, int]]:
    """Write pairs as rows, and the sounds of their takes as FLAC beside them; returns the file, and how many rows it has.

    A row names a sound by its path from the file on; of a pair that was imported it keeps the name. Raises as
    `plan_export_pairs` and `sounds.find_sound` do.
    """
    from ..disk import chunks_of, write_whole
    from ..preferences import formats
    from .sounds import find_sound

    out, sounds = plan_export_pairs(plan, studio)
    _, pairs = search_pairs(plan.pairs, plan.query, studio)
    if not pairs:
        raise NotFound("no pair of the set is asked for", remedy="see `twin pairs search`")
    for take in dict.fromkeys(side.take for pair in pairs for side in (pair.chosen, pair.rejected) if side.take):
        sound = yield from find_sound(studio.library.takes.get(take), studio)
        write_whole(sounds / f"{take}.flac", chunks_of(sound))

    def name(side: Side) -> str:
        return f"{sounds.name}/{side.take}.flac" if side.take else str(side.file)

    return formats.write_rows(pairs, plan.form, out, name), len(pairs)


def import_pairs(plan: ImportPairsPlan, studio: Studio) -> Steps[tuple[PairSet, int]]:
    """Read rows into a set of their own; returns it, and how many pairs were new. The same file again adds nothing.

    Rows of other programs name files: such pairs are kept as they are named. Raises as `formats.read_rows` does.
    """
    from ..library.blobs import name_of
    from ..preferences import formats, store
    from ..preferences.counts import count_pairs

    pairs = formats.read_rows(plan.file, plan.form, licence=plan.licence)
    facts = {"made": "import", "form": plan.form, "file": plan.file.name, "content": name_of(plan.file), "licence": plan.licence}
    found = store.open_set(studio.settings.studio, facts)
    added = store.add(found, pairs)
    count_pairs(found)
    yield note(f"{plural(len(pairs), 'row')}, {added} new")
    return found, added
