"""What is said of an edit's source before work begins: whether the variant can carry it, and whether the asked stem is there.

Both are judged where the variant's card says what its own music measures (`Card.copy_error`); a variant without such a figure is
not judged. A take that the variant made itself, with its latents, needs no way through the codec and is not measured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..errors import BadInput
from ..progress import Steps, note, warning

if TYPE_CHECKING:
    from ..metrics.round_trip import RoundTrip
    from ..model.sampling.networks import AnyInstrument
    from ..pipeline.executor import Prepared
    from ..pipeline.sources import EditSource
    from ..pipeline.stages import Extract, Stage
    from .studio import Studio

STEM_CHANCE: Final = 0.1
"""A stem that the offline embedder hears with a smaller chance is taken for absent (`benchmarks/foreign.py`)."""


def check_sources(stage: Stage, prepared: Prepared, instrument: AnyInstrument, studio: Studio) -> Steps[Prepared]:
    """Measure the sources of `stage`, and warn of one that is outside what `instrument` can carry; returns them with the figures.

    Raises `BadInput` where a stem is to be extracted that is not heard in the source and not asked for anyway.
    """
    limit = instrument.card.copy_error
    if limit is None or not prepared.sources:
        return prepared
    from ..metrics.round_trip import measure
    from ..pipeline.stages import Extract

    readings = dict(prepared.readings)
    for source in prepared.sources:
        if not source.fits(instrument.variant, instrument.revision):
            found = measure(instrument, source.audio)
            readings |= _readings(found)
            if found.error > limit:
                yield warning(_write_warning(source, found, instrument))
    if isinstance(stage, Extract) and not hears_stems(instrument):
        yield note(
            f"whether {stage.stem} is heard in {prepared.sources[0].name} is not judged: torch judges it, and graphs play without"
        )
    elif isinstance(stage, Extract):
        readings["source_stem_chance"] = check_stem(stage, prepared.sources[0], studio)
    return replace(prepared, readings=readings)


def check_stem(stage: Extract, source: EditSource, studio: Studio) -> float:
    """With what chance the stem that `stage` extracts is in `source`, by the offline embedder.

    Raises `BadInput` where it is not heard and not asked for anyway.
    """
    from ..metrics.round_trip import excerpts

    embedder = studio.load_embedder()
    chance = max(embedder.embed_audio(part).stems[stage.stem] for part in excerpts(source.audio))
    if chance < STEM_CHANCE and not stage.anyway:
        message = (
            f"nothing of {stage.stem} is heard in {source.name} (chance {chance:.2f}, taken for absent below {STEM_CHANCE:g})"
        )
        raise BadInput(message, remedy="choose another stem, or extract what there is with --anyway")
    return chance


def hears_stems(instrument: AnyInstrument) -> bool:
    """Whether the offline embedder, which is torch's, may be asked beside `instrument`."""
    from ..model.graphs.instrument import GraphInstrument

    return not isinstance(instrument, GraphInstrument)


def check_stem_beforehand(stage: Extract, source: EditSource, studio: Studio) -> None:
    """`check_stem` of a sound that is there before anything is played, where the variant's card lets it be judged."""
    if studio.is_graphs(stage.play.variant):
        return
    if source.decoded is not None and studio.read_card(stage.play.variant).copy_error is not None:
        check_stem(stage, source, studio)


def _readings(found: RoundTrip) -> dict[str, float | None]:
    return {
        "source_copy_error": found.error,
        "source_copy_harmony": found.harmony,
        "source_copy_mel_db": found.mel_db,
        "source_copy_worst_hz": found.worst_hz,
        "source_copy_worst_db": found.worst_db,
    }


def _write_warning(source: EditSource, found: RoundTrip, instrument: AnyInstrument) -> str:
    return (
        f"{source.name} is outside what {instrument.variant} can carry: its copy through the codec is {found.error:.2f} off "
        f"(music of {instrument.variant}'s own kind at most {instrument.card.copy_error:.2f}), harmony agrees by "
        f"{max(found.harmony, 0.0):.2f} of 1, worst near {found.worst_hz:g} Hz by {found.worst_db:.1f} dB. "
        "Expect another sound than the source's; base, sft and turbo carry any recording (twin models list)"
    )
