"""The dossier of a release: what the twin learned from, how, what was proven of it, and under which licences all of it is.

`dossier.json` says for programs what the model card says for people. No path of the machine that made it is in it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from ...errors import NotFound
from ...library import sums
from ...model.adapter_spec import AdapterCard
from ...proof.verdict import Verdict
from ...recipe import Record, read
from ...untrusted import read_object

NAME: Final = "dossier.json"
SCHEMA: Final = "twin.release/1"
NOT_STATED: Final = "LicenseRef-not-stated"
"""Stands for the licence of a track that states none."""
NAMING: Final = "CC-BY"
"""How a licence begins that asks for whoever made the music to be named."""


class ReleasedInstrument(Record):
    """The variant that the twin was trained on and is played on."""

    name: str
    revision: str = ""
    """Content hash of its weights; empty where nobody knows it."""
    origin: str = ""
    """Where its weights come from, in words."""
    licence: str = ""


class LearnedTrack(Record):
    """A track of the training set."""

    track: str
    """Id of its sound."""
    side: str
    """`train` was learned from, `holdout` was only judged by."""
    seconds: float
    licence: str | None = None
    """SPDX name; None where none is stated."""
    title: str = ""
    """Empty where it is not named."""
    artist: str = ""
    """Who made it, where that is not the producer."""
    provider: str = ""
    """Who it was got from."""


class Learned(Record):
    """The training set."""

    dataset: str
    """Its fingerprint."""
    tracks: tuple[LearnedTrack, ...] = ()
    """Empty where the set is not in the studio that made the release."""

    def side(self, side: str) -> tuple[LearnedTrack, ...]:
        """The tracks of one side."""
        return tuple(track for track in self.tracks if track.side == side)

    @property
    def licences(self) -> dict[str, int]:
        """How many tracks are under each licence, the most frequent first."""
        return dict(Counter(track.licence or NOT_STATED for track in self.tracks).most_common())

    @property
    def expression(self) -> str:
        """The licences of all tracks as one SPDX expression; empty where no track is known."""
        return " AND ".join(sorted(self.licences))


class Proven(Record):
    """What the proof of the twin found."""

    answer: str
    basis: str
    verdicts: tuple[Verdict, ...]
    revision: str
    """Content hash of the adapter that was proved."""


class SampleTake(Record):
    """A take that the twin plays on."""

    file: str
    """Its sound in the release."""
    take: str
    caption: str
    seed: int
    seconds: float
    loudness: float | None = None
    """LUFS."""
    samples: str
    """Hash of its samples, whatever holds them (`hash_samples`)."""


class Dossier(Record):
    """Everything that is known of a release."""

    schema_name: Literal["twin.release/1"] = Field(SCHEMA, alias="schema")
    version: str
    """Of the program that made the release."""
    created: AwareDatetime
    producer: str
    """Whose sound it is."""
    licence: str
    """Of the released weights: an SPDX name or `LicenseRef-…`."""
    adapter: AdapterCard
    revision: str
    """Content hash of the adapter's weights."""
    kind: str
    """`lora`, `dora` or `lokr`."""
    layers: int
    instrument: ReleasedInstrument
    learned: Learned
    recipe: str = ""
    """The recipe with every choice made, as TOML; empty where the run is not in the studio that made the release."""
    proven: Proven | None = None
    """None where the twin was not proved."""
    takes: tuple[SampleTake, ...] = ()
    merged: bool = False
    """Whether the folder `model` holds the variant with the twin merged in."""

    @property
    def licence_sentence(self) -> str:
        """Under which licence the weights are, and the songs that they learned from."""
        weights = f"The weights are under {self.licence}."
        if not self.learned.tracks:
            return f"{weights} What they learned from is not known here."
        named = {name: "without a stated licence" if name == NOT_STATED else f"under {name}" for name in self.learned.licences}
        return (
            f"{weights} Songs of the training set: {', '.join(f'{n} {named[one]}' for one, n in self.learned.licences.items())}."
        )

    @property
    def restrictions(self) -> tuple[str, ...]:
        """The licences among its tracks that forbid commercial use or derivatives."""
        return tuple(name for name in self.learned.licences if {"NC", "ND"} & set(name.upper().split("-")))


def read_data(folder: Path) -> dict[str, Any]:
    """The dossier of the release in `folder` as JSON. Raises `NotFound` where there is none, `BadInput` for a damaged one."""
    if not (folder / NAME).is_file():
        raise NotFound(
            f"{folder} holds no release: it has no {NAME}", remedy="give the folder of a release, or the id of one in the studio"
        )
    return read_object(folder / NAME, remedy=sums.REMEDY)


def read_dossier(data: dict[str, Any], folder: Path) -> Dossier:
    """The dossier of a twin. Raises `BadInput` for one that says other things than a dossier does."""
    return read(Dossier, data, where=str(folder / NAME))
