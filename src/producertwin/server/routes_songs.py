"""Songs: read while they are written, read from a MIDI file, a hummed line or a recording, and told of takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from ..disk import make_folder
from ..errors import BadInput, NotFound
from ..library import Labels, Take
from ..progress import finish
from ..recipe import Record
from ..verbs.song_chart import ShiftedSong, SongChart, SongReading, SongShift, SongWords, draw_chart, read_words, shift_words
from ..verbs.song_import import ImportedSong, SongImport, import_song
from ..verbs.song_key import ChangedKey, KeyChange, change_key
from ..verbs.song_out import WRITERS, ExportPlan, FoundSheet, Origin, SongFacts, find_sheet, write_found_toml
from . import routes_takes
from .answers import answer
from .bodies import JsonRoute
from .media import send_bytes
from .served import Here, Served
from .staging import file_name, link
from .uploads import shown_name

router = APIRouter(prefix="/v1/songs", tags=["songs"], route_class=JsonRoute)
LONGEST_SONG: Final = 600.0
"""Seconds of a sound whose song is read while somebody waits."""
PLACE: Final = "cache"
"""Where files lie under their names while they are read."""
SongForm = Literal["mid", "html", "txt", "cho", "toml"]
MEDIA: Final[dict[str, str]] = {
    "mid": "audio/midi",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "cho": "text/plain; charset=utf-8",
    "toml": "application/toml",
}
"""Media types of what a song is written as."""
Heard = Annotated[bool, Query(description="Read the sound, although the guide of the take is known.")]


class TakeSong(Record):
    """The song of a take."""

    origin: Origin
    """Whether a person wrote it, the band sketched it, or it is heard in the sound."""
    chart: SongChart
    first_beat: float
    """Seconds of the take before its first bar."""
    toml: str
    """The same as a song sheet."""


@router.post("/check", operation_id="check_song", response_model=SongReading)
def check_song(request: Request, words: SongWords) -> Response:
    """Read a song while it is written, as `twin song check` does: its chart, or every mistake by its field. Nothing is kept."""
    return answer(request, read_words(words))


@router.post("/transpose", operation_id="transpose_song", response_model=ShiftedSong)
def transpose_song(request: Request, words: SongShift) -> Response:
    """Move a song into another key while it is written, as `twin song transpose` does. Nothing is kept."""
    return answer(request, shift_words(words))


@router.post("/key", operation_id="change_song_key", response_model=ChangedKey)
def change_song_key(request: Request, asked: KeyChange) -> Response:
    """Put a song sheet into another key: what is written in the old one is moved, and what is not is told. Nothing is kept."""
    return answer(request, change_key(asked))


@router.post("/import", operation_id="import_song", response_model=ImportedSong)
def import_one_song(request: Request, plan: SongImport, here: Here) -> Response:
    """Read a song from MIDI, ABC notation or a song sheet, or from an uploaded sound: a hum, a recording. Nothing is kept."""
    with _lay_out(plan, here) as path, here.previews.turn():
        return answer(request, import_song(plan, path))


@contextmanager
def _lay_out(plan: SongImport, here: Served) -> Iterator[Path]:
    """The file that `plan` names, under the name that people know. Raises `BadInput` for a sound that is too long."""
    place = here.studio.settings.studio / PLACE
    make_folder(place)
    with tempfile.TemporaryDirectory(prefix="song-", dir=place) as folder:
        if plan.source in {"midi", "abc", "sheet"}:
            path = Path(folder) / _own_name(plan)
            path.write_bytes(plan.midi_bytes if plan.source == "midi" else plan.text.encode())
        else:
            asset = here.assets.get(plan.asset)
            if asset.seconds > LONGEST_SONG:
                message = f"{asset.name or 'the sound'} is longer than {LONGEST_SONG / 60:.0f} minutes"
                raise BadInput(message, remedy="give a shorter recording, or a part of it", faults=(f"asset: {message}",))
            path = Path(folder) / file_name(asset, set())
            link(here.assets.content(asset), path)
        yield path


def _own_name(plan: SongImport) -> str:
    """What a file that came with the plan is called on the disk."""
    safe = "".join("_" if sign in '<>:"|?*\0' else sign for sign in shown_name(plan.name)).strip(" .")
    usual = {"midi": "song.mid", "abc": "tune.abc"}.get(plan.source, "song.toml")
    return safe.encode()[:180].decode("utf-8", "ignore") or usual


@routes_takes.router.get("/{take}/song", operation_id="read_take_song", response_model=TakeSong)
def read_take_song(request: Request, take: str, here: Here, heard: Heard = False) -> Response:
    """Read the song of a take: what was sketched for it, else what is heard in its sound."""
    found = _find(here.library.takes.get(take), here, heard=heard)
    song = TakeSong(
        origin=found.origin,
        chart=draw_chart(found.sheet).model_copy(update={"notes": found.notes}),
        first_beat=found.first_beat,
        toml=write_found_toml(found),
    )
    return answer(request, song)


@routes_takes.router.get(
    "/{take}/song/export",
    operation_id="export_take_song",
    response_class=Response,
    responses={200: {"content": {media.partition(";")[0]: {} for media in MEDIA.values()}}},
)
def export_take_song(
    request: Request,
    take: str,
    here: Here,
    form: Annotated[SongForm, Query(alias="format")] = "mid",
    heard: Heard = False,
) -> Response:
    """Write the song of a take to be saved: its parts as MIDI, a lead sheet to print, text, ChordPro, or a song sheet."""
    known = here.library.takes.get(take)
    found = _find(known, here, heard=heard)
    content = write_found_toml(found).encode() if form == "toml" else WRITERS[f".{form}"](found, ExportPlan(seed=known.seed))
    return send_bytes(request, content, media=MEDIA[form], name=f"{known.id}.{form}")


def _find(take: Take, here: Served, *, heard: bool) -> FoundSheet:
    """The sheet of a take. Raises `NotFound` where its sound would have to be decoded or is long."""
    listened = heard or take.guide != "band" or take.stage.get("kind") != "generate"
    if listened and not here.library.takes.has_sound(take):
        raise NotFound(f"take {take.id} was kept as latents", remedy="ask for a job of the kind inspect, which decodes it")
    if listened and take.seconds > LONGEST_SONG:
        raise NotFound(f"take {take.id} is too long to be read while you wait", remedy="use twin song from on the command line")
    if not listened:
        return _name(finish(find_sheet(take.id, SongFacts(), here.studio)), take, here)
    with here.previews.turn():
        return _name(finish(find_sheet(take.id, SongFacts(heard=heard), here.studio)), take, here)


def _name(found: FoundSheet, take: Take, here: Served) -> FoundSheet:
    """`found` with the title of the take."""
    labels = here.library.takes.labels([take.id]).get(take.id, Labels())
    title = labels.title or take.caption[:200]
    return FoundSheet(
        found.sheet.model_copy(update={"title": title}), found.origin, found.notes, found.score, first_beat=found.first_beat
    )
