"""Sets of pairs, their queue of undecided pairs, and improvements over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from pairs_kit import improve, make_set
from producertwin.library import TakeDraft
from producertwin.preferences import store
from producertwin.server.previews import Previews
from server_kit import House, make_client, problem


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


def test_undecided_pairs_are_told_at_one_loudness_and_not_twice(
    here: TestClient, fresh: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make_set(fresh, tmp_path)
    [told] = here.get("/v1/pairs").json()["items"]
    assert (told["id"], told["made"], told["prompts"], told["scorers"]) == (name, "candidates", 4, ["inspector", "meters"])
    queue = here.get(f"/v1/pairs/{name}/undecided?limit=2").json()
    assert (queue["left"], queue["decided"], len(queue["pairs"])) == (4, 0, 2)
    first = queue["pairs"][0]
    assert first["why"] == "dispute" and first["prompt"]["caption"].startswith("lofi") and "scores" not in str(first)
    gains = sorted(first[side]["gain"] for side in ("a", "b"))
    assert gains[1] == 0.0 and gains[0] == pytest.approx(20 * np.log10(0.2), abs=0.2)
    assert first["a"]["heard"] and first["b"]["heard"]
    with monkeypatch.context() as patch:  # measured once
        patch.setattr(Previews, "decode", lambda *_: pytest.fail("it was decoded again"))
        assert here.get(f"/v1/pairs/{name}/undecided?limit=2").json() == queue
    skipped = here.get(f"/v1/pairs/{name}/undecided", params={"skip": f"{first['b']['take']}.{first['a']['take']}"}).json()
    assert skipped["left"] == 4 and len(skipped["pairs"]) == 3
    said = {"a": first["a"]["take"], "b": first["b"]["take"], "choice": "b"}
    verdict = here.post("/v1/verdicts/preferences", json=said).json()["verdict"]["id"]
    after = here.get(f"/v1/pairs/{name}/undecided").json()
    assert (after["left"], after["decided"]) == (3, 1)
    made = here.post("/v1/pairs/collect", json={"only": "preference"}).json()
    assert (made["pairs"], made["verdicts"]) == (1, 1) and here.get("/v1/pairs").json()["items"][0]["id"] == made["set"]
    here.post(f"/v1/verdicts/{verdict}/withdraw", json={})
    assert here.get(f"/v1/pairs/{name}/undecided").json()["left"] == 4
    problem(here.post("/v1/pairs/collect", json={}), 422)


def test_coverage_and_what_is_no_set(here: TestClient, fresh: House, tmp_path: Path) -> None:
    name = make_set(fresh, tmp_path)
    rows = here.get(f"/v1/pairs/{name}/coverage").json()["items"]
    assert {row["facet"] for row in rows} == {"style", "tempo", "key", "instrument", "mood"}
    problem(here.get("/v1/pairs/zzzz/undecided"), 404)
    folder = store.place(fresh.settings.studio) / name
    plan = json.loads((folder / store.PLAN).read_text())
    for odd in ({"scorers": ["nobody"]}, {"scorers": ["meters=nan"]}, {"n": "x"}, {"least_margin": "x"}):
        (folder / store.PLAN).write_text(json.dumps(plan | odd))
        problem(here.get(f"/v1/pairs/{name}/undecided"), 422)
        assert here.get("/v1/pairs").json()["items"]
    rows = next(folder.glob("candidates-*"))
    (folder / store.PLAN).write_text(json.dumps(plan))
    rows.write_text((kept := rows.read_text()).replace('"inspector"', '"other"', 1))
    assert "not every take has a score" in problem(here.get(f"/v1/pairs/{name}/undecided"), 422)["detail"]
    rows.write_text(kept)
    for odd in ({"scorers": 5}, {"adapters": 7}):
        (folder / store.PLAN).write_text(json.dumps(plan | odd))
        assert here.get("/v1/pairs").json()["damaged"] == [name]
        assert here.get("/v1/improvements").json()["items"] == []
    (folder / store.PLAN).write_text("{")
    told = here.get("/v1/pairs").json()
    assert (told["items"], told["damaged"]) == ([], [name])
    problem(here.get(f"/v1/pairs/{name}/undecided"), 422)


def test_latents_that_were_decoded_have_peaks_and_a_loudness(here: TestClient, fresh: House, sound: bytes) -> None:
    facts = {"latents": b"latents", "task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 1.0}
    take = fresh.library.takes.add(TakeDraft.model_validate(facts | {"caption": "lofi", "seed": 1}))
    problem(here.get(f"/v1/takes/{take.id}/peaks"), 404)
    fresh.library.takes.keep_decoded(take, sound)
    levels = here.get(f"/v1/takes/{take.id}/peaks").json()["levels"]
    assert here.get(f"/v1/takes/{take.id}/peaks/{levels[0]['name']}").status_code == 200
    assert here.get(f"/v1/takes/{take.id}/audio").content == sound


def test_a_take_of_latents_is_asked_to_be_decoded(here: TestClient, fresh: House) -> None:
    latents = fresh.takes[0]
    job = here.post("/v1/jobs", json={"kind": "decode", "plan": {"takes": [latents.id[:8]]}}).json()
    assert job["plan"]["takes"] == [latents.id[:8]]
    for odd in (["zzzz"], ["../x"], [], ["a.flac"]):
        problem(here.post("/v1/jobs", json={"kind": "decode", "plan": {"takes": odd}}), 404 if odd == ["zzzz"] else 422)


def test_a_round_is_told_with_its_comparison_and_its_proof(here: TestClient, fresh: House, tmp_path: Path) -> None:
    taught = make_set(fresh, tmp_path, seed=1)
    run = improve(fresh, taught)
    [told] = here.get("/v1/improvements", params={"producer": "Mara Vale"}).json()["items"]
    assert (told["run"]["id"], told["by"], told["pairs"], told["began_with"]) == (run.id, "dpo", taught, "nothing")
    assert told["has_adapter"] and not told["installed"] and told["comparison"] is None and told["proof"]
    make_set(fresh, tmp_path, seed=9)
    make_set(fresh, tmp_path, (run.id,), better=1.0, seed=9)
    [told] = here.get("/v1/improvements").json()["items"]
    scorers = {one["scorer"]: one for one in told["comparison"]["scorers"]}
    assert (told["comparison"]["prompts"], told["comparison"]["takes"]) == (4, 8)
    assert scorers["inspector"]["wins"]["value"] == 1.0 and scorers["inspector"]["difference"]["value"] == 1.0
    assert scorers["meters"]["wins"]["value"] == 0.5 and scorers["meters"]["taught"]
    curves = here.get(f"/v1/runs/{run.id}/curves").json()["preferences"]
    assert set(curves) == {"accuracy", "inside", "chosen_rise", "rejected_rise"} and curves["accuracy"]["values"][-1] == 1.0
    assert here.get("/v1/improvements", params={"producer": "Nobody"}).json()["items"] == []


def test_what_came_of_a_run_is_installed(here: TestClient, fresh: House) -> None:
    problem(here.post(f"/v1/runs/{fresh.run.id}/install", json={}), 404)
    run = improve(fresh, "aaaa")
    told = here.post(f"/v1/runs/{run.id}/install", json={}).json()
    assert told == {"run": run.id, "producer": "Mara Vale", "versions": 0}
    [found] = here.get("/v1/improvements").json()["items"]
    assert found["installed"] is True
    assert here.get("/v1/producers/Mara Vale").json()["twin"]["slug"] == "mara-vale"
