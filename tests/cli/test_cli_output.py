"""Data on stdout, talk on stderr, one exit code per kind of failure."""

from __future__ import annotations

import errno
import io
import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from producertwin import errors
from producertwin.cli import bar, output
from producertwin.cli.output import Console, envelope, run_to_exit_code
from producertwin.cli.text import duration, quote, shorten, size, table
from producertwin.errors import BadInput, Interrupted, PartialFailure, TwinError, Unavailable
from producertwin.progress import Progress, Steps
from producertwin.recipe import Record
from producertwin.settings import Settings
from producertwin.wording import make_visible


def talk(**fields: Any) -> Console:
    return Console(Settings(studio=Path("studio")), **fields)


def raising(error: BaseException) -> Any:
    def work() -> None:
        raise error

    return work


TREE = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TwinError)]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_has_its_exit_code_and_is_told(kind: type[TwinError], capsys: pytest.CaptureFixture[str]) -> None:
    extra = {"AudioRejected": ("reason",)}.get(kind.__name__, ())
    last = ({"song 2": BadInput("too short")},) if kind is PartialFailure else ()
    error = kind(*extra, "it broke", *last, remedy="mend it")
    assert run_to_exit_code(raising(error), talk(json=True)) == kind.exit_code
    heard = capsys.readouterr()
    assert heard.err.startswith("error: it broke\n")
    assert "  try: mend it\n" in heard.err
    told = json.loads(heard.out)
    assert (told["schema"], told["error"], told["exit"]) == ("twin.error/1", kind.__name__, kind.exit_code)
    assert ("song 2: too short" in heard.err) == ("failures" in told) == (kind is PartialFailure)


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (MemoryError(), 6, "memory"),
        (OSError(errno.ENOSPC, "No space left on device", "a.flac"), 6, "a.flac"),
        (PermissionError(errno.EACCES, "Permission denied", "/etc/x"), 3, "/etc/x"),
        (ZeroDivisionError("division by zero"), 1, "unexpected ZeroDivisionError"),
    ],
)
def test_other_failures_find_their_place(error: BaseException, code: int, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_to_exit_code(raising(error), talk()) == code
    heard = capsys.readouterr()
    assert word in heard.err
    assert "try:" in heard.err
    assert "Traceback" not in heard.err
    assert heard.out == ""


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("json", [False, True])
def test_a_key_that_a_server_sends_back_is_never_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verbose: bool, json: bool
) -> None:
    monkeypatch.setenv("HF_TOKEN", "tulip-garden-42")
    for error in (ZeroDivisionError("got tulip-garden-42"), Unavailable("401: tulip-garden-42", remedy="say tulip-garden-42")):
        run_to_exit_code(raising(error), talk(verbose=verbose, json=json))
    shown = "".join(capsys.readouterr())
    assert "***" in shown and "tulip" not in shown


def test_verbose_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    run_to_exit_code(raising(ZeroDivisionError("oops")), talk(verbose=True))
    assert "Traceback" in capsys.readouterr().err


def test_a_closed_pipe_is_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "pipe").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert run_to_exit_code(raising(BrokenPipeError()), talk()) == 0


def test_work_may_decide_on_its_exit_code() -> None:
    assert run_to_exit_code(lambda: 5, talk()) == 5
    assert run_to_exit_code(lambda: "text", talk()) == 0


class Song(Record):
    path: Path
    loudness: float | None = None


@dataclass
class Note:
    pitch: int


def test_an_envelope_is_plain_json() -> None:
    data = {"song": Song(path=Path("a/ä.flac")), "note": Note(60), "n": np.float32(0.5), "flag": np.bool_(True),
            "bad": float("-inf"), "none": float("nan"), "many": (1, {"x": Path("y")}), "🎹": "ジャズ"}  # fmt: skip
    told = json.loads(envelope("thing", data))
    assert told.pop("schema") == "twin.thing/1"
    assert told == {"song": {"path": "a/ä.flac", "loudness": None}, "note": {"pitch": 60}, "n": 0.5, "flag": True,
                    "bad": None, "none": None, "many": [1, {"x": "y"}], "🎹": "ジャズ"}  # fmt: skip
    assert json.loads(envelope("list", [1, 2])) == {"schema": "twin.list/1", "items": [1, 2]}


EVERY_SIGN = st.characters(exclude_categories=())
"""All of Unicode, controls and halves of a character among it."""


