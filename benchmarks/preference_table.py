"""The tables of `preferences.py`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from preference_arms import DPO_STEPS, GROUPS, KEEPER_STEPS, KEPT, LEARNED, LEARNT_STEPS, POLICY_STEPS, WALKS, Pool
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


def write(found: Interval, digits: int = 2) -> str:
    """A value and its interval."""
    return f"{found.value:+.{digits}f} ({found.low:+.{digits}f} to {found.high:+.{digits}f})"


def rate(found: Interval) -> str:
    """A win rate and its interval."""
    return f"{found.value:.2f} ({found.low:.2f}-{found.high:.2f})"


def wins(better: NDArray[np.float64], other: NDArray[np.float64]) -> Interval:
    """How often the first is larger, by prompt; a tie counts half."""
    return mean_interval(((better > other) + 0.5 * (better == other)).mean(1))


def count_compute(pool: Pool) -> dict[str, float]:
    """What each arm cost to learn, in takes: evaluations of the transformer on a crop, a gradient counting as two more."""
    take = 2 * pool.player.steps  # guided
    made = len(pool.prompts) * LEARNED
    dpo = (DPO_STEPS + 20) * 8 * 4  # with the trial, and the reference
    policy = POLICY_STEPS * GROUPS * WALKS * (pool.player.steps + LEARNT_STEPS * 4)
    return {"keepers": made + KEEPER_STEPS * 4 * 3 / take, "dpo": made + dpo / take, "policy": policy / take}


def draw_curve(pool: Pool) -> dict[int, dict[str, NDArray[np.float64]]]:
    """By N and reading, the best of N takes by the reward, less another take of its prompt, `(prompts, draws)`."""
    rng, takes = np.random.default_rng(0), pool.takes
    reward, found = takes.of("reward"), {}
    orders = rng.permuted(np.tile(np.arange(reward.shape[1]), (DRAWS, 1)), axis=1)
    for count in CURVE:
        chosen = orders[:, :count]
        best = np.stack([chosen[np.arange(DRAWS), row[chosen].argmax(1)] for row in reward])
        other, places = orders[:, -1], np.arange(len(reward))[:, None]
        found[count] = {name: takes.of(name)[places, best] - takes.of(name)[:, other] for name in ("reward", "judge", "loudness")}
    return found


def print_tables(pool: Pool, played: Mapping[str, Played]) -> None:
    """Print what was found."""
    base = played["none"]
    print_curve(pool)
    compute = count_compute(pool)
    prompts, takes = base.of("reward").shape
    judged = prompts * takes
    print(f"\n{judged} pairs of {prompts} prompts")
    print("\n| arm | compute, takes | wins by the reward | wins by the judge | reward, dB | judge |")
    print("|---|---|---|---|---|---|")
    for name in [name for name in played if name != "none"]:
        cells = [rate(wins(played[name].of(one), base.of(one))) for one in ("reward", "judge")]
        cells += [write(differ(played[name], base, one)) for one in ("reward", "judge")]
        print(f"| {name} | {compute[name]:.0f}, as the best of {1 + compute[name] / judged:.1f} | {' | '.join(cells)} |")
    print("\n| arm | against another take: reward | judge | caption | loudness, LU | length, s | inspector's points |")
    print("|---|---|---|---|---|---|---|")
    for name in [name for name in played if name != "none"]:
        cells = [rate(wins(played[name].of(one), np.roll(base.of(one), 1, axis=1))) for one in ("reward", "judge")]
        cells += [write(differ(played[name], base, one), 3) for one in ("caption", "loudness", "seconds", "points")]
        print(f"| {name} | {' | '.join(cells)} |")
    print_guards(pool, played)
    print_alarms(pool, played)


def differ(one: Played, base: Played, reading: str) -> Interval:
    """By how much a reading differs."""
    return mean_interval((one.of(reading) - base.of(reading)).mean(1))


def print_curve(pool: Pool) -> None:
    """The best of N."""
    curve = draw_curve(pool)
    inside = {one: pool.takes.of(one).std(1, ddof=1).mean() for one in ("reward", "judge")}
    print(f"spread inside a prompt: reward {inside['reward']:.2f} dB, judge {inside['judge']:.3f}")
    count = len(pool.prompts)
    print(
        f"\n| best of N, {count} prompts, {DRAWS} draws of each | wins by the reward | wins by the judge | reward, dB | judge |"
    )
    print("|---|---|---|---|---|")
    for number, found in curve.items():
        shares = [mean_interval(((found[one] > 0) + 0.5 * (found[one] == 0)).mean(1)) for one in ("reward", "judge")]
        gains = [mean_interval(found[one].mean(1)) for one in ("reward", "judge")]
        print(f"| {number} | {' | '.join([*map(rate, shares), *map(write, gains)])} |")


def print_guards(pool: Pool, played: Mapping[str, Played]) -> None:
    """Diversity, style gain and copies."""
    base = played["none"]
    order, takes = pool.order(), pool.takes
    liked = takes.stats[np.arange(len(order))[:, None], order[:, : 2 * KEPT]].reshape(-1, takes.stats.shape[-1])
    space = fit(liked, base)
    sounds = {f"{place}-{at}": passage_features(pool.player.decode(takes.latents[place, order[place, at]]))
              for place in range(len(order)) for at in (*range(KEPT), *range(-KEPT, 0))}  # fmt: skip
    kept = {name: one for name, one in sounds.items() if not name.split("-", 1)[1].startswith("-")}
    others = {name: one for name, one in sounds.items() if name not in kept}
    print("\n| arm | Vendi of a prompt's takes, change | Vendi of all | style gain to the liked takes | copies of keepers |")
    print("|---|---|---|---|---|")
    for name, one in played.items():
        whole = vendi(one.vectors.reshape(-1, one.vectors.shape[-1]))
        heard = {f"{place}-{at}": passage_features(pool.player.decode(latents)) for place, row in enumerate(one.latents)
                 for at, latents in enumerate(row[:1])}  # fmt: skip
        copied = detect_memorisation(heard, kept, others).flagged_takes
        gain = "-" if name == "none" else measure_gain(space(flat(base)), space(flat(one)), space(liked))
        print(f"| {name} | {write(change_diversity(one, base), 3)} | {whole:.2f} | {gain} | {len(copied)} of {len(heard)} |")


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


def print_alarms(pool: Pool, played: Mapping[str, Played]) -> None:
    """What the alarm says of each arm, and of takes that were chosen by their loudness alone."""
    base = played["none"]
    print("\nalarms:")
    for name, one in played.items():
        learned, judge = ({part: wins(one.of(part), base.of(part))} for part in ("reward", "judge"))
        controls = {part: differ(one, base, part) for part in ALLOWED} | {"diversity": change_diversity(one, base)}
        print(f"- {name}: {'; '.join(find_alarms(learned, judge, controls)) or 'none'}")
    takes, places = pool.takes, np.arange(len(pool.prompts))[:, None]
    best, other = takes.of("loudness")[:, :16].argmax(1)[:, None], np.array([[16]])
    first, second = ({part: takes.of(part)[places, at] for part in READINGS} for at in (best, other))
    shares = {part: wins(first[part], second[part]) for part in ("loudness", "judge")}
    moved = {part: mean_interval((first[part] - second[part]).mean(1)) for part in ALLOWED}
    found = find_alarms({"loudness": shares["loudness"]}, {"judge": shares["judge"]}, moved)
    print(f"- best of 16 by loudness alone: {'; '.join(found) or 'none'} (judge: {rate(shares['judge'])})")


def change_diversity(one: Played, base: Played) -> Interval:
    """By how much the Vendi score of a prompt's takes differs."""
    return mean_interval(np.array([vendi(a) - vendi(b) for a, b in zip(one.vectors, base.vectors, strict=True)]))
