"""What a twin repeats of its training songs: imprints of every take and song, kept so that a proof looks at each sound once.

Songs are heard through the instrument's codec, as every take was: what it blurs in a take would otherwise hide a copy.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ..audio import files
from ..audio.samples import Samples
from ..disk import write_whole
from ..metrics.memorisation import Imprint, Memorisation, imprint, memorised
from ..metrics.passages import FRAME_RATE, WINDOW
from ..model.sampling import engine
from ..progress import Clock, Steps
from ..recipe import Record, fingerprint
from .corpus import Corpus, Piece
from .nearness import claimed
from .readings import Heard
from .takes import Stage, address

_VERSION = 2


class Copies(Record):
    """What was found, or why nobody could look."""

    found: Memorisation | None
    why: str = ""


def copies(stage: Stage, corpus: Corpus, heard: Heard) -> Steps[Copies]:
    """The twin's takes against all of the training songs, beside what honest siblings of those read."""
    pieces, least = heard.real.pieces, WINDOW / FRAME_RATE
    if stage.plan.seconds < least:
        return Copies(found=None, why=f"passages of {least:g} s are compared, and takes last {stage.plan.seconds:g} s")
    places = {
        f"{piece.name}, take {turn + 1}": stage.folder / address(stage.twin, piece, turn)
        for piece in pieces
        for turn in range(stage.plan.takes)
    }
    takes = {name: imprint(files.read(place)) for name, place in places.items() if place.exists()}
    train = yield from _imprints(stage, "training songs", corpus.train)
    siblings = yield from _imprints(stage, "siblings", pieces)
    found, why = claimed(lambda: memorised(takes, train, siblings))
    return Copies(found=found, why=why)


def _imprints(stage: Stage, what: str, pieces: Sequence[Piece]) -> Steps[dict[str, Imprint]]:
    """The imprint of every piece, all of it, kept in the folder."""
    home = stage.folder / "imprints"
    home.mkdir(exist_ok=True)
    clock, found = Clock(f"imprints of {what}", len(pieces)), {}
    yield clock.at(0)
    for piece in pieces:
        place = home / f"{fingerprint([_VERSION, stage.instrument.revision, piece.id])[3:19]}.npy"
        found[piece.name] = _kept(place, partial(_coded, stage, piece.whole or piece.sound))
        yield clock.at(len(found), piece.name)
    return found


def _coded(stage: Stage, hear: Callable[[], Samples]) -> Samples:
    return engine.decode(stage.instrument, engine.encode(stage.instrument, hear()))


def _kept(place: Path, hear: Callable[[], Samples]) -> Imprint:
    """The imprint at `place`, made where it is not there."""
    if place.exists():
        return np.asarray(np.load(place, allow_pickle=False), np.float32)
    made = imprint(hear())
    out = io.BytesIO()
    np.save(out, made, allow_pickle=False)
    write_whole(place, out.getvalue())
    return made
