"""How fast a sound is inspected, and how much memory that takes, by its length.

    python benchmarks/inspecting.py [--minutes 5 20 60]

Songs of the house band are played one after the other into a file of 16 bits, which is decoded and inspected as `twin inspect`
does without stems. Processor time is that of this process and of the decoding child; memory is what belongs to the process alone
(`RssAnon`), since the decoded sound lies in a temporary file.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

import numpy as np
import psutil
import soundfile

from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.quality.report import inspect
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.opened_sound import decode_long

STYLES = ("house", "jazz-trio", "CORE-01", "rock")


def write_song(path: Path, minutes: float) -> None:
    """`minutes` of music."""
    songs = [render(compose(style, seed=77, seconds=20.0)).mix.T for style in STYLES]
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, "PCM_16") as out:
        number, wanted = 0, round(minutes * 60 * SAMPLE_RATE)
        while out.frames < wanted:
            out.write(songs[number % len(songs)][: wanted - out.frames])
            number += 1


class Watch:
    """The most memory of its own that this process took while the watch ran, in MB."""

    def __init__(self) -> None:
        self.most = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            own = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
            self.most = max(self.most, own / 1024)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[5.0, 20.0, 60.0])
    asked = parser.parse_args()
    inspect(np.zeros((2, SAMPLE_RATE), np.float32))
    print("| minutes | x realtime, decoding | x realtime, all | memory, MB |\n|---|---|---|---|")
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        for minutes in asked.minutes:
            path = Path(folder, "song.wav")
            write_song(path, minutes)
            times = [_spent(process)]
            with Watch() as watch:
                decoded = decode_long(path)
                times.append(_spent(process))
                inspect(decoded.samples, None, decoded.clipping)
            times.append(_spent(process))
            seconds = minutes * 60
            decoding, whole = seconds / (times[1] - times[0]), seconds / (times[2] - times[0])
            print(f"| {minutes:g} | {decoding:.0f} | {whole:.0f} | {watch.most:.0f} |", flush=True)


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    live = [child.cpu_times() for child in process.children(recursive=True)]
    return float(times.user + times.system + times.children_user + times.children_system + sum(t.user + t.system for t in live))


if __name__ == "__main__":
    main()
