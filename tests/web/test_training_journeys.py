"""From songs in a folder to a trained twin, pipelines with mistakes, and jobs that are stopped: all of it in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import web_kit
from producertwin.audio import files
from producertwin.timebase import SAMPLE_RATE

pytestmark = pytest.mark.slow
SONGS = 3
SECONDS = 31.0
NOTES = (0, 3, 7, 10, 12)


def write_song(path: Path, seed: int, seconds: float = SECONDS) -> Path:
    """A file with a made-up song: notes of one scale over a beat, different for every seed."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    beat = 60 / (84 + 6 * seed)
    places = (time / beat).astype(int)
    pitches = 110 * 2 ** (random.choice(NOTES, places.max() + 1) / 12)
    within = time % beat
    note = np.sin(2 * np.pi * pitches[places] * time) * np.exp(-3 * within)
    drum = random.standard_normal(time.size) * np.exp(-40 * within)
    sound = (0.25 * note + 0.2 * drum).astype(np.float32)
    return files.write(path, np.stack([sound, 0.8 * sound]))


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[tuple[Any, dict[str, Any], web_kit.Seen]]:
    """A page that was let into a new studio."""
    with web_kit.serving(tmp_path / "studio") as told:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        shown = context.new_page()
        shown.set_default_timeout(web_kit.PATIENCE)
        seen = web_kit.watch(shown, told["address"])
        shown.goto(web_kit.make_link(told))
        shown.locator(".frame").wait_for()
        yield shown, told, seen
        context.close()


def check(page: Any, seen: web_kit.Seen, name: str) -> None:
    """No barrier, no error, no other host; and a picture."""
    web_kit.picture(page, f"journey-{name}")
    assert web_kit.find_barriers(page) == []
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_from_songs_to_a_trained_twin(page: tuple[Any, dict[str, Any], web_kit.Seen], tmp_path: Path, axe: Path) -> None:
    shown, told, seen = page
    songs = [write_song(tmp_path / f"song {seed}.flac", seed) for seed in range(SONGS)]
    songs.append(write_song(tmp_path / "sketch.flac", 9, seconds=4.0))
    (tmp_path / "notes.txt").write_text("no sound", encoding="utf-8")
    shown.goto(f"{told['address']}/tracks")
    shown.get_by_role("heading", name="Bring your tracks").wait_for()
    check(shown, seen, "no-tracks")

    shown.get_by_label("Choose songs").last.set_input_files([*songs, tmp_path / "notes.txt"])
    shown.get_by_text("1 file left out").wait_for()
    shown.get_by_role("button", name="Bring in 4 songs").click()
    shown.get_by_text("Say whose sound it is first").wait_for()
    shown.get_by_label("Whose sound is it?").fill("Mara Vale")
    shown.get_by_role("button", name="Bring in 4 songs").click()
    shown.get_by_role("button", name="Listen to 4 tracks").click()
    shown.reload()
    shown.get_by_text("It is too short").wait_for()
    shown.get_by_role("button", name="Describe 3 tracks").click()
    shown.get_by_text(re.compile("4 tracks: 3 ready, 1 needs you")).wait_for()
    check(shown, seen, "tracks")

    shown.get_by_role("link", name="song 0").click()
    shown.get_by_label("Tempo").fill("much too fast")
    shown.get_by_role("button", name="Keep it").click()
    shown.locator(".field [role=alert], .error").first.wait_for()
    seen.errors.clear()  # the browser notes the refusal that was wanted
    shown.get_by_label("Tempo").fill("86")
    shown.get_by_role("button", name="Keep it").click()
    shown.get_by_text("set by hand").first.wait_for()
    check(shown, seen, "track")

    shown.goto(f"{told['address']}/tracks/sets")
    shown.get_by_text("3 tracks would go in").wait_for()
    shown.get_by_text("It is too short").wait_for()
    check(shown, seen, "plan")
    shown.get_by_role("button", name="Build it").click()
    shown.get_by_role("link", name="Train a twin").click()

    shown.get_by_label("Instrument").select_option("tiny")
    shown.get_by_label("Steps", exact=True).fill("2")
    shown.get_by_text("Everything else").click()
    shown.get_by_label("Change the recipe").fill("training.batch=1\ntraining.crop_seconds=2\ntraining.sample_every=0")
    check(shown, seen, "train")
    shown.get_by_role("button", name="Begin to train").click()
    shown.get_by_role("link", name="The run").click()
    shown.get_by_text("Step 2 of 2").wait_for()
    shown.get_by_role("img", name="How the loss goes").wait_for()
    check(shown, seen, "run")
    shown.goto(f"{told['address']}/producers")
    shown.get_by_text("Nobody knows yet what this twin learned").wait_for()
    check(shown, seen, "producer")
    hear_blind(shown)
    check(shown, seen, "blind")


