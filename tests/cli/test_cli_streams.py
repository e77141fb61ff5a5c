"""`-`: words and sounds come in by standard input, one sound goes out by standard output, and nothing else is mixed with it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from cyclopts import Parameter

from cli_kit import TONE
from producertwin.audio import files
from producertwin.cli import streams
from producertwin.cli.main import app, run
from producertwin.cli.streams import FIELDS, STANDARD, Stream, spell_out, stand_in, stream_of, with_format
from producertwin.errors import BadInput
from producertwin.library import Take

Twin = Callable[..., Any]


class Typed(io.TextIOWrapper):
    """Standard input, from a pipe or a terminal."""

    def __init__(self, data: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts bytes on standard input."""

    def put(data: bytes | str, *, terminal: bool = False) -> None:
        monkeypatch.setattr(sys, "stdin", Typed(data.encode() if isinstance(data, str) else data, terminal=terminal))

    return put


@pytest.fixture
def piped(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, bytes, str]]:
    """Runs a command line whose standard output is bytes."""

    def call(*words: object) -> tuple[int, bytes, str]:
        capfdbinary.readouterr()
        code = run([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return call


def test_a_caption_and_lyrics_come_by_a_pipe(twin: Twin, pipe: Callable[..., None]) -> None:
    pipe("\ufefflofi, rainy, rhodes\r\n")
    assert (
        twin("make", "-", "--variant", "tiny", "--dry-run", "--json").data["stage"]["prompt"]["caption"] == "lofi, rainy, rhodes"
    )
    pipe("rain\n")  # one word, which as an argument would be the name of a file
    assert (
        twin("make", "lofi", "--lyrics", "-", "--variant", "tiny", "--dry-run", "--json").data["stage"]["prompt"]["lyrics"]
        == "rain"
    )


@pytest.mark.parametrize("form", [None, "wav", "mp3", "ogg", "flac"])
def test_a_take_goes_out_and_comes_in_again(
    piped: Callable[..., tuple[int, bytes, str]], pipe: Callable[..., None], take: Take, form: str | None, studio: Path
) -> None:
    words = ("--format", form) if form else ()
    code, out, err = piped("takes", "export", take.id, "-o", "-", *words)
    assert code == 0 and err.splitlines()[0] == "-"
    assert out[:4] in {None: [b"fLaC"], "flac": [b"fLaC"], "wav": [b"RIFF"], "ogg": [b"OggS"]}.get(form, [out[:4]])
    pipe(out)
    code, planned, err = piped("edit", "refine", "-", "--caption", "lofi", "--variant", "tiny", "--dry-run", "--json")
    assert code == 0 and json.loads(planned)["stage"]["kind"] == "refine"
    assert not (studio / streams.KEPT).exists()


@pytest.mark.thorough
def test_a_sound_that_was_piped_in_is_kept_so_that_its_takes_can_be_played_again(
    twin: Twin, pipe: Callable[..., None], tmp_path: Path, studio: Path
) -> None:
    sound = files.write(tmp_path / "other.wav", np.stack([TONE, TONE[::-1]])).read_bytes()
    for _ in range(2):
        pipe(sound)
        made = twin("edit", "refine", "-", "--caption", "lofi", "--variant", "tiny", "--steps", 2, "--seed", 4, "--json").data[
            "takes"
        ][0]
    (kept,) = (studio / streams.KEPT).iterdir()
    assert kept.read_bytes() == sound and made["stage"]["source"] == str(kept)
    assert twin("replay", made["id"], "--json").data["same_bytes"]


REFUSED = {
    "two readers": (("make", "-", "--lyrics", "-"), "caption and lyrics cannot all be read"),
    "empty": (("make", "-"), "standard input is empty"),
    "a terminal for a sound": (("edit", "refine", "-"), "a sound cannot be typed"),
    "json": (("make", "lofi", "-o", "-", "--json"), "-o - and --json both write"),
    "two takes": (("make", "lofi", "--batch", "2", "-o", "-"), "2 are asked for"),
    "a folder": (("dataset", "build", "-", "--producer", "Ada"), "takes no -"),
    "a page": (("takes", "page", "-o", "-"), "-o takes no -"),
    "an adapter": (("twins", "convert", "a", "-"), "takes no -"),
    "a number": (("make", "lofi", "--bpm", "-"), "--bpm takes a number, not '-'"),
    "one too many": (("make", "lofi", "-"), "no use for '-'"),
    "codes": (("takes", "export", "k3v", "-o", "-", "--codes"), "--codes writes a file beside OUT"),
    "format alone": (("make", "lofi", "--format", "wav"), "--format says how OUT is written"),
    "two formats": (("make", "lofi", "--format", "wav", "-o", "a.mp3"), "contradict each other"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_by_name(twin: Twin, pipe: Callable[..., None], name: str) -> None:
    words, told = REFUSED[name]
    pipe(b"", terminal=name == "a terminal for a sound")
    said = twin(*words)
    assert said.code in (2, 3)
    assert told in said.err and "\0" not in said.err
    assert said.out == "" or "--json" in words


def test_a_terminal_gets_no_sound(twin: Twin, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    said = twin("takes", "export", take.id, "-o", "-")
    assert (said.code, said.out) == (3, "")
    assert "standard output is a terminal" in said.err


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x80abc"], ids=["utf-16", "latin"])
def test_what_is_no_text_is_refused(twin: Twin, pipe: Callable[..., None], data: bytes) -> None:
    for words in (("make", "-"), ("make", "lofi", "--lyrics", "-")):
        pipe(data)
        assert "no UTF-8 text" in twin(*words).err


def test_an_endless_pipe_is_refused(twin: Twin, pipe: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LARGEST_CONFIG", 100)
    pipe("x" * 5000)
    assert "standard input holds more than 100 bytes" in twin("make", "-").err


def test_what_a_piped_sound_is_not_is_told_without_a_path_of_this_machine(twin: Twin, pipe: Callable[..., None]) -> None:
    pipe("no sound")
    said = twin("edit", "refine", "-", "--dry-run")
    assert said.code == 3 and "standard input" in said.err and "twin-" not in said.err


def test_every_command_whose_option_is_a_stream_takes_a_dash() -> None:
    found: dict[str, set[Stream]] = {}
    lines = ["make - -o -", "edit refine - -o -", "edit morph x --source-caption -", "pipeline run x - -o -", "replay -",
             "planner understand -", "planner create-sample -", "planner format -", "takes export k3v -o -",
             "make x --codes -", "edit cover x --codes -"]  # fmt: skip
    for line in lines:
        command, bound, _ = app.parse_args(stand_in(line.split()), exit_on_error=False, print_error=False)
        hints = __import__("typing").get_type_hints(command, include_extras=True)
        used = {stream_of(hints[name]) for name, value in bound.arguments.items() if str(value) == STANDARD}
        assert len(used) == line.split().count("-") and None not in used, line
    assert set(FIELDS.values()) == set(Stream) - {Stream.OUT} and not found


def test_formats_and_names() -> None:
    assert with_format(Path("song"), "wav") == Path("song.wav")
    assert with_format(Path("song.wav"), "wav") == Path("song.wav") and with_format(None, None) is None
    with pytest.raises(BadInput):
        with_format(Path("song.flac"), "ogg")
    assert stand_in(["a", "-", "--b", "-c"]) == ["a", STANDARD, "--b", "-c"]
    assert spell_out(f"{STANDARD} {STANDARD!r}") == "- '-'"
    assert stream_of(Annotated[str, Parameter(), Stream.TEXT]) is Stream.TEXT and stream_of(str) is None
