"""What becomes of a repaired sound: a take made from the one that was repaired, an asset, or a file; and its record.

STUDIO/repairs/ID/repair.json is the record of a repair that was kept. Takes and assets are named there; of a file both sounds lie
beside it as before.flac and after.flac, so that a listener may be asked which is better.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field, ValidationError

from ..errors import BadInput, NotFound
from ..library.provenance import REPAIR
from ..quality.detectors.defect import Defect
from ..quality.repair.trying import Attempt
from ..recipe import Record, short_id
from ..timebase import SAMPLE_RATE
from .kept_json import read_json, write_json
from .opened_sound import asset_of
from .studio import Studio

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take, TakeDraft
    from ..library.assets import Asset
    from ..quality.repair.trying import Repaired
from .opened_sound import OpenedSound

FOLDER: Final = "repairs"
RECORD: Final = "repair.json"
STAGES: Final = ("repaint", "cover", "extract", "lego")
"""What a candidate is called that was played."""


class RepairStage(Record):
    """How a repaired take was made: the stage in its record. Edits alone make the same bytes again."""

    kind: Literal["repair"] = "repair"
    """The kind of stage."""
    source: str
    """The take that was repaired."""
    source_hash: str | None = None
    """Name of its sound as a blob."""
    only: tuple[str, ...] = ()
    """Kinds of defects that were to be repaired; all where empty."""
    at: tuple[float, ...] = ()
    """Seconds at which they were to be repaired; everywhere where empty."""
    style: str | None = None
    """Style that was stated."""
    loop: bool = False
    """Whether its end was to meet its beginning."""
    budget: int = Field(0, ge=0)
    """Most stages that might be played."""
    variant: str | None = None
    """The instrument that played them."""
    mended: tuple[str, ...] = ()
    """Kinds of defects that it mended, each with what did it: "click: interpolate"."""

    @property
    def is_edits(self) -> bool:
        """Whether nothing was played anew."""
        return not any(one.split(": ")[-1] in STAGES for one in self.mended)


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """A repair that was kept."""

    id: str
    created: datetime
    kind: Literal["take", "asset", "file"]
    """What was repaired."""
    name: str
    """What it is called."""
    before: str | None
    """Id of the take or asset that was repaired; None for a file."""
    after: str | None
    """Id of the take or asset that came of it."""
    score_before: float
    score_after: float
    """Of ten."""
    changed_seconds: float
    """Length of the stretches in which samples differ."""
    cut_seconds: float
    """What was cut off before the beginning."""
    attempts: tuple[Attempt, ...]
    found: tuple[Defect, ...]
    """Defects before."""
    left: tuple[Defect, ...]
    """Defects after."""


def keep_repair(
    opened: OpenedSound, stage: RepairStage, sounds: tuple[Samples, Repaired], begun: float, studio: Studio
) -> RepairRecord:
    """Store a repaired sound, and the record of its repair; `sounds` are the one that was given and what became of it.

    `begun` is the reading of `time.perf_counter` at which the work began. Raises `NotFound` where the take was deleted meanwhile.
    """
    old, done = sounds
    asset = asset_of(opened.path, studio.settings.studio) if opened.take is None else None
    kind: Literal["take", "asset", "file"] = "file" if asset is None else "asset"
    before, after = name_sound(old), name_sound(done.sound)
    if opened.take is not None:
        kind, before = "take", opened.take.id
        after = studio.library.takes.add(draft_of(opened.take, stage, done, begun)).id
    elif asset is not None:
        before, after = asset, keep_asset(opened, done.sound, studio).id
    record = RepairRecord(
        id=short_id({"before": before, "after": after}, person=b"repair"),
        created=studio.library.takes.clock(),
        kind=kind,
        name=opened.name,
        before=None if kind == "file" else before,
        after=None if kind == "file" else after,
        score_before=done.score_before,
        score_after=done.score_after,
        changed_seconds=done.changed_seconds,
        cut_seconds=done.cut_seconds,
        attempts=done.attempts,
        found=done.before,
        left=done.after,
    )
    keep_record(record, studio, (old, done.sound) if kind == "file" else None)
    return record


def draft_of(take: Take, stage: RepairStage, done: Repaired, begun: float) -> TakeDraft:
    """The take that repairing `take` made, not stored: words, instrument and seed are those of the one it was made from.

    `begun` is the reading of `time.perf_counter` at which the work began.
    """
    from ..audio import files
    from ..library import TakeDraft
    from ..model.machine import describe_machine
    from ..model.sampling.request import Metas
    from ..pipeline.finish import name_making, readings
    from ..timebase import seconds_of

    metas, cut, seconds = take.metas, done.start / SAMPLE_RATE, seconds_of(done.sound.shape[1])
    asked = Metas.of(metas.bpm, metas.key, metas.meter, metas.language or "")
    sung = (one for one in take.lines if cut <= one.seconds < cut + seconds)
    lines = tuple(one.model_copy(update={"seconds": one.seconds - cut}) for one in sung)
    same = ("caption", "lyrics", "seed", "variant", "revision", "adapters", "session", "hearing")
    kept = {name: getattr(take, name) for name in same}
    return TakeDraft(
        **kept,
        task=REPAIR,
        stage=stage.model_dump(mode="json"),
        metas=metas.model_copy(update={"duration": seconds}),
        parents=(take.id,),
        meters=readings(done.sound, asked),
        seconds=seconds,
        lines=lines,
        audio=files.encode(done.sound, "flac"),
        made=name_making(describe_machine(), {"finish": time.perf_counter() - begun}),
    )


def keep_asset(opened: OpenedSound, sound: Samples, studio: Studio) -> Asset:
    """The repaired sound of an asset, as an asset of its own."""
    from ..audio import files
    from ..library.assets import Assets

    assets = Assets(studio.library.studio, studio.library.takes.clock)
    name = f"{Path(opened.name).stem} repaired.flac"
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        path = files.write(Path(folder) / "after.flac", sound)
        return assets.put(path, name=name, kind="flac", seconds=sound.shape[1] / SAMPLE_RATE, shape=(SAMPLE_RATE, 2))[0]


def keep_record(record: RepairRecord, studio: Studio, sounds: tuple[Samples, Samples] | None = None) -> Path:
    """Keep the record of a repair, and the two `sounds` of a file; returns its folder. The same repair again replaces it."""
    from ..audio import files
    from ..disk import whole_folder, write_whole

    place = studio.library.studio / FOLDER / record.id
    with whole_folder(place, replace=True) as folder:
        if sounds is not None:
            files.write(folder / "before.flac", sounds[0])
            files.write(folder / "after.flac", sounds[1])
        write_whole(folder / RECORD, write_json(record))
    return place


def name_sound(sound: Samples) -> str:
    """The name of samples as content."""
    return hashlib.blake2b(np.ascontiguousarray(sound).tobytes(), digest_size=32).hexdigest()


def find_repair(key: str, studio: Studio) -> RepairRecord:
    """The repair with the id `key`. Raises `NotFound`, and `BadInput` for a record that cannot be read."""
    path = _folder(studio) / key / RECORD
    if not key.isalnum() or path.parent.is_symlink() or not path.is_file():
        raise NotFound(f"no repair {key[:40]!r}", remedy="see the list of repairs")
    try:
        return read_json(RepairRecord, path.read_bytes())
    except ValidationError as error:
        raise BadInput(
            f"the record of repair {key} cannot be read: {error.errors()[0]['msg']}", remedy="repair it again"
        ) from None


def list_repairs(studio: Studio, subject: str | None = None) -> tuple[RepairRecord, ...]:
    """Every repair that was kept, the newest first; with `subject` those that began with or made the take or asset of that id."""
    found = (one for one in _read_all(studio) if subject is None or subject in (one.before, one.after))
    return tuple(sorted(found, key=lambda one: (one.created, one.id), reverse=True))


def _read_all(studio: Studio) -> Iterator[RepairRecord]:
    place = _folder(studio)
    for folder in place.iterdir() if place.is_dir() else ():
        with suppress(NotFound, BadInput):  # a folder of something else, or a damaged record
            yield find_repair(folder.name, studio)


def _folder(studio: Studio) -> Path:
    return studio.settings.studio / FOLDER


def is_repair(stage: Any) -> bool:
    """Whether a stored stage is that of a repaired take."""
    return isinstance(stage, dict) and stage.get("kind") == REPAIR
