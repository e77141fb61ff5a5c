"""A Hugging Face hub on this machine: as much of its protocol as pushing needs, with the faults that a test asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

TOKEN = "hf_" + "S" * 34
HEAD = "c" * 40


class FakeHub:
    """One user's hub: repositories, large files by hash, and a list of everything that was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.user = "mara"
        self.repos: dict[str, dict[str, Any]] = {}
        self.large: dict[str, bytes] = {}
        """Contents by SHA-256, whether a commit names them or not."""
        self.parts: dict[str, dict[int, bytes]] = {}
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.fails: dict[str, int] = {}
        """The status that a request gets whose `METHOD path` has this in it."""
        self.drops = ""
        """Requests with this in them get no answer: the line is cut while their body is under way."""
        self.part_bytes = 0
        """Bytes of a part of a large file; 0 for one part."""

    def files(self, repo: str) -> dict[str, bytes]:
        """What a repository holds now."""
        return self.repos[repo]["files"]

    def count(self, words: str) -> int:
        """How often something was asked."""
        return sum(words in one for one in self.asked)


@contextmanager
def serve(hub: FakeHub) -> Iterator[None]:
    """Let `hub` answer on a port of its own."""

    class Handler(_Handler):
        told = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    told: FakeHub

    def do_GET(self) -> None:
        self.answer("GET")

    def do_POST(self) -> None:
        self.answer("POST")

    def do_PUT(self) -> None:
        self.answer("PUT")

    def answer(self, method: str) -> None:
        hub, path = self.told, urlsplit(self.path).path
        asked = f"{method} {path}"
        hub.asked.append(asked)
        if hub.drops and hub.drops in asked:
            self.rfile.read(min(64, self.length))
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(self.length) if self.length else b"".join(self.chunks())
        hub.tokens.add(self.headers.get("Authorization", ""))
        status = next((code for words, code in hub.fails.items() if words in asked), 0)
        if status:
            sent_back = self.headers.get("Authorization", "")
            self.send(status, {"error": f"no, {sent_back}, see {hub.address}/x?X-Amz-Signature=abcdef"})
            return
        if not path.startswith(("/store/", "/complete/")) and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send(401, {"error": "Invalid credentials in Authorization header"})
            return
        self.route(method, path, body)

    def route(self, method: str, path: str, body: bytes) -> None:
        hub, words = self.told, path.strip("/").split("/")
        if path == "/api/whoami-v2":
            self.send(200, {"name": hub.user, "auth": {}})
        elif path == "/api/validate-yaml":
            self.send(200, {"errors": [], "warnings": []})
        elif path == "/api/repos/create":
            self.create(json.loads(body))
        elif method == "PUT":
            self.store(words, body)
        elif words[0] == "complete":
            self.complete(words[1])
        elif path.endswith("/info/lfs/objects/batch"):
            self.batch(json.loads(body))
        else:
            self.of_repo("/".join(words[2:4]), words[4:], body)

    def create(self, asked: dict[str, Any]) -> None:
        repo = f"{asked.get('organization') or self.told.user}/{asked['name']}"
        if repo in self.told.repos:
            self.send(409, {"error": "You already created this model repo", "url": f"{self.told.address}/{repo}"})
            return
        private = asked.get("visibility", "public") == "private" or bool(asked.get("private"))
        self.told.repos[repo] = {"private": private, "files": {".gitattributes": b"*.safetensors filter=lfs\n"}, "head": HEAD}
        self.send(200, {"url": f"{self.told.address}/{repo}"})

    def of_repo(self, repo: str, what: list[str], body: bytes) -> None:
        found = self.told.repos.get(repo)
        if found is None:
            self.send(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif not what or what[0] == "revision":
            listed = [{"rfilename": name} for name in found["files"]]
            self.send(200, {"id": repo, "sha": found["head"], "private": found["private"], "siblings": listed})
        elif what[0] == "preupload":
            self.send(200, {"files": [self.mode(found, one) for one in json.loads(body)["files"]]})
        elif what[0] == "commit":
            self.commit(found, [json.loads(line) for line in body.splitlines()])
        else:
            self.send(404, {"error": "no such thing"})

    def mode(self, found: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        large = asked["path"].endswith((".safetensors", ".flac", ".png"))
        there = found["files"].get(asked["path"])
        oid = None if there is None else hashlib.sha256(there).hexdigest() if large else _blob(there)
        return {"path": asked["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid}

    def batch(self, asked: dict[str, Any]) -> None:
        self.send(200, {"transfer": "basic", "objects": [self.offer(one) for one in asked["objects"]]})

    def offer(self, asked: dict[str, Any]) -> dict[str, Any]:
        hub, oid = self.told, asked["oid"]
        if oid in hub.large:
            return asked
        upload: dict[str, Any] = {"href": f"{hub.address}/store/{oid}?X-Amz-Signature=abcdef"}
        if hub.part_bytes:
            count = -(-asked["size"] // hub.part_bytes)
            links = {str(part): f"{hub.address}/store/{oid}/{part}" for part in range(1, count + 1)}
            upload = {"href": f"{hub.address}/complete/{oid}", "header": {"chunk_size": str(hub.part_bytes)} | links}
        return asked | {"actions": {"upload": upload}}

    def store(self, words: list[str], body: bytes) -> None:
        if len(words) == 3:
            self.told.parts.setdefault(words[1], {})[int(words[2])] = body
        elif hashlib.sha256(body).hexdigest() == words[1]:
            self.told.large[words[1]] = body
        else:
            self.send(400, {"error": "other content than announced"})
            return
        self.send(200, {}, {"ETag": '"e"'})

    def complete(self, oid: str) -> None:
        whole = b"".join(part for _, part in sorted(self.told.parts[oid].items()))
        self.told.large[oid] = whole
        self.send(200 if hashlib.sha256(whole).hexdigest() == oid else 400, {})

    def commit(self, found: dict[str, Any], lines: list[dict[str, Any]]) -> None:
        head = lines[0]["value"]
        if head.get("parentCommit") not in (None, found["head"]):
            self.send(412, {"error": "A commit has happened since. Please refresh and try again."})
            return
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                found["files"][value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                found["files"][value["path"]] = self.told.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del found["files"][value["path"]]
        found["head"] = hashlib.sha1(found["head"].encode(), usedforsecurity=False).hexdigest()
        found["message"] = head["summary"]
        url = f"{self.told.address}/mara/x/commit/{found['head']}"
        self.send(200, {"success": True, "commitOid": found["head"], "commitUrl": url, "hookOutput": ""})

    @property
    def length(self) -> int:
        return int(self.headers.get("Content-Length") or 0)

    def chunks(self) -> Iterator[bytes]:
        """A body that is sent in chunks."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def send(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
