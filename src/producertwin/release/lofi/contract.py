"""Whether an instrument can fill the seven files that lofi.nvim's own daemon reads for ACE-Step v1, and why it cannot.

The daemon holds the state of the music itself, from the noise to the last step, as `(1, 8, 16, T)` numbers with T frames of 4 096
samples at 44.1 kHz, and integrates it with its own steps. So a graph in its bundle can only give velocities of that state: an
instrument whose state holds more numbers for a second of music has no room in it, however the numbers are arranged (a linear map
of n numbers into fewer has no inverse, and noise has no redundancy that a map could leave out). All that follows is arithmetic
over configs; no weight is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...errors import BadInput
from ...timebase import LATENT_RATE, SAMPLE_RATE

CHANNELS: Final = 8 * 16
FRAME: Final = 4096
RATE: Final = 44_100
STATE: Final = CHANNELS * RATE / FRAME
"""Numbers for a second of music in the daemon's state: 1 378.1."""
TEXT_WIDTH: Final = 768
CONDITION_WIDTH: Final = 2560
MEL_BINS: Final = 128
HOP: Final = 512
REMEDY: Final = (
    "point the plugin's daemon_path at `lofi-daemon` of this program, which plays it; for other programs take --format onnx"
)


def find_obstacles(transformer: Mapping[str, Any], text_encoder: Mapping[str, Any]) -> Iterator[str]:
    """What of an instrument does not fit into the contract, in words, from the configs of its transformer and text encoder."""
    width = int(transformer["audio_acoustic_hidden_dim"])
    state = width * LATENT_RATE
    if state > STATE:
        yield (
            f"its music is {state:.0f} numbers a second ({width} channels, {LATENT_RATE} frames), and the contract's state holds "
            f"{STATE:.0f} ({CHANNELS} channels, {RATE / FRAME:.2f} frames): {1 - STATE / state:.0%} have no place"
        )
    words = int(text_encoder["hidden_size"])
    if words > TEXT_WIDTH:
        yield f"its text encoder gives {words} numbers for a word, and the contract carries {TEXT_WIDTH}"
    conditions = int(transformer.get("encoder_hidden_size") or transformer["hidden_size"])
    if conditions > CONDITION_WIDTH:
        yield f"its conditions are {conditions} wide, and the contract carries {CONDITION_WIDTH}"
    yield (
        f"its codec decodes to {SAMPLE_RATE // 1000} kHz stereo at once, and between the contract's last two graphs passes one "
        f"channel of {MEL_BINS} mel bands every {HOP} samples at {RATE / 1000:g} kHz: the second channel is lost"
    )


def refuse(name: str, transformer: Mapping[str, Any], text_encoder: Mapping[str, Any]) -> None:
    """Raise `BadInput` that names every obstacle of the instrument `name`."""
    told = "; ".join(find_obstacles(transformer, text_encoder))
    raise BadInput(f"{name} cannot be written as lofi-v1, which ACE-Step v1's shapes are fixed in: {told}", remedy=REMEDY)
