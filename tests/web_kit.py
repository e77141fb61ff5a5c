"""What tests of the page share: a browser, a served studio, and what has to hold of every place: no error, no other host, axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

import server_kit
from tree import ROOT

REQUIRED = "TWIN_REQUIRE_CHROMIUM"
"""Set where a missing browser is a failure: in CI."""
ABSENT = "Chromium or its driver is not installed (Debian: apt-get install chromium; pip install 'producertwin[browser]')"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "axe-core is not installed (cd web && npm ci --ignore-scripts)"
SHOTS = "TWIN_SCREENSHOTS"
"""A folder that gets a picture of every place, to be looked at."""
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}
PATIENCE = 180_000
"""Milliseconds that a short take of nano may need on a busy machine."""


def find_chromium() -> str | None:
    """The program of the browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Seen:
    """What a page did that it must not do."""

    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@contextmanager
def serving(studio: Path, *options: str) -> Iterator[dict[str, Any]]:
    """The studio, served by a process of its own; what it said of itself."""
    with server_kit.serving(studio, *options) as (told, _):
        yield told


def make_link(told: dict[str, Any]) -> str:
    """A new link into a served studio."""
    token = Path(told["token_file"]).read_text(encoding="utf-8").strip()
    answer = httpx.post(f"{told['address']}/v1/links", headers={"authorization": f"Bearer {token}"}, timeout=60)
    return f"{told['address']}{answer.json()['path']}"


def watch(page: Any, address: str) -> Seen:
    """Note every error of the console and every request that leaves the machine."""
    seen = Seen()
    page.on(
        "console",
        lambda message: seen.errors.append(f"{message.text} {message.location.get('url')}") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    own = (address, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(own) else seen.elsewhere.append(request.url))
    return seen


def enter(context: Any, told: dict[str, Any], path: str = "") -> tuple[Any, Seen]:
    """A page of `context` that was let into a served studio, at `path`; and what is noted of it."""
    page = context.new_page()
    seen = watch(page, told["address"])
    page.goto(make_link(told))
    page.locator(".frame").wait_for()
    if path:
        page.goto(f"{told['address']}{path}")
    return page, seen


SETTLED = """async () => {
  await new Promise(requestAnimationFrame);  // a change of theme begins its transitions with the next picture
  document.getAnimations().forEach((one) => one instanceof CSSTransition && one.finish());
}"""
"""Ends the changes of colour: what is half-way has no contrast to be judged by. It does not wait for them, because the
promise of a transition that another one replaced is never kept."""


def find_barriers(page: Any) -> list[str]:
    """What axe finds that is serious or worse, each with where it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate(SETTLED)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations'], preload: false})).violations")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def picture(page: Any, name: str) -> None:
    """Keep a picture of what is shown, where somebody wants to look at it."""
    folder = os.environ.get(SHOTS)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.evaluate(SETTLED)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def look(page: Any, name: str) -> None:
    """Pictures at both widths and in both themes; nothing is wider than the window, nothing is a barrier."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        for width, (across, down) in WIDTHS.items():
            page.set_viewport_size({"width": across, "height": down})
            picture(page, f"{name}-{width}-{theme}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels wider than a {width} {theme} window"
            assert find_barriers(page) == [], (name, width, theme)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1440, "height": 900})
