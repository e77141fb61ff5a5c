"""An instrument as ONNX graphs that is ready to play: what an `Instrument` of torch's modules is, for the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..instrument import Card
from ..tasks import Task
from .facts import GraphFacts
from .runtime import GraphDevice, Runtime

if TYPE_CHECKING:
    from ..sampling.encodings import Encodings


@dataclass(frozen=True, slots=True, eq=False)
class GraphInstrument:
    """A folder of graphs, checked and ready to play. Graphs are opened when they are first needed."""

    variant: str
    revision: str
    """Content hash of the folder's files."""
    card: Card
    device: GraphDevice
    precision: str
    """What the export was asked for; a graph may be finer."""
    facts: GraphFacts
    runtime: Runtime
    tokenizer: Any
    """A `tokenizers.Tokenizer`."""
    stored_silence: NDArray[np.float32]
    """Latents of silence `(1, stored frames, width)`, to be repeated."""
    null_condition: NDArray[np.float32]
    """The unconditional vector `(1, 1, hidden)`."""
    bytes: int
    """Of all graphs."""
    encodings: Encodings | None = None
    """What it encoded lately; None encodes everything anew."""

    @property
    def tasks(self) -> frozenset[Task]:
        """What this instrument may be asked to do."""
        return self.card.tasks

    @property
    def width(self) -> int:
        """Numbers per latent frame."""
        return self.facts.width

    @property
    def keeps_phase(self) -> bool:
        """Whether the codec gives back waveforms, or only spectra."""
        return self.facts.codec.keeps_phase

    def silence(self, frames: int) -> NDArray[np.float32]:
        """The first `frames` latents of silence, `(1, frames, width)` float32."""
        stored = self.stored_silence
        return np.tile(stored, (1, -(-frames // stored.shape[1]), 1))[:, :frames]

    def require(self, task: Task) -> None:
        """Raise `BadInput` unless this instrument was trained for `task`."""
        self.card.require(task, self.variant)
