"""A contact sheet shows every take it is asked for, lets nothing in that people wrote, and stands alone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.errors import NotFound
from producertwin.library import Filter, TakeDraft, TakeMetas, open_library
from producertwin.progress import Message, finish
from producertwin.settings import Settings
from producertwin.verbs.studio import Studio, open_studio
from producertwin.verbs.takes_page import TakesPagePlan, page, plan_page

TONE = (0.3 * np.sin(np.arange(24_000) * 0.05)).astype(np.float32)
EVIL = '"><script>alert(1)</script> \u202egnp & \x1b[31m <img src=x onerror=alert(2)> \ud800'.replace("\ud800", "")


class Tags(HTMLParser):
    """Tags of a page, with what they load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(studio=tmp_path / "studio")
    sounds = [files.write(tmp_path / f"{gain}.flac", np.stack([TONE, TONE]) * gain) for gain in (1, 0.5)]
    facts = {"variant": "nano", "revision": "b2:0", "seconds": 0.5, "stage": {}}
    with open_library(settings) as library:
        root = library.takes.add(
            TakeDraft(
                audio=sounds[0],
                task="text2music",
                caption="lofi, rainy",
                seed=1,
                metas=TakeMetas(bpm=82, key="A minor"),
                meters={"loudness_lufs": -14.25, "bpm": 81.6},
                **facts,
            )
        )
        library.takes.add(TakeDraft(audio=sounds[1], task="cover", caption=EVIL, lyrics=f"[verse]\n{EVIL}", seed=2,
                                    parents=(root.id,), session=EVIL, **facts))  # fmt: skip
    with open_studio(settings) as opened:
        yield opened


def test_a_sheet_is_one_file_that_stands_alone(studio: Studio, tmp_path: Path) -> None:
    plan = TakesPagePlan(out=tmp_path / "sheet.html")
    assert plan_page(plan, studio).files == (plan.out,) and not plan.out.exists()
    done = finish(page(plan, studio))
    text = plan.out.read_text()
    tags = Tags(text).found
    child, root = studio.library.takes.list()
    assert done.takes == (child.id, root.id) and [path.name for path in tmp_path.glob("sheet*")] == ["sheet.html"]
    names = {tag for tag, _ in tags}
    assert "script" not in names and names >= {"svg", "img", "audio", "details"}
    loads = [value or "" for _, attributes in tags for name, value in attributes.items() if name in ("src", "href")]
    assert all(load.startswith(("data:audio/mpeg", "data:image/png", "#")) for load in loads)
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    policy = next(value["content"] for tag, value in tags if "http-equiv" in value)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
    assert "\u202e" not in text and "\x1b" not in text and r"\u202egnp" in text
    words = html.unescape(re.sub("<[^>]+>", " ", text))
    for fact in ("lofi, rainy", "82 bpm, A minor", "82 bpm", "-14.2 LUFS", "no defect", "alert(1)", root.id, child.id):
        assert fact in words
    assert {f"#{root.id}", f"#{child.id}"} <= set(loads)


def test_a_sheet_in_a_folder_has_its_sounds_beside_it(studio: Studio, tmp_path: Path) -> None:
    plan = TakesPagePlan(filter=Filter(limit=1), out=tmp_path / "sheet")
    done = finish(page(plan, studio))
    (take,) = studio.library.takes.list(Filter(limit=1))
    assert done.files == (plan.out / "index.html", plan.out / "sounds" / f"{take.id}.flac")
    assert done.files[1].read_bytes() == studio.library.takes.content(take).read_bytes()
    text = done.files[0].read_text()
    assert f'src="sounds/{take.id}.flac"' in text and "media-src 'self' file:" in text
    assert f'href="#{take.parents[0]}"' not in text and take.parents[0] in text


def test_a_take_whose_sound_is_gone_is_said_and_the_others_are_shown(studio: Studio, tmp_path: Path) -> None:
    take = studio.library.takes.list()[0]
    studio.library.takes.content(take).unlink()
    told: list[object] = []
    done = finish(page(TakesPagePlan(out=tmp_path / "a.html"), studio), told.append)
    assert done.missing == (take.id,) and len(done.takes) == 2
    assert any(isinstance(one, Message) and take.id in one.text for one in told)
    assert "missing from the studio" in (tmp_path / "a.html").read_text()


def test_a_sheet_of_nothing_is_refused(studio: Studio, tmp_path: Path) -> None:
    for act in (lambda plan: finish(page(plan, studio)), lambda plan: plan_page(plan, studio)):
        with pytest.raises(NotFound, match="no take is to be shown"):
            act(TakesPagePlan(filter=Filter(text="polka"), out=tmp_path / "a.html"))
    assert not (tmp_path / "a.html").exists()
