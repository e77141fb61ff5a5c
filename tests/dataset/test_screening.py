from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from producertwin.audio import edits, levels
from producertwin.audio.samples import Samples
from producertwin.audio.sandbox import REMEDIES
from producertwin.dataset.quality import PARTS, quality
from producertwin.dataset.screening import BREATH, LOFI, PROFILES, TWIN_BEAT, Profile, Reason, cut_clips, quiet_place, screen
from producertwin.dataset.stems import cut_of
from producertwin.timebase import SAMPLE_RATE, samples_of

SHORT = Profile(name="short", shortest=2.0, longest=6.0, look_back=2.0, fade=0.2)


def music(seconds: float, seed: int = 0) -> Samples:
    """Noise in bursts over a chord: wide, with dynamics, peak at -4 dBFS."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * hz * time) for hz in (110.0, 165.0, 220.0))
    noise = rng.standard_normal((2, time.size)) * (np.exp(-8 * (time % 0.5)) * (0.4 + 0.6 * (time % 4 < 2)))
    sound = 0.2 * chord + 0.15 * noise
    return np.asarray(0.63 * sound / np.abs(sound).max(), np.float32)


def clipped(sound: Samples) -> Samples:
    return np.asarray(np.clip(4.0 * sound, -1.0, 1.0), np.float32)


def dulled(sound: Samples) -> Samples:
    """Nothing above 10 kHz, as a low bit rate leaves it."""
    spectrum = np.fft.rfft(sound)
    spectrum[:, np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE) > 10_000] = 0
    return np.fft.irfft(spectrum, sound.shape[1]).astype(np.float32)


def test_good_music_is_kept_whole_at_the_profiles_peak() -> None:
    found = screen(music(3.0), SHORT)
    assert found.verdict.accepted and found.verdict.end is None
    [kept] = found.clips
    assert kept.shape == (2, 3 * SAMPLE_RATE)
    assert levels.sample_peak_db(kept) + (found.verdict.gain or 0.0) == pytest.approx(-1.0, abs=0.01)
    assert found.verdict.quality is not None and found.verdict.quality.score >= 90


BAD: dict[Reason, Callable[[], Samples]] = {
    Reason.TOO_SHORT: lambda: music(1.9),
    Reason.EXCESSIVE_CLIPPING: lambda: clipped(music(3.0)),
    Reason.EXCESSIVE_SILENCE: lambda: np.concatenate([music(2.0), np.zeros((2, samples_of(2.5)), np.float32)], axis=1),
    Reason.EMPTY: lambda: np.zeros((2, 0), np.float32),
    Reason.NAN: lambda: np.where(np.arange(3 * SAMPLE_RATE) == 77, np.nan, music(3.0)).astype(np.float32),
}


@pytest.mark.parametrize("reason", BAD)
def test_every_fault_has_its_reason(reason: Reason) -> None:
    found = screen(BAD[reason](), SHORT)
    assert not found.verdict.accepted
    assert found.verdict.reason is reason
    assert found.verdict.detail
    assert found.clips == ()


@pytest.mark.parametrize("gain", [1.0, 0.5, 0.1])
def test_clipping_is_seen_after_it_was_turned_down(gain: float) -> None:
    assert screen(np.float32(gain) * clipped(music(3.0)), SHORT).verdict.reason is Reason.EXCESSIVE_CLIPPING


def test_silence_alone_is_rejected_and_nothing_divides_by_it() -> None:
    assert screen(np.zeros((2, 3 * SAMPLE_RATE), np.float32), SHORT).verdict.reason is Reason.EXCESSIVE_SILENCE


def test_what_is_too_long_is_cut_where_it_is_quiet() -> None:
    sound = music(9.0)
    sound[:, samples_of(5.1) : samples_of(5.2)] *= 0.01
    assert quiet_place(sound, SHORT) == pytest.approx(5.2, abs=0.051)
    found = screen(sound, SHORT)
    [kept] = found.clips
    assert found.verdict.end == pytest.approx(5.2, abs=0.051)
    assert kept.shape[1] == samples_of(found.verdict.end or 0.0) <= samples_of(SHORT.longest)
    assert np.abs(kept[:, -50:]).max() < 1e-3
    assert found.verdict.seconds == pytest.approx(9.0)


@pytest.mark.parametrize("seconds", [3.0, 9.0])
def test_cut_fade_and_gain_tell_what_was_done_to_the_sound(seconds: float) -> None:
    sound = music(seconds)
    found = screen(sound, SHORT)
    end, fade, gain = found.verdict.end, found.verdict.fade, found.verdict.gain
    assert gain is not None and (fade is None) == (end is None) == (seconds <= SHORT.longest)
    [kept] = found.clips
    again = sound if end is None else edits.fade(sound[:, : samples_of(end)], fade_out=fade or 0.0)
    assert np.array_equal(again, kept)
    assert levels.sample_peak_db(edits.gain(kept, gain)) == pytest.approx(SHORT.peak_db, abs=0.01)


def test_silence_that_a_profile_bears_is_not_turned_up() -> None:
    lenient = SHORT.model_copy(update={"silence_share": 1.0})
    assert screen(np.zeros((2, 3 * SAMPLE_RATE), np.float32), lenient).verdict.gain == 0.0
    assert screen(np.zeros((2, 3 * SAMPLE_RATE), np.float32), SHORT).verdict.gain is None


def test_beats_are_cut_into_clips_and_a_short_tail_goes() -> None:
    profile = TWIN_BEAT.model_copy(update={"clip": 2.0})
    assert [clip.shape[1] for clip in cut_clips(music(5.5), profile)] == [samples_of(2.0), samples_of(2.0), samples_of(1.5)]
    assert len(cut_clips(music(4.9), profile)) == 2


@pytest.mark.parametrize(
    ("part", "spoil"),
    [
        ("clipping", clipped),
        ("DC offset", lambda sound: sound + np.float32(0.03)),
        ("out of phase", lambda sound: sound * np.array([[1.0], [-1.0]], np.float32)),
        ("true peak", lambda sound: 2.0 * sound),
        ("missing highs", dulled),
        ("silence", lambda sound: np.where(np.arange(sound.shape[1]) < sound.shape[1] // 3, 0.0, sound).astype(np.float32)),
    ],
)
def test_each_part_finds_its_own_fault(part: str, spoil) -> None:  # type: ignore[no-untyped-def]
    fine, spoilt = (quality(sound) for sound in (music(4.0), spoil(music(4.0))))
    cost = {graded.part: graded.cost for graded in spoilt.parts}
    before = {graded.part: graded.cost for graded in fine.parts}
    assert cost[part] > before[part] + 3
    assert spoilt.score < fine.score


def test_what_a_style_expects_costs_nothing() -> None:
    dull = dulled(music(4.0))
    strict = quality(dull)
    lofi = strict.expecting(("low_pass",))
    assert lofi.score > strict.score
    [part] = [graded for graded in lofi.parts if graded.part == "missing highs"]
    assert part.cost == 0.0 and part.reading > 3


def test_the_score_stays_between_0_and_100() -> None:
    worst = clipped(music(3.0)) * np.array([[1.0], [-1.0]], np.float32) * 3 + np.float32(0.2)
    assert 0 <= quality(worst).score < 40
    assert sum(part.points for part in PARTS) > 100


def test_the_shipped_profiles_are_as_the_spec_says() -> None:
    assert (LOFI.shortest, LOFI.longest, LOFI.peak_db, LOFI.clip) == (30.0, 240.0, -1.0, None)
    assert (TWIN_BEAT.clip, TWIN_BEAT.shortest_clip) == (15.0, 1.0)
    assert set(PROFILES) == {"lofi", "twin-beat"}
    assert REMEDIES.keys() - {"tags_too_long", "disk_full"} <= {reason.value for reason in Reason}


@pytest.mark.parametrize("bad", [{"shortest": 300.0}, {"look_back": 400.0}, {"peak_db": 1.0}, {"unknown": 1}])
def test_a_profile_that_cannot_be_met_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Profile(name="bad", **bad)


@pytest.mark.thorough
@pytest.mark.parametrize(("before", "after"), [(10.0, 0.0), (0.0, 5.0), (3.0, 2.0), (0.0, 0.0), (0.2, 0.3)])
@pytest.mark.parametrize("floor", [0.0, 1e-4])
def test_silence_before_and_after_the_music_goes(before: float, after: float, floor: float) -> None:
    quiet = [np.full((2, samples_of(seconds)), floor, np.float32) for seconds in (before, after)]
    sound = np.concatenate([quiet[0], music(12.0), quiet[1]], axis=1)
    found = screen(sound, Profile(name="long", shortest=1.0, longest=30.0))
    verdict = found.verdict
    assert verdict.accepted and verdict.seconds == pytest.approx(12.0 + before + after)
    assert verdict.is_trimmed == (max(before, after) > 1.0)
    assert (verdict.start, verdict.kept_seconds) == (
        pytest.approx(max(0.0, before - BREATH) if before > 1.0 else 0.0, abs=0.06),
        pytest.approx(12.0 + min(before, BREATH) + min(after, BREATH), abs=0.3),
    )
    [kept] = found.clips
    assert kept.shape[1] == pytest.approx(verdict.kept_seconds * SAMPLE_RATE, abs=2)
    cut = cut_of(verdict, (kept.shape[1],))
    assert cut is not None and np.allclose(cut.apply(sound), edits.gain(kept, verdict.gain or 0.0), atol=1e-6)


def test_what_is_too_long_is_cut_after_the_silence_before_it() -> None:
    sound = np.concatenate([np.zeros((2, samples_of(3.0)), np.float32), music(9.0)], axis=1)
    verdict = screen(sound, SHORT).verdict
    assert verdict.start == pytest.approx(3.0 - BREATH, abs=0.06)
    assert SHORT.longest - SHORT.look_back <= verdict.kept_seconds <= SHORT.longest
