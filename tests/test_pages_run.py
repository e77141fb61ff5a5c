"""What README and tutorial print is run as it is written, in an empty folder and studio; only trainings are cut short."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from producertwin.cli.main import run
from producertwin.dataset import store
from producertwin.library import open_library
from producertwin.library.runs import Runs
from producertwin.preferences import store as pair_sets
from producertwin.preferences.dpo.recipe import DpoRecipe
from producertwin.settings import Settings, from_environment
from producertwin.training.lora.recipe import LoraRecipe
from test_docs import commands
from tree import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"
WALKS = {
    "readme": (ROOT / "README.md",),
    "first take": (TUTORIAL / "01-first-take.md",),
    "first twin": (TUTORIAL / "02-first-dataset.md", TUTORIAL / "03-first-twin.md", TUTORIAL / "04-better-twin.md"),
}
"""Pages that are walked one after the other, by the name of the walk."""
ELSEWHERE = ("--tagger gemini", "models pull", "models check", "serve")
"""Parts of commands that need a network, a key or large weights, and so are only parsed (`test_docs`)."""
REFUSED = {'twin make "lofi" --bpm 900': 3}
"""Commands that a page shows for what they refuse, with their exit codes."""
STEPS = 4
"""Most steps of a training here."""
TEN = ("a2a", "b2b", "c2c", "d2d", "e2e", "f2f", "g2g", "h2h", "i2i", "j2j")
"""What a page calls ten takes of one line, in the order of their seeds; and two sets of candidates, before and after."""
SETS = ("k3v", "m7q")


def walk(pages: tuple[Path, ...]) -> Iterator[str]:
    """The commands of `pages` in their order; on every page those that make its material first."""
    for page in pages:
        yield from sorted(commands(page), key=lambda line: not line.startswith("twin lab band"))


def fill_in(line: str, settings: Settings) -> list[str]:
    """The words of a command, with the ids that a reader fills in for `RUN`, `k3v` and takes that were rated."""
    words = shlex.split(line, comments=True)[1:]
    if words[0] in ("rate", "prefer"):
        with open_library(settings) as library:
            made = dict(zip(TEN, reversed(library.takes.list()[: len(TEN)]), strict=True))
        return [made[word].id if word in made else word for word in words]
    if words[:2] == ["pairs", "compare"]:
        made_last = sorted(pair_sets.survey(settings.studio)[0], key=lambda one: one.changed)[-2:]
        named = dict(zip(SETS, (one.id for one in made_last), strict=True))
        return [named.get(word, word) for word in words]
    if "RUN" in words:
        latest = Runs(settings.studio, lambda: None).list()[0].id  # type: ignore[arg-type,return-value]
        words = [latest if word == "RUN" else word for word in words]
    if "k3v" in words:
        with open_library(settings) as library:
            match words:
                case ["takes", *_]:
                    key = library.takes.list()[0].id[:6]
                case ["trash", *_]:
                    key = library.takes.trash.survey()[0][0].names[0]
                case ["dataset", *_]:
                    key = store.list_datasets(settings.studio)[0].id
                case _:
                    key = library.tracks.list()[0].id[:6]
        words = [key if word == "k3v" else word for word in words]
    return words


def test_the_walks_have_commands() -> None:
    found = {name: list(walk(pages)) for name, pages in WALKS.items()}
    assert all(len(lines) > 5 for lines in found.values())
    assert any(line.startswith("twin prove") for line in found["readme"])
    left = [line for lines in found.values() for line in lines if any(part in line for part in ELSEWHERE)]
    assert 0 < len(left) < 6
    assert REFUSED.keys() <= {line for lines in found.values() for line in lines}
    placeholders = {word for lines in found.values() for line in lines for word in re.findall(r"\b[A-Z]{3,}\b", line)}
    assert placeholders <= {"RUN"}


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKS)
def test_what_a_page_prints_runs_as_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in {"STUDIO": tmp_path / "studio", "OFFLINE": 1, "DEVICE": "cpu"}.items():
        monkeypatch.setenv(f"TWIN_{key}", str(value))
    monkeypatch.setenv("EDITOR", "true")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    whole = LoraRecipe.steps
    monkeypatch.setattr(LoraRecipe, "steps", lambda recipe, frames: min(STEPS, whole(recipe, frames)))
    monkeypatch.setattr(DpoRecipe, "steps", property(lambda recipe: min(STEPS, recipe.training.steps)))
    for line in walk(WALKS[name]):
        if any(part in line for part in ELSEWHERE):
            continue
        code = run(fill_in(line, from_environment()))
        said = capsys.readouterr()
        assert code == REFUSED.get(line, 0), f"{line}\n{said.out}\n{said.err}"
