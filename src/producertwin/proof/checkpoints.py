"""`twin runs compare`: which checkpoint of a run is the best twin?

Every checkpoint whose adapter is there plays a few held-out prompts (a light proof), and is scored by parts from 0 to 1, weighed
as `WEIGHTS` says; a part that cannot be measured is left out and the others count for it. A take that repeats a training song
costs its whole share. The best one is marked in the run's folder, `best.json`; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..library.runs import ADAPTER, CHECKPOINTS
from ..metrics.embedders import SoundEmbedder
from ..model.instrument import Instrument
from ..progress import Progress, Steps
from ..recipe import Record
from ..training.log import VALIDATION
from ..untrusted import parse_object, read_object
from .copies import find_copies
from .corpus import Corpus
from .figures import ProofFigures, ProofFiguresOfEmbedder
from .plan import ProofPlan
from .prove import check_corpus, compute_figures, with_trigger
from .takes import ProofContext, play_and_measure

WEIGHTS: Final[dict[str, float]] = {"gain": 0.45, "validation": 0.2, "agreement": 0.15, "obedience": 0.1, "whole": 0.1}
"""gain: the style gain by the first embedder; validation: where the loss lies between the run's worst (0) and best (1);
agreement: the caption gap in parts of the real songs'; obedience: tempo and key in parts of the real songs'; whole: takes without
a defect."""
BEST: Final = "best.json"


class CheckpointScore(Record):
    """One checkpoint."""

    step: int
    adapter: str
    """Its folder, from the run's."""
    loss: float | None
    """Validation loss; None where none was measured at this step."""
    parts: dict[str, float]
    copies: float
    """Share of takes that repeat a training song."""
    score: float


class Comparison(Record):
    """Every checkpoint's score, and the best."""

    best: int
    """Its step."""
    adapter: str
    weights: dict[str, float]
    scores: tuple[CheckpointScore, ...]
    """In the order of their steps."""
    validation: tuple[tuple[int, float], ...]
    """Step and loss of every validation."""


def compare(
    plan: ProofPlan, corpus: Corpus, instrument: Instrument, run: Path, embedders: Sequence[SoundEmbedder]
) -> Steps[Comparison]:
    """Score the checkpoints of the run in folder `run`; what is played is kept in `run/compare`.

    Raises `NotFound` for a run without adapters, and as `prove` does.
    """
    check_corpus(corpus)
    found = adapters_of(run)
    losses = dict(validation_of(run))
    scores = []
    for done, (step, adapter) in enumerate(found):
        yield Progress("compare", done, len(found), f"step {step}")
        context = ProofContext(with_trigger(plan, adapter), instrument, tuple(embedders), run / "compare", f"step-{step:08d}")
        measured = yield from play_and_measure(context, corpus, adapter)
        copied = yield from find_copies(context, corpus, measured)
        figures = compute_figures(context, measured, copied, adapter)
        scores.append(score_of(step, adapter.relative_to(run).as_posix(), figures, losses))
    best = max(scores, key=lambda one: (one.score, -one.step))
    comparison = Comparison(
        best=best.step, adapter=best.adapter, weights=WEIGHTS, scores=tuple(scores), validation=tuple(sorted(losses.items()))
    )
    write_whole(run / BEST, comparison.model_dump_json(indent=2).encode())
    yield Progress("compare", len(found), len(found), f"best: step {best.step}")
    return comparison


def adapters_of(run: Path) -> list[tuple[int, Path]]:
    """Step and adapter of every checkpoint of a run, the oldest first. Raises `NotFound` where there is none."""
    every = ((path.parent.name.removeprefix("step-"), path) for path in (run / CHECKPOINTS).glob(f"step-*/{ADAPTER}"))
    found = sorted((int(step), path) for step, path in every if step.isdigit() and path.is_dir())
    if not found:
        raise NotFound(f"no checkpoint of {run} holds an adapter", remedy="train longer, or with a smaller training.save_every")
    return found


def best_of(run: Path) -> Path | None:
    """The adapter that a comparison marked as the best of a run; None where none was made or it is gone."""
    try:
        marked = read_object(run / BEST)
    except (NotFound, BadInput):
        return None
    path = run / str(marked["adapter"]) if marked.get("adapter") else None
    return path if path is not None and path.exists() else None


def validation_of(run: Path) -> list[tuple[int, float]]:
    """Step and loss of every validation of a run, the last one where a step was validated again; a line cut short is left out."""
    found: dict[int, float] = {}
    path = run / VALIDATION
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = parse_object(line, str(path))
            found[int(row["step"])] = float(row["loss"])
        except (BadInput, ValueError, KeyError, TypeError):
            continue
    return sorted(found.items())


def score_of(step: int, adapter: str, figures: ProofFigures, losses: Mapping[int, float]) -> CheckpointScore:
    """The combined score of one checkpoint."""
    parts = {name: value for name, value in _parts(step, figures, losses).items() if value is not None}
    weight = sum(WEIGHTS[name] for name in parts)
    repeated = len(figures.copies.found.flagged_takes) if figures.copies.found else 0
    share = repeated / max(figures.faults["twin"].takes, 1)
    total = sum(WEIGHTS[name] * value for name, value in parts.items()) / weight if weight else 0.0
    return CheckpointScore(step=step, adapter=adapter, loss=losses.get(step), parts=parts, copies=share, score=total - share)


def _parts(step: int, figures: ProofFigures, losses: Mapping[int, float]) -> dict[str, float | None]:
    first = figures.first
    near = first.nearness.gain if first and first.nearness else None
    kept = [min(max(one.twin.value / one.real.value, 0.0), 1.0) for one in figures.kept.values() if one.real.value > 0]
    return {
        "gain": None if near is None else min(max(near.value, -1.0), 1.0),
        "validation": _place(losses.get(step), list(losses.values())),
        "agreement": _agreement(figures.ears.values()),
        "obedience": float(np.mean(kept)) if kept else None,
        "whole": 1.0 - figures.faults["twin"].share.value,
    }


def _place(loss: float | None, every: Sequence[float]) -> float | None:
    """Where `loss` lies between the worst (0) and the best (1) of a run; None where there is nothing to compare."""
    if loss is None or len(every) < 2 or max(every) <= min(every):
        return None
    return (max(every) - loss) / (max(every) - min(every))


def _agreement(ears: Iterable[ProofFiguresOfEmbedder]) -> float | None:
    """Caption gap of the twin in parts of the real songs', by the first embedder that hears captions in those."""
    for one in ears:
        if one.agreement and one.agreement["real"].gap.value > 0:
            return min(max(one.agreement["twin"].gap.value / one.agreement["real"].gap.value, 0.0), 1.0)
    return None
