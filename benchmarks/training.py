"""How fast an adapter is trained, against a plain loop over diffusers' modules with the same shapes in the same run.

    python benchmarks/training.py [--variant nano] [--recipe lora-nano] [--precision fp32 bf16] [--crop 8] [--batch 8]
                                  [--rank 16] [--rounds 8] [--geometry 2b]

`ours` is a step of `twin train`: examples, noise levels, conditions, gradients, guard, log. `plain` is what one would write
first: peft's adapter on diffusers' transformer, its own forward, AdamW, random tensors that are there already. The two alternate
on the same modules. Printed are the medians of their seconds a step (processor time on a CPU, which a busy machine does not
stretch), the median of the rounds' ratios (ours / plain; at most 1.05 is asked for), the share of ours that gets examples, levels
and conditions (under 3 % is asked for), the seconds that a checkpoint holds the training up (under 2), and the floor: the
arithmetic of a step (`model.sampling.flops`) at the speed this machine multiplies large matrices. `--geometry 2b` gives the
transformer the size of ACE-Step 1.5's, with random weights, which needs a GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from timing import in_turns

from producertwin.dataset.array_cache import ArrayEntry
from producertwin.dataset.cache import EncodedCache, encode_conditions
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.library import Library, open_library
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.flops import machine_flops, training_flops
from producertwin.model.variants import catalogue
from producertwin.model.variants.load import load
from producertwin.settings import Settings
from producertwin.timebase import HOP, LATENT_RATE
from producertwin.training.lora import recipes
from producertwin.training.lora.loop import TrainingRun, open_run
from producertwin.training.lora.plan import TrainTask
from producertwin.training.lora.recipe import LoraRecipe
from producertwin.training.lora.step import draw_noise, make_batch, sample_timesteps
from producertwin.training.rng import make_rng

SONGS, SECONDS = 8, 90
GEOMETRY_2B = {
    "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 24, "num_attention_heads": 16,
    "num_key_value_heads": 8, "head_dim": 128, "sliding_window": 128,
}  # fmt: skip


def enlarged(instrument: Instrument) -> Instrument:
    """`instrument` with a transformer of ACE-Step 1.5's size and random weights; what surrounds it stays as it is."""
    from diffusers import AceStepTransformer1DModel

    config = dict(instrument.transformer.config) | GEOMETRY_2B
    known = {key: value for key, value in config.items() if not key.startswith("_") and key != "layer_types"}
    with torch.device(instrument.device):
        net = AceStepTransformer1DModel(**known).to(torch.bfloat16).eval().requires_grad_(False)
    return replace(instrument, transformer=net, dtype=torch.bfloat16)


def row_of(number: int) -> Row:
    """A song of the training set."""
    return Row(
        track=f"track{number}", producer="Ada", title=f"Song {number}", group=f"g{number}", side="train", style="house",
        clips=(f"b2:{number:032x}",), seconds=SECONDS, caption="deep house, warm, electric piano, bass guitar, drum machine",
        bpm=122.0, key="A minor", meter=4, quality=90,
    )  # fmt: skip


def encoded(library: Library, instrument: Instrument) -> Manifest:
    """A training set of noise, as encoding would have left it."""
    cache, rng = EncodedCache(library, instrument), np.random.default_rng(0)
    rows = tuple(row_of(number) for number in range(SONGS))
    for row in rows:
        frames = SECONDS * LATENT_RATE
        latents = rng.standard_normal((frames, instrument.width), np.float32)
        cache.entries.put(cache.clip_key(row.clips[0]), ArrayEntry(latents, frames * HOP))
        said = cache.prompt_of(row, frames * HOP)
        for key, array in zip(
            (cache.text_key(said), cache.lyrics_key(said), cache.reference_key), encode_conditions(instrument, said), strict=True
        ):
            cache.entries.put(key, ArrayEntry(array))
    return Manifest(plan=DatasetPlan(), rows=rows)


