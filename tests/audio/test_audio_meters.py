"""Level, loudness and spectrum meters against signals whose readings are known."""

import numpy as np
import pytest

from producertwin.audio import edits, levels, loudness, spectrum
from producertwin.errors import BadInput

RATE = 48_000
EMPTY = np.zeros((2, 0), np.float32)
ODD = (EMPTY, np.zeros(0, np.float32), np.zeros((2, 1), np.float32), np.zeros((1, 999), np.float32), np.full(7, 0.5, np.float32))


def tone(db, seconds, hz=1000.0, degrees=0.0):
    """A stereo sine of `db` dBFS peak."""
    t = np.arange(round(seconds * RATE)) / RATE
    wave = 10 ** (db / 20) * np.sin(2 * np.pi * hz * t + np.radians(degrees))
    return np.tile(wave.astype(np.float32), (2, 1))


def steps(*parts):
    return np.concatenate([tone(db, seconds) for db, seconds in parts], axis=1)


@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(-23, 20)], -23.0),
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ],
)
def test_integrated_loudness_of_the_tech_3341_tones(parts, lufs):
    assert loudness.loudness(steps(*parts)) == pytest.approx(lufs, abs=0.1)


@pytest.mark.parametrize(
    ("parts", "lu"),
    [
        ([(-20, 20), (-30, 20)], 10),
        ([(-20, 20), (-15, 20)], 5),
        ([(-40, 20), (-20, 20)], 20),
        ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
    ],
)
def test_loudness_range_of_the_tech_3342_tones(parts, lu):
    assert loudness.loudness_range(steps(*parts)) == pytest.approx(lu, abs=0.1)


def test_what_the_band_levels_by_reads_as_the_meter_does():
    # BS.1770-4: a stereo 997 Hz sine at -23 dBFS in both channels reads -23 LUFS
    assert loudness.coarse(tone(-23, 6, 997)) == pytest.approx(-23.0, abs=0.15)
    assert loudness.loudest(tone(-23, 1, 997)) == pytest.approx(-23.0, abs=0.15)
    assert loudness.loudest(tone(-23, 1, 997)[0]) == loudness.loudest(tone(-23, 1, 997))
    assert loudness.coarse(steps((-36, 10), (-23, 60), (-36, 10))) == pytest.approx(-23.0, abs=0.15)
    music = noise(20) * np.repeat(np.random.default_rng(1).uniform(0.02, 0.5, 200), RATE // 10).astype(np.float32)
    assert loudness.coarse(music) == pytest.approx(loudness.loudness(music), abs=0.5)
    assert loudness.loudness(music) < loudness.loudest(music) < loudness.loudness(music) + 12


def test_one_channel_is_three_lu_below_two():
    assert loudness.loudness(tone(-20, 5)[0]) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("hz", "degrees", "truth"),
    [
        (RATE / 4, 0, -6.0),
        (RATE / 4, 45, -6.0),
        (RATE / 6, 60, -6.0),
        (RATE / 8, 67.5, -6.0),
        (997, 0, -6.0),
    ],
)
def test_true_peak_of_the_tech_3341_tones(hz, degrees, truth):
    reading = levels.true_peak_db(edits.fade(tone(-6.0, 1, hz, degrees), fade_in=0.1, fade_out=0.1))
    assert -0.4 <= reading - truth <= 0.2


def test_true_peak_sees_between_the_samples():
    sound = edits.fade(tone(-6.0, 0.5, RATE / 4, 45), fade_in=0.1, fade_out=0.1)
    assert levels.sample_peak_db(sound) == pytest.approx(-9.01, abs=0.01)
    assert levels.true_peak_db(sound) > levels.sample_peak_db(sound) + 2.9


def test_plain_levels():
    sound = tone(-6.0, 1)
    assert levels.sample_peak_db(sound) == pytest.approx(-6.0, abs=0.01)
    assert levels.rms_db(sound) == pytest.approx(-9.01, abs=0.01)
    assert levels.crest_db(sound) == pytest.approx(3.01, abs=0.01)
    assert levels.dc_offset(sound + np.array([[0.02], [-0.03]], np.float32)) == pytest.approx(0.03, abs=1e-4)


def test_silence_share_counts_blocks():
    sound = np.concatenate([tone(-20, 4), np.zeros((2, 4 * RATE), np.float32), tone(-70, 4)], axis=1)
    assert levels.silence_share(sound) == pytest.approx(2 / 3, abs=0.04)
    assert levels.silent_ends(sound) == pytest.approx((0, 8), abs=0.01)
    assert levels.silence_share(np.zeros((2, 9000))) == 1.0


def noise(seconds=3, seed=0):
    """Low-passed noise: a stand-in for a mix, peaking at 1."""
    white = np.random.default_rng(seed).standard_normal((2, round(seconds * RATE)))
    smooth = np.stack([np.convolve(channel, np.hanning(9), "same") for channel in white])
    return (smooth / np.abs(smooth).max()).astype(np.float32)


