"""Every field of every body, and every query, with what no field expects: an answer in words, never a failure of the server."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from queue import Queue
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from producertwin.errors import Unavailable
from producertwin.jobs.catalogue import find_work
from producertwin.recipe import read
from producertwin.server import faults, previews
from producertwin.server.app import ROUTERS, describe, make_routes, open_app
from producertwin.server.asked import served_kinds
from producertwin.server.bodies import JsonRoute
from producertwin.server.job_facts import kind_of
from producertwin.server.previews import Previews
from producertwin.server.served import MOST_WRITERS, Served
from producertwin.server.uploads import UploadLimits
from producertwin.untrusted import DEEPEST
from producertwin.verbs.studio import Studio
from server_kit import ORIGIN, TOKEN, House, make_client, make_door, problem
from tree import ROOT

DESCRIPTION = describe(make_routes(compatible=True))
SCHEMAS: dict[str, Any] = DESCRIPTION["components"]["schemas"]
MARK = "HOSTILE-VALUE"
TYPE = {"content-type": "application/json"}
HALF = '"\\ud800"'
"""Half of a surrogate pair: JSON may hold it, no file and no database."""
WRONG = {
    "half": HALF,
    "nul": '"a\\u0000b"',
    "turned": '"\\u202e../x"',
    "nan": "NaN",
    "infinite": "-Infinity",
    "beyond floats": "1e999",
    "beyond databases": "1" + "0" * 40,
    "many digits": "1" * 5000,
    "negative": "-1",
    "path": '"../../etc/passwd"',
    "drive": '"C:\\\\x"',
    "deep": "[" * (DEEPEST + 30) + "]" * (DEEPEST + 30),
    "deeper": "[" * 50_000 + "]" * 50_000,
    "empty": '""',
    "long": '"' + "x" * 300_000 + '"',
    "spaces": '"' + " " * 300_000 + '"',
    "object": '{"a": {"b": [1]}}',
    "list": "[]",
    "nothing": "null",
    "true": "true",
    "half a second": "0.5",
}
ODD_QUERIES = (
    "a%00b", "%ED%A0%80", "%FF", "9" * 30, "1" * 5000, "-1", "NaN", "1e999", "%E2%80%AE", "x" * 5000, "", "'%22%25_*(",
    "../../etc", "%7B%7D", "9999-12-31T23:59:59%2B00:00",
)  # fmt: skip
LEFT_OUT = {"/v1/events", "/v1/doctor", "/v1/trash/empty", "/v1/jobs"}
"""One without an end, one that measures the machine, one that leaves nothing to work on, and one whose plans have a test."""


def resolve(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    return schema


def choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for name in ("anyOf", "oneOf", "allOf") for one in schema.get(name, ()) if one.get("type") != "null"]


def example(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """A value that a schema allows, as far as its types say."""
    schema = resolve(schema, defs)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("default") is not None:
        return schema["default"]
    if choices(schema):
        return example(choices(schema)[0], defs)
    match schema.get("type"):
        case "string":
            return "a" * max(1, schema.get("minLength", 1))
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case "array":
            return [example(schema["items"], defs)] * schema.get("minItems", 0)
        case "object":
            return {name: example(schema["properties"][name], defs) for name in schema.get("required", ())}
    return {}


def places(schema: dict[str, Any], defs: dict[str, Any], at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in what a schema allows, down to five levels."""
    yield at
    if len(at) == 5:
        return
    schema = resolve(schema, defs)
    for one in choices(schema):
        yield from places(one, defs, at)
    for name, inner in schema.get("properties", {}).items():
        yield from places(inner, defs, (*at, name))
    if "items" in schema:
        yield from places(schema["items"], defs, (*at, 0))


def put(value: Any, at: tuple[str | int, ...]) -> Any:
    """`value` with the mark at a place."""
    if not at:
        return MARK
    first, rest = at[0], at[1:]
    if first == 0:
        return [put(value[0] if isinstance(value, list) and value else {}, rest)]
    inner = value if isinstance(value, dict) else {}
    return {**inner, first: put(inner.get(first, {}), rest)}


