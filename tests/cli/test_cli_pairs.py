"""`twin pairs` and `twin improve`, as a shell would run them: rows in, searched, counted and out again; what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producertwin.cli.main import run


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    place = tmp_path / "studio"
    place.mkdir()
    return place


def tell(studio: Path, capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Any:
    assert run(["--studio", str(studio), "--json", *map(str, words)]) == code
    out, talk = capsys.readouterr()
    said = json.loads(out) if code == 0 else out + talk
    return said["items"] if isinstance(said, dict) and "items" in said else said


def test_rows_are_imported_searched_counted_and_exported(
    studio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "alpaca.jsonl"
    rows = [{"prompt": f"lofi hip hop, rhodes {n}", "chosen": f"a{n}.wav", "rejected": f"b{n}.wav"} for n in range(3)]
    given.write_text("\n".join(map(json.dumps, rows)))
    done = tell(studio, capsys, "pairs", "import", given, "--format", "audio-alpaca", "--licence", "CC-BY-4.0")
    assert done["new"] == 3
    [listed] = tell(studio, capsys, "pairs", "list")
    assert (listed["set"], listed["made"], listed["pairs"]) == (done["set"], "import", 3)
    found = tell(studio, capsys, "pairs", "search", done["set"][:6], "--text", "rhodes 1")["pairs"]
    assert [one["chosen"]["file"] for one in found] == ["a1.wav"] and found[0]["licence"] == "CC-BY-4.0"
    counted = tell(studio, capsys, "pairs", "coverage")["rows"]
    assert sum(one["prompts"] for one in counted if one["facet"] == "style") == 3
    out = tmp_path / "rows.jsonl"
    assert tell(studio, capsys, "pairs", "export", "-o", out, "--format", "audio-alpaca", "--dry-run")["rows"] is None
    assert not out.exists()
    assert tell(studio, capsys, "pairs", "export", "-o", out, "--format", "audio-alpaca")["rows"] == 3
    assert [json.loads(line) for line in out.read_text().splitlines()] == rows
    assert "rhodes" in (run(["--studio", str(studio), "pairs", "search"]) or capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("pairs", "search"), 4, "no pairs"),
        (("pairs", "collect"), 3, "make no pair"),
        (("pairs", "compare", "zzzz", "zzzz"), 4, "zzzz"),
        (("pairs", "make", "--scorer", "loudness"), 4, "loudness"),
        (("pairs", "make", "--part", "3/2"), 3, "part"),
        (("pairs", "import", "nowhere.jsonl"), 4, "nowhere.jsonl"),
        (("improve", "Mara Vale"), 4, "no pairs"),
        (("improve", "Mara Vale", "--by", "dpo"), 4, "no pairs"),
        (("improve", "Mara Vale", "--keep", "5"), 3, "keep"),
        (("improve", "Mara Vale", "--anchor", "1"), 3, "anchor"),
    ],
)
def test_what_cannot_be_done_is_refused(
    studio: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    assert told in tell(studio, capsys, *words, code=code)
    assert not (studio / "pairs").exists() and not (studio / "runs").exists()
