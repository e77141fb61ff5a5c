"""Songs of the house band as files: FOLDER/SONG.flac, its texts beside it, and stems/SONG/STEM.flac."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..disk import write_whole
from ..progress import Clock, Steps

if TYPE_CHECKING:
    from ..house_band.render import Rendering
    from ..house_band.sheet import Score


def title(score: Score) -> str:
    """A file name for a song: its style and key."""
    from ..house_band.styles import STYLES

    words = f"{STYLES[score.style].name} {score.key}".lower().replace("#", " sharp").replace("&", "n")
    return "-".join(re.findall(r"[a-z0-9]+", words))


def recorded(
    scores: Sequence[Score], paths: Sequence[Path], *, told: bool, stems: bool, seconds: float | None
) -> Steps[list[Path]]:
    """Play every score to its path, where `told` with its annotations and where `stems` with its stems beside it.

    A song whose annotations stand there already is finished and left alone.
    """
    from ..house_band.album import sidecars
    from ..house_band.note_cache import NoteCache
    from ..house_band.render import render

    clock, cache, written = Clock("playing", len(scores)), NoteCache(), []
    yield clock.at(0)
    for place, (score, path) in enumerate(zip(scores, paths, strict=True), 1):
        texts = {path.with_name(path.stem + suffix): text for suffix, text in sidecars(score).items()} if told else {}
        if not (texts and path.is_file() and all(_says(side, text) for side, text in texts.items())):
            path.parent.mkdir(parents=True, exist_ok=True)
            written += write(render(score, seconds=seconds, cache=cache), path, texts, stems=stems)
        yield clock.at(place, path.name)
    return written


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def write(rendering: Rendering, path: Path, texts: Mapping[Path, str], *, stems: bool) -> list[Path]:
    """Write a song: its mix at `path`, then its stems, then the `texts` beside it, which say that it is finished."""
    from ..audio import files

    written = [files.write(path, rendering.mix)]
    if stems:
        folder = path.parent / "stems" / path.stem
        folder.mkdir(parents=True, exist_ok=True)
        written += [files.write(folder / f"{name}{path.suffix}", stem) for name, stem in rendering.stems.items()]
    return written + [write_whole(side, text.encode()) for side, text in texts.items()]
