"""An album as it is planned: one frozen record that a person reads, edits and gives back.

The same brief, seed and version make the same record, byte for byte. Nothing in it is a path or a command: what is done with it
is decided by `produce` and by the level of autonomy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ..errors import BadInput
from ..house_band.sheet import Sheet
from ..house_band.styles import STYLES
from ..library.provenance import BlobName
from ..mixing.effects import number
from ..quality.detectors.defect import KINDS
from ..recipe import Record, canonical, fingerprint, read
from ..untrusted import read_object
from ..wording import suggest_name, visible_json
from .references import MOST, Reference, one_line
from .wishes import Asks

__all__ = ["AlbumPlan", "Playing", "TrackPlan", "Understood", "read_plan", "write_plan"]

VERSION: Final = 1
"""Changes where the same plan would be played otherwise."""
MOST_TRACKS: Final = 30
MOST_CANDIDATES: Final = 16
LARGEST: Final = 4 << 20
"""Bytes of a plan that is read."""


Line = Annotated[str, AfterValidator(one_line), Field(max_length=200)]


class Understood(Record):
    """Words of a brief, and what is made of them."""

    words: Line
    meaning: Line


class Playing(Record):
    """Who plays a track, and how."""

    variant: str = Field("nano", min_length=1, max_length=4_096)
    """Which instrument plays."""
    adapters: tuple[Annotated[str, Field(max_length=4_096)], ...] = ()
    """Twins to play with, as for `twin make --adapter`."""
    steps: int | None = Field(None, ge=1, le=500)
    """Denoising steps; the variant's own number when absent."""
    guidance: float | None = Field(None, ge=1, le=30)
    """Weight of the prompt; the variant's own when absent."""
    shift: float | None = Field(None, ge=0.1, le=10)
    """Shift of the noise schedule; the variant's own when absent."""
    guide_strength: float = Field(0.5, ge=0.01, le=0.99)
    """How closely takes follow the band's sketch of the sheet."""
    timbre: bool = False
    """Whether the instrument hears the reference that the track follows; nano, which plays by a sketch, gains nothing by it."""
    refine: float | None = Field(None, ge=0.01, le=1)
    """Share that a second pass plays anew; no second pass when absent."""


