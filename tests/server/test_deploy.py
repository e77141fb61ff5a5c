"""What `deploy/` promises, as far as it can be told without the engines it is for."""

from __future__ import annotations

import base64
import configparser
import re
import shlex
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from producertwin.cli.main import run
from test_docs import fenced
from tree import ROOT

DEPLOY = ROOT / "deploy"
TOKEN = "t" * 64


def is_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whether a `twin` command has every option that is given to it."""
    depth = 2 if words[0] in {"dataset", "models", "tracks", "jobs", "takes"} else 1
    assert run([*words[:depth], "--help"]) == 0
    told = capsys.readouterr().out
    for flag in (word for word in words[depth:] if word.startswith("--")):
        assert flag in told, (words, flag)


def twin_commands(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        found = re.search(r"\btwin (serve|work)\b[^\"'#\\\\]*", line)
        if found and not line.lstrip().startswith(("#", "//")):
            yield shlex.split(found[0])[1:]


@pytest.mark.parametrize(
    "path", ["deploy/Dockerfile", "deploy/compose.yaml", "deploy/producertwin.service", "docs/how-to/deploy.md"]
)
def test_every_command_is_understood(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    text = "\n".join(fenced(text)) if path.endswith(".md") else text
    found = [words for words in twin_commands(text) if words]
    assert found
    for words in found:
        is_understood(words, capsys)


def test_the_container_runs_as_nobody_special_and_is_watched() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER twin"]
    assert "HEALTHCHECK" in text and "/healthz" in text and "VOLUME /studio" in text
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in copied.split())
    made = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = made["services"]
    assert services["studio"]["ports"] == ["127.0.0.1:8765:8765"] and services["worker"]["ports"] == []
    assert services["worker"]["environment"] == services["studio"]["environment"]
    assert "PASSWORD" in services["database"]["environment"]["POSTGRES_PASSWORD"]
    assert not re.search(r"password: *['\"]?\w+['\"]?$", (DEPLOY / "compose.yaml").read_text(), re.IGNORECASE | re.MULTILINE)


def test_the_unit_lets_trainings_save_and_the_proxies_hand_on() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((DEPLOY / "producertwin.service").read_text())
    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) >= 30 and service["KillSignal"] == "SIGTERM" and service["NoNewPrivileges"] == "yes"
    assert "producertwin" in service["ReadWritePaths"]
    nginx = (DEPLOY / "nginx.conf").read_text()
    for line in (
        "proxy_buffering off;",
        "proxy_request_buffering off;",
        "proxy_set_header Host $host;",
        "client_max_body_size 1g;",
    ):
        assert line in nginx
    assert nginx.count("{") == nginx.count("}")
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert "flush_interval -1" in caddy and "127.0.0.1:8765" in caddy and caddy.count("{") == caddy.count("}")


# --- Modal, played by a stub


class Stub:
    """Whatever is asked of it, it gives back itself, or the function that it decorates."""

    def __call__(self, *given: Any, **_: Any) -> Any:
        return given[0] if given and callable(given[0]) and not isinstance(given[0], Stub) else self

    def __getattr__(self, name: str) -> Any:
        return self

    @contextmanager
    def imports(self) -> Iterator[None]:
        yield


class Call:
    """A function that can be spawned."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.work = work
        self.asked: list[tuple[Any, ...]] = []

    def spawn(self, *given: Any) -> Any:
        self.asked.append(given)
        return types.SimpleNamespace(object_id=f"call-{len(self.asked)}")


@pytest.fixture
def modal_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    stub: Any = types.ModuleType("modal")
    stub.App = stub.Volume = stub.Secret = stub.Image = stub.FunctionCall = Stub()
    stub.asgi_app = lambda: lambda work: work
    monkeypatch.setitem(sys.modules, "modal", stub)
    monkeypatch.setenv("TWIN_TOKEN", TOKEN)
    source = (DEPLOY / "modal_app.py").read_text(encoding="utf-8")
    made: Any = types.ModuleType("modal_app")
    made.__file__ = str(DEPLOY / "modal_app.py")
    exec(compile(source, "modal_app.py", "exec"), made.__dict__)
    made.DATA = tmp_path
    made.train_twin, made.play_twin = Call(made.learn), Call(made.play)
    return made


