"""The outline of a waveform as a small picture inside a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .html import Markup


def outline(peaks: Sequence[int], powers: Sequence[int], half: int) -> Markup:
    """Levels of equal stretches of a sound, from 0 to `half`: peaks faint, root mean squares strong."""
    strokes = "".join(
        f'<path class="{name}" d="'
        + "".join(f"M{place} {half - level}v{2 * level}" for place, level in enumerate(levels) if level)
        + '"/>'
        for name, levels in (("peak", peaks), ("body", powers))
    )
    loudest = int(np.argmax(powers)) / len(powers)
    view = f'viewBox="-1 0 {len(powers) + 1} {2 * half}" preserveAspectRatio="none"'
    return Markup(f'<svg role="img" aria-label="waveform, loudest at {loudest:.0%} of the length" {view}>{strokes}</svg>')
