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

from ..errors import BadInput, TwinError
from ..recipe import assignments
from ..verbs import caption as verbs
from ..verbs.caption import EDITABLE, Caption, CaptionPlan, CaptionTracksPlan
from ..verbs.studio import open_studio
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import clipped, duration, table
from .tracks import Key, Producer, partly, told

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
    plan = CaptionTracksPlan(producer=producer, caption=stage)
    if dry_run:
        return _plan(plan, talk)
    with open_studio(talk.settings) as studio:
        done = talk.follow(verbs.caption(plan, studio))
    said, failures = done.captions, done.failures
    _tell(said, talk, failures)
    flagged = sum(bool(one.flags) for _, one in said)
    talk.say(f"{len(said)} described, {done.captioned.written} of them anew, {flagged} to look at")
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
    with open_studio(talk.settings) as studio:
        track, known = verbs.find_caption(key, studio)
        said = verbs.edit(track.id, assignments(set_) or _in_editor(known), studio)
    facts: list[tuple[str, object]] = [("caption", said.text), ("style", said.style), ("bpm", said.bpm or "-")]
    facts += [("key", said.key or "-"), ("meter", said.meter or "-"), ("lyrics", clipped(said.lyrics.text))]
    facts += [("look at", ", ".join(said.flags) or "-"), ("set by hand", ", ".join(said.edited) or "-")]
    talk.result("caption", {"track": track.id, "caption": said, "text": said.text}, lambda: table(facts))
    talk.next("twin caption --review")


def _review(producer: str | None, talk: Talk) -> int:
    with open_studio(talk.settings) as studio:
        found = verbs.list_flagged(producer, studio)
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


def _plan(plan: CaptionTracksPlan, talk: Talk) -> int:
    """Say what describing the tracks would ask of a language model, and what that costs."""
    with open_studio(talk.settings) as studio:
        planned = verbs.plan_caption(plan, studio)
    found = planned.estimate
    if found is None:
        talk.result("plan", {"tracks": planned.tracks, "estimate": None}, f"would describe {planned.tracks} tracks offline")
        return 0
    prices = f"by prices of {planned.prices_read}"
    dollars = "unknown" if found.usd is None else f"{found.usd:.2f} to {found.usd_most:.2f} USD, {prices}"
    rows = [("ask", planned.asks), ("questions", found.requests), ("sound sent", duration(found.audio_seconds))]
    rows += [("at least", duration(60 * found.minutes)), ("tokens read", found.input_tokens or "unknown"), ("cost", dollars)]
    talk.result("plan", {"tracks": planned.tracks, "asks": planned.asks, "estimate": found}, lambda: table(rows))
    return 0


def _in_editor(caption: Caption) -> dict[str, str]:
    """What a person changes of `caption` in $EDITOR. Raises `BadInput` where there is no editor, or it fails."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise BadInput("no editor is set", remedy="set EDITOR, or give --set NAME=VALUE")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "caption.txt"
        path.write_text(verbs.write_text(caption), encoding="utf-8")
        if subprocess.run([*shlex.split(editor), str(path)], check=False).returncode:
            raise BadInput(f"{editor} failed; nothing was changed", remedy="set EDITOR, or give --set NAME=VALUE")
        return verbs.read_changes(path.read_text(encoding="utf-8"), caption)
