"""What others ask of jobs, as the records of their verbs: ids in, paths refused, every mistake by its field.

A job of this machine's owner may name files and folders; one that comes over HTTP names takes, assets, twins, runs, sets and
variants. The same walk translates the ids of assets on their way in, and the files of the studio back into ids on their way out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput, NotFound
from ..jobs.catalogue import WORKS, find_work
from ..jobs.works import AnyWork
from ..library.blobs import NAME
from ..pipeline.pipelines import read_pipeline
from ..untrusted import DEEPEST
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
    "subject", "planner", "by", "stem", "twin", "other", "pairs", "release", "takes",
})  # fmt: skip
"""Fields that name something that could also be a file: here by its id or name alone."""
WRITTEN: Final = frozenset({"out", "page"})
"""Fields that name a file to write: nothing is written for others but into the studio."""
READ: Final = frozenset({"stems"})
"""Fields that name a folder to read, in whose place nothing can be named."""
SOUNDS: Final = frozenset({"source", "reference"})
"""Fields that may name an asset; `reference` also a take."""
LONGEST_NAME: Final = 250
"""Bytes of a name: less than what file systems take, since a name may be looked for as a file of the studio."""
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
    faults = [*too_deep(asked, "plan"), *_name_files(asked), *name_paths(asked, ("plan",))]
    if faults and faults[0].endswith("levels"):
        raise BadInput(
            f"{kind}: the plan is nested too deep", remedy="send what the record of this kind holds", faults=tuple(faults)
        )
    plan: Any = _translate(dict(asked), "", here, ("plan",), faults)
    if kind in EARS:
        plan = _find_subject(plan, here, faults)
    if kind in FOLDERS:
        plan = stage(plan, here, faults)
    if kind == "pipeline" and "tables" in plan:
        plan = _read_tables(plan, faults)
    if kind == "listen":
        plan = name_sides(plan, here, faults)
    known = {fault.partition(": ")[0] for fault in faults}
    told = [_below_plan(fault, plan) for fault in find_faults(work.record, plan)]
    faults += [fault for fault in told if fault.partition(": ")[0] not in known]
    if faults:
        count = f"{len(faults)} fields" if len(faults) > 1 else "a field"
        raise BadInput(f"{kind}: {count} cannot be used", remedy="correct the named fields", faults=tuple(faults))
    return dict(plan)


def too_deep(value: object, what: str) -> Iterator[str]:
    """A fault where `value` is nested deeper than anything that is read."""
    level, depth = [value], 0
    while level:
        level = [inner for one in level for inner in _inner(one)]
        depth += 1
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
        if looks_like_path(value):
            yield f"{'.'.join(above)}: a path is not taken here; {REMEDY}"
        elif "changes" not in above and any(len(one.encode()) > LONGEST_NAME for one in value.split(",")):
            yield f"{'.'.join(above)}: no name is longer than {LONGEST_NAME} bytes; {REMEDY}"


def _names(above: tuple[str, ...]) -> bool:
    """Whether the text at this place names something, in a list or by itself."""
    return next((one for one in reversed(above) if not one.isdigit()), "") in NAMING


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


def _translate(value: Any, name: str, here: Served, above: tuple[str, ...], faults: list[str]) -> Any:
    """`value` with the files of the assets that it names; what is not there is added to `faults`."""
    if isinstance(value, dict):
        return {key: _translate(inner, str(key), here, (*above, str(key)), faults) for key, inner in value.items()}
    if isinstance(value, list):
        return [_translate(inner, name, here, (*above, str(place)), faults) for place, inner in enumerate(value)]
    if not (isinstance(value, str) and name in SOUNDS):
        return value
    try:
        if NAME.fullmatch(value):
            return str(here.assets.content(here.assets.get(value)))
        if name == "reference" and not looks_like_path(value):
            return str(here.library.takes.content(here.library.takes.get(value)))
    except (NotFound, BadInput) as error:
        faults.append(f"{'.'.join(above)}: {error.message}")
    return value


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


def place_in_tables(fault: str, tables: Mapping[str, Any]) -> str:
    """A fault as `stages.0.prompt.bpm: what`, from `ID: prompt.bpm: what` as a reader of the file is told."""
    listed = tables.get("stages")
    stages: list[Any] = listed if isinstance(listed, list) else []
    names = {str(one.get("id")): place for place, one in enumerate(stages) if isinstance(one, dict)}
    names |= {f"stage {place}": place - 1 for place in range(1, len(stages) + 1)}
    head, colon, rest = fault.partition(": ")
    if not colon or head not in names:
        return fault
    field, colon, text = rest.partition(": ")
    path = _known_field(field, stages[names[head]]) if colon else ""
    return f"stages.{names[head]}{path}: {text if path else rest}"


def _known_field(field: str, stage: object) -> str:
    """`.prompt.bpm` where a fault names a field; places in lists are left out, as people count from 1. Empty for other words."""
    parts = field.split(".")
    if not all(part.isidentifier() or part.isdigit() for part in parts) or not isinstance(stage, dict):
        return ""
    until = next((place for place, part in enumerate(parts) if part.isdigit()), len(parts))
    return "".join(f".{part}" for part in parts[:until])


def _below_plan(fault: str, plan: Mapping[str, Any]) -> str:
    """A fault of a record by its place in the plan: names of variants of a record are no places."""
    path, colon, text = fault.partition(": ")
    if not colon or " " in path:
        return f"plan: {fault}"
    kept: list[str] = []
    at: Any = plan
    for part in path.split("."):
        if isinstance(at, Mapping):
            if part not in at and part == at.get("kind"):
                continue
            at = at.get(part)
        elif isinstance(at, list | tuple) and part.isdigit():
            at = at[int(part)] if int(part) < len(at) else None
        if not (part.isidentifier() or part.isdigit()):
            break
        kept.append(part)
    return f"{'.'.join(('plan', *kept))}: {text}"
