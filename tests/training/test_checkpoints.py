"""Checkpoints: whole or absent, damaged ones passed over, written beside the training."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
import torch

from producertwin.errors import BadInput, Resources
from producertwin.training import checkpoints
from producertwin.training.checkpoints import STATE, TENSORS, Checkpoint, Writer


def checkpoint(value: float, **state: object) -> Checkpoint:
    return Checkpoint({"x": torch.full((3,), value)}, state)


def put(folder: Path, *steps: int) -> None:
    for step in steps:
        checkpoints.save(folder, step, checkpoint(step), beside=lambda draft: (draft / "note").write_text("kept"))


def damage(path: Path, how: str) -> None:
    if how == "cut short":
        path.write_bytes(path.read_bytes()[:-5])
    elif how == "one bit":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    elif how == "no tensors":
        path.unlink()
    else:
        path.with_name(STATE).write_text("{", encoding="utf-8")


@pytest.mark.parametrize("how", ["cut short", "one bit", "no tensors", "no state"])
def test_a_damaged_newest_checkpoint_is_passed_over_and_named(tmp_path: Path, how: str) -> None:
    put(tmp_path, 1, 2)
    damage(checkpoints.path_of(tmp_path, 2) / TENSORS, how)
    found = checkpoints.newest(tmp_path)
    assert found is not None and found.checkpoint.state["step"] == 1
    assert torch.equal(found.checkpoint.tensors["x"], torch.ones(3))
    assert len(found.passed_over) == 1 and "step-00000002" in found.passed_over[0]
    with pytest.raises(BadInput, match="step-00000002 is damaged"):
        checkpoints.read(checkpoints.path_of(tmp_path, 2))


def test_the_newest_that_is_wanted_is_found(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        checkpoints.save(tmp_path, step, checkpoint(step, good=step != 3))
    found = checkpoints.newest(tmp_path, lambda state: bool(state["good"]))
    assert found is not None and found.path.name == "step-00000002" and not found.passed_over
    assert checkpoints.newest(tmp_path, lambda _: False) is None
    assert checkpoints.newest(tmp_path / "nothing") is None


def test_of_older_checkpoints_only_what_lies_beside_stays(tmp_path: Path) -> None:
    put(tmp_path, 1, 2, 3, 4)
    checkpoints.save(tmp_path, 5, checkpoint(5))
    checkpoints.prune(tmp_path, 2, {2})
    assert checkpoints.steps_in(tmp_path) == [2, 4, 5]
    assert sorted(path.name for path in checkpoints.path_of(tmp_path, 1).iterdir()) == ["note"]
    checkpoints.prune(tmp_path, 1)
    assert checkpoints.steps_in(tmp_path) == [5]


def test_what_comes_after_a_step_can_be_dropped(tmp_path: Path) -> None:
    put(tmp_path, 1, 2, 3)
    checkpoints.prune(tmp_path, 1)
    assert checkpoints.drop_after(tmp_path, 1) == (3, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def test_what_a_kill_left_half_written_is_swept(tmp_path: Path) -> None:
    put(tmp_path, 1)
    (tmp_path / ".step-00000002.999").mkdir()
    checkpoints.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


@pytest.mark.parametrize("failing", ["save_file", "write_whole", "_checksum"])
def test_a_full_disk_leaves_the_previous_checkpoint_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    put(tmp_path, 1)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, failing, full)
    with pytest.raises(Resources, match="No space left") as caught:
        put(tmp_path, 2)
    assert caught.value.remedy
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]
    assert checkpoints.newest(tmp_path) is not None


def test_the_writer_saves_what_the_tensors_were_while_they_go_on_changing(tmp_path: Path) -> None:
    weights, go = torch.ones(3), threading.Event()
    writer = Writer(tmp_path)
    writer.put(1, Checkpoint({"x": weights}, {}), beside=lambda _: go.wait(10))
    assert writer.take_finished() is None
    weights.zero_()
    go.set()
    assert writer.wait() == checkpoints.path_of(tmp_path, 1)
    assert writer.wait() is None
    assert torch.equal(checkpoints.read(checkpoints.path_of(tmp_path, 1)).tensors["x"], torch.ones(3))
    writer.close()


def test_what_the_writer_could_not_save_is_raised_to_whoever_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    writer = Writer(tmp_path)
    writer.put(1, checkpoint(1))
    with pytest.raises(Resources):
        writer.wait()
    assert writer.wait() is None
    writer.close()
