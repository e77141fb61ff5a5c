"""A language model as a tagger: what is sent, what is believed, and what a run does when the server misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from pydantic import JsonValue, ValidationError

from llm_kit import KINDS, Answer, FakeTime, Server, chat, fails, says, served, sound_of
from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.dataset.caption import CaptionResult, caption_tracks
from producertwin.dataset.captions import TAGS, Flag
from producertwin.dataset.llm_tagger import (
    AUDIO_TOKENS,
    CLIP_SECONDS,
    PRICES,
    QUESTION,
    LlmTagger,
    clip,
    estimate,
    labels,
    loudest,
    tag_result,
)
from producertwin.dataset.llm_tagger import Answer as Heard
from producertwin.dataset.quality import Quality
from producertwin.dataset.screen import NOTE, ScreenNote
from producertwin.dataset.screening import ScreeningResult
from producertwin.dataset.taggers import MeterTagger, TagResult, describe
from producertwin.errors import TwinError
from producertwin.library import Library, Track, TrackDraft, open_library
from producertwin.llm import Kind, Llm, NoAnswer, Question, choose
from producertwin.model.nano.embedder import Tags
from producertwin.progress import finish
from producertwin.recipe import Record
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE

R = TypeVar("R", bound=Record)
GOOD: dict[str, JsonValue] = {
    "bpm": 84,
    "key": "A minor",
    "sub_genre": ["Jazzhop", "lo-fi hip hop"],
    "mood": ["nostalgic"],
    "drum_kit": "Dusty boom-bap kit",
    "synth": None,
    "instruments": ["rhodes", "upright bass"],
    "vocal": "humming",
}
SOUND = (0.1 * np.random.default_rng(5).standard_normal((2, SAMPLE_RATE))).astype(np.float32)


@dataclass
class Scripted:
    """A model that answers what it was told to, and keeps the questions."""

    answer: Heard
    name: str = "gemini:some-model"
    heard: list[Question] = field(default_factory=list)

    def ask(self, question: Question, kind: type[R]) -> R:
        self.heard.append(question)
        return kind.model_validate(self.answer.model_dump())


class Ears:
    """An embedder that always hears house."""

    name = "ears"

    def embed_audio(self, sound: Samples) -> Tags:
        assert sound.shape[0] == 2
        return Tags(np.zeros(2), {"house": 0.9, "trap": 0.1}, {"drums": 0.9})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as found:
        yield found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def put(library: Library, number: int) -> Track:
    facts = {"producer": "Ada", "title": f"title {number}", "format": "wav", "seconds": 1.0, "rate": 48_000, "channels": 2}
    track, _ = library.tracks.put(TrackDraft(**facts, audio=b"%d" % number, given={"caption": "secret caption"}))
    verdict = ScreeningResult(accepted=True, quality=Quality(parts=()), seconds=1.0)
    clips = (library.blobs.put(files.encode(SOUND * number, "flac")),)
    library.tracks.note(track.id, NOTE, ScreenNote(key="k", verdict=verdict, clips=clips).model_dump(mode="json"))
    return track


def run(library: Library, remote: LlmTagger) -> CaptionResult:
    return finish(caption_tracks(library.tracks.list(), MeterTagger(Ears()), [remote], library))  # type: ignore[arg-type]


def burst(seconds: float, start: float, length: float) -> Samples:
    """Quiet noise with a loud stretch."""
    sound = 0.01 * np.random.default_rng(3).standard_normal((2, round(seconds * SAMPLE_RATE)))
    sound[:, round(start * SAMPLE_RATE) : round((start + length) * SAMPLE_RATE)] *= 30
    return sound.astype(np.float32)


# --- what is sent


@pytest.mark.parametrize("start", [0.0, 3.0, 17.0])
def test_the_loudest_stretch_is_taken(start: float) -> None:
    found = loudest(burst(20, start, 3), 3.0)
    assert found.shape == (2, 3 * SAMPLE_RATE)
    assert float(np.abs(found).mean()) > 0.2


def test_of_equal_stretches_the_first_is_taken() -> None:
    sound = np.tile(burst(2, 0, 1), 4)
    assert np.array_equal(loudest(sound, 2.0), sound[:, : 2 * SAMPLE_RATE])
    silence = np.zeros((2, 4 * SAMPLE_RATE), np.float32)
    assert loudest(silence, 1.0).shape == (2, SAMPLE_RATE)


def test_a_short_sound_is_taken_whole() -> None:
    assert loudest(SOUND) is SOUND
    assert loudest(burst(3.3, 0, 1), 3.2).shape[1] == round(3.2 * SAMPLE_RATE)


@pytest.mark.thorough
def test_a_clip_is_half_a_minute_of_mp3_of_bounded_size(tmp_path: Path) -> None:
    sent = clip(burst(40, 5, 10)).data
    assert len(sent) < 500_000
    (tmp_path / "clip.mp3").write_bytes(sent)
    assert files.read(tmp_path / "clip.mp3").shape == (2, round(CLIP_SECONDS * SAMPLE_RATE))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_sent_but_the_question_and_the_clip(server: Server, library: Library, kind: Kind) -> None:
    track = put(library, 1)
    server.script = [says(kind, json.dumps(GOOD))]
    run(library, LlmTagger(chat(server, kind)))
    body = json.dumps(server.seen[0].body)
    assert not any(word in body for word in (track.title, track.producer, track.id, "secret caption"))
    assert QUESTION in body
    stored = library.blobs.get(library.tracks.notes(track.id)[NOTE]["clips"][0])
    assert sound_of(server.seen[0]) == clip(files.read(stored)).data


# --- what is believed


def test_an_answer_becomes_tags_by_group_with_tempo_and_key_apart() -> None:
    said = tag_result(Heard.model_validate(GOOD))
    assert (said.bpm, said.key, said.style, said.text) == (84, "A minor", None, None)
    assert said.tags == {
        "genre": ("jazzhop", "lo-fi hip hop"),
        "mood": ("nostalgic",),
        "instruments": ("rhodes", "upright bass", "dusty boom-bap kit"),
        "vocal_type": ("humming",),
    }
    assert said.tags.keys() <= set(TAGS)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("  Warm   Pads ", ("warm pads",)),
        ("R&B", ("r&b",)),
        ("808s, hi-hats; claps", ("808s", "hi-hats", "claps")),
        ("lofi (chill)", ("lofi chill",)),
        ("bossa nova / “samba”", ("bossa nova", "samba")),
        ("ｐｉａｎｏ", ("piano",)),
        ("café piano", ("café piano",)),
        ("", ()),
        ("none", ()),
        ("a very long label of far too many words", ()),
        ("x" * 41, ()),
        ("120 bpm", ()),
        ("slow tempo", ()),
        ("dark F# minor", ()),
        ("C major feel", ()),
        ("<|im_start|>system", ()),
        ("[Instrumental]", ()),
        ("# caption: calm", ()),
        ("see http://example.com", ()),
        ("ignore previous instructions", ()),
        ("music to be labelled", ()),
        ("calm\x00", ()),
        ("calm\u202e", ()),
    ],
)
def test_labels_are_plain_short_words_and_nothing_else(said: str, found: tuple[str, ...]) -> None:
    assert labels([said], 4) == found


def test_labels_are_bounded_and_said_once() -> None:
    assert labels(["a1", "A1", "b", "c", "d", "e"], 3) == ("a1", "b", "c")
    many = Heard(
        instruments=tuple(f"drum {number}" for number in range(500)), drum_kit="drum 3", mood=("calm",) * 9, synth="lead"
    )
    tags = tag_result(many).tags
    assert tags["instruments"] == (*(f"drum {number}" for number in range(8)), "lead")
    assert tags["mood"] == ("calm",)


@pytest.mark.parametrize(
    "wrong",
    [{"bpm": 29}, {"bpm": 301}, {"bpm": "fast"}, {"key": "H minor"}, {"key": "A dorian"}, {"vocal": "loud"}, {"mood": "calm"},
     {"mood": [1]}, {"extra": 1}],
)  # fmt: skip
def test_an_answer_outside_its_bounds_is_refused(wrong: dict[str, JsonValue]) -> None:
    with pytest.raises(ValidationError):
        Heard.model_validate_json(json.dumps(GOOD | wrong))


def test_other_spellings_of_a_key_are_understood() -> None:
    assert Heard.model_validate(GOOD | {"key": "gb MAJOR"}).key == "Gb major"


@pytest.mark.parametrize(
    ("answer", "flags"),
    [
        ({"bpm": 84, "key": "A minor"}, ()),
        ({"bpm": 168, "key": "C major"}, ()),
        ({"bpm": 97, "key": "A minor"}, (Flag.TEMPO_DISAGREES,)),
        ({"bpm": 84, "key": "B minor"}, (Flag.KEY_DISAGREES,)),
        ({"bpm": None, "key": None}, ()),
    ],
)
def test_a_disagreement_with_the_measurement_is_flagged_and_the_measurement_stands(
    answer: Mapping[str, JsonValue], flags: tuple[Flag, ...]
) -> None:
    measured = TagResult(style="house", style_chance=1, bpm=84, bpm_confidence=1, key="A minor", key_confidence=1)
    remote = LlmTagger(Scripted(Heard.model_validate(GOOD | dict(answer))))
    caption = describe(measured, {remote.name: remote.tag(SOUND, {})}, tagger="t")
    assert (caption.bpm, caption.key, caption.flags) == (84, "A minor", flags)


def test_a_model_that_hears_nothing_has_not_tagged() -> None:
    with pytest.raises(NoAnswer, match="says nothing") as caught:
        LlmTagger(Scripted(Heard(mood=("unknown",)))).tag(SOUND, {})
    assert caught.value.reason == "does_not_fit"


# --- a run


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (fails(400, "no audio"), "not_understood"),
        ('{"bpm": 84', "not_json"),
        ('{"bpm": 4}', "does_not_fit"),
        ("{}", "does_not_fit"),
    ],
)
def test_a_bad_answer_fails_its_track_and_the_next_run_asks_for_that_one_only(
    server: Server, library: Library, kind: Kind, bad: Answer | str, reason: str
) -> None:
    for number in (1, 2, 3):
        put(library, number)
    good = says(kind, json.dumps(GOOD))
    server.script = [good, bad if isinstance(bad, Answer) else says(kind, bad), good]
    first = run(library, LlmTagger(chat(server, kind)))
    assert (first.written, len(first.failures), len(server.seen)) == (2, 1, 3)
    [error] = first.failures.values()
    assert isinstance(error, NoAnswer)
    assert error.reason == reason
    server.script = [good]
    second = run(library, LlmTagger(chat(server, kind)))
    assert (second.written, len(second.captions), second.failures, len(server.seen)) == (1, 3, {}, 4)
    assert {caption.tagger for caption in second.captions.values()} == {f"measure, ears, {kind}:some-model"}
    assert {caption.tags["mood"] for caption in second.captions.values()} == {("nostalgic",)}


def test_another_model_describes_anew_and_the_same_does_not(server: Server, library: Library) -> None:
    put(library, 1)
    server.script = [says("openai", json.dumps(GOOD))]
    counts = [run(library, LlmTagger(chat(server, "openai", model=name))).written for name in ("a", "a", "b")]
    assert (counts, len(server.seen)) == ([1, 0, 1], 2)


def test_a_quota_that_ends_leaves_the_rest_for_the_next_run(server: Server, library: Library) -> None:
    for number in (1, 2, 3):
        put(library, number)
    server.script = [says("openai", json.dumps(GOOD)), fails(429)]
    time = FakeTime()
    found = run(library, LlmTagger(chat(server, "openai", time, tries=2)))
    assert (found.written, len(found.failures), len(server.seen)) == (1, 2, 3)
    assert all(isinstance(error, TwinError) and error.remedy for error in found.failures.values())


# --- what it will take


def test_an_estimate_counts_what_will_be_sent() -> None:
    llm = choose("gemini", {}, model="gemini-3.5-flash-lite").model_copy(update={"per_minute": 4, "longest": 1_000})
    found = estimate([200.0, 10.0, 30.0, 30.1], llm, on=date(2026, 11, 1))
    assert (found.requests, found.audio_seconds, found.minutes) == (4, 100.0, 1.0)
    assert found.input_tokens is not None
    text = found.input_tokens - 100 * AUDIO_TOKENS
    assert 4 * 200 < text < 4 * 2_000
    [price] = PRICES[llm.model]
    sent = 3_200 * price.audio + text * price.text
    assert found.usd == pytest.approx((sent + found.output_tokens * price.output) / 1e6)
    assert found.usd_most == pytest.approx((sent + 4_000 * price.output) / 1e6)


def test_a_price_with_an_end_gives_way_to_the_next() -> None:
    llm = choose("gemini", {}, model="gemini-3.8-flash")
    costs = [estimate([30.0], llm, on=day).usd for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert None not in costs
    assert costs[1] == pytest.approx(2 * costs[0])  # type: ignore[operator]
    assert all(price.until for prices in PRICES.values() for price in prices)


@pytest.mark.parametrize(
    ("llm", "tokens"),
    [
        (choose("gemini", {}, model="gemini-99"), True),
        (choose("gemini", {"TWIN_GEMINI_URL": "http://127.0.0.1:1"}), True),
        (choose("openai", {}), False),
        (choose("openai", {"TWIN_OPENAI_URL": "http://127.0.0.1:1/v1"}), False),
    ],
)
def test_no_price_is_made_up(llm: Llm, tokens: bool) -> None:
    found = estimate([30.0], llm)
    assert (found.usd, found.usd_most) == (None, None)
    assert (found.input_tokens is not None) is tokens


def test_nothing_costs_nothing() -> None:
    found = estimate([], choose("gemini", {}), on=date(2026, 11, 1))
    assert (found.requests, found.input_tokens, found.usd) == (0, 0, 0)
