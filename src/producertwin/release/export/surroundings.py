"""What a player has to know beside the graphs, as `instrument.json` holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...model.graphs.facts import SCHEMA
from ...model.instrument import TIMBRE_FRAMES, Card, frame_bytes
from ...model.nano.spectral import OSCILLATORS
from ...model.sampling.form import SIGNALS
from ...model.sampling.metronome import DIVISIONS
from ...model.sampling.singing import SIGNALS as SUNG_SIGNALS
from ...model.sampling.tiles import CONTEXT
from ...model.variants.parts import CARRYING, SPECTRAL
from ...model.variants.stored_parts import Part
from ...timebase import HOP, LATENT_RATE, SAMPLE_RATE
from .graphs.catalogue import Facts


def describe(parts: Mapping[str, Part], facts: Facts, card: Card) -> dict[str, Any]:
    """Sizes, rates and kinds of an instrument."""
    net, codec = parts["transformer"].config, parts["vae"]
    found: dict[str, Any] = {"schema": SCHEMA, "sample_rate": SAMPLE_RATE, "hop": HOP, "latent_rate": LATENT_RATE}
    found |= {"width": int(facts.silence.shape[-1]), "patch": int(net.get("patch_size", 2)), "timbre_frames": TIMBRE_FRAMES}
    found |= {"frames_per_code": 5, "has_codes": "audio_tokenizer" in parts, "timbre_token": facts.timbre_token}
    found["codec"] = {
        "kind": codec.kind,
        "keeps_phase": codec.kind not in SPECTRAL,
        "places_frames": codec.kind in SPECTRAL,
        "context": CONTEXT,
        "carries": len(OSCILLATORS) if codec.kind in CARRYING else 0,
        "frame_bytes": frame_bytes(codec.config),
    }
    counting = found["width"] - (SIGNALS if card.form else 0) - (SUNG_SIGNALS if card.syllables else 0)
    found["metronome"] = {"divisions": list(DIVISIONS), "signals_per_turn": 2, "channels": counting}
    return found
