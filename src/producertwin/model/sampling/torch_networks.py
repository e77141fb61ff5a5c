"""The networks of an instrument of torch's modules, as `networks.Networks` asks for them."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..adapters.attach import Attached, acting_on, attached_to
from ..adapters.by_level import ByLevel, by_level
from ..instrument import Instrument, frame_bytes
from . import audio_codes, flow
from .code_text import Codes
from .denoiser import Denoiser
from .lyric_heads import watched_heads
from .prediction import Prediction
from .prompts import PromptTokens
from .schedule import Schedule
from .timbre import pack, words


@dataclass(frozen=True, slots=True)
class TorchNetworks:
    """Torch's modules."""

    instrument: Instrument

    def computing(self) -> AbstractContextManager[Any]:
        """As `Networks.computing`."""
        return torch.inference_mode()

    @contextmanager
    def at_levels(self, levels: Sequence[float]) -> Iterator[None]:
        """As `Networks.at_levels`."""
        with by_level(self.instrument) as adapters:
            adapters.let_act(adapters.in_any(levels))
            yield

    def list_idle_adapters(self, levels: Sequence[float]) -> Sequence[Attached]:
        """As `Networks.list_idle_adapters`."""
        adapters = ByLevel(self.instrument)
        return [one for one, acts in zip(adapters.adapters, adapters.in_any(levels), strict=True) if not acts]

    def make_generator(self, seed: int) -> torch.Generator:
        """As `Networks.make_generator`."""
        return flow.generator(seed)

    def describe_conditioning(self) -> Hashable:
        """As `Networks.describe_conditioning`."""
        return acting_on(self.instrument.condition_encoder)

    def describe_playing(self) -> Hashable:
        """As `Networks.describe_playing`."""
        return tuple((one.adapter.revision, one.scale, one.levels) for one in attached_to(self.instrument))

    def encode_condition(self, prompt: PromptTokens, timbre: Tensor) -> Tensor:
        """As `Networks.encode_condition`."""
        text, lyrics = words(self.instrument, prompt)
        return pack(self.instrument.condition_encoder, text, lyrics, timbre.to(text), token=self.instrument.has_timbre_token)

    @torch.inference_mode()
    def encode_audio(self, audio: NDArray[np.float32]) -> Tensor:
        """As `Networks.encode_audio`."""
        vae = self.instrument.vae
        part = torch.from_numpy(audio).to(device=self.instrument.device, dtype=vae.dtype)
        found: Tensor = vae.encode(part).latent_dist.mode().float().cpu()
        return found

    @torch.inference_mode()
    def decode_latents(self, latents: Tensor, first_frame: int) -> NDArray[np.float32]:
        """As `Networks.decode_latents`."""
        vae = self.instrument.vae
        placed = {"first_frame": first_frame} if "first_frame" in inspect.signature(vae.decode).parameters else {}
        part = latents.to(device=self.instrument.device, dtype=vae.dtype)
        found: NDArray[np.float32] = vae.decode(part, **placed).sample[0].float().cpu().numpy()
        return found

    @property
    def decodes_whole(self) -> bool:
        """As `Networks.decodes_whole`."""
        return bool(getattr(self.instrument.vae, "tiles_itself", False))

    def frame_bytes(self) -> int:
        """As `Networks.frame_bytes`."""
        return frame_bytes(self.instrument.vae.config)

    def memory(self) -> tuple[int, int]:
        """As `Networks.memory`."""
        if self.instrument.device.type == "cuda":
            return torch.cuda.mem_get_info(self.instrument.device)
        import psutil

        memory = psutil.virtual_memory()
        return memory.available, memory.total

    @property
    def codebook(self) -> int:
        """As `Networks.codebook`."""
        tokenizer, _ = audio_codes.require_tokenizer(self.instrument)
        return int(tokenizer.quantizer.codebook_size)

    def encode_codes(self, latents: Tensor) -> Codes:
        """As `Networks.encode_codes`."""
        return audio_codes.encode_codes(self.instrument, latents)

    def decode_codes(self, codes: Codes) -> Tensor:
        """As `Networks.decode_codes`."""
        return audio_codes.decode_codes(self.instrument, codes)

    def through_codes(self, latents: Tensor) -> Tensor:
        """As `Networks.through_codes`."""
        return audio_codes.hints(self.instrument, latents)

    def predict_along(self, schedule: Schedule, takes: int, *, compiled: bool, graphs: bool) -> Prediction:
        """As `Networks.predict_along`."""
        return Prediction(self.instrument, schedule, takes, compiled=compiled, graphs=graphs)

    def knows_lyric_heads(self) -> bool:
        """As `Networks.knows_lyric_heads`."""
        return watched_heads(self.instrument)[1]

    def watch(self, shown: Tensor, level: float, condition: Tensor, context: Tensor, frames: int) -> NDArray[np.float32]:
        """As `Networks.watch`."""
        adapters = ByLevel(self.instrument)
        adapters.let_act(adapters.at(level))
        denoiser = Denoiser(self.instrument.transformer, shown.shape[1], (level,))
        conditions = denoiser.cache_conditions([condition], None)
        device, (heads, _) = self.instrument.device, watched_heads(self.instrument)
        seen = denoiser.attention(shown.to(device), context.to(device), 0, conditions, heads)
        found: NDArray[np.float32] = seen[:, :, : -(-frames // denoiser.patch)].cpu().numpy()
        return found
