"""What goes with stems that are handed over: how the take was made, and under which licences its parts stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..errors import NotFound, TwinError
from ..library.file_names import short_name

if TYPE_CHECKING:
    from ..library import Take
    from ..mixing.handover.package import Papers
    from ..mixing.handover.session import Session
    from .studio import Studio

_UNKNOWN: Final = "not stated"


def write_papers(session: Session, studio: Studio) -> Papers:
    """Recipe and licences of `session`. Nothing names a path."""
    from ..mixing.handover.package import Papers
    from ..pipeline.embedded import record_of

    take = studio.library.takes.get(session.take) if session.take else None
    recipe = {} if take is None else record_of(take, studio.library.takes)
    return Papers(recipe, "\n".join(_licences(session, take, studio)) + "\n")


def _licences(session: Session, take: Take | None, studio: Studio) -> list[str]:
    lines = [session.title, ""]
    if take is None:
        lines += ["This music was not made by Producer Twin, which only divided and packed it: its owner's licence holds.", ""]
    else:
        lines += [f"Take {take.id} was made by a machine, with Producer Twin. Its parts:", ""]
    family = {} if take is None else _family(take, studio)
    for name in dict.fromkeys(short_name(one.variant) for one in family.values() if one.task != "mix"):
        lines.append(f"- weights of {name}: {_licence_of(name, studio)}")
    for name in dict.fromkeys(short_name(use.name) for one in family.values() for use in one.adapters):
        lines.append(f"- adapter {name}: {_UNKNOWN} in the take; ask who trained it")
    outside = dict.fromkeys(stem.origin for stem in session.stems if not stem.origin.startswith(("take ", "what ")))
    lines += [f"- sound file {name}: its owner's licence" for name in outside]
    for track in _tracks(family, studio):
        lines.append(f"- track {track}")
    return [*lines, "", "The programs and formats of this hand-over lay no claim to the music."]


def _family(take: Take, studio: Studio) -> dict[str, Take]:
    """`take` and everything it was made from that is still there, by id."""
    found, queue = {take.id: take}, list(take.parents)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        try:
            found[name] = studio.library.takes.get(name)
        except NotFound:
            continue
        queue += found[name].parents
    return found


def _licence_of(variant: str, studio: Studio) -> str:
    try:
        return studio.read_card(variant).licence
    except TwinError:
        return f"{_UNKNOWN}: the variant is not here"


def _tracks(family: dict[str, Take], studio: Studio) -> list[str]:
    """Titles and licences of tracks of the library that takes of `family` were made from."""
    used = [part.get("source_hash") for one in family.values() for part in (dict(one.stage), *_inputs(one))]
    hashes = {one for one in used if isinstance(one, str)}
    tracks = studio.library.tracks.list() if hashes else ()
    return [f"{track.title}: {track.source.licence or _UNKNOWN}" for track in tracks if track.audio in hashes]


def _inputs(take: Take) -> list[dict[str, Any]]:
    inputs = take.stage.get("inputs")
    return [one for one in inputs if isinstance(one, dict)] if isinstance(inputs, list) else []
