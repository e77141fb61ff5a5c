"""A desk as steps: the same effects, order and numbers as its Faust, and each of them compiled for the page."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mixing_kit import draw_desk
from producertwin.mixing.chains import EFFECTS
from producertwin.mixing.desk import desk_files, find_desk, read_desk
from producertwin.mixing.faust import write_effects, write_faust
from producertwin.mixing.wiring import Wiring, wire
from producertwin.recipe import short_id
from tree import ROOT

COMPILED = ROOT / "web" / "src" / "places" / "desk" / "preview" / "effects.json"


def chains(wiring: Wiring) -> dict[str, list[str]]:
    parts = {one.name: one.steps for one in (*wiring.strips, *wiring.buses)} | {"master": wiring.master}
    return {name: [step.effect for step in steps] for name, steps in parts.items()}


@pytest.mark.parametrize("name", sorted(desk_files()))
def test_steps_are_those_of_the_program(name: str) -> None:
    desk = find_desk(name)
    if not desk.strips:
        desk = read_desk(desk.model_dump() | {"strips": {"stem": {}}}, where="test")
    source, wiring = write_faust(desk).source, wire(desk)
    for part, effects in chains(wiring).items():
        process = re.search(rf"^{part}_process(?:\(kl, kr\))? = (.*?);$", source, re.DOTALL | re.MULTILINE)
        assert process is not None
        written = [one or "late" for one in re.findall(r"twin_(\w+)\(|par\(i, 2, @", process[1])]
        assert written == effects, part
    assert wiring.latency == write_faust(desk).latency


def test_every_number_of_a_drawn_desk_is_a_slider_of_its_program() -> None:
    for seed in range(10):
        desk = draw_desk(seed, most=4)
        source = write_faust(desk).source
        told = sorted(float(one) for one in re.findall(r'hslider\("[^"]*", (-?[\d.e-]+)', source))
        wiring = wire(desk)
        every = [step for part in (*wiring.strips, *wiring.buses) for step in part.steps] + list(wiring.master)
        steps = [value for step in every if step.effect != "late" for value in step.values]
        sends = [level for strip in wiring.strips for level in strip.sends.values()]
        unsent = [name for name in desk.buses if name not in {bus.name for bus in wiring.buses}]
        if not unsent:
            assert np.allclose(sorted([*steps, *sends]), told)


def test_the_page_has_every_effect_as_it_is_written_now() -> None:
    """Run `python web/make_effects.py` where this fails."""
    found = json.loads(COMPILED.read_text(encoding="utf-8"))
    sources = write_effects()
    assert sources.keys() == set(EFFECTS) == found["effects"].keys()
    assert found["source"] == short_id({name: source for name, (source, _) in sources.items()}, person=b"effects")
    for name, (_, count) in sources.items():
        assert len(found["effects"][name]["params"]) == count
        assert found["effects"][name]["inputs"] == (4 if name == "duck" else 2)


def test_steps_have_as_many_numbers_as_their_effect_takes() -> None:
    counts = {name: count for name, (_, count) in write_effects().items()} | {"late": 1}
    for seed in range(10):
        wiring = wire(draw_desk(seed, most=3))
        for step in [step for part in (*wiring.strips, *wiring.buses) for step in part.steps] + list(wiring.master):
            assert len(step.values) == counts[step.effect], step.effect
