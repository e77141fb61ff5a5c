"""nano's weights in one call of at most nine minutes on one GPU, or in hours on a CPU: see `runs/nano_gpu.sh`.

    python -m nano_gpu train --out DIR [--budget 525] [--resume DIR] [--soundfont FILE.sf3] [--small] [--device auto]
    python -m nano_gpu install DIR FOLDER

`train` leaves at most eight files below 16 MB in DIR, each as soon as its phase has something. `install` makes nano's folder of
them, to be measured with `twin lab measure nano --variant FOLDER`, or shipped.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
from functools import partial
from pathlib import Path


def choose_work(out: Path) -> Path:
    """A new folder for songs and latents: in memory where there is most room, else beside."""
    places = [Path(p) for p in ("/dev/shm", tempfile.gettempdir(), str(out)) if os.access(p, os.W_OK)]
    roomy = max(places, key=lambda place: shutil.disk_usage(place).free * (2 if str(place) == "/dev/shm" else 1))
    return Path(tempfile.mkdtemp(prefix="nano-", dir=roomy))


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    train = ways.add_parser("train")
    train.add_argument("--out", type=Path, required=True)
    train.add_argument("--budget", type=float, default=525.0)
    train.add_argument("--resume", type=Path)
    train.add_argument("--soundfont", type=Path)
    train.add_argument("--small", action="store_true", help="tiny sizes, to see that the road is whole")
    train.add_argument("--device", default="auto")
    put = ways.add_parser("install")
    put.add_argument("source", type=Path)
    put.add_argument("folder", type=Path)
    given = parser.parse_args()
    from producertwin.training.pretrain.timed import results

    if given.way == "install":
        print(results.install(given.source, given.folder))
        return
    from producertwin.house_band.soundfont import REMEDY, find_soundfont
    from producertwin.model.variants.load import choose_device
    from producertwin.training.pretrain.timed.road import SMALL, Road, TimedRecipe

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)) if hard > 0 else soft, hard))
    work = choose_work(given.out.parent if given.out.parent.exists() else Path())
    recipe = SMALL if given.small else TimedRecipe()
    try:
        device, soundfont = choose_device(given.device), given.soundfont or find_soundfont()
        if soundfont is None:
            print("no soundfont: the band plays alone;", REMEDY, flush=True)
        Road(given.out, work, recipe, given.budget, device, soundfont, given.resume, partial(print, flush=True)).run()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
