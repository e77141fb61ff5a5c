"""Which tokens may come after which: the grammar of ACE-Step 1.5's thoughts, codes and lyrics."""

from __future__ import annotations

import pytest
import torch

from planner_kit import KNOWN_CODES, UNKNOWN_CODES
from producertwin.model.planner.grammar import KEYS, Walk, restrict
from producertwin.model.planner.language_model import Planner
from producertwin.model.planner.outline import FIELDS, Outline, read_outline
from producertwin.model.planner.parts import CAPTION_TOKENS, Choice, Codes, Fixed, Line, Prose, Text
from producertwin.music import LANGUAGES

VALUES = {
    "bpm": {str(bpm) for bpm in range(30, 301)},
    "duration": {str(seconds) for seconds in range(10, 601)},
    "keyscale": set(KEYS),
    "language": {*LANGUAGES, "unknown"},
    "timesignature": {"2", "3", "4", "6"},
}


def choice(planner: Planner, name: str) -> Choice:
    parts = planner.grammar.thought(Outline(), skip=frozenset(FIELDS) - {name})
    part = parts[-1]
    assert isinstance(part, Choice)
    return part


def flat(planner: Planner, best: int | None = None) -> torch.Tensor:
    """Logits that prefer nothing, or the token `best`."""
    logits = torch.zeros(planner.words.size)
    if best is not None:
        logits[best] = 1.0
    return logits


def allowed(planner: Planner, part: Choice | Prose | Line | Text | Codes | Fixed, text: str, best: int | None = None) -> set[str]:
    """What may follow `text`, each token as its text."""
    before = planner.words.encode(text)
    mask = part.allow(before, flat(planner, best))
    assert mask is not None
    return {planner.words.decode([place]) for place in mask.nonzero().flatten().tolist()}


@pytest.mark.parametrize("name", VALUES)
def test_the_ways_through_a_field_are_its_values_and_no_others(name: str, planner: Planner) -> None:
    part, found, ways = choice(planner, name), set(), [((), "")]
    while ways:
        before, _ = ways.pop()
        for token in part.tree[before]:
            if token == planner.words.newline:
                found.add(planner.words.decode(before).removeprefix(" "))
            else:
                ways.append(((*before, token), ""))
    assert found == VALUES[name]
    assert len(VALUES["keyscale"]) == 70 and len(VALUES["language"]) == 51


@pytest.mark.parametrize(
    ("name", "written", "following"),
    [
        ("bpm", "", {" "}),
        ("bpm", " ", set("123456789")),
        ("bpm", " 1", set("0123456789")),
        ("bpm", " 2", set("0123456789")),
        ("bpm", " 29", set("0123456789")),
        ("bpm", " 30", {"0", "\n"}),
        ("bpm", " 31", {"\n"}),
        ("bpm", " 300", {"\n"}),
        ("bpm", " 99", {"\n"}),
        ("duration", " 9", set("0123456789")),
        ("duration", " 1", set("0123456789")),
        ("duration", " 10", {*"0123456789", "\n"}),
        ("duration", " 60", {"0", "\n"}),
        ("duration", " 61", {"\n"}),
        ("timesignature", " ", set("2346")),
        ("timesignature", " 4", {"\n"}),
        ("keyscale", " G major", {"\n"}),
        ("language", " en", {"\n"}),
    ],
)
def test_what_may_follow(name: str, written: str, following: set[str], planner: Planner) -> None:
    assert allowed(planner, choice(planner, name), written) == following


def test_a_complete_key_language_or_meter_ends_at_once_and_a_number_may_go_on(planner: Planner) -> None:
    for name in ("keyscale", "language", "timesignature"):
        value = sorted(VALUES[name])[0]
        assert choice(planner, name).force(planner.words.encode(f" {value}")) == (planner.words.newline,)
    assert choice(planner, "bpm").force(planner.words.encode(" 30")) == ()
    assert choice(planner, "bpm").force(planner.words.encode(" 31")) == (planner.words.newline,)


def test_the_first_token_of_a_language_is_the_likeliest(planner: Planner) -> None:
    part = choice(planner, "language")
    firsts = sorted(part.tree[()])
    assert len(firsts) > 1
    for best in firsts:
        mask = part.allow((), flat(planner, best))
        assert mask.nonzero().flatten().tolist() == [best]


def test_fields_come_in_order_and_what_is_known_is_written_as_it_is(planner: Planner) -> None:
    given = Outline(bpm=92, key="C# minor", meter=6, seconds=7, language="no", caption="calm", genres="folk")
    walk = Walk(planner.grammar.thought(given))
    written: list[int] = []
    while not walk.has_ended:
        forced = walk.force()
        assert forced
        for token in forced:
            walk.advance(token)
        written += forced
    body = "bpm: 92\ncaption: calm\nduration: 7\ngenres: folk\nkeyscale: C# minor\nlanguage: no\ntimesignature: 6\n"
    assert planner.words.decode(written) == f"<think>\n{body}"
    assert read_outline(planner.words.decode(written)) == given


