"""`twin export`: a twin merged into its instrument, or an instrument alone, as a folder of weights for other programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from .. import __version__
from ..errors import BadInput, NotFound
from ..library import adapters as twins
from ..progress import Progress, Steps, note
from ..recipe import Record
from ..wording import split_words, suggest_name

if TYPE_CHECKING:
    from ..model.adapters import Adapter
    from ..model.instrument import Card
    from ..model.variants.stored_parts import Stored
    from ..release.export.graphs.catalogue import GraphPrecision
    from ..release.export.merge import Precision
    from .studio import Studio

__all__ = ["ExportPlan", "Exported", "export", "plan_export"]

SCHEMA = "twin.export/1"
OWN_LAYOUT = "--format diffusers"
WEIGHTS: Final = ("stored", "fp32", "bf16", "fp16")
"""Precisions of folders of weights; the first is taken where nobody says."""
GRAPHS: Final = ("fp32", "fp16", "int8", "int4")
"""Precisions of ONNX graphs."""
GRAPHS_KEPT: Final = "exports"
"""Folder of the studio where finished graphs wait for the rest of their export."""


Precisions = Annotated[tuple[Literal["stored", "fp32", "bf16", "fp16", "int8", "int4"], ...], BeforeValidator(split_words)]


class ExportPlan(Record):
    """What is exported, and in which form."""

    name: str = Field(min_length=1)
    """A twin (the name of a producer, or the folder or file of an adapter), or a variant (its name or its folder)."""
    format: Literal["diffusers", "acestep", "onnx", "lofi-v1"] = "diffusers"
    """Layout of the folder: diffusers reads diffusers and this program; acestep reads ACE-Step's own code; onnx is graphs;
    lofi-v1, the bundle of lofi.nvim's own daemon, is refused with what does not fit into it."""
    precision: Precisions = ()
    """Type of the numbers: stored (the default, as in the variant's own files), fp32, bf16 or fp16; of onnx fp32 (the default),
    fp16, int8 and int4, several with commas."""
    scale: float = Field(1.0, gt=0.0, le=4.0, allow_inf_nan=False)
    """How strongly the twin is merged; 1 is as trained."""
    variant: str | None = Field(None, min_length=1)
    """Which variant a twin is merged into; the one it was trained on when absent."""
    player: bool = False
    """Put a page beside graphs that plays them in a browser, offline; for it onnxruntime-web (14 MB) is fetched once."""

    def weights(self) -> Precision:
        """The precision of a folder of weights. Raises `BadInput` for one that it cannot have, and for several."""
        asked = self.precision or WEIGHTS[:1]
        if len(asked) > 1 or asked[0] not in WEIGHTS:
            remedy = f"choose one of {', '.join(WEIGHTS)}, or --format onnx"
            raise BadInput(f"{self.format} cannot be written as {','.join(asked)}", remedy=remedy)
        return asked[0]

    def graphs(self) -> tuple[GraphPrecision, ...]:
        """The precisions of graphs. Raises `BadInput` for one that they cannot have."""
        asked = self.precision or GRAPHS[:1]
        for precision in asked:
            if precision not in GRAPHS:
                raise BadInput(f"onnx cannot be written as {precision}", remedy=f"choose from {', '.join(GRAPHS)}")
        return asked  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder of weights."""

    folder: Path
    variant: str
    """The variant it was made of."""
    twin: str
    """The adapter that was merged; empty where there is none."""
    layers: int
    """Layers that the adapter changes."""
    precision: str
    bytes: int


@dataclass(frozen=True, slots=True)
class _Found:
    """What a plan names."""

    adapter: Adapter | None
    variant: str
    folder: Path
    """Where the variant's weights lie."""
    remedy: str
    """How to get weights that are missing or damaged."""
    card: Card


def plan_export(plan: ExportPlan, studio: Studio) -> Exported:
    """What would be exported; `folder` is where the weights of the variant lie. Raises as `export` does for what is not there."""
    found = _find(plan, studio)
    return _describe(plan, found, found.folder)


