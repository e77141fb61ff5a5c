"""ACE-Step's own API over the same jobs (`twin serve --ace-compat`), and the upload, training and music of the first idea.

Clients of ACE-Step's server send their key as `Authorization: Bearer`: here it is the studio's token. Bodies are JSON.
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, JsonValue

from .. import __version__
from ..errors import BadInput, NotFound
from ..jobs.reading import count_jobs, find_job
from ..jobs.records import Job, Terms
from ..library import Take
from ..progress import finish
from ..recipe import Record
from ..untrusted import parse_json
from ..verbs import models
from ..verbs import takes as verb
from .ace_tasks import read_task, tell_result, tell_unknown, wrap
from .answers import answer
from .bodies import JsonRoute
from .media import TYPES, send_bytes
from .routes_jobs import accept_job
from .served import Here, Served

router = APIRouter(tags=["ace-step"], route_class=JsonRoute)
Form = Literal["flac", "wav", "mp3", "ogg"]
MOST_TASKS: Final = 200
"""Tasks that are asked after at once."""
Said = Annotated[dict[str, JsonValue], Body()]


class UploadSaid(Record):
    """A sound of a producer, as text."""

    producer_id: str = Field(min_length=1, max_length=200)
    content_base64: str = Field(min_length=1)
    filename: str = Field("audio.wav", max_length=1000)


class TrainSaid(Record):
    """Whose twin is trained, from which uploads."""

    producer_id: str = Field(min_length=1, max_length=200)
    paths: tuple[str, ...] = Field(min_length=1, max_length=1000)
    """What uploads gave back as `path`."""
    licence: str = Field("LicenseRef-own", max_length=200)
    variant: str = Field("nano", max_length=200)
    changes: tuple[str, ...] = Field((), max_length=50)
    """KEY=VALUE of the recipe."""


class GenerateSaid(Record):
    """What is played, and by whose twin."""

    prompt: str = Field(min_length=1, max_length=50_000)
    lora_id: str = Field("", max_length=200)
    """A producer, or `producer:model`."""
    duration: float = 60.0
    variant: str = Field("nano", max_length=200)
    seed: int | None = None


@router.post("/release_task", operation_id="ace_release_task", response_model=dict[str, JsonValue])
def release_task(request: Request, said: Said, here: Here) -> Response:
    """Queue a task as ACE-Step's server does; fields that are not taken over are named in `notes`."""
    kind, plan, notes = read_task(said)
    try:
        job = _submit(kind, plan, here)
    except BadInput as error:
        faults = tuple(fault.removeprefix("plan.plan.").removeprefix("plan.") for fault in error.faults)
        raise BadInput(error.message, remedy=error.remedy, faults=faults) from None
    place = count_jobs(here.jobs)["queued"]
    return answer(request, wrap({"task_id": job.id, "status": "queued", "queue_position": place, "notes": notes}))


@router.post("/query_result", operation_id="ace_query_result", response_model=dict[str, JsonValue])
def query_result(
    request: Request, said: Said, here: Here, form: Annotated[Form, Query(alias="audio_format")] = "mp3"
) -> Response:
    """Tell how tasks stand: 0 waits or runs, 1 is done, 2 failed or is not known."""
    asked = said.get("task_id_list", said.get("task_ids", []))
    if isinstance(asked, str):
        with suppress(BadInput):
            asked = parse_json(asked, "the list")
    if not isinstance(asked, list) or len(asked) > MOST_TASKS or not all(isinstance(one, str) for one in asked):
        raise BadInput(
            "task_id_list is a list of ids", remedy=f"send 1 to {MOST_TASKS}", faults=("task_id_list: is no list of ids",)
        )
    return answer(request, wrap([_tell(str(one), form, here) for one in asked]))


@router.get("/v1/audio", operation_id="ace_audio", response_class=Response, responses={200: {"content": {"audio/*": {}}}})
def read_audio(request: Request, here: Here, path: Annotated[str, Query(max_length=100)]) -> Response:
    """Send a take in a format, by the address that `query_result` gave: `TAKE.mp3`. No path of this machine is read."""
    name, _, form = path.partition(".")
    if form not in get_args(Form):
        raise NotFound(f"no sound {path[:40]!r}", remedy="use the address in `file` of a result")
    take = here.library.takes.get(name)
    with here.writing(), tempfile.TemporaryDirectory(prefix="twin-") as folder:
        place = Path(folder) / f"{take.id}.{form}"
        finish(verb.export(take.id, here.studio, place))
        return send_bytes(request, place.read_bytes(), media=TYPES[form], name=place.name)


