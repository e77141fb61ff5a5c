"""Lyrics in time on the tiny instrument: whose attention is watched, which rows count, and that the take does not change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lyric_kit import score_of
from model_kit import noise_of, save_original

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine, lyric_times, plan, prompts
from producertwin.model.sampling.denoiser import Denoiser
from producertwin.model.sampling.engine import generate
from producertwin.model.sampling.flow import add_noise
from producertwin.model.sampling.lyric_alignment import first_frames, lyric_score
from producertwin.model.sampling.lyric_heads import KNOWN_HEADS, watched_heads
from producertwin.model.sampling.lyric_times import find_times
from producertwin.model.sampling.request import InputSound, Metas, Request, Samples, Sampling
from producertwin.model.sampling.take import PreparedTake, prepare_take
from producertwin.model.tasks import Task
from producertwin.model.variants import catalogue
from producertwin.model.variants.catalogue import VARIANTS, card_of

LYRICS = "[verse]\nla la é\n\nlo <|li|> ジャズ\n[chorus]\nhey"
SUNG = "[verse]\nla la é\n\nlo li ジャズ\n[chorus]\nhey"
ASKED = Request("lofi, rain", 3.0, 1, lyrics=LYRICS, metas=Metas(language="en"), sampling=Sampling(steps=4, shift=3.0))


def prepared(tiny: Instrument, asked: Request) -> PreparedTake:
    with torch.inference_mode():
        return prepare_take(tiny, plan.make(asked, tiny))


class Watched:
    """diffusers' own forward of the transformer, with the queries and keys of one layer's cross-attention kept."""

    def __init__(self, tiny: Instrument, layer: int) -> None:
        self.net = tiny.transformer
        self.attention = self.net.layers[layer].cross_attn
        self.seen: dict[str, Any] = {}

    def weights(self, x: torch.Tensor, context: torch.Tensor, t: float, cond: torch.Tensor) -> torch.Tensor:
        """Softmax of scaled products, `(heads, condition tokens, patches)`."""
        hooks = [
            getattr(self.attention, name).register_forward_hook(lambda _m, _i, out, name=name: self.seen.update({name: out}))
            for name in ("norm_q", "norm_k")
        ]
        level = torch.tensor([t])
        with torch.inference_mode():
            self.net(hidden_states=x, timestep=level, timestep_r=level, encoder_hidden_states=cond[None], context_latents=context)
        for hook in hooks:
            hook.remove()
        query, key = (self.seen[name][0].transpose(0, 1) for name in ("norm_q", "norm_k"))
        key = key.repeat_interleave(len(query) // len(key), 0)
        return (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1).mT


@pytest.mark.parametrize("layer", [0, 1])
def test_the_attention_is_that_of_the_modules_own_forward(tiny: Instrument, layer: int) -> None:
    take = prepared(tiny, ASKED)
    x, level = take.noise, 0.25
    denoiser = Denoiser(tiny.transformer, x.shape[1], (level,))
    with torch.inference_mode():
        conditions = denoiser.cache_conditions([take.cond], None)
        found = denoiser.attention(x, take.context.before_switch, 0, conditions, {layer: (3, 1)})
    wanted = Watched(tiny, layer).weights(x, take.context.before_switch, level, take.cond)
    assert found.shape == (2, len(take.cond), -(-x.shape[1] // 2))
    torch.testing.assert_close(found, wanted[[3, 1]], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.sum(1), torch.ones_like(found[:, 0]))


def test_the_take_is_shown_as_upstream_shows_it(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    """Level 1/4 of four steps although the schedule is shifted, the noise of seed 42, condition and context of the take."""
    both: list[dict[str, Any]] = []

    def watch(self: Denoiser, x: torch.Tensor, context: torch.Tensor, step: int, _: Any, heads: Any) -> torch.Tensor:
        both.append({"x": x, "context": context, "heads": heads, "embedding": self.embedding[step]})
        return torch.rand(4, 400, 38, generator=torch.Generator().manual_seed(0))

    monkeypatch.setattr(Denoiser, "attention", watch)
    take = prepared(tiny, ASKED)
    latents, noise = noise_of(9, 75, tiny.width), noise_of(42, 75, tiny.width)
    with torch.inference_mode():
        assert find_times(tiny, take, latents) is not None
    for seen, shown, level in zip(both, (add_noise(latents, noise, 0.25), noise), (0.25, 1.0), strict=True):
        assert torch.equal(seen["x"], shown)
        assert torch.equal(seen["context"], take.context.before_switch)
        assert torch.equal(seen["embedding"], Denoiser(tiny.transformer, 75, (level,)).embedding[0])
        assert seen["heads"] == {0: range(4)}


@pytest.mark.parametrize("task", ["text2music", "cover"])
def test_both_scores_are_those_of_the_modules_own_forward(tiny: Instrument, sound: Samples, task: str) -> None:
    """The whole way in numpy: attention by diffusers' own transformer, the rows of the words, the score by the formula."""
    asked = replace(ASKED, task=Task(task), source=InputSound(sound) if task == "cover" else None, cover_strength=0.5)
    asked = asked if task == "cover" else replace(asked, cover_strength=1.0)
    take = prepared(tiny, asked)
    frames = take.plan.schedule.frames
    latents, noise = noise_of(9, frames, tiny.width), noise_of(42, frames, tiny.width)
    with torch.inference_mode():
        found = find_times(tiny, take, latents)
    first, words = len(tiny.tokenizer.encode(prompts.lyrics_head("en")).ids), SUNG.encode()
    sung = np.ones(len(words), bool)
    for mark in (b"[verse]", b"[chorus]"):
        sung[words.index(mark) : words.index(mark) + len(mark)] = False
    scores = []
    for shown, level in ((add_noise(latents, noise, 0.25), 0.25), (noise, 1.0)):
        weights = Watched(tiny, 0).weights(shown, take.context.before_switch, level, take.cond)
        scores.append(score_of(weights[:, first : first + len(words)].mean(0).double().numpy(), sung))
    assert found is not None
    assert (found.score, found.score_from_noise) == pytest.approx(scores, abs=2e-4)
    assert found.score != found.score_from_noise


