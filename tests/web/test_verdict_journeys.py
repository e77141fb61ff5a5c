"""Takes are rated while they play, by key and by click, and nothing that was said is lost when the line breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from server_kit import furnish

pytestmark = pytest.mark.slow
RATINGS = "**/v1/verdicts/ratings"


@pytest.fixture
def studio(tmp_path: Path, sound: bytes) -> Iterator[dict[str, Any]]:
    with furnish(tmp_path / "studio", sound):
        pass
    with web_kit.serving(tmp_path / "studio") as told:
        yield told


def verdicts(page: Any, told: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{told['address']}/v1/verdicts?every=true").json()["items"]
    return found


def starred(page: Any, place: str = ".player") -> Any:
    return page.locator(f"{place} .stars button[aria-pressed=true]")


def test_a_take_is_rated_while_it_plays_and_the_rating_is_taken_back(context: Any, studio: dict[str, Any], axe: Path) -> None:
    page, seen = web_kit.enter(context, studio, "/library")
    page.get_by_role("button", name="Play house, piano").click()
    page.locator(".player").get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("4")
    page.get_by_text("4 stars: house, piano").wait_for()
    assert starred(page).get_attribute("aria-label") == "Give 4 stars"
    row = page.locator(".take-row", has_text="house, piano")
    row.get_by_role("button", name="Give 2 stars").click()
    page.get_by_text("2 stars: house, piano").wait_for()
    row.get_by_role("link", name="house, piano").click()

    panel = page.locator("section", has=page.get_by_role("heading", name="What you say of it"))
    panel.locator(".stars button[aria-label='Give 2 stars'][aria-pressed=true]").wait_for()
    panel.locator(".stars button[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("4 stars: house, piano").last.wait_for()
    panel.get_by_label("What it is about").fill("too busy, great drums")
    panel.get_by_label("Why").fill("the bridge drags")
    panel.get_by_role("button", name="Keep with these words").click()
    newest = panel.locator(".said-verdicts > li").first
    newest.get_by_text("great drums").wait_for()
    assert newest.get_by_text("you · nano alone").is_visible() and newest.get_by_text("the bridge drags").is_visible()
    assert panel.locator(".said-verdicts > li").count() == 4
    web_kit.picture(page, "journey-rated")
    assert web_kit.find_barriers(page) == []

    newest.get_by_role("button", name="Take back: 4 stars").click()
    newest.get_by_text("taken back", exact=True).wait_for()
    page.locator("h1").click()  # out of the button that is gone
    page.keyboard.press("0")
    page.get_by_text("Your rating was taken back").wait_for()
    page.locator(".said-verdicts .gone").nth(3).wait_for()
    assert starred(page).count() == 0
    kinds = [one["verdict"]["kind"] for one in verdicts(page, studio)]
    assert (kinds.count("rating"), kinds.count("withdrawal")) == (4, 4)
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_verdict_outlives_a_line_that_breaks_and_a_page_that_is_closed(context: Any, studio: dict[str, Any]) -> None:
    page, _ = web_kit.enter(context, studio, "/library")
    page.get_by_role("button", name="Play house, piano").click()
    page.route(RATINGS, lambda route: route.abort())
    page.keyboard.press("5")
    page.get_by_text("5 stars: house, piano").wait_for()
    page.locator(".take-row").get_by_role("link", name="house, piano").click()
    page.wait_for_url("**/takes/*")
    page.get_by_text("1 verdict waits until the studio answers").wait_for()
    assert starred(page).get_attribute("aria-label") == "Give 5 stars", "what is on its way is shown"
    assert verdicts(page, studio) == []
    page.close()

    page = context.new_page()
    page.goto(f"{studio['address']}/library")
    page.get_by_role("button", name="Play house, piano").click()
    starred(page).wait_for()
    page.wait_for_function("() => !Object.keys(localStorage).some(name => name.startsWith('twin.verdict.'))")
    [found] = verdicts(page, studio)
    assert found["verdict"]["stars"] == 5


def test_a_verdict_whose_answer_was_lost_is_kept_once(context: Any, studio: dict[str, Any]) -> None:
    page, _ = web_kit.enter(context, studio, "/library")
    page.get_by_role("button", name="Play house, piano").click()
    sent = []

    def lose_answer(route: Any) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 1:
            route.fetch()  # the studio has it
            route.abort()  # and the page does not know
        else:
            route.continue_()

    page.route(RATINGS, lose_answer)
    page.keyboard.press("3")
    page.wait_for_function("() => !Object.keys(localStorage).some(name => name.startsWith('twin.verdict.'))")
    assert len(sent) == 2 and sent[0] == sent[1]
    assert [one["verdict"]["stars"] for one in verdicts(page, studio)] == [3]


def test_what_the_studio_refuses_is_told_and_not_sent_for_ever(context: Any, studio: dict[str, Any]) -> None:
    page, _ = web_kit.enter(context, studio, "/library")
    page.get_by_role("button", name="Play house, piano").click()
    page.route(RATINGS, lambda route: route.fulfill(status=422, json={"detail": "no such take", "remedy": "look again"}))
    page.keyboard.press("3")
    page.get_by_text("A verdict was refused: no such take: look again").wait_for()
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('twin.verdict.')).length") == 0
    starred(page).wait_for(state="detached")
