"""`twin doctor`: what is installed, what is missing, and what to do about each trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..jobs.health import examine_jobs
from ..verbs.bench import bench as time_variants
from ..verbs.doctor import doctor as examine
from ..verbs.studio import open_studio
from .output import Console
from .text import table

if TYPE_CHECKING:
    from ..verbs.bench import BenchRow


def doctor(
    *,
    bench: Annotated[bool, Parameter(negative=(), help="Time a minute of music by every variant that is here too.")] = False,
    console: Console,
) -> None:
    """Look at versions, device, memory, disk, codecs and variants; say what is wrong and how to put it right."""
    with open_studio(console.settings) as studio:
        found = examine(studio)
        rows = console.follow(time_variants(studio)) if bench else ()
    found += examine_jobs(console.settings)
    bad = [finding for finding in found if finding.state == "trouble"]

    def text() -> str:
        lines = [(one.state, one.what, one.detail) for one in found]
        said = table(lines) + "".join(f"\n{one.what}: {one.remedy}" for one in found if one.remedy)
        return f"{said}\n\n{_speeds(rows)}" if rows else said

    data: dict[str, object] = {"healthy": not bad, "findings": found}
    if bench:
        data["speed"] = [row.model_dump(mode="json") | {"holds": row.holds, "limit": row.limit} for row in rows]
    console.result("doctor", data, text)
    if bad:
        console.warn(f"{len(bad)} trouble(s): {', '.join(one.what for one in bad)}")
    else:
        console.next('twin make "lofi, rainy, rhodes" -o song.flac')


def _speeds(rows: tuple[BenchRow, ...]) -> str:
    """Row SC-006 for this machine: at most five seconds for a minute of music."""
    head = ("SC-006", "variant", "engine", "s a minute", "fastest, slowest", "takes", "limited by", "on")
    return table(
        [
            (
                "holds" if row.holds else "missed",
                row.variant,
                row.engine,
                f"{row.minute:.1f}",
                f"{row.spread[0]:.1f}, {row.spread[1]:.1f}",
                f"{row.takes} of {row.seconds:g} s",
                row.limit,
                f"{row.device}, {row.threads} threads, {row.precision}" + (f", load {row.load:g}" if row.load else ""),
            )
            for row in rows
        ],
        head,
    )
