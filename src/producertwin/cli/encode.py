"""`twin encode`: latents and words of a training set, computed once and kept."""

from __future__ import annotations

import shlex
from typing import Annotated

from cyclopts import Parameter

from ..library import open_studio
from .output import Talk
from .renderings import DryRun
from .text import duration, size, table
from .tracks import Set, partly, told


def encode(
    name: Set = None,
    /,
    *,
    variant: Annotated[str, Parameter(help="The instrument that will learn from it.")] = "nano",
    stems: Annotated[bool, Parameter(help="Encode the stems of tracks that have them too.")] = False,
    workers: Annotated[int, Parameter(help="Sounds that are decoded at once.")] = 2,
    dry_run: DryRun = False,
    talk: Talk,
) -> int:
    """Compute what an instrument makes of a training set, and keep it; what is there is not made again."""
    from ..dataset import shelf

    manifest = shelf.find(name, talk.settings.studio)
    found = shelf.name_of(manifest)
    if dry_run:
        seconds = sum(row.seconds for row in manifest.rows)
        data = {"set": found, "variant": variant, "tracks": len(manifest.rows), "seconds": seconds}
        talk.result("plan", data, f"would encode {len(manifest.rows)} tracks, {duration(seconds)}, for {variant}")
        return 0
    from ..dataset.encode import EncodePlan, encoded
    from ..model.load import load

    plan = EncodePlan(stems=stems, workers=workers)
    instrument = load(variant, talk.settings)
    with open_studio(talk.settings) as library:
        done = talk.follow(encoded(manifest, instrument, library, plan))
    rows = [
        ("training set", found),
        ("made", f"{done.made} arrays, {duration(done.seconds)} of sound in {duration(done.wall)}"),
        ("there before", done.kept),
        ("on disk", size(done.bytes)),
        ("speed", f"{done.realtime:.0f} x realtime, {done.outside:.0%} of the time outside the instrument" if done.made else "-"),
    ]
    data = {"set": found, "variant": variant, "made": done.made, "kept": done.kept, "bytes": done.bytes}
    data |= {
        "seconds": done.seconds,
        "wall": done.wall,
        "realtime": done.realtime,
        "outside": done.outside,
        "failures": told(done.failures),
    }
    talk.result("encoded", data, lambda: table(rows))
    talk.next(f"twin train {shlex.quote(manifest.plan.producer)}" if manifest.plan.producer else f"twin dataset styles {found}")
    return partly(done.failures, f"{len(manifest.rows) - len(done.failures)} tracks are encoded", talk)
