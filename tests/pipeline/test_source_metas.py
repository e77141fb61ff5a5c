"""What an edit reads from its source's sound: tempo and key where they are plain, nothing where they are not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soxr

from pipeline_kit import EDIT_FIELDS, ask, edit, tone
from producertwin.audio import files
from producertwin.audio.meters import measure
from producertwin.audio.samples import Samples
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.library import open_library
from producertwin.music import Key
from producertwin.pipeline.source_metas import HEARD_SECONDS, read_metas
from producertwin.pipeline.sources import EditSource
from producertwin.pipeline.stages import EDITS, Prompt
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.rendering import Rendered

Player = Callable[..., list[Rendered]]
NOTHING = Prompt()


@cache
def song(style: str = "house", bpm: float = 124.0, key: str = "C minor") -> Samples:
    return render(compose(style, seed=7, bpm=bpm, key=Key.parse(key), seconds=12.0), seconds=12.0).mix


def source(audio: Samples) -> EditSource:
    return EditSource("song.flac", "b2:" + "0" * 64, audio)


def read(audio: Samples, prompt: Prompt = NOTHING, kind: str = "cover") -> tuple[Prompt, list[str], float | None]:
    found = read_metas(edit(kind, "song.flac"), (source(audio),), prompt)
    return found.prompt, [note.text for note in found.notes], found.lufs


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("style", "bpm", "key"), [("house", 124, "C minor"), ("synthwave", 97, "E minor"), ("rnb", 80, "F major")]
)
def test_a_plain_tempo_and_key_are_read_and_told(style: str, bpm: float, key: str) -> None:
    prompt, notes, lufs = read(song(style, float(bpm), key))
    assert (prompt.bpm, prompt.key) == (bpm, key)
    assert notes == [f"read from song.flac: {bpm} bpm, {key}; say otherwise with --bpm and --key"]
    assert lufs is not None and -30 < lufs < -5


def _noise() -> Samples:
    return (0.1 * np.random.default_rng(2).standard_normal((2, 8 * SAMPLE_RATE))).astype(np.float32)


def _glide() -> Samples:
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    wave = 0.3 * np.sin(2 * np.pi * np.cumsum(150 + 90 * np.sin(1.3 * time) + 40 * np.sin(4.7 * time)) / SAMPLE_RATE)
    return np.stack([wave, wave]).astype(np.float32)


UNCLEAR: dict[str, Callable[[], Samples]] = {"noise": _noise, "a gliding voice": _glide, "a steady tone": lambda: tone(8.0)}


@pytest.mark.parametrize("kind", UNCLEAR)
def test_what_is_not_plain_is_not_asked_for(kind: str) -> None:
    prompt, notes, _ = read(UNCLEAR[kind]())
    assert (prompt.bpm, prompt.key) == (None, None)
    assert notes == ["no tempo and no key is clear in song.flac, so none is asked for"]


def test_music_between_two_tunings_has_a_tempo_and_no_key() -> None:
    detuned = soxr.resample(song().T, SAMPLE_RATE * 2 ** (50 / 1_200), SAMPLE_RATE).T.astype(np.float32)
    prompt, notes, _ = read(detuned)
    assert prompt.bpm == round(124 * 2 ** (50 / 1_200)) and prompt.key is None
    assert len(notes) == 2 and "no key is clear" in notes[1]


@pytest.mark.parametrize(
    ("stated", "told"), [({"bpm": 90}, "--key"), ({"key": "F major"}, "--bpm"), ({"bpm": 90, "key": "F major"}, "")]
)
def test_what_is_stated_is_not_read(stated: dict[str, object], told: str) -> None:
    prompt, notes, _ = read(song(), Prompt.model_validate(stated))
    assert {name: getattr(prompt, name) for name in stated} == stated
    assert notes[0].endswith(f"say otherwise with {told}") if told else not notes


@pytest.mark.thorough
def test_a_repaint_listens_around_its_region() -> None:
    slow, fast = song("boom-bap", 84.0, "D minor"), song("house", 124.0, "C minor")
    turns = round(HEARD_SECONDS * 1.2 / 12.0)
    long = source(np.concatenate([slow] * turns + [fast] * turns, axis=1))
    for start, bpm in ((10.0, 84), (2 * turns * 12.0 - 10.0, 124)):
        stage = edit("repaint", "song.flac", start=start, end=start + 4.0)
        assert read_metas(stage, (long,), NOTHING).prompt.bpm == bpm


@pytest.mark.thorough
@pytest.mark.parametrize("kind", sorted(EDITS))
def test_every_edit_of_a_file_asks_for_what_was_read(play: Player, tmp_path: Path, kind: str) -> None:
    path = files.write(tmp_path / "song.flac", song()[:, : 8 * SAMPLE_RATE])
    fields = EDIT_FIELDS.get(kind, {}) | ({"anyway": True} if kind == "extract" else {})
    [made] = play(edit(kind, path, prompt={"caption": "house"}, **fields))
    assert (made.take.metas.bpm, made.take.metas.key) == (124.0, "C minor")
    assert made.take.stage["prompt"]["bpm"] is None, "the stage says what was asked, the metas what was read"
    assert made.take.meters["source_loudness_lufs"] == pytest.approx(measure(song()[:, : 8 * SAMPLE_RATE]).loudness_lufs, abs=0.2)


def test_words_alone_have_no_source_to_read(play: Player) -> None:
    [made] = play(ask())
    assert made.take.metas.bpm is None and "source_loudness_lufs" not in made.take.meters


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["cover", "refine", "complete"])
@pytest.mark.parametrize("gain_db", [0.0, -12.0, -24.0])
def test_a_whole_take_is_as_loud_as_its_source(
    play: Player, tmp_path: Path, settings: Settings, kind: str, gain_db: float
) -> None:
    quiet = song()[:, : 4 * SAMPLE_RATE] * np.float32(10 ** (gain_db / 20))
    [made] = play(edit(kind, files.write(tmp_path / "song.flac", quiet), prompt={"caption": "house"}))
    with open_library(settings) as library:
        meters = measure(files.read(library.takes.content(made.take)))
    assert meters.peak_db <= -1.0 + 0.01
    wanted = measure(quiet).loudness_lufs
    assert meters.loudness_lufs == pytest.approx(wanted, abs=0.3) or (meters.peak_db > -1.1 and meters.loudness_lufs < wanted)
