"""Jobs over HTTP: asked for by ids, refused by field, listed in pages, cancelled, tried again, and done elsewhere."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import update

from jobs_kit import Count, register, stub_worker, submit
from producertwin.audio import files
from producertwin.errors import BadInput
from producertwin.jobs import attempts
from producertwin.jobs.catalogue import WORKS, find_work
from producertwin.jobs.reading import find_job, list_kept_things
from producertwin.jobs.records import Outcome
from producertwin.jobs.schema import jobs
from producertwin.jobs.session import Session
from producertwin.jobs.store import open_store
from producertwin.progress import Kept, note, warning
from producertwin.server.asked import NAMING, READ, UNSERVED, WRITTEN, served_kinds
from producertwin.server.staging import FOLDERS
from server_kit import House, make_client, problem, tone

MAKE = {"kind": "make", "plan": {"plan": {"prompt": {"caption": "lofi, 90 bpm"}, "seconds": 5, "play": {"variant": "tiny"}}}}
TEXTS = frozenset({
    "about", "buses", "caption", "changes", "chords", "codes", "currency", "form", "global_caption", "hold", "id", "key",
    "language", "licence", "lm_negative", "lyrics", "model", "moves", "name", "note", "notes", "only", "part", "players",
    "producer", "prompt", "proof", "provider", "scorers", "section", "sends", "source_caption", "source_hash", "source_lyrics",
    "stems", "strips", "style", "styles", "tempi", "title", "trigger", "judges", "vary",
})  # fmt: skip
"""Fields of plans that hold words, and are never taken for the name of a file."""


@pytest.fixture(autouse=True)
def count() -> Iterator[None]:
    register()
    yield
    del WORKS["count"]


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


def ask(client: TestClient, kind: str, plan: Any, **more: Any) -> Any:
    headers = more.pop("headers", {})
    return client.post("/v1/jobs", json={"kind": kind, "plan": plan, **more}, headers=headers)


def test_a_job_is_accepted_and_read(here: TestClient) -> None:
    answer = here.post("/v1/jobs", json=MAKE)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["state"], job["kind"], job["queue"], job["priority"]) == ("queued", "make", "gpu", 10)
    assert job["plan"]["plan"]["play"]["seed"] >= 0  # drawn, so that every attempt makes the same
    assert job["takes"] == [] and job["error"] is None and job["progress"] is None
    assert here.get(f"/v1/jobs/{job['id'][:6]}").json() == here.get(answer.headers["location"]).json()
    assert [one["id"] for one in here.get("/v1/jobs").json()["items"]] == [job["id"]]


def test_the_same_key_is_the_same_job(here: TestClient) -> None:
    first, again = (here.post("/v1/jobs", json=MAKE, headers={"idempotency-key": "k1"}) for _ in range(2))
    assert first.json()["id"] == again.json()["id"] and again.status_code == 202
    other = MAKE | {"plan": {"plan": {"prompt": {"caption": "house"}, "seconds": 5}}}
    assert "key" in problem(here.post("/v1/jobs", json=other, headers={"idempotency-key": "k1"}), 422)["detail"]
    assert len(here.get("/v1/jobs").json()["items"]) == 1
    problem(here.post("/v1/jobs", json=MAKE, headers={"idempotency-key": "x" * 300}), 422)


def test_every_mistake_is_told_at_once_by_its_field(here: TestClient) -> None:
    plan = {
        "plan": {"prompt": {"caption": 3, "bpm": 9999}, "seconds": "long", "play": {"variant": "../x", "batch": 99}, "what": 1}
    }
    faults = problem(ask(here, "make", plan), 422)["errors"]
    told = {one["pointer"] for one in faults}
    below = ("prompt/caption", "prompt/bpm", "seconds", "play/variant", "play/batch", "what")
    assert told == {f"/plan/plan/{name}" for name in below}
    assert all(one["detail"] for one in faults)
    edit = {"plan": {"kind": "refine", "source": "abc", "keep": "much", "play": {"steps": 0}}}
    told = {one["pointer"] for one in problem(ask(here, "edit", edit), 422)["errors"]}
    assert {"/plan/plan/keep", "/plan/plan/play/steps"} <= told or {"/plan/plan/play/steps"} <= told


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "mak", "plan": {}}, "/kind"),
        ({"kind": "measure-nano", "plan": {}}, "/kind"),
        ({"kind": "make"}, "/plan"),
        ({"kind": "make", "plan": []}, "/plan"),
        ({"kind": "make", "plan": {}}, "/plan/plan"),
        (MAKE | {"priority": 0}, "/priority"),
        (MAKE | {"attempts": 1000}, "/attempts"),
        (MAKE | {"budget": {"takes": 0}}, "/budget/takes"),
        (MAKE | {"else": 1}, "/else"),
    ],
)
def test_what_is_no_request_is_refused_by_its_field(here: TestClient, body: Any, pointer: str) -> None:
    assert pointer in [one["pointer"] for one in problem(here.post("/v1/jobs", json=body), 422)["errors"]]
    assert here.get("/v1/jobs").json()["items"] == []


def test_what_the_verb_refuses_is_refused_before_it_is_queued(here: TestClient) -> None:
    found = problem(ask(here, "make", {"plan": {"prompt": {"caption": "lofi 90 bpm", "bpm": 120}, "seconds": 5}}), 422)
    assert "contradicts" in found["detail"] and found["remedy"]
    problem(ask(here, "prove", {"subject": "nobody"}), 404)
    problem(ask(here, "train", {"producer": "Nobody"}), 404)
    problem(ask(here, "edit", {"plan": {"kind": "refine", "source": "aaaa"}}), 404)


PATHS = ("/etc/passwd", "../x", "a/b.wav", "C:\\x", "~/x", ".hidden", "x\0y", "song.flac", "set.json", "r.toml")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("kind", "plan", "pointer"),
    [
        ("edit", lambda path: {"plan": {"kind": "refine", "source": path}}, "/plan/plan/source"),
        ("make", lambda path: {"plan": {"reference": path}}, "/plan/plan/reference"),
        ("make", lambda path: {"plan": {"play": {"variant": path}}}, "/plan/plan/play/variant"),
        ("make", lambda path: {"plan": {"play": {"adapters": [path]}}}, "/plan/plan/play/adapters/0"),
        ("make", lambda path: {"plan": {"play": {"adapters": [{"folder": path}]}}}, "/plan/plan/play/adapters/0/folder"),
        ("make", lambda path: {"plan": {}, "out": path}, "/plan/out"),
        ("make", lambda path: {"plan": {}, "thinking": {"planner": path}}, "/plan/thinking/planner"),
        ("pipeline", lambda path: {"run": {"pipeline": path}}, "/plan/run/pipeline"),
        ("pipeline", lambda path: {"run": {"pipeline": "quality-ladder", "source": path}}, "/plan/run/source"),
        ("pipeline", lambda path: {"tables": {"stages": [{"id": "a", "kind": "refine", "source": path}]}},
         "/plan/tables/stages/0/source"),
        ("train", lambda path: {"recipe": path}, "/plan/recipe"),
        ("train", lambda path: {"dataset": path}, "/plan/dataset"),
        ("train", lambda path: {"resume": path}, "/plan/resume"),
        ("train", lambda path: {"start": path}, "/plan/start"),
        ("prove", lambda path: {"subject": path}, "/plan/subject"),
        ("prove", lambda path: {"subject": "Mara Vale", "out": path}, "/plan/out"),
        ("encode", lambda path: {"dataset": path}, "/plan/dataset"),
        ("improve", lambda path: {"producer": "Mara Vale", "pairs": path}, "/plan/pairs"),
        ("ingest", lambda path: {"folder": path, "tracks": {}}, "/plan/folder"),
        ("dataset", lambda path: {"folder": path, "build": {}}, "/plan/folder"),
        ("ingest", lambda path: {"assets": [path], "tracks": {}}, "/plan/assets/0"),
        ("pull", lambda path: {"variant": path}, "/plan/variant"),
    ],
)  # fmt: skip
def test_a_path_is_not_taken(client: TestClient, kind: str, plan: Any, pointer: str, path: str) -> None:
    faults = problem(ask(client, kind, plan(path)), 422)["errors"]
    assert pointer in [one["pointer"] for one in faults], faults


def leaves(kind: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The names and types of all texts and paths in a type."""
    if typing.get_origin(kind) is typing.Annotated:
        yield from leaves(typing.get_args(kind)[0], name)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        for field, about in kind.model_fields.items():
            yield from leaves(about.annotation, field)
    elif typing.get_origin(kind) is not None and typing.get_origin(kind) is not typing.Literal:
        for inner in typing.get_args(kind):
            yield from leaves(inner, name)
    elif kind is str or kind is Path:
        yield name, kind


