"""`twin song`: song sheets, read, checked, drawn, transposed and played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..disk import write_whole
from ..errors import BadInput
from ..house_band.chord_symbols import SILENT
from ..house_band.outline import names_of
from ..house_band.sheet import Sheet, SheetHead, draw_lead_sheet, transpose, write_toml
from ..pipeline.goals import GoalsText
from ..pipeline.song import STRENGTH, Song, settle_song
from ..pipeline.stages import Generate, Play
from ..progress import Steps
from ..recipe import Record, read, within
from ..untrusted import LARGEST_TOML, read_toml
from .rendering import Rendered, RenderPlan, list_files, plan_rendering, render
from .song_sources import SongSources, import_sheet, source_of

if TYPE_CHECKING:
    from .studio import Studio

__all__ = [
    "Rendered",
    "Sheet",
    "SheetHead",
    "SheetReading",
    "SongPlay",
    "SongSources",
    "begin_sheet",
    "check_sheet",
    "draw_lead_sheet",
    "list_song_files",
    "plan_song",
    "play_song",
    "read_sheet",
    "source_of",
    "transpose",
    "write_sheet",
]

_FORM = "intro 4, verse 8, hook 8, verse 8, hook 8, outro 4"


class SongPlay(Record):
    """How a song sheet is played."""

    caption: str = ""
    """How it sounds, instead of what the sheet says."""
    guide_strength: Annotated[float, *within("guide strength", 0.01, 0.99)] = STRENGTH
    """How closely takes follow the sheet, 0.01 to 0.99; the more, the surer the chords are."""
    hold: GoalsText = ""
    """What a take is to keep, else it is played again: "chords>=.8, thirds>=.7, melody>=.4, form>=.5, tempo, key"."""
    tries: Annotated[int, *within("tries", 1, 20)] = 4
    """How often a take that is to hold something is played at most: with other seeds, then closer to its guide."""
    play: Play = Play()
    """Who plays, and how."""


class SheetSectionReading(Record):
    """A section as it is read."""

    name: str
    """What it is called."""
    kind: str
    """How the band plays it."""
    first_bar: int
    """Its first bar, from 1."""
    bars: int
    """How many bars it has."""
    chords: tuple[tuple[str, ...], ...]
    """The chords of each bar, `N.C.` for silence; none where the band chooses."""


class SheetReading(Record):
    """What a song sheet says, checked."""

    title: str
    """What it is called."""
    bars: int
    """Bars of the whole song; 0 where no form is given."""
    seconds: float | None
    """How long it lasts, where form and tempo say so."""
    key: str | None
    """Its key, written or told by the chords."""
    sections: tuple[SheetSectionReading, ...]
    """Its sections."""
    notes: tuple[str, ...]
    """What the writer should know."""


def read_sheet(path: Path) -> Sheet:
    """The song sheet in a TOML file. Raises `NotFound`, and `BadInput` that names every mistake."""
    return read(Sheet, read_toml(path), where=path.name)


def check_sheet(sheet: Sheet) -> SheetReading:
    """What `sheet` says. Raises `BadInput` that names the bar, beat or section that is wrong."""
    outline = sheet.outline
    if not outline.sections and not outline.symbols:
        raise BadInput(
            "the sheet has neither form nor chords nor notes", remedy='write form = "verse 8, hook 8" and chords = "Am | F"'
        )
    named = {name for section in outline.sections for name in names_of(section.name)}
    unheard = [name for name, one in sheet.sections.items() if one.lyrics.strip() and names_of(name)[0] not in named]
    notes = [*outline.notes, *(f"the words of {name} are sung in no section of that name" for name in unheard)]
    song = _as_song(sheet)
    facts, told = settle_song(song, {"bpm": sheet.bpm, "key": sheet.key, "meter": sheet.meter}, seconds=None)
    notes += [one.text for one in told if one.text not in notes]
    if sheet.bpm is None:
        notes.append("no tempo is written: it is drawn from the style")
    if not (sheet.caption or sheet.title):
        notes.append('nothing says how it sounds: write caption = "boom bap, dusty", or give --caption to twin song play')
    sections, first = [], 1
    for section in outline.sections:
        bars = tuple(tuple(one.symbol.text if one.symbol else SILENT for one in bar) for bar in section.chords)
        sections.append(
            SheetSectionReading(name=section.name, kind=section.kind, first_bar=first, bars=section.bars, chords=bars)
        )
        first += section.bars
    return SheetReading(
        title=sheet.title,
        bars=outline.bars,
        seconds=facts.get("seconds"),
        key=sheet.key or facts.get("key"),
        sections=tuple(sections),
        notes=tuple(notes),
    )


def begin_sheet(head: SheetHead, sources: SongSources = SongSources()) -> tuple[Sheet, tuple[str, ...]]:
    """A sheet to write on, and what the user should know: what `head` says and `sources` hold.

    Without a source it has a form and chords to be changed where the head says none. Raises as `import_sheet` does.
    """
    imported, told = import_sheet(head, sources)
    if imported is not None:
        check_sheet(imported)
        return imported, told
    key = head.key or (None if head.chords else "A minor")
    chords = head.chords or ("i | VI | III | VII" if key and key.endswith("minor") else "I | vi | IV | V")
    begun = {"title": head.title or "Untitled", "key": key, "form": head.form or _FORM, "chords": chords}
    sheet = Sheet.model_validate(head.model_dump() | begun)
    check_sheet(sheet)
    return sheet, ()


def write_sheet(sheet: Sheet, path: Path) -> Path:
    """Write `sheet` to a TOML file; one that is there is replaced. Raises `BadInput` for one that is too long to be read."""
    data = write_toml(sheet).encode()
    if len(data) > LARGEST_TOML:
        message = f"the sheet would have {len(data) >> 10} KiB, and {LARGEST_TOML >> 10} are read"
        raise BadInput(message, remedy="take fewer parts, such as FILE:melody, or a part of the song")
    return write_whole(path, data)


def list_song_files(song: SongPlay, sheet: Sheet, out: Path | None, *, picture: bool = False) -> tuple[Path, ...]:
    """The copies that `play_song` would write, as far as their names are known before the takes are. Raises as `check_sheet`."""
    check_sheet(sheet)
    return list_files(as_stage(sheet, song), out, picture=picture)


def plan_song(song: SongPlay, sheet: Sheet, studio: Studio, *, out: Path | None = None) -> Steps[RenderPlan]:
    """Tell what `play_song` would do. Raises as it does."""
    check_sheet(sheet)
    return (yield from plan_rendering(as_stage(sheet, song), studio, out=out))


def play_song(
    song: SongPlay, sheet: Sheet, studio: Studio, *, out: Path | None = None, picture: bool = False, metadata: bool = True
) -> Steps[list[Rendered]]:
    """Make takes of `sheet`. Output, metadata and errors are those of `rendering.render`, and those of `check_sheet`."""
    check_sheet(sheet)
    return (yield from render(as_stage(sheet, song), studio, out=out, picture=picture, metadata=metadata))


def _as_song(sheet: Sheet) -> Song:
    """What of `sheet` the band plays."""
    text = sheet.text
    return Song(chords=text.chords, form=sheet.form, lines=tuple(text.lines), players=text.players, tempi=text.tempi)


def as_stage(sheet: Sheet, song: SongPlay) -> Generate:
    """The stage that plays `sheet`."""
    caption = song.caption or sheet.caption or sheet.title
    if not caption:
        raise BadInput("the sheet does not say how it sounds", remedy='write caption = "boom bap, dusty" into it')
    prompt = {"caption": caption, "lyrics": sheet.lyrics, "bpm": sheet.bpm, "key": sheet.key, "meter": sheet.meter}
    return Generate.model_validate(
        {
            "prompt": prompt,
            "song": _as_song(sheet),
            "guide": "band",
            "guide_strength": song.guide_strength,
            "hold": song.hold,
            "tries": song.tries,
            "play": song.play,
        }
    )
