"""A song sheet as a ChordPro file, which chord-sheet programs read: heads, a grid of chords for each section, and its words.

After the ChordPro file format 6 (chordpro.org): `{start_of_grid}` holds bars between `|`, with a cell for each beat.
"""

from __future__ import annotations

from ..music import beat_unit
from .chord_chart import Bar
from .chord_symbols import SILENT
from .sheet import Sheet


def write_chordpro(sheet: Sheet) -> str:
    """The file of `sheet`. Raises as `Sheet.outline` does."""
    outline = sheet.outline
    heads = {
        "title": sheet.title or "Untitled",
        "key": sheet.key or "",
        "time": f"{sheet.meter}/{beat_unit(sheet.meter)}",
        "tempo": f"{sheet.bpm:g}" if sheet.bpm else "",
        "comment": sheet.caption,
    }
    lines = [f"{{{name}: {_plain(value)}}}" for name, value in heads.items() if value]
    for section in outline.sections:
        lines += ["", *_grid(section.name, section.chords or ((),) * section.bars, sheet.meter)]
        lines += [_plain(line) for line in sheet.words_of(section.name).splitlines()]
    if not outline.sections:
        lines += ["", *_grid("Chords", outline.chart, sheet.meter)]
    return "\n".join(lines) + "\n"


def _grid(name: str, bars: tuple[Bar, ...], meter: int) -> list[str]:
    """One section, four bars a line."""
    cells = [_bar(bar, meter) for bar in bars]
    rows = [f"| {' | '.join(cells[at : at + 4])} |" for at in range(0, len(cells), 4)]
    return [f'{{start_of_grid label="{_plain(name)}" shape="4x{meter}"}}', *rows, "{end_of_grid}"]


def _bar(bar: Bar, meter: int) -> str:
    """A cell for every beat: a chord where one begins, else a dot."""
    cells = ["."] * meter
    for chord in bar:
        cells[min(int(chord.start + 0.5), meter - 1)] = chord.symbol.text if chord.symbol else SILENT
    return " ".join(cells)


def _plain(text: str) -> str:
    """Text without what ChordPro would take for a directive or a chord."""
    return " ".join(text.split()).translate(str.maketrans('{}[]"', "()()'"))
