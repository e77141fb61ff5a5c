"""`twin train`: from a training set to a twin, and every way in which that can be stopped, go on, or be refused."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from producertwin.cli.main import run as run_line
from producertwin.dataset import store
from producertwin.errors import Diverged, Resources
from producertwin.library import adapters, open_library
from producertwin.library.runs import Runs
from producertwin.model.variants import tiny
from producertwin.settings import Settings
from producertwin.training.log import Log
from producertwin.training.lora import memory, runner
from producertwin.training.lora.memory import SPARE
from proof_kit import manifest, played, track
from train_kit import SET, freeze

Twin = Callable[..., Any]
_BUILT = cache(tiny.build)
TRAIN = ("train", "Mara Vale", "--variant", "tiny", *SET)


@pytest.fixture(autouse=True)
def tiny_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training leaves the instrument as it was, so all tests share one."""
    monkeypatch.setattr(tiny, "build", _BUILT)


def runs_of(twin: Twin) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = twin("--json", "runs", "list").data["items"]
    return found


@pytest.mark.thorough
def test_a_training_set_becomes_the_producers_twin(twin: Twin, studio: Path) -> None:
    frozen = freeze(studio)
    done = twin("--json", *TRAIN)
    assert done.code == 0, done.err
    data = done.data
    run, folder = data["run"], studio / "runs" / data["run"]["id"]
    assert (run["status"], run["step"], run["steps"], run["producer"]) == ("done", 6, 6, "Mara Vale")
    assert data["dataset"] == run["dataset"] == frozen.fingerprint
    assert Path(data["installed"]) == studio / "models" / "mara-vale" == adapters.find("mara vale", studio)
    for name in ("run.json", "recipe.toml", "log.jsonl", "validation.jsonl", "loss.png", "board", "adapter"):
        assert (folder / name).exists(), name
    assert "steps = 6" in (folder / "recipe.toml").read_text()
    assert "memory: about" in done.err and "weights of the variant" in done.err
    assert done.err.splitlines()[-1] == f"next: twin prove {run['id']}"
    assert data["memory"]["total"] == sum(data["memory"]["parts"].values()) < data["memory"]["free"]


def test_the_name_may_be_written_otherwise_and_the_newest_set_is_taken(twin: Twin, studio: Path) -> None:
    freeze(studio, tracks=3)
    freeze(studio, "Somebody Else")
    done = twin("--json", "train", " mara  VALE", *TRAIN[2:], "--dry-run")
    assert (done.code, done.data["producer"], done.data["tracks"]) == (0, "Mara Vale", 2)


def test_a_dry_run_shows_the_memory_by_part_and_makes_nothing(twin: Twin, studio: Path) -> None:
    freeze(studio)
    done = twin(*TRAIN, "--dry-run")
    assert done.code == 0
    assert "6 steps of 1 crops of 1 s" in done.out and "memory: activations" in done.out and "memory: optimizer" in done.out
    assert "memory" not in done.err
    assert not (studio / "runs").exists() and not (studio / "models").exists()


class Killed(BaseException):
    """What no `except` of ours expects."""


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, BaseException], None]]:
    """Raise something when a step is logged."""
    with monkeypatch.context() as patch:

        def arm(step: int, error: BaseException) -> None:
            whole = Log.on_step

            def heard(self: Log, row: Any) -> None:
                whole(self, row)
                if row["step"] == step:
                    patch.undo()
                    raise error

            patch.setattr(Log, "on_step", heard)

        yield arm


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (Resources("the disk is full"), 6, "failed"),
        (ZeroDivisionError(), 1, "failed"),
    ],
)
def test_whatever_ends_a_run_its_record_says_so_and_the_same_command_goes_on(
    twin: Twin, studio: Path, stop_at: Callable[[int, BaseException], None], error: BaseException, code: int, status: str
) -> None:
    freeze(studio)
    stop_at(5, error)
    stopped = twin(*TRAIN)
    assert stopped.code == code, stopped.err
    [run] = runs_of(twin)
    assert (run["status"], run["step"]) == (status, 5)  # saved on the way out
    assert not (studio / "models").exists()
    again = twin("--json", *TRAIN)
    assert again.code == 0, again.err
    assert again.data["run"]["id"] == run["id"] and again.data["run"]["status"] == "done"
    assert f"run {run['id']} was {status}: going on from step 5" in again.err


