"""The whole training on tiny: it learns, goes on bit for bit, refuses what is not its own, and leaves no trace."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lora_kit import Job, Recorder, Studio, encode, frozen, recipe, row_of, tiny
from safetensors.torch import save_file as save_file_of
from torch._dynamo.exc import TorchDynamoException

from producertwin.errors import BadInput, Diverged, Interrupted, NotFound, Resources, Unavailable
from producertwin.library import open_library
from producertwin.model import adapters
from producertwin.model.adapters.differentiable import block
from producertwin.model.weights import content_hash
from producertwin.progress import Progress
from producertwin.settings import Settings
from producertwin.training import checkpoints, optimizer
from producertwin.training.lora import gradients as gradients_module
from producertwin.training.lora import monitoring
from producertwin.training.lora import step as step_module
from producertwin.training.lora.gradients import velocity_errors as errors_of
from producertwin.training.lora.step import make_batch as batch_of


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("studio")
    with open_library(Settings(studio=home)) as library:
        instrument = tiny()
        yield Studio(instrument, library, frozen(library, instrument), home)


@pytest.fixture
def studio(encoded: Studio, tmp_path: Path) -> Studio:
    """The same set for all, and a folder of one's own for runs."""
    return replace(encoded, tmp_path=tmp_path)


def digest(folder: Path) -> str:
    """Of everything a checkpoint holds."""
    whole = hashlib.blake2b()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def kept(job: Job, step: int) -> Path:
    return checkpoints.path_of(job.folder / "checkpoints", step)


def until(studio: Studio, job: Job, step: int) -> None:
    """Train to `step` and be interrupted there."""
    work = studio.train(job)
    with pytest.raises(Interrupted):
        for event in work:
            if isinstance(event, Progress) and event.done == step:
                work.throw(KeyboardInterrupt)


@pytest.mark.thorough
def test_an_adapter_learns_its_set_and_the_base_is_afterwards_untouched(studio: Studio) -> None:
    parts = {name: getattr(studio.instrument, name) for name in ("transformer", "condition_encoder")}
    names, before = [name for name, _ in parts["transformer"].named_modules()], content_hash(parts)
    heard = Recorder()
    found = studio.run(studio.job(plan=recipe(studio.tmp_path, training__steps=40), callbacks=heard))
    losses = [row["loss"] for row in heard.validations]
    assert (found.step, found.stopped) == (40, None) and found.best == 40
    assert losses[-1] < 0.7 * losses[0]
    assert content_hash(parts) == before
    assert [name for name, _ in parts["transformer"].named_modules()] == names
    adapter = adapters.read(found.adapter)
    assert adapter.card is not None and adapter.card.producer == "Ada" and adapter.card.steps == 40
    assert adapter.card.dataset == studio.manifest.fingerprint and adapter.spec.rank == 2


def test_every_step_is_told_and_every_checkpoint_once_it_is_whole(studio: Studio) -> None:
    heard = Recorder()
    job = studio.job(callbacks=heard)
    studio.run(job)
    assert heard.begun == [-1] and heard.kept == [0, 4, 8] and heard.warnings == []
    assert [row["step"] for row in heard.rows] == list(range(1, 9))
    assert [row["step"] for row in heard.validations] == [0, 4, 8]
    first = heard.rows[0]
    assert first["rate"] == pytest.approx(5e-3) and first["norm"] > 0 and 0 < first["audio"] <= 2
    bands = [first[name] for name in first if name.startswith("loss_")]
    assert bands and min(bands) <= first["loss"] <= max(bands)


@pytest.mark.thorough
def test_two_halves_equal_the_whole_bit_for_bit(studio: Studio) -> None:
    more: dict[str, Any] = {"adapter__dropout": 0.2, "training__accumulate": 2, "data__tasks__repaint": 0.5}
    plan = recipe(studio.tmp_path, **more)
    whole, halves = studio.job("whole", plan), studio.job("halves", plan)
    studio.run(whole)
    for step in (3, 5):
        torch.manual_seed(step)
        until(studio, halves, step)
    studio.run(halves)
    assert digest(kept(whole, 8)) == digest(kept(halves, 8))
    assert digest(whole.folder / "adapter") == digest(halves.folder / "adapter")
    tensors = checkpoints.read(kept(whole, 8)).tensors
    assert {name.split(".")[0] for name in tensors} == {"weights", "average", "optimizer"}
    [changed] = {bool(tensors[name].equal(tensors["average" + name[7:]])) for name in tensors if name.startswith("weights")}
    assert not changed


