"""The page without Node or a browser: its addresses, its policy, its size, its words, and that it fits the API."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from producertwin.jobs.catalogue import WORKS
from producertwin.server import page
from producertwin.server.addresses import PLACES, is_page
from server_kit import House, problem
from tree import ROOT

WEB = ROOT / "web"
BUDGET = 120 << 10
"""Bytes of the page and its font as they are sent, without what is loaded later."""
DEMO_BUDGET = 300_000
CLASSES = re.compile(r"""class=(?:"|\{`)([^"`]*)""")
"""The names of classes where an element of the page gets them."""


def sources(*suffixes: str) -> list[Path]:
    return sorted(path for path in (WEB / "src").rglob("*") if path.suffix in suffixes and path.name != "schema.ts")


@pytest.fixture(scope="module")
def stranger(client: TestClient) -> httpx.Client:
    return TestClient(client.app, base_url=str(client.base_url))


@pytest.mark.parametrize("path", ["/", *(f"/{place}" for place in PLACES), "/takes/abc/x", "/library?text=%3Cb%3E"])
def test_every_place_has_an_address_that_shows_the_page_to_anybody(stranger: TestClient, house: House, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert '<div id="page">' in answer.text
    assert not any(take.id in answer.text for take in house.takes)


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/takes", "/makes", "/takesx", "/v1/../make", "/metrics", "/openapi.json", "//make", "/statics/app.js"]
)
def test_nothing_else_is_open(stranger: TestClient, path: str) -> None:
    assert not is_page(path)
    if ".." not in path and not path.startswith("//"):
        problem(stranger.get(path), 401)


@pytest.mark.parametrize(
    "name", ["index.html", "nothing.js", "%2e%2e/page.py", "..%2fpage.py", "demo", "demo/..%2f..%2fpage.py", "demo/x", ""]
)
def test_only_the_files_of_the_page_are_sent(stranger: TestClient, name: str) -> None:
    answer = stranger.get(f"/static/{name}")
    assert answer.status_code in (401, 404)
    assert b"router" not in answer.content


def test_the_page_runs_its_own_scripts_alone(stranger: TestClient) -> None:
    answers = [stranger.get("/"), stranger.get("/")]
    nonces = set()
    for answer in answers:
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["script-src"] == policy["connect-src"] == policy["font-src"] == "'self'"
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        [nonce] = re.findall(r"'nonce-([\w-]{16})'", policy["style-src"])
        assert f'content="{nonce}"' in answer.text
        nonces.add(nonce)
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL)
        assert scripts and all("src=" in given and not inside for given, inside in scripts)
        assert not re.search(r"\son\w+=|<style|style=|javascript:", answer.text)
    assert len(nonces) == len(answers), "a nonce counts once"


def test_files_of_the_page_are_sent_small_and_once(stranger: TestClient) -> None:
    shown = stranger.get("/").text
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', shown)
    assert len(files) >= 2
    for path in files:
        answer = stranger.get(path, headers={"accept-encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert stranger.get(path, headers={"accept-encoding": "gzip", "if-none-match": answer.headers["etag"]}).status_code == 304
        plain = stranger.get(path, headers={"accept-encoding": "identity"})
        assert plain.content == answer.content and "content-encoding" not in plain.headers
        assert plain.headers["etag"] != answer.headers["etag"]
        assert answer.headers["content-type"] in {"text/javascript; charset=utf-8", "text/css; charset=utf-8"}


def test_the_page_is_small() -> None:
    named = set(re.findall(r"/static/([\w.-]+)", (page.STATIC / "index.html").read_text(encoding="utf-8"))) | {"index.html"}
    first = [path for path in page.STATIC.iterdir() if path.name in named or path.suffix == ".woff2"]
    sent = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in first}
    assert {"index.html", "app.js", "style.css"} <= sent.keys() and named <= sent.keys() and sum(sent.values()) < BUDGET, sent


def test_the_page_asks_no_other_machine() -> None:
    for path in page.STATIC.iterdir():
        if path.suffix in {".js", ".css", ".html"}:
            found = set(re.findall(r"https?://[\w.-]+", path.read_text(encoding="utf-8")))
            assert found <= {"http://" + "www.w3.org"}, (path.name, found)


def test_the_demo_take_plays_by_ranges(stranger: TestClient) -> None:
    whole = stranger.get("/static/demo/audio.mp3")
    assert whole.headers["content-type"] == "audio/mpeg" and len(whole.content) < DEMO_BUDGET
    part = stranger.get("/static/demo/audio.mp3", headers={"range": "bytes=0-99"})
    assert part.status_code == 206 and part.content == whole.content[:100]
    fine = stranger.get("/static/demo/fine").content
    [seconds] = re.findall(r"seconds: ([\d.]+)", (WEB / "src" / "demo.ts").read_text(encoding="utf-8"))
    assert len(fine) == 3 * -(-round(float(seconds) * 48_000) // 480)


def test_the_page_was_built_for_the_agreed_description() -> None:
    """`make web` builds it anew."""
    agreed = hashlib.sha256((Path(__file__).with_name("openapi.json")).read_bytes()).hexdigest()
    assert (WEB / "openapi.sha256").read_text(encoding="utf-8") == f"{agreed}\n"


def test_page_and_server_name_the_same_places() -> None:
    named = re.findall(r'place\("(\w+)"', (WEB / "src" / "places.tsx").read_text(encoding="utf-8"))
    assert sorted(named) == sorted(PLACES)


def test_all_words_stand_with_the_strings() -> None:
    """No sentence between tags, and none in what screen readers read."""
    for path in sources(".tsx"):
        text = re.sub(r"/\*.*?\*/|^\s*///?.*$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        between = re.findall(r"<\w[^<>=]*(?:=[^<>]*)?>\s*([A-Z][a-z]+ [a-z][^<>{}=;]*)</", text)
        spoken = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]+)"', text)
        assert not between and not spoken, (path.relative_to(WEB), between, spoken)


def test_nothing_of_a_person_becomes_markup() -> None:
    for path in sources(".ts", ".tsx"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
        ), path.name


def test_the_page_is_built_by_pinned_packages() -> None:
    for line in re.findall(r'"(?:dependencies|devDependencies)": \{(.*?)\}', (WEB / "package.json").read_text(), re.DOTALL):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in re.findall(r': "([^"]+)"', line))
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')


def test_webassembly_runs_in_the_worker_alone() -> None:
    assert [name for name, policy in page.WORKERS.items() if "'wasm-unsafe-eval'" in policy] == ["worker.js"]
    for policy in (page.policy("x"), *page.WORKERS.values()):
        assert "'unsafe-eval'" not in policy and "'unsafe-inline'" not in policy
    assert "wasm" not in page.policy("x")


@pytest.mark.slow
def test_building_it_anew_gives_the_same_bytes(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("Node is not installed; only those who change the page need it")
    build = tmp_path / "repository"
    shutil.copytree(WEB, build / "web", ignore=shutil.ignore_patterns("node_modules"))
    (build / "tests" / "server").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("openapi.json"), build / "tests" / "server")
    for line in ("npm ci --ignore-scripts --no-audit --no-fund", "npm run schema", "npm run check", "npm run build"):
        subprocess.run(line.split(), cwd=build / "web", check=True, capture_output=True)
    assert (build / "web" / "openapi.sha256").read_bytes() == (WEB / "openapi.sha256").read_bytes()
    made = {path.name: path.read_bytes() for path in (build / "src" / "producertwin" / "server" / "static").iterdir()}
    assert made == {path.name: path.read_bytes() for path in page.STATIC.iterdir()}, "make web"


@pytest.mark.slow
def test_the_wheel_holds_the_page(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)], check=True, capture_output=True
    )
    [made] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(made).namelist())
    for folder in (page.STATIC, page.DEMO):
        assert {f"producertwin/server/{folder.name}/{path.name}" for path in folder.iterdir()} <= names


def test_every_kind_of_job_has_words() -> None:
    text = (WEB / "src" / "strings.ts").read_text(encoding="utf-8")
    kinds = text[text.index("kinds: {") : text.index("states: {")]
    named = set(re.findall(r'^\s*"?([\w-]+)"?: "', kinds, re.MULTILINE))
    assert set(WORKS) <= named


def classes_of(path: Path) -> set[str]:
    """Every class that a file of the page gives to an element."""
    return set(re.findall(r"[\w-]+", " ".join(CLASSES.findall(path.read_text(encoding="utf-8")))))


def test_a_style_sheet_of_one_place_reaches_no_other() -> None:
    """All sheets are one when the page is built: what a place styles by a class alone, no other part of the page may be."""
    used = {path: classes_of(path) for path in sources(".tsx")}
    found = []
    for sheet in sources(".css"):
        if not {"places", "song"} & set(sheet.parts):
            continue
        text = re.sub(r"/\*.*?\*/|@media[^{]*\{", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        alone = set(re.findall(r"^\s*\.([\w-]+)(?:,|\s*\{)", text, re.MULTILINE)) - {"wave-editor"}
        others = {path: names & alone for path, names in used.items() if path.parent != sheet.parent}
        found += [(sheet.name, path.name, names) for path, names in others.items() if names]
    assert found == []
