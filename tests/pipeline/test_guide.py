"""Guide tracks: when the band plays, what it plays, and that the take says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline_kit import ask
from producertwin.errors import NotFound
from producertwin.model.variants.catalogue import VARIANTS
from producertwin.pipeline import guide
from producertwin.timebase import samples_of
from producertwin.verbs.rendering import Rendered

Player = Callable[..., list[Rendered]]
NONSENSE = "xqzzt"
"""A caption that shares no word with any style."""


@pytest.mark.parametrize(
    ("asked", "variant", "strength", "plays"),
    [
        ("band", "tiny", 0.2, True),
        ("band", "turbo", 0.2, True),
        ("auto", "nano", 0.2, True),
        ("auto", "tiny", 0.2, False),
        ("auto", "turbo", 0.2, False),
        ("none", "nano", 0.2, False),
        ("band", "nano", 0.0, False),
    ],
)
def test_when_the_band_plays(asked: str, variant: str, strength: float, plays: bool) -> None:
    assert guide.uses_guide(ask(guide=asked, guide_strength=strength), by_itself=VARIANTS[variant].card.guided) == (plays, "")


def test_a_caption_without_a_style_is_an_error_only_when_the_band_was_asked_for() -> None:
    plays, why = guide.uses_guide(ask(NONSENSE, guide="auto"), by_itself=True)
    assert not plays
    assert NONSENSE in why
    with pytest.raises(NotFound, match=NONSENSE):
        guide.uses_guide(ask(NONSENSE, guide="band"), by_itself=True)


def test_the_sketch_is_what_was_asked() -> None:
    stage = ask("house", prompt={"bpm": 124, "key": "F minor", "meter": 4}, guide="band", guide_strength=0.25)
    sketch = guide.sketch(stage, 7)
    assert (sketch.bpm, str(sketch.key), sketch.meter, sketch.t) == (124, "F minor", 4, 0.75)
    assert sketch.audio.shape == (2, samples_of(1.5))
    assert (guide.sketch(stage, 7).audio == sketch.audio).all()
    assert (guide.sketch(stage, 8).audio != sketch.audio).any()


def test_a_guided_take_says_so_and_states_what_the_band_chose(play: Player) -> None:
    [guided], [free] = play(ask(guide="band", prompt={"key": "F minor"})), play(ask(guide="none", prompt={"key": "F minor"}))
    assert (guided.take.guide, free.take.guide) == ("band", None)
    assert guided.take.metas.key == "F minor"
    assert guided.take.metas.bpm is not None
    assert free.take.metas.bpm is None
    assert guided.take.stage["prompt"]["bpm"] is None  # type: ignore[index,call-overload]
    assert guided.take.audio != free.take.audio


def test_a_stricter_guide_leaves_less_to_the_words(play: Player) -> None:
    def loudness(strength: float, words: str) -> float:
        [made] = play(ask(guide="band", guide_strength=strength, prompt={"lyrics": words}))
        return made.take.meters["loudness_lufs"] or 0.0

    strict, loose = (abs(loudness(strength, "") - loudness(strength, "la la la")) for strength in (0.99, 0.05))
    assert strict < loose
