"""Every place with much in it, its inner pages and the dialogs: no barrier, no error, and nothing wider than the window."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import server_kit
import web_kit
from producertwin.jobs.process import start_worker

pytestmark = pytest.mark.slow
THEMES = ("dark", "light")
PAGES = {
    "make": "/make", "jobs": "/jobs", "failed-job": "/jobs/{failed}", "take": "/takes/{take}", "trash": "/library/trash",
    "file": "/library/inspect", "tracks": "/tracks", "track": "/tracks/{track}", "sets": "/tracks/sets", "train": "/tracks/train",
    "run": "/tracks/runs/{run}", "producers": "/producers", "proof": "/producers/proof/{proof}",
    "listen": "/producers/Mara%20Vale/listen", "pipelines": "/pipelines", "preset": "/pipelines/stem-surgery",
    "new-pipeline": "/pipelines/new", "varied": "/pipelines?take={take}", "studio": "/studio", "desk": "/desk",
}  # fmt: skip


def make_of(**fields: Any) -> dict[str, Any]:
    return {"kind": "make", "plan": {"plan": {"prompt": {"caption": "dusty boom bap, 90 bpm, A minor"}, **fields}}}


def wait_for(client: httpx.Client, job: str, states: set[str]) -> None:
    """Wait until a job is in one of `states`."""
    until = time.monotonic() + web_kit.PATIENCE / 1000
    while client.get(f"/v1/jobs/{job}").json()["state"] not in states:
        assert time.monotonic() < until, job
        time.sleep(0.1)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory, sound: bytes) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """A served studio with jobs that are done, failed, running and waiting; and the ids of what it holds."""
    folder = tmp_path_factory.mktemp("lived-in") / "studio"
    with server_kit.furnish(folder, sound) as house:
        settings, take, track, run = house.settings, house.takes[-1], house.track, house.run
        lost = house.library.takes.add(
            server_kit.TakeDraft(
                audio=sound + b"\0", task="text2music", stage={}, caption="its sound is lost", seed=9, variant="nano",
                revision="b2:00", seconds=1.0,
            )
        )  # fmt: skip
        gone = house.library.blobs.path(lost.audio)
    tiny = {"variant": "tiny", "seed": 1}
    with server_kit.serving(folder, "--workers", "0") as (told, _):
        bearer = {"authorization": f"Bearer {Path(told['token_file']).read_text(encoding='utf-8').strip()}"}
        with httpx.Client(base_url=told["address"], headers=bearer, timeout=120) as client:
            failed = client.post("/v1/jobs", json={"kind": "inspect", "plan": {"subject": lost.id}}).json()
            gone.unlink()
            done = client.post("/v1/jobs", json=make_of(seconds=2, play=tiny)).json()
            running = client.post("/v1/jobs", json=make_of(seconds=240, batch=4, play={"variant": "nano", "seed": 2})).json()
            client.post("/v1/jobs", json=make_of(seconds=240, play={"variant": "nano", "seed": 3}))
            worker = start_worker(settings)
            wait_for(client, failed["id"], {"failed"})
            wait_for(client, done["id"], {"succeeded"})
            wait_for(client, running["id"], {"running"})
            proof = client.get("/v1/proofs").json()["items"][0]["id"]
        ids = {"take": take.id, "track": track.id, "run": run.id, "proof": proof, "failed": failed["id"]}
        yield told, ids
        worker.kill()


@pytest.fixture(scope="module")
def shown(browser: Any, lived_in: tuple[dict[str, Any], dict[str, str]]) -> Iterator[tuple[Any, web_kit.Seen]]:
    told, _ = lived_in
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    seen = web_kit.watch(page, told["address"])
    page.goto(web_kit.make_link(told))
    page.locator(".frame").wait_for()
    yield page, seen
    context.close()


def look(page: Any, seen: web_kit.Seen, name: str) -> None:
    """No barrier, no error, no other host, nothing wider than the window; and a picture."""
    web_kit.picture(page, name)
    assert web_kit.find_barriers(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert (seen.errors, seen.elsewhere) == ([], []), name


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_much_in_it_has_no_barriers(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen], axe: Path, name: str, theme: str
) -> None:
    (told, ids), (page, seen) = lived_in, shown
    page.emulate_media(color_scheme=theme)
    for across, down in web_kit.WIDTHS.values():
        page.set_viewport_size({"width": across, "height": down})
        page.goto(told["address"] + PAGES[name].format(**ids))
        page.locator(".place h1, .place h2").first.wait_for()
        page.wait_for_timeout(400)
        look(page, seen, f"{name}-lived-in-{across}-{theme}")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("name", "key"), [("keys", "?"), ("palette", "Control+k")])
def test_a_dialog_has_no_barriers(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen], axe: Path, name: str, key: str, theme: str
) -> None:
    (told, ids), (page, seen) = lived_in, shown
    page.emulate_media(color_scheme=theme)
    for across, down in web_kit.WIDTHS.values():
        page.set_viewport_size({"width": across, "height": down})
        page.goto(f"{told['address']}/takes/{ids['take']}")
        page.locator(".place h1").first.wait_for()
        page.keyboard.press(key)
        page.locator("dialog[open]").wait_for()
        look(page, seen, f"dialog-{name}-{across}-{theme}")
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
