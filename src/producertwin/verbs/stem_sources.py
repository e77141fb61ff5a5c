"""Where the stems of a song are kept: in the mix that made a take, in stems extracted from it before, or beside a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..library.file_names import short_name
from ..progress import Steps, note
from .sounds import decode_sources, find_sound

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take
    from ..pipeline.sources import EditSource
    from .studio import Studio

_SAME_LENGTH: Final = 0.1
"""Seconds by which a stem that was extracted may be longer or shorter than its source."""
_MOST_FILES: Final = 400
"""Sound files near a song that are looked at."""


@dataclass(frozen=True, slots=True)
class FoundStem:
    """A stem."""

    name: str
    """Its class, `drums`, or what its file or take is called."""
    sound: Samples
    origin: str
    """Where it comes from, in words and without a path."""
    source: str = ""
    """The take, or the file, that is this stem as it stands; empty where none is."""


def find_stems_of_take(take: Take, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    """The sounds of which `take` is the mix, as they sound in it; else stems that were extracted from it, the newest of each.

    A take that is itself one stem is that stem. Empty where none of this is so. Raises as finding the sources of a mix does.
    """
    if take.task == "mix":
        return (yield from _inputs_of(take, studio))
    stem = take.stage.get("stem")
    if take.task in ("extract", "lego") and isinstance(stem, str):
        return (yield from _own_stem(take, stem, studio))
    newest: dict[str, Take] = {}
    takes = studio.library.takes
    for child in sorted((takes.get(name) for name in takes.children(take.id)), key=lambda one: (one.created, one.id)):
        name = child.stage.get("stem")
        if child.task == "extract" and isinstance(name, str) and abs(child.seconds - take.seconds) <= _SAME_LENGTH:
            newest[name] = child
    found: list[FoundStem] = []
    for name, child in newest.items():
        found += yield from _own_stem(child, name, studio)
    return tuple(found)


def _own_stem(take: Take, name: str, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    from ..audio import files

    path = yield from find_sound(take, studio)
    return (FoundStem(name, files.read(path), f"take {take.id}, {take.task} by {short_name(take.variant)}", take.id),)


def _inputs_of(take: Take, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    from ..pipeline.mix import place_inputs
    from ..pipeline.own_mix import OwnMix, is_own_mix
    from ..pipeline.sound_stages import Mix
    from ..pipeline.sources import find_source
    from ..recipe import read

    record: type[Mix | OwnMix] = OwnMix if is_own_mix(take.stage) else Mix
    mix = read(record, dict(take.stage), where=f"take {take.id}")
    plain = isinstance(mix, Mix) and mix.desk is None
    try:
        sources = [find_source(wanted, studio.library) for wanted in mix.sources]
    except (NotFound, BadInput) as error:
        message = f"a stem of take {take.id} cannot be had: {error.message}"
        raise type(error)(message, remedy="bring it back to where it was, or use --extract") from None
    heard = yield from decode_sources(sources, studio)
    if not plain:
        through = "a desk" if isinstance(mix, Mix) else "Faust"
        yield note(f"take {take.id} went through {through}: its stems are as they came to it, and their sum is not the mix")
    strips = list(mix.desk.strips) if isinstance(mix, Mix) and mix.desk is not None else [""] * len(heard)
    parts = iter(place_inputs(mix.inputs, [source.audio for source in heard], ceiling=plain))
    return tuple(
        FoundStem(_name_of(source, strip), next(parts), _origin_of(source))
        for one, source, strip in zip(mix.inputs, heard, strips, strict=True)
        if not one.mute
    )


def _name_of(source: EditSource, strip: str) -> str:
    """The class of stem that a source is, or what it or its strip is called."""
    from ..dataset.stem_files import stem_name

    if strip:
        return stem_name(strip) or strip
    if source.take is None:
        return stem_name(Path(source.name).stem) or Path(source.name).stem
    stem = source.take.stage.get("stem")
    if isinstance(stem, str):
        return stem
    first = source.take.caption.split(",")[0].strip()
    return stem_name(first) or first or source.take.id


def _origin_of(source: EditSource) -> str:
    if source.take is None:
        return short_name(source.name)
    return f"take {source.take.id}, {source.take.task} by {short_name(source.take.variant)}"


def find_stems_of_file(song: Path) -> tuple[FoundStem, ...]:
    """The stems that lie in a folder for them beside the file `song`, or beside it and called after it; empty without any.

    Raises `AudioRejected` for one that is no sound.
    """
    from ..audio import files
    from ..dataset.stem_files import find_stems

    root = song.absolute().parent
    near = _sounds_near(root)
    if song.absolute() not in near:
        near.append(song.absolute())
    every = find_stems(root, near)
    owned = dict(every.stems.get(song.absolute(), {}))
    folders = {path.parent for path in owned.values() if path.parent != root}
    if every.songs == [song.absolute()]:  # else whose they are is not clear
        for path in every.passed_over:  # stems whose names are none of ACE-Step's keep their own
            if path.parent in folders:
                owned.setdefault(path.stem, path)
    return tuple(FoundStem(name, files.read(path), path.name, str(path)) for name, path in owned.items())


def _sounds_near(root: Path) -> list[Path]:
    """Sound files in `root` and in folders of stems in it."""
    from ..audio.formats import SUFFIXES
    from ..dataset.sidecar_tables import normal_name
    from ..dataset.stem_files import FOLDERS

    inner = [one for one in root.iterdir() if one.is_dir() and FOLDERS.fullmatch(normal_name(one.name))]
    deeper = [path for folder in inner for path in sorted(folder.rglob("*"))]
    found = [path for path in (*sorted(root.iterdir()), *deeper) if path.suffix.lower() in SUFFIXES and path.is_file()]
    return found[:_MOST_FILES]
