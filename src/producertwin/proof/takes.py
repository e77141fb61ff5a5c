"""The sounds of a proof: every prompt played by base and twin with the same seeds, and the real music they stand beside.

The prompts are the held-out pieces' own words and facts. Takes and excerpts have one length and one rate, or nothing is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..audio.samples import Samples
from ..errors import BadInput
from ..evaluation.nano.takes import played
from ..metrics.embedders import SoundEmbedder
from ..model import adapters
from ..model.instrument import Instrument
from ..model.sampling import engine
from ..model.sampling.prompts import called
from ..model.sampling.request import Metas, Request, Sampling
from ..progress import Clock, Steps
from ..recipe import fingerprint
from ..timebase import samples_of
from .cache import Shelf
from .corpus import Corpus, Piece
from .plan import ProofPlan
from .readings import CODEC, REAL, Heard, Reading, Side

_VERSION = 1
"""Raised when the same facts would be asked for otherwise."""
"""Raised when the same request would be played otherwise."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """One take to play: of which prompt, and under which name."""

    place: int
    name: str
    made: str
    request: Request


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Where a proof plays: its plan, instrument, embedders and folder."""

    plan: ProofPlan
    instrument: Instrument
    embedders: tuple[SoundEmbedder, ...]
    folder: Path
    twin: str = "twin"
    """Name of the folder of the twin's takes; where several twins are compared each has its own."""

    def shelf(self, side: str) -> Shelf:
        """The sounds of one side."""
        return Shelf(self.folder / side, self.embedders)


def chosen(pieces: Sequence[Piece], count: int | None) -> tuple[Piece, ...]:
    """`count` of `pieces`, spread over their styles, in their own order; all where it is None."""
    if count is None or count >= len(pieces):
        return tuple(pieces)
    turns: dict[str, int] = {}
    ranks = []
    for place, piece in enumerate(pieces):
        turns[piece.style] = turns.get(piece.style, -1) + 1
        ranks.append((turns[piece.style], place))
    return tuple(pieces[place] for place in sorted(place for _, place in sorted(ranks)[:count]))


def hear(stage: Stage, corpus: Corpus, adapter: Path) -> Steps[Heard]:
    """Play and measure everything. Raises `BadInput` for excerpts of another length than the takes."""
    plan = stage.plan
    pieces = chosen(corpus.holdout, plan.prompts)
    others = corpus.others[: plan.others]
    held = yield from _listen(stage, "real", pieces)
    base = yield from _played(stage, "base", pieces, None)
    twin = yield from _played(stage, stage.twin, pieces, adapter)
    train = yield from _listen(stage, "heard", corpus.train)
    strangers = yield from _listen(stage, "heard", others)
    laid = yield from _played(stage, "ruler", chosen(corpus.train, len(pieces)), None)
    real, codec = (Side(held.pieces, tuple((takes[place],) for takes in held.readings)) for place in (REAL, CODEC))
    return Heard(real, codec, base, twin, train, strangers, laid, said(stage.embedders, pieces))


def said(embedders: Iterable[SoundEmbedder], pieces: Sequence[Piece]) -> dict[str, np.ndarray]:
    """What the embedders that read make of the captions."""
    found = {ear.name: [ear.say(piece.caption) for piece in pieces] for ear in embedders}
    return {name: np.array(rows, np.float64) for name, rows in found.items() if all(row is not None for row in rows)}


def excerpt(piece: Piece, seconds: float) -> Samples:
    """The excerpt of `piece`. Raises `BadInput` where it is not exactly `seconds` of stereo at 48 kHz."""
    sound = piece.sound()
    if sound.shape != (2, samples_of(seconds)):
        raise BadInput(
            f"{piece.name} gives {sound.shape[-1]} samples, takes have {samples_of(seconds)}",
            remedy="cut takes and excerpts to one length at 48 kHz; nothing else can be compared",
        )
    return sound


