"""A twin is released in a browser: what it lacks is said, and it is made, checked, downloaded, damaged, deleted and restored."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import web_kit
from producertwin.library import open_library
from producertwin.pipeline.stages import Adapter, Generate, Play, Prompt
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.make import make
from producertwin.verbs.studio import Studio
from train_kit import train_twin
from web_kit import PATIENCE, look

pytestmark = pytest.mark.slow
PRODUCER = "Mara Vale"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A served studio with a twin that nobody proved, and a take of it."""
    settings = Settings(studio=tmp_path / "studio", offline=True, device="cpu")
    with open_library(settings) as library:
        train_twin(settings, library, PRODUCER)
        play = Play(variant="tiny", seed=5, adapters=(Adapter(folder=Path(PRODUCER)),))
        finish(make(Generate(prompt=Prompt(caption="warm house"), seconds=1, guide="none", play=play), Studio(settings, library)))
    with web_kit.serving(settings.studio) as told:
        yield told


def make_release(page: Any, seen: web_kit.Seen) -> Any:
    """From the card of the producer to the card of a release; without a licence, and with none that is one, nothing is made."""
    page.get_by_role("link", name="Release").click()
    page.get_by_role("heading", name=f"Releases of {PRODUCER}").wait_for()
    page.get_by_text("Nothing is released yet").wait_for()
    page.get_by_text("Nobody has proved that the twin learned").wait_for()
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("Say under which licence").wait_for()
    look(page, "release-new")
    page.get_by_label("Licence of the weights").fill("free as in beer")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("is not a licence that is understood").wait_for()
    seen.errors.clear()  # the browser notes the refusal that was wanted
    page.get_by_label("Licence of the weights").fill("CC-BY-NC-4.0")
    page.get_by_role("button", name="Make it").click()
    card = page.locator("article.release")
    card.get_by_text("The weights are under CC-BY-NC-4.0").wait_for()
    return card


def download(page: Any, card: Any, place: Path) -> None:
    """The archive holds every file as its checksums say; the card is read, and one file comes alone."""
    with page.expect_download() as waiting:
        card.get_by_role("link", name="Download", exact=True).click()
    waiting.value.save_as(place)
    archive = zipfile.ZipFile(place)
    [root] = {name.split("/")[0] for name in archive.namelist()}
    sums = dict(reversed(line.split("  ")) for line in archive.read(f"{root}/SHA256SUMS").decode().splitlines())
    assert "takes" in {name.split("/")[0] for name in sums}
    assert {name: hashlib.sha256(archive.read(f"{root}/{name}")).hexdigest() for name in sums} == sums
    card.get_by_text("Its model card").click()
    card.get_by_text(f"# {PRODUCER}: a twin for tiny").wait_for()
    with page.expect_download() as waiting:
        card.get_by_role("link", name="Download dossier.json").click()
    assert waiting.value.suggested_filename == "dossier.json"


def test_a_twin_is_released_checked_downloaded_and_found_damaged(
    context: Any, studio: dict[str, Any], tmp_path: Path, axe: Path
) -> None:
    del axe
    page, seen = web_kit.enter(context, studio, "/producers")
    page.set_default_timeout(PATIENCE)
    card = make_release(page, seen)
    card.get_by_text("not checked yet").wait_for()
    card.get_by_role("button", name="Play warm house").wait_for()
    card.get_by_role("button", name="Check it").click()
    card.get_by_text("sound, checked").wait_for()
    page.reload()
    card.get_by_text("sound, checked").wait_for()
    look(page, "release-sound")
    download(page, card, tmp_path / "release.zip")

    [dossier] = (Path(studio["token_file"]).parent / "releases").glob("*/dossier.json")
    (dossier.parent / "recipe.toml").write_text("# another recipe\n", encoding="utf-8")
    card.get_by_role("button", name="Check again").click()
    card.get_by_text("1 fault, checked").wait_for()
    card.get_by_text("recipe.toml: changed").wait_for()
    look(page, "release-damaged")
    card.get_by_role("button", name="Delete it").click()
    card.wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    card.wait_for()
    page.goto(f"{studio['address']}/jobs")
    page.get_by_role("link", name="The release").first.click()
    page.get_by_role("heading", name=f"Releases of {PRODUCER}").wait_for()
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_what_was_never_trained_cannot_be_released(context: Any, studio: dict[str, Any]) -> None:
    page, _ = web_kit.enter(context, studio, "/producers/Nobody/releases")
    page.get_by_role("heading", name="There is no such producer").wait_for()
    page.goto(f"{studio['address']}/producers/release/aaaaaaaaaaaa")
    page.get_by_role("heading", name="There is no such release").wait_for()