class TrackPlan(Record):
    """One track of an album."""

    title: Line = Field(min_length=1)
    """What it is called."""
    genre: Line
    """Row of `presets/planner.toml` that it was planned by."""
    style: Line
    """Id of the style that the band plays."""
    sheet: Sheet
    """The song: caption, tempo, key, form, chords, players and words by section."""
    seconds: float = Field(gt=0, le=600)
    """How long its form lasts, in seconds."""
    instrumental: bool = True
    """Whether nobody sings words."""
    playing: Playing = Playing()
    """Who plays it, and how."""
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**32)], ...] = Field(min_length=1, max_length=MOST_CANDIDATES)
    """A seed for each candidate."""
    like: BlobName | None = None
    """Content of the reference that it follows."""
    spare: tuple[Annotated[int, Field(ge=0, lt=2**32)], ...] = Field((), max_length=MOST_CANDIDATES)
    """Seeds of more candidates, which are played while none is like enough to the reference."""
    watch: tuple[Line, ...] = ()
    """Defects that count double when candidates are ranked."""
    asks: Asks = Asks()
    """What is asked of it, in the words of the styles."""
    wishes: tuple[Line, ...] = ()
    """Words of the brief that it answers."""

    @model_validator(mode="after")
    def _names_what_is_known(self) -> Self:
        from .heuristics import load_heuristics

        if self.style not in STYLES:
            raise BadInput(
                f"{self.title}: no style {self.style!r}{suggest_name(self.style, STYLES)}",
                remedy="styles stand in docs/reference/styles.md",
            )
        for name, known in ((self.genre, load_heuristics().genres), *((one, KINDS) for one in self.watch)):
            if name not in known:
                raise BadInput(f"{self.title}: {name!r} is not known", remedy=f"choose from {', '.join(sorted(known))}")
        if len(self.all_seeds) > MOST_CANDIDATES:
            raise BadInput(f"{self.title}: {len(self.all_seeds)} candidates", remedy=f"plan at most {MOST_CANDIDATES} of a track")
        if len(set(self.all_seeds)) < len(self.all_seeds):
            raise BadInput(f"{self.title}: two candidates have the same seed", remedy="give every candidate a seed of its own")
        return self

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of all candidates that may be played, in their order."""
        return self.seeds + self.spare


class AlbumPlan(Record):
    """An album, and what became of the words of its brief."""

    version: int = VERSION
    """Version of the planner."""
    brief: str = Field("", max_length=4_000)
    """What was asked for."""
    title: Line = Field(min_length=1)
    """What it is called."""
    artist: Line = Field("Producer Twin", min_length=1)
    """Whose album it is."""
    licence: Line = "LicenseRef-own"
    """Licence of its tracks: an SPDX name, or LicenseRef-NAME."""
    kind: Literal["single", "EP", "album"] = "EP"
    seed: int = Field(7, ge=0, lt=2**31)
    """Decides whatever the brief leaves open."""
    planner: Line = "rules"
    """Who read the brief: rules, or a language model too."""
    table: Line = ""
    """Fingerprint of the table of genres that it was planned by."""
    producer: Line | None = None
    """Whose tracks candidates are held against."""
    references: tuple[Reference, ...] = Field((), max_length=MOST)
    """Songs that it is to be like."""
    desk: Line = "streaming_master"
    """Desk that masters each track; none when empty."""
    loudness: Annotated[float, *number("loudness", -30, -6, "LUFS")] = -14.0
    """Loudness of every track."""
    repairs: int = Field(0, ge=0, le=10)
    """Most stages that may be played anew to repair a candidate, beside plain edits. On nano they seldom help."""
    repaired: int = Field(3, ge=0, le=MOST_CANDIDATES)
    """How many of the best candidates of a track are repaired."""
    tracks: tuple[TrackPlan, ...] = Field(min_length=1, max_length=MOST_TRACKS)
    understood: tuple[Understood, ...] = ()
    """What was made of the words of the brief."""
    unknown: tuple[Line, ...] = ()
    """Words that were not understood."""
    cannot: tuple[Line, ...] = ()
    """What was understood and cannot be done, each with its reason."""
    notes: tuple[Line, ...] = ()
    """What was decided where the brief says nothing."""

    @model_validator(mode="after")
    def _tells_tracks_apart(self) -> Self:
        titles = [one.title.casefold() for one in self.tracks]
        if twice := sorted({one for one in titles if titles.count(one) > 1}):
            raise BadInput(f"two tracks are called {twice[0]!r}", remedy="give every track a title of its own")
        sheets = [canonical(one.sheet.model_dump(exclude={"title"})) for one in self.tracks]
        if len(set(sheets)) < len(sheets):
            raise BadInput("two tracks have the same sheet", remedy="change tempo, key, form or chords of one of them")
        known = {one.content for one in self.references}
        if lost := next((one.title for one in self.tracks if one.like not in (None, *known)), None):
            raise BadInput(f"{lost} follows a reference that the plan does not hold", remedy="set its like to null")
        return self

    def reference_of(self, track: TrackPlan) -> Reference | None:
        """The reference that a track follows."""
        return next((one for one in self.references if one.content == track.like), None)

    @property
    def seconds(self) -> float:
        """Length of all tracks together."""
        return sum(one.seconds for one in self.tracks)

    @property
    def key(self) -> str:
        """Fingerprint of the plan."""
        return fingerprint(self)


def read_plan(path: Path) -> AlbumPlan:
    """The plan in a JSON file, every song of it checked.

    Raises `NotFound`, and `BadInput` that names every mistake, the track and the bar among them.
    """
    remedy = "name a plan that `twin produce --write-plan` wrote, or correct it"
    return settle_plan(read(AlbumPlan, read_object(path, largest=LARGEST, remedy=remedy), where=path.name), where=path.name)


def settle_plan(found: AlbumPlan, *, where: str) -> AlbumPlan:
    """A plan that somebody edited, with the length that each track has by its form. Raises `BadInput` as `read_plan` does."""
    from .sheets import settle_length

    if found.version != VERSION:
        message = f"{where} was written for version {found.version} of the planner, and this is {VERSION}"
        raise BadInput(message, remedy="plan the album anew, or set its version after a look at what changed")
    tracks = []
    for place, track in enumerate(found.tracks, 1):
        try:
            tracks.append(track.model_copy(update={"seconds": settle_length(track.sheet)}))
        except BadInput as error:
            fault = f"tracks.{place - 1}: {error.message}"
            raise BadInput(f"{where}, track {place}: {error.message}", remedy=error.remedy, faults=(fault,)) from None
    return found.model_copy(update={"tracks": tuple(tracks)})


def write_plan(album: AlbumPlan) -> bytes:
    """The plan as a file to read and edit; the same plan is the same bytes."""
    return (visible_json(album.model_dump(mode="json")) + "\n").encode()
