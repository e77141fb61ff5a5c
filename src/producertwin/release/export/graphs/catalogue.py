"""Which graphs an instrument has: of which module each is made, and how coarse it may become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from torch import Tensor, nn

from ....errors import BadInput
from ....model.graphs.axes import AXES, CARRIED, FIRST_FRAME, Axes
from .codec import GlidingDecoderGraph, NanoDecoderGraph, NanoEncoderGraph, OobleckDecoderGraph, OobleckEncoderGraph
from .codes import CodebookGraph, DetokenizerGraph, TokenizerGraph
from .conditions import ConditionGraph, EmbeddingGraph, TextGraph
from .transformer import TransformerGraph

GraphPrecision = Literal["fp32", "fp16", "int8", "int4"]
PRECISIONS: Final[tuple[GraphPrecision, ...]] = ("fp32", "fp16", "int8", "int4")
"""The finest first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What graphs have to know beside their module."""

    silence: Tensor
    """Latents of silence `(1, frames, width)`."""
    timbre_token: bool
    """Whether the timbre encoder puts its token before a reference."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph of an instrument."""

    name: str
    part: str
    """The module that it is made of."""
    build: Callable[[Any, Facts], nn.Module]
    inputs: Axes
    outputs: Axes
    floor: GraphPrecision = "int4"
    """The coarsest precision that it may have."""
    widened: bool = False
    """Whether half precision is how its weights are stored, and it computes in single precision all the same."""
    exact: bool = False
    """Whether only weights that half precision holds exactly are stored so."""

    def precision_at(self, asked: GraphPrecision) -> GraphPrecision:
        """The precision that it has where `asked` is asked for."""
        return PRECISIONS[min(PRECISIONS.index(asked), PRECISIONS.index(self.floor))]


_HALF: Final = "fp16"
_WORDS: Final = (
    Graph(
        "text_embedding",
        "text_encoder",
        lambda net, _: EmbeddingGraph(net),
        *AXES["text_embedding"],
        floor=_HALF,
        widened=True,
    ),
    Graph("text_encoder", "text_encoder", lambda net, _: TextGraph(net), *AXES["text_encoder"]),
    Graph(
        "condition_encoder",
        "condition_encoder",
        lambda net, facts: ConditionGraph(net, token=facts.timbre_token),
        *AXES["condition_encoder"],
        floor="int8",
    ),
)
_TRANSFORMER: Final = Graph("transformer", "transformer", lambda net, _: TransformerGraph(net), *AXES["transformer"])
_CODED: Final = (
    Graph(
        "audio_tokenizer",
        "audio_tokenizer",
        lambda net, facts: TokenizerGraph(net, facts.silence),
        *AXES["audio_tokenizer"],
        floor=_HALF,
        widened=True,
    ),
    Graph(
        "audio_codebook",
        "audio_tokenizer",
        lambda net, _: CodebookGraph(net),
        *AXES["audio_codebook"],
        floor=_HALF,
        widened=True,
    ),
    Graph(
        "audio_detokenizer",
        "audio_token_detokenizer",
        lambda net, _: DetokenizerGraph(net),
        *AXES["audio_detokenizer"],
        floor=_HALF,
        widened=True,
    ),
)
_LATENTS, _SOUND = AXES["codec_decoder"]
_OOBLECK: Final = (
    Graph("codec_encoder", "vae", lambda net, _: OobleckEncoderGraph(net), *AXES["codec_encoder"], floor=_HALF),
    Graph("codec_decoder", "vae", lambda net, _: OobleckDecoderGraph(net), _LATENTS, _SOUND, floor=_HALF),
)
_NANO_ENCODER: Final = Graph(
    "codec_encoder",
    "vae",
    lambda net, _: NanoEncoderGraph(net),
    *AXES["codec_encoder"],
    floor=_HALF,
    widened=True,
    exact=True,
)
_NANO_DECODER: Final = Graph(
    "codec_decoder",
    "vae",
    lambda net, _: NanoDecoderGraph(net),
    {**_LATENTS, **FIRST_FRAME},
    _SOUND,
    floor=_HALF,
    widened=True,
    exact=True,
)
_GLIDING_DECODER: Final = replace(
    _NANO_DECODER,
    build=lambda net, _: GlidingDecoderGraph(net),
    inputs={**_NANO_DECODER.inputs, **CARRIED[0]},
    outputs={**_SOUND, **CARRIED[1]},
)
_CODECS: Final = {
    "AutoencoderOobleck": _OOBLECK,
    "NanoCodec": (_NANO_ENCODER, _NANO_DECODER),
    "GlidingCodec": (_NANO_ENCODER, _GLIDING_DECODER),
}


def graphs_of(kinds: Mapping[str, str]) -> tuple[Graph, ...]:
    """The graphs of an instrument whose parts are of these classes, in the order in which they are made.

    Raises `BadInput` for a codec that has no graph.
    """
    codec = _CODECS.get(kinds["vae"])
    if codec is None:
        known = ", ".join(_CODECS)
        raise BadInput(f"a codec of class {kinds['vae']} cannot be written as a graph", remedy=f"only {known} can")
    return (*codec, *_WORDS, _TRANSFORMER, *(graph for graph in _CODED if graph.part in kinds))
