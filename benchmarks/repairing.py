"""Does repair mend what is planted into nano's takes, and does it make nothing worse?

    python benchmarks/repairing.py [--takes 12] [--seconds 12] [--folder takes] [--minutes 30]

nano plays takes of several styles without a guide track; into each goes one defect of a kind that a plain edit can mend, one kind
after the other. A defect counts as repaired where the inspector finds none of its kind any more. A take counts as worse where its
score is lower than before by more than the tolerance, or samples outside the mended stretches differ. Takes of less than 12 s are
too short for some plants. With `--folder` the takes and what became of each are kept there: the same command again goes on with
what is missing, and a changed inspector is tried on the same takes once the file `repairs.jsonl` is deleted. After `--minutes` it
tells what it has.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Trial:
    """What became of one take."""

    number: int
    kind: str
    found: bool
    mended: bool
    worse: bool
    before: float
    after: float

    def __str__(self) -> str:
        told = "mended" if self.mended else "still there" if self.found else "not found"
        return f"take {self.number}: {self.kind} {told}, {self.before:.1f} -> {self.after:.1f}"


def play(studio: Studio, number: int, seconds: float, folder: Path) -> np.ndarray:
    """One take's sound, played only where `folder` does not have it."""
    kept = folder / f"{number:03}-{seconds:g}s.flac"
    if not kept.is_file():
        play = Play(variant="nano", seed=number)
        stage = Generate(prompt=Prompt(caption=CAPTIONS[number % len(CAPTIONS)]), seconds=seconds, play=play)
        (made,) = finish(make(stage, studio))
        half = kept.with_suffix(".part.flac")
        files.write(half, files.read(Path(finish(find_sound(made.take, studio)))))
        half.rename(kept)
    return files.read(kept)


def try_take(studio: Studio, number: int, seconds: float, folder: Path) -> Trial:
    """Plant one defect into a take and repair it."""
    kind = KINDS[number % len(KINDS)]
    song = Song(play(studio, number, seconds, folder), None, None)
    broken = PLANTS[kind](song, 2, np.random.default_rng(number)).sound
    done = repair(broken)
    there = any(one.kind == kind and one.severity != "info" for one in done.before)
    left = any(one.kind == kind and one.severity != "info" for one in done.after)
    worse = done.score_after < done.score_before - TOLERANCE or not is_untouched(broken, done)
    return Trial(number, kind, there, there and not left, worse, done.score_before, done.score_after)


def try_takes(studio: Studio, asked: argparse.Namespace, folder: Path) -> list[Trial]:
    """Every take that is asked for, as far as the minutes go; what `folder` knows of earlier is not done again."""
    told, until = folder / "repairs.jsonl", time.monotonic() + 60 * asked.minutes
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    trials = {one.number: one for one in (Trial(**json.loads(line)) for line in lines) if one.number < asked.takes}
    for number in range(asked.takes):
        if number in trials or time.monotonic() > until:
            continue
        trials[number] = try_take(studio, number, asked.seconds, folder)
        with told.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(trials[number])) + "\n")
        print(trials[number], flush=True)
    return [trials[number] for number in sorted(trials)]


def tell(trials: list[Trial]) -> None:
    """Print the table."""
    kinds: dict[str, list[Trial]] = defaultdict(list)
    for one in trials:
        kinds[one.kind].append(one)
    print("\n| defect | takes | found | repaired |\n|---|---|---|---|")
    for kind, own in kinds.items():
        print(f"| {kind} | {len(own)} | {sum(one.found for one in own)} | {sum(one.mended for one in own)} |")
    mended, found = sum(one.mended for one in trials), sum(one.found for one in trials)
    for of, many in (("all", len(trials)), ("those found", found)):
        share = wilson(mended, max(many, 1))
        print(f"| {of} | {many} | {found} | {mended}, {share.value:.0%} ({share.low:.0%}–{share.high:.0%}) |")
    print(f"\nmade worse: {sum(one.worse for one in trials)}")


def main() -> None:
    """Try the takes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--folder", type=Path, help="where takes and results are kept; a temporary folder when absent")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="after which no other take is begun")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare, open_studio(from_environment()) as studio:
        folder = asked.folder or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        tell(try_takes(studio, asked, folder))


if __name__ == "__main__":
    main()
