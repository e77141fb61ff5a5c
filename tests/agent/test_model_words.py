"""A language model writes titles, moods and lyrics; what is no plain word of its kind is left out, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from llm_kit import HOSTILE, Answer, Server, chat, fails, says, served
from producertwin.agent.album import AlbumPlan, write_plan
from producertwin.agent.commission import Commission
from producertwin.agent.heuristics import load_heuristics
from producertwin.agent.model_words import plan_with, write_question, write_words
from producertwin.agent.rules import plan_album
from producertwin.errors import BadInput
from producertwin.house_band.styles import match
from producertwin.model.instrument import Card
from producertwin.settings import Settings

BRIEF = "lofi EP, 2 tracks, rainy"


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as state:
        yield state


@pytest.fixture
def album(card: Card) -> AlbumPlan:
    return plan_album(Commission(brief=BRIEF), card)


def answer(*tracks: dict[str, Any], title: str = "") -> Answer:
    return says("openai", json.dumps({"title": title, "tracks": list(tracks)}))


def track(number: int = 1, title: str = "", tags: tuple[str, ...] = (), lyrics: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {"number": number, "title": title, "tags": tags, "lyrics": lyrics}


def test_words_are_put_into_the_plan(server: Server, album: AlbumPlan) -> None:
    server.script = [answer(track(1, "Wet Bricks", ("nostalgic", "flugelhorn"), ()), track(2, "Last Bus"), title="Grey Hours")]
    found, told = write_words(album, chat(server, "openai"), named=False)
    assert [one.title for one in found.tracks] == ["Wet Bricks", "Last Bus"] and found.title == "Grey Hours"
    assert found.tracks[0].sheet.title == "Wet Bricks" and "nostalgic" in found.tracks[0].sheet.caption
    assert "flugelhorn" not in found.tracks[0].sheet.caption and any("no mood, place or sound" in one for one in told)
    assert match(found.tracks[0].sheet.caption).style.id == found.tracks[0].style
    assert found.tracks[0].seeds == album.tracks[0].seeds and "some-model" in found.notes[-2]
    kept, _ = write_words(album, chat(server, "openai"), named=True)
    assert kept.title == album.title


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_left_out(server: Server, album: AlbumPlan, text: str) -> None:
    words = ({"section": "verse", "lines": [text]}, {"section": text, "lines": ["plain words"]})
    server.script = [answer(track(1, text, (text,), words), track(99, "Nowhere"), title=text)]
    found, told = write_words(album, chat(server, "openai"), named=False)
    assert write_plan(found) == write_plan(album) and told[0].startswith("the rules wrote the words")
    assert not text or all(text not in line for line in told)
    singing = album.model_copy(update={"tracks": tuple(one.model_copy(update={"instrumental": False}) for one in album.tracks)})
    found, _ = write_words(singing, chat(server, "openai"), named=False)
    assert write_plan(found) == write_plan(singing)


@pytest.mark.parametrize(
    "script",
    [
        says("openai", "here are some titles!"),
        says("openai", ""),
        says("openai", None, refusal="no"),
        says("openai", "{", ending="length"),
        says("openai", json.dumps({"title": "", "tracks": [], "run": "rm"})),
        says("openai", json.dumps({"tracks": [{"number": -1}]})),
        says("openai", json.dumps({"title": "x" * 10_000})),
        fails(401),
        fails(500),
    ],
)
def test_any_other_answer_leaves_the_words_to_the_rules(server: Server, album: AlbumPlan, script: Answer) -> None:
    server.script = [script]
    found, [note] = write_words(album, chat(server, "openai", tries=1), named=False)
    assert found == album and note.startswith("the rules wrote the words") and len(note) <= 200


def test_titles_stay_apart_and_those_of_the_brief_stay(server: Server, card: Card) -> None:
    album = plan_album(Commission(brief='lofi EP, 2 tracks, track 2 called "Mine"'), card)
    server.script = [answer(track(1, "mine"), track(2, "Theirs"))]
    found, told = write_words(album, chat(server, "openai"), named=True)
    assert [one.title for one in found.tracks] == [album.tracks[0].title, "Mine"] and any("another track" in one for one in told)


def test_lyrics_go_to_the_sections_of_a_track_that_is_sung(server: Server, album: AlbumPlan) -> None:
    sung = album.tracks[0].model_copy(update={"instrumental": False})
    album = album.model_copy(update={"tracks": (sung, album.tracks[1])})
    words = ({"section": "Verse", "lines": ["Rain on the window", "nobody home"]}, {"section": "verse 9", "lines": ["la"]})
    server.script = [answer(track(1, "", (), words), track(2, "", (), words))]
    found, told = write_words(album, chat(server, "openai"), named=True)
    assert "Rain on the window" in found.tracks[0].sheet.lyrics and not found.tracks[1].sheet.lyrics
    assert any("nobody sings words" in one for one in told) and any("no such section" in one for one in told)
    question = write_question(album)
    assert question.splitlines()[-1].startswith("Album: {") and "\\u001b" not in question


def test_without_a_model_the_rules_plan(card: Card, settings: Settings) -> None:
    offline = settings.model_copy(update={"offline": True})
    album, [told] = plan_with("openai", Commission(brief=BRIEF), card, (), load_heuristics(), offline)
    assert write_plan(album) == write_plan(plan_album(Commission(brief=BRIEF), card)) and "rules" in told
    with pytest.raises(BadInput):
        plan_with("openai", Commission(brief="xyzzy"), card, (), load_heuristics(), offline)
