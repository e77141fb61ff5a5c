"""The whole way in a browser, without a terminal: from an empty studio to a take that was repainted and exported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from web_kit import PATIENCE

pytestmark = pytest.mark.slow
WISH = "dusty boom bap, 90 bpm, A minor"


@pytest.fixture
def studio(tmp_path: Any) -> Iterator[dict[str, Any]]:
    with web_kit.serving(tmp_path / "studio") as told:
        yield told


def wish(page: Any, seconds: str = "4", takes: str = "1") -> None:
    page.get_by_role("textbox", name="What should play?").fill(WISH)
    page.get_by_text("Tempo, key, length and producer").click()
    page.get_by_label("Length, s").fill(seconds)
    page.get_by_label("Takes", exact=True).fill(takes)


def rows(page: Any) -> Any:
    return page.locator(".rows .take-row:not(.waiting)")


def test_from_nothing_to_an_exported_song(context: Any, studio: dict[str, Any]) -> None:
    page, seen = web_kit.enter(context, studio)
    page.get_by_role("button", name="Play the demo take").click()
    page.locator(".player").get_by_role("button", name="Pause").wait_for()
    page.locator(".player").get_by_text(re.compile(r"0:0[1-9] / 0:16")).wait_for()

    wish(page, takes="2")
    page.get_by_role("button", name="Make", exact=True).click()
    page.locator(".take-row.waiting").nth(1).wait_for()
    boxes = [page.locator(".rows > *").nth(place).bounding_box() for place in range(2)]
    page.evaluate(
        "() => { window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "one => { if (!one.hadRecentInput) window.shift += one.value; })).observe({type: 'layout-shift', buffered: false}); }"
    )
    rows(page).nth(1).wait_for(timeout=PATIENCE)
    assert page.locator(".take-row.waiting").count() == 0
    assert [page.locator(".rows > *").nth(place).bounding_box() for place in range(2)] == boxes
    assert page.evaluate("window.shift") < 0.001, "no more than a label by a pixel moves while takes arrive"

    rows(page).first.get_by_role("button", name=f"Play {WISH}").click()
    page.locator(".player").get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Space")
    rows(page).first.get_by_role("link", name=WISH).click()
    page.get_by_role("heading", name=WISH).wait_for()
    assert "LUFS." in page.locator(".verdict").inner_text()
    web_kit.picture(page, "journey-take")

    page.locator(".wave-editor canvas").first.wait_for()
    box = page.locator(".wave-editor").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=8)
    page.mouse.up()
    start, end = (float(page.get_by_label(name, exact=True).input_value()) for name in ("From, s", "To, s"))
    assert start == pytest.approx(1.0, abs=0.1) and end == pytest.approx(2.0, abs=0.1)
    assert f"from={start:g}" in page.url
    page.locator("h1").click()
    page.keyboard.press("]")
    page.get_by_label("From, s", exact=True).wait_for()
    assert float(page.get_by_label("From, s", exact=True).input_value()) == pytest.approx(start + 0.01, abs=1e-6)
    page.reload()
    page.get_by_role("heading", name=WISH).wait_for()
    assert float(page.get_by_label("From, s", exact=True).input_value()) == pytest.approx(start + 0.01, abs=1e-6)

    page.get_by_role("button", name="Repaint the region").click()
    page.locator(".tree li").nth(1).wait_for(timeout=PATIENCE)
    page.locator(".tree a").nth(1).click()
    page.get_by_text(re.compile("repaint 0:01.0 to 0:02.0 by nano")).first.wait_for()

    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="WAV").click()
    assert Path(saved.value.path()).read_bytes()[:4] == b"RIFF"
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_takes_come_into_view_however_much_is_unfolded_above_them(context: Any, studio: dict[str, Any]) -> None:
    page, seen = web_kit.enter(context, studio)
    wish(page)
    page.get_by_text("Song sheet", exact=True).click()
    page.get_by_label("Form, bars by section").fill("intro 2, verse 2")
    page.get_by_label("Chords, bars between |").fill("Am7 F | C G")
    page.locator(".lead-sheet").wait_for()
    button = page.get_by_role("button", name="Make", exact=True)
    page.get_by_label("Lyrics").scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None and 0 <= box["y"] <= 200, "the line and its button stay at hand while the sheet is written"
    button.click()
    row = page.locator(".rows > *").first
    row.wait_for()
    page.wait_for_timeout(300)
    box, player = row.bounding_box(), page.locator(".player").bounding_box()
    assert box is not None and player is not None
    assert box["y"] > 0 and box["y"] + box["height"] <= player["y"]
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_reload_and_a_break_in_the_middle_lose_nothing(context: Any, studio: dict[str, Any]) -> None:
    page, seen = web_kit.enter(context, studio)
    wish(page, seconds="6", takes="2")
    page.get_by_role("button", name="Make", exact=True).click()
    page.locator(".take-row.waiting").nth(1).wait_for()
    page.reload()
    page.locator(".take-row.waiting").first.wait_for()
    assert page.get_by_role("textbox", name="What should play?").input_value() == WISH
    assert (seen.errors, seen.elsewhere) == ([], [])
    context.set_offline(True)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    page.get_by_text("The studio does not answer; trying again").wait_for()
    page.get_by_role("link", name="Library").click()
    page.get_by_role("heading", name="Library").wait_for()
    context.set_offline(False)
    page.get_by_text("Nothing runs").wait_for(timeout=PATIENCE)
    page.get_by_role("link", name="Make", exact=True).click()
    rows(page).nth(1).wait_for(timeout=PATIENCE)
    assert rows(page).count() == 2


def test_what_is_typed_right_after_the_key_of_a_dialog_goes_into_it(context: Any, studio: dict[str, Any]) -> None:
    page, _seen = web_kit.enter(context, studio)
    page.get_by_role("textbox", name="What should play?").wait_for()
    for _ in range(5):
        role = page.evaluate(
            """async () => {
                 const keys = { key: "k", ctrlKey: true, bubbles: true };
                 document.body.dispatchEvent(new KeyboardEvent("keydown", keys));
                 // A later task, but no picture in between: as early as a next key can come.
                 await new Promise((next) => {
                   const channel = new MessageChannel();
                   channel.port1.onmessage = next;
                   channel.port2.postMessage(0);
                 });
                 return document.activeElement.getAttribute("role");
               }"""
        )
        assert role == "combobox"
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")


def test_the_road_by_keyboard_alone(context: Any, studio: dict[str, Any]) -> None:
    page, seen = web_kit.enter(context, studio)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").wait_for()
    page.keyboard.type("library")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Library").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("make")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="What should play?").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "make-words":
            break
    page.keyboard.type(WISH)
    page.keyboard.press("Enter")
    rows(page).first.wait_for(timeout=PATIENCE)
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.take-row .words a')"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=WISH).wait_for()
    page.keyboard.press("Space")
    page.locator(".player").get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("?")
    page.locator("dialog kbd").nth(8).wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.get_by_label("From, s", exact=True).focus()
    page.keyboard.type("1")
    page.evaluate("history.replaceState(null, '', '?drawn=anew'); dispatchEvent(new PopStateEvent('popstate'))")
    page.wait_for_timeout(100)
    assert page.get_by_label("From, s", exact=True).input_value() == "1"  # what is being typed stays
    page.keyboard.press("Tab")
    handle = page.get_by_role("slider", name="Start of the region")
    handle.focus()
    before = float(handle.get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(before + 0.02)
    assert (seen.errors, seen.elsewhere) == ([], [])
