"""`twin release song`: a take with everything that vouches for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, model_validator

from .. import __version__
from ..errors import BadInput, Diverged, NotFound, Unavailable
from ..progress import Steps, warning
from ..recipe import Record
from .release_facts import find_manifest, list_tracks
from .replay import replay
from .sounds import find_sound

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take
    from ..library.provenance import AdapterUse
    from ..release.bundle.lineage import Lineage, PlayedTwin
    from ..release.bundle.lineage import SongDossier as SongDossier
    from .studio import Studio

__all__ = ["SongReleasePlan", "SongReleased", "plan_song_release", "release_song"]

LONGEST_NAME: Final = 60
"""Characters of a title that become the name of its file."""


class SongReleasePlan(Record):
    """Which take is released, as what."""

    take: str = Field(min_length=1)
    """The take, its id or the start of it."""
    title: str | None = Field(None, min_length=1, max_length=200)
    """What the song is called; the take's own title or caption when absent."""
    artist: str = Field(min_length=1, max_length=200)
    """Whose song it is."""
    licence: str = Field(min_length=1)
    """Licence of the song: an SPDX name such as CC-BY-4.0, or LicenseRef-NAME."""
    format: Literal["flac", "wav", "mp3"] = "flac"
    """Format of its sound."""
    certificate: Path | None = None
    """PEM file of the certificate chain that the C2PA manifest is signed with, your own certificate first."""
    key: Path | None = None
    """PEM file of its private key."""
    replay: bool = True
    """Whether the take is made again from its record, and the result is written down."""

    @model_validator(mode="after")
    def _has_both(self) -> SongReleasePlan:
        if (self.certificate is None) != (self.key is None):
            raise BadInput("a manifest is signed with a certificate and its key", remedy="give both, or neither")
        return self


@dataclass(frozen=True, slots=True)
class SongReleased:
    """A song that was released."""

    folder: Path
    dossier: SongDossier


def plan_song_release(plan: SongReleasePlan, studio: Studio) -> SongDossier:
    """What `release_song` would say, but for what only making it tells. Raises as it does; nothing is loaded."""
    from ..dataset.licences import licence
    from ..release.bundle.lineage import Lineage, SongDossier, describe_takes, list_sounds, trace_takes
    from ..release.bundle.signing import read_credentials

    if plan.certificate is not None and plan.key is not None:
        read_credentials(plan.certificate, plan.key)
    library = studio.library
    take = library.takes.get(plan.take)
    takes = trace_takes(take, library)
    uses = {use.revision: use for one in takes for use in one.adapters}
    twins = tuple(_describe_twin(use, studio) for use in uses.values())
    lineage = Lineage(takes=describe_takes(takes), sounds=tuple(list_sounds(takes, library)), twins=twins)
    said = library.takes.labels([take.id]).get(take.id)
    title = plan.title or (said.title if said else "") or take.caption.strip() or take.id
    return SongDossier(
        version=__version__,
        created=datetime.now(UTC).replace(microsecond=0),
        title=title,
        artist=plan.artist,
        licence=licence(plan.licence),
        file=f"{_name_file(title, take.id)}.{plan.format}",
        seconds=take.seconds,
        loudness=take.meters.get("loudness_lufs"),
        true_peak=take.meters.get("true_peak_db"),
        disclosure=lineage.statement,
        source_type=lineage.source_type,
        lineage=lineage,
        signed=plan.key is not None,
    )


def release_song(plan: SongReleasePlan, out: Path, studio: Studio) -> Steps[SongReleased]:
    """Write the take of `plan` with its disclosure, lineage, licences and checks; the folder `out` is whole or absent.

    Raises `NotFound` for an unknown take or one whose sources are gone, `BadInput` for a licence, a certificate or a key that
    cannot be used, `Unavailable` for signing without its package, `DiskFull`.
    """
    from ..audio import files
    from ..disk import check_new, whole_folder, write_json
    from ..release.bundle import song as bundle
    from ..release.bundle.hashing import hash_samples
    from ..release.bundle.signing import sign

    check_new(out)
    found = plan_song_release(plan, studio)
    take = studio.library.takes.get(plan.take)
    sound = files.read((yield from find_sound(take, studio)))
    yield from map(warning, _tell_gaps(found.lineage))
    twins = yield from _search_copies(found.lineage.twins, take, sound, studio)
    replayed = (yield from _replay(take, studio)) if plan.replay else "it was not made again"
    lineage = found.lineage.model_copy(update={"twins": twins})
    found = found.model_copy(update={"lineage": lineage, "replayed": replayed})
    for twin in twins:
        if twin.copies is not None and twin.copies.found is not None and twin.copies.found.flagged_takes:
            yield warning(twin.copies_in_words)
    with whole_folder(out) as draft:
        bundle.write_sound(take, draft / found.file, found, studio.library)
        written = hash_samples(files.read(draft / found.file))
        found = found.model_copy(update={"samples": written})  # those of an MP3 are others than the take's
        manifest = bundle.write_manifest(found)
        if plan.certificate is not None and plan.key is not None:
            sign(draft / found.file, manifest, plan.certificate, plan.key)
            _check_samples(draft / found.file, written)
        write_json(draft / bundle.MANIFEST, manifest)
        bundle.write_papers(found, draft)
    return SongReleased(out, found)


