"""`twin release`: put a twin into a folder with what vouches for it, and check such a folder on another machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from .. import __version__
from ..errors import BadInput, NotFound, PartialFailure, TwinError, Unavailable
from ..progress import Progress, Steps, warning
from ..recipe import Record
from .release_facts import (
    choose_licence,
    describe_instrument,
    find_manifest,
    find_proof,
    list_tracks,
    read_recipe,
)

if TYPE_CHECKING:
    from ..library import Take
    from ..model.adapters import Adapter
    from ..proof.subject import Twin
    from ..release.bundle.check import ReleaseFault
    from ..release.bundle.dossier import Dossier as Dossier
    from ..release.bundle.folder import Parts
    from ..release.bundle.lineage import SongDossier
    from .studio import Studio

__all__ = ["CheckedRelease", "Gap", "ReleasePlan", "Released", "check_release", "make_release", "plan_release", "tell_gaps"]


class ReleasePlan(Record):
    """What is released, and how."""

    subject: str = Field(min_length=1)
    """A producer whose twin is installed, a run, or the folder or file of an adapter."""
    licence: str | None = Field(None, min_length=1)
    """Licence of the weights, an SPDX name or LicenseRef-NAME; the adapter's own when absent."""
    takes: int = Field(3, ge=0, le=20)
    """Most takes that go with it: those that are liked or rated first, then the newest."""
    merged: bool = False
    """Whether the variant with the twin merged in goes with it, for programs that know no adapters."""
    titles: bool = True
    """Whether songs that it learned from are named."""


class Gap(Record):
    """Something that a reader of a release will miss."""

    kind: Literal["training set", "proof", "licences", "restriction"]
    words: str


@dataclass(frozen=True, slots=True)
class Released:
    """A release."""

    folder: Path
    dossier: Dossier
    bytes: int


@dataclass(frozen=True, slots=True)
class CheckedRelease:
    """What the check of a release without a fault saw."""

    dossier: Dossier | SongDossier
    files: int
    looked: str
    """What became of the take that was to be made again, or of a song's signature, in words."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a plan names, and what the studio knows of it."""

    twin: Twin
    adapter: Adapter
    dossier: Dossier
    takes: tuple[Take, ...]
    parts: Parts


def make_release(plan: ReleasePlan, out: Path, studio: Studio) -> Steps[Released]:
    """Write the release of a twin; the folder `out`, which must not exist yet, is whole or absent.

    What is not known or not proved is said in the release and as a warning. Raises `NotFound` for an unknown name, `BadInput` for
    a licence that is not stated or does not go with those of the songs, `Unavailable` for merged weights whose variant is not
    here, `DiskFull`.
    """
    from ..disk import check_new, whole_folder
    from ..release.bundle import folder as bundle
    from .export import ExportPlan, export

    found = _find(plan, studio)
    check_new(out)
    for gap in tell_gaps(found.dossier):
        yield warning(gap.words)
    with whole_folder(out) as draft:
        if plan.merged:
            merged = ExportPlan(name=str(found.twin.adapter), variant=found.dossier.instrument.name)
            yield from export(merged, draft / bundle.MODEL, studio)
        yield Progress("release", 0, 2, "takes")
        takes = bundle.write_takes(found.takes, draft, studio.library)
        yield Progress("release", 1, 2, "card and checksums")
        dossier = found.dossier.model_copy(update={"takes": takes})
        bundle.write_release(dossier, found.parts, draft)
    return Released(out, dossier, sum(path.stat().st_size for path in out.rglob("*") if path.is_file()))


def plan_release(plan: ReleasePlan, studio: Studio) -> tuple[Dossier, tuple[str, ...]]:
    """What a release would say, and the ids of the takes that it would hold. Raises as `make_release` does; nothing is loaded."""
    found = _find(plan, studio)
    return found.dossier, tuple(take.id for take in found.takes)


def check_release(folder: Path, studio: Studio, *, replay: bool = True) -> Steps[CheckedRelease]:
    """Hold every part of the release in `folder`, of a twin or a song, against checksums and dossier; make its first take again.

    Raises `NotFound` where there is no release, `BadInput` for a dossier that cannot be read, `PartialFailure` that names every
    fault. Where the variant is not here, or differs, no take is made again, and that is said.
    """
    from ..library import sums
    from ..release.bundle import check, song_check
    from ..release.bundle.dossier import read_data, read_dossier

    data = read_data(folder)
    if song_check.is_song(data):
        song = song_check.read_song(data, folder)
        yield Progress("check", 0, 1, "files")
        _raise_faults(folder, list(song_check.find_faults(folder, song)))
        return CheckedRelease(song, len(sums.read_sums(folder)), song_check.tell_signature(folder, song))
    dossier = read_dossier(data, folder)
    yield Progress("check", 0, 2, "files")
    faults = list(check.find_faults(folder, dossier))
    replayed = "no take was made again"
    if replay and not faults:
        yield Progress("check", 1, 2, "a take made again")
        replayed, fault = yield from _replay(folder, dossier, studio)
        faults += [fault] if fault else []
    _raise_faults(folder, faults)
    return CheckedRelease(dossier, len(sums.read_sums(folder)), replayed)


def _raise_faults(folder: Path, faults: list[ReleaseFault]) -> None:
    """Raise `PartialFailure` that names every fault; nothing where there is none."""
    from ..library.sums import REMEDY

    if faults:
        failures: dict[str, TwinError] = {fault.part: TwinError(fault.words) for fault in faults}
        raise PartialFailure(f"{folder} is not what it says", failures, remedy=REMEDY)


