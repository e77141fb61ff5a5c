"""The planner's loop against a plain one that reads everything anew for every token, and what a seed means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from producertwin.errors import BadInput, Interrupted
from producertwin.model.planner import flows, prompts
from producertwin.model.planner.flows import CodeSampling
from producertwin.model.planner.language_model import Ask, Planner, write
from producertwin.model.planner.options import TokenSampling
from producertwin.model.planner.outline import Outline, read_outline, write_thought
from producertwin.model.planner.parts import Codes, Text
from producertwin.model.planner.vocabulary import Vocabulary
from producertwin.music import LANGUAGES, METERS, Key
from producertwin.progress import Progress

SONG = Outline(caption="lofi, rain", lyrics="[verse]\nla la")
GREEDY = TokenSampling(lm_temperature=0.0)
THOUGHT = Outline(bpm=92, key="C major", meter=4, seconds=30)


def plain_codes(planner: Planner, count: int, guidance: float, penalty: float = 1.0) -> tuple[int, ...]:
    """The likeliest codes, by the formula: all tokens anew through the model, `u + g (c - u)`, codes only, repetition."""
    words, written = planner.words, list[int]()
    told = list(words.encode(prompts.codes_prompt(SONG.caption, SONG.lyrics, write_thought(THOUGHT))))
    untold = list(words.encode(prompts.unguided_prompt()))
    for _ in range(count):
        with torch.inference_mode():
            c, u = (planner.model(torch.tensor([start + written])).logits[0, -1] for start in (told, untold))
        logits = u + guidance * (c - u) if guidance > 1 else c
        logits = logits.masked_fill(~words.codes, float("-inf"))
        for token in {*told, *written}:
            logits[token] = logits[token] * penalty if logits[token] < 0 else logits[token] / penalty
        written.append(int(logits.argmax()))
    return tuple(words.code_of[token] for token in written)


@pytest.mark.parametrize(("guidance", "penalty"), [(1.0, 1.0), (2.0, 1.0), (2.5, 1.3), (6.0, 1.0)])
def test_codes_are_those_of_the_formula(guidance: float, penalty: float, planner: Planner) -> None:
    how = CodeSampling(TokenSampling(lm_temperature=0.0, lm_repetition=penalty), guidance)
    assert flows.compose(planner, SONG, THOUGHT, 12, 1, how) == plain_codes(planner, 12, guidance, penalty)


def test_guidance_and_what_to_avoid_change_the_codes(planner: Planner) -> None:
    ways = [CodeSampling(GREEDY, 1.0), CodeSampling(GREEDY, 4.0), CodeSampling(GREEDY, 4.0, "a warm bass")]
    assert len({flows.compose(planner, SONG, THOUGHT, 20, 1, how) for how in ways}) == 3


def test_a_seed_means_one_answer(planner: Planner) -> None:
    made = {seed: flows.compose(planner, SONG, THOUGHT, 20, seed, CodeSampling()) for seed in (1, 2, 3)}
    assert len(set(made.values())) == 3
    assert flows.compose(planner, SONG, THOUGHT, 20, 2, CodeSampling()) == made[2]
    assert all(len(codes) == 20 for codes in made.values())
    first = flows.think(planner, SONG, TokenSampling(), 5)
    assert first == flows.think(planner, SONG, TokenSampling(), 5) != flows.think(planner, SONG, TokenSampling(), 6)


@pytest.mark.parametrize("seed", range(4))
def test_a_thought_is_always_whole_and_within_the_grammar(seed: int, planner: Planner) -> None:
    """The weights are noise, so whatever holds here the grammar holds."""
    thought = flows.think(planner, SONG, TokenSampling(lm_temperature=2.0, lm_top_p=1.0), seed)
    assert thought.bpm is not None and 30 <= thought.bpm <= 300
    assert thought.seconds is not None and 10 <= thought.seconds <= 600
    assert thought.meter in METERS and thought.language in {*LANGUAGES, "unknown"}
    assert thought.key is not None and Key.parse(thought.key)
    assert thought.caption and thought.genres == "" and "`" not in thought.caption


def test_what_the_user_said_stays(planner: Planner) -> None:
    given = replace(SONG, bpm=77, key="Ab minor", meter=3, seconds=41, language="no")
    thought = flows.think(planner, given, TokenSampling(), 1)
    assert (thought.bpm, thought.key, thought.meter, thought.seconds, thought.language) == (77, "Ab minor", 3, 41, "no")
    assert thought.caption not in ("", SONG.caption)
    assert flows.think(planner, SONG, TokenSampling(), 1, keep_caption=True).caption == ""


def test_a_song_of_which_all_is_known_is_not_asked_about(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the planner was asked")

    known = replace(THOUGHT, caption="lofi")
    monkeypatch.setattr(flows, "write", fail)
    assert flows.think(planner, known, TokenSampling(), 1, keep_caption=True) == THOUGHT
    with pytest.raises(AssertionError):  # a caption that is to be written out is asked for, metas or no metas
        flows.think(planner, known, TokenSampling(), 1)


def test_what_must_come_is_not_asked_for(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    forward = type(planner.model).forward

    def count(self: Any, tokens: torch.Tensor, *rest: Any, **more: Any) -> Any:
        asked.append(tokens.shape[1])
        return forward(self, tokens, *rest, **more)

    monkeypatch.setattr(type(planner.model), "forward", count)
    given = replace(THOUGHT, language="en")
    parts = planner.grammar.thought(given, skip=frozenset({"caption", "genres"}))
    answer = write(planner, Ask("x", parts, 1), what="test")
    assert answer.whole and asked == []
    assert read_outline(planner.words.decode(answer.tokens)) == given


def test_understanding_reads_codes_and_creating_reads_an_idea(planner: Planner) -> None:
    heard = flows.understand(planner, (1, 2, 3), TokenSampling(), 4)
    assert heard == flows.understand(planner, (1, 2, 3), TokenSampling(), 4)
    assert heard != flows.understand(planner, (1, 2, 4), TokenSampling(), 4)
    assert heard.outline.caption and heard.outline.genres and heard.outline.has_all_metas
    made = flows.create(planner, "a rainy day", Outline(language="ja"), TokenSampling(), 4)
    assert made.outline.language == "ja" and made.outline.has_all_metas
    written = flows.rewrite(planner, replace(SONG, bpm=99), TokenSampling(), 4)
    assert written.outline.bpm == 99 and written.outline.lyrics


@pytest.mark.parametrize("codes", [(), (64_000,), (1, -1)])
def test_what_is_no_code_is_refused(codes: tuple[int, ...], planner: Planner) -> None:
    with pytest.raises(BadInput):
        flows.understand(planner, codes, TokenSampling(), 1)


def silent(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the planner end its turn where it may."""
    original = Text.allow

    def only_end(self: Text, before: tuple[int, ...], logits: torch.Tensor) -> torch.Tensor:
        mask = original(self, before, logits)
        return mask & (torch.arange(mask.numel()) == planner.words.end)

    monkeypatch.setattr(Text, "allow", only_end)


