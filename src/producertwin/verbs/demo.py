"""`demo`: the main job in one call. A line of words, a few takes, the best one kept.

score = 0.4 tempo + 0.4 key + 0.2 clean. Tempo is 1 where the tempo meter reads what was asked, 0.5 where it reads an octave of it
(half, double, a third or triple), else 0; key is the share of the notes inside the asked key; clean is a tenth of
the inspector's score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ..disk import write_whole
from ..errors import NotFound
from ..metas import read_caption
from ..pipeline.fields import Seconds, Text
from ..pipeline.stages import MOST_TAKES, Generate, Play, Prompt
from ..progress import Steps, note
from ..recipe import Record
from .rendering import render

if TYPE_CHECKING:
    from ..library import Take
    from ..model.sampling.request import Samples
    from .studio import Studio

BRIEF = "lofi house, groovy, rhodes, bass guitar, 909 drums"
WEIGHTS = {"tempo": 0.4, "key": 0.4, "clean": 0.2}
"""Share of each part in the score. Every part is 0 to 1."""
SAID = "score = 40% tempo (1 as asked, 0.5 an octave off, else 0) + 40% notes in the key + 20% inspector"
KINDS = (".flac", ".png", ".json")
"""The files of every take."""


class DemoPlan(Record):
    """What the demo plays."""

    brief: Text = BRIEF
    """What to play, in one line."""
    takes: int = Field(3, ge=1, le=MOST_TAKES)
    """How many candidates."""
    seconds: Seconds = 20.0
    """Length of each in seconds."""
    seed: int = Field(7, ge=0, lt=2**32)
    """Seed of the first; the others follow."""
    variant: str = "nano"
    """The instrument."""

    @property
    def stage(self) -> Generate:
        """The stage that makes the candidates."""
        play = Play(variant=self.variant, seed=self.seed, batch=self.takes)
        written = None if "seconds" in self.model_fields_set else read_caption(self.brief).seconds
        seconds = written.value if written else self.seconds
        return Generate(prompt=Prompt(caption=self.brief), seconds=seconds, guide="band", play=play)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A take, its copy without suffix, its score with the parts of it, and its tempo in words."""

    take: Take
    path: Path
    scores: dict[str, float]
    tempo: str


@dataclass(frozen=True, slots=True)
class Demo:
    """Every candidate, the best of them, and the copies of the best."""

    candidates: tuple[Candidate, ...]
    best: Candidate
    files: tuple[Path, ...]


def plan_demo(plan: DemoPlan, out: Path) -> tuple[Path, ...]:
    """The files that `demo` would write into the folder `out`."""
    from ..pipeline.delivery import Delivery

    copies = Delivery(out / "take.flac").paths(plan.takes)
    return tuple(path.with_suffix(kind) for path in (*copies, out / "best") for kind in KINDS)


def demo(plan: DemoPlan, studio: Studio, out: Path) -> Steps[Demo]:
    """Make the takes of `plan`, score them, and keep the best as best.flac, best.png and best.json in the folder `out`.

    Raises as `render` does.
    """
    yield note(f"brief: {plan.brief}")
    yield note(f"{plan.variant} performs {plan.takes} sketches of the house band (guide tracks), {plan.stage.seconds:g} s each")
    done = yield from render(plan.stage, studio, out=out / "take.flac", picture=True)
    found = tuple(score_take(one.take, one.path) for one in done if one.path is not None)
    best = max(found, key=lambda one: one.scores["score"])
    files = tuple(_copy(best.path, out / "best", kind) for kind in KINDS)
    yield note(SAID)
    return Demo(found, best, files)


def score_take(take: Take, path: Path) -> Candidate:
    """Score the take whose copy lies at `path`, and write its record beside the copy."""
    from ..audio import files

    parts, tempo = rate(files.read(path), take)
    scores = parts | {"score": sum(WEIGHTS[name] * part for name, part in parts.items())}
    record = {"schema": "twin.take/1", **take.model_dump(mode="json"), "scores": scores}
    text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
    write_whole(path.with_suffix(".json"), text.encode() + b"\n")
    return Candidate(take, path.with_suffix(""), scores, tempo)


def rate(audio: Samples, take: Take) -> tuple[dict[str, float], str]:
    """Tempo, share of notes in the key, and the inspector's score, each 0 to 1; and what the tempo meter reads, in words."""
    from ..audio.meters import measure
    from ..audio.tempo import tempo_agreement
    from ..music import Key
    from ..quality.report import inspect

    bpm, key, meters = take.metas.bpm, take.metas.key, measure(audio)
    tempo = tempo_agreement(meters.tempo().bpm, bpm) if bpm else None
    scale = meters.in_scale_share(Key.parse(key)) if key else 0.0
    report, _ = inspect(audio)
    return {"tempo": tempo.share if tempo else 0.0, "key": scale, "clean": report.score / 10}, str(tempo or "none asked")


def _copy(source: Path, target: Path, kind: str) -> Path:
    """Copy one file of the best take to its name. Raises `NotFound` when it has gone since."""
    path = source.with_suffix(kind)
    if not path.is_file():
        raise NotFound(f"{path} is gone", remedy="run the demo again")
    return write_whole(target.with_suffix(kind), path.read_bytes())
