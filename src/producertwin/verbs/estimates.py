"""How long a pipeline will take, and how much memory: from what such takes took before on this device, else from a stated rate.

The work of a take is counted in seconds of music that pass the transformer once: its length, times the steps that are walked,
twice where it is guided. The rate of a variant is the median over its latest takes on this device (`Making.seconds`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from ..errors import TwinError

if TYPE_CHECKING:
    import torch

    from ..library import Take
    from ..pipeline.planning import PlannedStage
    from ..settings import Settings
    from .studio import Studio

LATEST: Final = 20
"""Takes of a variant that its rate is taken from."""
WEIGHTS_PER_SECOND: Final = {"cpu": 2e10, "cuda": 1.7e13}
"""Bytes of weights that pass a second of music in a second, where nothing is measured: nano on two cores, 2B on an H100."""
CODEC_SHARE: Final = 0.02
"""Seconds that a second of music takes on its way through the codec, where nothing is measured: nano's on one core."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds that a variant takes, each for a second of music."""

    denoise: float
    """One pass through the transformer."""
    decode: float
    """From latents to sound; encoding is reckoned as much."""
    other: float
    """Words, meters and files."""
    measured: bool
    """Whether takes of this device told it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pipeline will need."""

    seconds: float
    """Of time, loading left out."""
    by_stage: Mapping[str, float]
    measured: bool
    """Whether every rate was measured on this device; else it is a guess."""
    memory: int
    """Bytes: the weights that are loaded together, and as much again by half of the largest to play."""


def estimate(planned: Sequence[PlannedStage], studio: Studio) -> Estimate:
    """What `planned` will need. Raises `Unavailable` where the device of the settings is not there."""
    from ..model.variants.load import choose_device

    device = choose_device(studio.settings.device)
    variants = dict.fromkeys(one.variant for one in planned if one.variant is not None)
    sizes = {variant: _bytes_of(variant, studio.settings) for variant in variants}
    rates = {variant: _rates(variant, size, device, studio) for variant, size in sizes.items()}
    by_stage = {one.id: _seconds(one, rates) for one in planned}
    measured = all(one.measured for one in rates.values())
    return Estimate(sum(by_stage.values()), by_stage, measured, _memory(list(sizes.values()), device, studio.settings))


def work_of(stage: Mapping[str, Any], seconds: float) -> float:
    """The work of a take of a stored `stage`: seconds of music that pass the transformer."""
    play, sampling = stage.get("play", {}), stage.get("sampling", {})
    steps = len(sampling.get("schedule") or ()) or play.get("steps") or 0
    share = stage.get("denoise", 1.0) * (1.0 - stage.get("noise_strength", 0.0))
    if stage.get("guide") == "band":
        share *= 1.0 - stage.get("guide_strength", 0.0)
    return float(seconds * max(1.0, steps * share) * (2.0 if (play.get("guidance") or 1.0) > 1.0 else 1.0))


def _seconds(one: PlannedStage, rates: Mapping[str, Rates]) -> float:
    if one.variant is None:
        return 0.0
    rate = rates[one.variant]
    work = work_of(one.stage.model_dump(mode="json"), one.seconds)
    return one.takes * (work * rate.denoise + one.seconds * rate.other) + (one.encodes + one.decodes) * one.seconds * rate.decode


def _rates(variant: str, size: int, device: torch.device, studio: Studio) -> Rates:
    from ..library import Filter
    from ..model.machine import describe_machine

    library, name = studio.existing_library, describe_machine(device).device
    takes = library.takes.list(Filter(variant=variant, limit=LATEST)) if library else ()
    known = [take for take in takes if take.made is not None and take.made.device == name]
    denoise = _median(take.made.seconds["denoise"] / work_of(take.stage, take.seconds) for take in known if take.made)
    if denoise is None:
        return Rates(size / WEIGHTS_PER_SECOND.get(device.type, WEIGHTS_PER_SECOND["cpu"]), CODEC_SHARE, CODEC_SHARE, False)
    decode = _median(_part(take, "decode") for take in known if take.audio is not None)
    other = _median(_part(take, "prepare") + _part(take, "finish") for take in known)
    return Rates(denoise, CODEC_SHARE if decode is None else decode, other or 0.0, True)


def _part(take: Take, part: str) -> float:
    return (take.made.seconds.get(part, 0.0) if take.made else 0.0) / take.seconds


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return median(found) if found else None


def _bytes_of(variant: str, settings: Settings) -> int:
    """Bytes of a variant's weights; 0 where it is built in code, or its files cannot tell, which playing it will."""
    from ..model.variants import catalogue, footprint

    try:
        located = catalogue.resolve(variant, settings)
        return 0 if located.folder is None else footprint.footprint(located, settings).bytes
    except TwinError:
        return 0


def _memory(sizes: Sequence[int], device: torch.device, settings: Settings) -> int:
    """The most that is held at once: all weights as far as the budget goes, the largest at least, and what playing needs."""
    from .loaded import SPARE, budget_of

    largest = max(sizes, default=0)
    return int(max(largest, min(sum(sizes), budget_of(device, settings))) + (SPARE - 1.0) * largest)
