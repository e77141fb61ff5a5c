"""`twin listen`, as a shell would run it."""

from __future__ import annotations

import io
import json
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.listening import store
from producertwin.listening.players import KNOWN, Player, find
from producertwin.listening.trials import BlindTest

Twin = Callable[..., Any]
SMALL = ("--trials", 2, "--repeats", 1, "--identical", 1, "--obvious", 1, "--seconds", 1, "--lufs", -23)


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished evaluation."""
    tmp_path = tmp_path_factory.mktemp("evaluated")
    for side, name in enumerate(("twin", "base", "real")):
        place = tmp_path / "proof" / name
        place.mkdir(parents=True)
        for number in range(3):
            rng = np.random.default_rng(10 * side + number)
            files.write(place / f"{number}.wav", 0.1 * rng.standard_normal((2, 60_000)).astype(np.float32))
        facts = [{"file": f"{n}.wav", "id": f"p{n}", "style": "lofi", "bpm": 80, "title": f"Piece {n}"} for n in range(3)]
        (place / "pieces.json").write_text(json.dumps(facts))
    return tmp_path / "proof"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio to which the first test that needs one gives its prepared test."""
    return tmp_path_factory.mktemp("kept") / "studio"


@pytest.fixture
def made(twin: Twin, proof: Path, studio: Path, kept: Path) -> BlindTest:
    if not kept.exists():
        kept.mkdir()
        done = twin("--studio", kept, "listen", "prepare", proof, *SMALL)
        assert done.code == 0, done.err
    shutil.copytree(kept, studio)
    return store.find(None, studio)


