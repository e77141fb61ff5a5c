"""The producer model as it ships: what it plans, how it sets desks, how it judges mixes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from producer_kit import RATE, stem
from producertwin.errors import AudioRejected, BadInput, Unavailable
from producertwin.mixing.desk import Desk, Strip
from producertwin.mixing.effects import Compressor
from producertwin.mixing.faust import write_faust
from producertwin.mixing.producer.features import MIX_FEATURES, STEM_FEATURES, hear_mix, hear_stems
from producertwin.mixing.producer.model import WEIGHTS, level_desk, load_producer
from producertwin.mixing.producer.plan import plan_production
from producertwin.music import STEMS


def test_the_shipped_weights_are_small() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 3_000_000


def test_what_is_named_is_planned_and_what_is_denied_is_not() -> None:
    plan = plan_production("Create a dark trap beat with heavy 808s and a flute, 140 bpm, F# minor")
    assert {"bass", "woodwinds"} <= set(plan.names)
    assert (plan.style, plan.bpm, plan.key) == ("trap", 140, "F# minor")
    assert sorted([*plan.names, *(one.stem for one in plan.left_out)]) == sorted(STEMS)
    assert "drums" not in plan_production("house, no drums").names
    assert "bass" not in plan_production("trap without 808s").names
    assert plan == plan_production(plan.text)


@pytest.mark.parametrize("text", ["", "   ", "\n", "x" * 2_001])
def test_no_words_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        plan_production(text)


def test_odd_words_still_have_a_plan() -> None:
    for text in ("🎵🎵", "a" * 500, "¿qué?", "0", "no vinyl"):
        assert plan_production(text).names


def test_a_desk_is_set_for_every_count_of_stems_and_is_the_same_twice() -> None:
    names = ["drums", "bass", "808", "something else", "keys"]
    strips = ("drums", "bass", "sub", "other", "keys")
    for count in (1, 2, 5):
        stems = [stem(one) for one in names[:count]]
        desk = load_producer().set_desk(names[:count], strips[:count], stems, "dark trap, heavy 808s")
        assert tuple(desk.strips) == strips[:count]
        assert write_faust(desk).inputs == 2 * count
        assert desk == load_producer().set_desk(names[:count], strips[:count], stems, "dark trap, heavy 808s")


def test_a_louder_stem_gets_the_same_desk_with_a_lower_fader() -> None:
    quiet, loud = stem("bass", level=0.05), stem("bass", level=0.2)
    one, other = (
        load_producer().set_desk(["drums", "bass"], ("drums", "bass"), [stem("drums"), it], "trap") for it in (quiet, loud)
    )
    assert one.strips["bass"].gain - other.strips["bass"].gain == pytest.approx(20 * np.log10(4), abs=0.3)
    assert one.strips["drums"] == other.strips["drums"]


def test_thresholds_follow_the_loudness_of_a_stem() -> None:
    desk = Desk(strips={"a": Strip(gain=2, compressor=Compressor(threshold=-20)), "b": Strip(gain=3)})
    made = level_desk(desk, [-14.0, -120.0])
    assert (made.strips["a"].gain, made.strips["a"].compressor.threshold) == (-8.0, -10.0)  # type: ignore[union-attr]
    assert made.strips["b"] == Strip()


@pytest.mark.parametrize("count", [0, 13])
def test_no_stems_and_too_many_are_refused(count: int) -> None:
    names = [f"s{place}" for place in range(count)]
    with pytest.raises(BadInput):
        load_producer().set_desk(names, tuple(names), [stem("bass", 0.1)] * count, "trap")


def test_stems_and_mixes_that_are_no_sound_are_refused() -> None:
    broken = np.full((2, RATE), np.nan, np.float32)
    with pytest.raises(AudioRejected):
        load_producer().set_desk(["bass"], ("bass",), [broken], "trap")
    for mix in (broken, np.zeros((2, 0), np.float32), np.zeros((1, 100), np.float32), np.zeros(100, np.float32)):
        with pytest.raises(BadInput):
            load_producer().assess_quality(mix)


def test_a_broken_mix_is_judged_worse_than_a_whole_one() -> None:
    rng = np.random.default_rng(1)
    whole = stem("keyboard") + stem("bass") + stem("drums")
    noisy = whole + 0.2 * rng.standard_normal(whole.shape).astype(np.float32)
    assert 0 <= load_producer().assess_quality(noisy) < load_producer().assess_quality(whole) <= 1


def test_features_have_their_shapes_and_are_finite_for_odd_sounds() -> None:
    for sound in (np.zeros((2, RATE), np.float32), np.ones((2, 10), np.float32), stem("bass"), -stem("bass")):
        heard = hear_mix(sound)
        assert heard.shape == (MIX_FEATURES,) and np.isfinite(heard).all()
        [one] = hear_stems(["bass"], ["bass"], [sound])
        assert one.vector().shape == (STEM_FEATURES,) and np.isfinite(one.vector()).all()


def test_absent_and_foreign_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        load_producer(tmp_path)
    (tmp_path / "model.json").write_bytes((WEIGHTS / "model.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(Unavailable):
        load_producer(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((WEIGHTS / "model.safetensors").read_bytes())
    (tmp_path / "model.json").write_text('{"features": 0}')
    with pytest.raises(Unavailable):
        load_producer(tmp_path)