def _find(plan: ReleasePlan, studio: Studio) -> _Found:
    from ..model.adapter_spec import AdapterCard
    from ..proof import subject
    from ..release.bundle.dossier import Dossier, Learned
    from ..release.bundle.folder import Parts

    library = studio.library
    twin = subject.find(plan.subject, library)
    adapter = studio.read_adapter(twin.adapter)
    card = adapter.card or AdapterCard()
    if not card.producer or not card.variant:
        missing = "whose sound it learned" if not card.producer else "which variant it was trained on"
        raise BadInput(f"{plan.subject} does not say {missing}", remedy="release an adapter that `twin train` made")
    manifest = find_manifest(card.dataset, studio)
    tracks = tuple(list_tracks(manifest, studio, titles=plan.titles)) if manifest else ()
    proof = find_proof(adapter.revision, studio)
    proven, proof_files = proof if proof else (None, ())
    recipe = read_recipe(card.recipe, studio)
    dossier = Dossier(
        version=__version__,
        created=datetime.now(UTC).replace(microsecond=0),
        producer=card.producer,
        licence=choose_licence(plan.licence, card.licence, plan.subject),
        adapter=card,
        revision=adapter.revision,
        kind=adapter.kind,
        layers=len(adapter.layers),
        instrument=describe_instrument(card, studio),
        learned=Learned(dataset=card.dataset, tracks=tracks),
        recipe=recipe,
        proven=proven,
        merged=plan.merged,
    )
    parts = Parts(_list_adapter_files(twin.adapter), proof_files, recipe)
    return _Found(twin, adapter, dossier, _choose_takes(plan.takes, dossier, studio), parts)


def tell_gaps(dossier: Dossier) -> Iterator[Gap]:
    """What a reader of the release will miss."""
    learned = dossier.learned
    if not learned.tracks:
        words = "its training set is not in this studio: the release says nothing of what it learned from"
        yield Gap(kind="training set", words=words)
    if dossier.proven is None:
        words = "nobody has proved that it learned: the release says so; for one with its proof, run `twin prove` first"
        yield Gap(kind="proof", words=words)
    if unstated := sum(track.licence is None for track in learned.tracks):
        yield Gap(kind="licences", words=f"{unstated} of its {len(learned.tracks)} songs state no licence")
    for name in dossier.restrictions:
        words = f"{learned.licences[name]} of its songs are under {name}: the card says so, and promises nobody more"
        yield Gap(kind="restriction", words=words)


def _list_adapter_files(adapter: Path) -> tuple[Path, Path]:
    """Weights and config of a PEFT folder."""
    from ..library.adapters import CONFIG, WEIGHTS

    weights, config = adapter / WEIGHTS, adapter / CONFIG
    if not (weights.is_file() and config.is_file()):
        raise BadInput(f"{adapter} is no PEFT folder", remedy="make it one with: twin twins convert IN OUT --form peft")
    return weights, config


def _choose_takes(most: int, dossier: Dossier, studio: Studio) -> tuple[Take, ...]:
    """Takes that can be made again from the release alone, from words with this twin only: those best liked, then the newest.

    Samples of its training are none: they were not asked for as takes are.
    """
    asked = (take for take in studio.library.takes.list() if take.audio is not None and not (take.parents or take.session))
    mine = [take for take in asked if [use.revision for use in take.adapters] == [dossier.revision]]
    labels = studio.library.takes.labels([take.id for take in mine])
    said = {take.id: (one.liked, one.rating or 0) for take in mine if (one := labels.get(take.id))}
    return tuple(sorted(mine, key=lambda take: said.get(take.id, (False, 0)), reverse=True)[:most])


def _replay(folder: Path, dossier: Dossier, studio: Studio) -> Steps[tuple[str, ReleaseFault | None]]:
    """Make the first take of a release again with the twin that lies in it; in words what came of it, and what is wrong."""
    from ..audio import files
    from ..disk import chunks_of, write_whole
    from ..library.sidecars import read_copied_record
    from ..pipeline.sound_stages import Mix
    from ..release.bundle.check import ReleaseFault
    from ..release.bundle.folder import ADAPTER
    from ..release.bundle.hashing import hash_samples
    from .replay import find_differences, perform, read_stage

    if not dossier.takes:
        return "it holds no take to make again", None
    sample = dossier.takes[0]
    take = read_copied_record((folder / sample.file).with_suffix(".json"))
    stage = read_stage(take)
    if isinstance(stage, Mix):
        return f"{sample.file} is a mix, and was not made again", None
    adapters = tuple(one.model_copy(update={"folder": folder / ADAPTER}) for one in stage.play.adapters)
    stage = stage.model_copy(update={"play": stage.play.model_copy(update={"adapters": adapters})})
    try:
        draft = yield from perform(take, stage, studio)
    except (NotFound, Unavailable) as error:
        return f"no take was made again: {error.message}", None
    with tempfile.TemporaryDirectory() as room:
        again = hash_samples(files.read(write_whole(Path(room) / "again.flac", chunks_of(draft.audio or b""))))
    if again == sample.samples:
        return f"{sample.file} was made again, sample for sample", None
    if differences := list(find_differences(take, draft)):
        return f"{sample.file} was made again with other samples: {'; '.join(differences)}", None
    return "", ReleaseFault(sample.file, "made again, its samples are others, and no cause is known")
