"""Is a planted taste learned by keepers, by preference pairs, by a policy gradient? Beside the best of N, at equal compute.

    OMP_NUM_THREADS=1 python benchmarks/preferences.py --folder WORK [--seeds 7 8 9] [--only pool keepers drift dpo policy judge]

The taste is "no mud" (`tastes.py`). A pool of takes is played: what is learned from, and the curve of the best of N. Each arm
learns an adapter from the same takes (the policy from its own walks), once for every seed, then plays prompts that nobody learned
from with the seeds of the untaught instrument. Every take is held against that of its prompt and seed: win rates by the reward
that was trained by and by the judge that was not, with intervals over prompts and the range over trainings, and beside them
caption, loudness, length, the inspector's points, diversity, style gain and copies. Every part is kept in the folder and gone on
with; the last table says how long each took.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from preference_arms import ARMS, Pool, settings_of
from preference_table import print_tables
from tastes import Played, Player

from producertwin.model.nano.embedder import load_embedder
from producertwin.model.variants.load import load
from producertwin.preferences.prompts import draw_prompts
from producertwin.settings import Settings

PARTS = ("pool", *ARMS, "judge")
SECONDS, STEPS = 5.12, 8
TAUGHT, HELD, POOL, JUDGED = 16, 50, 33, 4
"""Prompts that are learned from, prompts that are judged on, and the takes of each."""


class Times:
    """How long each part took, kept over every start in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "times.jsonl"

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what the block takes; nothing where it is not done to its end."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        row = {"part": name, "wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def tell(self) -> None:
        """Print the time of every part and of all."""
        rows = [json.loads(line) for line in self.path.read_text().splitlines()]
        print("\n| part | wall, s | processor, s | starts |\n|---|---|---|---|")
        for name in dict.fromkeys(row["part"] for row in rows):
            mine = [row for row in rows if row["part"] == name]
            print(f"| {name} | {sum(r['wall'] for r in mine):.0f} | {sum(r['processor'] for r in mine):.0f} | {len(mine)} |")
        wall, processor = (sum(row[name] for row in rows) / 60 for name in ("wall", "processor"))
        print(f"\nthe whole: {wall:.1f} minutes of wall time and {processor:.1f} of processor time, on one thread")


def main() -> None:
    """Do the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7], help="of the trainings of each arm")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    times = Times(asked.folder)
    with times.part("load"):
        settings = Settings(studio=asked.folder / "studio")
        player = Player(load("nano", settings), load_embedder(settings), SECONDS, STEPS)
        taught = [one.prompt for one in draw_prompts(TAUGHT, 5, SECONDS)]
        held = [one.prompt for one in draw_prompts(HELD, 99, SECONDS, before=taught)]
    with times.part("pool"):
        takes = player.play(taught, POOL, 0, asked.folder / "pool", judge=False)
    pools = [Pool(player, taught, takes, asked.folder, seed) for seed in asked.seeds]
    for pool in pools:
        for name, learn in ARMS.items():
            if name in asked.only and not (pool.place(name) / "adapter").is_dir():
                with times.part(f"{name}, seed {pool.seed}"):
                    learn(pool)
    if "judge" not in asked.only:
        return
    with times.part("judge: untaught"):
        base = player.play(held, JUDGED, 500_000, asked.folder / "judged" / "none")
    played: dict[str, list[Played]] = {}
    for pool in pools:
        for name, adapters in settings_of(pool).items():
            folder = asked.folder / "judged" / f"{name.replace(' ', '-')}-{pool.seed}"
            with times.part(f"judge: {name}, seed {pool.seed}"):
                played.setdefault(name, []).append(player.play(held, JUDGED, 500_000, folder, adapters))
    with times.part("tables"):
        print_tables(pools[0], base, played)
    times.tell()


if __name__ == "__main__":
    main()
