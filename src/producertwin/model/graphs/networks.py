"""The networks of an instrument of graphs, as `sampling.networks.Networks` asks for them. Arrays are numpy's, float32.

Without a prompt the transformer attends to the unconditional vector alone: one token of it, for any number of equal tokens gives
what one gives.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BadInput
from ...timebase import HOP
from ..sampling.code_text import CODEBOOK, Codes
from ..sampling.numpy_generator import NumpyGenerator
from ..sampling.prompts import PromptTokens
from ..sampling.schedule import Schedule
from ..sampling.tiles import CONTEXT, cut_tiles
from .instrument import GraphInstrument

Floats = NDArray[np.float32]
TILE = 250
"""Frames that a decoder that carries phases is given at once, beside context."""
_DEVICE_BYTES = 8_000_000_000
"""Memory reckoned with on an accelerator, for onnxruntime does not tell."""


@dataclass(frozen=True, slots=True)
class GraphNetworks:
    """ONNX graphs. They wear no adapters: an adapter is merged before its graphs are made."""

    instrument: GraphInstrument

    def computing(self) -> AbstractContextManager[Any]:
        """As `Networks.computing`."""
        return nullcontext()

    def at_levels(self, levels: Sequence[float]) -> AbstractContextManager[Any]:  # noqa: ARG002 - no adapters
        """As `Networks.at_levels`."""
        return nullcontext()

    def list_idle_adapters(self, levels: Sequence[float]) -> Sequence[Any]:  # noqa: ARG002 - no adapters
        """As `Networks.list_idle_adapters`."""
        return ()

    def make_generator(self, seed: int) -> NumpyGenerator:
        """As `Networks.make_generator`."""
        return NumpyGenerator(seed)

    def describe_conditioning(self) -> Hashable:
        """As `Networks.describe_conditioning`."""
        return ()

    def describe_playing(self) -> Hashable:
        """As `Networks.describe_playing`."""
        return ()

    def encode_condition(self, prompt: PromptTokens, timbre: Floats) -> Floats:
        """As `Networks.encode_condition`."""
        text = self._run("text_encoder", embeddings=self._embed(prompt.text))["states"]
        lyrics = self._embed(prompt.lyrics)
        told = self._run(
            "condition_encoder",
            text=text,
            text_mask=_ones(text),
            lyrics=lyrics,
            lyrics_mask=_ones(lyrics),
            references=timbre[None],
            references_mask=_ones(timbre[None]),
        )
        found: Floats = told["condition"][0][told["condition_mask"][0]]
        return found

    def _embed(self, ids: Sequence[int]) -> Floats:
        return self._run("text_embedding", ids=np.asarray([ids], np.int64))["embeddings"]

    def _run(self, name: str, **inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        return self.instrument.runtime.run(name, **inputs)

    def encode_audio(self, audio: Floats) -> Floats:
        """As `Networks.encode_audio`."""
        return self._run("codec_encoder", audio=audio)["mean"]

    def decode_latents(self, latents: Floats, first_frame: int) -> Floats:
        """As `Networks.decode_latents`."""
        if self.decodes_whole:
            return self._decode_in_tiles(latents, first_frame)
        found: Floats = self._run("codec_decoder", latents=latents, first_frame=np.array([first_frame]))["audio"][0]
        return found

    def _decode_in_tiles(self, latents: Floats, first_frame: int) -> Floats:
        """Audio tile by tile; each is told what the oscillators have gained before it."""
        carried, pieces = np.zeros((1, self.instrument.facts.codec.carries)), []
        for first, last, start, end in cut_tiles(latents.shape[-1], TILE + 2 * CONTEXT):
            told = {"latents": latents[..., start:end], "first_frame": np.array([first_frame + start])}
            made = self._run("codec_decoder", **told, carried=carried, carried_at=np.array([first - start]))
            carried = made["carry"][:, last - start - 1]
            pieces.append(made["audio"][0, :, (first - start) * HOP : (last - start) * HOP])
        return np.concatenate(pieces, -1)

    @property
    def decodes_whole(self) -> bool:
        """As `Networks.decodes_whole`."""
        return self.instrument.facts.codec.carries > 0

    def frame_bytes(self) -> int:
        """As `Networks.frame_bytes`."""
        return self.instrument.facts.codec.frame_bytes

    def memory(self) -> tuple[int, int]:
        """As `Networks.memory`."""
        if self.instrument.device.type != "cpu":
            return _DEVICE_BYTES, _DEVICE_BYTES
        import psutil

        memory = psutil.virtual_memory()
        return memory.available, memory.total

    @property
    def codebook(self) -> int:
        """As `Networks.codebook`."""
        if not self.instrument.facts.has_codes:
            message = f"{self.instrument.variant} has no audio tokenizer, which audio codes need"
            raise BadInput(message, remedy="export a variant that has one")
        return CODEBOOK

    def encode_codes(self, latents: Floats) -> Codes:
        """As `Networks.encode_codes`."""
        return tuple(int(code) for code in self._code(latents)["codes"][0, :, 0])

    def decode_codes(self, codes: Codes) -> Floats:
        """As `Networks.decode_codes`."""
        points = self._run("audio_codebook", codes=np.asarray(codes, np.int64)[None, :, None])["points"]
        return self._run("audio_detokenizer", points=points)["latents"]

    def through_codes(self, latents: Floats) -> Floats:
        """As `Networks.through_codes`."""
        return self._run("audio_detokenizer", points=self._code(latents)["points"])["latents"][:, : latents.shape[1]]

    def _code(self, latents: Floats) -> dict[str, NDArray[Any]]:
        self.codebook  # noqa: B018 - raises where there is none
        return self._run("audio_tokenizer", latents=latents)

    def predict_along(self, schedule: Schedule, takes: int, *, compiled: bool, graphs: bool) -> GraphPredictor:  # noqa: ARG002
        """As `Networks.predict_along`; graphs are compiled already, and take any number of takes."""
        return GraphPredictor(self.instrument, schedule)

    def knows_lyric_heads(self) -> None:
        """As `Networks.knows_lyric_heads`: graphs do not show attention."""
        return

    def watch(self, shown: Floats, level: float, condition: Floats, context: Floats, frames: int) -> Floats:
        """As `Networks.watch`, which nobody asks of graphs."""
        raise NotImplementedError("graphs do not show attention")


@dataclass(frozen=True, slots=True)
class GraphPredictor:
    """The transformer's graph along one schedule."""

    instrument: GraphInstrument
    schedule: Schedule

    def gather(self, parts: Sequence[Floats]) -> Floats:
        """As `Predictor.gather`."""
        return np.concatenate(parts)

    def cache_conditions(self, conditions: Sequence[Floats]) -> tuple[Floats, NDArray[np.bool_]]:
        """Conditions side by side `(batch, tokens, hidden)`, and which tokens count."""
        lengths = [len(states) for states in conditions]
        padded = np.zeros((len(lengths), max(lengths), conditions[0].shape[1]), np.float32)
        for row, states in zip(padded, conditions, strict=True):
            row[: len(states)] = states
        return padded, np.arange(max(lengths))[None] < np.asarray(lengths)[:, None]

    def predict(self, x: Floats, place: int, around: Floats, conditions: tuple[Floats, NDArray[np.bool_]]) -> tuple[Floats, ...]:
        """As `Predictor.predict`."""
        t = self.schedule.levels_asked[place]
        found = self._ask(x, t, around, *conditions)
        low, high = self.schedule.ways.interval
        if self.schedule.guidance <= 1.0 or not low <= t <= high:
            return (found,)
        null = np.broadcast_to(self.instrument.null_condition.reshape(1, 1, -1), (len(x), 1, conditions[0].shape[2]))
        return found, self._ask(x, t, around, null, _ones(null))

    def predict_alone(self, x: Floats, place: int, around: Floats, conditions: tuple[Floats, NDArray[np.bool_]]) -> Floats:
        """As `Predictor.predict_alone`."""
        return self._ask(x, self.schedule.levels_asked[place], around, *conditions)

    def _ask(self, x: Floats, t: float, around: Floats, condition: Floats, mask: NDArray[np.bool_]) -> Floats:
        level = np.full(len(x), t, np.float32)
        told = {"latents": x, "level": level, "condition": condition, "condition_mask": mask, "context": around}
        return self.instrument.runtime.run("transformer", **told)["velocity"]


def _ones(states: NDArray[Any]) -> NDArray[np.bool_]:
    """A mask over `(batch, items, …)` under which everything counts."""
    return np.ones(states.shape[:2], np.bool_)
