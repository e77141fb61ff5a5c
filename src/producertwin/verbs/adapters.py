"""`twin twins`: show, convert, install and remove adapters, the twins of producers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..library import adapters as twins
from ..library.adapters import InstalledTwin
from ..library.studio import now
from ..library.trash import TrashEntry
from ..model.adapter_spec import AdapterCard, Form
from .studio import Studio

__all__ = [
    "AdapterCard",
    "AdapterFacts",
    "ConvertedAdapter",
    "Form",
    "InstalledAdapter",
    "convert",
    "find_installed",
    "install",
    "plan_convert",
    "plan_install",
    "remove",
    "show",
]


@dataclass(frozen=True, slots=True)
class AdapterFacts:
    """What an adapter is."""

    path: Path
    revision: str
    card: AdapterCard | None
    kind: str
    rank: list[int]
    """Every rank that a layer has; so with alpha and scaling."""
    alpha: list[float]
    scaling: list[float]
    layers: int
    parameters: int
    norm: dict[str, float]
    """Size of the change of each part of the instrument."""


@dataclass(frozen=True, slots=True)
class ConvertedAdapter:
    """An adapter that is written for another program."""

    source: Path
    layers: int


@dataclass(frozen=True, slots=True)
class InstalledAdapter:
    """An adapter as the twin of a producer."""

    producer: str
    folder: Path
    layers: int
    versions: tuple[Path, ...]
    """The earlier ones, oldest first."""


def show(key: str, studio: Studio) -> AdapterFacts:
    """What the adapter at path `key`, or the twin of that producer, is. Raises as `model.adapters.read` does."""
    from ..model.adapters import read

    path = twins.find(key, studio.settings.studio)
    adapter = read(path)
    deltas = adapter.layers.values()
    return AdapterFacts(
        path=path,
        revision=adapter.revision,
        card=adapter.card,
        kind=adapter.kind,
        rank=sorted({delta.rank for delta in deltas}),
        alpha=sorted({delta.alpha for delta in deltas}),
        scaling=sorted({round(delta.scaling, 6) for delta in deltas}),
        layers=len(adapter.layers),
        parameters=sum(tensor.numel() for delta in deltas for tensor in delta.tensors.values()),
        norm=dict(adapter.norms),
    )


def convert(key: str, out: Path, studio: Studio, *, form: Form = "peft", trigger: str | None = None) -> ConvertedAdapter:
    """Write an adapter for another program, with another `trigger` where one is given.

    Raises as `model.adapters.read` and `convert` do.
    """
    from ..model import adapters

    adapter = adapters.read(twins.find(key, studio.settings.studio))
    card = adapter.card or AdapterCard()
    adapters.convert(adapter, out, form, card if trigger is None else card.model_copy(update={"trigger": trigger}))
    return ConvertedAdapter(adapter.path, len(adapter.layers))


def plan_convert(key: str, studio: Studio) -> ConvertedAdapter:
    """The adapter that would be converted. Raises as `model.adapters.read` does."""
    from ..model.adapters import read

    adapter = read(twins.find(key, studio.settings.studio))
    return ConvertedAdapter(adapter.path, len(adapter.layers))


def install(folder: Path, producer: str, studio: Studio) -> InstalledAdapter:
    """Make the PEFT folder `folder`, or what the run of that id made, a producer's twin; an earlier one is kept as a version.

    Raises as `model.adapters.read` and `library.adapters.install` do.
    """
    from ..model.adapters import read

    folder = _find_folder(folder, studio)
    layers = len(read(folder).layers)
    done = twins.install(folder, producer, studio.settings.studio)
    return InstalledAdapter(done.producer, done.folder, layers, done.versions)


def plan_install(folder: Path, producer: str, studio: Studio) -> InstalledAdapter:
    """Where the adapter would be installed. Raises as `model.adapters.read` does, and `BadInput` for no name."""
    from ..model.adapters import read

    layers = len(read(_find_folder(folder, studio)).layers)
    return InstalledAdapter(producer, studio.settings.studio / "models" / twins.slug(producer), layers, ())


def _find_folder(named: Path, studio: Studio) -> Path:
    """The folder of an adapter; of a run, where there is no such folder and `named` is its id."""
    return named if named.exists() or len(named.parts) != 1 else twins.find(str(named), studio.settings.studio)


def find_installed(name: str, studio: Studio) -> InstalledTwin:
    """The twin of that producer. Raises `NotFound`."""
    return twins.get_installed(name, studio.settings.studio)


def remove(name: str, studio: Studio) -> tuple[InstalledTwin, TrashEntry]:
    """Move a producer's twin with all its versions into the trash. Raises `NotFound`."""
    return twins.remove(name, studio.settings.studio, now())
