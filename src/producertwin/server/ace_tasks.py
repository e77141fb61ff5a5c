"""Requests of ACE-Step's own API as plans of our jobs, and our jobs as its answers.

What its server does wrongly is not done again: a task that is not known is told as failed and not as waiting for ever, a failure
says why, and sounds are named by ids, never by paths of the server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from ..errors import BadInput
from ..jobs.records import Job
from ..library import Take
from ..music import STEMS
from ..pipeline.legacy import PREFIX

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "caption": ("prompt", "caption"),
    "lyrics": ("lyrics",),
    "language": ("vocal_language", "language"),
    "bpm": ("bpm",),
    "key": ("key_scale", "keyscale", "keyScale"),
    "meter": ("time_signature", "timesignature", "timeSignature"),
    "seconds": ("audio_duration", "duration", "audioDuration", "target_duration"),
    "steps": ("inference_steps", "inferenceSteps", "infer_step"),
    "guidance": ("guidance_scale", "guidanceScale"),
    "shift": ("shift",),
    "seed": ("seed",),
    "batch": ("batch_size", "batchSize"),
    "variant": ("model", "dit_model"),
    "task": ("task_type", "taskType"),
    "source": ("src_audio_path", "srcAudioPath"),
    "reference": ("reference_audio_path", "ref_audio_path", "referenceAudioPath"),
    "start": ("repainting_start", "repaintingStart"),
    "end": ("repainting_end", "repaintingEnd"),
    "strength": ("audio_cover_strength", "audioCoverStrength"),
    "stem": ("track_name", "trackName"),
    "stems": ("complete_track_classes", "track_classes"),
    "think": ("thinking",),
    "random": ("use_random_seed", "useRandomSeed"),
    "format": ("audio_format", "audioFormat"),
}
"""Our names, and what clients call them; the first that is there counts."""
UNUSED: Final = ("sample_mode", "sample_query", "use_format", "use_cot_caption", "use_cot_language", "audio_code_string")
"""Fields that ask for something that is not done here, where they say something."""
KINDS: Final = {"text2music": "generate", "cover": "cover", "repaint": "repaint", "extract": "extract", "lego": "lego",
                "complete": "complete"}  # fmt: skip
DONE: Final = {"succeeded": 1, "failed": 2, "cancelled": 2}
"""Its numbers of states; 0 is one that waits or runs."""


def read_task(said: Mapping[str, Any]) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Kind and plan of the job that a request asks for, and what of it is not taken over.

    Raises `BadInput` for a task that there is not.
    """
    given = {name: _first(said, names) for name, names in ALIASES.items()}
    task = given["task"] or "text2music"
    if task not in KINDS:
        message = f"no task is called {str(task)[:40]!r}"
        raise BadInput(message, remedy=f"tasks are {', '.join(KINDS)}", faults=(f"task_type: {message}",))
    notes = tuple(f"{name} is not taken over" for name in UNUSED if said.get(name))
    prompt = {"caption": given["caption"] or "", "lyrics": given["lyrics"] or "", **_prompt(given)}
    plan: dict[str, Any] = {"prompt": prompt, "play": _play(given)}
    if given["reference"]:
        plan["reference"] = name_sound(given["reference"])
    if task == "text2music":
        if given["seconds"] not in (None, -1):
            plan["seconds"] = given["seconds"]
        return "make", {"plan": plan, "thinking": {"think": bool(given["think"])}}, notes
    plan |= {"kind": KINDS[task], "source": name_sound(given["source"] or "")}
    if task == "repaint":
        plan |= {"start": given["start"] or 0.0, **({} if given["end"] in (None, -1) else {"end": given["end"]})}
    if task == "cover" and given["strength"] is not None:
        plan["strength"] = given["strength"]
    if task in ("extract", "lego"):
        plan["stem"] = _stem(given["stem"])
    if task == "complete":
        plan["stems"] = [_stem(one) for one in given["stems"] or ()]
    return "edit", {"plan": plan}, notes


def name_sound(said: object) -> object:
    """The id that a client means: as it is, or in the address of a sound that this server gave it."""
    if isinstance(said, str) and said.startswith("/v1/audio?"):
        found = parse_qs(urlsplit(said).query).get("path", [""])[0]
        return found.partition(".")[0]
    return said


def wrap(data: Any) -> dict[str, Any]:
    """`data` as its server wraps every answer."""
    return {"data": data, "code": 200, "error": None, "timestamp": int(time.time() * 1000), "extra": None}


def tell_result(job: Job, takes: Mapping[str, Take], form: str, hide: Callable[[str], str]) -> dict[str, Any]:
    """How a task stands: `result` is JSON in a text, as clients expect it. `hide` takes paths of this machine out of a text."""
    status = DONE.get(job.state, 0)
    found: list[dict[str, Any]] = []
    if status == 1 and job.outcome is not None:
        found = [_result(takes[name], form) for name in job.outcome.takes if name in takes]
    elif status == 2:
        wrong = job.error
        found = [{"file": "", "status": 2, "error": hide(wrong.message or "") if wrong else job.state}]
    told = hide(job.last.text) if job.last else job.state
    done, total = (job.last.done or 0, job.last.total or 0) if job.last else (0, 0)
    share = 1.0 if status else done / total if total else 0.0
    return {"task_id": job.id, "result": json.dumps(found, ensure_ascii=False), "status": status, "progress": share,
            "progress_text": told}  # fmt: skip


def tell_unknown(task: str) -> dict[str, Any]:
    """A task that is not here: failed, so that nobody waits for it."""
    gone = [{"file": "", "status": 2, "error": "there is no such task"}]
    return {"task_id": task, "result": json.dumps(gone), "status": 2, "progress": 0.0, "progress_text": "unknown"}


def _result(take: Take, form: str) -> dict[str, Any]:
    metas = {"bpm": take.metas.bpm, "duration": take.seconds, "keyscale": take.metas.key or "", "timesignature": take.metas.meter}
    return {
        "file": f"/v1/audio?path={take.id}.{form}",
        "wave": "",
        "status": 1,
        "create_time": int(take.created.timestamp()),
        "prompt": take.caption,
        "lyrics": take.lyrics,
        "metas": metas,
        "seed_value": str(take.seed),
        "dit_model": take.variant,
        "generation_info": f"take {take.id}",
    }


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((said[name] for name in names if said.get(name) not in (None, "")), None)


def _prompt(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: given[name] for name in ("bpm", "key", "meter", "language") if given[name] is not None}
    if found.get("language") == "unknown":
        del found["language"]
    return found


def _play(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: given[name] for name in ("steps", "guidance", "shift", "batch") if given[name] is not None}
    variant = given["variant"]
    if isinstance(variant, str):
        found["variant"] = variant.removeprefix(PREFIX)
    if given["seed"] not in (None, -1) and given["random"] in (None, False):
        found["seed"] = given["seed"]
    return found


def _stem(name: object) -> object:
    """A stem by its name here; another name is left for the record to refuse."""
    plain = name.strip().lower().replace(" ", "_") if isinstance(name, str) else name
    return plain if plain in STEMS else name
