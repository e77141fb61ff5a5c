"""`twin qualify`: what a variant can be relied on for on this device."""

from __future__ import annotations

from ..verbs import qualify as verb
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .text import quote, table


@options(verb.QualifyVariantPlan, positional=("variant",))
def qualify(plan: verb.QualifyVariantPlan, *, console: Console) -> None:
    """Probe a variant: guide, tempo, key, repaint, covers, adapters, speed; grade it, and use its best settings from then on."""
    with open_studio(console.settings) as studio:
        done = console.follow(verb.qualify(plan, studio))
    rows = [(one.what, one.verdict, one.told) for one in done.found.judged]
    console.result(
        "qualification", {"qualification": done.found, "page": done.page}, lambda: f"grade {done.found.grade}\n{table(rows)}"
    )
    console.next(f'twin make "lofi, rainy, rhodes" --variant {quote(plan.variant)} -o song.flac')
