"""Pairs that can be learned from, and why others cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from producertwin.errors import BadInput
from producertwin.library import Library, Take, TakeDraft, TakeMetas, open_library
from producertwin.model.instrument import Instrument
from producertwin.model.variants.tiny import build
from producertwin.preferences.dpo.examples import crop, load_pairs
from producertwin.preferences.pair import Pair, Side, prompt_of
from producertwin.settings import Settings


@pytest.fixture(scope="module")
def tiny() -> Instrument:
    return build(torch.device("cpu"), torch.float32)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return open_library(Settings(studio=tmp_path / "studio"))


def add(library: Library, tiny: Instrument, seed: int, **more: object) -> Take:
    latents = np.random.default_rng(seed).standard_normal((40, tiny.width)).astype(np.float32)
    facts = {"task": "text2music", "stage": {}, "variant": tiny.variant, "revision": tiny.revision, "seconds": 1.6}
    facts |= {"caption": "lofi", "seed": seed, "latents": save({"latents": latents}), "metas": TakeMetas(bpm=90.0, key="A minor")}
    return library.takes.add(TakeDraft.model_validate(facts | more))


def pair(one: Take, other: Take) -> Pair:
    return Pair(prompt=prompt_of(one), chosen=Side.of(one), rejected=Side.of(other))


def test_both_takes_are_cropped_alike(library: Library, tiny: Instrument) -> None:
    found = load_pairs([pair(add(library, tiny, 1), add(library, tiny, 2))], library, tiny)
    [example] = found.examples
    assert found.left_out == {} and example.chosen.shape == (40, tiny.width) and example.condition.ndim == 2
    cut = crop(example, 24, tiny, np.random.default_rng(0))
    start = next(at for at in range(17) if torch.equal(example.chosen[at : at + 24], cut.chosen))
    assert torch.equal(example.rejected[start : start + 24], cut.rejected)
    assert cut.context.shape == (24, 2 * tiny.width) and bool((cut.context[:, tiny.width :] == 1).all())
    assert torch.equal(crop(example, 24, tiny, np.random.default_rng(0)).chosen, cut.chosen)


def test_what_cannot_be_learned_from_is_named(library: Library, tiny: Instrument) -> None:
    good = add(library, tiny, 1), add(library, tiny, 2)
    nan = np.full((40, tiny.width), np.nan, np.float32)
    wrong = {
        "another's weights": add(library, tiny, 3, revision="b2:ff"),
        "sound alone": add(library, tiny, 4, latents=None, audio=b"fLaC1"),
        "not a number": add(library, tiny, 5, latents=save({"latents": nan})),
        "another width": add(library, tiny, 6, latents=save({"latents": np.zeros((40, 3), np.float32)})),
        "no latents inside": add(library, tiny, 7, latents=save({"other": np.zeros((40, 3), np.float32)})),
        "damaged": add(library, tiny, 8, latents=b"not safetensors"),
        "a cover": add(library, tiny, 9, task="cover"),
        "a frame": add(library, tiny, 10, latents=save({"latents": np.zeros((1, tiny.width), np.float32)})),
    }
    pairs = [pair(good[0], other) for other in wrong.values()]
    gone = pair(good[0], add(library, tiny, 11))
    library.takes.delete(gone.rejected.take or "")
    files = Pair(prompt=prompt_of(good[0]), chosen=Side(file="a.wav"), rejected=Side(file="b.wav"))
    found = load_pairs([pair(*good), *pairs, gone, files], library, tiny)
    assert [one.id for one in found.examples] == [pair(*good).id]
    assert set(found.left_out) == {one.id for one in (*pairs, gone, files)}
    with pytest.raises(BadInput, match="no pair can be learned from"):
        load_pairs([files], library, tiny)