class Loops:
    """Both loops on one run's modules."""

    def __init__(self, run: TrainingRun, recipe: LoraRecipe) -> None:
        self.run, self.recipe, self.trainer = run, recipe, run.trainer
        instrument, plan = run.trainer.instrument, recipe.training
        self.device, width = instrument.device, instrument.width
        self.told = len(run.trainer.conditions.encode(run.trainer.examples.draw_at(0, 0, np.random.default_rng(0))))
        shape = (plan.batch, plan.crop_frames, width)
        self.tensors = [torch.randn(shape, device=self.device), torch.randn(*shape[:2], 2 * width, device=self.device)]
        hidden = instrument.transformer.condition_embedder.in_features
        self.tensors += [
            torch.randn(plan.batch, self.told, hidden, device=self.device),
            torch.rand(plan.batch, device=self.device),
        ]
        self.weights = list(run.state.weights.values())
        self.optimizer = torch.optim.AdamW(self.weights, lr=1e-6)

    def ours(self) -> None:
        """The next step of `twin train`."""
        self.run.advance()

    def plain(self) -> None:
        """The same amount of work by hand."""
        plan, net = self.recipe.training, self.trainer.instrument.transformer
        x, context, told, t = self.tensors
        for _ in range(plan.accumulate):
            with torch.autocast(self.device.type, torch.bfloat16, enabled=plan.precision == "bf16"):
                made = net(x, t, t, told, context, return_dict=False)[0]
            (made.float() - x).square().mean().backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def loading(self) -> None:
        """What a step does before its first product."""
        plan, made = self.recipe.training, self.trainer
        rng = make_rng(plan.seed, self.run.step)
        first = self.run.step * plan.together
        examples = [made.examples.draw_at(first + at, plan.seed, rng.numpy) for at in range(plan.together)]
        t = sample_timesteps(plan.together, made.instrument, plan, rng.torch)
        for at in range(0, plan.together, plan.batch):
            part = examples[at : at + plan.batch]
            noises = [draw_noise(one, rng.torch) for one in part]
            make_batch(part, t[at : at + plan.batch], noises, made.conditions, [False] * len(part))


def stalled(run: TrainingRun) -> float:
    """Seconds for which a checkpoint holds the training up."""
    run.checkpointer.save(1)
    start = time.perf_counter()
    run.checkpointer.save(2)
    taken = time.perf_counter() - start
    run.checkpointer.settle(wait=True)
    return taken


def case(instrument: Instrument, asked: argparse.Namespace, precision: str, library: Library, folder: Path) -> dict[str, Any]:
    """One line."""
    changes = {"training.precision": precision, "training.crop_seconds": str(asked.crop), "training.batch": str(asked.batch)}
    changes |= {
        "training.validate_every": "0",
        "training.steps": "100000",
        "training.save_every": "100000",
        "adapter.rank": str(asked.rank),
    }
    recipe = recipes.load(asked.recipe, changes).recipe
    variant = catalogue.resolve(asked.variant, Settings(studio=library.studio))
    task = TrainTask("Ada", variant, recipe, encoded(library, instrument))
    with open_run(task, folder / precision, library, instrument) as run:
        loops = Loops(run, recipe)
        found = in_turns({"ours": loops.ours, "plain": loops.plain, "loading": loops.loading}, asked.rounds, instrument.device)
        stall = stalled(run)
        adapter = sum(weight.numel() for weight in run.state.weights.values())
    plan = recipe.training
    each = training_flops(instrument.transformer, plan.crop_frames, loops.told, adapter=adapter, checkpointing=plan.checkpointing)
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    floor = plan.together * each / machine_flops(instrument.device, kind)
    middle = {name: statistics.median(times) for name, times in found.items()}
    ratio = statistics.median(a / b for a, b in zip(found["ours"], found["plain"], strict=True))
    return {
        "variant": instrument.variant, "geometry": asked.geometry, "precision": precision, "crop_s": asked.crop,
        "batch": plan.together, "rank": recipe.adapter.rank, "adapter_weights": adapter, "rounds": asked.rounds,
        "ours_s": round(middle["ours"], 3), "plain_s": round(middle["plain"], 3), "ours_of_plain": round(ratio, 3),
        "loading_share": round(middle["loading"] / middle["ours"], 4), "checkpoint_stall_s": round(stall, 3),
        "step_gflop": round(plan.together * each / 1e9, 1), "floor_s": round(floor, 3),
        "utilisation": round(floor / middle["ours"], 2),
    }  # fmt: skip


def main() -> None:
    """Print one JSON line per precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("batch", 8), ("rank", 16), ("rounds", 8)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--crop", type=float, default=8.0)
    parser.add_argument("--variant", default="nano")
    parser.add_argument("--recipe", default="lora-nano")
    parser.add_argument("--precision", nargs="+", choices=("fp32", "bf16"), default=["fp32", "bf16"])
    parser.add_argument("--geometry", choices=("own", "2b"), default="own")
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        settings = Settings(studio=Path(room) / "studio", device=asked.device)
        instrument = load(asked.variant, settings)
        if asked.geometry == "2b":
            instrument = enlarged(instrument)
        with open_library(settings) as library:
            for precision in asked.precision:
                print(json.dumps(case(instrument, asked, precision, library, Path(room) / "run")), flush=True)


if __name__ == "__main__":
    main()
