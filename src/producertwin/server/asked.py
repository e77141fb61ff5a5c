"""What others ask of jobs, as the records of their verbs: ids in, paths refused, every mistake by its field.

A job of this machine's owner may name files and folders; one that comes over HTTP names takes, assets, twins, runs, sets and
variants. The same walk translates the ids of assets on their way in, and the files of the studio back into ids on their way out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput, NotFound
from ..jobs.catalogue import WORKS, find_work
from ..jobs.works import AnyWork
from ..library import adapters as twins
from ..library.blobs import NAME
from ..model.planner.catalogue import is_planner
from ..model.variants.catalogue import VARIANTS
from ..model.variants.catalogue import find as find_variant
from ..pipeline.pipelines import read_pipeline
from ..untrusted import DEEPEST
from .fault_places import place_in_plan, place_in_tables
from .faults import find_faults
from .served import Served
from .sides import name_sides
from .staging import FILES, FOLDERS, stage

UNSERVED: Final = frozenset({"measure-nano", "measure-embedder", "measure-band", "measure-ears", "stems"})
"""Kinds that write into the checkout of the program, and are for its makers, or files to where the asker says."""
EARS: Final = frozenset({"inspect", "repair"})
"""Kinds whose subject is a take or an asset."""
NAMING: Final = frozenset({
    "source", "folder", "adapters", "reference", "variant", "pipeline", "recipe", "changes", "dataset", "resume", "start",
    "subject", "planner", "by", "stem", "twin", "other", "pairs", "release", "takes", "album", "like", "song",
})  # fmt: skip
"""Fields that name something that could also be a file: here by its id or name alone."""
WRITTEN: Final = frozenset({"out", "page"})
"""Fields that name a file to write: nothing is written for others but into the studio."""
READ: Final = frozenset({"stems"})
"""Fields that name a folder to read, in whose place nothing can be named."""
SOUNDS: Final = frozenset({"source", "reference"})
"""Fields that may name an asset; `reference` also a take."""
TWINS: Final = frozenset({"folder", "adapters"})
"""Fields that name a twin; at the top of a plan `folder` is refused."""
_OF_WEIGHTS: Final = frozenset({".safetensors", ".onnx", ".json"})
LONGEST_NAME: Final = 250
"""Bytes of a name: less than what file systems take, since a name may be looked for as a file of the studio."""
LONGEST_LIST: Final = 20_000
"""Characters of names with commas between: each is looked for."""
MOST_VALUES: Final = 20_000
"""Values in one plan, each of which may be looked for."""
REMEDY: Final = "name a take, an asset, a twin, a run or a variant by its id or name; upload a sound first"


def served_kinds() -> tuple[str, ...]:
    """The kinds of jobs that may be asked for over HTTP."""
    return tuple(kind for kind in WORKS if kind not in UNSERVED)


def find_served_work(kind: str) -> AnyWork:
    """The work of a kind that is served. Raises `BadInput`, which names the field."""
    if kind not in served_kinds():
        message = f"no kind of job is called {kind[:80]!r}"
        raise BadInput(message, remedy=f"kinds are {', '.join(served_kinds())}", faults=(f"kind: {message}",))
    return find_work(kind)


def read_asked(kind: str, asked: Mapping[str, Any], here: Served) -> dict[str, Any]:
    """The plan of a job in the words of its record. Raises `BadInput` that names every mistake by its field below `plan`."""
    work = find_served_work(kind)
    if faults := list(too_large(asked, "plan")):
        raise BadInput(f"{kind}: {faults[0]}", remedy="send what the record of this kind holds", faults=tuple(faults))
    faults = [*_name_files(asked), *name_paths(asked, ("plan",))]
    missing: list[NotFound] = []
    plan: Any = _translate(dict(asked), "", Lookup(here, faults, missing), ("plan",))
    if kind in EARS:
        plan = _find_subject(plan, here, faults)
    if kind in FOLDERS:
        plan = stage(plan, here, faults)
    if kind == "pipeline" and "tables" in plan:
        plan = _read_tables(plan, faults)
    if kind == "listen":
        plan = name_sides(plan, here, faults)
    known = {fault.partition(": ")[0] for fault in faults}
    told = [place_in_plan(fault, plan) for fault in find_faults(work.record, plan)]
    faults += [fault for fault in told if fault.partition(": ")[0] not in known]
    if faults:
        count = f"{len(faults)} fields" if len(faults) > 1 else "a field"
        raise BadInput(f"{kind}: {count} cannot be used", remedy="correct the named fields", faults=tuple(faults))
    if missing:
        raise missing[0]
    return dict(plan)


def check_names(value: Mapping[str, Any], here: Served) -> None:
    """Raise `BadInput`, by fields, where `value` names a path, or a twin or variant that the studio does not hold."""
    faults = [*too_large(value, "plan"), *name_paths(value)]
    if not faults:
        _translate(dict(value), "", Lookup(here, faults, []), ())
    if faults:
        raise BadInput(faults[0], remedy=REMEDY, faults=tuple(faults))


def too_large(value: object, what: str) -> Iterator[str]:
    """A fault where `value` is nested deeper, or holds more, than anything that is read."""
    level, depth, count = [value], 0, 0
    while level:
        level = [inner for one in level for inner in _inner(one)]
        depth += 1
        count += len(level)
        if count > MOST_VALUES:
            yield f"the {what} holds more than {MOST_VALUES} values"
            return
        if depth > DEEPEST:
            yield f"the {what} is nested deeper than {DEEPEST} levels"
            return


def name_paths(value: object, above: tuple[str, ...] = ()) -> Iterator[str]:
    """A fault for every name that is a path or too long for one, by its field."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from name_paths(inner, (*above, str(name)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from name_paths(inner, (*above, str(place)))
    elif isinstance(value, str) and _names(above):
        if len(value) > LONGEST_LIST:
            yield f"{'.'.join(above)}: no list of names is longer than {LONGEST_LIST} characters"
        elif looks_like_path(value) or any(map(_lies_here, value.split(","))):
            yield f"{'.'.join(above)}: a path is not taken here; {REMEDY}"
        elif "changes" not in above and any(len(one.encode()) > LONGEST_NAME for one in value.split(",")):
            yield f"{'.'.join(above)}: no name is longer than {LONGEST_NAME} bytes; {REMEDY}"


