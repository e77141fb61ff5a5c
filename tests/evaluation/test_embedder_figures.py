from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio.samples import Samples
from producertwin.evaluation import markdown
from producertwin.evaluation.embedder import report, suite
from producertwin.evaluation.embedder.suite import EmbedderFigures, evaluate
from producertwin.evaluation.nano import songs, tagging
from producertwin.evaluation.nano.songs import Song, SongPrompt
from producertwin.evaluation.suite import EmbedderSuite
from producertwin.house_band.styles import STYLES
from producertwin.metrics.degradations import DEGRADATIONS
from producertwin.metrics.mel_stats import embed
from producertwin.model.nano.embedder import Tags
from producertwin.progress import finish

SUITE = EmbedderSuite(songs=16, seconds=2.0, workers=1)
SOUND = piece(96, seconds=4.0, seed=2)


@dataclass
class Ears:
    """Hears with `mel-stats/1`, knows every second caption, and finds drums in everything."""

    name: str = "ears"
    heard: list[np.ndarray] = field(default_factory=list)

    def embed_audio(self, audio: Samples) -> Tags:
        vector = embed(audio)
        vector /= np.linalg.norm(vector)
        self.heard.append(vector)
        return Tags(vector, dict.fromkeys(STYLES, 0.0) | {"house": 1.0}, {"drums": 0.8, "bass": 0.1})

    def embed_text(self, caption: str) -> np.ndarray:
        number = int(caption)
        own = self.heard[number // 2 * 18 + number % 2]  # two songs, then sixteen degraded ones, and so on
        return own if number % 2 else -own


def cheap_song(purpose: str, seed: int, index: int, seconds: float) -> Song:
    name = songs.style_of(index)
    prompt = SongPrompt(index, name, 0, str(index), 90.0 + index, "C major", 4, (80, 120), ("drums",))
    return Song(prompt, piece(90 + 2 * index, seconds=seconds, seed=index, bright=0.1 + 0.05 * index))


@pytest.fixture(scope="module")
def found() -> Iterator[EmbedderFigures]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suite, "song", cheap_song)
        yield finish(evaluate(SUITE, Ears()))  # type: ignore[arg-type]


@pytest.mark.thorough
def test_songs_are_found_by_captions_that_are_known(found: EmbedderFigures) -> None:
    assert found.first.value == 0.5
    assert found.first.value <= found.tenth.value < 1.0


@pytest.mark.thorough
def test_names_are_counted(found: EmbedderFigures) -> None:
    assert (found.present.value, found.absent.value) == (1.0, 1.0)
    assert found.style.value == sum(songs.style_of(index) == "house" for index in range(16)) / 16
    assert found.presets == pytest.approx(1 / 8)  # nothing lofi is likely, so the first preset is named


def test_distances_are_given_for_every_degradation(found: EmbedderFigures) -> None:
    assert found.distances.keys() == DEGRADATIONS.keys()
    assert all(len(row) == 4 for row in found.distances.values())
    assert found.distances["noise"][-1] > found.distances["noise"][0]
    steady = found.model_copy(update={"distances": {"noise": (found.floor.value + 1, 50.0, 50.0, 90.0)}})
    assert not steady.monotone
    assert steady.model_copy(update={"distances": {"noise": (found.floor.value + 1, 50.0, 60.0, 90.0)}}).monotone


def test_the_page_holds_the_tables(found: EmbedderFigures, tmp_path: Path) -> None:
    [page] = report.publish(found, tmp_path / "embedder.md")
    text = page.read_text()
    assert text.startswith(f"# {report.TITLE}\n")
    assert markdown.BEGIN in text and "`ears`" in text and "low-pass" in text


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_a_degradation_begins_at_nothing_and_grows(name: str) -> None:
    degrade = DEGRADATIONS[name]
    made = [degrade(SOUND, strength, np.random.default_rng(1)) for strength in (0.0, 0.6, 1.0)]
    assert all(sound.shape == SOUND.shape and sound.dtype == np.float32 for sound in made)
    assert np.array_equal(made[0], SOUND)
    first, last = (float(np.abs(sound - SOUND).mean()) for sound in made[1:])
    assert 0 < first < last


def test_presets_are_told_among_presets_alone() -> None:
    assert tagging.presets([({"house": 0.9, "CORE-01": 0.1, "CORE-02": 0.0}, "CORE-01")]) == 1.0
    assert tagging.presets([({"house": 0.9, "CORE-01": 0.1}, "house")]) is None


def test_stems_are_counted_apart() -> None:
    present, absent = tagging.stems([({"drums": 0.9, "bass": 0.6, "brass": 0.2}, ("drums", "brass"))])
    assert (present.value, absent.value) == (0.5, 0.0)
