"""Whether the printed chord accuracy of takes is what a second reader finds in their files.

    python benchmarks/chord_readers.py make FOLDER      # plays the commands below, keeps sound and words
    python benchmarks/chord_readers.py compare FOLDER

The commands hold ninths, thirteenths, altered, suspended, half-diminished and slash chords over 18 bars of several styles;
the first one is that of the issue. `second_reader.py` reads the files; it shares no code with the program. Intervals of one
take are bootstrapped by bar, those over takes by take.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import second_reader
from numpy.typing import NDArray

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


def printed(text: str) -> tuple[float, float | None]:
    """Shares of root and of root and third that the program printed. Raises `ValueError` where it printed none."""
    found = re.search(r"the root is heard on (\d+)% of the beats(?:, (\d+)% with the right third)?", text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) / 100, int(found[2]) / 100 if found[2] else None


def bound(values: NDArray[Any], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of `values`, of rows if there are several."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (2000, len(values)))
    low, high = np.percentile(np.array([values[some].mean() for some in drawn]), [2.5, 97.5])
    return float(low), float(high)


def compare(folder: Path) -> None:
    """Print both readers' figures take by take, and how far they are apart over all."""
    rows = []
    print("| asked | printed: root, with third | second reader: root (interval by bar), with third |\n|---|---|---|")
    for number, (words, chords) in enumerate(COMMANDS):
        path = folder / f"{number:02d}.flac"
        if not path.with_suffix(".txt").exists():
            continue
        root, third = printed(path.with_suffix(".txt").read_text())
        roots, thirds = second_reader.judge(path, second_reader.sheet_of(path))
        other, other_third = float(np.mean(roots)), float(np.mean(thirds))
        low, high = bound(np.array(roots[: len(roots) // 4 * 4], float).reshape(-1, 4))
        rows.append((root - other, (third or 0.0) - other_third, float(low <= root <= high)))
        with_third = "-" if third is None else f"{third:.2f}"
        print(
            f"| {words}: `{chords}` | {root:.2f}, {with_third} | {other:.2f} ({low:.2f}-{high:.2f}), {other_third:.2f} |",
            flush=True,
        )
    table = np.array(rows)
    told = [
        f"{table[:, place].mean():+.2f} ({low:+.2f} to {high:+.2f})" for place in (0, 1) for low, high in [bound(table[:, place])]
    ]
    print(f"\nprinted less second reader, {len(rows)} takes: root {told[0]}, with third {told[1]}; ", end="")
    print(
        f"apart by {np.abs(table[:, 0]).mean():.2f} on average; printed within the interval in {int(table[:, 2].sum())} of {len(rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "compare"))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    (make if asked.what == "make" else compare)(asked.folder)


if __name__ == "__main__":
    main()
