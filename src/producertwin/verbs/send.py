"""`twin send`: put a take, or its stems, into the set that is open in Ableton Live or REAPER, and hear what is marked there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from ..disk import disk_errors, make_folder, whole_folder, write_whole
from ..errors import BadInput, NotFound, Unavailable
from ..pipeline.stages import Repaint
from ..progress import Steps, note, warning
from ..recipe import Record
from ..wording import write_number
from .kept_json import read_json, write_json
from .send_plan import LOOPBACK, LivePlan, ReaperPlan, SendPlan

if TYPE_CHECKING:
    from ..mixing.handover.session import Session
    from ..mixing.workstation.live import Part
    from ..mixing.workstation.reaper import MarkedRegion
    from .studio import Studio

__all__ = [
    "LivePlan",
    "ReaperPlan",
    "Repaint",
    "SendPlan",
    "Sent",
    "install_script",
    "plan_send",
    "send_live",
    "send_reaper",
    "watch_regions",
]

SENT: Final = "sent"
"""Folder of the studio that holds the files that open sets play."""
_RECORD: Final = ".reaper.json"
_SAME: Final = 0.005
"""Quarters per minute by which two tempi may differ: over an hour, less than a tenth of a beat."""
_WORD: Final = "repaint"
"""What a region is called that is to be played anew; behind a colon it may say what is to sound."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was put into an open set."""

    program: str
    """live or reaper."""
    files: tuple[Path, ...]
    """The files that play there; they stay in the studio."""
    bar: int
    seconds: float
    """Second of the set at which it begins, at the tempo that it has there."""
    tempo: float
    """Quarters per minute of the set."""
    song_tempo: float | None
    """Quarters per minute of the song; None where nobody knows it."""


class Placement(Record):
    """Where a song stands in a project: what `--listen` needs to know."""

    subject: str
    """The take or the file."""
    seconds: float
    """Second of the project at which it begins."""
    length: float
    """Its length in seconds."""
    at: float
    """Seconds since 1970 at which it was put there."""


def plan_send(plan: SendPlan, studio: Studio) -> Steps[tuple[Path, ...]]:
    """The files that would be written; nothing is asked of the workstation. Raises as `send_live` does for the song."""
    session = yield from _find_session(plan, studio)
    return _files(session, _folder(session, studio))


def send_live(plan: LivePlan, studio: Studio) -> Steps[Sent]:
    """Put the song of `plan` into the set that is open in Live.

    Raises as finding the song does, `Unavailable` for another machine while offline and where nothing answers or the
    AbletonOSC there cannot take a file.
    """
    from ..mixing.workstation.live import place_parts
    from ..mixing.workstation.osc import Peer

    _check_host(plan, studio)
    session = yield from _find_session(plan, studio)
    parts, _ = _write_parts(session, studio)
    peer = Peer(plan.host, plan.port, plan.answer_port)
    wanted = _tempo_of(session) if plan.set_tempo else None
    was = place_parts(parts, peer, bar=plan.bar, tempo=wanted)
    yield from _compare(plan, session, was.tempo, (was.numerator, was.denominator))
    tempo = was.tempo if wanted is None else wanted
    seconds = was.beat_of(plan.bar) * 60.0 / tempo
    return Sent("live", tuple(part.path for part in parts), plan.bar, seconds, tempo, _tempo_of(session))


def send_reaper(plan: ReaperPlan, studio: Studio) -> Steps[Sent]:
    """Put the song of `plan` into the project that is open in REAPER.

    Raises as finding the song does, `Unavailable` for another machine while offline and where REAPER or its script does not
    answer.
    """
    from ..mixing.workstation.reaper import WebPlace, open_reaper

    _check_host(plan, studio)
    session = yield from _find_session(plan, studio)
    with open_reaper(WebPlace(plan.host, plan.port)) as reaper:
        reaper.check()
        parts, folder = _write_parts(session, studio)
        wanted = _tempo_of(session) if plan.set_tempo else None
        there = reaper.place(parts, folder, title=session.title, bar=plan.bar, tempo=wanted)
    now = studio.library.takes.clock().timestamp()
    placed = Placement(
        subject=session.take or str(Path(plan.subject).absolute()), seconds=there.seconds, length=session.seconds, at=now
    )
    write_whole(folder.with_name(folder.name + _RECORD), write_json(placed))
    yield from _compare(plan, session, there.tempo, (there.numerator, there.denominator))
    tempo = there.tempo if wanted is None else wanted
    return Sent("reaper", tuple(part.path for part in parts), plan.bar, there.seconds, tempo, _tempo_of(session))


def install_script(path: Path) -> Path:
    """Write the script for REAPER to `path`, a file or a folder; returns the file.

    Raises `NotFound` for a folder that is not there.
    """
    from ..mixing.workstation.reaper import SCRIPT

    target = path / SCRIPT.name if path.is_dir() else path
    if not target.parent.is_dir():
        raise NotFound(
            f"no folder {target.parent}", remedy="name REAPER's folder of scripts: Options > Show REAPER resource path"
        )
    with disk_errors(target):
        return write_whole(target, SCRIPT.read_bytes())


def watch_regions(plan: ReaperPlan, studio: Studio, *, variant: str = "", pause: float = 1.0) -> Iterator[Repaint]:
    """Every region that is marked in REAPER's project over the subject of `plan`, or over what was sent last, as the
    stage that plays it anew on `variant`.

    A region counts once it is called `repaint`, or `repaint: what is to sound`, and stays as it is for `pause` seconds; each
    is told once. Ends never. Raises `NotFound` where nothing was sent, `Unavailable` where REAPER does not answer.
    """
    from ..mixing.workstation.reaper import WebPlace, open_reaper

    _check_host(plan, studio)
    placed = _find_placement(plan.subject, studio)
    seen: set[MarkedRegion] = set()
    before: frozenset[MarkedRegion] = frozenset()
    with open_reaper(WebPlace(plan.host, plan.port)) as reaper:
        reaper.check()
        while True:
            now = frozenset(one for one in reaper.list_regions() if one.name.strip().lower().partition(":")[0].strip() == _WORD)
            for region in sorted(now & before - seen, key=lambda one: one.start):
                seen.add(region)
                if (stage := _repaint(region, placed, variant)) is not None:
                    yield stage
            before = now
            sleep(pause)


