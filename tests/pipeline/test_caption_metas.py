"""What a caption states becomes the metas of its stage, unless a field says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline_kit import edit
from producertwin.errors import BadInput
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.stages import Generate


def stage(caption: str, *, seconds: float | None = None, **prompt: Any) -> Generate:
    data: dict[str, Any] = {"prompt": {"caption": caption, **prompt}}
    return Generate.model_validate(data | ({"seconds": seconds} if seconds is not None else {}))


def test_what_is_stated_and_left_open_is_taken() -> None:
    found, [told] = take_metas(stage("lofi, 84 bpm, A minor, 3/4, 20 seconds long"))
    assert isinstance(found, Generate)
    prompt = found.prompt
    assert (prompt.bpm, prompt.key, prompt.meter, found.seconds) == (84, "A minor", 3, 20)
    assert told.text == "from the caption: 84 bpm, A minor, 3 beats per bar, 20 s"
    assert take_metas(found) == (found, ())


def test_a_caption_without_facts_changes_nothing() -> None:
    plain = stage("a minor detail, 808, 120 minutes of rain")
    assert take_metas(plain) == (plain, ())


@pytest.mark.parametrize(
    ("caption", "fields", "flag"),
    [
        ("84 bpm", {"bpm": 90}, "--bpm 90"),
        ("in A minor", {"key": "C major"}, "--key 'C major'"),
        ("in A minor", {"key": "A major"}, "--key 'A major'"),
        ("3/4 time", {"meter": 4}, "--meter 4"),
        ("30 seconds long", {"seconds": 60}, "--duration 60"),
        ("30 seconds long", {"seconds": 12.25}, "--duration 12.25"),
    ],
)
def test_a_contradiction_names_both(caption: str, fields: dict[str, Any], flag: str) -> None:
    with pytest.raises(BadInput) as caught:
        take_metas(stage(caption, **fields))
    assert flag in caught.value.message
    assert caption.removeprefix("in ").removesuffix(" time") in caught.value.message


@pytest.mark.parametrize(
    ("caption", "fields"),
    [("84 bpm", {"bpm": 84.2}), ("Gb major", {"key": "F#"}), ("6/8", {"meter": "6/8"}), ("1 minute long", {"seconds": 60})],
)
def test_what_agrees_is_no_contradiction(caption: str, fields: dict[str, Any]) -> None:
    asked = stage(caption, **fields)
    assert take_metas(asked) == (asked, ())


@pytest.mark.parametrize("caption", ["500 bpm", "7/8", "140 bpm then 70 bpm"])
def test_what_cannot_be_used_is_told(caption: str) -> None:
    found, [told] = take_metas(stage(caption))
    assert found.prompt.bpm is None
    assert "not used" in told.text


def test_an_edit_takes_tempo_and_key_and_tells_that_its_length_is_its_sources() -> None:
    found, notes = take_metas(edit("cover", "a.flac", prompt={"caption": "house, 124 bpm, Fm, 30 seconds"}))
    assert (found.prompt.bpm, found.prompt.key) == (124, "F minor")
    assert [note.kind for note in notes] == ["note", "note"]
    assert "'30 seconds'" in notes[1].text
