"""The sounds of a proof: every prompt played by base and twin with the same seeds, and the real music for comparison.

The prompts are the held-out tracks' own captions, lyrics and facts. Takes and excerpts have one length and one rate, or nothing
is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..audio.samples import Samples
from ..errors import BadInput
from ..evaluation.nano.takes import play_takes
from ..metrics.embedders import SoundEmbedder
from ..model import adapters
from ..model.instrument import Instrument
from ..model.sampling import engine
from ..model.sampling.prompts import prepend_trigger
from ..model.sampling.request import Metas, Request, Sampling
from ..progress import Clock, Steps
from ..recipe import fingerprint
from ..timebase import samples_of
from .cache import SoundCache
from .corpus import Corpus, EvalTrack
from .plan import ProofPlan
from .readings import CODEC, REAL, Measurements, Reading, Side

_VERSION = 1

"""Raised when the same request would be played otherwise."""


@dataclass(frozen=True, slots=True)
class _TakeToPlay:
    """One take to play: of which prompt, and under which name."""

    place: int
    name: str
    made: str
    request: Request


@dataclass(frozen=True, slots=True, eq=False)
class ProofContext:
    """What every step of a proof uses: its plan, instrument, embedders and folder."""

    plan: ProofPlan
    instrument: Instrument
    embedders: tuple[SoundEmbedder, ...]
    folder: Path
    twin: str = "twin"
    """Name of the folder of the twin's takes; where several twins are compared each has its own."""

    def cache(self, side: str) -> SoundCache:
        """The sounds of one side."""
        return SoundCache(self.folder / side, self.embedders)


@dataclass(frozen=True, slots=True)
class ShortTwin:
    """A twin that was trained for a while on all songs but those of one fold."""

    songs: frozenset[str]
    """Ids of the songs that it has not heard."""
    adapter: Path


def choose_across_styles(tracks: Sequence[EvalTrack], count: int | None) -> tuple[EvalTrack, ...]:
    """`count` of `tracks`, spread over their styles, in their own order; all where it is None."""
    if count is None or count >= len(tracks):
        return tuple(tracks)
    turns: dict[str, int] = {}
    ranks = []
    for place, track in enumerate(tracks):
        turns[track.style] = turns.get(track.style, -1) + 1
        ranks.append((turns[track.style], place))
    return tuple(tracks[place] for place in sorted(place for _, place in sorted(ranks)[:count]))


def play_and_measure(context: ProofContext, corpus: Corpus, adapter: Path) -> Steps[Measurements]:
    """Play and measure everything. Raises `BadInput` for excerpts of another length than the takes."""
    plan = context.plan
    tracks = choose_across_styles(corpus.holdout, plan.prompts)
    others = corpus.others[: plan.others]
    held = yield from measure_real(context, "real", tracks)
    base = yield from play_side(context, "base", tracks, None)
    twin = yield from play_side(context, context.twin, tracks, adapter)
    train = yield from measure_real(context, "heard", corpus.train)
    other_producers = yield from measure_real(context, "heard", others)
    base_on_train = yield from play_side(context, "ruler", choose_across_styles(corpus.train, len(tracks)), None)
    real, codec = (Side(held.tracks, tuple((takes[place],) for takes in held.readings)) for place in (REAL, CODEC))
    return Measurements(real, codec, base, twin, train, other_producers, base_on_train, embed_captions(context.embedders, tracks))


def play_across_folds(context: ProofContext, corpus: Corpus, short: Sequence[ShortTwin]) -> Steps[Measurements]:
    """Let every song be played by the base and by the short twin that has not heard it, and measure everything.

    Songs of both sides of `corpus` are judged. Raises as `play_and_measure` does.
    """
    known = {track.id: track for track in (*corpus.train, *corpus.holdout)}
    dealt = [(place, known[song]) for place, one in enumerate(short) for song in sorted(one.songs)]
    tracks, folds = [track for _, track in dealt], tuple(place for place, _ in dealt)
    songs = yield from measure_real(context, "real", tracks)
    base = yield from play_side(context, "base", tracks, None)
    takes: list[tuple[Reading, ...]] = []
    for place, one in enumerate(short):
        side = yield from play_side(context, "short", [track for fold, track in dealt if fold == place], one.adapter)
        takes += side.readings
    other_producers = yield from measure_real(context, "heard", corpus.others[: context.plan.others])
    real, codec = (Side(songs.tracks, tuple((takes[place],) for takes in songs.readings)) for place in (REAL, CODEC))
    twin, captions = Side(songs.tracks, tuple(takes)), embed_captions(context.embedders, tracks)
    return Measurements(real, codec, base, twin, songs, other_producers, base, captions, folds)


def embed_captions(embedders: Iterable[SoundEmbedder], tracks: Sequence[EvalTrack]) -> dict[str, np.ndarray]:
    """Embed the captions with every embedder that reads text."""
    found = {embedder.name: [embedder.embed_text(track.caption) for track in tracks] for embedder in embedders}
    return {name: np.array(rows, np.float64) for name, rows in found.items() if all(row is not None for row in rows)}


