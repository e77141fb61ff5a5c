"""Guide tracks: the house band plays a sketch in the asked tempo, key, meter and length, and the instrument performs it.

Words alone move a small instrument's tempo and key only weakly, so denoising starts from the re-noised sketch
(t = 1 - strength; after SDEdit, Meng et al. 2022) instead of from noise. What the prompt leaves open is drawn from the style
that the caption means, by the take's seed and the caption's words together: another seed or other words, another sketch.
An instrument that plays by a metronome gets a tempo, key and meter drawn in the same way where no sketch gives it one.
Drums for a source are sketched to its bars.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from typing import Any

from ..audio import edits
from ..audio.bars import find_first_bar
from ..audio.samples import Samples
from ..errors import BadInput
from ..house_band import styles
from ..house_band.arrange import SHORT
from ..house_band.compose import compose, draw_facts, draw_form, draw_patches
from ..house_band.lines import METER
from ..house_band.render import render
from ..house_band.score import Score
from ..house_band.song_words import Words, list_syllables, voice_of
from ..house_band.styles import STYLES, Style
from ..library import Take
from ..metas import leave_out_facts
from ..model.hearing import is_sung
from ..model.instrument import Card
from ..model.sampling.request import InputSound, Metas, Request, StartPoint
from ..model.sampling.singing import Sung, SungSyllable
from ..music import common_words
from ..timebase import samples_of
from .song import TAIL
from .stages import Generate, Lego


@dataclass(frozen=True, slots=True)
class DrawnMetas:
    """Tempo, key and meter of a take, which of them nobody stated, and what these are drawn from."""

    metas: Metas
    names: tuple[str, ...] = ()
    """Those of `bpm`, `key` and `meter` that are drawn."""
    source: str = ""
    """The style, in words."""


def uses_guide(stage: Generate, *, by_itself: bool) -> tuple[bool, str]:
    """Whether the band plays for `stage`, and what the user should know about that.

    `by_itself` is whether the instrument is guided when nobody says (`Card.guided`). Then the band plays only where the caption
    is clear about a style: a sketch in a style that was guessed would drown its words.

    Raises `NotFound` when a guide was asked for and no style of the band answers the caption.
    """
    asked = stage.guide == "band" or stage.song.is_written
    if stage.guide == "none" or stage.guide_strength == 0 or not (asked or by_itself):
        return False, ""
    caption = stage.prompt.caption
    found = styles.match(caption)
    if found.clear:
        return True, ""
    if asked:
        return True, f"the band plays {styles.find(caption).name}, although {caption!r} says little of it"
    if found.score <= 0:
        return False, f"no guide: no style sounds like {caption!r}"
    return False, f"no guide: {caption!r} says too little of any style of the band (the nearest is {found.style.name})"


def player_of(stage: Generate | Lego) -> str | None:
    """Who plays a sketch for a resolved `stage` first: `band`, or nobody."""
    return "band" if stage.guide == "band" and stage.guide_strength > 0 else None


def draw_metas(stage: Generate, seed: int, metas: Metas, card: Card) -> DrawnMetas:
    """`metas` with what they leave open drawn, where a sketch will be played or the instrument plays by a metronome.

    It is drawn from the style that the caption means, and from any style where it means none.
    """
    missing = tuple(name for name in ("bpm", "key", "meter") if getattr(metas, name) is None)
    if not missing or not (stage.guide == "band" or card.metronome):
        return DrawnMetas(metas)
    return _draw(stage.prompt.caption, seed, metas, missing)


def draw_tempo(stage: Generate) -> DrawnMetas:
    """A tempo of the style that the caption means, drawn by the first take's seed: what a form needs to have a length."""
    return _draw(stage.prompt.caption, stage.play.seed or 0, Metas(), ("bpm",))


def tell_form(stage: Generate, request: Request) -> Request:
    """`request` with the form of a take that nobody plays a sketch for, and when its words are sung; drawn like its metas.

    What lasts long enough to have an outro comes to its end in time to ring out. Without a tempo there is neither.
    """
    metas, seed = request.metas, request.seed
    if metas.bpm is None:
        return request
    style, draw, _ = _style_of(stage.prompt.caption, seed)
    meter = metas.meter or METER
    bar = meter * 60.0 / metas.bpm
    seconds = stage.seconds if stage.seconds <= SHORT else max(math.floor((stage.seconds - TAIL) / bar), 1) * bar
    words = _words_of(stage)
    if words is None:
        return replace(request, sections=draw_form(style, draw, bpm=metas.bpm, meter=meter, seconds=seconds))
    score = compose(style.id, seed=draw, bpm=metas.bpm, key=metas.key, meter=meter, seconds=seconds, words=words)
    return replace(request, sections=score.form, sung=syllables_of(score))


def _style_of(caption: str, seed: int) -> tuple[Style, int, bool]:
    """The style that `caption` means, or any where it means none; the seed of what is drawn from it, and whether it was meant."""
    found, draw = styles.match(caption), _seed_of(caption, seed)
    meant = found.score > 0
    return found.style if meant else list(STYLES.values())[draw % len(STYLES)], draw, meant


