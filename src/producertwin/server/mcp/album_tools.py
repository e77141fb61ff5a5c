"""Tools for albums: planned, made as jobs, looked at, approved by hashes, changed by talking, gone on with, stopped.

What an album asks the user for, no model can approve: docs/decisions/0024 says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...agent import albums as agent
from ...agent import story
from ...agent.album import AlbumPlan
from ...agent.own_table import load_table
from ...agent.policy import DEPUTY, MODEL, Action, Autonomy
from ...agent.rules import plan_album
from ...agent.terms import Terms
from ...errors import BadInput, NotFound
from ...jobs import accepting
from ...jobs.records import Job
from ..album_facts import PlannedRevision, detail_of, head_of
from ..album_jobs import apply_changes, find_busy, find_job, find_jobs, plan_changes, refuse_busy
from ..asked import check_names
from .album_records import (
    AlbumApproval,
    AlbumBegin,
    AlbumBrief,
    AlbumKey,
    AlbumPage,
    AlbumRevision,
    AlbumWords,
    DecisionPage,
)
from .album_references import read_like
from .album_telling import is_yours, say_where, tell_album, tell_plan
from .arguments import wrong_arguments
from .attached import READ_ONLY, Attached
from .job_tools import tell_job
from .tool import READS, Hints, Tool, make_tool


def _plan(asked: AlbumBrief, attached: Attached) -> Mapping[str, Any]:
    """Plan an album of a brief: its tracks, what was understood, and the hash of the plan. The same brief and seed make the
    same plan; nothing is made."""
    following = READ_ONLY if attached.plan.read_only else "call produce_album with the same arguments and this plan"
    return tell_plan(_write_plan(asked, attached)) | {"next": following}


def _write_plan(asked: AlbumBrief, attached: Attached) -> AlbumPlan:
    here, commission = attached.here, asked.commission
    try:
        check_names(commission.model_dump(mode="json"), here)
    except BadInput as error:
        told = [fault.replace("adapters", "twins", 1) if fault.startswith("adapters") else fault for fault in error.faults]
        raise wrong_arguments(told, "name twins by list_producers, and a variant by list_variants") from None
    songs = read_like(asked.like, asked.twins, here.readings)
    card = here.studio.read_card(asked.variant)
    return plan_album(commission, card, references=songs, table=load_table(here.studio.settings.studio))


def _produce(asked: AlbumBegin, attached: Attached) -> Mapping[str, Any]:
    """Make an album of a brief: keeps its plan and queues a job, and returns the ids of both at once. Candidates are played,
    inspected, ranked and repaired; the user chooses what becomes a track, unless the level of autonomy lets that be done."""
    if asked.autonomy == "full" and not attached.plan.approve:
        remedy = "begin it supervised or collaborative; the user may start twin mcp with --approve"
        raise BadInput("autonomy: only the user lets an album ask for nothing", remedy=remedy)
    plan = _write_plan(asked, attached)
    if asked.plan not in (None, plan.key):
        raise BadInput("plan: the brief makes another plan by now", remedy="call plan_album, and look at it again")
    key = None if asked.idempotency_key is None else f"mcp {asked.idempotency_key}"
    if key is None or not agent.is_begun(key, attached.here.studio):
        attached.check_room()
    album = agent.begin_album(plan, Terms(autonomy=asked.autonomy, budget=asked.budget), attached.here.studio, key=key)
    if (job := find_job(album, attached.here)) is not None:  # the same call again: nothing new was asked for
        return _tell(album, job, attached)
    return _go_on(album, attached)


def _go_on(album: str, attached: Attached) -> dict[str, Any]:
    return _tell(album, attached.make_album(album), attached)


def _tell(album: str, job: Job, attached: Attached) -> dict[str, Any]:
    return {"album": album, **tell_job(job, attached)}


def _list_albums(asked: AlbumPage, attached: Attached) -> Mapping[str, Any]:
    """List the albums of this studio, the one changed last first: for when an id was lost."""
    found, damaged = attached.here.albums.list()
    shown = found[: asked.limit]
    jobs = find_jobs([one.id for one in shown], attached.here)
    return {"albums": [head_of(one, jobs.get(one.id)) for one in shown], "damaged": damaged}


def _show(asked: AlbumKey, attached: Attached) -> Mapping[str, Any]:
    """Show an album: how far each track is, its candidates with their points and hashes, what waits for whom, and its cost."""
    return describe_album(asked.album, attached)


def describe_album(album: str, attached: Attached) -> dict[str, Any]:
    """An album as it stands. Raises `NotFound`, whose remedy is a tool."""
    _find(album, attached)
    here = attached.here
    return tell_album(detail_of(agent.get_album(album, here.studio), find_job(album, here), here), attached)


def _list_decisions(asked: DecisionPage, attached: Attached) -> Mapping[str, Any]:
    """Read the story of an album: every decision in order, on which evidence, instead of what, and at which cost."""
    return describe_decisions(asked, attached)


def describe_decisions(asked: DecisionPage, attached: Attached) -> dict[str, Any]:
    """Some of the decisions of an album. Raises `NotFound`, whose remedy is a tool."""
    _find(asked.album, attached)
    rows = agent.get_album(asked.album, attached.here.studio).story.decisions
    shown = [one for one in rows if one.step > asked.after][: asked.limit]
    more = shown and shown[-1].step < rows[-1].step
    following = {"next": f"call list_album_decisions with after {shown[-1].step} for more"} if more else {}
    return {"album": asked.album, "decisions": shown, "count": len(rows), **following}


def _approve(asked: AlbumApproval, attached: Attached) -> Mapping[str, Any]:
    """Approve calls that wait, or choose candidates, each by its hash, which is checked again when it is done; and go on. What
    the album asks the user for, only the user approves."""
    folder = _find(asked.album, attached)
    refuse_busy(asked.album, attached.here)
    calls = story.find_calls(folder, asked.calls)
    by = _check_leave(asked.album, [call.action for call in calls], attached)
    attached.check_room()
    story.approve_by_hash(folder, asked.calls, by=by)
    return _go_on(asked.album, attached)


def _plan_revision(asked: AlbumWords, attached: Attached) -> Mapping[str, Any]:
    """Show what words would change of an album's plan, such as "track 3 slower and darker". Nothing is changed."""
    _find(asked.album, attached)
    found = plan_changes(asked.album, asked.words, attached.here)
    told = PlannedRevision(
        changes=found.changes, unknown=found.unknown, cannot=found.cannot, notes=found.notes, call=found.call.hash
    )
    yours = is_yours("revise", _read_level(asked.album, attached), attached)
    if not found.changes:
        following = "say otherwise what to change: nothing would"
    elif attached.plan.read_only:
        following = READ_ONLY
    elif yours:
        following = "call revise_album with the same words and this call"
    else:
        following = f"show the user the changes: {say_where(asked.album, ['revise'])}"
    return {"album": asked.album, **told.model_dump(), "next": following}


