"""`next:` is a command that works as printed: whatever is filled in, and in the state that the command before left."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from tree import PACKAGE, syntax

Twin = Callable[..., Any]
TINY = ("--variant", "tiny", "--duration", "1", "--seed", "1")


def lines() -> Iterator[tuple[str, ast.expr]]:
    """Every text of the command line that begins with the program's name and may be filled in, with its place."""
    for path in sorted((PACKAGE / "cli").glob("*.py")):
        if path.name == "examples.py":
            continue
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.JoinedStr) and str(getattr(node.values[0], "value", "")).startswith("twin "):
                yield f"{path.name}:{node.lineno}", node


def is_quoted(value: ast.FormattedValue) -> bool:
    call = value.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "quote"


def test_whatever_is_filled_in_is_quoted_for_the_shell() -> None:
    found = list(lines())
    assert len(found) > 20
    bare = [
        place for place, node in found for value in node.values if isinstance(value, ast.FormattedValue) and not is_quoted(value)
    ]
    assert bare == []


def test_no_next_command_leaves_a_word_to_fill_in() -> None:
    texts = [
        node.value
        for path in (PACKAGE / "cli").glob("*.py")
        for call in ast.walk(syntax(path))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "next"
        for node in ast.walk(call)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(texts) > 30
    assert [text for text in texts if re.search(r"\b[A-Z]{3,}\b", text)] == []


def follow(twin: Twin, said: Any, *more: str) -> Any:
    """Run what a command said to run next."""
    [line] = [line.removeprefix("next: ") for line in said.err.splitlines() if line.startswith("next: ")]
    return twin(*shlex.split(line)[1:], *more)


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("takes", "list"), ("--dry-run",)),
        (("tracks", "list"), ()),
        (("dataset", "list"), ()),
        (("runs", "list"), ()),
        (("twins", "list"), ()),
        (("doctor",), ("--dry-run",)),
        (("models", "list"), ("--dry-run",)),
        (("models", "check", "tiny"), ("--dry-run",)),
        (("lab", "band", "styles"), ("--dry-run",)),
    ],
    ids=lambda words: " ".join(words),
)
def test_the_next_command_works_in_an_empty_studio(
    twin: Twin, words: tuple[str, ...], more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # the doctor would call it a trouble
    said = twin(*words)
    assert said.code == 0, said.err
    done = follow(twin, said, *more)
    assert done.code == 0, done.err


@pytest.mark.thorough
def test_the_next_command_works_after_a_take(twin: Twin) -> None:
    kept = twin("make", "lofi", *TINY)
    assert follow(twin, kept).code == 0
    assert Path("take.flac").exists()
    written = twin("make", "lofi", *TINY, "-o", "my $(song) 'x'.flac")
    assert follow(twin, written, *TINY[:2]).code == 0
    assert Path("refined.flac").exists()


def test_the_next_command_works_for_names_that_a_shell_would_change(twin: Twin) -> None:
    folder = Path("a 'b' $(c)")
    folder.mkdir()
    played = twin("lab", "band", "play", "house", "--duration", "2", "-o", folder / "x y.flac")
    assert played.code == 0, played.err
    assert follow(twin, played, "--dry-run").code == 0


@pytest.mark.thorough
def test_the_next_commands_lead_from_sounds_to_training(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    music = Path("my music")
    music.mkdir()
    for number in range(2):
        noise = 0.1 * np.random.default_rng(number).standard_normal((2, 48_000 * 31))
        files.write(music / f"song {number}.wav", noise.astype(np.float32))
    said = twin("tracks", "ingest", music, "--producer", "O'Neil & co", "--licence", "CC-BY-4.0", "--provider", "self")
    for command in ("tracks screen", "tracks caption", "tracks caption --review", "tracks caption edit"):
        assert f"next: twin {command}" in said.err, said.err
        said = follow(twin, said)
        assert said.code == 0, said.err
    said = follow(twin, twin("dataset", "split", "--producer", "O'Neil & co"), "--variant", "tiny")
    assert 'next: twin train "O\'Neil & co"' in said.err
    assert follow(twin, said, "--variant", "tiny", "--dry-run").code == 0
