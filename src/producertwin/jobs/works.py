"""Long work that can be a job: its record, what it needs, and the verb that does it.

A work is a verb with its plan and whatever else it is given, in one frozen record, and so JSON. `settle` turns what was asked
into what will be done, and raises for all that can be refused: it checks as the verb does, draws the seeds nobody gave, and names
files in full, since a worker stands in another folder. `play` does it, given the units that earlier attempts have done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import BadInput
from ..progress import Event, Kept, Progress, Steps
from ..recipe import Record, read
from .records import Outcome, Queue

if TYPE_CHECKING:
    from ..verbs.rendering import Rendered
    from ..verbs.studio import Studio

P = TypeVar("P", bound=Record)
T = TypeVar("T")
Play = Callable[[P, "Studio", Sequence[Kept]], Steps[Outcome]]
Settle = Callable[[P, "Studio"], Steps[P]]


@dataclass(frozen=True, slots=True)
class Work(Generic[P]):
    """One kind of work."""

    kind: str
    record: type[P]
    """What is asked for."""
    queue: Queue
    play: Play[P]
    """Do it; every unit that is stored is told as `Kept`."""
    settle: Settle[P]
    """What will be done. Raises for all that can be refused beforehand."""
    amount: Callable[[P], float] = lambda _: 1.0
    """How much it is, in any unit: what such work took before is divided by it."""
    choose: Callable[[P], Queue] | None = None
    """The queue of a plan, where not every one of its kind waits in `queue`."""

    @property
    def workflow(self) -> str:
        """The name of its workflow in DBOS."""
        return f"twin.{self.kind}"

    def queue_of(self, plan: P) -> Queue:
        """The queue in which a job of this plan waits."""
        return self.queue if self.choose is None else self.choose(plan)


AnyWork = Work[Any]


def read_plan(work: Work[P], data: Any) -> P:
    """The record of a work from JSON. Raises `BadInput` that names every mistake."""
    if not isinstance(data, Mapping):
        raise BadInput("the plan of a job is no JSON object", remedy="write the fields of its record as {…}")
    return read(work.record, dict(data), where=work.kind)


def write_plan(plan: Record) -> dict[str, Any]:
    """A record as JSON, with what was said only; files that are there are named in full."""
    found: dict[str, Any] = _in_full(plan.model_dump(mode="json", exclude_unset=True), plan.model_dump(exclude_unset=True))
    _name_kinds(found, plan)
    return found


def _name_kinds(plain: Any, value: Any) -> None:
    """Put the kind of every record that has one into its JSON: nobody sets it, and it says which record to read."""
    if isinstance(value, Record) and isinstance(plain, dict):
        if "kind" in type(value).model_fields:
            plain["kind"] = value.kind  # type: ignore[attr-defined]
        for name, item in plain.items():
            _name_kinds(item, getattr(value, name, None))
    elif isinstance(value, list | tuple) and isinstance(plain, list):
        for pair in zip(plain, value, strict=False):
            _name_kinds(*pair)


def _in_full(plain: Any, value: Any, *, of_twins: bool = False) -> Any:
    """`plain` is the JSON of `value`. Paths become absolute, and so do texts that are written like a path and lead somewhere.

    Inside of adapters (`of_twins`) what leads nowhere is the name of a twin, and stays one.
    """
    if isinstance(value, Path):
        path = value.expanduser()
        return str(value) if of_twins and not path.exists() else str(path.absolute())
    if isinstance(plain, dict) and isinstance(value, dict):
        return {name: _in_full(item, value[name], of_twins=of_twins or name == "adapters") for name, item in plain.items()}
    if isinstance(plain, list) and isinstance(value, list | tuple) and len(plain) == len(value):
        return [_in_full(*pair, of_twins=of_twins) for pair in zip(plain, value, strict=True)]
    if isinstance(plain, str) and _is_path(plain):
        return str(Path(plain).absolute())
    return plain


def _is_path(text: str) -> bool:
    if "\n" in text or len(text) > 1024 or not ("/" in text or Path(text).suffix):
        return False
    try:
        return Path(text).exists()
    except OSError:
        return False


def tell_units(work: Steps[T], what: str) -> Steps[T]:
    """`work`, which stores each of its units as it goes: each time its progress of `what` grows is one."""
    done = 0
    while True:
        try:
            event: Event = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        try:
            yield event
            if isinstance(event, Progress) and event.what == what and event.done > done:
                done = event.done
                yield Kept(f"{what} {done} of {event.total}")
        except BaseException as error:
            work.throw(error)
            raise


def outcome_of(rendered: Sequence[Rendered]) -> Outcome:
    """What takes and their copies are."""
    files = tuple(one.path.absolute() for one in rendered if one.path is not None)
    return Outcome(text=f"{len(rendered)} take(s)", takes=tuple(one.take.id for one in rendered), files=files)


def check_only(check: Callable[[P, Studio], Any]) -> Settle[P]:
    """Settle a plan that stays as it is: `check`, events or a value, raises for what can be refused."""

    def settle(plan: P, studio: Studio) -> Steps[P]:
        found = check(plan, studio)
        if hasattr(found, "send"):
            yield from found
        return plan

    return settle
