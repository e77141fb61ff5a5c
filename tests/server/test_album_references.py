"""Songs that an album is to be like, over HTTP: named by ids, read once, told line by line, and refused at the song."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from producertwin.agent.commission import Commission
from producertwin.agent.references import MOST, Reference
from producertwin.agent.rules import plan_album
from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.errors import AudioRejected
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.library.blobs import name_of
from producertwin.progress import Steps
from producertwin.server import readings
from producertwin.verbs.studio import Studio
from reference_kit import reference
from server_kit import FOREIGN_PATH, House, make_client, problem, tone

BRIEF = {"brief": "EP, 3 tracks", "variant": "tiny", "candidates": 2}
NOBODY = "b2:" + "0" * 64


@pytest.fixture
def here(fresh: House) -> Iterator[TestClient]:
    with make_client(fresh) as found:
        yield found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was read, in place of the reader; a song that was uploaded as `bad.flac` is silent."""
    seen: list[tuple[str, ...]] = []

    def read(names: Sequence[str], studio: Studio, *, adapters: Sequence[str] = ()) -> Steps[tuple[Reference, ...]]:
        seen.append((*names, *adapters))
        yield from ()
        path = Path(names[0])
        if path.is_file() and files.read(path).shape[1] < 30_000:
            raise AudioRejected("silent", f"{names[0]} is silent", remedy="give a file with sound in it")
        content = name_of(path) if path.is_file() else studio.library.takes.get(names[0]).audio
        return (reference(f"song {len(seen)}", content=content, read=("D minor (96% sure)", "chords: Dm / F | C/E")),)

    monkeypatch.setattr(readings, "read_references", read)
    return seen


