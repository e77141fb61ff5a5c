"""Which song is handed over: its stems, kept or extracted, its tempo and key, its sections and its guide's notes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..library.file_names import short_name
from ..metas import read_name
from ..music import Key
from ..progress import Steps, note
from .opened_song import Song, open_song
from .stem_sources import FoundStem, find_stems_of_file, find_stems_of_take

if TYPE_CHECKING:
    from ..house_band.midi_writing import MidiPart
    from ..house_band.score import Score
    from ..library import Take
    from ..mixing.handover.session import Grid, Marker, Session
    from .stems_plan import StemsPlan
    from .studio import Studio

LONGEST_TITLE: Final = 80
"""Characters of a caption that become a title."""
_SAME_LENGTH: Final = 0.1
"""Seconds by which a take may be longer or shorter than the guided one it keeps time with."""


def find_session(plan: StemsPlan, studio: Studio) -> Steps[Session]:
    """The song of `plan` with its stems, fitted to one length.

    Raises as `opened_song.open_song` and the extract stage do, and `BadInput` where no stems are kept and none are to be
    extracted, or where one that is asked for is not among them.
    """
    from ..mixing.handover.session import Stem, fit, rest

    song = yield from open_song(plan.subject, studio)
    found = yield from _find_stems(plan, song, studio)
    about = plan_session(plan, song, studio)
    session = fit(replace(about, stems=tuple(Stem(one.name, one.sound, one.origin) for one in found)))
    if plan.rest:
        left = Stem("rest", rest(session.stems, session.mix), "what the stems leave of the mix")
        session = fit(replace(session, stems=(*session.stems, left)))
    for text in session.notes:
        yield note(text)
    return session


def plan_session(plan: StemsPlan, song: Song, studio: Studio) -> Session:
    """`song` without its stems: title, sound, tempo, key, sections, the guide's notes, and what is to be said of them."""
    from ..mixing.handover.session import Session
    from ..mixing.handover.xml_text import clean

    take = song.take
    grid, key, told = _find_facts(plan, song)
    guide = _find_guide(take, grid, studio)
    if grid is not None and guide.tempi:
        grid = replace(grid, tempi=guide.tempi)
    return Session(
        title=clean(_title(plan, song, studio)) or "Song",
        stems=(),
        mix=song.sound,
        made=take.created.astimezone(UTC) if take is not None else _time_of(song),
        grid=grid,
        key=key,
        markers=guide.markers,
        parts=guide.parts,
        take="" if take is None else take.id,
        variant="" if take is None else short_name(take.variant),
        notes=(*told, *guide.notes),
    )


def _find_stems(plan: StemsPlan, song: Song, studio: Studio) -> Steps[Sequence[FoundStem]]:
    """The stems that are kept, or else extracted, those that are asked for only."""
    found: Sequence[FoundStem] = ()
    if not plan.extract:
        if song.take is not None:
            found = yield from find_stems_of_take(song.take, studio)
        if not found and song.path is not None:
            found = find_stems_of_file(song.path)
        if not found:
            remedy = f"add --extract to take them out of it, or mix stems: no stage made {song.words} of any"
            raise BadInput(f"no stems of {song.words} are kept", remedy=remedy)
    else:
        from .stem_extraction import Extraction, extract_stems

        found = yield from extract_stems(Extraction(song.name, song.words, plan.variant, plan.stem, plan.seed), studio)
    missing = [name for name in plan.stem if name not in {one.name for one in found}]
    if missing and not plan.extract:
        there = ", ".join(one.name for one in found)
        raise BadInput(f"there is no stem of {', '.join(missing)} in {song.words}", remedy=f"its stems are {there}; or --extract")
    return [one for one in found if not plan.stem or one.name in plan.stem]


