"""Chroma and key of chords made here."""

from functools import lru_cache

import numpy as np
import pytest

from producertwin.audio import key as tonal
from producertwin.errors import BadInput
from producertwin.music import KEYS, Key

RATE = 48_000
DEGREES = {"major": [(0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)], "minor": [(0, 3, 7), (8, 12, 15), (5, 8, 12), (7, 10, 14)]}


@lru_cache(maxsize=256)
def note(pitch, seconds, cents=0.0):
    """A decaying note with eight harmonics."""
    t = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)
    return sum(np.sin(2 * np.pi * hz * h * t) * np.exp(-t * h / 2) / h for h in range(1, 9)) * 0.05


def song(key, noise=0.01, cents=0.0):
    """I-vi-IV-V or i-VI-iv-v with the roots in the bass, over noise."""
    bars = [
        sum(note(pitch, 1.5, cents) for pitch in [48 + key.tonic + step for step in chord] + [36 + (key.tonic + chord[0]) % 12])
        for chord in DEGREES[key.mode] * 2
    ]
    sound = np.concatenate(bars)
    return (sound + noise * np.random.default_rng(0).standard_normal(len(sound))).astype(np.float32)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_every_key_is_found(key):
    found = tonal.key(song(key))
    assert found.key == key
    assert found.confidence > 0.5
    assert int(np.argmax(found.scores)) == KEYS.index(key)
    assert len(found.scores) == 24


@pytest.mark.parametrize("pitch", [33, 45, 60, 69, 83])
def test_a_single_note_is_one_class(pitch):
    shares = tonal.chroma(note(pitch, 2.0))
    assert shares.sum() == pytest.approx(1)
    assert shares[pitch % 12] > 0.85


def test_share_in_the_scale():
    key = Key(2, "minor")
    sound = song(key)
    assert tonal.in_scale_share(sound, key) > 0.97
    assert tonal.in_scale_share(sound, key.relative) == pytest.approx(tonal.in_scale_share(sound, key))
    assert tonal.in_scale_share(sound, Key(8, "minor")) < 0.4


def test_noise_does_not_hide_the_key():
    key = Key(5, "minor")
    assert tonal.in_scale_share(song(key, noise=0.05), key) > 0.9
    assert tonal.key(song(key, noise=0.05)).key == key


def test_a_sound_out_of_tune_counts_less():
    in_tune, between = (tonal.pitch_strengths(song(KEYS[0], cents=cents)).sum() for cents in (0, 45))
    assert between < 0.6 * in_tune


def test_odd_shapes_have_a_key_without_confidence():
    for sound in (np.zeros((2, 0)), np.zeros(100), np.zeros((2, RATE))):
        assert tonal.key(sound).confidence == 0
        assert tonal.chroma(sound).sum() == 0
        assert tonal.in_scale_share(sound, KEYS[0]) == 0
    assert tonal.chroma(np.full(300, 0.1)).shape == (12,)
    with pytest.raises(BadInput):
        tonal.key(np.full((2, 100), np.nan))
