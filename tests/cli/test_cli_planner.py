"""`twin planner`, `twin make --think` and planners among `twin models`, from the command line."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli_kit import understand
from planner_kit import planner_folder, save_planner
from producertwin.cli import planner as cli_planner
from producertwin.cli.output import Console
from producertwin.model.planner.options import DEFAULT
from producertwin.model.planner.outline import Outline
from producertwin.settings import Settings

Twin = Callable[..., Any]


@pytest.fixture
def planner(studio: Path) -> Path:
    return save_planner(planner_folder(Settings(studio=studio)))


def test_models_lists_and_checks_planners(twin: Twin, planner: Path) -> None:
    listed = twin("models", "list", "--json").data["planners"]
    assert {one["name"]: one["present"] for one in listed} == {
        "acestep-5Hz-lm-0.6B": False,
        DEFAULT: True,
        "acestep-5Hz-lm-4B": False,
    }
    assert all(one["name"] in twin("models", "list").out for one in listed)
    checked = twin("models", "check", DEFAULT)
    assert checked.code == 0 and f"--planner {DEFAULT}" in checked.err
    (planner / "tokenizer.json").unlink()
    broken = twin("models", "check", DEFAULT)
    assert broken.code == 3 and "tokenizer.json is missing" in broken.err and f"twin models pull {DEFAULT}" in broken.err
    absent = twin("models", "check", "0.6B")
    assert absent.code == 7 and "twin models pull acestep-5Hz-lm-0.6B" in absent.err


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_planner_is_not_converted(twin: Twin, planner: Path, dry: tuple[str, ...]) -> None:
    for name in (DEFAULT, "0.6B"):
        done = twin("models", "convert", name, *dry)
        assert done.code == 3 and f"{name} is a planner, which is used as it was fetched" in done.err
    assert twin("models", "convert", "turbo", *dry).code == 7
    assert planner.is_dir()


def test_models_pull_says_what_it_would_fetch(twin: Twin) -> None:
    planned = twin("models", "pull", "acestep-5Hz-lm-4B", "--dry-run", "--json").data
    assert planned["sources"][0]["repo"] == "ACE-Step/acestep-5Hz-lm-4B" and planned["bytes"] > 7e9
    assert twin("models", "pull", "acestep-5Hz-lm-4B").code == 7  # offline


@pytest.mark.thorough
@pytest.mark.usefixtures("planner")
def test_a_song_in_words_is_the_same_for_a_seed(twin: Twin) -> None:
    lines = (("create-sample", "a rainy day", "--language", "ja"), ("format", "lofi", "--lyrics", "[verse] la", "--bpm", "99"))
    for words in lines:
        first, again = (twin("planner", *words, "--seed", 4, "--json") for _ in range(2))
        assert first.code == 0 and first.out == again.out
        other = twin("planner", *words, "--seed", 5, "--json").data["outline"]
        assert other["caption"] != first.data["outline"]["caption"]
        told = first.data["outline"]
        assert told["bpm"] and told["key"] and told["meter"] and told["seconds"] and first.data["seed"] == 4
    assert told["bpm"] == 99
    assert twin("planner", "create-sample", "x", "--language", "ja", "--seed", 4, "--json").data["outline"]["language"] == "ja"


@pytest.mark.usefixtures("planner")
def test_a_drawn_seed_is_told(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 7)  # some draws write until the planner has no more room
    said = twin("planner", "create-sample", "rain", "--json")
    assert f"seed {said.data['seed']}" in said.err
    told = twin("planner", "create-sample", "rain", "--seed", said.data["seed"], "--json")
    assert told.data["outline"] == said.data["outline"]


@pytest.mark.parametrize(
    "words", [("create-sample", "rain"), ("format", "lofi"), ("understand", "--codes", "song.codes.txt"), ("understand", "k3v")]
)
def test_without_a_planner_every_command_says_how_to_get_it(twin: Twin, words: tuple[str, ...]) -> None:
    Path("song.codes.txt").write_text("<|audio_code_7|>")
    said = twin("planner", *words)
    assert said.code == 7 and f"twin models pull {DEFAULT}" in said.err


def test_understanding_wants_one_piece_of_music(twin: Twin) -> None:
    assert twin("planner", "understand").code == 3
    Path("song.codes.txt").write_text("<|audio_code_7|>")
    assert twin("planner", "understand", "k3v", "--codes", "song.codes.txt").code == 3


@pytest.mark.usefixtures("planner")
def test_codes_of_nano_are_its_own(twin: Twin) -> None:
    said = twin("planner", "understand", "k3v", "--variant", "nano")
    assert said.code == 3 and "nano" in said.err and "turbo" in said.err
    made = twin("make", "lofi", "--think", "--duration", 2)
    assert made.code == 3 and "nano has no planner" in made.err


@pytest.mark.thorough
@pytest.mark.usefixtures("planner")
def test_make_thinks(twin: Twin) -> None:
    words = ("make", "lofi", "--variant", "tiny", "--steps", 2, "--duration", 1.5, "--seed", 3)
    plain = twin(*words, "--json").data["takes"][0]
    made = twin(*words, "--think", "--words-only", "--json")
    assert made.code == 0 and "the planner says" in made.err
    take = made.data["takes"][0]
    assert plain["caption"] == "lofi" != take["caption"] and take["metas"]["bpm"] and take["metas"]["key"]
    kept = twin(*words, "--think", "--words-only", "--keep-caption", "--planner", "1.7B", "--json").data["takes"][0]
    assert kept["caption"] == "lofi" and kept["metas"]["bpm"]
    for option in ("--lm-guidance", "--lm-top-p", "--lm-temperature"):
        assert twin(*words, "--think", option, -1).code == 3


@pytest.mark.thorough
@pytest.mark.usefixtures("planner")
def test_codes_go_from_make_to_understand(twin: Twin) -> None:
    made = twin("make", "lofi", "--variant", "tiny", "--steps", 2, "--duration", 1.5, "--seed", 3, "--think", "--json")
    assert made.code == 0
    take = made.data["takes"][0]["id"]
    assert twin("takes", "export", take, "-o", "song.flac", "--codes").code == 0
    [written] = Path().glob("*.codes.txt")
    heard = twin("planner", "understand", "--codes", written, "--seed", 3, "--json")
    assert heard.code == 0 and heard.data["outline"]["caption"]


@pytest.mark.parametrize("caption", ["--loud rain", "-x", 'says "so" and $HOME', "lofi, rainy"])
def test_the_next_command_takes_any_caption_as_one(twin: Twin, monkeypatch: pytest.MonkeyPatch, caption: str) -> None:
    song = SimpleNamespace(outline=Outline(caption=caption, bpm=84, key="A minor", meter=4, seconds=20, language="en"), seed=4)
    told: list[str] = []
    monkeypatch.setattr(Console, "next", lambda _, line: told.append(line))
    monkeypatch.setattr(Console, "result", lambda *_: None)
    cli_planner._show(song, Console(Settings(studio=Path("studio"))))
    words = shlex.split(told[0])
    assert words[:3] == ["twin", "make", f"--caption={caption}"]
    understand(told[0])