def _repaint(region: MarkedRegion, placed: Placement, variant: str) -> Repaint | None:
    """The stage that plays `region` anew; None where it does not meet the song."""
    start, end = region.start - placed.seconds, region.end - placed.seconds
    if end <= 0 or start >= placed.length or end <= start:
        return None
    caption = region.name.partition(":")[2].strip()
    said: dict[str, Any] = {
        "source": placed.subject,
        "start": round(max(start, 0.0), 6),
        "end": round(min(end, placed.length), 6),
    }
    said |= {"prompt": {"caption": caption}} if caption else {}
    return Repaint.model_validate(said | ({"play": {"variant": variant}} if variant else {}))


def _find_placement(subject: str, studio: Studio) -> Placement:
    """Where `subject` was put, or what was put last. Raises `NotFound`."""
    known = [read_json(Placement, path.read_bytes()) for path in (studio.settings.studio / SENT).glob(f"*{_RECORD}")]
    called = str(Path(subject).absolute())
    found = [one for one in known if one.subject == called or one.subject.startswith(subject)]
    if not found:
        what = f"{subject} was" if subject else "nothing was"
        raise NotFound(
            f"{what} {'not ' if subject else ''}sent to REAPER from this studio", remedy="send it first: twin send reaper TAKE"
        )
    return max(found, key=lambda one: one.at)


def _check_host(plan: SendPlan, studio: Studio) -> None:
    """Raise `Unavailable` for another machine while the studio is offline."""
    if plan.host not in (LOOPBACK, "localhost", "::1") and studio.settings.offline:
        raise Unavailable(
            f"the studio is offline, and {plan.host} is another machine", remedy="leave --host out, or unset TWIN_OFFLINE"
        )


def _find_session(plan: SendPlan, studio: Studio) -> Steps[Session]:
    """The song, with its stems where those are asked for. Raises as finding it does, `BadInput` for a tempo that is not known."""
    from .opened_song import open_song
    from .stem_session import find_session, plan_session
    from .stems_plan import StemsPlan

    if not plan.subject:
        raise BadInput("no take is named", remedy="name a take or a sound file; see twin takes list")
    asked = StemsPlan(subject=plan.subject, out=Path(SENT), bpm=plan.bpm, key=plan.key, meter=plan.meter, stem=plan.stem)
    if plan.stems or plan.stem:
        session = yield from find_session(asked, studio)
    else:
        song = yield from open_song(plan.subject, studio)
        session = plan_session(asked, song, studio)
        yield from (note(text) for text in session.notes)
    if plan.set_tempo and session.grid is None:
        raise BadInput("the tempo of the song is not known", remedy="say it: --bpm 96")
    return session


def _folder(session: Session, studio: Studio) -> Path:
    from ..mixing.handover.naming import plain

    return studio.settings.studio.absolute() / SENT / "-".join(filter(None, (plain(session.title, "Song"), session.take)))


def _files(session: Session, folder: Path) -> tuple[Path, ...]:
    from ..mixing.handover.naming import stem_names

    names = [stem.name for stem in session.stems] or ["mix"]
    return tuple(folder / name for name in stem_names(session.title, names, session.grid, session.key))


def _write_parts(session: Session, studio: Studio) -> tuple[list[Part], Path]:
    """Write the files of a song into the studio; returns them and their folder."""
    from ..mixing.handover.package import check_room
    from ..mixing.handover.wav import WavFacts, stem_facts, wav_bytes
    from ..mixing.workstation.live import Part

    folder = _folder(session, studio)
    files = _files(session, folder)
    with disk_errors(folder):
        make_folder(folder.parent)
        check_room(shutil.disk_usage(folder.parent).free, session, zipped=False)
    with whole_folder(folder, replace=True) as made:
        for place, path in enumerate(files):
            stem = session.stems[place] if session.stems else None
            facts = stem_facts(session, place) if stem else WavFacts(session, "Mix")
            write_whole(made / path.name, wav_bytes(stem.sound if stem else session.mix, facts))
    labels = [stem.label for stem in session.stems] or [session.title]
    return [Part(label, path) for label, path in zip(labels, files, strict=True)], folder


def _tempo_of(session: Session) -> float | None:
    return None if session.grid is None else session.grid.tempo


def _compare(plan: SendPlan, session: Session, tempo: float, meter: tuple[int, int]) -> Steps[None]:
    """Say where the set's bars and the song's do not meet."""
    grid = session.grid
    if grid is None:
        yield note(f"the set is at {write_number(round(tempo, 2))} bpm; the song's tempo is not known: say it with --bpm")
        return
    if not plan.set_tempo and abs(grid.tempo - tempo) > _SAME:
        song, there = write_number(round(grid.tempo, 2)), write_number(round(tempo, 2))
        yield warning(
            f"the song is at {song} bpm and the set at {there}: their bars meet at bar {plan.bar} only; --set-tempo sets it"
        )
    if grid.tempi:
        yield warning("the tempo of the song changes: the set keeps one")
    if (grid.meter, grid.denominator) != meter:
        yield warning(f"the song is in {grid.meter}/{grid.denominator} and the set in {meter[0]}/{meter[1]}")
