"""`twin produce` on the command line: plans, what it says of words, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_a_dry_run_shows_the_plan_and_makes_nothing(twin: Callable[..., Any], tmp_path: Path) -> None:
    said = twin("produce", "lofi EP, 3 tracks, rainy, one with sax", "--dry-run")
    assert said.code == 0 and "saxophone" in said.out and "3 tracks" in said.out
    assert not list((tmp_path / "here").iterdir())
    data = twin("produce", "lofi EP, 3 tracks, rainy, one with sax", "--dry-run", "--json").data
    assert data["schema"] == "twin.album-plan/1" and len(data["plan"]["tracks"]) == 3


def test_one_is_one(twin: Callable[..., Any]) -> None:
    said = twin("produce", "a lofi single", "--candidates", "1", "--dry-run")
    assert ": 1 track, " in said.out and "; 1 candidate each, 1 repaired" in said.out


def test_words_that_are_not_understood_are_warnings(twin: Callable[..., Any]) -> None:
    said = twin("produce", "lofi single with zither, female vocals", "--dry-run")
    assert "not understood: zither" in said.err and "nano sings no words" in said.err


def test_a_plan_is_written_edited_and_given_back(twin: Callable[..., Any], tmp_path: Path) -> None:
    assert twin("produce", "techno single", "--write-plan", "plan.json").code == 0
    plan = json.loads((tmp_path / "here" / "plan.json").read_text(encoding="utf-8"))
    plan["tracks"][0]["title"] = "Mine"
    (tmp_path / "here" / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert "Mine" in twin("produce", "--plan", "plan.json", "--dry-run").out
    plan["tracks"][0]["sheet"]["chords"] = "H7"
    (tmp_path / "here" / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    said = twin("produce", "--plan", "plan.json", "--dry-run")
    assert said.code == 3 and "track 1" in said.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["", "--dry-run"], 3),
        (["xyzzy", "--dry-run"], 3),
        (["lofi EP"], 3),
        (["lofi EP", "-o", "album", "--budget", "soon"], 3),
        (["-o", "nowhere"], 4),
        (["show", "nowhere"], 4),
        (["choose", "nowhere", "1", "A"], 4),
        (["revise", "nowhere", "slower"], 4),
        (["country album", "--dry-run"], 3),
        (["learn"], 4),
        (["learn", "nowhere"], 4),
        (["learn", "--undo"], 4),
        (["learn", "nowhere", "--undo"], 3),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_remedy(twin: Callable[..., Any], words: list[str], code: int) -> None:
    said = twin("produce", *words)
    assert said.code == code and "try:" in said.err


def test_the_next_command_makes_the_album_that_was_shown(twin: Callable[..., Any]) -> None:
    said = twin("produce", "techno single", "--seed", "9", "--candidates", "2", "--dry-run")
    assert 'twin produce "techno single" --seed 9 --candidates 2 --budget' in said.out + said.err
    said = twin("produce", "techno single", "--llm", "gemini", "--dry-run")
    assert 'twin produce "techno single" --llm gemini --budget' in said.out + said.err
    assert twin("produce", "techno single", "--write-plan", "plan.json").code == 0
    said = twin("produce", "--plan", "plan.json", "--dry-run")
    assert "twin produce --plan plan.json --budget" in said.out + said.err


@pytest.mark.parametrize("words", [["-o", "album"], ["--plan", "plan.json", "--dry-run"]])
def test_options_that_would_be_ignored_are_refused(twin: Callable[..., Any], words: list[str]) -> None:
    assert twin("produce", "techno single", "--write-plan", "plan.json").code == 0
    said = twin("produce", *words, "--candidates", "5", "--variant", "tiny")
    assert said.code == 3 and "--candidates, --variant: only for a brief" in said.err


@pytest.mark.parametrize("option", ["--adapter", "--producer"])
def test_who_is_not_there_is_refused_before_anything_is_written(twin: Callable[..., Any], tmp_path: Path, option: str) -> None:
    said = twin("produce", "techno single", option, "nosuch", "-o", "album")
    assert said.code == 4 and "nosuch" in said.err and not (tmp_path / "here" / "album").exists()


@pytest.mark.parametrize("text", ["", "0", "-1", "abc", "$2", "2.5 tokens"])
def test_a_budget_that_cannot_be_kept_to_makes_nothing(twin: Callable[..., Any], tmp_path: Path, text: str) -> None:
    said = twin("produce", "techno single", "-o", "album", f"--budget={text}")
    assert said.code == 3 and "40 takes" in said.err and not (tmp_path / "here" / "album").exists()


def test_a_word_that_is_nearly_a_command_is_told(twin: Callable[..., Any]) -> None:
    assert "did you mean show" in twin("produce", "shwo").err
    said = twin("produce", "shwo", "rain")
    assert said.code == 2 and "Did you mean show" in said.err


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
def test_a_place_where_no_folder_can_be_made_is_refused_with_a_remedy(twin: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("/proc/album", str(tmp_path / "file" / "album"), str(tmp_path / "file")):
        said = twin("produce", "lofi single, 20 seconds", "--candidates", "1", "-o", place)
        assert said.code == 3 and "try:" in said.err and place in said.err


def test_an_album_of_a_model_is_not_planned_again(twin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    brief = "lofi single, 8 seconds"
    assert twin("produce", brief, "--llm", "openai", "--budget", "0.001s", "-o", "album").code == 8  # offline: by the rules
    said = twin("produce", brief, "--llm", "openai", "-o", "album")
    assert said.code == 8 and "no model plans it again" in said.err
    assert "album holds another album" in twin("produce", "techno single", "--llm", "openai", "-o", "album").err
    said = twin("produce", brief, "--budget", "1 USD", "-o", "other")
    assert said.code == 3 and "TWIN_QUESTION_PRICE" in said.err
    assert "gemini" in twin("produce", brief, "--llm", "evil", "--dry-run").err
