"""Measure what the house band's songs weigh: the references that mud and balance are judged by.

python benchmarks/references.py -o src/producertwin/quality/detectors/references.json
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.house_band.styles import COARSE
from producertwin.quality.detectors.profile import Profile, read_profile
from producertwin.quality.detectors.references import GENERAL, Reference, learn

FIRST_SEED = 500_000
SECONDS = 12.0
SONGS = {"lofi": 1}
"""Songs of every style of a kind; of others there are four."""
OTHERS = 4


def measure() -> dict[str, Reference]:
    """The references by coarse style, and the general one."""
    profiles: dict[str, list[Profile]] = defaultdict(list)
    for name, kind in COARSE.items():
        for number in range(SONGS.get(kind, OTHERS)):
            profiles[kind].append(read_profile(render(compose(name, seed=FIRST_SEED + number, seconds=SECONDS)).mix))
        print(name, flush=True)
    found = {GENERAL: learn(GENERAL, [one for every in profiles.values() for one in every])}
    return found | {kind: learn(kind, every) for kind, every in profiles.items()}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    told = {name: one.model_dump(exclude={"name"}) for name, one in measure().items()}
    asked.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
