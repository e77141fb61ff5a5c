"""The papers of an album: its page, its plan, what it is in words, and checksums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..disk import write_whole
from ..library import sums
from ..wording import plural
from .album import write_plan
from .delivery import TRIED, Delivered
from .page import album_page
from .session import PLAN, Session
from .sheet_files import SHEETS, list_hand_edits, name_sheet

PAGE: Final = "index.html"
README: Final = "README.md"


def write_papers(session: Session, tracks: Sequence[Delivered], *, stopped: str = "") -> None:
    """Write page, plan, words and checksums of what is finished."""
    folder = session.folder
    write_whole(folder / PLAN, write_plan(session.album))
    write_whole(folder / PAGE, album_page(session, tracks, stopped=stopped).encode("utf-8", "replace"))
    write_whole(folder / README, describe(session, tracks).encode())
    edited = {name_sheet(place) for place in list_hand_edits(session.album, folder)}
    names = (path.relative_to(folder).as_posix() for path in sums.list_files(folder))
    sums.write_sums(folder, [name for name in names if name not in edited and _stays_the_same(name)])


def _stays_the_same(name: str) -> bool:
    """Whether a file is the same whenever the same album is made: not what tells of times and costs."""
    return name == PLAN or name.endswith(".flac") or name.startswith((f"{SHEETS}/", f"{TRIED}/"))


def describe(session: Session, tracks: Sequence[Delivered]) -> str:
    """The album in Markdown: tracks, what of them is AI, licences, what could not be done."""
    from ..release.bundle.card import plain

    album = session.album
    lines = [
        f"# {plain(album.title)}",
        "",
        f"By {plain(album.artist)}. {len(tracks)} of {plural(len(album.tracks), 'track')} finished.",
        "",
    ]
    lines += ["| track | file | length | loudness | licence |", "|---|---|---|---|---|"]
    for one in tracks:
        loud = one.take.meters.get("loudness_lufs")
        level = "" if loud is None else f"{loud:.1f} LUFS"
        lines.append(
            f"| {plain(session.track(one.place).title)} | {one.path.name} | {one.take.seconds:.0f} s | {level} | {one.licence} |"
        )
    lines += ["", *(f"- {plain(text)}" for text in dict.fromkeys(one.disclosure for one in tracks))]
    lines += [f"- not understood: {plain(', '.join(album.unknown))}"] if album.unknown else []
    lines += [f"- cannot be done: {plain(text)}" for text in album.cannot]
    lines += ["", f"Check the files with `sha256sum --check {sums.NAME}`. `{PAGE}` tells how they were made."]
    return "\n".join(lines) + "\n"
