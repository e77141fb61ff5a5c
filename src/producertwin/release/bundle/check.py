"""Whether a release is what it says: files against checksums, weights, proof and takes against the dossier, the card against it.

A fault is a value, not an error, so that all of them are told at once. Nothing in the folder is trusted: its JSON is read as
input from outside, and its sounds are decoded in the limited process that foreign files are decoded in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...audio import files
from ...errors import BadInput, NotFound, TwinError
from ...library import sums
from ...library.sidecars import read_copied_record
from ...model.adapters import Adapter
from ...model.adapters import read as read_adapter
from ...proof.figures import ProofFigures
from ...proof.prove import FIGURES
from ...recipe import read
from ...untrusted import read_object, read_text
from . import card, dossier
from .dossier import Dossier
from .folder import ADAPTER, PROOF, TAKES
from .hashing import hash_samples


@dataclass(frozen=True, slots=True)
class ReleaseFault:
    """What is not as the release says."""

    part: str
    """A file of the release."""
    words: str


def find_faults(folder: Path, found: Dossier) -> Iterator[ReleaseFault]:
    """Everything in which the release in `folder` is not what its dossier `found` says."""
    files_off = sums.find_faults(folder)
    yield from (ReleaseFault(name, words) for name, words in files_off.items())
    yield from _check_adapter(folder, found)
    yield from _check_proof(folder, found)
    for take in found.takes:
        yield from _check_take(folder, take, found)
    if card.NAME not in files_off and read_text(folder / card.NAME) != card.write_card(found):
        yield ReleaseFault(
            card.NAME, f"does not say what {dossier.NAME} says: a hand has changed it, or another version wrote it"
        )


def load_adapter(folder: Path) -> Adapter:
    """The twin of the release. Raises `BadInput` and `NotFound` as reading an adapter does."""
    return read_adapter(folder / ADAPTER)


def _check_adapter(folder: Path, found: Dossier) -> Iterator[ReleaseFault]:
    try:
        adapter = load_adapter(folder)
    except TwinError as error:
        yield ReleaseFault(ADAPTER, error.message)
        return
    if adapter.revision != found.revision:
        yield ReleaseFault(ADAPTER, f"its weights are {adapter.revision}, not {found.revision}")
    if len(adapter.layers) != found.layers or adapter.kind != found.kind:
        yield ReleaseFault(ADAPTER, f"is a {adapter.kind} of {len(adapter.layers)} layers, not a {found.kind} of {found.layers}")


def _check_proof(folder: Path, found: Dossier) -> Iterator[ReleaseFault]:
    path = folder / PROOF / FIGURES
    if found.proven is None:
        if path.exists():
            yield ReleaseFault(PROOF, f"{dossier.NAME} says that nothing was proved")
        return
    try:
        figures = read(ProofFigures, read_object(path, remedy=sums.REMEDY), where=str(path))
    except (BadInput, NotFound) as error:
        yield ReleaseFault(PROOF, error.message)
        return
    if figures.subject.adapter != found.revision:
        yield ReleaseFault(PROOF, f"is of the adapter {figures.subject.adapter}, not of {found.revision}")
    if (figures.answer, figures.verdicts) != (found.proven.answer, found.proven.verdicts):
        yield ReleaseFault(PROOF, f"says something else than {dossier.NAME}")


def _check_take(folder: Path, take: dossier.SampleTake, found: Dossier) -> Iterator[ReleaseFault]:
    """A take's samples, and whether its record says that this twin plays on it."""
    if not take.file.startswith(f"{TAKES}/") or ".." in take.file:
        yield ReleaseFault(take.file[:80], f"{dossier.NAME} names a take outside {TAKES}")
        return
    try:
        sound = files.read(folder / take.file)
        record = read_copied_record((folder / take.file).with_suffix(".json"))
    except TwinError as error:
        yield ReleaseFault(take.file, error.message)
        return
    if hash_samples(sound) != take.samples:
        yield ReleaseFault(take.file, f"its sound is not the one that {dossier.NAME} names")
    if record.id != take.take or found.revision not in [use.revision for use in record.adapters]:
        yield ReleaseFault(take.file, "its record does not say that this twin plays on it")
