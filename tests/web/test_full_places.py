"""Every place with much in it, its inner pages and the dialogs: no barrier, no error, and nothing wider than the window."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import server_kit
import web_kit
from evaluation_kit import broken_piece
from listening_kit import folder as sounds_in
from listening_kit import prepared, small
from producertwin.audio import files
from producertwin.jobs.process import start_worker
from producertwin.library import TakeDraft
from producertwin.settings import Settings
from train_kit import train_twin

pytestmark = pytest.mark.slow
THEMES = ("dark", "light")
PAGES = {
    "make": "/make", "library": "/library", "liked": "/library?liked=true", "trash": "/library/trash", "file": "/library/inspect",
    "own-file": "/library/inspect/{asset}", "take": "/takes/{take}", "take-defects": "/takes/{broken}", "jobs": "/jobs",
    "failed-job": "/jobs/{failed}", "tracks": "/tracks", "track": "/tracks/{track}", "sets": "/tracks/sets",
    "set": "/tracks/sets/{set}", "train": "/tracks/train", "failed-run": "/tracks/runs/{lost}", "run": "/tracks/runs/{run}",
    "producers": "/producers", "proof": "/producers/proof/{proof}", "listen": "/producers/{producer}/listen",
    "trial": "/producers/{producer}/listen?test={test}", "result": "/producers/{producer}/listen?test={heard}",
    "pipelines": "/pipelines", "preset": "/pipelines/stem-surgery", "new-pipeline": "/pipelines/new",
    "varied": "/pipelines?take={take}", "studio": "/studio", "desk": "/desk", "nowhere": "/jobs/nothing", "undecided": "/listen",
    "blind": "/listen/blind?between=takes&first={take}", "instruments": "/listen/blind?between=instruments",
    "coverage": "/listen/coverage", "improve": "/producers/{producer}/improve",
}  # fmt: skip
PRODUCER = "Mara Vale"
LONG = "a very long wish of many words: dusty boom bap, a warm upright bass, brushed snare, vinyl noise, a muted trumpet far away"


def make_of(seconds: float, **play: Any) -> dict[str, Any]:
    prompt = {"caption": "dusty boom bap, 90 bpm, A minor"}
    return {"kind": "make", "plan": {"plan": {"kind": "generate", "prompt": prompt, "seconds": seconds, "play": play}}}


def wait_for(client: httpx.Client, job: str, states: set[str]) -> None:
    """Wait until a job is in one of `states`."""
    until = time.monotonic() + web_kit.PATIENCE / 1000
    while (found := client.get(f"/v1/jobs/{job}").json())["state"] not in states:
        assert time.monotonic() < until, found
        time.sleep(0.1)


def put_test(studio: Path, scratch: Path, seed: int) -> str:
    """A blind test of the producer in a studio, nothing of it heard yet."""
    plan = small(title=PRODUCER)
    made = prepared(plan, sounds_in(scratch / "twin", seed), sounds_in(scratch / "base", seed + 1), scratch / "studio")
    name = made.test.id
    shutil.copytree(made.folder, studio / "listening" / name)
    return name


def fill(folder: Path, sound: bytes) -> dict[str, str]:
    """A studio with takes, one of them with defects, a track, two runs, a twin, a proof and two blind tests; their ids."""
    with server_kit.furnish(folder, sound) as house:
        takes = house.library.takes
        facts = {"task": "text2music", "stage": {"kind": "generate"}, "variant": "nano", "revision": "b2:00"}
        broken = takes.add(TakeDraft(**facts, audio=files.encode(broken_piece(12.0), "flac"), caption=LONG, seed=8, seconds=12.0))
        gone = takes.add(TakeDraft(**facts, audio=sound + b"\0", caption="its sound is lost", seed=9, seconds=1.0))
        deleted = takes.add(TakeDraft(**facts, audio=sound, caption="not that one", seed=10, seconds=4.0))
        assert gone.audio is not None
        house.library.blobs.path(gone.audio).unlink()
        manifest, run = train_twin(house.settings, house.library, PRODUCER)
        ids = {
            "take": house.takes[-1].id, "broken": broken.id, "gone": gone.id, "deleted": deleted.id, "track": house.track.id,
            "lost": house.run.id, "run": run.id, "set": manifest.fingerprint.removeprefix("b2:")[:12],
        }  # fmt: skip
    scratch = folder.parent
    return ids | {"test": put_test(folder, scratch / "one", 0), "heard": put_test(folder, scratch / "two", 2)}


def answer_all(client: httpx.Client, test: str) -> None:
    """Hear a blind test to its end."""
    turn = client.get(f"/v1/listening/{test}/next", params={"listener": "studio"}).json()
    while turn["trial"]:
        said = {"listener": "studio", "trial": turn["trial"], "answer": "a", "seconds": 4.0}
        turn = client.post(f"/v1/listening/{test}/answers", json=said).json()


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory, sound: bytes) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """A served studio with jobs that are done, failed, running, cancelled and waiting; and the ids of what it holds."""
    folder = tmp_path_factory.mktemp("lived-in") / "studio"
    ids = fill(folder, sound)
    with server_kit.serving(folder, "--workers", "0") as (told, _):
        bearer = {"authorization": f"Bearer {Path(told['token_file']).read_text(encoding='utf-8').strip()}"}
        with httpx.Client(base_url=told["address"], headers=bearer, timeout=120) as client:

            def ask(body: dict[str, Any]) -> str:
                answer = client.post("/v1/jobs", json=body)
                assert answer.status_code == 202, answer.text
                return str(answer.json()["id"])

            failed = ask({"kind": "inspect", "plan": {"subject": ids["gone"]}})
            done = ask(make_of(2, variant="tiny", seed=1))
            running = ask(make_of(240, variant="nano", seed=2, batch=4))
            cancelled, waiting = (ask(make_of(240, variant="nano", seed=seed)) for seed in (3, 4))
            assert client.post(f"/v1/jobs/{cancelled}/cancel").is_success and waiting
            sent = client.post(
                "/v1/assets", params={"name": "my song.flac"}, content=sound, headers={"content-type": "audio/flac"}
            )
            assert sent.is_success, sent.text
            assert client.delete(f"/v1/takes/{ids['deleted']}").is_success
            answer_all(client, ids["heard"])
            worker = start_worker(Settings(studio=folder, offline=True, device="cpu"))
            try:
                for job, state in ((failed, "failed"), (done, "succeeded"), (running, "running")):
                    wait_for(client, job, {state})
                assert client.delete(f"/v1/takes/{ids['gone']}").is_success, "whose sound is lost, nobody can draw"
                proof = client.get("/v1/proofs").json()["items"][0]["id"]
                found = {"failed": failed, "proof": proof, "asset": sent.json()["id"], "producer": PRODUCER.replace(" ", "%20")}
                yield told, ids | found
            finally:
                worker.kill()
                worker.communicate()  # closes its pipes, too


@pytest.fixture(scope="module")
def shown(browser: Any, lived_in: tuple[dict[str, Any], dict[str, str]]) -> Iterator[tuple[Any, web_kit.Seen]]:
    context = browser.new_context()
    context.set_default_timeout(60_000)
    yield web_kit.enter(context, lived_in[0])
    context.close()


def look(page: Any, seen: web_kit.Seen, name: str) -> None:
    """No barrier, no error, no other host, nothing wider than the window; and a picture."""
    web_kit.picture(page, name)
    assert web_kit.find_barriers(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), f"{name}: the frame stays where it is"
    assert (seen.errors, seen.elsewhere) == ([], []), name


def show(page: Any, width: str, theme: str, address: str) -> None:
    """Open an address and wait until nothing of it is still being fetched."""
    across, down = web_kit.WIDTHS[width]
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": across, "height": down})
    page.goto(address)
    page.locator(".place h1, .place h2, .place h3").first.wait_for()
    for ghost in page.locator(".place .ghost").all():
        ghost.wait_for(state="detached")
    page.wait_for_timeout(300)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_much_in_it_has_no_barriers(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen], axe: Path, name: str, theme: str
) -> None:
    (told, ids), (page, seen) = lived_in, shown
    for width in web_kit.WIDTHS:
        show(page, width, theme, told["address"] + PAGES[name].format(**ids))
        if name == "nowhere":
            assert any("404" in one for one in seen.errors), "the browser notes what is not there"
            seen.errors.clear()
        look(page, seen, f"full-{name}-{width}-{theme}")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("name", "key"), [("keys", "?"), ("palette", "Control+k")])
def test_a_dialog_has_no_barriers(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen], axe: Path, name: str, key: str, theme: str
) -> None:
    (told, ids), (page, seen) = lived_in, shown
    for width in web_kit.WIDTHS:
        show(page, width, theme, f"{told['address']}/takes/{ids['take']}")
        page.keyboard.press(key)
        page.locator("dialog[open]").wait_for()
        look(page, seen, f"dialog-{name}-{width}-{theme}")
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")


def test_what_a_training_played_stands_apart(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen]
) -> None:
    (told, ids), (page, seen) = lived_in, shown
    sample = page.locator(".place").get_by_text("warm house number 4")
    for place, theirs in (("make", "dusty boom bap, 90 bpm, A minor"), ("library", "lofi, rainy"), ("desk", "lofi, rainy")):
        show(page, "wide", "dark", f"{told['address']}/{place}")
        page.locator(".place").get_by_text(theirs).first.wait_for()
        assert sample.count() == 0, place
    page.goto(f"{told['address']}/library")
    page.get_by_role("link", name="From training").click()
    sample.first.wait_for()
    rows = page.locator(".take-row")
    assert rows.count() == page.locator(".take-row", has_text="training sample").count() > 0
    sample.first.click()
    page.get_by_role("link", name="played while a twin was trained").click()
    page.get_by_role("heading", name=f"{PRODUCER} on tiny").wait_for()
    assert page.url.endswith(ids["run"])
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_failed_job_leads_to_what_it_works_on(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen]
) -> None:
    (told, ids), (page, _) = lived_in, shown
    show(page, "wide", "light", f"{told['address']}/jobs/{ids['failed']}")
    assert page.get_by_role("link", name="Open its take").get_attribute("href") == f"/takes/{ids['gone']}"


def test_a_shelf_with_nothing_on_it_says_how_something_comes_there(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen]
) -> None:
    (told, _), (page, _) = lived_in, shown
    show(page, "wide", "light", f"{told['address']}/library?liked=true")
    page.get_by_role("heading", name="Nothing is liked yet").wait_for()
    page.get_by_text("Press the heart beside a take").wait_for()


def test_keys_are_listed_once_as_they_are_pressed(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen]
) -> None:
    (told, ids), (page, _) = lived_in, shown
    show(page, "wide", "light", f"{told['address']}/takes/{ids['take']}")
    page.keyboard.press("?")
    page.locator("dialog dd").nth(8).wait_for()
    keys = [" ".join(one.split()) for one in page.locator("dialog dt").all_inner_texts()]
    says = dict(zip(keys, page.locator("dialog dd").all_inner_texts(), strict=True))
    assert {key: says[key] for key in ("Shift [", "Shift ]")} == {
        "Shift [": "Move the region a beat back",
        "Shift ]": "Move the region a beat on",
    }
    assert len(keys) == len(set(keys)) and not any("{" in key or "}" in key for key in keys)
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")


def test_what_is_in_a_row_is_inside_the_window(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen]
) -> None:
    """What is cut off at the side is there for nobody, and makes nothing wider."""
    (told, ids), (page, _) = lived_in, shown
    for name in ("desk", "library", "make", "jobs", "take"):
        show(page, "phone", "light", told["address"] + PAGES[name].format(**ids))
        buttons = page.locator(".place li button:visible, .place .take-row button:visible")
        ends = [box["x"] + box["width"] for one in buttons.all() if (box := one.bounding_box())]
        assert ends and max(ends) <= web_kit.WIDTHS["phone"][0], (name, max(ends))


def test_how_far_the_work_is_can_be_read_in_the_frame(
    lived_in: tuple[dict[str, Any], dict[str, str]], shown: tuple[Any, web_kit.Seen]
) -> None:
    (told, _), (page, _) = lived_in, shown
    show(page, "wide", "light", f"{told['address']}/studio")
    far = page.locator(".rail .now .far")
    far.get_by_text("%").wait_for(timeout=web_kit.PATIENCE)
    assert page.evaluate("[...document.querySelectorAll('.now .far')].every((one) => one.scrollWidth <= one.clientWidth)")
