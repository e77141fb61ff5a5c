"""What a proof says of planted cases, whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.metrics.degradations import DEGRADATIONS
from producertwin.metrics.sensitivity import Sensitivity
from producertwin.metrics.statistics import Floats
from producertwin.proof.classification import distinctness, specificity
from producertwin.proof.corpus import EvalTrack
from producertwin.proof.nearness import drop_insensitive_distances, nearness
from producertwin.proof.plan import ProofPlan
from producertwin.proof.prompt_adherence import agreement, faults, measure_agreement, prompt_adherence
from producertwin.proof.readings import Measurements, Side
from producertwin.quality.detectors.flags import Defects
from proof_kit import EAR, heard, normal, reading, side, song

PLAN = ProofPlan(rounds=100)
FAR = 3.0


def case(twin: str, songs: int = 24) -> Measurements:
    """A base far from the producer, and a twin that is the holdout itself, as far as the base, or half-way."""
    real, base = normal(songs), normal(songs, seed=1, shift=FAR)
    takes = {
        "holdout": real,
        "base": base,
        "another base": normal(songs, seed=2, shift=FAR),
        "half": normal(songs, seed=3, shift=FAR / 2),
        "perfect": normal(songs, seed=4),
        "worse": normal(songs, seed=5, shift=2 * FAR),
    }
    return heard(
        base, takes[twin], real, normal(2 * songs, seed=6), normal(2 * songs, seed=7, shift=FAR), normal(songs, seed=8, shift=FAR)
    )


@pytest.mark.thorough
@pytest.mark.parametrize(("twin", "gain"), [("holdout", 1.0), ("perfect", 1.0), ("half", 0.75), ("another base", 0.0)])
def test_the_gain_is_what_was_planted(twin: str, gain: float) -> None:
    found = nearness(PLAN, case(twin), EAR)
    assert found.gain is not None
    assert found.gain.value == pytest.approx(gain, abs=0.12)
    assert found.gain.low <= gain + 0.12 and found.gain.high >= gain - 0.12
    assert (found.gain.low > 0) == (gain > 0)


@pytest.mark.thorough
def test_a_twin_that_is_the_base_has_no_gain() -> None:
    found = nearness(PLAN, case("base"), EAR)
    assert found.gain is not None and found.gain.low <= 0.0 <= found.gain.high
    assert found.sides["twin"] == found.sides["base"]


def test_a_twin_that_went_away_has_less_than_none() -> None:
    found = nearness(PLAN, case("worse"), EAR)
    assert found.gain is not None and found.gain.high < 0


@pytest.mark.thorough
def test_every_figure_stands_beside_its_floor_and_its_songs() -> None:
    found = nearness(PLAN, case("half"), EAR)
    assert found.ear == "ear/1 d=6" and (found.songs, found.floor_songs) == (24, 24)
    assert 0 < found.floor.low < found.floor.high
    base, twin = found.sides["base"], found.sides["twin"]
    assert base.frechet and twin.frechet and base.kad and twin.kad
    assert base.frechet.low > twin.frechet.high > found.floor.high
    assert base.kad.low > twin.kad.high > 0
    assert found.sides["real"].frechet is None
    perfect = nearness(PLAN, case("perfect"), EAR).sides["twin"]
    assert perfect.frechet and perfect.infinite and perfect.infinite.value < perfect.frechet.value
    assert perfect.infinite.interval.low < 0.0 < perfect.infinite.interval.high


def test_few_songs_carry_no_distance_and_no_line() -> None:
    with pytest.raises(BadInput, match="7 held-out songs carry no distance"):
        nearness(PLAN, case("half", 7), EAR)
    few = nearness(PLAN, case("half", 8), EAR)
    assert few.ear == "ear/1 d=2"
    assert few.sides["twin"].infinite is None


def test_a_base_within_the_floor_leaves_no_gain_and_says_why() -> None:
    real = normal(24)
    found = nearness(PLAN, heard(real, real, real, normal(48, seed=6), normal(48, seed=7), normal(24, seed=8, shift=FAR)), EAR)
    assert found.gain is None and "no further from the holdout" in found.why


@pytest.mark.thorough
def test_several_takes_of_a_prompt_are_drawn_with_their_song() -> None:
    one = case("half")
    pieces = one.real.tracks
    base, twin = normal(24, seed=1, shift=FAR), normal(24, seed=3, shift=FAR / 2)
    twice = replace(one, base=side(pieces, base, base), twin=side(pieces, twin, twin))
    once, both = (nearness(PLAN, case, EAR).gain for case in (one, twice))
    assert once and both
    assert both.value == pytest.approx(once.value, abs=0.05)
    assert both.high - both.low > 0.8 * (once.high - once.low)  # the same takes again are no new songs


def test_a_distance_that_is_deaf_to_damage_is_not_told() -> None:
    near = nearness(PLAN, case("half"), EAR)

    def curves(frechet: tuple[float, ...], kad: tuple[float, ...]) -> Sensitivity:
        both = {"frechet": dict.fromkeys(DEGRADATIONS, frechet), "kad": dict.fromkeys(DEGRADATIONS, kad)}
        return Sensitivity(embedder=EAR, songs=16, dimensions=2, curves=both)

    rising, falling = (0.0, 1.0, 2.0, 3.0, 4.0), (0.0, 2.0, 1.0, 3.0, 4.0)
    assert drop_insensitive_distances(near, curves(rising, rising)) == near
    partly, mute = (
        drop_insensitive_distances(near, curves(rising, falling)),
        drop_insensitive_distances(near, curves(falling, rising)),
    )
    assert partly.gain == near.gain and all(side.kad is None for side in partly.sides.values())
    assert mute.gain is None and "does not grow with" in mute.why and mute.sides["twin"].frechet is None
    assert mute.sides["twin"].kad == near.sides["twin"].kad
    order = Sensitivity(embedder=EAR, songs=16, dimensions=2, curves={
        name: dict.fromkeys(DEGRADATIONS, rising) | {"shuffled": falling} for name in ("frechet", "kad")
    })  # fmt: skip
    told = drop_insensitive_distances(near, order)
    assert told.gain == near.gain and told.ear == f"{near.ear}, deaf to shuffled"


def test_a_narrow_twin_is_seen_as_less_varied() -> None:
    one = case("perfect")
    narrow = replace(one, twin=side(one.real.tracks, 0.1 * normal(24, seed=9)))
    found = nearness(PLAN, narrow, EAR).sides
    assert found["twin"].vendi.high < found["real"].vendi.low
    assert found["twin"].spread.high < found["real"].spread.low


def test_the_probe_tells_whose_takes_they_are() -> None:
    found = specificity(case("perfect"), EAR, PLAN)
    assert (found.others, found.producers) == (48, 2)
    assert found.twin.low > 0.8 and found.holdout.low > 0.8
    assert found.base.high < 0.2 and found.alarms.high < 0.2


def test_without_other_producers_nothing_is_specific() -> None:
    one = case("perfect")
    with pytest.raises(BadInput, match="no other producers"):
        specificity(replace(one, others=Side((), ())), EAR, PLAN)


def styled(twin: dict[str, float]) -> Measurements:
    """Songs of two styles that lie apart; the twin puts each style where it is told."""
    places = {"house": 0.0, "trap": 6.0}
    held = [song(number, style=("house", "trap")[number % 2]) for number in range(16)]
    taught = [song(100 + number, style=("house", "trap")[number % 2]) for number in range(16)]

    def rows(pieces: list[EvalTrack], where: dict[str, float], seed: int) -> Floats:
        return np.array([where[piece.style] for piece in pieces])[:, None] + normal(len(pieces), seed=seed)

    real, train = rows(held, places, 1), rows(taught, places, 2)
    played = side(held, rows(held, twin, 3))
    return Measurements(
        side(held, real), side(held, real), played, played, side(taught, train, train), Side((), ()), Side((), ()), {}
    )


def test_styles_that_are_kept_apart_are_told() -> None:
    found = distinctness(styled({"house": 0.0, "trap": 6.0}), EAR, PLAN)
    assert found is not None and found.styles == ("house", "trap")
    assert found.recall["twin"].value == found.recall["holdout"].value == 1.0
    assert found.confusion == ((8, 0), (0, 8)) and found.indistinct == ()


def test_styles_that_fell_together_are_named() -> None:
    found = distinctness(styled({"house": 0.0, "trap": 0.0}), EAR, PLAN)
    assert found is not None
    assert found.recall["twin"].value == 0.5 and found.recall["holdout"].value == 1.0
    [pair] = found.indistinct
    assert (pair.first, pair.second) == ("house", "trap") and pair.right.low <= 0.5


def test_one_style_cannot_be_told_from_itself() -> None:
    assert distinctness(case("perfect"), EAR, PLAN) is None


def test_captions_find_their_own_sounds_or_not() -> None:
    words = np.eye(10)
    own, shuffled = measure_agreement(words, words, PLAN), measure_agreement(words, np.roll(words, 1, axis=0), PLAN)
    assert (own.first.value, own.median_rank.value, own.gap.value) == (1.0, 1.0, 1.0)
    assert shuffled.first.value == 0.0 and shuffled.gap.value < 0
    assert shuffled.median_rank.value >= 2


def test_an_embedder_without_words_says_nothing_of_captions() -> None:
    assert agreement(case("half"), EAR, PLAN) == {}


def test_tempo_and_key_are_compared_prompt_by_prompt() -> None:
    one = case("half")
    lost = [reading(np.zeros(6), bpm=140.0, tempo_best=False, key="C# major", in_scale=0.5) for _ in one.real.tracks]
    twin = Side(one.real.tracks, tuple((take,) for take in lost))
    found = prompt_adherence(replace(one, twin=twin), PLAN)
    assert set(found) == {"tempo found", "of it an octave off", "tempo fits best", "chroma in the key", "scale found"}
    octave = found.pop("of it an octave off")  # a wrong tempo is none
    assert octave.base.value == octave.twin.value == 0.0
    for kept in found.values():
        assert kept.songs == 24 and kept.base.value > kept.twin.value
        assert kept.difference.high < 0
    assert found["tempo found"].twin.value == 0.0 and found["chroma in the key"].difference.value == pytest.approx(-0.4)


def test_what_no_prompt_asks_for_is_not_measured() -> None:
    one = case("half")
    silent = tuple((reading(np.zeros(6), tempo_best=None, in_scale=None),) for _ in one.real.tracks)
    unasked = Side(tuple(song(number, bpm=None, key=None) for number in range(24)), silent)
    assert prompt_adherence(replace(one, real=unasked, base=unasked, twin=unasked), PLAN) == {}


def test_defects_are_counted_by_kind() -> None:
    one = case("half")
    broken = (reading(np.zeros(6), defects=Defects(clipped=True), clicks=4),)
    found = faults(Side(one.real.tracks, (broken, *one.twin.readings[1:])), PLAN)
    assert (found.takes, found.share.value, found.by_kind["clipped"], found.by_kind["silent"]) == (24, 1 / 24, 1, 0)
    assert found.clicks.value == pytest.approx(4 / 24)