def joined(text: str) -> str:
    """`text` with two halves of a character that stand together as the character: JSON cannot tell them apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@given(
    text=st.text(EVERY_SIGN),
    key=st.text(EVERY_SIGN),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "shift_jis"]),
)
@example(text="\x7f\x00\x80\x85\x9f\u2028\u2029", key="\x7f", encoding="utf-8")
@example(text="gpj.\u202eexe \ud800 \\x7f \\u007f \t\r\n", key="\udcff", encoding="ascii")
@example(text="\ud83c\udfb9 🎹", key='"', encoding="cp1252")
def test_every_text_of_an_envelope_is_read_back_as_it_was(text: str, key: str, encoding: str) -> None:
    written = envelope("thing", {"list": [text], "in": {key: text}}, encoding)
    told = json.loads(written.encode(encoding).decode(encoding))
    assert told == {"schema": "twin.thing/1", "list": [joined(text)], "in": {joined(key): joined(text)}}
    assert make_visible(written, keep="\n") == written


def test_an_error_under_json_is_read_back_and_holds_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_TOKEN", 'quoted"and\\slashed')

    def fail() -> None:
        raise BadInput('no \x7f, \x1b or quoted"and\\slashed', remedy='not quoted"and\\slashed')

    assert run_to_exit_code(fail, talk(json=True)) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["message"], told["remedy"]) == ("no \x7f, \x1b or ***", "not ***")


def test_a_result_is_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    talk().result("thing", {"a": 1}, lambda: "one")
    talk(json=True).result("thing", {"a": 1}, lambda: pytest.fail("text is not made under --json"))
    talk().result("thing", {"a": 1})
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert first == "one"
    assert json.loads(rest) == {"schema": "twin.thing/1", "a": 1}


def test_a_stream_that_knows_few_letters_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    talk().say("♪ 1")
    talk().result("x", {}, "♪ 2")
    assert raw.getvalue() == b"\\u266a 1\n\\u266a 2\n"


def steps(count: int) -> Steps[str]:
    for done in range(count):
        yield Progress("denoise", done, count, "note", 65.0)
    return "done"


def test_progress_is_rare_without_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert talk().follow(steps(50)) == "done"
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(bar, "PLAIN_LINE_EVERY", 0.0)
    assert talk().follow(steps(4)) == "done"
    heard = capsys.readouterr()
    assert heard.err.splitlines()[1] == "denoise 25% · note · 1 min 05 s left"
    assert heard.out == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "colour", "drawn", "coloured"),
    [
        ({}, True, True, True),
        ({"NO_COLOR": "1"}, True, True, False),
        ({}, False, True, False),
        ({"TERM": "dumb"}, True, False, False),
    ],
)
def test_colour_and_bars_are_for_terminals(
    environ: dict[str, str], colour: bool, drawn: bool, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    voice = talk(colour=colour)
    assert voice.follow(steps(3)) == "done"
    assert ("━" in screen.getvalue()) == drawn
    screen.truncate(0)
    voice.warn("[red]mind the gap[/red]")
    assert "[red]mind the gap[/red]" in screen.getvalue()
    assert ("\x1b[33m" in screen.getvalue()) == coloured


def test_following_closes_the_work_when_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    def work() -> Steps[None]:
        try:
            yield Progress("x", 0, 1)
        finally:
            closed.append(True)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.Bar, "show", stop)
    with pytest.raises(KeyboardInterrupt):
        talk().follow(work())
    assert closed == [True]


def test_figures_for_people() -> None:
    assert [duration(x) for x in (0.4, 59.4, 65, 3600, 7810)] == ["0 s", "59 s", "1 min 05 s", "1 h 00 min", "2 h 10 min"]
    assert [size(x) for x in (0, 999, 1500, 4.2e6, 6.9e9, 2e15)] == ["0 B", "999 B", "1.5 kB", "4.2 MB", "6.9 GB", "2000.0 TB"]
    assert shorten("a  b\nc") == "a b c"
    assert shorten("x" * 60, 10) == "x" * 9 + "…"
    assert table([("a", 1), ("bbb", 22)], ("n", "v")) == "n    v\na    1\nbbb  22"
    assert table([]) == ""


def test_an_interruption_told_by_the_pipeline_keeps_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_to_exit_code(raising(Interrupted("stopped after 1 of 3 takes", remedy="twin takes list")), talk()) == 130
    assert "after 1 of 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    "word",
    [
        "k3v",
        "Mara Vale",
        "O'Neil & co",
        'the "best"',
        "$(rm -rf)",
        "`id`",
        "a\\b",
        "wow!",
        "two\nlines",
        "",
        "~",
        "*.wav",
        "-x",
        "ü",
    ],
)
def test_a_quoted_word_is_one_word_to_a_shell(word: str) -> None:
    assert shlex.split(quote(word)) == [word]
    heard = subprocess.run(["bash", "-c", f"printf %s {quote(word)}"], capture_output=True, text=True, check=True)
    assert heard.stdout == word
    assert quote("Mara Vale") == '"Mara Vale"'