def _find_facts(plan: StemsPlan, song: Song) -> tuple[Grid | None, Key | None, tuple[str, ...]]:
    """Tempo, meter and key: as they are said, as the take was asked for, or as the file's name states them."""
    from ..mixing.handover.session import COUNTED_METER, Grid

    metas = None if song.take is None else song.take.metas
    named = read_name(song.path.name) if metas is None and song.path is not None else None
    bpm, meter = plan.bpm or (metas.bpm if metas else None), plan.meter or (metas.meter if metas else None)
    text = plan.key or (metas.key if metas else None)
    key = Key.parse(text) if text else None
    if named is not None:
        bpm = bpm or (named.bpm.value if named.bpm else None)
        key = key or (named.key.value if named.key else None)
    if bpm is None:
        told = f"the tempo of {song.words} is not known, so bars are not counted: say it with --bpm, if it keeps one"
        return None, key, (told,)
    if meter is None:
        return Grid(bpm), key, (f"the meter of {song.words} is not known: {COUNTED_METER}/4 is counted; say it with --meter",)
    return Grid(bpm, meter), key, ()


@dataclass(frozen=True, slots=True)
class _Guide:
    """What is known of the guide that a sound was played after."""

    markers: tuple[Marker, ...] = ()
    parts: tuple[MidiPart, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know."""
    tempi: tuple[tuple[float, float], ...] = ()


def _find_guide(take: Take | None, grid: Grid | None, studio: Studio) -> _Guide:
    """Sections and notes of the guide that `take`, or what it was made from in the same time, was played after; else the sung
    lines' marks."""
    from .. import __version__
    from ..mixing.handover import guide_parts

    if take is None:
        return _Guide()
    guided = _guided_ancestor(take, studio) if grid is not None else None
    score = None if guided is None else _score_of(guided)
    if guided is None or score is None or grid is None or score.bpm != grid.bpm:
        marks = [(line.seconds, line.text.strip("[] ")) for line in take.lines if line.text.startswith("[")]
        return _Guide(guide_parts.number_names([mark for mark in marks if mark[1]]))
    by = guided.made.versions.get("producertwin") if guided.made else None
    changed = f"the guide's notes are as version {__version__} of the band writes them; the take was made by {by}"
    notes = (changed,) if by not in (None, __version__) else ()
    return _Guide(guide_parts.markers(score, take.seconds), guide_parts.note_parts(score), notes, score.tempi)


def _guided_ancestor(take: Take, studio: Studio) -> Take | None:
    """`take`, or the nearest that it was made from, which the band guided; all of one tempo, meter and length."""
    queue, seen = [take], {take.id}
    while queue:
        one = queue.pop(0)
        if one.guide == "band":
            return one
        for parent in one.parents:
            try:
                found = studio.library.takes.get(parent)
            except NotFound:
                continue
            in_time = (found.metas.bpm, found.metas.meter) == (take.metas.bpm, take.metas.meter)
            if found.id not in seen and in_time and abs(found.seconds - take.seconds) <= _SAME_LENGTH:
                seen.add(found.id)
                queue.append(found)
    return None


def _score_of(take: Take) -> Score | None:
    """What the band played for a guided take; None for the record of another program that does not say it."""
    from ..model.sampling.request import Metas
    from ..pipeline.guide import write_score
    from ..pipeline.stages import Generate
    from ..recipe import read

    try:
        stage = read(Generate, dict(take.stage), where=f"take {take.id}")
        metas = Metas.of(take.metas.bpm, take.metas.key, take.metas.meter)
        return write_score(stage, take.seed, metas)
    except (BadInput, NotFound):
        return None


def _title(plan: StemsPlan, song: Song, studio: Studio) -> str:
    if plan.title.strip():
        return " ".join(plan.title.split())
    if song.take is None:
        return song.path.stem if song.path is not None else "Song"
    said = studio.library.takes.labels([song.take.id]).get(song.take.id)
    return (said.title if said else "") or textwrap.shorten(song.take.caption, LONGEST_TITLE, placeholder="…") or song.take.id


def _time_of(song: Song) -> datetime:
    """When a file was last changed, to the second."""
    seconds = song.path.stat().st_mtime if song.path is not None else 0.0
    return datetime.fromtimestamp(int(seconds), UTC)