def _names(above: tuple[str, ...]) -> bool:
    """Whether the text at this place names something, in a list or by itself."""
    return next((one for one in reversed(above) if not one.isdigit()), "") in NAMING


def _lies_here(name: str) -> bool:
    """Whether a verb would find a file, or a folder of weights, of that name where this process was started.

    Variants and planners are looked up before any folder.
    """
    if not name or name in VARIANTS or is_planner(name):
        return False
    with suppress(OSError, ValueError):  # a name that no path can have
        path = Path(name)
        return path.is_file() or (path.is_dir() and any(one.suffix in _OF_WEIGHTS for one in path.iterdir()))
    return False


def _name_files(asked: Mapping[str, Any]) -> Iterator[str]:
    """A fault for every file that was to be written."""
    for name in sorted(WRITTEN & asked.keys()):
        if asked[name] is not None:
            yield f"plan.{name}: no file is written for others; get what was made when it is done"
    for name in sorted(READ & asked.keys()):
        if asked[name] is not None:
            yield f"plan.{name}: no folder is read for others; inspect each sound by itself"


def _inner(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []


def looks_like_path(text: str) -> bool:
    """Whether a name could be the path of a file or folder."""
    return (
        any(sign in text for sign in "/\\\0\n")
        or text.startswith(("~", "."))
        or (text[1:2] == ":" and text[:2] != "b2")
        or Path(text).suffix.lower() in FILES
    )


def name_ids(value: Any, studio: Path) -> Any:
    """A plan with the assets and takes of the studio by their ids, in the place of their files."""
    if isinstance(value, dict):
        return {name: name_ids(inner, studio) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [name_ids(inner, studio) for inner in value]
    if isinstance(value, str) and value.startswith(str(studio / "assets")):
        parts = Path(value).parts[-2:]
        return f"b2:{''.join(parts)}"
    return value


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where what is named is looked up, and what was wrong with the names."""

    here: Served
    faults: list[str]
    missing: list[NotFound]
    """What is not there at all."""


def _translate(value: Any, name: str, where: Lookup, above: tuple[str, ...]) -> Any:
    """`value` with the files of the assets that it names; what is not there is kept in `where`.

    The verbs also take files, so every name that they might find in this process's own folder is looked up here first.
    """
    if isinstance(value, dict):
        return {key: _translate(inner, str(key), where, (*above, str(key))) for key, inner in value.items()}
    if isinstance(value, list):
        return [_translate(inner, name, where, (*above, str(place))) for place, inner in enumerate(value)]
    if not isinstance(value, str) or looks_like_path(value):
        return value
    takes, assets = where.here.library.takes, where.here.assets
    try:
        if name in SOUNDS and NAME.fullmatch(value):
            return str(assets.content(assets.get(value)))
        if name == "reference":
            return str(takes.content(takes.get(value)))
        if name == "source" and not value.startswith("@"):
            return _find_source(value, where)
        if name in TWINS:
            _check_twin(value, where)
        elif name == "variant":
            find_variant(value)
        elif name == "planner" and not is_planner(value):
            raise BadInput(f"unknown planner {value[:80]!r}")
    except (NotFound, BadInput) as error:
        where.faults.append(f"{'.'.join(above)}: {error.message}")
    return value


def _find_source(key: str, where: Lookup) -> str:
    """The whole id of the take that is a source, `key` where there is none; a file of that name is never meant."""
    try:
        return where.here.library.takes.get(key).id
    except (NotFound, BadInput):
        where.missing.append(NotFound(f"no take {key[:80]!r} is here", remedy=REMEDY))
        return key


def _check_twin(text: str, where: Lookup) -> None:
    """Raise `NotFound` unless `text`, which may end with a scale and levels, names a twin of the studio."""
    studio = where.here.studio.settings.studio
    name = text.partition(":")[0]
    if not twins.find(name, studio).absolute().is_relative_to(studio.absolute()):
        raise NotFound(f"no twin {name[:80]!r} is here")


def _find_subject(plan: dict[str, Any], here: Served, faults: list[str]) -> dict[str, Any]:
    """`plan` with the file of the asset, or the whole id of the take, that is its subject."""
    named = plan.get("subject")
    if not isinstance(named, str) or looks_like_path(named):
        return plan
    try:
        if NAME.fullmatch(named):
            return {**plan, "subject": str(here.assets.content(here.assets.get(named)))}
        return {**plan, "subject": here.library.takes.get(named).id}
    except (NotFound, BadInput) as error:
        faults.append(f"plan.subject: {error.message}")
        return plan


def _read_tables(plan: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    """`plan` with the pipeline that its `tables` are, in the place of a pipeline's name."""
    tables = plan["tables"]
    rest = {name: value for name, value in plan.items() if name != "tables"}
    run = rest.get("run")
    told = {**rest, "run": {"pipeline": "own", **run}} if isinstance(run, dict) else {**rest, "run": {"pipeline": "own"}}
    if not isinstance(tables, dict):
        faults.append("plan.tables: the tables of a pipeline are a JSON object")
        return told
    try:
        told["pipeline"] = read_pipeline(tables, where="the pipeline").model_dump(mode="json")
    except BadInput as error:
        faults += [f"plan.tables.{place_in_tables(one, tables)}" for one in error.faults or (f"stages: {error.message}",)]
    return told
