"""What the tests of listening share: folders of sounds, a test prepared from them, and listeners who do as they are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.listening.answers import Answer
from producertwin.listening.plan import ListeningPlan
from producertwin.listening.prepare import PreparedTest, prepare
from producertwin.listening.sources import ListedSound, in_folder, write_list
from producertwin.listening.trials import BlindTest, Item, Side, Trial, lay_out
from producertwin.progress import finish

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def sound(seed: int, *, seconds: float = 1.5, gain: float = 0.1, silence: float = 0.0) -> Samples:
    """Noise with a tone of its own, after `silence` seconds of nothing."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * 48_000)) / 48_000
    tone = np.cos(2 * np.pi * rng.uniform(200, 900) * time)
    heard = gain * (tone + 0.2 * rng.standard_normal((2, time.size)))
    return np.concatenate([np.zeros((2, round(silence * 48_000))), heard], axis=1).astype(np.float32)


def folder(place: Path, side: int, count: int = 4, *, suffix: str = ".wav", gain: float = 0.1) -> Path:
    """A folder of `count` sounds of two styles with their list."""
    place.mkdir(parents=True)
    listed = []
    for number in range(count):
        files.write(place / f"{number}{suffix}", sound(100 * side + number, gain=gain))
        style = ("house", "lofi")[number % 2]
        listed.append(
            ListedSound(file=f"{number}{suffix}", id=f"p{number}", style=style, bpm=80.0 + number, title=f"Piece {number}")
        )
    write_list(place, listed)
    return place


def small(**changes: object) -> ListeningPlan:
    """A plan of a few short trials."""
    return ListeningPlan.model_validate(
        {"trials": 4, "repeats": 1, "identical": 2, "obvious": 1, "seconds": 1.0, "lufs": -23.0, **changes}
    )


def prepared(plan: ListeningPlan, twin: Path, other: Path, studio: Path) -> PreparedTest:
    """The test of `plan`, made in `studio`."""
    return finish(prepare(plan, in_folder(twin), in_folder(other), studio, created=WHEN))


def made_up(plan: ListeningPlan, seed: int = 0) -> BlindTest:
    """A test without sounds."""
    slots = lay_out(plan, np.random.default_rng(seed))
    trials = tuple(
        Trial(
            id=f"t{place:03d}",
            role=slot.role,
            item=slot.item,
            files={letter: f"{place}{letter}.wav" for letter in slot.sounds},
            twin=slot.twin,
            right=slot.right,
        )
        for place, slot in enumerate(slots, 1)
    )
    styles = ("lofi", "house")
    items = tuple(
        Item(twin="t", other="o", title=str(n), style=styles[n % 2], twin_bpm=80.0, other_bpm=80.0) for n in range(plan.trials)
    )
    return BlindTest(id="a" * 12, created=WHEN, plan=plan, lufs=-20.0, items=items, trials=trials)


def answered(test: BlindTest, listener: str, say: Callable[[Trial], Side]) -> list[Answer]:
    """The answers of a listener who says what `say` does."""
    return [
        Answer(test=test.id, listener=listener, trial=one.id, answer=say(one), seconds=5.0, at=WHEN + timedelta(seconds=place))
        for place, one in enumerate(test.trials)
    ]


def flipped(side: Side) -> Side:
    """The other letter."""
    return "b" if side == "a" else "a"


def listener(rng: np.random.Generator, skill: float) -> Callable[[Trial], Side]:
    """Somebody who is right (or chooses the twin) with probability `skill`, and never misses what is obvious."""

    def say(trial: Trial) -> Side:
        best = trial.right or trial.twin
        if trial.role == "obvious":
            return best
        share = 0.5 if trial.role == "identical" else skill
        return best if rng.random() < share else flipped(best)

    return say
