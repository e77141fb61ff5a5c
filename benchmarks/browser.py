"""What an export costs in a browser, and how far its takes are from Python's of the same seed.

    twin export nano --format onnx --precision fp32,fp16,int8 --player -o nano-web
    python benchmarks/browser.py nano-web [--seconds 10 60] [--chromium /usr/bin/chromium]

Every take is made in a Chromium of its own, from words and a seed, on the one thread of onnxruntime there, and then by
onnxruntime in Python, on one thread too. Seconds are the processor's, of the page's process and of Python's take, opening the
graphs included in the first and not in the second; memory is the most that the page's process held.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from producertwin.audio import files
from producertwin.model.graphs.opening import open_graphs
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Metas, Request
from producertwin.settings import Settings

WORDS = "lofi, rainy, rhodes, soft drums"
BPM, KEY, METER, SEED = 78, "D minor", 4, 7
PATIENCE = 1_200_000
"""Milliseconds that a take may need."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address of a server of `folder`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Watch(threading.Thread):
    """Notes the most memory, and the processor's seconds, of the page's process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes, self.spent, self.done = 0, 0.0, False

    def run(self) -> None:
        """Look ten times a second."""
        while not self.done:
            for process in psutil.Process().children(recursive=True):
                try:
                    if "--type=renderer" in process.cmdline():
                        used = process.cpu_times()
                        self.spent = max(self.spent, used.user + used.system)
                        self.bytes = max(self.bytes, process.memory_info().rss)
                except psutil.Error:
                    continue
            time.sleep(0.1)


def play(folder: Path, seconds: float, chromium: str) -> tuple[NDArray[np.float32], Watch]:
    """One take in a browser, and what it cost."""
    from playwright.sync_api import sync_playwright

    watch = Watch()
    with serve(folder) as address, sync_playwright() as driver, tempfile.TemporaryDirectory() as into:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.getuid() == 0 else [])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        watch.start()
        page.goto(f"{address}/player/")
        page.get_by_label("Prompt").fill(WORDS)
        page.get_by_label("Tempo, BPM").fill(str(BPM))
        page.get_by_label("Key").select_option(KEY)
        page.get_by_label("Beats in a bar").select_option(str(METER))
        page.get_by_label("Length, s").fill(f"{seconds:g}")
        page.get_by_label("Seed", exact=True).fill(str(SEED))
        page.get_by_role("button", name="Make").click()
        page.locator("audio, .error").first.wait_for(timeout=PATIENCE)
        watch.done = True
        with page.expect_download() as expected:
            page.get_by_role("link", name="Download").click()
        expected.value.save_as(Path(into) / "take.wav")
        browser.close()
        return files.read(Path(into) / "take.wav"), watch


def play_here(folder: Path, seconds: float) -> tuple[NDArray[np.float32], float]:
    """The same take in Python, and the processor's seconds."""
    instrument = open_graphs(folder, Settings(studio=folder, device="cpu", offline=True))
    began = time.process_time()
    [take] = engine.generate(instrument, [Request(WORDS, seconds, SEED, metas=Metas.of(BPM, KEY, METER))])
    return take.audio, time.process_time() - began


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Of all samples of both, as one vector."""
    left, right = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def main() -> None:
    """Print one row for each precision and length."""
    parser = argparse.ArgumentParser()
    parser.add_argument("graphs", type=Path)
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 60.0])
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    names = ("precision", "seconds", "browser, CPU s", "for each second", "memory, MB", "Python, CPU s", "waveform cosine")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for folder in sorted(path for path in asked.graphs.glob("*/") if (path / "player").is_dir()):
        for seconds in asked.seconds:
            heard, watch = play(folder, seconds, asked.chromium)
            expected, took = play_here(folder, seconds)
            figures = [f"{watch.spent:.1f}", f"{watch.spent / seconds:.2f}", f"{watch.bytes / 1e6:.0f}", f"{took:.1f}"]
            figures.append(f"{cosine(heard, expected):.7f}")
            print(f"| {folder.name} | {seconds:g} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
