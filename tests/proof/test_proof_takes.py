"""What a proof plays and keeps: the same seeds for both, nothing twice, nothing stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.errors import BadInput, Diverged
from producertwin.metrics.embedders import mel_stats
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Request
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.proof.cache import as_written
from producertwin.proof.plan import ProofPlan
from producertwin.proof.readings import Measurements
from producertwin.proof.takes import ProofContext, choose_across_styles, play_and_measure, request_of, seed_of
from producertwin.settings import Settings
from proof_kit import SECONDS, adapter, corpus, song

PLAN = ProofPlan(seconds=SECONDS, steps=2, trigger="")
SMALL = corpus(2, 2, 1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Request]]:
    """Every request that the engine was given."""
    asked: list[Request] = []
    generate = engine.generate

    def listening(instrument: Instrument, requests: list[Request]) -> Any:
        asked.extend(requests)
        return generate(instrument, requests)

    monkeypatch.setattr(engine, "generate", listening)
    yield asked


def work(tiny: Instrument, folder: Path, worn: Path, plan: ProofPlan = PLAN) -> Measurements:
    return finish(play_and_measure(ProofContext(plan, tiny, (mel_stats(),), folder), SMALL, worn))


@pytest.mark.thorough
def test_both_play_the_same_prompts_with_the_same_seeds(tiny: Instrument, tmp_path: Path, played: list[Request]) -> None:
    found = work(tiny, tmp_path / "proof", adapter(tiny, tmp_path / "adapter"), PLAN.model_copy(update={"takes": 2}))
    base, twin = played[:4], played[4:8]
    assert [one.seed for one in base] == [one.seed for one in twin] and len({one.seed for one in base}) == 4
    assert [one.caption for one in base] == [one.caption for one in twin]
    assert {(one.seconds, one.metas.bpm, str(one.metas.key), one.sampling.steps) for one in played} == {(2.0, 96.0, "A minor", 2)}
    assert found.base.vectors("mel-stats/1").shape == (2, 2, 240)
    assert not np.allclose(found.base.vectors("mel-stats/1"), found.twin.vectors("mel-stats/1"))
    assert found.train.vectors("mel-stats/1").shape == (2, 2, 240) and len(found.others) == 1


@pytest.mark.thorough
def test_what_is_finished_is_neither_played_nor_measured_again(
    tiny: Instrument, tmp_path: Path, played: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    worn = adapter(tiny, tmp_path / "adapter")
    first = work(tiny, tmp_path / "proof", worn)
    played.clear()
    monkeypatch.setattr("producertwin.proof.cache.read", lambda *_: pytest.fail("it was measured again"))
    assert work(tiny, tmp_path / "proof", worn) == first
    assert played == []


@pytest.mark.thorough
def test_a_proof_stopped_anywhere_goes_on_to_the_same_end(tiny: Instrument, tmp_path: Path, played: list[Request]) -> None:
    worn, plan = adapter(tiny, tmp_path / "adapter"), PLAN.model_copy(update={"batch": 1})
    whole = work(tiny, tmp_path / "whole", worn, plan)
    folder = tmp_path / "stopped"
    for events in range(1, 40, 4):
        steps = play_and_measure(ProofContext(plan, tiny, (mel_stats(),), folder), SMALL, worn)
        for _ in zip(range(events), steps, strict=False):
            pass
        steps.close()
    found = work(tiny, folder, worn, plan)
    assert [side.readings for side in (found.base, found.twin, found.real, found.train)] == [
        side.readings for side in (whole.base, whole.twin, whole.real, whole.train)
    ]
    assert len(played) == 12  # six takes for each folder, none twice
    for path in (tmp_path / "whole").rglob("*.flac"):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path / "whole")).read_bytes()


@pytest.mark.thorough
def test_another_adapter_plays_only_the_twin_anew(tiny: Instrument, tmp_path: Path, played: list[Request]) -> None:
    first = work(tiny, tmp_path / "proof", adapter(tiny, tmp_path / "one"))
    played.clear()
    second = work(tiny, tmp_path / "proof", adapter(tiny, tmp_path / "two", seed=2))
    assert len(played) == 2
    assert second.base.readings == first.base.readings and second.twin.readings != first.twin.readings


@pytest.mark.thorough
def test_a_damaged_note_or_a_lost_sound_is_made_again(tiny: Instrument, tmp_path: Path, played: list[Request]) -> None:
    worn = adapter(tiny, tmp_path / "adapter")
    first = work(tiny, tmp_path / "proof", worn)
    played.clear()
    notes = sorted((tmp_path / "proof" / "base").glob("*.json"))
    notes[0].write_text('{"made": ')
    notes[1].with_suffix(".flac").unlink()
    assert work(tiny, tmp_path / "proof", worn) == first
    assert len(played) == 2


@pytest.mark.thorough
def test_the_instrument_wears_nothing_afterwards(tiny: Instrument, tmp_path: Path) -> None:
    before = engine.generate(tiny, [Request("house", SECONDS, seed=1)])[0].latents
    work(tiny, tmp_path / "proof", adapter(tiny, tmp_path / "adapter"))
    assert np.array_equal(engine.generate(tiny, [Request("house", SECONDS, seed=1)])[0].latents, before)


@pytest.mark.thorough
def test_a_take_that_leaves_the_numbers_is_counted_and_not_hidden(
    tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate, bad = engine.generate, seed_of(PLAN, SMALL.holdout[1], 0)

    def failing(instrument: Instrument, requests: list[Request]) -> Any:
        if any(one.seed == bad for one in requests):
            raise Diverged("not a number", remedy="")
        return generate(instrument, requests)

    monkeypatch.setattr(engine, "generate", failing)
    worn = adapter(tiny, tmp_path / "adapter")
    found = work(tiny, tmp_path / "proof", worn)
    assert [side.readings[1][0].defects.not_finite for side in (found.base, found.twin)] == [True, True]
    assert not found.base.readings[0][0].defects.not_finite
    assert work(tiny, tmp_path / "proof", worn) == found


def test_excerpts_of_another_length_are_refused(tiny: Instrument, tmp_path: Path) -> None:
    worn = adapter(tiny, tmp_path / "adapter")
    with pytest.raises(BadInput, match="gives 96000 samples, takes have 144000"):
        work(tiny, tmp_path / "proof", worn, PLAN.model_copy(update={"seconds": 3.0}))


def test_the_twin_alone_is_called_by_its_trigger() -> None:
    plan = PLAN.model_copy(update={"trigger": "adabeat"})
    piece = song(1)
    assert request_of(plan, piece, 1, twin=True).caption == "adabeat, house number 1"
    assert request_of(plan, piece, 1, twin=False).caption == "house number 1"


def test_a_part_of_the_prompts_is_spread_over_the_styles() -> None:
    pieces = [song(number, style=style) for number, style in enumerate(("house", "house", "house", "trap", "dub"))]
    assert [piece.style for piece in choose_across_styles(pieces, 3)] == ["house", "trap", "dub"]
    assert choose_across_styles(pieces, None) == choose_across_styles(pieces, 9) == tuple(pieces)
    assert len(choose_across_styles(pieces, 4)) == 4


def test_a_measured_take_is_the_file_that_is_kept(tmp_path: Path) -> None:
    sound = replace(song(3)).sound()
    files.write(tmp_path / "one.flac", sound)
    assert np.array_equal(files.read(tmp_path / "one.flac"), as_written(sound))