def _draw(caption: str, seed: int, metas: Metas, missing: tuple[str, ...]) -> DrawnMetas:
    """`metas` with what is `missing` drawn from the style that `caption` means, and from any style where it means none."""
    style, draw, meant = _style_of(caption, seed)
    facts = draw_facts(style, draw, caption)
    source = f"the style {style.name}" if meant else f"{style.name}, a style picked by chance"
    return DrawnMetas(replace(metas, **{name: getattr(facts, name) for name in missing}), missing, source)


def say(drawn: DrawnMetas) -> str:
    """What was drawn, in words."""
    metas = drawn.metas
    facts = {"bpm": f"{metas.bpm or 0:g} bpm", "key": str(metas.key), "meter": f"{metas.meter} beats per bar"}
    return f"{', '.join(facts[name] for name in drawn.names)}, drawn from {drawn.source} by seed and words"


def write_score(stage: Generate, seed: int, metas: Metas) -> Score:
    """What the band plays for `stage`, in the tempo, key and meter of `metas`, note by note.

    Raises `NotFound` when no style of the band answers the caption.
    """
    return compose(**_song_of(stage, seed, metas), words=_words_of(stage) if stage.guide_sings else None)


def _words_of(stage: Generate) -> Words | None:
    """What `stage` asks to be sung."""
    return Words(stage.prompt.lyrics, voice_of(stage.prompt.caption)) if is_sung(stage.prompt.lyrics) else None


def syllables_of(score: Score) -> Sung:
    """The syllables that the band sings, as an instrument is told them."""
    return tuple(SungSyllable(*one) for one in list_syllables(score))


def list_patches(stage: Generate, seed: int, metas: Metas) -> frozenset[str]:
    """The sounds that the band has in the song of `write_score`, without writing it. Raises as that does."""
    return draw_patches(**_song_of(stage, seed, metas))


def _song_of(stage: Generate, seed: int, metas: Metas) -> dict[str, Any]:
    """What the band is asked for."""
    caption = stage.prompt.caption
    facts: dict[str, Any] = {"bpm": metas.bpm, "key": metas.key, "meter": metas.meter, "seconds": stage.seconds}
    outline = stage.song.outline(metas.meter, metas.key) if stage.song.is_written else None
    return facts | {"style": styles.find(caption).id, "seed": _seed_of(caption, seed), "outline": outline}


def score_of(take: Take) -> Score | None:
    """The score that the band played for `take`; None where it played nothing."""
    if take.guide != "band" or take.stage.get("kind") != "generate":
        return None
    metas = Metas.of(take.metas.bpm, take.metas.key, take.metas.meter)
    return write_score(Generate.model_validate(take.stage), take.seed, metas)


def sketch(stage: Generate, request: Request) -> Request:
    """Let the band play for `stage`: `request` with where denoising begins, and the form. Raises as `write_score` does."""
    score = write_score(stage, request.seed, request.metas)
    sound = InputSound(audio=play_score(stage, score))
    start = StartPoint(sound, 1.0 - stage.guide_strength, on_beat=True, tempi=score.tempi)
    words = None if stage.guide_sings else _words_of(stage)
    sung = compose(**_song_of(stage, request.seed, request.metas), words=words) if words else score
    return replace(request, start=start, sections=score.form, sung=syllables_of(sung))


def play_score(stage: Generate, score: Score) -> Samples:
    """What the band plays of `score`, as long as the takes of `stage`, `(2, samples)`."""
    return edits.fit_length(render(score, seconds=stage.seconds).mix, samples_of(stage.seconds))


def sketch_stem(stage: Lego, request: Request, source: Samples) -> StartPoint:
    """Let the band play the stem of `stage` to the bars of `source` `(2, samples)`: where denoising begins.

    Raises `BadInput` where nobody knows the tempo, `NotFound` when no style of the band answers the caption.
    """
    metas, caption = request.metas, request.caption
    if metas.bpm is None:
        message = f"the band needs a tempo for its {stage.stem}, and none is clear in the source"
        raise BadInput(message, remedy="state it (bpm), or leave the guide out")
    meter = metas.meter or METER
    wait = find_first_bar(source, metas.bpm, meter)
    lead = meter * 60.0 / metas.bpm - wait if wait else 0.0
    style, draw, seconds = styles.find(caption), _seed_of(caption, request.seed), request.seconds + lead
    score = compose(style.id, seed=draw, bpm=metas.bpm, key=metas.key, meter=meter, seconds=seconds)
    stem = render(score, seconds=seconds).stems.get(stage.stem)
    if stem is None:
        message = f"the band plays no {stage.stem} in the style {style.name}"
        raise BadInput(message, remedy="leave the guide out, or name another style in the caption")
    audio = edits.fit_length(stem[:, samples_of(lead) :], samples_of(request.seconds))
    return StartPoint(InputSound(audio=audio), 1.0 - stage.guide_strength)


def _seed_of(caption: str, seed: int) -> int:
    """A seed for what is drawn: of the take's seed and of the words, in any order and case, synonyms being one word.

    Facts that the caption states are none of its words: they are asked for, and what is left open is drawn beside them.
    """
    words = sorted(set(re.findall(r"[^\W\d_]+", common_words(leave_out_facts(caption))))) or [caption]
    digest = hashlib.blake2b(" ".join([str(seed), *words]).encode(), digest_size=7)
    return int.from_bytes(digest.digest())
