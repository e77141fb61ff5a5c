"""Copies of training songs in a twin's takes, by passage features of every take and song, which are kept in the proof's folder.

Songs are heard through the instrument's codec, as every take was: what it blurs in a take would otherwise hide a copy.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ..audio import files
from ..audio.samples import Samples
from ..disk import write_whole
from ..metrics.memorisation import Memorisation, PassageFeatures, detect_memorisation, passage_features
from ..metrics.passages import FRAME_RATE, WINDOW
from ..model.instrument import Instrument
from ..model.sampling import engine
from ..progress import Clock, Steps
from ..recipe import Record, fingerprint
from .corpus import Corpus, EvalTrack
from .nearness import value_or_reason
from .readings import Measurements
from .takes import ProofContext, address

_VERSION = 2


class Copies(Record):
    """The copies found, or why they could not be searched for."""

    found: Memorisation | None
    why: str = ""


def find_copies(context: ProofContext, corpus: Corpus, measured: Measurements) -> Steps[Copies]:
    """Compare the twin's takes with all training songs; these, and the held-out ones, give the null distribution."""
    tracks, least = measured.real.tracks, WINDOW / FRAME_RATE
    taught = {track.id for track in corpus.train}
    if context.plan.seconds < least:
        return Copies(found=None, why=f"passages of {least:g} s are compared, and takes last {context.plan.seconds:g} s")
    places = {
        f"{track.name}, take {turn + 1}": context.folder / address(context.twin, track, turn)
        for track in tracks
        for turn in range(context.plan.takes)
    }
    takes = {name: passage_features(files.read(place)) for name, place in places.items() if place.exists()}
    siblings = [track for track in tracks if track.id not in taught]
    return (yield from search_copies(takes, (corpus.train, siblings), context.instrument, context.folder / "imprints"))


def search_copies(
    takes: Mapping[str, PassageFeatures],
    songs: tuple[Sequence[EvalTrack], Sequence[EvalTrack]],
    instrument: Instrument,
    home: Path,
) -> Steps[Copies]:
    """Compare `takes` with `songs`: those that were learned from, and siblings that were not. Features of songs lie in `home`."""
    home.mkdir(exist_ok=True)
    train = yield from _passage_features("training songs", songs[0], instrument, home)
    siblings = yield from _passage_features("siblings", songs[1], instrument, home)
    found, why = value_or_reason(lambda: detect_memorisation(takes, train, siblings))
    return Copies(found=found, why=why)


def _passage_features(
    what: str, tracks: Sequence[EvalTrack], instrument: Instrument, home: Path
) -> Steps[dict[str, PassageFeatures]]:
    """Features of every whole track, kept in the folder `home`."""
    clock, found = Clock(f"imprints of {what}", len(tracks)), {}
    yield clock.at(0)
    for track in tracks:
        place = home / f"{fingerprint([_VERSION, instrument.revision, track.id])[3:19]}.npy"
        found[track.name] = _cached_features(place, partial(_through_codec, instrument, track.whole or track.sound))
        yield clock.at(len(found), track.name)
    return found


def _through_codec(instrument: Instrument, hear: Callable[[], Samples]) -> Samples:
    return engine.decode(instrument, engine.encode(instrument, hear()))


def _cached_features(place: Path, hear: Callable[[], Samples]) -> PassageFeatures:
    """The features in the file `place`, computed where it is not there."""
    if place.exists():
        return np.asarray(np.load(place, allow_pickle=False), np.float32)
    made = passage_features(hear())
    out = io.BytesIO()
    np.save(out, made, allow_pickle=False)
    write_whole(place, out.getvalue())
    return made
