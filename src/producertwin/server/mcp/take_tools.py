"""Tools for what was made: takes searched, shown, seen, heard, rated, compared, moved to the trash and brought back; reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import Field

from ...errors import BadInput, NotFound
from ...library import Filter, Judgement, Labels, Take
from ...library.verdict import Choice
from ...recipe import Record
from ...verbs import rate as rating
from ...verbs import takes as verb
from ...verbs import trash
from ...verbs.repaired import find_repair
from ...verbs.reports import read_report
from .attached import Attached
from .sounds import draw, preview
from .tool import READS, Answer, Attachment, Hints, Tool, make_tool

HEAD = ("id", "created", "task", "caption", "variant", "seed", "seconds")
"""Fields of a take in a list."""


class TakeKey(Record):
    """Which take."""

    take: str


class TakeSearch(Record):
    """Which takes."""

    text: Annotated[str, Field(max_length=200)] | None = None
    """Words that the caption or the lyrics all contain."""
    variant: str | None = None
    task: Annotated[str, Field(max_length=40)] | None = None
    """Takes of this task: text2music, cover, repaint, extract, lego, complete, refine, repair, mix."""
    liked: bool | None = None
    """Takes that are liked, or that are not."""
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    """Takes of at least so many stars."""
    bpm: Annotated[float, Field(ge=1, le=1000)] | None = None
    """Takes that were asked for at this tempo."""
    key: Annotated[str, Field(max_length=40)] | None = None
    """Takes that were asked for in this key."""
    limit: int = Field(20, ge=1, le=50)
    """At most so many, the newest."""
    before: Annotated[str, Field(max_length=12)] | None = None
    """Id of the last take that you were told: go on behind it."""


class TakeRate(TakeKey):
    """How good a take is."""

    stars: int = Field(ge=1, le=5)
    remark: str = Field("", max_length=2000)
    """Why."""


class TakePrefer(Record):
    """Which of two takes is better."""

    a: str
    b: str
    choice: Choice
    """Which one is better."""
    remark: str = Field("", max_length=2000)
    """Why."""


class ReportKey(Record):
    """Which report."""

    report: str


class RepairKey(Record):
    """Which repair."""

    repair: str


class EntryKey(Record):
    """Which entry of the trash."""

    entry: str


class TrashPage(Record):
    """How much of the trash."""

    limit: int = Field(20, ge=1, le=50)
    """At most so many entries, the newest."""


JUDGE = "mcp"
"""Who is said to judge: a program, not a listener at the page."""


def find_take(key: str, attached: Attached) -> Take:
    """The take `key`. Raises `NotFound`, whose remedy is a tool."""
    try:
        return attached.here.library.takes.get(key)
    except NotFound as error:
        raise NotFound(error.message, remedy="call list_takes: it lists the takes of this studio, the newest first") from None


def describe_take(take: Take, attached: Attached) -> dict[str, Any]:
    """A take: how it came to be, what it measures, what people say of it, what it was made from and what was made from it."""
    takes = attached.here.library.takes
    labels = takes.labels([take.id]).get(take.id, Labels())
    return {
        **take.model_dump(mode="json", exclude={"stage", "making", "made"}),
        "labels": labels.model_dump(mode="json"),
        "children": takes.children(take.id),
        "resources": [f"twin://takes/{take.id}/{part}" for part in ("picture", "sound", "record")],
    }


def _list_takes(asked: TakeSearch, attached: Attached) -> Mapping[str, Any]:
    """List takes, the newest first, by words, variant, task, stars, tempo or key."""
    takes = attached.here.library.takes
    wanted = asked.model_dump(exclude={"before", "limit"}) | {"limit": asked.limit + 1}
    after = None
    if asked.before is not None:
        last = find_take(asked.before, attached)
        after = (last.created, last.id)
    found, damaged = takes.survey(Filter.model_validate(wanted).leave_out_latents(), after=after)
    shown = found[: asked.limit]
    labels = takes.labels([one.id for one in shown])
    rows = [_head(one, labels.get(one.id, Labels())) for one in shown]
    more = {"next": f"call list_takes with before {shown[-1].id} for more"} if len(found) > len(shown) else {}
    return {"takes": rows, "damaged": [one.id for one in damaged], **more}


def _head(take: Take, labels: Labels) -> dict[str, Any]:
    said = {name: value for name, value in labels.model_dump(mode="json").items() if value}
    return {name: getattr(take, name) for name in HEAD} | said


def _show_take(asked: TakeKey, attached: Attached) -> Mapping[str, Any]:
    """Say how a take came to be, what it measures, what it was made from and what was made from it."""
    return describe_take(find_take(asked.take, attached), attached)


def _see_take(asked: TakeKey, attached: Attached) -> Answer:
    """Send a picture of a take: its waveform above its spectrogram, as PNG."""
    take = find_take(asked.take, attached)
    return Answer({"take": take.id, "picture": "waveform above spectrogram"}, (Attachment("image/png", draw(take, attached)),))


def _hear_take(asked: TakeKey, attached: Attached) -> Answer:
    """Send the sound of a take as Ogg Vorbis; of a long one its first minutes."""
    take = find_take(asked.take, attached)
    heard = preview(take, attached)
    told = {"take": take.id, "seconds": heard.seconds, "of": take.seconds}
    return Answer(told, (Attachment(heard.media, heard.content),))


def _rate(asked: TakeRate, attached: Attached) -> Mapping[str, Any]:
    """Keep how many stars a take deserves, and why."""
    take = find_take(asked.take, attached)
    said = Judgement(judge=JUDGE, remark=asked.remark)
    verdict = rating.rate(take.id, asked.stars, attached.here.studio, said)
    return {"take": take.id, "stars": asked.stars, "verdict": verdict.id}


def _prefer(asked: TakePrefer, attached: Attached) -> Mapping[str, Any]:
    """Keep which of two takes is better, and why: twins learn from it."""
    pair = find_take(asked.a, attached).id, find_take(asked.b, attached).id
    verdict = rating.prefer(pair, asked.choice, attached.here.studio, Judgement(judge=JUDGE, remark=asked.remark))
    return {"a": pair[0], "b": pair[1], "choice": asked.choice, "verdict": verdict.id}


def _trash(asked: TakeKey, attached: Attached) -> Mapping[str, Any]:
    """Move a take to the trash, from which restore brings it back."""
    take = find_take(asked.take, attached)
    try:
        gone, entry = verb.delete([take.id], attached.here.studio)
    except BadInput as error:
        remedy = "takes that were made from it need it: move those to the trash first (show_take names its children)"
        raise BadInput(error.message, remedy=remedy) from None
    return {"takes": [one.id for one in gone], "entry": entry.id, "next": f"call restore with entry {entry.id} to bring it back"}


def _list_trash(asked: TrashPage, attached: Attached) -> Mapping[str, Any]:
    """List what lies in the trash, the newest first."""
    found = trash.list_trash(attached.here.studio)
    return {"entries": found.entries[: asked.limit], "count": len(found.entries), "damaged": sorted(found.damaged)}


def _restore(asked: EntryKey, attached: Attached) -> Mapping[str, Any]:
    """Bring back what one deletion took: the same sounds, ids and lineage."""
    try:
        found = trash.restore(asked.entry, attached.here.studio)
    except NotFound as error:
        raise NotFound(error.message, remedy="call list_trash: it lists what can be restored") from None
    return {"entry": found.entry, "lost_parents": found.lost_parents}


def _show_report(asked: ReportKey, attached: Attached) -> Mapping[str, Any]:
    """Read what inspect found: each defect, where it is and how bad, and the score of ten."""
    with _advise("inspect"):
        return {"report": read_report(asked.report, attached.here.studio)}


def _show_repair(asked: RepairKey, attached: Attached) -> Mapping[str, Any]:
    """Read what repair tried, what it kept, and the scores before and after."""
    with _advise("repair"):
        return {"repair": find_repair(asked.repair, attached.here.studio)}


@contextmanager
def _advise(tool: str) -> Iterator[None]:
    """Say which tool makes what was not found."""
    try:
        yield
    except NotFound as error:
        remedy = f"call {tool} with the take, wait for its job, and take the id from its things"
        raise NotFound(error.message, remedy=remedy) from None


def make_take_tools() -> tuple[Tool, ...]:
    """The tools for what was made."""
    adds, moves = Hints(), Hints(destroys=True, repeats=True)
    return (
        make_tool("list_takes", READS, TakeSearch, _list_takes),
        make_tool("show_take", READS, TakeKey, _show_take),
        make_tool("see_take", READS, TakeKey, _see_take),
        make_tool("hear_take", READS, TakeKey, _hear_take),
        make_tool("rate_take", adds, TakeRate, _rate),
        make_tool("prefer_take", adds, TakePrefer, _prefer),
        make_tool("show_report", READS, ReportKey, _show_report),
        make_tool("show_repair", READS, RepairKey, _show_repair),
        make_tool("trash_take", moves, TakeKey, _trash),
        make_tool("list_trash", READS, TrashPage, _list_trash),
        make_tool("restore", Hints(repeats=True), EntryKey, _restore),
    )
