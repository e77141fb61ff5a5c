"""The arms of `preferences.py`: keepers, direct preference optimisation and a policy gradient, as adapters of one shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tastes import READINGS, Played, Player, read_mud
from torch import Tensor

from producertwin.library.jsonl import append
from producertwin.library.runs import ADAPTER, CHECKPOINTS
from producertwin.model.adapter_spec import AdapterSetting
from producertwin.model.adapters.differentiable import velocity
from producertwin.model.sampling.flow import schedule
from producertwin.preferences.dpo.examples import PairCrop, PairExample, crop
from producertwin.preferences.dpo.loop import DpoRun, DpoTask, learn, open_run
from producertwin.preferences.dpo.recipe import DpoRecipe, load_recipe
from producertwin.preferences.pair import PairPrompt
from producertwin.preferences.policy.loss import advantages, divergence, policy_loss
from producertwin.preferences.policy.walk import WalkStep, log_density, spread, step_mean, walk
from producertwin.preferences.scoring import Scale
from producertwin.progress import finish
from producertwin.training.checkpoints import path_of
from producertwin.training.lora.conditions import Conditions
from producertwin.training.lora.gradients import Batch, velocity_errors
from producertwin.training.lora.recipe import DataPlan
from producertwin.training.rng import make_rng

LEARNED: Final = 16
"""Takes of each prompt of the pool that are learned from; the rest serve the curve of the best of N alone."""
PAIRS, KEPT = 3, 2
"""Pairs and keepers of a prompt."""
CAPTION: Final = 0.5
"""Weight of the cosine to the caption, beside the reward's 1, by which pairs are chosen: by the reward alone they cost it."""
DPO_RATE, KEEPER_RATE, POLICY_RATE = 2e-4, 4e-4, 1e-3
"""At 4e-4 preference pairs were given up at step 46 of 80: the error of the chosen takes had risen by 11 %."""
DPO_STEPS, KEEPER_STEPS, DRIFT_STEPS, POLICY_STEPS = 75, 80, 40, 10
DRIFT_SCALE: Final = 2.0
"""How strongly what keepers learned in `DRIFT_STEPS` is played, and how strongly the drift is taken off."""
GROUPS, WALKS, LEARNT_STEPS = 2, 8, 3
"""Of a policy step: prompts, walks of each, and steps of each walk that are learned from."""
ETA, CLIP, KAPPA = 0.7, 1e-4, 0.01
"""Of a policy step: how much is drawn, where ratios are clipped, and the weight of the divergence."""


class Pool:
    """What is learned from, and the seed of the trainings that learn from it."""

    def __init__(self, player: Player, prompts: Sequence[PairPrompt], takes: Played, folder: Path, seed: int) -> None:
        self.player, self.prompts, self.takes, self.folder, self.seed = player, prompts, takes, folder, seed
        self.conditions = Conditions(player.instrument, DataPlan(), trained=False)

    def place(self, arm: str) -> Path:
        """The folder of a training."""
        return self.folder / f"{arm}-{self.seed}"

    def order(self, caption: float = 0.0) -> np.ndarray:
        """Places of the takes that are learned from, the best first, `(prompts, takes)`; the cosine has the weight `caption`."""
        weights = {"reward": 1.0} | ({"caption": caption} if caption else {})
        rows = [[dict(zip(READINGS, take, strict=True)) for take in row[:LEARNED]] for row in self.takes.readings]
        scale = Scale.of([[{name: take[name] for name in weights} for take in row] for row in rows])
        return np.argsort([[-score for score in scale.combine(row, weights)] for row in rows], axis=1)

    def draw(self) -> np.ndarray:
        """Places of the same takes in an order that is drawn, by which nobody was chosen."""
        rng = np.random.default_rng(self.seed)
        return np.stack([rng.permutation(LEARNED) for _ in self.prompts])

    def examples(self, orders: np.ndarray, count: int) -> tuple[PairExample, ...]:
        """`count` pairs of each prompt: the first with the last of its order, the second with the last but one."""
        found = []
        for place, (prompt, order) in enumerate(zip(self.prompts, orders, strict=True)):
            asked = self.player.request(prompt, 0)
            condition = self.conditions.encode_request(asked).cpu()
            takes = torch.from_numpy(self.takes.latents[place])
            for at in range(count):
                sides = takes[order[at]], takes[order[-1 - at]]
                found.append(PairExample(f"{place}-{at}", *sides, asked.metas, condition))
        return tuple(found)

    def task(self, examples: tuple[PairExample, ...], steps: int, rate: float, *, warmup: int = 10, **dpo: Any) -> DpoTask:
        """What an arm learns, by the shipped recipe with this benchmark's rate and length."""
        shipped = load_recipe("nano").model_dump()
        changes = {
            "optimizer": {"rate": rate, "warmup": warmup},
            "training": {"steps": steps, "save_every": 10, "crop_seconds": 5.12, "seed": self.seed},
            "dpo": dpo,
        }
        tables = {name: keys | changes.get(name, {}) for name, keys in shipped.items()}
        return DpoTask(DpoRecipe.model_validate(tables), examples, "pool", "nobody")


def learn_dpo(pool: Pool) -> None:
    """Direct preference optimisation, as `twin improve --by dpo` does it."""
    folder = pool.place("dpo")

    class Log:
        def on_step(self, row: dict[str, float]) -> None:
            _tell(folder, row)

        def on_begin(self, _: int) -> None:
            folder.mkdir(exist_ok=True)

        def on_checkpoint(self, *_: object) -> None: ...

        def take_messages(self) -> tuple[()]:
            return ()

    task = pool.task(pool.examples(pool.order(CAPTION), PAIRS), DPO_STEPS, DPO_RATE)
    finish(learn(task, folder, pool.player.instrument, Log()))  # type: ignore[arg-type]


