"""The band plays what is written: lengths, sums, levels, places in time, the same bytes every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.house_band.note_cache import NoteCache
from producertwin.house_band.render import render
from producertwin.house_band.score import MixCharacter, Note, Part, Score, Section
from producertwin.music import Key

RATE = 48_000
LOFI = MixCharacter(0.6, 0.5, 0.7, 0.6, 6_000.0, "rain", 0.5, "room")


def beat_part(patch: str = "boom_bap", bars: int = 4) -> Part:
    notes = []
    for bar in range(bars):
        notes += [Note(bar * 4 + at, 0.25, 36, 0.9) for at in (0.0, 2.5)]
        notes += [Note(bar * 4 + at, 0.25, 38, 0.85) for at in (1.0, 3.0)]
        notes += [Note(bar * 4 + at / 2, 0.2, 46 if at == 7 else 42, 0.6) for at in range(8)]
    return Part("drums", patch, tuple(notes))


def song(colour: MixCharacter = MixCharacter(), bars: int = 4) -> Score:
    chords = ((57, 60, 64), (53, 57, 60))
    keys = tuple(Note(bar * 4.0, 3.5, pitch, 0.7) for bar in range(bars) for pitch in chords[bar % 2])
    lows = tuple(Note(bar * 4.0 + at, 1.8, chords[bar % 2][0] - 24, 0.8) for bar in range(bars) for at in (0, 2))
    lead = tuple(Note(bar * 4.0 + at, 0.9, 72 + at, 0.7) for bar in range(bars) for at in (0, 2, 3))
    parts = (
        beat_part(bars=bars),
        Part("bass", "electric_bass", lows),
        Part("keyboard", "fm_epiano", keys, reverb=0.25, pan=-0.2, cutoff=5_000.0),
        Part("synth", "pad_warm", keys, duck=0.5, reverb=0.3),
        Part("woodwinds", "flute", lead, echo=0.3, reverb=0.3, pan=0.3),
    )
    key = Key(9, "minor")
    return Score("lofi", 7, 96.0, key, 4, bars, (Section("verse", 0, bars),), (), parts, colour)


def one(part: Part, bpm: float = 120.0) -> Score:
    return Score("x", 1, bpm, Key(0, "major"), 4, 2, (Section("verse", 0, 2),), (), (part,), MixCharacter(room="dry"))


@pytest.fixture(scope="module", name="cache")
def shared_cache() -> NoteCache:
    return NoteCache()


def test_stems_sum_to_dry(cache: NoteCache) -> None:
    played = render(song(LOFI), cache=cache)
    assert list(played.stems) == ["woodwinds", "synth", "keyboard", "bass", "drums"]
    np.testing.assert_allclose(sum(played.stems.values()), played.dry, atol=1e-5)
    for sound in (played.mix, played.dry, *played.stems.values()):
        assert sound.dtype == np.float32
        assert sound.shape == played.mix.shape
        assert np.all(np.isfinite(sound))
        assert np.abs(sound).max() > 0.01


@pytest.mark.parametrize("colour", [MixCharacter(), LOFI])
def test_mix_is_levelled(colour: MixCharacter, cache: NoteCache) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    played = render(song(colour), cache=cache)
    assert np.abs(played.mix).max() <= 0.89
    assert np.abs(played.dry).max() <= 0.971
    assert -17.0 < pyloudnorm.Meter(RATE).integrated_loudness(played.mix.T) < -13.5
    assert abs(played.mix.mean()) < 1e-3
    assert 0.3 < np.corrcoef(played.mix)[0, 1] < 0.999


@pytest.mark.parametrize("seconds", [0.01, 1.2345, 4.0, 15.0])
def test_length_is_exact(seconds: float, cache: NoteCache) -> None:
    played = render(song(), seconds=seconds, cache=cache)
    assert played.mix.shape == (2, round(seconds * RATE))
    assert played.dry.shape == played.mix.shape
    assert all(beat < seconds for beat in played.beats)


def test_length_without_seconds_covers_the_music(cache: NoteCache) -> None:
    score = song()
    assert render(score, cache=cache).mix.shape[1] > score.seconds * RATE


@pytest.mark.thorough
def test_same_bytes_whatever_the_cache_holds() -> None:
    score = song(LOFI, bars=2)
    warm = NoteCache()
    cold = render(score, cache=warm)
    assert len(warm) > 10
    small = NoteCache(limit=300_000)
    for cache in (warm, NoteCache(), small):
        again = render(score, cache=cache)
        assert again.mix.tobytes() == cold.mix.tobytes()
        assert all(again.stems[stem].tobytes() == cold.stems[stem].tobytes() for stem in cold.stems)
    assert small.size <= small.limit


def test_beats_and_downbeats(cache: NoteCache) -> None:
    score = song()
    played = render(score, cache=cache)
    assert len(played.beats) == 16
    assert played.downbeats == played.beats[::4]
    assert played.beats[1] == pytest.approx(60.0 / 96.0)
    assert played.sections == score.sections


def test_notes_fall_where_they_are_written() -> None:
    part = Part("drums", "kit_909", (Note(1.0, 0.2, 37, 0.9), Note(4.5, 0.2, 37, 0.9)), reverb=0.0)
    dry = np.abs(render(one(part)).dry).max(axis=0)
    for start in (0.5, 2.25):
        at = round(start * RATE)
        assert dry[at - 2_000 : at].max() < 0.01
        assert dry[at : at + 480].max() > 0.3


def test_notes_stop_softly_after_their_length() -> None:
    part = Part("keyboard", "organ", (Note(0.0, 1.0, 69, 0.8),), reverb=0.0)
    dry = render(one(part)).dry
    assert np.abs(dry[:, 10_000:24_000]).max() > 0.05
    assert np.abs(dry[:, 24_000 + 4_000 :]).max() < 1e-4
    # no step at the release larger than the tone itself makes
    assert np.abs(np.diff(dry, axis=1)[:, 23_000:29_000]).max() <= np.abs(np.diff(dry, axis=1)[:, 10_000:23_000]).max() * 1.05


def test_a_monophonic_part_plays_one_note_at_a_time() -> None:
    held = (Note(0.0, 8.0, 60, 0.8), Note(2.0, 1.0, 67, 0.8))
    dry = render(one(Part("woodwinds", "clarinet", held, reverb=0.0))).dry
    assert np.abs(dry[:, 3 * RATE // 2 + 9_600 :]).max() < 1e-4


def test_pan_gain_and_cutoff() -> None:
    notes = (Note(0.0, 4.0, 48, 0.8),)
    plain = Part("strings", "string_section", notes, reverb=0.0)

    def sides(part: Part) -> np.ndarray:
        # a steady second part keeps the level of the whole where it is
        other = Part("drums", "rock", tuple(Note(float(beat), 0.2, 36, 1.0) for beat in range(8)), reverb=0.0)
        score = replace(one(part), parts=(part, other))
        return np.asarray(np.sqrt(np.mean(render(score).stems["strings"] ** 2, axis=1)))

    assert sides(replace(plain, pan=-1.0))[1] < 1e-5
    left, right = sides(replace(plain, pan=0.6))
    assert right > 1.5 * left
    assert sides(replace(plain, gain=-6.0)).mean() == pytest.approx(sides(plain).mean() * 0.501, rel=0.12)
    assert sides(replace(plain, cutoff=200.0)).mean() < 0.9 * sides(plain).mean()


def test_duck_follows_the_kick() -> None:
    notes = (Note(0.0, 8.0, 60, 0.8),)
    drums = Part("drums", "kit_909", tuple(Note(float(beat), 0.2, 36, 1.0) for beat in range(8)))
    score = replace(one(Part("keyboard", "organ", notes, reverb=0.0, duck=0.8)), parts=(drums,))
    ducked = replace(score, parts=(drums, Part("keyboard", "organ", notes, reverb=0.0, duck=0.8)))
    lane = render(ducked).stems["keyboard"]
    at_kick = np.sqrt(np.mean(lane[:, RATE : RATE + 1_500] ** 2))
    between = np.sqrt(np.mean(lane[:, RATE + 18_000 : RATE + 23_000] ** 2))
    assert at_kick < 0.5 * between


def test_colour_darkens_and_adds_noise(cache: NoteCache) -> None:
    def top(colour: MixCharacter) -> float:
        power = np.abs(np.fft.rfft(render(song(colour, bars=2), cache=cache).mix[0])) ** 2
        return float(power[len(power) // 2 :].sum() / power.sum())

    assert top(MixCharacter(low_pass=4_000.0)) < 0.3 * top(MixCharacter())
    empty = render(replace(song(MixCharacter(crackle=1.0, ambience="ocean", ambience_level=1.0)), parts=()), seconds=3.0)
    assert empty.stems == {}
    assert not empty.dry.any()
    assert 0.005 < float(np.sqrt(np.mean(empty.mix**2))) < 0.2


def test_silence_renders_to_silence() -> None:
    played = render(one(Part("keyboard", "piano", ())), seconds=1.0)
    assert not played.mix.any()
    assert list(played.stems) == ["keyboard"]


def test_bad_scores_are_refused() -> None:
    with pytest.raises(BadInput, match="theremin"):
        render(one(Part("synth", "theremin", (Note(0.0, 1.0, 60),))))
    with pytest.raises(BadInput, match="banjo"):
        render(one(Part("banjo", "piano", (Note(0.0, 1.0, 60),))))
    for seconds in (0.0, -3.0, float("nan"), float("inf")):
        with pytest.raises(BadInput, match="cannot be played"):
            render(one(beat_part()), seconds=seconds)
