"""Instruments that a browser plays: which files are sent, to whom, and by whose script."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from producertwin.server import instruments
from server_kit import House, make_client, problem


@pytest.fixture
def models(fresh: House) -> Path:
    """The studio's models: an export with a player, one without, and a file beside them."""
    models = fresh.settings.models
    for name in ("web", "plain"):
        (models / name / "player").mkdir(parents=True)
        (models / name / "transformer.onnx").write_bytes(b"a graph")
        (models / name / "export.json").write_text("{}")
    (models / "web" / "player" / "words.json").write_text("{}")
    (models / "web" / "player" / "runtime.wasm").write_bytes(b"\0asm")
    (models / "web" / "player" / "player.js").write_text("alert('somebody else wrote this')")
    (models / "secret.onnx").write_bytes(b"a secret")
    return models


def test_the_page_and_its_files_are_sent(fresh: House, models: Path) -> None:
    with make_client(fresh) as client:
        assert client.get("/instruments/web").headers["location"] == "/instruments/web/player/"
        (models / "web").rename(models / "web #1")
        place = client.get("/instruments/web%20%231").headers["location"]
        assert client.get(place).status_code == 200
        (models / "web #1").rename(models / "web")
        page = client.get("/instruments/web/player/")
        assert page.headers["content-security-policy"] == instruments.POLICY
        assert "'unsafe-inline'" not in instruments.POLICY and "'unsafe-eval'" not in instruments.POLICY
        assert client.get("/instruments/web/transformer.onnx").content == b"a graph"
        wasm = client.get("/instruments/web/player/runtime.wasm")
        assert (wasm.content, wasm.headers["content-type"]) == (b"\0asm", "application/wasm")


def test_the_script_is_this_packages_own(fresh: House, models: Path) -> None:
    with make_client(fresh) as client:
        assert client.get("/instruments/web/player/player.js").content == (instruments.PAGE / "player.js").read_bytes()
        problem(client.get("/instruments/web/player/index.html"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "plain",
        "plain/transformer.onnx",
        "absent/player/",
        "web/export.json",
        "web/player/other.js",
        "web/absent.onnx",
        "web/../secret.onnx",
        "web/%2e%2e/secret.onnx",
        "web/..%2fsecret.onnx",
        "..%2fmodels%2fweb/transformer.onnx",
        "%00/player/",
        f"{'a' * 5000}/player/",
    ],
)
def test_nothing_else_is_sent(fresh: House, models: Path, path: str) -> None:
    with make_client(fresh) as client:
        problem(client.get(f"/instruments/{path}"), 404)


def test_strangers_get_nothing(fresh: House, models: Path) -> None:
    with make_client(fresh) as client:
        stranger = TestClient(client.app, base_url=str(client.base_url))
        problem(stranger.get("/instruments/web/player/"), 401)
        problem(stranger.get("/instruments/web/transformer.onnx"), 401)


def test_a_link_in_somebody_elses_instrument_leads_nowhere(fresh: House, models: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "tokenizer.json").write_text("a secret")
    (models / "web" / "twin.json").symlink_to(tmp_path / "away" / "tokenizer.json")
    (models / "web" / "tokenizer").symlink_to(tmp_path / "away")
    (models / "web" / "encoder.onnx").symlink_to(models / "web" / "transformer.onnx")
    (models / "linked").symlink_to(models / "web")
    with make_client(fresh) as client:
        problem(client.get("/instruments/web/twin.json"), 404)
        problem(client.get("/instruments/web/tokenizer/tokenizer.json"), 404)
        assert client.get("/instruments/web/encoder.onnx").content == b"a graph"
        assert client.get("/instruments/linked/transformer.onnx").content == b"a graph"
