"""`twin inspect` and `twin repair` at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from evaluation_kit import piece
from producertwin.audio import files
from producertwin.library import Take

Twin = Callable[..., Any]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Music with a click."""
    sound = piece(90, seconds=3.0, bright=0.7)
    sound[:, 70_000] += 0.5
    return files.write(tmp_path / "song.wav", sound)


@pytest.mark.thorough
def test_a_file_is_inspected_for_people_programs_and_browsers(twin: Twin, broken: Path, tmp_path: Path) -> None:
    said = twin("inspect", broken)
    assert (said.code, "click" in said.out, "0:01.458" in said.out) == (0, True, True)
    assert "twin repair" in said.err
    told = twin("inspect", broken, "--json", "-o", tmp_path / "report.html").data
    assert told["schema"] == "twin.inspection/1"
    (click,) = [one for one in told["report"]["defects"] if one["kind"] == "click"]
    assert click["start"] == pytest.approx(70_000 / 48_000, abs=0.002) and click["repairable"]
    page = (tmp_path / "report.html").read_text()
    assert "0:01.458" in page and page.count("data:image/png") == 1 and "<script" not in page
    assert twin("inspect", broken, "-o", tmp_path / "report.png").code == 0
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.thorough
def test_a_file_is_repaired_and_the_pair_is_kept(twin: Twin, broken: Path, studio: Path) -> None:
    proposed = twin("repair", broken, "--propose")
    assert "interpolate" in proposed.out and "twin edit repaint" in proposed.out
    assert not Path("song.repaired.flac").exists()
    said = twin("repair", broken, "--only", "click")
    assert said.code == 0, said.err
    old, new = files.read(broken), files.read("song.repaired.flac")
    same = (old == new).all(axis=0)
    assert not same[70_000] and same[:69_800].all() and same[71_000:].all()
    (pair,) = (studio / "repairs").iterdir()
    assert {path.name for path in pair.iterdir()} == {"before.flac", "after.flac", "repair.json"}
    assert json.loads((pair / "repair.json").read_text())["kind"] == "file"
    assert twin("repair", broken, "--only", "click").code == 3  # the file is there already


@pytest.mark.thorough
def test_references_of_another_length_and_stems_stand_beside(twin: Twin, broken: Path, tmp_path: Path) -> None:
    stems = tmp_path / "stems"
    stems.mkdir()
    files.write(stems / "bass.wav", piece(90, seconds=1.0))
    files.write(tmp_path / "other.wav", piece(80, seconds=2.0))
    told = twin("inspect", broken, "--reference", tmp_path / "other.wav", "--stems", stems, "--json").data
    assert [one["stem"] for one in told["stems"]] == ["bass"]
    assert {"loudness", "60 to 250 Hz"} <= {one["what"] for one in told["report"]["beside"]}


@pytest.mark.thorough
def test_a_take_is_inspected(twin: Twin, take: Take) -> None:
    told = twin("inspect", take.id, "--json").data
    assert told["take"] == take.id and told["report"]["score"] < 10


@pytest.mark.thorough
def test_the_best_of_several_is_copied_and_the_reasons_are_told(twin: Twin, studio: Path) -> None:
    small = ("--variant", "tiny", "--duration", "2", "--steps", "2", "--seed", "1")
    said = twin("make", "lofi", *small, "--best-of", "2", "-o", "best.flac")
    assert said.code == 0, said.err
    scores = [float(line.split(": ")[1].split(" of 10")[0]) for line in said.err.splitlines() if " of 10; " in line]
    assert len(scores) == 2 and scores == sorted(scores, reverse=True)
    assert [path.name for path in Path().glob("*.flac")] == ["best.flac"]
    assert len(twin("takes", "list", "--json").data["items"]) == 2
    for words in (("--batch", "3"), ("--picture",), ("--detach",)):
        assert twin("make", "lofi", *small, "--best-of", "2", *words).code == 3
    assert twin("make", "lofi", *small, "--best-of", "0").code == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nowhere.wav",), 4),
        (("k3v",), 4),
        (("-o", "report.txt", "tone.wav"), 3),
        (("tone.wav", "--key", "H minor"), 3),
        (("tone.wav", "--style", "no such style at all"), 4),
        (("tone.wav", "--stems", "nowhere"), 4),
        (("text.wav",), 3),
    ],
)
def test_what_cannot_be_inspected_is_refused(twin: Twin, words: tuple[str, ...], code: int) -> None:
    Path("text.wav").write_text("no sound")
    time = np.arange(24_000) / 48_000
    tone = (0.2 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)
    files.write("tone.wav", np.stack([tone, tone]))
    assert twin("inspect", *words).code == code


@pytest.mark.parametrize("frames", [1, 2, 100, 24_000])
def test_a_short_mono_tone_at_8_khz_can_be_repaired(twin: Twin, frames: int) -> None:
    tone = (0.3 * np.sin(2 * np.pi * 300 * np.arange(frames) / 8_000) + 0.1).astype(np.float32)
    soundfile.write("tone.wav", tone, 8_000)
    said = twin("repair", "tone.wav", "-o", "new.flac")
    assert said.code == 0, said.err
    told = twin("inspect", "tone.wav", "--json").data["report"]
    assert not {"coded_clipping", "shimmer"} & {one["kind"] for one in told["defects"]}


@pytest.mark.parametrize("words", [("--only", "boredom"), ("-o", "song.txt"), ("-o", "nowhere/song.flac")])
def test_what_cannot_be_repaired_is_refused(twin: Twin, words: tuple[str, ...]) -> None:
    time = np.arange(24_000) / 48_000
    tone = (0.2 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)
    files.write("tone.wav", np.stack([tone, tone]))
    assert twin("repair", "tone.wav", *words).code in (3, 4)


@pytest.mark.parametrize(
    ("more", "queue", "out"), [((), "cpu", "tone.repaired.flac"), (("--budget", "1", "-o", "new.flac"), "gpu", "new.flac")]
)
def test_a_repair_may_be_a_job_that_writes_where_it_was_asked_for(
    twin: Twin, more: tuple[str, ...], queue: str, out: str
) -> None:
    files.write("tone.wav", np.full((2, 24_000), 0.1, np.float32))
    assert twin("repair", "tone.wav", *more, "--detach").code == 0
    (job,) = twin("jobs", "list", "--json").data["items"]
    assert (job["kind"], job["queue"]) == ("repair", queue)
    assert job["plan"]["out"] == str(Path(out).absolute())
    assert twin("repair", "tone.wav", "--propose", "--detach").code == 3