@pytest.mark.parametrize("skip", [set(), {"genres"}, {"genres", "caption"}, {"genres", "caption", "language"}])
def test_fields_that_are_left_out_are_not_named(skip: set[str], planner: Planner) -> None:
    fixed = [part for part in planner.grammar.thought(Outline(), skip=frozenset(skip)) if isinstance(part, Fixed)]
    said = [planner.words.decode(part.tokens) for part in fixed]
    assert said == ["<think>", "\n", *(f"{name}:" for name in FIELDS if name not in skip)]


def test_a_caption_is_text_without_backticks_codes_and_marks(planner: Planner) -> None:
    may = allowed(planner, Prose(planner.words), " calm")
    assert {"a", " piano", "\n", ".\n", " "} <= may
    for text in ("`", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<|audio_code_7|>", "<|audio_code_64000|>"):
        assert text not in may
    assert not any("`" in text for text in may)


def test_a_caption_is_not_empty(planner: Planner) -> None:
    for blank in ("", " ", "  "):
        may = allowed(planner, Prose(planner.words), blank)
        assert "a" in may and not any("\n" in text for text in may)


def test_a_caption_goes_on_indented_or_ends(planner: Planner) -> None:
    part, words = Prose(planner.words), planner.words
    indented, other = words.encode(" piano")[0], words.encode("d")[0]
    for text in (" calm\n", " calm.\n", " calm.\n  and slow\n"):
        assert all(one[0] in " \t" and "\n" not in one for one in allowed(planner, part, text, best=indented))
        assert part.allow(words.encode(text), flat(planner, other)) is None
        assert part.allow(words.encode(text), flat(planner, words.end)) is None


def test_a_long_caption_ends_with_a_line_break(planner: Planner) -> None:
    part, token, newline = Prose(planner.words), planner.words.encode("a")[0], planner.words.newline
    longest = (token,) * CAPTION_TOKENS
    assert part.force(longest[:-1]) == () and not part.ends(longest)
    assert part.force(longest) == (newline,)
    assert part.ends((*longest, newline))
    stopped = (*longest[:-1], newline)
    assert part.force(stopped) == () and part.allow(stopped, flat(planner, planner.words.encode(" piano")[0])) is None


def test_genres_are_one_line_that_is_not_empty(planner: Planner) -> None:
    part, newline = Line(planner.words), planner.words.newline
    for blank in ("", " "):
        assert not any("\n" in text for text in allowed(planner, part, blank))
    assert {text for text in allowed(planner, part, " folk") if "\n" in text} == {"\n"}
    assert allowed(planner, part, " folk", best=newline) == {"\n"}
    assert part.ends(planner.words.encode(" folk\n")) and not part.ends(planner.words.encode(" folk"))
    assert part.force((planner.words.encode("a")[0],) * CAPTION_TOKENS) == (newline,)


def test_lyrics_are_text_up_to_the_end_of_the_turn(planner: Planner) -> None:
    part, words = Text(planner.words), planner.words
    may = allowed(planner, part, "\n\n# Lyric\n")
    assert {"<|im_end|>", "<|endoftext|>", "`", "\n", "a"} <= may
    assert not any("audio_code" in text or text in ("<think>", "</think>", "<|im_start|>") for text in may)
    for end in (words.end, words.pad):
        assert part.ends((5, end)) and not part.ends((end, 5))


@pytest.mark.parametrize("count", [1, 5, 50])
def test_codes_are_codes_and_as_many_as_asked_for(count: int, planner: Planner) -> None:
    part, token = Codes(planner.words, count), planner.words.tokenizer.token_to_id("<|audio_code_3|>")
    may = allowed(planner, part, "<|audio_code_3|>" * (count - 1))
    assert may == {f"<|audio_code_{number}|>" for number in range(KNOWN_CODES)}
    assert not any(f"<|audio_code_{number}|>" in may for number in UNKNOWN_CODES)
    assert not part.ends((token,) * (count - 1)) and part.ends((token,) * count)


def test_logits_beyond_the_tokenizer_may_never_come(planner: Planner) -> None:
    beyond = slice(planner.words.tokenizer.get_vocab_size(), planner.words.size)
    for part in (Text(planner.words), Prose(planner.words), Line(planner.words), Codes(planner.words, 3)):
        mask = part.allow((), flat(planner))
        assert mask is not None and not mask[beyond].any() and mask.numel() == planner.words.size
        restricted = restrict(flat(planner), mask)
        assert torch.isinf(restricted[beyond]).all() and (restricted[mask] == 0).all()
