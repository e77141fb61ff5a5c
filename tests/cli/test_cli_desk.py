"""`twin desk` and `twin mix` at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_kit import TONE
from mixing_kit import needs_engine
from producertwin.audio import files


@pytest.fixture(autouse=True)
def _measure_nothing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "engine" not in request.node.name:
        monkeypatch.setattr("producertwin.verbs.desk.is_installed", lambda: False)


def test_a_desk_is_begun_changed_compared_and_exported(twin: Callable[..., Any]) -> None:
    assert {one["name"] for one in twin("desk", "list", "--json").data["desks"]} >= {"trap", "lofi"}
    assert twin("desk", "new", "trap", "--stem", "Kick", "--stem", "808", "-o", "mine.toml").code == 0
    said = twin("desk", "edit", "mine.toml", "--set", "strips.kick.gain=-3", "--set", "strips.kick.transient=none")
    assert said.code == 0, said.err
    assert twin("desk", "edit", "mine.toml", "--set", "strips.stem808.high_pass={hz=40}", "-o", "other.toml").code == 0
    rows = twin("desk", "diff", "mine.toml", "other.toml", "--json").data["differences"]
    assert ("strips.stem808.high_pass.hz", "25.0", "40.0") in [(row["place"], row["one"], row["other"]) for row in rows]
    assert "they are the same" in twin("desk", "diff", "trap", "trap").out
    shown = twin("desk", "show", "mine.toml")
    assert "kick" in shown.out
    assert "engine is not installed" in shown.err
    exported = twin("desk", "export", "mine.toml", "-o", "mix.dsp", "--json")
    assert "kick_process" in Path("mix.dsp").read_text(encoding="utf-8")
    assert {"VST3", "CLAP", "web page"} <= exported.data["commands"].keys()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("edit", "trap", "--set", "strips.bass.gain=99"), 3, "outside -60 to 24"),
        (("edit", "trap", "--set", "strips.bass.gain"), 3, "sets nothing"),
        (("edit", "trap", "--set", "title.x=1"), 3, "no place in a desk"),
        (("edit", "trap", "--set", "strips.bass.colour=1"), 3, "colour"),
        (("edit", "trap"), 3, "nothing is to be changed"),
        (("show", "tarp"), 4, "did you mean trap"),
        (("new", "streaming_master"), 3, "no strip"),
        (("export", "trap", "-o", "nowhere/mix.dsp"), 4, "no folder"),
    ],
)
def test_what_a_desk_cannot_be_is_said(twin: Callable[..., Any], words: tuple[str, ...], code: int, said: str) -> None:
    answer = twin("desk", *words)
    assert answer.code == code
    assert said in answer.err


@needs_engine
def test_the_engine_measures_strips_and_mixes(twin: Callable[..., Any]) -> None:
    files.write("bass.flac", np.stack([TONE, TONE]))
    twin("desk", "new", "--stem", "bass", "-o", "one.toml")
    twin("desk", "edit", "one.toml", "--set", "strips.bass.high_pass={hz=400, slope=24}", "--set", "strips.bass.gain=-6")
    measures = twin("desk", "show", "one.toml", "--json").data["measures"]
    (measured,) = measures["strips"]
    assert 0 < measured["load"] < 1
    assert measures["times_realtime"] == pytest.approx(1 / (measured["load"] + measures["rest_load"]), rel=0.1)
    assert measured["response_db"][-1] == pytest.approx(-6, abs=0.1)
    assert measured["response_db"][4] == pytest.approx(-9, abs=0.2)
    done = twin("mix", "bass.flac", "--desk", "one.toml", "--target", "-18LUFS", "-o", "mix.flac")
    assert done.code == 0, done.err
    assert "-18.0 LUFS" in done.out
    assert Path("mix.dsp").is_file()
    refused = twin("mix", "bass.flac", "--desk", "one.toml", "-o", "mix.flac")
    assert refused.code == 3


def test_a_desk_is_set_by_stems_and_forgets_why_where_it_is_changed(twin: Callable[..., Any]) -> None:
    for name in ("bass", "drums"):
        files.write(f"{name}.flac", np.stack([TONE, TONE]))
    begun = twin(
        "desk", "new", "--from", "bass.flac", "--from", "drums.flac", "--prompt", "dark trap, wobbly bass", "-o", "auto.toml"
    )
    assert begun.code == 0, begun.err
    assert "wobbly" in begun.err
    assert "bass: gain" in twin("desk", "show", "auto.toml").out
    assert twin("desk", "edit", "auto.toml", "--set", "strips.bass.gain=-3").code == 0
    shown = twin("desk", "show", "auto.toml").out
    assert "bass: gain" not in shown
    assert "drums: gain" in shown
    again = twin("desk", "new", "trap", "--from", "bass.flac", "--json", "-o", "other.toml")
    assert again.data["desk"]["strips"]["bass"]["saturation"]["drive"] == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mix", "bass.flac", "--prompt", "dark", "--no-auto"), "automatic mixing is off"),
        (("mix", "bass.flac", "--like", "bass.flac", "--no-auto"), "automatic mixing is off"),
        (("mix", "bass.flac", "--no-auto", "--without", "1"), "nothing is mixed automatically"),
        (("mix", "bass.flac", "--desk", "trap", "--without", "1"), "nothing is mixed automatically"),
        (("mix", "bass.flac", "--without", "tuba: gain"), "no move is called 'tuba: gain'"),
        (("desk", "new", "trap", "--prompt", "dark"), "needs stems"),
        (("desk", "new", "--from", "bass.flac", "--stem", "bass"), "both given"),
    ],
)
def test_what_contradicts_automatic_mixing_is_refused(
    twin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("producertwin.mixing.engine.is_installed", lambda: True)
    files.write("bass.flac", np.stack([TONE, TONE]))
    answer = twin(*words)
    assert answer.code == 3, answer.err
    assert said in answer.err


@needs_engine
@pytest.mark.slow
def test_the_engine_mixes_automatically_and_the_take_keeps_why(twin: Callable[..., Any]) -> None:
    for name in ("bass", "drums"):
        files.write(f"{name}.flac", np.stack([TONE, TONE]))
    done = twin("mix", "bass.flac", "drums.flac", "--prompt", "punchy house", "--like", "bass.flac", "-o", "mix.flac", "--json")
    assert done.code == 0, done.err
    assert any(move.startswith("drums: gain") for move in done.data["desk"]["moves"])
    kept = twin("takes", "show", done.data["take"]["id"], "--json").data
    assert "drums: gain" in str(kept)
    assert "moves" in Path("mix.desk.toml").read_text(encoding="utf-8")
    plain = twin("mix", "bass.flac", "drums.flac", "--no-auto", "-o", "plain.flac", "--json")
    assert "moves" not in plain.data["desk"]


def test_a_dry_run_says_how_it_would_be_mixed_and_makes_nothing(twin: Callable[..., Any]) -> None:
    for name in ("bass", "drums"):
        files.write(f"{name}.flac", np.stack([TONE, TONE]))
    said = twin(
        "mix", "bass.flac", "drums.flac", "--prompt", "dark trap, wobbly", "--target", "-9LUFS", "--dry-run", "-o", "m.flac"
    )
    assert said.code == 0, said.err
    assert "drums: gain" in said.out
    assert "-9 LUFS" in said.out
    assert "wobbly" in said.err
    told = twin("mix", "bass.flac", "--desk", "trap", "--dry-run", "--json").data
    assert told["dry_run"] is True
    assert list(told["desk"]["strips"]) == ["bass"]
    assert not list(Path().glob("m.*"))
    assert twin("takes", "list", "--json").data["items"] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("mine.dsp", "--desk", "trap"), 3, "both asked for"),
        (("mine.dsp", "--prompt", "dark"), 3, "both asked for"),
        (("mine.dsp", "--like", "bass.flac"), 3, "both asked for"),
        (("mine.dsp", "--auto"), 3, "both asked for"),
        (("mine.dsp", "--dry-run"), 3, "own Faust has none"),
        (("evil.dsp",), 3, "line 2 of the Faust: ffunction"),
        (("bass.flac",), 3, "is no text"),
        (("nowhere.dsp",), 4, "no file nowhere.dsp"),
    ],
)
def test_own_faust_that_cannot_be_is_refused(twin: Callable[..., Any], words: tuple[str, ...], code: int, said: str) -> None:
    files.write("bass.flac", np.stack([TONE, TONE]))
    Path("mine.dsp").write_text("process = _, _;")
    Path("evil.dsp").write_text('a = 1;\nprocess = ffunction(int system(int), <stdlib.h>, "");')
    answer = twin("mix", "bass.flac", "--allow-raw-faust", *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err


@needs_engine
@pytest.mark.thorough
def test_own_faust_is_kept_with_the_take_and_run_again_by_leave_only(twin: Callable[..., Any]) -> None:
    files.write("bass.flac", np.stack([TONE, TONE]))
    source = "process = *(0.5), *(0.5); // mine"
    Path("mine.dsp").write_text(source)
    done = twin("mix", "bass.flac", "--allow-raw-faust", "mine.dsp", "--target", "-20LUFS", "-o", "mix.flac", "--json")
    assert done.code == 0, done.err
    take = done.data["take"]["id"]
    assert Path("mix.dsp").read_text() == source
    assert not Path("mix.desk.toml").exists()
    assert done.data["report"]["mix"]["loudness_lufs"] == pytest.approx(-20, abs=0.3)
    stage = twin("takes", "show", take, "--json").data["take"]["stage"]
    assert stage["faust"] == source
    assert len(stage["faust_hash"]) == 64
    for words in (("replay", take), ("pipeline", "from", take)):
        refused = twin(*words)
        assert refused.code == 3
        assert "--allow-raw-faust" in refused.err
    again = twin("replay", take, "--allow-raw-faust", "--json")
    assert again.data["same_bytes"] is True
    assert twin("stems", take, "-o", "handed").code == 0


def test_a_move_is_undone_by_its_number_or_its_sentence(twin: Callable[..., Any]) -> None:
    for name in ("bass", "drums"):
        files.write(f"{name}.flac", np.stack([TONE, TONE]))
    words = ("mix", "bass.flac", "drums.flac", "--prompt", "dark trap", "--dry-run")
    moves = twin(*words, "--json").data["desk"]["moves"]
    assert f" 1  {moves[0]}" in twin(*words).out
    less = twin(*words, "--without", "bass: gain", "--without", str(len(moves)), "--json").data["desk"]
    assert less["strips"]["bass"]["gain"] == 0.0
    assert [one for one, other in zip(less["moves"], moves, strict=True) if one != other] == [
        one for one in less["moves"] if "left out as asked" in one
    ]
    assert sum("left out as asked" in one for one in less["moves"]) == 2


@needs_engine
@pytest.mark.thorough
def test_the_report_says_what_was_left_out(twin: Callable[..., Any]) -> None:
    for name in ("bass", "drums"):
        files.write(f"{name}.flac", np.stack([TONE, TONE]))
    done = twin("mix", "bass.flac", "drums.flac", "--without", "drums: gain", "-o", "mix.flac", "--json")
    assert done.code == 0, done.err
    [said] = done.data["report"]["left_out"]
    assert said.startswith("drums: gain")
    assert said in Path("mix.report.json").read_text(encoding="utf-8")
    assert "drums: left out as asked: gain" in Path("mix.desk.toml").read_text(encoding="utf-8")
