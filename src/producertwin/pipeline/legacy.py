"""Requests and records of ACE-Step's pipeline page (sonaturgy's `PipelineRequest`, `ACESTEP_JSON`) as the tables of a pipeline.

What a request says is taken over. What it leaves out is left to the variant, whose own steps and shift are better than the page's
8 and 3.0 for all. Known defects of that page's executor are not made again: `repainting_end = -1` is the end of the source and
not the whole of it, an instrumental request sings no lyrics, takes of a batch have seeds of their own, stems have their names,
and a stage without its source is a mistake instead of text2music.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..errors import BadInput
from ..music import STEMS
from ..progress import Message, note, warning
from .mistakes import no_field

KINDS: Final = ("generate", "refine", "cover", "repaint", "extract", "lego", "complete")
PREFIX: Final = "acestep-v15-"
"""What names of models begin with there, before the name of the variant."""
_SHARED: Final = {
    "caption", "lyrics", "instrumental", "vocal_language", "bpm", "keyscale", "timesignature", "duration", "batch_size", "stages",
}  # fmt: skip
_PLANNER: Final = {
    "thinking", "lm_temperature", "lm_cfg_scale", "lm_top_k", "lm_top_p", "lm_negative_prompt", "use_cot_metas",
    "use_cot_caption", "use_cot_language", "use_constrained_decoding",
}  # fmt: skip
_ELSEWHERE: Final = {"audio_format", "mp3_bitrate", "keep_in_vram", "generator", "time_costs", "seed"}
"""Fields of requests and records that say nothing of the stages."""
_STAGE: Final = {
    "type", "input_stage", "caption", "lyrics", "src_audio_id", "src_stage", "src_latent_id", "audio_cover_strength",
    "audio_code_hints", "repainting_start", "repainting_end", "track_name", "complete_track_classes", "model", "steps", "shift",
    "denoise", "seed", "infer_method", "scheduler", "guidance_scale", "use_adg", "cfg_interval_start", "cfg_interval_end",
    "timesteps", "checkpoint_step", "preview",
}  # fmt: skip
_UNUSED: Final = {"checkpoint_step": "every take is kept whole", "preview": "every stage's takes are kept"}


def is_legacy(data: object) -> bool:
    """Whether `data` is a request or a record of that page: its stages have a `type` and no `kind`."""
    stages = data.get("stages") if isinstance(data, Mapping) else None
    return isinstance(stages, list) and any(isinstance(one, Mapping) and "type" in one and "kind" not in one for one in stages)


def translate(data: Mapping[str, Any], *, where: str) -> tuple[dict[str, Any], tuple[Message, ...]]:
    """The tables of the pipeline that `data` asks for, and what the user should know about it; `read_pipeline` judges values.

    Raises one `BadInput` that names every field that is not known, and every stage without a source that it needs.
    """
    known = _SHARED | _PLANNER | _ELSEWHERE
    mistakes = [f"{name}: {no_field(name, sorted(known))}" for name in data if name not in known]
    notes = [_planner_note()] if data.get("thinking") else []
    stages = data.get("stages")
    audio = {str(one["src_audio_id"]) for one in stages or () if isinstance(one, Mapping) and one.get("src_audio_id")}
    if len(audio) > 1:
        mistakes.append(f"src_audio_id: {', '.join(sorted(audio))} are sounds of another program; a pipeline is given one sound")
    elif audio:
        notes.append(note(f"src_audio_id {audio.pop()} becomes @source: give the sound with --source when you run it"))
    tables: list[dict[str, Any]] = []
    for place, one in enumerate(stages if isinstance(stages, list) else ()):
        name = f"stage {place + 1}"
        if not isinstance(one, Mapping):
            mistakes.append(f"{name}: not an object")
            continue
        wrong = list(_wrong(one, place))
        mistakes += [f"{name}: {text}" for text in wrong]
        tables.append(_table(one, tables, bool(data.get("instrumental"))) if not wrong else {"id": name})
        notes += [warning(f"{tables[-1]['id']}: {text}") for text in _not_taken(one)]
    if mistakes:
        raise BadInput(f"{where}: " + "; ".join(mistakes), remedy="correct the named fields, or write the pipeline anew")
    return {"title": "Translated from a request of ACE-Step's page", **_common_fields(data), "stages": tables}, tuple(notes)


def _planner_note() -> Message:
    return warning("thinking: a pipeline does not think; let `twin make --think` plan the song and begin with its take")


def _common_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    said = {
        "caption": data.get("caption"),
        "lyrics": None if data.get("instrumental") else data.get("lyrics"),
        "language": None if data.get("vocal_language") == "unknown" else data.get("vocal_language"),
        "bpm": data.get("bpm"),
        "key": data.get("keyscale"),
        "meter": data.get("timesignature"),
    }
    found: dict[str, Any] = {"prompt": {name: value for name, value in said.items() if value}}
    if data.get("batch_size", 1) != 1:
        found["play"] = {"batch": data["batch_size"]}
    seconds = data.get("duration")
    if seconds is not None and seconds != -1:
        found["seconds"] = seconds
    return found


def _wrong(stage: Mapping[str, Any], place: int) -> Iterator[str]:
    """What cannot be translated of the stage at `place`."""
    yield from (f"{name}: {no_field(name, sorted(_STAGE))}" for name in stage if name not in _STAGE)
    kind = stage.get("type")
    if kind not in KINDS:
        yield f"type {kind!r} is not one of {', '.join(KINDS)}"
        return
    if stage.get("src_latent_id"):
        yield "src_latent_id: latents of another program are not here: let a stage of the request make them (src_stage)"
    field = "input_stage" if kind == "refine" else "src_stage"
    before = stage.get(field, place - 1 if kind == "refine" else None)
    if before is None and kind == "refine":
        before = place - 1
    if before is not None and kind != "generate":
        if not isinstance(before, int) or isinstance(before, bool) or not 0 <= before < place:
            yield f"{field}: {before!r} is no earlier stage (they are counted from 0)"
    elif kind != "generate" and not stage.get("src_audio_id") and not stage.get("src_latent_id"):
        yield f"{kind} needs a source: src_stage or src_audio_id"
    if kind == "repaint" and stage.get("repainting_start") is None and stage.get("repainting_end") in (None, -1):
        yield "repainting_start: no region is named"
    if kind == "generate" and stage.get("denoise", 1.0) != 1.0:
        yield "denoise: a stage that generates begins from noise; refine denoises a source"


def _not_taken(stage: Mapping[str, Any]) -> Iterator[str]:
    """What a stage says and its translation does not."""
    yield from (f"{name} is not taken over: {why}" for name, why in _UNUSED.items() if stage.get(name))
    if stage.get("scheduler") not in (None, "linear"):
        yield f"scheduler {stage['scheduler']!r} is not taken over: each variant walks the levels that it was trained on"
    if not stage.get("model"):
        yield "it names no model: it plays on nano unless --variant says who"


def _table(stage: Mapping[str, Any], before: Sequence[Mapping[str, Any]], instrumental: bool) -> dict[str, Any]:
    """The stage as a table, with its source among the tables `before` it."""
    kind = stage["type"]
    found: dict[str, Any] = {"id": f"{kind}{1 + sum(one.get('kind') == kind for one in before)}", "kind": kind}
    if kind != "generate":
        place = stage.get("input_stage" if kind == "refine" else "src_stage")
        if place is None and kind == "refine":
            place = len(before) - 1
        found["source"] = "@source" if place is None else f"@{before[place]['id']}"
    found |= _own_fields(kind, stage)
    words = {name: stage[name] for name in ("caption", "lyrics") if stage.get(name) is not None}
    if instrumental:
        words.pop("lyrics", None)
    parts = {"prompt": words, "play": _play(stage), "sampling": _sampling(stage)}
    return found | {name: part for name, part in parts.items() if part}


def _own_fields(kind: str, stage: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that only stages of `kind` have."""
    if kind == "refine" and "denoise" in stage:
        return {"denoise": stage["denoise"]}
    if kind == "cover":
        said = {"strength": stage.get("audio_cover_strength"), "codes": stage.get("audio_code_hints")}
        return {name: value for name, value in said.items() if value is not None}
    if kind == "repaint":
        start, end = stage.get("repainting_start"), stage.get("repainting_end")
        return {"start": 0.0 if start is None else start, **({} if end in (None, -1) else {"end": end})}
    if kind in ("extract", "lego"):
        return {"stem": _stem(stage.get("track_name"))}
    if kind == "complete":
        return {"stems": [_stem(one) for one in stage.get("complete_track_classes") or ()]}
    return {}


