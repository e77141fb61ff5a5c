"""Verdicts over HTTP: given, listed, and taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from server_kit import House, make_client, problem


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


def test_a_rating_is_the_stars_of_its_take_until_it_is_taken_back(here: TestClient, fresh: House) -> None:
    take = fresh.takes[0].id
    said = {"take": take[:8], "stars": 2, "tags": ["too busy"], "remark": "the bridge drags"}
    given = here.post("/v1/verdicts/ratings", json=said).json()
    assert given["withdrawn"] is False
    assert (given["verdict"]["kind"], given["verdict"]["take"], given["verdict"]["stars"]) == ("rating", take, 2)
    assert given["verdict"]["judgement"] == {"source": "human", "judge": "studio", "tags": ["too busy"], "remark": said["remark"]}
    assert here.get(f"/v1/takes/{take}").json()["labels"]["rating"] == 2
    back = here.post(f"/v1/verdicts/{given['verdict']['id']}/withdraw", json={"remark": "wrong take"}).json()
    assert back == given | {"withdrawn": True}
    assert here.get(f"/v1/takes/{take}").json()["labels"]["rating"] is None
    assert here.get("/v1/verdicts").json()["items"] == []
    kinds = [(one["verdict"]["kind"], one["withdrawn"]) for one in here.get("/v1/verdicts?every=true").json()["items"]]
    assert kinds == [("withdrawal", False), ("rating", True)]
    problem(here.post(f"/v1/verdicts/{given['verdict']['id']}/withdraw", json={}), 422)


def test_stars_that_are_set_on_the_page_are_verdicts(here: TestClient, fresh: House) -> None:
    take = fresh.takes[0].id
    here.patch(f"/v1/takes/{take}", json={"rating": 4})
    [found] = here.get(f"/v1/verdicts?take={take}").json()["items"]
    assert found["verdict"]["stars"] == 4
    here.patch(f"/v1/takes/{take}", json={"rating": 0})
    assert here.get("/v1/verdicts").json()["items"] == []


def test_preferences_come_in_pages(here: TestClient, fresh: House) -> None:
    a, b, c = (one.id for one in fresh.takes)
    for pair in ((a, b), (b, c), (c, a)):
        said = {"a": pair[0], "b": pair[1], "choice": "b", "judge": "Ada"}
        assert here.post("/v1/verdicts/preferences", json=said).status_code == 200
    first = here.get("/v1/verdicts?only=preference&judge=Ada&limit=2").json()
    rest = here.get(f"/v1/verdicts?only=preference&judge=Ada&limit=2&cursor={first['next']}").json()
    assert [one["verdict"]["b"] for one in first["items"] + rest["items"]] == [a, c, b] and rest["next"] is None


def test_what_is_no_verdict_is_refused(here: TestClient, fresh: House) -> None:
    take = fresh.takes[0].id
    for odd in (6, True, "4", 4.5):
        problem(here.post("/v1/verdicts/ratings", json={"take": take, "stars": odd}), 422)
    problem(here.post("/v1/verdicts/ratings", json={"take": "zzzz", "stars": 3}), 404)
    problem(here.post("/v1/verdicts/ratings", json={"take": take, "stars": 3, "tags": ["x" * 70]}), 422)
    problem(here.post("/v1/verdicts/preferences", json={"a": take, "b": take, "choice": "a"}), 422)
    problem(here.post("/v1/verdicts/preferences", json={"a": take, "b": take, "choice": "c"}), 422)
    problem(here.post("/v1/verdicts/zzzz/withdraw", json={}), 404)
    assert here.get("/v1/verdicts?every=true").json()["items"] == []


def test_a_verdict_that_is_sent_again_after_the_line_broke_is_one(here: TestClient, fresh: House) -> None:
    a, b = (one.id for one in fresh.takes[:2])
    moment = "2026-01-02T03:04:05.678Z"
    for path, said in (
        ("ratings", {"take": a, "stars": 4, "tags": ["great drums"], "given": moment}),
        ("preferences", {"a": a, "b": b, "choice": "a", "given": moment}),
    ):
        first, again = (here.post(f"/v1/verdicts/{path}", json=said).json() for _ in range(2))
        assert first == again and first["verdict"]["created"].startswith("2026-01-02T03:04:05.678")
        other = here.post(f"/v1/verdicts/{path}", json=said | {"given": "2026-01-02T03:04:06Z"}).json()
        assert other["verdict"]["id"] != first["verdict"]["id"]
    found = here.get("/v1/verdicts").json()["items"]
    assert len(found) == 4
    gone = found[0]["verdict"]["id"]
    for _ in range(2):
        back = here.post(f"/v1/verdicts/{gone}/withdraw", json={"given": moment}).json()
        assert (back["verdict"]["id"], back["withdrawn"]) == (gone, True)
    assert len(here.get("/v1/verdicts?every=true").json()["items"]) == 5
    problem(here.post(f"/v1/verdicts/{gone}/withdraw", json={"given": "2026-01-02T03:04:09Z"}), 422)


def test_a_rating_that_comes_late_does_not_hide_a_newer_one(here: TestClient, fresh: House) -> None:
    take = fresh.takes[0].id
    for stars, moment in ((5, "2026-01-02T03:05:00Z"), (1, "2026-01-02T03:04:00Z")):
        here.post("/v1/verdicts/ratings", json={"take": take, "stars": stars, "given": moment})
    assert here.get(f"/v1/takes/{take}").json()["labels"]["rating"] == 5


def test_a_moment_that_is_yet_to_come_is_refused(here: TestClient, fresh: House) -> None:
    for moment in ("2999-01-01T00:00:00Z", "2026-01-01T00:00:00", "soon"):
        said = {"take": fresh.takes[0].id, "stars": 4, "given": moment}
        [fault] = problem(here.post("/v1/verdicts/ratings", json=said), 422)["errors"]
        assert fault["pointer"].endswith("/given")
    assert here.get("/v1/verdicts").json()["items"] == []


def test_a_moment_before_all_takes_is_refused(here: TestClient, fresh: House) -> None:
    take = fresh.takes[0].id
    for moment in ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "0999-12-31T00:00:00Z", "2019-12-31T23:59:59Z", 0, -1):
        for path, said in (
            ("ratings", {"take": take, "stars": 1}),
            ("preferences", {"a": take, "b": fresh.takes[1].id, "choice": "a"}),
        ):
            [fault] = problem(here.post(f"/v1/verdicts/{path}", json=said | {"given": moment}), 422)["errors"]
            assert fault["pointer"].endswith("/given"), moment
    kept = here.post("/v1/verdicts/ratings", json={"take": take, "stars": 5}).json()["verdict"]["id"]
    problem(here.post(f"/v1/verdicts/{kept}/withdraw", json={"given": "0001-01-01T00:00:00+14:00"}), 422)
    assert here.get(f"/v1/takes/{take}").json()["labels"]["rating"] == 5
