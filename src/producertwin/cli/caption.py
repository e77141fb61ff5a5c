"""`twin caption`: say what the tracks are; look at what is not sure; set it by hand."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..dataset.caption import CaptionPlan
from ..dataset.captions import EDITABLE, TAGS, Caption
from ..errors import BadInput, TwinError
from ..library import open_studio
from ..recipe import assignments
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import clipped, duration, table
from .tracks import Key, Producer, chosen, partly, told

if TYPE_CHECKING:
    from ..library import Track

app = App(name="caption", help="Say what the tracks are, look at what is not sure, and set it by hand.")


@app.default
@options(CaptionPlan)
def caption(
    stage: CaptionPlan,
    *,
    producer: Producer = None,
    review: Annotated[bool, Parameter(help="Only list what a person should look at.")] = False,
    dry_run: DryRun = False,
    talk: Talk,
) -> int:
    """Describe the screened tracks; what was described before, from the same sound, stands."""
    if review:
        return _review(producer, talk)
    if dry_run:
        return _plan(stage, producer, talk)
    from ..dataset.caption import captioned, taggers_of
    from ..dataset.taggers import Measure
    from ..model.embedder import load_embedder

    with open_studio(talk.settings) as library:
        tracks = chosen(library, producer)
        others = taggers_of(stage, talk.settings)
        done = talk.follow(captioned(tracks, Measure(load_embedder(talk.settings), stage.style), others, library))
    said = [(track, done.captions[track.id]) for track in tracks if track.id in done.captions]
    titles = {track.id: track.name for track in tracks}
    failures = {titles[track]: error for track, error in done.failures.items()}
    _tell(said, talk, failures)
    flagged = sum(bool(one.flags) for _, one in said)
    talk.say(f"{len(said)} described, {done.written} of them anew, {flagged} to look at")
    talk.next("twin caption --review" if flagged else "twin split")
    return partly(failures, f"{len(said)} tracks are described", talk)


@app.command
def edit(
    key: Key,
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=f"NAME=VALUE of {', '.join(EDITABLE)}; empty clears.")] = (),
    talk: Talk,
) -> None:
    """Set parts of a track's caption by hand, with --set or in $EDITOR; what a hand has set stays."""
    from ..dataset.caption import edit as change
    from ..dataset.caption import known_of

    with open_studio(talk.settings) as library:
        track = library.tracks.get(key)
        known = known_of(track, library)
        changes = assignments(set_) or _in_editor(known)
        said = change(track, changes, library) if changes else known
    facts: list[tuple[str, object]] = [("caption", said.text), ("style", said.style), ("bpm", said.bpm or "-")]
    facts += [("key", said.key or "-"), ("meter", said.meter or "-"), ("lyrics", clipped(said.lyrics.text))]
    facts += [("look at", ", ".join(said.flags) or "-"), ("set by hand", ", ".join(said.edited) or "-")]
    talk.result("caption", {"track": track.id, "caption": said, "text": said.text}, lambda: table(facts))
    talk.next("twin caption --review")


def _review(producer: str | None, talk: Talk) -> int:
    from ..dataset.caption import to_review

    with open_studio(talk.settings) as library:
        found = to_review(library, producer)
    _tell(found, talk)
    talk.next(f"twin caption edit {found[0][0].id[:5]} --set bpm=84" if found else "twin split")
    return 0


def _tell(said: list[tuple[Track, Caption]], talk: Talk, failures: Mapping[str, TwinError] | None = None) -> None:
    rows = [
        (track.id, clipped(track.title, 24), one.style, ", ".join(one.flags) or "-", clipped(one.text, 72)) for track, one in said
    ]
    data = [{"track": track.id, "title": track.title, "caption": one, "text": one.text} for track, one in said]
    talk.result(
        "captions",
        {"items": data, "failures": told(failures or {})},
        lambda: table(rows, ("id", "title", "style", "look at", "caption")),
    )


def _plan(plan: CaptionPlan, producer: str | None, talk: Talk) -> int:
    """Say what describing the tracks would ask of a language model, and what that costs."""
    from ..dataset.caption import unheard
    from ..dataset.remote import PRICES_READ, estimate

    with open_studio(talk.settings) as library:
        tracks = chosen(library, producer)
        asked = [] if plan.llm is None else unheard(library, producer, plan.llm)
    if plan.llm is None:
        talk.result("plan", {"tracks": len(tracks), "estimate": None}, f"would describe {len(tracks)} tracks offline")
        return 0
    found = estimate([track.seconds for track in asked], plan.llm)
    dollars = "unknown" if found.usd is None else f"{found.usd:.2f} to {found.usd_most:.2f} USD, by prices of {PRICES_READ}"
    rows = [("ask", plan.llm.name), ("questions", found.requests), ("sound sent", duration(found.audio_seconds))]
    rows += [("at least", duration(60 * found.minutes)), ("tokens read", found.input_tokens or "unknown"), ("cost", dollars)]
    talk.result("plan", {"tracks": len(tracks), "asks": plan.llm.name, "estimate": found}, lambda: table(rows))
    return 0


def _in_editor(caption: Caption) -> dict[str, str]:
    """What a person changes of `caption` in $EDITOR, a line `NAME = VALUE` each. Raises `BadInput` where there is no editor."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise BadInput("no editor is set", remedy="set EDITOR, or give --set NAME=VALUE")
    before = _lines(caption)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "caption.txt"
        path.write_text("".join(f"{name} = {value}\n" for name, value in before.items()), encoding="utf-8")
        if subprocess.run([*shlex.split(editor), str(path)], check=False).returncode:
            raise BadInput(f"{editor} failed; nothing was changed", remedy="set EDITOR, or give --set NAME=VALUE")
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    after = {name: value.strip() for name, value in assignments(tuple(lines)).items()}
    return {name: value for name, value in after.items() if before.get(name) != value}


def _lines(caption: Caption) -> dict[str, str]:
    facts = {"style": caption.style, **{group: ", ".join(caption.tags.get(group, ())) for group in TAGS}}
    facts |= {"bpm": f"{caption.bpm:g}" if caption.bpm else "", "key": caption.key or ""}
    return facts | {"meter": str(caption.meter or ""), "text": caption.own_text or ""}
