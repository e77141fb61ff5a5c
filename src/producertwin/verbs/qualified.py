"""What the studio knows of a variant since it was qualified: where that lies, and the card that it makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..recipe import read as read_record
from ..untrusted import read_object

if TYPE_CHECKING:
    from ..model.instrument import Card
    from ..settings import Settings

FOLDER = "qualified"
"""Where the qualifications lie in the studio, a folder for each variant."""
RECORD = "qualification.json"


def folder_of(variant: str, settings: Settings) -> Path:
    """Where what is known of a variant lies; one in a folder is called by its last name."""
    name = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in Path(variant).name)
    return settings.studio / FOLDER / name


def apply_qualification(variant: str, card: Card, settings: Settings) -> Card:
    """The card with what the studio knows of the variant. Raises `BadInput` for a file that is damaged."""
    path = folder_of(variant, settings) / RECORD
    if not path.is_file():
        return card
    from ..evaluation.qualify.judging import Qualification

    found = read_record(Qualification, read_object(path, remedy=f"remove it, and run twin qualify {variant}"), where=str(path))
    return card.model_copy(update=found.settings.model_dump(exclude_none=True))
