"""`twin serve` for real: it listens, says where, answers programs as the how-to shows it, and ends cleanly."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from producertwin.audio import files
from producertwin.cli.main import run
from producertwin.errors import Unavailable
from producertwin.server import listener
from producertwin.server.listener import address_of, bind
from producertwin.server.plan import ServePlan
from server_kit import House, serving, tone
from test_docs import fenced
from tree import ROOT

HOW_TO = ROOT / "docs" / "how-to" / "serve.md"


@pytest.mark.thorough
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_lets_in_and_ends_cleanly(fresh: House, sign: int) -> None:
    with serving(fresh.settings.studio) as (told, process):
        assert told["schema"] == "twin.serve/1"
        token = Path(told["token_file"]).read_text().strip()
        with httpx.Client(base_url=told["address"]) as browser:
            assert browser.get("/v1/takes").status_code == 401
            assert browser.get(told["link"], follow_redirects=True).status_code == 200
            assert len(browser.get("/v1/takes").json()["items"]) == 3
        bearer = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{told['address']}/v1/capabilities", headers=bearer).status_code == 200
        process.send_signal(sign)
        _, talk = process.communicate(timeout=60)
    assert process.returncode == 0, talk
    assert "Traceback" not in talk


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("curl") is None, reason="the how-to uses curl")
def test_the_how_to_is_run_as_it_is_written(fresh: House, tmp_path: Path) -> None:
    """Every curl line, with the answers that it promises."""
    lines = [line for line in fenced(HOW_TO.read_text(encoding="utf-8").replace("\\\n", " ")) if line.startswith("curl ")]
    assert len(lines) > 5
    here = tmp_path / "here"
    here.mkdir()
    files.write(here / "song.wav", tone(0.5))
    with serving(fresh.settings.studio) as (told, _):
        token = Path(told["token_file"]).read_text().strip()
        environment = os.environ | {"TOKEN": token, "TWIN": told["address"], "TAKE": fresh.takes[0].id}
        for line in lines:
            done = subprocess.run(["sh", "-ec", line], cwd=here, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (line, done.stderr)
            assert '"status": 4' not in done.stdout and '"status": 5' not in done.stdout, (line, done.stdout)
    assert (here / "take.mp3").read_bytes()[:3] == b"ID3"


@pytest.mark.thorough
def test_headers_that_never_end_are_cut_off(fresh: House) -> None:
    with serving(fresh.settings.studio) as (told, _):
        host, _, port = told["address"].removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=listener.HEADER_SECONDS + 20) as slow:
            slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
            begun = time.monotonic()
            assert slow.recv(1000) == b""
            assert time.monotonic() - begun < listener.HEADER_SECONDS + 15
        with socket.create_connection((host, int(port)), timeout=30) as much:
            much.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (listener.MOST_HEADERS * 4))
            assert b" 400 " in much.recv(1000)


def test_a_taken_port_is_told() -> None:
    with bind(ServePlan(port=0)) as one:
        assert one.proto == socket.IPPROTO_TCP  # or else asyncio would not send at once
        port = one.getsockname()[1]
        with pytest.raises(Unavailable, match=str(port)) as caught:
            bind(ServePlan(port=port))
        assert "--port 0" in caught.value.remedy


@pytest.mark.parametrize(
    ("plan", "address"),
    [
        (ServePlan(), "http://127.0.0.1:1"),
        (ServePlan(host="::1"), "http://[::1]:1"),
        (ServePlan(host="0.0.0.0", expose=True, name=("example.org",)), "http://example.org:1"),
        (ServePlan(name=("example.org",), behind_tls=True), "https://example.org"),
    ],
)
def test_the_address_is_what_a_browser_opens(plan: ServePlan, address: str) -> None:
    assert address_of(plan, 1) == address


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "--expose"),
        (["--host", "192.0.2.1"], "--expose"),
        (["--host", "0.0.0.0", "--expose"], "--name"),
        (["--port", "70000"], "port"),
        (["--port", "-1"], "port"),
        (["--host", ""], "host"),
        (["--name", "a b"], "name"),
        (["--behind-tls"], "--name"),
    ],
)
def test_what_would_let_others_in_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(["--studio", str(tmp_path / "studio"), "serve", *words]) == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "studio").exists()


def test_the_link_is_data_and_the_rest_is_talk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    monkeypatch.setattr(listener, "_warm_up", lambda: None)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert run(["--studio", str(tmp_path / "studio"), "serve", "--port", "0", "--open"]) == 0
    said = capsys.readouterr()
    assert re.fullmatch(r"http:..127.0.0.1:\d+/enter\?code=[\w-]{43}\n", said.out)
    assert opened == [said.out.strip()]
    assert "Ctrl-C" in said.err
