"""What a studio knows of a twin that is released: its training set, its proof, its recipe and its variant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound, TwinError

if TYPE_CHECKING:
    from ..dataset.manifest import Manifest
    from ..model.adapter_spec import AdapterCard
    from ..release.bundle.dossier import LearnedTrack, Proven, ReleasedInstrument
    from .studio import Studio


def choose_licence(said: str | None, stated: str, name: str) -> str:
    """The licence of the weights."""
    from ..dataset.licences import licence

    if said or stated:
        return licence(said or stated)
    message = f"nobody says under which licence {name} is"
    raise BadInput(message, remedy="say it, such as --licence CC-BY-NC-4.0", faults=(f"licence: {message}",))


def find_manifest(dataset: str, studio: Studio) -> Manifest | None:
    """The training set of that fingerprint; None where the studio does not have it."""
    from ..dataset import store

    try:
        found = store.find(dataset.removeprefix("b2:")[:12] or "-", studio.settings.studio)
    except (NotFound, BadInput):
        return None
    return found if found.fingerprint == dataset else None


def list_tracks(manifest: Manifest, studio: Studio, *, titles: bool = True) -> Iterator[LearnedTrack]:
    """The tracks of a training set. Raises `BadInput` for one whose source forbids its use now, or has to be named and is not."""
    from ..dataset.licences import refusal
    from ..library import TrackSource
    from ..release.bundle.dossier import NAMING, LearnedTrack

    for row in manifest.rows:
        try:
            source = studio.library.tracks.get(row.track).source
        except (NotFound, BadInput):  # gone since, or damaged
            source = TrackSource(licence=row.licence)
        why = refusal(source, restricted=True, unlicensed=True)
        if why and row.side == "train":
            remedy = "train a twin without it: split anew, and train"
            raise BadInput(f"the twin learned from {row.title}, and {why}", remedy=remedy)
        if source.licence and source.licence.startswith(NAMING) and not titles:
            raise BadInput(
                f"{row.title} is under {source.licence}, which asks for it to be named", remedy="leave --no-titles out"
            )
        yield LearnedTrack(
            track=row.track,
            side=row.side,
            seconds=row.seconds,
            licence=source.licence,
            title=row.title if titles else "",
            artist=source.artist or "" if titles else "",
            provider=source.provider or "" if titles else "",
        )


def find_proof(revision: str, studio: Studio) -> tuple[Proven, tuple[Path, ...]] | None:
    """The newest finished proof of the adapter with that content, and its files; None where there is none."""
    from ..proof.figures import ProofFigures
    from ..proof.prove import FIGURES, REPORT
    from ..recipe import read
    from ..release.bundle.dossier import Proven
    from ..untrusted import read_object
    from .evaluate import find_proofs

    folders = [folder for _, folder in find_proofs(studio.settings.studio)]
    for folder in sorted(folders, key=lambda place: (place / FIGURES).stat().st_mtime, reverse=True):
        try:
            figures = read(ProofFigures, read_object(folder / FIGURES), where=str(folder))
        except (NotFound, BadInput):  # of another version
            continue
        if figures.subject.adapter == revision:
            proven = Proven(answer=figures.answer, basis=figures.basis, verdicts=figures.verdicts, revision=revision)
            return proven, tuple(path for name in (FIGURES, REPORT) if (path := folder / name).is_file())
    return None


def read_recipe(fingerprint: str, studio: Studio) -> str:
    """The recipe of that fingerprint, as its run keeps it; empty where no run does."""
    from ..library.runs import RECIPE

    runs = studio.library.runs
    run = next((run for run in runs.list() if run.recipe == fingerprint), None)
    path = runs.folder(run) / RECIPE if run else None
    return path.read_text(encoding="utf-8") if path and path.is_file() else ""


def describe_instrument(card: AdapterCard, studio: Studio) -> ReleasedInstrument:
    """The variant of an adapter, as far as this machine knows it."""
    from ..release.bundle.dossier import ReleasedInstrument

    try:
        known = studio.read_card(card.variant)
    except TwinError:
        return ReleasedInstrument(name=card.variant, revision=card.revision)
    return ReleasedInstrument(name=card.variant, revision=card.revision, origin=known.revision, licence=known.licence)
