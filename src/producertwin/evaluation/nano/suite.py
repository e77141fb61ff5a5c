"""`twin lab measure nano`: does the instrument do what its prompts ask, beside its codec's ceiling and real songs?

For every held-out prompt: the real song, the song through the codec, the guide's sketch, a take without a guide, and
takes guided by the sketch, all of one length, measured alike (`readings`), then judged together (`figures`); other songs are
edited in every way the variant can (`edit_takes`, `edit_figures`), or played at length (`long_takes`). What is finished stands
in the folder, one file per prompt, under a name that depends on the weights, the settings and the versions of what decides it:
a stopped run goes on where it was, and a changed one begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter

from ... import __version__, workers
from ...audio import files
from ...disk import write_whole
from ...errors import BadInput
from ...house_band import render
from ...model.instrument import Instrument
from ...model.nano.embedder import Embedder
from ...model.sampling import engine
from ...progress import Clock, Progress, Steps
from ...recipe import Record, fingerprint
from ..suite import NanoSuite, TakePlan
from . import edit_figures, edit_takes, figures, long_takes, readings, singing, sounds, speed, takes

_VERSIONS: Final = {"prompts": 2, "edits": 3, "long": 2, "sung": 1}
"""Raised when the same suite would ask for other prompts or edits, or hold their sounds against other figures."""
_MEASURED: Final = (render.VERSION, readings.VERSION)
"""What every kept figure depends on besides: the band's songs and the meters."""
_AWAY: Final = 7
"""An edited song borrows from the one so many further on, which is of another style."""
_EDITED: Final = TypeAdapter(edit_figures.EditOutcome)
_REFERENCE: Final = TypeAdapter(figures.Reference)
_LONG: Final = TypeAdapter(dict[str, long_takes.LongReading])
_OUTCOME: Final = TypeAdapter(figures.Outcome)
_SUNG: Final = TypeAdapter(dict[str, bool])
T = TypeVar("T")


class NanoFigures(Record):
    """The result: figures, and what they are figures of."""

    variant: str
    revision: str
    """Content hash of the weights."""
    version: str
    """Version of the program."""
    steps: int
    guidance: float
    suite: NanoSuite
    embedder: str | None
    """Name of what the tags were heard with."""
    judged: figures.TakeFigures
    edits: edit_figures.EditFigures | None
    """None when no song was edited."""
    long: long_takes.LongFigures | None = None
    """None when no song was played at length."""
    voices: singing.SingingFigures | None = None
    """None when no song with words was played, or nothing hears voices."""
    speed: speed.Speed | None


def evaluate(suite: NanoSuite, instrument: Instrument, folder: Path, embedder: Embedder | None = None) -> Steps[NanoFigures]:
    """Measure `instrument`, with tags when there is an `embedder`.

    What is finished is kept under `folder`, and the figures in `folder/figures.json`.

    Raises `BadInput` when the reference set is smaller than the evaluated one, which would leave distances without a floor.
    """
    if suite.reference < suite.prompts:
        raise BadInput(f"{suite.reference} reference songs for {suite.prompts} prompts", remedy="ask for as many at least")
    with workers.pool(suite.workers) as pool:
        reference = yield from _reference(suite, folder, pool)
        outcomes = yield from _outcomes(suite, instrument, folder, pool, embedder)
        edited = yield from _edits(suite, instrument, folder, pool)
    long = yield from _long(suite, instrument, folder)
    sung = (yield from _songs_with_words(suite, instrument, folder, embedder)) if embedder else []
    timed = None
    if suite.speed != "none":
        yield Progress("speed", 0, 1)
        timed = speed.measure(instrument, steps=suite.steps, guidance=suite.guidance, cold=suite.speed == "cold")
        yield Progress("speed", 1, 1)
    ruler = figures.fit_reference_space(reference, len(outcomes), suite.seconds)
    found = NanoFigures(
        variant=instrument.variant,
        revision=instrument.revision,
        version=__version__,
        steps=suite.steps or instrument.defaults.steps,
        guidance=suite.guidance or instrument.defaults.guidance,
        suite=suite,
        embedder=embedder.name if embedder else None,
        judged=figures.judge(outcomes, reference, ruler),
        edits=edit_figures.judge(edited, ruler.space, ruler.classifier) if edited else None,
        long=long_takes.judge(long, suite.long_seconds) if long else None,
        voices=singing.judge(sung) if sung else None,
        speed=timed,
    )
    write_whole(folder / "figures.json", found.model_dump_json(indent=2).encode())
    return found


def examples_folder(suite: NanoSuite, instrument: Instrument, folder: Path, embedder: Embedder | None = None) -> Path:
    """Where the sounds of the first prompts are kept as FLAC, `0000-real.flac` and so on."""
    return _prompts_folder(suite, instrument, folder, embedder) / "examples"


