"""The exported page: it holds no key, loads nothing, escapes what people wrote, and collects answers that can be read."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from listening_kit import folder, made_up, prepared, small
from producertwin.errors import BadInput
from producertwin.listening import store
from producertwin.listening.answers import parse
from producertwin.listening.page import document, export, places
from producertwin.listening.trials import BlindTest
from producertwin.progress import finish

EVIL = '</script><img src=x onerror="alert(1)">&\u2028'
TEST = made_up(small(title=EVIL[:120], note=EVIL, seconds=10.0))
NODE = shutil.which("node")


def scripts(page: str, kind: str = "") -> list[str]:
    return re.findall(rf"<script{kind}>(.*?)</script>", page, flags=re.DOTALL)


def data(page: str) -> dict[str, Any]:
    (found,) = scripts(page, ' type="application/json" id="test"')
    told: dict[str, Any] = json.loads(found)
    return told


@pytest.mark.parametrize("question", ["abx", "preference", "real"])
def test_the_page_says_nothing_of_what_is_what(question: str) -> None:
    test = made_up(small(question=question))
    told = data(document(test))
    assert set(told) == {"id", "letters", "heard", "type", "trials"}
    assert [set(one) for one in told["trials"]] == [{"id", "sounds"}] * len(test.trials)
    assert [one["sounds"] for one in told["trials"]] == [trial.files for trial in test.trials]
    shown = re.sub(r"<(script|style)>.*?</\1>|<meta[^>]*>", "", document(test), flags=re.DOTALL).lower()
    assert "trials" in shown
    for word in ("twin", "base", "right", "obvious", "identical", "repeat", "lofi", "margin", "seed"):
        assert word not in shown, word


def test_pages_of_two_keys_differ_in_nothing_but_names() -> None:
    one, two = (made_up(small(), seed).model_copy(update={"trials": made_up(small(), 0).trials}) for seed in (0, 1))
    assert document(one) == document(two)


def test_what_people_wrote_is_escaped() -> None:
    page = document(TEST)
    assert EVIL not in page
    assert "<img" not in page
    assert html.escape(EVIL) in page
    assert page.count("<script") == page.count("</script>") == 2


def test_only_the_page_s_own_script_and_style_are_admitted() -> None:
    page = document(made_up(small()))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    (script,), (style,) = scripts(page), re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    for name, text in (("script-src", script), ("style-src", style)):
        assert rules[name] == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    assert rules["default-src"] == "'none'"
    assert "://" not in page
    assert not re.search(r"\son\w+=", page)
    assert "innerHTML" not in page


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page")
    prepared(small(trials=2, repeats=0), folder(place / "twin", 1, 2), folder(place / "base", 2, 2), place / "studio")
    return place


def test_a_folder_holds_the_page_and_its_sounds(room: Path, tmp_path: Path) -> None:
    test = store.find(None, room / "studio")
    written = finish(export(test, room / "studio", tmp_path / "out"))
    assert sorted(written) == sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert {path.name for path in written[1:]} == {name for trial in test.trials for name in trial.files.values()}
    kept = room / "studio" / "listening" / test.id / "sounds"
    assert all(path.read_bytes() == (kept / path.name).read_bytes() for path in written[1:])
    assert "key" not in " ".join(path.name for path in written)
    with pytest.raises(BadInput, match="there already"):
        finish(export(test, room / "studio", tmp_path / "out"))
    assert finish(export(test, room / "studio", tmp_path / "out", overwrite=True)) == written == places(test, tmp_path / "out")


def test_one_page_holds_the_sounds_itself(room: Path, tmp_path: Path) -> None:
    test = store.find(None, room / "studio")
    (path,) = finish(export(test, room / "studio", tmp_path / "new" / "page.html"))
    page = path.read_text()
    for trial in test.trials:
        for name in trial.files.values():
            (block,) = re.findall(rf'<script type="text/plain" id="sound-{re.escape(name)}">(.*?)</script>', page)
            assert base64.b64decode(block) == (room / "studio" / "listening" / test.id / "sounds" / name).read_bytes()
    assert "media-src blob:" in page
    assert len({len(block) for block in scripts(page, ' type="text/plain" id="[^"]*"')}) == 1


# --- the script, in a browser of which only the parts are there that it uses

BROWSER = """
const fs = require("fs"), vm = require("vm");
const page = fs.readFileSync(process.argv[2], "utf8"), play = JSON.parse(process.argv[3]);
const all = {}, opened = [], stored = play.stored ? { ...play.stored } : {};
function part(id, text) {
  const listeners = {};
  return { id, textContent: text, value: "", hidden: false, disabled: false, attributes: {}, tagName: "X", src: "",
    classList: { toggle() {} }, focus() {}, setAttribute(name, value) { this.attributes[name] = value; },
    addEventListener(name, act) { (listeners[name] = listeners[name] || []).push(act); },
    fire(name, event) { for (const act of listeners[name] || []) act(event || { target: this }); },
    click() { if (!this.disabled && !this.hidden) this.fire("click"); } };
}
for (const found of page.matchAll(/ id="([^"]+)"(?:[^>]*)>([^<]*)/g)) all[found[1]] = part(found[1], found[2]);
class Audio {
  constructor(src) {
    Object.assign(this, part("audio", ""), { src, currentTime: 0, paused: true, ended: false });
    opened.push(src);
  }
  play() {
    this.paused = false;
    for (let tick = 0; tick < play.ticks; tick++) { this.currentTime += 0.5; this.fire("timeupdate"); }
    return Promise.resolve();
  }
  pause() { this.paused = true; }
}
const root = part("document", "");
const document = { getElementById: (id) => all[id] || null, createElement: () => part("a", ""),
  addEventListener: (name, act) => root.addEventListener(name, act) };
