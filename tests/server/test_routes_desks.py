"""Desks over HTTP: read, fitted, written as Faust, compared, kept and deleted; a mix and a draft are jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mixing_kit import needs_engine
from producertwin.audio import files
from producertwin.errors import BadInput
from producertwin.jobs.catalogue import find_work
from producertwin.jobs.records import Outcome
from producertwin.jobs.works import read_plan
from producertwin.mixing.desk import PRESETS
from producertwin.progress import Event, Kept, finish
from producertwin.verbs.desk_mix import read_draft
from producertwin.verbs.studio import Studio
from server_kit import House, make_client, problem, tone

DESK: dict[str, Any] = {
    "title": "Mine",
    "strips": {"drums": {"gain": -3, "sends": {"room": -12}}, "bass": {"duck": {"by": "drums"}}},
    "buses": {"room": {"kind": "reverb"}},
}


def test_presets_are_listed_and_read(client: TestClient) -> None:
    found = client.get("/v1/desks?limit=500").json()["items"]
    assert {path.stem for path in PRESETS.glob("*.toml")} <= {one["name"] for one in found}
    lofi = client.get("/v1/desks/lofi").json()
    assert not lofi["own"] and "drums" in lofi["desk"]["strips"] and "[master]" in lofi["toml"]
    problem(client.get("/v1/desks/nobody"), 404)


def test_the_schema_has_bounds_and_units(client: TestClient) -> None:
    gain = client.get("/v1/desks/schema").json()["$defs"]["Strip"]["properties"]["gain"]
    assert (gain["minimum"], gain["maximum"], gain["unit"]) == (-60, 24, "dB")


def test_a_desk_is_written_as_faust_and_as_steps(client: TestClient) -> None:
    found = client.post("/v1/desks/faust", json=DESK).json()
    assert "drums_process" in found["faust"] and 'title = "Mine"' in found["toml"]
    drums, bass = found["wiring"]["strips"]
    assert drums["sends"] == {"room": -12} and bass["key"] == "drums"
    assert {"effect": "gain", "values": [-3.0]} in drums["steps"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"strips": {"drums": {"gain": 90}}}, "/strips/drums/gain"),
        ({"strips": {"drums": {"gian": 1}}}, "/strips/drums/gian"),
        ({"strips": {"drums": {"sends": {"nowhere": 0}}}}, ""),
        ({"buses": {"room": {"kind": "cathedral"}}}, "/buses/room"),
    ],
)
def test_every_mistake_names_its_field(client: TestClient, changes: dict[str, Any], pointer: str) -> None:
    faults = problem(client.post("/v1/desks/faust", json=DESK | changes), 422)["errors"]
    assert any(one["pointer"].startswith(pointer) for one in faults), faults


def test_a_desk_is_fitted_to_stems(client: TestClient) -> None:
    asked = {"desk": DESK, "names": ["Song_Kick_Am_90", "808", "pad"]}
    found = client.post("/v1/desks/fit", json=asked).json()
    strips = found["desk"]["strips"]
    assert len(strips) == 3 and [one["gain"] for one in strips.values()] == [-3, 0, 0]
    assert any("pad" in one for one in found["notes"])
    problem(client.post("/v1/desks/fit", json=asked | {"names": []}), 422)
    problem(client.post("/v1/desks/fit", json=asked | {"names": ["a"] * 13}), 422)


def test_desks_are_compared(client: TestClient) -> None:
    other = DESK | {"strips": DESK["strips"] | {"drums": {"gain": 2, "sends": {"room": -12}}}}
    rows = client.post("/v1/desks/compare", json={"one": DESK, "other": other}).json()
    assert rows == [{"place": "strips.drums.gain", "one": "-3.0", "other": "2.0"}]


def test_a_desk_is_kept_replaced_and_deleted(fresh: House) -> None:
    with make_client(fresh) as client:
        kept = client.put("/v1/desks/mine", json=DESK).json()
        assert kept["own"] and client.get("/v1/desks/mine").json() == kept
        problem(client.put("/v1/desks/mine", json=DESK), 422)
        assert client.put("/v1/desks/mine?replace=true", json=DESK | {"title": "Other"}).json()["desk"]["title"] == "Other"
        for name in ("Mine", "a-b", "1st", "x" * 41, "con", "lpt1"):
            problem(client.put(f"/v1/desks/{name}", json=DESK), 422)
        entry = client.delete("/v1/desks/mine").json()
        assert entry["kind"] == "desk"
        problem(client.get("/v1/desks/mine"), 404)
        client.post(f"/v1/trash/{entry['id']}/restore", json={})
        assert client.get("/v1/desks/mine").json()["desk"]["title"] == "Other"
        problem(client.delete("/v1/desks/lofi"), 404)


def test_a_desk_that_cannot_be_read_is_told_and_the_others_stay(fresh: House) -> None:
    folder = fresh.settings.studio / "desks"
    folder.mkdir()
    (folder / "broken.toml").write_text("strips = 3")
    with make_client(fresh) as client:
        found = client.get("/v1/desks?limit=500").json()
        assert found["damaged"] == ["broken"] and len(found["items"]) >= 9
        problem(client.get("/v1/desks/broken"), 422)


def upload(client: TestClient, folder: Path, name: str, pitch: float) -> str:
    content = files.write(folder / f"{name}.flac", tone(1.0, pitch)).read_bytes()
    answer = client.post("/v1/assets", params={"name": name}, content=content, headers={"content-type": "audio/flac"})
    return str(answer.json()["id"])


def play(house: House, kind: str, plan: dict[str, Any], told: list[Event] | None = None) -> Outcome:
    work, studio = find_work(kind), Studio(house.settings, house.library)
    settled = finish(work.settle(read_plan(work, plan), studio))
    return finish(work.play(settled, studio, []), (told if told is not None else []).append)


def served_plan(client: TestClient, kind: str, plan: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/v1/jobs", json={"kind": kind, "plan": plan})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()["plan"]
    return told


@needs_engine
def test_a_mix_of_uploads_is_a_take_and_is_made_once(fresh: House, tmp_path: Path) -> None:
    with make_client(fresh) as client:
        sources = [upload(client, tmp_path, "drums", 90.0), upload(client, tmp_path, "bass", 55.0)]
        plan = {"inputs": [{"source": one} for one in sources], "desk": DESK, "prompt": {"caption": "a mix"}}
        assert [one["source"] for one in served_plan(client, "mix", plan)["inputs"]] == sources
        paths = [str(client.app.app.state.served.assets.content(client.app.app.state.served.assets.get(one))) for one in sources]
    told: list[Event] = []
    made = play(fresh, "mix", plan | {"inputs": [{"source": one} for one in paths]}, told)
    take = fresh.library.takes.get(made.takes[0])
    assert take.task == "mix" and take.caption == "a mix" and take.stage["desk"]["strips"]["drums"]["gain"] == -3
    (kept,) = [one for one in told if isinstance(one, Kept)]
    work, studio = find_work("mix"), Studio(fresh.settings, fresh.library)
    assert finish(work.play(read_plan(work, plan), studio, [kept])).takes == made.takes


def test_what_cannot_be_mixed_is_refused_by_its_stem(fresh: House) -> None:
    for inputs, place in (
        ([{"source": "nobody12"}], "inputs.0.source"),
        ([{"source": fresh.takes[0].id}, {"source": "x" * 12}], "inputs.1"),
    ):
        with pytest.raises(BadInput) as raised:
            play(fresh, "desk", {"inputs": inputs})
        assert raised.value.faults[0].startswith(place)
    with make_client(fresh) as client:
        for kind in ("mix", "desk"):
            asked = {"kind": kind, "plan": {"inputs": [{"source": "/etc/passwd"}]}}
            faults = problem(client.post("/v1/jobs", json=asked), 422)["errors"]
            assert faults[0]["pointer"] == "/plan/inputs/0/source"
        twice = {"inputs": [{"source": fresh.takes[0].id}] * 2}
        problem(client.post("/v1/jobs", json={"kind": "desk", "plan": twice}), 422)


def test_a_draft_comes_near_a_song_by_its_name(fresh: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.mixing.engine.is_installed", lambda: False)
    inputs = [{"source": fresh.takes[0].id, "name": "drums"}]
    with make_client(fresh) as client:
        song = upload(client, tmp_path, "song", 90.0)
        for source in (song, fresh.takes[1].id):
            asked = {"inputs": inputs, "like": {"source": source, "name": "my record"}}
            assert served_plan(client, "desk", asked)["like"] == {"source": source, "name": "my record"}
        for source in ("/etc/passwd", "b2:" + "0" * 64):
            asked = {"kind": "desk", "plan": {"inputs": inputs, "like": {"source": source}}}
            faults = problem(client.post("/v1/jobs", json=asked), 422)["errors"]
            assert faults[0]["pointer"].endswith("/like/source"), source
        gone = {"kind": "desk", "plan": {"inputs": inputs, "like": {"source": "x" * 12}}}
        assert "no take 'xxxxxxxxxxxx'" in problem(client.post("/v1/jobs", json=gone), 404)["detail"]
    done = play(fresh, "desk", {"inputs": inputs, "like": {"source": fresh.takes[1].id, "name": "my record"}})
    moves = read_draft(done.things[0].id, Studio(fresh.settings, fresh.library)).desk.moves
    assert any("LUFS" in one and "my record" in one for one in moves)


def undo_each_move(client: TestClient, draft: str, found: dict[str, Any]) -> None:
    """Every move that changed the desk is undone alone, and all of them together; another number names its field."""
    undoable = [place for place, move in enumerate(found["moves"]) if move["undoable"]]
    assert len(undoable) > 3
    for place in undoable:
        less = client.get(f"/v1/desks/drafts/{draft}", params={"without": place}).json()
        assert less["moves"] == found["moves"] and "left out as asked" in less["desk"]["moves"][place]
        assert {**less["desk"], "moves": []} != {**found["desk"], "moves": []}, found["moves"][place]
    none = client.get(f"/v1/desks/drafts/{draft}", params={"without": undoable}).json()["desk"]
    plain = client.post("/v1/desks/fit", json={"desk": {}, "names": ["drums", "bass"]}).json()["desk"]
    assert (none["strips"], none["buses"], none["master"]) == (plain["strips"], {}, plain["master"] | {"limiter": None})
    again = client.get(f"/v1/desks/drafts/{draft}", params={"without": []}).json()
    assert again == found
    for wrong in (-1, len(found["moves"]), 10**6):
        problem(client.get(f"/v1/desks/drafts/{draft}", params={"without": wrong}), 422)


def test_the_rules_draft_a_desk_and_say_why(fresh: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.mixing.engine.is_installed", lambda: False)
    inputs = [{"source": fresh.takes[0].id, "name": "drums"}, {"source": fresh.takes[1].id, "name": "bass"}]
    done = play(fresh, "desk", {"inputs": inputs, "prompt": "dark trap, didgeridoo"})
    (thing,) = done.things
    assert thing.kind == "desk"
    with make_client(fresh) as client:
        draft = client.get(f"/v1/desks/drafts/{thing.id}").json()
        assert list(draft["desk"]["strips"]) == ["drums", "bass"] and draft["desk"]["moves"]
        assert draft["unread"] == ["didgeridoo"] and not draft["heard"]
        assert [one["sentence"] for one in draft["moves"]] == draft["desk"]["moves"]
        undo_each_move(client, thing.id, draft)
        problem(client.get("/v1/desks/drafts/nobody"), 404)
