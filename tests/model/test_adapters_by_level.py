"""An adapter acts at the noise levels it is asked for and at no other; everywhere is as without levels, nowhere as without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapter_kit import CARD, learned
from model_kit import chord

from producertwin.errors import BadInput, Interrupted
from producertwin.model import adapters
from producertwin.model.adapter_spec import EVERY_LEVEL, LoraSpec, check_levels
from producertwin.model.adapters import AdapterSetting
from producertwin.model.adapters.by_level import ByLevel, acts_at
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.prediction import Prediction
from producertwin.model.sampling.request import InputSound, Latents, Morph, Request, Sampling, StartPoint
from producertwin.model.tasks import Task

ASKED = Request("lofi, rainy", 1.0, 11, sampling=Sampling(steps=2, guidance=1.0, shift=1.0))
SOUND = InputSound(audio=chord(1.0))
REQUESTS = {
    "plain": ASKED,
    "guided": replace(ASKED, sampling=Sampling(steps=2, guidance=3.0)),
    "heun": replace(ASKED, sampling=Sampling(steps=2, guidance=1.0, sampler="heun")),
    "sde": replace(ASKED, sampling=Sampling(steps=2, guidance=1.0, sampler="sde")),
    "a refine": replace(ASKED, start=StartPoint(SOUND, 0.6)),
    "a cover that switches": replace(ASKED, task=Task.COVER, source=SOUND, cover_strength=0.5),
    "a repaint": replace(ASKED, task=Task.REPAINT, source=SOUND, windows=((0.3, 0.7),)),
    "an extract": replace(ASKED, task=Task.EXTRACT, source=SOUND, stems=("bass",)),
    "a lego": replace(ASKED, task=Task.LEGO, source=SOUND, stems=("drums",)),
    "a complete": replace(ASKED, task=Task.COMPLETE, source=SOUND),
    "a morph": replace(ASKED, morph=Morph(SOUND, "piano, slow")),
}
NOWHERE = (0.001, 0.002)


@pytest.fixture(scope="module")
def folder(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = LoraSpec(rank=4, alpha=16, targets="attention")
    return adapters.write(learned(tiny, spec)[0], spec, CARD, tmp_path_factory.mktemp("by_level") / "mara")


def latents(tiny: Instrument, asked: Request, *settings: AdapterSetting) -> Latents:
    with adapters.attached(tiny, settings):
        return engine.generate(tiny, [asked])[0].latents


@pytest.mark.thorough
@pytest.mark.parametrize("asked", REQUESTS.values(), ids=REQUESTS)
def test_everywhere_is_without_levels_and_nowhere_is_without_the_adapter(tiny: Instrument, folder: Path, asked: Request) -> None:
    plain, whole = latents(tiny, asked), latents(tiny, asked, AdapterSetting(folder))
    assert np.abs(plain - whole).max() > 1e-3
    assert (latents(tiny, asked, AdapterSetting(folder, levels=EVERY_LEVEL)) == whole).all()
    assert (latents(tiny, asked, AdapterSetting(folder, levels=NOWHERE)) == plain).all()
    assert (latents(tiny, asked, AdapterSetting(folder, 0.0)) == plain).all()
    parts = [latents(tiny, asked, AdapterSetting(folder, levels=levels)) for levels in ((0.5, 1.0), (0.0, 0.5))]
    for part in parts:
        assert np.abs(part - plain).max() > 1e-4
        assert np.abs(part - whole).max() > 1e-4
    both = (AdapterSetting(folder, levels=(0.5, 1.0)), AdapterSetting(folder, levels=(0.0, 0.5)))
    assert (latents(tiny, asked, *both) == whole).all()


@pytest.mark.parametrize(
    ("ways", "levels", "acting"),
    [
        ({"steps": 4}, (0.5, 1.0), [(1.0, True), (0.75, True), (0.5, False), (0.25, False)]),
        ({"steps": 4, "guidance": 2.0}, (0.0, 0.5), [(1.0, False), (0.75, False), (0.5, True), (0.25, True)]),
        ({"steps": 4, "start": 0.6}, (0.5, 0.6), [(0.6, True), (0.5, False), (0.25, False)]),
        ({"steps": 2, "sampler": "heun"}, (0.0, 0.4), [(1.0, False), (0.5, False), (0.5, False), (0.0, True)]),
    ],
    ids=("high", "low, guided", "a refine", "heun"),
)
def test_it_acts_at_the_levels_that_are_walked(
    tiny: Instrument,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    ways: dict[str, Any],
    levels: tuple[float, float],
    acting: list[tuple[float, bool]],
) -> None:
    start = StartPoint(SOUND, ways["start"]) if "start" in ways else None
    asked = replace(
        ASKED,
        start=start,
        sampling=Sampling(**{"guidance": 1.0, "shift": 1.0, **{k: v for k, v in ways.items() if k != "start"}}),
    )
    seen: list[tuple[float, bool]] = []
    predict = Prediction.predict

    def watch(self: Prediction, x: Any, place: int, *more: Any) -> Any:
        found = predict(self, x, place, *more)
        seen.append((self.levels[place], not self.adapters.adapters[0].resting))
        return found

    monkeypatch.setattr(Prediction, "predict", watch)
    latents(tiny, asked, AdapterSetting(folder, levels=levels))
    assert seen == acting


@pytest.mark.parametrize(
    ("levels", "at", "beside"),
    [(EVERY_LEVEL, (1.0, 0.5, 0.0), ()), ((0.5, 1.0), (1.0, 0.51), (0.5, 0.0)), ((0.0, 0.5), (0.5, 0.01, 0.0), (0.51, 1.0))],
)
def test_the_lowest_level_belongs_to_what_comes_after(
    levels: tuple[float, float], at: tuple[float, ...], beside: tuple[float, ...]
) -> None:
    assert all(acts_at(levels, t) for t in at) and not any(acts_at(levels, t) for t in beside)


@pytest.mark.parametrize("levels", [(0.5, 0.5), (0.8, 0.2), (-0.1, 1.0), (0.0, 1.1), (float("nan"), 1.0)])
def test_levels_that_are_none_are_refused_by_name(levels: tuple[float, float]) -> None:
    with pytest.raises(BadInput, match="adapter levels"):
        check_levels(levels)


def test_the_condition_encoder_hears_what_acts_at_some_level(tiny: Instrument, tmp_path: Path) -> None:
    spec = LoraSpec(rank=4, alpha=16, encoders=("lyric", "timbre"))
    state = {name: tensor for name, tensor in learned(tiny, spec)[0].items() if "_encoder." in name}
    encoder = adapters.write(state, spec, CARD, tmp_path / "encoder")
    asked = replace(ASKED, lyrics="[verse]\nrain")
    plain, whole = latents(tiny, asked), latents(tiny, asked, AdapterSetting(encoder))
    assert np.abs(plain - whole).max() > 1e-4
    assert (latents(tiny, asked, AdapterSetting(encoder, levels=NOWHERE)) == plain).all()
    assert (latents(tiny, asked, AdapterSetting(encoder, levels=(0.9, 1.0))) == whole).all()


def test_an_adapter_that_acts_nowhere_is_told(tiny: Instrument, folder: Path) -> None:
    with adapters.attached(tiny, [AdapterSetting(folder, levels=NOWHERE), AdapterSetting(folder)]):
        warnings = engine.generate(tiny, [ASKED])[0].warnings
    assert len([text for text in warnings if "mara changes nothing: no step is at a noise level of 0.001 to 0.002" in text]) == 1


def test_after_a_walk_that_was_stopped_every_adapter_acts_again(tiny: Instrument, folder: Path) -> None:
    def stop(event: Any) -> None:
        if event.done == 2:
            raise Interrupted("stopped")

    with adapters.attached(tiny, [AdapterSetting(folder, levels=(0.9, 1.0)), AdapterSetting(folder, levels=(0.0, 0.1))]) as on:
        with pytest.raises(Interrupted):
            engine.generate(tiny, [ASKED], on_progress=stop)
        assert not any(one.resting for one in on)
        assert ByLevel(tiny).adapters == on
