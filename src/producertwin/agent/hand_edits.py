"""What a person wrote into an album by hand: it is kept where a revision leaves it room, and told where it does not.

Edits are found by comparison: with what the rules would have planned for the same wishes, and, of sheets in the folder of an
album, with the plan and with the checksum that was taken of the file when it was written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ..errors import BadInput
from ..house_band.outline import kind_of, names_of, read_form
from ..house_band.sheet import Sheet, SheetSection, move_to_tonic
from ..house_band.styles import Style, match
from ..music import Key
from . import sheets
from .album import AlbumPlan
from .sheet_files import list_hand_edits, name_sheet

_PLANNED: Final = ("title", "caption", "bpm", "key", "meter", "form", "chords", "players", "sections")
"""Fields of a sheet that the rules write; the others are a person's alone."""


def take_sheets(album: AlbumPlan, folder: Path) -> tuple[AlbumPlan, list[str]]:
    """The album with the sheets in `folder` that were edited, and a note for each of them.

    Raises `BadInput` that names the file for a sheet that cannot be read.
    """
    from ..verbs.song import read_sheet

    tracks, notes = list(album.tracks), []
    for place in list_hand_edits(album, folder):
        name, track = name_sheet(place), tracks[place - 1]
        path = folder / name
        try:
            sheet = read_sheet(path)
            seconds = sheets.settle_length(sheet)
        except BadInput as error:
            raise BadInput(
                f"{name}: {error.message}", remedy=f"correct {path}, or delete it to leave the plan as it is"
            ) from None
        tracks[place - 1] = track.model_copy(update={"sheet": sheet, "seconds": seconds, "title": sheet.title or track.title})
        notes.append(f"track {place}: {name} was edited and is taken")
    return album.model_copy(update={"tracks": tuple(tracks)}), notes


def keep_edits(old: Sheet, planned: Sheet, new: Sheet, style: Style) -> tuple[Sheet, list[str]]:
    """The `new` sheet with what of the `old` one is not as the rules `planned` it, and what of that is dropped.

    `old` is in the key of `new`; `style` is what the caption of `new` means.
    """
    told: list[str] = []
    update: dict[str, Any] = {name: getattr(old, name) for name in Sheet.model_fields if name not in _PLANNED}
    update["caption"] = _merge_caption(old, planned, new, style, told)
    if old.players != planned.players:
        if new.players == planned.players:
            update["players"] = old.players
        else:
            told.append(f"its players are written anew, and yours are dropped: {old.players or 'the band alone'}")
    update["sections"] = _keep_sections(old, new, told)
    merged = new.model_copy(update=update)
    try:
        sheets.settle_length(merged)
    except BadInput as error:
        return new, [*told, f"what you wrote into its sheet is dropped, since it does not fit: {error.message}"]
    return merged, told


def _merge_caption(old: Sheet, planned: Sheet, new: Sheet, style: Style, told: list[str]) -> str:
    """The new caption without the tags that a person took out, and with those that a person added."""
    before, by_hand, after = (_tags(one.caption) for one in (planned, old, new))
    added = [one for one in by_hand if one not in before and one not in after]
    kept = [one for part in new.caption.split(",") if (one := part.strip()) not in {*before} - {*by_hand}]
    merged = ", ".join([*kept, *added])
    if match(merged).style.id == style.id:
        return merged
    told.append(f"its caption is written anew, and yours is dropped: {', '.join(added) or old.caption}"[:180])
    return new.caption


def _tags(caption: str) -> list[str]:
    """The tags of a caption but for the tempo's, which follows the tempo."""
    return [one for part in caption.split(",") if (one := part.strip()) and not one.endswith("tempo")]


def _keep_sections(old: Sheet, new: Sheet, told: list[str]) -> dict[str, SheetSection]:
    """The sections of the new sheet with words, players, tempo and notes of the old one's."""
    there = sections_of(new)
    found = dict(new.sections)
    for name, section in old.sections.items():
        own = section.model_dump(exclude={"chords"}, exclude_defaults=True)
        if not own:
            continue
        if names_of(name)[0] not in there:
            told.append(f"the form has no {name} any more, and what you wrote into it is dropped: {', '.join(own)}")
            continue
        update = {field: getattr(section, field) for field in own}
        found[name] = found.get(name, SheetSection()).model_copy(update=update)
    return found


def move(old: Sheet, new: Sheet) -> Sheet:
    """The old sheet in the key of the new one."""
    return move_to_tonic(old, Key.parse(new.key or "C"))[0]


def keep_chords(moved: Sheet, new: Sheet, kept: set[str], *, all_of_it: bool) -> Sheet:
    """The new sheet with the old chords, which are in its key: all of them, or those of the sections that are kept."""
    kinds = {kind_of(name) for name in kept if name in sections_of(moved)}
    sections = {
        name: part.model_copy(update={"chords": moved.sections[name].chords})
        if name in moved.sections and (all_of_it or kind_of(names_of(name)[0]) in kinds)
        else part
        for name, part in new.sections.items()
    }
    chords = moved.chords if all_of_it or "verse" in kinds else new.chords
    candidate = new.model_copy(update={"chords": chords, "sections": sections})
    try:
        sheets.settle_length(candidate)
    except BadInput:  # the old chords do not go into the new bars
        return new
    return candidate


def sections_of(sheet: Sheet) -> set[str]:
    """The names of the sections of a song, and their kinds."""
    names = [one for name, _ in read_form(sheet.form) for one in names_of(name)]
    return {*names, *map(kind_of, names)}
