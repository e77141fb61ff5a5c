from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import BadInput, Resources
from producertwin.library.jsonl import append, drop, last_row, rows
from producertwin.progress import warning
from producertwin.training import log as logs
from producertwin.training.log import Log, no_callbacks


def ticks(gap: float = 0.5) -> Callable[[], float]:
    times = count()
    return lambda: gap * next(times)


def logged(folder: Path, steps: range, *, after: int = 0, **more: Any) -> list[dict[str, Any]]:
    with Log(folder, 10, clock=ticks(), **more) as log:
        log.on_begin(after)
        for step in steps:
            log.on_step({"step": step, "loss": 1.0 / step, "loss_0": 0.3, "norm": 0.7, "rate": 1e-4, "audio": 2.0})
    return rows(folder / logs.STEPS)


def events(folder: Path) -> Iterator[tuple[str, int, float]]:
    """Tag, step and value of all that a TensorBoard folder holds, from its records (length, checksum, event, checksum)."""
    from tensorboardX.proto.event_pb2 import Event  # type: ignore[import-untyped]

    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        at = 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            event = Event.FromString(data[at + 12 : at + 12 + length])
            at += 16 + length
            if event.session_log.status:
                yield "session", event.step, 0.0
            for value in event.summary.value:
                yield value.tag, event.step, value.simple_value


def test_a_row_tells_speed_time_left_and_music_heard(tmp_path: Path) -> None:
    found = logged(tmp_path, range(1, 4))
    assert [row["step"] for row in found] == [1, 2, 3]
    assert found[-1] == {
        "step": 3, "loss": 0.333333, "loss_0": 0.3, "norm": 0.7, "rate": 1e-4, "audio": 2.0,
        "heard": 6.0, "speed": 2.0, "left": 3.5,
    }  # fmt: skip


def test_going_on_drops_the_rows_past_the_step_and_counts_on(tmp_path: Path) -> None:
    logged(tmp_path, range(1, 7))
    for name in (logs.VALIDATION, logs.WARNINGS, logs.SAMPLES):
        for step in (4, 6):
            append(tmp_path / name, {"step": step})
    found = logged(tmp_path, range(5, 9), after=4)
    assert [row["step"] for row in found] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found[-1]["heard"] == 16.0
    assert [rows(tmp_path / name) for name in (logs.VALIDATION, logs.WARNINGS, logs.SAMPLES)] == 3 * [[{"step": 4}]]


def test_a_new_start_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    logged(tmp_path, range(1, 7))
    assert [row["step"] for row in logged(tmp_path, range(1, 3))] == [1, 2]


def test_a_rollback_within_a_run_takes_its_rows_back(tmp_path: Path) -> None:
    with Log(tmp_path, 10) as log:
        log.on_begin(0)
        for step in (1, 2, 3):
            log.on_step({"step": step, "loss": 1.0, "audio": 1.0})
        log.on_begin(1)
        log.on_step({"step": 2, "loss": 0.5, "audio": 1.0})
    found = rows(tmp_path / logs.STEPS)
    assert [(row["step"], row["loss"], row["heard"]) for row in found] == [(1, 1.0, 1.0), (2, 0.5, 2.0)]


