"""Guide tracks: the house band plays a sketch in the asked tempo, key, meter and length, and the instrument performs it.

Words alone move a small instrument's tempo and key only weakly, so denoising starts from the re-noised sketch
(t = 1 - strength; after SDEdit, Meng et al. 2022) instead of from noise. The sketch is another one for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..audio import edits
from ..errors import NotFound
from ..house_band import styles
from ..house_band.compose import compose
from ..house_band.render import render
from ..model.sampling.request import InputSound, Samples, StartPoint
from ..music import Key
from ..timebase import samples_of
from .stages import Generate


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the house band played."""

    style: str
    bpm: float
    key: Key
    meter: int
    audio: Samples
    """(2, samples) at 48 kHz, as long as the take."""
    t: float
    """Noise level at which denoising starts."""

    @property
    def start(self) -> StartPoint:
        """Where the instrument begins."""
        return StartPoint(InputSound(audio=self.audio), self.t, on_beat=True)


def uses_guide(stage: Generate, *, by_itself: bool) -> tuple[bool, str]:
    """Whether the band plays for `stage`, and why not if it could have been expected to.

    `by_itself` is whether the instrument is guided when nobody says (`Card.guided`).

    Raises `NotFound` when a guide was asked for and no style of the band answers the caption.
    """
    if stage.guide == "none" or stage.guide_strength == 0 or (stage.guide == "auto" and not by_itself):
        return False, ""
    try:
        styles.find(stage.prompt.caption)
    except NotFound as error:
        if stage.guide == "auto":
            return False, f"no guide: {error.message}"
        raise
    return True, ""


def sketch(stage: Generate, seed: int) -> Sketch:
    """Let the band play for `stage`. The facts that the prompt leaves open are the band's choice, seeded."""
    prompt = stage.prompt
    style = styles.find(prompt.caption).id
    key = Key.parse(prompt.key) if prompt.key else None
    score = compose(style, seed=seed, bpm=prompt.bpm, key=key, meter=prompt.meter, seconds=stage.seconds)
    mix = render(score, seconds=stage.seconds).mix
    audio = edits.fit_length(mix, samples_of(stage.seconds))
    return Sketch(style, score.bpm, score.key, score.meter, audio, 1.0 - stage.guide_strength)
