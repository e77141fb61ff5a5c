"""`twin pairs make`: candidates that fill the gaps in what was asked for, made, scored and paired.

A prompt is a unit: its takes are kept as latents and its scores as a row before the next begins, so work that is killed goes on
after the last prompt, and several workers make one set together, each its part.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field, model_validator

from ..errors import NotFound
from ..pipeline.fields import Seconds
from ..progress import Clock, Steps, finish, note
from ..recipe import Record, read
from .pair_repairs import mend_take
from .scorers import OF_METERS, check_scorers, open_scorers
from .studio import Studio

if TYPE_CHECKING:
    from ..library import Take
    from ..library.verdict import Source
    from ..pipeline.choosing import Scorer
    from ..pipeline.stages import Generate
    from ..preferences.candidates import Candidates
    from ..preferences.collect import FindTake
    from ..preferences.prompts import DrawnPrompt
    from ..preferences.store import PairSet

__all__ = ["MadePairs", "MakePairsPlan", "find_takes", "make_pairs", "plan_of", "plan_pairs", "weights_of"]

FREE: Final = frozenset({"budget", "part", "least_margin"})
"""What does not change which takes are made, and may differ when the same set is gone on with."""
MENDED: Final = "repair"
"""What takes differ in that are one take and its repair."""
STRIDE: Final = 1_000
"""Between the first seeds of two prompts."""


class MakePairsPlan(Record):
    """Which candidates are made, who plays them, and who scores them."""

    n: int = Field(100, ge=1, le=1_000_000)
    """Prompts, and so pairs at most."""
    takes: int = Field(4, ge=2, le=16)
    """Takes of each prompt, of which the best and the worst are paired."""
    seconds: Seconds = 10.0
    """Length of each take in seconds."""
    styles: tuple[str, ...] = ()
    """Only prompts of this style; may be repeated. Any style when absent."""
    scorers: tuple[str, ...] = ("inspector", "caption")
    """Who scores: inspector, caption, meters or producer, as NAME or NAME=WEIGHT; may be repeated."""
    producer: str | None = None
    """Whose tracks the scorer `producer` holds takes against."""
    least_margin: float = Field(0.5, ge=0.0)
    """Pairs nearer to each other than this, in standard deviations, are left out."""
    variant: str = Field("nano", min_length=1)
    """Which instrument plays."""
    adapters: tuple[str, ...] = ()
    """Twins to play with, as for `twin make --adapter`; may be repeated."""
    guide: Literal["none", "band", "auto"] = "auto"
    """Whether the house band performs a sketch first, as for `twin make`."""
    steps: int | None = Field(None, ge=1, le=500)
    """Denoising steps; the variant's own number when absent."""
    seed: int = Field(7, ge=0, lt=2**31)
    """Decides prompts and takes."""
    vary: str | None = Field(None, pattern=r"^(repair|(steps|guidance|shift)=\d+(\.\d+)?(,\d+(\.\d+)?){1,15})$")
    """A setting in which the takes, then of one seed, differ: guidance=1,3,5,7; or repair: one take, and what repair makes of it
    (2 takes). They differ in their seeds when absent."""
    licence: str | None = None
    """Under which the takes may be used."""
    budget: float | None = Field(None, gt=0)
    """Minutes after which it stops with what it has; the same command goes on."""
    part: str = Field("1/1", pattern=r"^[1-9]\d{0,2}/[1-9]\d{0,2}$")
    """Which part of the prompts this worker makes, such as 2/8: eight of them fill one set together."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        place, parts = self.share
        if place > parts:
            raise ValueError(f"part {self.part}: there are {parts}")
        if "producer" in self.weights and self.producer is None:
            raise ValueError("the scorer producer needs a producer to hold takes against")
        if self.vary == MENDED and self.takes != 2:
            raise ValueError(f"--vary {MENDED} makes 2 takes of a prompt, and {self.takes} are asked for")
        if self.vary not in (None, MENDED) and (count := len(self.settings)) != self.takes:
            raise ValueError(f"{self.vary} has {count} values, and there are {self.takes} takes")
        return self

    @property
    def settings(self) -> tuple[dict[str, float], ...]:
        """The setting of every take, where they differ in one; else none."""
        name, _, values = (self.vary or "").partition("=")
        return tuple({name: float(value)} for value in values.split(",")) if values else ()

    @property
    def share(self) -> tuple[int, int]:
        """Which part, from 1, and how many there are."""
        place, _, parts = self.part.partition("/")
        return int(place), int(parts)

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every scorer, by name."""
        found = {}
        for text in self.scorers:
            name, sign, weight = text.partition("=")
            try:
                found[name.strip()] = float(weight) if sign else 1.0
            except ValueError:
                raise ValueError(f"scorer {text!r}: write NAME or NAME=WEIGHT") from None
        if not found or any(not 0 < weight <= 100 for weight in found.values()):
            raise ValueError("name at least one scorer, with weights above 0 and at most 100")
        return found


