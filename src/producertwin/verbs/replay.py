"""`replay`: make a take again from its record, and say whether the bytes are the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound
from ..progress import Steps
from .repair import repair_again
from .repaired import is_repair
from .sounds import decode_needed, decode_sources

if TYPE_CHECKING:
    from ..library import Making, Take, TakeDraft
    from ..pipeline.sound_stages import Mix
    from ..pipeline.stages import Edit, Generate
    from .studio import Studio

__all__ = ["Replay", "replay"]


@dataclass(frozen=True, slots=True)
class Replay:
    """A take made again."""

    take: str
    same_bytes: bool
    differences: tuple[str, ...]
    """What is not as it was when the take was made; empty where nothing is known to differ."""
    difference_db: float | None
    """Level of what differs against the take's own, in dB; None where nothing does, or there is nothing to compare."""


def replay(key: str, studio: Studio, *, allow_raw_faust: bool = False) -> Steps[Replay]:
    """Make the take `key`, an id or a file that is a take's copy, once more; the library stays as it is.

    An adapter that is gone is told as a difference, and nothing is played. Raises `NotFound` where there is no such take or what
    it was made from is gone, `BadInput` for a record that another version wrote and, unless `allow_raw_faust`, for a mix by a
    person's own Faust, and what playing raises.
    """
    from ..pipeline.own_mix import is_own_mix

    take = _find(key, studio)
    if is_own_mix(take.stage):
        if not allow_raw_faust:
            message = f"take {take.id} was mixed by a person's own Faust, which is not run again unasked"
            raise BadInput(message, remedy=f"read it in twin takes show {take.id} --json, then add --allow-raw-faust")
        return _compare(take, (yield from _mix_again(take, studio)), studio)
    if is_repair(take.stage):
        return _compare(take, (yield from repair_again(take, studio)), studio)
    stage = read_stage(take)
    missing = tuple(_missing_adapters(stage, studio))
    if missing:
        return Replay(take.id, False, missing, None)
    return _compare(take, (yield from perform(take, stage, studio)), studio)


def _compare(take: Take, draft: TakeDraft, studio: Studio) -> Replay:
    """What the take made again is beside the one that is kept."""
    differences = tuple(find_differences(take, draft))
    same = _is_same(take, draft)
    if not same and not differences:
        differences = (_say_unknown(take),)
    return Replay(take.id, same, differences, None if same else _difference_db(take, draft, studio))


def _find(key: str, studio: Studio) -> Take:
    from ..pipeline.sources import find_source
    from ..pipeline.stages import SourceRef

    path = Path(key)
    if not path.is_file():
        return studio.library.takes.get(key)
    found = find_source(SourceRef(key), studio.library).take
    if found is None:
        raise NotFound(f"{path} is no copy of a take of this studio", remedy="give the take's id; see `twin takes list`")
    return found


def read_stage(take: Take) -> Generate | Edit | Mix:
    """The stage that made `take`. Raises `BadInput` for a record of another version, and for a take that was chosen."""
    from pydantic import TypeAdapter, ValidationError

    from ..pipeline.pipelines import AnyStage
    from ..pipeline.sound_stages import Select

    try:
        stage = TypeAdapter[AnyStage](AnyStage).validate_python(take.stage)
    except ValidationError as error:
        message = f"the record of take {take.id} is another version's: {error.errors()[0]['msg']}"
        raise BadInput(message, remedy="make it with the version that made it") from None
    if isinstance(stage, Select):
        raise BadInput(f"take {take.id} was chosen, not made", remedy="replay what it was chosen from")
    return stage


def _missing_adapters(stage: Generate | Edit | Mix, studio: Studio) -> Iterator[str]:
    """The adapters of `stage` that are not there any more."""
    from ..library.adapters import find
    from ..pipeline.sound_stages import Mix

    if isinstance(stage, Mix):
        return
    for adapter in stage.play.adapters:
        try:
            studio.read_adapter(find(str(adapter.folder), studio.settings.studio))
        except NotFound as error:
            yield f"adapter {adapter.folder} is missing: {error.message}"


