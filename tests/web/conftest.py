"""A browser, pages that were let in, and studios to show in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from producertwin.audio import files
from server_kit import furnish, tone


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window, which plays sound without a click as Chromium does after one.

    It is closed with its file: while it is there an event loop counts as running in this thread, where tests of other files start
    theirs.
    """
    program = web_kit.find_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        if os.environ.get(web_kit.REQUIRED):
            pytest.fail(web_kit.ABSENT)
        pytest.skip(web_kit.ABSENT)
    with sync_playwright() as play:
        flags = ["--no-sandbox"] if os.getuid() == 0 else []
        found = play.chromium.launch(executable_path=program, args=flags)
        yield found
        found.close()


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    """A wide dark window of its own, which may download."""
    found = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark", accept_downloads=True)
    found.set_default_timeout(30_000)
    yield found
    found.close()


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four seconds of FLAC."""
    return files.write(tmp_path_factory.mktemp("sound") / "tone.flac", tone(4.0)).read_bytes()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A served studio in which nothing was made yet."""
    with web_kit.serving(tmp_path_factory.mktemp("empty") / "studio") as told:
        yield told


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, sound: bytes) -> Iterator[dict[str, Any]]:
    """A served studio with three takes, a track, a run and a proof."""
    folder = tmp_path_factory.mktemp("furnished")
    with furnish(folder / "studio", sound):
        pass
    with web_kit.serving(folder / "studio") as told:
        yield told


@pytest.fixture
def axe() -> Path:
    """axe-core, which npm installs with the page's own packages."""
    if not web_kit.AXE.is_file():
        if os.environ.get(web_kit.REQUIRED):
            pytest.fail(web_kit.NO_AXE)
        pytest.skip(web_kit.NO_AXE)
    return web_kit.AXE
