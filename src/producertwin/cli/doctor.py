"""`twin doctor`: what is installed, what is missing, and what to do about each trouble."""

from __future__ import annotations

from ..jobs.health import examine_jobs
from ..verbs.doctor import doctor as examine
from ..verbs.studio import open_studio
from .output import Console
from .text import table


def doctor(*, console: Console) -> None:
    """Look at versions, device, memory, disk, codecs and variants; say what is wrong and how to put it right."""
    with open_studio(console.settings) as studio:
        found = examine(studio)
    found += examine_jobs(console.settings)
    bad = [finding for finding in found if finding.state == "trouble"]

    def text() -> str:
        rows = [(one.state, one.what, one.detail) for one in found]
        return table(rows) + "".join(f"\n{one.what}: {one.remedy}" for one in found if one.remedy)

    console.result("doctor", {"healthy": not bad, "findings": found}, text)
    if bad:
        console.warn(f"{len(bad)} trouble(s): {', '.join(one.what for one in bad)}")
    else:
        console.next('twin make "lofi, rainy, rhodes" -o song.flac')
