"""`twin send`: a take, or its stems, into the set that is open in a workstation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..errors import BadInput, NotFound
from ..progress import Steps
from ..verbs import send as verb
from ..verbs.studio import Studio, open_studio
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import Force, check_replacing
from .text import quote

app = App(name="send", help="Put a take or its stems into the set that is open in Ableton Live or REAPER.")
Script = Annotated[
    Path | None,
    Parameter(help="Only write the script that REAPER has to run, to this file or folder; once is enough for good."),
]
Listen = Annotated[
    bool,
    Parameter(help="Wait for regions called repaint, or `repaint: words`, and queue each as a job that plays it anew."),
]
Variant = Annotated[str | None, Parameter(help="Who plays what is marked: nano, or a variant known to `twin models list`.")]


@app.command
@options(verb.LivePlan, positional=("subject",), renamed={"stem": "--stem"})
def live(plan: verb.LivePlan, *, dry_run: DryRun = False, console: Console) -> None:
    """Put a take into the set that is open in Ableton Live, through AbletonOSC: at a bar, on tracks of its own."""
    with open_studio(console.settings) as studio:
        if dry_run:
            _show_plan(plan, studio, console)
            return
        _show(console.follow(verb.send_live(plan, studio)), console)
    console.next(f"twin stems {quote(plan.subject)} -o song.zip")


@app.command
@options(verb.ReaperPlan, positional=("subject",), renamed={"stem": "--stem"})
def reaper(
    plan: verb.ReaperPlan,
    *,
    install_script: Script = None,
    listen: Listen = False,
    variant: Variant = None,
    force: Force = False,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Put a take into the project that is open in REAPER, through its web interface and a script: at a bar, on its own tracks."""
    if install_script is not None:
        if listen or plan.subject:
            raise BadInput("the script is written, and something else asked for", remedy="write it first, then send")
        check_replacing([install_script], console, force=force, dry_run=dry_run)
        path = install_script if dry_run else verb.install_script(install_script)
        console.result("script", {"path": path, "dry_run": dry_run}, str(path))
        console.next("twin send reaper k3v")
        return
    with open_studio(console.settings) as studio:
        if listen:
            _listen(plan, studio, console, variant or "")
        elif dry_run:
            _show_plan(plan, studio, console)
        else:
            _show(console.follow(verb.send_reaper(plan, studio)), console)
    console.next("twin send reaper --listen")


def _show_plan(plan: verb.SendPlan, studio: Studio, console: Console) -> None:
    files = console.follow(verb.plan_send(plan, studio))
    console.result("send", {"files": files, "bar": plan.bar, "dry_run": True}, "\n".join(map(str, files)))


def _show(done: verb.Sent, console: Console) -> None:
    places = f"bar {done.bar}, {done.seconds:.3f} s, {done.tempo:g} bpm"
    console.result("send", done, lambda: "\n".join([*map(str, done.files), "", f"in {done.program} at {places}"]))


def _listen(plan: verb.ReaperPlan, studio: Studio, console: Console, variant: str) -> None:
    """Queue a job for every region that is marked, until Ctrl-C; one that cannot be is told, and the next one waited for."""
    from ..jobs.accepting import submit
    from ..jobs.records import Job, Terms
    from ..jobs.store import Store, open_store

    def queue(stage: verb.Repaint, store: Store) -> Steps[Job]:
        key = f"reaper {stage.source} {stage.start}-{stage.end} {stage.prompt.caption} {stage.play.variant}"
        plan = {"kind": stage.kind, **stage.model_dump(mode="json", exclude_unset=True)}
        return submit("edit", {"plan": plan}, Terms(key=key[:200]), studio, store)

    console.say("waiting for regions called repaint; Ctrl-C ends")
    with open_store(console.settings) as store:
        for stage in verb.watch_regions(plan, studio, variant=variant):
            try:
                job = console.follow(queue(stage, store))
            except (BadInput, NotFound) as error:
                console.warn(f"{error.message}: {error.remedy}")
                continue
            console.result("job", job, f"{job.id}  {stage.start:g}-{stage.end:g} s")
            console.next(f"twin jobs watch {quote(job.id)}")
