"""What the loop asks of an instrument's networks: one protocol, answered by torch's modules or by ONNX graphs.

What goes in and out are arrays of the engine's own kind (`arrays`), float32 on the CPU where nothing else is said. The loop
itself stands once, in the modules that call these.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..graphs.instrument import GraphInstrument
from ..instrument import Instrument
from .arrays import Array
from .code_text import Codes
from .prompts import PromptTokens
from .schedule import Schedule

if TYPE_CHECKING:
    from ..adapters import Attached

AnyInstrument = Instrument | GraphInstrument
"""What can play: torch's modules, or graphs."""


class Predictor(Protocol):
    """The model along one schedule, for the takes of one batch."""

    @property
    def schedule(self) -> Schedule:
        """The schedule that the takes share."""

    def gather(self, parts: Sequence[Array]) -> Array:
        """One array of what each take has, where the model computes."""

    def cache_conditions(self, conditions: Sequence[Array]) -> Any:
        """The takes' conditions, each `(tokens, hidden)`, as `predict` wants them."""

    def predict(self, x: Array, place: int, around: Array, conditions: Any) -> tuple[Array, ...]:
        """Velocities at the level of `place`: conditional, or conditional and unconditional where the step is guided."""

    def predict_alone(self, x: Array, place: int, around: Array, conditions: Any) -> Array:
        """The conditional velocity at the level of `place`, guided or not."""


class Networks(Protocol):
    """The networks of one instrument."""

    def computing(self) -> AbstractContextManager[Any]:
        """A block in which nothing is kept for gradients."""

    def at_levels(self, levels: Sequence[float]) -> AbstractContextManager[Any]:
        """A block in which the adapters rest that act at none of `levels`."""

    def list_idle_adapters(self, levels: Sequence[float]) -> Sequence[Attached]:
        """The instrument's adapters that act at none of `levels`."""

    def make_generator(self, seed: int) -> Any:
        """The source of a take's noise, for `flow.noise`."""

    def describe_conditioning(self) -> Hashable:
        """What decides a condition beside words and timbre: the adapters that act on its encoder."""

    def describe_playing(self) -> Hashable:
        """What decides what is played beside weights and request: the adapters it wears, and when they act."""

    def encode_condition(self, prompt: PromptTokens, timbre: Array) -> Array:
        """The condition `(tokens, hidden)` of words and of the latents of references `(references, frames, width)`."""

    def encode_audio(self, audio: NDArray[np.float32]) -> Array:
        """Most likely latents `(1, width, frames)` of audio `(1, 2, samples)` of whole frames."""

    def decode_latents(self, latents: Array, first_frame: int) -> NDArray[np.float32]:
        """Audio `(2, samples)` of latents `(1, width, frames)`, of which the first is the frame `first_frame` of the take."""

    @property
    def decodes_whole(self) -> bool:
        """Whether latents are decoded all at once, whatever memory says."""

    def frame_bytes(self) -> int:
        """Memory that the codec needs for each frame."""

    def memory(self) -> tuple[int, int]:
        """Bytes of memory that are free where the codec computes, and bytes that there are."""

    @property
    def codebook(self) -> int:
        """How many audio codes there are. Raises `BadInput` where the instrument has no audio tokenizer."""

    def encode_codes(self, latents: Array) -> Codes:
        """The codes of latents `(1, frames, width)`, the last filled up with silence."""

    def decode_codes(self, codes: Codes) -> Array:
        """The latents `(1, 5 * count, width)` that the transformer hears for `codes`."""

    def through_codes(self, latents: Array) -> Array:
        """Latents `(1, frames, width)` coded and unfolded again."""

    def predict_along(self, schedule: Schedule, takes: int, *, compiled: bool, graphs: bool) -> Predictor:
        """The model along `schedule` for so many takes; `compiled` and `graphs` as `engine.generate` has them."""

    def knows_lyric_heads(self) -> bool | None:
        """Whether it is known which heads follow a lyric; None where attention cannot be watched.

        Raises `BadInput` where a card names heads that are not there.
        """

    def watch(self, shown: Array, level: float, condition: Array, context: Array, frames: int) -> NDArray[np.float32]:
        """How those heads attend to a condition where latents are `shown` at a level: `(heads, condition tokens, patches)`.

        Of the first `frames`, which are the take's own.
        """


def networks_of(instrument: AnyInstrument) -> Networks:
    """The networks of `instrument`."""
    if isinstance(instrument, GraphInstrument):
        from ..graphs.networks import GraphNetworks

        return GraphNetworks(instrument)
    from .torch_networks import TorchNetworks

    return TorchNetworks(instrument)
