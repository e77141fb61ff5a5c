"""What a server sends is compared with what it announced; whatever differs is refused, and nothing of it is kept."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import TwinError, Unavailable
from producertwin.model.variants import fetching
from producertwin.model.variants.catalogue import WeightSource

SHA = "a" * 40
SOURCE = WeightSource(repo="ACE-Step/small", size=10_000)
WEIGHTS, CONFIG = b"w" * 5_000, b'{"a": 1}'


def entry(name: str, content: bytes, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    lfs = {"sha256": digest, "size": len(content), "pointerSize": 130}
    return {"rfilename": name, "size": len(content), "blobId": "0" * 40, "lfs": lfs} | changes


def small(name: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return {"rfilename": name, "size": len(content), "blobId": blob}


class Hub:
    """A hub with one repository, whose answers a test changes."""

    def __init__(self) -> None:
        self.listing: Any = {
            "id": SOURCE.repo,
            "sha": SHA,
            "siblings": [entry("model.safetensors", WEIGHTS), small("config.json", CONFIG)],
        }
        self.content = {"model.safetensors": WEIGHTS, "config.json": CONFIG}
        self.announced: int | None = None
        self.redirect: str | None = None
        self.cut = False
        self.asked: list[str] = []


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    told = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            told.asked.append(self.path)
            if self.path.startswith("/api/"):
                listing = told.listing if isinstance(told.listing, bytes) else json.dumps(told.listing).encode()
                self.send(listing, {}, body=body)
                return
            content = told.content.get(self.path.partition(f"/{SHA}/")[2], b"")
            if told.redirect is not None:
                self.send_response(302)
                self.send_header("Location", told.redirect)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send(content, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": SHA}, body=body)

        def send(self, content: bytes, headers: dict[str, str], *, body: bool) -> None:
            length = len(content) if told.announced is None or self.path.startswith("/api/") else told.announced
            self.send_response(200)
            for name, value in {"Content-Length": str(length), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content[: len(content) // 2] if told.cut and "resolve" in self.path else content)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(fetching, "ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.parent.rglob("*") if path.suffix in {".safetensors", ".json", ".incomplete"}}


def test_what_is_as_announced_is_kept(hub: Hub, tmp_path: Path) -> None:
    hub.listing["siblings"] += [small("code.py", b"x"), small("old.bin", b"x")]
    fetching.fetch(SOURCE, tmp_path / "into")
    assert (tmp_path / "into" / "model.safetensors").read_bytes() == WEIGHTS
    assert kept(tmp_path / "into") == {"model.safetensors", "config.json"}
    count = len(hub.asked)
    fetching.fetch(SOURCE, tmp_path / "into")
    assert not any("code.py" in path or "old.bin" in path for path in hub.asked) and len(hub.asked) > count


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"v" * 5_000, "hash"),
        (b"w" * 4_999, "4999 bytes|hash"),
        (b"<!DOCTYPE html><html>sign in</html>", "web page|bytes"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LFS pointer|bytes"),
        (b"", "empty|bytes"),
    ],
)
def test_another_file_than_announced_is_removed(hub: Hub, tmp_path: Path, content: bytes, told: str) -> None:
    hub.content["model.safetensors"] = content
    with pytest.raises(Unavailable, match=told):
        fetching.fetch(SOURCE, tmp_path / "into")
    assert kept(tmp_path / "into") == set()


def test_a_small_file_is_compared_too(hub: Hub, tmp_path: Path) -> None:
    hub.content["config.json"] = b'{"a": 2}'
    with pytest.raises(Unavailable, match=r"config\.json is not the file"):
        fetching.fetch(SOURCE, tmp_path / "into")
    assert kept(tmp_path / "into") == {"model.safetensors"}


@pytest.mark.parametrize("redirect", ["file:///etc/passwd", "gopher://x/", "http://", "ftp://127.0.0.1/x"])
def test_a_redirect_elsewhere_is_typed(hub: Hub, tmp_path: Path, redirect: str) -> None:
    hub.redirect = redirect
    with pytest.raises(TwinError):
        fetching.fetch(SOURCE, tmp_path / "into")
    assert kept(tmp_path / "into") == set()


@pytest.mark.parametrize(
    "siblings",
    [
        [entry("model.safetensors", WEIGHTS, size=10**13)],
        [entry("model.safetensors", WEIGHTS, size=-1)],
        [entry("model.safetensors", WEIGHTS, size="many")],
        [entry("../model.safetensors", WEIGHTS)],
        [entry("a/../../model.safetensors", WEIGHTS)],
        [entry("/etc/model.safetensors", WEIGHTS)],
        [entry("a\\..\\model.safetensors", WEIGHTS)],
        [entry(".cache/model.safetensors", WEIGHTS)],
        [entry("a\nb.safetensors", WEIGHTS)],
        [entry(f"{number}.safetensors", b"") for number in range(1_001)],
        [],
        None,
        "much",
        [1],
        [{}],
    ],
)
def test_a_listing_that_cannot_be_is_refused_before_anything_is_fetched(hub: Hub, tmp_path: Path, siblings: Any) -> None:
    hub.listing["siblings"] = siblings
    with pytest.raises(Unavailable, match="ACE-Step/small"):
        fetching.fetch(SOURCE, tmp_path / "into")
    assert kept(tmp_path / "into") == set() and not any("resolve" in path for path in hub.asked)


@pytest.mark.parametrize(
    "answer", [b"<html>sign in</html>", b"", b"[" * 100_000, b"[1]", b"null", b'{"id": ' + b"9" * 5_000 + b"}"]
)
def test_an_answer_that_is_no_listing_is_typed(hub: Hub, tmp_path: Path, answer: bytes) -> None:
    hub.listing = answer
    with pytest.raises(Unavailable, match="ACE-Step/small"):
        fetching.fetch(SOURCE, tmp_path / "into")


@pytest.mark.parametrize("announced", [9_000, 10**13, 0])
def test_a_length_that_was_not_announced_is_refused_before_it_is_fetched(hub: Hub, tmp_path: Path, announced: int) -> None:
    hub.announced = announced
    with pytest.raises(Unavailable, match=f"has {announced} bytes"):
        fetching.fetch(SOURCE, tmp_path / "into")
    assert kept(tmp_path / "into") == set()


def test_a_download_that_is_cut_short_is_typed(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.cut = True
    with pytest.raises(Unavailable, match="could not be fetched"):
        fetching.fetch(SOURCE, tmp_path / "into")
    assert "model.safetensors" not in kept(tmp_path / "into")
