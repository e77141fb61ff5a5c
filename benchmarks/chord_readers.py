"""Whether the printed chord accuracy of takes is what a second reader finds in their files.

    python benchmarks/chord_readers.py make FOLDER      # plays the commands below, keeps sound and words
    python benchmarks/chord_readers.py compare FOLDER

The commands hold ninths, thirteenths, altered, suspended, half-diminished and slash chords over 18 bars of several styles;
the first one is that of docs/song.md. `second_reader.py` reads the files; it shares no code with the program. Intervals of one
take are bootstrapped by bar, those over takes by take.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import second_reader
from numpy.typing import NDArray

from producertwin.audio import edits, files
from producertwin.house_band.render import render
from producertwin.model.sampling.request import Metas
from producertwin.pipeline import guide
from producertwin.pipeline.stages import Generate
from producertwin.timebase import samples_of

COMMANDS = (
    ("boom bap, dusty", "Dm9 G13 | Cmaj9 A7b9"),
    ("jazz lofi, rhodes", "Fmaj9 | Em7b5 A7b9 | Dm9 | Gm9 C13"),
    ("neo soul, electric piano", "Abmaj9 | G7#9 | Cm11 | Fm9 Bb13"),
    ("house, piano, synth bass", "Am9 | Dm9 | G13 | Cmaj9"),
    ("lofi hip hop, felt piano", "Bbmaj7 Am7 | Gm9 C9sus4 | Fmaj9 | F9"),
    ("pop, piano, synth, uplifting", "Cadd9 | G/B | Am7 | Fmaj9 Gsus4"),
    ("bossa nova, nylon guitar", "Dmaj9 | B7b9 | Em9 | A13"),
    ("funk, slap bass, clavinet", "E9 | E9 | A13 | B7#9"),
    ("r&b, soul", "Ebmaj9 | Dm7b5 G7b9 | Cm9 | Bbm9 Eb13"),
    ("synthwave, retrowave", "Fm9 | Dbmaj9 | Ab/C | Eb7sus4"),
    ("jazz trio, swing", "Gm9 C13 | Fmaj9 Dm9 | Bm7b5 E7b9 | Am9 D13"),
    ("trap, dark piano", "Cm9 | Abmaj9 | Fm9 | G7b9"),
)
FORM = "intro 2, verse 8, hook 8"


def make(folder: Path) -> None:
    """Play what is not there yet; the printed words are kept beside the sound."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (words, chords) in enumerate(COMMANDS):
        path, told = folder / f"{number:02d}.flac", folder / f"{number:02d}.txt"
        if told.exists():
            continue
        call = "from producertwin.cli.main import main; main()"
        asked = ["make", words, "--chords", chords, "--form", FORM, "-o", str(path)]
        done = subprocess.run([sys.executable, "-c", call, *asked], capture_output=True, text=True, check=True)
        told.write_text(done.stdout + done.stderr)


def render_guide(path: Path) -> Path:
    """The sketch that the take at `path` performs, as the band plays it, beside the take."""
    written = path.with_name(f"{path.stem}-guide.flac")
    if not written.exists():
        said = json.loads(dict(second_reader.read_tags(path))["ACESTEP_JSON"])
        stage = Generate.model_validate({name: value for name, value in said["pipeline"]["stages"][0].items() if name != "id"})
        metas = Metas.of(stage.prompt.bpm, stage.prompt.key, stage.prompt.meter)
        sound = render(guide.write_score(stage, said["seed"], metas), seconds=stage.seconds).mix
        files.write(written, edits.fit_length(sound, samples_of(stage.seconds)))
    return written


def printed(text: str) -> tuple[float, float]:
    """Shares of beats whose root is heard in the take and in its guide, as printed. Raises `ValueError` where none was."""
    found = re.search(r"the root is heard on (\d+)% of the beats.*?\(of the guide itself (\d+)%\)", text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) / 100, int(found[2]) / 100


def bound(values: NDArray[Any], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of `values`, of rows if there are several."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (2000, len(values)))
    low, high = np.percentile(np.array([values[some].mean() for some in drawn]), [2.5, 97.5])
    return float(low), float(high)


def compare(folder: Path) -> None:
    """Print both readers' figures take by take, and how far they are apart over all."""
    rows = []
    print("| asked | printed: take, guide, share | second reader: take (interval by bar), guide, share |\n|---|---|---|")
    for number, (words, chords) in enumerate(COMMANDS):
        path = folder / f"{number:02d}.flac"
        if not path.with_suffix(".txt").exists():
            continue
        take, own = printed(path.with_suffix(".txt").read_text())
        sheet = second_reader.sheet_of(path)
        roots, _ = second_reader.judge(path, sheet)
        other = float(np.mean(roots))
        other_own = float(np.mean(second_reader.judge(render_guide(path), sheet)[0]))
        low, high = bound(np.array(roots[: len(roots) // 4 * 4], float).reshape(-1, 4))
        rows.append((take - other, take / own - other / other_own, float(low <= take <= high)))
        heard = f"{other:.2f} ({low:.2f}-{high:.2f}), {other_own:.2f}, {other / other_own:.2f}"
        asked = f"{words}: {chords}".replace("|", "/")
        print(f"| {asked} | {take:.2f}, {own:.2f}, {take / own:.2f} | {heard} |", flush=True)
    table = np.array(rows)
    ends = [bound(table[:, place]) for place in (0, 1)]
    told = [f"{table[:, place].mean():+.2f} ({low:+.2f} to {high:+.2f})" for place, (low, high) in enumerate(ends)]
    print(f"\nprinted less second reader, {len(rows)} takes: root {told[0]}, as a share of the guide's {told[1]};")
    print(f"printed within the second reader's interval in {int(table[:, 2].sum())} of {len(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "compare"))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    (make if asked.what == "make" else compare)(asked.folder)


if __name__ == "__main__":
    main()