@router.get("/v1/models", operation_id="ace_models", response_model=dict[str, JsonValue])
def list_models(request: Request, here: Here) -> Response:
    """List the variants that are here."""
    names = [one.name for one in models.list_models(here.studio) if one.present]
    found = [{"name": name, "is_default": name == "nano", "is_loaded": name == "nano"} for name in names]
    return answer(request, wrap({"models": found, "default_model": "nano"}))


@router.get("/v1/stats", operation_id="ace_stats", response_model=dict[str, JsonValue])
def read_stats(request: Request, here: Here) -> Response:
    """Count what waits and runs."""
    store = here.existing_jobs
    counts = {"queued": 0, "running": 0} if store is None else count_jobs(store)
    return answer(request, wrap({"jobs": counts, "queue_size": counts["queued"]}))


@router.get("/health", operation_id="ace_health", response_model=dict[str, JsonValue])
def read_health(request: Request) -> Response:
    """Say that the server answers."""
    return answer(request, wrap({"status": "ok", "service": "ACE-Step API", "version": __version__}))


@router.post("/store_upload_web", operation_id="seed_upload", response_model=dict[str, JsonValue])
async def store_upload(request: Request, said: UploadSaid, here: Here) -> Response:
    """Take a sound of a producer; `path` names it for the training."""
    try:
        content = await run_in_threadpool(base64.b64decode, said.content_base64, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(
            "the content is no base64", remedy="encode the file's bytes", faults=("content_base64: is no base64",)
        ) from None

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    asset, _ = await here.uploads.take(pieces(), said.filename)
    return answer(request, {"path": asset.id, "producer_id": said.producer_id, "filename": asset.name, "seconds": asset.seconds})


@router.post("/train_web", operation_id="seed_train", status_code=202, response_model=dict[str, JsonValue])
def train(request: Request, said: TrainSaid, here: Here) -> Response:
    """Make uploads a training set and train the producer's twin on it, as one job."""
    ingest = {"producer": said.producer_id, "licence": said.licence, "provider": "self"}
    plan = {
        "assets": list(said.paths),
        "build": {"ingest": ingest, "dataset": {"producer": said.producer_id}},
        "train": {"producer": said.producer_id, "variant": said.variant, "changes": list(said.changes)},
    }
    return _tell_accepted(request, _submit("twin", plan, here), said.producer_id)


@router.post("/generate_web", operation_id="seed_generate", status_code=202, response_model=dict[str, JsonValue])
def generate(request: Request, said: GenerateSaid, here: Here) -> Response:
    """Play an instrumental by a producer's twin; ask `/v1/jobs/ID` or `/query_result` how it stands."""
    producer = said.lora_id.partition(":")[0]
    play: dict[str, Any] = {"variant": said.variant, **({} if said.seed is None else {"seed": said.seed})}
    if producer:
        play["adapters"] = [{"folder": producer}]
    plan = {"plan": {"prompt": {"caption": said.prompt}, "seconds": said.duration, "play": play}}
    return _tell_accepted(request, _submit("make", plan, here), producer)


def _submit(kind: str, plan: dict[str, Any], here: Served) -> Job:
    return accept_job(kind, plan, Terms(), here)


def _tell_accepted(request: Request, job: Job, producer: str) -> Response:
    data = {"job_id": job.id, "producer_id": producer, "status": job.state, "status_url": f"/v1/jobs/{job.id}"}
    return answer(request, data, status=202, headers={"location": f"/v1/jobs/{job.id}"})


def _tell(task: str, form: str, here: Served) -> dict[str, Any]:
    store = here.existing_jobs
    try:
        if store is None:
            return tell_unknown(task)
        job = find_job(task, store)
    except (NotFound, BadInput):
        return tell_unknown(task)
    takes: dict[str, Take] = {}
    for name in job.outcome.takes if job.outcome else ():
        with suppress(NotFound, BadInput):  # deleted meanwhile
            takes[name] = here.library.takes.get(name)
    return tell_result(job, takes, form, here.hider.hide)
