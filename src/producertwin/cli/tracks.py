"""`twin tracks`: bring tracks in, judge and describe them, rate, list and forget them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ..errors import PartialFailure, TwinError
from ..verbs.dataset import forget as forget_track
from ..verbs.ingest import IngestFolderPlan, IngestPlan, SoundFile, plan_ingest
from ..verbs.ingest import ingest as ingest_folder
from ..verbs.rate import rate_track
from ..verbs.screen import ScreeningResult, ScreenPlan, ScreenTracksPlan
from ..verbs.screen import screen as screen_tracks
from ..verbs.studio import open_studio
from ..verbs.tracks import ListedTracks
from ..verbs.tracks import list_tracks as find_tracks
from ..wording import plural_are
from .detaching import Detach, hand_over
from .options import options
from .output import Console, plain, report_error, warn_of_unlisted
from .renderings import DryRun
from .text import duration, quote, shorten, table

app = App(name="tracks", help="Bring tracks into the library, judge, describe, rate and list them.")

Producer = Annotated[str | None, Parameter(help="Whose tracks; everybody's when absent.")]
Key = Annotated[str, Parameter(name="TRACK", help="Id of a track, or its beginning.")]
Folder = Annotated[Path, Parameter(help="Folder of the tracks.")]
Set = Annotated[
    str | None, Parameter(name="SET", help="Id of a training set, its beginning, or a manifest; the newest when absent.")
]
SAID_ONCE = ("producer", "licence", "provider")
"""What is said of tracks by the studio's settings where the command line does not say it."""
MOST_PASSED_OVER = 20
"""Most files that are listed as passed over."""


