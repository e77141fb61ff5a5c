from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from producertwin.errors import BadInput, Unavailable
from producertwin.model.variants import catalogue
from producertwin.model.variants.integrity import faults, require
from producertwin.model.variants.load import load
from producertwin.settings import Settings


@pytest.fixture
def studio(tmp_path: Path) -> Settings:
    return Settings(studio=tmp_path / "studio", device="cpu", offline=True)


@pytest.fixture
def nano(tmp_path: Path) -> Path:
    """A copy of nano's folder, which is in diffusers' layout."""
    return Path(shutil.copytree(catalogue.NANO, tmp_path / "own" / "nano"))


@pytest.fixture
def original(studio: Settings) -> Path:
    """The files of an original checkpoint of sft, in two shards, as a download leaves them."""
    checkpoints = studio.models / catalogue.CHECKPOINTS
    folder = checkpoints / "acestep-v15-sft"
    for place in (folder, checkpoints / "vae", checkpoints / "Qwen3-Embedding-0.6B"):
        place.mkdir(parents=True)
        (place / "config.json").write_text("{}")
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": dict(zip("ab", shards, strict=True))}))
    files = [*(folder / name for name in shards), checkpoints / "vae" / "diffusion_pytorch_model.safetensors"]
    for path in (*files, checkpoints / "Qwen3-Embedding-0.6B" / "model.safetensors"):
        save_file({"a": np.ones((8, 8), np.float32)}, path)
    (checkpoints / "Qwen3-Embedding-0.6B" / "tokenizer.json").write_text("{}")
    with zipfile.ZipFile(folder / "silence_latent.pt", "w") as archive:
        archive.writestr("silence/data/0", b"\0")
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def test_what_is_whole_has_no_faults(studio: Settings, nano: Path, original: Path) -> None:
    for variant in ("tiny", "nano", str(nano), "sft", str(original)):
        assert faults(variant, studio) == ()
        require(catalogue.resolve(variant, studio))


def test_an_absent_variant_names_file_command_and_size(studio: Settings) -> None:
    with pytest.raises(Unavailable, match=r"xl-base cannot be used: .*acestep-v15-xl-base/config\.json is missing") as refused:
        require(catalogue.resolve("xl-base", studio))
    assert refused.value.remedy == "run: twin models pull xl-base (11.1 GiB)"
    with pytest.raises(BadInput, match="unknown variant 'huge'"):
        require(catalogue.resolve("huge", studio))


ORIGINAL = [
    "config.json",
    "model.safetensors.index.json",
    "model-00002-of-00002.safetensors",
    "silence_latent.pt",
    "../vae/config.json",
    "../vae/diffusion_pytorch_model.safetensors",
    "../Qwen3-Embedding-0.6B/model.safetensors",
    "../Qwen3-Embedding-0.6B/tokenizer.json",
]


@pytest.mark.parametrize("harm", [Path.unlink, cut], ids=["missing", "cut"])
@pytest.mark.parametrize("name", ORIGINAL)
def test_every_harmed_file_of_a_download_is_named(
    studio: Settings, original: Path, name: str, harm: Callable[[Path], None]
) -> None:
    path = (original / name).resolve()
    harm(path)
    found = faults("sft", studio)
    if name.endswith("index.json") and not path.exists():
        path = original / "model.safetensors"  # without an index the weights are one file
    assert path in [fault.path.resolve() for fault in found]
    with pytest.raises(Unavailable, match=r"cannot be used") as refused:
        require(catalogue.resolve("sft", studio))
    assert refused.value.remedy == "run: twin models pull sft (6.4 GiB)"


def test_every_file_that_loading_nano_reads_is_looked_at_and_no_other(studio: Settings, nano: Path) -> None:
    unread = {"twin.json", "training.json", "README.md", "tokenizer_config.json", "scheduler_config.json"}
    for path in [path for path in nano.rglob("*") if path.name in unread or path.parent.name == "embedder"]:
        path.unlink()
    load(str(nano), studio)
    assert faults(str(nano), studio) == ()
    needed = [path for path in nano.rglob("*") if path.is_file()]
    for path in needed:
        path.rename(path.with_suffix(".away"))
        assert faults(str(nano), studio), path
        path.with_suffix(".away").rename(path)
    assert len(needed) == 14


def test_a_file_cut_in_its_header_or_tensors_says_how_much_is_there(studio: Settings, original: Path) -> None:
    path = original / "model-00001-of-00002.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    [fault] = faults("sft", studio)
    assert fault.trouble == f"has {len(whole) - 100} of {len(whole)} bytes"
    for content in (whole[:20], b"", b"\xff" * 40, whole + b"\0"):
        path.write_bytes(content)
        assert [one.path for one in faults("sft", studio)] == [path], content


def test_a_damaged_conversion_is_to_be_removed_before_the_download(studio: Settings, nano: Path) -> None:
    place = studio.models / "base"
    place.parent.mkdir(parents=True)
    nano.rename(place)
    cut(place / "vae" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(Unavailable, match=r"of \d+ bytes") as refused:
        require(catalogue.resolve("base", studio))
    assert refused.value.remedy == f"remove {place} and run: twin models pull base (6.4 GiB)"


def test_several_faults_are_counted(studio: Settings, original: Path) -> None:
    for name in ORIGINAL[3:6]:
        (original / name).unlink()
    with pytest.raises(Unavailable, match="and 2 more of its files"):
        require(catalogue.resolve("sft", studio))
