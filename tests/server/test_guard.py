"""The guard: who is let in, from where, with what; the list of threats of an audio-accepting local server, line by line."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from producertwin.errors import BadInput
from producertwin.server.access import CODE_SECONDS, MOST_CODES, TOKEN, Access, open_access
from producertwin.server.guard import OPEN, Door, Guard, Patience
from producertwin.server.plan import ServePlan, allowed_hosts, check_plan, is_loopback
from producertwin.server.problems import LOG
from server_kit import HOST, ORIGIN, House, make_client, make_door, problem
from server_kit import TOKEN as TEST_TOKEN

LOCKED = "/v1/takes"


@pytest.fixture
def stranger(client: TestClient) -> Iterator[httpx.Client]:
    """A client without the token."""
    with TestClient(client.app, base_url=ORIGIN, follow_redirects=False) as found:
        yield found


# --- the token


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TEST_TOKEN}x",
        f"Bearer {TEST_TOKEN[:-1]}",
        f"Basic {TEST_TOKEN}",
        TEST_TOKEN,
        "Bearer é",
    ],
)
def test_without_the_token_nothing_is_told(stranger: httpx.Client, header: str) -> None:
    answer = stranger.get(LOCKED, headers={"authorization": header.encode()})
    found = problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert found["remedy"]


def test_only_the_open_paths_need_no_token(stranger: httpx.Client, client: TestClient) -> None:
    paths = client.get("/v1/openapi.json").json()["paths"]
    closed = [path for path in paths if path not in OPEN]
    assert len(closed) > 30
    for path in [*closed, "/v1/openapi.json", "/docs", "/redoc", "/openapi.json", "/nothing", "/v1", "/enter/"]:
        problem(stranger.get(path.replace("{", "").replace("}", "")), 401)
    assert stranger.get("/healthz").json() == {"status": "ok"}


def test_a_link_lets_a_browser_in_once(house: House) -> None:
    door = make_door()
    code = door.access.make_code()
    with TestClient(make_client(house, door=door).app, base_url=ORIGIN, follow_redirects=False) as browser:
        problem(browser.get(LOCKED), 401)
        answer = browser.get(f"/enter?code={code}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        kept = answer.headers["set-cookie"].lower()
        assert "httponly" in kept and "samesite=strict" in kept and "secure" not in kept and TEST_TOKEN not in kept
        assert browser.get(LOCKED).status_code == 200
        assert browser.get(f"/enter?code={code}").headers["location"] == "/", "the same browser may follow it again"
        assert problem(browser.get(f"/enter?code={code}", headers={"cookie": ""}), 403)["remedy"]
        browser.cookies.set(door.cookie, "0" * 64)
        problem(browser.get(LOCKED, headers={"cookie": f"{door.cookie}={'0' * 64}"}), 401)


@pytest.mark.parametrize("code", ["", "x", "é", "'; --", "0" * 43])
def test_a_made_up_code_lets_nobody_in(stranger: httpx.Client, code: str) -> None:
    assert "set-cookie" not in stranger.get("/enter", params={"code": code}).headers
    problem(stranger.get("/enter", params={"code": code}), 403)


def test_programs_can_make_a_link(client: TestClient, stranger: httpx.Client) -> None:
    problem(stranger.post("/v1/links"), 401)
    path = client.post("/v1/links").json()["path"]
    assert stranger.get(path).status_code == 303


def test_codes_grow_old_and_few_are_open() -> None:
    now = [0.0]
    access = Access(TEST_TOKEN, clock=lambda: now[0])
    codes = [access.make_code() for _ in range(MOST_CODES + 1)]
    assert not access.use_code(codes[0])
    assert access.use_code(codes[1])
    now[0] = CODE_SECONDS + 1
    assert not access.use_code(codes[2])


def test_the_cookie_of_https_is_sent_by_https_alone(house: House) -> None:
    door = make_door(secure=True)
    with TestClient(make_client(house, door=door).app, base_url=ORIGIN, follow_redirects=False) as browser:
        assert "secure" in browser.get(f"/enter?code={door.access.make_code()}").headers["set-cookie"].lower()


def test_two_servers_have_two_cookies() -> None:
    ports = [allowed_hosts(ServePlan(), port) for port in (8765, 8766)]
    names = {Door(Access(TEST_TOKEN), hosts).cookie for hosts in ports}
    assert len(names) == 2


def test_the_token_is_its_owners_alone_and_stays(tmp_path: Path) -> None:
    first = open_access(tmp_path / "studio")
    path = tmp_path / "studio" / TOKEN
    token = path.read_text().strip()
    assert first.is_token(token) and len(token) >= 43
    assert open_access(tmp_path / "studio").is_token(token)
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"x" * 20, "ключ".encode() * 20, b"\xff" * 60, b"a b\x00" * 20])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / TOKEN).write_bytes(content)
    (tmp_path / TOKEN).chmod(0o600)
    with pytest.raises(BadInput, match="no token"):
        open_access(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_token_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    open_access(tmp_path)
    (tmp_path / TOKEN).chmod(mode)
    with pytest.raises(BadInput, match="others may read"):
        open_access(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="links are of POSIX")
def test_a_token_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x" * 43)
    (tmp_path / TOKEN).symlink_to(tmp_path / "elsewhere")
    with pytest.raises((BadInput, OSError)):
        open_access(tmp_path)


# --- who may ask: DNS rebinding, other origins


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8765.evil.example", "localhost", "[::1]", "",
     "*", "127.0.0.1:8765@evil.example", "0.0.0.0:8765", "127.1:8765", "localhost.:8765"],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(client: TestClient, host: str) -> None:
    for path in (LOCKED, "/", "/healthz", "/enter"):
        problem(client.get(path, headers={"host": host}), 400)


def test_our_names_are_ours_in_any_letters(client: TestClient) -> None:
    assert client.get(LOCKED, headers={"host": "LOCALHOST:8765"}).status_code == 200


def test_two_hosts_are_none(client: TestClient) -> None:
    problem(client.get(LOCKED, headers=[("host", HOST), ("host", HOST)]), 400)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.invalid"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://localhost:8765"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "nonsense"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_a_page_of_another_origin_is_refused(client: TestClient, method: str, headers: dict[str, str]) -> None:
    problem(client.request(method, LOCKED, headers=headers), 403)


@pytest.mark.parametrize("headers", [{"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}])
def test_the_studios_own_page_may_ask(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get(LOCKED, headers=headers).status_code == 200


def test_a_link_may_be_followed_from_elsewhere_and_shows_nothing(stranger: httpx.Client, house: House) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    page = stranger.get("/", headers=headers)
    assert page.status_code == 200
    assert house.takes[0].id not in page.text and "lofi" not in page.text
    problem(stranger.get(LOCKED, headers=headers), 403)


def test_no_other_origin_may_read(client: TestClient) -> None:
    answer = client.options(LOCKED, headers={"origin": "https://example.invalid", "access-control-request-method": "GET"})
    problem(answer, 403)
    for found in (answer, client.get(LOCKED), client.get("/")):
        assert not [name for name in found.headers if name.startswith("access-control")]


# --- what may be sent: forms, methods, sizes


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "text/plain;application/json", "",
     "json", "application/jsonp", "application/json-seq", "text/html", "application/xml"],
)  # fmt: skip
def test_what_a_form_can_send_is_refused(client: TestClient, house: House, kind: str) -> None:
    for method, path in (
        ("PUT", f"/v1/tracks/{house.track.id}/rating"),
        ("POST", "/v1/pipelines/validate"),
        ("POST", "/v1/links"),
    ):
        problem(client.request(method, path, content=b'{"score": 5}', headers={"content-type": kind}), 415)
    assert house.library.tracks.notes(house.track.id) == {}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""])
def test_a_sound_is_not_taken_from_a_form(client: TestClient, kind: str, sound: bytes) -> None:
    problem(client.post("/v1/assets", content=sound, headers={"content-type": kind}), 415)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "PROPFIND", "GETX", "é"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    problem(client.request(method, LOCKED), 405)


def test_reading_changes_nothing(client: TestClient) -> None:
    paths = client.get("/v1/openapi.json").json()["paths"]
    writing = {path for path, methods in paths.items() for method in methods if method not in {"get", "head"}}
    assert {"/v1/assets", "/v1/links"} <= writing
    for path in writing - {"/v1/assets/{asset}", "/v1/assets"}:
        if "get" not in paths[path]:
            assert client.get(path.replace("{track}", "x")).status_code in {404, 405, 422}


def test_a_body_where_none_belongs_is_refused(client: TestClient) -> None:
    problem(client.request("GET", LOCKED, content=b"{}"), 400)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    json = {"content-type": "application/json"}
    problem(client.post("/v1/pipelines/validate", content=b" " * ((1 << 20) + 1), headers=json), 413)


def test_a_body_without_a_length_is_counted(client: TestClient) -> None:
    pieces = (b" " * (1 << 16) for _ in range(100))
    problem(client.post("/v1/pipelines/validate", content=pieces, headers={"content-type": "application/json"}), 413)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"null", b"NaN", b'{"score": NaN}', b'{"score": 1e999}', b'{"score": ' + b"9" * 5000 + b"}", b"\xff\xfe",
     b'{"score": 9}', b'{"score": "5", "x": 1}', b'{"a":' * 5000 + b"1" + b"}" * 5000, b"[" * 100_000],
)  # fmt: skip
def test_a_body_that_cannot_be_used_is_told_by_field(client: TestClient, house: House, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = client.put(f"/v1/tracks/{house.track.id}/rating", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    problem(answer, answer.status_code)
    assert house.library.tracks.notes(house.track.id) == {}


# --- slow clients


def run(guard: Guard, messages: Any, *, path: str = "/v1/pipelines/validate", send: Any = None) -> list[dict[str, Any]]:
    """What a guard sends for one POST whose body comes from the asynchronous `messages`."""
    sent: list[dict[str, Any]] = []
    headers = {"host": HOST, "authorization": f"Bearer {TEST_TOKEN}", "content-type": "application/json"}
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 8765), "client": ("127.0.0.1", 1), "state": {},
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()] + [(b"transfer-encoding", b"chunked")],
    }  # fmt: skip

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(guard(scope, messages, send or keep))
    return sent


def test_who_stops_sending_is_cut_off(house: House) -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    guard: Any = make_client(house, door=make_door(patience=Patience(pause=0.01))).app
    assert run(guard, never)[0]["status"] == 408


def test_who_sends_a_byte_now_and_then_is_cut_off(house: House) -> None:
    async def drip() -> Any:
        return {"type": "http.request", "body": b" ", "more_body": True}

    guard: Any = make_client(house, door=make_door(patience=Patience(grace=0.0))).app
    assert run(guard, drip)[0]["status"] == 408


def test_who_does_not_read_is_cut_off(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def whole() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def stuck(_: Any) -> None:
        await asyncio.Event().wait()

    guard: Any = make_client(house, door=make_door(patience=Patience(pause=0.01))).app
    with caplog.at_level(logging.CRITICAL), pytest.raises(TimeoutError):
        run(guard, whole, send=stuck)


# --- what every answer says


def test_every_answer_says_what_a_browser_may_do(client: TestClient, stranger: httpx.Client, house: House) -> None:
    take = house.takes[0].id
    answers = [
        client.get(path) for path in (LOCKED, "/", "/v1/nothing", f"/v1/takes/{take}/audio", "/healthz", "/v1/openapi.json")
    ]
    for answer in [*answers, stranger.get(LOCKED), client.get(LOCKED, headers={"host": "x"})]:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and ("script" in policy) == (answer.url.path == "/")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-request-id"]
        assert "server" not in answer.headers


def test_request_ids_are_their_own(client: TestClient) -> None:
    assert len({client.get("/healthz").headers["x-request-id"] for _ in range(20)}) == 20


def test_the_page_is_sent_without_what_people_wrote(house: House) -> None:
    door = make_door()
    with TestClient(make_client(house, door=door).app, base_url=ORIGIN) as browser:
        page = browser.get(f"/enter?code={door.access.make_code()}").text
    assert '<div id="page"></div>' in page and "brushes" not in page
    assert "http://" not in page and "https://" not in page


def test_an_unexpected_failure_tells_nothing_but_its_request(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(house)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret of /etc/shadow")

    monkeypatch.setattr(type(house.library.takes), "survey", fail)
    with caplog.at_level(logging.ERROR, "producertwin.server"):
        answer = client.get(LOCKED)
    found = problem(answer, 500)
    assert "secret" not in answer.text and "RuntimeError" not in answer.text
    assert found["request"] in caplog.text and "secret" in caplog.text


# --- where it listens


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org", "2001:db8::1", "8.8.8.8"])
def test_other_machines_are_not_let_in_unasked(host: str) -> None:
    with pytest.raises(BadInput, match="other machines") as caught:
        check_plan(ServePlan(host=host))
    assert "--expose" in caught.value.remedy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "localhost", "::1"])
def test_this_machine_is_let_in(host: str) -> None:
    assert is_loopback(host)
    check_plan(ServePlan(host=host))


def test_an_address_without_a_name_needs_one() -> None:
    with pytest.raises(BadInput, match="no address") as caught:
        check_plan(ServePlan(host="0.0.0.0", expose=True))
    assert "--name" in caught.value.remedy
    plan = ServePlan(host="0.0.0.0", expose=True, name=("Studio.Example.org",))
    check_plan(plan)
    assert allowed_hosts(plan, 8765) == {"studio.example.org:8765"}
    with pytest.raises(BadInput, match="name"):
        check_plan(ServePlan(behind_tls=True))


@pytest.mark.parametrize("name", ["", "a b", "x/y", "evil.example:80", "-x", "é", "a" * 300, "*"])
def test_a_name_is_a_name_of_a_machine(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        ServePlan(name=(name,))


# --- what changes things: every route of it, by its own door


def test_the_log_shows_what_a_terminal_would_obey(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("a title \x1b]0;owned\x07 \u202e")
    except ValueError:
        LOG.exception("request %s failed", "\x1b[2J")
    assert "\\x1b[2J failed" in caplog.text and "\\x1b]0;owned\\x07 \\u202e" in caplog.text
    assert "\x1b" not in caplog.text and "Traceback" in caplog.text


CHANGING = (
    ("POST", "/v1/jobs"),
    ("POST", "/v1/jobs/x/cancel"),
    ("POST", "/v1/jobs/x/retry"),
    ("PUT", "/v1/jobs/x/priority"),
    ("PATCH", "/v1/takes/x"),
    ("DELETE", "/v1/takes/x"),
    ("POST", "/v1/verdicts/ratings"),
    ("POST", "/v1/verdicts/preferences"),
    ("POST", "/v1/verdicts/x/withdraw"),
    ("POST", "/v1/pairs/collect"),
    ("POST", "/v1/runs/x/install"),
    ("POST", "/v1/trash/x/restore"),
    ("POST", "/v1/trash/empty"),
    ("POST", "/v1/captions/read"),
    ("POST", "/v1/songs/check"),
    ("POST", "/v1/songs/import"),
    ("POST", "/v1/songs/transpose"),
    ("POST", "/v1/songs/key"),
    ("PATCH", "/v1/tracks/x/caption"),
    ("PUT", "/v1/tracks/x/licence"),
    ("PUT", "/v1/tracks/x/rating"),
    ("DELETE", "/v1/tracks/x"),
    ("DELETE", "/v1/datasets/ab"),
    ("PUT", "/v1/config/producer"),
    ("POST", "/v1/datasets/plan"),
    ("DELETE", "/v1/runs/x"),
    ("DELETE", "/v1/producers/x/twin"),
    ("DELETE", "/v1/releases/x"),
    ("DELETE", "/v1/listening/x"),
    ("POST", "/v1/listening/x/answers"),
    ("POST", "/v1/pipelines/validate"),
    ("PUT", "/v1/pipelines/x"),
    ("DELETE", "/v1/pipelines/x"),
    ("POST", "/v1/albums/plan"),
    ("POST", "/v1/albums/references"),
    ("POST", "/v1/albums/check"),
    ("POST", "/v1/albums"),
    ("POST", "/v1/albums/x/jobs"),
    ("POST", "/v1/albums/x/approvals"),
    ("POST", "/v1/albums/x/revisions/plan"),
    ("POST", "/v1/albums/x/revisions"),
    ("DELETE", "/v1/albums/x"),
    ("POST", "/v1/desks/faust"),
    ("POST", "/v1/desks/fit"),
    ("POST", "/v1/desks/compare"),
    ("PUT", "/v1/desks/x"),
    ("DELETE", "/v1/desks/x"),
    ("POST", "/v1/assets"),
    ("DELETE", "/v1/assets/x"),
    ("POST", "/v1/links"),
)
READING = ("/v1/events", "/v1/jobs", "/v1/jobs/kinds", "/v1/jobs/x", "/v1/workers", "/v1/trash", "/v1/takes/labels", "/v1/disk",
           "/v1/verdicts", "/v1/config", "/v1/tracks/x/caption", "/v1/releases", "/v1/releases/x", "/v1/releases/x/archive",
           "/v1/releases/x/files/x", "/v1/albums", "/v1/albums/x", "/v1/albums/x/decisions", "/v1/albums/x/archive")  # fmt: skip
ODD_IDS = ("..%2f..%2fetc%2fpasswd", "%00", "x'%20OR%201=1", "%e2%80%ae", "x" * 2000, "%ff", "..", "con", "-1")


def test_every_route_that_changes_something_is_in_the_table(client: TestClient) -> None:
    paths = client.get("/v1/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods if method not in {"get", "head"}}

    def fits(path: str, shape: str) -> bool:
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", shape), path) is not None

    missing = [one for one in found if not any(one[0] == method and fits(path, one[1]) for method, path in CHANGING)]
    assert missing == []


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_nothing_is_changed_for_strangers_forms_and_other_pages(
    client: TestClient, stranger: httpx.Client, method: str, path: str
) -> None:
    problem(stranger.request(method, path, json={}), 401)
    problem(client.request(method, path, json={}, headers={"origin": "https://example.invalid"}), 403)
    problem(client.request(method, path, json={}, headers={"sec-fetch-site": "cross-site"}), 403)
    problem(client.request(method, path, json={}, headers={"host": "example.invalid"}), 400)
    problem(client.request(method, path, content=b"a=1", headers={"content-type": "application/x-www-form-urlencoded"}), 415)


@pytest.mark.parametrize("path", READING)
def test_nothing_is_read_by_strangers_and_other_pages(client: TestClient, stranger: httpx.Client, path: str) -> None:
    problem(stranger.get(path), 401)
    problem(client.get(path, headers={"sec-fetch-site": "cross-site"}), 403)
    problem(client.get(path, headers={"host": "example.invalid"}), 400)


@pytest.mark.parametrize("odd", ODD_IDS)
def test_odd_ids_are_nobody(client: TestClient, odd: str) -> None:
    for method, path in (*CHANGING, *(("GET", path) for path in READING)):
        if "/x" not in path:
            continue
        answer = client.request(method, path.replace("/x", f"/{odd}"), json={} if method in {"POST", "PUT", "PATCH"} else None)
        assert 400 <= answer.status_code < 500, (method, path, answer.text)
        problem(answer, answer.status_code)
