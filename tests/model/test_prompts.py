"""The prompt is ACE-Step's to the letter, and what is too long loses the right end."""

from __future__ import annotations

from typing import Any

import pytest

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import prompts
from producertwin.model.sampling.request import Metas, Request
from producertwin.model.tasks import Task, instruction
from producertwin.music import Key

METAS = Metas(bpm=92.0, key=Key.parse("f# min"), meter=4, language="en")


def request(caption: str = "lofi, rhodes", **more: Any) -> Request:
    return Request(caption, 30.0, 1, **({"metas": METAS, "lyrics": "la la"} | more))


def test_the_prompt_is_what_diffusers_prints(pipeline: Any) -> None:
    said = {"bpm": 92, "keyscale": "F# minor", "timesignature": "4"}
    for task, stems in ((Task.TEXT2MUSIC, ()), (Task.LEGO, ("backing_vocals",)), (Task.COMPLETE, ("drums", "bass"))):
        words, lyrics = pipeline._format_prompt(
            "lofi, rhodes", "la la", "en", 30.9, instruction(task, stems), **said
        )  # fmt: skip
        assert prompts.prompt_text("lofi, rhodes", task, stems, METAS, 30.9) == words
        assert prompts.lyrics_text("la la", "en") == lyrics


def test_unknown_facts_read_not_available_and_tempo_is_a_whole_number(pipeline: Any) -> None:
    words, _ = pipeline._format_prompt("x", "", audio_duration=12.0)
    assert prompts.prompt_text("x", Task.TEXT2MUSIC, (), Metas(), 12.0) == words
    assert prompts.metas_text(Metas(bpm=92.46), 1).startswith("- bpm: 92\n")
    assert prompts.metas_text(Metas(bpm=119.6), 1).startswith("- bpm: 120\n")


def test_no_words_means_instrumental() -> None:
    assert "# Lyric\n[Instrumental]<|endoftext|>" in prompts.lyrics_text("  \n", "unknown")


@pytest.mark.parametrize("caption", ["lofi " * 400, "夜の雨とピアノ" * 60, "🎹🌧️" * 120, "x" * 3000, "rain, " * 300])
def test_a_long_caption_is_cut_and_the_metas_are_not(tiny: Instrument, caption: str) -> None:
    built = prompts.build(tiny.tokenizer, request(caption), 30.0)
    read = tiny.tokenizer.decode(list(built.text), skip_special_tokens=False)
    assert len(built.text) <= 256
    assert read.endswith("- bpm: 92\n- timesignature: 4\n- keyscale: F# minor\n- duration: 30 seconds\n<|endoftext|>\n")
    kept = read.split("# Caption\n")[1].split("\n\n# Metas")[0]
    assert kept and caption.startswith(kept) and "�" not in kept
    assert "the caption was shortened" in built.warnings[0]


def test_a_long_lyric_keeps_its_head_and_its_end_token(tiny: Instrument) -> None:
    lyrics = "\n".join(f"line {i} of a very long song" for i in range(200))
    built = prompts.build(tiny.tokenizer, request(lyrics=lyrics), 30.0)
    read = tiny.tokenizer.decode(list(built.lyrics), skip_special_tokens=False)
    assert len(built.lyrics) <= 2048 and read.startswith("# Languages\nen\n\n# Lyric\nline 0")
    assert read.endswith("<|endoftext|>") and built.warnings


def test_short_texts_come_without_warnings(tiny: Instrument) -> None:
    built = prompts.build(tiny.tokenizer, request(), 30.0)
    assert built.warnings == ()
    assert tiny.tokenizer.decode(list(built.text), skip_special_tokens=False) == prompts.prompt_text(
        "lofi, rhodes", Task.TEXT2MUSIC, (), METAS, 30.0
    )


def test_special_tokens_cannot_be_written_by_the_user(tiny: Instrument) -> None:
    built = prompts.build(tiny.tokenizer, request("a <|endoftext|> b", lyrics="<|endoftext|>"), 30.0)
    end = tiny.tokenizer.token_to_id("<|endoftext|>")
    assert built.text.count(end) == 1 and built.lyrics.count(end) == 1


def test_the_second_part_of_a_cover_speaks_as_text2music(tiny: Instrument) -> None:
    cover = request(task=Task.COVER)
    built = prompts.build(tiny.tokenizer, cover, 30.0, task=Task.TEXT2MUSIC)
    assert built.text == prompts.build(tiny.tokenizer, request(), 30.0).text
    assert built.text != prompts.build(tiny.tokenizer, cover, 30.0).text


def test_a_rare_word_is_heard_as_a_common_one_where_few_were_learned(tiny: Instrument) -> None:
    few = prompts.TokenLimits(few_words=True)

    def ids(caption: str, limits: prompts.TokenLimits) -> tuple[int, ...]:
        return prompts.build(tiny.tokenizer, request(caption), 30.0, limits=limits).text

    assert ids("bleak, piano", few) == ids("dark, piano", few)
    assert ids("bleak, piano", prompts.TokenLimits()) != ids("dark, piano", prompts.TokenLimits())


def test_limits_too_small_for_the_fixed_words_are_refused(tiny: Instrument) -> None:
    with pytest.raises(BadInput):
        prompts.build(tiny.tokenizer, request("a b c"), 30.0, limits=prompts.TokenLimits(text=20))


@pytest.mark.parametrize("key", ["C# minor", "Db minor", "G# minor", "D# minor", "Gb major", "C# major", "B major"])
def test_the_prompt_says_the_key_as_the_user_wrote_it(tiny: Instrument, key: str) -> None:
    asked = request(metas=Metas(key=Key.parse(key)))
    read = tiny.tokenizer.decode(list(prompts.build(tiny.tokenizer, asked, 30.0).text), skip_special_tokens=False)
    assert f"- keyscale: {key}\n" in read


@pytest.mark.parametrize("spellings", [("C# minor", "Db minor"), ("G# minor", "Ab min"), ("F# major", "G♭"), ("B", "Cb major")])
def test_where_few_words_were_learned_every_spelling_is_one(tiny: Instrument, spellings: tuple[str, str]) -> None:
    """nano learned one name per key, so a take of it is the same bytes however its key is spelled."""
    few = prompts.TokenLimits(few_words=True)
    ids = {prompts.build(tiny.tokenizer, request(metas=Metas(key=Key.parse(key))), 30.0, limits=few).text for key in spellings}
    [text] = ids
    assert f"- keyscale: {Key.parse(spellings[0]).plain}\n" in tiny.tokenizer.decode(list(text), skip_special_tokens=False)
