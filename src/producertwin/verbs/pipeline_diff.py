"""`pipeline diff`: what differs between two pipelines."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound, TwinError
from ..pipeline.pipelines import Pipeline, find_tables, pipeline_files, read_pipeline
from ..progress import Steps
from ..wording import suggest_name
from .pipeline import FOLDER
from .pipeline_reading import find_pipeline, with_caption

if TYPE_CHECKING:
    from ..pipeline.differing import FieldDifference
    from .studio import Studio

__all__ = ["PipelineDifference", "diff_pipelines"]

TAKE: Final = re.compile(r"[a-zA-Z2-7]{1,12}")
"""What the id of a take may begin with."""


@dataclass(frozen=True, slots=True)
class PipelineDifference:
    """How two pipelines differ."""

    differences: tuple[FieldDifference, ...]
    """Nothing where they are the same."""


def diff_pipelines(first: str, second: str, studio: Studio) -> Steps[PipelineDifference]:
    """What differs between two pipelines, each a preset, one of the user's own, or what `find_pipeline` takes.

    Steps, guidance, shift and the like that a stage leaves to its variant are those of the variant, where that is here. Raises as
    `find_pipeline` does, and `NotFound` for what is neither a pipeline nor a take.
    """
    from ..pipeline.differing import diff

    one = yield from _find(first, studio)
    other = yield from _find(second, studio)
    return PipelineDifference(diff(_choose_defaults(one, studio), _choose_defaults(other, studio)))


def _find(key: str, studio: Studio) -> Steps[Pipeline]:
    """The pipeline that `key` means."""
    folder = studio.settings.studio / FOLDER
    if key in pipeline_files(folder):
        return read_pipeline(with_caption(find_tables(key, folder)), where=key)
    try:
        tables = yield from find_pipeline(key, studio)
    except (BadInput, NotFound) as error:
        if TAKE.fullmatch(key) or Path(key).suffix or Path(key).is_file():
            raise
        remedy = "see `twin pipeline list` and `twin takes list`, or name a file"
        meant = suggest_name(key, pipeline_files(folder))
        raise NotFound(f"{key!r} is neither a pipeline nor a take{meant}", remedy=remedy) from error
    return read_pipeline(with_caption(tables), where=key)


def _choose_defaults(pipeline: Pipeline, studio: Studio) -> Pipeline:
    """`pipeline` with what its stages leave to their variants, as far as those are here."""
    from ..pipeline.executor import choose_defaults
    from ..pipeline.sound_stages import Mix, Select

    stages = []
    for named in pipeline.stages:
        stage = named.stage
        if not isinstance(stage, Mix | Select):
            with suppress(TwinError):
                stage = choose_defaults(stage, studio.read_card(stage.play.variant))
        stages.append(named.model_copy(update={"stage": stage}))
    return pipeline.model_copy(update={"stages": tuple(stages)})
