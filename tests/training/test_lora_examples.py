"""What training shows: every clip in its turn, crops that stay inside, contexts as inference makes them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from lora_kit import row_of, tiny

from producertwin.dataset.cache import EncodedClip
from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import plan, task_context
from producertwin.model.sampling.request import InputSound, Request
from producertwin.model.tasks import Task
from producertwin.training.lora.examples import ClipSource, ExampleSampler
from producertwin.training.lora.recipe import DataPlan, TaskShares

CROP = 24


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return tiny(metronome=True)


def source(number: int, frames: int, place: int = 0, stems: tuple[str, ...] = (), **more: Any) -> ClipSource:
    rng = np.random.default_rng([number, place])

    def latents() -> Any:
        return rng.standard_normal((frames, 4)).astype(np.float32)

    words = np.zeros((3, 32), np.float32)
    row = row_of(number, *[frames] * (place + 1), **more)
    return ClipSource(row, place, EncodedClip(frames / 25, latents(), words, words, {name: latents() for name in stems}))


def shown(instrument: Instrument, *found: ClipSource, crop: int = CROP, **plan: Any) -> ExampleSampler:
    return ExampleSampler(instrument, found, DataPlan(**plan), crop)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_every_epoch_shows_every_clip_as_often_as_it_is_long(instrument: Instrument) -> None:
    examples = shown(instrument, source(1, 72), source(2, 24), source(3, 6))
    assert len(examples.slots) == 5 and examples.frames == 102
    orders = []
    for epoch in range(6):
        drawn = [examples.draw_at(epoch * 5 + at, 7, rng(at)).source.row.title for at in range(5)]
        assert Counter(drawn) == {"Song 1": 3, "Song 2": 1, "Song 3": 1}
        orders.append(tuple(drawn))
    assert len(set(orders)) > 1
    assert orders[2][1] == examples.draw_at(11, 7, rng()).source.row.title


def test_crops_stay_inside_reach_both_ends_and_are_whole_tokens(instrument: Instrument) -> None:
    examples = shown(instrument, source(1, 31), crop=24)
    [one] = examples.sources
    starts = set()
    for seed in range(200):
        example = examples.draw(one, rng(seed))
        assert example.target.shape == (24, 4) and example.context.shape == (24, 8)
        assert torch.equal(example.target, torch.from_numpy(one.clip.latents[example.start : example.start + 24]))
        starts.add(example.start)
    assert starts == set(range(8))
    short = shown(instrument, source(2, 7)).draw(source(2, 7), rng())
    assert len(short.target) == 6


def engine_context(instrument: Instrument, request: Request) -> torch.Tensor:
    return task_context.prepare(instrument, plan.make(request, instrument)).before_switch[0]


def test_text2music_hears_what_the_engine_would_let_it_hear(instrument: Instrument) -> None:
    one = source(1, 30)
    example = shown(instrument, one, crop=30).draw(one, rng())
    told = engine_context(instrument, Request("house", 1.2, 0, metas=one.metas()))
    assert torch.equal(example.context, told)


@pytest.mark.thorough
def test_the_metronome_counts_from_the_tracks_beginning_and_only_where_that_is_known(instrument: Instrument) -> None:
    whole = engine_context(instrument, Request("house", 4.0, 0, metas=source(1, 100).metas()))
    silent = engine_context(tiny(), Request("house", 4.0, 0))
    assert not torch.equal(whole, silent)
    for seed in range(5):
        begins = source(1, 100)
        example = shown(instrument, begins).draw(begins, rng(seed))
        assert torch.allclose(example.context, whole[example.start : example.start + CROP], atol=1e-6)
        for one, able in ((source(1, 100, place=1), instrument), (source(1, 100, bpm=None), instrument), (begins, tiny())):
            assert torch.equal(shown(able, one).draw(one, rng(seed)).context, silent[:CROP])


def test_facts_are_left_out_each_for_itself_and_the_metronome_follows(instrument: Instrument) -> None:
    one = source(1, 100)
    examples = shown(instrument, one, drop_meta=0.5)
    silent = engine_context(tiny(), Request("house", 4.0, 0))[:CROP]
    found = Counter[str]()
    for seed in range(100):
        example = examples.draw(one, rng(seed))
        found["bpm"] += example.metas.bpm is None
        found["key"] += example.metas.key is None
        found["meter"] += example.metas.meter is None
        assert (example.metas.bpm is None) == torch.equal(example.context, silent)
    assert all(30 < found[name] < 70 for name in ("bpm", "key", "meter"))


def test_repaint_hears_silence_inside_its_window_as_the_engine_does(instrument: Instrument) -> None:
    one = source(1, 30)
    examples = shown(instrument, one, crop=30, tasks=TaskShares(text2music=0, repaint=1))
    for seed in range(10):
        example = examples.draw(one, rng(seed))
        inside = example.context[:, 4] == 1
        first, length = int(inside.nonzero()[0]), int(inside.sum())
        assert 3 <= length <= 22 and bool(inside[first : first + length].all())
        window = ((first + 0.2) / 25, (first + length - 0.2) / 25)
        asked = Request("house", 1.2, 0, Task.REPAINT, source=InputSound(latents=one.clip.latents), windows=(window,))
        assert torch.equal(example.context, engine_context(instrument, asked))
        assert torch.equal(example.target, torch.from_numpy(one.clip.latents))


def test_tasks_with_stems_hear_and_make_the_stems_they_name(instrument: Instrument) -> None:
    one = source(1, 30, stems=("drums", "bass", "synth"))
    made = {name: torch.from_numpy(latents) for name, latents in one.clip.stems.items()}
    mix = torch.from_numpy(one.clip.latents)
    for task in (Task.EXTRACT, Task.LEGO, Task.COMPLETE):
        examples = shown(instrument, one, crop=30, tasks=TaskShares(text2music=0, **{task.value: 1}))
        for seed in range(6):
            example = examples.draw(one, rng(seed))
            heard, stems = example.context[:, :4], example.stems
            assert example.task is task and bool((example.context[:, 4:] == 1).all())
            if task is Task.EXTRACT:
                assert torch.equal(heard, mix) and torch.equal(example.target, made[stems[0]])
            else:
                [given] = [name for name, latents in made.items() if torch.equal(heard, latents)]
                assert given not in stems
                assert torch.equal(example.target, made[stems[0]] if task is Task.LEGO else mix)
                assert len(stems) == (1 if task is Task.LEGO else 2)


def test_tasks_are_practised_by_their_shares_as_far_as_a_clip_has_stems(instrument: Instrument) -> None:
    plain, split = source(1, 30), source(2, 30, stems=("drums", "bass"))
    examples = shown(instrument, plain, split, tasks=TaskShares(text2music=1, extract=3))
    assert {examples.draw(plain, rng(seed)).task for seed in range(20)} == {Task.TEXT2MUSIC}
    found = Counter(examples.draw(split, rng(seed)).task for seed in range(200))
    assert 120 < found[Task.EXTRACT] < 180 and found.total() == 200
    only = shown(instrument, plain, split, tasks=TaskShares(text2music=0, lego=1))
    assert [one.row.title for one in only.sources] == ["Song 2"]


def test_nothing_to_show_and_tasks_nobody_was_trained_for_are_refused(instrument: Instrument) -> None:
    with pytest.raises(BadInput, match=r"lego .which need stems"):
        shown(instrument, source(1, 30), tasks=TaskShares(text2music=0, lego=1))
    with pytest.raises(BadInput, match="no clip on the training side"):
        shown(instrument)
    with pytest.raises(BadInput, match="not trained for lego"):
        shown(tiny(tasks=frozenset({Task.TEXT2MUSIC})), source(1, 30), tasks=TaskShares(lego=1))
