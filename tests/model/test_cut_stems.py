"""A stem is cut out of its mix beside all others, where the codec does not keep phase."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from producertwin.errors import Interrupted
from producertwin.evaluation.nano import edit_takes
from producertwin.evaluation.suite import TakePlan
from producertwin.metrics.similarity import si_sdr
from producertwin.model.instrument import Card, Instrument
from producertwin.model.sampling import engine, separation
from producertwin.model.sampling.encodings import Encodings
from producertwin.model.sampling.request import InputSound, Request, Samples, Sampling
from producertwin.model.tasks import Task
from producertwin.model.variants.catalogue import NANO, card_of
from producertwin.model.variants.load import load
from producertwin.music import STEMS
from producertwin.progress import Progress
from producertwin.settings import Settings


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("nano", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


@pytest.fixture(scope="module")
def song() -> edit_takes.StemSong:
    return edit_takes.play(TakePlan(seconds=5.12), 300)


def extract(instrument: Instrument, mix: Samples, stem: str, **sampling: Any) -> tuple[Request, Samples]:
    request = Request("", 5.12, 7, Task.EXTRACT, source=InputSound(mix), stems=(stem,), sampling=Sampling(**sampling))
    return request, engine.generate(instrument, [request])[0].audio


def test_what_keeps_phase_gives_the_stem_itself(tiny: Instrument, sound: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    request, made = extract(tiny, sound, "drums")
    monkeypatch.setattr(engine, "generate", None)
    assert separation.cut_stem(tiny, request, sound, made) is made


def test_few_steps_without_guidance_are_an_extractions_default() -> None:
    card = card_of(NANO)
    assert card.sampling_of(Task.EXTRACT) == (2, 1.0)
    assert {card.sampling_of(task) for task in Task if task is not Task.EXTRACT} == {(card.steps, card.guidance)}
    other = Card(name="other", tasks=frozenset(Task), steps=9, guidance=4.0)
    assert other.sampling_of(Task.EXTRACT) == (9, 4.0)


def test_all_stems_together_are_the_mix(nano: Instrument, song: edit_takes.StemSong, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("drums", "bass", "keyboard")
    monkeypatch.setattr(separation, "STEMS", names)
    asked = [extract(nano, song.mix, name) for name in names]
    cuts = [separation.cut_stem(nano, request, song.mix, made) for request, made in asked]
    assert np.sum(cuts, axis=0) == pytest.approx(song.mix, abs=1e-4)


def test_every_other_stem_is_asked_for_as_this_one_was(
    nano: Instrument, song: edit_takes.StemSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, made = extract(nano, song.mix, "bass", steps=1, guidance=1.5)
    asked, generate = [], engine.generate

    def listen(instrument: Instrument, requests: list[Request], **more: Any) -> Any:
        asked.extend(requests)
        return generate(instrument, requests, **more)

    monkeypatch.setattr(engine, "generate", listen)
    told: list[Progress] = []
    separation.cut_stem(nano, request, song.mix, made, on_progress=told.append)
    assert sorted(one.stems[0] for one in asked) == sorted(set(STEMS) - {"bass"})
    assert {(one.seed, one.sampling, one.task) for one in asked} == {(request.seed, request.sampling, Task.EXTRACT)}
    assert {(event.what, event.total) for event in told} == {("the other stems", len(STEMS))}
    assert {event.done for event in told} == set(range(len(STEMS))) - {STEMS.index("bass")}


def test_more_stems_of_a_mix_ask_for_nothing_again_and_are_the_same(
    nano: Instrument, song: edit_takes.StemSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(separation, "STEMS", ("drums", "bass", "keyboard"))
    keeping = replace(nano, encodings=Encodings())
    asked = [extract(nano, song.mix, stem, steps=1) for stem in ("bass", "drums")]
    alone = [separation.cut_stem(nano, request, song.mix, made) for request, made in asked]
    told: list[Progress] = []
    [first, second] = [separation.cut_stem(keeping, request, song.mix, made, on_progress=told.append) for request, made in asked]
    assert {event.done for event in told} == {0, 2}, "only the first asks for drums and keyboard"
    assert np.array_equal(first, alone[0]) and np.array_equal(second, alone[1])
    other, made = extract(nano, song.mix, "bass", steps=1, guidance=2.0)
    told.clear()
    separation.cut_stem(keeping, other, song.mix, made, on_progress=told.append)
    assert told, "other sampling claims other parts"


def test_it_stops_between_two_steps(nano: Instrument, song: edit_takes.StemSong) -> None:
    request, made = extract(nano, song.mix, "bass", steps=1)

    def stop(event: Progress) -> None:
        if event.done == 2:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        separation.cut_stem(nano, request, song.mix, made, on_progress=stop)


@pytest.mark.thorough
@pytest.mark.parametrize("stem", ["drums", "bass", "keyboard"])
def test_a_stem_comes_out_of_a_song(nano: Instrument, stem: str) -> None:
    songs = [edit_takes.play(TakePlan(), index) for index in (100, 101, 102, 103, 104, 105)]
    gains = []
    for song in songs:
        if stem in song.stems:
            request, made = extract(nano, song.mix, stem)
            cut = separation.cut_stem(nano, request, song.mix, made)
            gains.append(si_sdr(cut, song.stems[stem]) - si_sdr(song.mix, song.stems[stem]))
    assert len(gains) >= 3 and float(np.mean(gains)) > 4.0
