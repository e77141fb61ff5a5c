"""Runs: executions of a recipe, each a folder that explains itself.

STUDIO/runs/ID/
├── run.json            what is trained from what, and how it stands
├── recipe.toml         the recipe with every choice made
├── log.jsonl           a row per step; validation.jsonl, samples.jsonl and warnings.jsonl beside it
├── board/              the same for TensorBoard
├── checkpoints/step-…  to go on from, each with its adapter
└── adapter/            what came of it

Whoever trains holds the run. A run that says it is running and that nobody holds was killed: it is read as `interrupted`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from ..disk import write_whole
from ..errors import BadInput, NotFound, Unavailable
from ..recipe import Record, read, short_id
from ..untrusted import read_object
from ..wording import plural
from .lock import hold_lock, hold_work
from .provenance import check_prefix, only_match
from .trash import Discard, Kind, TrashEntry, discard

Status = Literal["running", "done", "stopped", "diverged", "failed", "interrupted"]
FACTS: Final = "run.json"
RECIPE: Final = "recipe.toml"
CHECKPOINTS: Final = "checkpoints"
ADAPTER: Final = "adapter"
_LISTING: Final = "twin runs list"
_STATE: Final = "state.json"
_PATIENCE: Final = 2.0
"""Seconds to wait for whoever only looks whether a run is held."""


class RunDraft(Record):
    """What a run is to do."""

    kind: Literal["lora", "dpo"] = "lora"
    """How it is trained: on tracks, or on preferences."""
    producer: str = Field(min_length=1)
    """Whose sound it learns."""
    variant: str
    """The instrument that learns."""
    revision: str
    """Content hash of the instrument's weights."""
    dataset: str
    """Fingerprint of the training set."""
    recipe: str
    """Fingerprint of the recipe with every choice made."""
    steps: int = Field(ge=1)
    """Optimizer steps in all."""
    start: str | None = None
    """The adapter it starts from, where not from nothing."""
    source: str | None = None
    """Folder of the instrument, where it is not a variant with a name."""


class Run(RunDraft):
    """A run, and how it stands."""

    id: str = Field(pattern=r"^[a-z2-7]{12}$")
    created: AwareDatetime
    status: Status = "running"
    step: int = Field(0, ge=0)
    """Optimizer steps that a checkpoint holds."""
    best: int | None = None
    """Step of the checkpoint with the least validation loss."""
    note: str = ""
    """Why it ended as it did."""


class Runs:
    """Every run of the studio in folder `studio`."""

    def __init__(self, studio: Path, clock: Callable[[], datetime]) -> None:
        self.place = studio / "runs"
        self.clock = clock

    def create(self, draft: RunDraft, recipe: str) -> Run:
        """A new run with its folder; `recipe` is the TOML to keep. It is there once its `run.json` is."""
        created = self.clock().astimezone(UTC)
        run = Run(**draft.model_dump(), id=_id(draft, created), created=created)
        write_whole(self.folder(run) / RECIPE, recipe.encode())
        self._write(run)
        return run

    def get(self, key: str) -> Run:
        """The run whose id is or begins with `key`. Raises `NotFound`, or `BadInput` when several do."""
        prefix = check_prefix(key, "run", _LISTING)
        found = sorted(path.parent.name for path in self.place.glob(f"{prefix}*/{FACTS}"))
        return self._read(only_match(found, key, self.place.parent, "run", _LISTING))

    def list(self, producer: str | None = None) -> tuple[Run, ...]:
        """Every run, or those of one producer, the newest first; `survey` also names those that cannot be read."""
        return self.survey(producer)[0]

    def survey(self, producer: str | None = None) -> tuple[tuple[Run, ...], dict[str, str]]:
        """Every run, or those of one producer, the newest first; and by folder why one cannot be read."""
        mine: list[Run] = []
        damaged: dict[str, str] = {}
        for path in sorted(self.place.glob(f"*/{FACTS}")):
            try:
                run = self._read(path.parent.name)
            except NotFound:  # removed just now
                continue
            except BadInput as error:
                damaged[path.parent.name] = error.message
            else:
                mine += [run] if producer in (None, run.producer) else []
        return tuple(sorted(mine, key=lambda run: (run.created, run.id), reverse=True)), damaged

    def update(self, run: Run, **changes: Any) -> Run:
        """Write `run` with `changes`, and return it as it is now."""
        changed = Run.model_validate(run.model_dump() | changes)
        self._write(changed)
        return changed

    def folder(self, run: Run) -> Path:
        """Where a run lies."""
        return self.place / run.id

    def checkpoints(self, run: Run) -> tuple[tuple[int, Path], ...]:
        """Step and folder of every whole checkpoint, the oldest first."""
        found = (path.parent for path in (self.folder(run) / CHECKPOINTS).glob(f"step-*/{_STATE}"))
        return tuple(sorted((int(path.name.removeprefix("step-")), path) for path in found))

    def find_resumable(self, draft: RunDraft) -> Run | None:
        """The newest run that does what `draft` says and can go on; None where there is none."""
        able = [run for run in self.list(draft.producer) if run.status in ("interrupted", "stopped", "failed")]
        return next((run for run in able if run.model_dump(include=set(RunDraft.model_fields)) == draft.model_dump()), None)

    def discard(self, key: str) -> tuple[Run, TrashEntry]:
        """Move the run `key` with its folder into the trash. Raises as `get` does, and `Unavailable` while it is trained."""
        run = self.get(key)
        title = f"{run.producer} on {run.variant}, {plural(run.steps, 'step')}"
        with self.hold(run):
            what = Discard(Kind.RUN, (run.id,), title, (self.folder(run),))
            return run, discard(self.place.parent, what, self.clock())

    @contextmanager
    def hold(self, run: Run) -> Iterator[None]:
        """Hold `run` alone while it is trained. Raises `Unavailable` when another process does."""
        remedy = f"wait for it, or stop it; see `twin runs show {run.id}`"
        with hold_work(self.folder(run), f"run {run.id} is being trained by another process", remedy, patience=_PATIENCE):
            yield

    def _read(self, name: str) -> Run:
        path = self.place / name / FACTS
        remedy = f"restore {path}, or remove its folder"
        try:
            data = read_object(path, remedy=remedy)
        except NotFound:
            raise NotFound(f"run {name} was removed just now", remedy=f"see `{_LISTING}`") from None
        run = read(Run, data, where=str(path))
        if run.status == "running":
            with _try_lock(path.parent, 0.0) as dead:
                if dead:
                    return run.model_copy(update={"status": "interrupted"})
        return run

    def _write(self, run: Run) -> None:
        text = json.dumps(run.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
        write_whole(self.folder(run) / FACTS, text.encode())


def _id(draft: RunDraft, created: datetime) -> str:
    return short_id(draft.model_dump(mode="json") | {"created": created.isoformat()})


@contextmanager
def _try_lock(folder: Path, patience: float) -> Iterator[bool]:
    """Hold `folder` for the time of the block; False where somebody else does."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_lock(folder, patience=patience))
        except Unavailable:
            yield False
            return
        yield True
