"""What the tests of adapters share: an adapter with random numbers in it, and what the instrument plays with it."""

from __future__ import annotations

import numpy as np
import torch
from model_kit import noise_of
from numpy.typing import NDArray

from producertwin.model.adapter_spec import AdapterCard, LoraSpec
from producertwin.model.adapters.trainable import Trainable, trainable
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import conditioning, engine, prompts
from producertwin.model.sampling.request import Request
from producertwin.model.weights import State

CARD = AdapterCard(producer="Mara Vale", trigger="maravale", variant="tiny", steps=7)


def velocity(instrument: Instrument) -> torch.Tensor:
    """The transformer's answer to words, lyrics and a reference, through the condition encoder."""
    request = Request(caption="lofi, rhodes", seconds=1.2, seed=3, lyrics="[verse]\nrain")
    prompt = prompts.build(instrument.tokenizer, request, 1.2)
    around = torch.zeros(1, 30, 2 * instrument.width)
    with torch.no_grad():
        told = conditioning.states(instrument, prompt, noise_of(5, 50, instrument.width))[None]
        kind = instrument.dtype
        at = torch.tensor([0.6], dtype=kind)
        sides = (noise_of(1, 30, instrument.width).to(kind), at, at, told.to(kind), around.to(kind))
        found: torch.Tensor = instrument.transformer(*sides, return_dict=False)[0]
    return found


def take(instrument: Instrument) -> NDArray[np.float32]:
    """Latents of a short take."""
    found: NDArray[np.float32] = engine.generate(instrument, [Request(caption="lofi, rainy", seconds=1.0, seed=11)])[0].latents
    return found


def shaken(adapter: Trainable, seed: int = 3) -> Trainable:
    """`adapter` as if it had learned: every number moved."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in adapter.parameters.values():
            weight.add_(0.15 * torch.randn(weight.shape, generator=draw))
    return adapter


def learned(instrument: Instrument, spec: LoraSpec, seed: int = 3) -> tuple[State, torch.Tensor]:
    """The state of a shaken adapter, and the velocity while peft's own modules play it; the instrument is left as it was."""
    adapter = shaken(trainable(instrument, spec, seed=seed), seed)
    adapter.set_training(False)
    heard = velocity(instrument)
    state = adapter.state()
    adapter.remove()
    return state, heard
