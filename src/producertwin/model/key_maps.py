"""The names that layers have in circulation, and the one they have here.

Here a layer of the transformer is named as diffusers names it (`layers.0.self_attn.to_q`), a layer of the condition encoder the
same way under `encoder.`. The original ACE-Step spells attention differently; files of adapters put prefixes before the name, and
LyCORIS writes underscores for dots.
"""

from __future__ import annotations

import re
from typing import Final

RENAMES = (
    (".q_proj.", ".to_q."),
    (".k_proj.", ".to_k."),
    (".v_proj.", ".to_v."),
    (".o_proj.", ".to_out.0."),
    (".q_norm.", ".norm_q."),
    (".k_norm.", ".norm_k."),
    ("proj_in.1.", "proj_in_conv."),
    ("proj_out.1.", "proj_out_conv."),
)
"""Original key part, diffusers' key part."""


def to_diffusers(key: str) -> str:
    """Diffusers' spelling of a key in either spelling."""
    for old, new in RENAMES:
        key = key.replace(old, new)
    return key


PEFT: Final = "base_model.model."
"""What PEFT puts before the name of a layer."""
ENCODER: Final = "encoder."
"""What stands before a layer of the condition encoder."""
_PREFIXES: Final = re.compile(
    r"^(base_model\.model\.|diffusion_model\.|transformer\.|decoder\.|model\.|module\.|pipe\.|dit\.|net\.|unet\.|ema\.|ema_model\.)+"
)
_WRAPPERS: Final = re.compile(r"(^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\.")
"""Names that `torch.compile`, sharding, checkpointing and DeepSpeed put anywhere into the name of what they wrap."""
CONVOLUTIONS: Final = frozenset({"proj_in_conv", "proj_out_conv"})
"""Layers of the transformer that are not linear; LyCORIS wraps the first one too."""
_FLAT: Final = re.compile(r"^(?:lycoris|lora_unet)_(?:decoder_)?(?P<name>[a-z0-9_]+?)(?=\.|$)")
_SEAMS: Final = (
    (re.compile(r"^encoder_(lyric_encoder|timbre_encoder)_"), r"encoder.\1."),
    (re.compile(r"(^|\.)layers_(\d+)_(self_attn|cross_attn|mlp)_"), r"\1layers.\2.\3."),
    (re.compile(r"^(time_embed(?:_r)?)_(linear_1|linear_2|time_proj)$"), r"\1.\2"),
    (re.compile(r"to_out_0$"), "to_out.0"),
    (re.compile(r"^(proj_in|proj_out)_1$"), r"\1.1"),
)
"""Where a name written with underscores has its dots."""


def canonical(key: str) -> str:
    """A key of a file, or the name of a layer in it, as it is spelled here."""
    key = _WRAPPERS.sub("", key)
    if found := _FLAT.match(key):
        name = found["name"]
        for pattern, dotted in _SEAMS:
            name = pattern.sub(dotted, name)
        key = name + key[found.end() :]
    key = _PREFIXES.sub("", key)
    if key.startswith("condition_encoder."):
        key = ENCODER + key.removeprefix("condition_encoder.")
    return to_diffusers(f"{key}.").removesuffix(".")


def to_original(layer: str) -> str:
    """The name that the original ACE-Step layout gives to a layer."""
    spelled = f"{layer}."
    for old, new in RENAMES:
        spelled = spelled.replace(new, old)
    return spelled.removesuffix(".")
