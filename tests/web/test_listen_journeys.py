"""What is decided by ear: undecided pairs, a blind test of two takes, and the rounds that improve a twin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from pairs_kit import improve, make_set
from server_kit import furnish

pytestmark = pytest.mark.slow
WATCH = """
window.starts = []; window.ramps = [];
const start = AudioBufferSourceNode.prototype.start, ramp = AudioParam.prototype.linearRampToValueAtTime;
const hold = AudioParam.prototype.setValueAtTime;
AudioBufferSourceNode.prototype.start = function (...given) {
  window.starts.push(given); return start.apply(this, given);
};
AudioParam.prototype.setValueAtTime = function (value, at) { this.held = at; return hold.call(this, value, at); };
AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
  window.ramps.push([value, at - this.held]); return ramp.call(this, value, at);
};
"""
"""Notes when sounds begin, and how long each takes from one loudness to another."""


@pytest.fixture
def studio(tmp_path: Path, sound: bytes) -> Iterator[dict[str, Any]]:
    with furnish(tmp_path / "studio", sound) as house:
        taught = make_set(house, tmp_path, seed=1)
        improve(house, taught)
    with web_kit.serving(tmp_path / "studio", "--workers", "1") as told:
        yield told


def hear_both(page: Any, letters: str = "12") -> None:
    """Hear each side until the page has counted enough of it."""
    page.locator(".sides").wait_for()
    for place, key in enumerate(letters):
        page.keyboard.press(key)
        page.locator(".sides button").nth(place).get_by_text("heard").wait_for()


def preferences(page: Any, told: dict[str, Any]) -> list[dict[str, Any]]:
    found = page.request.get(f"{told['address']}/v1/verdicts?only=preference").json()["items"]
    return [one["verdict"] for one in found]


def test_undecided_pairs_are_decided_by_ear(context: Any, studio: dict[str, Any], axe: Path) -> None:
    context.add_init_script(WATCH)
    page, seen = web_kit.enter(context, studio, "/listen")
    page.get_by_text("4 pairs left · 0 decided").wait_for()
    better = page.get_by_role("button", name="A is better")
    assert better.is_disabled(), "nobody decides what was not heard"
    page.keyboard.press("1")
    page.wait_for_function("() => window.starts.length === 2")
    page.evaluate("window.ramps.length = 0")
    page.keyboard.press("2")
    page.wait_for_function("() => window.ramps.length >= 2")
    (first, second), ramps = page.evaluate("[window.starts.slice(0, 2), window.ramps]")
    assert first == second and page.evaluate("window.starts.length") == 2, "both run at one clock, and switching starts nothing"
    assert all(length == pytest.approx(0.01, abs=1e-6) for _, length in ramps)
    quiet, loud = sorted({value for value, _ in ramps})
    assert quiet == 0.0 and loud > 0.0
    hear_both(page)
    web_kit.picture(page, "journey-undecided")
    assert web_kit.find_barriers(page) == []
    words = page.locator(".pair h2").inner_text()
    page.keyboard.press("Shift+A")
    page.get_by_text("3 pairs left · 1 decided").wait_for()
    assert page.locator(".pair h2").inner_text() != words
    passed = page.locator(".pair h2").inner_text()
    page.keyboard.press("s")
    page.wait_for_function("passed => document.querySelector('.pair h2')?.textContent !== passed", arg=passed)
    for left in (2, 1):
        hear_both(page)
        page.get_by_role("button", name="Neither").click()
        page.get_by_text(re.compile(f"{left} pairs? left")).wait_for()
    page.get_by_role("button", name="Hear them again").click()
    hear_both(page)
    page.keyboard.press("Shift+B")
    page.get_by_role("heading", name="Nothing is undecided").wait_for()
    page.get_by_role("button", name="Make a set of my preferences").click()
    page.get_by_text("2 pairs in the set of your preferences").wait_for()
    assert sorted(one["choice"] for one in preferences(page, studio)) == ["a", "b", "tie", "tie"]

    page.get_by_role("link", name="Coverage").click()
    page.get_by_role("heading", name="Instruments").wait_for()
    assert web_kit.find_barriers(page) == []
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_two_takes_are_heard_blind_and_the_answers_are_preferences(context: Any, studio: dict[str, Any], axe: Path) -> None:
    page, seen = web_kit.enter(context, studio)
    one, other = (take["id"] for take in page.request.get(f"{studio['address']}/v1/takes?text=lofi%200").json()["items"][:2])
    page.goto(f"{studio['address']}/listen/blind?between=takes&first={one}&second={one}")
    page.get_by_text("The two sides are the same").wait_for()
    page.get_by_label("Id of the second take").fill(other)
    page.get_by_label("How often").fill("4")
    page.get_by_role("button", name="Prepare the test").click()
    page.get_by_text("1 of 8").wait_for(timeout=web_kit.PATIENCE)
    assert web_kit.find_barriers(page) == []
    for place in range(1, 9):
        page.get_by_text(f"{place} of 8").wait_for()
        assert page.get_by_role("button", name="I prefer A").is_disabled()
        hear_both(page)
        page.keyboard.press("Shift+A" if place % 2 else "Shift+B")
    page.get_by_role("heading", name=re.compile("You preferred|No answer of this test counts")).wait_for()
    web_kit.picture(page, "journey-blind-takes")
    assert web_kit.find_barriers(page) == []
    given = preferences(page, studio)
    assert len(given) == 4 and all({verdict["a"], verdict["b"]} == {one, other} for verdict in given)
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_round_is_read_and_installed(context: Any, studio: dict[str, Any], axe: Path) -> None:
    page, seen = web_kit.enter(context, studio, "/producers/Mara Vale/improve")
    page.get_by_role("heading", name="Round 1, by DPO").wait_for()
    page.get_by_role("img", name=re.compile("Implicit accuracy: implicit accuracy 1")).wait_for()
    page.get_by_text("has a proof").wait_for()
    for width, (across, down) in web_kit.WIDTHS.items():
        page.set_viewport_size({"width": across, "height": down})
        web_kit.picture(page, f"journey-round-{across}")
        assert web_kit.find_barriers(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Install").click()
    page.get_by_text("It is the twin of Mara Vale now").wait_for()
    page.get_by_text("installed", exact=True).wait_for()
    assert (seen.errors, seen.elsewhere) == ([], [])
