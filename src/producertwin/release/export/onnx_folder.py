"""An instrument written as ONNX graphs, with all that a player needs beside them: whole or absent, and resumed where it stopped.

Every graph is traced once in single precision, made coarser from there, and compared with its module before it counts as done.
What is done is kept in a folder of `staging`, named by what decides it, until the whole export stands; an export that was stopped
takes from there what it finds. One precision makes one folder; several make one folder each inside, equal to those made alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from ...disk import whole_folder, write_json
from ...errors import DiskFull
from ...model.instrument import TIMBRE_FRAMES, Card, reads_timbre_token, repeat_silence, write_card
from ...model.variants.catalogue import EXPORT_RECORD, GRAPH_CONSTANTS, GRAPHS
from ...model.variants.checksums import hashes
from ...model.variants.parts import make_part, read_tokenizer
from ...model.variants.stored_parts import Part, check_free
from ...model.weights import read_json, write_state
from ...progress import Kept, Progress, Steps
from .examples import Examples
from .graphs.catalogue import Facts, Graph, GraphPrecision, graphs_of
from .parity import Parity, compare, require_parity
from .player import add_player
from .precisions import coarsen
from .surroundings import describe
from .tracing import require_onnx, trace

VERSION: Final = 3
"""Raised when the same weights would make other graphs."""
_TOLD: Final = "facts.json"
_BYTES: Final[Mapping[GraphPrecision, float]] = {"fp32": 4.0, "fp16": 2.0, "int8": 1.2, "int4": 0.8}
"""Most bytes for each number."""


@dataclass(frozen=True, slots=True)
class Source:
    """An instrument whose weights are read and merged."""

    parts: Mapping[str, Part]
    tokenizer: Path
    card: Card
    made_of: str
    """What decides its weights: revisions of variant and adapter, and the scale."""
    remedy: str = ""
    """How to get weights that are damaged."""


def write_onnx(
    source: Source,
    precisions: Sequence[GraphPrecision],
    into: Path,
    staging: Path,
    record: Mapping[str, Any],
    web_runtime: Path | None = None,
) -> Steps[Path]:
    """Write graphs of `source` in each of `precisions` to `into`, which must not exist yet; yields progress, returns `into`.

    `record` goes into `export.json`; with `web_runtime` each folder gets a page that plays it (`player`). Raises `Unavailable`
    without the packages of ONNX, `BadInput` for a codec that has no graph and for a graph that is too far from its module, and as
    `check_free` does.
    """
    require_onnx()
    work = GraphWork(source, staging / _key(source))
    _check_room(work, precisions, into)
    wanted = [(graph, kind) for graph in work.graphs for kind in dict.fromkeys(map(graph.precision_at, precisions))]
    for done, (graph, kind) in enumerate(wanted):
        yield Progress("export", done, len(wanted), f"{graph.name} in {kind}")
        if not work.place(graph, kind).is_dir():
            work.make(graph, kind)
            yield Kept(f"{graph.name} {kind}")
    with whole_folder(into) as folder:
        for precision in precisions:
            place = folder / precision if len(precisions) > 1 else folder
            _gather(work, precision, place, record)
            if web_runtime is not None:
                add_player(place, source.card, web_runtime)
    shutil.rmtree(work.folder, ignore_errors=True)
    yield Progress("export", len(wanted), len(wanted), str(into))
    return into


class GraphWork:
    """One export: its modules, built one at a time, and the folder of what is done."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.folder = folder
        self.known = graphs_of({name: part.kind for name, part in source.parts.items()})
        self._built: tuple[str, nn.Module] | None = None

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The graphs that are written, of those that are known."""
        return self.known

    @cached_property
    def facts(self) -> Facts:
        """What graphs have to know beside their modules."""
        parts = self.source.parts
        token = reads_timbre_token(parts["transformer"].config, parts["vae"].kind)
        return Facts(repeat_silence(parts["condition_encoder"].state["silence_latent"].float(), TIMBRE_FRAMES), token)

    @cached_property
    def examples(self) -> Examples:
        """What graphs are compared with."""
        return Examples(self.build, self.known, read_tokenizer(self.source.tokenizer, self.source.remedy), self.facts)

    def build(self, graph: Graph) -> nn.Module:
        """The module of a graph in single precision."""
        if self._built is None or self._built[0] != graph.part:
            part = self.source.parts[graph.part]
            place = {"dtype": torch.float32, "device": torch.device("cpu"), "remedy": self.source.remedy}
            self._built = graph.part, make_part(part.kind, part.config, part.state, part.where, place)
        return graph.build(self._built[1], self.facts).eval()

    def place(self, graph: Graph, kind: GraphPrecision) -> Path:
        """Where a graph is kept once it is done."""
        return self.folder / f"{graph.name}-{kind}"

    def make(self, graph: Graph, kind: GraphPrecision) -> None:
        """Write one graph, and the one in single precision that it is made of, and compare them with their module."""
        traced = self.place(graph, "fp32")
        if not traced.is_dir():
            examples = self.examples.of(graph)
            with whole_folder(traced) as folder:
                trace(graph, self.build(graph), examples[0][0], folder / file_of(graph))
                self._judge(graph, "fp32", folder)
        if kind != "fp32":
            with whole_folder(self.place(graph, kind)) as folder:
                coarsen(graph, traced / file_of(graph), folder / file_of(graph), kind)
                self._judge(graph, kind, folder)

    def _judge(self, graph: Graph, kind: GraphPrecision, folder: Path) -> None:
        """Compare a graph that was just written, and write down how near it is. Raises as `require_parity` does."""
        found = compare(folder / file_of(graph), self.examples.of(graph))
        require_parity(graph.name, kind, found, coded="codes" in graph.outputs)
        write_json(folder / _TOLD, asdict(found))

    def parity_of(self, graph: Graph, kind: GraphPrecision) -> Parity:
        """How near a finished graph is to its module."""
        return Parity(**read_json(self.place(graph, kind) / _TOLD))


def file_of(graph: Graph) -> str:
    """The file of a graph."""
    return f"{graph.name}.onnx"


def _key(source: Source) -> str:
    """What names the folder of what is done."""
    made_by = [version(name) for name in ("torch", "onnx", "onnxscript", "onnxruntime")]
    return hashlib.blake2b(json.dumps([VERSION, source.made_of, *made_by]).encode(), digest_size=16).hexdigest()


def _check_room(work: GraphWork, precisions: Sequence[GraphPrecision], into: Path) -> None:
    """Raise as `check_free` does where the graphs have no room at `into` or where they are kept until all are done."""
    final = staged = 0.0
    for graph in work.graphs:
        numbers = sum(tensor.numel() for tensor in work.source.parts[graph.part].state.values())
        kinds = [graph.precision_at(precision) for precision in precisions]
        final += sum(numbers * _BYTES[kind] for kind in kinds)
        missing = [kind for kind in dict.fromkeys(("fp32", *kinds)) if not work.place(graph, kind).is_dir()]
        staged += sum(numbers * _BYTES[kind] for kind in missing)
    here, there = (_nearest(path).stat().st_dev for path in (into, work.folder))
    check_free(into, int(staged if here == there else final))
    free = shutil.disk_usage(_nearest(work.folder)).free
    if here != there and free < staged:
        raise DiskFull(f"{work.folder} needs {staged / 1e9:.1f} GB, {free / 1e9:.1f} GB are free", remedy="free some disk")


def _nearest(path: Path) -> Path:
    """The nearest folder above `path` that is there."""
    return next(parent for parent in path.absolute().parents if parent.exists())


def _gather(work: GraphWork, precision: GraphPrecision, place: Path, record: Mapping[str, Any]) -> None:
    """Put together the folder of one precision."""
    place.mkdir(exist_ok=True)
    told: dict[str, Any] = {}
    for graph in work.graphs:
        kind = graph.precision_at(precision)
        files = [path for path in sorted(work.place(graph, kind).iterdir()) if path.name != _TOLD]
        for path in files:
            _link(path, place / path.name)
        near = work.parity_of(graph, kind)
        told[graph.name] = {
            "file": file_of(graph),
            "precision": kind,
            "bytes": sum(path.stat().st_size for path in files),
            "inputs": {name: list(axes) for name, axes in graph.inputs.items()},
            "outputs": {name: list(axes) for name, axes in graph.outputs.items()},
            "parity": {"largest_error": float(f"{near.most:.3g}"), "snr_db": round(near.snr, 1), "equal": round(near.equal, 4)},
        }
    (place / "tokenizer").mkdir()
    shutil.copyfile(work.source.tokenizer, place / "tokenizer" / "tokenizer.json")
    card = work.source.card
    write_card(card, place)
    state = work.source.parts["condition_encoder"].state
    kept = {"silence": state["silence_latent"].float(), "null_condition": state["null_condition_emb"].float()}
    write_state(kept, place / GRAPH_CONSTANTS)
    write_json(place / GRAPHS, describe(work.source.parts, work.facts, card))
    write_json(place / EXPORT_RECORD, {**record, "precision": precision, "graphs": told})
    files = [path for path in place.rglob("*") if path.is_file() and path.name not in (EXPORT_RECORD, GRAPHS, "twin.json")]
    hashes(files, place, keep_all=True)


def _link(source: Path, target: Path) -> None:
    """Put a finished file at `target` too, without its bytes where the drive can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
