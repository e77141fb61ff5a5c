"""`twin inspect`: what is wrong in a take or a sound file, where, and how it stands beside references."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..progress import Steps, note, warning
from .inspect_plan import Inspection, InspectPlan
from .inspected_stems import check_stems, find_stems
from .opened_sound import Meant, OpenedSound, check_subject, decode_long, find_asked, list_sounds, open_sound
from .studio import Studio

if TYPE_CHECKING:
    from ..library import Take
    from ..quality.audiobox import Aesthetic
    from ..quality.detectors.profile import Profile
    from ..quality.report import Report

__all__ = ["InspectPlan", "Inspection", "inspect", "inspect_take", "plan_inspect"]

_PAGES: Final = (".html", ".htm")
_PLAYED_SECONDS: Final = 1_200.0
"""A longer sound is not put into its page."""


def plan_inspect(plan: InspectPlan, studio: Studio) -> tuple[Path, ...]:
    """What `inspect` would write; refuses what it would refuse, as far as that is known without decoding."""
    if plan.out is not None and plan.out.suffix.lower() not in (*_PAGES, ".png"):
        raise BadInput(f"cannot write {plan.out.name!r}", remedy="end the name with .html or .png")
    check_subject(plan.subject, Meant(plan.style, plan.bpm, plan.key, plan.loop), studio)
    check_stems(plan, studio)
    if plan.aesthetics:
        from ..quality.audiobox import check_audiobox

        check_audiobox()
    return () if plan.out is None else (plan.out,)


def inspect(plan: InspectPlan, studio: Studio) -> Steps[Inspection]:
    """Inspect the subject of `plan`, and its stems where there are some.

    Raises `NotFound` for a subject, reference or folder that is not there, `AudioRejected` for a file that is no sound,
    `BadInput` for an output that is neither page nor picture, and as `inspected_stems.find_stems` and `audiobox.judge` do.
    """
    from ..quality import report

    plan_inspect(plan, studio)
    opened = yield from open_sound(plan.subject, studio)
    references = yield from _read_references(plan)
    asked = find_asked(opened, Meant(plan.style, plan.bpm, plan.key, plan.loop), references)
    info = opened.decoded.info
    if info.rate < 32_000:
        yield warning(f"{opened.name} runs at {info.rate} Hz: nothing above {info.rate // 2} Hz can be in it")
    found, _ = report.inspect(opened.decoded.samples, asked, opened.decoded.clipping, references=references)
    judged = (yield from _judge(opened, studio)) if plan.aesthetics else ()
    parts = []
    for name, sound, clipping in (yield from find_stems(plan, opened, studio)):
        yield note(f"inspecting the stem {name}")
        parts.append(report.inspect(sound, asked, clipping, stem=name)[0])
    take = opened.take.id if opened.take else None
    done = Inspection(opened.name, take, info.rate, info.channels, asked.reference.name, found, tuple(parts), judged)
    return replace(done, files=_write(plan, opened, done))


def _judge(opened: OpenedSound, studio: Studio) -> Steps[tuple[Aesthetic, ...]]:
    from ..quality.audiobox import LICENCE, judge

    yield note(f"asking {LICENCE}")
    try:
        return judge(opened.decoded.samples, studio.settings)
    except BadInput as error:  # the report is no worse for it
        yield warning(f"no figures of AudioBox: {error.message}")
        return ()


def inspect_take(take: Take, studio: Studio) -> Report:
    """The report on a take whose sound is there, held against what it was asked to be."""
    from ..quality import report

    path = studio.library.takes.content(take)
    opened = OpenedSound(take.id, path, decode_long(path), take)
    return report.inspect(opened.decoded.samples, find_asked(opened, Meant(), []), opened.decoded.clipping)[0]


def _read_references(plan: InspectPlan) -> Steps[list[Profile]]:
    """The profiles of the references of a plan."""
    from ..quality.detectors.profile import read_profile

    paths = [path for given in plan.reference for path in (list_sounds(given) if given.is_dir() else [given])]
    if plan.reference and not paths:
        raise NotFound(f"no sound files in {plan.reference[0]}", remedy="name sound files, or a folder that holds some")
    found = []
    for path in paths:
        yield note(f"reading the reference {path.name}")
        found.append(read_profile(decode_long(path).samples))
    return found


def _write(plan: InspectPlan, opened: OpenedSound, done: Inspection) -> tuple[Path, ...]:
    if plan.out is None:
        return ()
    from ..audio.files import check_parent
    from ..disk import write_whole
    from .inspect_page import draw, page

    check_parent(plan.out)
    picture = draw(opened, done.report)
    if plan.out.suffix.lower() == ".png":
        return (write_whole(plan.out, picture),)
    sound = opened.decoded.samples if done.report.seconds <= _PLAYED_SECONDS else None
    return (write_whole(plan.out, page(done, picture, sound).encode("utf-8", "replace")),)
