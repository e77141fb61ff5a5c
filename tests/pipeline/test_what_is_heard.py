"""What becomes of a stage's words is told by the verb and kept with the take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_kit import ask
from producertwin.audio import files
from producertwin.audio.meters import measure
from producertwin.audio.onsets import band_flux
from producertwin.metrics.adherence import candidate_tempi, tempo_is_best
from producertwin.model.variants.catalogue import NANO, VARIANTS, card_of
from producertwin.pipeline.hearing import hearing_of, tell
from producertwin.pipeline.stages import Generate
from producertwin.progress import Message, finish
from producertwin.settings import Settings
from producertwin.verbs.make import make, plan_make
from producertwin.verbs.studio import Studio, open_studio

CARD = card_of(NANO)


def told(stage: Generate, card: Any = CARD) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"note": [], "warning": [], "detail": []}
    for message in tell(hearing_of(stage, stage.prompt, card), stage.prompt, card):
        found[message.kind].append(message.text)
    return found


def test_every_word_is_accounted_for() -> None:
    said = told(ask("Bleak freeway, rhodes, 84 bpm, A minor, two minutes long", guide="none"))
    assert said["detail"] == ["words: Bleak (taken for dark), freeway (not known), rhodes"]
    assert said["warning"] == ["nano does not know these words and plays without them: freeway"]
    assert said["note"] == ["style: Dark Lofi"]


@pytest.mark.parametrize(
    ("caption", "vague"), [("deep house", False), ("neon freeway", True), ("music", True), ("rhodes", False)]
)
def test_a_style_that_was_guessed_is_told_as_a_guess(caption: str, vague: bool) -> None:
    [line] = told(ask(caption, guide="none"))["note"]
    assert ("nearest" in line) is vague


def test_many_unknown_words_are_counted() -> None:
    words = [f"{first}{second}qx" for first in "abcd" for second in "efgh"]
    [line] = told(ask(" ".join(words), guide="none"))["warning"]
    assert line.endswith("and 4 more")
    assert hearing_of(ask(" ".join(words)), ask(" ".join(words)).prompt, CARD).unknown == tuple(words)


def test_a_voice_that_cannot_be_had_is_one_warning() -> None:
    said = told(ask("pop, female vocals", guide="none", prompt={"lyrics": "la la"}))
    assert [line for line in said["warning"] if "lyrics, female vocals" in line] == said["warning"]


@pytest.mark.parametrize("variant", ["base", "turbo", "xl-sft"])
def test_a_variant_that_knows_words_has_nothing_to_tell(variant: str) -> None:
    stage = ask("Bleak freeway, xqzzt, female vocals", guide="none", prompt={"lyrics": "la la"})
    assert told(stage, VARIANTS[variant].card) == {"note": [], "warning": [], "detail": []}
    guided = told(stage.model_copy(update={"guide": "band"}), VARIANTS[variant].card)
    assert guided["note"] and not guided["warning"]  # the band's style is told, whoever performs it


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with open_studio(Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu", offline=True)) as opened:
        yield opened


def on_nano(caption: str, **fields: Any) -> Generate:
    return ask(caption, seconds=6.0, play={"variant": "nano", "seed": 3, "steps": 8}, **fields)


@pytest.mark.thorough
def test_the_verb_tells_and_the_take_keeps_what_became_of_the_words(studio: Studio) -> None:
    said: list[Any] = []
    stage = on_nano("Bleak freeway, female vocals", guide="none")
    [done] = finish(make(stage, studio), said.append)
    messages = [event for event in said if isinstance(event, Message)]
    assert {message.kind for message in messages} == {"note", "warning", "detail"}
    assert any("drawn from the style" in message.text for message in messages)
    assert set(done.warnings) == {message.text for message in messages if message.kind == "warning"}
    heard = done.take.hearing
    assert heard is not None
    assert (heard.taken_for, heard.unknown, heard.unsung) == ({"Bleak": "dark"}, ("freeway",), ("female vocals",))
    assert heard.drawn == ("bpm", "key", "meter")
    assert f"{done.take.metas.bpm:g} bpm, {done.take.metas.key}" in " ".join(message.text for message in messages)
    kept = json.loads(Path(studio.library.takes.sidecars.path(done.take)).read_text())
    assert kept["hearing"]["unknown"] == ["freeway"]
    planned: list[Any] = []
    finish(plan_make(stage, studio), planned.append)
    assert [event for event in planned if isinstance(event, Message)] == [m for m in messages if "drawn" not in m.text]


@pytest.mark.parametrize(
    ("caption", "lyrics", "said"),
    [
        ("lofi, female vocals", "[verse]\nhello rain", ["sings the syllables of lyrics, not words"]),
        ("lofi", "[verse]\nпривет", ["sings the syllables of lyrics, not words", "are sung on la"]),
        ("lofi, female vocals", "", ["sings only where there are lyrics: female vocals"]),
        ("lofi", "[Instrumental]", []),
        ("lofi", "", []),
    ],
)
def test_what_becomes_of_a_voice_is_said(caption: str, lyrics: str, said: list[str]) -> None:
    card = CARD.model_copy(update={"syllables": True})
    found = told(ask(caption, prompt={"lyrics": lyrics}, guide="none"), card)
    voiced = [text for text in (*found["warning"], *found["note"]) if not text.startswith("style")]
    assert len(voiced) == len(said) and all(part in text for part, text in zip(said, voiced, strict=True))


@pytest.mark.thorough
def test_other_words_give_another_take_at_one_seed(studio: Studio) -> None:
    curves, pulses = [], []
    for caption in ("neon freeway", "rapid breakbeats", "didgeridoo, kazoo"):
        [done] = finish(make(on_nano(caption), studio))
        audio = files.read(studio.library.takes.content(done.take))
        curves.append(band_flux(audio).sum(axis=0))
        pulses.append(tempo_is_best(measure(audio), candidate_tempi(60.0, 180.0, done.take.metas.bpm or 0.0)))
        assert done.take.guide is None
    likeness = np.corrcoef(curves) - np.eye(len(curves))
    assert likeness.max() < 0.5
    assert sum(pulses) >= 2, "a tempo that was drawn is a tempo that is played"
