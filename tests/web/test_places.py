"""Every place in both themes and both widths: no barrier, no error, no other host; and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from producertwin.library import TakeDraft, open_library
from producertwin.server.addresses import PLACES
from producertwin.settings import Settings

pytestmark = pytest.mark.slow
MANY = 1000


@pytest.fixture(scope="module", params=["empty", "furnished"])
def shown(request: pytest.FixtureRequest, browser: Any) -> Iterator[tuple[str, Any, dict[str, Any], web_kit.Seen]]:
    told = request.getfixturevalue(request.param)
    context = browser.new_context()
    page = context.new_page()
    seen = web_kit.watch(page, told["address"])
    page.goto(web_kit.make_link(told))
    page.locator(".frame").wait_for()
    yield request.param, page, told, seen
    context.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("place", PLACES)
def test_a_place_has_no_barriers(shown: tuple[str, Any, dict[str, Any], web_kit.Seen], axe: Path, place: str, theme: str) -> None:
    kind, page, told, seen = shown
    address = f"/{place}"
    if place == "takes":
        found = page.request.get(f"{told['address']}/v1/takes?limit=1").json()["items"]
        address = f"/takes/{found[0]['id']}" if found else "/takes/aaaaaaaaaaaa"
    page.emulate_media(color_scheme=theme)
    for width, (across, down) in web_kit.WIDTHS.items():
        page.set_viewport_size({"width": across, "height": down})
        page.goto(told["address"] + address)
        page.locator(".place h1, .place h2").first.wait_for()
        page.wait_for_timeout(400)
        web_kit.picture(page, f"{place}-{kind}-{across}-{theme}")
        assert web_kit.find_barriers(page) == [], (place, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the window"
    gone = [one for one in seen.errors if not (kind == "empty" and place == "takes" and "404" in one)]
    seen.errors.clear()
    assert (gone, seen.elsewhere) == ([], [])


def test_what_people_wrote_is_text(shown: tuple[str, Any, dict[str, Any], web_kit.Seen]) -> None:
    kind, page, told, seen = shown
    if kind == "empty":
        pytest.skip("nobody wrote anything here")
    page.goto(f"{told['address']}/library?text=brushes")
    page.get_by_role("list", name="Takes").get_by_role("link", name="jazz, <b>brushes</b>").wait_for()
    assert page.locator(".take-row b").count() == 0
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_browser_that_was_not_let_in_is_told_how(browser: Any, empty: dict[str, Any]) -> None:
    context = browser.new_context()
    page = context.new_page()
    for address in ("/", "/library", "/takes/abc"):
        page.goto(empty["address"] + address)
        page.get_by_role("heading", name="This studio is locked").wait_for()
    web_kit.picture(page, "locked")
    context.close()


def test_back_and_an_address_that_nobody_knows(shown: tuple[str, Any, dict[str, Any], web_kit.Seen]) -> None:
    _, page, told, _ = shown
    page.goto(told["address"] + "/make")
    page.get_by_role("link", name="Library").click()
    page.get_by_role("heading", name="Library").wait_for()
    page.go_back()
    page.get_by_role("textbox", name="What should play?").wait_for()
    page.goto(told["address"] + "/takes/zzz")
    page.get_by_role("heading", name="This take is gone").wait_for()


def test_a_thousand_takes_are_scrolled_through_with_few_rows_drawn(browser: Any, tmp_path: Path, sound: bytes) -> None:
    settings = Settings(studio=tmp_path / "studio", offline=True, device="cpu")
    with open_library(settings) as library:
        for seed in range(MANY):
            library.takes.add(
                TakeDraft(
                    audio=sound, task="text2music", stage={"kind": "generate"}, variant="nano", revision="b2:00", seconds=1.0,
                    caption=f"take number {seed}", seed=seed,
                )
            )  # fmt: skip
    with web_kit.serving(settings.studio) as told:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(web_kit.make_link(told))
        page.goto(told["address"] + "/library")
        page.locator(".take-row").first.wait_for(timeout=60_000)
        last = page.get_by_role("link", name="take number 0", exact=True)
        for _ in range(300):  # what is not there yet is fetched while the list moves
            page.evaluate("() => { const list = document.querySelector('.place'); list.scrollTo(0, list.scrollTop + 1800); }")
            page.wait_for_timeout(30)
            if last.count():
                break
        last.wait_for()
        assert page.locator(".take-row").count() < 60
        context.close()
