"""The shipped embedder: it hears styles and stems, and captions in common words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from producertwin.errors import BadInput, Unavailable
from producertwin.house_band.captions import caption
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.house_band.styles import STYLES
from producertwin.model.nano.embedder import Embedder, load_embedder
from producertwin.model.variants.catalogue import NANO
from producertwin.music import STEMS
from producertwin.settings import Settings

PLAYED = ("trap", "techno", "jazz-trio", "CORE-03")


@pytest.fixture(scope="module")
def embedder(settings: Settings) -> Embedder:
    return load_embedder(settings)


@pytest.mark.thorough
def test_styles_and_stems_are_heard(embedder: Embedder) -> None:
    scores = [compose(style, seed=77, seconds=10.24) for style in PLAYED]
    heard = [embedder.embed_audio(render(score, seconds=10.24).mix) for score in scores]
    named = [max(tags.styles, key=lambda name: tags.styles[name]) for tags in heard]
    assert sum(name == style for name, style in zip(named, PLAYED, strict=True)) >= 3
    right = [
        (tags.stems[stem] > 0.5) == (stem in score.stems) for tags, score in zip(heard, scores, strict=True) for stem in STEMS
    ]
    assert np.mean(right) > 0.8
    said = [embedder.embed_text(caption(score)) for score in scores]
    assert np.mean([np.argmax([tags.vector @ words for tags in heard]) == place for place, words in enumerate(said)]) >= 0.75


def test_a_sound_has_one_unit_vector_and_chances(embedder: Embedder) -> None:
    silence = np.zeros((2, 48_000), np.float32)
    first, again = embedder.embed_audio(silence), embedder.embed_audio(silence)
    assert np.array_equal(first.vector, again.vector)
    assert np.linalg.norm(first.vector) == pytest.approx(1.0)
    assert sum(first.styles.values()) == pytest.approx(1.0, abs=1e-5)
    assert first.styles.keys() == STYLES.keys() and set(first.stems) == set(STEMS)


def test_rare_words_say_what_common_ones_say(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed_text("bleak, lofi"), embedder.embed_text("dark, lofi"))
    assert np.linalg.norm(embedder.embed_text("")) == pytest.approx(1.0)
    assert np.linalg.norm(embedder.embed_text("雨 🌧 " * 300)) == pytest.approx(1.0)


def test_what_is_no_sound_is_refused(embedder: Embedder) -> None:
    for bad in (np.zeros((2, 0), np.float32), np.full((2, 48_000), np.nan, np.float32)):
        with pytest.raises(BadInput):
            embedder.embed_audio(bad)


def test_a_folder_without_an_embedder_is_said(settings: Settings, tmp_path: Path) -> None:
    for part in NANO.iterdir():
        if part.name != "embedder":
            (tmp_path / part.name).symlink_to(part)
    with pytest.raises(Unavailable, match="embedder"):
        load_embedder(settings, tmp_path)
