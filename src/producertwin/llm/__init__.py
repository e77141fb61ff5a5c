"""The door to language models: text and, if wanted, a sound go in; a record comes out, or an error that says why none did.

Two kinds are known: `gemini`, through the package `google-genai`, and `openai`: OpenAI's chat completions and every server that
speaks them, one on this computer too. Whoever needs an answer takes a `ChatModel`; `choose` and `connect` make one.
"""

from .answers import NoAnswer
from .chat import Chat, ChatModel, Clip, Pauses, Question
from .choice import KINDS, Kind, Llm, choose
from .connect import connect

__all__ = ["KINDS", "Chat", "ChatModel", "Clip", "Kind", "Llm", "NoAnswer", "Pauses", "Question", "choose", "connect"]