@pytest.mark.thorough
@pytest.mark.parametrize(
    "more",
    [
        {"adapter__kind": "dora"},
        {"adapter__kind": "lokr", "adapter__encoders": '["timbre"]'},
        {"training__base_precision": "int8"},
        {"training__base_precision": "nf4", "adapter__kind": "dora", "training__precision": "bf16"},
    ],
)
def test_other_kinds_of_adapters_go_on_bit_for_bit_too(studio: Studio, more: dict[str, Any]) -> None:
    plan = recipe(studio.tmp_path, training__steps=4, training__average=0, training__checkpointing="true", **more)
    whole, halves = studio.job("whole", plan), studio.job("halves", plan)
    studio.run(whole)
    until(studio, halves, 2)
    studio.run(halves)
    assert digest(kept(whole, 4)) == digest(kept(halves, 4))


def test_recomputing_activations_and_accumulating_change_nothing_that_matters(studio: Studio) -> None:
    found = []
    ways: dict[str, dict[str, Any]] = {
        "plain": {},
        "again": {"training__checkpointing": "true"},
        "parts": {"training__batch": 1, "training__accumulate": 2},
    }
    for name, more in ways.items():
        plan = recipe(studio.tmp_path, training__steps=3, training__validate_every=0, **more)
        heard = Recorder()
        assert studio.run(studio.job(name, plan, callbacks=heard)).best is None
        found.append(torch.tensor([row["loss"] for row in heard.rows]))
    assert torch.allclose(found[0], found[1], rtol=1e-4)
    assert torch.allclose(found[0], found[2], rtol=1e-3)


@pytest.mark.thorough
def test_coarse_products_learn_nearly_the_same(studio: Studio) -> None:
    found = []
    for name, precision in {"fine": "fp32", "coarse": "bf16"}.items():
        heard = Recorder()
        studio.run(studio.job(name, recipe(studio.tmp_path, training__precision=precision), callbacks=heard))
        found.append(heard.validations[-1]["loss"])
    assert found[0] != found[1] and found[1] == pytest.approx(found[0], rel=0.1)


def test_a_signal_lets_the_step_end_and_saves(studio: Studio) -> None:
    class Impatient(Recorder):
        def on_step(self, row: Any) -> None:
            super().on_step(row)
            if row["step"] == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    job = studio.job(callbacks=Impatient())
    with pytest.raises(Interrupted, match="up to step 3 is saved"):
        studio.run(job)
    assert checkpoints.steps_in(job.folder / "checkpoints") == [0, 3]
    assert studio.run(job).step == 8