@pytest.fixture
def hear(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `twin listen run` with lines typed at it."""

    def call(typed: str, *words: object) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return twin("listen", "run", "--player", "none", *words)

    return call


def right(test: BlindTest) -> list[str]:
    return [trial.right or trial.twin for trial in test.trials]


@pytest.mark.thorough
def test_a_plan_is_told_and_nothing_is_written(twin: Twin, proof: Path, studio: Path) -> None:
    done = twin("listen", "prepare", proof, "--question", "real", *SMALL, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert len(done.data["pairs"]) == 2
    assert {(row["truth"], row["power"]): row["to_pass"] for row in done.data["power"]}[0.5, 0.8] == 618
    assert not (studio / "listening").exists()


def test_a_plan_of_a_bundle_that_is_none_is_refused(twin: Twin) -> None:
    assert twin("listen", "prepare", "--bundles", "tiny", "nosuch", "--dry-run").code == 3
    assert twin("listen", "prepare", "--bundles", "tiny", "nano", "--dry-run").code == 0
    assert "both sides" in twin("listen", "prepare", "--bundles", "tiny", "tiny", "--dry-run").err


def test_a_plan_says_how_many_answers_are_needed(twin: Twin, proof: Path) -> None:
    said = twin("listen", "prepare", proof, *SMALL[2:], "--trials", 1, "--dry-run").out
    assert "618" in said
    assert "1 pair, heard by 1: answers 1" in said


def test_preparing_from_two_folders(twin: Twin, proof: Path, studio: Path) -> None:
    done = twin("listen", "prepare", proof / "twin", proof / "real", "--question", "real", *SMALL)
    assert done.code == 0, done.err
    test = store.find(None, studio)
    assert test.id in done.out
    assert f"next: twin listen run {test.id}" in done.err
    assert all("/real/" in item.other for item in test.items)


def test_takes_of_the_library_are_sounds_too(twin: Twin, proof: Path, studio: Path) -> None:
    from producertwin.library import TakeDraft, TakeMetas, open_library
    from producertwin.settings import Settings

    keys: dict[str, list[str]] = {"nano": [], "other": []}
    with open_library(Settings(studio=studio)) as library:
        for place, variant in enumerate(keys):
            for seed in range(2):
                rng = np.random.default_rng(10 * place + seed)
                draft = TakeDraft(
                    audio=files.encode(0.1 * rng.standard_normal((2, 60_000)).astype(np.float32), "flac"),
                    variant=variant, revision="b2:0", seconds=1.25, task="text2music", stage={}, caption="lofi", seed=seed,
                    metas=TakeMetas(bpm=80),
                )  # fmt: skip
                keys[variant].append(library.takes.add(draft).id)
    done = twin("listen", "prepare", ",".join(keys["nano"]), ",".join(keys["other"]), *SMALL, "--json")
    assert done.code == 0, done.err
    assert done.data["pairs"] == 2


def test_a_test_is_heard_and_gone_on_with(hear: Callable[..., Any], made: BlindTest, studio: Path) -> None:
    first, *rest = right(made)
    done = hear(f"{first}\nhm\npx\nq\n", made.id[:4], "--listener", "Ann", "--json")
    assert (done.code, done.data["answered"], done.data["left"]) == (0, 1, 4)
    assert "trial 1 of 5" in done.err
    assert "'hm' is no answer" in done.err
    assert done.err.count(made.trials[1].files["x"]) == 2
    assert f"twin listen run {made.id} --listener Ann" in done.err
    again = hear("\n".join(rest), "--listener", "Ann")
    assert again.out == "5 of 5 trials answered\n"
    assert "trial 1 of 5" not in again.err
    assert "trial 2 of 5" in again.err
    assert store.answers_of(made, studio).read_text().count("\n") == 5
    assert hear("", "--listener", "Ann").out == "5 of 5 trials answered\n"
    assert hear("", "--listener", "Bob").out == "0 of 5 trials answered\n"


def test_nothing_that_is_said_tells_what_is_what(hear: Callable[..., Any], made: BlindTest) -> None:
    said = hear("\n".join("a" * 5)).err.replace("twin listen", "").replace(str(Path.cwd().parent), "")
    for word in ("twin", "base", "right", "obvious", "identical", "Piece"):
        assert word not in said


def test_a_score_counts_the_studio_s_answers_and_those_of_others(twin: Twin, hear: Callable[..., Any], made: BlindTest) -> None:
    hear("\n".join(right(made)), "--listener", "Ann")
    bob = Path("bob.jsonl")
    bob.write_text("".join(_line(made, "Bob", trial.id, side) for trial, side in zip(made.trials, right(made), strict=True)))
    done = twin("listen", "score", made.id, "--answers", bob, "--json")
    assert done.code == 0, done.err
    assert done.data["right"]["count"] == done.data["right"]["of"] == 4
    assert [one["name"] for one in done.data["listeners"]] == ["Ann", "Bob"]
    assert done.data["verdicts"]
    text = twin("listen", "score")
    assert "Ann" in text.out
    assert "warning: one listener" in text.err


def test_a_cut_line_is_warned_of_and_a_foreign_one_refused(twin: Twin, made: BlindTest) -> None:
    path = Path("ann.jsonl")
    lines = [_line(made, "Ann", trial.id, "a") for trial in made.trials]
    path.write_text("".join(lines) + lines[0][:30])
    done = twin("listen", "score", "--answers", path)
    assert done.code == 0
    assert "cut short" in done.err
    path.write_text(lines[0].replace(made.id, "a" * 12))
    refused = twin("listen", "score", "--answers", path)
    assert refused.code == 3
    assert "try:" in refused.err


def test_a_page_is_written_without_the_key(twin: Twin, made: BlindTest) -> None:
    planned = twin("listen", "page", "-o", "out", "--dry-run", "--json").data["files"]
    assert not Path("out").exists()
    done = twin("listen", "page", made.id, "-o", "out", "--json")
    assert done.data["files"] == planned
    assert sorted(planned) == sorted(str(path) for path in Path("out").rglob("*") if path.is_file())
    assert twin("listen", "page", "-o", "out").code == 3
    assert twin("listen", "page", "-o", "one.html").code == 0
    assert Path("one.html").stat().st_size > 15 * 90_000


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("run",), 4),
        (("score", "aaaa"), 4),
        (("page", "../x", "-o", "y"), 3),
        (("page",), 2),
        (("prepare", "nowhere"), 4),
        (("prepare", "/nowhere/a", "/nowhere/b"), 4),
        (("prepare", "x", "--question", "taste"), 2),
        (("prepare", "x", "--trials", "0"), 3),
    ],
)
def test_mistakes_have_their_exit_code_and_a_remedy(twin: Twin, words: tuple[str, ...], expected: int) -> None:
    done = twin("listen", *words)
    assert (done.code, done.out) == (expected, "")
    assert "try: " in done.err


def test_mistakes_at_a_test(twin: Twin, made: BlindTest, proof: Path) -> None:
    assert twin("listen", "run", "--listener", "<b>").code == 3
    assert twin("listen", "run", "--player", "no-such-player").code == 3
    assert twin("listen", "score").code == 3
    assert twin("listen", "score", "--answers", "none.jsonl").code == 4
    few = twin("listen", "prepare", proof, *SMALL[2:], "--trials", 9)
    assert few.code == 3
    assert "3 pairs match" in few.err


# --- players


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_each_sound_goes_to_the_player(
    twin: Twin, made: BlindTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studio: Path
) -> None:
    player = program(tmp_path, "player", f'echo "$@" >> {tmp_path}/played')
    monkeypatch.setattr(sys, "stdin", io.StringIO("pb\na\nq\n"))
    done = twin("listen", "run", "--player", f"{player} --quiet")
    assert done.code == 0, done.err
    order = zip([made.trials[0]] * 4 + [made.trials[1]] * 3, "abxbabx", strict=True)
    sounds = [store.sound_of(made, trial, letter, studio) for trial, letter in order]
    assert (tmp_path / "played").read_text().splitlines() == [f"--quiet {path}" for path in sounds]
    assert str(sounds[0]) not in done.err


def test_a_player_that_fails_is_told_and_the_path_with_it(
    twin: Twin, made: BlindTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\nq\n"))
    done = twin("listen", "run", "--player", program(tmp_path, "player", "exit 3"))
    assert done.out == "1 of 5 trials answered\n"
    assert "could not play" in done.err
    assert made.trials[0].files["x"] in done.err


def test_a_player_of_wav_gets_wav(made: BlindTest, studio: Path, tmp_path: Path) -> None:
    player = program(tmp_path, "player", f'head -c 4 "$1" > {tmp_path}/head')
    Player((str(player),), wav=True).play(store.sound_of(made, made.trials[0], "a", studio), tmp_path)
    assert (tmp_path / "head").read_bytes() == b"RIFF"


def test_the_first_player_that_is_there_is_used() -> None:
    assert find(None, lambda _: None) is None
    assert find(None, lambda name: name if name in ("aplay", "xdg-open") else None) == KNOWN[3]
    assert find("none") is None
    assert find("aplay -D hw", lambda name: name) == Player(("aplay", "-D", "hw"), wav=True)
    assert not find("xdg-open", lambda name: name).waits  # type: ignore[union-attr]


def _line(test: BlindTest, listener: str, trial: str, side: str) -> str:
    facts = {"test": test.id, "listener": listener, "trial": trial, "answer": side, "seconds": 4, "at": "2026-01-02T03:04:05Z"}
    return json.dumps(facts) + "\n"
