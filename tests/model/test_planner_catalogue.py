"""The three planners: where they come from, what is missing of one, how much memory one takes, that they are fetched whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from planner_kit import planner_folder, save_planner
from producertwin.errors import BadInput, Resources, Unavailable
from producertwin.model.planner import catalogue, downloads, language_model, memory
from producertwin.model.planner.options import DEFAULT
from producertwin.model.variants import fetching
from producertwin.model.variants.catalogue import BUNDLE, CHECKPOINTS, WeightSource
from producertwin.progress import finish
from producertwin.settings import Settings

FILES = ("config.json", "model.safetensors", "tokenizer.json")


@pytest.fixture
def studio(tmp_path: Path) -> Settings:
    return Settings(studio=tmp_path / "studio", device="cpu")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_planner(tmp_path_factory.mktemp("whole") / "planner")


def copy(whole: Path, studio: Settings, name: str = DEFAULT) -> Path:
    return Path(shutil.copytree(whole, planner_folder(studio, name)))


def test_there_are_three_and_the_middle_one_is_part_of_the_bundle() -> None:
    found = {name: one.sources[0] for name, one in catalogue.PLANNERS.items()}
    assert list(found) == [f"acestep-5Hz-lm-{size}" for size in ("0.6B", "1.7B", "4B")]
    assert (found[DEFAULT].repo, found[DEFAULT].patterns, found[DEFAULT].into) == (BUNDLE, (f"{DEFAULT}/*",), CHECKPOINTS)
    for name in found.keys() - {DEFAULT}:
        assert (found[name].repo, found[name].into) == (f"ACE-Step/{name}", f"{CHECKPOINTS}/{name}")
    sizes = [one.size for one in catalogue.PLANNERS.values()]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(("said", "name"), [("1.7B", DEFAULT), ("0.6b", "acestep-5Hz-lm-0.6B"), ("acestep-5Hz-lm-4B",) * 2])
def test_a_planner_is_called_by_its_name_or_size(said: str, name: str) -> None:
    assert catalogue.is_planner(said) and catalogue.find(said).name == name


@pytest.mark.parametrize("said", ["9B", "turbo", "", "acestep-5Hz-lm"])
def test_another_name_is_refused_with_those_there_are(said: str, studio: Settings) -> None:
    assert not catalogue.is_planner(said)
    with pytest.raises(BadInput) as told:
        catalogue.require(said, studio)
    assert "acestep-5Hz-lm-0.6B" in told.value.remedy


def test_what_is_not_here_says_how_to_get_it(studio: Settings) -> None:
    with pytest.raises(Unavailable) as told:
        language_model.load("0.6B", studio)
    assert "twin models pull acestep-5Hz-lm-0.6B" in told.value.remedy
    with pytest.raises(Unavailable):
        downloads.check(DEFAULT, studio)
    assert [one.present for one in catalogue.status(studio)] == [False] * 3
    assert all("twin models pull" in one.remedy for one in catalogue.status(studio))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["missing", "cut", "foreign"])
def test_every_harmed_file_is_named(name: str, harm: str, whole: Path, studio: Settings) -> None:
    folder = copy(whole, studio)
    assert downloads.check(DEFAULT, studio).problems == ()
    path = folder / name
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-7] if harm == "cut" else b"<html>not found</html>")
    problems = downloads.check(DEFAULT, studio).problems
    assert problems and all(str(path) in problem for problem in problems)
    with pytest.raises(Unavailable, match=name):
        catalogue.require(DEFAULT, studio)
    assert not next(one for one in catalogue.status(studio) if one.name == DEFAULT).present


def test_a_missing_shard_is_named(whole: Path, studio: Settings) -> None:
    folder = copy(whole, studio)
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    halves = {f"model-0000{i + 1}-of-00002.safetensors": dict(list(tensors.items())[i::2]) for i in range(2)}
    for name, half in halves.items():
        save_file(half, folder / name)
    index = {"weight_map": {tensor: name for name, half in halves.items() for tensor in half}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert downloads.check(DEFAULT, studio).problems == ()
    assert language_model.load(DEFAULT, studio).words.size == language_model.load(str(whole), studio).words.size
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert "model-00002-of-00002.safetensors is missing" in downloads.check(DEFAULT, studio).problems[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "llama"}, "llama"),
        ({"num_hidden_layers": 3}, "num_hidden_layers"),
        ({"num_hidden_layers": 1, "layer_types": ["full_attention"]}, "surplus"),
        ({"hidden_size": "wide"}, "hidden_size"),
        ({"vocab_size": 300}, "shape"),
    ],
)
def test_weights_of_another_model_are_refused(change: dict[str, object], said: str, whole: Path, studio: Settings) -> None:
    folder = copy(whole, studio)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(BadInput, match=said):
        language_model.load(DEFAULT, studio)


def test_a_head_may_be_stored_and_names_may_lack_their_prefix(whole: Path, studio: Settings) -> None:
    plain = language_model.load(str(whole), studio)
    folder = copy(whole, studio)
    tensors = load_file(folder / "model.safetensors")
    bare = {name.removeprefix("model."): tensor for name, tensor in tensors.items()}
    save_file(bare | {"lm_head.weight": tensors["model.embed_tokens.weight"].clone()}, folder / "model.safetensors")
    other = language_model.load(DEFAULT, studio)
    assert other.revision != plain.revision
    for name, tensor in plain.model.state_dict().items():
        assert torch.equal(tensor, other.model.state_dict()[name]), name


def test_memory_counts_weights_and_two_contexts(whole: Path) -> None:
    """Layers 2, key and value heads 2 of 8 numbers: 2 · 2 · 16 numbers a token, of 2 · 4096 tokens."""
    tensors = load_file(whole / "model.safetensors")
    numbers = sum(tensor.numel() for tensor in tensors.values()) + 2 * 2 * 16 * 2 * 4096
    size = language_model.choose_dtype(torch.device("cpu")).itemsize
    assert memory.needed_bytes(whole, torch.device("cpu")) == int(numbers * size * 1.2)


def test_a_planner_is_fetched_whole_or_not_at_all(whole: Path, studio: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(source: WeightSource, into: Path) -> None:
        asked.append(source.repo)
        target = into / DEFAULT if source.repo == BUNDLE else into
        target.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if not (target / name).exists():
                shutil.copy(whole / name, target / name)

    monkeypatch.setattr(fetching, "fetch", fetch)
    for name in (DEFAULT, "acestep-5Hz-lm-4B"):
        folder = finish(downloads.pull(name, studio))
        assert folder == planner_folder(studio, name) and downloads.check(name, studio).problems == ()
    assert asked == [BUNDLE, "ACE-Step/acestep-5Hz-lm-4B"]
    finish(downloads.pull(DEFAULT, studio))  # what is whole is not fetched again
    assert len(asked) == 2
    (folder / "model.safetensors").write_bytes(b"half")
    finish(downloads.pull("4B", studio))
    assert downloads.check("4B", studio).problems == ()
    (folder / "config.json").write_text('{"hidden_size": 1}')
    assert downloads.check("4B", studio).problems == ()  # checksums are those of weights


def test_what_comes_and_is_no_planner_is_told(studio: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "fetch", lambda *_: None)
    with pytest.raises(Unavailable, match="is no planner"):
        finish(downloads.pull("0.6B", studio))


def test_nothing_is_fetched_offline_or_onto_a_full_disk(studio: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="offline"):
        finish(downloads.pull("0.6B", studio.model_copy(update={"offline": True})))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 5, 5))  # type: ignore[attr-defined]
    with pytest.raises(Resources):
        finish(downloads.pull("0.6B", studio))
