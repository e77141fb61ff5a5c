"""Edits of held-out songs whose stems are known: what is asked of the instrument, and what it gives back.

For every song: drums, bass, keyboard and guitar, where they play, are extracted from the sum of its stems, one stem is added to
the others, its middle is repainted, it is covered in the style of another song, and it is played with the timbre of that song and
without, once from its own words and once from next to none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...audio import edits
from ...audio.samples import Samples
from ...house_band.render import render
from ...model.instrument import Instrument
from ...model.sampling import engine
from ...model.sampling.request import InputSound, Metas, Request, Sampling
from ...model.sampling.separation import cut_stem
from ...model.tasks import Task
from ...timebase import samples_of
from ..suite import TakePlan
from .songs import SongPrompt, prompt_of, score_of

EXTRACTED: Final = ("drums", "bass", "keyboard", "guitar")
FEW_WORDS: Final = "instrumental"
"""A caption that leaves everything to the reference."""
_LOUDEST: Final = 0.89


@dataclass(frozen=True, slots=True)
class StemSong:
    """A held-out song by its stems."""

    prompt: SongPrompt
    stems: dict[str, Samples]
    """Stem to sound, (2, n) at 48 kHz."""

    @property
    def mix(self) -> Samples:
        """The sum of the stems, in the order of their names."""
        return self.without("")

    def without(self, stem: str) -> Samples:
        """The sum of all stems but one."""
        found: Samples = np.sum([self.stems[name] for name in sorted(self.stems) if name != stem], axis=0, dtype=np.float32)
        return found


@dataclass(frozen=True, slots=True)
class EditSounds:
    """All sounds of one song; takes by name."""

    tracks: StemSong
    other: StemSong
    """The song whose style and timbre are borrowed."""
    added: str
    """The stem that lego adds."""
    window: tuple[float, float]
    """Seconds that are repainted."""
    takes: dict[str, Samples]


def play(plan: TakePlan, index: int) -> StemSong:
    """Song `index` of the edits, by the house band; its stems are as loud as the desk made the mix, and sum to no overload."""
    score = score_of("edits", plan.seed, index, plan.seconds)
    played = render(score, seconds=plan.seconds)
    gain = np.float32(min(_rms(played.mix) / max(_rms(played.dry), 1e-6), _LOUDEST / max(float(np.abs(played.dry).max()), 1e-6)))
    length = samples_of(plan.seconds)
    return StemSong(prompt_of(score, index), {name: edits.fit_length(stem * gain, length) for name, stem in played.stems.items()})


def make(plan: TakePlan, instrument: Instrument, tracks: StemSong, other: StemSong) -> EditSounds:
    """All edits of `tracks`."""
    prompt, index = tracks.prompt, tracks.prompt.index
    added = sorted(tracks.stems)[index % len(tracks.stems)]
    window = (plan.seconds / 3, plan.seconds * 2 / 3)
    mix = InputSound(audio=tracks.mix)

    def request_of(task: Task, source: InputSound | None, **more: object) -> Request:
        words = more.pop("caption", prompt.caption)
        metas = Metas(prompt.bpm, prompt.asked_key, prompt.meter)
        sampling = Sampling(steps=plan.steps, guidance=plan.guidance)
        seed = plan.seed * 1_000_000 + index
        return Request(words, plan.seconds, seed, task, metas=metas, sampling=sampling, source=source, **more)  # type: ignore[arg-type]

    orders = {f"extract {stem}": request_of(Task.EXTRACT, mix, stems=(stem,)) for stem in EXTRACTED if stem in tracks.stems}
    if len(tracks.stems) > 1:
        orders["lego"] = request_of(Task.LEGO, InputSound(audio=tracks.without(added)), stems=(added,))
    orders |= {
        "repaint": request_of(Task.REPAINT, mix, windows=(window,)),
        "cover": request_of(Task.COVER, mix, caption=other.prompt.caption),
        "alone": request_of(Task.TEXT2MUSIC, None),
        "with reference": request_of(Task.TEXT2MUSIC, None, references=(other.mix,)),
        "few words": request_of(Task.TEXT2MUSIC, None, caption=FEW_WORDS),
        "few words with reference": request_of(Task.TEXT2MUSIC, None, caption=FEW_WORDS, references=(other.mix,)),
    }
    able = {name: order for name, order in orders.items() if order.task in instrument.tasks}
    takes = dict(zip(able, _sounds(instrument, list(able.values())), strict=True))
    takes |= {
        name: cut_stem(instrument, orders[name], tracks.mix, take) for name, take in takes.items() if name.startswith("extract")
    }
    return EditSounds(tracks, other, added, window, takes)


def _rms(sound: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def _sounds(instrument: Instrument, requests: Sequence[Request]) -> list[Samples]:
    return [take.audio for take in engine.generate(instrument, requests)]
