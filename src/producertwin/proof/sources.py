"""From a training set and the library to the tracks of a proof: training, held-out and other producers' tracks.

A track's excerpt is fixed: it begins with the prepared sound, or at the first later stretch of the same length that is not
silent. So every proof of a set, whoever makes it, compares with the same seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest
from typing import Final, TypedDict

import numpy as np

from ..audio import files
from ..audio.levels import silence_share
from ..audio.samples import Samples
from ..dataset.captions import Caption
from ..dataset.manifest import CAPTION, Manifest, Row
from ..dataset.screen import NOTE, ScreenNote
from ..errors import BadInput
from ..library import Library, Track
from ..timebase import samples_of
from .corpus import Corpus, EvalTrack

MOST_SILENT: Final = 0.5
"""Share of an excerpt that may be silent where a later one is less so."""


def corpus_of(manifest: Manifest, library: Library, seconds: float) -> Corpus:
    """The tracks of `manifest` with excerpts of `seconds`, and the other producers' tracks that were screened and captioned.

    Tracks shorter than an excerpt are left out. Raises `BadInput` where that leaves nothing on a side.
    """
    sides = {
        side: tuple(piece_of(row, library, seconds) for row in manifest.side(side) if row.seconds >= seconds)
        for side in ("train", "holdout")
    }
    for side, tracks in sides.items():
        if not tracks:
            raise BadInput(
                f"no track of the {side} side lasts {seconds:g} s",
                remedy="ask for shorter takes, or freeze the set again with a holdout: `twin dataset split --holdout 0.2`",
            )
    mine = {row.producer for row in manifest.rows}
    return Corpus(sides["train"], sides["holdout"], tuple(others(mine, library, seconds)))


def piece_of(row: Row, library: Library, seconds: float) -> EvalTrack:
    """A row of a training set as an evaluation track."""
    words = row.model_dump(
        include={"producer", "style", "group", "caption", "lyrics", "bpm", "key", "meter", "title", "language"}
    )
    return EvalTrack(row.track, **words, **_sounds(library, row.clips, seconds))


def others(mine: set[str], library: Library, seconds: float) -> Iterator[EvalTrack]:
    """Every usable track of the producers who are not `mine`, a track of each in turn."""
    screens = library.tracks.notes_of_kind(NOTE, ScreenNote)
    captions = library.tracks.notes_of_kind(CAPTION, Caption)
    found: dict[str, list[EvalTrack]] = defaultdict(list)
    for track in sorted(library.tracks.list(), key=lambda one: one.id):
        screen, caption = screens.get(track.id), captions.get(track.id)
        if track.producer in mine or screen is None or caption is None or not screen.clips:
            continue
        if screen.verdict.kept_seconds >= seconds:
            found[track.producer].append(_other_track(track, caption, _sounds(library, screen.clips, seconds)))
    turns = zip_longest(*(found[producer] for producer in sorted(found)))
    return (piece for turn in turns for piece in turn if piece is not None)


def _other_track(track: Track, caption: Caption, sounds: Sounds) -> EvalTrack:
    return EvalTrack(
        id=track.id,
        producer=track.producer,
        style=caption.style,
        group=track.group or track.id,
        caption=caption.text,
        lyrics=caption.lyrics.text,
        bpm=caption.bpm,
        key=caption.key,
        meter=caption.meter,
        title=track.title,
        language=caption.lyrics.language,
        **sounds,
    )


class Sounds(TypedDict):
    """The functions that read a track's sound."""

    sound: Callable[[], Samples]
    whole: Callable[[], Samples]


def _sounds(library: Library, clips: tuple[str, ...], seconds: float) -> Sounds:
    return {"sound": partial(excerpt, library, clips, seconds), "whole": partial(whole, library, clips)}


def whole(library: Library, clips: tuple[str, ...]) -> Samples:
    """All the prepared sound of a track."""
    return np.concatenate([files.read(library.blobs.get(clip)) for clip in clips], axis=1)


def excerpt(library: Library, clips: tuple[str, ...], seconds: float) -> Samples:
    """The fixed excerpt of a track's prepared sound. Raises `BadInput` where there is less than one."""
    length = samples_of(seconds)
    first = files.read(library.blobs.get(clips[0]))
    if first.shape[1] >= length and silence_share(first[:, :length]) <= MOST_SILENT:
        return first[:, :length].copy()
    sound = first if len(clips) == 1 else whole(library, clips)
    starts = range(0, sound.shape[1] - length + 1, length)
    if not starts:
        raise BadInput(f"a track holds less than {seconds:g} s of prepared sound", remedy="ask for shorter takes")
    start = next((at for at in starts if silence_share(sound[:, at : at + length]) <= MOST_SILENT), 0)
    return sound[:, start : start + length].copy()
