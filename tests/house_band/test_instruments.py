"""Every patch and every drum sounds, in tune, without clicks or offset."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.audio.loudness import loudest
from producertwin.errors import BadInput
from producertwin.house_band.drum_sounds import Hit
from producertwin.house_band.instruments import PATCHES, REFERENCE_DB, find, note, stem_of
from producertwin.house_band.kit import CLAP, CLOSED, KICK, OPEN, RIM, SNARE, play
from producertwin.house_band.kits import KITS
from producertwin.house_band.oscillators import Sound, Tone, bank, edges, moving_bank
from producertwin.music import STEMS

RATE = 48_000
PITCHED = [name for name, patch in PATCHES.items() if patch.tuned]
EXPECTED = {
    "keyboard": "piano felt_piano fm_epiano wurli organ clav harpsi music_box celesta",
    "synth": "pad_warm pad_air pad_strings saw_lead square_lead sine_lead supersaw pluck fm_bell chip_square chip_triangle "
    "arp_saw stab",
    "bass": "upright_bass electric_bass slap_bass sub_808 saw_bass fm_bass reese acid_bass chip_bass sine_bass",
    "guitar": "nylon_guitar steel_guitar clean_guitar muted_guitar drive_guitar ukulele",
    "strings": "string_section solo_violin cello pizzicato harp koto",
    "woodwinds": "flute clarinet sax soprano_sax shakuhachi",
    "brass": "trumpet muted_trumpet brass_section trombone french_horn",
    "vocals": "vocal_ah vocal_oo vocal_hum vocal_woman vocal_man vocal_chop vocal_speech",
    "backing_vocals": "choir_ah choir_oo",
    "percussion": "shaker congas sleigh_bells tambourine claves woodblocks finger_snaps wind_chimes",
    "drums": "boom_bap dusty acoustic brushes kit_808 kit_909 techno breaks gated drill rock toy",
    "fx": "riser impact reverse_cymbal vinyl_stop noise_sweep zap birds church_bell",
}


def spectrum(sound: Sound, samples: int = 2**18) -> tuple[np.ndarray, np.ndarray]:
    mono = np.atleast_2d(sound).mean(axis=0)[RATE // 20 :]
    magnitude = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), samples))
    return magnitude, np.fft.rfftfreq(samples, 1.0 / RATE)


def cents_off(sound: Sound, freq: float) -> float:
    """Distance of the strongest of the first three partials from where equal temperament wants it."""
    magnitude, bins = spectrum(sound)
    found = []
    for partial in (1, 2, 3):
        near = np.abs(1200.0 * np.log2(np.maximum(bins, 1.0) / (freq * partial))) < 90.0
        peak = int(np.argmax(np.where(near, magnitude, 0.0)))
        found.append((magnitude[peak], 1200.0 * np.log2(bins[peak] / (freq * partial))))
    return float(max(found)[1])


@pytest.mark.parametrize("stem", EXPECTED)
def test_every_patch_knows_its_stem(stem: str) -> None:
    names = EXPECTED[stem].split()
    assert stem in STEMS
    assert {stem_of(name) for name in names} == {stem}


def test_the_tables_hold_nothing_else() -> None:
    assert {*PATCHES, *KITS} == {name for names in EXPECTED.values() for name in names.split()}


@pytest.mark.parametrize("name", PITCHED)
def test_patch_is_in_tune(name: str) -> None:
    for shift in (-5, 8):
        pitch = PATCHES[name].centre + shift
        sound = note(name, pitch, 0.75, int(1.2 * RATE))
        freq = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        magnitude, bins = spectrum(sound)
        assert abs(cents_off(sound, freq)) <= 15.0
        # the pitch asked for, or its octave, is among what is heard most
        strongest_bin = bins[int(np.argmax(magnitude))]
        assert strongest_bin / freq == pytest.approx(round(strongest_bin / freq), abs=0.03)


@pytest.mark.parametrize("name", PATCHES)
def test_patch_is_clean(name: str) -> None:
    patch = PATCHES[name]
    sound = note(name, patch.centre, 0.8, int(1.2 * RATE))
    assert sound.dtype == np.float32
    assert sound.shape in ((sound.shape[-1],), (2, sound.shape[-1]))
    assert np.all(np.isfinite(sound))
    assert 0.03 < float(np.abs(sound).max()) < 2.5
    assert float(np.abs(sound[..., 0]).max()) < 0.02
    assert abs(float(sound.mean())) < 0.002
    assert loudest(sound) == pytest.approx(REFERENCE_DB, abs=4.5)


@pytest.mark.parametrize("name", ["piano", "fm_epiano", "trumpet", "sax", "saw_bass", "nylon_guitar", "vocal_ah"])
def test_velocity_brightens(name: str) -> None:
    def centre(velocity: float) -> float:
        magnitude, bins = spectrum(note(name, PATCHES[name].centre, velocity, RATE))
        return float((magnitude**2 * bins).sum() / (magnitude**2).sum())

    assert centre(0.95) > centre(0.25) * 1.01


def test_notes_repeat_to_the_byte_in_any_order() -> None:
    first = {name: note(name, 60, 0.6, RATE // 2) for name in ("piano", "flute", "choir_ah")}
    for name in reversed(first):
        assert note(name, 60, 0.6, RATE // 2).tobytes() == first[name].tobytes()


@pytest.mark.parametrize("name", KITS)
def test_kit_sounds(name: str) -> None:
    kit = KITS[name]
    numbers = {kit.sound(pitch) for pitch in (KICK, SNARE, RIM, CLAP, CLOSED, OPEN, 51, 49)}
    for pitch in numbers:
        sound = play(kit, pitch, Hit(0.8, np.random.default_rng(1)))
        assert sound.dtype == np.float32
        assert np.all(np.isfinite(sound))
        assert 0.05 < float(np.abs(sound).max()) < 2.5
        assert float(np.abs(sound[..., -1]).max()) < 1e-3
        assert abs(float(sound.mean())) < 0.01


def test_every_drum_number_plays_in_every_kit() -> None:
    for kit in KITS.values():
        assert all(kit.sound(pitch) in kit.sounds for pitch in range(128))
    rack = KITS["acoustic"]
    peaks = [np.abs(play(rack, pitch, Hit(0.7, np.random.default_rng(2)))).max() for pitch in rack.sounds]
    assert len(peaks) >= 25
    assert min(peaks) > 0.05


def test_kicks_are_low_and_hats_are_high() -> None:
    for name in ("boom_bap", "kit_808", "kit_909", "rock", "dusty"):
        kit = KITS[name]
        middle = []
        for pitch in (KICK, SNARE, CLOSED):
            magnitude, bins = spectrum(
                np.pad(np.atleast_2d(play(kit, pitch, Hit(0.8, np.random.default_rng(3)))), ((0, 0), (2_400, 0)))
            )
            middle.append(float((magnitude**2 * bins).sum() / (magnitude**2).sum()))
        assert middle[0] < 250.0 < middle[1] < middle[2]
        assert middle[2] > 3_000.0


def test_unknown_patch_is_named() -> None:
    with pytest.raises(BadInput, match="kazoo") as caught:
        find("kazoo")
    assert caught.value.remedy


def test_bank_is_a_sum_of_dying_sines() -> None:
    freqs, decays = np.array([441.3, 1_234.5]), np.array([0.7, 0.3])
    amps, phases = np.array([[1.0, 0.5], [0.2, 0.9]]), np.array([0.3, 1.1])
    time = np.arange(20_000) / RATE
    waves = np.sin(2 * np.pi * freqs[:, None] * time + phases[:, None]) * np.exp(-np.log(1000.0) * time / decays[:, None])
    np.testing.assert_allclose(bank(freqs, amps, 20_000, decays=decays, phases=phases), amps @ waves, atol=2e-5)


def test_swept_follows_its_levels() -> None:
    samples = 5_000
    levels = np.linspace(0.0, 1.0, len(edges(samples)))[:, None]
    end = edges(samples)[-1]
    time = np.arange(samples) / RATE
    expected = np.sin(2 * np.pi * 600.0 * time) * time / end
    np.testing.assert_allclose(moving_bank(np.array([600.0]), levels, samples)[0], expected, atol=2e-5)


def test_nothing_aliases_at_the_top_of_the_range() -> None:
    for name in ("saw_lead", "supersaw", "chip_square"):
        magnitude, bins = spectrum(note(name, 100, 0.9, RATE))
        between = (bins > 100.0) & (bins < 440.0 * 2.0 ** (31 / 12.0) * 0.9)
        assert magnitude[between].max() < magnitude.max() * 0.01


def test_tone_is_tempered_to_a4() -> None:
    assert Tone(69, 1, 0.5, np.random.default_rng(0)).freq == 440.0
