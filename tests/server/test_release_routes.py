"""Releases over HTTP: planned, made and checked as jobs, listed, downloaded whole and file by file, deleted."""

from __future__ import annotations

import gc
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from producertwin.jobs.catalogue import find_work
from producertwin.jobs.records import Outcome
from producertwin.jobs.works import read_plan
from producertwin.library.sums import read_sums
from producertwin.progress import finish
from producertwin.server.archives import stream_zip
from producertwin.verbs.studio import Studio
from server_kit import House, furnish, make_client, problem
from train_kit import train_twin

pytestmark = pytest.mark.thorough
PRODUCER = "Mara Vale"
SLUG = "mara-vale"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sound: bytes) -> Iterator[House]:
    """A studio with a twin of a producer."""
    with furnish(tmp_path_factory.mktemp("releases") / "studio", sound) as found:
        train_twin(found.settings, found.library, PRODUCER)
        yield found


@pytest.fixture(scope="module")
def here(home: House) -> Iterator[TestClient]:
    with make_client(home) as found:
        yield found


def work(kind: str, plan: dict[str, Any], home: House) -> Outcome:
    """Do a job as a worker does."""
    entry = find_work(kind)
    studio = Studio(home.settings, home.library)
    settled = finish(entry.settle(read_plan(entry, plan), studio))
    done = finish(entry.play(settled, studio, ()))
    assert finish(entry.play(settled, studio, ())).things == done.things, "a second attempt makes nothing new"
    return done


@pytest.fixture(scope="module")
def release(home: House) -> str:
    """The id of a release."""
    return work("release", {"subject": SLUG, "licence": "CC BY 4.0"}, home).things[0].id


def test_a_plan_says_what_is_missing_and_makes_nothing(here: TestClient, home: House) -> None:
    found = here.get("/v1/releases/plan", params={"producer": PRODUCER}).json()
    assert (found["producer"], found["variant"], found["songs"], found["stated"], found["takes"]) == (PRODUCER, "tiny", 3, "", [])
    assert [one["kind"] for one in found["gaps"]] == ["proof", "licences"]
    assert found["answer"] == "" and "4 without a stated licence" in found["licences"]
    told = here.get("/v1/releases/plan", params={"producer": SLUG, "licence": "cc by-nc"}).json()
    assert told["licence"] == "CC-BY-NC-4.0" and told["licences"].startswith("The weights are under CC-BY-NC-4.0.")
    problem(here.get("/v1/releases/plan", params={"producer": SLUG, "licence": "free as in beer"}), 422)
    for name in ("Nobody", "../../etc", str(home.settings.studio / "models" / SLUG), "x/y", "~"):
        problem(here.get("/v1/releases/plan", params={"producer": name}), 404)
    assert str(home.settings.studio) not in here.get("/v1/releases/plan", params={"producer": PRODUCER}).text


def test_jobs_take_names_and_ids_only_and_name_the_field(here: TestClient, home: House) -> None:
    def ask(kind: str, plan: dict[str, Any]) -> Any:
        return here.post("/v1/jobs", json={"kind": kind, "plan": plan})

    for plan, pointer in (
        ({"subject": SLUG}, "/licence"),
        ({"subject": str(home.settings.studio / "models" / SLUG), "licence": "MIT"}, "/plan/subject"),
        ({"subject": SLUG, "licence": "MIT", "release": "../out"}, "/plan/release"),
        ({"subject": SLUG, "licence": "MIT", "takes": 21}, "/plan/takes"),
    ):
        faults = problem(ask("release", plan), 422)["errors"]
        assert faults[0]["pointer"] == pointer
    problem(ask("release", {"subject": "Nobody", "licence": "MIT"}), 404)
    problem(ask("check-release", {"release": "aaaaaaaaaaaa"}), 404)
    assert problem(ask("check-release", {"release": "../../etc"}), 422)["errors"][0]["pointer"] == "/plan/release"
    accepted = ask("release", {"subject": SLUG, "licence": "MIT"})
    assert accepted.status_code == 202 and len(accepted.json()["plan"]["release"]) == 12
    assert accepted.json()["queue"] == "cpu"
    assert ask("release", {"subject": SLUG, "licence": "MIT", "merged": True}).json()["queue"] == "gpu"


def test_releases_are_listed_with_how_they_were_checked(here: TestClient, home: House, release: str) -> None:
    [found] = here.get("/v1/releases", params={"producer": PRODUCER}).json()["items"]
    assert found["id"] == release and found["check"] is None and found["current"] is True
    assert found["licence"] == "CC-BY-4.0" and found["files"] > 4 and found["bytes"] > 1000
    done = work("check-release", {"release": release}, home)
    assert "files are what the release says" in done.text
    [found] = here.get("/v1/releases").json()["items"]
    assert found["check"]["faults"] == {} and found["check"]["checked"]
    assert here.get("/v1/releases", params={"producer": "Nobody"}).json()["items"] == []


