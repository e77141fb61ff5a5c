"""Coarser graphs: half precision, and integers of eight and four bits for the matrices.

| precision | matrices | the rest |
|---|---|---|
| fp16 | half | half; what turns with time (sines of levels and places) in single precision |
| int8 | 8 bits, one scale per column, inputs rounded to 8 bits as they come; of `BLOCKED` one for each 64, inputs too | single |
| int4 | 4 bits in blocks of 32; cross-attention and what feeds it 8 bits | half |

A graph that is `widened` computes in single precision whatever it is stored in. Graphs above 2 GB keep their weights beside them.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from .graphs.catalogue import Graph, GraphPrecision
from .tracing import LARGEST, SCOPES, WEIGHTS, quiet

BLOCK: Final = 32
"""Numbers that share a scale where matrices have four bits."""
BYTE_BLOCK: Final = 64
"""The same where matrices have eight bits, in the modules of `BLOCKED`."""
BLOCKED: Final = ("mlp",)
"""Modules whose inputs lie far apart in size, so that one scale for all of them loses most of what int8 loses (docs/log.md)."""
FINER: Final = ("cross_attn", "condition_embedder")
"""Modules that keep eight bits where others have four: what the instrument hears of a prompt passes through them."""
SMALLEST: Final = 1024
"""Numbers below which a tensor is not worth storing in half."""
_WAVES: Final = ("Cos", "Sin")


def coarsen(graph: Graph, source: Path, into: Path, precision: GraphPrecision) -> None:
    """Write the graph of `source` in `precision`, as far down as its floor allows, to `into`."""
    kind = graph.precision_at(precision)
    if kind == "fp32":
        _save(_load(source), into)
    elif kind == "fp16" and graph.widened:
        _save(_store_half(_load(source), exact=graph.exact), into)
    elif kind == "fp16":
        _save(_halve(_load(source)), into)
    elif kind == "int8":
        _to_bytes(source, into)
    else:
        _save(_to_nibbles(_halve(_load(source))), into)


def scope_of(node: Any) -> str:
    """The module of the network that a node belongs to, as `net.layers.0.self_attn.to_q`; empty where nothing says."""
    for note in node.metadata_props:
        if note.key == SCOPES:
            return str(".".join(ast.literal_eval(note.value)[-2:-1]))
    return ""


def stored_types(path: Path) -> Mapping[str, int]:
    """How many numbers a graph keeps of each type (`FLOAT`, `FLOAT16`, `INT8`, `UINT8`), small tensors left out."""
    import onnx

    found: dict[str, int] = {}
    for tensor in onnx.load(str(path), load_external_data=False).graph.initializer:
        count = int(np.prod(tensor.dims))
        if count >= SMALLEST:
            name = onnx.TensorProto.DataType.Name(tensor.data_type)
            found[name] = found.get(name, 0) + count
    return found


def _load(path: Path) -> Any:
    import onnx

    return onnx.load(str(path))


def _save(model: Any, path: Path) -> None:
    """Write a graph, its weights beside it where they are too many."""
    import onnx

    size = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    beside = {"save_as_external_data": True, "location": path.name + WEIGHTS, "all_tensors_to_one_file": True}
    onnx.save_model(model, str(path), **(beside if size > LARGEST else {}))


def _halve(model: Any) -> Any:
    """All numbers in half precision but those that turn with level and place; inputs and outputs stay as they are."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    fine = [node.name for node in _before_waves(model)]
    done = convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True, node_block_list=fine)
    _join_casts(done)
    return done


def _before_waves(model: Any) -> Iterator[Any]:
    """Every node that a sine or cosine depends on, and they."""
    makers = {name: node for node in model.graph.node for name in node.output}
    waiting, seen = [node for node in model.graph.node if node.op_type in _WAVES], set()
    while waiting:
        node = waiting.pop()
        if node.name not in seen:
            seen.add(node.name)
            yield node
            waiting += [makers[name] for name in node.input if name in makers]


def _join_casts(model: Any) -> None:
    """Take an input as it is where it was halved and widened again."""
    inputs = {value.name for value in model.graph.input}
    halved = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast" and node.input[0] in inputs}
    widened = {
        node.output[0]: halved[node.input[0]]
        for node in model.graph.node
        if node.op_type == "Cast" and node.input[0] in halved and node.attribute[0].i == 1
    }
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name in widened:
                node.input[place] = widened[name]


def _store_half(model: Any, *, exact: bool) -> Any:
    """Weights in half precision, widened as they are read; with `exact` only those that lose nothing by it."""
    import onnx
    from onnx import numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or int(np.prod(tensor.dims)) < SMALLEST:
            continue
        numbers = numpy_helper.to_array(tensor)
        half = numbers.astype(np.float16)
        if exact and not np.array_equal(half.astype(np.float32), numbers):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], name=f"{name}.widen", to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def _to_bytes(source: Path, into: Path) -> None:
    """Matrices as bytes. Lengths that the exporter noted are dropped first: the quantiser takes them for a contradiction."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = _load(source)
    del model.graph.value_info[:]
    model = _pack(model, 8, BYTE_BLOCK, [node.name for node in _find_matrices(model) if _belongs(node, BLOCKED)])
    size = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    with tempfile.TemporaryDirectory(dir=into.parent) as room:
        plain = Path(room) / "plain.onnx"
        _save(model, plain)
        del model
        with quiet():
            quantize_dynamic(
                str(plain),
                str(Path(room) / into.name),
                op_types_to_quantize=["MatMul", "Gemm"],
                per_channel=True,
                weight_type=QuantType.QInt8,
                use_external_data_format=size > LARGEST,
            )
        done = onnx.load(str(Path(room) / into.name))
    _save(done, into)


def _to_nibbles(model: Any) -> Any:
    """Matrices of four bits, those of `FINER` of eight."""
    finer = {node.name: _belongs(node, FINER) for node in _find_matrices(model)}
    for bits in (4, 8):
        model = _pack(model, bits, BLOCK, [name for name, fine in finer.items() if fine == (bits == 8)])
    return model


def _find_matrices(model: Any) -> list[Any]:
    return [node for node in model.graph.node if node.op_type == "MatMul"]


def _belongs(node: Any, modules: Sequence[str]) -> bool:
    return any(part in modules for part in scope_of(node).split("."))


def _pack(model: Any, bits: Literal[4, 8], block: int, names: Sequence[str]) -> Any:
    """The matrices of the nodes of `names` in so many bits, with a scale for every `block` numbers; others stay as they are."""
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    others = [node.name for node in _find_matrices(model) if node.name not in names]
    ways = {"bits": bits, "block_size": block, "is_symmetric": True, "accuracy_level": 4, "nodes_to_exclude": others}
    quantizer = MatMulNBitsQuantizer(model, **ways)
    with quiet():
        quantizer.process()
    return quantizer.model.model
