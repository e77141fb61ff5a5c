"""Lyrics in time as an LRC file, which players show along with the sound: `[mm:ss.xx]text`, one line each."""

from __future__ import annotations

from collections.abc import Iterable

from .provenance import SungLine


def as_lrc(lines: Iterable[SungLine]) -> bytes:
    """The bytes of the file, UTF-8."""
    return "".join(f"[{clock(line.seconds)}]{line.text}\n" for line in lines).encode()


def clock(seconds: float) -> str:
    """Minutes, seconds and hundredths, `02:05.25`; a minute has sixty seconds also after rounding."""
    hundredths = round(seconds * 100)
    return f"{hundredths // 6000:02d}:{hundredths % 6000 / 100:05.2f}"
