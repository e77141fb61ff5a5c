"""What can be chosen about the planner: command line, HTTP bodies and TOML have their names from here.

Defaults are ACE-Step 1.5's (`acestep/inference.py`, `acestep/llm_inference.py`).
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from ...recipe import Record

DEFAULT: Final = "acestep-5Hz-lm-1.7B"
"""The planner where nobody names one."""


class TokenSampling(Record):
    """How the planner chooses its words and codes."""

    lm_temperature: float = Field(0.85, ge=0.0, le=2.0)
    """How freely the planner chooses; 0 takes the likeliest token each time."""
    lm_top_k: int = Field(0, ge=0, le=100_000)
    """Choose among so many of the likeliest tokens; 0 is all."""
    lm_top_p: float | None = Field(None, gt=0.0, le=1.0)
    """Choose among the likeliest tokens that together have this probability; when absent 0.9 with --think, else 1 (all)."""
    lm_repetition: float = Field(1.0, ge=0.1, le=10.0)
    """Above 1, tokens that came before become less likely."""


class Thinking(Record):
    """Whether the planner works on a song before the instrument plays it, and how."""

    think: bool = False
    """Let the planner choose the metas that are left open, write the caption out, and lay down the codes that are played."""
    planner: str = Field(DEFAULT, min_length=1)
    """Which planner: a name known to `twin models list`, its size (0.6B, 1.7B, 4B), or a folder."""
    keep_caption: bool = False
    """Play the caption as it is written; the planner chooses only metas and codes."""
    words_only: bool = False
    """Let the planner choose only metas and caption; no codes are laid down."""
    lm_guidance: float = Field(2.0, ge=1.0, le=20.0)
    """How strongly caption and lyrics steer the codes (classifier-free guidance of the planner); 1 is none."""
    lm_negative: str = Field("", max_length=10_000)
    """What the codes are to avoid."""
    tokens: TokenSampling = TokenSampling()
    """How the planner chooses its words and codes."""
