"""Copies planted in an album by the house band are found, honest songs of the same producer are not."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import soundfile
import soxr

from producertwin.audio.encoding import Format, encode
from producertwin.audio.samples import Samples
from producertwin.errors import BadInput
from producertwin.house_band.album import album
from producertwin.house_band.render import render
from producertwin.metrics.memorisation import Memorisation, detect_memorisation
from producertwin.metrics.passages import WINDOW, PassageFeatures, PassageIndex, passage_features

pytestmark = pytest.mark.thorough

RATE = 48_000
SECONDS = 12.0
EXCERPT = 6.0


@cache
def songs() -> dict[str, Samples]:
    """Ten songs of one producer; those after the sixth are held out."""
    _, scores = album("Lune", 10, seconds=SECONDS)
    return {f"song {number}": render(score, seconds=SECONDS).mix for number, score in enumerate(scores)}


@cache
def imprints() -> dict[str, PassageFeatures]:
    return {name: passage_features(sound) for name, sound in songs().items()}


def side(first: int, last: int) -> dict[str, PassageFeatures]:
    return dict(list(imprints().items())[first:last])


def stretch(sound: Samples, factor: float) -> Samples:
    """`sound` at its pitch, `factor` times as long: a phase vocoder that turns the bins around a peak by the peak's phase."""
    size, hop = 4096, 1024
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(sound, ((0, 0), (size, size))).astype(np.float64)
    places = np.arange(hop, padded.shape[1] - size, hop / factor).astype(int)
    made, weight = np.zeros((2, len(places) * hop + size)), np.zeros(len(places) * hop + size)
    advance = 2 * np.pi * np.arange(size // 2 + 1) * hop / size
    phase = None
    for number, place in enumerate(places):
        spectrum, before = (np.fft.rfft(padded[:, at : at + size] * window, axis=1) for at in (place, place - hop))
        angle = np.angle(spectrum.sum(axis=0))
        if phase is None:
            phase = angle
        else:
            turn = angle - np.angle(before.sum(axis=0)) - advance
            wanted = phase + advance + turn - 2 * np.pi * np.round(turn / (2 * np.pi))
            phase = angle + (wanted - angle)[owners(np.abs(spectrum.sum(axis=0)))]
        span = slice(number * hop, number * hop + size)
        made[:, span] += np.fft.irfft(spectrum * np.exp(1j * (phase - angle)), axis=1) * window
        weight[span] += window**2
    start = round((size - hop) * factor)
    return (made / np.maximum(weight, 1e-3))[:, start : start + round(sound.shape[1] * factor)].astype(np.float32)


def owners(size: np.ndarray) -> np.ndarray:
    """The peak that every bin belongs to."""
    inner = size[2:-2]
    higher = np.all([inner > size[1:-3], inner > size[3:-1], inner > size[:-4], inner >= size[4:]], axis=0)
    peaks = np.append(np.flatnonzero(higher) + 2, len(size) - 1)
    return np.asarray(peaks[np.searchsorted((peaks[1:] + peaks[:-1]) // 2, np.arange(len(size)))])


def speed(sound: Samples, ratio: float) -> Samples:
    return np.asarray(soxr.resample(np.ascontiguousarray(sound.T), RATE * ratio, RATE).T)


def transpose(sound: Samples, semitones: int) -> Samples:
    ratio = 2 ** (semitones / 12)
    return speed(stretch(sound, ratio), ratio)


def coded(sound: Samples, kind: Format) -> Samples:
    """`sound` through a lossy file."""
    return np.asarray(soundfile.read(io.BytesIO(encode(sound, kind, kbps=128)), dtype="float32")[0].T)


KINDS: dict[str, tuple[Callable[[Samples], Samples], float]] = {
    "MP3": (lambda sound: coded(sound, "mp3"), 0.0),
    "a semitone up, OGG": (lambda sound: coded(transpose(sound, 1), "ogg"), 1.0),
    "a semitone down, MP3": (lambda sound: coded(transpose(sound, -1), "mp3"), -1.0),
    "3 % faster, MP3": (lambda sound: coded(stretch(sound, 1 / 1.03), "mp3"), 0.0),
    "3 % slower, OGG": (lambda sound: coded(stretch(sound, 1 / 0.97), "ogg"), 0.0),
    "a tape 3 % fast": (lambda sound: speed(sound, 1.03), 0.5),
}
"""What was done to an excerpt, and how many semitones higher it is."""


@cache
def planted() -> dict[str, tuple[PassageFeatures, str, float]]:
    """Imprints of excerpts of training tracks 6 dB down, by kind and track; with the track and the second they begin at."""
    rng = np.random.default_rng(4)
    found = {}
    for kind, (change, _) in KINDS.items():
        for track in ("song 0", "song 5"):
            start = float(rng.uniform(0, SECONDS - EXCERPT))
            excerpt = songs()[track][:, round(start * RATE) : round((start + EXCERPT) * RATE)]
            found[f"{kind} of {track}"] = (passage_features(change(0.5 * excerpt)), track, start)
    return found


@cache
def found() -> Memorisation:
    return detect_memorisation({name: take for name, (take, _, _) in planted().items()}, side(0, 6), side(6, 8))


def test_every_planted_copy_is_flagged_with_its_track() -> None:
    assert len(planted()) == 12
    missed = {name: likeness for name, likeness in found().scores.items() if name not in found().flagged_takes}
    assert missed == {}
    assert {name: likeness.track for name, likeness in found().scores.items()} == {
        name: track for name, (_, track, _) in planted().items()
    }


def test_a_passage_says_where_it_stands_and_how_it_was_moved() -> None:
    worst: dict[str, list[float]] = {}
    for passage in found().passages:
        _, track, start = planted()[passage.take]
        assert passage.track == track
        assert passage.track_start - passage.take_start == pytest.approx(start, abs=0.3)
        assert passage.take_end - passage.take_start >= 4.0
        worst.setdefault(passage.take, []).append(passage.semitones)
    assert worst.keys() == planted().keys()
    assert {name: KINDS[name.split(" of ")[0]][1] for name in worst} == {name: moved[0] for name, moved in worst.items()}
    scores = [passage.likeness.score for passage in found().passages]
    assert scores == sorted(scores, reverse=True)


def test_honest_songs_of_the_producer_are_not_flagged() -> None:
    takes = {f"{name} at {start}": song[start : start + 70] for name, song in side(8, 10).items() for start in (0, 25, 50)}
    honest = detect_memorisation(takes, side(0, 6), side(6, 8))
    assert honest.flagged_takes == ()
    assert honest.passages == ()
    assert len(honest.null) == 8
    assert max(likeness.score for likeness in honest.null.values()) <= honest.threshold


def test_fewer_false_alarms_and_more_takes_ask_for_more() -> None:
    takes = side(8, 9)
    usual, again = (detect_memorisation(takes, side(0, 6), side(6, 8)) for _ in range(2))
    strict = detect_memorisation(takes, side(0, 6), side(6, 8), rate=1e-5).threshold
    many = detect_memorisation(takes | side(9, 10), side(0, 6), side(6, 8)).threshold
    assert usual == again
    assert usual.threshold < many < strict


def test_the_shelf_correlates_as_the_definition_does() -> None:
    rng = np.random.default_rng(0)
    one, other = (np.maximum(rng.standard_normal((length, 136)), 0).astype(np.float32) for length in (700, 55))
    other[10:50, 3:] = one[633:673, 2:-1]  # half a semitone up, across the seam of two stretches
    nearest, starts = PassageIndex({"one": one}).nearest(other)
    assert starts.tolist() == [0, 10]
    window, place = (part - part.mean(axis=0) for part in (other[10:50, 3:-1], one[633:673, 2:-2]))
    assert (int(nearest.frame[1, 0]), int(nearest.shift[1, 0])) == (633, 1)
    wanted = float((window * place).sum() / np.linalg.norm(window) / np.linalg.norm(place))
    assert nearest.likeness[1, 0] == pytest.approx(wanted, abs=1e-4)
    assert (int(nearest.frame[0, 0]), int(nearest.shift[0, 0])) == (623, 1)  # three quarters of that window are copied
    assert nearest.likeness[0, 0] < wanted - 0.1


def test_a_track_is_not_compared_with_itself() -> None:
    shelf = PassageIndex(side(0, 6))
    alone, _ = shelf.nearest(side(0, 1)["song 0"], but="song 0")
    whole, _ = shelf.nearest(side(0, 1)["song 0"])
    assert (alone.likeness[:, 0] == -1).all()
    assert whole.likeness[:, 0] == pytest.approx(np.ones(len(whole.likeness)), abs=0.01)
    assert (alone.likeness[:, 1:] == whole.likeness[:, 1:]).all()


def test_silence_is_like_nothing() -> None:
    silence = passage_features(np.zeros((2, 8 * RATE), np.float32))
    assert not silence.any()
    assert detect_memorisation({"silence": silence}, side(0, 6), side(6, 8)).scores["silence"].correlation == pytest.approx(
        0, abs=1e-3
    )


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="1 takes, 3 tracks and 2 siblings"):
        detect_memorisation(side(8, 9), side(0, 3), side(6, 8))
    with pytest.raises(BadInput, match="6 tracks and 1 siblings"):
        detect_memorisation(side(8, 9), side(0, 6), side(6, 7))
    with pytest.raises(BadInput, match="0 takes"):
        detect_memorisation({}, side(0, 6), side(6, 8))
    with pytest.raises(BadInput, match="too short"):
        detect_memorisation({"short": np.zeros((WINDOW - 1, 136), np.float32)}, side(0, 6), side(6, 8))
    short = {name: song[:20] for name, song in side(4, 8).items()}
    with pytest.raises(BadInput, match="only 4 songs"):
        detect_memorisation(side(8, 9), side(0, 4), short)
