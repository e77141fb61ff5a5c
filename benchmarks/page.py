"""How soon the page is there, how much of it travels, and whether a library of a thousand takes scrolls without a stall.

    python benchmarks/page.py [--takes 1000] [--visits 10]

A real server, and Chromium without a window (`pip install 'producertwin[browser]'`, and Chromium of the system). Every visit is a
browser that has nothing of the page yet. A picture that comes more than 50 ms after the one before it is a stall.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from playwright.sync_api import sync_playwright

from producertwin.audio import files
from producertwin.library import open_library
from producertwin.server.access import Access
from producertwin.server.app import make_app
from producertwin.server.guard import Door
from producertwin.server.listener import bind
from producertwin.server.plan import ServePlan
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.studio import Studio
from server import TOKEN, fill

STALL = 50
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
TRAVELLED = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter((one) => one.name.includes('/static/') || one.entryType === 'navigation')
  .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""
SCROLL = """async () => {
  const place = document.getElementById('place');
  const next = () => new Promise(requestAnimationFrame);
  const took = [];
  let last = await next();
  for (let at = 0, waits = 0; waits < 600; ) {
    const end = place.scrollHeight - place.clientHeight;
    at < end ? (waits = 0) : waits++; // more comes when the end is near
    at = Math.min(at + 400, end);
    place.scrollTop = at;
    const now = await next();
    if (!waits) took.push(now - last);
    last = now;
  }
  return [took, place.scrollHeight, document.querySelectorAll('.take-row').length];
}"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--takes", type=int, default=1000)
    options.add_argument("--visits", type=int, default=10)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place, bind(ServePlan(port=0)) as listening:
        settings = Settings(studio=Path(place) / "studio", offline=True)
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, SAMPLE_RATE)).astype(np.float32)
        library = open_library(settings)
        fill(library, asked.takes, files.write(Path(place) / "noise.flac", noise).read_bytes())
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        access = Access(TOKEN)
        app = make_app(Studio(settings, library), Door(access, frozenset({host})))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", http="h11"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            measure(browser, host, access, asked.visits)
            browser.close()
        server.should_exit = True
        thread.join()


def measure(browser: Any, host: str, access: Access, visits: int) -> None:
    """Visit the page again and again, then scroll through the library."""
    paints = []
    for _ in range(visits):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(f"http://{host}/enter?code={access.make_code()}")
        page.locator(".frame").wait_for()
        paints.append(page.evaluate(PAINT))
        travelled = page.evaluate(TRAVELLED)
        if len(paints) < visits:
            context.close()
    print(f"first paint: median {np.median(paints):.0f} ms, most {max(paints):.0f} ms of {visits} visits")
    own = [(name, size) for name, size in travelled if "/demo/" not in name]
    total, demo = sum(size for _, size in own), sum(size for name, size in travelled if "/demo/" in name)
    told = ", ".join(f"{name.rpartition('/')[2] or 'index.html'} {size / 1024:.1f}" for name, size in own)
    print(f"the first page: {total / 1024:.1f} KiB as it travels ({told}); the demo's sound {demo / 1024:.1f} KiB")
    page.goto(f"http://{host}/library")
    page.locator(".take-row").first.wait_for()
    page.wait_for_timeout(1000)
    took, height, rows = page.evaluate(SCROLL)
    late = sum(one > STALL for one in took)
    print(
        f"scroll through {height} pixels, {rows} rows drawn at its end: {len(took)} pictures, median {np.median(took):.1f} ms, "
        f"p95 {np.percentile(took, 95):.1f} ms, most {max(took):.1f} ms, {late} stalls"
    )


if __name__ == "__main__":
    main()
