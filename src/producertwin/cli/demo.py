"""`twin demo`: the main job in one command. A line of words, three takes, the best one kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from pydantic import Field

from ..disk import write_whole
from ..errors import NotFound
from ..pipeline.stages import MOST_TAKES, Generate, Play, Prompt, Seconds, Text
from ..recipe import Record
from .options import options
from .output import Talk, envelope, plain
from .renderings import DryRun
from .text import table

if TYPE_CHECKING:
    from ..library import Take
    from ..model.request import Samples

BRIEF = "lofi hip hop, mellow, rhodes, upright bass, brushed drums, vinyl crackle, rainy night"
WEIGHTS = {"tempo": 0.4, "key": 0.4, "clean": 0.2}
"""Share of each part in the score. Every part is 0 to 1."""
KINDS = (".flac", ".png", ".json")
SAID = "score = 40 % tempo fit + 40 % notes in the key + 20 % free of defects"


class Demo(Record):
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
        return Generate(prompt=Prompt(caption=self.brief), seconds=self.seconds, guide="band", play=play)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A take, its copy without suffix, and its score with the parts of it."""

    take: Take
    path: Path
    scores: dict[str, float]

    @property
    def row(self) -> tuple[str, ...]:
        """Its line on screen."""
        metas = self.take.metas
        asked = f"{metas.bpm or 0:g} bpm {metas.key}"
        return f"{self.path}.flac", self.take.id, asked, *(f"{score:.2f}" for score in self.scores.values())


@options(Demo, positional=("brief",), renamed={"seconds": "--duration"})
def demo(
    stage: Demo,
    *,
    out: Annotated[Path, Parameter(alias="-o", help="Folder for the takes and the best of them.")] = Path("demo"),
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Make three short takes of one line and keep the best: best.flac, best.png and best.json."""
    from ..pipeline.delivery import Delivery
    from ..pipeline.executor import run

    delivery = Delivery(out / "take.flac", picture=True)
    if dry_run:
        files = [path.with_suffix(kind) for path in (*delivery.paths(stage.takes), out / "best") for kind in KINDS]
        talk.result("plan", {"stage": stage.stage, "files": files}, lambda: "\n".join(map(str, files)))
        return
    talk.say(f"brief: {stage.brief}")
    talk.say(f"{stage.variant} performs {stage.takes} sketches of the house band (guide tracks), {stage.seconds:g} s each")
    done = talk.follow(run(stage.stage, talk.settings, delivery=delivery))
    found = [candidate(one.take, one.path) for one in done if one.path is not None]
    best = max(found, key=lambda one: one.scores["score"])
    kept = [keep(best.path, out / "best", kind) for kind in KINDS]
    talk.say(SAID)
    told = {"best": kept, "scores": best.scores, "takes": [plain(one.take) | {"scores": one.scores} for one in found]}
    header = ("file", "take", "asked", *best.scores)
    talk.result("demo", told, lambda: table([one.row for one in found], header) + f"\nbest: {kept[0]} ({best.path.name})")
    talk.next('twin make "house, bright piano, deep bass" --bpm 124 --key "F minor" -o song.flac --picture')


def candidate(take: Take, path: Path) -> Candidate:
    """Judge a take and write its record beside its sound."""
    from ..audio import files

    parts = judge(files.read(path), take)
    scores = parts | {"score": sum(WEIGHTS[name] * part for name, part in parts.items())}
    record = envelope("take", plain(take) | {"scores": scores})
    write_whole(path.with_suffix(".json"), record.encode() + b"\n")
    return Candidate(take, path.with_suffix(""), scores)


def judge(audio: Samples, take: Take) -> dict[str, float]:
    """Tempo fit against rival tempi, share of notes in the key, and freedom from defects, each 0 to 1."""
    from ..audio.tempo import tempo_fit
    from ..audio.tonal import in_scale_share
    from ..evaluation import adherence, defects
    from ..music import Key

    bpm, key = take.metas.bpm, take.metas.key
    fits = tempo_fit(audio, adherence.candidate_tempi(60.0, 180.0, bpm)) if bpm else [0.0]
    tempo = max(0.0, float(fits[0] / max(fits))) if max(fits) > 0 else 0.0
    scale = in_scale_share(audio, Key.parse(key)) if key else 0.0
    return {"tempo": tempo, "key": scale, "clean": 0.0 if defects.find(audio).any else 1.0}


def keep(source: Path, target: Path, kind: str) -> Path:
    """Copy one file of the best take to its name. Raises `NotFound` when it has gone since."""

    path = source.with_suffix(kind)
    if not path.is_file():
        raise NotFound(f"{path} is gone", remedy="run the demo again")
    return write_whole(target.with_suffix(kind), path.read_bytes())
