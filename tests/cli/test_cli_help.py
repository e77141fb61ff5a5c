"""Help pages, usage errors, and what starting costs."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from cyclopts import App
from rich.console import Console

from producertwin import __version__
from producertwin.cli.main import VERBS, app


def verbs(group: App, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every chain of command names under `group`."""
    for name in group:
        if not name.startswith("-"):
            yield (*above, name)
            yield from verbs(group[name], (*above, name))


def page(*words: str) -> str:
    text = io.StringIO()
    app.help_print([*words], console=Console(file=text, width=100))
    return text.getvalue()


def test_every_verb_has_a_page_with_its_options_explained() -> None:
    chains = list(verbs(app))
    assert {chain[0] for chain in chains} == VERBS.keys()
    assert len(chains) > 30
    for chain in chains:
        text = page(*chain)
        assert text.startswith(f"Usage: twin {' '.join(chain)}"), chain
        assert "--json" in text, chain
        if len(chain) > 1 or chain[0] in ("make", "doctor", "demo"):
            assert not [line for line in text.splitlines() if line.strip("│ *").split("  ")[-1].strip().startswith("--")], chain


def test_the_root_page_lists_every_verb() -> None:
    text = page()
    assert all(f"│ {name} " in text for name in VERBS)
    assert "Begin with: twin make" in text


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["mke"], "Did you mean 'make'?", "twin --help"),
        (["make", "x", "--bmp", "3"], "Did you mean --bpm?", "twin make --help"),
        (["make", "x", "y"], "'y'", "twin make --help"),
        (["make", "x", "--bpm", "fast"], '"fast"', "twin make --help"),
        (["make", "x", "--seconds", "3"], "--seconds", "twin make --help"),
        (["edit", "repain"], 'Did you mean "repaint"?', "twin edit --help"),
        (["edit", "repaint", "x"], "--start", "twin edit repaint --help"),
        (["edit", "extract"], "SOURCE", "twin edit extract --help"),
        (["band", "play", "lofi"], "--out", "twin band play --help"),
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


def test_the_program_ends_with_its_exit_code() -> None:
    with program("make", "lofi", "--bpm", "-3") as done:
        out, err = done.communicate(timeout=60)
    assert (done.returncode, out) == (3, "")
    assert err.startswith("error: tempo -3 bpm")


def test_a_reader_that_leaves_early_is_no_failure() -> None:
    with program("band", "styles") as done:
        done.stdout.close()
        err = done.stderr.read()
        assert done.wait(timeout=60) == 0
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