@pytest.mark.thorough
def test_an_interruption_inside_a_step_saves_the_steps_before_it(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, torn = studio.job("whole"), studio.job("torn")
    studio.run(whole)
    real, asked = errors_of, []

    def interrupted(*given: Any, **more: Any) -> Any:
        asked.append(1)
        if len(asked) == 8:
            raise KeyboardInterrupt
        return real(*given, **more)

    monkeypatch.setattr(gradients_module, "velocity_errors", interrupted)
    with pytest.raises(Interrupted):
        studio.run(torn)
    monkeypatch.undo()
    assert checkpoints.steps_in(torn.folder / "checkpoints") == [0, 4, 7]
    studio.run(torn)
    assert digest(kept(whole, 8)) == digest(kept(torn, 8))


def test_weights_that_were_torn_apart_are_not_saved(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    real = optimizer.update_average

    def interrupted(average: Any, weights: Any, decay: float, step: int) -> None:
        if step == 5:
            raise KeyboardInterrupt
        real(average, weights, decay, step)

    monkeypatch.setattr(optimizer, "update_average", interrupted)
    job = studio.job()
    with pytest.raises(Interrupted, match="up to step 4 is saved"):
        studio.run(job)
    assert checkpoints.steps_in(job.folder / "checkpoints") == [0, 4]


def test_leaving_the_work_alone_saves_it(studio: Studio) -> None:
    job = studio.job()
    work = studio.train(job)
    for event in work:
        if isinstance(event, Progress) and event.done == 2:
            break
    work.close()
    assert checkpoints.steps_in(job.folder / "checkpoints") == [0, 2]


@pytest.mark.thorough
def test_a_damaged_newest_checkpoint_is_passed_over_and_named(studio: Studio) -> None:
    whole, hurt = studio.job("whole"), studio.job("hurt")
    studio.run(whole)
    until(studio, hurt, 6)
    (kept(hurt, 6) / checkpoints.TENSORS).write_bytes(b"nothing")
    heard = Recorder()
    studio.run(studio.job("hurt", callbacks=heard))
    assert heard.begun == [4]
    assert any("passed over" in told and "step-00000006 is damaged" in told for told in heard.warnings)
    assert digest(kept(whole, 8)) == digest(kept(hurt, 8))


@pytest.mark.thorough
def test_another_checkpoint_can_be_named_and_later_ones_of_the_run_go(studio: Studio) -> None:
    job = studio.job()
    studio.run(job)
    until(studio, studio.job(checkpoint=kept(job, 4)), 5)
    assert checkpoints.steps_in(job.folder / "checkpoints") == [0, 4, 5]
    heard = Recorder()
    elsewhere = studio.job("elsewhere", checkpoint=kept(job, 4), callbacks=heard)
    assert studio.run(elsewhere).step == 8
    assert heard.begun == [4] and heard.kept == [4, 8]
    with pytest.raises(BadInput, match="nowhere is damaged"):
        studio.run(studio.job(checkpoint=studio.tmp_path / "nowhere"))


def test_a_checkpoint_of_something_else_is_refused_by_name(studio: Studio) -> None:
    job = studio.job()
    until(studio, job, 3)
    with pytest.raises(BadInput, match=r"another recipe .optimizer.rate 0.01 instead of 0.5"):
        studio.run(studio.job(plan=recipe(studio.tmp_path, optimizer__rate=0.5)))
    row = encode(studio.library, studio.instrument, row_of(9, 30), (30,))
    other = studio.manifest.model_copy(update={"rows": (*studio.manifest.rows, row)})
    with pytest.raises(BadInput, match="another dataset"):
        studio.run(studio.job(manifest=other))
    state = kept(job, 3) / checkpoints.STATE
    for key, what in (("variant", "another variant"), ("revision", "another revision of the variant")):
        written = state.read_text()
        state.write_text(json.dumps(json.loads(written) | {key: "other"}))
        with pytest.raises(BadInput, match=what):
            studio.run(job)
        state.write_text(written)
    assert studio.run(studio.job(plan=recipe(studio.tmp_path, training__save_every=3, training__keep=9))).step == 8


@pytest.mark.parametrize(("rename", "told"), [(lambda _: "weights.other", "none of its"), (lambda n: n + "x", "lacks|holds")])
def test_tensors_of_another_adapter_are_refused(studio: Studio, rename: Any, told: str) -> None:
    job = studio.job()
    until(studio, job, 3)
    found = checkpoints.read(kept(job, 3))
    first = next(name for name in found.tensors if name.startswith("weights."))
    whole = told.startswith("none")
    tensors = {rename(n) if n == first or (whole and n.startswith("weights")) else n: t for n, t in found.tensors.items()}
    checkpoints.save(job.folder / "checkpoints", 3, checkpoints.Checkpoint(tensors, found.state))
    with pytest.raises(BadInput, match=told) as caught:
        studio.run(job)
    assert "step-00000003" in caught.value.message
    assert not hasattr(studio.instrument.transformer, "peft_config")


def poisoned(monkeypatch: pytest.MonkeyPatch, steps: Any) -> None:
    """The loss of these forward passes, counted from the first of training, is not a number."""
    real, count = errors_of, iter(range(10_000))

    def errors(*given: Any, **more: Any) -> Any:
        found = real(*given, **more)
        return found * float("nan") if next(count) in steps else found

    monkeypatch.setattr(gradients_module, "velocity_errors", errors)


def test_a_batch_without_a_finite_loss_is_skipped_and_named(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, {2, 5})
    heard = Recorder()
    found = studio.run(studio.job(callbacks=heard))
    assert found.step == 8 and heard.begun == [-1]
    assert [told.split(":")[0] for told in heard.warnings] == ["3", "6"]
    assert all("skipped a batch with loss nan" in told and "Song" in told for told in heard.warnings)
    assert all(bool(torch.isfinite(t).all()) for t in adapters.read(found.adapter).state().values())


def test_three_in_a_row_go_back_at_half_the_rate_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, {5, 6, 7})
    heard = Recorder()
    job = studio.job(plan=recipe(studio.tmp_path, optimizer__schedule="constant"), callbacks=heard)
    assert studio.run(job).step == 8
    assert heard.begun == [-1, 4]
    assert "went back to step 4 and halved the learning rate" in heard.warnings[-1]
    assert [row["rate"] for row in heard.rows] == pytest.approx([0.005, 0.01, 0.01, 0.01] + [0.005] * 4)
    assert checkpoints.read(kept(job, 8)).state["guard"]["halved"] is True


def test_the_second_time_training_has_diverged_and_the_last_good_checkpoint_is_kept(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch, set(range(5, 100)))
    job = studio.job(plan=recipe(studio.tmp_path, training__save_every=2))
    with pytest.raises(Diverged, match="again at half the rate") as caught:
        studio.run(job)
    assert "optimizer.rate" in caught.value.remedy
    assert checkpoints.steps_in(job.folder / "checkpoints") == [2, 4]
    assert all(bool(torch.isfinite(t).all()) for t in checkpoints.read(kept(job, 4)).tensors.values())
    assert not hasattr(studio.instrument.transformer, "peft_config")


def test_a_loss_that_stays_too_high_goes_back_past_the_checkpoints_made_meanwhile(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SETTLED", 2), ("TOO_LONG", 3), ("SMOOTH", 0.1)):
        monkeypatch.setattr(monitoring, name, value)
    real, count = errors_of, iter(range(10_000))
    monkeypatch.setattr(gradients_module, "velocity_errors", lambda *g, **m: real(*g, **m) * (50 if 5 <= next(count) <= 7 else 1))
    heard = Recorder()
    job = studio.job(plan=recipe(studio.tmp_path, training__save_every=1, training__keep=1, training__steps=12), callbacks=heard)
    assert studio.run(job).step == 12
    assert heard.begun == [-1, 5]
    assert any("removed the checkpoints after it: 6, 7" in told for told in heard.warnings)
    assert any("times its best" in told and "went back to step 5" in told for told in heard.warnings)


@pytest.mark.thorough
def test_a_run_resumed_on_a_bad_stretch_still_knows_where_it_was_good(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SETTLED", 2), ("TOO_LONG", 4), ("SMOOTH", 0.1)):
        monkeypatch.setattr(monitoring, name, value)
    real, count = errors_of, iter(range(10_000))
    monkeypatch.setattr(gradients_module, "velocity_errors", lambda *g, **m: real(*g, **m) * (50 if 5 <= next(count) <= 8 else 1))
    plan = recipe(studio.tmp_path, training__save_every=1, training__keep=1, training__steps=12, training__validate_every=0)
    until(studio, studio.job(plan=plan), 7)
    heard = Recorder()
    assert studio.run(studio.job(plan=plan, callbacks=heard)).step == 12
    assert heard.begun == [7, 5]


@pytest.mark.thorough
def test_a_full_disk_ends_the_run_and_leaves_the_previous_checkpoint_whole(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, full = studio.job("whole"), studio.job("full")
    studio.run(whole)
    real, saved = save_file_of, []

    def save_file(*given: Any) -> None:
        saved.append(1)
        if len(saved) > 2:
            raise OSError(28, "No space left on device")
        real(*given)

    monkeypatch.setattr(checkpoints, "save_file", save_file)
    with pytest.raises(Resources, match="No space left"):
        studio.run(full)
    monkeypatch.undo()
    assert checkpoints.steps_in(full.folder / "checkpoints") == [0, 4]
    studio.run(full)
    assert digest(kept(whole, 8)) == digest(kept(full, 8))


def test_memory_that_runs_out_is_told_with_what_helps(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def errors(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(gradients_module, "velocity_errors", errors)
    with pytest.raises(Resources, match="memory ran out at step 0") as caught:
        studio.run(studio.job(plan=recipe(studio.tmp_path, training__validate_every=0)))
    assert "training.checkpointing" in caught.value.remedy


def test_a_machine_that_cannot_compile_is_told_so_and_others_compile_the_forward_pass(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def compiling(function: Any) -> Any:
        asked.append(function)
        return function

    def failing(function: Any) -> Any:
        def compiled(*_: Any) -> None:
            raise TorchDynamoException("no compiler\nand much more")

        return compiled

    plan = recipe(studio.tmp_path, training__compile="true", training__steps=2)
    monkeypatch.setattr(torch, "compile", compiling)
    assert studio.run(studio.job("able", plan)).step == 2 and asked == [block]
    monkeypatch.setattr(torch, "compile", failing)
    with pytest.raises(Unavailable, match=r"could not be compiled: no compiler$") as caught:
        studio.run(studio.job("unable", plan))
    assert "training.compile=false" in caught.value.remedy


def test_the_same_weights_are_always_asked_the_same_on_the_held_out_side(studio: Studio) -> None:
    first, again = Recorder(), Recorder()
    still: dict[str, Any] = {"training__steps": 2, "training__validate_every": 1, "optimizer__rate": 1e-30}
    studio.run(studio.job("first", recipe(studio.tmp_path, **still), callbacks=first))
    studio.run(studio.job("again", recipe(studio.tmp_path, **still | {"training__batch": 1}), callbacks=again))
    assert len({row["loss"] for row in first.validations}) == 1
    assert {name for name in first.validations[0] if name != "step"} == {"loss", "loss_0", "loss_1", "loss_2", "loss_3"}
    assert again.validations[0]["loss"] == pytest.approx(first.validations[0]["loss"], rel=1e-5)


def test_patience_stops_early_and_ships_the_best(studio: Studio) -> None:
    heard = Recorder()
    wild: dict[str, Any] = {"training__patience": 2, "training__validate_every": 1, "training__average": 0}
    job = studio.job(plan=recipe(studio.tmp_path, training__steps=60, optimizer__rate=0.5, **wild), callbacks=heard)
    found = studio.run(job)
    losses = [row["loss"] for row in heard.validations]
    best = losses.index(min(losses))
    assert found.step == best + 2 < 60 and found.best == best
    assert found.stopped == f"no better validation since step {best}"
    assert digest(found.adapter) == digest(kept(job, best) / "adapter")
    assert studio.run(job) == found


def test_without_a_held_out_side_nothing_is_validated(studio: Studio) -> None:
    rows = tuple(row.model_copy(update={"side": "train"}) for row in studio.manifest.rows)
    heard = Recorder()
    assert studio.run(studio.job(manifest=studio.manifest.model_copy(update={"rows": rows}), callbacks=heard)).best is None
    assert heard.validations == []


@pytest.mark.thorough
def test_a_run_can_begin_with_the_weights_of_another_adapter(studio: Studio) -> None:
    parent = studio.run(studio.job("parent"))
    child = studio.job("child", recipe(studio.tmp_path, optimizer__rate=1e-30), parent=parent.adapter)
    studio.run(child)
    theirs, ours = adapters.read(parent.adapter).state(), adapters.read(child.folder / "adapter").state()
    assert all(torch.allclose(ours[name], tensor) for name, tensor in theirs.items())
    with pytest.raises(BadInput, match="training cannot begin with"):
        studio.run(studio.job("odd", recipe(studio.tmp_path, adapter__rank=3), parent=parent.adapter))


@pytest.mark.thorough
def test_the_null_condition_is_practised_only_where_the_variant_is_guided(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    real = batch_of

    def batch(examples: Any, t: Any, noises: Any, words: Any, dropped: Any) -> Any:
        seen.extend(dropped)
        return real(examples, t, noises, words, dropped)

    monkeypatch.setattr(step_module, "make_batch", batch)
    plan = recipe(studio.tmp_path, training__steps=19, training__drop_condition=0.4)
    studio.run(studio.job("guided", plan))
    assert 0.2 < sum(seen) / len(seen) < 0.6
    seen.clear()
    free = tiny(guidance=1.0)
    replace(studio, instrument=free).run(studio.job("free", plan))
    assert len(seen) == 38 and not any(seen)


def test_a_set_that_is_not_encoded_is_refused_before_anything_is_written(studio: Studio) -> None:
    rows = (*studio.manifest.rows, row_of(8, 30))
    job = studio.job(manifest=studio.manifest.model_copy(update={"rows": rows}))
    with pytest.raises(NotFound) as caught:
        studio.run(job)
    assert "twin dataset encode" in caught.value.remedy and not job.folder.exists()


@pytest.mark.thorough
def test_a_coarse_instrument_is_widened_for_fine_products_and_narrowed_after(studio: Studio) -> None:
    studio = replace(studio, instrument=tiny())
    torch.nn.Module.to(studio.instrument.transformer, torch.bfloat16)
    before = content_hash({"transformer": studio.instrument.transformer})
    kinds: set[torch.dtype] = set()

    class Curious(Recorder):
        def on_step(self, row: Any) -> None:
            super().on_step(row)
            kinds.add(studio.instrument.transformer.proj_in_conv.weight.dtype)

    for precision in ("fp32", "bf16"):
        studio.run(studio.job(precision, recipe(studio.tmp_path, training__precision=precision), callbacks=Curious()))
        assert content_hash({"transformer": studio.instrument.transformer}) == before
    assert kinds == {torch.float32, torch.bfloat16}
