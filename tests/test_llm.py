"""The door to language models: what goes out, what comes back, and every way in which a server misbehaves."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import Field

from llm_kit import KEY, KINDS, Answer, FakeTime, Server, chat, fails, needs_gemini, says, served, sound_of
from producertwin.errors import BadInput, Unavailable
from producertwin.llm import Clip, Kind, Llm, NoAnswer, Question, choose, connect
from producertwin.llm.answers import schema_of
from producertwin.llm.failures import REMEDIES
from producertwin.recipe import Record
from producertwin.settings import Settings

GOOD = '{"bpm": 84, "moods": ["calm"]}'


class Inner(Record):
    """A part."""

    name: str = Field("", max_length=3)
    """Its name."""


class Heard(Record):
    """What was heard."""

    bpm: float | None = Field(None, ge=30, le=300)
    """Beats per minute."""
    moods: tuple[str, ...] = Field((), max_length=2)
    parts: tuple[Inner, ...] = ()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as found:
        yield found


def settings(**changes: object) -> Settings:
    return Settings.model_validate({"studio": Path("studio")} | changes)


def failure(server: Server, kind: Kind, *answers: Answer, time: FakeTime | None = None, **changes: object) -> NoAnswer:
    """How a question fails when the server answers so."""
    server.script = list(answers)
    with pytest.raises(NoAnswer) as caught:
        chat(server, kind, time, **changes).ask(Question("?"), Heard)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_comes_back_as_the_record_that_was_asked_for(server: Server, kind: Kind) -> None:
    server.script = [says(kind, GOOD)]
    assert chat(server, kind).ask(Question("How fast?"), Heard) == Heard(bpm=84, moods=("calm",))


def test_openai_is_sent_text_sound_schema_and_key(server: Server) -> None:
    server.script = [says("openai", GOOD)]
    chat(server, "openai", longest=99).ask(Question("How fast?", Clip(b"sound")), Heard)
    [seen] = server.seen
    assert (seen.path, seen.headers["Authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    [text, sound] = seen.body["messages"][0]["content"]
    assert text == {"type": "text", "text": "How fast?"}
    assert (sound["type"], sound["input_audio"]["format"], sound_of(seen)) == ("input_audio", "mp3", b"sound")
    form = seen.body["response_format"]["json_schema"]
    assert (seen.body["model"], seen.body["max_completion_tokens"]) == ("some-model", 99)
    assert (form["strict"], form["schema"]) == (True, schema_of(Heard))


@needs_gemini
def test_gemini_is_sent_text_sound_schema_and_key(server: Server) -> None:
    server.script = [says("gemini", GOOD)]
    chat(server, "gemini", longest=99).ask(Question("How fast?", Clip(b"sound")), Heard)
    [seen] = server.seen
    assert seen.path == "/v1beta/models/some-model:generateContent"
    assert {name.lower(): value for name, value in seen.headers.items()}["x-goog-api-key"] == KEY
    [text, sound] = seen.body["contents"][0]["parts"]
    assert text == {"text": "How fast?"}
    assert sound["inlineData"].items() >= {"mime_type": "audio/mp3"}.items()
    assert sound_of(seen) == b"sound"
    config = seen.body["generationConfig"]
    assert (config["maxOutputTokens"], config["responseMimeType"]) == (99, "application/json")
    assert config["responseJsonSchema"] == schema_of(Heard)


OTHER_VARIABLES = {
    "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9",
    "GOOGLE_API_KEY": "another",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "OPENAI_BASE_URL": "http://127.0.0.1:9",
    "OPENAI_API_KEY": "another",
    "OPENAI_ADMIN_KEY": "another",
    "OPENAI_ORG_ID": "an-organisation",
    "OPENAI_PROJECT_ID": "a-project",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer another",
}
"""What the packages read from the environment unless told otherwise."""


@needs_gemini
def test_no_other_variable_sends_the_key_elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OTHER_VARIABLES.items():
        monkeypatch.setenv(name, value)
    server.script = [says("gemini", GOOD)]
    chat(server, "gemini", tries=1).ask(Question("?"), Heard)
    [seen] = server.seen
    assert (KEY in seen.headers.values(), seen.path) == (True, "/v1beta/models/some-model:generateContent")


@pytest.mark.parametrize("key", [KEY, ""])
def test_no_variable_of_the_package_changes_what_a_server_of_ones_own_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    for name, value in OTHER_VARIABLES.items():
        monkeypatch.setenv(name, value)
    server.script = [says("openai", GOOD)]
    llm = choose("openai", {"TWIN_OPENAI_URL": f"{server.url}/v1"}, model="some-model")
    connect(llm, settings(), {"OPENAI_API_KEY": key}).ask(Question("?"), Heard)
    [seen] = server.seen
    assert seen.headers.get("Authorization") == (f"Bearer {KEY}" if key else None)
    sent = json.dumps(dict(seen.headers))
    assert not any(value in sent for value in ("another", "an-organisation", "a-project"))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_told_of_this_computer(server: Server, kind: Kind) -> None:
    server.script = [says(kind, GOOD)]
    chat(server, kind).ask(Question("?"), Heard)
    names = {name.lower() for name in server.seen[0].headers}
    assert names <= {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"),
        *("authorization", "x-goog-api-key", "x-server-timeout", "x-stainless-raw-response"),
    }
    assert server.seen[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_without_schemas_is_asked_in_words(server: Server, kind: Kind) -> None:
    server.script = [says(kind, f"```json\n{GOOD}\n```")]
    assert chat(server, kind, strict=False).ask(Question("How fast?"), Heard).bpm == 84
    body = json.dumps(server.seen[0].body)
    assert "response_format" not in body
    assert "responseJsonSchema" not in body
    assert "one JSON object" in body
    assert "Beats per minute" in body


def test_openais_own_models_that_hear_are_asked_in_words() -> None:
    assert not choose("openai", {}).takes_schema
    assert choose("openai", {"TWIN_OPENAI_MODEL": "qwen"}).takes_schema
    assert choose("gemini", {}).takes_schema


def test_a_schema_says_everything_but_limits() -> None:
    schema = schema_of(Heard)
    assert schema["required"] == ["bpm", "moods", "parts"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["bpm"] == {"anyOf": [{"type": "number"}, {"type": "null"}], "description": "Beats per minute."}
    assert schema["$defs"]["Inner"]["properties"]["name"] == {"type": "string", "description": "Its name."}
    assert not any(word in json.dumps(schema) for word in ("maximum", "maxItems", "maxLength", "default", "title"))


# --- what passes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_passes_is_asked_again_after_a_pause_that_doubles(server: Server, kind: Kind, status: int) -> None:
    server.script = [fails(status), fails(status), fails(status), says(kind, GOOD)]
    time = FakeTime()
    assert chat(server, kind, time).ask(Question("?"), Heard).bpm == 84
    assert [pause for pause in time.slept if pause >= 1] == [2, 4, 8]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("headers", "details", "pause"),
    [
        ({"Retry-After": "7"}, (), 7),
        ({"Date": "Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After": "Sat, 21 Nov 2026 10:00:40 GMT"}, (), 40),
        ({"Date": "Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After": "Sat, 21 Nov 2026 09:00:00 GMT"}, (), 0),
        ({}, ({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "53.5s"},), 53.5),
        ({"Retry-After": "soon"}, (), 2),
        ({"Retry-After": "-5"}, (), 2),
        ({"Retry-After": "Sat, 99 Nov 999999 10:00:00 GMT"}, (), 2),
    ],
)
def test_a_pause_that_the_server_names_is_kept(
    server: Server, kind: Kind, headers: dict[str, str], details: object, pause: float
) -> None:
    server.script = [fails(429, headers=headers, details=details), says(kind, GOOD)]
    time = FakeTime()
    chat(server, kind, time, per_minute=10_000).ask(Question("?"), Heard)
    assert max(time.slept) == pytest.approx(max(pause, 60 / 10_000))


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_stays_busy_ends_the_run(server: Server, kind: Kind) -> None:
    server.script = [fails(429, "quota")]
    time = FakeTime()
    asker = chat(server, kind, time, tries=4)
    with pytest.raises(NoAnswer, match=r"quota.*4 tries") as caught:
        asker.ask(Question("?"), Heard)
    assert (caught.value.reason, len(server.seen)) == ("busy", 4)
    server.script = [says(kind, GOOD)]
    with pytest.raises(NoAnswer, match="not asked") as again:
        asker.ask(Question("?"), Heard)
    assert (again.value.reason, len(server.seen)) == ("busy", 4)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_waits_for_tomorrow(server: Server, kind: Kind) -> None:
    time = FakeTime()
    error = failure(server, kind, fails(429, headers={"Retry-After": "36000"}), time=time)
    assert (error.reason, error.pause, time.slept, len(server.seen)) == ("busy", 36_000, [], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_the_server_ends_one_question_only(server: Server, kind: Kind) -> None:
    server.script = [fails(500)]
    asker = chat(server, kind, tries=2)
    with pytest.raises(NoAnswer) as caught:
        asker.ask(Question("?"), Heard)
    assert (caught.value.reason, len(server.seen)) == ("server_error", 2)
    server.script = [says(kind, GOOD)]
    assert asker.ask(Question("?"), Heard).bpm == 84


def test_a_server_that_leaves_three_questions_in_a_row_unanswered_ends_the_run(server: Server) -> None:
    good, bad = says("openai", GOOD), fails(500)
    server.script = [bad, bad, good, bad, bad, says("openai", "?"), bad, bad, bad]
    asker = chat(server, "openai", tries=1)
    reasons = []
    for _ in range(11):
        try:
            asker.ask(Question("?"), Heard)
            reasons.append("")
        except NoAnswer as error:
            reasons.append(error.reason)
    fault = "server_error"
    assert reasons == [fault, fault, "", fault, fault, "not_json", fault, fault, fault, fault, fault]
    assert len(server.seen) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_never_answers_times_out(server: Server, kind: Kind) -> None:
    error = failure(server, kind, Answer(b"", hangs=True), timeout=0.25, tries=2)
    assert (error.reason, len(server.seen)) == ("timed_out", 2)
    assert "0.25 s (2 tries)" in error.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_answers_a_byte_at_a_time_times_out(server: Server, kind: Kind) -> None:
    error = failure(server, kind, Answer(b"", drips=True), timeout=0.25, tries=1)
    assert (error.reason, len(server.seen)) == ("timed_out", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_breaks_within_the_answer_is_asked_again(server: Server, kind: Kind) -> None:
    server.script = [Answer(b"{", missing=9), says(kind, GOOD)]
    assert chat(server, kind).ask(Question("?"), Heard).bpm == 84
    assert len(server.seen) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"\xff\xfe\x00\xd8", b"[" * 100_000, b'{"error": 3}', b'{"error": {"message": [1]}}', b"null"])
def test_an_error_is_known_by_its_status_whatever_its_body(server: Server, kind: Kind, body: bytes) -> None:
    error = failure(server, kind, Answer(body, 503), tries=1)
    assert error.reason == "server_error"
    assert len(error.message) < 400


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_not_there_is_unreachable_for_the_whole_run(server: Server, kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    time = FakeTime()
    asker = chat(server, kind, time, url=f"http://127.0.0.1:{port}", tries=3)
    for message in (r"3 tries", "not asked"):
        with pytest.raises(NoAnswer, match=message) as caught:
            asker.ask(Question("?"), Heard)
        assert caught.value.reason == "unreachable"
    assert sum(time.slept) == pytest.approx(2 + 4)


def test_questions_are_spaced_evenly(server: Server) -> None:
    server.script = [says("openai", GOOD)]
    time = FakeTime()
    asker = chat(server, "openai", time, per_minute=15)
    for _ in range(3):
        asker.ask(Question("?"), Heard)
        time.at += 1
    assert time.slept == [3, 3]


# --- what does not pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (fails(401), "key_refused"),
        (fails(403), "key_refused"),
        (fails(400, "API key not valid. Please pass a valid API key."), "key_refused"),
        (fails(400, "no" * 500, details=({"reason": "API_KEY_INVALID"},)), "key_refused"),
        (fails(404), "no_model"),
    ],
)
def test_what_the_next_question_would_meet_too_is_met_once(server: Server, kind: Kind, answer: Answer, reason: str) -> None:
    server.script = [answer]
    asker = chat(server, kind)
    for _ in range(3):
        with pytest.raises(NoAnswer) as caught:
            asker.ask(Question("?"), Heard)
        assert (caught.value.reason, caught.value.remedy) == (reason, REMEDIES[reason])
    assert len(server.seen) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        ('{"bpm": 84', "not_json", "not JSON"),
        ("It is slow.", "not_json", "not JSON"),
        ("", "not_json", "empty"),
        (None, "not_json", "empty"),
        ("[" * 5_000, "not_json", "not JSON"),
        ('{"bpm": NaN}', "does_not_fit", "bpm"),
        ('{"bpm": 1000}', "does_not_fit", "bpm: "),
        ('{"bpm": "fast", "moods": 3, "key": "A minor"}', "does_not_fit", "bpm: .*moods: .*key: "),
        ("[84]", "does_not_fit", "answer: "),
    ],
)
def test_an_answer_that_cannot_be_used_is_not_asked_for_again(
    server: Server, kind: Kind, text: str | None, reason: str, message: str
) -> None:
    time = FakeTime()
    error = failure(server, kind, says(kind, text), time=time)
    assert error.reason == reason
    assert (len(server.seen), time.slept) == (1, [])
    with pytest.raises(NoAnswer, match=message):
        raise error


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_cut_off_is_not_taken_though_it_reads_well(server: Server, kind: Kind) -> None:
    error = failure(server, kind, says(kind, GOOD, {"openai": "length", "gemini": "MAX_TOKENS"}[kind]))
    assert (error.reason, len(server.seen)) == ("truncated", 1)


@pytest.mark.parametrize(
    ("kind", "answer", "word"),
    [
        ("openai", says("openai", None, refusal="I cannot help."), "I cannot help."),
        ("openai", says("openai", "", "content_filter"), "content filter"),
        pytest.param("gemini", says("gemini", None, "SAFETY"), "SAFETY", marks=needs_gemini),
        pytest.param("gemini", says("gemini", GOOD, "RECITATION"), "RECITATION", marks=needs_gemini),
        pytest.param(
            "gemini",
            Answer(b'{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}'),
            "PROHIBITED_CONTENT",
            marks=needs_gemini,
        ),
    ],
)
def test_a_refusal_says_the_servers_word(server: Server, kind: Kind, answer: Answer, word: str) -> None:
    error = failure(server, kind, answer)
    assert (error.reason, len(server.seen)) == ("refused", 1)
    assert word in error.message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body", [b"", b"<html>hello</html>", b"[]", b'{"choices": [], "candidates": []}', b'{"choices": 3, "candidates": 3}']
)
def test_what_is_not_this_kinds_answer_is_told_apart(server: Server, kind: Kind, body: bytes) -> None:
    error = failure(server, kind, Answer(body))
    assert (error.reason, len(server.seen)) == ("not_json", 1)


@needs_gemini
def test_what_a_model_thinks_is_not_its_answer(server: Server) -> None:
    parts = [{"text": "It may be slow.", "thought": True}, {"text": GOOD[:9]}, {"text": GOOD[9:]}]
    server.script = [Answer(json.dumps({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}).encode())]
    assert chat(server, "gemini").ask(Question("?"), Heard).bpm == 84


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 302, 422])
def test_other_statuses_tell_what_the_server_said(server: Server, kind: Kind, status: int) -> None:
    error = failure(server, kind, fails(status, "no audio\x1b[31m here" + "x" * 9_000))
    assert error.reason == "not_understood"
    assert f"status {status}: no audio [31m here" in error.message
    assert len(error.message) < 400
    assert error.message.isprintable()


@pytest.mark.parametrize("kind", KINDS)
def test_a_redirection_is_not_followed(server: Server, kind: Kind) -> None:
    error = failure(server, kind, fails(307, headers={"Location": f"{server.url}/elsewhere"}))
    assert (error.reason, len(server.seen)) == ("not_understood", 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, 500])
def test_a_response_without_end_is_not_read_to_its_end(server: Server, kind: Kind, status: int) -> None:
    error = failure(server, kind, Answer(b" " * 9_000_000, status))
    assert (error.reason, len(server.seen)) == ("too_large", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_response_is_not_unpacked(server: Server, kind: Kind) -> None:
    packed = gzip.compress(says(kind, GOOD).body)
    error = failure(server, kind, Answer(packed, headers={"Content-Encoding": "gzip"}))
    assert error.reason == "not_json"


# --- the key, and what is lacking before anything is sent


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_the_key_is_never_told(server: Server, kind: Kind, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = [fails(status, f"you sent {KEY}")]
    asker = chat(server, kind, tries=1)
    with pytest.raises(NoAnswer) as caught:
        asker.ask(Question("?"), Heard)
    shown = [caught.value.message, caught.value.remedy, repr(caught.value), repr(asker), repr(vars(asker)), caplog.text]
    assert not any(KEY in text for text in shown)
    assert KEY in json.dumps(dict(server.seen[0].headers))


ECHO = {"X-Echo": f"Bearer {KEY}", "Set-Cookie": f"key={KEY}"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "answer",
    [
        *(fails(status, f"Authorization: Bearer {KEY}", headers=ECHO) for status in (302, 400, 403, 429, 500)),
        Answer(f"Authorization: Bearer {KEY}".encode(), 418, ECHO),
        Answer(f"Authorization: Bearer {KEY}".encode(), 200, ECHO),
        Answer(json.dumps({"choices": [{"message": {"refusal": f"no, {KEY}"}}]}).encode(), 200, ECHO),
        Answer(json.dumps({"promptFeedback": {"blockReason": f"no, {KEY}"}}).encode(), 200, ECHO),
        Answer(b"{", 200, ECHO, missing=9),
        Answer(b" " * 9_000_000, 200, ECHO),
        says("openai", f'{{"bpm": "{KEY}"}}'),
        says("gemini", f'{{"{KEY}": 84}}'),
    ],
)
def test_a_server_that_sends_the_key_back_does_not_get_it_shown(
    server: Server, kind: Kind, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = failure(server, kind, answer, tries=2)
    assert (error.__cause__, error.__context__) == (None, None)
    assert KEY not in "".join(traceback.format_exception(error))
    assert KEY not in caplog.text
    assert "X-Echo" in caplog.text or not answer.headers  # the log was read
    assert not logging.getLogger("httpcore.http11").filters


def test_offline_nothing_is_asked() -> None:
    with pytest.raises(NoAnswer) as caught:
        connect(choose("openai", {}), settings(offline=True), {"OPENAI_API_KEY": KEY})
    assert caught.value.reason == "offline"
    assert "TWIN_OFFLINE" in caught.value.remedy


@pytest.mark.parametrize(("kind", "variable"), [("openai", "OPENAI_API_KEY"), ("gemini", "GEMINI_API_KEY")])
def test_a_missing_key_names_its_variable(kind: Kind, variable: str) -> None:
    for environ in ({}, {variable: " "}):
        with pytest.raises(NoAnswer) as caught:
            connect(choose(kind, {}), settings(), environ)
        assert caught.value.reason == "no_key"
        assert variable in caught.value.remedy


def test_a_server_of_ones_own_needs_no_key(server: Server) -> None:
    server.script = [says("openai", GOOD)]
    llm = choose("openai", {"TWIN_OPENAI_URL": f"{server.url}/v1/", "TWIN_OPENAI_MODEL": "org/local:7b"})
    assert connect(llm, settings(), {}).ask(Question("?"), Heard).bpm == 84
    assert "Authorization" not in server.seen[0].headers
    assert (server.seen[0].path, server.seen[0].body["model"]) == ("/v1/chat/completions", "org/local:7b")


def test_a_key_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(BadInput, match="OPENAI_API_KEY") as caught:
        connect(choose("openai", {}), settings(), {"OPENAI_API_KEY": "söcret"})
    assert "söcret" not in caught.value.message


@pytest.mark.parametrize(("kind", "package"), [("gemini", "google.genai"), ("openai", "openai")])
def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, kind: Kind, package: str) -> None:
    monkeypatch.delitem(sys.modules, f"producertwin.llm.{kind}_client", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NoAnswer, match=package) as caught:
        connect(choose(kind, {}), settings(), {f"{kind.upper()}_API_KEY": KEY})
    assert (caught.value.reason, caught.value.remedy) == ("no_package", f'pip install "producertwin[{kind}]"')


def test_a_model_is_chosen_by_option_then_variable_then_default() -> None:
    environ = {"TWIN_GEMINI_MODEL": "b", "TWIN_OPENAI_URL": "http://127.0.0.1:1/v1"}
    assert choose("gemini", environ, model="a").model == "a"
    assert choose("gemini", environ).model == "b"
    assert choose("gemini", environ).official
    assert not choose("openai", environ).official
    assert choose("openai", {}).name == f"openai:{choose('openai', {}).model}"


@pytest.mark.parametrize(
    "environ",
    [
        {"TWIN_OPENAI_URL": "localhost:8000"},
        {"TWIN_OPENAI_URL": "file:///etc/passwd"},
        {"TWIN_OPENAI_URL": "https://me:secret@example.com/v1"},
        {"TWIN_OPENAI_MODEL": "../../files"},
        {"TWIN_OPENAI_MODEL": "a?b=c"},
        {"TWIN_OPENAI_MODEL": "two words"},
    ],
)
def test_what_cannot_be_a_model_or_an_address_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="environment"):
        choose("openai", environ)


def test_every_reason_is_an_unavailable_with_a_remedy() -> None:
    assert len(REMEDIES) > 10
    for reason, remedy in REMEDIES.items():
        error = NoAnswer(reason, "no")
        assert isinstance(error, Unavailable)
        assert (error.remedy, error.exit_code) == (remedy, 7)
    assert NoAnswer("busy", "no", remedy="this").remedy == "this"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("module", "packages"),
    [("llm", {"httpx", "google.genai", "openai"}), ("dataset.llm_tagger", {"google.genai", "openai"})],
)
def test_the_door_opens_without_loading_what_is_behind_it(module: str, packages: set[str]) -> None:
    code = f"import sys, producertwin.{module}; print(sorted({packages} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def test_the_choice_of_a_model_is_a_record_without_a_key() -> None:
    assert "key" not in " ".join(Llm.model_fields)
    with pytest.raises(BadInput):
        choose("openai", {}, model=" ")
