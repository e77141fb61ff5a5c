"""The one record of meters: the same numbers as the meters themselves, each made once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from producertwin.audio import artefacts, key, levels, loudness, meters, spectrum, tempo
from producertwin.audio.meters import measure
from producertwin.errors import BadInput
from producertwin.music import Key

RATE = 48_000
BANDS = ((20.0, 200.0), (200.0, 5_000.0))


def beat(bpm: float = 90.0, seconds: float = 6.0, seed: int = 0) -> np.ndarray:
    """A chord with a drum on every beat, a little noise, left and right unlike, (2, n)."""
    t = np.arange(round(seconds * RATE)) / RATE
    rng = np.random.default_rng(seed)
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.2, 329.6)) * 0.05
    drum = np.exp(-30 * np.mod(t, 60 / bpm)) * rng.standard_normal(t.size) * 0.2
    return np.stack([chord + drum, chord * 0.8 + drum]).astype(np.float32)


SOUNDS = {"beat": beat(), "silence": np.zeros((2, RATE), np.float32), "mono": beat()[:1], "short": beat(seconds=0.05)}


@pytest.mark.parametrize("name", SOUNDS)
def test_every_meter_reads_what_it_reads_alone(name: str) -> None:
    sound = SOUNDS[name]
    found = measure(sound)
    assert found.peak_db == levels.sample_peak_db(sound)
    assert found.true_peak_db == levels.true_peak_db(sound)
    assert found.rms_db == levels.rms_db(sound)
    assert found.crest_db == levels.crest_db(sound)
    assert found.dc_offset == levels.dc_offset(sound)
    assert found.silence_share == levels.silence_share(sound)
    assert found.clipped_share == levels.clipped_share(sound)
    assert list(found.dropouts) == levels.dropouts(sound)
    assert found.loudness_lufs == loudness.loudness(sound)
    assert found.loudness_range == loudness.loudness_range(sound)
    assert found.stereo_correlation == spectrum.stereo_correlation(sound)
    assert found.edge == spectrum.bandwidth_edge(sound)
    assert found.roll_off(0.9) == spectrum.roll_off(sound, 0.9)
    assert (found.band_energy(BANDS) == spectrum.band_energy(sound, BANDS)).all()
    assert found.tempo() == tempo.tempo(sound)
    assert found.tempo((60.0, 100.0)) == tempo.tempo(sound, tempo_range=(60.0, 100.0))
    assert (found.tempo_fit([90, 97]) == tempo.tempo_fit(sound, [90, 97])).all()
    assert found.key == key.key(sound)
    assert (found.chroma == key.chroma(sound)).all()
    assert found.in_scale_share(Key.parse("A major")) == key.in_scale_share(sound, Key.parse("A major"))
    assert found.clicks == artefacts.clicks(sound)


def test_what_meters_share_is_made_once_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Counter[str] = Counter()

    def counted(module: object, name: str) -> None:
        plain = getattr(module, name)

        def call(*args: object, **options: object) -> object:
            made[name] += 1
            return plain(*args, **options)

        monkeypatch.setattr(module, name, call)

    shared = (
        (spectrum, "power_spectrum"),
        (tempo, "autocorrelate"),
        (meters, "pitch_strengths"),
        (artefacts, "over_time"),
    )
    for module, name in shared:
        counted(module, name)
    counted(meters.levels, "rms_db")
    found = measure(beat())
    assert not made
    for _ in range(2):
        _ = found.edge, found.roll_off(), found.band_energy(BANDS)
        _ = found.tempo(), found.tempo((60.0, 100.0)), found.tempo_fit([90])
        _ = found.key, found.chroma, found.in_scale_share(Key.parse("C major"))
        _ = found.flat_share, found.stuck_seconds, found.rms_db, found.crest_db
    assert made == dict.fromkeys(["power_spectrum", "autocorrelate", "pitch_strengths", "over_time", "rms_db"], 1)


def test_noise_is_flat_and_a_tone_is_stuck() -> None:
    t = np.arange(5 * RATE) / RATE
    tone = np.stack([np.sin(2 * np.pi * 440 * t)] * 2).astype(np.float32) * 0.3
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 5 * RATE)).astype(np.float32)
    assert (measure(noise).flat_share, measure(noise).stuck_seconds) == (1.0, 0.0)
    assert measure(tone).flat_share == 0.0
    assert measure(tone).stuck_seconds > 4.0
    assert measure(np.zeros((2, RATE), np.float32)).flat_share == 0.0


@pytest.mark.parametrize("wrong", [np.full((2, 9), np.nan, np.float32), np.zeros((9, 2_000)), "sound"])
def test_what_is_no_sound_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(BadInput):
        measure(wrong)
