"""Google's Gemini, through the package `google-genai` (extra `gemini`).

The package sends and, with `should_return_http_response`, hands over the body. It is read here, because the package's own reading
fails with untyped errors on a body that is not what Gemini sends.
"""

from __future__ import annotations

from typing import Any, Final

from google.genai import Client, types
from pydantic import AliasPath, BaseModel, Field, SecretStr, ValidationError

from .answers import Schema
from .failures import NoAnswer
from .http_client import open_client
from .records import Llm, Question
from .usage import Reply, Usage, read_usage

_VERSION: Final = "v1beta"
"""The version of the interface that takes a schema."""
_ANSWERED: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED", "MAX_TOKENS"})
"""The endings of an answer; every other one is a refusal."""


class _Part(BaseModel):
    text: str = ""
    thought: bool = False


class _Body(BaseModel):
    """The part of Gemini's answer that is read."""

    blocked: str | None = Field(None, validation_alias=AliasPath("promptFeedback", "blockReason"))
    candidate: dict[str, Any] | None = Field(None, validation_alias=AliasPath("candidates", 0))
    parts: tuple[_Part, ...] = Field((), validation_alias=AliasPath("candidates", 0, "content", "parts"))
    asked: Any = Field(None, validation_alias=AliasPath("usageMetadata", "promptTokenCount"))
    answered: Any = Field(None, validation_alias=AliasPath("usageMetadata", "candidatesTokenCount"))
    thought: Any = Field(0, validation_alias=AliasPath("usageMetadata", "thoughtsTokenCount"))
    ending: str = Field("STOP", validation_alias=AliasPath("candidates", 0, "finishReason"))


def send(llm: Llm, secret: SecretStr, question: Question, schema: Schema | None) -> Reply:
    """The model's answer; asks once. Raises `NoAnswer`."""
    parts = [types.Part.from_text(text=question.text)]
    if question.clip is not None:
        parts.append(types.Part.from_bytes(data=question.clip.data, mime_type="audio/mp3"))
    config = types.GenerateContentConfig(
        max_output_tokens=llm.longest,
        response_mime_type="application/json",
        response_json_schema=None if schema is None else dict(schema),
        should_return_http_response=True,
    )
    milliseconds = max(round(1_000 * llm.timeout), 1)
    key = secret.get_secret_value()
    with open_client(llm, key) as http:
        # Address, version and kind of server are stated, so that no variable of the package's own sends the key elsewhere.
        options = types.HttpOptions(base_url=llm.url, api_version=_VERSION, timeout=milliseconds, httpx_client=http)
        models = Client(api_key=key, vertexai=False, http_options=options).models
        answer = models.generate_content(model=llm.model, contents=parts, config=config)
    return _read(answer.sdk_http_response.body or "")


def _read(text: str) -> Reply:
    try:
        body = _Body.model_validate_json(text)
    except ValidationError:
        raise NoAnswer("not_json", "what came back is not an answer of Gemini's", sent=True) from None
    failure = None
    if body.blocked is not None or body.ending not in _ANSWERED:
        failure = NoAnswer("refused", f"it refused to answer ({body.blocked or body.ending})")
    elif body.candidate is None:
        failure = NoAnswer("not_json", "what came back holds no answer")
    elif body.ending == "MAX_TOKENS":
        failure = NoAnswer("truncated", "its answer reached the longest allowed and was cut off")
    return Reply("".join(part.text for part in body.parts if not part.thought), _read_usage(body), failure)


def _read_usage(body: _Body) -> Usage | None:
    """The tokens that are stated; thinking is part of the answer, and a part of nothing is left out of the body."""
    answered, thought = read_usage(body.asked, body.answered), read_usage(body.asked, body.thought)
    if answered is None or thought is None:
        return None
    return Usage(answered.asked, answered.answered + thought.answered)
