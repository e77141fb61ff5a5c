"""Audio codes as a field of stages, and lyrics in time as a part of takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeline_kit import ask, edit
from producertwin.errors import BadInput
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.model.tasks import Task
from producertwin.pipeline import executor
from producertwin.pipeline.stages import Cover, Generate, Stage
from producertwin.progress import finish
from producertwin.recipe import read
from producertwin.settings import Settings
from producertwin.verbs import takes
from producertwin.verbs.rendering import Rendered
from producertwin.verbs.studio import Studio

Play = Callable[..., list[Rendered]]
EIGHT = "".join(f"<|audio_code_{code}|>" for code in (0, 7, 400, 2_560, 12_345, 12_800, 40_000, 63_999))
SONG = "[verse]\nla la\nlo li"


def coded(codes: str, **fields: Any) -> Generate:
    """A stage of codes on tiny, without a length of its own."""
    asked = {"play": {"variant": "tiny", "seed": 1, "steps": 2}, "codes": codes} | fields
    return read(Generate, {"prompt": {"caption": "lofi"}, **asked}, where="test")


def test_a_take_is_as_long_as_its_codes() -> None:
    assert coded(EIGHT).seconds == 1.6
    assert coded(EIGHT * 5).seconds == 8.0
    assert coded(EIGHT, seconds=1.5).seconds == 1.5
    assert ask(seconds=30).codes == ""


def test_codes_have_one_spelling_in_every_record() -> None:
    spread = EIGHT.replace("><", ">\n  <").replace("code_7|", "code_007|")
    for stage in (coded(spread), edit("cover", "song.flac", codes=spread)):
        assert isinstance(stage, Generate | Cover)
        assert stage.codes == EIGHT
        data = json.loads(stage.model_dump_json())
        assert data["codes"] == EIGHT
        assert TypeAdapter[Stage](Stage).validate_python(data) == stage


def test_a_stage_without_codes_is_written_as_before() -> None:
    for stage in (ask(), edit("cover", "song.flac")):
        assert "codes" not in stage.model_dump(mode="json")


@pytest.mark.parametrize(
    ("codes", "named"),
    [
        (" ", "no audio codes"),
        ("la la", "'la la' is no audio code"),
        (EIGHT[:-3], "is no audio code"),
        (EIGHT + "<|audio_code_64000|>", "audio code 64000"),
        ("<|audio_code_1|>" * 4, "duration 0.8 s"),
        ("<|audio_code_1|>" * 3_001, "duration 600.2 s"),
    ],
)
def test_codes_that_cannot_be_played_are_refused_by_the_record(codes: str, named: str) -> None:
    with pytest.raises(BadInput) as caught:
        coded(codes)
    assert named in caught.value.message
    if "duration" not in named:
        with pytest.raises(BadInput) as again:
            edit("cover", "song.flac", codes=codes)
        assert again.value.message == caught.value.message


def test_codes_and_what_contradicts_them() -> None:
    with pytest.raises(BadInput, match="band's guide both say"):
        coded(EIGHT, guide="band")
    with pytest.raises(BadInput, match="follows latents takes no audio codes"):
        edit("cover", "song.flac", codes=EIGHT, follow="latents")


def test_codes_of_another_length_are_refused_before_anything_is_loaded(song: Path, play: Play) -> None:
    with pytest.raises(BadInput, match="8 audio codes, and a take of 2 s has 10") as caught:
        play(coded(EIGHT, seconds=2.0))
    assert "10 codes, or 1.6 s" in caught.value.remedy
    with pytest.raises(BadInput, match=r"8 audio codes, and .*song.flac of 2 s has 10"):
        play(edit("cover", song, codes=EIGHT, prompt={"caption": "lofi"}))


def test_codes_are_played_as_a_cover_and_no_guide_joins_in(play: Play) -> None:
    [made] = play(coded(EIGHT))
    assert (made.take.task, made.take.guide, made.take.seconds) == ("cover", None, 1.6)
    assert (made.take.stage["codes"], made.take.stage["guide"]) == (EIGHT, "none")
    [again] = play(TypeAdapter[Stage](Stage).validate_python(made.take.stage))
    assert again.take.id == made.take.id
    assert play(coded(EIGHT.replace("_7|", "_8|")))[0].take.audio != made.take.audio


def test_codes_need_a_variant_that_can_cover(tiny: Instrument) -> None:
    card = tiny.card.model_copy(update={"tasks": frozenset({Task.TEXT2MUSIC})})
    assert executor.resolve(ask(), (), card)[0].kind == "generate"
    with pytest.raises(BadInput, match="tiny was not trained for cover"):
        executor.resolve(coded(EIGHT), (), card)


@pytest.mark.thorough
def test_the_codes_of_a_take_are_those_its_cover_follows(settings: Settings, tiny: Instrument, play: Play) -> None:
    [made] = play(ask(seconds=1.9))
    with open_library(settings) as library:
        codes = finish(takes.read_codes(made.take.id, Studio(settings, library, {"tiny": tiny})))
    assert codes.count("<|audio_code_") == 10
    plain, by_codes = (play(edit("cover", made.take.id, **given))[0].take for given in ({}, {"codes": codes}))
    assert by_codes.audio == plain.audio
    assert by_codes.id != plain.id
    heard = {name: getattr(plain.metas, name) for name in ("bpm", "key", "meter")}  # a cover reads them from its source
    [again] = play(coded(codes, seconds=1.9, prompt={"caption": made.take.caption, **heard}))
    assert again.take.latents == plain.latents  # a cover is as loud as its source, which codes alone do not have


def test_a_take_whose_variant_changed_has_its_codes_read_from_its_sound(settings: Settings, tiny: Instrument, play: Play) -> None:
    [made] = play(ask())
    with open_library(settings) as library:
        newer = replace(tiny, revision="another")
        codes = finish(takes.read_codes(made.take.id, Studio(settings, library, {"tiny": newer})))
    assert codes.count("<|audio_code_") == 8


def test_a_sung_take_keeps_its_lines_and_a_score(settings: Settings, play: Play, tmp_path: Path) -> None:
    out = tmp_path / "song.flac"
    [made] = play(ask(prompt={"lyrics": SONG}), out)
    assert [line.text for line in made.take.lines] == ["[verse]", "la la", "lo li"]
    assert 0.0 <= made.take.lines[0].seconds <= made.take.lines[-1].seconds < 1.5
    for name in ("lyric_score", "lyric_score_from_noise"):
        score = made.take.meters[name]
        assert score is not None
        assert 0.0 <= score <= 1.0
    assert any("a guess" in text for text in made.warnings)
    lrc = out.with_suffix(".lrc").read_text(encoding="utf-8")
    assert [line[10:] for line in lrc.splitlines()] == ["[verse]", "la la", "lo li"]
    with open_library(settings) as library:
        assert library.takes.get(made.take.id) == made.take
    assert play(ask(prompt={"lyrics": SONG}))[0].take.id == made.take.id


def test_a_take_that_nobody_sings_has_neither(play: Play, tmp_path: Path) -> None:
    out = tmp_path / "song.flac"
    [made] = play(ask(), out)
    assert made.take.lines == ()
    assert not made.take.meters.keys() & {"lyric_score", "lyric_score_from_noise"}
    assert "lines" not in made.take.model_dump(mode="json")
    assert [path.name for path in tmp_path.glob("song.*")] == ["song.flac"]
