"""How values are written in messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from producertwin.wording import hide_keys, hide_secrets, make_visible, plural, plural_are, write_number
from tree import MODULES, ROOT, SRC


@pytest.mark.parametrize(
    ("value", "text"),
    [(4294967296.0, "4294967296"), (2**64, "18446744073709551616"), (0.1234567, "0.1234567"), (-3.0, "-3"), (1e300, "1e+300"),
     (float("inf"), "inf"), (0.0, "0"), (1234567.5, "1234567.5")],
)  # fmt: skip
def test_a_number_keeps_its_digits(value: float, text: str) -> None:
    assert write_number(value) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mara Vale", "Mara Vale"),
        ("さくら é 🎹", "さくら é 🎹"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\rb\x00\x07\x7f\x9b", r"a\rb\x00\x07\x7f\x9b"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2066x\u2069\u200f", r"\u2066x\u2069\u200f"),
        ("one\u2028two", r"one\u2028two"),
        ("half \ud800", r"half \ud800"),
        ("two\nlines\tand tabs", "two\nlines\tand tabs"),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    assert make_visible(text) == shown


def test_line_ends_are_shown_where_asked() -> None:
    assert make_visible("a\nb", keep="") == r"a\nb"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://mara:hunter2@host:port/db",
        "postgresql:/mara:hunter2@host/db",
        "postgresql//mara:hunter2@host/db",
        "mara:hunter2@host/db",
        "postgresql://mara:p@hunter2@host/db",
        "postgresql://mara:hunter2/host",
        "host=here password=hunter2 dbname=twin",
        "postgresql://host/db?password=hunter2&sslmode=require",
        "nonsense://x:y:hunter2@z",
    ],
)
def test_a_password_is_left_out_of_a_url_in_any_state(url: str) -> None:
    assert "hunter2" not in hide_secrets(url)
    assert "***" in hide_secrets(url)


def test_a_url_without_a_password_stays() -> None:
    assert hide_secrets("postgresql://localhost/twin") == "postgresql://localhost/twin"


@pytest.mark.parametrize("name", ["HF_TOKEN", "OPENAI_API_KEY", "aws_secret", "TOKEN", "PGPASSWORD_SECRET"])
def test_a_key_of_the_environment_is_left_out_wherever_it_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "tulip/garden+42==")
    assert hide_keys("the server said {'x-echo': 'tulip/garden+42=='}") == "the server said {'x-echo': '***'}"


@pytest.mark.parametrize(("name", "value"), [("MONKEY", "tulip garden"), ("HF_TOKEN", "true"), ("SSH_KEY", "~/.ssh/identity")])
def test_other_words_of_the_environment_stay(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert hide_keys(f"about {value} again") == f"about {value} again"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-0123_xyz~", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic ***"),
        ("got hf_abcdefghijklmnopqrst", "got ***"),
        ("got sk-proj-abcdefghijklmnop-123", "got ***"),
        ("the bearer of news, a sky-high hf_track", "the bearer of news, a sky-high hf_track"),
    ],
)
def test_what_is_shaped_like_a_key_is_left_out(text: str, shown: str) -> None:
    assert hide_keys(text) == shown


def said_in_source() -> Iterator[tuple[str, str]]:
    """Every text that the program may say: strings of its modules that are no docstrings, and lines of the page."""
    for path in MODULES.values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
                yield path.name, node.value
    written = {*(ROOT / "web" / "src").rglob("*.ts*")} - {ROOT / "web" / "src" / "api" / "schema.ts"}  # that one is generated
    for path in sorted(written):
        yield from ((path.name, line) for line in path.read_text(encoding="utf-8").splitlines())


def test_a_percent_sign_stands_at_its_number() -> None:
    found = [(name, text) for name, text in said_in_source() if re.search(r"(?:\d|\}|^) %(?![\w(])", text)]
    assert found == []


def test_one_of_a_thing_is_one() -> None:
    assert [plural(many, "pair") for many in (0, 1, 2)] == ["0 pairs", "1 pair", "2 pairs"]
    assert [plural(many, "entry") for many in (1, 2)] == ["1 entry", "2 entries"]
    assert [plural_are(many, "track") for many in (1, 2)] == ["1 track is", "2 tracks are"]


COUNTED = "pairs|tracks|songs|files|stages|prompts|steps|trials|captions|rows|records|entries|stems|bars|decisions|verdicts"


def test_commands_print_counts_by_the_one_rule() -> None:
    files = sorted((SRC / "producertwin" / "cli").glob("*.py"))
    assert len(files) > 50
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(rf"(?<! of )\{{(?!plural)[^{{}}]+\}} ({COUNTED})\b", line)
    ]
    assert found == [], "write it with wording.plural: 1 pair, 2 pairs"
