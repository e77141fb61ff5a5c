"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, SecretStr, ValidationError

from .answers import NoAnswer, Reply, Schema, in_words
from .chat import Question
from .choice import Llm
from .line import failure, line, safe


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    """The part of a chat completion that is read."""

    choices: tuple[_Choice, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class OpenAI:
    """A server of this kind; `key` may be empty where none is asked for."""

    llm: Llm
    key: SecretStr

    def send(self, question: Question, schema: Schema) -> Reply:
        """Ask once. Raises `NoAnswer`."""
        key = self.key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with line(self.llm) as client:
            answer = client.post(
                f"{self.llm.url.rstrip('/')}/chat/completions", json=self._body(question, schema), headers=headers
            )
        if answer.status_code != 200:
            raise failure(answer, key)
        try:
            choice = _Completion.model_validate_json(answer.content).choices[0]
        except ValidationError:
            raise NoAnswer("not_json", "what came back is not a chat completion") from None
        if choice.message.refusal or choice.finish_reason == "content_filter":
            return Reply("", "refused", safe(choice.message.refusal or "content filter", key))
        return Reply(choice.message.content or "", "cut" if choice.finish_reason == "length" else "whole")

    def _body(self, question: Question, schema: Schema) -> dict[str, Any]:
        text = question.text if self.llm.holds_schema else f"{question.text}\n\n{in_words(schema)}"
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if question.clip is not None:
            sound = {"data": base64.b64encode(question.clip.data).decode(), "format": "mp3"}
            content.append({"type": "input_audio", "input_audio": sound})
        body: dict[str, Any] = {
            "model": self.llm.model,
            "messages": [{"role": "user", "content": content}],
            "max_completion_tokens": self.llm.longest,
        }
        if self.llm.holds_schema:
            form = {"name": "answer", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body