def bodies(schema: dict[str, Any], defs: dict[str, Any]) -> Iterator[str]:
    """The text of an allowed value, with everything that is wrong at every place."""
    allowed = example(schema, defs)
    for at in dict.fromkeys(places(schema, defs)):
        text = json.dumps(put(allowed, at))
        yield from (text.replace(json.dumps(MARK), wrong) for wrong in WRONG.values())


@pytest.fixture
def bold(fresh: House) -> Iterator[TestClient]:
    """A client that is told of failures of the server by their answers."""
    served = Served(Studio(fresh.settings, fresh.library), UploadLimits(floor=0), compatible=True)
    headers = {"authorization": f"Bearer {TOKEN}"}
    yield TestClient(open_app(served, make_door()), base_url=ORIGIN, headers=headers, raise_server_exceptions=False)
    served._opened.close()


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


def address(path: str, house: House) -> str:
    """The path of something that is there."""
    known = {"take": house.takes[0].id, "track": house.track.id, "run": house.run.id, "pipeline": "own", "name": "producer"}
    kind = path.split("/")[2].removesuffix("s") if path.startswith("/v1/") else ""
    for part in [one for one in path.split("/") if one.startswith("{")]:
        path = path.replace(part, known.get(part[1:-1], known.get(kind, "aaaaaaaaaaaa")))
    return path


def found(answer: Any, *what: object) -> None:
    """The answer is one in JSON, and no failure."""
    assert answer.status_code < 500 or answer.status_code == 507, (*what, answer.text)
    if "json" in answer.headers.get("content-type", ""):
        json.loads(answer.text, parse_constant=lambda one: pytest.fail(f"{one} in {what}"))


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(set(DESCRIPTION["paths"]) - LEFT_OUT))
def test_wrong_values_in_every_field_are_answered(bold: TestClient, fresh: House, path: str) -> None:
    place = address(path, fresh)
    for method, operation in DESCRIPTION["paths"][path].items():
        if method == "delete":
            continue
        for name in [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]:
            for odd in ODD_QUERIES:
                found(bold.request(method, f"{place}?{name}={odd}"), method, place, name, odd[:50])
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            for body in bodies(content["application/json"]["schema"], SCHEMAS):
                found(bold.request(method, place, content=body.encode(), headers=TYPE), method, place, body[:300])


@pytest.mark.slow
@pytest.mark.parametrize("kind", served_kinds())
def test_wrong_values_in_every_plan_are_answered(bold: TestClient, kind: str) -> None:
    schema = kind_of(kind)["plan"]
    for plan in bodies(schema, schema.get("$defs", {})):
        body = f'{{"kind": "{kind}", "plan": {plan}}}'
        found(bold.post("/v1/jobs", content=body.encode(), headers=TYPE), kind, body[:300])


def test_every_body_is_read_by_the_one_reader() -> None:
    """A route with a body that is no `JsonRoute` would let past what the reader refuses."""
    taking = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute) and one.body_field is not None]
    assert len(taking) > 15
    assert [one.path for one in taking if not isinstance(one, JsonRoute)] == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("NaN", "NaN is no number of JSON"),
        ("-Infinity", "-Infinity is no number"),
        ("1e999", "beyond every float"),
        ("1" * 5000, "a number of 5000 digits"),
        ("[" * 70 + "]" * 70, "nested deeper"),
        ("[" * 100_000 + "]" * 100_000, "nested deeper"),
        ('"\udcff"', "not UTF-8"),
        ("[1,", "not JSON"),
    ],
)
def test_json_that_is_none_is_refused_in_words(here: TestClient, fresh: House, value: str, said: str) -> None:
    body = f'{{"remark": {value}}}'.encode("utf-8", "surrogateescape")
    told = problem(here.patch(f"/v1/takes/{fresh.takes[0].id}", content=body, headers=TYPE), 422)
    assert said in told["detail"] and told["remedy"]