def learn_keepers(pool: Pool) -> None:
    """The best takes by the loss of flow matching, as `twin improve --by keepers` does without songs to anchor it."""
    _fit(pool, "keepers", pool.examples(pool.order(), KEPT), KEEPER_STEPS)


def learn_drift(pool: Pool) -> None:
    """As keepers, from takes that nobody chose: what training on its own takes does, whatever is liked."""
    _fit(pool, "drift", pool.examples(pool.draw(), KEPT), DRIFT_STEPS)


def _fit(pool: Pool, name: str, examples: tuple[PairExample, ...], steps: int) -> None:
    """Learn the first takes of pairs."""

    def step(run: DpoRun) -> dict[str, float]:
        total = 0.0
        for batch in run.trainer._draw(run.step)[1]:
            half = len(batch.t) // 2  # the first half is the chosen takes
            shown = Batch(*(None if one is None else one[:half] for one in batch.tensors()))
            loss = velocity_errors(pool.player.instrument, shown, bf16=False).mean()
            torch.autograd.backward(loss)
            total += float(loss.detach())
        run.state.update(run.step)
        return {"loss": total}

    _learn(pool, name, pool.task(examples, steps, KEEPER_RATE, beta=1.0), step)


def learn_policy(pool: Pool) -> None:
    """A policy gradient over walks of its own, rewarded by their sound."""
    instrument = pool.player.instrument
    levels = schedule(pool.player.steps, instrument.card.shift)

    def step(run: DpoRun) -> dict[str, float]:
        rng = make_rng(pool.seed, run.step)
        chosen = [(run.step * GROUPS + number) % len(pool.prompts) for number in range(GROUPS)]
        groups, rewards = [], []
        for place in chosen:
            shown = crop(run.trainer.examples[place], 128, instrument, np.random.default_rng(0))
            noise = torch.randn(WALKS, 128, instrument.width, generator=rng.torch)
            music, steps = walk(noise, levels, _velocity(pool, shown), ETA, rng.torch)
            rewards.append([read_mud(pool.player.decode(one.numpy())) for one in music])
            groups.append((shown, steps))
        gains = advantages(torch.tensor(rewards))
        drawn = [(shown, one, gain) for (shown, steps), gain in zip(groups, gains, strict=True) for one in steps]
        order = torch.randperm(len(drawn), generator=rng.torch)[: GROUPS * LEARNT_STEPS]
        figures = [_favour(pool, run, *drawn[number], share=1 / len(order)) for number in order]
        run.state.update(run.step)
        return {"reward": float(np.mean(rewards)), "divergence": float(np.mean(figures))}

    _learn(pool, "policy", pool.task(pool.examples(pool.order(), 1), POLICY_STEPS, POLICY_RATE, warmup=0, beta=1.0), step)


def _favour(pool: Pool, run: DpoRun, shown: PairCrop, step: WalkStep, gain: Tensor, *, share: float) -> float:
    """Add the gradients of one step of a group's walks; returns its divergence from the reference."""
    predict, deviation = _velocity(pool, shown), spread(step.t, step.s, ETA)
    with torch.no_grad(), run.adapter.off():
        reference = step_mean(step.x, predict(step.x, step.t), step.t, step.s, ETA)
    mean = step_mean(step.x, predict(step.x, step.t), step.t, step.s, ETA)
    loss = policy_loss(log_density(step.following, mean, deviation), step.log_density, gain, CLIP)
    away = divergence(mean, reference, deviation)
    torch.autograd.backward((loss + KAPPA * away).mean() * share)
    return float(away.detach().mean())


def _velocity(pool: Pool, shown: PairCrop) -> Callable[[Tensor, float], Tensor]:
    """The velocity under a prompt, not guided."""

    def predict(x: Tensor, t: float) -> Tensor:
        count = len(x)
        context, condition = (one[None].expand(count, -1, -1) for one in (shown.context, shown.condition))
        return velocity(pool.player.instrument.transformer, x, torch.full((count,), t), context, condition)

    return predict


def _learn(pool: Pool, name: str, task: DpoTask, step: Callable[[DpoRun], dict[str, float]]) -> None:
    """Make the steps of an arm, from its newest checkpoint on, and ship its adapter."""
    folder = pool.place(name)
    folder.mkdir(exist_ok=True)
    with open_run(task, folder, pool.player.instrument) as run:
        finish(run.begin())
        while not run.is_finished():
            figures = step(run)
            run.step += 1
            run.state.drop_gradients()
            _tell(folder, {"step": run.step} | figures)
            if run.step % 5 == 0 or run.is_finished():
                run.save()
        run.ship()


def _tell(folder: Path, row: dict[str, float]) -> None:
    append(folder / "log.jsonl", row)
    if row["step"] % 5 == 0:
        print(folder.name, json.dumps({name: float(f"{value:.4g}") for name, value in row.items()}), flush=True)


ARMS: Final = {"keepers": learn_keepers, "drift": learn_drift, "dpo": learn_dpo, "policy": learn_policy}
"""What is trained."""


def settings_of(pool: Pool) -> dict[str, list[AdapterSetting]]:
    """What is judged, and the adapters that it is played with."""
    found = {name: [AdapterSetting(pool.place(name) / ADAPTER)] for name in ("keepers", "dpo", "policy")}
    early = path_of(pool.place("keepers") / CHECKPOINTS, DRIFT_STEPS) / ADAPTER
    steadied = [AdapterSetting(early, DRIFT_SCALE), AdapterSetting(pool.place("drift") / ADAPTER, -DRIFT_SCALE)]
    return {"keepers": found.pop("keepers"), "keepers less drift": steadied} | found
