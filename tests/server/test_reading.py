"""What is read: every list and every thing of it, paged, found again by its tag, and without a path of this machine."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from producertwin.library import Take, TakeDraft
from server_kit import FOREIGN_PATH, House, make_client, problem

LISTS = (
    *("takes", "tracks", "datasets", "producers", "runs", "proofs", "pipelines", "assets"),
    *("variants", "planners", "styles"),
)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_page_by_page(client: TestClient, name: str) -> None:
    whole = client.get(f"/v1/{name}").json()["items"]
    found, cursor = [], None
    for _ in range(len(whole) + 1):
        page = client.get(f"/v1/{name}", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("cursor", ["x", "W10", "eyJ9", "é", "MTIz" * 99, quote("W1sxXV0"), "Wy0xXQ", "WyJub3ciLCAiYSJd"])
def test_a_cursor_of_nobody_is_refused(client: TestClient, name: str, cursor: str) -> None:
    found = problem(client.get(f"/v1/{name}", params={"cursor": cursor}), 422)
    assert found["detail"]


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "1e3", "nan"])
def test_a_page_has_1_to_500_things(client: TestClient, limit: str) -> None:
    for name in LISTS:
        if (name, limit) != ("takes", "501"):
            assert "?limit" in [one["pointer"] for one in problem(client.get(f"/v1/{name}?limit={limit}"), 422)["errors"]]


def test_takes_are_found_as_the_command_line_finds_them(client: TestClient, house: House) -> None:
    def ids(**query: object) -> list[str]:
        return [one["id"] for one in client.get("/v1/takes", params=query).json()["items"]]

    first, second, third = (take.id for take in house.takes)
    assert ids() == [third, second, first]
    assert ids(text="PIANO") == [second]
    assert ids(variant="turbo") == ids(task="cover") == ids(session="x") == []
    assert ids(since="2001-01-01") == ids()
    problem(client.get("/v1/takes", params={"sort": "name"}), 422)


def test_a_list_goes_on_where_it_was_although_its_last_take_is_gone(fresh: House) -> None:
    client = make_client(fresh)
    page = client.get("/v1/takes?limit=1").json()
    fresh.library.takes.delete(page["items"][0]["id"])
    assert [one["id"] for one in client.get("/v1/takes", params={"cursor": page["next"]}).json()["items"]] == [
        fresh.takes[1].id,
        fresh.takes[0].id,
    ]


def test_a_take_reads_as_its_record(client: TestClient, house: House) -> None:
    found = client.get(f"/v1/takes/{house.takes[0].id}").json()
    assert found["children"] == [house.takes[1].id]
    stage = found["take"].pop("stage")
    assert stage["play"]["adapters"] == [{"folder": "vale", "scale": 1.0}]
    assert Take.model_validate(found["take"] | {"stage": house.takes[0].stage}) == house.takes[0]


def test_a_lineage_holds_ancestors_and_descendants(client: TestClient, house: House) -> None:
    for take in house.takes:
        found = client.get(f"/v1/takes/{take.id}/lineage").json()
        assert {one["id"] for one in found["takes"]} == {one.id for one in house.takes}
        assert (found["take"], found["cut"], found["missing"]) == (take.id, False, [])


def test_what_is_known_of_tracks_producers_and_runs(client: TestClient, house: House) -> None:
    assert client.get(f"/v1/tracks/{house.track.id}").json()["track"]["title"] == "Night/Train"
    assert client.get("/v1/tracks?producer=nobody").json()["items"] == []
    assert client.get("/v1/producers/Mara Vale").json()["tracks"] == 1
    assert client.get("/v1/runs?producer=Mara Vale").json()["items"][0]["loss"] == 0.1
    assert client.get(f"/v1/runs/{house.run.id}").json()["recipe"] == "# what is learned\n"
    curves = client.get(f"/v1/runs/{house.run.id}/curves").json()["curves"]
    assert curves["training"]["steps"][-1] == 10
    [proof] = client.get("/v1/proofs").json()["items"]
    assert (proof["run"], proof["report"]) == (house.run.id, True)
    assert client.get(f"/v1/proofs/{proof['id']}").json() == {"subject": {"producer": "Mara Vale"}}


def test_what_this_machine_can_do(client: TestClient) -> None:
    found = client.get("/v1/capabilities").json()
    assert "nano" in found["tasks"]["text2music"] and "tiny" not in found["tasks"]["text2music"]
    assert {"flac", "mp3"} <= set(found["reads"])
    assert found["limits"]["take_seconds"] == [1.0, 600.0]
    nano = next(one for one in found["variants"] if one["name"] == "nano")
    assert nano["present"] and nano["licence"] and "where" not in nano
    assert any(one["id"] == "CORE-01" for one in client.get("/v1/styles").json()["items"])


def test_pipelines_are_read_as_they_are_written(client: TestClient) -> None:
    found = client.get("/v1/pipelines/quality-ladder").json()
    assert not found["own"]
    assert "[[stages]]" in found["toml"]
    assert found["tables"]["stages"]


def every_read(house: House) -> list[str]:
    """An address of every kind that reads."""
    take, track, run = house.takes[0].id, house.track.id, house.run.id
    own = [f"takes/{take}", f"takes/{take}/lineage", f"tracks/{track}", f"runs/{run}", f"runs/{run}/curves", "capabilities"]
    return [f"/v1/{name}" for name in (*LISTS, *own, f"takes/{take}/peaks", f"tracks/{track}/peaks", "pipelines/quality-ladder")]


@pytest.mark.thorough
def test_no_answer_names_a_path_of_this_machine(client: TestClient, house: House) -> None:
    places = {str(house.settings.studio), str(Path.home()), FOREIGN_PATH.rpartition("/")[0]}
    for address in [*every_read(house), "/v1/doctor", "/v1/openapi.json"]:
        text = client.get(address).text
        assert [place for place in places if place != "/" and place in text] == [], address


def test_a_client_that_has_it_is_told_so(client: TestClient, house: House) -> None:
    for address in every_read(house):
        first = client.get(address)
        again = client.get(address, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_head_is_get_without_its_body(client: TestClient, house: House) -> None:
    for address in [*every_read(house), f"/v1/takes/{house.takes[0].id}/audio"]:
        head, get = client.head(address), client.get(address)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", get.headers["etag"])
        assert head.headers["content-length"] == get.headers["content-length"]


def test_a_report_may_do_nothing(client: TestClient) -> None:
    proof = client.get("/v1/proofs").json()["items"][0]["id"]
    page = client.get(f"/v1/proofs/{proof}/report")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox;") and "script" not in policy and "allow-" not in policy
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_the_stems_of_a_take_come_as_an_archive(fresh: House) -> None:
    stage = {"kind": "extract", "stem": "bass"}
    facts = {
        "task": "extract",
        "stage": stage,
        "variant": "nano",
        "revision": "b2:00",
        "seconds": 1.0,
        "caption": "bass",
        "seed": 9,
    }
    sound = fresh.library.takes.content(fresh.takes[0]).read_bytes()
    stem = fresh.library.takes.add(TakeDraft(**facts, audio=sound))
    with make_client(fresh) as client:
        found = client.get(f"/v1/takes/{stem.id}/stems?rest=true")
        assert found.status_code == 200 and found.headers["content-type"] == "application/zip"
        assert found.headers["content-disposition"] == f'attachment; filename="{stem.id}.zip"'
        with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
            assert archive.testzip() is None
            assert [name for name in archive.namelist() if name.endswith(".wav")] == [
                f"{stem.id}/stems/bass_bass.wav",
                f"{stem.id}/stems/bass_rest.wav",
                f"{stem.id}/mix.wav",
            ]
        problem(client.get(f"/v1/takes/{fresh.takes[2].id}/stems"), 422)


def test_takes_are_exported_with_their_tags(client: TestClient, house: House) -> None:
    take = house.takes[2]
    for form, head in (("flac", b"fLaC"), ("wav", b"RIFF"), ("mp3", b"ID3"), ("ogg", b"OggS")):
        found = client.get(f"/v1/takes/{take.id}/export?format={form}")
        assert found.content.startswith(head)
        assert found.headers["content-disposition"].endswith(f"{take.id}.{form}")
        assert take.id.encode() in found.content
    problem(client.get(f"/v1/takes/{take.id}/export?format=exe"), 422)


def test_json_is_json(client: TestClient, house: House) -> None:
    for address in every_read(house):
        json.loads(client.get(address).text, parse_constant=pytest.fail)


def test_a_style_is_heard(client: TestClient, house: House) -> None:
    style = client.get("/v1/styles").json()["items"][0]["id"]
    sound = client.get(f"/v1/styles/{style}/sample")
    assert sound.status_code == 200 and sound.headers["content-type"] == "audio/mpeg" and len(sound.content) > 20_000
    assert client.get(f"/v1/styles/{style}/sample", headers={"range": "bytes=0-99"}).status_code == 206
    kept = list((house.settings.studio / "cache" / "styles").iterdir())
    for wrong in ("nosuch", "..", "%2e%2e%2fx", "%00", "x" * 300):
        assert client.get(f"/v1/styles/{wrong}/sample").status_code in {404, 405}
    assert list((house.settings.studio / "cache" / "styles").iterdir()) == kept
