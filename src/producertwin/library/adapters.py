"""The twins that are installed: `STUDIO/models/{producer}/adapter_model.safetensors`, PEFT's `adapter_config.json` beside it.

A new one takes the place of the old, which is kept under `versions/0001`, `versions/0002`, … The old config is deleted first
and the new one is written last, and a folder without a config is no adapter: after a crash the newest whole version is found,
never weights with another's config.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..disk import chunks_of, disk_errors, make_folder, whole_folder, write_whole
from ..errors import BadInput, NotFound
from ..untrusted import parse_object
from .lock import hold_lock
from .trash import Discard, Kind, TrashEntry, discard

WEIGHTS: Final = "adapter_model.safetensors"
CONFIG: Final = "adapter_config.json"
OWNER: Final = "producer.json"
"""Says whose twin a folder holds."""
SCHEMA: Final = "producertwin.twin/1"
_DISTILLED: Final = ("turbo", "turbo-shift1", "turbo-shift3", "turbo-continuous", "xl-turbo")
TAKEN: Final = frozenset({"checkpoints", "tiny", "nano", "base", "sft", "xl-base", "xl-sft", *_DISTILLED})
"""Names in `models` that belong to variants."""
RUN_ID: Final = r"[a-z2-7]{12}"
LONGEST_NAME: Final = 160
"""Most bytes of a folder's name: every drive takes 255, and what is unfinished has a longer one."""
LONGEST_HEADER: Final = 100_000_000
"""Bytes; the format allows no longer one."""
REMEDY: Final = "see `twin twins list`, or give the folder or file of an adapter"


@dataclass(frozen=True, slots=True)
class InstalledTwin:
    """A twin of the studio."""

    producer: str
    slug: str
    folder: Path
    """Holds its weights and config."""
    versions: tuple[Path, ...]
    """The earlier ones, oldest first."""
    size: int
    """Bytes of its weights."""


@dataclass(frozen=True, slots=True)
class AdapterSummary:
    """What the files of a PEFT folder say of themselves, its tensors unread."""

    kind: str
    rank: int | None
    card: dict[str, str]
    """Fields of the card in the metadata of the weights; empty where others wrote them."""


def slug(producer: str) -> str:
    """The name of a producer's folder: letters and digits of any script, joined by hyphens. Raises `BadInput` for none."""
    letters = unicodedata.normalize("NFKC", producer).casefold()
    name = "-".join(re.findall(r"[^\W_]+", letters))[:80].encode()[:LONGEST_NAME].decode(errors="ignore").strip("-")
    if not name:
        raise BadInput(f"{producer!r} is no name for a producer", remedy="give a name with letters or digits")
    return f"{name}-twin" if name in TAKEN else name


def install(folder: Path, producer: str, studio: Path) -> InstalledTwin:
    """Install the PEFT folder `folder` as the twin of `producer`; an earlier one is kept aside.

    Raises `NotFound`, `BadInput` when it is no PEFT folder or the name is another producer's, `Resources` when the disk is full.
    """
    _check(folder)
    home = studio / "models" / slug(producer)
    if folder.resolve() == home.resolve():
        raise BadInput(f"{folder} is what is installed already", remedy="give the folder of another adapter")
    with disk_errors(studio):
        make_folder(studio)
    with hold_lock(studio):
        owner = _owner(home)
        if owner is not None and slug_words(owner) != slug_words(producer):
            raise BadInput(f"{home.name} is the twin of {owner!r}", remedy="choose another name for the producer")
        if owner is None and home.is_dir() and any(home.iterdir()):
            raise BadInput(f"{home} holds something else", remedy="choose another name for the producer, or move it away")
        write_whole(home / OWNER, json.dumps({"schema": SCHEMA, "producer": owner or producer}, ensure_ascii=False).encode())
        _keep_version(home)
        with disk_errors(home):
            (home / CONFIG).unlink(missing_ok=True)
        for name in (WEIGHTS, CONFIG):
            write_whole(home / name, chunks_of(folder / name))
    return _read_installed(home, owner or producer)


def slug_words(producer: str) -> str:
    """A producer's name, however it is written in capitals and spaces."""
    return " ".join(unicodedata.normalize("NFKC", producer).casefold().split())


def find(key: str, studio: Path) -> Path:
    """The adapter that `key` means: a folder or file, else the twin of that producer, else what came of the run of that id.

    Raises `NotFound`.
    """
    path = Path(key)
    # A folder of that name may also hold the producer's tracks.
    here = _exists(path)
    if here and (path.is_file() or any(one.suffix.lower() == ".safetensors" for one in path.glob("*"))):
        return path
    home = _home(key, studio)
    if _whole(home):
        return home
    if versions := _versions(home):
        return versions[-1]
    if re.fullmatch(RUN_ID, key) and _whole(studio / "runs" / key / "adapter"):
        return studio / "runs" / key / "adapter"
    if here:
        return path
    raise NotFound(f"no adapter {key!r} here, nor a twin of that name in {studio}", remedy=REMEDY)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no path can have
        return False


