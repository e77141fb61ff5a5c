"""Every option of every stage, with a value that asks for it: what tests of options are made from.

Whoever adds an option adds a line here; `test_what_variants_refuse.py` and `test_options_on_nano.py` fail until it is there.
"""

from __future__ import annotations

from typing import Any

from producertwin.cli.options import leaves
from producertwin.model.sampling.code_text import write_codes
from producertwin.model.sampling.options import SamplingOptions
from producertwin.pipeline.behaviours import BEHAVIOURS
from producertwin.pipeline.stages import EDITS, Generate, Play, Prompt, Stage

RECORDS: dict[str, type[Stage]] = {"generate": Generate, **EDITS}
SAMPLING: dict[str, dict[str, Any]] = {
    "sampler": {"sampler": "heun"},
    "schedule": {"schedule": "1, 0.7, 0.3"},
    "guidance_mode": {"guidance_mode": "adg"},
    "guidance_interval": {"guidance_interval": "0.2,0.9"},
    "velocity_clamp": {"velocity_clamp": 2},
    "velocity_ema": {"velocity_ema": 0.3},
    "dcw": {"dcw": "low"},
    "dcw_scale": {"dcw": "double", "dcw_scale": 0.1},
    "dcw_high_scale": {"dcw": "double", "dcw_high_scale": 0.1},
    "dcw_wavelet": {"dcw": "double", "dcw_wavelet": "db4"},
    "retake_variance": {"retake_variance": 0.3},
    "retake_seed": {"retake_variance": 0.3, "retake_seed": 5},
    "latent_rescale": {"latent_rescale": 1.1},
    "latent_shift": {"latent_shift": 0.1},
}
"""Of each option of sampling, what asks for it."""
FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "generate": {
        "seconds": {"seconds": 12},
        "guide": {"guide": "none"},
        "guide_strength": {"guide_strength": 0.3},
        "guide_sings": {"guide_sings": True},
        "codes": {"codes": write_codes(range(8)), "seconds": 1.6},
        "song": {"song": {"chords": "Am | F"}},
        "hold": {"hold": "tempo", "tries": 1},
        "tries": {"hold": "tempo", "tries": 2},
        "raw": {"raw": True},
    },
    "refine": {"denoise": {"denoise": 0.3}},
    "cover": {
        "strength": {"strength": 0.5},
        "noise_strength": {"noise_strength": 0.2},
        "follow": {"follow": "latents"},
        "codes": {"codes": write_codes(range(10))},
    },
    "repaint": {
        "start": {"start": -2},
        "end": {"end": 1.5},
        "mode": {"mode": "balanced"},
        "strength": {"mode": "balanced", "strength": 0.2},
        "match": {"match": False},
        "regions": {"start": None, "end": None, "regions": [{"start": 0, "end": 1}, {"start": 2}]},
        "unit": {"start": 1, "end": 2, "unit": "bars"},
        "edge": {"edge": 0.2},
    },
    "morph": {
        "source_caption": {"source_caption": "piano"},
        "source_lyrics": {"source_lyrics": "la"},
        "follow": {"follow": "latents"},
        "begin": {"begin": 0.2},
        "until": {"until": 0.8},
        "draws": {"draws": 2},
    },
    "extract": {"stem": {"stem": "drums"}, "anyway": {"anyway": True}},
    "lego": {
        "stem": {"stem": "drums"},
        "regions": {"regions": [{"start": 1, "end": 2}]},
        "unit": {"regions": [{"start": 2}], "unit": "bars"},
        "guide": {"stem": "drums", "guide": "band"},
        "guide_strength": {"stem": "drums", "guide": "band", "guide_strength": 0.5},
    },
    "complete": {"stems": {"stems": ["drums"]}},
}
"""Of each option that a kind has for itself, what asks for it: whoever was trained for the kind takes it."""
PROMPT: dict[str, Any] = {
    "lyrics": "la", "bpm": 90, "key": "A minor", "meter": 3, "language": "en", "caption": "lofi", "global_caption": "a slow song",
}  # fmt: skip
PLAY: dict[str, Any] = {"adapters": ["a"], "seed": 1, "batch": 8, "steps": 12, "guidance": 3, "shift": 2}
COMMON = {"source", "reference"}
"""Options of every kind whose value is a file."""


def missing() -> list[str]:
    """Options that have no case here, or cases of no option."""
    found = [f"sampling: {name}" for name in SAMPLING.keys() ^ SamplingOptions.model_fields.keys()]
    found += [f"kind: {name}" for name in (FIELDS.keys() ^ RECORDS.keys()) | (FIELDS.keys() ^ BEHAVIOURS.keys())]
    found += [f"prompt: {name}" for name in PROMPT.keys() ^ Prompt.model_fields.keys()]
    found += [f"play: {name}" for name in (PLAY.keys() | {"variant"}) ^ Play.model_fields.keys()]
    for kind, record in RECORDS.items():
        own = {path[0] for path, _ in leaves(record)} - {"prompt", "play", "sampling"} - COMMON
        found += [f"{kind}: {name}" for name in own ^ FIELDS.get(kind, {}).keys()]
    return sorted(found)


def words_of(asked: dict[str, Any]) -> list[str]:
    """The words of a command line that ask for the same."""
    found: list[str] = []
    for name, value in asked.items():
        option = {"seconds": "duration", "stems": "stem", "regions": "region"}.get(name, name).replace("_", "-")
        if isinstance(value, dict):
            found += words_of(value)
        elif isinstance(value, bool):
            found.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            found += [f"--{option}={_word(one)}" for one in (value if isinstance(value, list) else [value])]
    return found


def _word(value: Any) -> str:
    """A value as the command line has it; a region is `start-end`, either of which may be left out."""
    return f"{value.get('start', '')}-{value.get('end', '')}" if isinstance(value, dict) else str(value)
