"""`twin repair`: mend what the inspector finds in a take or a sound file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from ..errors import BadInput
from ..verbs import repair as verb
from ..verbs.inspect_page import place, reading, words
from ..verbs.studio import open_studio
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .replacing import Force, check_replacing
from .text import quote, table


@options(verb.RepairPlan, positional=("subject",), renamed={"out": ("--out", "-o")})
def repair(
    plan: verb.RepairPlan,
    *,
    propose: Annotated[bool, Parameter(help="Only say what may be done about each defect.")] = False,
    force: Force = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Mend what is wrong in a take or a sound file: edits and repaints, each kept only if the report is better for it."""
    if propose and detach:
        raise BadInput("a proposal is no job", remedy="leave out --detach, or --propose")
    if propose:
        with open_studio(console.settings) as studio:
            proposals = console.follow(verb.propose(plan, studio))
        console.result("proposals", proposals, lambda: _tell_proposals(proposals))
        if proposals:
            console.next(f"twin repair {quote(plan.subject)}")
        return
    with open_studio(console.settings) as studio:
        written = verb.plan_repair(plan, studio)
        check_replacing(written, console, force=force)
    if detach:
        named = {"out": written[0]} if written else {}  # a worker stands in another folder
        hand_over("repair", console, **plan.model_dump(exclude_unset=True) | named)
        return
    with open_studio(console.settings) as studio:
        done = console.follow(verb.repair(plan, studio))
    console.result("repair", done, lambda: _tell(done))
    if done.take is not None:
        console.next(f"twin takes play {quote(done.take)}")
    elif done.out is not None:
        console.next(f"twin inspect {quote(str(done.out))}")


def _tell_proposals(proposals: Sequence[verb.Proposal]) -> str:
    if not proposals:
        return "nothing to repair was found"
    rows = [(words(one.defect), place(one.defect), ", ".join(one.edits) or "no edit", _stage(one)) for one in proposals]
    return table(rows, ("defect", "where", "edits", "or play it anew"))


def _stage(proposal: verb.Proposal) -> str:
    """The command that plays a defect anew."""
    stage = proposal.stage
    if stage is None:
        return ""
    if stage.kind == "repaint":
        start, end = f"{stage.start:g}", f"{stage.end:g}"
        return f"twin edit repaint {quote(stage.source)} --start {quote(start)} --end {quote(end)}"
    if stage.kind == "cover":
        return f"twin edit cover {quote(stage.source)} --strength {quote(f'{stage.strength:g}')}"
    if stage.kind == "extract":
        return f"twin edit extract {quote(stage.source)} {quote(stage.stem)}"
    if stage.kind == "lego":
        words = f"twin edit lego {quote(stage.source)} {quote(stage.stem)}"
        return words + "".join(f" --region {quote(str(region))}" for region in stage.regions)
    raise BadInput(f"no command is known for a stage of kind {stage.kind}", remedy="use --json")


def _tell(done: verb.RepairResult) -> str:
    lines = [f"{done.subject}: {done.score_before:.1f} of 10 before, {done.score_after:.1f} after"]
    rows = [
        (one.kind.replace("_", " "), one.candidate, str(one.defects), "kept" if one.kept else f"not kept: {one.why}")
        for one in done.attempts
    ]
    lines += ["", table(rows, ("defect", "tried", "places", ""))] if rows else ["nothing to repair was found"]
    left = [one for one in done.after if one.severity != "info"]
    if left:
        lines += ["", table([(words(one), place(one), reading(one)) for one in left], ("still there", "where", "reading"))]
    if done.is_better:
        cut = f", {done.cut_seconds:.2f} s cut off before it" if done.cut_seconds else ""
        lines += ["", f"{done.changed_seconds:.3f} s were changed{cut}; every other sample is as it was"]
        if done.take is not None:
            lines.append(f"take {done.take}, made from {done.subject}; twin takes delete {quote(done.take)} takes it back")
        lines += [f"written: {done.out}"] if done.out is not None else []
    elif rows:
        lines += ["", "nothing was better, so nothing was kept"]
    return "\n".join(lines)
