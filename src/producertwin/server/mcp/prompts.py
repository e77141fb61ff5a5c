"""Prompts that a person may choose in a client: they say which tools lead to what. What the person adds stands in quotes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...errors import BadInput, NotFound
from .names import NAMES
from .quoting import clean

LONGEST: Final = 2_000
"""Characters of what a person adds."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt."""

    name: str
    title: str
    about: str
    arguments: Mapping[str, str]
    """Argument -> what it is. All are needed."""
    text: str
    """What is said, with `{argument}` where the quoted words stand."""


_SONG: Final = Prompt(
    "make_song",
    "Make a song",
    "From a brief to a finished take.",
    {"brief": "What the song should be, in your words."},
    "Make a song of this brief: {brief}. Call list_styles for the words that captions know, and list_variants for what is here. "
    "Where chords or a form are wanted, let check_song read them first. Call make with a batch of 3, wait for its job with "
    "job_status, inspect each take, and tell me the best one, its score and why. Repair it where its report says so.",
)
_ALBUM: Final = Prompt(
    "make_album",
    "Make an album",
    "From a brief to finished tracks that you chose.",
    {"brief": "What the album should be, in your words."},
    "Make an album of this brief: {brief}. Call plan_album, tell me its tracks and what was not understood, and wait for my yes. "
    "Then call produce_album with the same arguments and its plan, and wait for its job with job_status. Show me the candidates "
    "of each track with their points (show_album, hear_take); I choose.",
)
_MEND: Final = Prompt(
    "mend_take",
    "Mend a take",
    "Find what is wrong in a take and mend it.",
    {"take": "Id of the take."},
    "Inspect the take {take}, read its report with show_report, and tell me its defects with their times, the worst first. Then "
    "repair it, and compare both scores. Move nothing to the trash.",
)
_COMPARE: Final = Prompt(
    "compare_takes",
    "Compare two takes",
    "Which of two takes is better, and why.",
    {"a": "Id of a take.", "b": "Id of another."},
    "Compare the takes {a} and {b}: show, see and inspect both. Tell me what differs in what was asked, in the picture and in "
    "the reports. Ask me which one I prefer before you call prefer_take.",
)
PROMPTS: Final = {one.name: one for one in (_SONG, _ALBUM, _MEND, _COMPARE)}
"""Every prompt by its name."""


def write_prompt(name: str, given: Mapping[str, str]) -> str:
    """The text of a prompt with what was `given`. Raises `NotFound`, and `BadInput` for arguments that are missing or wrong."""
    prompt = PROMPTS.get(name)
    if prompt is None:
        raise NotFound(f"no prompt {clean(name, 80)!r}", remedy=f"there are {', '.join(PROMPTS)}")
    if given.keys() != prompt.arguments.keys():
        raise BadInput(f"the prompt {name} takes {', '.join(prompt.arguments)}", remedy="give each of them, and nothing else")
    for one, text in given.items():
        if one in NAMES and not NAMES[one].fits(text):
            raise BadInput(f"{one}: {clean(text, 40)!r} is no name of this kind", remedy=NAMES[one].about)
    return prompt.text.format(**{one: json.dumps(clean(text, LONGEST), ensure_ascii=False) for one, text in given.items()})
