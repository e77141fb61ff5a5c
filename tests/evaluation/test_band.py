from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.evaluation import markdown
from producertwin.evaluation.band import report, suite
from producertwin.evaluation.band.suite import SongMeasurements, judge, measure_song
from producertwin.evaluation.suite import BandSuite

SUITE = BandSuite(songs=3, seconds=8.0, workers=1)
FAST = np.array([40.0, 90.0])


@pytest.fixture(scope="module")
def house() -> SongMeasurements:
    return measure_song(SUITE, ("house", 0))


def songs(house: SongMeasurements, names: tuple[str, ...], apart: float) -> list[SongMeasurements]:
    """Three songs of every style, whose embeddings lie `apart` from one style to the next."""
    rng = np.random.default_rng(4)
    rows = [(name, place) for place, name in enumerate(names) for _ in range(3)]
    points = {name: rng.normal(size=24) for name in names}
    return [
        replace(house, style=name, embedding=tuple((apart * points[name] + rng.normal(size=24)).tolist()), lufs=-10.0 - place)
        for name, place in rows
    ]


def test_what_is_heard_of_a_song_is_what_its_score_says(house: SongMeasurements) -> None:
    assert house.tempo_right and house.key_right
    assert abs(house.off_target) < 1.5
    assert house.stems_off < 1e-4
    assert sum(10 ** (level / 10) for level in house.balance) == pytest.approx(1.0, abs=0.1)


@pytest.mark.thorough
def test_the_same_suite_hears_the_same_song(house: SongMeasurements) -> None:
    again = measure_song(SUITE, ("house", 0))
    assert again == house
    assert measure_song(SUITE, ("house", 1)).embedding != house.embedding


def test_styles_far_apart_are_recognised_and_equal_ones_are_not(house: SongMeasurements) -> None:
    names = ("CORE-01", "CORE-02", "house", "techno")
    far, near = (judge(SUITE, songs(house, names, apart), FAST) for apart in (9.0, 0.0))
    assert far.recognised.value == 1.0 and far.recognised_lofi == 1.0
    assert near.recognised.value < 0.7
    assert [row.lufs for row in far.styles] == [-10.0, -11.0, -12.0, -13.0]
    assert all(not row.mistaken for row in far.styles) and any(row.mistaken for row in near.styles)


def test_shares_leave_out_what_has_no_beat_and_no_corner(house: SongMeasurements) -> None:
    heard = songs(house, ("CORE-01", "house"), 9.0)
    heard[0] = replace(heard[0], tempo_right=None, dark_enough=None)
    heard[1] = replace(heard[1], tempo_right=False, dark_enough=False, off_target=3.0)
    heard[2:] = [replace(song, tempo_right=True, dark_enough=True) for song in heard[2:]]
    found = judge(SUITE, heard, FAST)
    assert found.tempo.value == found.dark_enough.value == 4 / 5
    assert found.on_target.value == 5 / 6


def test_a_style_with_one_song_is_refused(house: SongMeasurements) -> None:
    with pytest.raises(BadInput, match="one song"):
        judge(SUITE, [house], FAST)


def test_the_page_keeps_what_stands_around_the_figures(house: SongMeasurements, tmp_path: Path) -> None:
    found = judge(SUITE, songs(house, ("CORE-01", "house"), 9.0), FAST)
    page = tmp_path / "band.md"
    page.write_text(f"# The house band\n\nBefore.\n\n{markdown.BEGIN}\nstale\n{markdown.END}\n\nAfter.\n")
    report.publish(found, page)
    text = page.read_text()
    assert "Before." in text and "After." in text and "stale" not in text
    assert "| CORE-01 |" in text and f"seeds from {SUITE.seed * 100_000}" in text


def test_evaluate_plays_every_style(house: SongMeasurements, monkeypatch: pytest.MonkeyPatch) -> None:
    from producertwin.progress import finish

    heard = {name: songs(house, (name,), 1.0) for name in ("CORE-01", "house")}
    monkeypatch.setattr(suite, "STYLES", dict.fromkeys(heard))
    monkeypatch.setattr(suite, "speeds", lambda _suite: FAST)
    monkeypatch.setattr(suite, "measure_song", lambda _suite, which: heard[which[0]][which[1]])
    found = finish(suite.evaluate(SUITE))
    assert [row.style for row in found.styles] == list(heard)
    assert (found.realtime.value, found.slowest) == (65.0, 40.0)