def upload(here: TestClient, folder: Path, sound: Samples, name: str) -> str:
    content = files.write(folder / "upload.flac", sound).read_bytes()
    answer = here.post("/v1/assets", params={"name": name}, content=content, headers={"content-type": "audio/flac"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_an_album_is_planned_like_songs_as_on_the_command_line(
    here: TestClient, fresh: House, asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    song = upload(here, tmp_path, tone(1.0, 330.0), "Night Bus.flac")
    told = here.post("/v1/albums/references", json={"song": song}).json()
    assert told["read"] == ["D minor (96% sure)", "chords: Dm / F | C/E"] and told["key"] == "D minor"
    answer = here.post("/v1/albums/plan", json=BRIEF | {"like": [song, fresh.takes[0].id]})
    plan = answer.json()["plan"]
    assert len(asked) == 2, "each is read once"
    first, second = (Reference.model_validate(one) for one in plan["references"])
    assert [one["like"] for one in plan["tracks"]] == [first.content, second.content, first.content]
    card = Studio(fresh.settings, fresh.library).read_card("tiny")
    assert plan == plan_album(Commission.model_validate(BRIEF), card, references=(first, second)).model_dump(mode="json")
    alone = here.post("/v1/albums/plan", json=BRIEF | {"brief": "lofi EP"}).json()["plan"]
    assert alone == plan_album(Commission.model_validate(BRIEF | {"brief": "lofi EP"}), card).model_dump(mode="json")
    twice = here.post("/v1/albums/plan", json=BRIEF | {"like": [song, song]}).json()["plan"]
    assert len(twice["references"]) == 1
    begun = here.post("/v1/albums", json={"plan": plan}).json()
    assert begun["plan"]["references"] == plan["references"] and str(fresh.settings.studio) not in answer.text
    assert any("song 1: D minor" in one for one in here.get(f"/v1/albums/{begun['id']}/decisions").json()["items"][0]["evidence"])


def test_what_is_wrong_is_told_at_its_song(here: TestClient, fresh: House, asked: list[tuple[str, ...]], tmp_path: Path) -> None:
    bad = upload(here, tmp_path, tone(0.5), "bad.flac")
    answer = problem(here.post("/v1/albums/plan", json=BRIEF | {"like": [fresh.takes[0].id, bad]}), 422)
    assert answer["errors"] == [{"pointer": "/like/1", "detail": "bad.flac is silent"}] and "sound in it" in answer["remedy"]
    assert problem(here.post("/v1/albums/references", json={"song": bad}), 422)["errors"][0]["pointer"] == "/song"
    names = ("aaaaaaaaaaaa", FOREIGN_PATH, "../x.flac", "pyproject.toml", "song.wav", "\x00", "%2e%2e", "x" * 251, "")
    for odd in (NOBODY, *names, 7, None):
        for pointer, reply in (
            ("/like/0", here.post("/v1/albums/plan", json=BRIEF | {"like": [odd]})),
            ("/song", here.post("/v1/albums/references", json={"song": odd})),
        ):
            assert problem(reply, 422)["errors"][0]["pointer"] == pointer, (odd, reply.text)
    for odd in ([fresh.takes[0].id] * (MOST + 1), fresh.takes[0].id, {"0": bad}):
        problem(here.post("/v1/albums/plan", json=BRIEF | {"like": odd}), 422)
    problem(here.post("/v1/albums/references", json={"song": fresh.takes[0].id, "path": "/etc/passwd"}), 422)
    problem(here.post("/v1/albums/references", json={"song": fresh.takes[0].id, "adapters": ["../twin"]}), 422)


def test_a_song_is_read_once_and_a_deleted_one_no_more(
    here: TestClient, fresh: House, asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    song = upload(here, tmp_path, tone(1.0), "a.flac")
    for _ in range(2):
        assert here.post("/v1/albums/references", json={"song": song}).status_code == 200
    assert here.post("/v1/albums/references", json={"song": fresh.takes[0].id[:6]}).status_code == 200
    assert here.post("/v1/albums/plan", json=BRIEF | {"like": [fresh.takes[0].id]}).status_code == 200
    assert len(asked) == 2, "the beginning of an id is the same take"
    here.delete(f"/v1/assets/{song}")
    assert upload(here, tmp_path, tone(1.0), "b.flac") == song
    here.post("/v1/albums/references", json={"song": song})
    assert len(asked) == 3, "what it is called is another name now"
    here.delete(f"/v1/assets/{song}")
    assert problem(here.post("/v1/albums/plan", json=BRIEF | {"like": [song]}), 422)["errors"][0]["pointer"] == "/like/0"
    kept = readings.Readings(*[None] * 2)  # type: ignore[arg-type]
    for place in range(readings.MOST_KEPT + 5):
        kept._keep((str(place), "a.flac"), reference())
    assert len(kept._kept) == readings.MOST_KEPT and ("0", "a.flac") not in kept._kept


def test_mistakes_in_a_plan_with_many_songs_are_told_at_their_fields(here: TestClient, fresh: House) -> None:
    card = Studio(fresh.settings, fresh.library).read_card("tiny")
    songs = [reference(f"{place}.wav") for place in range(MOST)]
    plan = plan_album(Commission.model_validate(BRIEF), card, references=songs).model_dump(mode="json")
    plan["tracks"][1]["sheet"]["bpm"] = 9000
    assert problem(here.post("/v1/albums/check", json=plan), 422)["errors"][0]["pointer"] == "/tracks/1/sheet/bpm"
    plan["tracks"][1]["sheet"]["bpm"] = 90
    for change in ({"content": "../x"}, {"vector": [0.0] * 128}, {"seconds": 1}, {"name": "x" * 300}, {"path": "/etc/passwd"}):
        wrong = plan | {"references": [plan["references"][0] | change, *plan["references"][1:]]}
        answer = here.post("/v1/albums/check", json=wrong)
        if "name" in change:
            assert len(answer.json()["plan"]["references"][0]["name"]) == 200
        else:
            assert problem(answer, 422)["errors"], change


@pytest.mark.thorough
def test_uploads_and_takes_are_really_read(here: TestClient, fresh: House, tmp_path: Path) -> None:
    trio = upload(here, tmp_path, render(compose("jazz-trio", seed=3, seconds=40.0)).mix, "trio.flac")
    silent = upload(here, tmp_path, np.zeros((2, 480_000), np.float32), "silent.flac")
    told = here.post("/v1/albums/references", json={"song": trio}).json()
    assert told["name"] == "trio.flac" and told["content"] == trio and told["bpm"] and told["instruments"]
    for song, words in ((silent, "silent.flac is silent"), (fresh.takes[0].id, "lasts")):
        answer = problem(here.post("/v1/albums/plan", json=BRIEF | {"like": [trio, song]}), 422)
        assert answer["errors"][0]["pointer"] == "/like/1" and words in answer["errors"][0]["detail"]
    assert [one["id"] for one in here.get("/v1/assets").json()["items"]] == [silent, trio], "nothing is kept twice"
