"""The report of a build: one HTML page of what is kept, what is left out and why, and every track with its waveform.

The page stands alone: no script and nothing from a network, light or dark as the reader prefers, to be read with a keyboard or a
screen reader. Everything that came from files or people is escaped. Waveforms are drawn from the previews that screening
stored: nothing is decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from ..disk import write_whole
from ..house_band.styles import STYLES
from ..library import Library, Track
from ..music import INSTRUMENTAL
from ..progress import Clock, Steps
from ..reporting.html import Markup, document, figures, section, table
from ..reporting.outline import outline
from ..reporting.waveform import format_time
from .build import BuildResult
from .captions import Caption, explain_flags, style_name
from .manifest import Row
from .quality import Quality
from .screen import NOTE as SCREEN
from .screen import ScreenNote
from .screening import ScreeningResult
from .waveform_preview import HALF, WaveformPreview


@dataclass(frozen=True, slots=True)
class TrackLine:
    """Everything the page says of one track."""

    track: Track
    verdict: ScreeningResult
    row: Row | None
    """Its row of the training set; None where it is left out."""
    left_out: str | None
    """Why it is left out."""
    caption: Caption | None
    outline: WaveformPreview | None
    """None where nothing was prepared."""
    copy_of: str | None = None
    """Title of an earlier track that is the same recording."""


def report(built: BuildResult, path: Path, library: Library) -> Steps[Path]:
    """Write the page of a build to `path`; returns it. Raises as `disk.write_whole` does."""
    notes = library.tracks.notes_of_kind(SCREEN, ScreenNote)
    titles = {track.id: track.title for track in built.tracks}
    rows = {row.track: row for row in built.frozen.manifest.rows}
    earlier = {one.second: titles[one.first] for one in reversed(built.duplicates)}
    told, lines = Clock("report", len(built.tracks)), []
    for done, track in enumerate(built.tracks):
        yield told.at(done, track.title)
        line = TrackLine(
            track,
            built.verdicts[track.id],
            rows.get(track.id),
            built.frozen.left_out.get(track.id),
            built.captioned.captions.get(track.id),
            notes[track.id].outline,
            earlier.get(track.id),
        )
        lines.append(line)
    write_whole(path, page(built, lines).encode("utf-8", "replace"))
    yield told.at(len(built.tracks))
    return path


def page(built: BuildResult, lines: Iterable[TrackLine]) -> str:
    """The whole page."""
    manifest = built.frozen.manifest
    given = list(lines)
    parts = [
        Markup(f"<p>Fingerprint <code>{manifest.fingerprint}</code></p>"),
        section("Summary", figures(summary(built, given))),
        section("Left out", table("Tracks that are left out, by reason", ("reason", "tracks"), reasons(built))),
        section("Styles", table("Tracks and minutes of every style", STYLE_COLUMNS, styles(built))),
        section("The same recording", table("Pairs of tracks that are one recording", COPY_COLUMNS, copies(built))),
        section("Files that are no tracks", table("Files that could not be brought in", ("file", "why"), failures(built))),
        section("Passed over", table("Files that were not used", ("file", "why"), built.ingested.passed_over.items())),
        section("Tracks", tracks(given, told_whose=manifest.plan.producer is None)),
    ]
    return document(f"Training set of {manifest.plan.producer or 'every producer'}", "\n".join(parts), main="tracks")


STYLE_COLUMNS: Final = ("style", "to learn from", "held out", "minutes", "minutes held out")
COPY_COLUMNS: Final = ("first", "second", "seconds of both", "second begins after", "bits that differ")
TRACK_COLUMNS: Final = ("title", "waveform", "length", "style", "quality", "verdict", "caption", "look at")


def summary(built: BuildResult, lines: list[TrackLine]) -> list[tuple[str, str]]:
    """The counts of the build."""
    manifest = built.frozen.manifest
    counts = {
        "tracks": len(lines),
        "to learn from": len(manifest.side("train")),
        "held out": len(manifest.side("holdout")),
        "trimmed": sum(line.verdict.is_trimmed for line in lines),
        "left out": len(built.frozen.left_out),
        "files that are no tracks": len(built.ingested.failures),
        "later copies": sum(line.copy_of is not None for line in lines),
        "to look at": sum(bool(line.caption and line.caption.flags) for line in lines),
    }
    minutes = _minutes(sum(row.seconds for row in manifest.rows))
    return [*((word, str(count)) for word, count in counts.items()), ("minutes", minutes)]


def reasons(built: BuildResult) -> Iterator[tuple[str, str]]:
    """Why tracks are left out, and how many for each reason, the most frequent first."""
    yield from ((why, str(count)) for why, count in built.frozen.reasons())


def styles(built: BuildResult) -> Iterator[tuple[str, ...]]:
    """How the set is spread over the styles."""
    for row in built.frozen.manifest.balance():
        total = row.train_seconds + row.holdout_seconds
        yield style_name(row.style), str(row.train), str(row.holdout), _minutes(total), _minutes(row.holdout_seconds)


def copies(built: BuildResult) -> Iterator[tuple[str, ...]]:
    """Every pair of tracks that are one recording."""
    titles = {track.id: track.title for track in built.tracks}
    for one in built.duplicates:
        found = one.match
        yield titles[one.first], titles[one.second], f"{found.overlap:.0f}", f"{found.offset:.1f} s", f"{found.error:.0%}"


def failures(built: BuildResult) -> Iterator[tuple[str, str]]:
    """Every file that could not become a track."""
    yield from ((name, f"{error.message} ({error.remedy})") for name, error in built.ingested.failures.items())


def tracks(lines: list[TrackLine], *, told_whose: bool) -> Markup:
    """The table of tracks; with `told_whose` also of which producer each is, since a set may be of several."""
    if not told_whose:
        return table("Every track", TRACK_COLUMNS, map(cells, lines))
    return table("Every track", (*TRACK_COLUMNS, "producer"), ((*cells(line), line.track.producer) for line in lines))


def cells(line: TrackLine) -> tuple[str, ...]:
    """One row of the table of tracks."""
    caption = line.caption
    return (
        line.track.title,
        waveform(line.outline),
        format_time(line.verdict.seconds or line.track.seconds),
        style_name(caption.style) if caption else "",
        score_cell(line.verdict.quality, caption.style if caption else ""),
        outcome_text(line),
        words_cell(line),
        flags_cell(caption) if caption else "",
    )


def score_cell(quality: Quality | None, style: str) -> str:
    """The score in its style, with its parts to be unfolded."""
    if quality is None:
        return ""
    here = quality.expecting(STYLES[style].expected if style in STYLES else ())
    parts = "".join(
        f"<li>{escape(part.part)}: {part.reading:.3g} {escape(part.unit)}, {part.cost:.0f} off</li>" for part in here.parts
    )
    return Markup(f"<details><summary>{here.score}</summary><ul>{parts}</ul></details>")


def flags_cell(caption: Caption) -> str:
    """What a person should look at, with the second style where the first is not sure."""
    second = [f"or {STYLES[caption.second_style].name}"] if caption.second_style in STYLES else []
    return ", ".join([*([explain_flags(caption)] if caption.flags else []), *second])


def words_cell(line: TrackLine) -> str:
    """The caption, with the lyrics to be unfolded where somebody sings."""
    caption = line.row.caption if line.row else line.caption.text if line.caption else ""
    lyrics = line.row.lyrics if line.row else line.caption.lyrics.text if line.caption else INSTRUMENTAL
    if lyrics == INSTRUMENTAL:
        return caption
    body = escape(lyrics).replace("\n", "<br>")
    return Markup(f"{escape(caption)}<details><summary>lyrics</summary><p>{body}</p></details>")


def outcome_text(line: TrackLine) -> str:
    """What becomes of a track, in words."""
    said = [f"left out: {line.left_out}".replace("_", " ")]
    if line.row:
        said = [{"train": "to learn from", "holdout": "held out"}[line.row.side]]
    if line.verdict.detail:
        said.append(line.verdict.detail)
    if line.verdict.is_trimmed:
        said.append(f"trimmed to {format_time(line.verdict.kept_seconds)}")
    if line.copy_of is not None:
        said.append(f"the same recording as {line.copy_of}")
    return "; ".join(said)


def waveform(drawn: WaveformPreview | None) -> str:
    """The picture of a waveform preview."""
    if drawn is None:
        return ""
    return outline(drawn.peaks, drawn.powers, HALF)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"