def _listen(stage: Stage, side: str, pieces: Sequence[Piece]) -> Steps[Side]:
    """Real excerpts, each as it is and through the codec; those of `real` are kept as sounds."""
    shelf, clock = stage.shelf(side), Clock(f"listen to {side}", len(pieces))
    found: list[tuple[Reading, ...]] = []
    yield clock.at(0)
    for piece in pieces:
        name, keeping = _name(piece), side == "real"
        facts = [_VERSION, piece.id, stage.plan.seconds]
        made, coded = fingerprint(["real", *facts]), fingerprint(["codec", engine.VERSION, *facts, stage.instrument.revision])
        real = shelf.find(name, made, piece, sounding=keeping)
        codec = shelf.find(f"{name}-codec", coded, piece, sounding=False)
        if real is None or codec is None:
            sound = excerpt(piece, stage.plan.seconds)
            real = real or (shelf.put if keeping else shelf.measure)(name, made, piece, sound)
            back = engine.decode(stage.instrument, engine.encode(stage.instrument, sound))[:, : sound.shape[1]]
            codec = codec or shelf.measure(f"{name}-codec", coded, piece, back)
        found.append((real, codec))
        yield clock.at(len(found), piece.name)
    return Side(tuple(pieces), tuple(found))


def _played(stage: Stage, side: str, pieces: Sequence[Piece], adapter: Path | None) -> Steps[Side]:
    """Every prompt's takes, with the adapter where there is one; only those that are not kept are played."""
    shelf, plan = stage.shelf(side), stage.plan
    asks = _asks(stage, pieces, adapter)
    found = {ask.name: shelf.find(ask.name, ask.made, pieces[ask.place]) for ask in asks}
    todo = [ask for ask in asks if found[ask.name] is None]
    clock, done = Clock(f"play {side}", len(asks)), len(asks) - len(todo)
    yield clock.at(done)
    with ExitStack() as stack:
        if adapter is not None and todo:
            stack.enter_context(adapters.worn(stage.instrument, [(adapter, plan.scale)]))
        for first in range(0, len(todo), plan.batch):
            batch = todo[first : first + plan.batch]
            for ask, sound in zip(batch, played(stage.instrument, [ask.request for ask in batch]), strict=True):
                found[ask.name] = shelf.put(ask.name, ask.made, pieces[ask.place], sound)
                done += 1
                yield clock.at(done, pieces[ask.place].name)
    takes: list[list[Reading]] = [[] for _ in pieces]
    for ask in asks:
        reading = found[ask.name]
        if reading is not None:
            takes[ask.place].append(reading)
    return Side(tuple(pieces), tuple(map(tuple, takes)))


def _asks(stage: Stage, pieces: Sequence[Piece], adapter: Path | None) -> list[_Ask]:
    plan = stage.plan
    weights = None if adapter is None else [adapters.read(adapter).revision, plan.scale]
    asks = []
    for place, piece in enumerate(pieces):
        for turn in range(plan.takes):
            request = request_of(plan, piece, seed_of(plan, piece, turn), twin=adapter is not None)
            facts = [request.caption, request.lyrics, piece.bpm, piece.key, piece.meter, piece.language, plan.seconds]
            played = [request.seed, plan.steps, plan.guidance, stage.instrument.revision, str(stage.instrument.dtype), weights]
            name = f"{_name(piece)}-{turn}"
            asks.append(_Ask(place, name, fingerprint(["take", _VERSION, engine.VERSION, *facts, *played]), request))
    return asks


def seed_of(plan: ProofPlan, piece: Piece, turn: int) -> int:
    """Seed of a take: the same for base and twin, and whatever else is played."""
    return int(fingerprint([plan.seed, piece.id, turn])[3:11], 16)


def request_of(plan: ProofPlan, piece: Piece, seed: int, *, twin: bool) -> Request:
    """What is asked for: the piece's words and facts, after the trigger word where the twin plays."""
    return Request(
        caption=called(piece.caption, plan.trigger or "") if twin else piece.caption,
        seconds=plan.seconds,
        seed=seed,
        lyrics=piece.lyrics,
        metas=Metas.of(piece.bpm, piece.key, piece.meter, piece.language),
        sampling=Sampling(steps=plan.steps, guidance=plan.guidance),
    )


def address(side: str, piece: Piece, turn: int | None) -> str:
    """Where a kept sound lies in the folder; `turn` is None for the piece itself."""
    return f"{side}/{_name(piece)}{'' if turn is None else f'-{turn}'}.flac"


def _name(piece: Piece) -> str:
    """A file name that belongs to the piece and tells nothing else."""
    return fingerprint(piece.id)[3:15]
