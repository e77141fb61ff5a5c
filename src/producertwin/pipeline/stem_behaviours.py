"""What the executor does for stages that take out or add stems: see `behaviours`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..audio import levels
from ..errors import BadInput
from ..model.sampling import separation
from ..model.sampling.networks import AnyInstrument
from ..model.sampling.request import Request, Samples
from ..progress import OnProgress
from . import guide
from .regions import windows_of
from .source_metas import settle_regions
from .sources import Expected, Sounds, Sources, longest
from .stages import Complete, Extract, Lego

RESIDUE_DB: Final = -30.0
"""An extracted stem further below its source is a residue."""


def settle_lego(stage: Lego, sources: Expected) -> Lego:
    """The regions in seconds, in their order. Raises `BadInput` for one that reaches beyond the source."""
    if not stage.regions:
        return stage
    found = settle_regions(stage, stage.regions, sources)
    for region in found:
        if (region.end or 0.0) > longest(sources) + 1e-6:
            message = f"the region {region} s ends after the source at {longest(sources):.2f} s"
            raise BadInput(message, remedy="a stem is as long as its source: end there or before")
    return stage.model_copy(update={"regions": found, "unit": "seconds"})


def name_stem(stage: Extract | Lego, request: Request, sounds: Sounds) -> Request:
    """Ask for the one stem that the stage names, in its regions."""
    regions = stage.regions if isinstance(stage, Lego) else ()
    return replace(request, source=sounds[0], stems=(stage.stem,), windows=windows_of(regions))


def play_stem(stage: Lego, request: Request, sounds: Sounds) -> Request:
    """Name the stem, and begin from the band's sketch of it, if it plays one."""
    request = name_stem(stage, request, sounds)
    if guide.player_of(stage) is None:
        return request
    source = sounds[0].audio
    assert source is not None  # `needs_sound` has it decoded
    return replace(request, start=guide.sketch_stem(stage, request, source))


def name_stems(stage: Complete, request: Request, sounds: Sounds) -> Request:
    """Ask for the stems that the stage names beside its source."""
    return replace(request, source=sounds[0], stems=stage.stems)


def cut_out(audio: Samples, request: Request, sources: Sources, instrument: AnyInstrument, report: OnProgress) -> Samples:
    """The stem's sound, cut out of its source where the codec does not keep phase."""
    return separation.cut_stem(instrument, request, sources[0].audio, audio, on_progress=report)


def refuse_residue(stage: Extract, audio: Samples, sources: Sources, _: Request) -> dict[str, float | None]:
    """The stem's level against the source's, which has to be more than a residue unless it is wanted anyway."""
    level = levels.rms_db(audio) - levels.rms_db(sources[0].audio)
    if level < RESIDUE_DB and not stage.anyway:
        message = (
            f"there is next to nothing of {stage.stem} in {sources[0].name}: what came out is {-level:.0f} dB below the source"
        )
        raise BadInput(message, remedy="choose another stem, or keep what came out with --anyway")
    return {"extracted_db": level}