def excerpt(track: EvalTrack, seconds: float) -> Samples:
    """The excerpt of `track`. Raises `BadInput` where it is not exactly `seconds` of stereo at 48 kHz."""
    sound = track.sound()
    if sound.shape != (2, samples_of(seconds)):
        raise BadInput(
            f"{track.name} gives {sound.shape[-1]} samples, takes have {samples_of(seconds)}",
            remedy="cut takes and excerpts to one length at 48 kHz; nothing else can be compared",
        )
    return sound


def measure_real(context: ProofContext, side: str, tracks: Sequence[EvalTrack]) -> Steps[Side]:
    """Real excerpts, each as it is and through the codec; those of `real` are kept as sounds."""
    cache, clock = context.cache(side), Clock(f"listen to {side}", len(tracks))
    found: list[tuple[Reading, ...]] = []
    yield clock.at(0)
    for track in tracks:
        name, keeping = _name(track), side == "real"
        facts = [_VERSION, track.id, context.plan.seconds]
        made, coded = fingerprint(["real", *facts]), fingerprint(["codec", engine.VERSION, *facts, context.instrument.revision])
        real = cache.find(name, made, track, sounding=keeping)
        codec = cache.find(f"{name}-codec", coded, track, sounding=False)
        if real is None or codec is None:
            sound = excerpt(track, context.plan.seconds)
            real = real or (cache.put if keeping else cache.measure)(name, made, track, sound)
            back = engine.decode(context.instrument, engine.encode(context.instrument, sound))[:, : sound.shape[1]]
            codec = codec or cache.measure(f"{name}-codec", coded, track, back)
        found.append((real, codec))
        yield clock.at(len(found), track.name)
    return Side(tuple(tracks), tuple(found))


def play_side(context: ProofContext, side: str, tracks: Sequence[EvalTrack], adapter: Path | None) -> Steps[Side]:
    """Every prompt's takes, with the adapter where there is one; only those that are not kept are played."""
    cache, plan = context.cache(side), context.plan
    asks = _takes_to_play(context, tracks, adapter)
    found = {ask.name: cache.find(ask.name, ask.made, tracks[ask.place]) for ask in asks}
    todo = [ask for ask in asks if found[ask.name] is None]
    clock, done = Clock(f"play {side}", len(asks)), len(asks) - len(todo)
    yield clock.at(done)
    with ExitStack() as stack:
        if adapter is not None and todo:
            stack.enter_context(adapters.attached(context.instrument, [adapters.AdapterSetting(adapter, plan.scale)]))
        for first in range(0, len(todo), plan.batch):
            batch = todo[first : first + plan.batch]
            for ask, sound in zip(batch, play_takes(context.instrument, [ask.request for ask in batch]), strict=True):
                found[ask.name] = cache.put(ask.name, ask.made, tracks[ask.place], sound)
                done += 1
                yield clock.at(done, tracks[ask.place].name)
    takes: list[list[Reading]] = [[] for _ in tracks]
    for ask in asks:
        reading = found[ask.name]
        if reading is not None:
            takes[ask.place].append(reading)
    return Side(tuple(tracks), tuple(map(tuple, takes)))


def _takes_to_play(context: ProofContext, tracks: Sequence[EvalTrack], adapter: Path | None) -> list[_TakeToPlay]:
    plan = context.plan
    weights = None if adapter is None else [adapters.read(adapter).revision, plan.scale]
    asks = []
    for place, track in enumerate(tracks):
        for turn in range(plan.takes):
            request = request_of(plan, track, seed_of(plan, track, turn), twin=adapter is not None)
            facts = [request.caption, request.lyrics, track.bpm, track.key, track.meter, track.language, plan.seconds]
            played = [
                request.seed,
                plan.steps,
                plan.guidance,
                context.instrument.revision,
                str(context.instrument.dtype),
                weights,
            ]
            name = f"{_name(track)}-{turn}"
            asks.append(_TakeToPlay(place, name, fingerprint(["take", _VERSION, engine.VERSION, *facts, *played]), request))
    return asks


def seed_of(plan: ProofPlan, track: EvalTrack, turn: int) -> int:
    """Seed of a take: the same for base and twin, and whatever else is played."""
    return int(fingerprint([plan.seed, track.id, turn])[3:11], 16)


def request_of(plan: ProofPlan, track: EvalTrack, seed: int, *, twin: bool) -> Request:
    """The request for a take: the track's caption, lyrics and facts, with the trigger word where the twin plays."""
    return Request(
        caption=prepend_trigger(track.caption, plan.trigger or "") if twin else track.caption,
        seconds=plan.seconds,
        seed=seed,
        lyrics=track.lyrics,
        metas=Metas.of(track.bpm, track.key, track.meter, track.language),
        sampling=Sampling(steps=plan.steps, guidance=plan.guidance),
    )


def address(side: str, track: EvalTrack, turn: int | None) -> str:
    """Where a kept sound lies in the folder; `turn` is None for the track itself."""
    return f"{side}/{_name(track)}{'' if turn is None else f'-{turn}'}.flac"


def _name(track: EvalTrack) -> str:
    """A file name made from the track's id alone."""
    return fingerprint(track.id)[3:15]
