"""The record that a copy of a take carries inside: how it was made, for us and for other tools.

It is one JSON object under the name `ACESTEP_JSON`: the keys that ACE-Step's page writes and reads there (`caption`, `lyrics`,
`bpm`, `keyscale`, `timesignature`, `duration`, `seed`, `stages`, …) and ours beside them. `producertwin` is the record's version,
`pipeline` holds the tables that make the take again. No path is in it: adapters and references have the last part of their
path as a name, and a sound file that was worked on is `@source`, or its bare name where there are several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..errors import BadInput, NotFound
from ..library import Take
from ..library.file_names import name_files_of_stage, short_name
from ..library.takes import Takes
from .pipelines import GIVEN
from .tracing import trace

VERSION: Final = 1
_SAMPLERS: Final = {"euler": "ode", "heun": "ode"}


def record_of(take: Take, takes: Takes) -> dict[str, Any]:
    """What copies of `take` carry: the same for equal takes. Where something it was made from is gone, there is no `pipeline`."""
    metas = take.metas
    stages = _stages(take, takes)
    page = {
        "generator": f"Producer Twin {__version__}",
        "caption": take.caption,
        "lyrics": take.lyrics,
        "instrumental": not take.lyrics,
        "vocal_language": metas.language or "unknown",
        "bpm": metas.bpm,
        "keyscale": metas.key or "",
        "timesignature": str(metas.meter or ""),
        "duration": take.seconds,
        "batch_size": 1,
        "seed": take.seed,
        "stages": [_as_page_stage(stage, stages or []) for stage in stages or [name_files_of_stage(dict(take.stage), {})]],
    }
    uses = [use.model_dump(mode="json") | {"name": short_name(use.name)} for use in take.adapters]
    ours = {
        "producertwin": VERSION,
        "take": take.id,
        "task": take.task,
        "variant": take.variant,
        "revision": take.revision,
        "adapters": uses,
        "guide": take.guide,
        "metas": metas.model_dump(mode="json", exclude_none=True),
        "seconds": take.seconds,
        "pipeline": None if stages is None else {"title": f"How {take.id} was made", "stages": stages},
    }
    return {name: value for name, value in {**page, **ours}.items() if value is not None}


def _stages(take: Take, takes: Takes) -> list[dict[str, Any]] | None:
    """The tables of all stages that make `take`, without paths; None where they are not all known."""
    try:
        tables = trace(take.id, takes).tables()["stages"]
    except (BadInput, NotFound):
        return None
    outside = list(dict.fromkeys(name for stage in tables for name in _outside(stage)))
    names = {outside[0]: f"@{GIVEN}"} if len(outside) == 1 else {name: short_name(name) for name in outside}
    return [name_files_of_stage(stage, names) for stage in tables]


def _outside(stage: Mapping[str, Any]) -> Iterator[str]:
    """The sources of a stage that are no stages."""
    for one in (stage, *stage.get("inputs", ())):
        source = one.get("source")
        if isinstance(source, str) and not source.startswith("@"):
            yield source


def _as_page_stage(stage: Mapping[str, Any], stages: list[dict[str, Any]]) -> dict[str, Any]:
    """A stage in the words of ACE-Step's page; kinds that it does not know keep their name."""
    play, options, kind = stage.get("play") or {}, stage.get("sampling") or {}, stage.get("kind")
    places = {f"@{one.get('id')}": place for place, one in enumerate(stages)}
    sampler = options.get("sampler", "euler")
    found = {
        "type": kind,
        "model": play.get("variant"),
        "steps": play.get("steps"),
        "shift": play.get("shift"),
        "guidance_scale": play.get("guidance"),
        "seed": play.get("seed"),
        "infer_method": _SAMPLERS.get(sampler, sampler),
        "denoise": stage.get("denoise"),
        "input_stage" if kind == "refine" else "src_stage": places.get(str(stage.get("source"))),
        "audio_cover_strength": stage.get("strength") if kind == "cover" else None,
        "repainting_start": stage.get("start"),
        "repainting_end": stage.get("end"),
        "track_name": stage.get("stem"),
        "complete_track_classes": stage.get("stems"),
    }
    return {name: value for name, value in found.items() if value is not None}


def pipeline_in(record: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
    """The tables of the pipeline in a `record` read from `path`; None where it holds none.

    Raises `BadInput` for a record of a later version whose pipeline this one cannot find.
    """
    version, tables = record.get("producertwin"), record.get("pipeline")
    if isinstance(tables, dict):
        return dict(tables)
    if isinstance(version, int) and version > VERSION:
        raise BadInput(f"the record in {path} is of version {version}, and this program knows {VERSION}", remedy="update it")
    return None
