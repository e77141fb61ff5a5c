"""ACE-Step's own API over our jobs: a task from its request to its sound, and the mistakes that are not made again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from jobs_kit import Count, register, stub_worker, submit
from producertwin.jobs import attempts
from producertwin.jobs.catalogue import WORKS
from producertwin.jobs.reading import find_job
from producertwin.jobs.records import Outcome
from producertwin.jobs.store import open_store
from producertwin.server.ace_tasks import name_sound, read_task, tell_result
from producertwin.server.app import describe, make_routes, open_app
from producertwin.server.served import Served
from producertwin.server.uploads import UploadLimits
from producertwin.verbs.studio import Studio
from server_kit import ORIGIN, TOKEN, House, make_client, make_door, problem


@pytest.fixture
def client(fresh: House) -> Iterator[TestClient]:
    """A client of a studio that speaks ACE-Step's API too."""
    served = Served(Studio(fresh.settings, fresh.library), UploadLimits(floor=0), compatible=True)
    headers = {"authorization": f"Bearer {TOKEN}"}
    with TestClient(open_app(served, make_door()), base_url=ORIGIN, headers=headers) as found:
        yield found


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["code"], found["error"]) == (200, None) and found["timestamp"] > 0
    return found["data"]


def test_a_task_is_queued_as_a_client_of_ace_step_asks_for_it(client: TestClient, fresh: House) -> None:
    said = {
        "prompt": "lofi", "lyrics": "[inst]", "key_scale": "A minor", "time_signature": "4", "audio_duration": 12, "bpm": 90,
        "inference_steps": 3, "seed": 7, "use_random_seed": False, "batch_size": 2, "model": "acestep-v15-tiny",
        "thinking": False, "vocal_language": "unknown", "audio_format": "mp3", "use_format": True,
    }  # fmt: skip
    queued = data(client.post("/release_task", json=said | {"model": "tiny"}))
    assert queued["status"] == "queued" and queued["queue_position"] == 1 and queued["notes"] == ["use_format is not taken over"]
    with open_store(fresh.settings) as store:
        plan = find_job(queued["task_id"], store).plan["plan"]
    assert plan["play"] == {"variant": "tiny", "seed": 7, "batch": 2, "steps": 3} and plan["seconds"] == 12
    assert plan["prompt"]["key"] == "A minor" and plan["prompt"]["meter"] == 4
    assert read_task(said)[1]["plan"]["play"]["variant"] == "tiny"
    [told] = data(client.post("/query_result", json={"task_id_list": [queued["task_id"]]}))
    assert told["status"] == 0 and json.loads(told["result"]) == []


def test_mistakes_are_told_by_their_own_status(client: TestClient) -> None:
    found = problem(client.post("/release_task", json={"prompt": "lofi", "bpm": 9999, "inference_steps": 0}), 422)
    assert {one["pointer"] for one in found["errors"]} == {"/prompt/bpm", "/play/steps"}
    problem(client.post("/release_task", json={"task_type": "dance"}), 422)
    problem(client.post("/release_task", json={"task_type": "cover", "prompt": "x", "src_audio_path": "/etc/passwd"}), 422)
    problem(client.post("/release_task", json={"task_type": "cover", "prompt": "x", "src_audio_path": "aaaa"}), 404)
    problem(client.post("/release_task", json=[1]), 422)
    for wrong in ({}, {"task_id_list": "x"}, {"task_id_list": [1]}, {"task_id_list": ["x"] * 500}):
        if wrong:
            problem(client.post("/query_result", json=wrong), 422)


def test_a_task_that_is_not_known_is_not_waited_for(client: TestClient) -> None:
    for asked in (["nosuch"], json.dumps(["nosuch"]), ["../x"], [""]):
        [told] = data(client.post("/query_result", json={"task_id_list": asked}))
        assert told["status"] == 2 and "no such task" in json.loads(told["result"])[0]["error"]


