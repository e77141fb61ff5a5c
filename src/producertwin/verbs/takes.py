"""`twin takes`: export, verify and delete what the studio has made."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PartialFailure, TwinError, Unavailable
from ..library.verify import verify_takes
from ..progress import Steps
from .rate import set_stars
from .sounds import decode_foreign, find_sound

if TYPE_CHECKING:
    from ..library import Labels, Take
    from ..library.trash import TrashEntry
    from ..library.verify import Verification
    from .studio import Studio


def export(
    key: str, studio: Studio, out: Path, *, overwrite: bool = False, codes: bool = False, metadata: bool = True
) -> Steps[tuple[Path, ...]]:
    """Copy the take `key`, its picture, its lyrics in time and its record to the folder or audio file `out`; all or nothing.

    A take of latents alone is decoded, and its sound kept. `codes` also writes its audio codes, which loads the variant that made
    it; without `metadata` the copy says nothing of itself, and the record stays here. Raises `NotFound` for an unknown take,
    `BadInput`
    for an unknown format or a file in the way, for codes as `read_codes` does.
    """
    from ..pipeline.delivery import copy_tags, write_copy

    plan_export(key, studio, out, overwrite=overwrite, codes=codes, metadata=metadata)
    text = (yield from read_codes(key, studio)) if codes else ""
    take = studio.library.takes.get(key)
    yield from find_sound(take, studio)
    encode = partial(write_copy, found=copy_tags(take, studio.library.takes, metadata=metadata))
    return studio.library.takes.export(take.id, out, encode=encode, overwrite=overwrite, codes=text, record=metadata)


def plan_export(
    key: str, studio: Studio, out: Path, *, overwrite: bool = False, codes: bool = False, metadata: bool = True
) -> tuple[Path, ...]:
    """The files that `export` would write. Raises as it does."""
    from ..library.export import check_free, destinations

    places = destinations(studio.library.takes.get(key), out, codes=codes, record=metadata)
    check_free(places, overwrite=overwrite)
    return tuple(places.values())


def read_codes(key: str, studio: Studio) -> Steps[str]:
    """The audio codes of the take `key`, as text: those that a cover of it by the same variant follows.

    Raises `NotFound` for an unknown take, `BadInput` for a variant without a tokenizer, and as `Studio.load_player` does.
    """
    from ..model.sampling import engine
    from ..model.sampling.code_text import write_codes
    from ..pipeline.sources import source_of

    take = studio.library.takes.get(key)
    instrument = yield from studio.load_player(take.variant)
    [source] = yield from decode_foreign([source_of(take, studio.library)], instrument, studio)
    sound = source.sound(instrument.variant, instrument.revision)
    return write_codes(engine.read_codes(instrument, sound))


def delete(keys: Sequence[str], studio: Studio, *, cascade: bool = False) -> tuple[tuple[Take, ...], TrashEntry]:
    """Move the takes `keys` into the trash, with `cascade` also all that was made from them; returns them and their entry.

    Raises `NotFound` for an unknown take, `BadInput` when a take that stays was made from one that goes.
    """
    return studio.library.takes.delete(*keys, cascade=cascade)


def label(key: str, said: Labels, studio: Studio) -> Take:
    """Keep what people say of the take `key`: title, folder, tags, likes, stars, a remark. Raises `NotFound`.

    Other stars than before are a rating too, or where there are none take the ratings of people back.
    """
    take = studio.library.takes.get(key)
    known = studio.library.takes.labels([take.id]).get(take.id)
    if said.rating != (known.rating if known else None):
        set_stars(take.id, said.rating, studio)
    return studio.library.takes.label(take.id, said)


def plan_delete(keys: Sequence[str], studio: Studio, *, cascade: bool = False) -> tuple[Take, ...]:
    """The takes that `delete` would remove. Raises as it does."""
    return studio.library.takes.deletion_plan(*keys, cascade=cascade)


def play(key: str, studio: Studio, *, player: str | None = None) -> Steps[Take]:
    """Play the take `key` with the program `player`, or a known one; one of latents alone is decoded first.

    Raises `Unavailable` where there is no player or it fails, and as `find_sound` does.
    """
    from ..listening import players

    take = studio.library.takes.get(key)
    path = yield from play_path(key, studio)
    program = players.find(player)
    if program is None:
        raise Unavailable("no player of sounds is installed", remedy=f"install ffmpeg, or open {path} in a player")
    with tempfile.TemporaryDirectory() as room:
        program.play(path, Path(room))
    return take


def play_path(key: str, studio: Studio) -> Steps[Path]:
    """A file named `….flac` of the take `key`, for a player. Raises as `find_sound` does."""
    take = studio.library.takes.get(key)
    yield from find_sound(take, studio)
    return studio.library.takes.play_path(take.id)


def verify(keys: Sequence[str], studio: Studio) -> Steps[Verification]:
    """Hash every file of the takes `keys`, or of all, again and compare their records.

    Raises `PartialFailure`, which names every fault, when some are not sound.
    """
    found = yield from verify_takes(studio.library, keys)
    if found.problems:
        told = [(f"{problem.owner} {problem.part}", problem) for problem in found.problems]
        failures: dict[str, TwinError] = {name: TwinError(f"{problem.fault}: {problem.where}") for name, problem in told}
        count = len({problem.owner for problem in found.problems})
        remedy = "restore missing and damaged files from a copy of the studio; `twin library rebuild` mends sidecars and rows"
        if any(problem.part == "decoded" for problem in found.problems):
            remedy += "; remove damaged decoded sounds: they are decoded again"
        raise PartialFailure(f"{count} of {found.takes} takes are not sound", failures, remedy=remedy)
    return found
