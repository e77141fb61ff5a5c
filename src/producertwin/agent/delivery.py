"""What stands in the folder of an album: tracks with what they say of themselves, what was tried, a page, papers and checksums.

FOLDER/NN TITLE.flac      the finished tracks
FOLDER/tried/NN-A.mp3     candidates that were not taken
FOLDER/sheets/NN.toml     the song sheets; one that a person edited stays as it is
FOLDER/index.html         what was made, why this one, what was tried
FOLDER/plan.json          the plan, to be read, edited and given back
FOLDER/decisions.jsonl    every decision with evidence, alternatives and cost
FOLDER/README.md          tracks, disclosure and licences in words
FOLDER/SHA256SUMS         the checksum of every file that does not change when the same album is made again
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..disk import write_whole
from ..progress import Steps, warning
from ..recipe import fingerprint
from .candidates import Candidate
from .session import Session
from .sheet_files import name_sheet, write_sheet_file

if TYPE_CHECKING:
    from ..library import Take
    from .album import AlbumPlan
    from .decisions import Decision

TRIED: Final = "tried"
KBPS: Final = 128
"""Of what was tried."""
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Delivered:
    """A finished track."""

    place: int
    """Its number, from 1."""
    path: Path
    take: Take
    chosen: Candidate
    ranked: tuple[Candidate, ...]
    """All candidates, the best by the rules first."""
    disclosure: str
    licence: str


def find_delivery(rows: Sequence[Decision], place: int) -> Decision | None:
    """The row that tells of the file of track `place` as it is now; None where it was never finished."""
    return next((row for row in reversed(rows) if row.kind == "deliver" and row.track == place), None)


def delivery_key(album: AlbumPlan, place: int) -> str:
    """Fingerprint of what the plan says of the file of track `place` and of its tags.

    What a plan leaves as it is when absent is not in it.
    """
    track = album.tracks[place - 1].model_dump(mode="json", exclude_defaults=True, exclude={"seconds", "asks", "wishes"})
    tags = {"album": album.title, "artist": album.artist, "licence": album.licence, "tracks": len(album.tracks)}
    return fingerprint(
        {"what": "deliver", "place": place, "track": track, "desk": album.desk, "loudness": album.loudness, **tags}
    )


def name_file(place: int, title: str) -> str:
    """The name of a track's file without its suffix: its number, and the letters and digits of its title."""
    words = re.findall(r"[^\W_]+", title)
    return f"{place:02d} {' '.join(words)[:_LONGEST].strip()}".strip()


def deliver(session: Session, place: int, ranked: Sequence[Candidate], chosen: Candidate, take: Take) -> Steps[Delivered]:
    """Write the files of a track; the same take gives the same bytes. Files of the track under another title go."""
    from ..verbs.release_song import SongReleasePlan, plan_song_release
    from ..verbs.sounds import find_sound

    album, track = session.album, session.track(place)
    asked = SongReleasePlan(take=take.id, title=track.title, artist=album.artist, licence=album.licence)
    dossier = plan_song_release(asked, session.studio)
    name = name_file(place, track.title)
    path = session.folder / f"{name}.flac"
    for old in session.folder.glob(f"{place:02d} *.flac"):
        if old != path:
            old.unlink()
    _write_track(session, place, (yield from find_sound(take, session.studio)), path, take, dossier.disclosure)
    if not write_sheet_file(session.folder, place, track.sheet):
        yield warning(f"{name_sheet(place)} was edited and is left as it is; revise takes it into the album: take my sheets")
    yield from _write_others(session, place, ranked, chosen)
    key, last = delivery_key(album, place), find_delivery(session.ledger.rows, place)
    if last is None or (last.key, last.takes) != (key, (take.id,)) or path.name not in last.decision:
        facts = {"takes": (take.id,), "evidence": (dossier.disclosure,)}
        session.decide("deliver", f"{path.name} is finished", track=place, key=key, **facts)
    return Delivered(place, path, take, chosen, tuple(ranked), dossier.disclosure, dossier.licence)


def _write_track(session: Session, place: int, blob: Path, path: Path, take: Take, disclosure: str) -> None:
    from ..audio.tags.tags import Tags
    from ..pipeline.delivery import write_copy
    from ..pipeline.embedded import record_of

    album, track = session.album, session.track(place)
    number = f"{place}/{len(album.tracks)}"
    tags = Tags(
        title=track.title, artist=album.artist, album=album.title, tracknumber=number, comment=disclosure,
        provenance=record_of(take, session.studio.library.takes),
    )  # fmt: skip
    write_copy(blob, path, tags)


def _write_others(session: Session, place: int, ranked: Sequence[Candidate], chosen: Candidate) -> Steps[None]:
    """MP3s of the candidates that were not taken; those that are there stay."""
    from ..audio import files
    from ..verbs.sounds import find_sound

    for one in ranked:
        path = tried_path(session.folder, place, one)
        if one.letter != chosen.letter and not path.is_file():
            sound = files.read((yield from find_sound(one.take, session.studio)))
            write_whole(path, files.encode(sound, "mp3", kbps=KBPS))
    keep = {tried_path(session.folder, place, one) for one in ranked if one.letter != chosen.letter}
    for old in (session.folder / TRIED).glob(f"{place:02d}-*.mp3"):
        if old not in keep:
            old.unlink()


def tried_path(folder: Path, place: int, one: Candidate) -> Path:
    """Where a candidate lies that was not taken. Another take has another name."""
    return folder / TRIED / f"{place:02d}-{one.letter}-{one.take.id}.mp3"
