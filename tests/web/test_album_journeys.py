"""An album in a browser: a brief, its plan as cards, candidates to choose from, the story, and changes by talking."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from producertwin.library import open_library
from producertwin.settings import Settings
from web_kit import PATIENCE, look

pytestmark = pytest.mark.slow
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A served studio in which nothing was made yet, with a worker."""
    with open_library(Settings(studio=tmp_path / "studio", offline=True, device="cpu")):
        pass
    with web_kit.serving(tmp_path / "studio") as told:
        yield told


def write_plan(page: Any, seen: web_kit.Seen) -> None:
    """A brief is understood while it is typed, and its plan is changed on its cards; what cannot be is told at its card."""
    page.get_by_text("No album yet").wait_for()
    look(page, "albums-empty")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Candidates per track").fill("2")
    page.get_by_label("Make an album").fill(f"lofi EP, 2 tracks, 8 seconds each, rainy, zither, {HOSTILE}")
    page.locator(".chip.unknown", has_text="zither").wait_for()
    page.locator(".chip.known", has_text="rainy").wait_for()
    page.get_by_role("button", name="Plan it").press("Enter")
    cards = page.locator(".cards .card")
    cards.nth(1).wait_for()
    first = cards.nth(0).locator("h3").inner_text()
    page.get_by_role("button", name="Track 2 earlier").press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.cards h3')[1].innerText === {first!r}")
    page.get_by_text("Change track 1").click()
    cards.nth(0).get_by_label("Chords").fill("H7")
    cards.nth(0).get_by_role("alert").wait_for()
    look(page, "albums-wrong")
    seen.errors.clear()  # the browser notes the refusal that was wanted
    cards.nth(0).get_by_label("Chords").fill("Am7 | Dm7")
    cards.nth(0).get_by_label("Title", exact=True).fill(HOSTILE)
    cards.nth(0).get_by_role("alert").wait_for(state="detached")
    page.reload()
    cards.nth(0).get_by_role("heading", name=HOSTILE).wait_for()


def choose_candidates(page: Any) -> None:
    """Candidates are heard at one clock, and the choice of each track is approved at once."""
    page.get_by_role("heading", name="Waiting for you: tracks 1, 2").wait_for()
    page.get_by_role("button", name="Hear candidate A of track 1").click()
    page.get_by_role("button", name="Pause candidate A of track 1").wait_for()
    page.get_by_role("button", name="Hear candidate B of track 1").click()
    page.get_by_role("button", name="Pause candidate B of track 1").wait_for()
    look(page, "albums-waiting")
    for place in (0, 1):
        page.get_by_label("Take B").nth(place).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Go on with these 2").click()
    page.get_by_text("2 of 2 tracks finished").wait_for()
    page.get_by_text("finished", exact=True).wait_for()


def test_an_album_is_planned_made_chosen_changed_downloaded_and_deleted(
    context: Any, studio: dict[str, Any], tmp_path: Path, axe: Path
) -> None:
    del axe
    page, seen = web_kit.enter(context, studio, "/albums")
    page.set_default_timeout(2 * PATIENCE)
    write_plan(page, seen)
    page.get_by_label("All but the choice of each track").check()
    look(page, "albums-plan")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/albums/?*")
    page.get_by_role("button", name="Stop").wait_for()
    choose_candidates(page)
    page.reload()
    page.locator(".take-row").nth(1).wait_for()
    assert page.locator(".card h3").nth(0).inner_text() == HOSTILE
    page.locator(".decision", has_text="as a person chose").first.wait_for()
    page.get_by_text("Instead of 1 other").first.click()
    look(page, "albums-finished")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    waiting.value.save_as(tmp_path / "album.zip")
    names = [name.partition("/")[2] for name in zipfile.ZipFile(tmp_path / "album.zip").namelist()]
    assert sum(name.endswith(".flac") for name in names) == 2 and {"plan.json", "decisions.jsonl", "SHA256SUMS"} <= {*names}

    page.get_by_label("Change it by talking").fill("track 2 slower, zither")
    page.keyboard.press("Enter")
    page.get_by_role("row", name="Track 2, tempo").wait_for()
    page.get_by_text("unknown: zither").wait_for()
    look(page, "albums-talk")
    kept = page.locator(".take-row .words a").nth(0).get_attribute("href")
    page.get_by_role("button", name="Change it", exact=True).click()
    page.get_by_role("heading", name="Waiting for you: track 2").wait_for()
    assert page.locator(".take-row .words a").nth(0).get_attribute("href") == kept, "only what changed is made again"

    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("No album yet").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.locator(".album-card").wait_for()
    look(page, "albums-list")
    page.goto(f"{studio['address']}/jobs")
    page.get_by_role("link", name="The album").first.click()
    page.get_by_role("heading", name="How it came about").wait_for()
    assert (seen.errors, seen.elsewhere) == ([], [])