def test_half_a_letter_is_stored_as_the_mark_of_what_cannot_be_read(here: TestClient, fresh: House) -> None:
    take, track = fresh.takes[0].id, fresh.track.id
    said = here.patch(f"/v1/takes/{take}", content=f'{{"title": {HALF}, "remark": "a{HALF[1:-1]}b"}}', headers=TYPE)
    assert (said.json()["labels"]["title"], said.json()["labels"]["remark"]) == ("\ufffd", "a\ufffdb")
    assert here.put(f"/v1/tracks/{track}/rating", content=f'{{"score": 3, "note": {HALF}}}', headers=TYPE).status_code == 200
    asked = here.post("/v1/jobs", content=f'{{"kind": "split", "plan": {{"producer": {HALF}}}}}', headers=TYPE)
    assert asked.json()["plan"]["producer"] == "\ufffd"


@pytest.mark.parametrize(
    ("kind", "plan", "pointer"),
    [
        ("train", {"producer": "Mara Vale", "resume": "x" * 5000}, "/plan/resume"),
        ("pipeline", {"run": {"play": {"adapters": [{"folder": "é" * 130}]}}}, "/plan/run/play/adapters/0/folder"),
        ("edit", {"plan": {"kind": "refine", "source": "a" * 251}}, "/plan/plan/source"),
        ("encode", {"dataset": "a" * 1000}, "/plan/dataset"),
    ],
)  # fmt: skip
def test_a_name_is_no_longer_than_file_systems_take(here: TestClient, kind: str, plan: Any, pointer: str) -> None:
    faults = problem(here.post("/v1/jobs", json={"kind": kind, "plan": plan}), 422)["errors"]
    assert pointer in [one["pointer"] for one in faults if "longer than" in one["detail"]], faults


def test_sounds_that_wait_leave_threads_for_the_rest(fresh: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are more than may wait are told so at once, whoever holds the turn and for how long."""
    monkeypatch.setattr(previews, "MOST_WAITING", 3)
    sounds = Previews(fresh.settings.studio)
    done: Queue[str] = Queue()

    def ask() -> None:
        try:
            with sounds.turn(), sounds.turn():
                done.put("read")
        except Unavailable as error:
            done.put(error.message)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    with sounds.turn():
        for one in threads:
            one.start()
        told = [done.get(timeout=30) for _ in range(5)]
    for one in threads:
        one.join(30)
    assert set(told) == {"other sounds are being read"}
    assert sorted(done.get(timeout=30) for _ in range(3)) == ["read"] * 3


@pytest.mark.parametrize("path", ["export?format=mp3", "stems"])
def test_exports_are_written_few_at_a_time(here: TestClient, fresh: House, path: str) -> None:
    app: Any = here.app
    served: Served = app.app.state.served
    with ExitStack() as others:
        for _ in range(MOST_WRITERS):
            others.enter_context(served.writing())
        answer = here.get(f"/v1/takes/{fresh.takes[0].id}/{path}")
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) > 0
    with served.writing():
        pass


def test_a_full_queue_takes_no_task_of_ace_step_either(bold: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.server.routes_jobs.MOST_QUEUED", 0)
    problem(bold.post("/release_task", json={"prompt": "lofi", "audio_duration": 10}), 429)
    problem(bold.post("/generate_web", json={"prompt": "lofi", "duration": 10}), 429)


def test_every_line_of_the_list_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| tried")]
    assert len(lines) > 40
    for line in lines:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", line)
        assert named, line
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), (path, name)


def test_a_mistake_among_thousands_of_values_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []
    monkeypatch.setattr(faults, "read", lambda *given, where: tries.append(where) or read(*given, where=where))
    plan = {"prompt": {"caption": "lofi"}, "play": {"adapters": ["mara:9999"] * 5000}}
    [told] = faults.find_faults(find_work("make").record, {"plan": plan})
    assert "scale 9999" in told and len(tries) < 5


@pytest.mark.parametrize(
    "plan",
    [
        {"plan": {"prompt": {"caption": "lofi"}, "play": {"adapters": ["mara"] * 30_000}}},
        {"plan": {"prompt": {"caption": "lofi"}, "reference": "a," * 200_000}},
        {f"field {number}": 1 for number in range(30_000)},
    ],
)
def test_a_plan_of_more_than_anybody_asks_for_is_refused_at_once(client: TestClient, plan: dict[str, Any]) -> None:
    told = problem(client.post("/v1/jobs", json={"kind": "make", "plan": plan}), 422)["errors"]
    assert 0 < len(told) < 3
