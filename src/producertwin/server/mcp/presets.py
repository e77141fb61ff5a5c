"""Pipelines and desks: a client names one; a desk is fitted to the sounds that are mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import BadInput, NotFound
from ...mixing.desk import Desk, desk_files, find_desk
from ...mixing.stems import fit_desk, name_strips
from ...pipeline.pipelines import pipeline_files
from ...recipe import Record
from ...verbs.desk import DESKS
from ...verbs.desk_mix import read_draft
from ...verbs.pipeline import FOLDER
from ...wording import suggest_name
from .arguments import wrong_arguments

if TYPE_CHECKING:
    from ...library import Take
    from .attached import Attached


class DeskHead(Record):
    """A desk in a list."""

    name: str
    title: str
    about: str
    strips: tuple[str, ...]
    """The stems it is for."""


def list_desks(attached: Attached) -> list[DeskHead]:
    """The presets and the studio's own; one that cannot be read is left out."""
    found = []
    for name, path in desk_files(attached.settings.studio / DESKS).items():
        try:
            desk = find_desk(str(path))
        except BadInput:
            continue
        found.append(DeskHead(name=name, title=desk.title, about=desk.about, strips=tuple(desk.strips)))
    return found


def use_pipeline(asked: dict[str, Any], attached: Attached) -> dict[str, Any]:
    """What is asked of a pipeline that is here. Raises `NotFound`, whose remedy is a tool."""
    known = pipeline_files(attached.settings.studio / FOLDER)
    name = asked.get("pipeline")
    if isinstance(name, str) and name not in known:
        raise NotFound(f"no pipeline {name!r}{suggest_name(name, known)}", remedy="call list_pipelines")
    return asked


def use_desk(asked: dict[str, Any], attached: Attached) -> dict[str, Any]:
    """The plan of a mix with the desk that it names, one strip for each input. Raises `BadInput` and `NotFound`."""
    named = asked.get("desk")
    if named is None:
        return asked
    inputs = asked.get("inputs")
    if not isinstance(named, str):
        raise wrong_arguments(("desk: give the name of a desk (list_desks), or the id of a draft",))
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        return {name: value for name, value in asked.items() if name != "desk"}  # refused with its own words
    names = [_call_input(str(one.get("source")), attached) for one in inputs]
    desk, _ = fit_desk(_find(named, attached), names, name_strips(names))
    return {**asked, "desk": desk.model_dump(mode="json")}


def _find(name: str, attached: Attached) -> Desk:
    path = desk_files(attached.settings.studio / DESKS).get(name)
    if path is not None:
        return find_desk(str(path))
    try:
        return read_draft(name, attached.here.studio).desk
    except NotFound:
        raise NotFound(f"no desk and no draft {name!r}", remedy="call list_desks, or draft_desk and wait for its job") from None


def _call_input(source: str, attached: Attached) -> str:
    """What an input is called: its stem where a stage played one alone, else its caption."""
    try:
        take: Take = attached.here.library.takes.get(source)
    except (NotFound, BadInput):
        return source
    return str(take.stage.get("stem") or take.caption)[:200]
