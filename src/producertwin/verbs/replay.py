"""`replay`: make a take again from its record, and say whether the bytes are the same."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound
from ..progress import Steps

if TYPE_CHECKING:
    from ..library import Take, TakeDraft
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
    """Level of what differs against the take's own, in dB; None where nothing does or the lengths differ."""


def replay(key: str, studio: Studio) -> Steps[Replay]:
    """Make the take `key`, an id or a file that is a take's copy, once more; the library stays as it is.

    Raises `NotFound` where there is no such take or something that it was made of is gone, `BadInput` for a record that another
    version wrote, and what playing raises.
    """
    from ..library.blobs import name_of

    take = _find(key, studio)
    draft, differences = yield from _perform(take, studio)
    same = name_of(draft.audio) == take.audio
    level = None if same else _difference_db(take, draft, studio)
    if not same and not differences:
        differences = ("the device, the number of threads or a library's version is another one",)
    return Replay(take.id, same, differences, level)


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


def _perform(take: Take, studio: Studio) -> Steps[tuple[TakeDraft, tuple[str, ...]]]:
    """The take made again, and what is known to be another now."""
    from pydantic import TypeAdapter, ValidationError

    from ..model.adapters import attached
    from ..pipeline import executor, mix
    from ..pipeline.pipelines import AnyStage
    from ..pipeline.sound_stages import Mix, Select

    try:
        stage = TypeAdapter[AnyStage](AnyStage).validate_python(take.stage)
    except ValidationError as error:
        message = f"the record of take {take.id} is another version's: {error.errors()[0]['msg']}"
        raise BadInput(message, remedy="make it with the version that made it") from None
    if isinstance(stage, Select):
        raise BadInput(f"take {take.id} was chosen, not made", remedy="replay what it was chosen from")
    sources = executor.find_sources(stage, studio.library)
    if isinstance(stage, Mix):
        draft = mix.mix_draft(stage, sources)
        return draft, _revisions(take, draft)
    instrument = yield from studio.load_instrument(stage.play.variant)
    with attached(instrument, studio.find_adapters(stage.play)) as on:
        prepared = executor.prepare(stage, sources)
        player = executor.Player(instrument, on)
        [(draft, _)] = yield from executor.perform([(stage, prepared)], player, what=f"take {take.id} again")
    return draft, _revisions(take, draft)


def _revisions(take: Take, draft: TakeDraft) -> tuple[str, ...]:
    """The weights that are others now."""
    found = []
    if take.hearing is None and draft.hearing is not None:
        found.append("an earlier version made it, which drew tempo and key and ended takes in another way")
    if take.revision != draft.revision:
        found.append(f"{take.variant} was {take.revision}, and is {draft.revision}")
    for before, now in zip(take.adapters, draft.adapters, strict=True):
        if before.revision != now.revision:
            found.append(f"adapter {before.name} was {before.revision}, and is {now.revision}")
    return tuple(found)


def _difference_db(take: Take, draft: TakeDraft, studio: Studio) -> float | None:
    from ..audio import files, levels
    from ..disk import write_whole

    before = files.read(studio.library.takes.content(take))
    with tempfile.TemporaryDirectory() as folder:
        now = files.read(write_whole(Path(folder) / "again.flac", draft.audio) if isinstance(draft.audio, bytes) else draft.audio)
    return levels.rms_db(now - before) - levels.rms_db(before) if now.shape == before.shape else None
