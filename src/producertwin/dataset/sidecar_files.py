"""Files beside a sound: captions, lyrics, musical facts and sources, in the formats that people and programs keep them in.

    NAME_prompt.txt, NAME.caption.txt, .caption       its caption; `NAME prompt.txt`, `NAME - caption.txt` and the like too
    NAME_lyrics.txt, NAME lyrics.txt, .lyrics, .lrc   its lyrics, spelt as freely
    NAME.txt                                     lyrics with section marks, a line of tags, or fields; else notes (`song_text`)
    NAME.json                                    ACE-Step's folder format: caption, lyrics, bpm, keyscale, timesignature, language
    song.json                                    beside the only sound of a folder: bpm, key, beats, downbeats, segments
    and the tables of `sidecar_tables`, which speak of the sounds of their folder and of those below it

A file nearer to the sound (NAME…) wins over a table, a nearer table over one above. What cannot be read is a note, never a crash:
a sound does not become useless because a text beside it is damaged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput
from .sidecar_tables import SOURCES, NamedSounds, Table, normal_name, read_tables
from .song_text import TextKind, read_song_text, strip_times
from .stated_facts import StatedFacts, facts_in_name, states_rights
from .text_files import read_json, read_text, readable_name, shorten_list

SPELLINGS: Final = ("_{}.txt", ".{}.txt", " {}.txt", "-{}.txt", " - {}.txt", " ({}).txt")
"""How the word for what a text holds stands after the name of its sound."""
CAPTIONS: Final = (*(form.format(word) for word in ("prompt", "caption") for form in SPELLINGS), ".caption")
LYRICS: Final = (*(form.format("lyrics") for form in SPELLINGS), ".lyrics", ".lrc")
SONG: Final = "song.json"


class Sidecars:
    """The texts of a folder and of those below it, each read once."""

    def __init__(self, root: Path, sounds: Iterable[Path], *, kind: TextKind = "auto") -> None:
        given = list(sounds)
        self.root = root
        self.kind: TextKind = kind
        self.notes: list[str] = []
        """What is wrong with the tables."""
        self.read: set[Path] = set()
        """Every file that was understood."""
        self.passed_over: dict[Path, str] = {}
        """Texts that belong to a sound and were not taken, with the reason."""
        self._files: dict[Path, dict[str, Path]] = {}
        self._alone = {folder for folder, stems in _stems(given).items() if len(stems) == 1}
        self._facts: dict[Path, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        self._sources: dict[Path, list[tuple[str, dict[str, Any] | str]]] = defaultdict(list)
        own = {sound.with_suffix(".json") for sound in given} | {folder / SONG for folder in self._alone}
        for folder in _folders(root, given):
            below = NamedSounds(folder, [sound for sound in given if sound.is_relative_to(folder)])
            for table in read_tables(folder, own, self.notes):
                self._take(table, below)

    def facts_of(self, sound: Path) -> StatedFacts:
        """What is stated of `sound`."""
        found = StatedFacts()
        found.given |= facts_in_name(readable_name(sound.name))
        if found.given:
            said = [f"{value:g} bpm" if name == "bpm" else str(value) for name, value in found.given.items()]
            found.notes.append(f"read from its name: {', '.join(said)}")
        for where, row in self._facts[sound]:
            found.add(row, where)
        if sound.parent in self._alone and normal_name(sound.stem) != "song":
            self._add_json(found, sound.with_name(SONG))
        self._add_json(found, sound.with_suffix(".json"))
        self._add_own_text(found, sound)
        for word, endings in (("caption", CAPTIONS), ("lyrics", LYRICS)):
            self._add_text(found, sound, word, endings)
        for where, source in self._sources[sound]:
            if isinstance(source, str):
                found.mark_unclear(source)
            else:
                found.add_source(source, where)
        return found

    def _take(self, table: Table, below: NamedSounds) -> None:
        """Hand the rows of a table to the sounds that they name, and note those that name none."""
        into: Any = self._sources if table.path.name.casefold() == SOURCES else self._facts
        where = readable_name(table.path.relative_to(self.root))
        self.read.add(table.path)
        if table.rows is None:
            for sound in below.sounds:
                self._sources[sound].append((where, f"{where} cannot be read"))
            return
        lost: list[str] = []
        for names, row in table.rows:
            found = [below.find(name) for name in names] if names else [[sound] for sound in below.sounds]
            if names:
                lost += [] if any(found) or any(below.exists(name) for name in names) else [_describe_lost(names, below)]
            for matched in found:
                if len({sound.with_suffix("") for sound in matched}) > 1:
                    self._doubt(matched, row, f"{where}: {names[0]!r} could be any of {len(matched)} sounds")
                    continue
                for sound in matched:
                    into[sound].append((where, row))
        if lost:
            self.notes.append(f"{where}: no sound matches {shorten_list(lost)}: what is said of it has no effect")

    def _doubt(self, matched: Iterable[Path], row: dict[str, Any], what: str) -> None:
        """Note that a row names several sounds; where it speaks of rights, none of them may be learned from."""
        self.notes.append(f"{what}: name it by its path; what is said of it has no effect")
        if states_rights(row):
            for sound in matched:
                self._sources[sound].append((what, what))

    def _add_json(self, found: StatedFacts, path: Path) -> None:
        here = self._beside(path, path.name)
        if here is None:
            return
        self.read.add(here)
        try:
            data = read_json(here)
        except BadInput as error:
            found.notes.append(error.message)
            return
        if isinstance(data, dict):
            found.add(data, here.name)
        else:
            found.notes.append(f"{here.name} holds no object")

    def _add_own_text(self, found: StatedFacts, sound: Path) -> None:
        """Add what `NAME.txt` holds, or pass it over as somebody's notes."""
        path = self._beside(sound, sound.stem + ".txt")
        text = None if path is None else self._text(path, found)
        if path is None or text is None:
            return
        if not text.strip():
            return
        held = read_song_text(text, self.kind)
        if held.kind == "note":
            self.passed_over[path] = (
                f"notes, not lyrics: it has no section marks; name it {sound.stem}_lyrics.txt or {sound.stem}.caption.txt, "
                "or say --texts lyrics"
            )
            return
        found.notes += [f"{path.name}: {held.remark}"] if held.remark else []
        found.add(held.fields, path.name)

    def _add_text(self, found: StatedFacts, sound: Path, word: str, endings: Iterable[str]) -> None:
        """Add the first text whose ending says that it is the `word`."""
        for ending in endings:
            path = self._beside(sound, sound.stem + ending)
            text = None if path is None else self._text(path, found)
            if path is not None and text is not None:
                found.given.pop(word, None)
                found.add({word: strip_times(text) if word == "lyrics" else text}, path.name)
                return

    def _text(self, path: Path, found: StatedFacts) -> str | None:
        self.read.add(path)
        try:
            return read_text(path)
        except BadInput as error:
            found.notes.append(error.message)
            return None

    def _beside(self, sound: Path, name: str) -> Path | None:
        """The file `name` beside `sound`, whatever Unicode form or case it is written in."""
        folder = sound.parent
        if folder not in self._files:
            self._files[folder] = {normal_name(path.name): path for path in sorted(folder.iterdir(), reverse=True)}
        return self._files[folder].get(normal_name(name))


def _describe_lost(names: tuple[str, ...], below: NamedSounds) -> str:
    """The names of a row that no sound has, and the sound that may be meant."""
    meant = next((near for name in names if (near := below.find_nearest(name))), None)
    return repr(" / ".join(names)) + ("" if meant is None else f" (did you mean {meant!r}?)")


def _stems(sounds: Iterable[Path]) -> dict[Path, set[str]]:
    found: dict[Path, set[str]] = defaultdict(set)
    for sound in sounds:
        found[sound.parent].add(sound.stem)
    return found


def _folders(root: Path, sounds: Iterable[Path]) -> list[Path]:
    """Every folder from `root` down to the sounds, those above first."""
    found = {root}
    for sound in sounds:
        found |= {folder for folder in sound.parents if folder.is_relative_to(root)}
    return sorted(found)
