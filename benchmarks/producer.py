"""How good is the producer model on songs that it never learned from?

    python benchmarks/producer.py corpus --songs 40 --out held.jsonl
    python benchmarks/producer.py measure held.jsonl [--sheets 300] [--desks 80] [--compile 20] [--train SONGS]

Planning: F1 of the stems over held-out songs of the house band, by the whole caption and by terser wordings, beside the stems
that words name and those that the style always has. Quality: rank correlation (Spearman) with the strength of planted faults,
over all and by kind. Desks: stems that were put out of order (`training.producer.desks`) and the desk that puts them right;
distances of the model's desk, the rules', that of the nearest training song, and a plain one. What is measured is what the
model reads of stems: the rules are told the same numbers, with one window for each stem, so what they do by time (masking,
room) is as coarse. With `--compile N` as many of the model's desks are compiled by the engine.

Distances of a desk: loudness of each strip behind its fader against the others, mean LU; response of its equalisers, RMS dB;
effects that one has and the other has not, a strip. Intervals are 95 %: over songs by bootstrap, of shares by Wilson.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from producertwin.house_band.styles import STYLES, match
from producertwin.metrics.statistics import wilson
from producertwin.mixing.automix import rules
from producertwin.mixing.automix.curves import draw_curve
from producertwin.mixing.automix.draft import Draft
from producertwin.mixing.automix.moods import apply_moods
from producertwin.mixing.automix.readings import change_level
from producertwin.mixing.automix.targets import ANY
from producertwin.mixing.automix.words import find_style, read_prompt, read_roles
from producertwin.mixing.desk import Desk, Strip
from producertwin.mixing.faust import write_faust
from producertwin.mixing.producer.grammar import read_row, write_row
from producertwin.mixing.producer.model import Producer, load_producer
from producertwin.mixing.producer.plan import LIKELY
from producertwin.mixing.producer.reading import read_texts
from producertwin.music import STEMS
from producertwin.training.producer.desks import DeskExample, as_reading, draw_example, name_stems
from producertwin.training.producer.sheets import Sheet, write_sheet
from producertwin.training.producer.songs import HELD_OUT, Song, play_song, read_corpus

SEED = 21
OPTIONAL = ("high_pass", "low_pass", "gate", "low_shelf", "high_shelf", "compressor", "saturation", "transient", "duck")


def interval(values: Sequence[float]) -> str:
    """Mean and its interval over songs."""
    rng, found = np.random.default_rng(0), np.array(values)
    means = found[rng.integers(len(found), size=(2_000, len(found)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{found.mean():.2f} ({low:.2f}-{high:.2f})"


def f1(found: Sequence[str], right: Sequence[str]) -> float:
    """F1 of a set of stems."""
    both = len({*found} & {*right})
    return 2 * both / max(len({*found}) + len({*right}), 1)


def always_has(text: str) -> list[str]:
    """What rules would plan: stems that words name, and those that a player of the style plays at least every second time."""
    named, denied = read_roles(text)
    style = match(text).style
    usual = {player.stem for player in STYLES[style.id].players if player.chance >= 0.5}
    return sorted((named | usual) - denied)


def plan_by_model(producer: Producer, text: str) -> list[str]:
    """The stems of `plan_production`."""
    named, denied = read_roles(text)
    chances = producer.plan_stems(text)
    return [stem for stem, chance in chances.items() if stem not in denied and (chance >= LIKELY or stem in named)]


def plan_by_chance(producer: Producer, text: str) -> list[str]:
    """The stems of the planning head alone."""
    return [stem for stem, chance in producer.plan_stems(text).items() if chance >= LIKELY]


def measure_plans(producer: Producer, sheets: Sequence[Sheet]) -> None:
    """The table of planning."""
    ways: dict[str, Callable[[str], list[str]]] = {
        "model": lambda text: plan_by_model(producer, text),
        "model alone, names not heeded": lambda text: plan_by_chance(producer, text),
        "names and style": always_has,
        "every stem": lambda _: list(STEMS),
    }
    print(f"\n| stems planned by, {len(sheets)} songs | whole caption | terser wordings | a sentence |\n|---|---|---|---|")
    for name, way in ways.items():
        cells = [interval([f1(way(sheet.captions[place]), sheet.stems) for sheet in sheets]) for place in (0, 1, -1)]
        print(f"| {name} | {' | '.join(cells)} |")


def measure_quality(producer: Producer, songs: Sequence[Song]) -> None:
    """The table of quality."""
    faults = [(song, fault) for song in songs for fault in song.faults]
    heard = torch.tensor([fault.heard for _, fault in faults])
    with torch.inference_mode():
        caption = read_texts(producer.net, [song.captions[0] for song, _ in faults])
        found = producer.net.assess(heard, caption).numpy()
    worth = np.array([1 - fault.strength for _, fault in faults])
    kinds = np.array([fault.kind for _, fault in faults])
    print("\n| planted fault | mixes | rank correlation |\n|---|---|---|")
    for kind in ("all", *sorted({*kinds} - {"none"})):
        mine = np.isin(kinds, [kind]) if kind != "all" else np.ones(len(kinds), bool)
        print(f"| {kind} | {mine.sum()} | {correlate(found[mine], worth[mine])} |")


def correlate(found: np.ndarray, worth: np.ndarray) -> str:
    """Spearman's rank correlation with its interval."""
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(found), size=len(found)) for _ in range(500)]
    low, high = np.percentile([spearmanr(found[one], worth[one]).statistic for one in drawn], [2.5, 97.5])
    return f"{spearmanr(found, worth).statistic:.2f} ({low:.2f}-{high:.2f})"


