"""Edits: lengths, levels and what stays untouched."""

import numpy as np
import pytest

from producertwin.audio import edits, masking
from producertwin.errors import BadInput

RATE = 48_000


def noise(seconds=1.0, seed=0, level=0.1):
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal((2, round(seconds * RATE)))).astype(np.float32)


def test_trim_takes_exactly_the_part():
    sound = noise()
    assert np.array_equal(edits.trim(sound, 0.25, 0.75), sound[:, 12_000:36_000])
    assert np.array_equal(edits.trim(sound), sound)


@pytest.mark.parametrize(("start", "end"), [(-0.1, 0.5), (0.5, 0.5), (0.8, 0.2), (0.0, 1.5), (1.0, None)])
def test_trim_refuses_regions_outside(start, end):
    with pytest.raises(BadInput):
        edits.trim(noise(), start, end)


def test_fades_rise_from_nothing_to_all():
    faded = edits.fade(np.ones((2, RATE), np.float32), fade_in=0.1, fade_out=0.2)
    assert faded[0, 0] < 0.01
    assert faded[0, -1] < 0.01
    assert np.all(faded[:, 4_800:38_400] == 1)
    assert np.all(np.diff(faded[0, :4_800]) >= 0)
    assert np.all(np.diff(faded[0, -9_600:]) <= 0)
    assert edits.fade(np.ones((1, 10)), fade_in=5.0).shape == (1, 10)


def test_fit_length_cuts_or_fills():
    sound = noise()
    assert np.array_equal(edits.fit_length(sound, 60_000)[:, :RATE], sound)
    assert not edits.fit_length(sound, 60_000)[:, RATE:].any()
    assert np.abs(edits.fit_length(sound, 10_000, fade_out=0.1)[:, -1]).max() < 1e-4
    with pytest.raises(BadInput):
        edits.fit_length(sound, 0)


def test_to_stereo_doubles_and_folds():
    one = noise()[:1]
    assert np.array_equal(edits.to_stereo(one[0]), np.concatenate([one, one]))
    assert edits.to_stereo(np.zeros((6, 100))).shape == (2, 100)


def cut_out(mix, stem, others):
    wanted = masking.magnitudes(stem)
    return masking.cut_out(mix, wanted, sum((masking.magnitudes(other) for other in others), wanted))


def phase_free(sound):
    """The same spectrogram with other phases: upside down, 5 ms late and a decibel too quiet."""
    return edits.gain(-np.roll(sound, 240, axis=1), -1.0)


def test_a_mask_cuts_a_stem_out_of_a_mix():
    t = np.arange(2 * RATE) / RATE
    bass = np.tile((0.4 * np.sin(2 * np.pi * 110 * t) * (np.sin(np.pi * 2 * t) > 0)).astype(np.float32), (2, 1))
    rest = np.tile((0.3 * np.sin(2 * np.pi * 1760 * t)).astype(np.float32), (2, 1)) + noise(2, level=0.01)
    cut = cut_out(bass + rest, phase_free(bass), [phase_free(rest)])
    before = 10 * np.log10((bass**2).sum() / (rest**2).sum())
    after = 10 * np.log10((bass**2).sum() / ((cut - bass) ** 2).sum())
    assert after > before + 8
    naive = 10 * np.log10((bass**2).sum() / ((phase_free(bass) - bass) ** 2).sum())
    assert after > naive + 8


def test_stems_that_are_cut_out_beside_each_other_sum_to_their_mix():
    stems = [noise(2, seed=seed, level=0.1 * seed) for seed in (1, 2, 3)]
    mix = np.sum(stems, axis=0)
    others = [[other for other in stems if other is not stem] for stem in stems]
    cuts = [cut_out(mix, stem, rest) for stem, rest in zip(stems, others, strict=True)]
    assert np.sum(cuts, axis=0) == pytest.approx(mix, abs=1e-5)
    levels = [float(np.std(cut)) for cut in cuts]
    assert levels == sorted(levels)


@pytest.mark.thorough
def test_mask_limits():
    mix = noise()
    assert cut_out(mix, 2 * mix, []) == pytest.approx(mix, abs=1e-5)
    assert cut_out(mix, mix, [mix, mix, mix]) == pytest.approx(mix / 4, abs=1e-5)
    assert np.abs(cut_out(mix, np.zeros_like(mix), [mix])).max() < 1e-6
    assert not cut_out(mix, np.zeros_like(mix), []).any()
    assert cut_out(mix[:, :5], mix[:, :5], []).shape == (2, 5)
    cells = masking.magnitudes(mix)
    for wanted, claimed in ((cells[:, :-1], cells), (cells, cells[:, :-1]), (cells[:1], cells[:1])):
        with pytest.raises(BadInput, match="differ in shape"):
            masking.cut_out(mix, wanted, claimed)