@pytest.mark.parametrize("turned_down", [0.0, -3.0, -8.0])
@pytest.mark.parametrize("share", [1e-3, 5e-3, 5e-2])
def test_clipping_is_seen_after_turning_down(turned_down, share):
    sound = noise()
    ceiling = np.quantile(np.abs(sound), 1 - share)
    clipped = edits.gain(np.clip(sound, -ceiling, ceiling), turned_down)
    assert 0.2 * share < levels.clipped_share(clipped) < 1.5 * share


def test_asymmetric_clipping_is_seen():
    assert levels.clipped_share(np.minimum(noise(), 0.3)) > 1e-3


@pytest.mark.parametrize("hz", [25.0, 41.2, 55.0, 440.0, 5000.0])
def test_clean_sound_is_not_clipped(hz):
    assert levels.clipped_share(tone(0, 1, hz)) == 0.0
    assert levels.clipped_share(tone(-12, 1, hz)) == 0.0
    assert levels.clipped_share(noise()) == 0.0


@pytest.mark.parametrize("hz", [41.2, 440.0])
def test_16_bit_files_of_clean_tones_are_not_clipped(hz):
    for db in (-3, -12, -24):
        assert levels.clipped_share(np.rint(tone(db, 1, hz) * 32767).astype(np.float32) / 32768) == 0.0


def test_dropouts_are_found_where_they_are():
    sound = noise()
    for start, length in ((1.0, 0.01), (2.0, 0.05), (2.5, 0.001)):
        sound[:, round(start * RATE) : round((start + length) * RATE)] = 0
    sound[:, -4800:] = 0  # an ending is no gap
    assert np.array(levels.dropouts(sound)) == pytest.approx(np.array([[1.0, 1.01], [2.0, 2.05]]), abs=1e-4)


def test_bands_share_the_energy():
    sound = tone(-12, 1, 100) + tone(-12, 1, 1000)
    shares = spectrum.band_energy(sound)
    assert shares[1] == pytest.approx(0.5, abs=0.01)
    assert shares[3] == pytest.approx(0.5, abs=0.01)
    assert spectrum.band_energy(sound, [(50, 200)]).shape == (1,)
    assert spectrum.roll_off(sound) == pytest.approx(1000, abs=12)


@pytest.mark.parametrize("cutoff", [11_000, 16_000])
def test_the_edge_of_a_low_passed_source_is_found(cutoff):
    white = np.random.default_rng(2).standard_normal((2, 3 * RATE))
    spectra = np.fft.rfft(white, axis=1)
    spectra[:, np.fft.rfftfreq(3 * RATE, 1 / RATE) > cutoff] = 0
    edge = spectrum.bandwidth_edge(np.fft.irfft(spectra, axis=1) * 0.1)
    assert edge.hz == pytest.approx(cutoff, abs=600)
    assert edge.drop_db > 20
    assert spectrum.bandwidth_edge(white * 0.1).drop_db < 6


def test_stereo_image():
    left, right = noise(1)
    assert spectrum.stereo_correlation(np.stack([left, left])) == pytest.approx(1)
    assert spectrum.stereo_correlation(np.stack([left, -left])) == pytest.approx(-1)
    assert abs(spectrum.stereo_correlation(np.stack([left, right]))) < 0.05


METERS = (
    levels.sample_peak_db,
    levels.true_peak_db,
    levels.rms_db,
    levels.crest_db,
    levels.dc_offset,
    levels.silence_share,
    levels.clipped_share,
    loudness.loudness,
    loudness.loudness_range,
    loudness.coarse,
    loudness.loudest,
    spectrum.roll_off,
    spectrum.stereo_correlation,
)


@pytest.mark.parametrize("meter", METERS, ids=lambda meter: meter.__name__)
def test_every_meter_gives_a_number_for_odd_shapes_and_refuses_what_is_not_sound(meter):
    for sound in ODD:
        assert np.isfinite(meter(sound))
    for wrong in (np.full((2, 9), np.nan), np.zeros((9, 2000)), np.zeros((2, 2, 2)), "sound"):
        with pytest.raises(BadInput):
            meter(wrong)


def test_silence_reads_the_floors():
    assert levels.sample_peak_db(EMPTY) == levels.true_peak_db(np.zeros((2, 100))) == levels.FLOOR_DB
    assert loudness.loudness(np.zeros((2, RATE))) == loudness.coarse(np.zeros((2, 100))) == loudness.GATE_LUFS
    assert loudness.loudest(np.zeros((2, 100))) == levels.FLOOR_DB
    assert spectrum.band_energy(EMPTY).sum() == 0
    assert levels.dropouts(EMPTY) == []
