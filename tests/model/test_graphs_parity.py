"""Takes of tiny's exported graphs are tiny's own takes: every task, the same seed, in single precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from model_kit import save_original
from test_graphs import REQUESTS, SOURCE

from producertwin.model.graphs.instrument import GraphInstrument
from producertwin.model.graphs.opening import open_graphs
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.variants.convert import convert
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, export
from producertwin.verbs.studio import open_studio

LEAST_DB = 60.0
"""Signal to error of latents after all steps."""


@pytest.fixture(scope="module")
def engines(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> tuple[Instrument, GraphInstrument]:
    root = tmp_path_factory.mktemp("parity")
    settings = Settings(studio=root / "studio", device="cpu", offline=True)
    folder = finish(convert(save_original(tiny, root / "checkpoints"), root / "converted"))
    plan = ExportPlan.model_validate({"name": str(folder), "format": "onnx"})
    with open_studio(settings) as studio:
        done = finish(export(plan, root / "graphs", studio))
    return load(str(folder), settings, dtype=torch.float32), open_graphs(done.folder, settings)


@pytest.mark.slow
@pytest.mark.parametrize("what", REQUESTS)
def test_a_take_of_graphs_is_torchs(engines: tuple[Instrument, GraphInstrument], what: str) -> None:
    theirs, ours = (engine.generate(one, [REQUESTS[what]])[0] for one in engines)
    error = ours.latents.astype(np.float64) - theirs.latents
    assert 10 * np.log10(np.square(theirs.latents).sum() / np.square(error).sum()) > LEAST_DB
    assert ours.audio.shape == theirs.audio.shape
    assert ours.schedule == theirs.schedule


@pytest.mark.slow
def test_codes_of_graphs_are_torchs(engines: tuple[Instrument, GraphInstrument]) -> None:
    theirs, ours = (engine.read_codes(one, SOURCE) for one in engines)
    assert np.mean(np.equal(theirs, ours)) > 0.98
