"""The syllables, told beside the metronome: where each begins, how long it is held, and how it sounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from producertwin.model.sampling import engine
from producertwin.model.sampling.form import SIGNALS as FORM_SIGNALS
from producertwin.model.sampling.form import form_signals
from producertwin.model.sampling.metronome import metronome
from producertwin.model.sampling.request import Latents, Metas, Request, Sampling
from producertwin.model.sampling.singing import NEAR, SIGNALS, STRENGTH, Sung, SungSyllable, sung_signals
from producertwin.model.variants.catalogue import VARIANTS
from producertwin.model.variants.load import load
from producertwin.settings import Settings

SUNG = (SungSyllable(1.0, 1.4, 60, 1.0, 0.5, 0.9), SungSyllable(1.4, 1.6, 75, 0.0, 1.0, 0.0))


def test_a_syllable_sounds_from_its_begin_to_its_end() -> None:
    told = sung_signals(SUNG, 60) / np.float32(STRENGTH)
    assert told.shape == (60, SIGNALS) and told.dtype == np.float32
    assert not told[:25].any() and not told[40:].any() and (told[25:40, 0] == 1.0).all()
    assert told[25, 1] == told[35, 1] == 1.0 and told[27, 1] == pytest.approx(np.exp(-0.08 / NEAR))
    assert told[25, 2] == pytest.approx(0.9) and not told[35:40, 2].any()
    assert tuple(told[30, 3:]) == pytest.approx((1.0, 0.0, 1.0, 0.0, 0.0))
    assert tuple(told[36, 3:]) == pytest.approx((-1.0, 1.0, 0.0, 1.0, 1.25), abs=1e-6)


def test_a_crop_hears_its_own_part_and_silence_says_nothing() -> None:
    for first in (0, 20, 30, 37, 50):
        assert np.allclose(sung_signals(SUNG, 20, first=first), sung_signals(SUNG, 80)[first : first + 20], atol=1e-6)
    assert not sung_signals((), 50).any()


def test_a_syllable_shorter_than_a_frame_is_told_all_the_same() -> None:
    assert sung_signals((SungSyllable(1.0, 1.001, 60, 0.5, 0.5, 0.0),), 50)[:, 0].sum() == STRENGTH


def test_syllables_stand_between_the_metronome_and_the_form() -> None:
    metas, form = Metas(bpm=90, meter=4), ((0.0, "verse"), (4.0, "end"))
    told = metronome(metas, 200, 64, sections=form, sung=SUNG)
    counted = 64 - SIGNALS - FORM_SIGNALS
    assert np.array_equal(told[:, :counted], metronome(metas, 200, 64)[:, :counted])
    assert np.array_equal(told[:, counted:-FORM_SIGNALS], sung_signals(SUNG, 200))
    assert np.array_equal(told[:, -FORM_SIGNALS:], form_signals(form, 200))
    assert metronome(Metas(), 200, 64, sections=(), sung=()).any() == np.False_


def test_only_an_instrument_that_was_trained_to_is_told_syllables() -> None:
    assert VARIANTS["nano"].card.hear_sung(SUNG) == SUNG and VARIANTS["nano"].card.hear_sung() == ()
    assert VARIANTS["base"].card.hear_sung(SUNG) is None and VARIANTS["tiny"].card.hear_sung(SUNG) is None


def test_guidance_goes_on_in_the_way_that_syllables_move_a_take(tmp_path: Path) -> None:
    nano = load("nano", Settings(studio=tmp_path / "studio", device="cpu"))

    def play(strength: float, sung: Sung = SUNG) -> Latents:
        instrument = replace(nano, card=nano.card.model_copy(update={"form_guidance": strength}))
        asked = Request("house", 6.0, 3, metas=Metas(90.0, None, 4), sung=sung, sampling=Sampling(steps=1, guidance=1.0))
        return engine.generate(instrument, [asked], decode=False)[0].latents

    told, untold = play(0.0), play(0.0, ())
    assert np.abs(told - untold).max() > 0.05
    assert play(2.0) == pytest.approx(told + 2.0 * (told - untold), abs=1e-3)
    assert np.array_equal(play(2.0, ()), untold), "where nobody sings, nothing is guided"
