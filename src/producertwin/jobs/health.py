"""What `twin doctor` says of jobs: whether they wait for room, and whether anybody works."""

from __future__ import annotations

from ..settings import Settings
from ..verbs.doctor import Finding
from .reading import list_jobs, list_workers
from .store import has_jobs, open_store


def examine_jobs(settings: Settings) -> list[Finding]:
    """The state of the queues; nothing where there never was a job."""
    if not has_jobs(settings):
        return []
    with open_store(settings) as store:
        open_jobs = list_jobs(store, ("queued", "running", "waiting", "stopping"))
        working = [one for one in list_workers(store) if one.state == "alive"]
    waiting = [job for job in open_jobs if job.waiting]
    counts = f"{len(open_jobs)} to do, {len(working)} worker(s)"
    if waiting:
        remedy = f"make room: {waiting[0].waiting}; the jobs go on by themselves"
        return [Finding("jobs", "trouble", f"{counts}; {len(waiting)} wait for room on the disk", remedy)]
    if open_jobs and not working:
        return [Finding("jobs", "absent", f"{counts}; nobody does them", "start a worker: twin work")]
    return [Finding("jobs", "ok", counts)]