def _name_file(title: str, take: str) -> str:
    """A name for the file of a song: letters, digits and hyphens of its title."""
    words = re.findall(r"[^\W_]+", title)
    return "-".join(words)[:LONGEST_NAME].strip("-") or take


def _describe_twin(use: AdapterUse, studio: Studio) -> PlayedTwin:
    """A twin that plays on the song, as far as the studio knows it. The one that is there now may be another than played."""
    from ..library import adapters
    from ..library.file_names import short_name
    from ..release.bundle.dossier import Learned
    from ..release.bundle.lineage import PlayedTwin

    name = short_name(use.name)
    try:
        adapter = studio.read_adapter(adapters.find(use.name, studio.settings.studio))
    except (NotFound, BadInput):
        return PlayedTwin(name=name, revision=use.revision)
    card = adapter.card
    if adapter.revision != use.revision or card is None:
        return PlayedTwin(name=name, revision=use.revision)
    manifest = find_manifest(card.dataset, studio)
    tracks = tuple(list_tracks(manifest, studio)) if manifest else ()
    learned = Learned(dataset=card.dataset, tracks=tracks) if tracks else None
    return PlayedTwin(name=name, revision=use.revision, producer=card.producer, licence=card.licence, learned=learned)


def _tell_gaps(lineage: Lineage) -> Iterator[str]:
    """What a reader of the release will miss, and what the artist has to answer for."""
    for sound in lineage.sounds:
        if sound.licence is None:
            yield f"{sound.name} came from outside, and no licence of it is stated"
    for twin in lineage.twins:
        if twin.learned is None:
            yield f"what the twin {twin.producer or twin.name} learned from is not known here"


def _search_copies(twins: tuple[PlayedTwin, ...], take: Take, sound: Samples, studio: Studio) -> Steps[tuple[PlayedTwin, ...]]:
    """Each of `twins` with what the song, (2, n) `sound`, repeats of its training songs, as the variant's codec gives them back.

    Where variant or songs are gone nothing is looked for, and that is said. Features of songs are kept in the studio.
    """
    from ..metrics.memorisation import passage_features
    from ..proof.copies import search_copies
    from ..proof.sources import corpus_of
    from ..release.bundle.lineage import trace_takes

    if not twins:
        return ()
    played = {use.revision: one.variant for one in trace_takes(take, studio.library) for use in one.adapters}
    home, takes = studio.settings.studio / "imprints", {take.id: passage_features(sound)}
    found = []
    for twin in twins:
        manifest = find_manifest(twin.learned.dataset, studio) if twin.learned else None
        if manifest is not None:
            try:
                corpus = corpus_of(manifest, studio.library, 1.0)
                instrument = yield from studio.load_instrument(played[twin.revision])
                copies = yield from search_copies(takes, (corpus.train, corpus.holdout), instrument, home)
                twin = twin.model_copy(update={"copies": copies})
            except (NotFound, Unavailable) as error:
                told = f"nobody looked whether the song repeats what the twin of {twin.producer} learned from"
                yield warning(f"{told}: {error.message}")
        found.append(twin)
    return tuple(found)


def _replay(take: Take, studio: Studio) -> Steps[str]:
    """Whether the take comes out the same from its record, in words."""
    try:
        made = yield from replay(take.id, studio)
    except (BadInput, Diverged, NotFound, Unavailable) as error:
        return f"it could not be made again: {error.message}"
    if made.same_bytes:
        return "the same bytes"
    level = "" if made.difference_db is None else f" ({made.difference_db:.0f} dB against it)"
    return f"other bytes{level}: {'; '.join(made.differences)}"


def _check_samples(place: Path, expected: str) -> None:
    """Raise `Unavailable` where signing has changed the sound."""
    from ..audio import files
    from ..release.bundle.hashing import hash_samples

    if hash_samples(files.read(place)) != expected:
        raise Unavailable(f"{place.name} has other samples than its take", remedy="release it as flac, and report this")
