"""The tiny instrument, its twin as diffusers' own pipeline, and a sound to work on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from model_kit import chord, pipeline_of

from planner_kit import planner_folder, save_planner
from producertwin.model.instrument import Instrument
from producertwin.model.planner import language_model
from producertwin.model.planner.language_model import Planner
from producertwin.model.planner.options import DEFAULT
from producertwin.model.sampling.request import Samples
from producertwin.model.variants.load import load
from producertwin.settings import Settings


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu")


@pytest.fixture(scope="session")
def tiny(settings: Settings) -> Instrument:
    return load("tiny", settings)


@pytest.fixture(scope="session")
def pipeline(tiny: Instrument) -> Any:
    return pipeline_of(tiny)


@pytest.fixture(scope="session")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Planner:
    settings = Settings(studio=tmp_path_factory.mktemp("planner"), device="cpu")
    save_planner(planner_folder(settings))
    return language_model.load(DEFAULT, settings, dtype=torch.float32)


@pytest.fixture(scope="session")
def sound() -> Samples:
    return chord(4.0)
