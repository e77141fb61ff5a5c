"""How fast the denoising loop is, against diffusers' own pipeline on the same weights in the same run.

    python benchmarks/engine.py [--hidden 256] [--layers 4] [--seconds 10] [--steps 50] [--rounds 3]

Random weights at a middling size; the two runs alternate. Prints, per case, the median seconds of each (processor time on a
CPU, so that a busy machine does not count), the median of their ratios (pipeline / engine, higher is better for us), the time
of one step, and the floor: the step's arithmetic at the speed this machine multiplies large matrices. Text encoding and
decoding are left out of both.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from timing import in_turns

from producertwin.model.instrument import Instrument
from producertwin.model.sampling.flops import machine_flops, step_flops
from producertwin.model.sampling.flow import schedule
from producertwin.model.sampling.recorded_denoiser import make_denoiser
from producertwin.model.variants.load import choose_device, choose_dtype
from producertwin.model.variants.tiny import WIDTH, build
from producertwin.model.weights import fill

TEXT, LYRIC = 120, 1000
"""Tokens of the prompt and of a long lyric."""


def instrument_of(hidden: int, layers: int, device: torch.device, dtype: torch.dtype) -> Instrument:
    """tiny with a transformer and condition encoder of `hidden` and `layers`."""
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel

    tiny = build(device, torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = AceStepTransformer1DModel(
            hidden_size=hidden,
            intermediate_size=3 * hidden,
            num_hidden_layers=layers,
            num_attention_heads=hidden // 64,
            num_key_value_heads=hidden // 128,
            head_dim=64,
            in_channels=3 * WIDTH,
            audio_acoustic_hidden_dim=WIDTH,
        )
    fill(net, net.state_dict(), Path("random"), dtype=dtype, device=device)
    return replace(tiny, transformer=net, dtype=dtype)


def pipeline_walk(net: Any, told: torch.Tensor, null: torch.Tensor, context: torch.Tensor, x: torch.Tensor,
                  levels: tuple[float, ...], guidance: float) -> torch.Tensor:  # fmt: skip
    """The loop of `AceStepPipeline.__call__` (diffusers 0.42.1) with its own transformer forward, guidance and scheduler."""
    from diffusers import FlowMatchEulerDiscreteScheduler
    from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance

    steps = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0)
    steps.set_timesteps(sigmas=list(levels), device=x.device)
    buffer = MomentumBuffer(momentum=-0.75)
    unsaid = null.expand_as(told)
    for t in steps.timesteps:
        at = float(t) * torch.ones(x.shape[0], dtype=x.dtype, device=x.device)
        if guidance > 1.0:
            twice = [torch.cat([part, part]) for part in (x, at, at)]
            both = net(twice[0], twice[1], twice[2], torch.cat([told, unsaid]), torch.cat([context, context]), return_dict=False)
            said, unguided = both[0].chunk(2)
            v = normalized_guidance(said, unguided, guidance - 1.0, buffer, eta=0.0, norm_threshold=2.5,
                                    use_original_formulation=True, norm_dim=(1,))  # fmt: skip
        else:
            v = net(x, at, at, told, context, return_dict=False)[0]
        x = steps.step(v, t, x, return_dict=False)[0]
    return x


def engine_walk(net: Any, told: torch.Tensor, null: torch.Tensor, context: torch.Tensor, x: torch.Tensor,  # noqa: PLR0913
                levels: tuple[float, ...], guidance: float, *,
                compiled: bool = False, graphs: bool = False) -> torch.Tensor:  # fmt: skip
    """The engine's loop on the same tensors, everything it prepares included."""
    from producertwin.model.sampling.flow import ode_step
    from producertwin.model.sampling.guidance import Guidance

    guided, guide = guidance > 1.0, Guidance(guidance)
    denoiser: Any = make_denoiser(net, len(x), x.shape[1], levels, guided=guided, compiled=compiled, graphs=graphs)
    memory = denoiser.cache_conditions(list(told), null if guided else None)
    for step, (t, following) in enumerate(zip(levels, (*levels[1:], 0.0), strict=True)):
        found = denoiser.velocities(x, context, step, memory, guided=guided)
        x = ode_step(x, guide(*found) if guided else found[0], t, following)
    return x


@torch.inference_mode()
def case(instrument: Instrument, seconds: float, steps: int, guidance: float, lyric: int, rounds: int) -> dict[str, Any]:
    """One line of the table."""
    frames, device, dtype = round(seconds * 25), instrument.device, instrument.dtype
    told = torch.randn(1, TEXT + lyric + 1, instrument.transformer.condition_embedder.in_features, device=device)
    null = torch.randn(1, 1, told.shape[-1], device=device)
    x, around = torch.randn(1, frames, WIDTH, device=device), torch.randn(1, frames, 2 * WIDTH, device=device)
    levels = schedule(steps)
    net = instrument.transformer
    plain = [tensor.to(dtype) for tensor in (told, null, around, x)]
    works = {
        "pipeline": lambda: pipeline_walk(net, *plain, levels, guidance),
        "engine": lambda: engine_walk(net, told, null, around, x, levels, guidance),
    }
    found = in_turns(works, rounds, device)
    difference = float((works["pipeline"]().float() - works["engine"]()).abs().max())
    middle = {name: statistics.median(times) for name, times in found.items()}
    ratio = statistics.median(a / b for a, b in zip(found["pipeline"], found["engine"], strict=True))
    floor = step_flops(net, frames, told.shape[1], guided=guidance > 1.0) / machine_flops(device, dtype)
    return {
        "seconds": seconds, "steps": steps, "guidance": guidance, "lyric": lyric, "dtype": str(dtype).removeprefix("torch."),
        "pipeline_s": round(middle["pipeline"], 3), "engine_s": round(middle["engine"], 3), "ratio": round(ratio, 2),
        "step_ms": round(1000 * middle["engine"] / steps, 2), "floor_ms": round(1000 * floor, 2),
        "of_floor": round(floor * steps / middle["engine"], 2), "difference": difference,
    }  # fmt: skip


def main() -> None:
    """Print one JSON line per case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("hidden", 256), ("layers", 4), ("steps", 50), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    device = choose_device(asked.device)
    for dtype in dict.fromkeys((torch.float32, choose_dtype(device))):
        instrument = instrument_of(asked.hidden, asked.layers, device, dtype)
        for guidance, lyric in ((7.0, LYRIC), (7.0, 20), (1.0, 20)):
            steps = asked.steps if guidance > 1.0 else 8
            print(json.dumps(case(instrument, asked.seconds, steps, guidance, lyric, asked.rounds)), flush=True)


if __name__ == "__main__":
    main()
