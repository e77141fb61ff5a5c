"""Pipelines: stages in a row, each with a name, and what they share.

A stage names what it works on as `@NAME` of an earlier stage, as a take or as a file; `@source` is the sound that is given when
the pipeline is run. In a file (TOML or JSON) a stage is a table with its `id` beside its fields. What the pipeline says in
`prompt`, `play`, `sampling` and `seconds` holds for every stage that does not say it itself; a shared seed gives every stage
another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from ..errors import BadInput, NotFound
from ..model.sampling.options import SamplingOptions
from ..recipe import Record, read, toml_value
from ..untrusted import read_object, read_toml
from ..wording import suggest_name
from .fields import Seed
from .mistakes import find_mistakes, no_field
from .sound_stages import Mix, Select
from .stages import Edit, Generate, Play, Prompt

GIVEN: Final = "source"
"""The name of the sound that is given when a pipeline is run."""
MOST_STAGES: Final = 32
PRESETS: Final = Path(__file__).parent.parent / "presets" / "pipelines"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SHARED: Final[dict[str, type[Record] | None]] = {"prompt": Prompt, "play": Play, "sampling": SamplingOptions, "seconds": None}
"""What stages may share, and its record; seconds are a number."""
_OWN: Final = ("title", "about", "stages", *_SHARED)

AnyStage = Annotated[Generate | Edit | Mix | Select, Field(discriminator="kind")]
"""Any stage of a pipeline; `kind` says which."""
_STAGE: Final[TypeAdapter[AnyStage]] = TypeAdapter(AnyStage)
_RECORDS: Final[dict[str, type[Record]]] = {
    record.model_fields["kind"].default: record for record in (Generate, *Edit.__args__, Mix, Select)
}


class NamedStage(Record):
    """A stage and its name in the pipeline."""

    id: str
    """Small letters, digits, - and _."""
    stage: AnyStage
    """What is done."""
    audio: bool = False
    """Keep the sound of its takes too where later stages take latents; those then follow its loudness and its end."""

    @property
    def references(self) -> tuple[str, ...]:
        """Names of the stages that it works on, in its order, with repetitions."""
        return tuple(source.name[1:] for source in self.stage.sources if source.name.startswith("@"))


class Pipeline(Record):
    """Stages in a row. `read_pipeline` makes one of a file's tables."""

    title: str = Field("", max_length=80)
    """What it is called."""
    about: str = Field("", max_length=1000)
    """When to use it."""
    seed: Seed | None = None
    """From which the seeds of stages come that have none; drawn when absent."""
    stages: tuple[NamedStage, ...] = Field(min_length=1, max_length=MOST_STAGES)
    """The stages, in the order in which they are played; the last one's takes are the result."""

    @property
    def needs_source(self) -> bool:
        """Whether a sound has to be given when it is run."""
        return any(GIVEN in named.references for named in self.stages)

    def tables(self) -> dict[str, Any]:
        """The pipeline as the tables of a file: every stage says all that it does not leave as it is by default."""
        stages = [{"id": one.id, **({"audio": True} if one.audio else {}), **_plain(one.stage)} for one in self.stages]
        said = {"title": self.title or None, "about": self.about or None, "play": self.seed and {"seed": self.seed}}
        return {name: value for name, value in said.items() if value is not None} | {"stages": stages}


def read_pipeline(data: Mapping[str, Any], *, where: str) -> Pipeline:
    """The pipeline in the tables `data`, whose source `where` names.

    Raises one `BadInput` that names every mistake with its stage and field.
    """
    mistakes = [f"{name}: {no_field(name, _OWN)}" for name in data if name not in _OWN]
    shared = _read_shared(data, mistakes)
    tables = data.get("stages")
    if not isinstance(tables, list) or not 1 <= len(tables) <= MOST_STAGES:
        mistakes.append(f"stages: write 1 to {MOST_STAGES} of them, each a table [[stages]]")
        tables = []
    stages: list[NamedStage] = []
    known = {GIVEN}
    for place, table in enumerate(tables, 1):
        name, found = _read_stage(table, place, known, shared, mistakes)
        mistakes += _wrong_references(name, table, known, [t.get("id") for t in tables[place - 1 :] if isinstance(t, dict)])
        known.add(name)
        stages += [found] if found else []
    if mistakes:
        raise BadInput(f"{where}: " + "; ".join(mistakes), remedy="correct the named fields", faults=tuple(mistakes))
    play = data.get("play")
    said = {"title": data.get("title", ""), "about": data.get("about", ""), "stages": stages}
    return read(Pipeline, said | {"seed": play.get("seed") if isinstance(play, dict) else None}, where=where)


