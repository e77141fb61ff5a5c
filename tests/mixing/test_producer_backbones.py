"""Larger language models under the producer model: a tiny random BERT reads, a tiny random Mistral answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, MistralConfig, MistralModel, PreTrainedTokenizerFast

from producer_kit import song, stem
from producertwin.errors import BadInput, Unavailable
from producertwin.mixing.producer.backbones import load_backbone
from producertwin.mixing.producer.grammar import questions_of
from producertwin.mixing.producer.model import build_producer, load_producer, save_producer
from producertwin.mixing.producer.net import PLACES, WORDS, ProducerNet, Rows
from producertwin.mixing.producer.reading import count_words, read_texts, read_words, stack_rows
from producertwin.progress import finish
from producertwin.training.producer import training
from producertwin.training.producer.desks import draw_example
from producertwin.training.producer.losses import DeskBatch, desk_loss, plan_loss, quality_loss
from producertwin.training.producer.sheets import mark_stems


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: `bert` and `mistral`, each of one layer and 16 wide, with random weights and nano's words."""
    root = tmp_path_factory.mktemp("models")
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "vocab_size": count_words() + 2,
    }
    size |= {"max_position_embeddings": PLACES + WORDS}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        BertModel(BertConfig(**size)).save_pretrained(root / "bert")
        MistralModel(MistralConfig(**size, num_key_value_heads=1, head_dim=8)).save_pretrained(root / "mistral")
        short = size | {"max_position_embeddings": 128}
        MistralModel(MistralConfig(**short, num_key_value_heads=1, head_dim=8)).save_pretrained(root / "short")
    words = PreTrainedTokenizerFast(tokenizer_object=read_words(), unk_token="[UNK]", pad_token="[PAD]")
    for name in ("bert", "mistral"):
        words.save_pretrained(root / name)
    return root


@pytest.fixture(scope="module")
def net(models: Path) -> ProducerNet:
    return training.build_net(1, "bert", "mistral", models)


def test_every_loss_moves_what_lies_round_the_models_and_never_the_models(net: ProducerNet) -> None:
    one = song()
    example = draw_example(one, np.random.default_rng(0))
    heard = torch.tensor([fault.heard for fault in one.faults])
    loss = (
        plan_loss(net, [example.text], torch.tensor([mark_stems(["drums", "bass"])]))
        + quality_loss(net, ["trap"] * len(heard), heard, torch.linspace(0, 1, len(heard)))
        + desk_loss(net, DeskBatch([example.text], [(questions_of(example.desk), example.stems)]))
    )
    loss.backward()
    assert net.encoder is not None and net.desk.backbone is not None
    for part in (net.encoder, net.desk.backbone, net.phrases, net.stems, net.judge):
        assert any(weight.grad is not None and float(weight.grad.abs().sum()) > 0 for weight in part.parameters())
    for backbone in (net.encoder.backbone, net.desk.backbone.backbone):
        assert all(weight.grad is None and not weight.requires_grad for weight in backbone.model.parameters())
    assert not any("layers" in name or "embeddings" in name for name in net.state_dict())
    net.zero_grad()


def test_a_row_is_the_same_at_once_and_place_by_place(net: ProducerNet) -> None:
    example = draw_example(song(), np.random.default_rng(0))
    questions = questions_of(example.desk)
    with torch.inference_mode():
        caption = read_texts(net, [example.text])
        whole = net.answer(stack_rows([(questions, example.stems)]), caption)
        reader, rows = net.desk.start(caption), stack_rows([(questions[:20], example.stems)])
        parts = [[one[:, place : place + 1] for one in (rows.before, rows.asked, rows.stems, rows.roles)] for place in range(20)]
        steps = torch.stack([reader.send(Rows(*one)) for one in parts])
        longer = read_texts(
            net, [example.text, "a much longer text than that, of many words, so that the other one is filled up"]
        )
        padded = net.answer(stack_rows([(questions, example.stems)] * 2), longer)
    assert torch.allclose(whole[0, :20], steps, atol=1e-4)
    assert torch.allclose(whole[0], padded[0], atol=1e-4)


def test_weights_come_back_with_their_models_and_not_with_others(net: ProducerNet, models: Path, tmp_path: Path) -> None:
    folder = save_producer(net, tmp_path / "weights", {"revision": "test"})
    read = load_producer(folder, models)
    assert read.plan_stems("dark trap") != load_producer().plan_stems("dark trap")
    desk = read.set_desk(["bass"], ("bass",), [stem("bass")], "trap")
    assert list(desk.strips) == ["bass"]
    with pytest.raises(Unavailable, match="of bert are not here"):
        load_producer(folder, tmp_path)
    (tmp_path / "bert").mkdir()
    for path in (models / "bert").iterdir():
        (tmp_path / "bert" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "mistral").symlink_to(models / "mistral")
    BertModel(BertConfig.from_pretrained(models / "bert")).save_pretrained(tmp_path / "bert")
    with pytest.raises(Unavailable, match="another language model"):
        load_producer(folder, tmp_path)


def test_what_cannot_read_or_answer_is_refused_with_a_remedy(models: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as absent:
        build_producer(decoder="mistralai/Mistral-7B-v0.1", models=tmp_path)
    assert "hf download mistralai/Mistral-7B-v0.1" in absent.value.remedy
    with pytest.raises(BadInput, match="looks ahead"):
        build_producer(decoder="bert", models=models)
    with pytest.raises(BadInput, match="128 places"):
        build_producer(decoder="short", models=models)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    (broken / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match="not a whole"):
        load_backbone(str(broken), None, reads=True, places=8)


@pytest.mark.thorough
def test_a_net_on_models_is_trained_and_goes_on(models: Path, tmp_path: Path) -> None:
    recipe = training.ProducerRecipe(songs=0, sheets=0, texts=2, mixes=2, desks=1, encoder="bert", decoder="mistral")
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update={"steps": 2, "save_every": 1, "warmup": 1})})
    recipe = recipe.model_copy(update={"finish": recipe.finish.model_copy(update={"steps": 1, "warmup": 1})})
    finish(training.train_heads(recipe, tmp_path, [song()], stop_after=1e-9, models=models))
    net, reached = finish(training.train_heads(recipe, tmp_path, [song()], models=models))
    assert reached == 2
    assert all(torch.isfinite(weight).all() for weight in net.parameters())
