"""ACE-Step's original layout: the folder that upstream's own loader reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...disk import whole_folder, write_json
from ...model.variants.convert import join_state
from ...model.variants.stored_parts import Part, check_free
from ...model.weights import write_state
from ...progress import Progress, Steps

_WEIGHTS = ("model*.safetensors", "model.safetensors.index.json", "pytorch_model*", "checksums.json")


def write_original(
    parts: Mapping[str, Part], original: Path, into: Path, more: Mapping[str, Mapping[str, Any]] | None = None
) -> Steps[Path]:
    """Write the four modules of `parts` as ACE-Step stores them, with everything else of the folder `original` beside them.

    `more` are JSON files beside it. The folder appears under its name only when complete. Raises as `check_free` does.
    """
    state = join_state({name: part.state for name, part in parts.items()})
    check_free(into, sum(tensor.numel() * tensor.element_size() for tensor in state.values()))
    yield Progress("write", 0, 1, "model.safetensors")
    with whole_folder(into) as folder:
        shutil.copytree(original, folder, ignore=shutil.ignore_patterns(*_WEIGHTS), dirs_exist_ok=True)
        write_state(state, folder / "model.safetensors")
        for name, data in (more or {}).items():
            write_json(folder / name, data)
    yield Progress("write", 1, 1, str(into))
    return into