@pytest.fixture
def client(modal_app: Any) -> Iterator[TestClient]:
    with TestClient(modal_app.web(), headers={"authorization": f"Bearer {TOKEN}"}) as found:
        yield found


def test_modal_takes_uploads_into_the_layout(client: TestClient, modal_app: Any) -> None:
    said = {"producer_id": "Mara Vale", "filename": "beat.wav", "content_base64": base64.b64encode(b"RIFF").decode()}
    assert client.post("/upload", json=said).json() == {"path": "uploads/Mara Vale/beat.wav", "producer_id": "Mara Vale"}
    assert (modal_app.DATA / "uploads" / "Mara Vale" / "beat.wav").read_bytes() == b"RIFF"
    odds = (
        {"producer_id": "../x"}, {"producer_id": ""}, {"producer_id": 5}, {"filename": "../../x.wav"}, {"filename": "a/b.wav"},
        {"filename": "x.sh"}, {"filename": "-rf.wav"}, {"content_base64": "é"}, {"content_base64": ""},
    )  # fmt: skip
    for odd in odds:
        assert client.post("/upload", json=said | odd).status_code in {413, 422}, odd
    assert client.post("/train", json={"producer_id": "Mara Vale"}).json() == {"call": "call-1"}
    assert modal_app.train_twin.asked == [("Mara Vale", "LicenseRef-own")]
    assert client.post("/train", json={"producer_id": "Nobody"}).status_code == 404
    assert client.post("/train", json={"producer_id": "Mara Vale", "licence": "--x y"}).status_code == 422
    assert client.post("/generate", json={"prompt": "lofi", "lora_id": "Mara Vale:x", "duration": 30}).json() == {
        "call": "call-1"
    }
    for odd in (
        {"prompt": ""},
        {"prompt": "--out=/x"},
        {"prompt": "x", "duration": 1e9},
        {"prompt": "x", "lora_id": "../x"},
        {"prompt": 1},
    ):
        assert client.post("/generate", json=odd).status_code == 422, odd


@pytest.mark.parametrize("token", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"])
def test_modal_wants_the_token(client: TestClient, token: str) -> None:
    for path in ("/upload", "/train", "/generate"):
        assert client.post(path, json={"token": "x"}, headers={"authorization": token.encode()}).status_code == 401
    assert client.get("/result?call=x", headers={"authorization": token.encode()}).status_code == 401
    assert client.get("/docs").status_code == 404


def test_modal_says_to_twin_what_it_understands(
    modal_app: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[tuple[str, ...]] = []

    def note(*words: str) -> None:
        said.append(words)
        if "--format" in words:
            home = Path(words[words.index("--out") + 1]) / "training_data" / "Mara Vale"
            for name in ("audio/a.flac", "text/a.txt"):
                (home / name).parent.mkdir(parents=True)
                (home / name).write_text("x")
        if words[0] == "make":
            Path(words[words.index("--out") + 1]).write_bytes(b"RIFF")

    modal_app.run_twin = note
    assert modal_app.learn("Mara Vale", "CC0-1.0")["models_path"] == "models/Mara Vale/adapter_model.safetensors"
    assert (modal_app.DATA / "training_data" / "Mara Vale" / "text" / "a.txt").is_file()
    wish = modal_app.read_wish({"prompt": "lofi", "lora_id": "Mara Vale", "duration": 30})
    assert base64.b64decode(modal_app.play(wish)["audio_base64"]) == b"RIFF"
    assert len(said) == 6
    for words in said:
        is_understood(list(words), capsys)