@app.command
@options(IngestPlan, said_once=SAID_ONCE)
def ingest(folder: Folder, plan: IngestPlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> int:
    """Bring the sounds of a folder into the library, with where they come from and what lies beside them."""
    if dry_run:
        return show_plan(plan_ingest(folder, plan), folder, console)
    if detach:
        return hand_over("ingest", console, folder=folder, tracks=plan)
    with open_studio(console.settings) as studio:
        done = console.follow(ingest_folder(IngestFolderPlan(folder=folder, tracks=plan), studio))
    rows = [(track.id, done.changes[track.id].value, shorten(track.title), duration(track.seconds)) for track in done.tracks]
    data = {"tracks": done.tracks, "changes": done.changes, "notes": done.notes, "failures": failures_as_data(done.failures)}
    data |= {"passed_over": done.passed_over, "table_notes": done.table_notes}
    console.result("ingested", data, lambda: table(rows, ("id", "", "title", "length")) + passed_over_table(done.passed_over))
    counts = Counter(change.value for change in done.changes.values())
    code = report_failures(
        done.failures, ", ".join(f"{n} {change}" for change, n in counts.items()) or "nothing was brought in", console
    )
    console.next("twin tracks screen")
    return code


@app.command
@options(ScreenPlan)
def screen(
    plan: ScreenPlan,
    *,
    producer: Producer = None,
    export: Annotated[Literal["flac", "mp3"] | None, Parameter(help="Write what is kept: flac, or mp3 at 320 kbit/s.")] = None,
    out: Annotated[Path, Parameter(alias="-o", help="Folder of --export.")] = Path("screened"),
    detach: Detach = False,
    console: Console,
) -> int:
    """Decode, judge and prepare the tracks of the library; what was screened before stands."""
    if detach:
        return hand_over("screen", console, producer=producer, screen=plan, export=export, out=out)
    with open_studio(console.settings) as studio:
        verb_plan = ScreenTracksPlan(producer=producer, screen=plan, export=export, out=out)
        done = console.follow(screen_tracks(verb_plan, studio))
    titles = {track.id: track.title for track in done.tracks}
    rows = [(name, shorten(titles[name], 32), *verdict_cells(verdict)) for name, verdict in done.verdicts.items()]
    failures = done.failures
    data = {"verdicts": done.verdicts, "duplicates": done.duplicates, "files": done.files, "failures": failures_as_data(failures)}
    console.result("screened", data, lambda: table(rows, ("id", "title", "verdict", "quality", "why")))
    code = report_failures(
        failures, f"{plural_are(sum(one.accepted for one in done.verdicts.values()), 'track')} fit to learn from", console
    )
    console.next("twin tracks caption")
    return code


app.command(
    f"{__package__}.caption:app", name="caption", help="Say what the tracks are, look at what is not sure, and set it by hand."
)


@app.command
def rate(
    key: Key,
    score: Annotated[int, Parameter(name="SCORE", help="1 to 5.")],
    /,
    *,
    note: Annotated[str, Parameter(help="Why.")] = "",
    console: Console,
) -> None:
    """Score a track from 1 to 5; the score goes into every export."""
    with open_studio(console.settings) as studio:
        track = rate_track(key, score, studio, note=note)
    console.result("rated", {"track": track.id, "score": score, "note": note}, f"{track.title}: {score} of 5")


@app.command(name="list")
def list_tracks(*, producer: Producer = None, console: Console) -> None:
    """List the tracks of the library: which can be learned from, which are left out, and which need you."""
    with open_studio(console.settings) as studio:
        listed = find_tracks(producer, studio)
    warn_of_unlisted(listed.unlisted, "tracks", console)
    rows = [
        (
            track.id,
            track.producer,
            shorten(track.title, 32),
            duration(track.seconds),
            track.source.licence or "no licence",
            listed.standings[track.id].text,
        )
        for track in listed.tracks
    ]
    data = [plain(track) | {"standing": listed.standings[track.id]} for track in listed.tracks]
    console.result("tracks", data, lambda: table(rows, ("id", "producer", "title", "length", "licence", "stands")))
    console.next("twin library rebuild" if listed.unlisted else _next_step(listed))


@app.command
def forget(key: Key, /, *, console: Console) -> None:
    """Delete a track with what was said of it; training sets that were frozen keep its line."""
    with open_studio(console.settings) as studio:
        gone = forget_track(key, studio)
    console.result("forgotten", gone, gone.id)


def _next_step(listed: ListedTracks) -> str:
    """The command that comes next for the tracks that are listed."""
    producers = {track.producer for track in listed.tracks}
    steps = {
        "screen": "twin tracks screen",
        "caption": "twin tracks caption",
        "split": "twin dataset split",
        "train": f"twin train {quote(min(producers))}" if len(producers) == 1 else "twin train --help",
    }
    return "twin dataset build --help" if listed.missing_step is None else steps[listed.missing_step]


def show_plan(found: Sequence[SoundFile], folder: Path, console: Console) -> int:
    """Say which files would be read; returns the exit code."""
    rows = [(sound.path.relative_to(folder), " ".join(sound.stems)) for sound in found]
    data = {"files": [sound.path for sound in found], "stems": [sound.stems for sound in found]}
    console.result("plan", data, lambda: table(rows, ("would read", "stems")))
    return 0


def passed_over_table(found: Mapping[str, str]) -> str:
    """Files that were not used, with the reason, below what was done; empty where there are none."""
    rows = list(found.items())[:MOST_PASSED_OVER]
    more = f"\n… and {len(found) - len(rows)} more" if len(found) > len(rows) else ""
    return f"\n\n{table(rows, ('passed over', 'because'))}{more}" if found else ""


def report_failures(failures: Mapping[str, TwinError], done: str, console: Console) -> int:
    """Tell what failed beside what was `done`, and give the exit code; the data on stdout name the failures already."""
    if not failures:
        return 0
    message = f"{done}; {len(failures)} could not be used"
    error = PartialFailure(message, dict(failures), remedy="mend them or take them out, and run it again")
    return report_error(error, replace(console, json=False))


def failures_as_data(failures: Mapping[str, TwinError]) -> dict[str, str]:
    """Failures as data."""
    return {name: error.message for name, error in failures.items()}


def verdict_cells(verdict: ScreeningResult) -> tuple[object, object, str]:
    """Verdict, quality and reason as three cells."""
    score = verdict.quality.score if verdict.quality else "-"
    if verdict.reason is not None:
        return verdict.reason.value, score, verdict.detail
    faults = [part for part in verdict.quality.parts if part.cost >= 1.0] if verdict.quality else []
    why = ", ".join(f"{part.part} -{part.cost:.0f}" for part in sorted(faults, key=lambda part: -part.cost))
    kept = verdict.start, verdict.seconds if verdict.end is None else verdict.end
    return f"kept {kept[0]:.1f}-{kept[1]:.1f} s" if verdict.is_trimmed else "kept", score, why