@pytest.mark.parametrize("kind", [kind for kind in WORKS if kind not in UNSERVED])
def test_every_field_that_can_hold_a_path_is_watched(kind: str) -> None:
    """A new text in a plan is named in `TEXTS` here, or else in `NAMING`; a path is an id, or refused."""
    found = set(leaves(find_work(kind).record))
    for name, what in found:
        assert name in NAMING | WRITTEN | READ or (what is str and name in TEXTS), (name, what)


def test_assets_and_takes_are_named_by_their_ids(here: TestClient, fresh: House, sound: bytes) -> None:
    asset = here.post("/v1/assets?name=a.flac", content=sound, headers={"content-type": "audio/flac"}).json()["id"]
    job = ask(here, "edit", {"plan": {"kind": "refine", "source": asset, "play": {"variant": "tiny"}}}).json()
    assert job["plan"]["plan"]["source"] == asset
    reference = {
        "plan": {"prompt": {"caption": "lofi"}, "seconds": 5, "play": {"variant": "tiny"}, "reference": fresh.takes[0].id}
    }
    assert ask(here, "make", reference).status_code == 202
    unknown = "b2:" + "0" * 64
    faults = problem(ask(here, "edit", {"plan": {"kind": "refine", "source": unknown}}), 422)["errors"]
    assert faults[0]["pointer"] == "/plan/plan/source"
    for answer in (here.get("/v1/jobs"),):
        assert str(fresh.settings.studio) not in answer.text


