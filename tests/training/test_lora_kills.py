"""Killed without warning, again and again: what a run ends with is the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = """
import hashlib, os, random, signal, sys
from pathlib import Path

import torch

torch.set_num_threads(1)  # so that there is no thread whose locks a fork would keep
sys.path.insert(0, sys.argv[1])
from lora_kit import Recorder, Studio, frozen, recipe, tiny
from producertwin.library import open_library
from producertwin.progress import Progress
from producertwin.settings import Settings

home = Path(sys.argv[2])


def digest(name):
    whole = hashlib.blake2b()
    for folder in (home / name / "checkpoints" / "step-00000060", home / name / "adapter"):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def killed(name, steps):
    '''Train in a child, kill it once it has told of `steps` steps; the last it told of, None when it came to its end.'''
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        for event in studio.train(studio.job(name, plan, callbacks=Recorder())):
            if isinstance(event, Progress):
                os.write(write, f"{event.done}\\n".encode())
        os._exit(0)
    os.close(write)
    told = []
    with open(read) as lines:
        for line in lines:
            told.append(int(line))
            if len(told) == steps:
                os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return told[-1] if status else None


with open_library(Settings(studio=home / "studio")) as library:
    instrument = tiny()
    studio = Studio(instrument, library, frozen(library, instrument), home)
    plan = recipe(home, training__steps=60, training__save_every=2, training__validate_every=7, adapter__dropout=0.1)
    assert killed("calm", None) is None
    chance, furthest, kills = random.Random(5), 0, 0
    while kills < 20:
        reached = killed("hunted", chance.randrange(1, 6))
        kills, furthest = kills + 1, max(furthest, reached or 60)
    assert killed("hunted", None) is None
    print(kills, furthest, digest("calm") == digest("hunted"))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_run_killed_at_twenty_random_moments_ends_as_one_that_was_left_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVER, str(Path(__file__).parent), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    kills, furthest, same = done.stdout.split()
    assert int(kills) == 20 and int(furthest) >= 15
    assert same == "True"
