"""Which sound files are stems, and of which song.

Stems lie in a folder for them (`stems`, `Multitracks`, Demucs' `separated/htdemucs/SONG`), or beside their song and are called
after it (`song_drums.wav`), or are several that are called like stems (`drums.wav`, `bass.wav`). A stem never becomes a song
unasked: what belongs to no song, or is no stem of ACE-Step's, is passed over with its reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..music import STEMS
from .sidecar_tables import normal_name

FOLDERS: Final = re.compile(
    r"(?:[\w .-]+ )?stems?|separated|multi-?tracks?|(?:ht|hd)?demucs(?:_\w+)?|mdx(?:_\w+)?|spleeter(?:_\w+)?"
)
"""What folders of stems are called, in small letters."""
_NAMES: Final = {
    "backing": "backing_vocals",
    "backing vocals": "backing_vocals",
    "backing vox": "backing_vocals",
    "bgv": "backing_vocals",
    "bvox": "backing_vocals",
    "vox": "vocals",
    "vocal": "vocals",
    "lead vox": "vocals",
    "lead vocal": "vocals",
    "lead vocals": "vocals",
    "piano": "keyboard",
    "keys": "keyboard",
    "rhodes": "keyboard",
    "synths": "synth",
    "drum": "drums",
    "beat": "drums",
    "perc": "percussion",
    "gtr": "guitar",
    "guitars": "guitar",
    "808": "bass",
    "horns": "brass",
    "winds": "woodwinds",
    "sax": "woodwinds",
    "other": "synth",
}
"""What people call a stem -> ACE-Step's class."""


@dataclass(slots=True)
class StemFiles:
    """Songs with their stems, and what is neither."""

    songs: list[Path]
    stems: dict[Path, dict[str, Path]] = field(default_factory=lambda: defaultdict(dict))
    """By song and class."""
    passed_over: dict[Path, str] = field(default_factory=dict)
    """Stems of no song, with the reason."""


def stem_name(text: str) -> str | None:
    """The class of a stem called `text`, numbers aside (`01 Drums`); None for one that is none of ACE-Step's."""
    plain = " ".join(re.sub(r"[\s_-]+", " ", text.strip().casefold()).split())
    bare = re.sub(r"^\d{1,2}[ .]+|[ .(]+\d{1,2}\)?$", "", plain)
    for said in (plain, bare):
        named = _NAMES.get(said, said.replace(" ", "_"))
        if named in STEMS:
            return named
    return None


def find_stems(root: Path, sounds: Iterable[Path]) -> StemFiles:
    """Which of `sounds`, under the folder `root`, are songs, and which are stems of them."""
    given = list(sounds)
    stored = {sound: home for sound in given if (home := _stem_folder(root, sound)) is not None}
    loose = [sound for sound in given if sound not in stored]
    beside = _stems_beside(loose)
    found = StemFiles([sound for sound in loose if sound not in beside])
    for sound in sorted(given, key=lambda path: (len(path.stem), path)):  # `Drums` before `Drums 2`
        if sound in stored:
            owner = _owner(sound, stored[sound], found.songs)
            name = stem_name(sound.stem) or (stem_name(_rest(sound, owner)) if owner else None)
        elif sound in beside:
            owner = beside[sound]
            name = stem_name(sound.stem) or (stem_name(_rest(sound, owner)) if owner else None)
        else:
            continue
        if owner is None:
            found.passed_over[sound] = "a stem, and which song it belongs to is not clear; name its folder stems/SONG"
        elif name is None:
            found.passed_over[sound] = "in a folder of stems, and named like none; name it after what plays, such as SONG_synth"
        elif name in found.stems[owner]:
            found.passed_over[sound] = f"a second stem of {name} beside {found.stems[owner][name].name}"
        else:
            found.stems[owner][name] = sound
    return found


def _stem_folder(root: Path, sound: Path) -> Path | None:
    """The topmost folder of stems that `sound` lies in; None outside of one."""
    folders = [folder for folder in sound.parents if folder != root and folder.is_relative_to(root)]
    return next((folder for folder in reversed(folders) if FOLDERS.fullmatch(normal_name(folder.name))), None)


def _owner(stem: Path, home: Path, songs: list[Path]) -> Path | None:
    """The song of a stem: called like a folder between it and `home`, like the beginning of its name, or alone beside `home`."""
    beside = [song for song in songs if song.parent == home.parent] or [
        song for song in songs if song.is_relative_to(home.parent)
    ]
    inner = [normal_name(folder.name) for folder in stem.parents if folder.is_relative_to(home) and folder != home]
    if inner and not all(FOLDERS.fullmatch(name) for name in inner):
        named = [song for song in beside if normal_name(song.stem) in inner]
        return named[0] if len(named) == 1 else None
    named = [song for song in beside if _rest(stem, song)]
    if named:
        return max(named, key=lambda song: len(song.stem))
    return beside[0] if len(beside) == 1 else None


def _stems_beside(sounds: Iterable[Path]) -> Mapping[Path, Path | None]:
    """Sounds that lie beside their song as stems, and the song; None where there are stems and no one song."""
    folders: dict[Path, list[Path]] = defaultdict(list)
    for sound in sounds:
        folders[sound.parent].append(sound)
    found: dict[Path, Path | None] = {}
    for here in folders.values():
        for sound in here:
            named = [song for song in here if song != sound and stem_name(_rest(sound, song))]
            if named:
                found[sound] = max(named, key=lambda song: len(song.stem))
        bare = {sound: name for sound in here if sound not in found and (name := stem_name(sound.stem))}
        if len(set(bare.values())) > 1:
            others = [sound for sound in here if sound not in bare and sound not in found]
            found |= dict.fromkeys(bare, others[0] if len(others) == 1 else None)
    return found


def _rest(stem: Path, song: Path) -> str:
    """What follows the name of `song` and a sign in the name of `stem`; empty where it is not called after it."""
    ours, theirs = normal_name(stem.stem), normal_name(song.stem)
    rest = ours[len(theirs) :]
    return rest.strip(" _-.()[]") if ours.startswith(theirs) and rest[:1] and rest[0] in " _-.([" else ""
