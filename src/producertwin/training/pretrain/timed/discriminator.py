"""What tells the codec's copies from songs: convolutions over log spectra at three resolutions (after Jang et al. 2021, UnivNet).

Only magnitudes are looked at, since the codec's phases are its own. Losses: hinge, and the distance of the features inside
(Kumar et al. 2019), each relative to the size of the song's own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

RESOLUTIONS = ((4096, 1024), (2048, 512), (512, 128))
"""Window and hop of each."""
SLOPE = 0.2


class SpectrumCritic(nn.Module):
    """One resolution: audio `(batch, 2, samples)` to its features, the last of which is the verdict."""

    def __init__(self, window: int, hop: int, width: int) -> None:
        super().__init__()
        self.window, self.hop = window, hop
        plan = [(2, width, (3, 9), (1, 2)), (width, width, (3, 9), (1, 2)), (width, 2 * width, (3, 9), (2, 2))]
        plan += [(2 * width, 2 * width, (3, 3), (1, 2)), (2 * width, 2 * width, (3, 3), (1, 1))]
        self.layers = nn.ModuleList([weight_norm(nn.Conv2d(i, o, k, s, (k[0] // 2, k[1] // 2))) for i, o, k, s in plan])
        self.verdict = weight_norm(nn.Conv2d(2 * width, 1, 3, 1, 1))

    def forward(self, audio: Tensor) -> list[Tensor]:
        x = self.spectrum(audio)
        found = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
            found.append(x)
        return [*found, self.verdict(x)]

    def spectrum(self, audio: Tensor) -> Tensor:
        """Log magnitudes of mid and side, `(batch, 2, frames, bins)`, about one wide around zero."""
        with torch.autocast(audio.device.type, enabled=False):
            sides = torch.stack([audio[:, 0] + audio[:, 1], audio[:, 0] - audio[:, 1]], 1).float() / 2
            shape = torch.hann_window(self.window, device=audio.device)
            frames = sides.unfold(-1, self.window, self.hop) * shape
            spectrum = torch.fft.rfft(frames, norm="ortho")
            power = spectrum.real.square() + spectrum.imag.square()
            return (torch.log10(power + 1e-8) + 4) / 2


class Critics(nn.Module):
    """All resolutions."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.critics = nn.ModuleList([SpectrumCritic(window, hop, width) for window, hop in RESOLUTIONS])

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        return [critic(audio) for critic in self.critics]


def critics_loss(real: list[list[Tensor]], made: list[list[Tensor]]) -> Tensor:
    """Hinge: verdicts on songs above 1, on copies below -1."""
    pairs = zip(real, made, strict=True)
    return torch.stack([F.relu(1 - r[-1].float()).mean() + F.relu(1 + m[-1].float()).mean() for r, m in pairs]).mean()


def codec_loss(real: list[list[Tensor]], made: list[list[Tensor]]) -> tuple[Tensor, Tensor]:
    """What the codec minimises: the verdict on its copies, and the distance of their features."""
    verdicts = torch.stack([-m[-1].float().mean() for m in made]).mean()
    gaps = [
        (a.detach().float() - b.float()).abs().mean() / a.detach().float().abs().mean().clamp(min=1e-3)
        for r, m in zip(real, made, strict=True)
        for a, b in zip(r[:-1], m[:-1], strict=True)
    ]
    return verdicts, torch.stack(gaps).mean()
