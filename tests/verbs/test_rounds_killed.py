"""Rounds that are killed while they play, score, learn or prove go on to the same weights and the same tables."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

import producertwin
from dpo_kit import digest, write_recipe

KILLS: Final = (
    ("", "prompt 1", 10),  # it plays the candidates that are learned from
    ("", "prompt 4, take 2", 5),  # it scores them
    ("round 1: learning", "step", 3),
    ("round 1: proving, the twin before", "prompt", 60),
    ("round 1: proving, what was learned", "pairs", 9),
    ("round 2: candidates", "prompt", 30),
    ("round 2: learning", "step", 3),
    ("round 2: proving", "prompt", 60),
)
"""Where it is killed: below which line it told, at which words, and how many of these may have been told by then."""

DRIVER = """
import json, sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from producertwin.library import open_library
from producertwin.model import adapters
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs import inspect, pairs_make, rounds, scorers
from producertwin.verbs.improve import ImprovePlan
from producertwin.verbs.studio import Studio

home, recipe = Path(sys.argv[1]), sys.argv[2]


def score(take):  # what a later round learned plays better: the takes of tiny are noise, which no ear tells apart
    worn, found = {one.revision for one in take.adapters}, 0
    for place, run in enumerate(sorted(library.runs.list(), key=lambda one: one.created), 1):
        folder = library.runs.folder(run) / "adapter"
        found = place if worn and folder.is_dir() and adapters.read(folder).revision in worn else found
    return take.seed % 7 + 10.0 * found


scorers.SCORERS |= {"meters": lambda _: score, "caption": lambda _: score}
inspect.inspect_take = lambda *_: SimpleNamespace(score=10.0, parts=(), loudness=None)
Studio.load_embedder = lambda _: SimpleNamespace(embed_audio=lambda _: SimpleNamespace(vector=np.ones(4)))
settings = Settings(studio=home, device="cpu", offline=True)


def say(event):
    words = event.text if hasattr(event, "text") else getattr(event, "what", "")
    print(json.dumps(["told", words]), flush=True)


with open_library(settings) as library:
    studio = Studio(settings, library)
    made = {"n": 4, "takes": 2, "seconds": 2.0, "variant": "tiny", "guide": "none", "scorers": ("meters",), "least_margin": 0.0}
    pairs = finish(pairs_make.make_pairs(pairs_make.MakePairsPlan.model_validate(made), studio), say).set.id
    facts = {"producer": "Mara Vale", "by": "dpo", "variant": "tiny", "recipe": recipe, "pairs": pairs, "judges": ("caption",)}
    done = finish(rounds.improve_in_rounds(ImprovePlan.model_validate(facts | {"rounds": 2, "proof": 10}), studio), say)
told = [(one.kept, one.why, one.adapter, one.before, one.after) for one in done.rounds]
print(json.dumps(["done", told]), flush=True)
"""


class Child:
    """A process that makes rounds in a studio."""

    def __init__(self, home: Path, recipe: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(Path(producertwin.__file__).parent.parent), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", DRIVER, str(home), recipe]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def finish(self) -> Any:
        """What came of the rounds. Fails with what the process said where it ended otherwise."""
        out, talk = self.process.communicate()
        assert self.process.returncode == 0, talk
        kind, told = json.loads(out.splitlines()[-1])
        assert kind == "done"
        return told

    def kill_at(self, heading: str, words: str, times: int, delay: float) -> None:
        """Kill it, as a power cut would, `delay` seconds after it has told `words` so many times below `heading`."""
        assert self.process.stdout is not None
        below = not heading
        for line in self.process.stdout:
            told = json.loads(line)[1]
            assert isinstance(told, str), f"it came to its end without {words!r} below {heading!r}"
            below = below or told.startswith(heading)
            times -= below and told.startswith(words)
            if not times:
                break
        time.sleep(delay)
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        assert self.process.returncode == -signal.SIGKILL


def name_weights(told: list[list[Any]]) -> list[Any]:
    """What came of rounds, with a hash of the weights in the place of their folder."""
    return [[kept, why, digest(adapter), before, after] for kept, why, adapter, before, after in told]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_rounds_that_are_killed_in_any_part_go_on_to_the_same_weights(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, training={"steps": 3, "save_every": 1}, dpo={"rise": 10.0, "beta": 50.0})
    whole = Child(tmp_path / "whole", recipe).finish()
    assert [kept for kept, *_ in whole] == [True, True]
    rng = random.Random(22)
    for heading, words, most in KILLS:
        Child(tmp_path / "killed", recipe).kill_at(heading, words, rng.randint(1, most), rng.uniform(0.0, 0.05))
    resumed = Child(tmp_path / "killed", recipe).finish()
    assert name_weights(resumed) == name_weights(whole)
