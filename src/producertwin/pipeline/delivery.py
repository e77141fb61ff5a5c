"""Where results go besides the library: checked before anything is rendered, written whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..audio import files
from ..audio.tags import tags
from ..disk import write_whole
from ..errors import BadInput, DiskFull
from ..library import Library, Take
from ..library.file_names import short_name
from ..library.lrc import as_lrc
from ..library.takes import Takes
from ..timebase import CHANNELS, LATENT_RATE, SAMPLE_RATE
from .embedded import record_of

LONGEST_TITLE = 80
"""Characters of a caption that become a title."""
SPARE = 64_000_000
"""Bytes that stay free."""
BYTES_PER_SECOND = 2 * 4 * CHANNELS * SAMPLE_RATE + 4 * 64 * LATENT_RATE
"""The most one second of a take needs: its blob and its copy as 32-bit samples, and its latents."""


ID = "{id}"
"""Stands for a take's id in the name of a file: it is known when the take is."""
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,7}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the user gets: sound files at `out`, each with a picture beside it if wanted and its lyrics in time if it has some.

    Several takes are numbered. A folder that is there gets every take under its id, or under the name of `fallback`.
    """

    out: Path | None = None
    picture: bool = False
    fallback: str = ID
    metadata: bool = True
    """Whether copies say what they are: title, and the record that makes them again."""

    @property
    def target(self) -> Path | None:
        """The file that `out` means. A link means the file it leads to, and a last part that is no suffix (`Mix v1.2`) a name."""
        if self.out is None:
            return None
        out = self.out.resolve() if self.out.is_symlink() else self.out
        if out.is_dir():
            return out / f"{self.fallback}.flac"
        name = out.name.replace(ID, self.fallback)
        return out.with_name(name if _SUFFIX.fullmatch(out.suffix) else f"{name}.flac")

    def paths(self, count: int) -> list[Path]:
        """One path per take: `OUT`, or `OUT-1` to `OUT-n` before its suffix; FLAC when it has none.

        Where the take's id is to be in the name there is one path for all, in which `{id}` stands for it.
        """
        out = self.target
        if out is None:
            return []
        if count == 1 or ID in out.name:
            return [out]
        return [out.with_name(f"{out.stem}-{i}{out.suffix}") for i in range(1, count + 1)]

    def files(self, count: int, *, sung: bool = False) -> tuple[Path, ...]:
        """The copies of `count` takes, their pictures and, if `sung`, their lyrics, as far as names are known before."""
        copies = [path for path in self.paths(count) if ID not in path.name]
        suffixes = [(path, path.suffix) for path in copies] + [(path, ".png") for path in copies if self.picture]
        return tuple(path.with_suffix(suffix) for path, suffix in [*suffixes, *((path, ".lrc") for path in copies if sung)])

    def check(self, count: int, *, sources: Sequence[Path] = ()) -> None:
        """Raise `BadInput` unless `count` takes can be written; an empty file is made and removed to know.

        `sources` are what is worked on; those that are files are never overwritten.
        """
        for path in self.paths(count):
            files.format_of(path)
            if path.is_dir():
                raise BadInput(f"{path} is a folder", remedy="give the name of a file, such as song.flac")
            if path.exists() and any(source.is_file() and path.samefile(source) for source in sources):
                raise BadInput(f"{path} is the source itself", remedy="give another name; sources are never overwritten")
        if (target := self.target) is not None:
            _check_writable(nearest(target.parent))

    def deliver(self, take: Take, place: int, count: int, library: Library) -> Path | None:
        """Copy `take`, the `place`th of `count`, to its path; returns it. The same take gives the same bytes."""
        paths = self.paths(count)
        if not paths:
            return None
        path = paths[place if len(paths) > 1 else 0]
        path = path.with_name(path.name.replace(ID, take.id))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_copy(library.takes.content(take), path, copy_tags(take, library.takes, metadata=self.metadata))
        if self.picture:
            write_whole(path.with_suffix(".png"), library.takes.content(take, "picture").read_bytes())
        if take.lines:
            write_whole(path.with_suffix(".lrc"), as_lrc(take.lines))
        return path


def write_copy(blob: Path, path: Path, found: tags.Tags) -> None:
    """Write the sound of a take, the FLAC at `blob`, to `path` in the format of its suffix, with the tags `found` inside."""
    if path.suffix.lower() != ".flac":
        files.write(path, files.read(blob))
    write_whole(path, tags.embed((blob if path.suffix.lower() == ".flac" else path).read_bytes(), found))


def copy_tags(take: Take, takes: Takes, *, metadata: bool = True) -> tags.Tags:
    """What a copy of `take` says of itself: the same for equal takes, and no path of this machine; nothing without `metadata`."""
    if not metadata:
        return tags.Tags()
    with_twins = ", ".join(short_name(adapter.name) for adapter in take.adapters)
    facts = (f"seed {take.seed}", take.variant, f"{take.metas.bpm:g} bpm" if take.metas.bpm else "", take.metas.key or "")
    return tags.Tags(
        title=textwrap.shorten(take.caption, LONGEST_TITLE, placeholder="…"),
        artist=with_twins or "Producer Twin",
        comment=", ".join(filter(None, facts)) + f", take {take.id}",
        provenance=record_of(take, takes),
    )


def nearest(folder: Path) -> Path:
    """`folder`, or the nearest one above it that exists."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _check_writable(folder: Path) -> None:
    remedy = "choose a folder that you may write to"
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".twin-"):
            pass
    except NotADirectoryError:
        raise BadInput(f"{folder} is not a folder", remedy=remedy) from None
    except OSError as error:
        raise BadInput(f"cannot write to {folder}: {error.strerror}", remedy=remedy) from None


def check_room(folders: list[Path], seconds: float) -> None:
    """Raise `DiskFull` unless each of `folders` has room for `seconds` of takes, `BadInput` unless it can be written."""
    need = int(seconds * BYTES_PER_SECOND) + SPARE
    for folder in {nearest(folder) for folder in folders}:
        free = shutil.disk_usage(folder).free
        if free < need:
            message = f"{folder} has {free / 1e6:.0f} MB free, and the takes may need {need / 1e6:.0f} MB"
            raise DiskFull(message, remedy="free some space, or ask for fewer or shorter takes")
        _check_writable(folder)
