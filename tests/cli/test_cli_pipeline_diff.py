"""`twin pipeline diff` as a person meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Twin = Callable[..., Any]


@pytest.mark.parametrize(("second", "code"), [("draft-refine", 0), ("base-turbo", 5)])
def test_the_exit_code_says_whether_anything_differs(twin: Twin, second: str, code: int) -> None:
    assert twin("pipeline", "diff", "draft-refine", second).code == code


@pytest.mark.parametrize(
    ("wrong", "meant"), [("quality-laddr", "quality-ladder"), ("drft-refine", "draft-refine"), ("zzz-zzz", "")]
)
def test_a_mistyped_pipeline_is_named_with_the_one_that_was_meant(twin: Twin, wrong: str, meant: str) -> None:
    said = twin("pipeline", "diff", "draft-refine", wrong)
    assert said.code == 4 and f"'{wrong}' is neither a pipeline nor a take" in said.err
    assert ("did you mean" in said.err) == bool(meant) and meant in said.err