def _stem(name: object) -> object:
    """A stem by its name here; another name is left for the record to refuse."""
    plain = name.strip().lower().replace(" ", "_") if isinstance(name, str) else name
    return plain if plain in STEMS else name


def _play(stage: Mapping[str, Any]) -> dict[str, Any]:
    model = stage.get("model")
    variant = model.removeprefix(PREFIX).removesuffix("-v15") if isinstance(model, str) else model
    said = {
        "variant": variant or None,
        "steps": stage.get("steps"),
        "shift": stage.get("shift"),
        "guidance": stage.get("guidance_scale"),
        "seed": None if stage.get("seed") == -1 else stage.get("seed"),
    }
    return {name: value for name, value in said.items() if value is not None}


def _sampling(stage: Mapping[str, Any]) -> dict[str, Any]:
    interval = [stage.get("cfg_interval_start", 0.0), stage.get("cfg_interval_end", 1.0)]
    method = stage.get("infer_method", "ode")
    said = {
        "sampler": {"ode": None, "sde": "sde"}.get(method, method) if isinstance(method, str) else method,
        "guidance_mode": "adg" if stage.get("use_adg") else None,
        "guidance_interval": None if interval == [0.0, 1.0] else interval,
        "schedule": stage.get("timesteps"),
    }
    return {name: value for name, value in said.items() if value is not None}