const localStorage = { getItem: (key) => (play.broken ? (() => { throw new Error("no"); })() : stored[key] || null),
  setItem: (key, value) => { if (play.broken) throw new Error("no"); stored[key] = value; } };
const script = page.match(/<script>([^]*)<\\/script>/)[1];
vm.runInNewContext(script, { document, localStorage, Audio, URL, Blob, atob, crypto, setTimeout, Date, JSON, Math, Uint8Array });
const key = (name) => root.fire("keydown", { key: name, target: part("body", ""), preventDefault() {} });
const before = all.begin.textContent;
all.name.value = play.name || "";
if (!all.start.hidden) all.begin.click();
const places = [];
for (const side of play.sides) {
  places.push(all.place.textContent);
  for (const letter of play.heard) key(letter);
  key(side);
  if (play.click) all.confirm.click(); else key("Enter");
}
if (play.early) all.early.click();
const shown = ["start", "trial", "end"].filter((id) => !all[id].hidden);
console.log(JSON.stringify({ stored, opened, places, before, shown, lines: all.lines.value, memory: !all.memory.hidden }));
"""


def browsed(test: BlindTest, tmp_path: Path, page: str | None = None, **play: object) -> dict[str, Any]:
    """What a listener who plays as told leaves behind."""
    if NODE is None:
        pytest.skip("no node to run the page's script with")
    (tmp_path / "page.html").write_text(page or document(test), encoding="utf-8")
    (tmp_path / "browser.js").write_text(BROWSER, encoding="utf-8")
    told = {"ticks": 8, "heard": list(test.letters), "sides": "", **play}
    line = [NODE, str(tmp_path / "browser.js"), str(tmp_path / "page.html"), json.dumps(told)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("click", [False, True])
def test_a_listener_hears_answers_and_hands_over_lines(tmp_path: Path, click: bool) -> None:
    sides = "12211221"[: len(TEST.trials)]
    found = browsed(TEST, tmp_path, sides=sides, name="  Ána <b>O'Neil</b>", click=click)
    answers = parse(found["lines"].encode(), TEST, "page").answers
    assert [(one.trial, one.answer) for one in answers] == [
        (trial.id, "ab"[int(side) - 1]) for trial, side in zip(TEST.trials, sides, strict=True)
    ]
    assert re.fullmatch(r"Ána bONeilb-[0-9a-f]{6}", answers[0].listener)
    assert len({one.listener for one in answers}) == 1
    assert found["shown"] == ["end"]
    assert found["opened"] == [f"sounds/{trial.files[letter]}" for trial in TEST.trials for letter in "abx"]


def test_no_answer_before_every_sound_was_heard(tmp_path: Path) -> None:
    found = browsed(TEST, tmp_path, sides="111", heard=["a", "b"])
    assert found["places"] == ["1 of 8"] * 3
    assert browsed(TEST, tmp_path, sides="111", ticks=2)["places"] == ["1 of 8"] * 3
    assert browsed(TEST, tmp_path, sides="1x1")["places"] == ["1 of 8", "2 of 8", "2 of 8"]


def test_a_listener_who_stopped_goes_on(tmp_path: Path) -> None:
    first = browsed(TEST, tmp_path, sides="121", name="Ann")
    second = browsed(TEST, tmp_path, sides="22", stored=first["stored"], early=True)
    assert second["before"] == "Go on at 4"
    assert second["places"] == ["4 of 8", "5 of 8"]
    answers = parse(second["lines"].encode(), TEST, "page").answers
    assert [one.answer for one in answers] == ["a", "b", "a", "b", "b"]
    assert len({one.listener for one in answers}) == 1


@pytest.mark.parametrize("kept", ["{", "[]", '{"listener": 3, "answers": []}', '{"listener": "x", "answers": "y"}'])
def test_a_damaged_memory_begins_anew(tmp_path: Path, kept: str) -> None:
    found = browsed(TEST, tmp_path, sides="1", stored={f"producertwin.listening.{TEST.id}": kept}, early=True)
    assert len(parse(found["lines"].encode(), TEST, "page").answers) == 1


def test_a_browser_that_keeps_nothing_is_told(tmp_path: Path) -> None:
    found = browsed(TEST, tmp_path, sides="1" * 8, broken=True)
    assert found["memory"]
    assert len(parse(found["lines"].encode(), TEST, "page").answers) == 8


def test_sounds_inside_the_page_are_unpacked(room: Path, tmp_path: Path) -> None:
    test = store.find(None, room / "studio")
    (path,) = finish(export(test, room / "studio", tmp_path / "one.html"))
    found = browsed(test, tmp_path, path.read_text(), sides="1")
    assert len(found["opened"]) == 6
    assert all(address.startswith("blob:") for address in found["opened"])
