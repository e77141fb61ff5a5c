"""Instruction strings are the checkpoints' own."""

from __future__ import annotations

from typing import Any

import pytest

from producertwin.errors import BadInput
from producertwin.model.tasks import Task, instruction
from producertwin.music import STEMS


def test_every_instruction_is_the_one_of_diffusers(pipeline: Any) -> None:
    said = pipeline._get_task_instruction
    for task in (Task.TEXT2MUSIC, Task.COVER, Task.REPAINT):
        assert instruction(task) == said(task.value)
    for stem in STEMS:
        assert instruction(Task.EXTRACT, (stem,)) == said("extract", stem)
        assert instruction(Task.LEGO, (stem,)) == said("lego", stem)
    assert instruction(Task.COMPLETE, STEMS) == said("complete", None, list(STEMS))
    assert instruction(Task.COMPLETE) == said("complete")


def test_stems_must_suit_the_task() -> None:
    for task, stems in ((Task.EXTRACT, ()), (Task.LEGO, ("bass", "drums")), (Task.COMPLETE, ("kazoo",))):
        with pytest.raises(BadInput):
            instruction(task, stems)


def test_only_text2music_does_without_a_source() -> None:
    assert [task for task in Task if not task.needs_source] == [Task.TEXT2MUSIC]