def list_installed(studio: Path) -> list[InstalledTwin]:
    """Every twin of the studio, by name."""
    homes = sorted((studio / "models").glob(f"*/{OWNER}"))
    return [_read_installed(path.parent, owner) for path in homes if (owner := _owner(path.parent)) is not None]


def list_damaged(studio: Path) -> list[Path]:
    """Files of installed twins that cannot be read, so that a list tells nothing or not all of them."""
    found = []
    for owner in sorted((studio / "models").glob(f"*/{OWNER}")):
        texts = {owner: _text(owner), owner.with_name(CONFIG): _text(owner.with_name(CONFIG))}
        found += [path for path, text in texts.items() if path.is_file() and not _object(text)]
    return found


def get_installed(key: str, studio: Path) -> InstalledTwin:
    """The twin of that producer. Raises `NotFound`."""
    home = _home(key, studio)
    owner = _owner(home)
    if owner is None:
        raise NotFound(f"no twin of {key!r} in {studio}", remedy="see `twin twins list`")
    return _read_installed(home, owner)


def describe(folder: Path) -> AdapterSummary:
    """What the config and the header of the weights in `folder` say; what is damaged says nothing."""
    config = _object(_text(folder / CONFIG))
    metadata = _object(_header(folder / WEIGHTS)).get("__metadata__")
    card = _object(metadata.get("producertwin", "") if isinstance(metadata, dict) else "")
    kind = "dora" if config.get("use_dora") else str(config.get("peft_type", "-")).lower()
    rank = config.get("r")
    return AdapterSummary(kind, rank if isinstance(rank, int) else None, {name: str(value) for name, value in card.items()})


def remove(key: str, studio: Path, moment: datetime) -> tuple[InstalledTwin, TrashEntry]:
    """Move a producer's twin with its versions into the trash. Raises `NotFound`."""
    gone = get_installed(key, studio)
    title = f"{gone.producer}, {len(gone.versions)} earlier version(s)"
    return gone, discard(studio, Discard(Kind.TWIN, (gone.producer,), title, (_home(key, studio),)), moment)


def _home(key: str, studio: Path) -> Path:
    """The folder of the twin of that name, whether or not it exists. A text that is no name gives a folder that cannot exist."""
    try:
        return studio / "models" / slug(key)
    except BadInput:
        raise NotFound(f"no adapter {key!r} here", remedy=REMEDY) from None


def _check(folder: Path) -> None:
    remedy = "make it one with: twin twins convert IN OUT --form peft"
    if folder.is_file():
        raise BadInput(f"{folder} is a file, not a PEFT folder", remedy=remedy)
    for name in (WEIGHTS, CONFIG):
        if not (folder / name).is_file():
            raise NotFound(f"{folder} lacks {name}", remedy=remedy)


def _keep_version(home: Path) -> None:
    """Keep what is installed as the next version; a version appears only once it is whole."""
    if not _whole(home):
        return
    versions = _versions(home)
    number = int(versions[-1].name) + 1 if versions else 1
    with whole_folder(home / "versions" / f"{number:04d}") as draft:
        for name in (WEIGHTS, CONFIG):
            write_whole(draft / name, chunks_of(home / name))


def _whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (WEIGHTS, CONFIG))


def _versions(home: Path) -> list[Path]:
    found = (path for path in home.glob("versions/[0-9]*") if re.fullmatch(r"[0-9]{4,9}", path.name) and _whole(path))
    return sorted(found, key=lambda path: int(path.name))


def _owner(home: Path) -> str | None:
    """Whose twin a folder holds; None where it is no twin."""
    data = _object(_text(home / OWNER))
    return str(data["producer"]) if data.get("schema") == SCHEMA and isinstance(data.get("producer"), str) else None


def _text(path: Path) -> str:
    """The text of a file; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _header(path: Path) -> str:
    """The JSON at the beginning of a safetensors file; empty where there is none."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            return file.read(min(length, LONGEST_HEADER)).decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _object(text: str) -> dict[str, Any]:
    """A JSON object; empty for what is none."""
    try:
        return parse_object(text or "{}", "it")
    except BadInput:
        return {}


def _read_installed(home: Path, producer: str) -> InstalledTwin:
    versions = _versions(home)
    folder = home if _whole(home) else versions[-1] if versions else home
    weights = folder / WEIGHTS
    return InstalledTwin(producer, home.name, folder, tuple(versions), weights.stat().st_size if weights.is_file() else 0)
