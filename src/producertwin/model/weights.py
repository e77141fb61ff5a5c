"""Reading and writing weights: safetensors only, every missing, damaged or foreign file named.

A module is built without drawing random numbers for its parameters, then takes its tensors from the file; a tensor of another
shape, a missing one or a surplus one is a `BadInput` that names the file.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import whole_file
from ..errors import BadInput, NotFound, Unavailable
from ..untrusted import HEAD_BYTES, foreign_kind, read_object

if TYPE_CHECKING:
    import torch
    from torch import Tensor

State = dict[str, "Tensor"]
SHORT_BUFFERS = frozenset({"silence_latent"})
"""Buffers that may be stored shorter than the module declares them; whoever reads them repeats them."""


def read_json(path: Path, remedy: str = "") -> dict[str, Any]:
    """A JSON object. Raises `Unavailable` when the file is missing and `BadInput` when it is damaged."""
    try:
        return read_object(path, remedy=remedy)
    except NotFound as error:
        raise Unavailable(error.message, remedy=remedy) from None


def weight_files(folder: Path, stem: str, remedy: str = "") -> list[Path]:
    """The safetensors files of one module: `stem.safetensors`, or the shards its index names."""
    index = folder / f"{stem}.safetensors.index.json"
    if index.is_file():
        names = sorted(set(read_json(index, remedy).get("weight_map", {}).values()))
        files = [folder / Path(str(name)).name for name in names]
    else:
        files = [folder / f"{stem}.safetensors"]
    for path in files:
        if not path.is_file():
            raise Unavailable(f"{path} is missing", remedy=remedy)
    return files


def read_state(files: list[Path], remedy: str = "") -> State:
    """All tensors of `files`, those in eight bits given back. Raises `BadInput` naming a damaged file, or their folder."""
    from .int8 import unpack

    state = read_tensors(files, remedy)
    try:
        return unpack(state)
    except ValueError as error:
        raise BadInput(f"{files[0] if len(files) == 1 else files[0].parent} is damaged: {error}", remedy=remedy) from None


def read_tensors(files: list[Path], remedy: str = "") -> State:
    """All tensors of `files` as they are stored. Raises `BadInput` naming a damaged file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    state: State = {}
    for path in files:
        try:
            state |= load_file(path)
        except (SafetensorError, OSError, ValueError, RuntimeError, LookupError) as error:
            raise damage(path, error, remedy) from None
    return state


def damage(path: Path, error: Exception, remedy: str = "") -> BadInput:
    """The error for a safetensors file that cannot be read, which says what the file is instead, where that can be seen."""
    try:
        with path.open("rb") as file:
            instead = foreign_kind(file.read(HEAD_BYTES))
    except OSError:
        instead = ""
    if not instead:
        return BadInput(f"{path} is damaged: {error}", remedy=remedy)
    return BadInput(f"{path} is damaged: it is {instead}", remedy="download the file itself again")


def build(kind: Any, config: Mapping[str, Any]) -> Any:
    """A module of class `kind` with its parameters still empty (on the meta device) and its computed buffers in place."""
    from accelerate import init_empty_weights

    with warnings.catch_warnings(), init_empty_weights(include_buffers=False):
        warnings.filterwarnings("ignore", message=".*weight_norm", category=FutureWarning)
        return kind(**config)


def fill(module: Any, state: State, where: Path, *, dtype: torch.dtype, device: torch.device, remedy: str = "") -> Any:
    """Give `module` its tensors, as `dtype` on `device`, ready to be used. Raises `BadInput` when they are not its own."""
    import torch

    expected = module.state_dict()
    missing, surplus = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if missing or surplus:
        trouble = f"lacks {missing[0]}" if missing else f"holds {surplus[0]}, which the model does not know"
        raise BadInput(f"{where} {trouble} ({len(missing)} missing, {len(surplus)} surplus)", remedy=remedy)
    for name, tensor in state.items():
        want, got = tuple(expected[name].shape), tuple(tensor.shape)
        if want != got and not (name in SHORT_BUFFERS and want[0] == got[0] and want[2:] == got[2:]):
            raise BadInput(f"{where}: {name} has shape {got}, the model wants {want}", remedy=remedy)
        if not tensor.is_floating_point() and expected[name].is_floating_point():
            raise BadInput(f"{where}: {name} holds {tensor.dtype}, not numbers with a fraction", remedy=remedy)
    for name in SHORT_BUFFERS & state.keys():
        module.register_buffer(name, state[name])
    # Copied, not mapped: products of unaligned memory round differently, and a take is to be the same bytes every time.
    kinds = {name: dtype if tensor.is_floating_point() else tensor.dtype for name, tensor in state.items()}
    placed = {name: tensor.to(device=device, dtype=kinds[name], copy=True) for name, tensor in state.items()}
    module.load_state_dict(placed, assign=True)
    # Computed buffers keep their precision (rotary tables), and diffusers' own `to` would print a needless warning.
    torch.nn.Module.to(module, device=device)
    return module.eval().requires_grad_(False)


def content_hash(modules: Mapping[str, Any]) -> str:
    """`b2:` and 32 hex digits over all tensors of modules that live in memory."""
    import torch

    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(modules):
        for key, tensor in sorted(modules[name].state_dict().items()):
            digest.update(f"{name}.{key}:{tensor.dtype}{tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return "b2:" + digest.hexdigest()


def file_hash(path: Path) -> str:
    """32 hex digits of BLAKE2b over a file."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def write_state(state: State, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors to `path` as safetensors, readable by whom the umask lets read.

    The library itself lets nobody but the owner read what it writes.
    """
    from safetensors.torch import save_file

    path.touch()
    mode = path.stat().st_mode
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(tensors, path, metadata={"format": "pt", **(metadata or {})})
    path.chmod(mode)


def pack_file(path: Path) -> None:
    """Store the large matrices of a safetensors file in eight bits (`int8.pack`); the file is the old one or the new one.

    A file that is packed already stays as it is. Raises as `read_tensors` does.
    """
    from .int8 import pack

    state = pack(read_tensors([path]))
    with whole_file(path) as temporary:
        write_state(state, temporary)
