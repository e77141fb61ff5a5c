"""OpenAI's chat completions, and every server that offers them, through the package `openai` (extra `openai`).

The package sends. Its own retries are off, because `client` decides about them. The body is read here, because the package does
not check it, and other servers leave out fields that OpenAI's own has.
"""

from __future__ import annotations

import base64
from typing import Any

import openai
from pydantic import AliasPath, BaseModel, Field, SecretStr, ValidationError

from .answers import Schema
from .failures import NoAnswer
from .http_client import open_client
from .records import Llm, Question
from .usage import Reply, read_usage


class _Completion(BaseModel):
    """The part of a chat completion that is read."""

    message: dict[str, Any] = Field(validation_alias=AliasPath("choices", 0, "message"))
    content: str | None = Field(None, validation_alias=AliasPath("choices", 0, "message", "content"))
    refusal: str | None = Field(None, validation_alias=AliasPath("choices", 0, "message", "refusal"))
    asked: Any = Field(None, validation_alias=AliasPath("usage", "prompt_tokens"))
    answered: Any = Field(None, validation_alias=AliasPath("usage", "completion_tokens"))
    finish_reason: str | None = Field(None, validation_alias=AliasPath("choices", 0, "finish_reason"))


def send(llm: Llm, secret: SecretStr, question: Question, schema: Schema | None) -> Reply:
    """The model's answer; asks once. `secret` is empty where the server needs no key. Raises `NoAnswer`."""
    key = secret.get_secret_value()
    # Key and address are stated, so that no variable of the package's own takes their place.
    headers = {"Authorization": f"Bearer {key}" if key else openai.Omit()}
    with open_client(llm, key) as http:
        client = openai.OpenAI(api_key=key or "none", base_url=llm.url, timeout=http.timeout, max_retries=0, http_client=http)
        try:
            response = client.chat.completions.with_raw_response.create(**_body(llm, question, schema), extra_headers=headers)
        except openai.APIConnectionError as error:
            raise error.__cause__ or error from None  # the HTTP client's own error, which `open_client` translates
    try:
        completion = _Completion.model_validate_json(response.content)
    except ValidationError:
        raise NoAnswer("not_json", "what came back is not a chat completion", sent=True) from None
    failure = None
    if completion.refusal or completion.finish_reason == "content_filter":
        failure = NoAnswer("refused", f"it refused to answer ({completion.refusal or 'content filter'})")
    elif completion.finish_reason == "length":
        failure = NoAnswer("truncated", "its answer reached the longest allowed and was cut off")
    return Reply(completion.content or "", read_usage(completion.asked, completion.answered), failure)


def _body(llm: Llm, question: Question, schema: Schema | None) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": question.text}]
    if question.clip is not None:
        sound = {"data": base64.b64encode(question.clip.data).decode(), "format": "mp3"}
        content.append({"type": "input_audio", "input_audio": sound})
    messages = [{"role": "user", "content": content}]
    body: dict[str, Any] = {"model": llm.model, "messages": messages, "max_completion_tokens": llm.longest}
    if schema is not None:
        form = {"name": "answer", "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body