@pytest.mark.thorough
def test_a_killed_run_is_interrupted_and_ends_as_one_that_was_not(
    twin: Twin, studio: Path, stop_at: Callable[[int, BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(studio)
    stop_at(5, Killed())
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(runner, "_close_record", lambda run, *_: run)  # a killed process writes nothing more
        twin(*TRAIN)
    [run] = runs_of(twin)
    assert run["status"] == "interrupted"
    assert twin("--json", "train", "--resume", run["id"][:6]).data["run"]["id"] == run["id"]
    ended = (studio / "models" / "mara-vale" / "adapter_model.safetensors").read_bytes()
    fresh = twin("--json", *TRAIN).data
    assert fresh["run"]["id"] != run["id"]
    assert [row["status"] for row in runs_of(twin)] == ["done", "done"]
    assert tensors(studio / "runs" / fresh["run"]["id"] / "adapter" / "adapter_model.safetensors") == tensors_in(ended)
    assert (studio / "models" / "mara-vale" / "versions" / "0001").is_dir()


def tensors(path: Path) -> dict[str, bytes]:
    return tensors_in(path.read_bytes())


def tensors_in(content: bytes) -> dict[str, bytes]:
    from safetensors.numpy import load

    return {name: array.tobytes() for name, array in load(content).items()}


@pytest.mark.thorough
def test_a_diverged_run_says_where_its_curve_is_and_is_not_gone_on_with(
    twin: Twin, studio: Path, stop_at: Callable[[int, BaseException], None]
) -> None:
    freeze(studio)
    stop_at(5, Diverged("left the road", remedy="lower optimizer.rate"))
    done = twin(*TRAIN)
    [run] = runs_of(twin)
    picture = studio / "runs" / run["id"] / "loss.png"
    assert done.code == 9 and str(picture) in done.err and "lower optimizer.rate" in done.err
    assert run["status"] == "diverged" and picture.read_bytes().startswith(b"\x89PNG")
    assert twin("--json", *TRAIN).data["run"]["id"] != run["id"]


@pytest.mark.thorough
def test_a_run_goes_on_from_the_checkpoint_that_is_named(twin: Twin, studio: Path) -> None:
    freeze(studio)
    run = twin("--json", *TRAIN).data["run"]["id"]
    checkpoint = studio / "runs" / run / "checkpoints" / "step-00000004"
    again = twin("--json", "train", "--resume", checkpoint)
    assert again.code == 0 and again.data["run"]["id"] == run
    assert "going on from step-00000004" in again.err
    assert twin("train", "--resume", studio / "runs" / run).code == 0


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "steps"),
    [((), [0, 6]), (("--set", "training.sample_every=4"), [0, 4, 6]), (("--set", "training.sample_every=0"), [])],
)
def test_sample_takes_belong_to_the_run_and_are_made_by_default(
    twin: Twin, studio: Path, words: tuple[str, ...], steps: list[int]
) -> None:
    freeze(studio)
    done = twin("--json", *TRAIN, *words)
    run = done.data["run"]["id"]
    takes = twin("--json", "takes", "list", "--session", run).data["items"]
    assert len(takes) == len(steps)  # each of the one held-out track
    shown = twin("--json", "runs", "show", run).data
    assert [one["step"] for one in shown["samples"]] == steps


@pytest.mark.thorough
def test_what_is_inherited_is_said_and_what_is_set_wins(twin: Twin, studio: Path) -> None:
    freeze(studio)
    assert twin(*TRAIN, "--set", "adapter.alpha=3", "--set", "data.trigger=mara").code == 0
    heir = ("train", "Mara Vale", "--variant", "tiny", *SET[:10], "--from", "Mara Vale")
    done = twin("--json", *heir)
    assert done.code == 0, done.err
    assert done.data["inherited"]["adapter.alpha"] == 3 and done.data["inherited"]["data.trigger"] == "mara"
    assert "inherited from" in done.err and "adapter.rank = 2" in done.err
    assert 'targets = "attention"' in (studio / "runs" / done.data["run"]["id"] / "recipe.toml").read_text()
    changed = twin("--json", *heir, "--set", "data.trigger=vale", "--dry-run").data
    assert "data.trigger" not in changed["inherited"] and changed["recipe"]["data"]["trigger"] == "vale"


def test_too_little_memory_is_refused_with_what_would_help_and_auto_fit_takes_it(
    twin: Twin, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(studio)
    less = twin("--json", *TRAIN, "--set", "training.checkpointing=true", "--dry-run").data["memory"]["total"]
    monkeypatch.setattr(memory, "free_bytes", lambda _: less / (1 - SPARE) + 1)
    refused = twin(*TRAIN)
    assert refused.code == 6 and "--auto-fit, which takes gradient checkpointing" in refused.err
    done = twin("--json", *TRAIN, "--auto-fit", "--dry-run")
    assert done.data["memory"]["changes"] == ["gradient checkpointing"] and done.data["recipe"]["training"]["checkpointing"]
    assert "so that it fits: gradient checkpointing" in done.err
    monkeypatch.setattr(memory, "free_bytes", lambda _: 1000)
    hopeless = twin(*TRAIN, "--auto-fit")
    assert hopeless.code == 6 and "smaller variant" in hopeless.err
    assert not (studio / "runs").exists()


def freeze_sounds(studio: Path, tracks: int = 3) -> str:
    """A training set of Mara Vale with sounds of its own, nothing of it encoded; its last track is held out."""
    with open_library(Settings(studio=studio, device="cpu", offline=True)) as library:
        rows = [track(library, number, "Mara Vale", played(96.0, 0.4, number)) for number in range(tracks)]
        frozen = manifest(rows, 1)
        mine = frozen.model_copy(update={"plan": frozen.plan.model_copy(update={"producer": "Mara Vale"})})
        return store.put(mine, studio).stem


@pytest.mark.thorough
def test_what_is_not_encoded_is_encoded_first_and_said(twin: Twin, studio: Path) -> None:
    name = freeze_sounds(studio)
    done = twin("--json", *TRAIN)
    assert done.code == 0, done.err
    assert "3 of 3 tracks are not encoded for tiny yet: encoding them first" in done.err
    assert done.data["dataset"].startswith(f"b2:{name}")
    assert "not encoded" not in twin("--json", *TRAIN).err
    rest = sorted((studio / "cache" / "encoded").rglob("*.safetensors"))
    if rest:  # one is lost
        rest[0].unlink()
        assert "tracks are not encoded for tiny yet" in twin(*TRAIN).err


def test_tracks_that_cannot_be_encoded_are_named_before_a_run_begins(twin: Twin, studio: Path) -> None:
    freeze(studio, encoded=False)  # rows without sounds
    done = twin(*TRAIN)
    assert done.code == 5 and "4 of 4 tracks cannot be encoded" in done.err and "Song 1: " in done.err
    assert not (studio / "runs").exists()


@pytest.mark.thorough
def test_time_memory_and_what_can_be_proven_are_told_before_the_first_step(twin: Twin, studio: Path) -> None:
    freeze(studio)
    assert "time:" not in twin(*TRAIN).err  # six steps are made as soon as measured
    lines = twin(*TRAIN, "--set", "training.steps=20").err.splitlines()
    told = {
        key: next(place for place, line in enumerate(lines) if line.startswith(key)) for key in ("proof:", "memory:", "time:")
    }
    assert told["proof:"] < told["memory:"] < told["time:"]
    assert "nothing is held out of 0 songs" in lines[told["proof:"]]  # none of them lasts an excerpt
    assert " for 20 steps of " in lines[told["time:"]]


@pytest.mark.thorough
def test_the_threads_a_run_began_with_are_those_it_goes_on_with(
    twin: Twin, studio: Path, stop_at: Callable[[int, BaseException], None]
) -> None:
    freeze(studio)
    stop_at(3, KeyboardInterrupt())
    assert twin(*TRAIN, "--set", "training.threads=1").code == 130
    [run] = runs_of(twin)
    states = sorted((studio / "runs" / run["id"] / "checkpoints").glob("step-*/state.json"))
    assert [json.loads(path.read_text())["threads"] for path in states] == [1] * len(states)
    seen: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.MonkeyPatch.context() as patch:
            whole = Log.on_step
            patch.setattr(Log, "on_step", lambda self, row: (seen.append(torch.get_num_threads()), whole(self, row)))
            assert twin(*TRAIN).code == 0
        assert torch.get_num_threads() == 2  # as it was
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}


def test_ctrl_c_is_acknowledged_before_the_step_ends(
    studio: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(studio)
    whole, said = Log.on_step, []

    def interrupt(self: Log, row: Any) -> None:
        if row["step"] == 3:
            os.kill(os.getpid(), signal.SIGINT)
            said.append(capfd.readouterr().err)
        whole(self, row)

    monkeypatch.setattr(Log, "on_step", interrupt)
    assert run_line([str(word) for word in TRAIN]) == 130
    assert said and said[0].endswith("\nstopping: the step that runs is finished and saved first; Ctrl-C again stops at once\n")
    assert "everything up to step 3 is saved" in capfd.readouterr().err


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "steps", "stays"),
    [((), 2, True), ((), 6, False), (("--force",), 2, False), (("--no-install",), 8, True)],
)
def test_a_short_run_never_takes_the_place_of_a_longer_twin_unsaid(
    twin: Twin, studio: Path, words: tuple[str, ...], steps: int, stays: bool
) -> None:
    freeze(studio)
    first = twin("--json", *TRAIN).data
    weights = studio / "models" / "mara-vale" / "adapter_model.safetensors"
    before = weights.read_bytes()
    done = twin("--json", *TRAIN, "--set", f"training.steps={steps}", "--set", "training.seed=3", *words)
    assert done.code == 0, done.err
    assert (weights.read_bytes() == before) is stays and (done.data["installed"] is None) is stays
    versions = sorted(path.name for path in (studio / "models" / "mara-vale").glob("versions/*"))
    assert versions == ([] if stays else ["0001"])
    assert f"at the end: {done.data['why']}" in done.err
    adapter = studio / "runs" / done.data["run"]["id"] / "adapter"
    assert Path(done.data["adapter"]) == adapter and (adapter / "adapter_model.safetensors").is_file()
    shown = twin(*TRAIN, "--set", f"training.steps={steps}", "--set", "training.seed=4", *words)
    if stays:
        command = next(line for line in shown.out.splitlines() if line.startswith("to install it")).split("  ")[-1].strip()
        assert twin(*shlex.split(command)[1:]).code == 0 and weights.read_bytes() != before
    assert first["installed"] is not None and first["why"] == ""


