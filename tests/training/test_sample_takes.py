from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lora_kit import Studio, frozen, recipe, row_of, tiny

from producertwin.audio import files
from producertwin.dataset.manifest import DatasetPlan, Manifest
from producertwin.errors import BadInput, Diverged, Resources
from producertwin.library import Filter, TakeDraft, open_library
from producertwin.library.jsonl import rows
from producertwin.library.runs import Run, RunDraft
from producertwin.model.sampling import engine
from producertwin.model.weights import content_hash
from producertwin.pipeline.stages import Generate
from producertwin.settings import Settings
from producertwin.training.log import Log
from producertwin.training.lora.samples import Sampler, make_requests


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    instrument = tiny()
    with open_library(Settings(studio=tmp_path / "studio")) as library:
        yield Studio(instrument, library, frozen(library, instrument), tmp_path)


@pytest.fixture
def run(studio: Studio) -> Run:
    facts = {"variant": "tiny", "revision": "b2:0", "dataset": studio.manifest.fingerprint, "recipe": "b2:1", "steps": 8}
    return studio.library.runs.create(RunDraft(producer="Ada", **facts), "")


@pytest.fixture
def sampler(studio: Studio, run: Run) -> Sampler:
    asked = make_requests(studio.manifest, recipe(studio.tmp_path))
    return Sampler(studio.library, studio.instrument, run, asked, every=4, last=18)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that has learnt a little."""
    folder, instrument = tmp_path_factory.mktemp("taught"), tiny()
    with open_library(Settings(studio=folder / "studio")) as library:
        taught = Studio(instrument, library, frozen(library, instrument), folder)
        return taught.run(taught.job("taught")).adapter


def set_of(*made: Any) -> Manifest:
    return Manifest(plan=DatasetPlan(), rows=tuple(made))


def test_prompts_are_the_held_out_words_of_different_styles(tmp_path: Path) -> None:
    held = {"side": "holdout", "lyrics": "[Verse]\nrain", "language": "en"}
    every = set_of(row_of(1, 50), row_of(2, 50, **held), row_of(3, 50, **held), row_of(4, 50, style="trap", key=None, **held))
    first, second = make_requests(every, recipe(tmp_path))
    assert [first.caption, second.caption] == ["warm house number 2", "warm house number 4"]
    assert (first.seed, second.seed) == (1, 2) and first.lyrics == "[Verse]\nrain"
    assert (first.metas.bpm, str(first.metas.key), first.metas.language) == (120.0, "A minor", "en")
    assert second.metas.key is None
    assert make_requests(every, recipe(tmp_path)) == (first, second)


def test_prompts_are_spoken_as_training_speaks_them(tmp_path: Path) -> None:
    plan = recipe(tmp_path, data__trigger="adasound", data__instrumental="true", training__crop_seconds=45)
    [one] = make_requests(set_of(row_of(1, 50, lyrics="la la", language="en")), plan)
    assert (one.caption, one.lyrics, one.metas.language) == ("adasound, warm house number 1", "", "unknown")
    assert one.seconds == 30.0


def test_an_empty_set_has_no_prompts(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="empty"):
        make_requests(set_of(), recipe(tmp_path))


@pytest.mark.thorough
def test_a_sample_is_a_take_of_the_run_that_make_would_make(studio: Studio, run: Run, sampler: Sampler, adapter: Path) -> None:
    assert sampler(4, adapter) == []
    [take] = studio.library.takes.list(Filter(session=run.id))
    [row] = rows(studio.library.runs.folder(run) / "samples.jsonl")
    assert (row["step"], row["take"], row["caption"]) == (4, take.id, take.caption)
    assert take.adapters[0].name == str(adapter) and take.variant == "tiny"
    stage = Generate.model_validate(take.stage)
    assert stage.play.adapters[0].folder == adapter and stage.play.seed == take.seed
    assert files.read(studio.library.takes.content(take)).shape == (2, 48_000)


@pytest.mark.thorough
def test_what_is_heard_is_the_adapter_and_the_instrument_is_left_bare(
    studio: Studio, run: Run, sampler: Sampler, adapter: Path
) -> None:
    parts = {"transformer": studio.instrument.transformer}
    before = content_hash(parts)
    sampler(4, adapter)
    [bare] = engine.generate(studio.instrument, sampler.requests)
    [take] = studio.library.takes.list(Filter(session=run.id))
    assert files.encode(bare.audio, "flac") != studio.library.takes.content(take).read_bytes()
    assert content_hash(parts) == before
    sampler(8, adapter)
    assert len({row["take"] for row in rows(studio.library.runs.folder(run) / "samples.jsonl")}) == 1


@pytest.mark.parametrize(
    ("steps", "played"),
    [
        ((0, 3, 4, 6, 8), [0, 4, 8]),
        ((1, 2, 3), [1]),
        ((3, 9, 10, 13), [3, 9, 13]),
        ((5, 7), [5]),
        ((0, 16, 17, 18, 18), [0, 16, 18]),
    ],
)
def test_takes_are_made_at_the_first_checkpoint_from_every_multiple_on_and_at_the_last(
    studio: Studio, run: Run, sampler: Sampler, monkeypatch: pytest.MonkeyPatch, steps: tuple[int, ...], played: list[int]
) -> None:
    class Done:
        id, seconds = "abc", 1.0

    monkeypatch.setattr(Sampler, "_play", lambda *_: Done)
    for step in steps:
        replace(sampler)(step, Path("adapter"))  # a new one each time, as after a restart
    assert [row["step"] for row in rows(studio.library.runs.folder(run) / "samples.jsonl")] == played


@pytest.mark.parametrize("error", [Diverged("a take left the numbers"), torch.OutOfMemoryError("no memory")])
def test_a_take_that_fails_is_told_and_the_others_are_made(
    studio: Studio, run: Run, sampler: Sampler, adapter: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    generate, asked = engine.generate, sampler.requests[0]

    def fails_once(instrument: Any, wanted: list[Any]) -> Any:
        if wanted[0].seed == asked.seed:
            raise error
        return generate(instrument, wanted)

    monkeypatch.setattr(engine, "generate", fails_once)
    both = replace(sampler, requests=(asked, replace(asked, seed=9)))
    [told] = both(4, adapter)
    assert "seed 1" in told and str(error) in told
    assert [take.seed for take in studio.library.takes.list()] == [9]


def test_an_adapter_that_cannot_be_read_is_told(sampler: Sampler, tmp_path: Path) -> None:
    [told] = sampler(4, tmp_path / "nowhere")
    assert "no adapter" in told


def test_a_full_disk_ends_the_run(studio: Studio, sampler: Sampler, adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(draft: TakeDraft) -> None:
        raise Resources("no space")

    monkeypatch.setattr(studio.library.takes, "add", full)
    with pytest.raises(Resources, match="no space"):
        sampler(4, adapter)


def trained(studio: Studio, folder: str, sample: Callable[[int, Path], list[str]] | None) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    job = studio.job(folder)
    with Log(job.folder, 8, sample=sample) as log:
        done = studio.run(replace(job, callbacks=log))
    assert json.loads((job.folder / "log.jsonl").read_text().splitlines()[-1])["step"] == 8
    return load_file(done.adapter / "adapter_model.safetensors")


@pytest.mark.thorough
def test_training_with_samples_ends_with_the_same_weights_as_without(studio: Studio, run: Run, sampler: Sampler) -> None:
    heard, silent = trained(studio, "heard", sampler), trained(studio, "silent", None)
    assert [row["step"] for row in rows(studio.library.runs.folder(run) / "samples.jsonl")] == [0, 4, 8]
    assert len(studio.library.takes.list()) == 3
    assert heard.keys() == silent.keys()
    assert all(torch.equal(heard[name], silent[name]) for name in heard)
