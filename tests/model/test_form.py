"""The form, told beside the metronome: a signal a kind, and how near the bounds are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch

from producertwin.house_band.score import SectionKind
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.form import KINDS, NEAR, SIGNALS, STRENGTH, Sections, form_signals
from producertwin.model.sampling.metronome import metronome
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import InputSound, Latents, Metas, Request, Sampling, StartPoint
from producertwin.model.sampling.task_context import prepare
from producertwin.model.variants.load import load
from producertwin.settings import Settings

SONG = ((0.0, "intro"), (4.0, "verse"), (12.0, "end"))


def test_the_kinds_are_the_bands_and_the_end() -> None:
    assert (*get_args(SectionKind), "end") == KINDS


def test_one_kind_is_told_at_a_time_and_bounds_are_near_where_they_are() -> None:
    told = form_signals(SONG, 400) / np.float32(STRENGTH)
    assert told.shape == (400, SIGNALS) and told.dtype == np.float32
    assert (told[:, : len(KINDS)].sum(axis=1) == 1).all()
    assert [KINDS[int(told[frame].argmax())] for frame in (0, 99, 101, 299, 301, 399)] == [
        "intro", "intro", "verse", "verse", "end", "end",
    ]  # fmt: skip
    assert told[100, -2] == 1.0 and told[150, -2] == pytest.approx(np.exp(-2.0 / NEAR))
    assert told[99, -1] > 0.97 and told[50, -1] == pytest.approx(np.exp(-2.0 / NEAR))
    assert not told[300:, -1].any()  # nothing comes after the end


def test_a_crop_hears_its_own_part_and_an_unknown_form_is_silent() -> None:
    assert np.array_equal(form_signals(SONG, 100, first=250), form_signals(SONG, 350)[250:])
    assert not form_signals((), 50).any()


def test_the_form_takes_the_last_channels_of_the_metronome() -> None:
    metas = Metas(bpm=90, meter=4)
    told = metronome(metas, 200, 64, first=30, sections=SONG)
    assert np.array_equal(told[:, : 64 - SIGNALS], metronome(metas, 200, 64, first=30)[:, : 64 - SIGNALS])
    assert np.array_equal(told[:, 64 - SIGNALS :], form_signals(SONG, 200, first=30))
    assert not metronome(Metas(), 200, 64, sections=SONG)[:, : 64 - SIGNALS].any()


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("nano", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


def test_an_instrument_hears_the_form_where_it_was_trained_to(nano: Instrument) -> None:
    hears = replace(nano, card=nano.card.model_copy(update={"form": True}))
    deaf = replace(nano, card=nano.card.model_copy(update={"form": False}))
    asked = Request("lofi", 14.0, 1, metas=Metas(bpm=90, meter=4))
    sketch = InputSound(latents=np.zeros((350, nano.width), np.float32))

    def silence(instrument: Instrument, request: Request) -> torch.Tensor:
        return prepare(instrument, make(request, instrument)).before_switch[0, :, : nano.width]

    known = replace(asked, sections=SONG)
    told = silence(hears, known) - silence(hears, asked)
    assert np.allclose(told[:, -SIGNALS:], form_signals(SONG, 350), atol=1e-6)
    assert not told[:, :-SIGNALS].any()
    assert torch.equal(silence(deaf, known), silence(deaf, asked))
    for on_beat in (True, False):
        start = StartPoint(sketch, 0.8, on_beat=on_beat)
        heard = silence(hears, replace(known, start=start)) - silence(hears, replace(asked, start=start))
        assert bool(heard.any()) == on_beat


def test_guidance_goes_on_in_the_way_that_the_form_moves_a_take(nano: Instrument) -> None:
    def play(strength: float, sections: Sections = SONG, **sampling: Any) -> Latents:
        instrument = replace(nano, card=nano.card.model_copy(update={"form_guidance": strength}))
        metas = Metas(90.0, None, 4)
        asked = Request(
            "house", 6.0, 3, metas=metas, sections=sections, sampling=Sampling(**{"steps": 1, "guidance": 1.0} | sampling)
        )
        return engine.generate(instrument, [asked], decode=False)[0].latents

    told, untold = play(0.0), play(0.0, sections=())
    assert np.abs(told - untold).max() > 0.1
    for strength in (0.5, 2.0):
        assert play(strength) == pytest.approx(told + strength * (told - untold), abs=1e-3)
    assert np.array_equal(play(2.0, sections=()), untold), "where no form is told, none is guided"
    verse: Sections = ((0.0, "verse"), (5.0, "end"))
    assert np.array_equal(play(2.0, sections=verse), play(0.0, sections=verse)), "one section differs from no other"
    assert play(2.0, guidance=3.0) != pytest.approx(play(0.0, guidance=3.0), abs=1e-2)
    low = (0.5, 0.25)
    assert np.array_equal(play(2.0, steps=None, schedule=low), play(0.0, steps=None, schedule=low)), "nothing below"
