"""Which planners there are, where their weights come from, and whether they are here.

Names and repositories: ACE-Step 1.5, `acestep/model_downloader.py`; 1.7B is part of the bundle. Sizes are those of bfloat16
weights, reckoned from the models' shapes and rounded up; the published files were not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import BadInput, Unavailable
from ...recipe import Record
from ...settings import Settings
from ..presence import PlannerStatus
from ..variants.catalogue import BUNDLE, CHECKPOINTS, GIB, WeightSource
from ..variants.integrity import list_weights, trouble_of
from .options import DEFAULT

FILES = ("config.json", "tokenizer.json")
"""Files beside the weights that a planner is read from."""


class PlannerModel(Record):
    """One size of the planner."""

    name: str
    """What to call it."""
    about: str
    """One line."""
    licence: str = "MIT"
    """Licence of the weights."""
    sources: tuple[WeightSource, ...]
    """What to fetch."""

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(source.size for source in self.sources)


def _planner(size: str, about: str, gib: float) -> PlannerModel:
    name = f"acestep-5Hz-lm-{size}"
    into, bytes_ = f"{CHECKPOINTS}/{name}", int(gib * GIB)
    if name == DEFAULT:
        source = WeightSource(repo=BUNDLE, patterns=(f"{name}/*",), into=CHECKPOINTS, size=bytes_)
    else:
        source = WeightSource(repo=f"ACE-Step/{name}", into=into, size=bytes_)
    return PlannerModel(name=name, about=about, sources=(source,))


PLANNERS = {
    planner.name: planner
    for planner in (
        _planner("0.6B", "plans songs: metas, captions, lyrics, codes; the smallest", 1.4),
        _planner("1.7B", "plans songs: metas, captions, lyrics, codes", 3.6),
        _planner("4B", "plans songs: metas, captions, lyrics, codes; the largest", 8.0),
    )
}
"""Every planner by name."""


_SIZES = {name.rpartition("-")[2].lower(): name for name in PLANNERS}


def is_planner(name: str) -> bool:
    """Whether a planner is called `name`, in full or by its size."""
    return name in PLANNERS or name.lower() in _SIZES


def find(name: str) -> PlannerModel:
    """The planner called `name`, in full or by its size (`1.7B`). Raises `BadInput` for an unknown one."""
    if not is_planner(name):
        raise BadInput(f"unknown planner {name!r}", remedy=f"choose from {', '.join(PLANNERS)}, or give a folder")
    return PLANNERS[_SIZES.get(name.lower(), name)]


def pull_remedy(planner: PlannerModel) -> str:
    """The command that fetches a planner, with the size of the download."""
    return f"run: twin models pull {planner.name} ({planner.size / GIB:.1f} GiB)"


def locate(name: str, settings: Settings) -> tuple[Path, str]:
    """Folder of a planner, named or given as a folder, and how to get its files. Raises `BadInput` for an unknown name."""
    if "/" in name or "\\" in name or (name and not is_planner(name) and Path(name).is_dir()):
        return Path(name).expanduser(), "give the folder of an acestep-5Hz-lm checkpoint, with all its files"
    planner = find(name)
    return settings.models / CHECKPOINTS / planner.name, pull_remedy(planner)


def require(name: str, settings: Settings) -> tuple[Path, str]:
    """`locate`, where all files are whole. Raises `Unavailable`, naming the first that is not."""
    folder, remedy = locate(name, settings)
    if not folder.is_dir():
        raise Unavailable(f"the planner {name} is not here (looked for {folder})", remedy=remedy)
    for problem in problems(folder):
        raise Unavailable(f"the planner {name} cannot be used: {problem}", remedy=remedy)
    return folder, remedy


def files(folder: Path) -> Sequence[Path]:
    """Every file that a planner in `folder` is read from, here or not."""
    return [*(folder / name for name in FILES), *list_weights(folder, "model")]


def problems(folder: Path) -> Iterator[str]:
    """What is missing or not whole of the planner in `folder`."""
    for path in files(folder):
        wrong = trouble_of(path)
        if wrong:
            yield f"{path} {wrong}"


def status(settings: Settings) -> Sequence[PlannerStatus]:
    """Every planner, and whether it is here."""
    return [_status(planner, settings) for planner in PLANNERS.values()]


def _status(planner: PlannerModel, settings: Settings) -> PlannerStatus:
    folder, remedy = locate(planner.name, settings)
    there = folder.is_dir()
    present = there and not any(problems(folder))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if there else planner.size
    return PlannerStatus(
        name=planner.name, present=present, where=str(folder) if there else "", size=size, licence=planner.licence,
        remedy="" if present else remedy, about=planner.about,
    )  # fmt: skip
