"""Recipes: all that are shipped, what is set by hand, what is inherited, and every mistake at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.model.adapter_spec import AdapterCard, LoraSpec
from producertwin.training.lora import recipes
from producertwin.training.lora.recipe import LoraRecipe, TaskShares, TrainingPlan

SHIPPED = recipes.list_names()


def test_the_four_recipes_are_shipped() -> None:
    assert set(SHIPPED) == {"lora-producer", "lora-lofi", "lora-8gb", "lora-nano"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_is_read_and_its_resolved_copy_says_the_same(name: str, tmp_path: Path) -> None:
    chosen = recipes.load(name)
    assert chosen.name == name and chosen.inherited == {}
    copy = tmp_path / "recipe.toml"
    copy.write_text(recipes.to_toml(chosen.recipe), encoding="utf-8")
    assert recipes.load(copy).recipe == chosen.recipe
    assert "drop_meta" in copy.read_text()


@pytest.mark.parametrize("word", ["mara", 'a "quoted" \\ word', "雨の日", "tab\tand\x7f", "\U0001f3b5 lofi", "\\ud83c"])
def test_a_written_recipe_is_read_back_whatever_its_words_are_and_is_ascii(word: str, tmp_path: Path) -> None:
    asked = recipes.load("lora-producer").recipe
    asked = asked.model_copy(update={"data": asked.data.model_copy(update={"trigger": word})})
    text = recipes.to_toml(asked)
    assert text.isascii()
    if word < "\U00010000":  # as stored recipes have always been written
        assert f"trigger = {json.dumps(word)}\n" in text
    copy = tmp_path / "recipe.toml"
    copy.write_text(text, encoding="utf-8")
    assert recipes.load(copy).recipe.data.trigger == word


def test_shipped_recipes_say_what_their_field_expects() -> None:
    producer, lofi = recipes.load("lora-producer").recipe, recipes.load("lora-lofi").recipe
    spec = producer.adapter
    assert (spec.rank, spec.alpha, spec.targets, producer.optimizer.rate) == (32, 32.0, "all-linear", 1e-4)
    assert producer.training.epochs == 50 and producer.data.instrumental
    assert (lofi.adapter.rank, lofi.adapter.alpha, lofi.adapter.rslora) == (256, 32.0, True)
    assert (lofi.training.steps, lofi.training.save_every, lofi.training.precision) == (100_000, 2_000, "bf16")
    assert (lofi.optimizer.rate, lofi.optimizer.clip) == (1e-4, 0.5)
    small = recipes.load("lora-8gb").recipe
    assert small.optimizer.kind == "adamw8bit" and small.training.checkpointing


def test_what_is_set_by_hand_wins() -> None:
    found = recipes.load(
        "lora-nano",
        {"training.batch": "3", "training.precision": "fp32", "adapter.rslora": "true", "data.tasks.repaint": "0.5",
         "adapter.encoders": '["lyric"]', "data.trigger": "mara"},
    ).recipe  # fmt: skip
    assert (found.training.batch, found.training.precision, found.adapter.rslora) == (3, "fp32", True)
    assert (found.data.tasks.text2music, found.data.tasks.repaint) == (1.0, 0.5)
    assert (found.adapter.encoders, found.data.trigger) == (("lyric",), "mara")


def test_steps_and_epochs_replace_one_another() -> None:
    by_steps = recipes.load("lora-producer", {"training.steps": "200"}).recipe
    assert (by_steps.training.steps, by_steps.training.epochs) == (200, None)
    by_epochs = recipes.load("lora-nano", {"training.epochs": "2"}).recipe
    assert (by_epochs.training.steps, by_epochs.training.epochs) == (None, 2.0)


def test_every_mistake_is_told_at_once_with_the_name_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[adapter]\nrnak = 4\nkind = "lorra"\n[training]\nsteps = 5\nepochs = 3\n', encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        recipes.load(path, {"traning.batch": "2", "optimizer.rate": "-1", "nonsense.at_all": "1"})
    told = caught.value.message
    assert "adapter.rnak: no such key; did you mean adapter.rank?" in told
    assert "traning.batch: no such key; did you mean training.batch?" in told
    assert (
        "nonsense.at_all: no such key;" in told
        and "adapter.kind: 'lorra' is none of lora, dora, lokr; did you mean lora?" in told
    )
    assert "optimizer.rate: Input should be greater than 0" in told
    assert "training: give either steps or epochs" in told
    assert "mine" in told and caught.value.remedy


def test_an_unknown_recipe_is_named_with_its_neighbour(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no recipe lora-nanno; did you mean lora-nano") as caught:
        recipes.load("lora-nanno")
    assert "lora-producer" in caught.value.remedy
    broken = tmp_path / "broken.toml"
    broken.write_text("[adapter", encoding="utf-8")
    with pytest.raises(BadInput, match="not TOML"):
        recipes.load(broken)


def test_unset_options_are_inherited_from_the_parents_and_told() -> None:
    spec, card = LoraSpec(rank=8, alpha=16, targets="attention", kind="dora", dropout=0.5), AdapterCard(trigger="mara")
    found = recipes.load("lora-nano", {}, [spec, card])
    assert found.recipe.adapter == spec.model_copy(update={"dropout": 0.0})
    assert found.recipe.data.trigger == "mara"
    assert found.inherited["adapter.rank"] == 8 and found.inherited["data.trigger"] == "mara"
    by_hand = recipes.load("lora-nano", {"adapter.rank": "4", "data.trigger": "other"}, [spec, card])
    assert (by_hand.recipe.adapter.rank, by_hand.recipe.data.trigger) == (4, "other")
    assert not {"adapter.rank", "data.trigger"} & by_hand.inherited.keys()


def plan(**more: object) -> LoraRecipe:
    return LoraRecipe(training=TrainingPlan.model_validate({"steps": 10} | more))


def test_only_how_often_things_are_kept_is_no_part_of_the_identity() -> None:
    mark = plan().fingerprint
    assert plan(save_every=7, keep=9, sample_every=3).fingerprint == mark
    for changed in ({"steps": 11}, {"seed": 8}, {"batch": 2}, {"validate_every": 5}, {"average": 0.5}):
        assert plan(**changed).fingerprint != mark


def test_an_epoch_is_as_many_crops_as_the_set_holds() -> None:
    assert plan(steps=None, epochs=3, crop_seconds=10, batch=2, accumulate=2).steps(10_000) == 30
    assert plan(steps=None, epochs=0.01).steps(750) == 1
    assert plan().steps(10**6) == 10


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"steps": None}, "either steps or epochs"),
        ({"patience": 2, "validate_every": 0}, "patience needs"),
        ({"crop_seconds": 0.5}, "crop_seconds"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(more: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        plan(**more)
    with pytest.raises(ValueError, match="at least one task"):
        TaskShares(text2music=0)


def test_recipes_are_read_without_torch() -> None:
    code = (
        "import sys; from producertwin.training.lora import recipes; recipes.load('lora-nano'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
