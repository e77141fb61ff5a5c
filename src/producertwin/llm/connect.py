"""From a choice of model to one that can be asked: what is lacking is said before the first question.

The key is read here and stays behind the wire: no record, message or repr shows it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pydantic import SecretStr

from ..errors import BadInput
from ..settings import Settings
from .answers import NoAnswer
from .chat import Chat, Pauses, Wire
from .choice import Llm
from .gemini import Gemini
from .openai import OpenAI


def connect(llm: Llm, settings: Settings, environ: Mapping[str, str] = os.environ, *, pauses: Pauses = Pauses()) -> Chat:
    """`llm`, ready to be asked. Nothing is sent yet. Raises `NoAnswer`: offline, no_key or no_package."""
    if settings.offline:
        raise NoAnswer("offline", f"{llm.name} cannot be asked offline")
    key = _key(llm, environ)
    wire: Wire = OpenAI(llm, key)
    if llm.kind == "gemini":
        try:
            import google.genai  # noqa: F401 - only whether it is there
        except ImportError:
            raise NoAnswer("no_package", f"{llm.name} needs the package google-genai") from None
        wire = Gemini(llm, key)
    return Chat(llm, wire, pauses)


def _key(llm: Llm, environ: Mapping[str, str]) -> SecretStr:
    variable = f"{llm.kind.upper()}_API_KEY"
    key = environ.get(variable, "").strip()
    if not key and (llm.at_home or llm.kind == "gemini"):
        raise NoAnswer("no_key", f"{variable} is not set", remedy=f"set {variable} to the key that the provider gave you")
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"{variable} holds signs that no key has", remedy="copy the key again, without quotes or line breaks")
    return SecretStr(key)
