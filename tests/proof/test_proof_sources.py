"""From a training set to the pieces of a proof."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio.samples import Samples
from producertwin.dataset.manifest import CAPTION
from producertwin.errors import BadInput
from producertwin.library import Library, open_library
from producertwin.proof.sources import check_sides, corpus_of, excerpt
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from proof_kit import manifest, played, track


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio", device="cpu")) as opened:
        yield opened


def quiet(seconds: float) -> Samples:
    return np.zeros((2, round(seconds * SAMPLE_RATE)), np.float32)


@pytest.mark.thorough
def test_sides_and_strangers_come_from_the_set_and_the_library(library: Library) -> None:
    mine = [track(library, number, "Ada", played(96.0, 0.4, number)) for number in range(3)]
    for number, producer in enumerate(("Bo", "Bo", "Cy")):
        track(library, 10 + number, producer, played(130.0, 1.0, 10 + number))
    found = corpus_of(manifest(mine, 1), library, 1.0)
    assert [piece.title for piece in found.train] == ["Song 0", "Song 1"]
    [held] = found.holdout
    assert (held.caption, held.bpm, held.key, held.style, held.group) == ("words 2", 96.0, "A minor", "house", mine[2].track)
    assert [piece.producer for piece in found.others] == ["Bo", "Cy", "Bo"]
    assert held.sound().shape == (2, SAMPLE_RATE) and held.whole is not None and held.whole().shape == (2, 2 * SAMPLE_RATE)
    assert np.array_equal(held.sound(), held.whole()[:, :SAMPLE_RATE])


def test_what_was_not_screened_or_captioned_is_no_stranger(library: Library) -> None:
    mine = [track(library, number, "Ada", played(96.0, 0.4, number)) for number in range(2)]
    track(library, 10, "Bo", played(130.0, 1.0, 10))
    for stranger, kind in zip(library.tracks.list("Bo"), (CAPTION,), strict=True):
        library.tracks.note(stranger.id, kind, None)
    assert corpus_of(manifest(mine, 1), library, 1.0).others == ()


def test_an_excerpt_begins_with_the_track_unless_that_is_silent(library: Library) -> None:
    sound = played(96.0, 0.4, 1, seconds=3.0)
    row = track(library, 1, "Ada", np.concatenate([quiet(2.0), sound], axis=1))
    found = excerpt(library, row.clips, 1.0)
    assert np.abs(found - sound[:, :SAMPLE_RATE]).max() < 1e-6
    assert np.array_equal(found, excerpt(library, row.clips, 1.0))
    silent = track(library, 2, "Ada", quiet(3.0))
    assert not excerpt(library, silent.clips, 1.0).any()


def test_an_excerpt_may_run_over_clips(library: Library) -> None:
    row = track(library, 1, "Ada", quiet(1.0), played(96.0, 0.4, 1))
    found = excerpt(library, row.clips, 1.5)
    assert np.abs(found - played(96.0, 0.4, 1)[:, SAMPLE_RATE // 2 :]).max() < 1e-6


def test_tracks_shorter_than_an_excerpt_are_left_out_and_an_empty_side_says_what_helps(library: Library) -> None:
    rows = [track(library, number, "Ada", played(96.0, 0.4, number, seconds=1.0 + number)) for number in range(4)]
    found = corpus_of(manifest(rows, 2), library, 2.0)
    assert (len(found.train), len(found.holdout)) == (1, 2)
    check_sides(found, manifest(rows, 2), 2.0)
    for given, seconds, says, helps in (
        (manifest(rows, 2), 3.0, "no track that is learned from lasts 3 s", "--duration"),
        (manifest(rows[::-1], 2), 3.0, "no track that is held out lasts 3 s", "--duration"),
        (manifest(rows, 0), 1.0, "no track of the set is held out", "twin dataset split --holdout 0.2"),
        (manifest(rows[:1], 0), 1.0, "the training set is one track", "twin dataset build"),
    ):
        with pytest.raises(BadInput, match=says) as caught:
            check_sides(corpus_of(given, library, seconds), given, seconds)
        assert helps in caught.value.remedy
