"""Files for TensorBoard, written in step with training.

`tensorboardX` knows the format; its own writer hands every number to a thread, which dies silently on a full disk and then blocks
training, so events are written here directly, one per row.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from ..disk import disk_errors
from ..errors import Unavailable


class TensorBoard:
    """Writes a new file of events in `folder`. A viewer then ignores what older files say of steps after `step`."""

    def __init__(self, folder: Path, step: int) -> None:
        try:
            events = import_module("tensorboardX.event_file_writer")
            self._kinds = import_module("tensorboardX.proto.event_pb2")
        except ImportError:
            raise Unavailable("files for TensorBoard cannot be written", remedy="pip install tensorboardX") from None
        self._folder = folder
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = events.EventsWriter(str(folder / "events"), f".{secrets.token_hex(4)}")
            start = self._kinds.SessionLog(status=self._kinds.SessionLog.START)
            self._file.write_event(self._kinds.Event(wall_time=time.time(), step=step + 1, session_log=start))

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        """Write the numbers of one step, by their names."""
        event = self._kinds.Event(wall_time=time.time(), step=step)
        for name, value in numbers.items():
            event.summary.value.add(tag=name, simple_value=value)
        with disk_errors(self._folder):
            self._file.write_event(event)

    def flush(self) -> None:
        """Write everything to the disk."""
        with disk_errors(self._folder):
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with disk_errors(self._folder):
            self._file.close()
