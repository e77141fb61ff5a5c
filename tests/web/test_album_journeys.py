"""An album in a browser: a brief and songs to be like, its plan as cards, candidates, the story, and changes by talking."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import web_kit
from producertwin.agent.budget import Cost
from producertwin.agent.decisions import Decision, Ledger
from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.library import TakeDraft, open_library
from producertwin.library.studio import now
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
    page.wait_for_url("**/albums/*")
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
    page.get_by_role("heading", name="Waiting for you: track 2").wait_for()
    page.get_by_role("link", name="All albums").click()
    page.locator(".album-card").wait_for()
    look(page, "albums-list")
    page.goto(f"{studio['address']}/jobs")
    page.get_by_role("link", name="The album").first.click()
    page.get_by_role("heading", name="How it came about").wait_for()
    assert (seen.errors, seen.elsewhere) == ([], [])


def song_of(style: str) -> Samples:
    """Twenty seconds by the band."""
    return render(compose(style, seed=3, seconds=20.0)).mix


@pytest.fixture
def studio_with_takes(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A served studio with a take of the band, and one that is silent, with a worker."""
    facts = {"task": "text2music", "stage": {"kind": "generate"}, "variant": "nano", "revision": "b2:00", "seed": 1}
    with open_library(Settings(studio=tmp_path / "studio", offline=True, device="cpu")) as library:
        for caption, sound in (("a house take", song_of("house")), ("a silent take", np.zeros((2, 480_000), np.float32))):
            content = files.write(tmp_path / "take.flac", sound).read_bytes()
            library.takes.add(TakeDraft(audio=content, caption=caption, seconds=sound.shape[1] / 48_000, **facts))
    with web_kit.serving(tmp_path / "studio") as told:
        yield told | {"studio": tmp_path / "studio"}


