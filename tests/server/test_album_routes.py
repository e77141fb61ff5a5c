"""Albums over HTTP: planned, edited, begun, told of, approved by hash, changed by talking, downloaded, deleted."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from producertwin.agent import shelf
from producertwin.agent.albums import get_album, place_of
from producertwin.agent.decisions import Decision, Ledger
from producertwin.agent.delivery import name_file
from producertwin.agent.policy import Call, Gate, read_approvals, write_proposals
from producertwin.agent.produce import produce
from producertwin.agent.shelf import Shelf
from producertwin.agent.story import TriedCandidate
from producertwin.jobs.catalogue import find_work
from producertwin.jobs.works import read_plan
from producertwin.library.studio import now
from producertwin.progress import finish
from producertwin.server.album_facts import _tell_candidates
from producertwin.verbs.studio import Studio
from server_kit import FOREIGN_PATH, House, make_client, problem

BRIEF = {"brief": "lofi EP, 2 tracks, 8 seconds each, zither", "variant": "tiny", "candidates": 2}
HOSTILE = "<img src=x onerror=alert(1)> ../../etc/passwd $(rm -rf /)"


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


@pytest.fixture
def plan(here: TestClient) -> dict[str, Any]:
    """A plan of two short tracks."""
    found: dict[str, Any] = here.post("/v1/albums/plan", json=BRIEF).json()["plan"]
    return found | {"repaired": 1, "repairs": 0}


def begin(here: TestClient, plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = here.post("/v1/albums", json={"plan": plan, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def cancel(here: TestClient, album: str) -> None:
    """End the job of an album, which nobody does here."""
    here.post(f"/v1/jobs/{here.get(f'/v1/albums/{album}').json()['job']}/cancel", json={})


def test_a_brief_is_planned_and_nothing_is_made(here: TestClient, fresh: House) -> None:
    told = here.post("/v1/albums/plan", json=BRIEF).json()
    assert [one["sheet"]["meter"] for one in told["plan"]["tracks"]] == [4, 4] and told["candidates"] == 4
    assert told["plan"]["unknown"] == ["zither"] and {"words", "meaning"} == set(told["plan"]["understood"][0])
    assert here.get("/v1/albums").json()["items"] == [] and not (fresh.settings.studio / "albums").exists()
    problem(here.post("/v1/albums/plan", json={"brief": ""}), 422)
    problem(here.post("/v1/albums/plan", json={"brief": "country album"}), 422)
    problem(here.post("/v1/albums/plan", json={"brief": "lofi " * 1000}), 422)
    for wrong in ({"variant": FOREIGN_PATH}, {"adapters": ["../twin"]}, {"variant": "nosuch"}, {"adapters": ["nosuch"]}):
        assert problem(here.post("/v1/albums/plan", json=BRIEF | wrong), 422)["errors"]


def test_an_edited_plan_is_checked_by_its_fields(here: TestClient, plan: dict[str, Any]) -> None:
    plan["tracks"].reverse()
    plan["tracks"][0]["sheet"]["bpm"] = 120
    told = here.post("/v1/albums/check", json=plan).json()
    assert told["plan"]["tracks"][0]["seconds"] < plan["tracks"][0]["seconds"]
    assert told["seconds"] == pytest.approx(sum(one["seconds"] for one in told["plan"]["tracks"]))
    for change, pointer in (
        (lambda one: one["tracks"][1]["sheet"].update(bpm=9000), "/tracks/1/sheet/bpm"),
        (lambda one: one["tracks"][0]["sheet"].update(chords="H7"), "/tracks/0"),
        (lambda one: one["tracks"][0].update(seeds=[]), "/tracks/0/seeds"),
        (lambda one: one["tracks"][0].update(seeds=list(range(40))), "/tracks/0/seeds"),
        (lambda one: one["tracks"][0]["playing"].update(variant="/etc/passwd"), "/tracks/0/playing/variant"),
        (lambda one: one["tracks"][1]["playing"].update(adapters=["../x"]), "/tracks/1/playing/adapters/0"),
        (lambda one: one.update(desk="../x.toml"), "/desk"),
        (lambda one: one.update(out="album"), "/out"),
        (lambda one: one.update(tracks=one["tracks"] * 40), "/tracks"),
    ):
        wrong = copy.deepcopy(plan)
        change(wrong)
        for answer in (here.post("/v1/albums/check", json=wrong), here.post("/v1/albums", json={"plan": wrong})):
            assert problem(answer, 422)["errors"][0]["pointer"].removeprefix("/plan").startswith(pointer), answer.text
    assert here.get("/v1/albums").json()["items"] == []


def test_an_album_is_begun_once_and_waits_in_the_queue(here: TestClient, plan: dict[str, Any], fresh: House) -> None:
    asked = {"plan": plan, "autonomy": "supervised", "budget": {"seconds": 600}}
    first, again = (here.post("/v1/albums", json=asked, headers={"idempotency-key": "k"}) for _ in range(2))
    album = first.json()
    assert first.headers["location"] == f"/v1/albums/{album['id']}" and again.json()["id"] == album["id"]
    assert again.json()["job"] == album["job"]
    for other in ({"autonomy": "collaborative"}, {"budget": {"seconds": 60}}):
        told = problem(here.post("/v1/albums", json=asked | other, headers={"idempotency-key": "k"}), 422)
        assert "instead of" in told["detail"] and "another key" in told["remedy"]
    assert (album["state"], album["autonomy"], album["budget"]["seconds"]) == ("queued", "supervised", 600)
    job = here.get(f"/v1/jobs/{album['job']}").json()
    assert (job["kind"], job["queue"], job["plan"]["album"]) == ("produce", "gpu", album["id"])
    assert here.post(f"/v1/albums/{album['id']}/jobs", json={}).json()["id"] == album["job"], "one job makes an album"
    for answer in (
        here.post(f"/v1/albums/{album['id']}/approvals", json={"calls": ["b2:" + "0" * 32]}),
        here.post(f"/v1/albums/{album['id']}/revisions", json={"words": "slower", "call": "b2:" + "0" * 32}),
        here.delete(f"/v1/albums/{album['id']}"),
        here.post(f"/v1/albums/{album['id']}/jobs", json={"autonomy": "full"}),
    ):
        problem(answer, 503)
    assert (place_of(album["id"], Studio(fresh.settings, fresh.library)) / "plan.json").is_file()


def test_an_album_that_was_begun_and_stopped_is_not_made_again_by_the_same_key(here: TestClient, plan: dict[str, Any]) -> None:
    first, again = ({"json": {"plan": plan}, "headers": {"idempotency-key": "k"}} for _ in range(2))
    album = here.post("/v1/albums", **first).json()  # type: ignore[arg-type]
    cancel(here, album["id"])
    told = here.post("/v1/albums", **again).json()  # type: ignore[arg-type]
    assert (told["job"], told["state"]) == (album["job"], "stopped")


def test_a_job_that_is_tried_again_brings_no_old_terms_back(here: TestClient, plan: dict[str, Any]) -> None:
    album = begin(here, plan, autonomy="collaborative")["id"]
    cancel(here, album)
    first = here.post(f"/v1/albums/{album}/jobs", json={"autonomy": "full", "budget": {"seconds": 900}}).json()
    assert here.get(f"/v1/albums/{album}").json()["autonomy"] == "full", "before anybody works"
    cancel(here, album)
    second = here.post(f"/v1/albums/{album}/jobs", json={"autonomy": "supervised", "budget": {"seconds": 60}}).json()
    cancel(here, album)
    told = here.post(f"/v1/jobs/{first['id']}/retry", json={}).json()
    assert told["plan"] == {"album": album}
    shown = here.get(f"/v1/albums/{album}").json()
    assert (shown["autonomy"], shown["budget"]["seconds"], shown["job"], shown["state"]) == (
        "supervised", 60, first["id"], "queued",
    )  # fmt: skip
    assert here.post(f"/v1/albums/{album}/jobs", json={}).json()["id"] == first["id"] != second["id"]


def test_jobs_name_albums_by_their_ids_only(here: TestClient, plan: dict[str, Any]) -> None:
    for asked in ({}, {"album": "aaaaaaaaaaaa"}, {"album": "../../etc"}, {"out": "album"}, {"album": "x", "out": None}):
        answer = here.post("/v1/jobs", json={"kind": "produce", "plan": asked})
        problem(answer, 404 if asked.get("album") == "aaaaaaaaaaaa" else 422)
    album = begin(here, plan)["id"]
    assert here.post("/v1/jobs", json={"kind": "produce", "plan": {"album": album}}).status_code == 202


def test_approvals_are_of_what_is_proposed_now(here: TestClient, plan: dict[str, Any], fresh: House) -> None:
    album = begin(here, plan, autonomy="collaborative")["id"]
    cancel(here, album)
    folder = fresh.settings.studio / "albums" / album
    calls = [Call(action="candidates", track=place, subject=(f"b2:{place}",)) for place in (1, 2)]
    write_proposals(folder, calls)
    told = here.get(f"/v1/albums/{album}").json()
    assert told["state"] == "waiting" and told["waiting"] == [1, 2]
    assert [one["call"] for one in told["proposals"]] == [call.hash for call in calls]
    problem(here.post(f"/v1/albums/{album}/approvals", json={"calls": [calls[0].hash, "b2:" + "0" * 32]}), 404)
    for wrong in ([], ["x"], ["b2:" + "0" * 32] * 501, ["../../" + "0" * 29]):
        problem(here.post(f"/v1/albums/{album}/approvals", json={"calls": wrong}), 422)
    assert read_approvals(folder) == []
    answer = here.post(f"/v1/albums/{album}/approvals", json={"calls": [calls[0].hash]})
    assert answer.status_code == 202 and answer.json()["state"] == "queued"
    assert [(one.call, one.by) for one in read_approvals(folder)] == [(calls[0].hash, "page")]


def test_words_change_the_plan_after_they_were_shown(here: TestClient, plan: dict[str, Any]) -> None:
    album = begin(here, plan)["id"]
    cancel(here, album)
    asked = {"words": "track 2 slower, zither"}
    shown = here.post(f"/v1/albums/{album}/revisions/plan", json=asked).json()
    assert shown["unknown"] == ["zither"] and {one["track"] for one in shown["changes"]} == {2}
    before = here.get(f"/v1/albums/{album}").json()["plan"]
    assert before["tracks"] == here.get(f"/v1/albums/{album}").json()["plan"]["tracks"]
    problem(here.post(f"/v1/albums/{album}/revisions", json=asked | {"call": "b2:" + "0" * 32}), 422)
    problem(here.post(f"/v1/albums/{album}/revisions", json={"words": "track 2 faster", "call": shown["call"]}), 422)
    problem(here.post(f"/v1/albums/{album}/revisions/plan", json={"words": "x" * 2001}), 422)
    assert here.post(f"/v1/albums/{album}/revisions", json=asked | {"call": shown["call"]}).status_code == 202
    after = here.get(f"/v1/albums/{album}").json()["plan"]
    assert after["tracks"][0] == before["tracks"][0]
    assert after["tracks"][1]["sheet"]["bpm"] < before["tracks"][1]["sheet"]["bpm"]
    told = here.get(f"/v1/albums/{album}/decisions").json()["items"]
    assert [one["kind"] for one in told] == ["plan", "plan"] and "zither" in told[1]["decision"]


def test_hostile_words_are_words(here: TestClient, plan: dict[str, Any], fresh: House) -> None:
    plan["title"] = plan["artist"] = HOSTILE
    plan["tracks"][0]["title"] = plan["tracks"][0]["sheet"]["title"] = HOSTILE
    plan["tracks"][0]["sheet"]["caption"] = HOSTILE
    album = begin(here, plan)["id"]
    told = here.get(f"/v1/albums/{album}").json()
    assert told["title"] == told["plan"]["tracks"][0]["sheet"]["caption"] == HOSTILE
    answer = here.get(f"/v1/albums/{album}/archive")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert (
        all(".." not in name and not name.startswith("/") for name in names)
        and "/" not in answer.headers["content-disposition"].partition("''")[2]
    )
    assert not list(fresh.settings.studio.parent.glob("etc"))


def test_albums_are_listed_with_damaged_ones_and_deleted_into_the_trash(
    here: TestClient, plan: dict[str, Any], fresh: House
) -> None:
    album = begin(here, plan)["id"]
    cancel(here, album)
    assert [(one["id"], one["state"]) for one in here.get("/v1/albums").json()["items"]] == [(album, "stopped")]
    (fresh.settings.studio / "albums" / "aaaaaaaaaaaa").mkdir()
    (fresh.settings.studio / "albums" / "not an id").mkdir()
    assert here.get("/v1/albums").json()["damaged"] == ["aaaaaaaaaaaa"]
    entry = here.delete(f"/v1/albums/{album}").json()
    assert (entry["kind"], entry["title"]) == ("album", plan["title"])
    problem(here.get(f"/v1/albums/{album}"), 404)
    here.post(f"/v1/trash/{entry['id']}/restore", json={})
    assert here.get(f"/v1/albums/{album}").json()["title"] == plan["title"]


def test_links_in_a_folder_are_not_packed(here: TestClient, plan: dict[str, Any], fresh: House) -> None:
    album = begin(here, plan)["id"]
    folder = fresh.settings.studio / "albums" / album
    for name in ("secret.txt", "SHA256SUMS"):
        (folder / name).symlink_to("/etc/hostname")
    (folder / "secrets").symlink_to("/etc")
    names = zipfile.ZipFile(io.BytesIO(here.get(f"/v1/albums/{album}/archive").content)).namelist()
    assert {name.partition("/")[2] for name in names} >= {"plan.json", "decisions.jsonl"}
    assert not [name for name in names if "secret" in name or "lock" in name or "SUMS" in name]


def test_candidates_are_told_equally_loud(here: TestClient, plan: dict[str, Any], fresh: House) -> None:
    from producertwin.agent.album import AlbumPlan
    from producertwin.agent.candidates import candidate_key

    album = begin(here, plan)["id"]
    cancel(here, album)
    folder = fresh.settings.studio / "albums" / album
    track = AlbumPlan.model_validate(plan).tracks[0]
    ledger = Ledger(folder, writes=True)
    for take, seed, points in zip(fresh.takes, track.seeds, (1.0, 2.0), strict=False):
        ledger.add(
            Decision(step=0, at=now(), kind="candidate", track=1, key=candidate_key(track, seed), decision="", takes=(take.id,),
                     evidence=("why",), scores={"points": points})
        )  # fmt: skip
    told = here.get(f"/v1/albums/{album}").json()["made"][0]["candidates"]
    assert [(one["letter"], one["take"]) for one in told] == [("B", fresh.takes[1].id), ("A", fresh.takes[0].id)]
    assert all(one["gain"] <= 0 and not one["chosen"] for one in told)
    assert here.post(f"/v1/albums/{album}/approvals", json={"calls": [told[1]["call"]]}).status_code == 202


def test_a_candidate_that_is_silent_turns_no_other_down() -> None:
    levels = {"a": -20.0, "b": -14.0, "c": -70.0, "d": None}
    takes = {name: SimpleNamespace(meters={"loudness_lufs": level}, seconds=8.0) for name, level in levels.items()}
    tried = tuple(
        TriedCandidate(name.upper(), name, "", "", {"points": 1.0}, (), Call(action="choose"), chosen=False) for name in levels
    )
    here = SimpleNamespace(library=SimpleNamespace(takes=SimpleNamespace(get=takes.__getitem__)))
    assert [one.gain for one in _tell_candidates(tried, here)] == [0.0, -6.0, 0.0, 0.0]  # type: ignore[arg-type]


@pytest.mark.thorough
def test_a_job_makes_the_album_waits_and_goes_on(here: TestClient, plan: dict[str, Any], fresh: House) -> None:
    album = begin(here, plan, autonomy="supervised")["id"]
    studio, entry = Studio(fresh.settings, fresh.library), find_work("produce")
    waits = finish(entry.play(read_plan(entry, {"album": album}), studio, ()))
    assert waits.text.endswith("waiting for you: track 1, 2") and [one.id for one in waits.things] == [album]
    cancel(here, album)
    told = here.get(f"/v1/albums/{album}").json()
    second = [one["candidates"][1]["call"] for one in told["made"]]
    assert here.post(f"/v1/albums/{album}/approvals", json={"calls": second}).status_code == 202
    done = finish(entry.play(read_plan(entry, {"album": album}), studio, ()))
    cancel(here, album)
    assert len(done.takes) == 2 and "waiting" not in done.text
    again = finish(produce(None, fresh.settings.studio / "albums" / album, studio))
    assert [one.take.id for one in again.tracks] == list(done.takes)
    told = here.get(f"/v1/albums/{album}").json()
    assert told["finished"] == 2 and [one["take"] for one in told["made"]] == list(done.takes)
    assert [one["call"] for track in told["made"] for one in track["candidates"] if one["chosen"]] == second
    assert json.dumps(told).count(str(fresh.settings.studio)) == 0


def test_a_list_is_read_again_only_where_files_are_others(
    here: TestClient, plan: dict[str, Any], fresh: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [begin(here, plan | {"title": f"Album {number}"})["id"] for number in range(3)]
    for name in names:
        cancel(here, name)
    place, seen = fresh.settings.studio / "albums", list[str]()
    monkeypatch.setattr(shelf, "get_album", lambda name, studio: seen.append(name) or get_album(name, studio))

    def look() -> dict[str, dict[str, Any]]:
        """The list as it is told, and what was read for it."""
        seen.clear()
        found = {one["id"]: one for one in here.get("/v1/albums").json()["items"]}
        alone = Shelf(Studio(fresh.settings, fresh.library)).list()[0]
        del seen[len(seen) - len(alone) :]
        assert {one.id: (one.title, one.finished, one.waiting, one.last_change) for one in alone} == {
            key: (one["title"], one["finished"], tuple(one["waiting"]), one["changed"]) for key, one in found.items()
        }, "what is kept is what a new look finds"
        return found

    assert look().keys() == set(names) and sorted(seen) == sorted(names)
    assert look().keys() == set(names) and seen == []
    first = place / names[0]
    write_proposals(first, [Call(action="candidates", track=1, subject=("b2:1",))])
    assert look()[names[0]]["waiting"] == [1] and seen == [names[0]]
    Gate("collaborative", first).approve(Call(action="candidates", track=1, subject=("b2:1",)), now())
    assert look()[names[0]]["waiting"] == [] and seen == [names[0]]
    Ledger(first, writes=True).add(Decision(step=0, at=now(), kind="stop", decision="the budget ends"))
    assert look()[names[0]]["changed"] > 0 and seen == [names[0]]
    (first / "01 none.flac").write_bytes(b"")
    title = plan["tracks"][0]["title"]
    (first / f"{name_file(1, title)}.flac").write_bytes(b"")
    assert look()[names[0]]["finished"] == 1 and seen == [names[0]]
    text = (place / names[1] / "plan.json").read_text()
    (place / names[1] / "plan.json").write_text(text.replace("Album 1", "Album X"))  # in place, by hand, of the same size
    assert look()[names[1]]["title"] == "Album X" and seen == [names[1]]
    (place / names[1] / "plan.json").write_text("{")
    assert here.get("/v1/albums").json()["damaged"] == [names[1]]
    (place / names[1] / "plan.json").write_text(text)
    entry = here.delete(f"/v1/albums/{names[2]}").json()
    assert look().keys() == {names[0], names[1]}
    here.post(f"/v1/trash/{entry['id']}/restore", json={})
    assert look().keys() == set(names)
