"""Runs a stage: finds its source, asks the house band for a guide, plays the instrument, and keeps every result as a take.

All that can be refused is refused before the first note: record, source, output, disk, variant, task. Takes are made one after
the other and kept as soon as each is done, so stopping loses the unfinished one only, and a seed makes the same bytes
whatever was asked for beside it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from ..audio import files
from ..errors import Interrupted
from ..library import Library, Take, TakeDraft, open_studio
from ..library.adapters import find
from ..model import engine
from ..model.adapters import Attached, worn
from ..model.instrument import Instrument
from ..model.load import load
from ..model.request import Generated, Metas, Request, Samples, Sampling, Start
from ..model.tasks import Task
from ..progress import OnProgress, Progress, Steps
from ..settings import Settings
from . import finish, guide
from .delivery import Delivery, check_room
from .events import events
from .sources import Source, check_heard, heard, length, resolve
from .stages import Complete, Cover, Extract, Generate, Lego, Play, Prompt, Refine, Repaint, Stage

SEEDS = 2**32
TASKS = {"generate": Task.TEXT2MUSIC, "refine": Task.TEXT2MUSIC}
"""The task of a stage where it is not of the same name."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished take, where its copy went, and what the user should know about it."""

    take: Take
    path: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Work:
    """A stage ready to be played."""

    stage: Stage
    prompt: Prompt
    seconds: float
    source: Source | None
    reference: Samples | None
    instrument: Instrument
    adapters: tuple[Attached, ...]
    guided: bool
    picture: bool


def run(
    stage: Stage, settings: Settings, *, delivery: Delivery = Delivery(), instrument: Instrument | None = None
) -> Steps[list[Rendered]]:
    """Play `stage` and return its takes in the order of their seeds.

    `instrument` spares loading when the variant is at hand. Raises `BadInput`, `NotFound`, `Unavailable` and `Resources`
    before any work; `Interrupted` when stopped, with what was finished kept in the library.
    """
    with open_studio(settings) as library:
        source: Source | None = None
        if isinstance(stage, Generate):
            prompt, seconds = stage.prompt, stage.seconds
            delivery.check(stage.play.batch)
        else:
            delivery.check(stage.play.batch, source=Path(stage.source))
            source = resolve(stage, library)
            prompt, seconds = heard(stage, source), length(stage, source)
        check_room([settings.studio, *([delivery.out.parent] if delivery.out else [])], stage.play.batch * seconds)
        reference = _reference(stage)
        asked = [(find(str(adapter.folder), settings.studio), adapter.scale) for adapter in stage.play.adapters]
        yield Progress(f"loading {stage.play.variant}", 0, 1)
        instrument = instrument or load(stage.play.variant, settings)
        yield Progress(f"loading {stage.play.variant}", 1, 1)
        resolved, guided, note = _resolved(stage, source, instrument)
        with worn(instrument, asked) as adapters:
            work = _Work(resolved, prompt, seconds, source, reference, instrument, adapters, guided, delivery.picture)
            return (yield from _play(work, _seeds(stage.play), (note,) if note else (), delivery, library))


def _play(work: _Work, seeds: list[int], notes: tuple[str, ...], delivery: Delivery, library: Library) -> Steps[list[Rendered]]:
    done: list[Rendered] = []
    try:
        for place, seed in enumerate(seeds):
            draft, warnings = yield from _one(work, seed, f"take {place + 1} of {len(seeds)}")
            take = library.takes.add(draft)
            path = delivery.deliver(take, place, len(seeds), library)
            done.append(Rendered(take, path, (*notes, *warnings)))
    except (KeyboardInterrupt, Interrupted):
        remedy = "finished takes are kept: twin takes list" if done else "nothing was made; run the same command again"
        raise Interrupted(f"stopped after {len(done)} of {len(seeds)} takes", remedy=remedy) from None
    return done


def _one(work: _Work, seed: int, what: str) -> Steps[tuple[TakeDraft, tuple[str, ...]]]:
    """One take, rendered and measured."""
    stage = work.stage
    sketch = None
    if work.guided and isinstance(stage, Generate):
        yield Progress(what, 0, 1, "the band plays a sketch")
        sketch = guide.sketch(stage, seed)
    request = _request(work, seed, sketch)

    def play(report: OnProgress) -> Generated:
        return engine.generate(work.instrument, [request], on_progress=report)[0]

    generated = yield from events(play, what)
    audio = finish.audio_of(stage, generated, work.instrument, work.source)
    own = stage.model_copy(update={"play": stage.play.model_copy(update={"seed": seed, "batch": 1})})
    guide_name = "band" if sketch else None
    result = finish.Result(own, request, generated, audio, work.instrument, work.adapters, work.source, guide_name)
    return finish.draft(result, picture=work.picture), generated.warnings


def _request(work: _Work, seed: int, sketch: guide.Sketch | None) -> Request:
    """What the instrument is asked for. Where the prompt leaves tempo, key or meter open, the sketch's are stated."""
    stage, prompt, play = work.stage, work.prompt, work.stage.play
    metas = Metas.of(prompt.bpm, prompt.key, prompt.meter, prompt.language)
    if sketch is not None:
        metas = Metas(metas.bpm or sketch.bpm, metas.key or sketch.key, metas.meter or sketch.meter, metas.language)
    request = Request(
        caption=prompt.caption,
        seconds=work.seconds,
        seed=seed,
        task=TASKS.get(stage.kind) or Task(stage.kind),
        lyrics=prompt.lyrics,
        metas=metas,
        sampling=Sampling(play.steps, play.guidance, play.shift),
        start=sketch.start if sketch else None,
        reference=work.reference,
    )
    if work.source is None:
        return request
    sound = work.source.sound(work.instrument.variant, work.instrument.revision)
    match stage:
        case Refine():
            return replace(request, start=Start(sound, stage.denoise))
        case Cover():
            return replace(request, source=sound, cover_strength=stage.strength)
        case Repaint():
            return replace(request, source=sound, window=(stage.start, stage.end))
        case Extract() | Lego():
            return replace(request, source=sound, stems=(stage.stem,))
        case Complete():
            return replace(request, source=sound, stems=stage.stems)
    return request


def _resolved(stage: Stage, source: Source | None, instrument: Instrument) -> tuple[Stage, bool, str]:
    """`stage` with every choice made, whether the band guides it, and why not if that needs saying."""
    play = stage.play
    known = instrument.defaults
    chosen = {"steps": play.steps or known.steps, "guidance": play.guidance or known.guidance, "shift": play.shift or known.shift}
    changes: dict[str, object] = {"play": play.model_copy(update=chosen)}
    guided, note = False, ""
    if isinstance(stage, Generate):
        guided, note = guide.wanted(stage, by_itself=instrument.card.guided)
        changes["guide"] = "band" if guided else "none"
    elif source is not None:
        changes |= {"source": source.name, "source_hash": source.hash}
    return stage.model_copy(update=changes), guided, note


def _reference(stage: Stage) -> Samples | None:
    path = stage.reference if isinstance(stage, Generate | Cover) else None
    if path is None:
        return None
    audio = files.read(path)
    check_heard(audio, str(path))
    return audio


def _seeds(play: Play) -> list[int]:
    """One seed per take; the first is drawn when none was given."""
    first = secrets.randbelow(SEEDS) if play.seed is None else play.seed
    return [(first + place) % SEEDS for place in range(play.batch)]
