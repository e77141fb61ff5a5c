from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from producertwin.errors import BadInput, NotFound
from producertwin.reporting.curves import Curve, picture, text
from producertwin.training.log_curves import read


def log(path: Path, losses: list[tuple[int, float]]) -> Path:
    path.write_text("".join(json.dumps({"step": step, "loss": loss}) + "\n" for step, loss in losses))
    return path


def test_a_log_is_read_as_running_means_and_the_last_word_counts(tmp_path: Path) -> None:
    rows = [(step, 9.0) for step in (1, 2, 3)] + [(step, float(step)) for step in (2, 3, 4, 5)]
    curve = read([log(tmp_path / "log.jsonl", rows)], ("loss", "high"), window=2)["loss"]
    assert curve.steps.tolist() == [2, 3, 4, 5]
    assert curve.values.tolist() == [5.5, 2.5, 3.5, 4.5]


def test_a_short_run_has_one_mean(tmp_path: Path) -> None:
    assert read([log(tmp_path / "log.jsonl", [(1, 2.0), (2, 4.0)])], ("loss",))["loss"].values.tolist() == [3.0]


def test_a_second_phase_counts_on_where_the_first_ended(tmp_path: Path) -> None:
    phases = [log(tmp_path / name, [(1, 4.0), (2, 2.0)]) for name in ("first.jsonl", "second.jsonl")]
    curve = read([*phases, tmp_path / "not yet.jsonl"], ("loss",), window=1)["loss"]
    assert curve.steps.tolist() == [1, 2, 3, 4] and curve.values.tolist() == [4.0, 2.0, 4.0, 2.0]


def test_no_log_and_an_unknown_name_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no log"):
        read([tmp_path / "log.jsonl"], ("loss",))
    with pytest.raises(NotFound, match="none of high"):
        read([log(tmp_path / "log.jsonl", [(1, 2.0)])], ("high",))


def test_a_falling_curve_falls_in_the_picture() -> None:
    steps = np.arange(1.0, 201.0)
    image = np.array(Image.open(io.BytesIO(picture({"all": Curve(steps, 2.0 / steps)}, "a run"))).convert("RGB"))
    line = (image == (226, 228, 236)).all(-1)
    line[:40] = False  # the title has the same ink
    left, right = (np.flatnonzero(line[:, columns].any(1)).mean() for columns in (slice(60, 90), slice(880, 940)))
    assert image.shape == (420, 960, 3)
    assert left < right - 100


def test_what_cannot_be_drawn_is_left_out_and_nothing_is_refused() -> None:
    steps = np.arange(1.0, 4.0)
    assert picture({"all": Curve(steps, np.array([1.0, np.nan, 2.0])), "none": Curve(steps, np.zeros(3))}, "a run")
    with pytest.raises(BadInput, match="nothing to draw"):
        picture({"none": Curve(steps, np.zeros(3))}, "a run")


def test_a_falling_curve_falls_in_text_too() -> None:
    steps = np.arange(1.0, 201.0)
    curves = {"all": Curve(steps, 2.0 / steps), "held": Curve(steps[50:], np.ones(150))}
    for plain, sign in ((False, "·"), (True, ".")):
        drawn = text(curves, plain=plain, width=40, height=8)
        field = [line[10:] for line in drawn.splitlines()[:8]]
        assert sign in field[0][:3] and sign in field[-1][-3:] and sign not in field[-1][:20]
        assert drawn.splitlines()[-1].split() == [sign, "all", "o" if plain else "•", "held"]
        assert drawn.splitlines()[-2].split() == ["1", "200"]
        assert drawn.isascii() == plain
        assert {len(line) for line in drawn.splitlines()} <= set(range(8, 51))


def test_a_run_of_one_step_can_be_drawn() -> None:
    assert "." in text({"all": Curve(np.array([3.0]), np.array([0.5]))}, plain=True)
    with pytest.raises(BadInput, match="nothing to draw"):
        text({"none": Curve(np.array([3.0]), np.array([0.0]))})


def test_a_step_without_a_number_and_a_broken_last_line_are_passed_over(tmp_path: Path) -> None:
    path = log(tmp_path / "log.jsonl", [(1, 2.0), (3, 4.0)])
    path.write_text('{"step": 2, "loss": null}\n' + path.read_text() + '{"step": 4, "lo')
    assert read([path], ("loss",), window=1)["loss"].steps.tolist() == [1, 3]


@pytest.mark.parametrize("line", ["less is better", "what it is: 1 %"])
def test_a_line_below_the_curves_says_what_they_show(line: str) -> None:
    curves = {"all": Curve(np.arange(1.0, 9.0), np.arange(1.0, 9.0))}
    assert text(curves, line, plain=True).splitlines()[-1] == line
    assert text(curves, plain=True) + f"\n{line}" == text(curves, line, plain=True)
    plain, told = (np.array(Image.open(io.BytesIO(picture(curves, "a run", words))).convert("RGB")) for words in ("", line))
    changed = np.flatnonzero((plain != told).any(axis=(1, 2)))
    assert len(changed) and changed.min() > 390 and changed.max() < 420  # below the numbers of the steps
