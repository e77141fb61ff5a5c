"""Tools that say what is here to work with (instruments, producers, styles, pipelines, desks, uploads), and read song sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ...house_band.styles import STYLES
from ...library import adapters as twins
from ...progress import finish
from ...recipe import Record
from ...verbs import models
from ...verbs.pipeline import list_pipelines
from ...verbs.song_chart import SongWords, read_words
from .attached import Attached
from .presets import list_desks
from .tool import READS, Tool, make_tool


class Everything(Record):
    """All there are."""


class StyleSearch(Record):
    """Which styles."""

    text: Annotated[str, Field(max_length=100)] | None = None
    """A word of its name, its category or its tags."""


def _list_variants(_: Everything, attached: Attached) -> Mapping[str, Any]:
    """List the instruments: what each can do, and whether it is here."""
    found = models.list_models(attached.here.studio)
    return {"variants": [one.model_dump(exclude={"where"}) for one in found if one.name != "tiny" or one.present]}


def _list_producers(_: Everything, attached: Attached) -> Mapping[str, Any]:
    """List the producers, and whose twin can play along."""
    here = attached.here
    counts = dict(here.library.tracks.producers())
    installed = {one.producer: one for one in twins.list_installed(attached.settings.studio)}
    names = sorted({*counts, *installed}, key=str.casefold)
    return {"producers": [_producer(name, counts.get(name, 0), installed.get(name)) for name in names]}


def _producer(name: str, tracks: int, twin: twins.InstalledTwin | None) -> dict[str, Any]:
    return {"name": name, "tracks": tracks, "twin": None if twin is None else twin.slug}


def _list_styles(asked: StyleSearch, _: Attached) -> Mapping[str, Any]:
    """List the styles that captions can ask for, with their tempo and their words."""
    word = (asked.text or "").casefold()
    found = []
    for style in STYLES.values():
        tags = tuple(dict.fromkeys((*style.base_tags, *style.instruments, *style.production, *style.moods)))
        if word in " ".join((style.id, style.name, style.category, *tags)).casefold():
            found.append(
                {"id": style.id, "name": style.name, "category": style.category, "tempo": style.tempo, "tags": ", ".join(tags)}
            )
    return {"styles": found}


def _list_pipelines(_: Everything, attached: Attached) -> Mapping[str, Any]:
    """List the pipelines that run_pipeline plays."""
    return {"pipelines": finish(list_pipelines(attached.here.studio))}


def _list_desks(_: Everything, attached: Attached) -> Mapping[str, Any]:
    """List the desks that mix can go through."""
    return {"desks": list_desks(attached)}


def _list_assets(_: Everything, attached: Attached) -> Mapping[str, Any]:
    """List the sounds that the user uploaded, to work on."""
    return {"assets": attached.here.assets.list()}


def _check_song(words: SongWords, _: Attached) -> Mapping[str, Any]:
    """Read the chords, form and lines of a song before make plays it: its chart, or every mistake with what to write instead."""
    return read_words(words).model_dump(mode="json")


def make_studio_tools() -> tuple[Tool, ...]:
    """The tools that say what is here."""
    return (
        make_tool("list_variants", READS, Everything, _list_variants),
        make_tool("list_producers", READS, Everything, _list_producers),
        make_tool("list_styles", READS, StyleSearch, _list_styles),
        make_tool("list_pipelines", READS, Everything, _list_pipelines),
        make_tool("list_desks", READS, Everything, _list_desks),
        make_tool("list_assets", READS, Everything, _list_assets),
        make_tool("check_song", READS, SongWords, _check_song),
    )