@dataclass(frozen=True, slots=True)
class MadePairs:
    """A set of pairs, and what became of it."""

    set: PairSet
    pairs: int
    """Pairs in it."""
    prompts: int
    """Prompts whose takes were made and scored, all parts together."""
    of: int
    """Prompts that were asked for."""


def plan_pairs(plan: MakePairsPlan, studio: Studio) -> tuple[DrawnPrompt, ...]:
    """The prompts that `make_pairs` would play; raises for all that can be refused before: styles, scorers, variant, adapters."""
    from ..preferences.prompts import draw_prompts

    check_scorers(plan.weights, plan.producer, studio)
    studio.read_card(plan.variant)
    for setting in plan.settings or ({},):
        studio.find_adapters(_stage(plan, None, 0, setting).play)
    return draw_prompts(plan.n, plan.seed, plan.seconds, only=plan.styles)


def make_pairs(plan: MakePairsPlan, studio: Studio) -> Steps[MadePairs]:
    """Make and score the takes of every prompt, and pair the best with the worst. The same plan again goes on where it stopped.

    Takes are kept as latents. Each prompt is a unit, told as progress of `pairs` once it is stored. Raises as `plan_pairs` and
    `pipeline.executor.render` do, and `Unavailable` where another process makes the same part.
    """
    from ..preferences import candidates, store

    prompts = plan_pairs(plan, studio)
    unsaid = set(FREE) | (set() if plan.vary else {"vary"})
    found = store.open_set(studio.settings.studio, plan.model_dump(mode="json", exclude=unsaid) | {"made": "candidates"})
    with candidates.hold_part(found.folder, *plan.share):
        yield from _fill(plan, found, prompts, studio)
        return _pair_up(plan, found, len(prompts), studio)


def _fill(plan: MakePairsPlan, found: PairSet, prompts: Sequence[DrawnPrompt], studio: Studio) -> Steps[None]:
    """Make and score the takes of the prompts that this part has left, until the budget is used up."""
    from ..preferences import candidates

    place, parts = plan.share
    mine = range(place - 1, len(prompts), parts)
    path = candidates.path_of(found.folder, place, parts)
    known = candidates.all_rows(found.folder)
    left = [at for at in mine if at not in known]
    yield note(f"set {found.id}: {len(left)} of {len(mine)} prompts are left")
    scorers = yield from open_scorers(plan.weights, plan.producer, studio)
    clock, began = Clock("pairs", len(mine)), time.monotonic()
    for done, at in enumerate(left, len(mine) - len(left) + 1):
        if plan.budget is not None and time.monotonic() - began > 60 * plan.budget:
            yield note(f"the budget of {plan.budget:g} minutes is used up; the same command goes on")
            break
        takes = yield from _play(plan, prompts[at], at, studio)
        candidates.append(path, at, _score(prompts[at], takes, scorers, studio))
        yield clock.at(done)


def _pair_up(asked: MakePairsPlan, found: PairSet, prompts: int, studio: Studio) -> MadePairs:
    from ..preferences import candidates, store
    from ..preferences.counts import count_pairs

    rows = candidates.all_rows(found.folder)
    source: Source = "repair" if asked.vary == MENDED else "parameters" if asked.vary else "seeds"
    rule = candidates.PairingRule(asked.weights, asked.least_margin, asked.licence, source)
    pairs = list(candidates.pair_up([*rows.values()], rule, find_takes(studio)))
    store.replace(found, pairs)
    count_pairs(found)  # now, so that nobody who lists sets waits for it
    return MadePairs(found, len(pairs), len(rows), prompts)


def plan_of(found: PairSet) -> MakePairsPlan | None:
    """How the candidates of a set were made; None for a set of verdicts or of rows."""
    if found.plan.get("made") != "candidates":
        return None
    return MakePairsPlan.model_validate({name: value for name, value in found.plan.items() if name in MakePairsPlan.model_fields})


