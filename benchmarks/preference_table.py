"""The tables of `preferences.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from preference_arms import (
    DPO_STEPS,
    DRIFT_STEPS,
    GROUPS,
    KEEPER_STEPS,
    KEPT,
    LEARNED,
    LEARNT_STEPS,
    POLICY_STEPS,
    WALKS,
    Pool,
)
from tastes import READINGS, Played

from producertwin.errors import TwinError
from producertwin.metrics.distances import style_gain, vendi
from producertwin.metrics.mel_stats import Space, fit_space
from producertwin.metrics.memorisation import detect_memorisation
from producertwin.metrics.passages import passage_features
from producertwin.metrics.statistics import Interval, mean_interval, split_half_floor
from producertwin.preferences.comparison import ALLOWED, find_alarms

CURVE = (1, 2, 4, 8, 16, 32)
DRAWS = 200
"""Random choices of N takes and one other, of every prompt, over which the curve is the mean."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of an arm: the mean over its trainings with the interval over prompts, and the range over trainings."""

    mean: Interval
    range: tuple[float, float] | None = None
    """The least and the most of a training; None for one training."""


def figure(trainings: Sequence[NDArray[np.float64]]) -> Figure:
    """The figure of a value of every prompt, `(prompts,)` of each training."""
    means = [float(one.mean()) for one in trainings]
    return Figure(mean_interval(np.mean(trainings, axis=0)), (min(means), max(means)) if len(means) > 1 else None)


def write(found: Interval | Figure, digits: int = 2) -> str:
    """A value with its interval, and the range over trainings where there are several."""
    one, span = (found.mean, found.range) if isinstance(found, Figure) else (found, None)
    text = f"{one.value:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})"
    return text if span is None else f"{text}, {span[0]:+.{digits}f}..{span[1]:+.{digits}f}"


def rate(found: Interval | Figure) -> str:
    """A win rate with its interval, and the range over trainings where there are several."""
    one, span = (found.mean, found.range) if isinstance(found, Figure) else (found, None)
    text = f"{one.value:.2f} ({one.low:.2f}-{one.high:.2f})"
    return text if span is None else f"{text}, {span[0]:.2f}..{span[1]:.2f}"


