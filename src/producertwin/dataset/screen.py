"""`twin tracks screen`: every track decoded, judged and prepared; what was done before is not done again.

Tracks are decoded in child processes with limits (`audio.sandbox`), several at a time. A track's note `screen` holds the
verdict, the names of its prepared clips (FLAC, 24 bits) and of its fingerprint, and its waveform preview, under a key of its
sound and the profile: with the same key the note stands, as long as what it names is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import Field

from .. import workers
from ..audio import files
from ..audio.fingerprints import fingerprint
from ..audio.sandbox import REMEDIES
from ..errors import AudioRejected, TwinError
from ..library import Library, Track
from ..library.blobs import Blobs
from ..progress import Clock, Steps, warning
from ..recipe import Record
from ..recipe import fingerprint as key_of
from .screening import LOFI, NamedProfile, Profile, Reason, ScreeningResult, screen
from .waveform_preview import WaveformPreview, waveform_preview

NOTE: Final = "screen"
VERSION: Final = 3
"""Raised when the same sound would be judged or prepared otherwise, or more of it be noted."""


class ScreenPlan(Record):
    """How tracks are screened."""

    profile: NamedProfile = LOFI
    """What is asked of a recording: `lofi`, `twin-beat`, or a TOML file."""
    workers: int = Field(2, ge=1, le=64)
    """Processes."""
    fail_fast: bool = False
    """Stop at the first track that cannot be decoded."""


class ScreenNote(Record):
    """What screening found and prepared of one track."""

    key: str
    """What it was made from."""
    verdict: ScreeningResult
    clips: tuple[str, ...] = ()
    """Blobs of the prepared sound, FLAC."""
    fingerprint: str | None = None
    """Blob of the acoustic fingerprint, uint32 little-endian; None where nothing could be decoded."""
    outline: WaveformPreview | None = None
    """What is drawn of the prepared sound, all clips in a row; None where nothing was prepared."""

    oddities: tuple[str, ...] = ()
    """What is odd about the file: a header that states another length, a missing end."""

    @property
    def blobs(self) -> tuple[str, ...]:
        """Every blob it names."""
        return self.clips if self.fingerprint is None else (*self.clips, self.fingerprint)


@dataclass(frozen=True, slots=True)
class ScreenTask:
    """One track to screen, in a form that crosses processes."""

    track: str
    path: Path
    profile: Profile
    key: str
    """What the note is made from."""
    blobs: Path
    """Folder of the blobs, where what is prepared is stored."""


def key(track: Track, profile: Profile) -> str:
    """What the note of `track` depends on."""
    return key_of([VERSION, track.audio, profile.model_dump(mode="json")])


def prepare_track(job: ScreenTask) -> ScreenNote:
    """Decode, judge, encode and store one track. A file that cannot be decoded is a verdict, not an error."""
    try:
        decoded = files.decode(job.path)
    except AudioRejected as error:
        detail = error.without_path(job.path).message  # the blob's path says nothing, and is another in every studio
        return ScreenNote(key=job.key, verdict=ScreeningResult(accepted=False, reason=Reason(error.reason), detail=detail))
    sound, blobs = decoded.samples, Blobs(job.blobs)
    found = screen(sound, job.profile, decoded.clipping)
    gain = found.verdict.gain or 0.0
    heard = fingerprint(sound).astype("<u4").tobytes()
    return ScreenNote(
        key=job.key,
        verdict=found.verdict,
        clips=tuple(blobs.put(files.encode(clip, "flac", subtype="PCM_24", gain_db=gain)) for clip in found.clips),
        fingerprint=blobs.put(heard) if heard else None,
        outline=waveform_preview(found.clips, gain) if found.clips else None,
        oddities=decoded.info.notes,
    )


def screen_tracks(tracks: Sequence[Track], plan: ScreenPlan, library: Library) -> Steps[dict[str, ScreenNote]]:
    """The notes of `tracks`, by track, made where they are missing.

    Each is kept as soon as it is there. Raises what ends a whole run (a full disk), and the first undecodable track with
    `fail_fast`.
    """
    known = library.tracks.notes_of_kind(NOTE, ScreenNote)
    wanted = {track.id: key(track, plan.profile) for track in tracks}
    found = {name: known[name] for name, made in wanted.items() if name in known and _is_current(known[name], made, library)}
    todo = [track for track in tracks if track.id not in found]
    jobs = [
        ScreenTask(track.id, library.tracks.content(track), plan.profile, wanted[track.id], library.blobs.folder)
        for track in todo
    ]
    titles = {track.id: track.title for track in todo}
    clock = Clock("screen", len(tracks))
    yield clock.at(len(found))
    with workers.pool(plan.workers) as pool:
        for job, note in pool.as_completed(prepare_track, jobs):
            library.tracks.note(job.track, NOTE, note.model_dump(mode="json"))
            if plan.fail_fast and note.verdict.is_undecodable:
                raise rejection(note.verdict)
            found[job.track] = note
            yield clock.at(len(found), titles[job.track])
    for track in tracks:
        if found[track.id].oddities:
            yield warning(f"{track.title}: {'; '.join(found[track.id].oddities)}")
    return {track.id: found[track.id] for track in tracks}


def rejection(verdict: ScreeningResult) -> AudioRejected:
    """The error of a track that could not be decoded."""
    reason = verdict.reason.value if verdict.reason else "unreadable"
    return AudioRejected(reason, verdict.detail, remedy=REMEDIES.get(reason, ""))


def explain_undecoded(tracks: Iterable[Track], verdicts: Mapping[str, ScreeningResult]) -> dict[str, TwinError]:
    """Why tracks could not be decoded, by their names; `verdicts` are by track id."""
    return {track.name: rejection(verdicts[track.id]) for track in tracks if verdicts[track.id].is_undecodable}


def fingerprint_of(note: ScreenNote, library: Library) -> np.ndarray:
    """The fingerprint that a note names, uint32; empty where there is none."""
    if note.fingerprint is None:
        return np.zeros(0, np.uint32)
    return np.frombuffer(library.blobs.get(note.fingerprint).read_bytes(), "<u4")


def _is_current(note: ScreenNote, made_from: str, library: Library) -> bool:
    """Whether a note was made from the same, and what it names is there."""
    return note.key == made_from and all(library.blobs.path(name).is_file() for name in note.blobs)