def weights_of(found: PairSet) -> dict[str, float]:
    """The weight of every scorer that a set was paired by; none for a set of verdicts or of rows."""
    made = plan_of(found)
    return {} if made is None else made.weights


def find_takes(studio: Studio) -> FindTake:
    """Finds a take of the studio by its whole id; None where it is gone."""

    def find(name: str) -> Take | None:
        try:
            return studio.library.takes.get(name)
        except NotFound:
            return None

    return find


def _play(plan: MakePairsPlan, drawn: DrawnPrompt, at: int, studio: Studio) -> Steps[list[Take]]:
    """The takes of a prompt, kept as latents."""
    from ..pipeline import executor

    stages = [_stage(plan, drawn, at, setting) for setting in plan.settings or ({},)]
    instrument = yield from studio.load_player(plan.variant)
    takes: list[Take] = []
    with studio.attach(instrument, studio.find_adapters(stages[0].play)) as on:
        player = executor.Player(instrument, on, studio.encodings)
        parts: list[executor.Part] = []
        for stage in stages:
            resolved, _ = executor.resolve(stage, (), player.card)
            prepared = executor.prepare(resolved, ())
            parts += [(part, prepared) for part in executor.split_batch(resolved)]
        for together in executor.split_passes(parts, instrument):
            what = f"prompt {at + 1}, {executor.count_takes(len(takes), len(together), len(parts))}"
            made = yield from executor.render(together, player, studio.library, what=what, heard=False)
            takes += [take for take, _ in made]
    return (yield from mend_take(takes[0], studio)) if plan.vary == MENDED else takes


def _score(drawn: DrawnPrompt, takes: list[Take], scorers: Mapping[str, Scorer], studio: Studio) -> Candidates:
    """Decode and score the takes of a prompt; the decoded sounds are not kept."""
    import numpy as np

    from ..audio import files
    from ..metrics.distances import vendi
    from ..pipeline.sounding import read_take
    from ..preferences.candidates import Candidates
    from .inspect import inspect_take
    from .sounds import find_sound

    scores, defects, loudness = list[dict[str, float]](), list[tuple[str, ...]](), list[float | None]()
    vectors, embedder = [], studio.load_embedder()
    for take in takes:
        kept = studio.library.takes.has_sound(take)
        finish(find_sound(take, studio))  # what it says, that a take is decoded, is no news here
        report, sound = inspect_take(take, studio), files.read(studio.library.takes.content(take))
        heard = read_take(take, sound) if OF_METERS & scorers.keys() else take
        scores.append({name: report.score if name == "inspector" else score(heard) for name, score in scorers.items()})
        defects.append(tuple(part.kind for part in report.parts))
        lufs = None if report.loudness is None else report.loudness.integrated_lufs
        loudness.append(lufs if lufs is not None and math.isfinite(lufs) else None)
        vectors.append(embedder.embed_audio(sound).vector)
        if not kept:
            studio.library.takes.drop_decoded(take)
    return Candidates(
        prompt=drawn.prompt,
        takes=tuple(take.id for take in takes),
        scores=tuple(scores),
        defects=tuple(defects),
        loudness=tuple(loudness),
        seconds=tuple(take.seconds for take in takes),
        diversity=vendi(np.stack(vectors)) if len(vectors) > 1 else None,
    )


def _stage(
    asked: MakePairsPlan, drawn: DrawnPrompt | None, at: int, setting: Mapping[str, float] = MappingProxyType({})
) -> Generate:
    """What is played for the prompt of place `at`: all its takes, or the one with `setting`.

    Raises `BadInput` for what no stage takes.
    """
    from ..pipeline.stages import Generate

    words = {"caption": "lofi"} if drawn is None else {"caption": drawn.prompt.caption, "lyrics": drawn.prompt.lyrics}
    metas = {} if drawn is None else drawn.prompt.metas.model_dump(include={"bpm", "key", "meter"}, exclude_none=True)
    play: dict[str, object] = {"variant": asked.variant, "adapters": asked.adapters, "steps": asked.steps, "batch": asked.takes}
    play["seed"] = (asked.seed * 1_000_003 + at * STRIDE) % 2**32
    if asked.vary:
        play |= {**setting, "batch": 1}
    facts = {"prompt": words | metas, "seconds": asked.seconds, "guide": asked.guide, "play": play}
    return read(Generate, facts, where="the candidates")