def share(better: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often the first is larger, by prompt; a tie counts half."""
    found: NDArray[np.float64] = ((better > other) + 0.5 * (better == other)).mean(1)
    return found


def count_compute(pool: Pool) -> dict[str, float]:
    """What each arm cost to learn, in takes: evaluations of the transformer on a crop, a gradient counting as two more."""
    take = 2 * pool.player.steps  # guided
    made = len(pool.prompts) * LEARNED
    dpo = (DPO_STEPS + 20) * 8 * 4  # with the trial, and the reference
    policy = POLICY_STEPS * GROUPS * WALKS * (pool.player.steps + LEARNT_STEPS * 4)
    keepers, drift = (steps * 4 * 3 / take for steps in (KEEPER_STEPS, DRIFT_STEPS))
    steadied = made + 2 * drift
    return {"keepers": made + keepers, "keepers less drift": steadied, "dpo": made + dpo / take, "policy": policy / take}


Curve = Mapping[int, Mapping[str, NDArray[np.float64]]]
"""By N and reading, the best of N takes by the reward less another take of its prompt, `(prompts, draws)`."""


def draw_curve(pool: Pool) -> Curve:
    """The curve of the best of N."""
    rng, takes = np.random.default_rng(0), pool.takes
    reward, found = takes.of("reward"), {}
    orders = rng.permuted(np.tile(np.arange(reward.shape[1]), (DRAWS, 1)), axis=1)
    for count in CURVE:
        chosen = orders[:, :count]
        best = np.stack([chosen[np.arange(DRAWS), row[chosen].argmax(1)] for row in reward])
        other, places = orders[:, -1], np.arange(len(reward))[:, None]
        found[count] = {name: takes.of(name)[places, best] - takes.of(name)[:, other] for name in ("reward", "judge", "caption")}
    return found


Arms = Mapping[str, Sequence[Played]]
"""What each arm played, once for every training."""


def print_tables(pool: Pool, base: Played, played: Arms) -> None:
    """Print what was found."""
    curve = draw_curve(pool)
    print_curve(pool, curve)
    prompts, takes = base.of("reward").shape
    trainings = max(map(len, played.values()))
    print(
        f"\n{prompts * takes} pairs of {prompts} prompts, {trainings} trainings of each arm; range over trainings after a comma"
    )
    print_gains(pool, base, played, curve)
    print_prices(base, played)
    print_guards(pool, base, played)
    print_alarms(pool, base, played)


def print_gains(pool: Pool, base: Played, played: Arms, curve: Curve) -> None:
    """Wins, gains, and the best of N at the same compute."""
    compute, judged = count_compute(pool), base.of("reward").size
    print("\n| arm | same seed: reward | same seed: judge | another take: reward | another take: judge | reward, dB | judge |")
    print("|---|---|---|---|---|---|---|")
    other = {name: np.roll(base.of(name), 1, axis=1) for name in ("reward", "judge")}
    for name, arms in played.items():
        cells = [rate(figure([share(one.of(part), base.of(part)) for one in arms])) for part in ("reward", "judge")]
        cells += [rate(figure([share(one.of(part), other[part]) for one in arms])) for part in ("reward", "judge")]
        cells += [write(differ(arms, base, part)) for part in ("reward", "judge")]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| arm | compute, takes | as the best of | that best of N: reward, dB | judge | gain as the best of | cheaper from |")
    print("|---|---|---|---|---|---|---|")
    counts, gains = [*curve], {part: [float(found[part].mean()) for found in curve.values()] for part in ("reward", "judge")}
    for name, arms in played.items():
        number = 1 + compute[name] / judged
        equal = [float(np.interp(np.log(number), np.log(counts), gains[part])) for part in ("reward", "judge")]
        reached = float(np.exp(np.interp(differ(arms, base, "reward").mean.value, gains["reward"], np.log(counts))))
        pays = f"{compute[name] / (reached - 1):.0f} takes" if reached > 1.01 else "never"
        cells = [f"{compute[name]:.0f}", f"{number:.1f}", f"{equal[0]:+.2f}", f"{equal[1]:+.2f}", f"{reached:.1f}", pays]
        print(f"| {name} | {' | '.join(cells)} |")


def print_prices(base: Played, played: Arms) -> None:
    """What else moved."""
    print("\n| arm | caption | loudness, LU | length, s | inspector's points |\n|---|---|---|---|---|")
    for name, arms in played.items():
        cells = [write(differ(arms, base, part), 3) for part in ("caption", "loudness", "seconds", "points")]
        print(f"| {name} | {' | '.join(cells)} |")


def differ(arms: Sequence[Played], base: Played, reading: str) -> Figure:
    """By how much a reading differs."""
    return figure([(one.of(reading) - base.of(reading)).mean(1) for one in arms])


def print_curve(pool: Pool, curve: Curve) -> None:
    """The best of N."""
    inside = {one: pool.takes.of(one).std(1, ddof=1).mean() for one in ("reward", "judge")}
    print(f"spread inside a prompt: reward {inside['reward']:.2f} dB, judge {inside['judge']:.3f}")
    print(f"\n| best of N, {len(pool.prompts)} prompts, {DRAWS} draws of each | wins by the reward | by the judge "
          "| reward, dB | judge | caption |\n|---|---|---|---|---|---|")  # fmt: skip
    for number, found in curve.items():
        shares = [mean_interval(((found[one] > 0) + 0.5 * (found[one] == 0)).mean(1)) for one in ("reward", "judge")]
        gains = [
            write(mean_interval(found[one].mean(1)), digits) for one, digits in (("reward", 2), ("judge", 2), ("caption", 3))
        ]
        print(f"| {number} | {' | '.join([*map(rate, shares), *gains])} |")


def print_guards(pool: Pool, base: Played, played: Arms) -> None:
    """Diversity, style gain and copies."""
    order, takes = pool.order(), pool.takes
    liked = takes.stats[np.arange(len(order))[:, None], order[:, : 2 * KEPT]].reshape(-1, takes.stats.shape[-1])
    space = fit(liked, base)
    sounds = {f"{place}-{at}": passage_features(pool.player.decode(takes.latents[place, order[place, at]]))
              for place in range(len(order)) for at in (*range(KEPT), *range(-KEPT, 0))}  # fmt: skip
    kept = {name: one for name, one in sounds.items() if not name.split("-", 1)[1].startswith("-")}
    others = {name: one for name, one in sounds.items() if name not in kept}
    print("\n| arm | Vendi of a prompt's takes, change | Vendi of all | style gain to the liked takes | copies of keepers |")
    print("|---|---|---|---|---|")
    for name, arms in ({"untaught": [base]} | {**played}).items():
        whole = " ".join(f"{vendi(one.vectors.reshape(-1, one.vectors.shape[-1])):.2f}" for one in arms)
        copies = " ".join(count_copies(pool, one, kept, others) for one in arms)
        gain = "-" if name == "untaught" else measure_gain(space(flat(base)), space(flat(arms[0])), space(liked))
        print(f"| {name} | {write(change_diversity(arms, base), 3)} | {whole} | {gain} | {copies} |")


def count_copies(pool: Pool, one: Played, kept: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    """How many of the first takes of every prompt hold a passage of what was kept, of how many."""
    heard = {str(place): passage_features(pool.player.decode(row[0])) for place, row in enumerate(one.latents)}
    return f"{len(detect_memorisation(heard, kept, others).flagged_takes)} of {len(heard)}"


def flat(one: Played) -> NDArray[np.float64]:
    """The statistics of all takes, a row each."""
    return one.stats.reshape(-1, one.stats.shape[-1])


def fit(liked: NDArray[np.float64], base: Played) -> Space:
    """The space in which the distances are taken."""
    return fit_space(np.concatenate([liked, flat(base)]), largest=8)


def measure_gain(base: NDArray[np.float64], twin: NDArray[np.float64], liked: NDArray[np.float64]) -> str:
    """The style gain towards the takes that were liked, or why there is none."""
    try:
        return write(style_gain(base, twin, liked, floor=split_half_floor(liked, len(liked) // 2).value, rounds=100))
    except TwinError as error:
        return error.message


def print_alarms(pool: Pool, base: Played, played: Arms) -> None:
    """What the alarm says of each arm, and of takes that were chosen by their loudness alone."""
    print("\nalarms, by training:")
    for name, arms in played.items():
        for one in arms:
            learned, judge = ({part: mean_interval(share(one.of(part), base.of(part)))} for part in ("reward", "judge"))
            controls = {part: differ([one], base, part).mean for part in ALLOWED}
            controls["diversity"] = change_diversity([one], base).mean
            print(f"- {name}: {'; '.join(find_alarms(learned, judge, controls)) or 'none'}")
    takes, places = pool.takes, np.arange(len(pool.prompts))[:, None]
    best, other = takes.of("loudness")[:, :16].argmax(1)[:, None], np.array([[16]])
    first, second = ({part: takes.of(part)[places, at] for part in READINGS} for at in (best, other))
    shares = {part: mean_interval(share(first[part], second[part])) for part in ("loudness", "judge")}
    moved = {part: mean_interval((first[part] - second[part]).mean(1)) for part in ALLOWED}
    found = find_alarms({"loudness": shares["loudness"]}, {"judge": shares["judge"]}, moved)
    print(f"- best of 16 by loudness alone: {'; '.join(found) or 'none'} (judge: {rate(shares['judge'])})")


def change_diversity(arms: Sequence[Played], base: Played) -> Figure:
    """By how much the Vendi score of a prompt's takes differs."""
    return figure([np.array([vendi(a) - vendi(b) for a, b in zip(one.vectors, base.vectors, strict=True)]) for one in arms])