def test_uploaded_sounds_are_ingested_under_their_names(here: TestClient, fresh: House, sound: bytes) -> None:
    names = ("Night Train.flac", "../../etc/passwd", "con.wav")
    ids = []
    for place, name in enumerate(names):
        content = files.write(fresh.settings.studio / f"t{place}.flac", tone(0.5, 200.0 + place)).read_bytes()
        answer = here.post("/v1/assets", params={"name": name}, content=content, headers={"content-type": "audio/flac"})
        ids.append(answer.json()["id"])
    tracks = {"producer": "Mara Vale", "licence": "LicenseRef-own", "provider": "self"}
    answer = ask(here, "ingest", {"assets": ids, "tracks": tracks})
    assert answer.status_code == 202, answer.text
    folder = Path(served_plan(fresh, answer.json()["id"])["folder"])
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["Night Train.flac", "passwd.flac", f"con {ids[2][3:9]}.flac"]
    )
    assert folder.is_relative_to(fresh.settings.studio)
    faults = problem(ask(here, "ingest", {"assets": [ids[0], "b2:" + "0" * 64, "x"], "tracks": tracks}), 422)["errors"]
    assert [one["pointer"] for one in faults] == ["/plan/assets/1", "/plan/assets/2"]
    for wrong in ([], "x", [1], [{}], None, ["x"] * 2000):
        faults = problem(ask(here, "ingest", {"assets": wrong, "tracks": tracks}), 422)["errors"]
        assert faults[0]["pointer"].startswith("/plan/assets")


def served_plan(house: House, job: str) -> dict[str, Any]:
    with open_store(house.settings) as store:
        return find_job(job, store).plan


