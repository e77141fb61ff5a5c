"""Tempo of click tracks and grooves made here."""

import numpy as np
import pytest

from producertwin.audio import tempo
from producertwin.errors import BadInput

RATE = 48_000


def hit(rng, length, decay, level):
    return (level * rng.standard_normal(length) * np.exp(-np.arange(length) / decay)).astype(np.float32)


def groove(bpm, seconds=15.0, swing=0.5, jitter=0.0, seed=0):
    """Kick on one and three, snare on two and four, hats in eighths, over quiet noise."""
    rng = np.random.default_rng(seed)
    sound = (0.002 * rng.standard_normal(round(seconds * RATE))).astype(np.float32)
    t = np.arange(9600) / RATE
    kick = (0.7 * np.sin(2 * np.pi * 55 * t) * np.exp(-t / 0.08)).astype(np.float32)
    for beat in range(int(seconds * bpm / 60)):
        hits = [
            (0.0, kick if beat % 2 == 0 else hit(rng, 7200, 1800, 0.3)),
            (0.0, hit(rng, 1200, 300, 0.1)),
            (swing, hit(rng, 1200, 300, 0.1)),
        ]
        for place, drum in hits:
            at = round(((beat + place) * 60 / bpm + jitter * rng.standard_normal()) * RATE)
            if 0 <= at < len(sound):
                sound[at : at + len(drum)] += drum[: len(sound) - at]
    return sound


def clicks(bpm, seconds=15.0):
    sound = np.zeros(round(seconds * RATE), np.float32)
    rng = np.random.default_rng(1)
    for at in np.arange(0.1, seconds - 0.1, 60 / bpm):
        sound[round(at * RATE) :][:2400] += hit(rng, 2400, 300, 0.3)
    return sound


@pytest.mark.parametrize("bpm", [60, 72.5, 85, 93.3, 110, 128])
def test_clicks_are_counted(bpm):
    found = tempo.tempo(clicks(bpm))
    assert found.bpm == pytest.approx(bpm, rel=0.005)
    assert found.confidence > 0.5


@pytest.mark.parametrize(
    ("bpm", "swing", "jitter"), [(70, 0.5, 0.0), (84, 0.62, 0.01), (96, 0.66, 0.0), (124, 0.5, 0.005), (174, 0.5, 0.0)]
)
def test_grooves_are_found_in_the_range_of_their_style(bpm, swing, jitter):
    found = tempo.tempo(groove(bpm, swing=swing, jitter=jitter), tempo_range=(bpm * 0.8, bpm * 1.25))
    assert found.bpm == pytest.approx(bpm, rel=0.01)


def test_the_range_resolves_the_octave():
    sound = groove(87)
    assert tempo.tempo(sound, tempo_range=(160, 180)).bpm == pytest.approx(174, rel=0.01)
    assert tempo.tempo(sound, tempo_range=(80, 95)).bpm == pytest.approx(87, rel=0.01)
    rivals = [bpm for bpm, _ in tempo.tempo(sound).candidates]
    assert min(abs(bpm - 174) for bpm in rivals) < 2


def test_the_true_tempo_fits_best_of_a_styles_tempi():
    candidates = [70, 74, 78, 82, 86, 90]
    for bpm in candidates:
        fits = tempo.tempo_fit(groove(bpm, jitter=0.008, swing=0.58), candidates)
        assert fits.shape == (6,)
        assert candidates[int(fits.argmax())] == bpm


def test_what_does_not_pulse_has_no_tempo():
    t = np.arange(10 * RATE) / RATE
    for sound in (np.zeros((2, 0)), np.zeros(10 * RATE), np.zeros(500), 0.3 * np.sin(2 * np.pi * 220 * t)):
        assert tempo.tempo(sound).confidence < 0.05
        assert np.isfinite(tempo.tempo_fit(sound, [60, 90])).all()
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, 20 * RATE))
    assert tempo.tempo(noise).confidence < 0.1


def test_impossible_questions_are_refused():
    with pytest.raises(BadInput):
        tempo.tempo(clicks(90), tempo_range=(120, 80))
    for candidates in ([], [0.0, 90.0], [-3]):
        with pytest.raises(BadInput):
            tempo.tempo_fit(clicks(90, 2), candidates)


@pytest.mark.parametrize(
    ("found", "right"),
    [(90, True), (45, True), (180, True), (270, True), (30.5, True), (93, True), (95, False), (120, False), (0, False)],
)
def test_octaves_are_tolerated_and_nothing_else(found: float, right: bool) -> None:
    assert tempo.same_up_to_octave(found, 90) is right


@pytest.mark.parametrize(
    ("found", "share", "words"),
    [
        (63.0, 1.0, "reads 63, as asked"),
        (64.5, 1.0, "reads 64, as asked"),
        (126.0, 0.5, "reads 126, double"),
        (31.5, 0.5, "reads 32, half"),
        (189.0, 0.5, "reads 189, triple"),
        (21.0, 0.5, "reads 21, a third"),
        (84.0, 0.0, "reads 84, another tempo"),
        (0.0, 0.0, "no pulse"),
    ],
)
def test_an_octave_error_is_stated_as_one(found: float, share: float, words: str) -> None:
    agreement = tempo.tempo_agreement(found, 63.0)
    assert (agreement.share, str(agreement)) == (share, words)
    assert tempo.same_up_to_octave(found, 63.0) is (share > 0)
