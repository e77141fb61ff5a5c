"""The daemon's protocol line by line: what it answers, tells and refuses, with a player that does what the test says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from lofi_kit import Client, ScriptedPlayer, connect_player
from producertwin.errors import BadInput, DiskFull, Unavailable
from producertwin.release.lofi.asked import PARAMETERS, read_generate
from producertwin.release.lofi.messages import read_lines


@pytest.fixture
def player(tmp_path: Path) -> ScriptedPlayer:
    return ScriptedPlayer(tmp_path)


@pytest.fixture
def client(player: ScriptedPlayer) -> Iterator[Client]:
    client = connect_player(player)
    yield client
    client.end()


def code(message: dict[str, object]) -> tuple[object, object]:
    error = message["error"]
    assert isinstance(error, dict)
    return error["code"], error["data"]["error_code"]


def test_ping_says_ok_and_nothing_more(client: Client) -> None:
    assert client.ask("ping") == {"id": 1, "result": {"status": "ok"}}
    assert client.ask("ping", {}, id_="a text") == {"id": "a text", "result": {"status": "ok"}}


def test_backends_are_listed_with_what_they_can_do(client: Client) -> None:
    found = client.ask("get_backends", [])["result"]  # how Lua may write an empty table
    assert found["default_backend"] == "ace_step"
    assert found["backends"] == [
        {"type": "musicgen", "name": "MusicGen-Small", "status": "not_installed", "min_duration_sec": 5,
         "max_duration_sec": 120, "sample_rate": 32000, "model_version": None},
        {"type": "ace_step", "name": "Scripted", "status": "ready", "min_duration_sec": 5, "max_duration_sec": 240,
         "sample_rate": 48000, "model_version": "scripted-1"},
    ]  # fmt: skip


def test_a_track_is_answered_at_once_then_progresses_and_is_complete(client: Client, player: ScriptedPlayer) -> None:
    answer = client.generate(prompt="lofi, Regen ☂", duration_sec=30, seed=7)
    name = hashlib.sha256("ace_step:lofi, Regen ☂:7:30:scripted-1".encode()).hexdigest()[:16]
    assert answer == {"track_id": name, "status": "generating", "position": 0, "seed": 7, "backend": "ace_step"}
    done = client.until("generation_complete")
    assert "result" in client.heard[0]
    told = [one["params"] for one in client.heard if one.get("method") == "generation_progress"]
    assert [one["percent"] for one in told] == [*range(5, 100, 5), 100]
    assert told[4] == {"track_id": name, "percent": 25, "tokens_generated": 5, "tokens_estimated": 20, "eta_sec": 15.0,
                       "current_step": 5, "total_steps": 20}  # fmt: skip
    assert done["path"] == str(player.folder / f"{name}.flac") and Path(done["path"]).is_file()
    assert (done["prompt"], done["seed"], done["sample_rate"], done["duration_sec"]) == ("lofi, Regen ☂", 7, 48000, 30.0)
    assert (done["model_version"], done["backend"]) == ("scripted-1", "ace_step")


@pytest.mark.parametrize("steps", [1, 3, 200])
def test_progress_comes_every_five_percent_at_most(client: Client, steps: int) -> None:
    client.generate(inference_steps=steps)
    client.until("generation_complete")
    told = [one["params"]["percent"] for one in client.heard if one.get("method") == "generation_progress"]
    assert told[-1] == 100 and len(told) <= 21
    assert told == sorted(set(told))


def test_a_drawn_seed_is_told_and_held_exactly_by_every_client(client: Client) -> None:
    seeds = {client.generate(seed=None)["seed"] for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize(
    ("line", "number", "id_"),
    [
        (b"not json", -32700, None),
        (b'{"jsonrpc":"2.0","id":1,"method":', -32700, None),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', -32700, None),
        (b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', -32700, None),
        (b"\0\0\0", -32700, None),
        (b"[" * 5000 + b"]" * 5000, -32700, None),
        (b'{"id":' + b"9" * 5000 + b"}", -32700, None),
        (b"[]", -32600, None),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, None),
        (b'"ping"', -32600, None),
        (b"17", -32600, None),
        (b"{}", -32600, None),
        (b'{"jsonrpc":"2.0","method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"1.0","id":4,"method":"ping"}', -32600, 4),
        (b'{"id":"b","method":"ping"}', -32600, "b"),
        (b'{"jsonrpc":"2.0","id":4}', -32600, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":3}', -32600, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":"Generate"}', -32601, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":""}', -32601, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":"generate"}', -32602, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":"generate","params":["lofi"]}', -32602, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":"generate","params":"lofi"}', -32602, 4),
        (b'{"jsonrpc":"2.0","id":4,"method":"get_backends","params":{"all":1}}', -32602, 4),
    ],
)
def test_a_line_that_is_no_request_is_refused_and_the_next_is_answered(
    client: Client, line: bytes, number: int, id_: object
) -> None:
    client.say(line + b"\r\n\n  \n")
    refused = client.hear()
    assert (code(refused)[0], refused["id"]) == (number, id_)
    assert client.ask("ping", id_="after")["result"] == {"status": "ok"}


def test_an_endless_line_is_refused_without_being_held() -> None:
    lines = read_lines(BytesIO(b"x" * 300_000 + b"\nok\n" + b"y" * 11 + b"\nlast"), longest=10)
    assert list(lines) == [None, b"ok", None, b"last"]


def test_a_huge_line_is_a_parse_error_and_the_next_is_answered(client: Client) -> None:
    client.say(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' + b"x" * (1 << 20) + b'"}}\n')
    refused = client.hear()
    assert (code(refused)[0], refused["id"]) == (-32700, None)
    assert client.ask("ping")["result"] == {"status": "ok"}


@pytest.mark.parametrize(
    ("params", "number", "name"),
    [
        ({"prompt": None}, -32602, "INVALID_PARAMS"),
        ({"prompt": 3}, -32602, "INVALID_PARAMS"),
        ({"prompt": ""}, -32006, "INVALID_PROMPT"),
        ({"prompt": " \n"}, -32006, "INVALID_PROMPT"),
        ({"prompt": "x" * 1001}, -32006, "INVALID_PROMPT"),
        ({"prompt": "☂" * 334}, -32006, "INVALID_PROMPT"),  # it is bytes that count
        ({"duration_sec": 4}, -32005, "INVALID_DURATION"),
        ({"duration_sec": 241}, -32005, "INVALID_DURATION"),
        ({"duration_sec": -30}, -32005, "INVALID_DURATION"),
        ({"duration_sec": 1e300}, -32005, "INVALID_DURATION"),
        ({"duration_sec": 121, "backend": "musicgen"}, -32005, "INVALID_DURATION"),
        ({"duration_sec": "30"}, -32602, "INVALID_PARAMS"),
        ({"duration_sec": 30.5}, -32602, "INVALID_PARAMS"),
        ({"duration_sec": True}, -32602, "INVALID_PARAMS"),
        ({"seed": -1}, -32602, "INVALID_PARAMS"),
        ({"seed": 2**64}, -32602, "INVALID_PARAMS"),
        ({"seed": "1"}, -32602, "INVALID_PARAMS"),
        ({"priority": "low"}, -32602, "INVALID_PARAMS"),
        ({"backend": "riffusion"}, -32007, "INVALID_BACKEND"),
        ({"backend": 1}, -32602, "INVALID_PARAMS"),
        ({"backend": "musicgen"}, -32008, "BACKEND_NOT_INSTALLED"),
        ({"inference_steps": 0}, -32009, "INVALID_INFERENCE_STEPS"),
        ({"inference_steps": 201}, -32009, "INVALID_INFERENCE_STEPS"),
        ({"inference_steps": [60]}, -32602, "INVALID_PARAMS"),
        ({"guidance_scale": 0.5}, -32010, "INVALID_GUIDANCE_SCALE"),
        ({"guidance_scale": 31}, -32010, "INVALID_GUIDANCE_SCALE"),
        ({"guidance_scale": "7"}, -32602, "INVALID_PARAMS"),
        ({"scheduler": "ddim"}, -32011, "INVALID_SCHEDULER"),
        ({"scheduler": 5}, -32602, "INVALID_PARAMS"),
        ({"lora": "x"}, -32602, "INVALID_PARAMS"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused_by_its_own_number(
    client: Client, player: ScriptedPlayer, params: dict[str, object], number: int, name: str
) -> None:
    refused = client.ask("generate", {"prompt": "lofi"} | params)
    assert code(refused) == (number, name)
    assert player.played == []


def test_every_parameter_reaches_the_player() -> None:
    said = ("x" * 1000, 240.0, 2**64 - 1, "high", "acestep", 200, "pingpong", 1)
    asked = read_generate(dict(zip(PARAMETERS, said, strict=True)))
    assert (asked.prompt, asked.seconds, asked.seed, asked.urgent) == ("x" * 1000, 240, 2**64 - 1, True)
    assert (asked.backend, asked.steps, asked.scheduler, asked.guidance) == ("ace_step", 200, "pingpong", 1.0)
    plain = read_generate({"prompt": "lofi", **dict.fromkeys(PARAMETERS[1:])})
    assert (plain.seconds, plain.backend, plain.steps, plain.guidance, plain.urgent) == (30, "ace_step", None, None, False)


@pytest.mark.parametrize(
    ("error", "number", "name"),
    [
        (Unavailable("turbo is not here", remedy="run: twin models pull turbo"), -32008, "BACKEND_NOT_INSTALLED"),
        (DiskFull("no room", remedy="free some space"), -32003, "MODEL_INFERENCE_FAILED"),
        (OSError(28, "No space left on device"), -32003, "MODEL_INFERENCE_FAILED"),
        (BadInput("no", remedy="another"), -32602, "INVALID_PARAMS"),
        (ZeroDivisionError("oh"), -32603, "INTERNAL_ERROR"),
    ],
)
def test_what_the_studio_refuses_is_answered_with_its_remedy(
    client: Client, player: ScriptedPlayer, error: Exception, number: int, name: str
) -> None:
    player.refuses = error
    refused = client.ask("generate", {"prompt": "lofi"})
    assert code(refused) == (number, name)
    assert getattr(error, "remedy", "") in refused["error"]["message"]
    player.refuses = None
    assert client.generate()["status"] == "generating"


def test_requests_without_a_line_end_are_answered_too(player: ScriptedPlayer) -> None:
    client = connect_player(player)
    client.request("ping")
    client.say(json.dumps({"jsonrpc": "2.0", "id": 9, "method": "nothing"}).encode())
    left = client.end()
    assert [one["id"] for one in left] == [1, 9]