def test_the_card_and_the_files_are_read_by_ids(here: TestClient, home: House, release: str) -> None:
    found = here.get(f"/v1/releases/{release}").json()
    assert found["model_card"].startswith("---\n") and f"# {PRODUCER}: a twin for tiny" in found["model_card"]
    assert str(home.settings.studio) not in here.get(f"/v1/releases/{release}").text
    listed = read_sums(home.settings.studio / "releases" / release)
    names = {one["name"]: one["id"] for one in found["contents"]}
    assert set(names) == {*listed, "SHA256SUMS"}
    for name, checksum in listed.items():
        sent = here.get(f"/v1/releases/{release}/files/{names[name]}")
        assert hashlib.sha256(sent.content).hexdigest() == checksum
        assert (
            sent.headers["content-disposition"].startswith("attachment;") and "sandbox" in sent.headers["content-security-policy"]
        )
    one = names["dossier.json"]
    part = here.get(f"/v1/releases/{release}/files/{one}", headers={"range": "bytes=0-3"})
    assert part.status_code == 206 and len(part.content) == 4
    problem(here.get(f"/v1/releases/{release}/files/aaaaaaaaaaaa"), 404)
    problem(here.get(f"/v1/releases/{release}/files/dossier.json"), 422)
    problem(here.get("/v1/releases/aaaaaaaaaaaa"), 404)


def test_the_archive_is_the_release_and_the_same_bytes_again(here: TestClient, home: House, release: str) -> None:
    sent = here.get(f"/v1/releases/{release}/archive")
    assert sent.headers["content-type"] == "application/zip" and "mara-vale-" in sent.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(sent.content))
    assert archive.testzip() is None
    [root] = {name.split("/")[0] for name in archive.namelist()}
    listed = read_sums(home.settings.studio / "releases" / release)
    assert {name: hashlib.sha256(archive.read(f"{root}/{name}")).hexdigest() for name in listed} == listed
    assert archive.read(f"{root}/SHA256SUMS")
    again = here.get(f"/v1/releases/{release}/archive", headers={"if-none-match": sent.headers["etag"]})
    assert again.status_code == 304
    assert here.get(f"/v1/releases/{release}/archive").content == sent.content
    problem(here.get("/v1/releases/aaaaaaaaaaaa/archive"), 404)


def test_an_archive_of_a_file_that_goes_away_has_no_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    pieces = stream_zip([("r/a", tmp_path / "a"), ("r/gone", tmp_path / "gone")], datetime(2026, 1, 2, tzinfo=UTC))
    got = b""
    with pytest.raises(FileNotFoundError):
        for piece in pieces:
            assert len(piece) < 2_000_000, "nothing is held back"
            got += piece
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(got))


@pytest.mark.parametrize("year", [1, 1979, 2108, 9999])
def test_an_archive_of_a_year_that_none_can_name_is_whole(tmp_path: Path, year: int) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sent = b"".join(stream_zip([("r/a", tmp_path / "a")], datetime(year, 2, 3, tzinfo=UTC)))
    [entry] = zipfile.ZipFile(io.BytesIO(sent)).infolist()
    assert (entry.filename, entry.date_time) == ("r/a", (1980, 1, 1, 0, 0, 0))


def test_an_archive_that_nobody_reads_to_its_end_is_closed_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    pieces = stream_zip([("r/a", tmp_path / "a")], datetime(2026, 1, 2, tzinfo=UTC))
    next(pieces)
    del pieces
    gc.collect()
    assert told == []


def test_a_release_is_deleted_and_restored(here: TestClient, home: House) -> None:
    name = work("release", {"subject": SLUG, "licence": "MIT"}, home).things[0].id
    card = home.settings.studio / "releases" / name / "README.md"
    text = card.read_text(encoding="utf-8")
    card.write_text("x" * (2 << 20), encoding="utf-8")
    assert "larger than 1024 KiB" in problem(here.get(f"/v1/releases/{name}"), 422)["detail"]
    card.write_text(text, encoding="utf-8")
    entry = here.delete(f"/v1/releases/{name}").json()
    problem(here.get(f"/v1/releases/{name}"), 404)
    assert here.post(f"/v1/trash/{entry['id']}/restore").status_code == 200
    assert here.get(f"/v1/releases/{name}").json()["licence"] == "MIT"
    problem(here.delete("/v1/releases/aaaaaaaaaaaa"), 404)