def hear_blind(shown: Any) -> None:
    """Four pairs of the twin and the plain instrument, made, prepared, heard and answered to the end."""
    shown.get_by_role("link", name="Hear it blind").click()
    shown.get_by_label("Words to play").fill("lofi, 84 bpm")
    shown.get_by_label("How many pairs").fill("4")
    shown.get_by_label("Length of each, s").fill("3")
    shown.get_by_role("button", name="Make the pairs").click()
    question, again = shown.get_by_role("heading", name="Which one is X?"), shown.get_by_role("button", name="Begin another test")
    trials = 7  # four pairs, and one each that repeats, that is the same twice and that is spoiled
    for trial in range(1, trials + 1):
        question.wait_for()
        shown.get_by_text(f"{trial} of {trials}", exact=True).wait_for()
        for place, letter in enumerate("ABX"):
            shown.locator(".sides").get_by_role("button", name=f"Hear {letter}", exact=True).click()
            shown.locator(".sides button").nth(place).get_by_text("heard", exact=True).wait_for()
        shown.get_by_role("button", name="X is A").click()
    again.wait_for()


def test_a_pipeline_with_a_mistake_is_mended_and_played(page: tuple[Any, dict[str, Any], web_kit.Seen], axe: Path) -> None:
    shown, told, seen = page
    shown.goto(f"{told['address']}/pipelines/new")
    shown.get_by_text("Every field is right").wait_for()
    shown.get_by_label("Add a stage").select_option("refine")
    shown.get_by_text("Play it again, 50% anew").wait_for()
    shown.get_by_text("Every field", exact=True).last.click()
    shown.get_by_label(re.compile("^denoise")).fill("7")
    alert = shown.locator("[role=alert]").first
    alert.wait_for()
    assert "1" in alert.inner_text()
    assert shown.get_by_role("button", name="Play it").is_disabled()
    seen.errors.clear()  # the browser notes the refusal that was wanted
    shown.reload()
    shown.locator("[role=alert]").first.wait_for()
    check_errors = [one for one in seen.errors if "422" not in one]
    assert check_errors == [], "the mistake is kept over a reload"
    seen.errors.clear()
    shown.get_by_text("Every field", exact=True).last.click()
    shown.get_by_label(re.compile("^denoise")).fill("0.4")
    shown.get_by_text("Play it again, 40% anew").wait_for()
    shown.get_by_text("Every field is right").wait_for()
    shown.get_by_label("Keep it in the studio as").fill("My ladder")
    assert shown.get_by_role("button", name="Keep it", exact=True).is_disabled(), "that is no name"
    shown.get_by_label("Keep it in the studio as").fill("my-ladder")
    shown.get_by_role("button", name="Keep it", exact=True).click()
    shown.wait_for_url("**/pipelines/my-ladder")
    shown.get_by_text("Every field is right").wait_for()
    shown.get_by_label("What should sound").fill("lofi, 84 bpm")
    shown.get_by_label("Length, s").fill("2")
    shown.get_by_label("All stages by").select_option("tiny")
    check(shown, seen, "pipeline")
    shown.get_by_role("button", name="Play it").click()
    shown.locator(".job.succeeded").wait_for()
    assert shown.locator(".stage-states > li.done").count() == 2
    shown.get_by_text("Attempts and settings").click()
    shown.locator(".details .log").filter(has_text="done: refine").wait_for()
    check(shown, seen, "pipeline-played")
    shown.locator(".job a.button").filter(has_text="1 take").click()
    shown.wait_for_url("**/takes/*")
    take = shown.url.rsplit("/", 1)[-1]
    shown.goto(f"{told['address']}/pipelines?take={take}")
    shown.get_by_text("Play it again, 40% anew").wait_for()
    assert shown.locator("select", has=shown.locator("option[value='@generate']")).first.input_value() == "@generate"
    shown.goto(f"{told['address']}/pipelines/my-ladder")
    shown.get_by_role("button", name="Delete it").click()
    shown.get_by_role("button", name="Undo").click()
    shown.goto(f"{told['address']}/pipelines")
    shown.get_by_role("link", name=re.compile("my-ladder yours")).wait_for()


def test_a_job_is_stopped_and_tried_again(page: tuple[Any, dict[str, Any], web_kit.Seen], axe: Path) -> None:
    shown, told, seen = page
    shown.goto(f"{told['address']}/jobs")
    shown.get_by_role("heading", name="No job yet").wait_for()
    check(shown, seen, "no-jobs")
    long = {
        "kind": "generate",
        "prompt": {"caption": "lofi"},
        "seconds": 20,
        "play": {"variant": "nano", "steps": 100, "batch": 8},
    }
    body = json.dumps({"kind": "make", "plan": {"plan": long}})
    asked = {"method": "POST", "headers": {"content-type": "application/json"}, "body": body}
    for _ in range(2):
        shown.evaluate("how => fetch('/v1/jobs', how)", asked)
    shown.locator(".job.running").wait_for()
    shown.get_by_role("heading", name="Waits").wait_for()
    shown.get_by_role("button", name="Cancel").click()
    shown.get_by_role("button", name="Undo").wait_for()
    shown.reload()
    shown.locator(".job.running").wait_for()
    check(shown, seen, "jobs")
    shown.get_by_role("button", name="Stop and keep what is done").click()
    shown.get_by_role("heading", name="Runs now").wait_for(state="detached")
    shown.get_by_role("button", name="Try again").first.click()
    shown.locator(".job.running").wait_for()
    shown.get_by_role("button", name="Stop and keep what is done").click()
    shown.get_by_role("heading", name="Runs now").wait_for(state="detached")
    check(shown, seen, "jobs-stopped")
