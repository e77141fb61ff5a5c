from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.audio.tags import tags
from producertwin.dataset.ingest import IngestPlan, IngestResult, find_sounds, ingest
from producertwin.dataset.stem_files import stem_name
from producertwin.errors import AudioRejected, BadInput, NotFound
from producertwin.library import Library, open_library
from producertwin.library.tracks import Change
from producertwin.progress import finish
from producertwin.settings import Settings

PLAN = IngestPlan(producer="Ada", licence="cc by 4.0", provider="self")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "music"
    home.mkdir()
    return home


def sound(path: Path, seed: int = 0, seconds: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).standard_normal((2, round(seconds * 48_000)))
    return files.write(path, noise.astype(np.float32))


def run(folder: Path, library: Library, **more: Any) -> IngestResult:
    return finish(ingest(folder, PLAN.model_copy(update=more), library))


def test_sounds_are_found_and_stems_go_to_their_song(folder: Path) -> None:
    for name in (
        "b.wav", "a.MP3", "notes.txt", ".hidden.wav", ".trash/c.wav", "one/song.flac", "one/stems/Drums.wav", "one/stems/vox.wav",
        "one/stems/what.wav", "stems/b/808.wav", "stems/lost/bass.wav", "two/x.wav", "two/y.wav", "two/stems/bass.wav",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    found = {one.path.relative_to(folder).as_posix(): sorted(one.stems) for one in find_sounds(folder)}
    assert found == {"a.MP3": [], "b.wav": ["bass"], "one/song.flac": ["drums", "vocals"], "two/x.wav": [], "two/y.wav": []}


def test_an_empty_folder_and_none_are_told_apart(folder: Path) -> None:
    with pytest.raises(BadInput, match="no sound"):
        find_sounds(folder)
    with pytest.raises(NotFound, match="no folder"):
        find_sounds(folder / "none")


@pytest.mark.parametrize(
    ("said", "name"), [("Backing Vocals", "backing_vocals"), ("KEYS", "keyboard"), ("fx", "fx"), ("zither", None)]
)
def test_a_stem_has_one_of_twelve_names(said: str, name: str | None) -> None:
    assert stem_name(said) == name


def test_a_folder_becomes_tracks_with_source_and_texts(folder: Path, library: Library) -> None:
    sound(folder / "album" / "rain.flac", 1)
    sound(folder / "album" / "stems" / "rain" / "drums.wav", 2)
    (folder / "album" / "rain_prompt.txt").write_text("lofi, rain")
    (folder / "album" / "rain.json").write_text(json.dumps({"bpm": 82, "keyscale": "A minor", "title": "Rain Again"}))
    sound(folder / "loose.wav", 3)
    done = run(folder, library)
    rain, loose = library.tracks.list()[::-1] if library.tracks.list()[0].title == "loose" else library.tracks.list()
    assert set(done.changes.values()) == {Change.ADDED}
    assert (rain.title, rain.group, rain.format, rain.rate, rain.channels) == ("Rain Again", "album", "flac", 48_000, 2)
    assert rain.given == {"caption": "lofi, rain", "bpm": 82.0, "key": "A minor"}
    assert list(rain.stems) == ["drums"]
    assert (rain.source.licence, rain.source.provider, rain.source.kind) == ("CC-BY-4.0", "self", "own")
    assert (loose.title, loose.group, loose.seconds) == ("loose", None, 0.5)
    assert library.tracks.content(rain).read_bytes() == (folder / "album" / "rain.flac").read_bytes()


def test_running_again_changes_only_what_changed(folder: Path, library: Library) -> None:
    sound(folder / "a.wav", 1)
    sound(folder / "b.wav", 2)
    first = run(folder, library)
    assert set(run(folder, library).changes.values()) == {Change.SAME}
    (folder / "b_prompt.txt").write_text("house")
    again = run(folder, library)
    assert sorted(again.changes.values()) == [Change.SAME, Change.UPDATED]
    assert {track.id for track in again.tracks} == {track.id for track in first.tracks}


def test_tags_name_the_album_and_the_artist(folder: Path, library: Library) -> None:
    path = sound(folder / "x" / "01.flac")
    tags.write(path, tags.Tags(title="Dawn", artist="Ben", album="Days"))
    [track] = run(folder, library).tracks
    assert (track.title, track.group, track.source.artist) == ("Dawn", "Days", "Ben")


def test_what_lies_beside_wins_over_the_options(folder: Path, library: Library) -> None:
    sound(folder / "a.wav", 1)
    sound(folder / "b.wav", 2)
    (folder / "sources.json").write_text(json.dumps({"b.wav": {"license": "CC-BY-NC-4.0", "provider": "label"}}))
    run(folder, library)
    assert {track.title: (track.source.licence, track.source.provider) for track in library.tracks.list()} == {
        "a": ("CC-BY-4.0", "self"),
        "b": ("CC-BY-NC-4.0", "label"),
    }


def test_bad_files_are_failures_and_the_others_go_on(folder: Path, library: Library) -> None:
    sound(folder / "good.wav", 1)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "photo.mp3").write_bytes(b"\xff\xd8\xff\xe0" + b"jpeg" * 100)
    sound(folder / "odd source.wav", 2)
    (folder / "odd source.json").write_text(json.dumps({"currency": "euros"}))
    done = run(folder, library)
    assert [track.title for track in done.tracks] == ["good", "odd source"]
    reasons = {name: getattr(error, "reason", None) for name, error in done.failures.items()}
    assert reasons == {"empty.wav": "empty", "photo.mp3": "not_audio"}
    with pytest.raises(AudioRejected):
        run(folder, library, fail_fast=True)