def test_what_was_made_is_named_by_its_id_and_sent(client: TestClient, fresh: House) -> None:
    take = fresh.takes[0]
    register()
    try:
        with open_store(fresh.settings) as store, stub_worker(store):
            job = submit(store, Count())
            begun = attempts.begin(job.id, "w", "cpu", store)
            done = find_job(job.id, store).model_copy(update={"state": "succeeded", "outcome": Outcome(takes=(take.id, "gone"))})
            attempts.end(begun, "failed", store)
    finally:
        del WORKS["count"]
    told = tell_result(done, {take.id: take}, "wav", str)
    failed = tell_result(done.model_copy(update={"state": "failed"}), {}, "wav", lambda _: "hidden")
    assert failed["status"] == 2 and json.loads(failed["result"])[0]["error"]
    [result] = json.loads(told["result"])
    assert told["status"] == 1 and result["prompt"] == take.caption and result["seed_value"] == "0"
    sound = client.get(result["file"])
    assert sound.status_code == 200 and sound.content[:4] == b"RIFF" and "/" not in result["file"].partition("path=")[2]
    assert name_sound(result["file"]) == take.id
    for wrong in ("x", f"{take.id}", f"{take.id}.exe", "../../etc/passwd", "/etc/passwd", f"../{take.id}.wav", "%00.wav"):
        answer = client.get("/v1/audio", params={"path": wrong})
        assert answer.status_code in {404, 422} and problem(answer, answer.status_code)


def test_the_rest_that_clients_ask_for(client: TestClient) -> None:
    models = data(client.get("/v1/models"))
    assert models["default_model"] == "nano" and "tiny" in [one["name"] for one in models["models"]]
    assert data(client.get("/v1/stats"))["jobs"] == {"queued": 0, "running": 0}
    assert data(client.get("/health"))["status"] == "ok"


def test_upload_train_and_generate(client: TestClient, sound: bytes, fresh: House) -> None:
    said = {"producer_id": "Mara Vale", "content_base64": base64.b64encode(sound).decode(), "filename": "../beat.flac"}
    path = client.post("/store_upload_web", json=said).json()["path"]
    assert path.startswith("b2:")
    answer = client.post("/train_web", json={"producer_id": "Mara Vale", "paths": [path], "variant": "tiny"})
    assert answer.status_code == 202
    told = client.get(answer.json()["status_url"])
    assert told.status_code == 200 and told.json()["kind"] == "twin", told.text
    answer = client.post("/generate_web", json={"prompt": "lofi", "duration": 5, "variant": "tiny"})
    job = client.get(answer.json()["status_url"]).json()
    assert job["kind"] == "make" and job["plan"]["plan"]["prompt"].get("lyrics", "") == ""
    problem(client.post("/store_upload_web", json=said | {"content_base64": "é!"}), 422)
    problem(client.post("/store_upload_web", json=said | {"content_base64": base64.b64encode(b"no sound").decode()}), 422)
    problem(client.post("/train_web", json={"producer_id": "Mara Vale", "paths": ["/etc"]}), 422)
    problem(client.post("/train_web", json={"producer_id": "Mara Vale", "paths": []}), 422)
    problem(client.post("/generate_web", json={"prompt": ""}), 422)
    assert client.post("/generate_web", json={"prompt": "x", "lora_id": "../x:y"}).status_code == 422
    assert client.post("/generate_web", json={"prompt": "x", "lora_id": "Nobody:nawfside_lora"}).status_code in {404, 422}


@pytest.mark.thorough
def test_it_is_there_only_where_it_is_asked_for(fresh: House) -> None:
    paths = describe(make_routes(compatible=True))["paths"].keys() - describe(make_routes())["paths"].keys()
    assert {"/release_task", "/query_result", "/v1/audio", "/v1/models", "/v1/stats", "/health"} <= paths
    with make_client(fresh) as plain:
        problem(plain.post("/release_task", json={"prompt": "x"}), 404)


def test_it_needs_the_token_and_no_page_of_another_origin(client: TestClient) -> None:
    for path in ("/release_task", "/query_result", "/store_upload_web", "/train_web", "/generate_web"):
        problem(client.post(path, json={}, headers={"authorization": ""}), 401)
        problem(client.post(path, json={}, headers={"origin": "https://example.invalid"}), 403)
        problem(client.post(path, json={}, headers={"host": "example.invalid"}), 400)
        problem(client.post(path, content=b"a=1", headers={"content-type": "application/x-www-form-urlencoded"}), 415)
    for path in ("/v1/models", "/v1/stats", "/health", "/v1/audio?path=x"):
        problem(client.get(path, headers={"authorization": "Bearer x"}), 401)
