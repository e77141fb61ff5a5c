"""Help pages, usage errors, and what starting costs."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import reduce

import pytest
from cyclopts import App
from rich.console import Console

from cli_kit import understand
from producertwin import __version__
from producertwin.cli.examples import EXAMPLES, ROAD
from producertwin.cli.former_names import FORMER, current_words
from producertwin.cli.main import PANELS, VERBS, app


def chains(group: App = app, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every chain of command names under `group`."""
    for name in group:
        if not name.startswith("-"):
            yield (*above, name)
            yield from chains(group[name], (*above, name))


def find(chain: tuple[str, ...]) -> App:
    return reduce(lambda group, name: group[name], chain, app)


def page(*words: str) -> str:
    text = io.StringIO()
    app.help_print([*words], console=Console(file=text, width=100))
    return text.getvalue()


LEAVES = [" ".join(chain) for chain in chains() if find(chain).default_command]


@pytest.mark.thorough
def test_every_verb_has_a_page_with_its_options_explained() -> None:
    assert {chain[0] for chain in chains()} == set(VERBS)
    assert len(LEAVES) > 60
    for chain in chains():
        text = page(*chain)
        assert text.startswith(f"Usage: twin {' '.join(chain)}"), chain
        assert "--json" in text, chain
        if " ".join(chain) in LEAVES:
            assert not [line for line in text.splitlines() if line.strip("│ *").split("  ")[-1].strip().startswith("--")], chain


@pytest.mark.thorough
def test_the_root_page_has_a_panel_for_what_people_do_and_ends_with_the_road() -> None:
    lines = page().splitlines()
    panels = {name: [line for line in lines if line.startswith(f"╭─ {name} ─")] for name in PANELS}
    assert {len(found) for found in panels.values()} == {1}
    for name, verbs in PANELS.items():
        inside = lines[lines.index(panels[name][0]) + 1 :]
        inside = inside[: next(i for i, line in enumerate(inside) if line.startswith("╰"))]
        assert [line.split()[1] for line in inside if line[2] != " "] == list(verbs)
    assert len(VERBS) == len(set(VERBS)) == len([line for line in lines if line.startswith("│ ") and line[2].islower()])
    assert [line.split()[1] for line in lines[-4:]] == ["dataset", "train", "prove", "make"]


def test_every_command_has_two_or_three_examples_that_are_its_own() -> None:
    assert list(EXAMPLES) == LEAVES
    assert {name: len(lines) for name, lines in EXAMPLES.items() if not 2 <= len(lines) <= 3} == {}
    assert [line for name, lines in EXAMPLES.items() for line in lines if f"{line} ".startswith(f"{name} ") is False] == []


@pytest.mark.parametrize("line", [*ROAD, *(f"twin {line}" for lines in EXAMPLES.values() for line in lines)])
def test_an_example_is_understood(line: str) -> None:
    understand(line)


@pytest.mark.parametrize("name", [*LEAVES, "takes", "lab", "lab measure", "edit"])
def test_help_ends_with_the_examples(name: str) -> None:
    last = page(*name.split()).rstrip().splitlines()[-1].strip()
    assert last.startswith(f"twin {name} ") or last == f"twin {name}"


# --- what commands were called before


@pytest.mark.parametrize(("old", "new"), FORMER.items())
def test_a_former_name_is_the_same_command(twin: Callable[..., object], old: str, new: str) -> None:
    assert twin(*old.split(), "--help").out == twin(*new.split(), "--help").out
    assert twin(*old.split(), "--help").out.startswith(f"Usage: twin {new} ")


@pytest.mark.thorough
def test_a_former_name_is_in_no_help() -> None:
    pages = {chain: page(*chain) for chain in [(), *chains()]}
    assert len(pages) > 80
    for old in FORMER:
        *above, name = old.split()
        assert f"│ {name} " not in pages[tuple(above) if above != ["evaluate"] else ()]
        assert [chain for chain, text in pages.items() if re.search(rf"twin {old}\b", text)] == []


@pytest.mark.parametrize(
    ("line", "present"),
    [
        ("evaluate nano --prompts 3", "lab measure nano --prompts 3"),
        ("evaluate Mara", "prove Mara"),
        ("--studio evaluate --json evaluate band", "--studio evaluate --json lab measure band"),
        ("--studio=x -v caption edit k3v", "--studio=x -v tracks caption edit k3v"),
        ("make band", "make band"),
        ("prove nano", "prove nano"),
        ("takes show encode", "takes show encode"),
        ("dataset tracks", "tracks list"),
        ("dataset styles", "dataset styles"),
        ("help", "--help"),
        ("help evaluate nano", "lab measure nano --help"),
        ("--json help takes list", "--json takes list --help"),
        ("takes help", "takes help"),
        ("", ""),
        ("--json", "--json"),
        ("--studio", "--studio"),
    ],
)
def test_only_the_command_itself_is_renamed(line: str, present: str) -> None:
    assert current_words(line.split()) == present.split()


@pytest.mark.thorough
def test_former_names_run(twin: Callable[..., object]) -> None:
    assert twin("band", "styles").out == twin("lab", "band", "styles").out
    assert twin("dataset", "tracks").code == twin("tracks", "list").code == 0
    assert twin("adapters", "list", "--json").data == twin("twins", "list", "--json").data
    assert twin("evaluate", "nobody").err == twin("prove", "nobody").err
    for old in ("compare", "evaluate"):
        assert twin(old).err.endswith(f"try: twin {FORMER[old]} --help\n")


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["mke"], "Did you mean make?", "twin --help"),
        (["make", "x", "--bmp", "3"], "Did you mean --bpm?", "twin make --help"),
        (["make", "x", "y"], "'y'", "twin make --help"),
        (["make", "x", "--bpm", "fast"], "'fast'", "twin make --help"),
        (["make", "x", "--seconds", "3"], "--seconds", "twin make --help"),
        (["edit", "repain"], "Did you mean repaint?", "twin edit --help"),
        (["edit", "repaint"], "SOURCE", "twin edit repaint --help"),
        (["edit", "extract"], "SOURCE", "twin edit extract --help"),
        (["lab", "band", "play", "lofi"], "--out", "twin lab band play --help"),
    ],
)
def test_a_line_that_is_not_understood_is_exit_2_with_a_hint(
    twin: Callable[..., object], words: list[str], said: str, hint: str
) -> None:
    done = twin(*words, "--json")
    assert done.code == 2
    assert said.lower() in done.err.lower()
    assert f"try: {hint}" in done.err
    assert done.data["exit"] == 2


def test_the_version_is_said(twin: Callable[..., object]) -> None:
    done = twin("--version")
    assert (done.code, done.out.strip()) == (0, __version__)


def test_without_words_the_help_is_shown(twin: Callable[..., object]) -> None:
    assert twin().out.startswith("Usage: twin")


def program(*words: str, **options: object) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", "from producertwin.cli.main import main; main()", *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options)


@pytest.mark.thorough
def test_the_program_ends_with_its_exit_code() -> None:
    with program("make", "lofi", "--bpm", "-3") as done:
        out, err = done.communicate(timeout=60)
    assert (done.returncode, out) == (3, "")
    assert err.startswith("error: tempo -3 bpm")


@pytest.mark.thorough
def test_a_reader_that_leaves_early_is_no_failure() -> None:
    with program("band", "styles") as done:
        done.stdout.close()
        err = done.stderr.read()
        assert done.wait(timeout=60) == 0
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
