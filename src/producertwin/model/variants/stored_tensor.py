"""One tensor of a `torch.save` file, read from its zip members: nothing in the file is executed.

Such a file (PyTorch 1.6 and later) holds `NAME/data.pkl`, a stream of opcodes that says how tensors lie in storages, and one
member `NAME/data/KEY` per storage. A tensor is the call `_rebuild_tensor_v2(storage, offset, size, stride, ...)`: a saved view
keeps the whole storage it looks into. `pickletools` lists the opcodes; the few that describe a tensor are followed here and
every other one is refused.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor

from ...errors import BadInput

REMEDY: Final = "download it again"
_KINDS: Final = {
    "BFloat16Storage": torch.bfloat16,
    "HalfStorage": torch.float16,
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
}
MOST_NUMBERS: Final = 1 << 26
"""Most numbers of a tensor that is read: a view may claim to be far larger than its storage."""
_MARK: Final = object()
_CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES: Final = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_VALUES: Final = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE"})
_IGNORED: Final = frozenset({"PROTO", "FRAME", "STOP"})


@dataclass(frozen=True, slots=True)
class _Name:
    """What the file names but nobody imports: `module name`."""

    text: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that is described and never made."""

    function: object
    given: Any


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the numbers of a tensor lie in a storage."""

    key: str
    kind: torch.dtype
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def read_tensor(path: Path) -> Tensor:
    """The tensor that `path` holds, contiguous. Raises `BadInput` for a file that holds anything but one tensor."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            described = next(name for name in names if name.endswith("data.pkl"))
            folder = described.removesuffix("data.pkl")
            if f"{folder}byteorder" in names and archive.read(f"{folder}byteorder").strip() != b"little":
                raise BadInput(f"{path} was stored on a machine of another byte order", remedy=REMEDY)
            layout = _layout(archive.read(described))
            raw = archive.read(f"{folder}data/{layout.key}")
    except (zipfile.BadZipFile, OSError, StopIteration, LookupError, ValueError, TypeError, EOFError) as error:
        raise BadInput(f"{path} is not a stored tensor: {error or type(error).__name__}", remedy=REMEDY) from None
    reach = layout.offset + 1 + sum((n - 1) * step for n, step in zip(layout.size, layout.stride, strict=True))
    if len(raw) % layout.kind.itemsize or not 0 < reach <= len(raw) // layout.kind.itemsize:
        raise BadInput(f"{path} holds {len(raw)} bytes, fewer than its tensor {layout.size} reaches over", remedy=REMEDY)
    storage = torch.frombuffer(bytearray(raw), dtype=layout.kind)
    return storage.as_strided(layout.size, layout.stride, layout.offset).contiguous()


def _layout(stream: bytes) -> _Layout:
    """The layout that a stream of opcodes describes. Raises `ValueError` unless it is that of one plain tensor."""
    found = _follow(stream)
    if isinstance(found, _Call) and found.function == _Name("torch._utils _rebuild_parameter"):
        found = found.given[0]
    if not isinstance(found, _Call) or found.function != _Name("torch._utils _rebuild_tensor_v2"):
        raise ValueError("it holds something else than one tensor")
    storage, offset, size, stride = found.given[:4]
    kind = _KINDS.get(storage[1].text.removeprefix("torch ")) if isinstance(storage[1], _Name) else None
    if storage[0] != "storage" or kind is None:
        raise ValueError(f"its numbers are of no known kind: {storage[1]}")
    whole = all(isinstance(n, int) and n >= 0 for n in (offset, *size, *stride))
    if not whole or len(size) != len(stride) or not 0 < prod(size) <= MOST_NUMBERS:
        raise ValueError(f"it has size {size} and strides {stride}")
    return _Layout(str(storage[2]), kind, offset, tuple(size), tuple(stride))


def _follow(stream: bytes) -> Any:
    """What the opcodes put together, as plain values, names and calls. Raises `ValueError` for an opcode beyond them."""
    stack: list[Any] = []
    memory: dict[int, Any] = {}
    for opcode, argument, _ in pickletools.genops(io.BytesIO(stream)):
        name, given = opcode.name, cast(Any, argument)
        if name in _IGNORED:
            continue
        if name in _VALUES:
            stack.append(given)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            _pack(stack, len(stack) - _TUPLES[name])
        elif name == "TUPLE":
            first = len(stack) - 1 - stack[::-1].index(_MARK)
            _pack(stack, first + 1)
            del stack[first]
        elif name == "MARK":
            stack.append(_MARK)
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            stack.append(())
        elif name == "GLOBAL":
            stack.append(_Name(given))
        elif name == "STACK_GLOBAL":
            module, attribute = stack.pop(-2), stack.pop()
            stack.append(_Name(f"{module} {attribute}"))
        elif name in ("REDUCE", "BINPERSID"):
            arguments = stack.pop()
            stack.append(_Call(stack.pop(), arguments) if name == "REDUCE" else arguments)
        elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            memory[len(memory) if given is None else given] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memory[given])
        else:
            raise ValueError(f"it holds {name}, which no tensor needs")
    return stack.pop()


def _pack(stack: list[Any], first: int) -> None:
    """Replace what lies from `first` upwards by a tuple of it."""
    if first < 0:
        raise ValueError("it is cut short")
    stack[first:] = [tuple(stack[first:])]
