"""The planner's prompts against ACE-Step 1.5's published templates, letter by letter and token by token."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from producertwin.model.planner import prompts
from producertwin.model.planner.language_model import Planner

GENERATE = "# Instruction\nGenerate audio semantic tokens based on the given conditions:\n\n"
UNDERSTAND = "# Instruction\nUnderstand the given musical conditions and describe the audio semantics accordingly:\n\n"
CREATE = "# Instruction\nExpand the user's input into a more detailed and specific musical description:\n\n"
FORMAT = "# Instruction\nFormat the user's input into a more detailed and specific musical description:\n\n"

CASES: list[tuple[Callable[[], str], str, str, str]] = [
    (lambda: prompts.generate_prompt("lofi", "[verse]\nrain"), GENERATE, "# Caption\nlofi\n\n# Lyric\n[verse]\nrain\n", ""),
    (lambda: prompts.generate_prompt("", ""), GENERATE, "# Caption\nNO USER INPUT\n\n# Lyric\n\n", ""),
    (
        lambda: prompts.codes_prompt("lofi", "", "<think>\nbpm: 90\n</think>"),
        GENERATE,
        "# Caption\nlofi\n\n# Lyric\n\n",
        "<think>\nbpm: 90\n</think>\n\n",
    ),
    (prompts.unguided_prompt, GENERATE, "NO USER INPUT", "<think>\n\n</think>\n\n"),
    (lambda: prompts.unguided_prompt("noise"), GENERATE, "noise", "<think>\n\n</think>\n\n"),
    (lambda: prompts.understand_prompt((7, 199)), UNDERSTAND, "<|audio_code_7|><|audio_code_199|>", ""),
    (lambda: prompts.understand_prompt(()), UNDERSTAND, "NO USER INPUT", ""),
    (lambda: prompts.create_prompt("a rainy day", instrumental=True), CREATE, "a rainy day\n\ninstrumental: true", ""),
    (lambda: prompts.create_prompt(" ", instrumental=False), CREATE, "NO USER INPUT\n\ninstrumental: false", ""),
    (lambda: prompts.format_prompt("pop", "[verse]\nla"), FORMAT, "# Caption\npop\n\n# Lyric\n[verse]\nla", ""),
    (lambda: prompts.format_prompt("", ""), FORMAT, "# Caption\nNO USER INPUT\n\n# Lyric\n[Instrumental]", ""),
]


@pytest.mark.parametrize(("make", "system", "user", "assistant"), CASES)
def test_prompts_are_the_published_ones(
    make: Callable[[], str], system: str, user: str, assistant: str, planner: Planner
) -> None:
    text = make()
    head = f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
    assert text == head + assistant
    start, end = planner.words.tokenizer.token_to_id("<|im_start|>"), planner.words.end
    said = planner.words.encode
    expected = (start, *said(f"system\n{system}"), end, *said("\n"), start, *said(f"user\n{user}"), end, *said("\n"))
    assert said(text) == (*expected, start, *said(f"assistant\n{assistant}"))


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|audio_code_7|>", "<think>", "</think>", "<|endoftext|>"])
def test_what_a_user_writes_holds_no_marks(mark: str, planner: Planner) -> None:
    place = planner.words.tokenizer.token_to_id(mark)
    for make in (
        lambda text: prompts.generate_prompt(text, text),
        lambda text: prompts.create_prompt(text, instrumental=False),
        lambda text: prompts.format_prompt(text, text),
        prompts.unguided_prompt,
    ):
        with_mark, without = (planner.words.encode(make(text)).count(place) for text in (f"a {mark} b", "a b"))
        assert with_mark == without


def test_a_thought_in_a_prompt_is_two_tokens_and_text(planner: Planner) -> None:
    tokens = planner.words.encode(prompts.codes_prompt("lofi", "", "<think>\nbpm: 90\n</think>"))
    opened, closed = (planner.words.tokenizer.token_to_id(tag) for tag in ("<think>", "</think>"))
    inside = tokens[tokens.index(opened) + 1 : tokens.index(closed)]
    assert planner.words.decode(inside) == "\nbpm: 90\n"
