"""What the server adds to a request beside a busy process, and how fast the peaks of an hour are.

    python benchmarks/server.py [--takes 1000] [--sets 20] [--pairs 500] [--requests 300]

A real server on a socket of this machine, one client, and a process that computes all the time. `bare` is the same reading of
the library without HTTP, beside the same busy process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import uvicorn

from producertwin.audio import files
from producertwin.library import Filter, Library, TakeDraft, open_library
from producertwin.preferences import candidates, store
from producertwin.preferences.candidates import Candidates
from producertwin.preferences.pair import Pair, PairPrompt, Side
from producertwin.reporting.peaks import peaks
from producertwin.server.access import Access
from producertwin.server.app import make_app
from producertwin.server.guard import Door
from producertwin.server.listener import bind
from producertwin.server.plan import ServePlan
from producertwin.server.previews import Previews, Sound
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs import pairs as verb
from producertwin.verbs.studio import Studio

TOKEN = "benchmark-" + "x" * 40


def keep_busy() -> None:
    """Compute until ended."""
    while True:
        np.sort(np.random.default_rng(0).random(200_000))


def fill(library: Library, takes: int, sound: bytes) -> None:
    """Put so many takes in."""
    for seed in range(takes):
        library.takes.add(
            TakeDraft(audio=sound, task="text2music", stage={}, caption=f"lofi, take {seed}", seed=seed, variant="nano",
                      revision="b2:00", seconds=1.0)
        )  # fmt: skip


def fill_sets(studio: Path, library: Library, sets: int, pairs: int) -> None:
    """Make so many sets of candidates, each with so many pairs of two takes."""
    takes = library.takes.list(Filter(limit=2))
    for number in range(sets):
        found = store.open_set(studio, {"made": "candidates", "seed": number})
        path, made = candidates.path_of(found.folder, 1, 1), []
        for place in range(pairs):
            prompt = PairPrompt(caption=f"lofi, take {number} {place}")
            sides = [Side.of(take, {"caption": 0.1 * at}) for at, take in enumerate(takes)]
            made.append(Pair(prompt=prompt, chosen=sides[1], rejected=sides[0], margin=1.0, source="seeds", judge="caption"))
            row = Candidates(prompt=prompt, takes=tuple(one.id for one in takes), scores=tuple(one.scores for one in sides),
                             defects=((), ()))  # fmt: skip
            candidates.append(path, place, row)
        store.replace(found, made)


def milliseconds(work: Callable[[], object], times: int) -> np.ndarray:
    """How long each of so many calls took."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - begun))
    return np.array(found)


def told(name: str, took: np.ndarray) -> str:
    return f"{name:36} median {np.median(took):7.2f} ms   p95 {np.percentile(took, 95):7.2f} ms"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--takes", type=int, default=1000)
    options.add_argument("--sets", type=int, default=20, help="sets of pairs")
    options.add_argument("--pairs", type=int, default=500, help="pairs of each set")
    options.add_argument("--requests", type=int, default=300)
    options.add_argument("--minutes", type=float, default=60.0, help="length of the long sound")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(studio=Path(place) / "studio", offline=True)
        sound = files.write(Path(place) / "tone.flac", np.zeros((2, SAMPLE_RATE), np.float32)).read_bytes()
        library = open_library(settings)
        fill(library, asked.takes, sound)
        fill_sets(settings.studio, library, asked.sets, asked.pairs)
        measure_requests(settings, library, asked.requests)
        measure_peaks(settings, asked.minutes)
        library.close()


def measure_requests(settings: Settings, library: Library, requests: int) -> None:
    """Time routes and what they read, beside a busy process."""
    with bind(ServePlan(port=0)) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        app = make_app(Studio(settings, library), Door(Access(TOKEN), frozenset({host})))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", http="h11"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        busy = multiprocessing.Process(target=keep_busy, daemon=True)
        busy.start()
        take = library.takes.list(Filter(limit=1))[0].id
        with httpx.Client(base_url=f"http://{host}", headers={"authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
            while client.get("/healthz").status_code != 200:
                time.sleep(0.05)
            reads: dict[str, Callable[[], object]] = {
                "/healthz": lambda: None,
                f"/v1/takes/{take}": lambda: (library.takes.get(take), library.takes.children(take)),
                "/v1/takes?limit=50": lambda: library.takes.survey(Filter(limit=51)),
                "/v1/pairs": lambda: verb.list_sets(Studio(settings, library)),
                "/v1/styles": lambda: None,
            }
            began = time.perf_counter()
            client.get("/v1/pairs").raise_for_status()
            print(f"/v1/pairs, the first time             {1000 * (time.perf_counter() - began):7.0f} ms")
            for address, read in reads.items():
                client.get(address)
                print(
                    told(address.replace(take, "ID"), milliseconds(lambda a=address: client.get(a).raise_for_status(), requests))
                )
                print(told("  bare", milliseconds(read, requests)))
        busy.terminate()
        server.should_exit = True
        thread.join()


def measure_peaks(settings: Settings, minutes: float) -> None:
    """Time the peaks of a long sound: computed, and from the cache."""
    rng = np.random.default_rng(0)
    samples = np.tile(rng.uniform(-0.5, 0.5, (2, SAMPLE_RATE * 60)).astype(np.float32), (1, round(minutes)))
    print(told(f"peaks of {minutes:g} minutes, computed", milliseconds(lambda: peaks(samples), 1)))
    previews = Previews(settings.studio)
    info = files.Info("wav", "FLOAT", SAMPLE_RATE, 2, samples.shape[1])
    blob = "b2:" + "0" * 64
    previews.keep_peaks(blob, files.Decoded(samples, info, clipping=None))  # type: ignore[arg-type]
    sound = Sound(blob, Path())
    print(told("  from the cache, all levels", milliseconds(lambda: [previews.level(sound, name).read_bytes() for name in
                                                                   ("fine", "middle", "coarse")], 20)))  # fmt: skip


if __name__ == "__main__":
    main()