def test_a_list_comes_in_pages_by_state_and_kind(here: TestClient) -> None:
    ids = [ask(here, "count", {"units": number}).json()["id"] for number in range(5)]
    here.post(f"/v1/jobs/{ids[0]}/cancel")
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = here.get("/v1/jobs", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(ids) and len(found) == 5
    assert [one["id"] for one in here.get("/v1/jobs?state=cancelled").json()["items"]] == [ids[0]]
    assert here.get("/v1/jobs?kind=make").json()["items"] == []
    assert len(here.get("/v1/jobs?kind=count&kind=make&state=queued&state=running").json()["items"]) == 4
    for wrong in ("state=done", "limit=0", "cursor=x", "cursor=WzFd"):
        problem(here.get(f"/v1/jobs?{wrong}"), 422)


def test_a_job_is_cancelled_tried_again_and_moved(here: TestClient) -> None:
    job = ask(here, "count", {"units": 1}).json()["id"]
    assert here.put(f"/v1/jobs/{job}/priority", json={"priority": 1}).json()["priority"] == 1
    assert here.post(f"/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert here.post(f"/v1/jobs/{job}/cancel", json={"kill": True}).json()["state"] == "cancelled"  # nothing more to do
    problem(here.put(f"/v1/jobs/{job}/priority", json={"priority": 1}), 422)
    assert here.post(f"/v1/jobs/{job}/retry").json()["state"] == "queued"
    problem(here.post(f"/v1/jobs/{job}/retry"), 422)
    for wrong in (0, 1001, "x", 1.5, None):
        problem(here.put(f"/v1/jobs/{job}/priority", json={"priority": wrong}), 422)


@pytest.mark.parametrize("key", ["nosuchjob", "../x", "é", "'; --", "%00", "x" * 300])
def test_an_unknown_job_is_not_there(here: TestClient, key: str) -> None:
    answers = [here.get(f"/v1/jobs/{key}"), here.post(f"/v1/jobs/{key}/cancel"), here.post(f"/v1/jobs/{key}/retry")]
    answers.append(here.put(f"/v1/jobs/{key}/priority", json={"priority": 1}))
    for answer in answers:
        problem(answer, answer.status_code)
        assert answer.status_code in {404, 405}


def test_a_failed_job_says_why_and_what_to_do(here: TestClient, fresh: House) -> None:
    with open_store(fresh.settings) as store, stub_worker(store) as worker:
        job = submit(store, Count(fail="input"))
        session = Session(job.id, worker)
        assert "failed" in session.go_on()
        session.close()
    found = here.get(f"/v1/jobs/{job.id}").json()
    assert found["attempts"][0]["message"] == "the caption is empty" and found["attempts"][0]["remedy"] == "say something"


def test_the_studios_files_are_not_told(here: TestClient, fresh: House) -> None:
    outcome = Outcome(text="run k3v", files=(fresh.settings.studio / "runs" / "k3v" / "adapter",))
    with open_store(fresh.settings) as store:
        job = submit(store, Count(log=fresh.settings.studio / "deep" / "log"))
        assert str(outcome.files[0]).startswith(str(fresh.settings.studio))
        begun = attempts.begin(job.id, "worker", "cpu", store)
        error = BadInput(f"no file at {fresh.settings.studio}/x/y", remedy="")
        attempts.end(begun, "failed", store, error)
    assert str(fresh.settings.studio) not in here.get(f"/v1/jobs/{job.id}").text


def test_the_kinds_are_told_with_what_is_asked_of_each(client: TestClient) -> None:
    found = {one["kind"]: one for one in client.get("/v1/jobs/kinds").json()["items"]}
    assert found.keys() == set(served_kinds())
    for kind, one in found.items():
        assert one["about"].endswith("."), kind
        assert one["plan"]["properties"] or kind == "verify", "there is nothing to choose for that one alone"
        assert not WRITTEN & one["plan"]["properties"].keys()
        assert (kind in FOLDERS) == ("assets" in one["plan"]["properties"])
    assert found["make"]["plan"]["properties"]["plan"]


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a schema, and every name that chooses among several."""
    if isinstance(value, dict):
        yield from (one for name, one in value.items() if name == "$ref" and isinstance(one, str))
        yield from value.get("discriminator", {}).get("mapping", {}).values()
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_schemas_of_kinds_hold_together(client: TestClient, house: House) -> None:
    answer = client.get("/v1/jobs/kinds")
    assert str(house.settings.studio) not in answer.text and str(Path.home()) not in answer.text
    count = 0
    for one in answer.json()["items"]:
        for reference in references(one["plan"]):
            start, name, inner = reference.split("/")
            assert (start, name) == ("#", "$defs") and inner in one["plan"]["$defs"], (one["kind"], reference)
            count += 1
    assert count > 50


def test_a_job_is_read_line_by_line(here: TestClient, fresh: House) -> None:
    with open_store(fresh.settings) as store, stub_worker(store) as worker:
        job, other = submit(store, Count(units=3)), submit(store, Count(units=1))
        for each in (job, other):
            session = Session(each.id, worker)
            while "kept" in session.go_on():
                pass
            session.close()
    lines = here.get(f"/v1/jobs/{job.id}/updates").json()
    kinds = [one["kind"] for one in lines["items"]]
    assert kinds.count("kept") == 3 and lines["next"] is None
    found, after = [], 0
    while True:
        part = here.get(f"/v1/jobs/{job.id[:8]}/updates", params={"limit": 2, "after": after}).json()
        found += part["items"]
        if part["next"] is None:
            break
        after = int(part["next"])
    assert found == lines["items"], "in parts as at once"
    for wrong in ("after=-1", "after=x", "after=99999999999999999999", "limit=0"):
        problem(here.get(f"/v1/jobs/{job.id}/updates?{wrong}"), 422)
    for key in ("nosuch", "%00", "x" * 300, "';--"):
        problem(here.get(f"/v1/jobs/{key}/updates"), 404)


def test_the_log_of_a_job_holds_nothing_of_this_machine(here: TestClient, fresh: House) -> None:
    with open_store(fresh.settings) as store:
        job = submit(store, Count())
        begun = attempts.begin(job.id, "worker", "cpu", store)
        attempts.tell(
            begun, [note(f"writes {fresh.settings.studio}/x"), note("token hf_" + "a" * 34), warning("</script>")], store
        )
    text = here.get(f"/v1/jobs/{job.id}/updates").text
    assert str(fresh.settings.studio) not in text and "hf_aaa" not in text and "</script>" in text


def test_a_running_training_names_its_run(here: TestClient, fresh: House) -> None:
    with open_store(fresh.settings) as store:
        job = submit(store, Count())
        begun = attempts.begin(job.id, "worker", "cpu", store)
        attempts.tell(begun, [Kept("record of run", run=fresh.run.id), Kept("step 5"), Kept("again", run=fresh.run.id)], store)
        assert [(one.kind, one.id) for one in list_kept_things(job.id, store)] == [("run", fresh.run.id)]
        with store.note() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job.id).values(kind="train"))
    assert here.get(f"/v1/jobs/{job.id}").json()["things"] == [{"kind": "run", "id": fresh.run.id}]


def test_a_studio_without_jobs_is_left_alone(here: TestClient, fresh: House) -> None:
    assert here.get("/v1/jobs").json() == {"items": [], "next": None}
    found = here.get("/v1/workers").json()
    assert (found["workers"], found["queued"], found["running"], found["stuck"]) == ([], 0, 0, "")
    assert found["crew"] == {"wanted": 0, "running": 0, "deaths": 0, "given_up": []}
    assert not (fresh.settings.studio / "jobs.sqlite").exists()
    ask(here, "count", {})
    found = here.get("/v1/workers").json()
    assert found["queued"] == 1 and "twin work" in found["stuck"]


def test_a_full_queue_says_when_to_come_back(here: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.server.routes_jobs.MOST_QUEUED", 1)
    assert ask(here, "count", {}).status_code == 202
    answer = ask(here, "count", {})
    problem(answer, 429)
    assert int(answer.headers["retry-after"]) > 0
