"""`twin dataset encode`: latents and words of a training set, computed once and kept."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..recipe import read
from ..verbs.encode import EncodeDatasetPlan, plan_encode
from ..verbs.encode import encode as encode_dataset
from ..verbs.studio import open_studio
from ..wording import plural, plural_are
from .detaching import Detach, hand_over
from .output import Console
from .renderings import DryRun
from .text import duration, quote, size, table
from .tracks import Set, failures_as_data, report_failures


def encode(
    name: Set = None,
    /,
    *,
    variant: Annotated[str, Parameter(help="The instrument that will learn from it.")] = "nano",
    stems: Annotated[bool, Parameter(help="Encode the stems of tracks that have them too.")] = False,
    workers: Annotated[int, Parameter(help="Sounds that are decoded at once.")] = 2,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> int:
    """Compute what an instrument makes of a training set, and keep it; what is there is not made again."""
    asked = {"dataset": name, "variant": variant, "stems": stems, "workers": workers}
    plan = read(EncodeDatasetPlan, asked, where="command line")
    if detach and not dry_run:
        return hand_over("encode", console, **asked)
    with open_studio(console.settings) as studio:
        if dry_run:
            planned = plan_encode(plan, studio)
            data = {"set": planned.id, "variant": variant, "tracks": planned.tracks, "seconds": planned.seconds}
            text = f"would encode {plural(planned.tracks, 'track')}, {duration(planned.seconds)}, for {variant}"
            console.result("plan", data, text)
            return 0
        encoded = console.follow(encode_dataset(plan, studio))
    done, manifest = encoded.report, encoded.manifest
    rows = [
        ("training set", encoded.id),
        ("made", f"{done.made} arrays, {duration(done.seconds)} of sound in {duration(done.wall)}"),
        ("there before", done.kept),
        ("on disk", size(done.bytes)),
        ("speed", f"{done.realtime:.0f} x realtime, {done.outside:.0%} of the time outside the instrument" if done.made else "-"),
    ]
    data = {"set": encoded.id, "variant": variant, "made": done.made, "kept": done.kept, "bytes": done.bytes}
    data |= {
        "seconds": done.seconds,
        "wall": done.wall,
        "realtime": done.realtime,
        "outside": done.outside,
        "failures": failures_as_data(done.failures),
    }
    console.result("encoded", data, lambda: table(rows))
    code = report_failures(done.failures, f"{plural_are(len(manifest.rows) - len(done.failures), 'track')} encoded", console)
    console.next(
        f"twin train {quote(manifest.plan.producer)}" if manifest.plan.producer else f"twin dataset styles {quote(encoded.id)}"
    )
    return code
