"""Which variant refuses which option, for every option of every stage and every variant of the catalogue: by its card alone.

The options stand in `options_kit`; here stands who does not have them.
"""

from __future__ import annotations

from typing import Any

import pytest

from options_kit import FIELDS, PLAY, PROMPT, RECORDS, SAMPLING, missing
from pipeline_kit import EDIT_FIELDS
from producertwin.errors import BadInput
from producertwin.model.instrument import Card
from producertwin.model.tasks import Task
from producertwin.model.variants.catalogue import NANO, VARIANTS, card_of
from producertwin.pipeline import executor
from producertwin.pipeline.behaviours import BEHAVIOURS
from producertwin.pipeline.stages import Stage
from producertwin.recipe import read

CARDS = {name: card_of(NANO) if name == "nano" else variant.card for name, variant in VARIANTS.items()}
STEMS = CARDS["sft"].model_copy(update={"name": "sft-stems", "stem_captions": True, "tasks": CARDS["sft"].tasks | {Task.LEGO}})
CARDS["sft-stems"] = STEMS
PAIRS = [(kind, name) for kind in RECORDS for name in CARDS]

GUIDED_ALONE = {"guidance_mode", "guidance_interval"}
"""Options that a distilled variant does not have: its guidance is in its weights."""
NOT_IN_MORPH = {"sampler", "guidance_mode", "dcw", "dcw_scale", "dcw_high_scale", "dcw_wavelet"}
"""Options that flow-edit does not have."""


def stage_of(kind: str, name: str, **fields: Any) -> Stage:
    asked = {"prompt": {"caption": "lofi"}, "play": {"variant": name}, **EDIT_FIELDS.get(kind, {}), **fields}
    if kind != "generate":
        asked["source"] = "song.flac"
    return read(RECORDS[kind], asked, where="test")


def refused(stage: Stage, card: Card) -> str:
    """What is said against a stage by looking at the card; empty where nothing is."""
    try:
        executor.choose_defaults(stage, card)
    except BadInput as error:
        assert error.remedy
        return error.message
    return ""


def test_every_option_has_a_case_here() -> None:
    assert missing() == []
    assert len(CARDS) >= 12


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_a_task_that_a_variant_was_not_trained_for_is_refused(kind: str, name: str) -> None:
    """And with it each of its own options; where the task is known, every one is taken."""
    card, task = CARDS[name], BEHAVIOURS[kind].task
    for asked in ({}, *FIELDS[kind].values()):
        said = refused(stage_of(kind, name, **asked), card)
        assert said == ("" if task in card.tasks else f"{name} was not trained for {task}")


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_a_way_of_sampling_that_a_variant_does_not_have_is_refused(kind: str, name: str) -> None:
    card = CARDS[name]
    if BEHAVIOURS[kind].task not in card.tasks:
        return
    for option, asked in SAMPLING.items():
        said = refused(stage_of(kind, name, sampling=asked), card)
        if card.discrete and option in GUIDED_ALONE:
            assert said.startswith(f"{name} carries its guidance inside")
        elif card.sampling_of(BEHAVIOURS[kind].task)[1] == 1.0 and option in GUIDED_ALONE:
            assert said.startswith("guidance 1 is none")
            assert not refused(stage_of(kind, name, play={"variant": name, "guidance": 2.0}, sampling=asked), card)
        elif kind == "morph" and option in NOT_IN_MORPH:
            assert said.startswith("a change of words knows no ")
        else:
            assert not said, option


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_prompt_and_play_are_taken_by_all_but_captions_of_song_and_stem(kind: str, name: str) -> None:
    card = CARDS[name]
    if BEHAVIOURS[kind].task not in card.tasks:
        return
    for field, value in PROMPT.items():
        said = refused(stage_of(kind, name, prompt={"caption": "lofi", field: value}), card)
        unknown = field == "global_caption" and not card.stem_captions
        assert said == (f"{name} was not trained on captions of song and stem" if unknown else "")
    for field, value in PLAY.items():
        assert not refused(stage_of(kind, name, play={"variant": name, field: value}), card), field


@pytest.mark.parametrize(
    ("variant", "sampling", "said"),
    [
        ("nano", {"retake_seed": 5}, "a retake seed without a retake variance turns nothing"),
        ("turbo", {"retake_seed": 0}, "a retake seed without a retake variance turns nothing"),
        ("nano", {"dcw_scale": 0.1}, "DCW scale does nothing where DCW is off"),
        ("turbo", {"dcw_scale": 0.1}, ""),
        ("turbo", {"dcw": "off", "dcw_scale": 0.1}, "DCW scale does nothing where DCW is off"),
        ("turbo", {"dcw_high_scale": 0.1}, ""),
        ("turbo", {"dcw": "low", "dcw_high_scale": 0.1}, "DCW high scale does nothing where DCW is low"),
        ("nano", {"dcw": "high", "dcw_high_scale": 0.1}, "DCW high scale does nothing where DCW is high"),
        ("nano", {"dcw": "high", "dcw_scale": 0.1, "dcw_wavelet": "db2"}, ""),
        ("nano", {"dcw": "pix", "dcw_wavelet": "db4"}, "DCW wavelet does nothing where DCW is pix"),
        ("nano", {"dcw": "pix", "dcw_scale": 0.3}, ""),
        ("base", {"dcw_wavelet": "db4"}, "DCW wavelet does nothing where DCW is off"),
    ],
)
def test_what_would_do_nothing_is_refused(variant: str, sampling: dict[str, Any], said: str) -> None:
    assert refused(stage_of("generate", variant, sampling=sampling), CARDS[variant]) == said


@pytest.mark.parametrize("field", sorted(GUIDED_ALONE))
def test_guidance_that_is_off_has_neither_mode_nor_interval(field: str) -> None:
    play = {"variant": "base", "guidance": 1}
    said = refused(stage_of("generate", "base", play=play, sampling=SAMPLING[field]), CARDS["base"])
    assert said == "guidance 1 is none: there is nothing to guide by mode or interval"


@pytest.mark.parametrize("given", [{"steps": 8}, {"shift": 3}, {}])
def test_steps_beside_a_schedule_are_said_to_count_for_nothing(given: dict[str, Any]) -> None:
    stage = stage_of("generate", "nano", play={"variant": "nano", **given}, sampling={"schedule": "1,0.5"})
    resolved, told = executor.resolve(stage, (), CARDS["nano"])
    _, again = executor.resolve(resolved, (), CARDS["nano"])  # as in a pipeline, whose stages are looked at twice
    for messages in (told, again):
        assert any("steps and shift were not looked at" in message.text for message in messages) == bool(given)
