"""What every option is checked for: paths that can be paths, whole numbers that are whole, lyrics as text or file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin.cli import doors, output
from producertwin.cli.main import run
from producertwin.errors import BadInput, NotFound

Twin = Callable[..., Any]
LONG = "n" * 260
SONG = "[verse] " + "rain on the window, " * 30

PATHS = [
    ("make", "lofi", "--out"),
    ("make", "lofi", "--reference"),
    ("edit", "refine", "song.flac", "-o"),
    ("edit", "cover", "song.flac", "--reference"),
    ("band", "play", "lofi", "--out"),
    ("band", "album", "--producer", "P", "-o"),
    ("demo", "-o"),
    ("ingest", "--producer", "P", "--folder"),
    ("dataset", "build", "--producer", "P", "--folder"),
    ("dataset", "import", "--format", "folder", "--"),
    ("takes", "export", "abc", "--out"),
    ("adapters", "install", "--producer", "P", "--"),
    ("models", "convert", "base", "--into"),
    ("listen", "page", "--out"),
    ("listen", "score", "--answers"),
    ("evaluate", "nano", "--page"),
]


@pytest.mark.parametrize("words", PATHS, ids=lambda words: " ".join(words[:2]) + " " + words[-1])
@pytest.mark.parametrize("value", ["", "  ", LONG, f"folder/{LONG}/a.flac", SONG, "two\nlines"])
def test_what_cannot_be_a_path_is_refused_at_the_door(twin: Twin, studio: Path, words: tuple[str, ...], value: str) -> None:
    done = twin(*words, value)
    assert done.code == 3, done.err
    assert "unexpected" not in done.err
    assert "  try: " in done.err
    assert list(Path().iterdir()) == []
    assert not studio.exists()


def test_an_empty_studio_is_not_the_folder_one_is_in() -> None:
    assert run(["--studio", "", "takes", "list"]) == 3
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("make", "lofi", "--adapter", LONG, "--duration", "1"),
        ("make", "lofi", "--variant", LONG, "--duration", "1"),
        ("adapters", "show", LONG),
        ("models", "convert", LONG),
        ("evaluate", LONG),
        ("listen", "prepare", LONG),
        ("compare", LONG),
    ],
    ids=lambda words: " ".join(words[:2])[:20],
)
def test_a_name_that_is_too_long_is_refused_in_words(twin: Twin, words: tuple[str, ...]) -> None:
    done = twin(*words)
    assert done.code in (3, 4), done.err
    assert "unexpected" not in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("make", "lofi", "--batch", "2.5"),
        ("make", "lofi", "--seed", "1.5"),
        ("make", "lofi", "--steps", "3.5"),
        ("make", "lofi", "--seed", "inf"),
        ("make", "lofi", "--seed", "1e999"),
        ("tracks", "rate", "abc", "4.7"),
        ("demo", "--takes", "1.2"),
        ("band", "album", "--producer", "P", "-o", "x", "--songs", "2.5"),
        ("split", "--seed", "0.5"),
        ("evaluate", "nano", "--prompts", "1.5"),
    ],
    ids=lambda words: " ".join(words[-2:]),
)
def test_a_fraction_is_no_whole_number(twin: Twin, words: tuple[str, ...]) -> None:
    done = twin(*words, *(("--dry-run",) if words[0] in ("make", "demo", "band") else ()))
    assert done.code == 3, done.err
    assert "takes a whole number" in done.err
    assert words[-1] in done.err


@pytest.mark.parametrize(("text", "near"), [("2.5", "2 or 3"), ("-1.5", "-2 or -1"), ("4294967296.5", "4294967296 or")])
def test_the_nearest_whole_numbers_are_named(text: str, near: str) -> None:
    with pytest.raises(BadInput) as caught:
        doors.check_whole(text, "--n")
    assert near in caught.value.remedy


@pytest.mark.parametrize("text", ["2", "-3", "2.0", "1e3", "two", ""])
def test_whole_numbers_and_words_pass(text: str) -> None:
    assert doors.check_whole(text, "--n") == text


@pytest.mark.parametrize(
    ("number", "limit"), [("4294967296", "4294967295"), ("-2", "0 to 4294967295"), ("99999999999999999999", "4294967295")]
)
def test_the_limit_of_a_seed_is_to_be_read(twin: Twin, number: str, limit: str) -> None:
    done = twin("make", "lofi", "--dry-run", f"--seed={number}")
    assert done.code == 3
    assert number in done.err
    assert limit in done.err


def test_minus_one_draws_a_seed(twin: Twin) -> None:
    done = twin("make", "lofi", "--dry-run", "--seed", "-1", "--json")
    assert done.data["stage"]["play"]["seed"] is None
    words = ("band", "play", "lofi", "-o", "a.flac", "--dry-run", "--seed", "-1", "--json")
    assert twin(*words).data["song"]["seed"] != twin(*words).data["song"]["seed"]
    assert twin("demo", "--dry-run", "--seed", "-1", "--json").data["stage"]["play"]["seed"] not in (None, -1)


@pytest.mark.parametrize(
    "text", [SONG, "[verse] la", "rain on the window", "la\nla", "さくらさくら", "[chorus]", "a/b or c/d, who knows", ""]
)
def test_lyrics_are_sung_as_they_are(text: str) -> None:
    assert doors.read_lyrics(text) == text


@pytest.mark.parametrize("text", ["nowhere.txt", "songs/one", "nowhere", "my song.txt", "~/my words.lrc"])
def test_a_lyrics_file_that_is_not_there_is_named(text: str) -> None:
    with pytest.raises(NotFound, match="no file at"):
        doors.read_lyrics(text)


def test_lyrics_come_from_a_file_of_any_name() -> None:
    for name in ("words.txt", "words", "my song.txt", "rain on the window"):
        Path(name).write_text("[verse]\nla", encoding="utf-8")
        assert doors.read_lyrics(name) == "[verse]\nla"
    with pytest.raises(BadInput, match="not a text file"):
        doors.read_lyrics(".")


@pytest.mark.parametrize(
    "words",
    [
        ("make", "lofi", "--adapter", "nowhere"),
        ("make", "lofi", "--reference", "nowhere.wav"),
        ("make", "lofi", "--variant", "nowhere"),
        ("make", "lofi", "--variant", "base"),
        ("make", "lofi", "--lyrics", "nowhere.txt"),
        ("make", "lofi, 84 bpm", "--bpm", "90"),
        ("edit", "cover", "nowhere.flac", "--caption", "lofi"),
        ("edit", "refine", "abcdefgh"),
    ],
    ids=lambda words: " ".join(words[-2:]),
)
def test_a_dry_run_refuses_what_the_run_refuses(twin: Twin, words: tuple[str, ...]) -> None:
    dry = twin(*words, "--dry-run")
    assert not any(Path().iterdir())
    real = twin(*words)
    assert (dry.code, dry.err) == (real.code, real.err)
    assert dry.code in (3, 4, 7)


@pytest.mark.parametrize("name", ["ma\x1b[31mra", "ma\u202era", "ma\x9bra"])
def test_hidden_characters_of_names_are_shown_on_terminals(twin: Twin, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = twin("make", "x", "--variant", name)
    assert name not in done.err
    assert name not in twin("make", name, "--dry-run", "--json").out
    wrote: list[str] = []
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(output.sys.stdout, "write", wrote.append, raising=False)
    output.print_data(f"a {name}")
    assert name not in "".join(wrote)
