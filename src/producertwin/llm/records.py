"""What a language model is and what it is asked.

| variable | meaning | default |
|---|---|---|
| `TWIN_GEMINI_MODEL`, `TWIN_OPENAI_MODEL` | the model's name | see `DEFAULTS` |
| `TWIN_GEMINI_URL`, `TWIN_OPENAI_URL` | the server's address, such as `http://localhost:8000/v1` | see `DEFAULTS` |
| `GEMINI_API_KEY`, `OPENAI_API_KEY` | the key, which only `connect` reads | none |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, TypeVar, get_args

from pydantic import Field

from ..recipe import Record, read

R = TypeVar("R", bound=Record)
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
    """The protocol that its server speaks."""
    model: str = Field(pattern=r"^\w[\w@+-]*([.:/][\w@+-]+)*$", max_length=200)
    """The name by which its server knows it."""
    url: str = Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=500)
    """The address of its server."""
    per_minute: float = Field(10, gt=0, le=10_000)
    """Most questions a minute."""
    timeout: float = Field(120, gt=0, le=3_600)
    """Seconds to wait for an answer."""
    tries: int = Field(6, ge=1, le=20)
    """Most attempts at one question; the pauses of six add up to a minute, in which a quota by the minute renews itself."""
    longest: int = Field(4_096, ge=16, le=65_536)
    """Most tokens of an answer, thinking included."""
    strict: bool | None = None
    """Whether the server takes a schema; None: all but models known not to. Else the question asks for JSON in words."""

    @property
    def name(self) -> str:
        """Kind and model, as in `gemini:gemini-3.8-flash`."""
        return f"{self.kind}:{self.model}"

    @property
    def takes_schema(self) -> bool:
        """Whether the schema is sent beside the question rather than in its text."""
        return self.strict if self.strict is not None else not self.model.startswith(_WITHOUT_SCHEMA)

    @property
    def official(self) -> bool:
        """Whether the address is the provider's own."""
        return self.url.rstrip("/") == DEFAULTS[self.kind][1]


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound to listen to: the bytes of an MP3, which every kind of server takes."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    text: str
    clip: Clip | None = None


class ChatModel(Protocol):
    """Whatever answers questions; `Chat` does, and tests bring their own."""

    @property
    def name(self) -> str:
        """Kind and model."""
        ...

    def ask(self, question: Question, kind: type[R]) -> R:
        """The answer as a record of `kind`. Raises `NoAnswer`."""
        ...


def choose(kind: Kind, environ: Mapping[str, str] = os.environ, *, model: str | None = None) -> Llm:
    """The language model of `kind` that `environ` names; `model`, when given, wins. Raises `BadInput` for what cannot be one."""
    default, official = DEFAULTS[kind]
    data: dict[str, Any] = {
        "kind": kind,
        "model": model or environ.get(f"TWIN_{kind.upper()}_MODEL") or default,
        "url": environ.get(f"TWIN_{kind.upper()}_URL") or official,
    }
    return read(Llm, data, where="environment")
