"""Desks whose stems are named one by one: mixed as a stage, and drafted by the rules. The page's Desk asks for both as jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, ValidationError, model_validator

from ..disk import write_whole
from ..errors import AudioRejected, BadInput, NotFound
from ..mixing.automix.draft import Move, read_move
from ..mixing.automix.undo import undo_moves
from ..mixing.desk import MOST_STRIPS, Desk
from ..mixing.stems import fit_desk, name_strips
from ..progress import Steps, note
from ..recipe import Record, short_id
from .automatic import call_source, correct, set_automatically
from .kept_json import read_json, write_json
from .mix_plan import MixPlan

if TYPE_CHECKING:
    from ..library import Take
    from ..pipeline.sound_stages import Mix
    from ..pipeline.sources import EditSource
    from .studio import Studio

DRAFTS: Final = "cache/desks"
"""Folder of the studio that holds what the rules drafted; it may be removed at any time."""


class DeskStem(Record):
    """A stem, and what it is called."""

    source: str
    """A take (its id or the start of it) or a sound file."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What it is called, such as drums; as its take or file is when absent."""


class DraftPlan(Record):
    """What the rules are to set a desk by."""

    inputs: tuple[DeskStem, ...] = Field(min_length=1, max_length=MOST_STRIPS)
    """The stems."""
    desk: Desk = Desk(title="Automatic")
    """A desk whose effects stay; its strips are fitted to the stems."""
    prompt: str = Field("", max_length=2_000)
    """Style and moods, such as "dark trap, heavy 808s"."""
    like: DeskStem | None = None
    """A finished song, file or take, whose spectrum, width, dynamics and loudness the mix comes near."""

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        names = [one.source for one in self.inputs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise BadInput(f"{', '.join(twice)} is given twice", remedy="name each stem once")
        return self


@dataclass(frozen=True, slots=True)
class DeskDraft:
    """A desk that the rules set, and what a person should know of it."""

    id: str
    desk: Desk
    before: Desk
    """The desk before any move."""
    moves: tuple[Move, ...]
    """What was done, in the order of the sentences of `desk`."""
    unread: tuple[str, ...]
    """Words of the prompt that nothing was made of."""
    heard: bool
    """Whether its effects were played and the faders set again by what they did; without an engine they were not."""

    def without(self, places: Collection[int]) -> Desk:
        """The desk without the moves at `places`, from 0; what the others did stays. Raises `BadInput` for no such move."""
        undoable = {place for place, move in enumerate(self.moves) if move.changes}
        if wrong := sorted(set(places) - undoable):
            message = f"move {wrong[0]} changed nothing that could be undone, or there is none of that number"
            raise BadInput(message, remedy="name moves that changed the desk", faults=(f"without: {message}",))
        return undo_moves(self.desk, self.before, self.moves, places)[0]


def plan_draft(plan: DraftPlan, studio: Studio) -> tuple[EditSource, ...]:
    """The stems that `draft_desk` would listen to. Raises as it does before it listens."""
    if plan.like is not None:
        try:
            _find(plan.like.source, studio)
        except (NotFound, AudioRejected, BadInput) as error:
            message = f"the song to come near cannot be heard: {error.message}"
            raise BadInput(message, remedy=error.remedy, faults=(f"like.source: {error.message}",)) from None
    return _find_each([one.source for one in plan.inputs], studio)


def draft_desk(plan: DraftPlan, studio: Studio) -> Steps[DeskDraft]:
    """Set a desk by the rules from the stems of `plan`, and keep it where `read_draft` finds it.

    Raises as `mix` does; no engine is needed.
    """
    from ..audio import edits
    from ..mixing.engine import is_installed
    from ..mixing.render import render
    from .sounds import decode_sources

    sources = yield from decode_sources(plan_draft(plan, studio), studio)
    names = [one.name or call_source(source) for one, source in zip(plan.inputs, sources, strict=True)]
    fitted, told = fit_desk(plan.desk, names, name_strips(names))
    for text in told:
        yield note(text)
    like = plan.like or DeskStem(source="")
    wish = MixPlan(stems=tuple(source.name for source in sources), prompt=plan.prompt, like=like.source)
    auto = yield from set_automatically(wish, fitted, sources, studio, names=names, song_name=like.name)
    if heard := is_installed():
        rendering = yield from render(auto.desk, [edits.to_stereo(source.audio) for source in sources])
        auto = correct(auto, rendering.strips) or auto
    key = short_id({"plan": plan.model_dump(mode="json"), "desk": auto.desk.model_dump(mode="json")}, person=b"draft")
    draft = DeskDraft(key, auto.desk, auto.before, auto.moves, auto.unread, heard)
    write_whole(_path(key, studio), write_json(draft))
    return draft


def read_draft(key: str, studio: Studio) -> DeskDraft:
    """The draft with the id `key`. Raises `NotFound`."""
    try:
        if key.isalnum():
            found = read_json(DeskDraft, _path(key, studio).read_bytes())
            return replace(found, moves=tuple(map(read_move, found.moves)))
    except (FileNotFoundError, ValidationError):
        pass
    raise NotFound(f"no draft {key[:40]!r}", remedy="let the desk be set again")


def plan_mix(stage: Mix, studio: Studio) -> tuple[EditSource, ...]:
    """The stems that `play_mix` would play. Raises as it does before it plays."""
    from ..mixing.engine import check_installed

    if stage.desk is not None:
        check_installed()
    return _find_each([one.source for one in stage.inputs], studio)


def play_mix(stage: Mix, studio: Studio) -> Steps[Take]:
    """Play a mix and keep its take. Raises as `mix` does."""
    from ..pipeline.mix import mix_draft
    from .sounds import decode_sources

    sources = yield from decode_sources(plan_mix(stage, studio), studio)
    made = yield from mix_draft(stage, sources)
    return studio.library.takes.add(made)


def _find(name: str, studio: Studio) -> EditSource:
    from ..pipeline.sources import find_source
    from ..pipeline.stages import SourceRef

    return find_source(SourceRef(name), studio.existing_library)


def _find_each(names: Sequence[str], studio: Studio) -> tuple[EditSource, ...]:
    """The sources by name. Raises for one that cannot be had, a silent one too, by its place."""
    found = []
    for place, name in enumerate(names):
        try:
            found.append(_find(name, studio))
        except (NotFound, AudioRejected, BadInput) as error:
            fault = f"inputs.{place}.source: {error.message}"
            raise BadInput(f"stem {place + 1} cannot be mixed: {error.message}", remedy=error.remedy, faults=(fault,)) from None
    return tuple(found)


def _path(key: str, studio: Studio) -> Path:
    return studio.settings.studio / DRAFTS / f"{key}.json"
