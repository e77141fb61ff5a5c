from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio.samples import Samples
from producertwin.errors import BadInput, Unavailable
from producertwin.metrics import clap as claps
from producertwin.metrics import embedders
from producertwin.metrics import sensitivity as planted
from producertwin.metrics.degradations import DEGRADATIONS
from producertwin.metrics.mel_stats import embed
from producertwin.metrics.sensitivity import Sensitivity, measure_sensitivity, monotone, reportable
from producertwin.model.nano.embedder import Tags
from producertwin.progress import finish
from producertwin.settings import Settings

SOUND = piece(96, seconds=2.0)


class Ears:
    """Stands for nano's embedder."""

    name = "ears"

    def embed_audio(self, audio: Samples) -> Tags:
        return Tags(np.array([0.6, 0.8]), {}, {"drums": float(audio.any())})

    def embed_text(self, caption: str) -> np.ndarray:
        return np.array([1.0, float(len(caption))])


def test_mel_stats_has_no_words() -> None:
    found = embedders.mel_stats()
    assert (found.name, found.rate, found.seconds) == ("mel-stats/1", 48_000, None)
    assert (found.embed(SOUND) == embed(SOUND)).all()
    assert found.embed_text("slow lofi") is None


def test_the_offline_embedder_hears_and_speaks() -> None:
    found = embedders.offline_embedder(Ears())  # type: ignore[arg-type]
    assert (found.name, found.rate, found.seconds) == ("ears", 48_000, 10.24)
    assert found.embed(SOUND).tolist() == [0.6, 0.8]
    said = found.embed_text("lofi")
    assert said is not None and said.tolist() == [1.0, 4.0]


def test_pairs_rank_songs_by_their_captions() -> None:
    heard = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    found = embedders.caption_retrieval(heard, np.array([[5.0, 0.0], [1.0, 0.0], [1.0, 1.1]]))
    assert found.ranks.tolist() == [0, 2, 0]
    assert found.paired == pytest.approx([1.0, 0.0, 0.9989], abs=1e-3)
    assert found.shuffled[1] == pytest.approx((1.0 + np.sqrt(0.5)) / 2)
    assert found.gaps == pytest.approx(found.paired - found.shuffled)
    with pytest.raises(BadInput, match="are no pairs"):
        embedders.caption_retrieval(heard, heard[:2])


def test_captions_that_fit_all_songs_alike_are_ranked_in_the_middle() -> None:
    same = np.ones((5, 3))
    assert embedders.caption_retrieval(same, same).ranks.tolist() == [2] * 5


def test_an_embedder_that_tells_songs_and_captions_apart_is_alive() -> None:
    vectors = np.random.default_rng(0).standard_normal((20, 30))
    found = embedders.caption_retrieval(vectors, vectors + 0.5)
    embedders.check_not_collapsed(vectors, found.paired, found.shuffled)
    embedders.check_not_collapsed(vectors)


def test_a_collapsed_embedder_is_refused_with_both_figures() -> None:
    rng = np.random.default_rng(0)
    crowded = 3.0 + rng.standard_normal((20, 30))
    with pytest.raises(BadInput, match=r"mean cosine of 0\.9\d\d \(at most 0\.8\), captions fit .* by \+0\.250"):
        embedders.check_not_collapsed(crowded, np.full(20, 0.5), np.full(20, 0.25))
    spread = rng.standard_normal((20, 30))
    with pytest.raises(BadInput, match=r"mean cosine of -?0\.0\d\d .* by -0\.100"):
        embedders.check_not_collapsed(spread, np.full(20, 0.1), np.full(20, 0.2))
    with pytest.raises(BadInput, match="no captions were compared"):
        embedders.check_not_collapsed(crowded)


