"""Defects in a browser: found, heard, mended, compared at one clock, kept or undone; in a take and in a file of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import web_kit
from evaluation_kit import broken_piece
from producertwin.audio import files
from producertwin.library import TakeDraft, open_library
from producertwin.settings import Settings
from web_kit import PATIENCE

pytestmark = pytest.mark.slow
THEMES = ("dark", "light")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return files.write(tmp_path / "my song.wav", broken_piece())


@pytest.fixture
def take(tmp_path: Path) -> str:
    facts = {
        "task": "text2music",
        "stage": {"kind": "generate"},
        "caption": "house, warm",
        "variant": "nano",
        "revision": "b2:00",
    }
    with open_library(Settings(studio=tmp_path / "studio", offline=True, device="cpu")) as library:
        return library.takes.add(TakeDraft(**facts, seed=9, seconds=6.0, audio=files.encode(broken_piece(), "flac"))).id


@pytest.fixture
def studio(tmp_path: Path, take: str) -> Iterator[dict[str, Any]]:
    del take
    with web_kit.serving(tmp_path / "studio") as told:
        yield told


def listen_at(context: Any, studio: dict[str, Any], path: str) -> tuple[Any, web_kit.Seen]:
    """The page at `path`, when it has listened for defects."""
    page, seen = web_kit.enter(context, studio, path)
    page.locator(".ears .score").wait_for(timeout=PATIENCE)
    return page, seen


def defect(page: Any, words: str) -> Any:
    return page.locator(".ears .defect").filter(has=page.locator("strong", has_text=re.compile(f"^{words}$"))).first


def look(page: Any, name: str) -> None:
    """Pictures at both widths and in both themes, of the whole place."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width, (across, down) in web_kit.WIDTHS.items():
            page.set_viewport_size({"width": across, "height": down})
            page.locator(".ears .defects, .ears .score").first.wait_for()
            page.locator(".ears").scroll_into_view_if_needed()
            web_kit.picture(page, f"{name}-{width}-{theme}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels wider than a {width} {theme} window"
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1440, "height": 900})


def marks(page: Any) -> int:
    return int(page.evaluate("document.querySelector('.wave-editor > *').shadowRoot.querySelectorAll('[part~=mark]').length"))


def test_a_take_is_heard_mended_compared_and_kept(context: Any, studio: dict[str, Any], take: str, axe: Path) -> None:
    del axe
    page, seen = listen_at(context, studio, f"/takes/{take}")
    assert "0:01.458" in defect(page, "click").inner_text() and "0:04.167" in defect(page, "dropout").inner_text()
    page.locator(".wave-editor [part~=mark]").first.wait_for(state="attached")
    assert marks(page) >= 2
    defect(page, "click").get_by_role("button", name=re.compile("^Play click")).press("Enter")
    page.locator(".ears .defect.on").wait_for()
    page.locator(".player").get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Stop click").press("Enter")
    look(page, "take-defects")
    assert web_kit.find_barriers(page) == []

    defect(page, "click").get_by_role("button", name=re.compile("^Repair click")).press("Enter")
    pair = page.locator(".ears .pair")
    pair.first.wait_for(timeout=PATIENCE)
    assert "mended: click" in pair.inner_text() and "every other sample as it was" in pair.inner_text()
    pair.get_by_role("button", name="Hear before and after").click()
    pair.get_by_role("button", name="Before", exact=True).click()
    assert pair.get_by_role("button", name="Before", exact=True).get_attribute("aria-pressed") == "true"
    pair.get_by_role("button", name="After", exact=True).click()
    look(page, "take-repaired")
    assert web_kit.find_barriers(page) == []
    page.reload()
    pair.first.wait_for()
    pair.get_by_role("button", name="Keep").click()
    page.get_by_text("This take is a repair.").wait_for()
    assert take not in page.url and "repair click" in page.locator(".stages").inner_text()
    page.locator(".ears .score").wait_for(timeout=PATIENCE)
    assert defect(page, "click").count() == 0 and defect(page, "dropout").count() == 1
    assert page.get_by_role("link", name="Vary as a pipeline").count() == 0

    page.get_by_role("button", name="Repair all").click()
    pair.first.wait_for(timeout=PATIENCE)
    pair.first.get_by_role("button", name="Undo").click()
    page.get_by_text("Moved to the trash").wait_for()
    page.locator(".ears .pair").wait_for(state="detached")
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_file_of_ones_own_is_inspected_repaired_and_taken_home(
    context: Any, studio: dict[str, Any], song: Path, tmp_path: Path, axe: Path
) -> None:
    del axe
    page, seen = web_kit.enter(context, studio, "/library")
    page.get_by_role("link", name="Inspect a file").click()
    page.locator(".drop-file").wait_for()
    assert web_kit.find_barriers(page) == []
    text = tmp_path / "text.wav"
    text.write_text("no sound at all")
    page.locator("input[type=file]").set_input_files(str(text))
    page.get_by_role("alert").wait_for()
    seen.errors.clear()  # the browser tells of every refusal
    page.locator("input[type=file]").set_input_files(str(song))
    page.locator(".ears .score").wait_for(timeout=PATIENCE)
    page.get_by_role("heading", name="my song.wav").wait_for()
    assert page.locator(".marks .mark").count() >= 2
    look(page, "file-defects")
    assert web_kit.find_barriers(page) == []
    page.get_by_role("button", name="Repair all").click()
    pair = page.locator(".ears .pair")
    pair.first.wait_for(timeout=PATIENCE)
    with page.expect_download() as waiting:
        pair.get_by_role("link", name="Download").click()
    saved = tmp_path / "home.flac"
    waiting.value.save_as(saved)
    assert waiting.value.suggested_filename == "my song repaired.flac"
    new, old = files.read(saved), files.read(song)
    same = np.isclose(old, new, atol=2**-23).all(axis=0)
    assert not same[70_000] and not same[200_400]
    pair.get_by_role("button", name="Hear before and after").click()
    pair.get_by_role("button", name="After", exact=True).wait_for()
    look(page, "file-repaired")
    pair.get_by_role("button", name="Undo").click()
    pair.wait_for(state="detached")
    page.get_by_role("link", name="Another file").click()
    page.get_by_role("heading", name="Files you brought").wait_for()
    assert web_kit.find_barriers(page) == []
    assert (seen.errors, seen.elsewhere) == ([], [])
