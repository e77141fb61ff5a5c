"""Edits touch nothing outside their stretches, and what they mend is nearer to what it was."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from evaluation_kit import piece
from producertwin.audio.clipping import read_clipping
from producertwin.quality.detectors.catalogue import detect
from producertwin.quality.detectors.defect import REPAIRABLE, Defect, report
from producertwin.quality.repair import edits
from producertwin.quality.repair.candidates import CANDIDATES, propose
from producertwin.quality.repair.edits import apply
from producertwin.quality.repair.interpolation import fill
from producertwin.quality.repair.lasting_edits import balance_and_fade, balance_sides
from producertwin.quality.repair.trying import _AT_ENDS, is_untouched, judge, repair
from producertwin.quality.report import score, score_parts

MUSIC = piece(90, seconds=4.0, bright=0.7)


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


@pytest.mark.parametrize("count", [1, 20, 96, 480, 2_000])
def test_what_is_missing_in_a_tone_is_made_again(count: int) -> None:
    time = np.arange(48_000) / 48_000
    tone = (0.4 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 554 * time + 1)).astype(np.float32)
    broken = tone.copy()
    broken[24_000 : 24_000 + count] = 0
    made = fill(broken, 24_000, 24_000 + count)
    assert rms(made - tone[24_000 : 24_000 + count]) < 0.2 * rms(tone)


@pytest.mark.parametrize(("start", "end"), [(0, 50), (47_990, 48_000), (5, 20)])
def test_a_gap_at_the_end_of_the_sound_is_filled_with_numbers(start: int, end: int) -> None:
    assert np.isfinite(fill(MUSIC[0, :48_000], start, end)).all()


def plant_click(sound: np.ndarray) -> list[Defect]:
    sound[:, 70_000] += 0.7
    return [report("click", 70_000 / 48_000, 70_000 / 48_000, 40.0)]


def plant_gap(sound: np.ndarray) -> list[Defect]:
    sound[0, 90_000:90_480] = 0
    return [report("dropout", 90_000 / 48_000, 90_480 / 48_000, 0.01, channel=0)]


def plant_offset(sound: np.ndarray) -> list[Defect]:
    sound[:, 48_000:144_000] += 0.05
    return [report("dc", 1.0, 3.0, 0.05)]


@pytest.mark.parametrize("plant", [plant_click, plant_gap, plant_offset])
def test_an_edit_brings_the_sound_nearer_to_what_it_was_and_changes_nothing_else(plant: object) -> None:
    broken = MUSIC.copy()
    defects = plant(broken)  # type: ignore[operator]
    made = apply(CANDIDATES[defects[0].kind][0].edit, broken, defects)
    assert rms(made.sound - MUSIC) < 0.6 * rms(broken - MUSIC)
    untouched = np.ones(broken.shape[1], bool)
    for first, last in made.stretches:
        untouched[first:last] = False
    assert untouched.sum() > 90_000
    assert (made.sound[:, untouched] == broken[:, untouched]).all()


@pytest.mark.parametrize("share", [0.01, 0.03, 0.1])
def test_clipped_chords_get_their_tops_back(share: float) -> None:
    time = np.arange(96_000) / 48_000
    chord = np.sum([np.sin(2 * np.pi * hz * time + hz) for hz in (110, 277, 330, 523, 1_245)], axis=0)
    sound = np.stack([0.15 * chord, 0.12 * chord]).astype(np.float32)
    edge = float(np.quantile(np.abs(sound), 1 - share))
    broken = np.clip(sound, -edge, edge)
    made = apply(edits.rebuild_tops, broken, [report("clipping", 0.0, 2.0, 9.0)])
    assert rms(made.sound - sound) < 0.5 * rms(broken - sound)
    assert not read_clipping(made.sound).passages


def test_what_was_clipped_at_full_scale_is_rebuilt_below_it() -> None:
    time = np.arange(4 * 48_000) / 48_000
    chord = np.sum([np.sin(2 * np.pi * hz * time + hz) for hz in (110, 277, 330, 523, 1_245)], axis=0) * (
        1 + 0.2 * np.sin(9 * time)
    )
    air = 0.004 * np.random.default_rng(0).standard_normal((2, len(time)))  # highs of its own, beside those that clipping makes
    sound = (np.stack([0.3 * chord, 0.28 * chord]) + air).astype(np.float32)
    broken = np.clip(sound, -1, 1)
    done = repair(broken, only=("clipping",))
    assert not [one for one in done.after if one.kind == "clipping"]
    assert np.abs(done.sound).max() <= 1 and is_untouched(broken, done)


def test_an_edit_that_reaches_further_than_it_says_is_cut_back() -> None:
    def greedy(sound: np.ndarray, _: object) -> edits.Edited:
        return edits.Edited(sound * np.float32(0.5), ((100, 200),))

    made = apply(greedy, MUSIC, [])
    assert (made.sound[:, 200:] == MUSIC[:, 200:]).all() and (made.sound[:, 100:200] != MUSIC[:, 100:200]).any()


def test_peaks_are_limited_below_full_scale_and_only_there() -> None:
    loud = MUSIC.copy()
    loud[:, 50_000:50_200] *= np.float32(1.3 / np.abs(loud[:, 50_000:50_200]).max())
    made = apply(edits.limit_peaks, loud, [])
    assert np.abs(made.sound).max() < 1.0
    assert sum(last - first for first, last in made.stretches) < 4_000


def test_trimming_keeps_the_music_sample_for_sample() -> None:
    late = np.pad(MUSIC, ((0, 0), (96_000, 0)))
    made = edits.trim_start(late, [report("silent_start", 0.0, 2.0, 2.0)])
    assert made.start == 96_000 - 2_400
    assert (made.sound == late[:, made.start :]).all()


def test_only_what_is_better_and_nothing_that_is_worse_is_kept() -> None:
    click, gap = report("click", 1.0, 1.0, 40.0), report("dropout", 2.0, 2.1, 0.1)
    assert judge([click], [], "click") == ""
    assert judge([click], [click], "click") == "it is still there"
    assert judge([click], [gap], "click") == "worse: dropout"
    assert judge([click, gap], [gap], "click") == ""


@pytest.mark.parametrize("hidden", ["tempo_drift", "tuning_drift", "mud", "hiss"])
def test_what_silence_hid_is_no_fault_of_the_cut(hidden: str) -> None:
    silence, fault = report("silent_end", 4.0, 9.0, 5.0), report(hidden, 0.0, 4.0, 100.0)
    end = report("abrupt_end", 4.0, 4.0, -5.0)
    assert judge([silence], [fault], "silent_end") == f"worse: {hidden}"
    assert judge([silence], [fault], "silent_end", among=_AT_ENDS) == ""
    assert judge([silence], [fault, end], "silent_end", among=_AT_ENDS) == "worse: abrupt_end"


@pytest.mark.parametrize(("name", "cuts"), [("trim_start", True), ("trim_end", True), ("fade_start", False), ("fade_end", False)])
def test_edits_that_only_cut_are_known_by_it(name: str, cuts: bool) -> None:
    padded = np.pad(MUSIC, ((0, 0), (96_000, 240_000)))
    silence = [report(name.replace("trim", "silent").replace("fade", "abrupt"), 0.0, 2.0, 5.0)]
    assert getattr(edits, name)(padded, silence).only_cuts is cuts


def test_a_side_is_turned_down_without_an_abrupt_start() -> None:
    loud = MUSIC.copy()
    loud[1] *= 0.25
    one = report("imbalance", 0.0, 4.0, 12.0, channel=0)
    plain, faded = (apply(edit, loud, [one]).sound for edit in (balance_sides, balance_and_fade))
    assert abs(rms(faded[0]) / rms(MUSIC[1] * 0.25) - 1) < 0.5 and (faded[:, 480:] == plain[:, 480:]).all()
    assert np.abs(faded[:, :2]).max() <= 0.001


def test_the_score_falls_with_every_defect_and_never_below_zero() -> None:
    scores = [score(score_parts([report("click", 1.0, 1.0, 40.0)] * count)) for count in range(4)]
    assert scores[0] == 10.0 and scores == sorted(scores, reverse=True) and len(set(scores)) == 4
    assert score(score_parts([report("silent", 0.0, 1.0, 1.0)] * 9 + [report("noise", 0.0, 1.0, 1.0)] * 9)) == 0.0


def test_what_can_be_repaired_has_a_candidate_or_a_stage() -> None:
    staged = {one.kind for one, _ in propose([report(kind, 1.0, 2.0, 99.0) for kind in REPAIRABLE], "abc")}
    assert set(CANDIDATES) <= REPAIRABLE
    assert set(CANDIDATES) | staged >= REPAIRABLE


@pytest.mark.thorough
def test_a_song_with_four_defects_is_told_of_all_four_and_mended_with_all_else_untouched() -> None:
    song = piece(90, seconds=14.0, bright=0.7)
    muddy = np.stack([sosfiltfilt(butter(4, (180, 500), "bandpass", fs=48_000, output="sos"), one) for one in song])
    window = np.zeros(song.shape[1])
    window[6 * 48_000 : 11 * 48_000] = 1
    window = np.convolve(window, np.hanning(4_801) / np.hanning(4_801).sum(), "same")
    broken = (song + 4.5 * window * muddy).astype(np.float32)
    broken *= np.float32(0.8 / np.abs(broken).max())
    part = broken[:, 2 * 48_000 : 3 * 48_000]
    edge = float(np.quantile(np.abs(part), 0.97))
    broken[:, 2 * 48_000 : 3 * 48_000] = np.clip(part, -edge, edge)
    broken[:, 4 * 48_000 + 5_000] += 0.5
    broken[:, 12 * 48_000 + 4_000 : 12 * 48_000 + 4_480] = 0
    truths = {"clipping": (2.0, 3.0), "click": (4.104, 4.104), "mud": (6.0, 11.0), "dropout": (12.083, 12.093)}

    found = detect(broken).defects
    for kind, (start, end) in truths.items():
        places = [(one.start, one.end) for one in found if one.kind == kind]
        assert places, kind
        assert min(first for first, _ in places) == pytest.approx(start, abs=1.0 if kind == "mud" else 0.6), kind
        assert max(last for _, last in places) == pytest.approx(end, abs=1.0 if kind == "mud" else 0.6), kind

    mended = repair(broken)
    assert is_untouched(broken, mended)
    assert sum(last - first for first, last in mended.stretches) < 0.6 * broken.shape[1]
    left = {one.kind for one in mended.after if one.severity != "info"}
    assert not left & {"click", "dropout"}
    assert mended.score_after > mended.score_before + 4
    assert {one.kind for one in mended.attempts if one.kept} >= {"click", "clipping", "dropout", "mud"}
