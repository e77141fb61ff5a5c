"""Opening a folder of graphs: everything is checked before anything is played.

All files must be there and be what the export wrote (`checksums.json`), and `instrument.json`, `export.json` and `twin.json`
must describe an instrument that this version plays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import BadInput, Unavailable
from ...recipe import read
from ...settings import Settings
from ...timebase import HOP, LATENT_RATE, SAMPLE_RATE
from ..instrument import TIMBRE_FRAMES
from ..variants import catalogue, checksums, integrity
from ..variants.parts import read_tokenizer
from ..weights import read_json
from .facts import ExportFacts, GraphFacts
from .instrument import GraphInstrument
from .runtime import Runtime, choose_graph_device, require_runtime

REMEDY: Final = "copy the folder again from where it was exported, or run `twin export … --format onnx` again"
_RATES: Final = {"sample_rate": SAMPLE_RATE, "hop": HOP, "latent_rate": LATENT_RATE, "timbre_frames": TIMBRE_FRAMES}
_CODES: Final = ("audio_tokenizer", "audio_codebook", "audio_detokenizer")
_NEEDED: Final = ("codec_encoder", "codec_decoder", "text_embedding", "text_encoder", "condition_encoder", "transformer")


def open_graphs(folder: Path, settings: Settings) -> GraphInstrument:
    """The instrument in `folder`.

    Raises `Unavailable` where onnxruntime, the device or a file is missing, `BadInput` for files that are not what was exported
    and for graphs of another version.
    """
    require_runtime()
    require_whole(folder)
    device = choose_graph_device(settings.device)
    facts, export = read_facts(folder), read_export(folder)
    names = (*_NEEDED, *(_CODES if facts.has_codes else ()))
    if lacking := [name for name in names if name not in export.graphs]:
        raise BadInput(f"{folder / catalogue.EXPORT_RECORD} does not name the graph {lacking[0]}", remedy=REMEDY)
    constants = _read_constants(folder / catalogue.GRAPH_CONSTANTS)
    silence, null = constants["silence"], constants["null_condition"]
    if silence.ndim != 3 or silence.shape[2] != facts.width:
        trouble = f"{folder} is put together of two instruments: its silence is {silence.shape[-1]} wide, not {facts.width}"
        raise BadInput(trouble, remedy=REMEDY)
    card = catalogue.card_of(folder)
    return GraphInstrument(
        card.name,
        checksums.remembered_revision(folder),
        card,
        device,
        export.precision,
        facts,
        Runtime(folder, export.graphs, device, facts.width),
        read_tokenizer(folder / "tokenizer" / "tokenizer.json", REMEDY),
        silence,
        null,
        sum(path.stat().st_size for path in folder.glob("*.onnx*")),
    )


def require_whole(folder: Path) -> None:
    """Raise `Unavailable` for a file that is missing, `BadInput` for one that is cut short or not what was exported."""
    integrity.require(catalogue.Located(str(folder), None, folder, REMEDY))
    sums = folder / checksums.NAME
    if not sums.is_file():
        raise Unavailable(f"{sums} is missing", remedy=REMEDY)
    wrong = checksums.list_changed(folder)
    if wrong:
        more = f" (and {len(wrong) - 1} more of its files)" if len(wrong) > 1 else ""
        raise BadInput(f"{folder / wrong[0]} is not what was exported{more}", remedy=REMEDY)


def read_facts(folder: Path) -> GraphFacts:
    """What `instrument.json` says. Raises `BadInput` for graphs of another version or of other rates."""
    path = folder / catalogue.GRAPHS
    facts = read(GraphFacts, read_json(path, REMEDY), where=str(path))
    for name, here in _RATES.items():
        if getattr(facts, name) != here:
            raise BadInput(f"{path}: {name} is {getattr(facts, name)}, and this program's is {here}", remedy=REMEDY)
    return facts


def read_export(folder: Path) -> ExportFacts:
    """What `export.json` says of the graphs. Raises `BadInput` for another kind of record."""
    path = folder / catalogue.EXPORT_RECORD
    return read(ExportFacts, read_json(path, REMEDY), where=str(path))


def _read_constants(path: Path) -> dict[str, NDArray[np.float32]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found: dict[str, Any] = load_file(path)
        return {name: found[name].astype(np.float32) for name in ("silence", "null_condition")}
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BadInput(f"{path} is damaged: {error}", remedy=REMEDY) from None