def export(plan: ExportPlan, out: Path, studio: Studio) -> Steps[Exported]:
    """Merge, cast and write; the folder `out`, which must not exist yet, is whole or absent.

    Raises `NotFound` for an unknown name, `Unavailable` for weights that are not here, `BadInput` for an adapter of another
    variant, for numbers that the precision cannot hold, for a layout that the variant does not fit and for a graph that is too
    far from its module, `DiskFull`.
    """
    from ..model.hearing import learn_triggers
    from ..model.variants import catalogue
    from ..model.variants.stored_parts import check_free, write_diffusers
    from ..release.export import cast, merge, write_original
    from ..release.export.onnx_folder import Source, write_onnx
    from ..release.export.web_runtime import find_runtime

    found = _find(plan, studio)
    check_free(out, 0)
    yield Progress("export", 0, 3, "read")
    stored = _read(found)
    parts = stored.parts
    if found.adapter is not None:
        yield Progress("export", 1, 3, "merge")
        parts = merge(parts, found.adapter, plan.scale, found.variant)
    record = _record(plan, found, stored.files)
    card = learn_triggers(found.card, [found.adapter.trigger] if found.adapter else [])
    card = card.model_copy(update={"name": out.name})
    if plan.format == "onnx":
        made_of = json.dumps([record["variant"]["revision"], found.adapter and found.adapter.revision, plan.scale])
        source = Source(parts, stored.tokenizer, card, made_of, found.remedy)
        runtime = find_runtime(studio.settings) if plan.player else None
        yield from write_onnx(source, plan.graphs(), out, studio.settings.studio / GRAPHS_KEPT, record, runtime)
        return _describe(plan, found, out, _size_of(out, "*.onnx*"))
    yield Progress("export", 2, 3, "cast")
    parts = cast(parts, stored.parts, plan.weights())
    if plan.format == "acestep":
        yield from write_original(parts, found.folder, out, {catalogue.EXPORT_RECORD: record})
    else:
        yield from write_diffusers(parts, stored.tokenizer, card, out, {catalogue.EXPORT_RECORD: record})
    _remember(out)
    if plan.format == "acestep":
        yield note(f"ACE-Step looks for vae and Qwen3-Embedding-0.6B beside {out.name}: put it where its other variants lie")
    return _describe(plan, found, out, _size_of(out, "*.safetensors"))


def _size_of(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.rglob(pattern))


def _find(plan: ExportPlan, studio: Studio) -> _Found:
    """The adapter, and the variant that it is merged into."""
    from ..model.adapters import read
    from ..model.variants import catalogue
    from ..model.variants.catalogue import find_weights

    plan.graphs() if plan.format == "onnx" else plan.weights()
    adapter, variant = None, plan.name
    if plan.name not in catalogue.VARIANTS and catalogue.layout(Path(plan.name)) == "none":
        adapter = read(_find_adapter(plan.name, studio))
        trained_on = adapter.card.variant if adapter.card else ""
        if not (variant := plan.variant or trained_on):
            raise BadInput(f"{plan.name} does not say which variant it was trained on", remedy="say it: --variant turbo")
    elif plan.variant is not None or "scale" in plan.model_fields_set:
        raise BadInput(f"{plan.name} is a variant itself, so nothing is merged", remedy="leave --variant and --scale out")
    if catalogue.resolve(variant, studio.settings).folder is None:
        raise BadInput(
            f"{variant} is built in code and has no weights to export", remedy="export nano, or a variant that is here"
        )
    folder, remedy, card = find_weights(variant, studio.settings)
    if plan.format == "lofi-v1":
        _refuse_lofi(variant, folder, remedy)
    if plan.format == "acestep" and catalogue.layout(folder) != "original":
        whose = "nano has a codec of its own that ACE-Step does not know" if variant == "nano" else f"{folder} is not in it"
        advice = f"export it with {OWN_LAYOUT}, or give the original acestep-v15-* folder as the variant"
        raise BadInput(f"{variant} cannot be written in ACE-Step's layout: {whose}", remedy=advice)
    if plan.format == "onnx":
        from ..release.export.tracing import require_onnx

        require_onnx()
    if plan.player:
        _require_player(plan, variant, folder, card, studio)
    return _Found(adapter, variant, folder, remedy, card)