@pytest.mark.parametrize("broken", [b'{"step": 5, "lo', b"\xff", b'{"step": 5}', b'"a"\n'])
def test_a_last_line_that_a_kill_broke_costs_nothing_else(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / logs.STEPS
    logged(tmp_path, range(1, 5))
    with path.open("ab") as file:
        file.write(broken)
    assert [row["step"] for row in rows(path)][:4] == [1, 2, 3, 4]
    assert last_row(path)["step"] in (4, 5)
    assert [row["step"] for row in logged(tmp_path, range(5, 7), after=4)] == [1, 2, 3, 4, 5, 6]


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"st\n{"step": 3}\n')
    with pytest.raises(BadInput, match="line 2"):
        drop(path, 2)
    assert "line" not in last_row(path) and last_row(path) == {"step": 3}


def test_there_is_no_last_row_without_a_log(tmp_path: Path) -> None:
    assert last_row(tmp_path / "none") == {} and rows(tmp_path / "none") == []


def test_what_is_no_number_is_written_as_none(tmp_path: Path) -> None:
    with Log(tmp_path, 10) as log:
        log.on_begin(0)
        log.on_step({"step": 1, "loss": float("nan"), "norm": float("inf")})
    [row] = map(json.loads, (tmp_path / logs.STEPS).read_text().splitlines())
    assert row["loss"] is None and row["norm"] is None


def test_the_board_holds_what_the_lines_hold(tmp_path: Path) -> None:
    with Log(tmp_path, 10) as log:
        log.on_begin(0)
        log.on_step({"step": 1, "loss": 0.5, "norm": float("nan")})
        log.on_validation({"step": 1, "loss": 0.25, "loss_3": 0.125})
    found = set(events(tmp_path / logs.BOARD))
    assert {("train/loss", 1, 0.5), ("validation/loss", 1, 0.25), ("validation/loss_3", 1, 0.125)} <= found
    assert "train/norm" not in {tag for tag, _, _ in found}


def test_a_viewer_is_told_from_where_older_files_no_longer_count(tmp_path: Path) -> None:
    logged(tmp_path, range(1, 4))
    logged(tmp_path, range(3, 5), after=2)
    assert sorted(step for tag, step, _ in events(tmp_path / logs.BOARD) if tag == "session") == [1, 3]
    assert len(list((tmp_path / logs.BOARD).iterdir())) == 2


def test_the_board_is_on_the_disk_when_a_checkpoint_is(tmp_path: Path) -> None:
    with Log(tmp_path, 10) as log:
        log.on_begin(0)
        log.on_step({"step": 1, "loss": 0.5})
        log.on_checkpoint(1, tmp_path)
        assert ("train/loss", 1, 0.5) in set(events(tmp_path / logs.BOARD))


def test_without_tensorboard_the_lines_are_written_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX.event_file_writer", None)
    with Log(tmp_path, 10, clock=ticks()) as log:
        log.on_begin(0)
        log.on_step({"step": 1, "loss": 1.0})
        [said] = log.take_messages()
    assert len(rows(tmp_path / logs.STEPS)) == 1 and not (tmp_path / logs.BOARD).exists()
    assert "pip install tensorboardX" in said.text and "tensorboardX" in rows(tmp_path / logs.WARNINGS)[0]["warning"]


def test_a_warning_is_kept_and_said_once(tmp_path: Path) -> None:
    with Log(tmp_path, 10) as log:
        log.on_begin(0)
        log.warn(7, "a batch without a finite loss was skipped")
        assert log.take_messages() == [warning("step 7: a batch without a finite loss was skipped")]
        assert list(log.take_messages()) == []
    assert rows(tmp_path / logs.WARNINGS) == [{"step": 7, "warning": "a batch without a finite loss was skipped"}]


def test_a_checkpoint_lets_the_adapter_be_heard_and_what_failed_is_told(tmp_path: Path) -> None:
    heard: list[tuple[int, Path]] = []

    def sample(step: int, adapter: Path) -> list[str]:
        heard.append((step, adapter))
        return ["no sample take"]

    with Log(tmp_path, 10, sample=sample) as log:
        log.on_begin(0)
        log.on_checkpoint(4, tmp_path / "adapter")
    assert heard == [(4, tmp_path / "adapter")]
    assert rows(tmp_path / logs.WARNINGS) == [{"step": 4, "warning": "no sample take"}]


def test_a_full_disk_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(Resources, match="No space"):
        append(Path("/dev/full"), {"step": 1})


def test_no_callbacks_ignore_everything(tmp_path: Path) -> None:
    no_callbacks.on_begin(0)
    no_callbacks.on_step({"step": 1})
    no_callbacks.on_validation({"step": 1})
    no_callbacks.on_checkpoint(1, tmp_path)
    no_callbacks.warn(1, "nothing")
    assert list(no_callbacks.take_messages()) == []
    assert not list(tmp_path.iterdir())