def set_by_rules(example: DeskExample) -> Desk:
    """The rules' desk, told the numbers that the model is told."""
    names = name_stems([one.role for one in example.stems])
    readings = tuple(as_reading(one, name) for one, name in zip(example.stems, names, strict=True))
    words = read_prompt(example.text)
    style = words.styles[0] if words.styles else find_style(example.text) or ANY
    draft = Draft(readings, style, {name: Strip() for name in names}, {}, Desk().master)
    rules.cut_rumble(draft)
    rules.place(draft)
    rules.set_levels(draft, tell=False)
    rules.cut_mud(draft)
    rules.set_levels(draft)
    rules.duck_bass(draft)
    apply_moods(draft, words.asked)
    return Desk.model_validate({"strips": draft.strips, "buses": draft.buses, "master": draft.master}, from_attributes=True)


def find_nearest(example: DeskExample, known: Sequence[DeskExample]) -> Desk:
    """The desk of the training example whose stems sound most alike, each strip by its stem."""
    mine = {one.role: one.vector() for one in example.stems}

    def away(other: DeskExample) -> float:
        theirs = {one.role: one.vector() for one in other.stems}
        shared = mine.keys() & theirs.keys()
        missing = len(mine.keys() ^ theirs.keys())
        return missing + float(np.mean([np.square(mine[role] - theirs[role]).mean() for role in shared])) if shared else 99.0

    best = min(known, key=away)
    strips = {one.role: strip for one, strip in zip(best.stems, best.desk.strips.values(), strict=True)}
    names = name_stems([one.role for one in example.stems])
    made = {
        name: strips.get(one.role, Strip()).model_copy(update={"duck": None})
        for one, name in zip(example.stems, names, strict=True)
    }
    return Desk.model_validate({"strips": made, "buses": best.desk.buses, "master": best.desk.master}, from_attributes=True)


def measure_distance(example: DeskExample, desk: Desk) -> tuple[float, float, float]:
    """Balance, response and effects of `desk` against the one that is right."""
    levels, curves, effects = [], [], []
    for one, name, right in zip(example.stems, desk.strips, example.desk.strips.values(), strict=True):
        mine, reading = desk.strips[name], as_reading(one, name)
        levels.append(mine.gain + change_level(reading, mine) - right.gain - change_level(reading, right))
        heard = np.array(one.bands) > -40
        away = (draw_curve(mine) - draw_curve(right))[heard]
        curves.append(float(np.sqrt(np.mean(np.square(away)))))
        odd = sum((getattr(mine, part) is None) != (getattr(right, part) is None) for part in OPTIONAL)
        effects.append(odd + abs(len(mine.bells) - len(right.bells)) + abs(len(mine.sends) - len(right.sends)))
    away = np.array(levels) - np.mean(levels)
    return float(np.abs(away).mean()), float(np.mean(curves)), float(np.mean(effects))


