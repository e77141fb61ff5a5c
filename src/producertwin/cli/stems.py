"""`twin stems`: hand a song over to a workstation."""

from __future__ import annotations

from ..errors import BadInput
from ..verbs import stems as verb
from ..verbs.studio import open_studio
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, can_ask, confirm
from .text import quote


@options(verb.StemsPlan, positional=("subject",), renamed={"out": ("--out", "-o"), "stem": "--stem"})
def stems(
    plan: verb.StemsPlan, *, force: Force = False, dry_run: DryRun = False, detach: Detach = False, console: Console
) -> None:
    """Hand a song over to a workstation: stems of one length from bar 1, mix, projects, tempo, notes, licences."""
    if console.sound_room is not None:
        raise BadInput("a hand-over is many files, which do not go to standard output", remedy="give -o a folder or song.zip")
    replace = _may_replace(plan, console, force=force, dry_run=dry_run)
    if detach and not dry_run:
        hand_over("stems", console, **plan.model_dump(exclude_unset=True), replace=replace)
        return
    with open_studio(console.settings) as studio:
        if dry_run:
            planned = console.follow(verb.plan_stems(plan, studio))
            data = {"out": plan.out, "files": planned.files, "stems": planned.stems, "dry_run": True}
            console.result("stems", data, "\n".join(str(plan.out / name) for name in planned.files))
            return
        done = console.follow(verb.stems(plan, studio, replace=replace))
    console.result("stems", done, lambda: _tell(done))
    console.next(f"twin inspect {quote(plan.subject)}")


def _may_replace(plan: verb.StemsPlan, console: Console, *, force: bool, dry_run: bool) -> bool:
    """Whether what stands there may go: by --force, or because the person at the terminal says so.

    Raises `BadInput` where it stays, or is no earlier hand-over.
    """
    there = verb.find_earlier(plan.out)
    asks = can_ask(console)
    if not there or force or (dry_run and asks):
        return force
    if asks and confirm(f"{plan.out} is an earlier hand-over: replace it?", console):
        return True
    raise BadInput(f"{plan.out} is there already", remedy="give another name, or --force")


def _tell(done: verb.HandedOver) -> str:
    left = "nothing is left" if done.residual_db is None else f"{done.residual_db:.1f} dB of the mix are left"
    lines = [str(done.out / name) if done.out.suffix.lower() != verb.ZIP else name for name in done.files]
    return "\n".join([*lines, "", f"{', '.join(done.stems)}: {done.seconds:.2f} s each; their sum taken from the mix, {left}"])
