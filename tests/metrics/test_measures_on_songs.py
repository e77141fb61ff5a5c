"""The measures themselves, held against real songs of the house band and planted damage: a run of minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import soxr
from scipy.signal import butter, sosfilt

from producertwin.audio.key import chroma
from producertwin.audio.meters import measure
from producertwin.audio.samples import Samples
from producertwin.evaluation.nano.songs import Song, song
from producertwin.metrics import adherence, statistics, style_classifier
from producertwin.metrics.mel_stats import embed, fit_space
from producertwin.workers import pool

SECONDS = 10.24
REFERENCE, EVALUATED = 160, 36

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reference() -> list[Song]:
    with pool(2) as share:
        return list(share.map(partial(_song, "reference"), range(REFERENCE)))


@pytest.fixture(scope="module")
def evaluated() -> list[Song]:
    with pool(2) as share:
        return list(share.map(partial(_song, "evaluation"), range(EVALUATED)))


@pytest.fixture(scope="module")
def vectors(reference: list[Song]) -> np.ndarray:
    return np.array([embed(one.audio) for one in reference])


def _song(purpose: str, index: int) -> Song:
    return song(purpose, 77, index, SECONDS)  # type: ignore[arg-type]


def noise(decibels: float, sound: Samples) -> Samples:
    hiss = np.random.default_rng(0).standard_normal(sound.shape)
    return np.asarray(sound + hiss * np.sqrt(np.mean(sound**2)) * 10 ** (decibels / 20), np.float32)


def low_pass(hz: float, sound: Samples) -> Samples:
    return np.asarray(sosfilt(butter(4, hz, fs=48_000, output="sos"), sound, axis=1), np.float32)


def played_at(speed: float, sound: Samples) -> Samples:
    return np.asarray(soxr.resample(sound.T, 48_000 * speed, 48_000, quality="MQ").T, np.float32)


def test_styles_of_real_songs_are_recognised(vectors: np.ndarray, reference: list[Song], evaluated: list[Song]) -> None:
    labels = [one.prompt.label for one in reference]
    counts = style_classifier.cross_validate(vectors, labels)
    assert statistics.accuracy(counts).value > 0.9
    guessed = style_classifier.fit(vectors, labels).guess(np.array([embed(one.audio) for one in evaluated]))
    assert (guessed == [one.prompt.label for one in evaluated]).mean() > 0.9


def test_the_real_tempo_fits_best_and_a_changed_one_does_not(evaluated: list[Song]) -> None:
    timed = [one for one in evaluated if one.prompt.drums]
    tempi = [adherence.candidate_tempi(*one.prompt.tempi, one.prompt.bpm) for one in timed]

    def share(speed: float) -> float:
        return float(
            np.mean(
                [
                    adherence.tempo_is_best(measure(played_at(speed, one.audio)), near)
                    for one, near in zip(timed, tempi, strict=True)
                ]
            )
        )

    assert share(1.0) >= 0.95
    assert share(1.03) >= share(1.08)
    assert share(1.08) <= 0.2


def test_real_songs_are_in_scale_and_detuned_ones_are_not(evaluated: list[Song]) -> None:
    def mean(semitones: float) -> float:
        sounds = [played_at(2 ** (semitones / 12), one.audio) for one in evaluated]
        return float(
            np.mean([adherence.in_scale(chroma(s), one.prompt.asked_key) for s, one in zip(sounds, evaluated, strict=True)])
        )

    found = [mean(semitones) for semitones in (0.0, 0.6, 1.0)]
    assert found[0] > 0.85
    assert found == sorted(found, reverse=True)
    assert found[-1] < adherence.CHANCE_IN_SCALE + 0.05


def test_the_floor_is_stable(vectors: np.ndarray) -> None:
    points = fit_space(vectors, songs=EVALUATED)(vectors)
    floors = [statistics.split_half_floor(points, 40, rounds=20, seed=seed).value for seed in range(3)]
    assert max(floors) < 1.15 * min(floors)


@pytest.mark.parametrize(
    ("damage", "steps"), [(noise, (-40.0, -30.0, -20.0)), (low_pass, (12_000.0, 8_000.0, 4_000.0))], ids=["noise", "low-pass"]
)
def test_distances_grow_with_planted_damage(
    vectors: np.ndarray, evaluated: list[Song], damage: Callable[[float, Samples], Samples], steps: tuple[float, ...]
) -> None:
    space = fit_space(vectors, songs=EVALUATED)
    points = space(vectors)

    def distances(change: Callable[[Samples], Samples]) -> tuple[float, float]:
        found = space(np.array([embed(change(one.audio)) for one in evaluated]))
        return statistics.frechet_distance(statistics.gaussian(found), statistics.gaussian(points)), statistics.kad(found, points)

    found = [distances(lambda sound: sound), *(distances(partial(damage, step)) for step in steps)]
    for readings in zip(*found, strict=True):
        assert list(readings) == sorted(readings)
    assert found[-1][0] > 3 * found[0][0]


def test_one_style_alone_is_far_from_all(vectors: np.ndarray, reference: list[Song]) -> None:
    space = fit_space(vectors, songs=EVALUATED)
    lofi = np.array([one.prompt.label == 0 for one in reference])
    mixed = np.arange(REFERENCE) % 2 == np.arange(REFERENCE) // 2 % 2
    target = statistics.gaussian(space(vectors))
    alone, half = (statistics.frechet_distance(statistics.gaussian(space(vectors[part])), target) for part in (lofi, mixed))
    assert alone > 2 * half
