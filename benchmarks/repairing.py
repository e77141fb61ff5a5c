"""Does repair mend what is planted into nano's takes, and does it make nothing worse?

    python benchmarks/repairing.py [--takes 12] [--seconds 12]

nano plays takes of several styles without a guide track; into each goes one defect of a kind that a plain edit can mend, one kind
after the other. A defect counts as repaired where the inspector finds none of its kind any more. A take counts as worse where its
score is lower than before by more than the tolerance, or samples outside the mended stretches differ.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from producertwin.audio import files
from producertwin.evaluation.ears.planting import Song
from producertwin.evaluation.ears.plants import PLANTS
from producertwin.metrics.statistics import wilson
from producertwin.pipeline.stages import Generate, Play, Prompt
from producertwin.progress import finish
from producertwin.quality.repair.trying import TOLERANCE, is_untouched, repair
from producertwin.settings import from_environment
from producertwin.verbs.make import make
from producertwin.verbs.sounds import find_sound
from producertwin.verbs.studio import Studio, open_studio

KINDS = ("click", "dropout", "clipping", "dc", "mud", "silent_end", "abrupt_end", "imbalance", "true_peak", "out_of_phase",
         "discontinuity", "silent_start")  # fmt: skip
CAPTIONS = ("house, piano", "lofi hip hop, rhodes", "jazz trio", "rock, guitar", "synthwave", "ambient pads")


def play(studio: Studio, number: int, seconds: float) -> np.ndarray:
    """One take's sound."""
    stage = Generate(
        prompt=Prompt(caption=CAPTIONS[number % len(CAPTIONS)]), seconds=seconds, play=Play(variant="nano", seed=number)
    )
    (made,) = finish(make(stage, studio))
    return files.read(Path(finish(find_sound(made.take, studio))))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=12.0)
    asked = parser.parse_args()
    rows: dict[str, list[bool]] = defaultdict(list)
    worse = 0
    with open_studio(from_environment()) as studio:
        for number in range(asked.takes):
            kind = KINDS[number % len(KINDS)]
            song = Song(play(studio, number, asked.seconds), None, None)
            broken = PLANTS[kind](song, 2, np.random.default_rng(number)).sound
            done = repair(broken)
            there = any(one.kind == kind and one.severity != "info" for one in done.before)
            left = any(one.kind == kind and one.severity != "info" for one in done.after)
            rows[kind].append(there and not left)
            worse += done.score_after < done.score_before - TOLERANCE or not is_untouched(broken, done)
            told = "mended" if there and not left else "still there" if there else "not found"
            print(f"take {number}: {kind} {told}, {done.score_before:.1f} -> {done.score_after:.1f}", flush=True)
    print("\n| defect | takes | repaired |\n|---|---|---|")
    for kind, found in rows.items():
        print(f"| {kind} | {len(found)} | {sum(found)} |")
    every = [one for found in rows.values() for one in found]
    share = wilson(sum(every), len(every))
    print(f"| all | {len(every)} | {sum(every)}, {share.value:.0%} ({share.low:.0%}–{share.high:.0%}) |\n\nmade worse: {worse}")


if __name__ == "__main__":
    main()