def test_lyrics_that_do_not_come_are_told_or_instrumental(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    silent(planner, monkeypatch)
    kept = flows.rewrite(planner, SONG, TokenSampling(), 1)
    assert kept.outline.lyrics == SONG.lyrics and "stay as they were" in kept.warnings[0]
    assert flows.rewrite(planner, replace(SONG, lyrics=""), TokenSampling(), 1).outline.lyrics == "[Instrumental]"
    nobody = Outline(lyrics="[Instrumental]")
    assert flows.create(planner, "rain", nobody, TokenSampling(), 1).outline.lyrics == "[Instrumental]"
    assert flows.create(planner, "rain", Outline(), TokenSampling(), 1).outline.lyrics == ""


@pytest.mark.thorough
def test_lyrics_that_find_no_room_are_cut_and_it_is_told(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_WORDS", 700)
    monkeypatch.setattr(Text, "ends", lambda *_: False)
    cut = flows.create(planner, "rain", Outline(), GREEDY, 1)
    assert "cut" in cut.warnings[0] and cut.outline.has_all_metas
    monkeypatch.setattr(flows, "MOST_WORDS", 20)
    monkeypatch.setattr(flows, "LEAST_WORDS", 1)
    with pytest.raises(BadInput, match="no room to end its metas"):
        flows.create(planner, "rain", Outline(), GREEDY, 1)


def test_a_prompt_that_leaves_no_room_is_refused(planner: Planner) -> None:
    with pytest.raises(BadInput, match="4096"):
        flows.compose(planner, replace(SONG, lyrics="la " * 5000), THOUGHT, 5, 1, CodeSampling())
    with pytest.raises(BadInput, match="needs 4000"):
        flows.compose(planner, SONG, THOUGHT, 4000, 1, CodeSampling())


def test_it_can_be_stopped_at_every_choice(planner: Planner) -> None:
    seen: list[Progress] = []

    def stop(event: Progress) -> None:
        seen.append(event)
        if len(seen) == 5:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        write(planner, Ask("x", [Codes(planner.words, 50)], 1), what="codes", on_progress=stop)
    assert [event.done for event in seen] == [0, 1, 2, 3, 4] and {event.what for event in seen} == {"codes"}


def test_a_tokenizer_that_is_no_planners_is_refused(planner: Planner) -> None:
    from producertwin.model.variants.tiny import tokenizer

    with pytest.raises(BadInput, match=r"lacks <\|im_end\|>"):
        Vocabulary.of(tokenizer(), 5000, Path("tokenizer.json"))
    with pytest.raises(BadInput, match="more tokens than"):
        Vocabulary.of(planner.words.tokenizer, 300, Path("tokenizer.json"))
