"""A mix by a person's own Faust: its record, and the take that comes of it.

It is no stage of a pipeline, and no recipe or request can ask for it: a person names the file at the command line, and lets a
take be made again that way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final, Literal, Self

from pydantic import Field

from ..audio import edits
from ..library import TakeDraft
from ..mixing.desk import Master
from ..mixing.own_faust import LONGEST_SOURCE, OwnRendering, render_own
from ..mixing.report import MixReport, read_sound, sum_stems
from ..progress import Steps
from ..recipe import Record
from .mix import draft_of
from .sound_stages import MixInput, name_sources, pin_inputs
from .sources import EditSource
from .stages import Prompt, SourceRef

KIND: Final = "own_faust"
REVISION: Final = "producertwin.own_faust/1"


class OwnMix(Record):
    """Sounds mixed by a person's own Faust."""

    kind: Literal["own_faust"] = "own_faust"
    """What stands in the record of the take."""
    inputs: tuple[MixInput, ...] = Field(min_length=1)
    """The sounds in the order of the program's inputs, left and right of each."""
    prompt: Prompt = Prompt()
    """What sounds."""
    faust: str = Field(max_length=LONGEST_SOURCE)
    """The program."""
    faust_hash: str
    """SHA-256 of the program."""
    master: Master
    """Gain and limiter that stand behind it."""

    @property
    def sources(self) -> tuple[SourceRef, ...]:
        """What it works on."""
        return name_sources(self.inputs)

    def pin(self, sources: Sequence[SourceRef]) -> Self:
        """The same of exactly these `sources`, named in full and with their hashes."""
        return self.model_copy(update={"inputs": pin_inputs(self.inputs, sources)})


def hash_source(source: str) -> str:
    """SHA-256 of a program."""
    return hashlib.sha256(source.encode()).hexdigest()


def is_own_mix(stage: Any) -> bool:
    """Whether a stored stage is a mix by a person's own Faust."""
    return isinstance(stage, dict) and stage.get("kind") == KIND


def play_own(stage: OwnMix, sources: Sequence[EditSource]) -> Steps[OwnRendering]:
    """What the Faust of `stage` makes of `sources`. Raises as `mixing.own_faust.render_own` does."""
    return (yield from render_own(stage.faust, [edits.to_stereo(source.audio) for source in sources], stage.master))


def own_draft(stage: OwnMix, sources: Sequence[EditSource], made: OwnRendering, *, picture: bool = False) -> TakeDraft:
    """The take of a mix, not stored; its record asks for the same loudness as `stage`."""
    return draft_of(stage, sources, made.audio, picture=picture, revision=REVISION)


def read_own_mix(made: OwnRendering, sources: Sequence[EditSource]) -> MixReport:
    """The report: the mix beside the plain sum. What becomes of each stem inside the Faust nobody can tell."""
    plain = sum_stems([edits.to_stereo(source.audio) for source in sources])
    return MixReport(mix=read_sound(made.audio), plain_sum=read_sound(plain), strips=(), limiting_db=round(made.limiting, 2))
