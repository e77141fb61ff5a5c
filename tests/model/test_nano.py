"""The shipped weights: they load, obey the loop's promises, and make music rather than noise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import noise_of, pipeline_of

from producertwin.audio.levels import sample_peak_db, silence_share
from producertwin.audio.meters import measure
from producertwin.audio.spectrum import stereo_correlation
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.metrics.adherence import candidate_tempi, tempo_is_best
from producertwin.metrics.similarity import harmony
from producertwin.model.instrument import Instrument, write_index
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import InputSound, Metas, Request, Samples, Sampling, StartPoint
from producertwin.model.tasks import Task
from producertwin.model.variants.catalogue import NANO, VARIANTS, card_of
from producertwin.model.variants.load import load
from producertwin.music import Key
from producertwin.quality.detectors.colour import find_shimmer
from producertwin.quality.detectors.profile import read_profile
from producertwin.settings import Settings

METAS = Metas(bpm=84, key=Key.parse("D minor"), meter=4)
CAPTION = "lofi hip hop, chill, rhodes, upright bass, dusty drums"


@pytest.fixture(scope="module")
def nano(settings: Settings) -> Instrument:
    return load("nano", settings, dtype=torch.float32)


@pytest.fixture(scope="module")
def song() -> Samples:
    return render(compose("CORE-01", seed=3, bpm=84, key="D minor", seconds=8.0), seconds=8.0).mix


def test_the_package_stays_small_and_whole() -> None:
    files = [path for path in NANO.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 60 * 10**6
    assert {"model_index.json", "twin.json", "training.json", "README.md"} <= {path.name for path in NANO.iterdir()}
    assert not [path for path in files if path.suffix in (".pt", ".bin", ".ckpt", ".pkl")]


def test_the_card_beside_the_weights_is_the_catalogues_with_the_facts_of_training() -> None:
    card, shipped = VARIANTS["nano"].card, card_of(NANO)
    facts = {name: getattr(shipped, name) for name in ("form", "words", "revision", "licence")}
    assert shipped == card.model_copy(update=facts)
    assert shipped.form and shipped.words and shipped.revision and shipped.licence


def test_a_written_index_names_what_diffusers_has(nano: Instrument, tmp_path: Path) -> None:
    import diffusers

    write_index({"vae": ["diffusers", "AutoencoderOobleck"]}, nano.card, tmp_path)
    index = json.loads((tmp_path / "model_index.json").read_text())
    named = [index["_class_name"], *(entry[1] for entry in index.values() if entry[0] == "diffusers")]
    assert len(named) == 3 and all(hasattr(diffusers, name) for name in named)
    assert card_of(tmp_path) == nano.card


@pytest.mark.thorough
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_it_makes_what_diffusers_makes_of_it(nano: Instrument, guidance: float) -> None:
    pipe: Any = pipeline_of(nano)
    noise = noise_of(5, 150, 64)
    said = {"bpm": 84, "keyscale": "D minor", "timesignature": "4", "vocal_language": "unknown", "lyrics": "[Instrumental]"}
    walk = {"num_inference_steps": 5, "guidance_scale": guidance, "shift": 1.0, "output_type": "latent"}
    theirs = pipe(prompt=CAPTION, latents=noise, audio_duration=6.0, **said, **walk).audios
    sampling = Sampling(steps=5, guidance=guidance, shift=1.0)
    request = Request(CAPTION, 6.0, 5, metas=METAS, sampling=sampling)
    [ours] = engine.generate(without_metronome(nano), [request])
    assert np.abs(ours.latents - theirs[0].numpy()).max() <= 1e-4
    [counted] = engine.generate(nano, [request])
    assert np.abs(ours.latents - counted.latents).max() > 0.1


def without_metronome(nano: Instrument) -> Instrument:
    return replace(nano, card=nano.card.model_copy(update={"metronome": False}))


@pytest.mark.thorough
def test_a_take_is_music_and_the_same_bytes_again(nano: Instrument) -> None:
    request = Request(CAPTION, 6.0, 7, metas=METAS, sampling=Sampling(steps=8))
    first, again = (engine.generate(nano, [request])[0] for _ in range(2))
    assert first.audio.tobytes() == again.audio.tobytes()
    assert first.audio.shape == (2, 6 * 48_000)
    assert sample_peak_db(first.audio) <= 0.0 and silence_share(first.audio) < 0.2
    spectrum = np.abs(np.fft.rfft(first.audio.mean(0))) ** 2
    hz = np.fft.rfftfreq(first.audio.shape[1], 1 / 48_000)
    assert spectrum[hz < 2_000].sum() > 4 * spectrum[hz >= 2_000].sum()
    assert stereo_correlation(first.audio) > 0.2


@pytest.fixture(scope="module")
def codec_copy(nano: Instrument, song: Samples) -> Samples:
    return engine.decode(nano, engine.encode(nano, song))[:, : song.shape[1]]


def likeness(first: Samples, second: Samples) -> float:
    """Correlation of two log spectra from 30 Hz to 2 kHz in steps of 1 Hz: high only when the same notes sound."""
    spectra = [
        np.log10(np.abs(np.fft.rfft(x.mean(0) * np.hanning(x.shape[1])))[240:16_000].reshape(-1, 8).mean(1))
        for x in (first, second)
    ]
    return float(np.corrcoef(*spectra)[0, 1])


@pytest.mark.thorough
def test_the_codec_keeps_pitch(song: Samples, codec_copy: Samples) -> None:
    assert likeness(song, codec_copy) > 0.8


def test_a_codec_copy_is_nearer_to_its_song_than_to_the_song_in_another_key(song: Samples, codec_copy: Samples) -> None:
    other = render(compose("CORE-01", seed=3, bpm=84, key="Ab minor", seconds=8.0), seconds=8.0).mix
    assert likeness(song, codec_copy) > likeness(other, codec_copy) + 0.05


def test_the_codec_plays_noise_as_noise(song: Samples, codec_copy: Samples) -> None:
    assert not find_shimmer(read_profile(codec_copy))
    heard, made = (flatness(x, 5_000.0, 10_000.0) for x in (song, codec_copy))
    assert made < heard + 0.05  # the crackle of the song is what the copy has less of


def flatness(sound: Samples, low: float, high: float) -> float:
    """Geometric over arithmetic mean of the power between two frequencies, mean over windows of 85 ms that sound."""
    windows = np.lib.stride_tricks.sliding_window_view(sound.mean(0), 4_096)[::2_048] * np.hanning(4_096)
    power = np.abs(np.fft.rfft(windows)[:, int(low * 4_096 / 48_000) : int(high * 4_096 / 48_000)]) ** 2 + 1e-9
    loud = power.mean(1) > 1e-6
    return float((np.exp(np.log(power).mean(1)) / power.mean(1))[loud].mean())


def test_the_codec_keeps_level_and_width(song: Samples, codec_copy: Samples) -> None:
    copy = codec_copy
    loudness = [10 * np.log10(np.mean(x**2)) for x in (song, copy)]
    assert abs(loudness[0] - loudness[1]) < 3.0
    assert abs(stereo_correlation(song) - stereo_correlation(copy)) < 0.35


@pytest.mark.thorough
def test_a_sketch_decides_more_the_later_it_starts(nano: Instrument, song: Samples) -> None:
    sketch = engine.encode(nano, song)

    def away(t: float) -> float:
        start = StartPoint(InputSound(latents=sketch), t)
        request = Request(CAPTION, 8.0, 11, metas=METAS, start=start, sampling=Sampling(steps=8))
        return float(np.abs(engine.generate(nano, [request])[0].latents - sketch).mean())

    near, far = away(0.4), away(0.9)
    assert 0.02 < near < far


@pytest.mark.thorough
def test_repaint_keeps_the_rest_sample_for_sample(nano: Instrument, song: Samples) -> None:
    request = Request(CAPTION, 8.0, 3, task=Task.REPAINT, metas=METAS, source=InputSound(audio=song), windows=((3.0, 5.0),),
                      sampling=Sampling(steps=6))  # fmt: skip
    [take] = engine.generate(nano, [request])
    gain = take.audio[0, 48_000] / song[0, 48_000]
    outside = np.r_[0 : int(2.9 * 48_000), int(5.1 * 48_000) : song.shape[1]]
    assert np.allclose(take.audio[:, outside], song[:, outside] * gain, atol=1e-6)
    assert (
        np.abs(
            take.audio[:, 3 * 48_000 + 9_600 : 5 * 48_000 - 9_600] - song[:, 3 * 48_000 + 9_600 : 5 * 48_000 - 9_600] * gain
        ).max()
        > 0.01
    )


def test_its_codec_is_known_to_keep_no_phase(nano: Instrument) -> None:
    assert not nano.keeps_phase


@pytest.mark.thorough
def test_a_cover_keeps_the_harmony_in_another_sound(nano: Instrument, song: Samples) -> None:
    other = render(compose("CORE-01", seed=9, bpm=84, key="Ab minor", seconds=8.0), seconds=8.0).mix
    request = Request("synthwave, driving, saw lead", 8.0, 3, task=Task.COVER, metas=METAS, source=InputSound(audio=song))
    [take] = engine.generate(nano, [request])
    assert harmony(take.audio, song) > harmony(take.audio, other) + 0.2
    assert harmony(take.audio, song) > 0.4


@pytest.mark.thorough
@pytest.mark.parametrize("bpm", [76, 124])
def test_words_alone_keep_the_tempo(nano: Instrument, bpm: int) -> None:
    metas = Metas(bpm=bpm, key=Key.parse("A minor"), meter=4)
    [take] = engine.generate(nano, [Request("house, uplifting, piano, 909 drums", 10.0, 3, metas=metas)])
    assert tempo_is_best(measure(take.audio), candidate_tempi(70, 130, bpm))
