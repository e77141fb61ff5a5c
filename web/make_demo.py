"""Makes the take that a first visit hears, as nano plays it: `python web/make_demo.py` writes it into the package.

It is what `twin demo` keeps (its brief, seed 7), eight bars of it, as MP3 at 96 kbit/s: under 300 KB. Its peaks lie beside it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from producertwin.audio.encoding import encode
from producertwin.audio.files import decode
from producertwin.disk import write_whole
from producertwin.progress import finish
from producertwin.reporting.peaks import peaks
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.demo import DemoPlan, demo
from producertwin.verbs.studio import open_studio

PLACE = Path(__file__).parent.parent / "src" / "producertwin" / "server" / "demo"
BARS = 8
FADE = 0.4
"""Seconds in which the end goes away."""


def make() -> str:
    """Make the take and write it with its peaks; returns its facts, which `src/places/make/demo.ts` names."""
    with tempfile.TemporaryDirectory() as folder:
        with open_studio(Settings(studio=Path(folder) / "studio", offline=True, device="cpu")) as studio:
            best = finish(demo(DemoPlan(), studio, Path(folder) / "demo")).best
        samples = decode(best.path.with_suffix(".flac")).samples
    bpm = best.take.metas.bpm
    assert bpm is not None
    length = round(BARS * 4 * 60 / bpm * SAMPLE_RATE)
    cut = samples[:, :length].copy()
    fade = round(FADE * SAMPLE_RATE)
    cut[:, -fade:] *= [1 - place / fade for place in range(fade)]
    write_whole(PLACE / "audio.mp3", encode(cut, "mp3", kbps=96))
    for name, data in peaks(cut).items():
        write_whole(PLACE / name, data)
    return f"{length / SAMPLE_RATE:.2f} s, {bpm:g} bpm, {best.take.metas.key}, {best.take.meters['loudness_lufs']:.1f} LUFS"


if __name__ == "__main__":
    sys.stdout.write(make() + "\n")
