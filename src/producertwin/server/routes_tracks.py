"""Tracks, their producers and twins, and the training sets that were made of them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import Field, JsonValue

from ..dataset import store
from ..dataset.captions import Caption, explain_flags
from ..dataset.manifest import Manifest, Rating
from ..dataset.store import StoredDataset
from ..errors import NotFound
from ..library import Track
from ..library import adapters as twins
from ..library.adapters import AdapterSummary, InstalledTwin
from ..library.studio import FROZEN
from ..library.trash import TrashEntry
from ..recipe import Record
from ..verbs import caption as captioning
from ..verbs import rate as rating_verb
from ..verbs.adapters import remove as remove_twin
from ..verbs.dataset import delete_set
from ..verbs.licence import set_licence as set_track_licence
from ..verbs.split import Choice, DatasetPlan, plan_set
from .answers import Page, answer, page
from .bodies import JsonRoute
from .media import media_type, send_file
from .previews import Sound
from .reports import send_report
from .routes_runs import ProofFacts, newest_proofs
from .served import Cursor, Here, Limit, Served, omit, pick
from .sounds import BINARY, add_sound_routes

tracks = APIRouter(prefix="/v1/tracks", tags=["tracks"], route_class=JsonRoute)
datasets = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=JsonRoute)
producers = APIRouter(prefix="/v1/producers", tags=["producers"], route_class=JsonRoute)

DatasetFacts = omit(StoredDataset, "path")
TwinFacts = omit(InstalledTwin, "folder", "versions")
Producer = Annotated[str | None, Query(max_length=200, description="Whose; everybody's when absent.")]
DatasetId = Annotated[str, PathParameter(pattern="^[0-9a-f]{1,12}$", description="Id of a training set, or its beginning.")]


class TrackDetail(Record):
    """A track, and what was noted of it."""

    track: Track
    notes: dict[str, dict[str, JsonValue]]
    """Screening, caption, rating and others, by kind."""


class TrackPage(Page[Track]):
    """A part of the list of tracks."""

    notes: dict[str, dict[str, dict[str, JsonValue]]]
    """What was noted of each track, by its id and by kind, where that is asked for."""


class CaptionOfTrack(Record):
    """How a track is described."""

    track: str
    caption: Caption
    text: str
    """What is learned: the caption as one text."""
    look_at: str
    """What a person should look at, with both values where a statement and a measurement disagree; empty where nothing."""


class CaptionChanges(Record):
    """Parts of a caption, as a person writes them: tags separated by commas."""

    style: str | None = Field(None, max_length=100)
    genre: str | None = Field(None, max_length=1000)
    mood: str | None = Field(None, max_length=1000)
    instruments: str | None = Field(None, max_length=1000)
    production: str | None = Field(None, max_length=1000)
    atmosphere: str | None = Field(None, max_length=1000)
    vocal_type: str | None = Field(None, max_length=1000)
    bpm: str | None = Field(None, max_length=40)
    key: str | None = Field(None, max_length=40)
    meter: str | None = Field(None, max_length=40)
    lyrics: str | None = Field(None, max_length=50_000)
    language: str | None = Field(None, max_length=40)
    text: str | None = Field(None, max_length=5000)
    """The whole caption in the person's own words."""


class LicenceSaid(Record):
    """Under which licence a track may be used."""

    licence: str = Field(min_length=1, max_length=200)
    """An SPDX name, or LicenseRef-own for your own music."""


class ProducerFacts(Record):
    """A producer: how many tracks are theirs, and the twin that learned from them."""

    name: str
    tracks: int
    twin: TwinFacts | None = None  # type: ignore[valid-type]
    adapter: AdapterSummary | None = None
    """What the twin's files say of themselves."""
    learned: str = ""
    """What the twin learned, in one sentence: the answer of its newest proof."""
    proof: str | None = None
    """Id of that proof."""
    versions: int = 0
    """Earlier twins that are kept."""


