"""Google's Gemini, through the package `google-genai` (extra `gemini`).

The package sends; what comes back is read here, because its own reading stumbles over a body that is not what Gemini sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, Field, SecretStr, ValidationError

from .answers import NoAnswer, Reply, Schema, in_words
from .chat import Question
from .choice import Llm
from .line import failure, line, safe

_VERSION: Final = "v1beta"
"""Of the interface: the one that takes a schema."""
_WHOLE: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})


class _Part(BaseModel):
    text: str = ""
    thought: bool = False


class _Content(BaseModel):
    parts: tuple[_Part, ...] = ()


class _Candidate(BaseModel):
    content: _Content = _Content()
    ending: str = Field("STOP", alias="finishReason")


class _Feedback(BaseModel):
    blocked: str | None = Field(None, alias="blockReason")


class _Body(BaseModel):
    """The part of Gemini's answer that is read."""

    candidates: tuple[_Candidate, ...] = ()
    feedback: _Feedback = Field(_Feedback(), alias="promptFeedback")


@dataclass(frozen=True, slots=True)
class Gemini:
    """Gemini's server."""

    llm: Llm
    key: SecretStr

    def send(self, question: Question, schema: Schema) -> Reply:
        """Ask once. Raises `NoAnswer`."""
        from google import genai
        from google.genai import errors, types

        key = self.key.get_secret_value()
        config = types.GenerateContentConfig(
            max_output_tokens=self.llm.longest,
            response_mime_type="application/json",
            response_json_schema=dict(schema) if self.llm.holds_schema else None,
            should_return_http_response=True,
        )
        with line(self.llm) as client:
            # Address, version and kind of server are stated, so that no variable of the package's own sends the key elsewhere.
            http = types.HttpOptions(
                base_url=self.llm.url, api_version=_VERSION, timeout=max(round(1_000 * self.llm.timeout), 1), httpx_client=client
            )
            models = genai.Client(api_key=key, vertexai=False, http_options=http).models
            try:
                answer = models.generate_content(model=self.llm.model, contents=self._parts(question, schema), config=config)
            except errors.APIError as error:
                raise failure(error.response, key) from None
        return _reply(answer.sdk_http_response.body or "", key)

    def _parts(self, question: Question, schema: Schema) -> list[Any]:
        from google.genai import types

        text = question.text if self.llm.holds_schema else f"{question.text}\n\n{in_words(schema)}"
        parts: list[Any] = [types.Part.from_text(text=text)]
        if question.clip is not None:
            parts.append(types.Part.from_bytes(data=question.clip.data, mime_type="audio/mp3"))
        return parts


def _reply(text: str, key: str) -> Reply:
    try:
        body = _Body.model_validate_json(text)
    except ValidationError:
        raise NoAnswer("not_json", "what came back is not an answer of Gemini's") from None
    if body.feedback.blocked is not None:
        return Reply("", "refused", safe(body.feedback.blocked, key))
    if not body.candidates:
        raise NoAnswer("not_json", "what came back holds no answer")
    first = body.candidates[0]
    if first.ending not in {*_WHOLE, "MAX_TOKENS"}:
        return Reply("", "refused", safe(first.ending, key))
    said = "".join(part.text for part in first.content.parts if not part.thought)
    return Reply(said, "cut" if first.ending == "MAX_TOKENS" else "whole")