def bring_songs(page: Any, seen: web_kit.Seen, folder: Path) -> None:
    """Files and takes are read with what is not believed; what is wrong is told at its song, which is left out."""
    trio = files.write(folder / "trio.flac", song_of("jazz-trio")).read_bytes()
    silent = files.write(folder / "silent.flac", np.zeros((2, 480_000), np.float32)).read_bytes()
    kinds = {
        "trio.flac": trio,
        "silent.flac": silent,
        "empty.wav": b"",
        "damaged.flac": trio[: len(trio) // 2],
        "notes.txt": b"x",
    }
    page.get_by_label("Choose files of songs to be like").set_input_files(
        [{"name": name, "mimeType": "", "buffer": content} for name, content in kinds.items()]
    )
    page.get_by_text("1 file is no sound, and left out.").wait_for()
    page.get_by_role("button", name="Songs are read first…").wait_for()
    for name, words in (("silent.flac", "is silent"), ("empty.wav", "is empty"), ("damaged.flac", "data is damaged")):
        page.get_by_role("article", name=name).get_by_text(words).wait_for()
    page.get_by_role("list", name="What was read of trio.flac").get_by_text("sounds most like Jazz Trio").wait_for()
    page.get_by_text("Say what to make of them").wait_for()
    for caption in ("a house take", "a silent take"):
        here = page.get_by_label("A song that is here")
        here.select_option(value=here.locator("option", has_text=caption).get_attribute("value"))
        page.get_by_role("button", name="Add", exact=True).press("Enter")
    page.get_by_role("list", name="What was read of a house take").get_by_text("sounds most like House").wait_for()
    page.get_by_role("article", name="a silent take").get_by_text("is silent").wait_for()
    look(page, "albums-like")
    page.get_by_role("article", name="silent.flac").get_by_role("button", name="Read it again").wait_for()
    for name in ("silent.flac", "empty.wav", "damaged.flac", "a silent take"):
        page.get_by_role("button", name=f"Leave {name} out").press("Enter")
    page.locator(".song.wrong").first.wait_for(state="detached")
    seen.errors.clear()  # the browser notes the refusals that were wanted
    page.reload()
    page.get_by_role("list", name="What was read of a house take").wait_for()


def change_key(page: Any, seen: web_kit.Seen) -> None:
    """Chords go with the key of a card, and back; they stay where the mode is another or the key is none, and that is told."""
    card = page.locator(".cards .card").nth(0)
    card.get_by_text("Change track 1").click()
    key, chords, told = card.get_by_label("Key"), card.get_by_label("Chords"), card.locator(".key-told")
    tonic, mode = key.input_value().split()
    seen_chords = {chords.input_value()}
    for other in [one for one in "EGB" if one != tonic][:2]:
        key.fill(f"{other} {mode}")
        key.press("Tab")
        told.get_by_text(f"to {other} {mode}").wait_for()
        seen_chords.add(chords.input_value())
    moved = chords.input_value()
    assert len(seen_chords) == 3, "they go along each time"
    key.fill("H")
    key.press("Tab")
    told.get_by_text("is not a key").wait_for()
    card.get_by_role("alert").wait_for()
    look(page, "albums-key")
    seen.errors.clear()
    key.fill(f"D {'minor' if mode == 'major' else 'major'}")
    key.press("Tab")
    told.get_by_text("is another mode").wait_for()
    assert chords.input_value() == moved
    key.fill(f"C {mode}")
    key.press("Tab")
    card.get_by_role("button", name="Leave chords and notes as they were").click()
    told.get_by_text("are as they were").wait_for()
    assert chords.input_value() == moved and key.input_value() == f"C {mode}"


def test_an_album_is_made_like_songs_and_its_story_is_told(
    context: Any, studio_with_takes: dict[str, Any], tmp_path: Path, axe: Path
) -> None:
    del axe
    page, seen = web_kit.enter(context, studio_with_takes, "/albums")
    page.set_default_timeout(2 * PATIENCE)
    bring_songs(page, seen, tmp_path)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Candidates per track").fill("2")
    page.get_by_label("Make an album").fill("EP, 2 tracks, 8 seconds each")
    page.get_by_role("button", name="Plan it").press("Enter")
    cards = page.locator(".cards .card")
    cards.nth(0).get_by_text("Like trio.flac").wait_for()
    cards.nth(1).get_by_role("link", name="a house take").wait_for()
    change_key(page, seen)
    page.get_by_role("button", name="Leave track 2 out").press("Enter")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("heading", name="Waiting for you: track 1").wait_for()
    page.get_by_text("Held against trio.flac").wait_for()
    assert "likeness 0." in page.locator(".candidate .why").nth(0).inner_text()
    page.get_by_label("Take B").check()
    page.get_by_role("button", name="Go on with this").click()
    page.get_by_text("1 of 1 track finished").wait_for()
    page.get_by_text("finished", exact=True).wait_for()

    folder = studio_with_takes["studio"] / "albums" / page.url.rpartition("/")[2]
    told = "B has the most points. It has no defect that A has not."
    words = Decision(step=0, at=now(), kind="explain", track=1, decision="why B, in the words of NAME", told=told,
                     evidence=("1 question",), cost=Cost(seconds=2.0, tokens=321, money=0.01))  # fmt: skip
    Ledger(folder, writes=True).add(words)
    page.reload()
    row = page.locator(".decision", has_text="in the words of NAME")
    row.get_by_text("In the words of a language model, which may be wrong").wait_for()
    assert told in row.inner_text() and "321 tokens, 0.0100" in row.inner_text() and "1 question" in row.inner_text()
    page.locator(".decision", has_text="trio.flac: sounds most like Jazz Trio").wait_for()
    look(page, "albums-story")
    page.get_by_label("Change it by talking").fill("track 1 slower")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Change it", exact=True).click()
    page.get_by_text("0 of 1 track finished").wait_for()
    assert page.locator(".take-row").count() == 0, "the file of the plan before does not count"
    assert (seen.errors, seen.elsewhere) == ([], [])
