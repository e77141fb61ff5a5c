"""What a published transcriber hears of the notes that the band wrote: Basic Pitch of Bittner et al. (ICASSP 2022).

    pip download --no-deps basic-pitch && unzip -j basic_pitch*.whl '*nmp.onnx'

Its network, as its authors left it, was trained on recordings of people and shares no code, feature or training with the program.
For every frame (86 a second) and piano key it gives the chance that the key sounds. They are held against the notes of a score as
average precision: 1 where every written note is heard before any other, and the share of sounding keys by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from scipy.signal import resample_poly
from sklearn.metrics import average_precision_score

from producertwin.house_band.score import Score

RATE, HOP = 22_050, 256
WINDOW = 2 * RATE - HOP
"""Samples that the network hears at once."""
OVERLAP = 30
"""Frames that two windows share; half of them are dropped at either end."""
LOWEST, KEYS = 21, 88
_DRUMS = ("drums", "percussion")


class Transcriber:
    """Basic Pitch from its ONNX file."""

    def __init__(self, model: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model), options)

    def hear(self, samples: NDArray[Any], rate: int) -> NDArray[Any]:
        """Chances that keys sound, `(frames, 88)`, in `samples` of shape `(channels, n)`."""
        mono = resample_poly(samples.mean(axis=0), RATE, rate).astype(np.float32)
        frames = len(mono) // HOP
        padded = np.concatenate([np.zeros(OVERLAP // 2 * HOP, np.float32), mono])
        step = WINDOW - OVERLAP * HOP
        windows = [padded[at : at + WINDOW] for at in range(0, len(padded), step)]
        batch = np.stack([np.pad(one, (0, WINDOW - len(one))) for one in windows])[:, :, None]
        heard = self._session.run(["StatefulPartitionedCall:1"], {"serving_default_input_2:0": batch})[0]
        kept: NDArray[Any] = heard[:, OVERLAP // 2 : heard.shape[1] - OVERLAP // 2].reshape(-1, KEYS)[:frames]
        return kept


def write_roll(score: Score, frames: int) -> NDArray[np.bool_]:
    """Which keys the score has sounding in which frame, `(frames, 88)`, drums left out."""
    roll = np.zeros((frames, KEYS), bool)
    beat = 60.0 / score.bpm * RATE / HOP
    for part in score.parts:
        for note in () if part.stem in _DRUMS else part.notes:
            if 0 <= (key := note.pitch - LOWEST) < KEYS:
                roll[round(note.start * beat) : round((note.start + note.length) * beat), key] = True
    return roll


def precision(chances: NDArray[Any], score: Score, bars: Sequence[int] | None = None) -> float:
    """Average precision of the chances for the written notes; `bars` are those that count, where not all do."""
    roll = write_roll(score, len(chances))
    if bars is not None:
        bar = (np.arange(len(chances)) / (score.meter * 60.0 / score.bpm * RATE / HOP)).astype(int)
        kept = np.isin(bar, bars)
        roll, chances = roll[kept], chances[kept]
    return float(average_precision_score(roll.ravel(), chances.ravel())) if roll.any() else float("nan")