def measure_desks(producer: Producer, songs: Sequence[Song], known: Sequence[Song], count: int, compiled: int) -> None:
    """The table of desks."""
    rng = np.random.default_rng(5)
    examples = [draw_example(songs[place % len(songs)], rng) for place in range(count)]
    taught = [draw_example(song, rng) for song in known for _ in range(8)]
    made = [producer.set_level_desk(one.stems, name_stems([stem.role for stem in one.stems]), one.text) for one in examples]
    ways = {"model": made, "rules": [set_by_rules(one) for one in examples]}
    if taught:
        ways["nearest training desk"] = [find_nearest(one, taught) for one in examples]
    ways["plain desk"] = [Desk(strips={name: Strip() for name in one.desk.strips}) for one in examples]
    pairs = {name: list(zip(examples, desks, strict=True)) for name, desks in ways.items()}
    far = {name: np.array([measure_distance(one, desk) for one, desk in found]) for name, found in pairs.items()}
    print(f"\n| desk, {count} of {len(songs)} songs | balance, LU | response, dB | effects a strip |\n|---|---|---|---|")
    for name, found in far.items():
        print(f"| {name} | {' | '.join(interval(found[:, place]) for place in range(3))} |")
    print("\n| the model is nearer than | balance | response | effects |\n|---|---|---|---|")
    for name in [name for name in ways if name != "model"]:
        cells = [wilson(int((far["model"][:, place] < far[name][:, place]).sum()), count) for place in range(3)]
        print(f"| {name} | {' | '.join(f'{one.value:.0%} ({one.low:.0%}-{one.high:.0%})' for one in cells)} |")
    said = sum(read_row(tuple(desk.strips), write_row(desk)) == desk for desk in made)
    print(f"\n{said} of {count} desks are valid and say their row again")
    if compiled:
        print(f"{sum(compile_desk(desk) for desk in made[:compiled])} of {compiled} compile and play")


def compile_desk(desk: Desk) -> bool:
    """Whether the engine plays `desk` over noise, and what comes out is finite."""
    from producertwin.mixing.render import play_program

    rng = np.random.default_rng(0)
    stems = [0.1 * rng.standard_normal((2, 4_800)).astype(np.float32) for _ in desk.strips]
    return bool(np.isfinite(play_program(write_faust(desk), stems, 4_800)).all())


def measure(asked: argparse.Namespace) -> None:
    """Print the tables."""
    producer, songs = load_producer(), read_corpus(asked.corpus)
    print(f"{producer.revision}; {len(songs)} held-out songs")
    measure_plans(producer, [write_sheet(SEED, HELD_OUT + 10_000 + number) for number in range(asked.sheets)])
    measure_quality(producer, songs)
    measure_desks(producer, songs, read_corpus(asked.train) if asked.train else (), asked.desks, asked.compile)


def write_corpus(asked: argparse.Namespace) -> None:
    """Play held-out songs; goes on after those that are there."""
    done = len(read_corpus(asked.out))
    for number in range(done, asked.songs):
        with asked.out.open("a", encoding="utf-8") as file:
            file.write(play_song(SEED, HELD_OUT + number).line() + "\n")


def main() -> None:
    """Run what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("corpus")
    one.add_argument("--songs", type=int, default=40)
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=write_corpus)
    other = verbs.add_parser("measure")
    other.add_argument("corpus", type=Path)
    other.add_argument("--sheets", type=int, default=300)
    other.add_argument("--desks", type=int, default=80)
    other.add_argument("--compile", type=int, default=20)
    other.add_argument("--train", type=Path)
    other.set_defaults(run=measure)
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
