"""Reports and repairs over HTTP: what is wrong in takes, tracks and uploads, where, and what came of mending it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from evaluation_kit import piece
from producertwin.audio import files
from producertwin.jobs.catalogue import find_work
from producertwin.jobs.works import read_plan
from producertwin.library import Take, TakeDraft
from producertwin.progress import finish
from producertwin.server.served import finite
from producertwin.verbs.reports import KeptReport
from producertwin.verbs.studio import Studio
from server_kit import House, make_client, problem

CLICK = 70_000 / 48_000
PLAN = {"only": ["click", "dropout"], "budget": 0}


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


@pytest.fixture
def broken() -> Any:
    """Music with a click and a hole."""
    sound = piece(90, seconds=3.0, bright=0.7)
    sound[:, 70_000] += 0.5
    sound[:, 100_000:100_960] = 0
    return sound


@pytest.fixture
def take(fresh: House, broken: Any) -> Take:
    facts = {"task": "text2music", "stage": {"kind": "generate"}, "caption": "house", "variant": "nano", "revision": "b2:00"}
    return fresh.library.takes.add(TakeDraft(**facts, seed=9, seconds=3.0, audio=files.encode(broken, "flac")))


def upload(client: TestClient, sound: Any, rate: int = 48_000, name: str = "my song.wav") -> Any:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.T, rate, format="WAV", subtype="FLOAT")
    return client.post(f"/v1/assets?name={name}", content=buffer.getvalue(), headers={"content-type": "audio/wav"})


def play(house: House, kind: str, plan: dict[str, Any]) -> Any:
    """The outcome of a job with this plan."""
    work, studio = find_work(kind), Studio(house.settings, house.library)
    read = read_plan(work, plan)
    return finish(work.play(finish(work.settle(read, studio)), studio, ()))


@pytest.mark.thorough
def test_a_take_has_a_report_with_places_in_the_sound(here: TestClient, take: Take) -> None:
    told = here.get(f"/v1/takes/{take.id}/report").json()
    finite(KeptReport).model_validate(told)
    assert told["subject"] == {"kind": "take", "id": take.id, "name": "house"}
    found = {one["kind"]: one for one in told["report"]["defects"]}
    assert found["click"]["start"] == pytest.approx(CLICK, abs=0.002)
    assert found["dropout"]["start"] == pytest.approx(100_000 / 48_000, abs=0.01)
    assert 0 < told["report"]["score"] < 10 and {"click", "dropout"} <= {one["kind"] for one in told["report"]["parts"]}
    assert here.get(f"/v1/takes/{take.id}/report").json() == told  # kept
    assert here.get(f"/v1/reports/{told['id']}").json() == told
    kinds = {one["kind"]: one for one in here.get("/v1/reports/kinds").json()["items"]}
    assert kinds["click"]["edits"] == ["interpolate"] and {one["kind"] for one in told["report"]["defects"]} <= set(kinds)


@pytest.mark.parametrize(
    ("heard", "rate", "kind"),
    [
        (np.zeros((2, 48_000), np.float32), 48_000, "silent"),
        (np.full((1, 1), 0.2, np.float32), 48_000, ""),
        (0.3 * np.sin(np.arange(4_000, dtype=np.float32)[None] / 3), 8_000, "low_pass"),
    ],
)
def test_any_upload_that_sounds_has_a_report(here: TestClient, heard: Any, rate: int, kind: str) -> None:
    asset = upload(here, heard, rate).json()
    answer = here.get(f"/v1/assets/{asset['id']}/report")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    finite(KeptReport).model_validate(told)
    assert told["rate"] == rate and told["subject"]["name"] == "my song.wav"
    assert not kind or kind in {one["kind"] for one in told["report"]["defects"]}


def test_samples_that_are_no_numbers_are_refused_or_reported_and_never_an_error_of_the_server(here: TestClient) -> None:
    sound = piece(90, seconds=1.0)
    sound[:, 1_000] = np.nan
    answer = upload(here, sound)
    if answer.status_code == 422:
        problem(answer, 422)
        return
    told = here.get(f"/v1/assets/{answer.json()['id']}/report")
    assert told.status_code == 200 and "not_finite" in told.text


def test_a_track_has_a_report_and_what_is_not_there_has_none(here: TestClient, fresh: House) -> None:
    assert here.get(f"/v1/tracks/{fresh.track.id}/report").json()["subject"]["name"] == "Night/Train"
    for where in ("takes/aaaaaaaaaaaa", "assets/b2:00", "tracks/aaaaaaaaaaaa", "reports"):
        path = f"/v1/{where}/report" if where != "reports" else "/v1/reports/aaaaaaaaaaaa"
        problem(here.get(path), 404)
    problem(here.get("/v1/repairs/..%2f..%2fserver"), 404)
    problem(here.get("/v1/repairs/aaaaaaaaaaaa"), 404)
    assert here.get("/v1/repairs").json()["items"] == []


@pytest.mark.thorough
def test_a_repaired_take_is_a_take_made_from_it_and_its_record_is_listed(here: TestClient, fresh: House, take: Take) -> None:
    done = play(fresh, "repair", PLAN | {"subject": take.id})
    (made,) = done.takes
    detail = here.get(f"/v1/takes/{made}").json()
    assert detail["take"]["parents"] == [take.id] and detail["take"]["task"] == "repair"
    assert detail["take"]["stage"]["kind"] == "repair" and detail["take"]["caption"] == "house"
    assert here.get(f"/v1/takes/{take.id}").json()["children"] == [made]
    (listed,) = here.get("/v1/repairs", params={"subject": take.id}).json()["items"]
    assert (listed["before"], listed["after"], listed["kind"]) == (take.id, made, "take")
    assert listed["score_after"] > listed["score_before"]
    assert [one.id for one in done.things] == [listed["id"]]
    assert here.get(f"/v1/repairs/{listed['id']}").json() == listed
    assert here.get("/v1/repairs", params={"subject": "aaaaaaaaaaaa"}).json()["items"] == []
    old, new = (
        files.read(fresh.library.takes.content(take)),
        files.read(fresh.library.takes.content(fresh.library.takes.get(made))),
    )
    same = (old == new).all(axis=0)
    assert not same[70_000] and not same[100_400] and same[:69_000].all() and same[71_000:99_000].all()
    assert play(fresh, "repair", PLAN | {"subject": take.id}).takes == (made,)  # the same again is the same take
    assert not listed["gone"] and here.delete(f"/v1/takes/{made}").status_code == 200
    assert here.get(f"/v1/repairs/{listed['id']}").json()["gone"]
    assert here.get(f"/v1/takes/{take.id}").json()["children"] == []


@pytest.mark.thorough
def test_one_defect_is_repaired_and_the_others_stay(fresh: House, take: Take) -> None:
    (made,) = play(fresh, "repair", {"subject": take.id, "only": ["click"], "at": [CLICK], "budget": 0}).takes
    found = fresh.library.takes.get(made)
    assert found.stage["mended"] == ["click: interpolate"] and found.stage["at"] == [CLICK]
    new, old = (files.read(fresh.library.takes.content(one)) for one in (found, take))
    assert (new[:, 99_000:] == old[:, 99_000:]).all() and (new[:, 70_000] != old[:, 70_000]).any()
    elsewhere = play(fresh, "repair", {"subject": take.id, "only": ["click"], "at": [0.5], "budget": 0})
    assert elsewhere.takes == () and "nothing to repair" in elsewhere.text


@pytest.mark.thorough
def test_a_repaired_upload_is_an_asset_of_its_own(here: TestClient, fresh: House, broken: Any) -> None:
    asset = upload(here, broken).json()
    path = str(fresh.settings.studio / "assets" / asset["id"][3:5] / asset["id"][5:])
    play(fresh, "repair", {"subject": path, "only": ["click", "dropout"]})
    (listed,) = here.get("/v1/repairs", params={"subject": asset["id"]}).json()["items"]
    assert (listed["kind"], listed["before"], listed["name"]) == ("asset", asset["id"], "my song.wav")
    made = here.get(f"/v1/assets/{listed['after']}").json()
    assert made["name"] == "my song repaired.flac"
    assert here.get(f"/v1/assets/{listed['after']}/audio").content.startswith(b"fLaC")
    found = {one["kind"] for one in here.get(f"/v1/assets/{listed['after']}/report").json()["report"]["defects"]}
    assert not {"click", "dropout"} & found


@pytest.mark.thorough
def test_jobs_name_takes_and_assets_and_nothing_else(here: TestClient, fresh: House, take: Take, broken: Any) -> None:
    asset = upload(here, broken).json()
    for kind in ("inspect", "repair"):
        for subject in (take.id, take.id[:6], asset["id"]):
            answer = here.post("/v1/jobs", json={"kind": kind, "plan": {"subject": subject}})
            assert answer.status_code == 202, answer.text
            assert answer.json()["plan"]["subject"] in (take.id, asset["id"])
        for subject in ("/etc/passwd", "nothere.wav", "aaaaaaaaaaaa", "b2:" + "0" * 64, "README", 7):
            found = problem(here.post("/v1/jobs", json={"kind": kind, "plan": {"subject": subject}}), 422)
            assert found["errors"][0]["pointer"] == "/plan/subject", found
    for more in ({"stems": "stems"}, {"out": "x.html"}, {"reference": ["masters/one.wav"]}, {"bpm": 5}):
        found = problem(here.post("/v1/jobs", json={"kind": "inspect", "plan": {"subject": take.id, **more}}), 422)
        assert found["errors"][0]["pointer"].startswith(f"/plan/{next(iter(more))}"), found
    for more in ({"only": ["boredom"]}, {"at": [-1]}, {"budget": 51}, {"out": "x.flac"}):
        found = problem(here.post("/v1/jobs", json={"kind": "repair", "plan": {"subject": take.id, **more}}), 422)
        assert found["errors"][0]["pointer"].startswith(f"/plan/{next(iter(more))}"), found
    kinds = {one["kind"]: one["plan"]["properties"] for one in here.get("/v1/jobs/kinds").json()["items"]}
    assert not {"out", "stems"} & kinds["inspect"].keys() and "at" in kinds["repair"]


@pytest.mark.thorough
def test_the_job_of_an_inspection_keeps_a_report_beside_a_reference(here: TestClient, fresh: House, take: Take) -> None:
    plain = here.get(f"/v1/takes/{take.id}/report").json()
    reference = str(fresh.library.takes.content(take))
    done = play(fresh, "inspect", {"subject": take.id, "reference": [reference], "style": "house"})
    (thing,) = done.things
    told = here.get(f"/v1/reports/{thing.id}").json()
    assert thing.kind == "report" and told["id"] != plain["id"] and told["meant"]["style"] == "house"
    assert {one["what"] for one in told["report"]["beside"]} >= {"loudness"}
    (thing,) = play(fresh, "inspect", {"subject": take.id}).things
    assert thing.id == plain["id"]
