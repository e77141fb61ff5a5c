"""Copies of takes: what they say of themselves, and that an edit of one is a child of its take. The list, and the player."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin.audio import files
from producertwin.audio.tags import tags

Twin = Callable[..., Any]


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", [".flac", ".wav", ".mp3", ".ogg"])
def test_a_copy_carries_title_artist_and_how_it_was_made(twin: Twin, suffix: str) -> None:
    caption = 'lofi, "rainy", ünder ' + "the quiet moon " * 8
    twin("make", caption, "--variant", "tiny", "--duration", "1", "--seed", "7", "--bpm", "84", "-o", f"made{suffix}")
    [take] = twin("takes", "list", "--json").data["items"]
    assert twin("takes", "export", take["id"], "-o", f"copy{suffix}").code == 0
    for name in ("made", "copy"):
        told = tags.read(f"{name}{suffix}")
        assert told.title.startswith('lofi, "rainy", ünder the quiet') and len(told.title) <= 80
        assert told.artist == "Producer Twin"
        assert told.comment == f"seed 7, tiny, 84 bpm, take {take['id']}"
        assert told.provenance is not None and told.provenance["take"] == take["id"] and told.provenance["seed"] == 7
        assert str(Path.cwd()) not in json.dumps(dict(told.provenance))
    assert Path(f"made{suffix}").read_bytes() == Path(f"copy{suffix}").read_bytes()


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_an_edit_of_a_copy_is_a_child_of_its_take_unless_the_sound_was_changed(twin: Twin, suffix: str) -> None:
    small = ("--variant", "tiny", "--seed", "7")
    twin("make", "lofi", *small, "--duration", "1", "-o", f"made{suffix}")
    [take] = twin("takes", "list", "--json").data["items"]
    child = twin("edit", "refine", f"made{suffix}", *small, "--json").data["takes"][0]
    assert child["parents"] == [take["id"]]
    told, sound = tags.read(f"made{suffix}"), files.read(f"made{suffix}")
    files.write(f"louder{suffix}", sound * 0.5)
    tags.write(f"louder{suffix}", told)
    other = twin("edit", "refine", f"louder{suffix}", *small, "--caption", "lofi", "--json").data["takes"][0]
    assert other["parents"] == []


@pytest.mark.thorough
def test_takes_are_listed_with_seed_tempo_and_parents(twin: Twin) -> None:
    small = ("--variant", "tiny", "--duration", "1")
    twin("make", "lofi", *small, "--seed", "41", "--bpm", "84", "--key", "D minor")
    [take] = twin("takes", "list", "--json").data["items"]
    twin("edit", "refine", take["id"], "--variant", "tiny", "--seed", "42")
    head, newest, oldest = twin("takes", "list").out.splitlines()
    assert head.split() == ["id", "made", "task", "variant", "length", "seed", "asked", "parents", "caption"]
    assert " 41 " in oldest and "84 bpm D minor" in oldest and " - " in oldest
    assert " 42 " in newest and f" {take['id'][:6]} " in newest


@pytest.mark.thorough
def test_a_take_is_played_by_the_player_that_is_asked_for(twin: Twin) -> None:
    twin("make", "lofi", "--variant", "tiny", "--duration", "1", "--seed", "1")
    [take] = twin("takes", "list", "--json").data["items"]
    player = Path("player.sh")
    player.write_text('#!/bin/sh\nhead -c 4 "$1" > heard\n')
    player.chmod(0o755)
    assert twin("takes", "play", take["id"][:6], "--player", player.absolute()).code == 0
    assert Path("heard").read_bytes() == b"fLaC"
    assert twin("takes", "play", take["id"], "--player", "no-such-player").code == 3
    nobody = twin("takes", "play", take["id"], "--player", "none")
    assert nobody.code == 7 and ".flac in a player" in nobody.err
    player.write_text("#!/bin/sh\nexit 3\n")
    assert twin("takes", "play", take["id"], "--player", player.absolute()).code == 7
