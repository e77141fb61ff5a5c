"""onnxruntime for browsers: fetched once, compared with its hash, and never another file; and which exports get a page."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from producertwin.errors import BadInput, Unavailable
from producertwin.model.variants import catalogue
from producertwin.release.export import web_runtime
from producertwin.release.export.player import LARGEST, require_playable
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, plan_export
from producertwin.verbs.studio import open_studio
from tree import ROOT

CONTENT = b"\0asm and so on" * 1000
TOKENIZER = catalogue.NANO / "tokenizer" / "tokenizer.json"


class Server(http.server.BaseHTTPRequestHandler):
    """Sends `sent`, and counts."""

    sent = CONTENT
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200 if self.sent else 404)
        self.end_headers()
        self.wfile.write(self.sent)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Server]]:
    kind = type("Own", (Server,), {})
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    monkeypatch.setattr(web_runtime, "ADDRESS", f"http://127.0.0.1:{found.server_port}/runtime.wasm")
    monkeypatch.setattr(web_runtime, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(web_runtime, "BYTES", len(CONTENT))
    yield kind
    found.shutdown()
    found.server_close()


def settings_of(folder: Path, *, offline: bool = False) -> Settings:
    return Settings(studio=folder / "studio", device="cpu", offline=offline)


def test_it_is_fetched_once(server: type[Server], tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    path = web_runtime.find_runtime(settings)
    assert path.read_bytes() == CONTENT
    assert (web_runtime.find_runtime(settings), server.asked) == (path, 1)
    assert web_runtime.find_runtime(settings_of(tmp_path, offline=True)) == path


@pytest.mark.parametrize("sent", [b"", CONTENT[:-1], CONTENT[:-1] + b"!", CONTENT + b"more"])
def test_nothing_else_is_kept(server: type[Server], tmp_path: Path, sent: bytes) -> None:
    server.sent = sent
    with pytest.raises(Unavailable, match="could not be fetched" if not sent else "another file") as told:
        web_runtime.find_runtime(settings_of(tmp_path))
    assert str(web_runtime.place_of(settings_of(tmp_path))) in (told.value.remedy or "")
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_offline_and_damaged_it_is_refused(server: type[Server], tmp_path: Path) -> None:
    offline = settings_of(tmp_path, offline=True)
    with pytest.raises(Unavailable, match="offline"):
        web_runtime.find_runtime(offline)
    place = web_runtime.place_of(offline)
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT[:-1])
    with pytest.raises(BadInput, match="is not the file"):
        web_runtime.find_runtime(settings_of(tmp_path))
    assert server.asked == 0


def test_a_server_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_runtime, "ADDRESS", "http://127.0.0.1:9/runtime.wasm")
    with pytest.raises(Unavailable, match=r"could not be fetched from \S+:9/"):
        web_runtime.find_runtime(settings_of(tmp_path))


def test_the_page_is_built_with_the_release_that_is_fetched() -> None:
    package = json.loads((ROOT / "web" / "package.json").read_text())
    assert package["dependencies"]["onnxruntime-web"] == web_runtime.VERSION
    assert f"ONNX Runtime Web v{web_runtime.VERSION}" in (ROOT / "src/producertwin/release/export/page/player.js").read_text()


def test_what_a_browser_cannot_play_is_said(tmp_path: Path) -> None:
    card = catalogue.card_of(catalogue.NANO)
    require_playable("nano", card, TOKENIZER, 1000)
    other = tmp_path / "tokenizer.json"
    other.write_text(json.dumps({"model": {"type": "WordLevel"}, "pre_tokenizer": {"type": "Whitespace"}}))
    turbo = catalogue.VARIANTS["turbo"].card
    for words, name, said, tokenizer, size in (
        ("GB of weights", "big", card, TOKENIZER, LARGEST + 1),
        ("corrected steps", "turbo", turbo, TOKENIZER, 1000),
        ("tokenizer", "words", card, other, 1000),
        ("tokenizer", "none", card, tmp_path / "absent.json", 1000),
        ("no music from words", "cover", card.model_copy(update={"tasks": frozenset()}), TOKENIZER, 1000),
    ):
        with pytest.raises(BadInput, match=f"{name} cannot be played in a browser: .*{words}"):
            require_playable(name, said, tokenizer, size)


def test_a_plan_says_at_once_that_there_will_be_no_page(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    with open_studio(settings_of(tmp_path, offline=True)) as studio:
        with pytest.raises(BadInput, match="diffusers is not played in a browser"):
            plan_export(ExportPlan(name="nano", player=True), studio)
        with pytest.raises(Unavailable, match="cannot be fetched offline"):
            plan_export(ExportPlan(name="nano", format="onnx", player=True), studio)
