"""The planner's prompts: ChatML as Qwen3 writes it, with ACE-Step's four instructions.

Source: ACE-Step 1.5, `acestep/constants.py` (`DEFAULT_LM_*_INSTRUCTION`) and `acestep/llm_inference.py`
(`build_formatted_prompt*`). What a user writes cannot hold the marks of special tokens, of codes or of a thought.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...music import INSTRUMENTAL
from ..sampling.code_text import write_codes
from ..sampling.prompts import plain
from .outline import CLOSE, OPEN

GENERATE = "Generate audio semantic tokens based on the given conditions:"
UNDERSTAND = "Understand the given musical conditions and describe the audio semantics accordingly:"
CREATE = "Expand the user's input into a more detailed and specific musical description:"
FORMAT = "Format the user's input into a more detailed and specific musical description:"
NOTHING = "NO USER INPUT"
"""What stands for a caption or a query that nobody gave, and for the user of the unguided half of guidance."""
_TAGS = re.compile(r"</?think>")


def generate_prompt(caption: str, lyrics: str) -> str:
    """Ask for a thought: the metas and the caption of what `caption` and `lyrics` say."""
    return _chat(GENERATE, f"# Caption\n{_clean(caption) or NOTHING}\n\n# Lyric\n{_clean(lyrics)}\n")


def codes_prompt(caption: str, lyrics: str, thought: str) -> str:
    """Ask for codes after a `thought` (`outline.write_thought`); the planner's turn stays open."""
    return f"{generate_prompt(caption, lyrics)}{thought}\n\n"


def unguided_prompt(negative: str = "") -> str:
    """The half of guidance that knows nothing of the song, or knows only what it is to avoid."""
    return _chat(GENERATE, _clean(negative) or NOTHING) + f"{OPEN}\n\n{CLOSE}\n\n"


def understand_prompt(codes: Sequence[int]) -> str:
    """Ask what music the codes are."""
    return _chat(UNDERSTAND, write_codes(codes) or NOTHING)


def create_prompt(query: str, *, instrumental: bool) -> str:
    """Ask for a song of which `query` gives the idea."""
    return _chat(CREATE, f"{_clean(query) or NOTHING}\n\ninstrumental: {'true' if instrumental else 'false'}")


def format_prompt(caption: str, lyrics: str) -> str:
    """Ask for caption and lyrics to be written out."""
    return _chat(FORMAT, f"# Caption\n{_clean(caption) or NOTHING}\n\n# Lyric\n{_clean(lyrics) or INSTRUMENTAL}")


def _chat(instruction: str, user: str) -> str:
    turns = (("system", f"# Instruction\n{instruction}\n\n"), ("user", user))
    return "".join(f"<|im_start|>{who}\n{said}<|im_end|>\n" for who, said in turns) + "<|im_start|>assistant\n"


def _clean(text: str) -> str:
    return _TAGS.sub("", plain(text))
