"""Composing: what was asked for is what is written, and every style writes something playable."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.house_band import grooves, harmony
from producertwin.house_band.arrange import Habits
from producertwin.house_band.compose import compose
from producertwin.house_band.outline import read_outline
from producertwin.house_band.score import Note, Score
from producertwin.house_band.styles import PATCHES, STYLES
from producertwin.music import KEYS, STEMS, Key

UNPITCHED = {"drums", "percussion", "fx"}


def pitched(score: Score) -> list[Note]:
    return [note for part in score.parts if part.stem not in UNPITCHED for note in part.notes]


def in_scale(score: Score) -> float:
    notes = pitched(score)
    return sum(note.pitch % 12 in score.key.scale for note in notes) / len(notes)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_style_writes_a_playable_piece(style: str, seed: int) -> None:
    score = compose(style, seed=seed, seconds=20.0)
    bar = score.meter * 60.0 / score.bpm
    assert 20.0 <= score.seconds < 20.0 + bar + 1e-6
    assert STYLES[style].tempo[0] <= score.bpm <= STYLES[style].tempo[1]
    assert score.bpm == round(score.bpm)
    assert 3 <= len(score.stems) <= 7
    assert in_scale(score) >= 0.95
    assert sum(section.bars for section in score.sections) == score.bars
    assert {section.kind for section in score.sections} <= {"verse", "chorus"}
    for part in score.parts:
        patch = PATCHES[part.patch]
        assert patch.stem == part.stem
        assert min(note.start for note in part.notes) <= 2 * score.meter
        assert list(part.notes) == sorted(part.notes, key=lambda note: (note.start, note.pitch))
        for note in part.notes:
            assert 0.0 <= note.start < score.beats
            assert 0.0 < note.length <= score.beats
            assert 0.0 < note.velocity <= 1.0
            assert patch.high == 0 or patch.low <= note.pitch <= patch.high + 12


@pytest.mark.parametrize("style", STYLES)
def test_whole_songs_last_one_to_two_minutes_and_return(style: str) -> None:
    score = compose(style, seed=4)
    kinds = [section.kind for section in score.sections]
    assert 59.0 <= score.seconds <= 121.0
    assert kinds[0] == "intro"
    assert kinds[-1] == "outro"
    assert {"verse", "chorus"} <= set(kinds)
    assert score.chords[-1].root == score.key.tonic
    for section in score.sections:
        begin, end = section.first_bar * score.meter, (section.first_bar + section.bars) * score.meter
        playing = {part.stem for part in score.parts for note in part.notes if begin - 0.1 <= note.start < end}
        assert playing, section


def test_chords_cover_the_piece_without_gaps() -> None:
    for style in ("CORE-02", "THEME-04", "jazz-trio", "SEASON-08"):
        for seed in range(4):
            score = compose(style, seed=seed)
            ends = [chord.start + chord.length for chord in score.chords]
            assert score.chords[0].start == 0.0
            assert ends[-1] == pytest.approx(score.beats)
            assert [chord.start for chord in score.chords[1:]] == pytest.approx(ends[:-1])


def test_the_same_call_writes_the_same_song() -> None:
    for style in ("CORE-01", "techno", "VOCAL-01"):
        assert compose(style, seed=11) == compose(style, seed=11)
        assert compose(style, seed=11) != compose(style, seed=12)


def test_asking_for_another_tempo_or_key_changes_nothing_else() -> None:
    plain = compose("CORE-01", seed=3, seconds=20.0, bpm=80, key="C minor")
    moved = compose("CORE-01", seed=3, seconds=20.0, bpm=81, key="D minor")
    assert moved.stems == plain.stems
    assert moved.colour == plain.colour
    assert [chord.quality for chord in moved.chords] == [chord.quality for chord in plain.chords]


@pytest.mark.parametrize("meter", [2, 3, 4, 6])
def test_meters_shape_bars_and_drums(meter: int) -> None:
    score = compose("boom-bap", seed=2, seconds=15.0, meter=meter)
    assert score.meter == meter
    assert score.beats % meter == 0
    drums = next(part for part in score.parts if part.stem == "drums")
    kicks = [note.start for note in drums.notes if note.pitch == grooves.KICK]
    firsts = {round(start / meter) for start in kicks if abs(start - meter * round(start / meter)) < 0.1}
    assert len(firsts) >= score.bars - 1


def test_the_asked_tempo_key_and_form_are_kept() -> None:
    outline = read_outline("verse, bridge 4, chorus", "", 4)
    score = compose("house", seed=1, bpm=101.5, key="Gb major", meter="4/4", outline=outline)
    assert score.bpm == 101.5
    assert score.key == Key(6, "major")
    assert [section.kind for section in score.sections] == ["verse", "bridge", "chorus"]


@pytest.mark.parametrize("style", ["ambient", "trap", "SEASON-02", "jazz-trio"])
@pytest.mark.parametrize("stem", STEMS)
def test_any_stem_can_be_asked_for_alone(style: str, stem: str) -> None:
    score = compose(style, seed=8, seconds=12.0, stems=(stem,))
    assert score.stems == (stem,)
    assert sum(len(part.notes) for part in score.parts) >= 1


def test_exactly_the_asked_stems_play() -> None:
    wanted = ("drums", "bass", "strings", "vocals", "keyboard")
    for style in STYLES:
        assert set(compose(style, seed=5, seconds=15.0, stems=wanted).stems) == set(wanted)


def test_drums_keep_the_beat() -> None:
    for style in ("CORE-01", "house", "rock", "drum-and-bass", "SEASON-04"):
        score = compose(style, seed=6, seconds=20.0, stems=("drums", "bass"))
        starts = np.array([note.start for part in score.parts if part.stem == "drums" for note in part.notes])
        beats = np.arange(score.beats)
        near = np.abs(starts[None, :] - beats[:, None]).min(axis=1)
        assert np.mean(near < 0.08) > 0.8


def test_swing_delays_the_off_beats() -> None:
    def offset(swing: float) -> float:
        habits = Habits(swing=swing)
        score = compose("VOCAL-01", seed=2, seconds=30.0, stems=("drums",), habits=habits)
        starts = np.array([note.start for note in score.parts[0].notes])
        sixteenths = starts % 0.5
        return float(np.mean(sixteenths[(sixteenths > 0.2) & (sixteenths < 0.4)]))

    assert 0.26 < offset(0.0) < offset(1.0) < 0.36


def test_the_tonic_and_bass_make_the_key_plain() -> None:
    right = 0
    for seed in range(24):
        score = compose(list(STYLES)[seed * 2], seed=seed, seconds=20.0)
        assert score.chords[0].root == score.key.tonic
        share = harmony.in_scale_share(score.chords, score.key)
        right += all(share >= harmony.in_scale_share(score.chords, key) - 1e-9 for key in KEYS)
    assert right >= 22


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_built_chords_stay_in_the_scale(key: Key) -> None:
    for ext in ("triad", "power", "sus", "6", "7", "9", "add9", "13"):
        for degree in range(1, 8):
            root, quality = harmony.build(key, degree, ext)
            classes = {(root + step) % 12 for step in harmony.tones(quality)}
            assert classes <= key.scale, (ext, degree, quality)
            pitches = harmony.voice(root, quality, ())
            assert 40 <= min(pitches) <= max(pitches) <= 84
            assert {pitch % 12 for pitch in pitches} <= classes


def test_voices_move_little_from_chord_to_chord() -> None:
    score = compose("CORE-01", seed=9)
    means = np.array([np.mean(chord.pitches) for chord in score.chords])
    assert np.abs(np.diff(means)).max() < 7.0


def test_numbers_of_stems_vary() -> None:
    sizes = {len(compose("CORE-03", seed=seed, seconds=10.0).stems) for seed in range(20)}
    assert len(sizes) >= 3


@pytest.mark.parametrize(
    "asked",
    [
        {"bpm": -3},
        {"bpm": 301},
        {"bpm": float("nan")},
        {"key": "H#"},
        {"meter": 5},
        {"seconds": 0},
        {"seconds": -1.0},
        {"seconds": 9999},
        {"seconds": float("nan")},
        {"stems": ()},
        {"stems": ("banjo",)},
    ],
)
def test_what_cannot_be_played_is_refused_with_a_remedy(asked: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        compose("CORE-01", seed=1, **asked)  # type: ignore[arg-type]
    assert caught.value.remedy


@pytest.mark.parametrize("seed", [-1, 1.5, True, None])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(BadInput):
        compose("CORE-01", seed=seed)  # type: ignore[arg-type]


def test_an_unknown_style_is_not_found() -> None:
    with pytest.raises(NotFound):
        compose("zzz-unknown", seed=1)


def test_extreme_tempi_and_lengths_are_written() -> None:
    assert compose("CORE-01", seed=1, bpm=30, seconds=1.0).bars == 1
    assert compose("drum-and-bass", seed=1, bpm=300, seconds=60.0).seconds >= 60.0
    assert compose("ambient", seed=1, bpm=30).bars >= 10
    assert compose("rock", seed=1, bpm=300).seconds >= 30.0
