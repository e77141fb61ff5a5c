"""What the daemon refuses, and how it says so: the numbers and names of lofi.nvim's own daemon.

`cancel` is in the plugin's contract alone, which gives it two numbers that the daemon uses for other things; `error_code` tells
them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ...errors import BadInput, NotFound, Resources, TwinError, Unavailable
from ...wording import hide_keys


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error: its number, its name for programs and its title for people."""

    code: int
    name: str
    title: str


PARSE: Final = Kind(-32700, "PARSE_ERROR", "Parse error")
INVALID_REQUEST: Final = Kind(-32600, "INVALID_REQUEST", "Invalid request")
METHOD_NOT_FOUND: Final = Kind(-32601, "METHOD_NOT_FOUND", "Method not found")
INVALID_PARAMS: Final = Kind(-32602, "INVALID_PARAMS", "Invalid params")
INTERNAL: Final = Kind(-32603, "INTERNAL_ERROR", "Internal error")
LOAD_FAILED: Final = Kind(-32001, "MODEL_LOAD_FAILED", "Model load failed")
DOWNLOAD_FAILED: Final = Kind(-32002, "MODEL_DOWNLOAD_FAILED", "Model download failed")
INFERENCE_FAILED: Final = Kind(-32003, "MODEL_INFERENCE_FAILED", "Model inference failed")
QUEUE_FULL: Final = Kind(-32004, "QUEUE_FULL", "Queue full")
INVALID_DURATION: Final = Kind(-32005, "INVALID_DURATION", "Invalid duration")
INVALID_PROMPT: Final = Kind(-32006, "INVALID_PROMPT", "Invalid prompt")
INVALID_BACKEND: Final = Kind(-32007, "INVALID_BACKEND", "Invalid backend")
NOT_INSTALLED: Final = Kind(-32008, "BACKEND_NOT_INSTALLED", "Backend not installed")
INVALID_STEPS: Final = Kind(-32009, "INVALID_INFERENCE_STEPS", "Invalid inference steps")
INVALID_GUIDANCE: Final = Kind(-32010, "INVALID_GUIDANCE_SCALE", "Invalid guidance scale")
INVALID_SCHEDULER: Final = Kind(-32011, "INVALID_SCHEDULER", "Invalid scheduler")
TRACK_NOT_FOUND: Final = Kind(-32006, "TRACK_NOT_FOUND", "Track not found")
ALREADY_COMPLETE: Final = Kind(-32007, "ALREADY_COMPLETE", "Already complete")


class Refused(Exception):
    """A request that is answered by an error. `remedy` is the one thing to do next."""

    def __init__(self, kind: Kind, reason: str, *, remedy: str = "") -> None:
        super().__init__(reason)
        self.kind, self.reason, self.remedy = kind, reason, remedy

    @property
    def details(self) -> str:
        """What is wrong and what to do about it."""
        return hide_keys("; ".join(filter(None, (self.reason, self.remedy))))

    def as_json(self) -> dict[str, Any]:
        """The `error` of an answer. The plugin shows people its message alone, so all is said there."""
        data = {"error_code": self.kind.name, "details": self.details}
        return {"code": self.kind.code, "message": f"{self.kind.title}: {self.details}", "data": data}


def refuse_request(error: TwinError) -> Refused:
    """How an error is answered that was noticed before anything was played."""
    match error:
        case BadInput():
            kind = INVALID_PARAMS
        case NotFound() | Unavailable():
            kind = NOT_INSTALLED
        case Resources():
            kind = INFERENCE_FAILED
        case _:
            kind = INTERNAL
    return Refused(kind, error.message, remedy=error.remedy)


def fail_generation(error: TwinError) -> Refused:
    """How an error is told that stopped the playing."""
    return Refused(LOAD_FAILED if isinstance(error, Unavailable) else INFERENCE_FAILED, error.message, remedy=error.remedy)
