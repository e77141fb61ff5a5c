"""What a stage works on: a take of the library or a sound file, found, checked and hashed before anything is rendered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..audio import files, levels
from ..audio.tags import tags
from ..errors import AudioRejected, BadInput, NotFound
from ..library import Library, Take
from ..library.blobs import name_of
from ..model.sampling.request import InputSound, Samples
from ..music import UNKNOWN
from ..timebase import MAX_SECONDS, MIN_SECONDS, samples_of, seconds_of
from .stages import Prompt, SourceRef

SILENT_DB = -60.0
"""A source whose loudest sample is below this holds nothing to work on."""


class Source(Protocol):
    """What can be known of a sound to work on before it is there."""

    @property
    def name(self) -> str:
        """How a stage names it."""
        ...

    @property
    def seconds(self) -> float:
        """Length."""
        ...

    @property
    def prompt(self) -> Prompt | None:
        """What sounds in it, where that is known."""
        ...


@dataclass(frozen=True, slots=True)
class EditSource:
    """A sound to work on, and where it comes from."""

    name: str
    """Full id of the take, or absolute path of the file."""
    hash: str
    """Name the content has as a blob."""
    decoded: Samples | None
    """Its sound; None for a take of latents that nobody has decoded."""
    take: Take | None = None
    latents: Path | None = None
    """The take's latents, which fit its own variant and revision only."""

    @property
    def audio(self) -> Samples:
        """Its sound. Raises `BadInput` for a take of latents that nobody has decoded."""
        if self.decoded is None:
            raise BadInput(f"take {self.name} is latents alone", remedy=f"decode it first: twin takes export {self.name}")
        return self.decoded

    @property
    def seconds(self) -> float:
        """Length."""
        return self.take.seconds if self.decoded is None and self.take else seconds_of(self.audio.shape[1])

    @property
    def prompt(self) -> Prompt | None:
        """What was asked for, where it is a take."""
        if self.take is None:
            return None
        metas = self.take.metas
        language = metas.language or UNKNOWN
        return Prompt(
            caption=self.take.caption, lyrics=self.take.lyrics, bpm=metas.bpm, key=metas.key, meter=metas.meter, language=language
        )

    def fits(self, variant: str, revision: str) -> bool:
        """Whether it has latents of exactly these weights."""
        return (
            self.latents is not None and self.take is not None and (self.take.variant, self.take.revision) == (variant, revision)
        )

    def sound(self, variant: str, revision: str) -> InputSound:
        """For the instrument: with the latents where it made them itself, which saves the way through the codec."""
        if self.latents and self.fits(variant, revision):
            try:
                return InputSound(self.decoded, load_file(self.latents)["latents"], samples_of(self.seconds))
            except (SafetensorError, KeyError):
                remedy = f"check it with `twin takes verify {self.name}`"
                raise BadInput(f"the latents of take {self.name} are damaged", remedy=remedy) from None
        return InputSound(self.audio)


Sources = tuple[EditSource, ...]
Expected = Sequence[Source]
"""The sources as far as they are known before they are there."""
Sounds = tuple[InputSound, ...]
"""The sources as the instrument takes them, in their order."""


def longest(sources: Expected) -> float:
    """Seconds of the longest source."""
    return max(source.seconds for source in sources)


def find_source(wanted: SourceRef, library: Library | None) -> EditSource:
    """Find and check the source that a stage names. Without a library there are no takes.

    Raises `NotFound` when there is neither such a file nor such a take, `AudioRejected` for a file that is no sound, `BadInput`
    for a silent, too short or too long one, and for a changed one.
    """
    source = _take(wanted.name, library) if _is_take(wanted.name) else _file(Path(wanted.name), library)
    if wanted.hash is not None and wanted.hash != source.hash:
        raise BadInput(f"{source.name} is not the sound it was: its content has changed", remedy="leave source_hash out")
    if source.decoded is not None:
        check_audible(source.decoded, source.name)
    if not MIN_SECONDS <= source.seconds <= MAX_SECONDS:
        message = f"{source.name} lasts {source.seconds:.2f} s, which is outside {MIN_SECONDS:g} to {MAX_SECONDS:g} s"
        raise BadInput(message, remedy="trim it, or give a longer one")
    return source


def source_of(take: Take, library: Library) -> EditSource:
    """The take as a source, with its latents where it has some; one of latents alone has no sound, decoded before or not."""
    latents = library.takes.content(take, "latents") if "latents" in take.blobs else None
    audio = None if take.audio is None else files.read(library.takes.content(take))
    return EditSource(take.id, take.audio or str(take.latents), audio, take, latents)


def check_audible(audio: Samples, name: str) -> None:
    """Raise `AudioRejected` when there is nothing to hear in the sound called `name`."""
    if levels.sample_peak_db(audio) < SILENT_DB:
        raise AudioRejected("silent", f"{name} is silent", remedy="give a file with sound in it")


def inherit_prompt(own: Prompt, sources: Sequence[Source]) -> Prompt:
    """The prompt `own` of a stage, with what it leaves open taken over from the first source that has one."""
    given = next((source.prompt for source in sources if source.prompt is not None), None)
    if given is None:
        return own
    return Prompt(
        caption=own.caption or given.caption,
        lyrics=own.lyrics or given.lyrics,
        bpm=own.bpm or given.bpm,
        key=own.key or given.key,
        meter=own.meter or given.meter,
        language=own.language if own.language != UNKNOWN else given.language,
        global_caption=own.global_caption,
    )


def _is_take(name: str) -> bool:
    """A name of id letters alone is a take, unless such a file lies here."""
    return re.fullmatch(r"[a-zA-Z2-7]{1,12}", name) is not None and not Path(name).is_file()


def _take(name: str, library: Library | None) -> EditSource:
    try:
        if library is None:
            raise NotFound(name)
        take = library.takes.get(name)
    except NotFound:
        raise NotFound(f"{name!r} is neither a take nor a file", remedy="see `twin takes list`, or give a path") from None
    return source_of(take, library)


def _file(path: Path, library: Library | None) -> EditSource:
    """A sound file; where it is the copy of a take, that take."""
    audio = files.read(path)
    take = None if library is None else find_copied(path, audio, library)
    if library is None or take is None:
        return EditSource(str(path.absolute()), name_of(path), audio)
    return source_of(take, library)


def find_copied(path: Path, audio: Samples, library: Library) -> Take | None:
    """The take that the sound file at `path`, decoded to `audio`, is a copy of; None for any other file."""
    return library.takes.find_by_audio(name_of(path)) or _find_tagged(path, audio, library)


def _find_tagged(path: Path, audio: Samples, library: Library) -> Take | None:
    """The take that a file's tags name, where the file still has that take's sound, sample for sample."""
    with suppress(BadInput, NotFound):
        told = tags.read(path).provenance or {}
        take = library.takes.get(str(told.get("take", "")))
        if take.audio is None:  # its copies are what it decodes to
            return take if (known := library.takes.find_decoded(take)) and np.array_equal(files.read(known), audio) else None
        return take if np.array_equal(files.read(library.takes.content(take)), audio) else None
    return None
