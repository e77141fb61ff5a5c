"""Which language model is asked, where, and how patiently.

| variable | meaning | default |
|---|---|---|
| `TWIN_GEMINI_MODEL`, `TWIN_OPENAI_MODEL` | the model's name | see `DEFAULTS` |
| `TWIN_GEMINI_URL`, `TWIN_OPENAI_URL` | where it answers, such as `http://localhost:8000/v1` | see `DEFAULTS` |
| `GEMINI_API_KEY`, `OPENAI_API_KEY` | the key, which only `connect` reads | none |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from pydantic import Field

from ..recipe import Record, read

Kind = Literal["gemini", "openai"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DEFAULTS: Final[dict[Kind, tuple[str, str]]] = {
    "gemini": ("gemini-3.8-flash", "https://generativelanguage.googleapis.com"),
    "openai": ("gpt-audio-1.5", "https://api.openai.com/v1"),
}
"""Model and address of each kind."""
_WITHOUT_SCHEMA: Final = ("gpt-audio", "gpt-4o-audio", "gpt-4o-mini-audio")
"""OpenAI's models that hear sound do not take a schema."""


class Llm(Record):
    """Which language model is asked, where, and how patiently."""

    kind: Kind
    """How it is spoken to."""
    model: str = Field(pattern=r"^\w[\w@+-]*([.:/][\w@+-]+)*$", max_length=200)
    """The name its server knows it by."""
    url: str = Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)
    """Where its server answers."""
    per_minute: float = Field(10, gt=0, le=10_000)
    """Most questions a minute."""
    timeout: float = Field(120, gt=0, le=3_600)
    """Seconds to wait for an answer."""
    tries: int = Field(6, ge=1, le=20)
    """Most attempts at one question; the pauses of six add up to a minute, in which a quota by the minute renews itself."""
    longest: int = Field(4_096, ge=16, le=65_536)
    """Most tokens of an answer, thinking included."""
    strict: bool | None = None
    """Whether the server holds the answer to a schema; None: yes, but for models known not to. Else it is asked for in words."""

    @property
    def name(self) -> str:
        """Kind and model, as in `gemini:gemini-3.8-flash`."""
        return f"{self.kind}:{self.model}"

    @property
    def holds_schema(self) -> bool:
        """Whether the schema goes beside the question rather than into it."""
        return self.strict if self.strict is not None else not self.model.startswith(_WITHOUT_SCHEMA)

    @property
    def at_home(self) -> bool:
        """Whether it answers at its maker's own address."""
        return self.url.rstrip("/") == DEFAULTS[self.kind][1]


def choose(kind: Kind, environ: Mapping[str, str] = os.environ, *, model: str | None = None) -> Llm:
    """The language model of `kind` that `environ` names; `model`, when given, wins. Raises `BadInput` for what cannot be one."""
    usual, home = DEFAULTS[kind]
    data: dict[str, Any] = {
        "kind": kind,
        "model": model or environ.get(f"TWIN_{kind.upper()}_MODEL") or usual,
        "url": environ.get(f"TWIN_{kind.upper()}_URL") or home,
    }
    return read(Llm, data, where="environment")