def test_the_score_from_noise_is_of_the_words_and_not_of_the_take(tiny: Instrument) -> None:
    """Other latents change the score and not this one; other words, another context and another length change it."""
    take = prepared(tiny, ASKED)
    with torch.inference_mode():
        one, other = (find_times(tiny, take, noise_of(seed, 75, tiny.width)) for seed in (1, 2))
    assert one is not None
    assert other is not None
    assert one.score_from_noise == other.score_from_noise
    assert one.score != other.score
    said = [replace(ASKED, lyrics="[verse]\nother words"), replace(ASKED, caption="techno, loud"), replace(ASKED, seconds=2.0)]
    for asked in said:
        [found] = generate(tiny, [asked])
        assert found.lyric_times is not None
        assert found.lyric_times.score_from_noise != one.score_from_noise


def test_rows_and_lines_are_those_of_the_words(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens of tiny are bytes: the rows begin behind the lyric's head, end before its end, and each line begins with its own."""
    text = prompts.lyrics_text(SUNG, "en")
    head, words = len(prompts.lyrics_head("en")), len(SUNG.encode())
    ids = tiny.tokenizer.encode(text).ids
    first = len(tiny.tokenizer.encode(text[:head]).ids)
    assert len(ids) == first + words + 1
    maps = np.random.default_rng(3).dirichlet(np.full(len(ids) + 9, 0.2), (4, 38)).transpose(0, 2, 1).astype(np.float32)
    monkeypatch.setattr(Denoiser, "attention", lambda *_: torch.from_numpy(maps))
    with torch.inference_mode():
        found = find_times(tiny, prepared(tiny, ASKED), torch.zeros(1, 75, tiny.width))
    assert found is not None
    assert [words for _, words in found.lines] == ["[verse]", "la la é", "lo li ジャズ", "[chorus]", "hey"]
    rows = maps[:, first : first + words]
    begins = first_frames(rows) * 3.0 / 38
    starts = [SUNG.encode().index(line.encode()) for line in ("[verse]", "la la é", "lo li ジャズ", "[chorus]", "hey")]
    assert [at for at, _ in found.lines] == pytest.approx([begins[start] for start in starts])
    marked = np.array([(0 <= place < 7) or (starts[3] <= place < starts[3] + 8) for place in range(words)])
    assert found.score == lyric_score(rows, ~marked)


@pytest.mark.parametrize(
    ("spans", "lines"),
    [
        ([(0, 3), (3, 6), (6, 8)], [(0.0, "[v]la"), (2.0, "lo")]),
        ([(0, 1), (1, 7), (7, 8)], [(0.0, "[v]la\nl"), (2.0, "o")]),
        ([(0, 5), (5, 6), (6, 8)], [(0.0, "[v]la"), (2.0, "lo")]),
        ([(5, 6), (6, 8)], [(1.0, "lo")]),
    ],
)
def test_a_line_ends_with_the_token_that_ends_it(spans: list[tuple[int, int]], lines: list[tuple[float, str]]) -> None:
    assert list(lyric_times._lines("[v]la\nlo", spans, [0.0, 1.0, 2.0][: len(spans)])) == lines


@pytest.mark.thorough
@pytest.mark.parametrize("task", ["text2music", "cover", "repaint"])
def test_takes_are_the_same_bytes_with_and_without(
    tiny: Instrument, sound: Samples, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    asked = replace(ASKED, task=Task(task))
    if asked.task.needs_source:
        asked = replace(asked, source=InputSound(sound), cover_strength=0.5 if task == "cover" else 1.0)
    if task == "repaint":
        asked = replace(asked, windows=((1.0, 2.0),))
    [found] = generate(tiny, [asked])
    assert found.lyric_times is not None
    monkeypatch.setattr(engine, "find_times", lambda *_: None)
    [plain] = generate(tiny, [asked])
    assert plain.lyric_times is None
    assert found.audio.tobytes() == plain.audio.tobytes()
    assert found.latents.tobytes() == plain.latents.tobytes()


def test_the_same_take_has_the_same_times_alone_and_in_a_batch(tiny: Instrument) -> None:
    alone = generate(tiny, [ASKED])[0].lyric_times
    together = generate(tiny, [replace(ASKED, seed=2), ASKED, replace(ASKED, lyrics="")], max_batch=3)
    assert together[1].lyric_times == alone != together[0].lyric_times
    assert together[2].lyric_times is None
    assert alone is not None
    assert 0.0 <= alone.score <= 1.0
    assert [at for at, _ in alone.lines] == sorted(at for at, _ in alone.lines)
    assert all(0.0 <= at < 3.0 for at, _ in alone.lines)


@pytest.mark.parametrize("lyrics", ["", "  \n", "[Instrumental]", "[instrumental]", "<||>"])
def test_nothing_is_watched_where_nobody_sings(tiny: Instrument, monkeypatch: pytest.MonkeyPatch, lyrics: str) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("attention was collected")

    monkeypatch.setattr(Denoiser, "attention", refuse)
    [found] = generate(tiny, [replace(ASKED, lyrics=lyrics)])
    assert found.lyric_times is None
    assert found.warnings == ()


def test_a_short_take_has_times_inside_itself(tiny: Instrument) -> None:
    """It is played at 128 frames and cut; what is beyond its end is not watched."""
    patient = replace(tiny, card=tiny.card.model_copy(update={"least_frames": 128}))
    times = generate(patient, [ASKED])[0].lyric_times
    assert times is not None
    assert all(0.0 <= at < 3.0 for at, _ in times.lines)


def test_a_lyric_that_is_cut_has_the_lines_that_are_heard(tiny: Instrument) -> None:
    short = replace(tiny, card=tiny.card.model_copy(update={"lyric_tokens": 40}))
    [found] = generate(short, [ASKED])
    assert found.lyric_times is not None
    assert [words for _, words in found.lyric_times.lines][:2] == ["[verse]", "la la é"]
    assert "hey" not in [words for _, words in found.lyric_times.lines]


def test_heads_that_nobody_knows_are_said_to_be_unknown(tiny: Instrument) -> None:
    [found] = generate(tiny, [ASKED])
    assert found.warnings == ("no heads of tiny are known to follow a lyric: the times of its lines are a guess",)
    told = replace(tiny, card=tiny.card.model_copy(update={"lyric_heads": ((1, 2), (0, 3), (1, 0))}))
    assert watched_heads(told) == ({0: [3], 1: [0, 2]}, True)
    [known] = generate(told, [ASKED])
    assert known.warnings == ()
    assert known.lyric_times != found.lyric_times


class _Net:
    """A transformer of which only the config is known."""

    def __init__(self, layers: int, heads: int) -> None:
        self.config = type("Config", (), {"num_hidden_layers": layers, "num_attention_heads": heads})()


@pytest.mark.parametrize(
    ("layers", "heads", "wanted"),
    [
        (24, 16, {2: [6], 3: [10, 11], 4: [3], 5: [8, 9], 6: [8]}),
        (32, 32, {3: [18, 27], 4: [22], 5: [5, 6, 7], 6: [2, 12, 13], 7: [20, 21]}),
        (8, 5, {2: [0, 1, 2, 3, 4]}),
    ],
)
def test_the_heads_of_each_size(tiny: Instrument, layers: int, heads: int, wanted: dict[int, list[int]]) -> None:
    found, known = watched_heads(replace(tiny, transformer=_Net(layers, heads)))
    assert {layer: list(named) for layer, named in found.items()} == wanted
    assert known is ((layers, heads) in KNOWN_HEADS)


@pytest.mark.parametrize("own", [((2, 0),), ((0, 4),), ((-1, 0),), ((0, 0), (1, -2))])
def test_heads_that_are_not_there_are_refused_before_any_work(tiny: Instrument, own: tuple[tuple[int, int], ...]) -> None:
    wrong = replace(tiny, card=tiny.card.model_copy(update={"lyric_heads": own}))
    with pytest.raises(BadInput, match="tiny says that heads follow its lyrics"):
        plan.make(ASKED, wrong)
    assert plan.make(replace(ASKED, lyrics=""), wrong).warnings == ()


def test_a_checkpoint_may_name_its_own_heads(tiny: Instrument, tmp_path: Path) -> None:
    folder = save_original(tiny, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    wanted = ((0, 1), (1, 0), (1, 3))
    (folder / "config.json").write_text(json.dumps(config | {"lyric_alignment_layers_config": {"0": [1], "1": [0, 3]}}))
    for fallback in (None, VARIANTS["xl-turbo"].card, VARIANTS["base"].card):
        assert card_of(folder, fallback).lyric_heads == wanted
    assert card_of(folder, VARIANTS["xl-turbo"].card).model_copy(update={"lyric_heads": ()}) == VARIANTS["xl-turbo"].card


@pytest.mark.parametrize("wrong", [["2"], {"two": [6]}, {"2": 6}, {"2": ["x"]}, "2:6", 3])
def test_heads_that_are_written_wrongly_are_named(tiny: Instrument, tmp_path: Path, wrong: Any) -> None:
    folder = save_original(tiny, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"lyric_alignment_layers_config": wrong}))
    for fallback in (None, VARIANTS["base"].card):
        with pytest.raises(BadInput, match="lyric_alignment_layers_config") as caught:
            catalogue.card_of(folder, fallback)
        assert '"2": [6]' in caught.value.remedy
