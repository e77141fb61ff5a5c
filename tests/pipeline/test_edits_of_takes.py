"""Stages that work on a source: where it comes from, what is refused, what stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from pipeline_kit import ask, edit, on_tiny, tone
from producertwin.audio import files
from producertwin.errors import AudioRejected, BadInput, NotFound, TwinError
from producertwin.library import open_library
from producertwin.pipeline.stages import EDITS, Stage
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.rendering import Rendered

Player = Callable[..., list[Rendered]]
STAGE = TypeAdapter[Stage](Stage)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", sorted(EDITS))
def test_every_edit_of_a_take_is_its_child_and_can_be_made_again(play: Player, kind: str) -> None:
    [parent] = play(ask("lofi, mellow", prompt={"bpm": 77, "key": "D minor"}))
    [child] = play(edit(kind, parent.take.id[:8]))
    take = child.take
    assert take.parents == (parent.take.id,)
    assert (take.caption, take.metas.bpm, take.metas.key) == ("lofi, mellow", 77, "D minor")
    assert take.seconds == pytest.approx(parent.take.seconds)
    assert take.stage["source"] == parent.take.id
    [again] = play(STAGE.validate_python(take.stage))
    assert again.take == take


def test_the_copy_of_a_take_is_that_take(play: Player, tmp_path: Path) -> None:
    [parent] = play(ask(), tmp_path / "a.flac")
    [by_file] = play(edit("refine", tmp_path / "a.flac"))
    [by_id] = play(edit("refine", parent.take.id))
    assert by_file.take == by_id.take


def test_a_file_needs_a_caption_except_to_extract(play: Player, song: Path) -> None:
    with pytest.raises(BadInput, match=r"caption is empty.*song\.flac"):
        play(edit("refine", song))
    [made] = play(edit("extract", song))
    assert made.take.parents == ()
    assert made.take.stage["source"] == str(song)
    assert str(made.take.stage["source_hash"]).startswith("b2:")


def test_a_changed_file_is_noticed(play: Player, song: Path) -> None:
    [made] = play(edit("extract", song))
    files.write(song, tone(pitch=330.0))
    with pytest.raises(BadInput, match="content has changed"):
        play(STAGE.validate_python(made.take.stage))


def test_a_prompt_of_ones_own_wins(play: Player) -> None:
    [parent] = play(ask("lofi", prompt={"bpm": 77, "key": "D minor"}))
    [child] = play(edit("cover", parent.take.id, prompt={"caption": "house", "bpm": 124}))
    assert (child.take.caption, child.take.metas.bpm, child.take.metas.key) == ("house", 124, "D minor")


@pytest.mark.parametrize(("start", "end"), [(0.5, 1.0), (1.0, 3.0), (2.0, 3.0)])
def test_repaint_keeps_what_it_was_not_asked_to_touch(
    play: Player, song: Path, settings: Settings, start: float, end: float
) -> None:
    [made] = play(edit("repaint", song, start=start, end=end, prompt={"caption": "lofi"}))
    with open_library(settings) as library:
        result = files.read(library.takes.content(made.take))
    source = files.read(song)
    first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
    assert result.shape[1] == max(source.shape[1], last)
    assert np.array_equal(result[:, :first], source[:, :first])
    assert np.array_equal(result[:, last : source.shape[1]], source[:, last:])
    assert not np.array_equal(result[:, first:last], source[:, first:last])


def test_refining_a_little_stays_near_the_source(play: Player, settings: Settings) -> None:
    [parent] = play(ask(raw=True))
    made = [play(edit("refine", parent.take.id, denoise=denoise, play=on_tiny(2)))[0] for denoise in (0.01, 1.0)]
    with open_library(settings) as library:
        old, near, far = (files.read(library.takes.content(one.take)) for one in (parent, *made))
    old, near, far = (sound / np.sqrt(np.mean(sound**2)) for sound in (old, near, far))  # their levels differ by a peak's limit
    assert np.abs(near - old).mean() < 0.2 * np.abs(far - old).mean()


@pytest.mark.parametrize(
    ("name", "error", "named"),
    [
        ("nowhere.flac", NotFound, "nowhere"),
        ("abcdefgh", NotFound, "neither a take nor a file"),
        ("silent.flac", AudioRejected, "silent"),
        ("short.flac", BadInput, "0.50 s"),
        ("text.flac", AudioRejected, "text"),
        ("empty.flac", AudioRejected, "empty"),
        (".", BadInput, ""),
    ],
)
def test_a_source_that_cannot_be_used_is_refused(
    play: Player, tmp_path: Path, name: str, error: type[TwinError], named: str
) -> None:
    files.write(tmp_path / "silent.flac", 0 * tone())
    files.write(tmp_path / "short.flac", tone(0.5))
    (tmp_path / "text.flac").write_text("no music at all")
    (tmp_path / "empty.flac").write_bytes(b"")
    source = name if name == "abcdefgh" else str(tmp_path / name)
    with pytest.raises(error) as caught:
        play(edit("refine", source, prompt={"caption": "lofi"}))
    assert named in caught.value.message
    assert caught.value.remedy


def test_a_region_outside_the_source_is_refused(play: Player, song: Path) -> None:
    with pytest.raises(BadInput, match=r"2\.5-3 s begins after the source's end at 2\.00 s"):
        play(edit("repaint", song, start=2.5, end=3.0, prompt={"caption": "lofi"}))


def test_an_unknown_part_of_latents_is_not_trusted(play: Player, settings: Settings) -> None:
    [parent] = play(ask())
    with open_library(settings) as library:
        latents = library.takes.content(parent.take, "latents")
    latents.chmod(0o644)
    latents.write_bytes(b"not latents")
    with pytest.raises(BadInput, match="latents"):
        play(edit("refine", parent.take.id))
