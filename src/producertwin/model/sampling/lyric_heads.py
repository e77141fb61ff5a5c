"""Which heads of a transformer follow a lyric as it is sung.

They are the checkpoint's own where it names them (`lyric_alignment_layers_config` of ACE-Step's config, `Card.lyric_heads` here),
else upstream's for its 2B variants and, because upstream has none for XL, those of another implementation (HOT-Step) for XL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from ...errors import BadInput
from ..instrument import Instrument

KNOWN_HEADS: Mapping[tuple[int, int], Mapping[int, Sequence[int]]] = {
    (24, 16): {2: (6,), 3: (10, 11), 4: (3,), 5: (8, 9), 6: (8,)},
    (32, 32): {3: (18, 27), 4: (22,), 5: (5, 6, 7), 6: (2, 12, 13), 7: (20, 21)},
}
"""Heads that follow a lyric, by layer, of the 2B and the XL transformer, told by their layers and heads."""


def watched_heads(instrument: Instrument) -> tuple[Mapping[int, Sequence[int]], bool]:
    """Heads by layer, and whether they are known to follow a lyric.

    Raises `BadInput` where a card names heads that the transformer does not have.
    """
    config = instrument.transformer.config
    layers, heads = int(config.num_hidden_layers), int(config.num_attention_heads)
    own = instrument.card.lyric_heads
    if any(not (0 <= layer < layers and 0 <= head < heads) for layer, head in own):
        trouble = f"{instrument.variant} says that heads follow its lyrics which it does not have: {own}"
        raise BadInput(trouble, remedy=f"name (layer, head) of {layers} layers with {heads} heads, from 0")
    if own:
        return {layer: [head for _, head in group] for layer, group in groupby(sorted(set(own)), key=lambda pair: pair[0])}, True
    known = KNOWN_HEADS.get((layers, heads))
    return ({layers // 4: range(heads)}, False) if known is None else (known, True)
