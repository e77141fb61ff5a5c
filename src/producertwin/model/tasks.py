"""The six tasks of ACE-Step 1.5, their instruction strings, and who may do them.

Source: ACE-Step 1.5's instruction table (`acestep/constants.py`), which its checkpoints were trained with; a wrong string is
enough to get noise. The task decides what happens; no code reads it back from a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ..errors import BadInput
from ..music import STEMS


class Task(StrEnum):
    """What the instrument is asked to do."""

    TEXT2MUSIC = "text2music"
    COVER = "cover"
    REPAINT = "repaint"
    EXTRACT = "extract"
    LEGO = "lego"
    COMPLETE = "complete"

    @property
    def needs_source(self) -> bool:
        """Whether the task works on a given sound."""
        return self is not Task.TEXT2MUSIC


ONE_STEM = frozenset({Task.EXTRACT, Task.LEGO})
"""Tasks about exactly one stem."""
EVERYWHERE = frozenset({Task.TEXT2MUSIC, Task.COVER, Task.REPAINT})
"""Tasks every ACE-Step variant was trained for; the other three belong to base and xl-base."""


def instruction(task: Task, stems: Sequence[str] = ()) -> str:
    """The instruction line of the prompt. Raises `BadInput` when the stems do not suit the task."""
    unknown = [stem for stem in stems if stem not in STEMS]
    if unknown:
        raise BadInput(f"unknown stem {', '.join(unknown)}", remedy=f"choose from {', '.join(STEMS)}")
    if task in ONE_STEM and len(stems) != 1:
        raise BadInput(f"{task} is about one stem, got {len(stems)}", remedy="name exactly one stem")
    names = " | ".join(stem.upper() for stem in stems)
    match task:
        case Task.TEXT2MUSIC:
            return "Fill the audio semantic mask based on the given conditions:"
        case Task.COVER:
            return "Generate audio semantic tokens based on the given conditions:"
        case Task.REPAINT:
            return "Repaint the mask area based on the given conditions:"
        case Task.EXTRACT:
            return f"Extract the {names} track from the audio:"
        case Task.LEGO:
            return f"Generate the {names} track based on the audio context:"
        case Task.COMPLETE:
            return f"Complete the input track with {names}:" if names else "Complete the input track:"
