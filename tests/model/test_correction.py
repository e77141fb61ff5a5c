"""DCW against its closed form, against matrices of the wavelets, and its properties.

Golden values: for haar the closed form of pairs, `mean + low · (mean - mean of clean)` and the same of half the difference; for
Daubechies' wavelets matrices built number by number from the published filters (Daubechies 1992, table 6.1), four digits by hand.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from producertwin.model.sampling.correction import Correction, Mode
from producertwin.model.sampling.options import SamplingOptions
from producertwin.model.sampling.wavelets import low_band, scaling_filter

X, CLEAN = (1.0, 3.0, 2.0, 0.0, 5.0), (0.0, 1.0, 1.0, 1.0, 2.0)
PUBLISHED = {
    "haar": (0.7071067812, 0.7071067812),
    "db2": (0.4829629131, 0.8365163037, 0.2241438680, -0.1294095226),
    "db3": (0.3326705530, 0.8068915093, 0.4598775021, -0.1350110200, -0.0854412739, 0.0352262919),
    "db4": (0.2303778133, 0.7148465706, 0.6308807679, -0.0279837694, -0.1870348117, 0.0308413818, 0.0328830117, -0.0105974018),
}


def column(values: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(values).reshape(1, -1, 1)


@pytest.mark.parametrize(
    ("mode", "printed"),
    [
        ("low", (1.05625, 3.05625, 2.0, 0.0, 5.05625)),
        ("high", (0.99375, 3.00625, 2.0125, -0.0125, 5.01875)),
        ("double", (1.05375, 3.05875, 2.005, -0.005, 5.06375)),
        ("pix", (1.05, 3.1, 2.05, -0.05, 5.15)),
    ],
)
def test_every_mode_in_figures(mode: Mode, printed: tuple[float, ...]) -> None:
    """t = 0.75; the odd last frame is paired with a zero."""
    assert np.allclose(Correction(mode, 0.05, 0.02, "haar")(column(X), column(CLEAN), 0.75).flatten(), printed, atol=1e-6)


def test_a_longer_wavelet_in_figures() -> None:
    found = Correction("double", 0.1, 0.06, "db4")(column(X), column(CLEAN), 0.5).flatten()
    assert np.allclose(found, (1.04416, 3.08482, 2.05691, -0.01055, 5.10468), atol=2e-5)


def by_pairs(x: NDArray[np.float64], clean: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """haar by its closed form, one pair after the other."""
    frames = len(x)
    x, clean = (np.append(row, 0.0) if frames % 2 else row for row in (x, clean))
    found = np.empty(len(x))
    for first in range(0, len(x), 2):
        (p, q), (p_clean, q_clean) = x[first : first + 2], clean[first : first + 2]
        mean, half = (p + q) / 2, (p - q) / 2
        mean += low * (mean - (p_clean + q_clean) / 2)
        half += high * (half - (p_clean - q_clean) / 2)
        found[first : first + 2] = mean + half, mean - half
    return found[:frames]


@pytest.mark.parametrize("frames", [1, 2, 7, 128])
@pytest.mark.parametrize("t", [1.0, 0.3])
def test_haar_by_pairs(frames: int, t: float) -> None:
    x, clean = (torch.randn(2, frames, 3, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    found = Correction("double", 0.4, 0.3, "haar")(x, clean, t)
    for batch, width in np.ndindex(2, 3):
        told = by_pairs(x[batch, :, width].double().numpy(), clean[batch, :, width].double().numpy(), t * 0.4, (1 - t) * 0.3)
        assert np.allclose(found[batch, :, width], told, atol=1e-5)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("frames", [1, 5, 8, 33])
def test_low_bands_by_their_matrix(name: str, frames: int) -> None:
    weights = np.array(PUBLISHED[name])
    assert np.allclose(scaling_filter(name), weights, atol=1e-9)
    count = (frames + len(weights) - 1) // 2
    analysis = np.zeros((count, frames))
    for k in range(count):
        for m, weight in enumerate(weights):
            place = 2 * k + m + 2 - len(weights)
            if 0 <= place < frames:
                analysis[k, place] = weight
    signal = torch.randn(1, frames, 2, generator=torch.Generator().manual_seed(3))
    assert np.allclose(low_band(signal, name)[0], analysis.T @ analysis @ signal[0].double().numpy(), atol=1e-5)


def names() -> tuple[str, ...]:
    return tuple(SamplingOptions.model_json_schema()["properties"]["dcw_wavelet"]["enum"])


@pytest.mark.parametrize("name", names())
def test_every_wavelet_is_orthogonal_and_has_its_moments(name: str) -> None:
    weights = np.array(scaling_filter(name))
    moments = len(weights) // 2
    assert sum(weights) == pytest.approx(2**0.5)
    for shift in range(moments):
        assert weights[2 * shift :] @ weights[: len(weights) - 2 * shift] == pytest.approx(float(shift == 0), abs=1e-8)
    signs = (-1.0) ** np.arange(len(weights))
    places = np.arange(len(weights)) / len(weights)
    assert all(abs(signs * weights @ places**power) < 1e-6 for power in range(moments))


@pytest.mark.parametrize("mode", ["low", "high", "double", "pix"])
def test_nothing_is_corrected_by_a_share_of_zero_or_where_the_step_arrived(mode: Mode) -> None:
    x, clean = column(X), column(CLEAN)
    assert torch.equal(Correction(mode, 0.0, 0.0, "db3")(x, clean, 0.7), x)
    assert torch.equal(Correction(mode, 0.5, 0.5, "db3")(x, x, 0.7), x)


def test_a_constant_lies_in_the_low_band_and_an_alternation_in_the_high_one() -> None:
    ones, alternating = torch.ones(1, 64, 1), torch.tensor([1.0, -1.0]).repeat(32).reshape(1, 64, 1)
    inner = slice(20, 44)
    for name in names():
        assert torch.allclose(low_band(ones, name)[:, inner], ones[:, inner], atol=1e-5)
        assert float(low_band(alternating, name)[:, inner].abs().max()) < 1e-5