def test_one_sound_under_two_names_is_one_track(folder: Path, library: Library) -> None:
    path = sound(folder / "a.wav", 1)
    (folder / "copy.wav").write_bytes(path.read_bytes())
    assert len(run(folder, library).tracks) == 1


@pytest.mark.parametrize("bad", [{"licence": "free for all"}, {"currency": "euro"}])
def test_options_that_cannot_be_are_refused_before_anything(folder: Path, library: Library, bad: dict[str, Any]) -> None:
    sound(folder / "a.wav")
    with pytest.raises(BadInput):
        run(folder, library, **bad)
    assert library.tracks.list() == ()


def test_a_refusal_stands_when_the_file_that_states_it_is_taken_away(folder: Path, library: Library) -> None:
    for name in ("a", "b", "c"):
        sound(folder / f"{name}.wav", ord(name))
    sources = folder / "sources.json"
    sources.write_text(
        json.dumps({"a.wav": {"permitted": False}, "b.wav": {"licence": "ask me"}, "c.wav": {"licence": "CC-BY-3.0"}})
    )
    run(folder, library)
    sources.unlink()
    done = run(folder, library)
    a, b, c = library.tracks.list()
    assert (a.source.permitted, b.source.unclear, c.source.licence) == (False, "licence 'ask me'", "CC-BY-4.0")
    assert set(done.notes) == {a.id, b.id}
    sources.write_text(json.dumps({"a.wav": {"permitted": True}, "b.wav": {"licence": "CC0-1.0"}}))
    run(folder, library)
    a, b, _ = library.tracks.list()
    assert (a.source.permitted, b.source.unclear, b.source.licence) == (True, None, "CC0-1.0")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("stems", "passed_over"),
    [
        (["Stems/drums.wav", "Stems/bass.wav"], []),
        (["STEMS/01 Drums.wav", "STEMS/Lead Vox.wav", "STEMS/01 Kick.wav"], ["STEMS/01 Kick.wav"]),
        (["separated/htdemucs/song/drums.wav", "separated/htdemucs/song/other.wav"], []),
        (["song_drums.wav", "song (Vocals).wav"], []),
        (["drums.wav", "bass.wav"], []),
        (["stems/song/song - drums.wav", "Multi-Tracks/song bass.wav"], []),
        (["stems/lost/bass.wav", "stems/drums.wav", "stems/Drums 2.wav"], ["stems/Drums 2.wav", "stems/lost/bass.wav"]),
    ],
)
def test_a_stem_goes_to_its_song_or_is_passed_over_and_never_becomes_one(
    stems: list[str], passed_over: list[str], folder: Path, library: Library
) -> None:
    for number, name in enumerate(["song.wav", *stems]):
        sound(folder / name, number)
    done = run(folder, library)
    [track] = done.tracks
    assert (track.title, len(track.stems)) == ("song", len(stems) - len(passed_over))
    assert sorted(done.passed_over) == passed_over
    assert len(run(folder, library, stems_as_tracks=True).tracks) == len(stems) + 1


def test_stems_without_a_song_are_passed_over_and_titles_that_name_an_instrument_are_songs(
    folder: Path, library: Library
) -> None:
    for number, name in enumerate(["x/drums.wav", "x/bass.wav", "Rhodes.wav", "Piano.wav"]):
        sound(folder / name, number)
    done = run(folder, library)
    assert {track.title for track in done.tracks} == {"Rhodes", "Piano"}
    assert set(done.passed_over) == {"x/drums.wav", "x/bass.wav"}
    shutil.rmtree(folder)
    for number, name in enumerate(["drums.wav", "bass.wav"]):
        sound(folder / name, number)
    with pytest.raises(BadInput, match="no songs"):
        find_sounds(folder)


def test_every_file_that_is_not_used_is_named_with_its_reason(folder: Path, library: Library) -> None:
    sound(folder / "a.wav", 1)
    for name in ("a.als", "cover.jpg", "plan.pdf", "a.annotations.json", ".DS_Store"):
        (folder / name).write_bytes(b"x")
    (folder / "a.txt").write_text("client liked it")
    (folder / "a.caption.txt").write_text("lofi")
    said = run(folder, library).passed_over
    assert set(said) == {"a.als", "a.annotations.json", "a.txt", "cover.jpg", "plan.pdf"}
    assert "house band" in said["a.annotations.json"]
    assert "DAW" in said["a.als"] and "picture" in said["cover.jpg"] and "--texts" in said["a.txt"]
    assert said["plan.pdf"] == "no sound, and named after none"


@pytest.mark.parametrize("name", ["B lyrics.txt", "old/lyrics of c.TXT", "c.lrc"])
def test_lyrics_of_no_sound_are_told_how_to_be_named(name: str, folder: Path, library: Library) -> None:
    sound(folder / "a.wav", 1)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("[Verse]\nrain")
    assert "as in SOUND_lyrics.txt" in run(folder, library).passed_over[name]


@pytest.mark.parametrize("name", ["torn.wav", "in/side.flac", "letter.mp3"])
def test_a_file_that_cannot_be_used_is_named_once(name: str, folder: Path, library: Library) -> None:
    sound(folder / "a.wav", 1)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"Dear Ada,")
    [(told, error)] = run(folder, library).failures.items()
    assert told == name and name not in error.message and isinstance(error, AudioRejected) and error.remedy
