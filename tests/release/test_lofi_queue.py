"""Tracks of the daemon that wait, are cancelled, fail, are made again, and end with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lofi_kit import Client, ScriptedPlayer, connect_player
from producertwin.errors import DiskFull, TwinError, Unavailable

MANY = 10_000
"""Steps to let a player go on with, to the end."""


@pytest.fixture
def player(tmp_path: Path) -> ScriptedPlayer:
    """It waits before its first step."""
    return ScriptedPlayer(tmp_path, held=threading.Semaphore(0))


@pytest.fixture
def client(player: ScriptedPlayer) -> Iterator[Client]:
    client = connect_player(player)
    yield client
    assert player.held is not None
    player.held.release(MANY)
    player.fetching.set()
    client.end()


def begin(client: Client, player: ScriptedPlayer, **params: object) -> str:
    """Have a track played that waits before its first step; returns its id."""
    track = client.generate(**params)["track_id"]
    assert player.started.acquire(timeout=30)
    assert isinstance(track, str)
    return track


def code(message: dict[str, Any]) -> tuple[int, str]:
    return message["error"]["code"], message["error"]["data"]["error_code"]


def test_ten_wait_and_the_eleventh_is_refused(client: Client, player: ScriptedPlayer) -> None:
    begin(client, player)
    waiting = [client.generate(seed=seed) for seed in range(10)]
    assert [(one["status"], one["position"]) for one in waiting] == [("queued", place) for place in range(1, 11)]
    assert code(client.ask("generate", {"prompt": "lofi"})) == (-32004, "QUEUE_FULL")
    client.ask("cancel", {"track_id": waiting[3]["track_id"]})
    assert client.generate()["position"] == 10


def test_urgent_tracks_go_before_the_others_in_their_own_order(client: Client, player: ScriptedPlayer) -> None:
    begin(client, player, prompt="first")
    for prompt, priority in (("a", "normal"), ("b", "normal"), ("c", "high"), ("d", "high"), ("e", "normal")):
        answer = client.generate(prompt=prompt, priority=priority)
    assert answer["position"] == 5
    assert player.held is not None
    player.held.release(MANY)
    client.until("generation_complete", answer["track_id"])
    assert [asked.prompt for asked in player.played] == ["first", "c", "d", "a", "b", "e"]


def test_tracks_that_waited_keep_their_parameters(client: Client, player: ScriptedPlayer) -> None:
    begin(client, player)
    track = client.generate(prompt="jazz", inference_steps=3, scheduler="heun", guidance_scale=4.5, seed=5)["track_id"]
    assert player.held is not None
    player.held.release(MANY)
    client.until("generation_complete", track)
    asked = player.played[-1]
    assert (asked.prompt, asked.steps, asked.scheduler, asked.guidance, asked.seed) == ("jazz", 3, "heun", 4.5, 5)


def test_a_track_that_waits_is_cancelled_at_once(client: Client, player: ScriptedPlayer) -> None:
    begin(client, player)
    track = client.generate(inference_steps=8)["track_id"]
    assert client.ask("cancel", {"track_id": track})["result"] == {"cancelled": True, "was_generating": False}
    assert client.until("generation_cancelled") == {"track_id": track, "at_step": 0, "total_steps": 8}
    assert code(client.ask("cancel", {"track_id": track})) == (-32007, "ALREADY_COMPLETE")


def test_the_track_that_plays_is_cancelled_in_its_step_and_the_next_begins(client: Client, player: ScriptedPlayer) -> None:
    track = begin(client, player)
    following = client.generate(prompt="next")["track_id"]
    assert player.held is not None
    player.held.release(3)
    client.hear_until(lambda one: one.get("params", {}).get("current_step") == 3)
    assert client.ask("cancel", {"track_id": track})["result"] == {"cancelled": True, "was_generating": True}
    assert client.ask("cancel", {"track_id": track})["result"]["cancelled"], "asked twice it is the same"
    player.held.release(MANY)
    assert client.until("generation_cancelled") == {"track_id": track, "at_step": 3, "total_steps": 20}
    assert client.until("generation_complete")["track_id"] == following
    assert not (player.folder / f"{track}.flac").exists()


def test_a_track_can_be_asked_for_again_while_it_stops(client: Client, player: ScriptedPlayer) -> None:
    track = begin(client, player, seed=1)
    client.ask("cancel", {"track_id": track})
    again = client.generate(seed=1)
    assert (again["track_id"], again["status"]) == (track, "queued")
    assert client.ask("cancel", {"track_id": track})["result"] == {"cancelled": True, "was_generating": False}
    client.generate(seed=1)
    assert player.held is not None
    player.held.release(MANY)
    client.until("generation_complete", track)


@pytest.mark.parametrize(
    ("params", "number"), [({"track_id": "0" * 16}, -32006), ({"track_id": 3}, -32602), ({}, -32602), ({"id": "x"}, -32602)]
)
def test_a_cancel_of_nothing_is_refused(client: Client, params: dict[str, object], number: int) -> None:
    assert client.ask("cancel", params)["error"]["code"] == number


def test_what_is_complete_is_not_cancelled_and_not_made_again(client: Client, player: ScriptedPlayer) -> None:
    track = begin(client, player, seed=1)
    assert player.held is not None
    player.held.release(MANY)
    path = Path(client.until("generation_complete")["path"])
    assert code(client.ask("cancel", {"track_id": track})) == (-32007, "ALREADY_COMPLETE")
    again = client.generate(seed=1)
    assert (again["track_id"], again["status"], again["position"]) == (track, "complete", 0)
    told = client.until("generation_complete")
    assert (told["path"], told["generation_time_sec"]) == (str(path), 0.0)
    assert len(player.played) == 1
    assert client.generate(seed=1, inference_steps=4)["status"] == "generating", "with other steps it is another sound"
    client.until("generation_complete")
    path.unlink()
    assert client.generate(seed=1)["status"] == "generating", "a file that has gone is made again"


def test_the_same_track_under_way_is_one_track_and_another_of_its_name_is_refused(client: Client, player: ScriptedPlayer) -> None:
    begin(client, player)
    first, second = client.generate(seed=1), client.generate(seed=1, priority="high")
    assert first == second
    assert code(client.ask("generate", {"prompt": "lofi", "seed": 1, "inference_steps": 4})) == (-32602, "INVALID_PARAMS")


@pytest.mark.parametrize(
    ("error", "name", "words"),
    [
        (Unavailable("weights are damaged", remedy="run: twin models check"), "MODEL_LOAD_FAILED", "run: twin models check"),
        (DiskFull("no room", remedy="free some space"), "MODEL_INFERENCE_FAILED", "free some space"),
        (MemoryError(), "MODEL_INFERENCE_FAILED", "memory ran out"),
        (RuntimeError("odd"), "MODEL_INFERENCE_FAILED", "RuntimeError: odd"),
    ],
)
def test_a_track_that_fails_is_told_and_the_next_is_made(
    client: Client, player: ScriptedPlayer, error: Exception, name: str, words: str
) -> None:
    player.wrong = [error]
    assert player.held is not None
    player.held.release(MANY)
    track = begin(client, player)
    told = client.until("generation_error")
    assert (told["track_id"], told["code"]) == (track, name)
    assert words in told["message"]
    client.generate(prompt="next")
    client.until("generation_complete")


@pytest.mark.parametrize("way", ["end of input", "shutdown"])
def test_the_end_gives_up_what_is_under_way(client: Client, player: ScriptedPlayer, way: str) -> None:
    playing, waiting = begin(client, player), client.generate()["track_id"]
    if way == "shutdown":
        client.request("shutdown", {})
        assert client.hear()["result"] == {"status": "shutting_down"}
    else:
        client.hang_up()
    client.until("generation_cancelled", waiting)
    assert player.held is not None
    player.held.release()
    assert [(one["method"], one["params"]["track_id"]) for one in client.rest()] == [("generation_cancelled", playing)]
    assert list(player.folder.iterdir()) == []


def test_a_client_that_has_gone_ends_the_daemon(player: ScriptedPlayer) -> None:
    noticed = threading.Event()
    client = connect_player(player, lambda message: noticed.set() if "gone" in message.text else None)
    begin(client, player)
    client.go()
    assert player.held is not None
    player.held.release()  # its progress finds nobody
    assert noticed.wait(30)
    player.held.release()
    client.request("ping")
    client.hang_up()
    client.wait()
    assert list(player.folder.iterdir()) == []


def test_a_download_is_answered_when_it_is_done_and_does_not_keep_others(client: Client, player: ScriptedPlayer) -> None:
    player.state = "not_installed"
    waits = client.request("download_backend", {"backend": "ace_step"})
    assert client.until("download_progress")["files_total"] == 1
    assert client.ask("get_backends")["result"]["backends"][1]["status"] == "downloading"
    again = client.ask("download_backend", {"backend": "ace_step"})["result"]
    assert again == {"backend": "ace_step", "status": "already_downloading", "files_downloaded": 0}
    client.say(b'{"jsonrpc":"2.0","id":%d,"method":"ping"}\n' % waits)
    refused = client.hear()
    assert (refused["id"], code(refused)) == (None, (-32600, "INVALID_REQUEST"))
    player.fetching.set()
    done = client.hear_until(lambda one: one.get("id") == waits)
    assert done["result"] == {"backend": "ace_step", "status": "complete", "files_downloaded": 4}
    there = client.ask("download_backend", {"backend": "ace-step"})["result"]
    assert there == {"backend": "ace_step", "status": "already_installed", "files_downloaded": 4}


@pytest.mark.parametrize("error", [Unavailable("offline", remedy="go online"), OSError("cut off"), TwinError("x", remedy="y")])
def test_a_download_that_fails_says_why_and_can_be_asked_for_again(
    client: Client, player: ScriptedPlayer, error: Exception
) -> None:
    player.state, player.unfetchable = "not_installed", error
    player.fetching.set()
    for _ in range(2):
        assert code(client.ask("download_backend", {"backend": "ace_step"})) == (-32002, "MODEL_DOWNLOAD_FAILED")


@pytest.mark.parametrize(
    ("params", "number"), [({"backend": "musicgen"}, -32002), ({"backend": "x"}, -32007), ({}, -32602), ({"name": "x"}, -32602)]
)
def test_what_cannot_be_downloaded_is_refused(client: Client, params: dict[str, object], number: int) -> None:
    assert client.ask("download_backend", params)["error"]["code"] == number
