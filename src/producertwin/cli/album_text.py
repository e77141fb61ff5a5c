"""How albums and their plans are printed."""

from __future__ import annotations

from collections.abc import Sequence

from ..agent import produce as verb
from ..agent.album import AlbumPlan
from ..agent.spending import describe_spending
from ..agent.vocabulary import look_up
from ..errors import BadInput
from ..wording import plural, suggest_name
from .output import Console
from .text import duration, quote, size, table


def draw_plan(album: AlbumPlan) -> str:
    """The plan for a terminal: the album, then its tracks, each with its form, its chords and how it sounds."""
    many, tried = plural(len(album.tracks), "track"), len(album.tracks[0].seeds)
    head = f"{album.title}, {album.kind} by {album.artist}: {many}, {duration(album.seconds)}"
    lines = [
        head,
        f"every track at {album.loudness:g} LUFS; {plural(tried, 'candidate')} each, {min(album.repaired, tried)} repaired",
    ]
    rows = [
        (
            place,
            one.title,
            one.style,
            f"{one.sheet.bpm:g}",
            one.sheet.key or "",
            one.sheet.meter,
            duration(one.seconds),
            "; ".join(one.wishes),
        )
        for place, one in enumerate(album.tracks, 1)
    ]
    lines += ["", table(rows, ("", "title", "style", "bpm", "key", "beats", "length", "answers"))]
    for place, one in enumerate(album.tracks, 1):
        own = [f"   {name}: {part.chords}" for name, part in one.sheet.sections.items() if part.chords]
        lines += ["", f"{place}. {one.sheet.caption}", f"   {one.sheet.form}", f"   {one.sheet.chords}", *own]
    return "\n".join(lines)


def show_album(done: verb.Produced, console: Console) -> None:
    """Print an album, as far as it is made, and what to do next."""
    rows = []
    for one in done.tracks:
        loud = f"{one.take.meters.get('loudness_lufs') or 0:.1f} LUFS"
        chosen = f"{one.chosen.letter} of {len(one.ranked)}"
        rows.append((one.place, done.album.tracks[one.place - 1].title, duration(one.take.seconds), loud, chosen, str(one.path)))
    cost = done.cost
    tail = f"{plural(cost.takes, 'take')}, {duration(cost.seconds)}, {size(cost.bytes)}"
    tail += f", {describe_spending(cost, '')}" if cost.tokens else ""
    tracks = [{"track": one.place, "path": one.path, "take": one.take.id, "chosen": one.chosen.letter} for one in done.tracks]
    waiting = [
        {"track": one.track, "calls": [{"hash": call.hash, **call.model_dump()} for call in one.calls]} for one in done.waiting
    ]
    data = {"folder": done.folder, "title": done.album.title, "tracks": tracks, "waiting": waiting, "cost": cost}
    console.result("album", data, lambda: "\n".join(filter(None, [table(rows), tail, *_waiting_lines(done)])))
    if not done.waiting:
        console.say(f"listen: {done.folder / 'index.html'}")
        console.next(f"twin produce show {quote(str(done.folder))}")
        return
    first = done.waiting[0]
    if first.candidates:
        console.next(
            f"twin produce choose {quote(str(done.folder))} {quote(str(first.track))} {quote(first.candidates[0].letter)}"
        )
    else:
        console.next(f"twin produce approve {quote(str(done.folder))}")


def _waiting_lines(done: verb.Produced) -> Sequence[str]:
    """What each track waits for."""
    lines: list[str] = []
    for one in done.waiting:
        title = done.album.tracks[one.track - 1].title
        lines += [
            "",
            f"track {one.track}, {title}, waits for you: "
            + ("choose a candidate" if one.candidates else f"approve {one.calls[0].action}"),
        ]
        lines += (
            [table([(each.letter, f"{each.points:.2f}", each.why, each.take.id) for each in one.candidates])]
            if one.candidates
            else []
        )
        letters = [call.letter for call in one.calls if call.action == "repair"]
        if letters:
            lines.append(f"may be repaired first: {', '.join(letters)}; twin produce approve {quote(str(done.folder))}")
    return lines


def check_word(brief: str, commands: Sequence[str]) -> None:
    """Refuse a brief of one word that nobody knows and that is nearly one of the `commands` of `twin produce`."""
    word = brief.strip().lower()
    if not look_up((word,)) and (meant := suggest_name(word, [name for name in commands if not name.startswith("-")])):
        raise BadInput(f"{brief.strip()!r} is no brief{meant}", remedy="see `twin produce --help`")
