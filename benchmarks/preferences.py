"""Is a planted taste learned by keepers, by preference pairs, by a policy gradient? Beside the best of N, at equal compute.

    OMP_NUM_THREADS=1 python benchmarks/preferences.py --folder WORK [--only pool keepers dpo policy judge table]

The taste is "no mud" (`tastes.py`). A pool of takes is played: what is learned from, and the curve of the best of N. Each arm
learns an adapter from the same takes (the policy from its own walks), then plays prompts that nobody learned from with the
seeds of the untaught instrument. Every take is held against that of its prompt and seed: win rates by the reward that was
trained by and by the judge that was not, with intervals over prompts, and beside them caption, loudness, length, the
inspector's points, diversity, style gain and copies. Every part is kept in the folder and gone on with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from preference_arms import ARMS, Pool
from preference_table import print_tables
from tastes import Player

from producertwin.model.nano.embedder import load_embedder
from producertwin.model.variants.load import load
from producertwin.preferences.prompts import draw_prompts
from producertwin.settings import Settings

PARTS = ("pool", *ARMS, "judge", "table")
SECONDS, STEPS = 5.12, 8
TAUGHT, HELD, POOL, JUDGED = 16, 50, 33, 4
"""Prompts that are learned from, prompts that are judged on, and the takes of each."""


def main() -> None:
    """Do the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(studio=asked.folder / "studio")
    instrument = load("nano", settings)
    player = Player(instrument, load_embedder(settings), SECONDS, STEPS)
    taught = [one.prompt for one in draw_prompts(TAUGHT, 5, SECONDS)]
    held = [one.prompt for one in draw_prompts(HELD, 99, SECONDS, before=taught)]
    pool = Pool(player, taught, player.play(taught, POOL, 0, asked.folder / "pool", judge=False), asked.folder)
    for name, learn in ARMS.items():
        if name in asked.only and not (asked.folder / name / "adapter").is_dir():
            learn(pool)
    arms = {"none": None} | {name: asked.folder / name / "adapter" for name in ARMS if (asked.folder / name / "adapter").is_dir()}
    if {"judge", "table"} & {*asked.only}:
        played = {name: player.play(held, JUDGED, 500_000, asked.folder / "judged" / name, path) for name, path in arms.items()}
        print_tables(pool, played)


if __name__ == "__main__":
    main()
