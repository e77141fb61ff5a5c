"""Whole ways by the keyboard alone: a blind test from its making to its result, and defects found, mended, compared and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from evaluation_kit import broken_piece
from producertwin.audio import files
from producertwin.library import TakeDraft, open_library
from producertwin.settings import Settings
from train_kit import train_twin
from web_kit import PATIENCE

pytestmark = pytest.mark.slow
MOST_STEPS = 150
"""Presses of Tab within which everything on a page is reached."""
FOCUSED = """() => {
  const found = document.activeElement;
  if (!found || found === document.body) return "";
  const label = found.labels?.[0]?.innerText;
  return (found.getAttribute("aria-label") || label || found.innerText || "").trim().replace(/\\s+/g, " ");
}"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(studio=tmp_path / "studio", offline=True, device="cpu")


@pytest.fixture
def take(settings: Settings) -> str:
    facts = {"task": "text2music", "stage": {"kind": "generate"}, "variant": "nano", "revision": "b2:00"}
    with open_library(settings) as library:
        audio = files.encode(broken_piece(), "flac")
        return library.takes.add(TakeDraft(**facts, caption="house, warm", seed=9, seconds=6.0, audio=audio)).id


@pytest.fixture
def twin(settings: Settings) -> None:
    with open_library(settings) as library:
        train_twin(settings, library)


@pytest.fixture
def studio(settings: Settings) -> Iterator[dict[str, Any]]:
    with web_kit.serving(settings.studio) as told:
        yield told


def focused(page: Any) -> str:
    """What the keys act on, by its name."""
    return str(page.evaluate(FOCUSED))


def tab_to(page: Any, name: str, key: str = "Tab") -> None:
    """Press Tab until what begins with `name` has the focus; it must be seen that it has."""
    passed = []
    for _ in range(MOST_STEPS):
        if focused(page).startswith(name):
            assert page.evaluate("document.activeElement.matches(':focus-visible')"), f"nobody sees that {name} has the focus"
            return
        page.keyboard.press(key)
        passed.append(focused(page))
    raise AssertionError(f"{name!r} is not reached: {passed}")


def press(page: Any, name: str, key: str = "Enter") -> None:
    """Go to what is called `name` and press a key there."""
    tab_to(page, name)
    page.keyboard.press(key)


def write(page: Any, name: str, text: str) -> None:
    """Go to a field and write over what it holds."""
    tab_to(page, name)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_a_blind_test_is_made_heard_and_answered(context: Any, twin: None, studio: dict[str, Any]) -> None:
    del twin
    context.set_default_timeout(PATIENCE)
    page, seen = web_kit.enter(context, studio)
    press(page, "Producers")
    page.get_by_role("link", name="Hear it blind").wait_for()
    press(page, "Hear it blind")
    page.get_by_role("heading", name="Hear the twin of Mara Vale blind").wait_for()
    tab_to(page, "Which one is X?")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("Which one do you like better?")
    page.keyboard.press("ArrowUp")
    write(page, "Words to play", "lofi, 84 bpm")
    write(page, "How many pairs", "4")
    write(page, "Length of each, s", "3")
    press(page, "Make the pairs")
    trials = 7  # four pairs, and one each that repeats, that is the same twice and that is spoiled
    for trial in range(1, trials + 1):
        page.get_by_text(f"{trial} of {trials}", exact=True).wait_for()
        page.locator(".sides button:focus").wait_for()
        assert focused(page).startswith("Hear A"), "the next trial is where the keys are"
        for place, key in enumerate(("Space", "2", "x")):
            page.keyboard.press(key)
            page.locator(".sides button").nth(place).get_by_text("heard", exact=True).wait_for()
        press(page, "X is B" if trial % 2 else "X is A")
    page.get_by_role("button", name="Begin another test").wait_for()
    press(page, "All figures")
    press(page, "Begin another test")
    write(page, "Words to play", "house")
    tab_to(page, "Which one is X?")
    page.get_by_text("done", exact=True).wait_for()
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_defects_are_found_mended_compared_and_kept(context: Any, take: str, studio: dict[str, Any]) -> None:
    page, seen = web_kit.enter(context, studio)
    press(page, "Library")
    page.get_by_role("link", name="house, warm").wait_for()
    press(page, "house, warm")
    page.wait_for_url(f"**/takes/{take}")
    page.locator(".ears .score").wait_for(timeout=PATIENCE)
    press(page, "Play click")
    page.locator(".ears .defect.on").wait_for()
    page.get_by_role("button", name="Stop click").wait_for()
    page.keyboard.press("Enter")
    press(page, "Repair click")
    pair = page.locator(".ears .pair")
    pair.first.wait_for(timeout=PATIENCE)
    page.locator(".ears .pair button:focus").wait_for()
    assert focused(page) == "Hear before and after", "what was made is where the keys are"
    page.keyboard.press("Enter")
    press(page, "Before", "Space")
    pair.get_by_role("button", name="Before", exact=True, pressed=True).wait_for()
    press(page, "After", "Space")
    pair.get_by_role("button", name="After", exact=True, pressed=True).wait_for()
    press(page, "Keep")
    page.get_by_text("This take is a repair.").wait_for()
    page.locator(".ears .score").wait_for(timeout=PATIENCE)
    press(page, "Repair all")
    pair.first.wait_for(timeout=PATIENCE)
    press(page, "Undo")
    page.get_by_text("Moved to the trash").wait_for()
    page.locator(".ears .pair").wait_for(state="detached")
    press(page, "To what was repaired")
    page.wait_for_url(f"**/takes/{take}")
    assert (seen.errors, seen.elsewhere) == ([], [])
