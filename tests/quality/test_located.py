"""Every kind of defect that is planted is found at its place, and fine music is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio.clipping import read_clipping
from producertwin.audio.meters import measure
from producertwin.errors import BadInput
from producertwin.evaluation.ears.planting import Song
from producertwin.evaluation.ears.plants import PLANTS
from producertwin.quality.detectors import events, levels, loops, music
from producertwin.quality.detectors.catalogue import Asked, detect
from producertwin.quality.detectors.defect import KINDS, expect, merge, report
from producertwin.quality.detectors.profile import read_profile

MUSIC = piece(90, seconds=4.0, bright=0.7)
PART = events.Part(MUSIC)
T = np.arange(MUSIC.shape[1]) / 48_000


def kinds(samples: np.ndarray, **asked: object) -> set[str]:
    found = detect(samples, Asked(**asked)).defects  # type: ignore[arg-type]
    return {one.kind for one in found if one.severity != "info"}


def test_fine_music_has_no_event() -> None:
    assert events.find_clicks(PART) == events.find_noise_bursts(PART) == events.find_dropouts(PART) == []
    assert read_clipping(MUSIC).passages == ()


@pytest.mark.parametrize("at", [0.8, 1.7, 3.1])
@pytest.mark.parametrize("channels", [(0,), (1,), (0, 1)])
def test_a_click_is_found_where_it_is(at: float, channels: tuple[int, ...]) -> None:
    sound = MUSIC.copy()
    sound[channels, round(at * 48_000)] += 0.6
    (found,) = events.find_clicks(events.Part(sound))
    assert found.kind == "click" and found.start == pytest.approx(at, abs=0.002)
    assert found.channel == (None if len(channels) == 2 else ("left", "right")[channels[0]])


@pytest.mark.parametrize(("hz", "ringing"), [(2_900, 0.004), (4_300, 0.002), (6_100, 0.003)])
def test_a_struck_sound_that_rings_is_no_click(hz: float, ringing: float) -> None:
    sound, at = 0.3 * MUSIC, 96_000
    time = np.arange(4_800) / 48_000
    stick = 0.3 * np.sin(2 * np.pi * hz * time) * np.exp(-time / ringing)
    sound[:, at : at + len(stick)] += stick.astype(np.float32)
    assert events.find_clicks(events.Part(sound)) == []


@pytest.mark.parametrize("samples", [1, 5, 12])
def test_a_click_of_a_few_samples_does_not_ring(samples: int) -> None:
    sound = MUSIC.copy()
    shape = np.random.default_rng(samples).standard_normal(samples) if samples > 1 else 1.0
    sound[:, 81_600 : 81_600 + samples] += np.asarray(0.5 * shape, np.float32)
    assert [one.start for one in events.find_clicks(events.Part(sound))] == [pytest.approx(1.7, abs=0.005)]


@pytest.mark.parametrize("decay", [0.02, 0.05, 0.1])
def test_a_beginning_on_an_attack_is_information(decay: float) -> None:
    time = np.arange(3 * 48_000) / 48_000
    struck = np.cos(2 * np.pi * 180 * time) * np.exp(-time / decay)
    air = np.random.default_rng(0).standard_normal((2, len(time))) * np.exp(-time / (0.4 * decay))
    music = 0.1 * np.sin(2 * np.pi * 220 * time)
    (found,) = levels.find_abrupt_ends(read_profile(np.asarray(0.4 * struck + 0.2 * air + music * (time < 2.9), np.float32)))
    assert (found.kind, found.severity, found.repairable) == ("abrupt_start", "info", False)


@pytest.mark.parametrize("phase", [0.5, 1.2, 2.2])
def test_a_beginning_in_the_middle_of_a_sound_is_a_defect(phase: float) -> None:
    time = np.arange(3 * 48_000) / 48_000
    chord = np.sum([np.sin(2 * np.pi * hz * time + phase) for hz in (220, 277, 330)], axis=0)
    found = levels.find_abrupt_ends(read_profile(np.asarray(0.1 * np.stack([chord, chord]), np.float32)))
    (start,) = [one for one in found if one.kind == "abrupt_start"]
    assert start.severity != "info" and start.repairable


@pytest.mark.parametrize("milliseconds", [2.5, 10, 80])
def test_a_gap_in_one_channel_is_found_with_its_length(milliseconds: float) -> None:
    sound, length = MUSIC.copy(), round(milliseconds * 48)
    sound[1, 96_100 : 96_100 + length] = 0
    (found,) = events.find_dropouts(events.Part(sound))
    assert (found.start, found.channel) == (pytest.approx(96_100 / 48_000, abs=1e-4), "right")
    assert found.end - found.start == pytest.approx(length / 48_000, abs=1e-3)


def test_a_jump_is_told_from_a_click() -> None:
    slow = (0.4 * np.sin(2 * np.pi * 110 * T)).astype(np.float32)
    sound = np.stack([slow, slow])
    sound[:, 100_000:] = 0.4 * np.sin(2 * np.pi * 110 * T[100_000:] + 2.5)
    assert [one.kind for one in events.find_clicks(events.Part(sound))] == ["discontinuity"]


@pytest.mark.parametrize("gain", [1.0, 0.5, 0.3])
def test_a_clipped_passage_is_found_although_the_rest_is_louder(gain: float) -> None:
    sound = MUSIC.copy()
    part = sound[:, 48_000:72_000]
    edge = float(np.quantile(np.abs(part), 0.98))
    sound[:, 48_000:72_000] = np.clip(part, -edge, edge)
    found = levels.find_clipping(read_clipping(sound * np.float32(gain)))
    assert found and all(1.0 <= one.start <= one.end <= 1.5 for one in found)


def test_clipping_of_one_polarity_is_found() -> None:
    sound = np.minimum(MUSIC, float(np.quantile(MUSIC, 0.97))).astype(np.float32)
    assert read_clipping(sound).passages
    assert read_clipping(-sound).passages


def test_smooth_and_quiet_tops_are_not_clipping() -> None:
    bass = 0.9 * np.sin(2 * np.pi * 30 * T)
    quiet = np.round(0.04 * np.sin(2 * np.pi * 200 * T) * 32_768) / 32_768
    for wave in (bass, np.round(bass * 32_768) / 32_768, quiet):
        assert read_clipping(np.stack([wave, wave]).astype(np.float32)).passages == ()


def test_an_offset_is_found_from_when_to_when_it_lasts() -> None:
    sound = np.concatenate([MUSIC, MUSIC, MUSIC], axis=1)
    sound[0, 3 * 48_000 : 9 * 48_000] += 0.03
    (found,) = levels.find_dc(read_profile(sound))
    assert (found.channel, found.severity) == ("left", "failure")
    assert found.start == pytest.approx(3, abs=2) and found.end == pytest.approx(9, abs=2)


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (np.zeros((2, 96_000), np.float32), {"silent"}),
        (np.zeros((1, 1), np.float32), {"silent"}),
        (np.zeros(48_000, np.float32), {"silent"}),
        (np.full((2, 1), 0.5, np.float32), {"dc"}),
        (np.full((2, 96_000), np.nan, np.float32), {"not_finite"}),
        (np.full((2, 10), np.inf, np.float32), {"not_finite"}),
    ],
)
def test_odd_sounds_are_told_as_what_they_are(samples: np.ndarray, found: set[str]) -> None:
    assert kinds(samples) == found


@pytest.mark.parametrize("samples", [np.zeros((2, 0), np.float32), np.zeros((20, 5), np.float32), np.array(["a"]), None])
def test_what_is_no_sound_is_refused(samples: object) -> None:
    with pytest.raises(BadInput):
        detect(samples)  # type: ignore[arg-type]


def test_one_nan_is_placed_and_the_rest_not_looked_at() -> None:
    sound = MUSIC.copy()
    sound[0, 48_000] = np.nan
    (found,) = detect(sound).defects
    assert (found.kind, found.severity, found.start) == ("not_finite", "failure", 1.0)


def test_what_the_style_expects_is_information() -> None:
    crackle = report("click", 1.0, 1.0, 40.0)
    hiss = report("hiss", 0.0, 9.0, -40.0)
    dropout = report("dropout", 2.0, 2.1, 0.1)
    told = expect((crackle, hiss, dropout), {"vinyl_crackle"})
    assert [one.severity for one in told] == ["info", "failure", "failure"]
    assert "belongs to the style" in told[0].evidence and not told[0].repairable


def test_stretches_are_joined_by_channel_and_the_worst_reading_stays() -> None:
    found = [report("dc", start, start + 1, reading, channel=0) for start, reading in ((0.0, 0.006), (0.9, 0.02), (5.0, 0.007))]
    joined = merge([*found, report("dc", 0.0, 1.0, 0.006, channel=1)], 0.5)
    assert [(one.start, one.end, one.reading, one.channel) for one in joined] == [
        (0.0, 1.9, 0.02, "left"),
        (0.0, 1.0, 0.006, "right"),
        (5.0, 6.0, 0.007, "left"),
    ]


def test_every_kind_has_a_plant_a_source_and_words() -> None:
    assert set(PLANTS) == set(KINDS)
    assert all(kind.source and kind.words and kind.unit and kind.warns <= kind.fails for kind in KINDS.values())


@pytest.mark.thorough
@pytest.mark.parametrize(
    "kind",
    ["abrupt_end", "dc", "dual_mono", "hiss", "imbalance", "low_pass", "mono_loss", "noise", "out_of_phase", "bass_phase",
     "over_limiting", "repetition", "silent", "silent_end", "silent_start", "stuck", "true_peak", "tempo_off",
     "key_off"],
)  # fmt: skip
def test_what_is_planted_heavily_is_found(kind: str) -> None:
    song = Song(piece(90, "C major", seconds=14.0, bright=0.7), 90.0, ("Eb major", "B major", "F# major"))
    planted = PLANTS[kind](song, 2, np.random.default_rng(3))
    found = detect(planted.sound, Asked(**dict(planted.asked))).defects
    places = [(one.start, one.end) for one in found if one.kind == kind]
    start, end = planted.places[0]
    assert any(first <= end and last >= start for first, last in places)


def add_lines(sound: np.ndarray, hz: float, level: float, *, turn: float = 0.0) -> np.ndarray:
    """`sound` with a line at `hz` and five multiples; `turn` is how far its phase wanders, in turns."""
    time = np.arange(sound.shape[1]) / 48_000
    wander = turn * np.sin(2 * np.pi * 0.11 * time)
    wave = sum(np.sin(2 * np.pi * k * (hz * time + wander)) / k for k in range(1, 7))
    return (sound + level * wave).astype(np.float32)


LONG = 0.3 * np.tile(MUSIC, 3)


@pytest.mark.thorough
@pytest.mark.parametrize("hz", [50.0, 60.0, 49.96, 60.07])
def test_hum_keeps_its_phase_and_is_told_below_the_music(hz: float) -> None:
    (found,) = levels.find_hum(read_profile(add_lines(LONG, hz, 0.01)))
    assert found.evidence.startswith(f"{hz:.0f} Hz")
    assert found.reading == pytest.approx(-40 + 1.7, abs=6.0)


@pytest.mark.thorough
@pytest.mark.parametrize(("hz", "turn"), [(49.0, 0.0), (51.91, 0.0), (61.74, 0.0), (50.0, 3.0)])
def test_a_note_near_the_mains_or_one_that_wanders_is_no_hum(hz: float, turn: float) -> None:
    assert levels.find_hum(read_profile(add_lines(LONG, hz, 0.01, turn=turn))) == []


@pytest.mark.parametrize("height", [0.05, 0.2, 0.6])
def test_a_loop_whose_ends_do_not_meet_has_a_seam(height: float) -> None:
    wave = (0.3 * np.sin(2 * np.pi * 100 * T)).astype(np.float32)
    loop = np.stack([wave, wave])[:, :96_000]
    assert loops.find_loop_seam(loop) == []
    (seam,) = loops.find_loop_seam(loop + np.linspace(0, height, loop.shape[1], dtype=np.float32))
    assert seam.end == pytest.approx(2.0) and seam.reading > 0.7


@pytest.mark.parametrize("attack", [0.0005, 0.002, 0.01])
def test_a_loop_that_begins_on_its_first_beat_has_no_seam(attack: float) -> None:
    time = np.arange(24_000) / 48_000
    beat = 0.6 * np.sin(2 * np.pi * 120 * time) * np.exp(-time / 0.08) * np.minimum(time / attack, 1)
    assert loops.find_loop_seam(np.tile(beat, (2, 4)).astype(np.float32)) == []


@pytest.mark.parametrize("drift", [-0.08, -0.04, 0.05])
def test_beats_that_become_slower_or_faster_drift(drift: float) -> None:
    part = np.linspace(0, 1, 16 * 48_000)
    beats = 32 * (part + drift * (part**2 - part) / 2)
    sound = np.exp(-12 * (beats % 1)) * np.random.default_rng(3).standard_normal(len(part)) * 0.1
    both = np.stack([sound, sound]).astype(np.float32)
    (found,) = music.find_tempo_drift(both, measure(both))
    assert found.reading == pytest.approx(100 * abs(drift), abs=1.5)
    assert ("faster" if drift > 0 else "slower") in found.evidence
