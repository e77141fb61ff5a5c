"""Desks: bounded, frozen, wired, and the same after a way through their file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mixing_kit import draw_desk
from producertwin.errors import BadInput, NotFound
from producertwin.mixing import desk as desks
from producertwin.untrusted import parse_toml

PRESETS = desks.desk_files()


@pytest.mark.parametrize("seed", range(20))
def test_a_desk_reads_as_it_was_written(seed: int) -> None:
    desk = draw_desk(seed)
    assert desks.read_desk(parse_toml(desks.write_toml(desk), "test"), where="test") == desk


@pytest.mark.parametrize("name", PRESETS)
def test_presets_read_and_say_what_they_are_for(name: str) -> None:
    desk = desks.find_desk(name)
    assert desk.title
    assert desk.about
    assert PRESETS[name].read_text(encoding="utf-8").startswith("# ")
    assert desks.find_desk(name.replace("_", "-")) == desk


def test_there_is_a_preset_for_each_kind_of_music() -> None:
    wanted = {"lofi", "trap", "boom_bap", "drill", "house", "ambient", "rock", "jazz", "streaming_master"}
    assert wanted <= PRESETS.keys()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"strips": {"a": {"gain": 30}}}, "gain 30 dB is outside -60 to 24 dB"),
        ({"strips": {"a": {"bells": [{"hz": 100, "gain": 3, "q": 0.01}]}}}, "Q 0.01 is outside 0.1 to 18"),
        ({"strips": {"a": {"gain": float("nan")}}}, "finite number"),
        ({"strips": {"a": {"gian": 3}}}, "strips.a.gian"),
        ({"strips": {"a": {"sends": {"room": -6}}}}, "no such bus"),
        ({"strips": {"a": {"duck": {"by": "kick"}}}}, "no other strip"),
        ({"strips": {"a": {"duck": {"by": "a"}}}}, "no other strip"),
        ({"strips": {"Bass 1": {}}}, "no name for a strip"),
        ({"strips": {"process": {}}}, "no name for a strip"),
        ({"strips": {"sum": {}}}, "a word of the desk's Faust"),
        ({"strips": {"twin_gain": {}}}, "a word of the desk's Faust"),
        ({"buses": {"with": {"kind": "reverb"}}}, "a word of the desk's Faust"),
        ({"strips": {"a": {}}, "buses": {"a": {"kind": "reverb"}}}, "both a strip and a bus"),
        ({"strips": {"a": {}, "a_b": {}}}, "run into one another"),
        ({"buses": {"room": {"kind": "chorus"}}}, "chorus"),
        ({"strips": {f"s{place}": {} for place in range(13)}}, "12"),
        ({"master": {"loudness": 0}}, "target loudness 0 LUFS"),
        ({"strips": {"a": {"high_pass": {"hz": 100, "slope": 18}}}}, "slope"),
    ],
)
def test_a_desk_that_cannot_be_is_refused_by_what_is_wrong(data: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        desks.read_desk(data, where="test")
    assert said in caught.value.message


def test_desks_are_found_by_name_or_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    desks.write_desk(draw_desk(3), mine)
    assert desks.find_desk("mine", tmp_path) == desks.find_desk(str(mine)) == draw_desk(3)
    with pytest.raises(NotFound, match="did you mean lofi"):
        desks.find_desk("loffi")
    with pytest.raises(NotFound):
        desks.find_desk(str(tmp_path / "none.toml"))


def test_a_limiter_can_be_left_out_in_a_file() -> None:
    bare = desks.read_desk({"strips": {"a": {}}, "master": {"limiter": False}}, where="test")
    assert bare.master.limiter is None
    assert "limiter = false" in desks.write_toml(bare)


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (12, True), (13, False), (400, False)])
def test_a_desk_has_one_to_twelve_strips(count: int, fits: bool) -> None:
    if fits:
        desks.check_count(count)
    else:
        with pytest.raises(BadInput):
            desks.check_count(count)
