"""AudioBox aesthetics (Tjandra et al. 2025): what listeners would say of a sound on four axes, each with its interval.

The package `audiobox-aesthetics` needs torchaudio, whose wheels put another torch beside the studio's; so its own command
`audio-aes` is run, from wherever it is installed by itself. It hears 16 kHz mono: nothing above 8 kHz and nothing of the
stereo image counts. The network gives a bare figure. Here up to 30 windows spread over the sound are judged one by one, and
a mean is told with the interval of Student's t over them: how far the passages of this sound differ. What the network itself
gets wrong is not in it. A sound too short for three windows of two seconds has no interval, and so no figure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from ..audio import files
from ..audio.samples import Samples, finite
from ..errors import BadInput, Unavailable
from ..metrics.statistics import LEVEL
from ..settings import Settings
from ..timebase import SAMPLE_RATE, samples_of

COMMAND: Final = "audio-aes"
AXES: Final = {
    "CE": "enjoyment of the content",
    "CU": "usefulness of the content",
    "PC": "complexity of the production",
    "PQ": "quality of the production",
}
"""The axes by the name that the command gives them, each 1 to 10."""
LICENCE: Final = "AudioBox aesthetics, Meta, CC BY 4.0"
SHORTEST: Final = 6.0
"""Seconds."""
_WINDOW: Final = 10.0
"""Seconds that the network hears at a time."""
_FEWEST: Final = 3
_MOST: Final = 30
_PATIENCE: Final = 1_800.0
"""Seconds that the command may take, with the first fetching of its weights."""
_INSTALL: Final = "run: pipx install audiobox-aesthetics"


@dataclass(frozen=True, slots=True)
class Aesthetic:
    """One axis, with the interval of its mean."""

    axis: str
    words: str
    value: float
    low: float
    high: float
    windows: int
    """Passages that were judged."""


def check_audiobox() -> str:
    """Where the command lies. Raises `Unavailable` where it is not installed."""
    found = shutil.which(COMMAND)
    if found is None:
        raise Unavailable(f"the command {COMMAND} of AudioBox aesthetics is not here", remedy=_INSTALL)
    return found


def judge(sound: Samples, settings: Settings) -> tuple[Aesthetic, ...]:
    """The four axes of `sound` (channels, n) at 48 kHz.

    Raises `Unavailable` where the command is missing, fails or answers something else, `BadInput` for a sound that is shorter
    than 6 s, or not finite.
    """
    command = check_audiobox()
    seconds = sound.shape[1] / SAMPLE_RATE
    if not finite(sound):
        raise BadInput("the sound holds samples that are no numbers", remedy="repair it first")
    if seconds < SHORTEST:
        raise BadInput(f"{seconds:.1f} s are too short for an interval of AudioBox", remedy=f"give {SHORTEST:g} s or more")
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        asked = Path(folder, "windows.jsonl")
        paths = [_write(Path(folder), number, window) for number, window in enumerate(cut_windows(sound))]
        asked.write_text("".join(json.dumps({"path": str(path)}) + "\n" for path in paths), encoding="utf-8")
        told = _ask([command, str(asked), "--batch-size", "4"], Path(folder), settings)
    return read_answer(told, len(paths))


def cut_windows(sound: Samples) -> list[Samples]:
    """Windows that do not overlap, spread over `sound`: of 10 s, or a third of a shorter sound; at least 3, at most 30."""
    seconds = sound.shape[1] / SAMPLE_RATE
    count = int(np.clip(seconds // _WINDOW, _FEWEST, _MOST))
    length = samples_of(min(_WINDOW, seconds / count))
    starts = np.linspace(0, sound.shape[1] - length, count).astype(int)
    return [sound[:, start : start + length] for start in starts.tolist()]


def _write(folder: Path, number: int, window: Samples) -> Path:
    return files.write(folder / f"{number:02}.wav", window, subtype="PCM_16")


def _ask(command: list[str], folder: Path, settings: Settings) -> str:
    """What the command prints; offline, it looks for its weights here alone."""
    offline = {"HF_HUB_OFFLINE": "1"} if settings.offline else {}
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | offline, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            text=True, encoding="utf-8", errors="replace", timeout=_PATIENCE,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{COMMAND} could not be run: {error}", remedy=_INSTALL) from None
    if done.returncode:
        last = next(iter(reversed(done.stderr.strip().splitlines())), "it says nothing")
        raise Unavailable(f"{COMMAND} failed: {last[:200]}", remedy=f"try it by itself: {COMMAND} --help")
    return done.stdout


def read_answer(text: str, windows: int) -> tuple[Aesthetic, ...]:
    """The axes of what the command printed: one JSON object a window. Raises `Unavailable` for anything else."""
    try:
        rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        readings = {axis: np.array([float(row[axis]) for row in rows]) for axis in AXES}
        if len(rows) != windows or not all(np.isfinite(one).all() for one in readings.values()):
            raise ValueError(f"{len(rows)} answers to {windows} windows")
    except (ValueError, KeyError, TypeError) as error:
        remedy = "install a version that works: pipx install audiobox-aesthetics==0.0.4"
        raise Unavailable(f"{COMMAND} answered something else: {error!r:.120}", remedy=remedy) from None
    return tuple(_summarise(axis, values) for axis, values in readings.items())


def _summarise(axis: str, values: NDArray[np.float64]) -> Aesthetic:
    middle, count = float(values.mean()), len(values)
    reach = float(student.ppf((1 + LEVEL) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return Aesthetic(axis, AXES[axis], middle, middle - reach, middle + reach, count)