def test_no_install_and_force_exclude_each_other(twin: Twin, studio: Path) -> None:
    freeze(studio)
    done = twin(*TRAIN, "--no-install", "--force")
    assert done.code == 3 and "take one of the two" in done.err


@pytest.mark.thorough
@pytest.mark.parametrize("changes", [("validate_every=1", "save_every=5"), ("validate_every=2", "save_every=100", "keep=1")])
def test_the_step_that_is_called_best_is_kept(twin: Twin, studio: Path, changes: tuple[str, ...]) -> None:
    freeze(studio)
    more = [word for change in changes for word in ("--set", f"training.{change}")]
    done = twin("--json", *TRAIN, "--set", "optimizer.rate=0.01", *more).data
    best = Path(done["best"])
    assert best == studio / "runs" / done["run"]["id"] / "checkpoints" / f"step-{done['run']['best']:08d}" / "adapter"
    assert (best / "adapter_model.safetensors").is_file() and (best.parent / "state.json").is_file()
    assert f"step {done['run']['best']}: " in twin(*TRAIN, "--set", "optimizer.rate=0.02", *more).out


def test_a_variant_that_is_not_here_names_file_command_and_size(twin: Twin, studio: Path) -> None:
    freeze(studio)
    done = twin("train", "Mara Vale", "--variant", "sft")
    assert done.code == 7
    assert "acestep-v15-sft/config.json is missing" in done.err and "twin models pull sft (6.4 GiB)" in done.err
    assert not (studio / "runs").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("train",), 3, "nobody is named"),
        (("train", "Ada"), 4, "no training set of 'Ada'"),
        (("train", "!", "--dataset", "0"), 4, "no training set"),
        (("train", "Mara Vale", "--recipe", "lora-produser"), 4, "did you mean lora-producer"),
        (("train", "Mara Vale", "--set", "training.step=3"), 3, "did you mean training.steps"),
        (("train", "Mara Vale", "--set", "training.steps"), 3, "sets nothing"),
        (("train", "Mara Vale", "--set", "adapter.rank=0", "--set", "optimizer.clip=0"), 3, "optimizer.clip"),
        (("train", "Mara Vale", "--variant", "huge"), 3, "unknown variant"),
        (("train", "Mara Vale", "--resume", "abcdef"), 4, "no run"),
        (("train", "Mara Vale", "--from", "Ada"), 4, "no adapter"),
    ],
)
def test_what_cannot_be_trained_says_why(twin: Twin, studio: Path, words: tuple[str, ...], code: int, said: str) -> None:
    freeze(studio)
    done = twin(*words)
    assert (done.code, said in done.err) == (code, True), done.err
    assert "try: " in done.err and not (studio / "runs").exists()


@pytest.mark.thorough
def test_a_run_that_has_begun_keeps_what_it_learns(twin: Twin, studio: Path) -> None:
    freeze(studio)
    run = twin("--json", *TRAIN).data["run"]["id"]
    for words, said in (
        (("--variant", "nano"), "--variant cannot change"),
        (("--set", "optimizer.rate=0.5"), "optimizer.rate"),
    ):
        done = twin("train", "--resume", run, *words)
        assert (done.code, said in done.err) == (3, True), done.err
    assert "is Mara Vale's" in twin("train", "Ada", "--resume", run).err
    assert twin("train", "--resume", run, "--set", "training.save_every=3").code == 0
    assert "save_every = 3" in (studio / "runs" / run / "recipe.toml").read_text()


@pytest.mark.thorough
def test_a_run_that_another_process_trains_is_left_alone(twin: Twin, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.library.runs._PATIENCE", 0.0)
    freeze(studio)
    run = twin("--json", *TRAIN).data["run"]["id"]
    runs = Runs(studio, lambda: None)  # type: ignore[arg-type,return-value]
    with runs.hold(runs.get(run)):
        done = twin("train", "--resume", run)
    assert done.code == 7 and "another process" in done.err
    assert runs.get(run).status == "done"