def find_tables(name: str, folder: Path) -> dict[str, Any]:
    """The tables of the pipeline `name`: a file, one of the user's in `folder`, or a preset.

    Raises `NotFound` that names those there are, and `BadInput` for a file that is no TOML or JSON.
    """
    path = Path(name)
    if path.suffix.lower() not in {".toml", ".json"}:
        there = pipeline_files(folder)
        if name not in there:
            meant = suggest_name(name, there)
            raise NotFound(f"no pipeline {name!r}{meant}", remedy=f"there are {', '.join(there)}; or name a .toml or .json file")
        path = there[name]
    return read_object(path) if path.suffix.lower() == ".json" else read_toml(path)


def pipeline_files(folder: Path) -> dict[str, Path]:
    """Every pipeline by name: the presets, and the user's own in `folder`, which win."""
    paths = [*sorted(PRESETS.glob("*.toml")), *sorted(folder.glob("*.toml")), *sorted(folder.glob("*.json"))]
    return {path.stem: path for path in paths}


def write_toml(tables: Mapping[str, Any]) -> str:
    """The tables of a pipeline as TOML: every stage a `[[stages]]`, what is inside of it in one line each."""
    lines = [f"{name} = {toml_value(value)}" for name, value in tables.items() if name != "stages"]
    for stage in tables["stages"]:
        lines += ["", "[[stages]]", *(f"{name} = {toml_value(value)}" for name, value in stage.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _read_stage(
    table: object, place: int, known: set[str], shared: Mapping[str, Any], mistakes: list[str]
) -> tuple[str, NamedStage | None]:
    """Name and stage of a table; what is wrong is added to `mistakes`."""
    if not isinstance(table, dict):
        mistakes.append(f"stage {place}: not a table")
        return "", None
    name = table.get("id")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in known:
        taken = isinstance(name, str) and name in known
        why = "is taken" if taken else "is no name: small letters, digits, - and _, and a letter first"
        mistakes.append(f"stage {place}: id {name!r} {why}")
        name = f"stage {place}"
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in _RECORDS:
        near = suggest_name(kind, _RECORDS) if isinstance(kind, str) else ""
        mistakes.append(f"{name}: kind {kind!r} is not one of {', '.join(_RECORDS)}{near}")
        return name, None
    audio = table.get("audio", False)
    if not isinstance(audio, bool):
        mistakes.append(f"{name}: audio: write true or false")
        return name, None
    record, own = _RECORDS[kind], {key: value for key, value in table.items() if key not in {"id", "audio"}}
    fields = _share(own, record, shared)
    try:
        return name, NamedStage(id=name, audio=audio, stage=_STAGE.validate_python(fields))
    except (ValidationError, BadInput):
        mistakes += [f"{name}: {text}" for text in find_mistakes(record, fields)]
    return name, None


def _read_shared(data: Mapping[str, Any], mistakes: list[str]) -> dict[str, Any]:
    """What stages share, without what is wrong with it, which is added to `mistakes` once and not for every stage."""
    found: dict[str, Any] = {}
    for name, record in _SHARED.items():
        if name not in data:
            continue
        value = data[name]
        if record is None:
            wrong = [text for text in find_mistakes(Generate, {name: value}) if text.startswith("seconds: ")]
        elif isinstance(value, dict):
            wrong = find_mistakes(record, value, f"{name}.")
        else:
            wrong = [f"{name}: not a table"]
        mistakes += wrong
        if not wrong:
            found[name] = value
    return found


def _share(own: dict[str, Any], record: type[Record], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a stage with those of the pipeline that it does not say itself and that its kind has."""
    found = {"prompt": {}} | own if "prompt" in record.model_fields else dict(own)
    for name in _SHARED:
        if name not in record.model_fields or name not in shared:
            continue
        if isinstance(shared[name], dict) and isinstance(own.get(name, {}), dict):
            given = {key: value for key, value in shared[name].items() if key != "seed"}
            found[name] = {**given, **own.get(name, {})}
        else:
            found.setdefault(name, shared[name])
    return found


def _wrong_references(name: str, table: object, known: set[str], later: list[object]) -> Iterator[str]:
    """What is wrong with the stages that a table names as its sources, however its other fields are."""
    for text in _named_sources(table):
        if text in known:
            continue
        if text in later:
            yield f"{name}: @{text} " + ("is the stage itself" if text == name else "comes later: a stage works on earlier ones")
        else:
            there = sorted(known)
            near = suggest_name(text, there).replace("mean ", "mean @")
            yield f"{name}: there is no stage @{text}{near or '; there are ' + ', '.join('@' + one for one in there)}"


def _named_sources(table: object) -> Iterator[str]:
    if isinstance(table, dict):
        inputs = table.get("inputs")
        for one in [table, *(inputs if isinstance(inputs, list) else [])]:
            source = one.get("source") if isinstance(one, dict) else None
            if isinstance(source, str) and source.startswith("@"):
                yield source[1:]


def _plain(record: Record) -> dict[str, Any]:
    """The fields of a stage that are not as they are by default, and its kind first."""
    said = record.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return {"kind": record.model_dump()["kind"], **{name: value for name, value in said.items() if name != "kind"}}
