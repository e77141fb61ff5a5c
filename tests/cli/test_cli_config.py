"""`twin config`: what is said once, where it is kept, what wins over it, and what happens where nothing says a licence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.dataset import ingest, screen
from producertwin.settings import NAMES, Settings, from_environment, variable_of

Twin = Callable[..., Any]
VALUES = {
    "database": "sqlite:////tmp/elsewhere.sqlite",
    "device": "cpu",
    "offline": "yes",
    "memory": "12",
    "producer": 'Måra "M" Vale',
    "licence": "cc by 4.0",
    "provider": "self",
    "question_price": "0.3",
    "answer_price": "2.5",
}

NUMBERS = {name: float(VALUES[name]) for name in ("memory", "question_price", "answer_price")}


def test_every_setting_is_declared_once_for_option_variable_and_file(twin: Twin) -> None:
    assert VALUES.keys() == set(NAMES)
    listed = {one["name"]: one for one in twin("config", "list", "--json").data["settings"]}
    text = twin("--help").out
    for name, field in Settings.model_fields.items():
        assert field.description and f"{variable_of(name)} " in text
    assert listed.keys() == set(NAMES)
    assert {name: one["variable"] for name, one in listed.items()} == {name: variable_of(name) for name in NAMES}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "database"])
def test_a_setting_is_kept_read_and_forgotten(twin: Twin, studio: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable_of(name), raising=False)
    before = twin("config", "get", name).out
    kept = twin("config", "set", name, VALUES[name])
    assert kept.code == 0, kept.err
    value = {"offline": True, "licence": "CC-BY-4.0", **NUMBERS}.get(name, VALUES[name])
    assert getattr(from_environment(studio=studio), name) == value
    [one] = [one for one in twin("config", "list", "--json").data["settings"] if one["name"] == name]
    assert (one["value"], one["source"]) == (value, "config.toml")
    assert twin("config", "get", name).out.strip() == {"offline": "1", **{number: VALUES[number] for number in NUMBERS}}.get(
        name, value
    )
    assert twin("config", "unset", name).code == 0
    assert twin("config", "get", name).out == before


def test_a_database_is_kept_and_its_password_is_not_told(twin: Twin, studio: Path) -> None:
    done = twin("config", "set", "database", "postgresql://ada:s3cret@host/twin")
    told = [done, twin("config", "list"), twin("config", "list", "--json"), twin("config", "get", "database", "--json")]
    assert not any("s3cret" in one.out + one.err for one in told)
    assert from_environment(studio=studio).database == "postgresql://ada:s3cret@host/twin"


def test_the_environment_wins_over_the_file_and_that_is_said(twin: Twin, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin("config", "set", "producer", "Ada")
    monkeypatch.setenv("TWIN_PRODUCER", "Bea")
    assert from_environment(studio=studio).producer == "Bea"
    done = twin("config", "set", "producer", "Cleo")
    assert "warning: TWIN_PRODUCER is set in the environment and wins" in done.err
    [one] = [one for one in twin("config", "list", "--json").data["settings"] if one["name"] == "producer"]
    assert (one["value"], one["source"]) == ("Bea", "TWIN_PRODUCER")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "licens", "CC0-1.0"), "no setting is called 'licens'"),
        (("get", "studio"), "no setting is called 'studio'"),
        (("unset", "tempo"), "no setting is called 'tempo'"),
        (("set", "device", "gpu"), "device"),
        (("set", "offline", "perhaps"), "offline"),
        (("set", "licence", "whatever you like"), "is not a licence that is understood"),
        (("set", "producer", ""), "producer"),
    ],
)
def test_what_is_no_setting_is_refused(twin: Twin, studio: Path, words: tuple[str, ...], said: str) -> None:
    done = twin("config", *words)
    assert (done.code, said in done.err) == (3, True), done.err
    assert not (studio / "config.toml").exists()


@pytest.mark.parametrize("text", ["tempo = 3", "device = 3", "offline = 'perhaps'", "[[", "producer = ''"])
def test_a_damaged_file_is_named(twin: Twin, studio: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(variable_of(name), raising=False)
    studio.mkdir()
    (studio / "config.toml").write_text(text)
    done = twin("takes", "list")
    assert done.code == 3 and "config.toml" in done.err and "unexpected" not in done.err


# --- said once


def sounds(folder: Path, count: int = 2) -> Path:
    folder.mkdir()
    for number in range(count):
        noise = 0.1 * np.random.default_rng(number).standard_normal((2, 24_000))
        files.write(folder / f"song {number}.wav", noise.astype(np.float32))
    return folder


@pytest.mark.parametrize("command", [("tracks", "ingest"), ("dataset", "build")])
def test_a_producer_is_named_by_option_or_setting(twin: Twin, command: tuple[str, ...]) -> None:
    sounds(Path("music"))
    refused = twin(*command, "music", "--dry-run")
    assert refused.code == 3
    assert refused.err == "error: no producer is named\n  try: give --producer, or say it once: twin config set producer NAME\n"
    twin("config", "set", "producer", "Ada")
    twin("config", "set", "licence", "LicenseRef-own")
    assert twin(*command, "music", "--dry-run").code == 0


def test_tracks_take_what_was_said_once_and_an_option_wins(twin: Twin) -> None:
    for name, value in (("producer", "Ada"), ("licence", "LicenseRef-own"), ("provider", "self")):
        twin("config", "set", name, value)
    twin("tracks", "ingest", sounds(Path("music")))
    other = sounds(Path("other"), 3)
    (other / "song 0.wav").unlink()
    (other / "song 1.wav").unlink()
    twin("tracks", "ingest", other, "--producer", "Bea", "--licence", "CC0-1.0")
    found = {one["title"]: (one["producer"], one["source"]["licence"]) for one in twin("tracks", "list", "--json").data["items"]}
    assert found == {
        "song 0": ("Ada", "LicenseRef-own"),
        "song 1": ("Ada", "LicenseRef-own"),
        "song 2": ("Bea", "CC0-1.0"),
    }


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--holdout", "0.3")])
def test_a_missing_licence_is_refused_before_any_work(
    twin: Twin, studio: Path, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("work was begun")

    monkeypatch.setattr(ingest, "_bring_in", work)
    monkeypatch.setattr(screen, "screen", work)
    done = twin("dataset", "build", sounds(Path("music")), "--producer", "Ada", *more)
    assert done.code == 3
    assert done.err.splitlines() == [
        "error: no licence is stated for any of the 2 tracks in music",
        "  try: say it once, for your own music: twin config set licence LicenseRef-own",
    ]
    assert not (studio / "library.sqlite").exists()


@pytest.mark.parametrize(
    ("stated", "options"),
    [
        ("song 0.json", ()),
        ("sources.json", ()),
        (None, ("--licence", "CC0-1.0")),
        (None, ("--permitted",)),
        (None, ("--allow-unlicensed",)),
    ],
)
def test_a_licence_may_be_stated_anywhere(twin: Twin, stated: str | None, options: tuple[str, ...]) -> None:
    music = sounds(Path("music"))
    says = {"song 0.json": '{"licence": "CC0-1.0"}', "sources.json": '{"song 1.wav": {"permitted": true}}'}
    if stated is not None:
        (music / stated).write_text(says[stated])
    assert twin("dataset", "build", music, "--producer", "Ada", "--dry-run", *options).code == 0


def test_sets_that_come_out_empty_for_want_of_a_licence_say_what_to_do(twin: Twin) -> None:
    twin("tracks", "ingest", sounds(Path("music")), "--producer", "Ada")
    done = twin("dataset", "split")
    assert done.code == 3 and "twin config set licence LicenseRef-own" in done.err
