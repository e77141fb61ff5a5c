"""The stems of a sound that is inspected: files in a folder, or taken out of the sound by the instrument or by Demucs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadInput, NotFound
from ..progress import Steps, note
from .opened_sound import OpenedSound, decode_long, list_sounds
from .studio import Studio

if TYPE_CHECKING:
    from ..audio.clipping import ClippingReading
    from ..audio.samples import Samples
    from .inspect_plan import InspectPlan

    InspectedStem = tuple[str, Samples, ClippingReading | None]
    """Its name, its sound, and what its file says of clipping, where it is a file."""


def check_stems(asked: InspectPlan, studio: Studio) -> None:
    """Refuse what `find_stems` would refuse, as far as that is known without decoding.

    Raises `BadInput` where both a folder and a way to take the sound apart are given, or for a variant that cannot extract,
    `NotFound` for a folder without stems, `Unavailable` where Demucs or its weights are missing.
    """
    if asked.stems is not None and asked.separate is not None:
        raise BadInput("stems are either read from a folder or taken out of the sound", remedy="leave out --stems or --separate")
    if asked.stems is not None:
        list(_list_stems(asked.stems))
    elif asked.separate == "extract":
        from ..model.tasks import Task

        studio.read_card(asked.variant).require(Task.EXTRACT, asked.variant)
    elif asked.separate == "demucs":
        from ..quality.separation import check_demucs

        check_demucs(studio.settings)


def find_stems(plan: InspectPlan, opened: OpenedSound, studio: Studio) -> Steps[list[InspectedStem]]:
    """The stems of `opened` that are inspected; none where none are asked for.

    Raises as `check_stems` does, `BadInput` for a sound that is too long to be taken apart or in which no stem is heard, and as
    the edit `extract` does.
    """
    if plan.stems is not None:
        found: list[InspectedStem] = []
        for name, path in _list_stems(plan.stems):
            yield note(f"reading the stem {name}")
            decoded = decode_long(path)
            found.append((name, decoded.samples, decoded.clipping))
        return found
    if plan.separate == "extract":
        return (yield from _extract(plan, opened, studio))
    if plan.separate == "demucs":
        return (yield from _separate(opened, studio))
    return []


def _list_stems(folder: Path) -> Iterator[tuple[str, Path]]:
    from ..dataset.stem_files import stem_name

    if not folder.is_dir():
        raise NotFound(f"no folder {folder}", remedy="name a folder with drums.wav, bass.wav and so on")
    found = [(name, path) for path in list_sounds(folder) if (name := stem_name(path.stem)) is not None]
    if not found:
        raise NotFound(f"no stems in {folder}", remedy="call the files drums.wav, bass.wav, vocals.wav and so on")
    yield from found


def _extract(plan: InspectPlan, opened: OpenedSound, studio: Studio) -> Steps[list[InspectedStem]]:
    """By the extract stage of a variant; each stem becomes a take."""
    from .stem_extraction import Extraction, extract_stems

    source = str(opened.path.absolute()) if opened.take is None else opened.take.id
    asked = Extraction(source, opened.name, plan.variant)
    found = yield from extract_stems(asked, studio)
    return [(stem.name, stem.sound, None) for stem in found]


def _separate(opened: OpenedSound, studio: Studio) -> Steps[list[InspectedStem]]:
    """By Demucs, without what is not heard in the sound; none of a sound that is not finite, of which the report tells."""
    from .stem_extraction import separate_stems

    sound = opened.decoded.samples
    found = (yield from separate_stems(sound, opened.name, studio)) if np.isfinite(sound).all() else ()
    return [(stem.name, stem.sound, None) for stem in found]
