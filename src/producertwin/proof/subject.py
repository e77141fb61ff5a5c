"""Which twin is meant: an adapter's folder or file, a checkpoint, a run, or a producer whose twin is installed.

What the twin is of (its variant, its training set) is read from the adapter's own card, so that a command needs no more than its
name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import NotFound
from ..library import Library
from ..library import adapters as installed
from ..library.runs import ADAPTER, FACTS
from ..model.adapters import card_of
from .checkpoints import adapters_of, best_of


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin that was found."""

    name: str
    """What its folder of results is called."""
    adapter: Path
    variant: str | None
    """The instrument it was trained on; None where nobody said."""
    dataset: str | None
    """Beginning of its training set's fingerprint; None where nobody said."""
    run: Path | None = None
    """The folder of its run."""


def find(key: str, library: Library) -> Twin:
    """The twin that `key` means. Raises `NotFound`, or `BadInput` when several runs begin so."""
    path = Path(key)
    if (path / FACTS).is_file():
        return _of_run(path)
    if (path / ADAPTER).is_dir():
        run = path.absolute().parent.parent
        return _of(path / ADAPTER, run if (run / FACTS).is_file() else None)
    try:
        found = installed.find(key, library.studio)
    except NotFound:
        found = None
    if found is not None and found != library.studio / "runs" / key / ADAPTER:  # that is a run by its id
        return _of(found)
    try:
        return _of_run(library.runs.folder(library.runs.get(key)))
    except NotFound:
        remedy = "give an adapter's path, a run (`twin runs list`) or a producer whose twin is installed (`twin twins list`)"
        raise NotFound(f"no adapter, run or twin {key!r}", remedy=remedy) from None


def run_of(key: str, library: Library) -> Path:
    """The folder of the run that `key` means: a path, or the beginning of its id. Raises `NotFound`, or `BadInput`."""
    return Path(key) if (Path(key) / FACTS).is_file() else library.runs.folder(library.runs.get(key))


def _of_run(run: Path) -> Twin:
    """The best adapter of a run where a comparison marked one, else its last."""
    whole = run / ADAPTER
    return _of(best_of(run) or (whole if whole.is_dir() else adapters_of(run)[-1][1]), run)


def _of(adapter: Path, run: Path | None = None) -> Twin:
    card = card_of(adapter)
    known = adapter.parent if adapter.name in (ADAPTER, "adapter_model.safetensors") else adapter
    dataset = card.dataset.removeprefix("b2:")[:12] if card and card.dataset else None
    return Twin(run.name if run else known.stem, adapter, (card.variant or None) if card else None, dataset, run)
