"""`twin tracks caption`: say what the tracks are; look at what is not sure; set it by hand."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import split
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..errors import BadInput, TwinError
from ..recipe import assignments
from ..verbs import caption as verbs
from ..verbs.caption import EDITABLE, Caption, CaptionPlan, CaptionTracksPlan
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .options import options
from .output import Console
from .renderings import DryRun
from .text import duration, quote, shorten, table
from .tracks import Key, Producer, failures_as_data, report_failures

if TYPE_CHECKING:
    from ..library import Track

app = App(name="caption", help="Say what the tracks are, look at what is not sure, and set it by hand.")


@app.default
@options(CaptionPlan)
def caption(
    plan: CaptionPlan,
    *,
    producer: Producer = None,
    review: Annotated[bool, Parameter(help="Only list what a person should look at.")] = False,
    dry_run: DryRun = False,
    console: Console,
) -> int:
    """Describe the screened tracks; what was described before, from the same sound, stands."""
    if review:
        return _review(producer, console)
    verb_plan = CaptionTracksPlan(producer=producer, caption=plan)
    if dry_run:
        return _show_plan(verb_plan, console)
    with open_studio(console.settings) as studio:
        done = console.follow(verbs.caption(verb_plan, studio))
    captions, failures = done.captions, done.failures
    _show_result(captions, console, failures)
    flagged = sum(bool(one.flags) for _, one in captions)
    console.say(f"{len(captions)} described, {done.captioned.written} of them anew, {flagged} to look at")
    code = report_failures(failures, f"{plural_are(len(captions), 'track')} described", console)
    console.next("twin tracks caption --review" if flagged else "twin dataset split")
    return code


@app.command
def edit(
    key: Key | None = None,
    /,
    *others: Key,
    flagged: Annotated[bool, Parameter(help="Set it for every track that waits for just that.")] = False,
    producer: Producer = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=f"NAME=VALUE of {', '.join(EDITABLE)}; empty clears.")] = (),
    console: Console,
) -> None:
    """Set parts of captions by hand, with --set or, of one track, in $EDITOR; what a hand has set stays."""
    keys = tuple(one for one in (key, *others) if one is not None)
    if flagged or len(keys) != 1:
        _edit_several(keys, assignments(set_), producer if flagged else None, console, flagged=flagged)
        return
    with open_studio(console.settings) as studio:
        key = keys[0]
        track, known = verbs.find_caption(key, studio)
        captions = verbs.edit(track.id, assignments(set_) or _in_editor(known), studio)
    facts: list[tuple[str, object]] = [("caption", captions.text), ("style", captions.style), ("bpm", captions.bpm or "-")]
    facts += [("key", captions.key or "-"), ("meter", captions.meter or "-"), ("lyrics", shorten(captions.lyrics.text))]
    facts += [("look at", verbs.explain_flags(captions) or "-"), ("set by hand", ", ".join(captions.edited) or "-")]
    console.result("caption", {"track": track.id, "caption": captions, "text": captions.text}, lambda: table(facts))
    console.next("twin tracks caption --review")


def _edit_several(
    keys: Sequence[str], changes: Mapping[str, str], producer: str | None, console: Console, *, flagged: bool
) -> None:
    """Set the same of the tracks `keys`, or of every flagged one; all are found before the first is changed."""
    if bool(keys) == flagged:
        trouble = "--flagged and ids both say which tracks" if flagged else "no track is named"
        raise BadInput(trouble, remedy="name tracks, or give --flagged for all that twin tracks caption --review lists")
    if not changes:
        raise BadInput("nothing is set", remedy='give --set, such as --set genre="deep house"; the editor opens for one track')
    with open_studio(console.settings) as studio:
        tracks = verbs.list_answered(producer, changes, studio) if flagged else []
        tracks += [verbs.find_caption(key, studio)[0] for key in keys]
        _show_result([(track, verbs.edit(track.id, changes, studio)) for track in tracks], console)
    console.say(f"set by hand in {plural(len(tracks), 'caption')}: {', '.join(changes)}")
    console.next("twin tracks caption --review")


def _review(producer: str | None, console: Console) -> int:
    with open_studio(console.settings) as studio:
        found = verbs.list_flagged(producer, studio)
    _show_result(found, console)
    if found:
        console.say('settle each in your editor, or with --set NAME=VALUE; all at once: --flagged --set genre="deep house"')
        first = found[0][0].id[:6] if _editor() else "--help"
        console.next(f"twin tracks caption edit {quote(first)}")
    else:
        console.next("twin dataset split")
    return 0


def _show_result(
    captions: list[tuple[Track, Caption]], console: Console, failures: Mapping[str, TwinError] | None = None
) -> None:
    rows = [
        (track.id, shorten(track.title, 24), _style(one), verbs.explain_flags(one) or "-", shorten(one.text, 72), _lyrics(one))
        for track, one in captions
    ]
    data = [{"track": track.id, "title": track.title, "caption": one, "text": one.text} for track, one in captions]
    console.result(
        "captions",
        {"items": data, "failures": failures_as_data(failures or {})},
        lambda: table(rows, ("id", "title", "style", "look at", "caption", "lyrics")),
    )


def _style(caption: Caption) -> str:
    """The style, with the second where the first is not sure."""
    return caption.style if caption.second_style is None else f"{caption.style}, or {caption.second_style}"


def _lyrics(caption: Caption) -> str:
    """The beginning of the lyrics; a dash where nobody sings."""
    return "-" if caption.lyrics.instrumental else shorten(caption.lyrics.text, 32)


def _show_plan(plan: CaptionTracksPlan, console: Console) -> int:
    """Say what describing the tracks would ask of a language model, and what that costs."""
    with open_studio(console.settings) as studio:
        planned = verbs.plan_caption(plan, studio)
    found = planned.estimate
    if found is None:
        console.result(
            "plan", {"tracks": planned.tracks, "estimate": None}, f"would describe {plural(planned.tracks, 'track')} offline"
        )
        return 0
    prices = f"by prices of {planned.prices_read}"
    dollars = "unknown" if found.usd is None else f"{found.usd:.2f} to {found.usd_most:.2f} USD, {prices}"
    rows = [("ask", planned.asks), ("questions", found.requests), ("sound sent", duration(found.audio_seconds))]
    rows += [("at least", duration(60 * found.minutes)), ("tokens read", found.input_tokens or "unknown"), ("cost", dollars)]
    console.result("plan", {"tracks": planned.tracks, "asks": planned.asks, "estimate": found}, lambda: table(rows))
    return 0


def _editor() -> str | None:
    """The editor that the person has chosen."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR")


def _in_editor(caption: Caption) -> dict[str, str]:
    """What a person changes of `caption` in $EDITOR. Raises `BadInput` where there is no editor, or it fails."""
    editor = _editor()
    if not editor:
        raise BadInput("no editor is set", remedy="set EDITOR, or give --set NAME=VALUE")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "caption.txt"
        path.write_text(verbs.write_text(caption), encoding="utf-8")
        if subprocess.run([*split(editor), str(path)], check=False).returncode:
            raise BadInput(f"{editor} failed; nothing was changed", remedy="set EDITOR, or give --set NAME=VALUE")
        return verbs.read_changes(path.read_text(encoding="utf-8"), caption)
