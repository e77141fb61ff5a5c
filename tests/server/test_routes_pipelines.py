"""Pipelines over HTTP: every mistake names its field, and no path is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from producertwin.pipeline.pipelines import PRESETS
from producertwin.pipeline.sound_stages import Mix, MixInput, Select
from producertwin.pipeline.stages import EDITS, Adapter, Generate, Play
from producertwin.server.asked import NAMING
from producertwin.verbs.pipeline_reading import OPEN
from server_kit import House, make_client, problem

LADDER: dict[str, Any] = {
    "title": "A ladder",
    "stages": [
        {"id": "first", "kind": "generate", "prompt": {"caption": "lofi"}, "play": {"batch": 4}},
        {"id": "best", "kind": "select", "source": "@first", "keep": 1},
        {"id": "soft", "kind": "refine", "source": "@best", "denoise": 0.3},
    ],
}


def check(client: TestClient, tables: Any) -> Any:
    return client.post("/v1/pipelines/validate", json=tables)


def changed(place: int, **fields: Any) -> dict[str, Any]:
    """The ladder with other fields in one stage."""
    stages = [dict(stage) for stage in LADDER["stages"]]
    stages[place] |= fields
    return LADDER | {"stages": stages}


def test_a_pipeline_reads_back_with_its_defaults(client: TestClient) -> None:
    found = check(client, LADDER).json()
    assert [one["id"] for one in found["stages"]] == ["first", "best", "soft"]
    assert found["stages"][0]["stage"]["play"]["variant"] == "nano"


def test_every_preset_is_valid_once_it_has_words(client: TestClient) -> None:
    names = [path.stem for path in PRESETS.glob("*.toml")]
    assert names
    for name in names:
        tables = client.get(f"/v1/pipelines/{name}").json()["tables"]
        assert check(client, {"prompt": {"caption": "lofi"}} | tables).status_code == 200, name


@pytest.mark.parametrize(
    ("tables", "pointer"),
    [
        (changed(0, prompt={"caption": "lofi", "bpm": 900}), "/stages/0"),
        (changed(2, denoise=7), "/stages/2"),
        (changed(1, keep=0), "/stages/1/keep"),
        (changed(1, keep="many"), "/stages/1/keep"),
        (changed(2, source="@nobody"), "/stages/2"),
        (changed(2, kind="dance"), "/stages/2"),
        (changed(0, play={"batch": 4, "colour": "red"}), "/stages/0/play/colour"),
        (LADDER | {"stages": []}, "/stages"),
        (LADDER | {"colour": "red"}, "/colour"),
        ({}, "/stages"),
    ],
)
def test_a_mistake_names_its_field(client: TestClient, tables: Any, pointer: str) -> None:
    faults = problem(check(client, tables), 422)["errors"]
    assert any(fault["pointer"].startswith(pointer) and fault["detail"] for fault in faults), faults


def test_all_mistakes_are_told_at_once(client: TestClient) -> None:
    stages = [changed(1, keep=0)["stages"][1], changed(2, denoise=7)["stages"][2]]
    faults = problem(check(client, LADDER | {"stages": [LADDER["stages"][0], *stages]}), 422)["errors"]
    assert {"/stages/1", "/stages/2"} <= {"/".join(fault["pointer"].split("/")[:3]) for fault in faults}


PATHS = (
    "/etc/passwd",
    "../song.flac",
    "a/b.wav",
    "C:\\x.wav",
    "~/x.wav",
    "\\\\host\\x",
    "./x",
    ".hidden",
    "x\x00y",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("field", "tables"),
    [
        ("/stages/2/source", lambda path: changed(2, source=path)),
        ("/stages/0/reference", lambda path: changed(0, reference=path)),
        ("/stages/0/reference/0", lambda path: changed(0, reference=[path])),
        ("/stages/0/play/variant", lambda path: changed(0, play={"variant": path})),
        ("/stages/0/play/adapters/0", lambda path: changed(0, play={"adapters": [path]})),
        ("/stages/0/play/adapters/0/folder", lambda path: changed(0, play={"adapters": [{"folder": path}]})),
        ("/play/variant", lambda path: LADDER | {"play": {"variant": path}}),
        (
            "/stages/3/inputs/0/source",
            lambda path: (
                LADDER
                | {"stages": [*LADDER["stages"], {"id": "m", "kind": "mix", "inputs": [{"source": path}, {"source": "@soft"}]}]}
            ),
        ),
    ],
)
def test_a_path_is_not_taken(client: TestClient, field: str, tables: Any, path: str) -> None:
    faults = problem(check(client, tables(path)), 422)["errors"]
    assert field in [fault["pointer"] for fault in faults]


def test_every_field_that_can_hold_a_path_is_watched() -> None:
    """A new field of type path, or one that names a source, has to be added to `NAMING`."""
    kinds = (Generate, *EDITS.values(), Mix, MixInput, Select, Play, Adapter)
    holding = {
        name for kind in kinds for name, field in kind.model_fields.items() if "Path" in str(field.annotation) or name == "source"
    }
    assert {"source", "folder", "reference"} <= holding <= NAMING


@pytest.mark.parametrize("tables", [[], "x", 1, None, [[]], {"stages": [[]]}, {"stages": {"a": 1}}, {"stages": [None, 1, "x"]}])
def test_what_is_no_pipeline_is_refused(client: TestClient, tables: Any) -> None:
    problem(check(client, tables), 422)


def test_deep_nesting_is_refused(client: TestClient) -> None:
    for depth in (70, 200, 900):
        answer = client.post(
            "/v1/pipelines/validate",
            content=b'{"stages": ' + b"[" * depth + b"]" * depth + b"}",
            headers={"content-type": "application/json"},
        )
        assert answer.status_code in {400, 422}
        problem(answer, answer.status_code)


def test_a_caption_may_hold_a_slash(client: TestClient) -> None:
    assert check(client, changed(0, prompt={"caption": "and/or ../x", "meter": "6/8"})).status_code == 200


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


def test_words_may_be_left_to_whoever_plays_it(client: TestClient) -> None:
    names = [path.stem for path in PRESETS.glob("*.toml")]
    for name in names:
        tables = client.get(f"/v1/pipelines/{name}").json()["tables"]
        answer = check(client, tables)
        assert answer.status_code == 200 and OPEN not in answer.text, name
    wordless = LADDER | {"stages": [{"id": "first", "kind": "generate"}]}
    assert check(client, wordless).json()["stages"][0]["stage"]["prompt"]["caption"] == ""


def test_an_own_pipeline_is_kept_replaced_deleted_and_brought_back(here: TestClient, fresh: House) -> None:
    kept = here.put("/v1/pipelines/mine", json=LADDER).json()
    assert kept["own"] and kept["tables"] == LADDER and "[[stages]]" in kept["toml"]
    listed = {one["name"]: one for one in here.get("/v1/pipelines?limit=100").json()["items"]}
    assert [name for name, one in listed.items() if one["own"]] == ["mine"] and listed["mine"]["title"] == "A ladder"
    refused = problem(here.put("/v1/pipelines/mine", json=changed(2, denoise=0.5)), 422)
    assert "already" in refused["detail"]
    assert here.put("/v1/pipelines/mine?replace=true", json=changed(2, denoise=0.5)).status_code == 200
    assert here.get("/v1/pipelines/mine").json()["tables"]["stages"][2]["denoise"] == 0.5
    entry = here.delete("/v1/pipelines/mine").json()
    assert (entry["kind"], entry["names"]) == ("pipeline", ["mine"])
    problem(here.get("/v1/pipelines/mine"), 404)
    problem(here.delete("/v1/pipelines/mine"), 404)
    here.post(f"/v1/trash/{entry['id']}/restore")
    assert here.get("/v1/pipelines/mine").json()["tables"]["stages"][2]["denoise"] == 0.5


def test_a_preset_is_never_deleted_but_may_be_covered(here: TestClient) -> None:
    name = sorted(PRESETS.glob("*.toml"))[0].stem
    problem(here.delete(f"/v1/pipelines/{name}"), 404)
    assert here.put(f"/v1/pipelines/{name}", json=LADDER).json()["own"]
    assert here.delete(f"/v1/pipelines/{name}").status_code == 200
    assert not here.get(f"/v1/pipelines/{name}").json()["own"], "the preset is there again"


@pytest.mark.parametrize("name", ["..", "%2e%2e%2fx", "A", "a.b", "con.toml", "\u202ex", "a" * 41, "a%00", "-a"])
def test_a_pipeline_is_kept_under_a_name_alone(here: TestClient, fresh: House, name: str) -> None:
    for answer in (here.put(f"/v1/pipelines/{name}", json=LADDER), here.delete(f"/v1/pipelines/{name}")):
        problem(answer, answer.status_code)
        assert answer.status_code in {404, 405, 422}
    assert not list((fresh.settings.studio / "pipelines").glob("**/*"))


@pytest.mark.parametrize(
    ("tables", "pointer"),
    [
        (changed(2, denoise=7), "/stages/2"),
        (changed(2, source="../../etc/passwd"), "/stages/2/source"),
        (changed(1, source="/etc/passwd"), "/stages/1/source"),
        ({"stages": "x"}, None),
        ({"stages": [{"id": "a", "kind": "generate", "prompt": [[[[[[[[{}]]]]]]]]}]}, None),
        ({"stages": [{"id": str(place), "kind": "generate"} for place in range(500)]}, None),
        ({"title": 'x" \n[[stages]]\nid = "evil', "stages": []}, None),
    ],
)
def test_what_is_no_pipeline_is_not_kept(here: TestClient, fresh: House, tables: Any, pointer: str | None) -> None:
    found = problem(here.put("/v1/pipelines/mine", json=tables), 422)
    assert pointer is None or pointer in [one["pointer"] for one in found["errors"]]
    assert not (fresh.settings.studio / "pipelines" / "mine.toml").exists()


def test_a_title_cannot_write_other_tables(here: TestClient) -> None:
    title = 'x"\n[[stages]]\nid = "evil"'
    assert here.put("/v1/pipelines/mine", json=LADDER | {"title": title}).status_code == 200
    assert here.get("/v1/pipelines/mine").json()["tables"] == LADDER | {"title": title}
