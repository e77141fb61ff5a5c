"""`twin ingest`, `screen`, `rate`, `split`: from a folder of tracks to a training set, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..dataset.ingest import IngestPlan
from ..dataset.manifest import DatasetPlan
from ..dataset.screen import ScreenPlan
from ..errors import NotFound, PartialFailure, TwinError
from ..library import Library, Track, open_studio
from .options import options
from .output import Talk, tell
from .renderings import DryRun
from .text import clipped, duration, table

if TYPE_CHECKING:
    from ..dataset.duplicates import Duplicate
    from ..dataset.manifest import Manifest
    from ..dataset.screening import Verdict

Producer = Annotated[str | None, Parameter(help="Whose tracks; everybody's when absent.")]
Key = Annotated[str, Parameter(name="TRACK", help="Id of a track, or its beginning.")]
Folder = Annotated[Path, Parameter(help="Folder of the tracks.")]
Set = Annotated[
    str | None, Parameter(name="SET", help="Id of a training set, its beginning, or a manifest; the newest when absent.")
]
RENAMED = {"share": "--holdout"}


@options(IngestPlan)
def ingest(folder: Folder, stage: IngestPlan, *, dry_run: DryRun = False, talk: Talk) -> int:
    """Bring the sounds of a folder into the library, with where they come from and what lies beside them."""
    from ..dataset.ingest import ingest as bring

    if dry_run:
        return planned(folder, talk)
    with open_studio(talk.settings) as library:
        done = talk.follow(bring(folder, stage, library))
    rows = [(track.id, done.changes[track.id].value, clipped(track.title), duration(track.seconds)) for track in done.tracks]
    data = {"tracks": done.tracks, "changes": done.changes, "notes": done.notes, "failures": told(done.failures)}
    talk.result("ingested", data, lambda: table(rows, ("id", "", "title", "length")))
    for track in done.tracks:
        if track.id in done.notes:
            talk.warn(f"{track.title}: {'; '.join(done.notes[track.id])}")
    talk.next("twin screen")
    counts = Counter(change.value for change in done.changes.values())
    return partly(done.failures, ", ".join(f"{n} {change}" for change, n in counts.items()) or "nothing was brought in", talk)


@options(ScreenPlan)
def screen(
    stage: ScreenPlan,
    *,
    producer: Producer = None,
    export: Annotated[Literal["flac", "mp3"] | None, Parameter(help="Write what is kept: flac, or mp3 at 320 kbit/s.")] = None,
    out: Annotated[Path, Parameter(alias="-o", help="Folder of --export.")] = Path("screened"),
    talk: Talk,
) -> int:
    """Decode, judge and prepare the tracks of the library; what was screened before stands."""
    from ..dataset.duplicates import among
    from ..dataset.formats import screened_sounds
    from ..dataset.screen import rejected, screened

    with open_studio(talk.settings) as library:
        tracks = chosen(library, producer)
        notes = talk.follow(screened(tracks, stage, library))
        copies = among(notes, library)
        written = talk.follow(screened_sounds(tracks, notes, out, library, audio=export)) if export else []
    titles = {track.id: track.title for track in tracks}
    verdicts = {name: note.verdict for name, note in notes.items()}
    rows = [(name, clipped(titles[name], 32), *verdict_cells(verdict)) for name, verdict in verdicts.items()]
    unheard = {track.name: rejected(verdicts[track.id]) for track in tracks if verdicts[track.id].undecoded}
    data = {"verdicts": verdicts, "duplicates": copies, "files": written, "failures": told(unheard)}
    talk.result("screened", data, lambda: table(rows, ("id", "title", "verdict", "quality", "why")))
    for line in told_twice(copies, titles):
        talk.warn(line)
    talk.next("twin caption")
    return partly(unheard, f"{sum(verdict.accepted for verdict in verdicts.values())} tracks are fit to learn from", talk)


def rate(
    key: Key,
    score: Annotated[int, Parameter(name="SCORE", help="1 to 5.")],
    /,
    *,
    note: Annotated[str, Parameter(help="Why.")] = "",
    talk: Talk,
) -> None:
    """Score a track from 1 to 5; the score goes into every export."""
    from ..dataset.caption import rate as keep

    with open_studio(talk.settings) as library:
        track = library.tracks.get(key)
        keep(track, score, library, note=note)
    talk.result("rated", {"track": track.id, "score": score, "note": note}, f"{track.title}: {score} of 5")


@options(DatasetPlan, renamed=RENAMED)
def split(stage: DatasetPlan, *, talk: Talk) -> None:
    """Freeze a training set of the captioned tracks, a part of them held out."""
    from ..dataset import shelf
    from ..dataset.manifest import freeze

    with open_studio(talk.settings) as library:
        frozen = freeze(library, stage)
        path = shelf.put(frozen.manifest, library.studio)
    manifest, name = frozen.manifest, shelf.name_of(frozen.manifest)
    data = {"id": name, "manifest": path, "fingerprint": manifest.fingerprint, "left_out": frozen.left_out}
    rows = [*((f"left out: {reason}", count) for reason, count in frozen.reasons()), ("manifest", path)]
    talk.result("split", data | {"balance": manifest.balance()}, lambda: f"{styles_table(manifest)}\n\n{table(rows)}")
    talk.next(f"twin encode {name}")


def planned(folder: Path, talk: Talk) -> int:
    """Say which files would be read; returns the exit code."""
    from ..dataset.ingest import sounds_in

    found = sounds_in(folder)
    rows = [(sound.path.relative_to(folder), " ".join(sound.stems)) for sound in found]
    data = {"files": [sound.path for sound in found], "stems": [sound.stems for sound in found]}
    talk.result("plan", data, lambda: table(rows, ("would read", "stems")))
    return 0


def chosen(library: Library, producer: str | None) -> tuple[Track, ...]:
    """The tracks of `producer`, or all. Raises `NotFound` when there are none."""
    found = library.tracks.list(producer)
    if not found:
        remedy = 'bring some: twin ingest FOLDER --producer "NAME" --licence CC-BY-4.0'
        raise NotFound(f"there are no tracks of {producer}" if producer else "there are no tracks", remedy=remedy)
    return found


def partly(failures: Mapping[str, TwinError], done: str, talk: Talk) -> int:
    """Tell what failed beside what was `done`, and give the exit code; the data on stdout name the failures already."""
    if not failures:
        return 0
    message = f"{done}; {len(failures)} could not be used"
    error = PartialFailure(message, dict(failures), remedy="mend or remove them and run the same command again")
    return tell(error, replace(talk, json=False))


def told(failures: Mapping[str, TwinError]) -> dict[str, str]:
    """Failures as data."""
    return {name: error.message for name, error in failures.items()}


def verdict_cells(verdict: Verdict) -> tuple[object, object, str]:
    """Verdict, quality and reason as three cells."""
    score = verdict.quality.score if verdict.quality else "-"
    if verdict.reason is not None:
        return verdict.reason.value, score, verdict.detail
    faults = [part for part in verdict.quality.parts if part.cost >= 1.0] if verdict.quality else []
    why = ", ".join(f"{part.part} -{part.cost:.0f}" for part in sorted(faults, key=lambda part: -part.cost))
    return "kept" if verdict.end is None else f"cut at {verdict.end:.1f} s", score, why


def told_twice(copies: list[Duplicate], titles: Mapping[str, str]) -> list[str]:
    """A line for every two tracks that are one recording."""
    return [
        f"{titles[one.first]!r} and {titles[one.second]!r} are one recording over {one.match.overlap:.0f} s" for one in copies
    ]


def styles_table(manifest: Manifest) -> str:
    """Tracks and minutes of every style."""
    from ..dataset.splits import under_represented

    found = manifest.balance()
    few = set(under_represented(found))
    rows = [
        (row.style, row.train, row.holdout, duration(row.train_seconds + row.holdout_seconds), "few" if row.style in few else "")
        for row in found
    ]
    return table(rows, ("style", "train", "holdout", "length", ""))