def _reference(suite: NanoSuite, folder: Path, pool: workers.Pool) -> Steps[list[figures.Reference]]:
    home = folder / _name("reference", _VERSIONS["prompts"], *_MEASURED, suite.seed, suite.seconds)
    hear = partial(pool.map, partial(sounds.play_reference, suite.seed, suite.seconds))
    return (yield from _compute_missing("reference songs", home, suite.reference, suite.reference, _REFERENCE, hear))


def _outcomes(
    suite: NanoSuite, instrument: Instrument, folder: Path, pool: workers.Pool, embedder: Embedder | None
) -> Steps[list[figures.Outcome]]:
    home = _prompts_folder(suite, instrument, folder, embedder)
    (home / "examples").mkdir(parents=True, exist_ok=True)

    def work(batch: list[int]) -> Iterator[figures.Outcome]:
        made = takes.make(suite, instrument, embedder, list(pool.map(partial(sounds.play, suite), batch)))
        for found, sound in zip(pool.map(sounds.measure, made), made, strict=True):
            if found.prompt.index < suite.examples:
                for name, audio in sound.audio.items():
                    files.write(home / "examples" / f"{found.prompt.index:04d}-{name.replace(' ', '-')}.flac", audio)
            yield found

    return (yield from _compute_missing("held-out prompts", home, suite.prompts, suite.batch, _OUTCOME, work))


def _edits(suite: NanoSuite, instrument: Instrument, folder: Path, pool: workers.Pool) -> Steps[list[edit_figures.EditOutcome]]:
    def work(batch: list[int]) -> Iterable[edit_figures.EditOutcome]:
        pairs = [place for index in batch for place in (index, index + _AWAY)]
        played = list(pool.map(partial(edit_takes.play, suite), pairs))
        made = [edit_takes.make(suite, instrument, *pair) for pair in zip(played[::2], played[1::2], strict=True)]
        return pool.map(edit_figures.measure, made)

    home = _takes_folder("edits", suite, instrument, folder)
    return (yield from _compute_missing("edited songs", home, suite.edits, suite.batch, _EDITED, work))


def _long(suite: NanoSuite, instrument: Instrument, folder: Path) -> Steps[list[dict[str, long_takes.LongReading]]]:
    def work(batch: list[int]) -> Iterable[dict[str, long_takes.LongReading]]:
        return (long_takes.measure(suite, instrument, index) for index in batch)

    home = _takes_folder("long", suite, instrument, folder, suite.long_seconds)
    return (yield from _compute_missing("long songs", home, suite.long, suite.batch, _LONG, work))


def _songs_with_words(suite: NanoSuite, instrument: Instrument, folder: Path, embedder: Embedder) -> Steps[list[dict[str, bool]]]:
    def work(batch: list[int]) -> Iterable[dict[str, bool]]:
        return (singing.measure(suite, instrument, embedder, index) for index in batch)

    home = _takes_folder("sung", suite, instrument, folder, embedder.name)
    return (yield from _compute_missing("songs with words", home, suite.sung, suite.batch, _SUNG, work))


def _compute_missing(
    what: str, home: Path, count: int, batch: int, kind: TypeAdapter[T], work: Callable[[list[int]], Iterable[T]]
) -> Steps[list[T]]:
    """What `work` finds of every index, one file each in `home`; only those without a file are worked on, a batch at a time."""
    places = [home / f"{index:05d}.json" for index in range(count)]
    todo = [index for index, place in enumerate(places) if not place.exists()]
    home.mkdir(parents=True, exist_ok=True)
    clock, done = Clock(what, count), count - len(todo)
    yield clock.at(done)
    for first in range(0, len(todo), batch):
        chosen = todo[first : first + batch]
        for index, found in zip(chosen, work(chosen), strict=True):
            write_whole(places[index], kind.dump_json(found))
            done += 1
            yield clock.at(done)
    return [kind.validate_json(place.read_bytes()) for place in places]


def _prompts_folder(suite: NanoSuite, instrument: Instrument, folder: Path, embedder: Embedder | None) -> Path:
    return _takes_folder("prompts", suite, instrument, folder, embedder.name if embedder else None)


def _takes_folder(what: str, suite: NanoSuite, instrument: Instrument, folder: Path, *more: object) -> Path:
    plan = suite.model_dump(mode="json", include=set(TakePlan.model_fields))
    versions = (_VERSIONS[what], *_MEASURED, engine.VERSION)
    return folder / _name(what, versions, plan, instrument.revision, str(instrument.dtype), *more)


def _name(what: str, *parts: object) -> str:
    return f"{what}-{fingerprint(parts)[3:15]}"
