"""Two spellings of ACE-Step's layers: the original's and diffusers'."""

from __future__ import annotations

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


def renamed(key: str) -> str:
    """Diffusers' spelling of a key in either spelling."""
    for old, new in RENAMES:
        key = key.replace(old, new)
    return key
