"""A song sheet in another key: the chords and notes that are written in the old one go with it."""

from __future__ import annotations

from pydantic import Field

from ..errors import BadInput
from ..house_band.sheet import Sheet, move_to_tonic, transpose
from ..music import Key
from ..recipe import Record
from ..wording import plural

__all__ = ["ChangedKey", "KeyChange", "change_key"]


class KeyChange(Record):
    """A sheet, and the key that it is to have."""

    sheet: Sheet
    key: str = Field(min_length=1, max_length=100)
    """Tonic and mode."""


class ChangedKey(Record):
    """A sheet in its new key."""

    sheet: Sheet
    moved: bool
    """Whether chords or notes became others."""
    note: str
    """What became of the chords and notes; empty where none are written in a key."""


def change_key(asked: KeyChange) -> ChangedKey:
    """The sheet in the key that is asked for, its chords and notes moved the shorter way; degrees stay, and so do words.

    Chords of another mode stay as they are, for moved they would be in neither key. Raises `BadInput` that names the field for
    what is no key, and for chords that cannot be read.
    """
    sheet = asked.sheet
    try:
        new = Key.parse(asked.key)
    except BadInput as error:
        raise BadInput(error.message, remedy=error.remedy, faults=(f"key: {error.message}",)) from None
    kept = sheet.model_copy(update={"key": str(new)})
    old = None if sheet.key is None else Key.parse(sheet.key)
    if old is None or old == new or not _names_tones(sheet):
        return ChangedKey(sheet=kept, moved=False, note="")
    if old.mode != new.mode:
        note = f"chords and notes stay as they are written, in {old}: {new} is another mode"
        return ChangedKey(sheet=kept, moved=False, note=note)
    moved, up = move_to_tonic(sheet, new)
    way = f"{plural(abs(up), 'semitone')} {'up' if up > 0 else 'down'}"
    note = f"chords and notes were moved with the key, {way}: from {old} to {new}"
    return ChangedKey(sheet=moved.model_copy(update={"key": str(new)}), moved=True, note=note)


def _names_tones(sheet: Sheet) -> bool:
    """Whether something is written that another key makes another: chords by their letters, notes that are no drums'.

    Raises `BadInput` that names the field for what cannot be read.
    """
    try:
        return transpose(sheet, 1).model_copy(update={"key": sheet.key}) != sheet
    except BadInput as error:
        raise BadInput(error.message, remedy=error.remedy, faults=(f"sheet.chords: {error.message}",)) from None
