"""The door to language models: a question and, if wanted, a sound go in; a record comes out, or a `NoAnswer` that says why.

Two kinds of server are known: `gemini`, through the package `google-genai`, and `openai`, through the package `openai`, which
speaks to every server that offers OpenAI's chat completions. `choose` reads which model is meant; `connect` makes a `Chat`.
"""

from .client import Chat, Pauses, connect
from .failures import NoAnswer
from .records import KINDS, ChatModel, Clip, Kind, Llm, Question, choose

__all__ = ["KINDS", "Chat", "ChatModel", "Clip", "Kind", "Llm", "NoAnswer", "Pauses", "Question", "choose", "connect"]
