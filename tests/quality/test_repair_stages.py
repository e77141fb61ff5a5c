"""The stages that play a defect anew, and what of them is taken over."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.pipeline.stages import Cover, Extract, Lego, Repaint
from producertwin.quality.detectors.defect import report
from producertwin.quality.repair.candidates import propose
from producertwin.quality.repair.trying import Repaired, is_untouched
from producertwin.verbs.repair_stages import splice

MUSIC = piece(90, seconds=4.0, bright=0.7)
FRESH = piece(70, seconds=4.0, bright=0.4)


def mended(sound: np.ndarray, start: int = 0) -> Repaired:
    return Repaired(sound, start, (), (), (), ())


def test_a_stretch_is_repainted_and_what_is_in_the_whole_covered() -> None:
    found = propose(
        [report("stuck", 0.1, 3.0, 4.0), report("noise", 0.0, 4.0, 0.9), report("dc", 0.0, 1.0, 0.1)], "k3v", seconds=3.1
    )
    assert [stage for _, stage in found] == [Repaint(source="k3v", start=0.0, end=3.1), Cover(source="k3v", strength=0.95)]


@pytest.mark.parametrize("kind", ["click", "noise"])
def test_a_take_that_is_one_stem_is_played_again_as_that_stem(kind: str) -> None:
    stem = Lego(source="k3v", stem="bass")
    ((_, again),) = propose([report(kind, 1.0, 1.2, 99.0)], "abc", seconds=4.0, made_by=stem)
    assert isinstance(again, Lego) and (again.source, again.stem) == ("k3v", "bass")
    assert [(region.start, region.end) for region in again.regions] == ([(0.75, 1.45)] if kind == "click" else [])
    out = Extract(source="k3v", stem="bass")
    assert [stage for _, stage in propose([report(kind, 1.0, 1.2, 99.0)], "abc", made_by=out)] == [out]


@pytest.mark.parametrize("cut", [0, 24_000])
def test_only_the_region_is_taken_over_and_its_ends_lead_over(cut: int) -> None:
    done = mended(MUSIC[:, cut:].copy(), cut)
    sound, (first, last) = splice(done, MUSIC, FRESH, (1.0, 2.0))
    assert (first, last) == (48_000, 96_000)
    made = mended(sound, cut)
    assert (sound[:, : first - cut] == done.sound[:, : first - cut]).all() and (
        sound[:, last - cut :] == done.sound[:, last - cut :]
    ).all()
    assert np.abs(sound[:, first - cut] - done.sound[:, first - cut]).max() < 1e-3
    middle = slice(first + 2_000, last - 2_000)
    assert np.allclose(sound[:, middle.start - cut : middle.stop - cut], FRESH[:, middle], atol=1e-6)
    assert not is_untouched(MUSIC, made)
    assert is_untouched(MUSIC, Repaired(sound, cut, ((first, last),), (), (), ()))


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5])
def test_the_new_part_gets_the_level_that_an_edit_gave_the_rest(gain: float) -> None:
    turned = MUSIC * np.array([[gain], [1.0]], np.float32)
    sound, _ = splice(mended(turned), MUSIC, FRESH, (1.0, 2.0))
    assert np.allclose(sound[0, 60_000:80_000], gain * FRESH[0, 60_000:80_000], atol=1e-3)
    assert np.allclose(sound[1, 60_000:80_000], FRESH[1, 60_000:80_000], atol=1e-6)


def test_a_region_that_was_cut_off_or_is_not_in_the_new_sound_changes_nothing() -> None:
    done = mended(MUSIC[:, 96_000:].copy(), 96_000)
    sound, (first, last) = splice(done, MUSIC, FRESH, (0.5, 1.5))
    assert (sound == done.sound).all() and first == last
    sound, (first, last) = splice(mended(MUSIC), MUSIC, FRESH[:, :1_000], (0.5, 1.5))
    assert (sound == MUSIC).all() and first == last


def test_a_cover_takes_over_all_of_it_as_far_as_it_goes() -> None:
    sound, stretch = splice(mended(MUSIC), MUSIC, FRESH, None)
    assert stretch == (0, MUSIC.shape[1]) and np.allclose(sound, FRESH[:, : MUSIC.shape[1]], atol=1e-6)
