"""Albums as a model is told of them: short rows in the place of whole sheets, and what to call next."""

from __future__ import annotations

from typing import Any

from ...agent.album import AlbumPlan, TrackPlan
from ...agent.policy import Action, Autonomy, needs_approval
from ..album_facts import AlbumDetail
from .attached import READ_ONLY, Attached


def tell_plan(plan: AlbumPlan) -> dict[str, Any]:
    """A plan: its tracks in rows, what was understood of the brief, and its hash."""
    return {
        "plan": plan.key, "title": plan.title, "artist": plan.artist, "kind": plan.kind, "planner": plan.planner,
        "seconds": round(plan.seconds, 1), "loudness": plan.loudness, "candidates": sum(len(one.seeds) for one in plan.tracks),
        "tracks": [_tell_track(place, one) for place, one in enumerate(plan.tracks, 1)],
        "references": [{"name": one.name, "read": one.read, "doubted": one.doubted} for one in plan.references],
        "understood": plan.understood, "unknown": plan.unknown, "cannot": plan.cannot, "notes": plan.notes,
    }  # fmt: skip


def _tell_track(place: int, track: TrackPlan) -> dict[str, Any]:
    sheet = track.sheet
    return {
        "track": place, "title": track.title, "style": track.style, "seconds": round(track.seconds, 1), "bpm": sheet.bpm,
        "key": sheet.key, "meter": sheet.meter, "form": sheet.form, "chords": sheet.chart, "players": sheet.players,
        "caption": sheet.caption, "variant": track.playing.variant, "candidates": len(track.seeds),
    }  # fmt: skip


def tell_album(found: AlbumDetail, attached: Attached) -> dict[str, Any]:
    """An album: how far each track is, its candidates, what waits, and for whom."""
    rows = {one.track: one for one in found.made}
    tracks = [
        _tell_track(place, track) | {"take": rows[place].take, "candidates": [_tell(one) for one in rows[place].candidates]}
        for place, track in enumerate(found.plan.tracks, 1)
    ]
    head = found.model_dump(mode="json", exclude={"plan", "made", "tracks", "id"})
    return {"album": found.id, **head, "plan": found.plan.key, "tracks": tracks, "next": _say_next(found, attached)}


def _tell(candidate: Any) -> dict[str, Any]:
    found: dict[str, Any] = candidate.model_dump(mode="json", exclude={"gain"})
    return found


def _say_next(found: AlbumDetail, attached: Attached) -> str:
    """What to call next, or what to ask the user for."""
    if found.state in ("queued", "running"):
        return f"call job_status with job {found.job} and wait 30"
    if attached.plan.read_only and found.state != "finished":
        return READ_ONLY
    if found.proposals:
        if all(is_yours(one.action, found.autonomy, attached) for one in found.proposals):
            return "call approve_album with the hashes of the calls, or of the candidates, that are to be"
        return f"let the user hear the candidates and decide: {say_where(found.id, [one.action for one in found.proposals])}"
    if found.state in ("planned", "stopped", "failed"):
        return f"call go_on_with_album with album {found.id}"
    return "nothing: it is done; plan_album_revision shows what words would change"


def is_yours(action: Action, autonomy: Autonomy, attached: Attached) -> bool:
    """Whether the model that asks may decide it at this level, and needs not ask the user."""
    return attached.plan.approve or not needs_approval(action, autonomy)


def say_where(album: str, actions: list[Action]) -> str:
    """Where the user decides it."""
    says = {"choose": f"twin produce choose {album} TRACK LETTER", "revise": f"twin produce revise {album} WORDS"}
    commands = list(dict.fromkeys(says.get(one, f"twin produce approve {album}") for one in actions))
    return f"they run {' and '.join(commands)}, or open the album on the page; then call go_on_with_album"
