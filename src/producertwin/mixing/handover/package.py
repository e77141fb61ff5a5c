"""The files of a hand-over: stems, mix, projects, tempo and notes as MIDI, and what is known of how it all was made.

    stems/Song_Drums_Am_96bpm.wav …   24-bit, 48 kHz, one length, from bar 1
    mix.wav                           what they are, or were, together
    Song.dawproject  Song.rpp         projects with all of it at faders of 0 dB
    tempo.mid  parts.mid              tempo, meter and sections; the notes of the guide
    recipe.json  LICENSES.txt  SHA256SUMS

Nothing in it names a person or a path of this machine. The same session gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ... import __version__
from ...audio import levels
from ...disk import write_whole
from ...errors import DiskFull
from ...library.sums import NAME as SUMS
from ...library.sums import write_sums
from ...progress import Clock, Steps
from ...timebase import SAMPLE_RATE
from . import midi_files, reaper_project
from .dawproject import write_dawproject
from .naming import plain, stem_names
from .session import Grid, Session, residual_db
from .wav import WavFacts, stem_facts, wav_bytes

STEMS: Final = "stems"
MIX: Final = "mix.wav"
RECIPE: Final = "recipe.json"
LICENCES: Final = "LICENSES.txt"
SCHEMA: Final = "producertwin.stems/1"
_FRAME: Final = 6
"""Bytes of a sample of both sides."""
_SPARE: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class Papers:
    """What goes with the sounds."""

    recipe: Mapping[str, Any]
    """How the take was made, as JSON without paths; empty for a file."""
    licences: str
    """Whose the parts are, in words."""


@dataclass(frozen=True, slots=True)
class Package:
    """A hand-over that was written."""

    files: tuple[str, ...]
    """Names inside it, in the order of SHA256SUMS, and that last."""
    residual_db: float | None
    """What the sum of the stems leaves of the mix, in dB of the mix; None where nothing is left, or no mix."""


def names(session: Session) -> tuple[str, ...]:
    """The files that `write_package` would write, in its order."""
    song = plain(session.title, "Song")
    stems = stem_names(session.title, (stem.name for stem in session.stems), session.grid, session.key)
    found = [*(f"{STEMS}/{name}" for name in stems), MIX, f"{song}.dawproject", f"{song}.rpp"]
    found += ["tempo.mid"] if session.grid is not None else []
    found += ["parts.mid"] if session.grid is not None and session.parts else []
    return (*found, RECIPE, LICENCES, SUMS)


def needed_bytes(session: Session, *, zipped: bool) -> int:
    """The most that a hand-over needs on the disk while it is written: every sound twice, and once more in an archive."""
    sounds = (len(session.stems) + 1) * session.samples * _FRAME
    return (4 if zipped else 2) * sounds + _SPARE


def check_room(free: int, session: Session, *, zipped: bool) -> None:
    """Raise `DiskFull` where `free` bytes are too few."""
    need = needed_bytes(session, zipped=zipped)
    if free < need:
        message = f"the hand-over needs {need / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free"
        raise DiskFull(message, remedy="free some space, or hand over fewer stems")


def write_package(folder: Path, session: Session, papers: Papers) -> Steps[Package]:
    """Write the files of `session` into the empty `folder`; its sounds are of one length (`session.fit`).

    Raises `Resources` when the disk is full, `BadInput` for a sound beyond 4 GiB.
    """
    every = names(session)
    sounds = every[: len(session.stems) + 1]
    clock = Clock("files", len(every))
    for place, name in enumerate(sounds):
        yield clock.at(place, PurePosixPath(name).name)
        stem = place < len(session.stems)
        sound = session.stems[place].sound if stem else session.mix
        facts = stem_facts(session, place) if stem else WavFacts(session, "Mix")
        write_whole(folder / name, wav_bytes(sound, facts))
    yield clock.at(len(sounds), "projects")
    song = plain(session.title, "Song")
    write_dawproject(folder / f"{song}.dawproject", session, {PurePosixPath(name).name: folder / name for name in sounds})
    write_whole(folder / f"{song}.rpp", reaper_project.rpp(session, tuple(map(PurePosixPath, sounds))))
    if session.grid is not None:
        _write_midi(folder, session, session.grid)
    residual = residual_db(session.stems, session.mix)
    write_whole(folder / RECIPE, _as_json(_recipe(session, papers, sounds, residual)))
    write_whole(folder / LICENCES, papers.licences.encode("utf-8", "replace"))
    write_sums(folder, every[:-1])
    yield clock.at(len(every))
    return Package(every, residual)


def _write_midi(folder: Path, session: Session, grid: Grid) -> None:
    write_whole(folder / "tempo.mid", midi_files.tempo_file(session, grid))
    if session.parts:
        write_whole(folder / "parts.mid", midi_files.parts_file(session, grid))


def _recipe(session: Session, papers: Papers, sounds: tuple[str, ...], residual: float | None) -> dict[str, Any]:
    grid = session.grid
    stems = [
        {"file": name, "stem": stem.name, "from": stem.origin, "peak_db": _finite(levels.sample_peak_db(stem.sound))}
        for name, stem in zip(sounds, session.stems, strict=False)
    ]
    return {
        "schema": SCHEMA,
        "program": f"Producer Twin {__version__}",
        "title": session.title,
        "take": session.take or None,
        "made": f"{session.made:%Y-%m-%dT%H:%M:%SZ}",
        "tempo": None if grid is None else {"quarters_per_minute": grid.tempo, "beats_per_minute": grid.bpm},
        "tempo_changes": [] if grid is None else _tempo_changes(grid),
        "meter": None if grid is None else f"{grid.meter}/{grid.denominator}",
        "key": None if session.key is None else str(session.key),
        "seconds": session.seconds,
        "samples": session.samples,
        "rate": SAMPLE_RATE,
        "bits": 24,
        "stems": stems,
        "mix": MIX,
        "residual_db": residual if residual is None else round(residual, 2),
        "sections": [{"seconds": round(one.seconds, 6), "name": one.name} for one in session.markers],
        "parts": [part.name for part in session.parts],
        "notes": list(session.notes),
        "recipe": dict(papers.recipe) or None,
    }


def _tempo_changes(grid: Grid) -> list[dict[str, float]]:
    """Seconds from which another tempo holds."""
    changes = [(grid.map.seconds(beat), bpm) for beat, bpm in grid.tempi]
    return [{"seconds": round(at, 6), "quarters_per_minute": bpm * grid.quarters_per_beat} for at, bpm in changes]


def _as_json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode()


def _finite(level: float) -> float | None:
    return round(level, 2) if level > -200.0 else None
