"""Is an album the same when it is killed on the way? kill -9 at random moments, gone on with, against one that was left alone.

    python benchmarks/agent_kills.py [--kills 3] [--seed 7] [--brief "lofi EP, 2 tracks, 12 seconds each"] [--candidates 2]

Both albums are made by `twin produce` on nano, each in a studio of its own. The moments are drawn over the decisions of the album
that was left alone: a kill waits until so many are written down, and then for a random part of how long the next one took. Told
are what each kill fell into, and whether the checksums of all files that are to be the same are.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from producertwin.library import sums


def start(words: list[str], studio: Path) -> subprocess.Popen[bytes]:
    """`twin produce` in a session of its own, so that a kill takes its children too."""
    command = [str(Path(sys.executable).with_name("twin")), "produce", *words]
    environment = os.environ | {"TWIN_STUDIO": str(studio), "TWIN_OFFLINE": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def steps(folder: Path) -> list[dict[str, Any]]:
    """The decisions that are written down so far."""
    path = folder / "decisions.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    return [json.loads(line) for line in lines]


def kill_in(running: subprocess.Popen[bytes], folder: Path, step: int, wait: float) -> str:
    """Kill the album so long after its decision number `step`; what it was at."""
    while running.poll() is None and len(steps(folder)) < step:
        time.sleep(0.02)
    ends = time.monotonic() + wait
    while running.poll() is None and time.monotonic() < ends:
        time.sleep(0.01)
    if running.poll() is not None:
        return "it had ended before"
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    last = steps(folder)[-1] if steps(folder) else {"kind": "start", "decision": "nothing"}
    return f"{wait:.1f} s after {last['decision']!r}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--brief", default="lofi EP, 2 tracks, 12 seconds each")
    parser.add_argument("--candidates", type=int, default=2)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    with tempfile.TemporaryDirectory() as place:
        alone, killed = Path(place) / "alone", Path(place) / "killed"
        words = [asked.brief, "--candidates", str(asked.candidates)]
        if start([*words, "-o", str(alone)], Path(place) / "studio").wait():
            raise SystemExit("the album could not be made")
        rows = steps(alone)
        moments = sorted(int(one) for one in rng.choice(np.arange(1, len(rows)), asked.kills, replace=False))
        for step in moments:
            wait = float(rng.uniform(0, 1)) * max(rows[step]["cost"]["seconds"], 0.2)
            told = kill_in(start([*words, "-o", str(killed)], Path(place) / "other"), killed, step, wait)
            print(f"killed {told}", flush=True)
        if start([*words, "-o", str(killed)], Path(place) / "other").wait():
            raise SystemExit("the killed album could not be gone on with")
        one, other = sums.read_sums(alone), sums.read_sums(killed)
        same = sum(one[name] == other.get(name) for name in one)
        print(f"{same} of {len(one)} files have the same bytes, {len(other.keys() - one.keys())} others; {len(rows)} decisions "
              f"alone, {len(steps(killed))} with kills")  # fmt: skip


if __name__ == "__main__":
    main()