def perform(take: Take, stage: Generate | Edit | Mix, studio: Studio) -> Steps[TakeDraft]:
    """The take made again."""
    from ..pipeline import executor, mix
    from ..pipeline.sound_stages import Mix

    sources = executor.find_sources(stage, studio.library)
    if isinstance(stage, Mix):
        return (yield from mix.mix_draft(stage, (yield from decode_sources(sources, studio))))
    instrument = yield from studio.load_player(stage.play.variant)
    sources = yield from decode_needed(stage, sources, instrument, studio)
    with studio.attach(instrument, studio.find_adapters(stage.play)) as on:
        player = executor.Player(instrument, on, studio.encodings)
        parts = [(stage, executor.prepare(stage, sources))]
        work = executor.perform(parts, player, what=f"take {take.id} again", heard=take.audio is not None)
        [(draft, _)] = yield from work
    return draft


def _mix_again(take: Take, studio: Studio) -> Steps[TakeDraft]:
    """The take of a mix by a person's own Faust, made again."""
    from ..pipeline.own_mix import OwnMix, hash_source, own_draft, play_own
    from ..pipeline.sources import find_source
    from ..recipe import read

    stage = read(OwnMix, dict(take.stage), where=f"take {take.id}")
    if hash_source(stage.faust) != stage.faust_hash:
        raise BadInput(f"the Faust in the record of take {take.id} is not the one it was made with", remedy="mix the stems anew")
    sources = yield from decode_sources([find_source(wanted, studio.library) for wanted in stage.sources], studio)
    return own_draft(stage, sources, (yield from play_own(stage, sources)))


def _is_same(take: Take, draft: TakeDraft) -> bool:
    """Whether sound and latents, as far as there are any, are the same bytes."""
    from ..library.blobs import name_of

    made = {part: content for part in ("audio", "latents") if (content := getattr(draft, part)) is not None}
    kept = {part: name for part, name in take.blobs.items() if part != "picture"}
    return {part: name_of(content) for part, content in made.items()} == kept


def find_differences(take: Take, draft: TakeDraft) -> Iterator[str]:
    """What is another one now: weights, adapters, machine, versions."""
    if take.hearing is None and draft.hearing is not None:
        yield "an earlier version made it, which drew tempo and key and ended takes in another way"
    if take.revision != draft.revision:
        yield f"{take.variant} was {take.revision}, and is {draft.revision}"
    for before, now in zip(take.adapters, draft.adapters, strict=True):
        if before.revision != now.revision:
            yield f"adapter {before.name} was {before.revision}, and is {now.revision}"
    if take.made is not None and draft.made is not None:
        yield from _machine_differences(take.made, draft.made)


def _machine_differences(before: Making, now: Making) -> Iterator[str]:
    for what, was, is_now in (
        ("played by", before.engine, now.engine),
        ("in precision", before.precision, now.precision),
        ("computed with", before.provider, now.provider),
    ):
        if was != is_now:
            yield f"it was {what} {was or 'none'}, and now {is_now or 'none'}"
    if before.device != now.device:
        yield f"it was made on {before.device}, and this is {now.device}"
    if before.threads != now.threads:
        yield f"it was made with {before.threads} threads, and these are {now.threads}"
    for package in sorted(before.versions.keys() | now.versions.keys()):
        was, is_now = before.versions.get(package, "not there"), now.versions.get(package, "not there")
        if was != is_now:
            yield f"{package} was {was}, and is {is_now}"


def _say_unknown(take: Take) -> str:
    if take.made is None:
        return "the device, the number of threads or a library's version is another one: the take's record does not say them"
    return "no cause is known: weights, device, threads and versions are as they were"


def _difference_db(take: Take, draft: TakeDraft, studio: Studio) -> float | None:
    from ..audio import files, levels
    from ..disk import write_whole

    if take.audio is None or draft.audio is None:
        return None
    before = files.read(studio.library.takes.content(take))
    with tempfile.TemporaryDirectory() as folder:
        now = files.read(write_whole(Path(folder) / "again.flac", draft.audio) if isinstance(draft.audio, bytes) else draft.audio)
    return levels.rms_db(now - before) - levels.rms_db(before) if now.shape == before.shape else None
