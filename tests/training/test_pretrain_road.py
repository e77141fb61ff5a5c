"""The whole road to nano's weights in miniature: every verb, a stop in the middle, and weights that every command takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from producertwin.errors import BadInput, DiskFull, NotFound
from producertwin.house_band.captions import vocabulary
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import InputSound, Request, Sampling
from producertwin.model.tasks import Task
from producertwin.model.variants.load import load
from producertwin.model.weights import read_tensors
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.training.pretrain import runs
from producertwin.training.pretrain.codec import CodecRecipe
from producertwin.training.pretrain.corpus import CODEC_FILE, CorpusRecipe, claim
from producertwin.training.pretrain.embedder import EmbedderRecipe
from producertwin.training.pretrain.gliding import GlidingRecipe
from producertwin.training.pretrain.loop import PretrainSchedule
from producertwin.training.pretrain.nano import NanoRecipe
from producertwin.training.pretrain.tokenizer import TokenizerRecipe

PLAN = PretrainSchedule(steps=3, warmup=1, save_every=2)
RECIPE = runs.PretrainRecipe(
    corpus=CorpusRecipe(codec_songs=3, songs=6, workers=1),
    soundfont=False,
    codec=CodecRecipe(schedule=PLAN, batch=2),
    robust=CodecRecipe(schedule=PLAN, batch=2, noise=0.3),
    tonal=CodecRecipe(schedule=PLAN, batch=2, tonality=0.5, decoder_only=True),
    noises=CodecRecipe(schedule=PLAN, batch=2, levels=0.5, repetition=1.0, decoder_only=True),
    gliding=GlidingRecipe(schedule=PLAN, batch=2),
    tokenizer=TokenizerRecipe(schedule=PLAN, batch=4),
    embedder=EmbedderRecipe(schedule=PLAN, batch=4),
    nano=NanoRecipe(schedule=PLAN, lengths=((128, 2, 1.0),)),
    steered=NanoRecipe(schedule=PLAN, lengths=((128, 2, 1.0),), reference=0.5, terse=0.5, disguise=0.5),
)


@pytest.mark.slow
def test_every_verb_leads_to_weights_that_play(tmp_path: Path) -> None:
    finish(runs.render(RECIPE, tmp_path))
    with pytest.raises(NotFound, match="codec"):
        finish(runs.tokenizer(RECIPE, tmp_path))
    assert finish(runs.codec(RECIPE, tmp_path)) == 3
    finish(runs.encode(RECIPE, tmp_path))
    with pytest.raises(NotFound, match="tokenizer"):
        finish(runs.transformer(RECIPE, tmp_path))
    assert finish(runs.tokenizer(RECIPE, tmp_path)) == 3
    with pytest.raises(NotFound, match="transformer"):
        runs.ship(RECIPE, tmp_path)
    assert finish(runs.transformer(RECIPE, tmp_path, stop_after=0.0)) < 3
    assert finish(runs.transformer(RECIPE, tmp_path)) == 3
    with pytest.raises(NotFound, match="embedder"):
        runs.ship(RECIPE, tmp_path)
    assert finish(runs.embedder(RECIPE, tmp_path)) == 3
    weights = finish(runs.everything(RECIPE, tmp_path))  # nothing is left to do but ship
    [file] = (weights / "transformer").glob("*.safetensors")
    assert torch.int8 in {tensor.dtype for tensor in read_tensors([file]).values()}
    nano = load(str(weights), Settings(studio=tmp_path / "studio", device="cpu"))
    assert Task.COVER in nano.card.tasks
    assert nano.card.words == vocabulary()
    assert not nano.card.sings
    source = InputSound(audio=np.random.default_rng(1).normal(0, 0.1, (2, 96_000)).astype(np.float32))
    request = Request("lofi, rhodes", 2.0, 1, task=Task.COVER, source=source, sampling=Sampling(steps=2))
    [take] = engine.generate(nano, [request])
    assert np.isfinite(take.audio).all() and take.audio.shape == (2, 96_000)


@pytest.mark.slow
def test_a_training_goes_on_from_the_shipped_weights(tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"begin": "nano"})
    weights = finish(runs.everything(recipe, tmp_path))
    shipped = load("nano", Settings(studio=tmp_path / "studio", device="cpu"))
    trained = load(str(weights), Settings(studio=tmp_path / "studio", device="cpu"))
    assert not (tmp_path / "codec" / "first").exists()
    for name in ("transformer", "condition_encoder", "text_encoder", "audio_tokenizer"):
        pairs = zip(*(getattr(nano, name).parameters() for nano in (shipped, trained)), strict=True)
        moved = [float((after - before).detach().abs().mean()) for before, after in pairs]
        assert 0 < max(moved) < 0.01, name  # three steps move weights, and little
    sound = torch.from_numpy(np.random.default_rng(1).normal(0, 0.1, (1, 2, 96_000)).astype(np.float32))
    with torch.inference_mode():
        before, after = (nano.vae.encode(sound).latent_dist.mode() for nano in (shipped, trained))
    assert float((after - before).square().mean().sqrt()) < 0.8, "those of another codec are 1.4 away"


def test_songs_without_room_on_the_disk_are_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(DiskFull, match=r"need 19\.2 GB, 1\.0 GB are free"):
        finish(runs.render(RECIPE.model_copy(update={"corpus": CorpusRecipe()}), tmp_path))
    assert not list((tmp_path / "audio").iterdir())


def test_songs_that_were_made_otherwise_are_not_gone_on_with(tmp_path: Path) -> None:
    recipe, codec, folder = CorpusRecipe(), tmp_path / "codec", tmp_path / "latents"
    codec.mkdir()
    (codec / CODEC_FILE).write_bytes(b"one")
    claim(folder, recipe, None, codec)
    claim(folder, recipe.model_copy(update={"seed": 5}), None, codec)  # nothing is there yet
    claim(folder, recipe, None, codec)
    (folder / "latents-000000.safetensors").write_bytes(b"")
    claim(folder, recipe, None, codec)
    with pytest.raises(BadInput, match=r"another soundfont$"):
        claim(folder, recipe, Path("a.sf3"), codec)
    (codec / CODEC_FILE).write_bytes(b"two")
    with pytest.raises(BadInput, match=r"another seed and codec$"):
        claim(folder, recipe.model_copy(update={"seed": 5}), None, codec)
    folder.with_suffix(".json").unlink()
    with pytest.raises(BadInput, match=r"another seed and soundfont and codec$") as refused:
        claim(folder, recipe, None, codec)
    assert "remove it" in refused.value.remedy


def test_no_verb_begins_before_the_one_it_stands_on(tmp_path: Path) -> None:
    for verb in (runs.codec, runs.tokenizer, runs.embedder, runs.transformer):
        with pytest.raises(NotFound):
            finish(verb(RECIPE, tmp_path))
    with pytest.raises(NotFound):
        runs.ship(RECIPE, tmp_path)