def _revise(asked: AlbumRevision, attached: Attached) -> Mapping[str, Any]:
    """Change an album's plan as plan_album_revision showed it, by the hash of the changes, and make again only what changed.
    Where the album asks the user first, only the user changes it."""
    _find(asked.album, attached)
    by = _check_leave(asked.album, ["revise"], attached)
    attached.check_room()
    apply_changes(asked.album, asked.words, asked.call, attached.here, by=by)
    return _go_on(asked.album, attached)


def _go_on_with(asked: AlbumKey, attached: Attached) -> Mapping[str, Any]:
    """Go on with an album that was stopped, or of which the user approved something, on the terms that it has."""
    _find(asked.album, attached)
    return _go_on(asked.album, attached)


def _stop(asked: AlbumKey, attached: Attached) -> Mapping[str, Any]:
    """Stop making an album at the next step. What is finished stays, and go_on_with_album goes on there."""
    _find(asked.album, attached)
    if (job := find_busy(asked.album, attached.here)) is None:
        return describe_album(asked.album, attached)
    return _tell(asked.album, accepting.cancel(job.id, attached.here.jobs), attached)


def _find(album: str, attached: Attached) -> Any:
    """The folder of an album. Raises `NotFound`, whose remedy is a tool."""
    try:
        return agent.find_folder(album, attached.here.studio)
    except NotFound as error:
        raise NotFound(error.message, remedy="call list_albums: it lists the albums of this studio") from None


def _read_level(album: str, attached: Attached) -> Autonomy:
    return agent.get_album(album, attached.here.studio).terms.autonomy


def _check_leave(album: str, actions: Sequence[Action], attached: Attached) -> str:
    """Who approves, where a model may. Raises `BadInput` for what the album asks the user for."""
    level = _read_level(album, attached)
    asked = [one for one in actions if not is_yours(one, level, attached)]
    if asked:
        message = f"the album is {level}: {', '.join(dict.fromkeys(asked))} is the user's to decide, and not yours"
        raise BadInput(message, remedy=f"ask the user: {say_where(album, asked)}")
    return DEPUTY if attached.plan.approve else MODEL


def make_album_tools() -> tuple[Tool, ...]:
    """The tools for albums."""
    adds, changes = Hints(), Hints(destroys=True)
    own = ("adapters",)
    return (
        make_tool("plan_album", READS, AlbumBrief, _plan, left_out=own),
        make_tool("produce_album", adds, AlbumBegin, _produce, left_out=own),
        make_tool("list_albums", READS, AlbumPage, _list_albums),
        make_tool("show_album", READS, AlbumKey, _show),
        make_tool("list_album_decisions", READS, DecisionPage, _list_decisions),
        make_tool("approve_album", changes, AlbumApproval, _approve),
        make_tool("plan_album_revision", READS, AlbumWords, _plan_revision),
        make_tool("revise_album", changes, AlbumRevision, _revise),
        make_tool("go_on_with_album", adds, AlbumKey, _go_on_with),
        make_tool("stop_album", Hints(destroys=True, repeats=True), AlbumKey, _stop),
    )
