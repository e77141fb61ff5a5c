"""`twin models pull`, `check` and `convert`: fetching variants, and finding out whether they are whole.

Downloads go through the Hugging Face client, which resumes what was interrupted; only weights and their descriptions are
fetched, never code.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ...errors import BadInput, DiskFull, Unavailable
from ...progress import Progress, Steps
from ...recipe import Record
from ...settings import Settings
from ..instrument import Card
from . import catalogue, checksums, fetching
from .catalogue import CHECKPOINTS
from .integrity import faults


class Check(Record):
    """Whether a variant's files are whole."""

    name: str
    """The variant."""
    where: str
    """Its folder."""
    files: int
    """Weight files read."""
    problems: tuple[str, ...]
    """What is wrong; empty when nothing is."""
    graphs: bool = False
    """Whether it holds ONNX graphs, which onnxruntime plays."""


def check_room(name: str, size: int, settings: Settings) -> None:
    """Make the folder of models. Raises `Unavailable` offline, `DiskFull` where `size` bytes do not fit."""
    if settings.offline:
        raise Unavailable(
            f"{name} cannot be fetched offline", remedy="unset TWIN_OFFLINE, or copy its folder into " + str(settings.models)
        )
    settings.models.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.models).free
    if free < size:
        raise DiskFull(f"{name} needs {size / 1e9:.1f} GB, {free / 1e9:.1f} GB are free", remedy="free some disk")


def pull(name: str, settings: Settings) -> Steps[Path]:
    """Fetch a variant; yields progress per repository, returns its folder.

    Raises `BadInput` for a variant that is not fetched, `Unavailable` offline, `DiskFull` when the disk is too small.
    """
    variant = catalogue.find(name)
    if variant.kind != "download":
        raise BadInput(f"{name} is not downloaded", remedy="it is part of the package: use it as it is")
    there = catalogue.locate(variant, settings)
    broken = faults(name, settings) if there is not None else ()
    if there is not None and not broken:
        return there
    check_room(name, variant.size, settings)
    for damaged in (fault.path for fault in broken if fault.path.is_file()):  # or it would be taken for downloaded
        damaged.unlink()
    for done, source in enumerate(variant.sources):
        yield Progress("pull", done, len(variant.sources) + 1, f"{source.repo} ({source.size / 1e9:.1f} GB)")
        fetching.fetch(source, settings.models / source.into)
    wrong = [fault for fault in faults(name, settings) if fault.path.is_file()]
    if wrong:
        for fault in wrong:
            fault.path.unlink()
        raise Unavailable(
            f"what was fetched of {name} is no model: {wrong[0]}; it was removed", remedy="run the same command again"
        )
    yield Progress("pull", len(variant.sources), len(variant.sources) + 1, "checksums")
    folder = settings.models / CHECKPOINTS
    files = [path for part in (variant.folder, *catalogue.SHARED) for path in (folder / part).glob("*.safetensors")]
    checksums.hashes(files, folder, keep_all=True)
    found = catalogue.locate(variant, settings)
    if found is None:
        raise Unavailable(f"{name} is not whole after the download", remedy="run the same command again")
    return found


def check(name: str, settings: Settings) -> Check:
    """Look for every file of a variant or folder, read its weights and compare them with their checksums.

    Raises `BadInput` for an unknown name, `Unavailable` where nothing of it is here.
    """
    found = catalogue.resolve(name, settings)
    folder = found.folder
    if folder is None:
        return Check(name=name, where="", files=0, problems=())
    if not folder.is_dir():
        raise Unavailable(f"{name} is not here", remedy=found.remedy)
    roots = [folder]
    if catalogue.layout(folder) != "diffusers" and not catalogue.holds_graphs(folder):
        roots += [place for part in catalogue.SHARED if (place := folder.parent / part).is_dir()]
    files = sorted(path for root in roots for path in root.rglob("*.safetensors"))
    graphs = sorted(folder.glob("*.onnx*")) if catalogue.holds_graphs(folder) else []
    wrong = {fault.path: str(fault) for fault in faults(name, settings)}
    wrong |= {path: trouble for path in files if path not in wrong and (trouble := _unreadable(path))}
    problems = (*wrong.values(), *_wrong_sums(folder))
    return Check(name=name, where=str(folder), files=len(files) + len(graphs), problems=problems, graphs=bool(graphs))


def _wrong_sums(folder: Path) -> list[str]:
    alone = catalogue.layout(folder) == "diffusers" or catalogue.holds_graphs(folder)
    home = folder if alone else folder.parent
    ours = (f"{folder.name}/", *(f"{part}/" for part in catalogue.SHARED)) if home != folder else ("",)
    return [f"{home / name} is not what was downloaded" for name in checksums.differing(home) if name.startswith(ours)]


def _unreadable(path: Path) -> str:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return "" if list(file.keys()) else f"{path} is empty"
    except (SafetensorError, OSError) as error:
        return f"{path} is damaged: {error}"


class Original(Record):
    """An original checkpoint that can be converted."""

    folder: Path
    """Where it lies."""
    target: Path
    """Where the converted one goes when nobody says."""
    card: Card | None
    """That of the catalogue; None for a folder that it has no name for."""
    remedy: str
    """How to get files that are missing."""


def find_original(name: str, settings: Settings) -> Original:
    """The original checkpoint `name`, fetched or given as a folder. Raises `BadInput` and `Unavailable` where it is none."""
    folder = Path(name).expanduser()
    if folder.is_dir() and name not in catalogue.VARIANTS:
        if catalogue.layout(folder) != "original":
            raise BadInput(f"{folder} is not an original ACE-Step checkpoint", remedy="give the acestep-v15-* folder")
        target = settings.models / folder.name.removeprefix("acestep-v15-")
        return Original(folder=folder, target=target, card=None, remedy=f"{catalogue.FOLDER_REMEDY}, with all its files")
    variant = catalogue.find(name)
    original = settings.models / CHECKPOINTS / variant.folder
    if variant.kind != "download" or catalogue.layout(original) != "original":
        raise Unavailable(f"there is no original checkpoint of {name} to convert", remedy=catalogue.pull_remedy(variant))
    remedy = catalogue.pull_remedy(variant)
    return Original(folder=original, target=settings.models / name, card=variant.card, remedy=remedy)


def convert(name: str, settings: Settings, into: Path | None = None) -> Steps[Path]:
    """Write a downloaded original checkpoint (a name, or a folder) in diffusers' layout; returns the new folder.

    Raises as `find_original` does, and for files that are missing.
    """
    from . import convert as conversion

    found = find_original(name, settings)
    return (yield from conversion.convert(found.folder, into or found.target, found.card, remedy=found.remedy))
