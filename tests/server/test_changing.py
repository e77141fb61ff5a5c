"""What a page changes: takes said something of, deleted and brought back; captions, licences and settings; captions read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from server_kit import House, make_client, problem


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


def test_takes_are_labelled_and_found_by_it(here: TestClient, fresh: House) -> None:
    take, other = fresh.takes[0].id, fresh.takes[1].id
    assert here.get(f"/v1/takes/{take}").json()["labels"]["liked"] is False
    said = {"liked": True, "tags": ["rain", "Rain", "</script>"], "folder": "EP/../x", "rating": 5, "title": "/etc/passwd"}
    labels = here.patch(f"/v1/takes/{take}", json=said).json()["labels"]
    assert labels == {
        "title": "/etc/passwd",
        "folder": "EP/../x",
        "tags": ["rain", "</script>"],
        "liked": True,
        "rating": 5,
        "remark": "",
    }
    here.patch(f"/v1/takes/{other}", json={"remark": "later"})
    assert here.patch(f"/v1/takes/{take}", json={"rating": 0}).json()["labels"]["rating"] is None
    page = here.get("/v1/takes?liked=true").json()
    assert [one["id"] for one in page["items"]] == [take] and page["labels"][take]["tags"] == ["rain", "</script>"]
    for query, count in (
        ("tag=rain", 1),
        ("text=later", 1),
        ("liked=false", 2),
        ("rating=1", 0),
        ("bpm=90", 0),
        ("key=A%20minor", 0),
    ):
        assert len(here.get(f"/v1/takes?{query}").json()["items"]) == count, query
    assert here.get("/v1/takes/labels").json() == {"folders": {"EP/../x": 1}, "tags": {"</script>": 1, "rain": 1}}
    for wrong in ({"rating": 9}, {"tags": "x"}, {"tags": ["x" * 100]}, {"id": "x"}, {"title": "x" * 300}, [], None):
        problem(here.patch(f"/v1/takes/{take}", json=wrong), 422)
    problem(here.patch("/v1/takes/aaaa", json={"liked": True}), 404)
    problem(here.get("/v1/takes?key=H%20minor"), 422)


def test_a_deleted_take_is_brought_back(here: TestClient, fresh: House) -> None:
    first, last = fresh.takes[0].id, fresh.takes[-1].id
    assert "children" in problem(here.delete(f"/v1/takes/{first}"), 422)["detail"]
    here.patch(f"/v1/takes/{last}", json={"liked": True})
    entry = here.delete(f"/v1/takes/{last}").json()["entry"]["id"]
    problem(here.get(f"/v1/takes/{last}"), 404)
    assert [one["id"] for one in here.get("/v1/trash").json()["items"]] == [entry]
    assert here.post(f"/v1/trash/{entry}/restore").json()["lost_parents"] == []
    assert here.get(f"/v1/takes/{last}").json()["labels"]["liked"] is True
    problem(here.post(f"/v1/trash/{entry}/restore"), 404)
    assert len(here.delete(f"/v1/takes/{first}?cascade=true").json()["takes"]) == 3
    assert here.post("/v1/trash/empty", json={}).json()["bytes"] > 0
    assert here.get("/v1/trash").json()["items"] == [] and here.get("/v1/takes").json()["items"] == []
    for wrong in ({"older_than": -1}, {"entries": "x"}, {"x": 1}):
        problem(here.post("/v1/trash/empty", json=wrong), 422)
    problem(here.post("/v1/trash/empty", json={"entries": ["nosuch"]}), 404)


def test_a_caption_is_read_while_it_is_typed(client: TestClient) -> None:
    said = {"caption": "boom bap, 90 bpm, A minor, 3/4, didgeridoo, with vocals", "variant": "tiny"}
    found = client.post("/v1/captions/read", json=said).json()
    assert (found["bpm"], found["key"], found["meter"], found["seconds"]) == (90, "A minor", 3, None)
    assert client.post("/v1/captions/read", json={"caption": "500 bpm", "variant": "tiny"}).json()["unused"]
    assert client.post("/v1/captions/read", json={"caption": "", "variant": "tiny"}).json()["words"] == []
    for wrong in ({"caption": 1}, {"caption": "x" * 60_000}, {"variant": "../x"}, {"variant": ""}, {"x": 1}):
        problem(client.post("/v1/captions/read", json=wrong), 422)
    problem(client.post("/v1/captions/read", json={"variant": "nosuch"}), 422)


def test_a_caption_of_a_track_is_edited_in_place(here: TestClient, fresh: House) -> None:
    path = f"/v1/tracks/{fresh.track.id}/caption"
    found = here.patch(path, json={"bpm": "92", "mood": "calm, Rainy", "lyrics": "[verse]\nla"}).json()
    assert found["caption"]["bpm"] == 92 and found["caption"]["tags"]["mood"] == ["calm", "Rainy"]
    assert set(found["caption"]["edited"]) == {"bpm", "mood", "lyrics"} and "92" in found["text"]
    assert here.get(path).json() == found
    assert here.patch(path, json={"bpm": ""}).json()["caption"]["bpm"] is None
    faults = problem(here.patch(path, json={"bpm": "much too fast", "key": "H", "mood": "calm"}), 422)["errors"]
    assert [one["pointer"] for one in faults] == ["/bpm", "/key"], "each by its field, and nothing else"
    assert here.get(path).json()["caption"]["tags"]["mood"] == ["calm", "Rainy"], "and nothing was kept"
    for name, value in (("meter", "x"), ("style", "nosuch"), ("mood", "x" * 90)):
        assert [one["pointer"] for one in problem(here.patch(path, json={name: value}), 422)["errors"]] == [f"/{name}"]
    for wrong in ({"bpm": "9999"}, {"key": "H"}, {"meter": "x"}, {"style": "nosuch"}, {"mood": "x" * 90}, {"tempo": "1"}, []):
        problem(here.patch(path, json=wrong), 422)


def test_a_licence_is_said_later(here: TestClient, fresh: House) -> None:
    path = f"/v1/tracks/{fresh.track.id}/licence"
    assert here.put(path, json={"licence": "cc by 4.0"}).json()["track"]["source"]["licence"] == "CC-BY-4.0"
    assert here.get(f"/v1/tracks/{fresh.track.id}").json()["track"]["source"]["licence"] == "CC-BY-4.0"
    assert problem(here.put(path, json={"licence": "who knows"}), 422)["errors"][0]["pointer"] == "/licence"
    problem(here.put("/v1/tracks/aaaa/licence", json={"licence": "CC0-1.0"}), 404)
    assert here.delete(f"/v1/tracks/{fresh.track.id}").status_code == 200
    problem(here.get(f"/v1/tracks/{fresh.track.id}"), 404)


def test_settings_are_read_and_a_few_are_changed(here: TestClient, fresh: House) -> None:
    found = {one["name"]: one for one in here.get("/v1/config").json()["items"]}
    assert "database" not in found and found["producer"]["settable"] and not found["offline"]["settable"]
    assert here.put("/v1/config/producer", json={"value": "Mara Vale"}).json()["value"] == "Mara Vale"
    assert "Mara Vale" in fresh.settings.config.read_text()
    assert here.put("/v1/config/producer", json={}).json()["name"] == "producer"
    assert "Mara Vale" not in fresh.settings.config.read_text()
    for name in ("database", "offline", "studio", "../x", "x"):
        problem(here.put(f"/v1/config/{name}", json={"value": "1"}), 404)
    problem(here.put("/v1/config/device", json={"value": "toaster"}), 422)
    problem(here.put("/v1/config/licence", json={"value": "who knows"}), 422)


def test_the_disk_is_told(client: TestClient) -> None:
    found = client.get("/v1/disk").json()
    assert found["takes"] == 3 and found["tracks"] == 1 and found["free"] > 0 and found["sounds_bytes"] > 0


def test_what_a_proof_answers_is_told_with_its_producer(client: TestClient, house: House) -> None:
    [proof] = client.get("/v1/proofs").json()["items"]
    assert (proof["producer"], proof["answer"]) == ("Mara Vale", "")
    found: Any = client.get("/v1/producers/Mara Vale").json()
    assert (found["learned"], found["proof"]) == ("", proof["id"])


@pytest.mark.thorough
def test_runs_and_twins_go_to_the_trash_and_come_back(here: TestClient, fresh: House) -> None:
    entry = here.delete(f"/v1/runs/{fresh.run.id[:8]}").json()
    assert (entry["kind"], entry["names"]) == ("run", [fresh.run.id]) and str(fresh.settings.studio) not in str(entry)
    problem(here.get(f"/v1/runs/{fresh.run.id}"), 404)
    assert here.post(f"/v1/trash/{entry['id']}/restore").status_code == 200
    assert here.get(f"/v1/runs/{fresh.run.id}").status_code == 200
    with fresh.library.runs.hold(fresh.run):
        problem(here.delete(f"/v1/runs/{fresh.run.id}"), 503)
    for key in ("aaaa", "..", "%00", "x" * 300):
        assert here.delete(f"/v1/runs/{key}").status_code in {404, 405, 422}
    home = fresh.settings.studio / "models" / "mara-vale"
    home.mkdir(parents=True)
    problem(here.delete("/v1/producers/Mara Vale/twin"), 404)
    (home / "adapter_model.safetensors").write_bytes(b"x")
    (home / "producer.json").write_text('{"producer": "Mara Vale"}')
    for key in ("Nobody", "..", "%2e%2e%2fruns", "\u202e", "x" * 300):
        assert here.delete(f"/v1/producers/{key}/twin").status_code in {404, 405, 422}
    assert home.is_dir()


def test_tracks_are_listed_with_their_notes_in_one_answer(here: TestClient, fresh: House) -> None:
    here.put(f"/v1/tracks/{fresh.track.id}/rating", json={"score": 4, "note": "</b>"})
    page = here.get("/v1/tracks?notes=true").json()
    assert page["notes"] == {fresh.track.id: here.get(f"/v1/tracks/{fresh.track.id}").json()["notes"]}
    assert page["notes"][fresh.track.id]["rating"]["score"] == 4
    assert here.get("/v1/tracks").json()["notes"] == {}
    assert here.get("/v1/tracks?notes=true&producer=Nobody").json()["items"] == []
    problem(here.get("/v1/tracks?notes=maybe"), 422)


def test_a_training_set_is_planned_before_it_is_built(here: TestClient, fresh: House) -> None:
    plan = here.post("/v1/datasets/plan", json={"producer": "Mara Vale"}).json()
    assert (plan["rows"], plan["duplicates"]) == ([], [])
    assert plan["left_out"] == {fresh.track.id: "no licence is stated"}
    here.put(f"/v1/tracks/{fresh.track.id}/licence", json={"licence": "CC0-1.0"})
    assert here.post("/v1/datasets/plan", json={}).json()["left_out"][fresh.track.id] != "no licence is stated"
    assert here.post("/v1/datasets/plan", json={"producer": "Nobody"}).json() == {"rows": [], "left_out": {}, "duplicates": []}
    assert here.get("/v1/datasets").json()["items"] == [], "nothing is kept"
    for wrong in ({"split": {"share": 7}}, {"least_quality": 101}, {"producer": 1}, {"folder": "/etc"}, [], None):
        problem(here.post("/v1/datasets/plan", json=wrong), 422)
