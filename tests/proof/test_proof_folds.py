"""Proofs of small sets: how songs are dealt into folds, what short twins are judged by, and what is said beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.dataset.splits import SplitPlan, split
from producertwin.errors import BadInput
from producertwin.metrics.statistics import Floats
from producertwin.proof.copies import Copies
from producertwin.proof.cross_validation import folded_nearness, folded_specificity
from producertwin.proof.figures import ProofSubject, judge
from producertwin.proof.folds import LEAST_FOLD, deal_folds, leave_out
from producertwin.proof.plan import ProofPlan
from producertwin.proof.reach import describe_judging, describe_reach, find_reach
from producertwin.proof.readings import Measurements
from producertwin.proof.short_twins import shorten_recipe
from producertwin.training.lora import recipes
from proof_kit import EAR, heard, normal

PLAN = ProofPlan(rounds=100)


def rows(*albums: int, styles: int = 3, seconds: float = 60.0) -> tuple[Row, ...]:
    """A row for every song of albums of so many songs each."""
    names = [f"album {place}" for place, count in enumerate(albums) for _ in range(count)]
    return tuple(
        Row(
            track=f"t{n}", producer="Ada", title=f"Song {n}", group=group, side="train", style=f"style {n % styles}",
            clips=(f"b2:{n:064x}",), seconds=seconds, caption="warm", quality=90,
        )
        for n, group in enumerate(names)
    )  # fmt: skip


def freeze(found: tuple[Row, ...], share: float = 0.1) -> Manifest:
    """A manifest of `found`, split as freezing does."""
    plan = SplitPlan(share=share)
    sides = split((row.item for row in found), plan)
    sided = tuple(row.model_copy(update={"side": sides[row.track]}) for row in found)
    return Manifest(plan=DatasetPlan(producer="Ada", split=plan), rows=sided)


@pytest.mark.parametrize(
    ("albums", "count", "splits"),
    [((1,) * 12, 4, False), ((1,) * 8, 4, False), ((4, 4, 4), 3, False), ((6, 6), 2, False), ((12,), 4, True), ((11, 1), 4, True),
     ((1,) * 9, 4, False), ((30, 1, 1, 1, 1), 4, True)],
)  # fmt: skip
def test_every_song_stands_in_one_fold_and_albums_stay_whole_where_they_can(
    albums: tuple[int, ...], count: int, splits: bool
) -> None:
    given = rows(*albums)
    found = deal_folds(given)
    assert found is not None and len(found.songs) == count and found.splits_groups == splits
    assert sorted(song for fold in found.songs for song in fold) == sorted(row.track for row in given)
    assert all(LEAST_FOLD <= len(fold) <= len(given) // 2 for fold in found.songs)
    fold_of = {song: place for place, fold in enumerate(found.songs) for song in fold}
    together = all(len({fold_of[row.track] for row in given if row.group == name}) == 1 for name in {row.group for row in given})
    assert together is not splits
    assert deal_folds(given[::-1]) == found


@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_too_few_songs_are_not_dealt_out(count: int) -> None:
    assert deal_folds(rows(*(1,) * count)) is None


def test_one_fold_is_held_out_of_a_set_at_a_time() -> None:
    manifest = freeze(rows(*(1,) * 8))
    folds = deal_folds(manifest.rows)
    assert folds is not None
    for fold in folds.songs:
        left = leave_out(manifest, fold)
        assert {row.track for row in left.side("holdout")} == fold and len(left.rows) == 8
        assert left.fingerprint != manifest.fingerprint


def test_short_twins_take_as_many_steps_together_as_the_twin() -> None:
    recipe = recipes.load("lora-nano").recipe
    short = shorten_recipe(recipe, freeze(rows(*(1,) * 12)), 4)
    assert (short.training.steps, short.training.epochs, short.training.validate_every) == (100, None, 0)
    assert short.optimizer.warmup <= 20 and short.adapter == recipe.adapter and short.data == recipe.data
    epochs = shorten_recipe(recipes.load("lora-producer").recipe, freeze(rows(*(1,) * 12)), 4)
    assert epochs.training.steps == 75 and epochs.training.epochs is None  # 12 songs are 24 crops: 50 times by 4 in 4 twins


# --- what is judged


def folded(twin: float, *, songs: int = 12, folds: int = 4, apart: float = 3.0, base: Floats | None = None) -> Measurements:
    """Songs around 0, a base `apart` from them, and a twin that has gone the part `twin` of the way."""
    real = normal(songs, seed=1)
    plain = normal(songs, seed=2, shift=apart) if base is None else base
    moved = normal(songs, seed=3, shift=apart * (1 - twin))
    strangers = normal(2 * songs, seed=4, shift=apart)
    found = heard(plain, moved, real, real, strangers, plain)
    return replace(found, folds=tuple(place % folds for place in range(songs)))


@pytest.mark.thorough
@pytest.mark.parametrize(("twin", "low", "high"), [(1.0, 0.8, 1.2), (0.5, 0.5, 0.95), (0.0, -0.35, 0.35)])
@pytest.mark.parametrize("songs", [8, 12, 16])
def test_the_gain_across_folds_is_what_was_planted(twin: float, low: float, high: float, songs: int) -> None:
    found = folded_nearness(PLAN, folded(twin, songs=songs), EAR)
    assert found.gain is not None and low <= found.gain.value <= high
    assert found.gain.low <= found.gain.value <= found.gain.high
    assert (found.gain.low > 0) == (twin > 0)
    assert (found.songs, found.folds) == (songs, 4) and found.ear.startswith(EAR)
    assert found.base.value > found.real.value


def test_a_twin_that_went_away_has_less_than_none_across_folds() -> None:
    found = folded_nearness(PLAN, folded(-1.0), EAR)
    assert found.gain is not None and found.gain.high < 0


def test_a_base_among_the_songs_leaves_no_gain_across_folds() -> None:
    found = folded_nearness(PLAN, folded(0.5, apart=0.0, base=normal(12, seed=2) * 0.2), EAR)
    assert found.gain is None and "no further from the producer's songs" in found.why


def test_a_fold_of_the_same_take_everywhere_is_judged_by_the_other_songs() -> None:
    one = folded(1.0)
    own = replace(one, twin=one.codec)  # every take is its own song: as near to the others as the song is
    found = folded_nearness(PLAN, own, EAR)
    assert found.gain is not None and found.gain.value == pytest.approx(1.0, abs=1e-9)


def test_probes_of_other_folds_tell_whose_takes_they_are() -> None:
    found = folded_specificity(folded(1.0, songs=16), EAR, PLAN)
    assert found.twin.value > 0.8 and found.base.value < found.twin.value and found.alarms.value < 0.2
    with pytest.raises(BadInput, match="no other producers"):
        nobody = replace(folded(1.0), others=replace(folded(1.0).others, tracks=(), readings=()))
        folded_specificity(nobody, EAR, PLAN)


def test_folds_have_figures_of_their_own() -> None:
    counts = {"prompts": 12, "train": 11, "held": 1, "others": 24, "folds": 4}
    about = ProofSubject(producer="Ada", variant="tiny", revision="b2:0", adapter="b2:1", version="1", **counts)
    found = judge(about, PLAN, folded(1.0), {EAR: None}, {}, Copies(found=None, why="nobody looked"))
    assert found.first is not None and found.first.nearness is None and found.first.folded is not None
    assert found.first.gain == found.first.folded.gain and found.first.distinct is None


# --- what is said


@pytest.mark.parametrize(
    ("albums", "share", "says", "judged"),
    [
        ((1,) * 40, 0.25, "10 of 40 songs are held out: enough to tell", "judged by 10 of 40 songs"),
        ((1,) * 12, 0.1, "1 of 12 songs is held out, and nearness takes 8", "4 short twins are trained"),
        ((1,) * 11, 0.0, "0 of 11 songs are held out, and nearness takes 8", "4 short twins are trained"),
        ((12,), 0.2, "though they share albums", "4 short twins are trained"),
        ((1,) * 4, 0.1, "a twin comes nearer takes 8 songs in all", "too few to tell nearness"),
        ((4,), 0.1, "though they share albums", "too few to tell nearness"),
        ((1,) * 4, 0.0, "`twin dataset split --holdout 0.2` holds some out", "too few"),
        ((1,), 0.1, "with two tracks or more one would be", "too few"),
    ],
)
def test_what_can_be_proven_is_said_before(albums: tuple[int, ...], share: float, says: str, judged: str) -> None:
    found = find_reach(freeze(rows(*albums), share))
    assert says in describe_reach(found) and judged in describe_judging(found)
    assert describe_reach(found).startswith("proof: ")


def test_songs_that_are_shorter_than_an_excerpt_do_not_count() -> None:
    given = (*rows(*(1,) * 6), *(row.model_copy(update={"track": f"x{row.track}"}) for row in rows(*(1,) * 9, seconds=5.0)))
    found = find_reach(freeze(given))
    assert found.songs == 6 and found.folds is None
    assert find_reach(freeze(given), seconds=4.0).folds is not None
    assert np.isclose(found.held, sum(row.side == "holdout" and row.seconds > 6 for row in freeze(given).rows))