def tiny_clap(folder: Path) -> Path:
    """A CLAP of few random weights with a tokenizer of single letters."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizer

    torch.manual_seed(0)
    letters = {letter: number + 5 for number, letter in enumerate("abcdefghijklmnopqrstuvwxyzĠ")}
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4} | letters
    words = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    text = words | {"vocab_size": len(vocabulary), "max_position_embeddings": 34}
    sound = {"patch_embeds_hidden_size": 8, "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2], "hidden_size": 64}
    config = ClapConfig(text_config=text, audio_config=sound | {"num_mel_bins": 64, "spec_size": 256}, projection_dim=12)
    ClapModel(config).save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad").save_pretrained(folder)
    RobertaTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu")


@pytest.fixture(scope="module")
def clap(settings: Settings) -> embedders.SoundEmbedder:
    tiny_clap(settings.models / "tiny-clap")
    return claps.clap(settings, "nobody/tiny-clap")


def test_clap_gives_unit_vectors_of_sounds_and_captions(clap: embedders.SoundEmbedder) -> None:
    assert clap.name.startswith("nobody/tiny-clap b2:")
    assert (clap.rate, clap.seconds) == (48_000, 10.0)
    heard, said = clap.embed(SOUND), clap.embed_text("slow and warm")
    assert said is not None
    for vector in (heard, said):
        assert vector.shape == (12,)
        assert np.linalg.norm(vector) == pytest.approx(1.0)
    other = clap.embed_text("loud")
    assert other is not None and not np.allclose(other, said)


def test_clap_hears_long_sounds_the_same_every_time(clap: embedders.SoundEmbedder) -> None:
    long = piece(110, seconds=13.0, seed=1)
    first = clap.embed(long)
    np.random.seed(5)  # the extractor would cut at random with this one
    assert (clap.embed(long) == first).all()


def test_clap_reads_captions_of_any_length(clap: embedders.SoundEmbedder) -> None:
    said = clap.embed_text("warm " * 200)
    assert said is not None and np.isfinite(said).all()


def test_windows_cover_a_sound_from_end_to_end() -> None:
    ramp = np.tile(np.arange(25 * 48_000, dtype=np.float32), (2, 1))
    cut = claps.windows(ramp)
    assert cut.shape == (3, 480_000)
    assert (cut[0, 0], cut[-1, -1]) == (0.0, 25 * 48_000 - 1)
    assert (np.diff(cut[:, 0]) <= 480_000).all()
    short = claps.windows(SOUND)
    assert short.shape == (1, 480_000)
    assert (short[0, 96_000:192_000] == short[0, :96_000]).all()


def test_vectors_are_found_in_tensors_and_in_outputs() -> None:
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    tensor = torch.ones(1, 3)
    assert claps.vectors_in(tensor).tolist() == [[1.0, 1.0, 1.0]]
    assert claps.vectors_in(BaseModelOutputWithPooling(pooler_output=tensor)).tolist() == [[1.0, 1.0, 1.0]]


def test_clap_that_is_not_here_or_not_whole_names_the_command(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the weights of nobody/no-clap are not here") as caught:
        claps.clap(settings, "nobody/no-clap")
    wanted = f"--include '*.json' '*.txt' '*.safetensors' --local-dir {settings.models / 'no-clap'}"
    assert caught.value.remedy == f"run: hf download nobody/no-clap {wanted}"
    with pytest.raises(Unavailable) as caught:
        claps.clap(settings.model_copy(update={"offline": True}))
    assert f"larger_clap_general --revision {claps.REVISIONS[claps.MODEL]} " in caught.value.remedy
    folder = tiny_clap(tmp_path / "half")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(Unavailable, match="not a whole CLAP model"):
        claps.clap(settings, str(folder))


def test_only_curves_that_grow_but_for_chance_are_monotone() -> None:
    assert monotone((1.0, 1.1, 3.0))
    assert monotone((1.0, 0.9, 3.0)) and monotone((1.0, 3.0, 2.9))
    assert not monotone((1.0, 0.7, 3.0))
    assert not monotone((1.0, 3.0, 2.5))
    assert not monotone((1.0, 1.0, 1.0))
    assert not monotone((1.0, 2.0, 0.9))
    assert not monotone((1.0, float("nan"), 2.0))
    assert not monotone((1.0,))


def test_a_distance_that_falls_is_not_reported() -> None:
    up, falls = (1.0, 2.0, 3.0, 4.0, 5.0), (1.0, 3.0, 2.0, 4.0, 5.0)
    rows = {"frechet": {"noise": up, "shuffled": up}, "kad": {"noise": up, "shuffled": falls}}
    found = Sensitivity(embedder="ears", songs=40, dimensions=5, curves=rows)
    assert reportable(found) == ("frechet",)
    assert found.insensitive_to("kad") == ("shuffled",)
    assert reportable(found, of=("noise",)) == ("frechet", "kad")


def varied(number: int, seconds: float = 1.5) -> Samples:
    return piece(80 + number, seconds=seconds, seed=number, bright=0.3 + 0.04 * number)


@pytest.mark.thorough
def test_curves_begin_together_and_grow_where_damage_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted, "STRENGTHS", (0.0, 0.5, 1.0))
    songs = {str(number): partial(varied, number) for number in range(16)}
    found = finish(measure_sensitivity(songs, embedders.mel_stats()))
    assert (found.embedder, found.songs, found.dimensions) == ("mel-stats/1", 16, 2)
    assert found.curves.keys() == {"frechet", "kad"}
    for rows in found.curves.values():
        assert rows.keys() == DEGRADATIONS.keys()
        assert len({values[0] for values in rows.values()}) == 1
    assert monotone(found.curves["frechet"]["noise"])
    assert found == finish(measure_sensitivity(songs, embedders.mel_stats()))


def test_few_songs_and_songs_of_unequal_length_draw_no_curve() -> None:
    with pytest.raises(BadInput, match="15 songs draw no curve"):
        finish(measure_sensitivity({str(number): partial(varied, number) for number in range(15)}, embedders.mel_stats()))
    lengths = {str(number): partial(varied, number, 1.5 if number else 1.4) for number in range(16)}
    with pytest.raises(BadInput, match="67200 and 72000 samples"):
        finish(measure_sensitivity(lengths, embedders.mel_stats()))
