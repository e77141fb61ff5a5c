"""What graphs are traced and compared with: a prompt, a lyric and a sound, passed from module to module as sampling passes them.

Two examples of different lengths: a batch of two with padding in every mask and an odd number of frames, and one item alone. The
sound, the noise and the words are the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from ...model.instrument import TIMBRE_FRAMES
from ...model.nano.spectral import OSCILLATORS
from ...model.sampling.prompts import lyrics_text, prompt_text
from ...model.sampling.request import Metas
from ...model.tasks import Task
from ...timebase import HOP, SAMPLE_RATE
from .graphs.catalogue import Facts, Graph

Tensors = Mapping[str, Tensor]
SHAPES: Final = ((2, 83), (1, 128))
"""Batch and frames of the two examples."""
_CAPTIONS: Final = ("lofi, rainy, rhodes, soft drums and a warm bass", "techno, dark, driving")
_LYRICS: Final = ("[Verse]\nRain on the window, the kettle is on\nNobody home till the morning is gone", "[Instrumental]")
_FIRST_FRAME: Final = 7
_CARRIED_AT: Final = 5
_LEVEL: Final = 0.6


class Examples:
    """Inputs and outputs of every graph's module, made when they are asked for; `build` makes the module of a graph."""

    shapes = SHAPES

    def __init__(self, build: Callable[[Graph], nn.Module], graphs: tuple[Graph, ...], tokenizer: Any, facts: Facts) -> None:
        self.build = build
        self.graphs = {graph.name: graph for graph in graphs}
        self.tokenizer = tokenizer
        self.facts = facts
        self.known: dict[str, list[tuple[Tensors, Tensors]]] = {}

    @torch.no_grad()
    def of(self, graph: Graph) -> list[tuple[Tensors, Tensors]]:
        """Inputs and outputs of a graph's module, for each example."""
        if graph.name not in self.known:
            given = [self._inputs(graph.name, place, *shape) for place, shape in enumerate(self.shapes)]
            module = self.build(graph)
            found: list[tuple[Tensors, Tensors]] = []
            for inputs in given:
                done = module(**inputs)
                outputs = (done,) if isinstance(done, Tensor) else tuple(done)
                found.append((inputs, dict(zip(graph.outputs, outputs, strict=True))))
            self.known[graph.name] = found
        return self.known[graph.name]

    def _after(self, name: str, place: int) -> Tensors:
        """What the graph `name` gives in an example."""
        return self.of(self.graphs[name])[place][1]

    def _inputs(self, name: str, place: int, batch: int, frames: int) -> Tensors:
        match name:
            case "codec_encoder":
                return {"audio": make_sound(batch, frames)}
            case "codec_decoder":
                return self._latents(place, batch)
            case "text_embedding":
                return {"ids": self._ids(_LYRICS[:batch], lambda text: lyrics_text(text, "en"))[0]}
            case "text_encoder":
                return {"embeddings": self._embed(self._prompts(batch)[0])}
            case "condition_encoder":
                return self._conditions(place, batch)
            case "transformer":
                return self._noisy(place)
            case "audio_tokenizer":
                return {"latents": self._sound_latents(place)}
            case "audio_codebook":
                return {"codes": self._after("audio_tokenizer", place)["codes"]}
        return {"points": self._after("audio_tokenizer", place)["points"]}

    def _latents(self, place: int, batch: int) -> Tensors:
        """The sound's latents as a tile that lies in a take."""
        carried = torch.rand(batch, len(OSCILLATORS), generator=torch.Generator().manual_seed(place), dtype=torch.float64)
        beside = {"first_frame": torch.tensor([_FIRST_FRAME]), "carried": carried, "carried_at": torch.tensor([_CARRIED_AT])}
        asked = self.graphs["codec_decoder"].inputs
        return {"latents": self._after("codec_encoder", place)["mean"]} | {k: v for k, v in beside.items() if k in asked}

    def _prompts(self, batch: int) -> tuple[Tensor, Tensor]:
        metas = Metas.of(84.0, "A minor", 4)
        return self._ids(_CAPTIONS[:batch], lambda text: prompt_text(text, Task.TEXT2MUSIC, (), metas, 30.0))

    def _ids(self, texts: tuple[str, ...], write: Callable[[str], str]) -> tuple[Tensor, Tensor]:
        """Ids of the texts, padded on the right, and which of them count."""
        rows = [self.tokenizer.encode(write(text)).ids for text in texts]
        longest = max(len(row) for row in rows)
        ids = torch.tensor([row + [row[-1]] * (longest - len(row)) for row in rows])
        return ids, torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]

    def _embed(self, ids: Tensor) -> Tensor:
        found: Tensor = self.build(self.graphs["text_embedding"])(ids)
        return found

    def _sound_latents(self, place: int) -> Tensor:
        """The sound's latents `(batch, frames, width)`."""
        return self._after("codec_encoder", place)["mean"].transpose(1, 2).contiguous()

    def _conditions(self, place: int, batch: int) -> Tensors:
        """One item has the sound and silence for references, the other the sound alone."""
        sound = self._sound_latents(place)
        sound = sound.repeat(1, -(-TIMBRE_FRAMES // sound.shape[1]), 1)[:, :TIMBRE_FRAMES]
        silence = self.facts.silence[:, :TIMBRE_FRAMES].expand_as(sound)
        mask = torch.ones(batch, 2, dtype=torch.bool)
        mask[1:, 1] = False
        lyrics, sung = self._ids(_LYRICS[:batch], lambda text: lyrics_text(text, "en"))
        return {
            "text": self._after("text_encoder", place)["states"],
            "text_mask": self._prompts(batch)[1],
            "lyrics": self._embed(lyrics),
            "lyrics_mask": sung,
            "references": torch.stack([sound, silence], 1),
            "references_mask": mask,
        }

    def _noisy(self, place: int) -> Tensors:
        """The sound under noise, beside silence that is all to be made."""
        sound, told = self._sound_latents(place), self._after("condition_encoder", place)
        noise = torch.randn(sound.shape, generator=torch.Generator().manual_seed(place))
        silence = self.facts.silence[:, : sound.shape[1]].expand_as(sound)
        return {
            "latents": (1 - _LEVEL) * sound + _LEVEL * noise,
            "level": torch.full((len(sound),), _LEVEL),
            "condition": told["condition"],
            "condition_mask": told["condition_mask"],
            "context": torch.cat([silence, torch.ones_like(silence)], -1),
        }


def make_sound(batch: int, frames: int) -> Tensor:
    """Chords that fade, over a little noise, `(batch, 2, samples)`."""
    time = torch.arange(frames * HOP, dtype=torch.float64) / SAMPLE_RATE
    pitches = torch.tensor([[110.0, 220.0, 277.2, 329.6], [98.0, 196.0, 246.9, 392.0]], dtype=torch.float64)[:batch]
    tones = torch.sin(2 * torch.pi * pitches[:, :, None] * time).sum(1) * torch.exp(-3 * (time % 0.7))
    noise = torch.randn(batch, 2, len(time), generator=torch.Generator().manual_seed(1)).double()
    return (0.1 * torch.stack([tones, tones.roll(37, -1)], 1) + 0.005 * noise).float()
