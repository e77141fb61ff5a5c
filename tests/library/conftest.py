"""A studio in a temporary folder, a clock that ticks when read, and drafts of takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from producertwin.library import Library, TakeDraft, open_library
from producertwin.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(studio=tmp_path / "studio")


@pytest.fixture
def clock() -> Callable[[], datetime]:
    ticks = count()
    return lambda: datetime(2031, 1, 31, 23, 59, 58, tzinfo=UTC) + timedelta(seconds=next(ticks))


@pytest.fixture
def library(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Library]:
    with open_library(settings, clock=clock) as opened:
        yield opened


@pytest.fixture
def draft() -> Callable[..., TakeDraft]:
    """Makes drafts: `draft(3)` has seed 3 and contents of its own; keywords replace fields."""

    def make(seed: int = 0, **fields: Any) -> TakeDraft:
        data: dict[str, Any] = {
            "audio": b"fLaC" + bytes([seed % 256]) * 2000,
            "latents": b"latents" + bytes([seed % 256]) * 900,
            "picture": b"\x89PNG" + bytes([seed % 256]) * 500,
            "task": "text2music",
            "stage": {"kind": "generate", "caption": "lofi, rainy", "sampling": {"steps": 8, "schedule": None}},
            "caption": "lofi, rainy, rhodes",
            "metas": {"bpm": 82.5, "key": "F# minor", "meter": 4, "duration": 20.0, "language": "en"},
            "seed": seed,
            "variant": "nano",
            "revision": "b2:00ff",
            "meters": {"loudness": -14.25, "true_peak_db": -1.1},
            "seconds": 20.0,
        }
        return TakeDraft(**data | fields)

    return make