@tracks.get("", operation_id="list_tracks", response_model=TrackPage)
def list_tracks(
    request: Request,
    here: Here,
    producer: Producer = None,
    notes: Annotated[bool, Query(description="Tell what was noted of each, too.")] = False,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """List tracks by producer and title; with `notes`, what was noted of each in the same answer."""
    found = page(here.library.tracks.list(producer), limit, cursor)
    noted = here.library.tracks.notes_of([one.id for one in found["items"]]) if notes else {}
    return answer(request, found | {"notes": noted})


@tracks.get("/{track}", operation_id="read_track", response_model=TrackDetail)
def read_track(request: Request, track: str, here: Here) -> Response:
    """Read a track and what was noted of it."""
    found = here.library.tracks.get(track)
    return answer(request, TrackDetail(track=found, notes=here.library.tracks.notes(found.id)))


@tracks.put("/{track}/rating", operation_id="rate_track", response_model=TrackDetail)
def rate_track(request: Request, track: str, rating: Rating, here: Here) -> Response:
    """Keep a person's score of a track, and why."""
    found = rating_verb.rate_track(track, rating.score, here.studio, note=rating.note)
    return answer(request, TrackDetail(track=found, notes=here.library.tracks.notes(found.id)))


@tracks.patch("/{track}/caption", operation_id="edit_caption", response_model=CaptionOfTrack)
def edit_caption(request: Request, track: str, changes: CaptionChanges, here: Here) -> Response:
    """Set parts of a track's caption by hand; what is absent stays, an empty text clears. Flags that it answers go."""
    said = {name: value for name, value in changes.model_dump(exclude_unset=True).items() if value is not None}
    captioning.edit(track, said, here.studio)
    return answer(request, _caption(track, here))


@tracks.get("/{track}/caption", operation_id="read_track_caption", response_model=CaptionOfTrack)
def read_caption(request: Request, track: str, here: Here) -> Response:
    """Read a track's caption: its parts, the text that is learned, and what a person should look at."""
    return answer(request, _caption(track, here))


@tracks.put("/{track}/licence", operation_id="set_licence", response_model=TrackDetail)
def set_licence(request: Request, track: str, said: LicenceSaid, here: Here) -> Response:
    """Say under which licence a track may be used."""
    found = set_track_licence(track, said.licence, here.studio)
    return answer(request, TrackDetail(track=found, notes=here.library.tracks.notes(found.id)))


@tracks.delete("/{track}", operation_id="delete_track", response_model=Track)
def delete_track(request: Request, track: str, here: Here) -> Response:
    """Forget a track, with its notes. Training sets that were frozen with it keep its name and lose its sound."""
    return answer(request, here.library.tracks.delete(track))


@tracks.get("/{track}/stems/{stem}/audio", operation_id="read_stem_audio", response_class=Response, responses=BINARY)
def read_stem_audio(request: Request, track: str, stem: str, here: Here) -> Response:
    """Send the sound of one stem of a track, or one range of its bytes."""
    found = here.library.tracks.get(track)
    path = here.library.tracks.content(found, stem)
    return send_file(request, path, tag=found.stems[stem].removeprefix("b2:"), media=media_type(path), lasts=True)


def _caption(key: str, here: Served) -> CaptionOfTrack:
    track, caption = captioning.find_caption(key, here.studio)
    return CaptionOfTrack(track=track.id, caption=caption, text=caption.text, look_at=explain_flags(caption))


def sound_of(key: str, here: Served) -> Sound:
    """The sound of a track."""
    track = here.library.tracks.get(key)
    return Sound(track.audio, here.library.tracks.content(track), track.title)


add_sound_routes(tracks, "track", sound_of)


@datasets.get("", operation_id="list_datasets", response_model=Page[DatasetFacts])  # type: ignore[valid-type]
def list_datasets(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the training sets that were frozen, the newest first."""
    found = store.list_datasets(_folder(here))
    data = page([pick(DatasetFacts, one) for one in found], limit, cursor)
    return answer(request, data | {"damaged": [path.stem for path in store.list_damaged(_folder(here))]})


@datasets.post("/plan", operation_id="plan_dataset", response_model=Choice)
def plan_dataset(request: Request, plan: DatasetPlan, here: Here) -> Response:
    """Tell what a training set would hold, what is left out and why, and which tracks are one recording; nothing is kept."""
    return answer(request, plan_set(plan, here.studio))


@datasets.get("/{dataset}", operation_id="read_dataset", response_model=Manifest)
def read_dataset(request: Request, dataset: DatasetId, here: Here) -> Response:
    """Read a training set: which tracks, in which words, on which side, made how."""
    return answer(request, store.find(dataset, _folder(here)))


@datasets.get("/{dataset}/report", operation_id="read_dataset_report", response_class=Response)
def read_dataset_report(request: Request, dataset: DatasetId, here: Here) -> Response:
    """Send the report of a training set as a page that loads nothing."""
    path = _folder(here) / FROZEN / f"{store.name_of(store.find(dataset, _folder(here)))}.html"
    return send_report(request, path)


@datasets.delete("/{dataset}", operation_id="delete_dataset", response_model=TrashEntry)
def delete_dataset(request: Request, dataset: DatasetId, here: Here) -> Response:
    """Move a training set to the trash; its tracks and trainings stay."""
    return answer(request, delete_set(dataset, here.studio))


@producers.get("", operation_id="list_producers", response_model=Page[ProducerFacts])
def list_producers(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List everybody whose tracks or twins are here, by name."""
    counts = dict(here.library.tracks.producers())
    installed = {twin.producer: twin for twin in twins.list_installed(_folder(here))}
    names = sorted({*counts, *installed}, key=str.casefold)
    found, proofs = page(names, limit, cursor), newest_proofs(here)
    shown = [_producer(name, counts.get(name, 0), installed.get(name), proofs.get(name)) for name in found["items"]]
    return answer(request, found | {"items": shown})


@producers.get("/{producer}", operation_id="read_producer", response_model=ProducerFacts)
def read_producer(request: Request, producer: str, here: Here) -> Response:
    """Read how many tracks are a producer's, and what their twin is."""
    count = dict(here.library.tracks.producers()).get(producer, 0)
    twin = next((one for one in twins.list_installed(_folder(here)) if producer in (one.producer, one.slug)), None)
    if not count and twin is None:
        raise NotFound(f"no producer {producer[:80]!r}", remedy="see the list of producers")
    name = twin.producer if twin else producer
    return answer(request, _producer(name, count, twin, newest_proofs(here).get(name)))


@producers.delete("/{producer}/twin", operation_id="delete_twin", response_model=TrashEntry)
def delete_twin(request: Request, producer: str, here: Here) -> Response:
    """Move a producer's twin with its earlier versions to the trash; tracks, runs and takes stay."""
    return answer(request, remove_twin(producer, here.studio)[1])


def _producer(name: str, count: int, twin: InstalledTwin | None, proof: ProofFacts | None) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "tracks": count, "twin": None, "adapter": None, "versions": 0}
    found |= {"learned": proof.answer if proof else "", "proof": proof.id if proof else None}
    if twin is None:
        return found
    about = twins.describe(twin.folder)
    summary = {field.name: getattr(about, field.name) for field in fields(about)}
    return found | {"twin": pick(TwinFacts, twin), "adapter": summary, "versions": len(twin.versions)}


def _folder(here: Served) -> Path:
    return here.studio.settings.studio
