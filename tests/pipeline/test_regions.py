"""Regions of a repaint: how they are written, what is refused, bars in seconds, and every sample beside them as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_kit import edit, tone
from producertwin.audio import files
from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.request import Samples
from producertwin.pipeline import executor
from producertwin.pipeline.behaviours import behaviour_of
from producertwin.pipeline.planning import Expected
from producertwin.pipeline.regions import Region
from producertwin.pipeline.source_metas import tell_bars
from producertwin.pipeline.stages import Prompt, Repaint
from producertwin.recipe import read
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.rendering import Rendered

Play = Callable[..., list[Rendered]]
TEN = Expected("@draft", 10.0, Prompt(caption="lofi", bpm=120))


def repaint(**fields: Any) -> Repaint:
    """A repaint of regions, without those that the kit writes."""
    return read(Repaint, {"source": "x", "prompt": {"caption": "lofi"}, **fields}, where="test")


def settled(source: Expected = TEN, **fields: Any) -> list[tuple[float, float | None]]:
    stage = repaint(**fields)
    return [(one.start, one.end) for one in behaviour_of(stage).settle(stage, [source]).all_regions]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("4-8", 4, 8), ("12-", 12, None), ("-2-3.5", -2, 3.5), (" .5 - 1 ", 0.5, 1), ("0-", 0, None)],
)
def test_a_region_is_written_as_its_two_ends(text: str, start: float, end: float | None) -> None:
    [region] = repaint(regions=[text]).regions
    assert region == Region(start=start, end=end)
    assert repaint(regions=[str(region)]).regions == (region,)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "no region is named"),
        ({"end": 3}, "an end and no start"),
        ({"start": 1, "regions": ["2-3"]}, "both say"),
        ({"regions": ["4"]}, "'4' is not a region"),
        ({"regions": ["a-b"]}, "not a region"),
        ({"regions": ["4-4"]}, "4-4 s has no length"),
        ({"regions": ["8-4"], "unit": "bars"}, "8-4 bars has no length"),
        ({"regions": ["4-8", "6-9"]}, "4-8 and 6-9 s overlap or touch"),
        ({"regions": ["6-9", "1-6"]}, "1-6 and 6-9 s overlap or touch"),
        ({"regions": ["2-", "6-9"]}, "2- and 6-9 s overlap"),
        ({"regions": ["1-2"], "edge": 0}, "edge 0 s"),
        ({"regions": ["1-2"], "edge": 0.5, "mode": "balanced"}, "has edges of its own"),
        ({"regions": [f"{n}-{n}.5" for n in range(17)]}, "regions"),
        ({"regions": ["1-2"], "unit": "beats"}, "unit"),
    ],
)
def test_what_is_no_set_of_regions_is_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        repaint(**fields)


@pytest.mark.parametrize(
    ("fields", "regions"),
    [
        ({"start": 4}, [(4, 10)]),
        ({"regions": ["6-", "1-2"]}, [(1, 2), (6, 10)]),
        ({"start": -3, "end": 1}, [(-3, 1)]),
        ({"start": 10, "end": 14}, [(10, 14)]),
        ({"regions": ["1-2", "4-"], "unit": "bars"}, [(0, 2), (6, 10)]),
        ({"start": 0, "end": 2, "unit": "bars"}, [(-2, 2)]),
        ({"regions": ["2-3"], "unit": "bars", "prompt": {"caption": "x", "bpm": 60, "meter": 3}}, [(3, 6)]),
        ({"regions": ["1.5-2"], "unit": "bars"}, [(1, 2)]),
    ],
)
def test_regions_become_seconds_of_the_source(fields: dict[str, Any], regions: list[tuple[float, float]]) -> None:
    assert settled(**fields) == regions


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"start": 10.5}, "10.5- s begins after the source's end at 10.00 s"),
        ({"start": 10}, "10- s has no length: the source ends"),
        ({"regions": ["1-2", "11-12"]}, "11-12 s begins after"),
        ({"regions": ["9-10"], "unit": "bars"}, "9-10 in bars, 16.00-18.00 s, begins after"),
        ({"start": -3, "end": 0, "unit": "bars"}, "ends before the source begins"),
        ({"regions": ["1-600"], "unit": "bars"}, "does not fit into 600 s"),
        ({"start": 1, "end": 2, "edge": 0.6}, "edges of 0.6 s do not fit"),
    ],
)
def test_a_region_that_the_source_does_not_have_is_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        settled(**fields)


def test_bars_need_a_tempo_and_say_which() -> None:
    stage = repaint(regions=["1-2"], unit="bars")
    told = [message.text for message in tell_bars(stage, [TEN])]
    assert told == ["a bar is 2.000 s: 120 bpm of @draft, 4 beats, four where nobody says; bar 1 begins with the source"]
    assert tell_bars(repaint(regions=["1-2"]), [TEN]) == ()
    unknown = Expected("@draft", 10.0, Prompt(caption="lofi"))
    with pytest.raises(BadInput, match="no bars in @draft: its tempo is not known before it is played"):
        settled(unknown, regions=["1-2"], unit="bars")


def clicks(seconds: float, bpm: float) -> Samples:
    """A tone with a plain beat."""
    sound = 0.05 * tone(seconds)
    for at in range(0, sound.shape[1], round(60 / bpm * SAMPLE_RATE)):
        sound[:, at : at + 2_400] += 0.4 * tone(0.05, 880)[:, : sound.shape[1] - at]
    return sound


def test_the_tempo_of_a_file_is_read_and_told(tmp_path: Path) -> None:
    song = files.write(tmp_path / "song.wav", clicks(20.0, 120))
    stage = edit("repaint", song, start=None, end=None, regions=["3-4"], unit="bars", prompt={"caption": "lofi"})
    sources = executor.find_sources(stage, None)
    [found] = behaviour_of(stage).settle(stage, sources).all_regions
    assert (found.start, found.end) == (pytest.approx(4.0, abs=0.1), pytest.approx(6.0, abs=0.1))
    assert "bpm read from" in tell_bars(stage, sources)[0].text
    steady = edit("repaint", files.write(tmp_path / "a.wav", tone(4.0)), start=None, end=None, regions=["1-2"], unit="bars")
    with pytest.raises(BadInput, match="no tempo is clear in it"):
        behaviour_of(steady).settle(steady, executor.find_sources(steady, None))


def seams(audio: Samples, at: list[int]) -> list[float]:
    """How much larger the step at each place is than any other within 10 ms."""
    found = []
    for place in at:
        steps = np.abs(np.diff(audio[:, place - 480 : place + 480], axis=1)).max(0)
        found.append(float(steps[478:482].max() / np.delete(steps, slice(478, 482)).max()))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fields", "regions", "longer"),
    [
        ({"regions": ["0.5-1", "2-2.5"]}, [(0.5, 1.0), (2.0, 2.5)], (0.0, 0.0)),
        ({"regions": ["2.25-", "0.3-0.7", "1.1-1.2"]}, [(0.3, 0.7), (1.1, 1.2), (2.25, 3.0)], (0.0, 0.0)),
        ({"regions": ["-1-0.5", "2.5-4"]}, [(-1.0, 0.5), (2.5, 4.0)], (1.0, 1.0)),
        ({"regions": ["1-2"], "edge": 0.4}, [(1.0, 2.0)], (0.0, 0.0)),
        ({"start": 1.0}, [(1.0, 3.0)], (0.0, 0.0)),
        ({"regions": ["1-2"], "unit": "bars", "prompt": {"bpm": 240}}, [(0.0, 1.0)], (0.0, 0.0)),
    ],
)
def test_every_sample_outside_the_regions_is_the_sources(
    play: Play, tmp_path: Path, fields: dict[str, Any], regions: list[tuple[float, float]], longer: tuple[float, float]
) -> None:
    song = 0.5 * tone(3.0) + 0.2 * tone(3.0, 3_000)
    path = files.write(tmp_path / "song.wav", song)
    given = {"start": None, "end": None, **fields, "prompt": {"caption": "lofi", **fields.get("prompt", {})}}
    [made] = play(edit("repaint", path, **given), tmp_path / "out.wav")
    found, before = files.read(tmp_path / "out.wav"), round(longer[0] * SAMPLE_RATE)
    assert made.take.seconds == pytest.approx(3.0 + sum(longer))
    new = np.zeros(found.shape[1], bool)
    for start, end in regions:
        new[round(start * SAMPLE_RATE) + before : round(end * SAMPLE_RATE) + before] = True
    kept = files.read(path)
    outside = np.flatnonzero(~new)
    assert outside.size and np.array_equal(found[:, outside], kept[:, outside - before])
    inside = np.flatnonzero(new[before : before + kept.shape[1]])
    assert np.abs(found[:, inside + before] - kept[:, inside]).max() > 1e-3
    ends = [round(t * SAMPLE_RATE) + before for region in regions for t in region]
    assert max(seams(found, [at for at in ends if 480 < at < found.shape[1] - 480]), default=0.0) < 1.5
    stage = made.take.stage
    listed = stage.get("regions") or [{"start": stage["start"], "end": stage["end"]}]
    assert [(one["start"], one["end"]) for one in listed] == regions  # type: ignore[index,union-attr,call-overload]
    assert "unit" not in stage


def test_a_lego_plays_in_its_regions(play: Play, song: Path, tiny: Instrument) -> None:
    [everywhere] = play(edit("lego", song, prompt={"caption": "lofi"}))
    [part] = play(edit("lego", song, prompt={"caption": "lofi"}, regions=["0.5-1", "1.5-"]))
    assert everywhere.take.audio != part.take.audio
    assert "regions" not in everywhere.take.stage
    assert part.take.stage["regions"] == [{"start": 0.5, "end": 1.0}, {"start": 1.5, "end": 2.0}]
    for regions, named in ((["1-9"], "ends after the source"), (["-1-1"], "begins with its source"), (["5-6"], "begins after")):
        with pytest.raises(BadInput, match=named):
            play(edit("lego", song, prompt={"caption": "lofi"}, regions=regions))
