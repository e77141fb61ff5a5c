"""Every failure a person can meet, as one tree.

    TwinError                       1   unexpected; never raised itself
    ├── BadInput                    3   what was given cannot be used: caption, bpm, file, recipe, region
    │   └── AudioRejected           3   a sound file that cannot be used, with a reason code
    ├── NotFound                    4   a take, style, folder or file that is not there
    ├── PartialFailure              5   some units of a batch failed; carries the list
    ├── Resources                   6   disk or memory ran out, or would
    │   └── DiskFull                6   there is no room on a disk: what waits can go on when there is
    ├── Unavailable                 7   weights, network or an optional package is missing
    ├── BudgetExceeded              8   a limit the user set was reached
    ├── Diverged                    9   training stopped because the loss diverged
    └── Interrupted               130   Ctrl-C or SIGTERM, everything finished so far kept

The number is the exit code of the command line; the HTTP status is given beside it. Only `cli` and `server`
translate an error; rooms raise them. Each carries a `remedy`: the one thing to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

from typing import ClassVar

__all__ = [
    "AudioRejected",
    "BadInput",
    "BudgetExceeded",
    "DiskFull",
    "Diverged",
    "Interrupted",
    "NotFound",
    "PartialFailure",
    "Resources",
    "TwinError",
    "Unavailable",
]


class TwinError(Exception):
    """Root of the tree: a message that names the offending value, and a remedy."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Errors of every kind can be handed to another process."""
        return _restore, (type(self), self.__dict__)


def _restore(kind: type[TwinError], facts: dict[str, object]) -> TwinError:
    error = kind.__new__(kind, facts["message"])
    error.__dict__.update(facts)
    return error


class BadInput(TwinError):
    """What was given cannot be used as it is. `faults` are its mistakes one by one, as `field: what`, where it tells several."""

    exit_code = 3
    http_status = 422

    def __init__(self, message: str, *, remedy: str = "", faults: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.faults = faults


class AudioRejected(BadInput):
    """A sound file that cannot be used. `reason` is a stable code such as `not_audio` or `too_long_to_decode`."""

    def __init__(self, reason: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason

    def without_path(self, path: Path) -> AudioRejected:
        """The same error for messages in which the file is named already: `path` before the message is left out."""
        return AudioRejected(self.reason, self.message.removeprefix(f"{path}: "), remedy=self.remedy)


class NotFound(TwinError):
    """Something was named that does not exist."""

    exit_code = 4
    http_status = 404


class PartialFailure(TwinError):
    """Some units of a batch failed and the others are done. `failures` maps each failed unit to its error."""

    exit_code = 5
    http_status = 207

    def __init__(self, message: str, failures: dict[str, TwinError], *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.failures = failures


class Resources(TwinError):
    """Disk or memory ran out, or a plan would need more than there is."""

    exit_code = 6
    http_status = 507


class DiskFull(Resources):
    """A disk has no room, or too little for what was asked. The same work can be done when some was made."""


class Unavailable(TwinError):
    """Weights, network, an optional package or an outside tool is missing."""

    exit_code = 7
    http_status = 503


class BudgetExceeded(TwinError):
    """A limit that the user set (money, time, takes) was reached."""

    exit_code = 8
    http_status = 402


class Diverged(TwinError):
    """Training diverged and was stopped; the last good checkpoint is kept."""

    exit_code = 9
    http_status = 500


class Interrupted(TwinError):
    """The user or the system asked to stop."""

    exit_code = 130
    http_status = 499
