"""Blind tests over HTTP: prepared by a job, heard trial by trial, answered once, and the key is never told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from listening_kit import folder, prepared, small
from producertwin.listening.prepare import PreparedTest
from server_kit import House, make_client, problem


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> PreparedTest:
    """A test of four pairs, made once and copied."""
    place = tmp_path_factory.mktemp("pattern")
    return prepared(small(), folder(place / "twin", 0), folder(place / "base", 1), place / "studio")


@pytest.fixture
def test(fresh: House, pattern: PreparedTest) -> PreparedTest:
    home = fresh.settings.studio / "listening" / pattern.test.id
    shutil.copytree(pattern.folder, home)
    return replace(pattern, folder=home)


def ask(client: TestClient, **plan: Any) -> Any:
    return client.post("/v1/jobs", json={"kind": "listen", "plan": plan})


def test_a_test_is_heard_and_answered_to_its_end(here: TestClient, test: PreparedTest) -> None:
    name = test.test.id
    [facts] = here.get("/v1/listening").json()["items"]
    assert facts == here.get(f"/v1/listening/{name[:6]}").json()
    assert (facts["trials"], facts["pairs"], facts["letters"], facts["answered"]) == (8, 4, ["a", "b", "x"], {})
    problem(here.get(f"/v1/listening/{name}/result"), 422)
    turn = here.get(f"/v1/listening/{name}/next?listener=Ada").json()
    assert turn == {"test": name, "listener": "Ada", "answered": 0, "trials": 8, "trial": "t001"}
    for place, trial in enumerate(test.test.trials, 1):
        assert turn["trial"] == trial.id
        for letter in facts["letters"]:
            sound = here.get(f"/v1/listening/{name}/trials/{trial.id}/{letter}/audio")
            assert sound.status_code == 200 and sound.headers["content-type"].startswith("audio/")
        said = {"listener": "Ada", "trial": trial.id, "answer": trial.right or "a", "seconds": 4.0}
        turn = here.post(f"/v1/listening/{name}/answers", json=said).json()
        assert turn["answered"] == place
    assert turn["trial"] is None
    result = here.get(f"/v1/listening/{name}/result").json()
    assert (result["right"]["count"], result["right"]["of"], result["complete"]) == (4, 4, True)
    assert result["verdicts"] and result["listeners"][0]["left_out"] is None
    assert here.get("/v1/listening").json()["items"][0]["answered"] == {"Ada": 8}


def test_an_answer_stays_as_it_was_given(here: TestClient, test: PreparedTest) -> None:
    path = f"/v1/listening/{test.test.id}/answers"
    said = {"trial": "t001", "answer": "a"}
    assert here.post(path, json=said).json()["answered"] == 1
    assert here.post(path, json=said).json()["answered"] == 1, "sent twice it is one"
    assert "already" in problem(here.post(path, json=said | {"answer": "b"}), 422)["detail"]
    assert here.post(path, json=said | {"answer": "b", "listener": "Ben"}).json()["answered"] == 1
    assert len((test.folder / "answers.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"trial": "t001", "answer": "x"},
        {"trial": "t001", "answer": "a", "listener": "../x"},
        {"trial": "t001", "answer": "a", "listener": "a\nb"},
        {"trial": "t001", "answer": "a", "listener": "x" * 61},
        {"trial": "t001", "answer": "a", "seconds": -1},
        {"trial": "t001", "answer": "a", "right": "a"},
        {"trial": "t001"},
        [],
        None,
    ],
)
def test_what_is_no_answer_is_not_kept(here: TestClient, test: PreparedTest, said: Any) -> None:
    problem(here.post(f"/v1/listening/{test.test.id}/answers", json=said), 422)
    assert not (test.folder / "answers.jsonl").exists()


def test_nothing_tells_what_is_behind_a_letter(here: TestClient, test: PreparedTest) -> None:
    name, trial = test.test.id, test.test.trials[0]
    here.post(f"/v1/listening/{name}/answers", json={"trial": trial.id, "answer": "a"})
    told = [here.get(path).text for path in ("/v1/listening", f"/v1/listening/{name}", f"/v1/listening/{name}/next")]
    hidden = [*trial.files.values(), test.test.items[0].twin, '"right"', '"role"', '"twin"', "identical", "obvious"]
    assert [(one, word) for one in told for word in hidden if word in one] == []
    sounds = [here.get(f"/v1/listening/{name}/trials/{one.id}/{letter}/audio") for one in test.test.trials for letter in "ab"]
    assert len({len(one.content) for one in sounds}) == 1 and len({one.headers["etag"] for one in sounds}) == len(sounds)


def test_places_of_other_files_are_not_sounds(here: TestClient, test: PreparedTest) -> None:
    name = test.test.id
    for trial, letter in (
        ("t001", "c"),
        ("t999", "a"),
        ("t001", "..%2ftest.json"),
        ("..", "a"),
        ("t001", "test.json"),
        ("%00", "a"),
    ):
        assert here.get(f"/v1/listening/{name}/trials/{trial}/{letter}/audio").status_code in {404, 422}
    for key in ("..", "A", "0", "%00", "a" * 13, "zzzz"):
        assert here.get(f"/v1/listening/{key}").status_code in {404, 422}


def test_a_test_goes_to_the_trash_and_comes_back(here: TestClient, test: PreparedTest) -> None:
    entry = here.delete(f"/v1/listening/{test.test.id}").json()
    assert entry["kind"] == "listening test"
    problem(here.get(f"/v1/listening/{test.test.id}"), 404)
    here.post(f"/v1/trash/{entry['id']}/restore")
    assert here.get(f"/v1/listening/{test.test.id}").status_code == 200


def test_a_job_prepares_a_test_of_takes_or_of_a_proof(here: TestClient, fresh: House) -> None:
    one, other, last = (take.id for take in fresh.takes)
    plan = {"trials": 1, "repeats": 0, "identical": 0, "obvious": 0, "question": "preference"}
    job = ask(here, twin=one[:8], other=f"{other}, {last}", test=plan)
    assert job.status_code == 202, job.text
    assert (job.json()["plan"]["twin"], job.json()["plan"]["other"]) == (one, f"{other},{last}"), "in full"
    [proof] = here.get("/v1/proofs").json()["items"]
    assert ask(here, proof=proof["id"], test=plan).status_code == 202
    for wrong, pointer in (
        ({"twin": one, "other": "zzzzzzzzzzzz"}, "/plan/other"),
        ({"twin": "/etc", "other": one}, "/plan/twin"),
        ({"twin": "runs", "other": one}, "/plan/twin"),
        ({"twin": ".", "other": one}, "/plan/twin"),
        ({"twin": one}, "/plan/other"),
        ({"twin": ",", "other": one}, "/plan/twin"),
        ({"twin": ",".join([one] * 600), "other": one}, "/plan/twin"),
        ({"proof": "nosuch"}, "/plan/proof"),
        ({"proof": ["x"]}, "/plan/proof"),
        ({"proof": proof["id"], "twin": one}, "/plan/proof"),
        ({"twin": one, "other": other, "test": {"trials": 0}}, "/plan/test/trials"),
    ):
        faults = problem(ask(here, **wrong), 422)["errors"]
        assert pointer in [fault["pointer"] for fault in faults], (wrong, faults)
    assert "2 pairs are asked for" in problem(ask(here, twin=one, other=other, test=plan | {"trials": 2}), 422)["detail"]