def _require_player(plan: ExportPlan, variant: str, folder: Path, card: Card, studio: Studio) -> None:
    """Raise `BadInput` where no page can play what is exported, `Unavailable` where what it needs cannot be had."""
    from ..release.export.player import require_playable
    from ..release.export.web_runtime import require_reachable

    if plan.format != "onnx":
        raise BadInput(f"{plan.format} is not played in a browser", remedy="export graphs: --format onnx --player")
    require_playable(variant, card, folder / "tokenizer" / "tokenizer.json", _size_of(folder, "*.safetensors"))
    require_reachable(studio.settings)


def _refuse_lofi(variant: str, folder: Path, remedy: str) -> None:
    """Raise `BadInput` with what of `variant` has no place in the bundle of lofi.nvim's own daemon."""
    from ..release.lofi.contract import refuse

    parts = _read_stored(folder, remedy).parts
    refuse(variant, parts["transformer"].config, parts["text_encoder"].config)


def _find_adapter(name: str, studio: Studio) -> Path:
    """The files of an adapter. Raises `NotFound`, which tells that a variant may have been meant too."""
    from ..model.variants import catalogue

    try:
        return twins.find(name, studio.settings.studio)
    except NotFound:
        known = [*catalogue.VARIANTS, *(one.producer for one in twins.list_installed(studio.settings.studio))]
        message = f"neither a variant nor a twin is called {name!r}{suggest_name(name, known)}"
        remedy = "see `twin models list` and `twin twins list`, or give the folder of a variant or of an adapter"
        raise NotFound(message, remedy=remedy) from None


def _read(found: _Found) -> Stored:
    return _read_stored(found.folder, found.remedy)


def _read_stored(folder: Path, remedy: str) -> Stored:
    from ..model.variants import catalogue
    from ..model.variants.convert import read_original
    from ..model.variants.stored_parts import read_diffusers

    reader = read_diffusers if catalogue.layout(folder) == "diffusers" else read_original
    return reader(folder, remedy)


def _record(plan: ExportPlan, found: _Found, files: list[Path]) -> dict[str, Any]:
    """What the export was made of, without a path."""
    from ..model.variants.checksums import revision

    home = found.folder if all(path.is_relative_to(found.folder) for path in files) else found.folder.parent
    adapter = found.adapter
    told: dict[str, Any] = {"schema": SCHEMA, "version": __version__, "format": plan.format, "precision": _precision_name(plan)}
    told["variant"] = {"name": found.card.name, "revision": revision(files, home), "licence": found.card.licence}
    if adapter is not None:
        card = adapter.card
        told["adapter"] = {"revision": adapter.revision, "kind": adapter.kind, "layers": len(adapter.layers), "scale": plan.scale}
        told["adapter"] |= {} if card is None else card.model_dump(mode="json", exclude={"created"})
    return told


def _precision_name(plan: ExportPlan) -> str:
    return ",".join(plan.graphs()) if plan.format == "onnx" else plan.weights()


def _remember(folder: Path) -> None:
    """Write the checksums of the weights beside them, so that `twin models check` can tell whether they are whole."""
    from ..model.variants.checksums import hashes

    hashes(sorted(folder.rglob("*.safetensors")), folder, keep_all=True)


def _describe(plan: ExportPlan, found: _Found, folder: Path, size: int = 0) -> Exported:
    twin = "" if found.adapter is None else plan.name
    layers = 0 if found.adapter is None else len(found.adapter.layers)
    return Exported(folder, found.variant, twin, layers, _precision_name(plan), size)
