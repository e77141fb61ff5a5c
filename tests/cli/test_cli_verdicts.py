"""`twin rate`, `twin prefer` and `twin verdicts`, as a shell would run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producertwin.cli.main import run
from producertwin.library import TakeDraft, open_library
from producertwin.settings import Settings


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    return tmp_path / "studio"


@pytest.fixture
def takes(studio: Path) -> tuple[str, str]:
    facts: dict[str, Any] = {"task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:0", "seconds": 1.0}
    with open_library(Settings(studio=studio)) as library:
        made = [library.takes.add(TakeDraft(**facts, caption="lofi", seed=n, audio=b"fLaC" + bytes([n]))).id for n in range(2)]
    return made[0], made[1]


def tell(studio: Path, capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Any:
    assert run(["--studio", str(studio), "--json", *map(str, words)]) == code
    out, talk = capsys.readouterr()
    said = json.loads(out) if code == 0 else out + talk
    return said["items"] if isinstance(said, dict) and "items" in said else said


def test_a_take_is_rated_preferred_and_that_is_taken_back(
    studio: Path, takes: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = takes
    rated = tell(studio, capsys, "rate", a, 4, "--tags", "too busy, great drums", "--remark", "slow")
    assert (rated["stars"], rated["judgement"]["tags"], rated["judgement"]["remark"]) == (4, ["too busy", "great drums"], "slow")
    preferred = tell(studio, capsys, "prefer", b[:8], a, "--judge", "Ada")
    assert (preferred["a"], preferred["b"], preferred["choice"]) == (b, a, "a")
    assert tell(studio, capsys, "prefer", a, b, "--tie")["choice"] == "tie"
    assert [one["id"] for one in tell(studio, capsys, "takes", "list", "--rating", 4)] == [a]
    assert len(tell(studio, capsys, "verdicts", "list", "--take", a)) == 3
    assert [one["id"] for one in tell(studio, capsys, "verdicts", "list", "--judge", "Ada")] == [preferred["id"]]
    assert tell(studio, capsys, "verdicts", "take-back", rated["id"][:7])["id"] == rated["id"]
    assert len(tell(studio, capsys, "verdicts", "list", "--only", "rating")) == 0
    every = tell(studio, capsys, "verdicts", "list", "--every")
    assert {one["id"] for one in every if one["withdrawn"]} == {rated["id"]} and len(every) == 4


def test_the_list_says_it_in_words(studio: Path, takes: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    a, b = takes
    tell(studio, capsys, "rate", a, 4, "--tags", "busy")
    tell(studio, capsys, "prefer", a, b)
    run(["--studio", str(studio), "verdicts", "list"])
    out, _ = capsys.readouterr()
    assert f"{a} 4 of 5" in out and f"{a} better than {b}" in out and "busy" in out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("rate", "A", "6"), 3, "stars"),
        (("rate", "zzzz", "3"), 4, "zzzz"),
        (("prefer", "A", "A"), 3, "itself"),
        (("verdicts", "take-back", "zzzz"), 4, "zzzz"),
        (("rate", "A", "3", "--judge", " "), 3, "judge"),
    ],
)
def test_what_is_no_verdict_is_refused(
    studio: Path, takes: tuple[str, str], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    assert told in tell(studio, capsys, *(takes[0] if word == "A" else word for word in words), code=code)
    with open_library(Settings(studio=studio)) as library:
        assert library.verdicts.list() == ()
