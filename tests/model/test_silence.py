"""The silence a checkpoint stores: read whatever way its tensor lies in its file, kept whole, heard from its first frame.

The golden values are the frames' own numbers: frame k of channel c holds k + c / 10, so a frame out of place shows.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from model_kit import save_original
from safetensors.torch import load_file, save_file

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.plan import make
from producertwin.model.sampling.request import InputSound, Request
from producertwin.model.sampling.task_context import prepare
from producertwin.model.tasks import Task
from producertwin.model.variants import convert
from producertwin.model.variants.load import load
from producertwin.model.variants.stored_tensor import read_tensor
from producertwin.progress import finish
from producertwin.settings import Settings

FRAMES = 15_000
"""As many as upstream stores: ten minutes."""


def numbered(width: int, frames: int) -> torch.Tensor:
    """`(1, width, frames)`: what upstream stores, with numbers that say where they belong."""
    return (torch.arange(frames)[None] + torch.arange(width)[:, None] / 10.0)[None]


@pytest.fixture(scope="module")
def original(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_original(tiny, tmp_path_factory.mktemp("checkpoints"))
    torch.save(numbered(tiny.width, FRAMES), folder / "silence_latent.pt")
    return folder


@pytest.fixture(scope="module")
def converted(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finish(convert.convert(original, tmp_path_factory.mktemp("models") / "base"))


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [30.0, 60.0, 70.0, 180.0, 600.0])
def test_a_take_of_any_length_hears_the_silence_frame_by_frame(
    original: Path, converted: Path, settings: Settings, seconds: float
) -> None:
    """Cut to a minute and repeated, the start of a song came back at 60 s, 120 s, ..."""
    for folder in (original, converted):
        opened = load(str(folder), settings, dtype=torch.float32)
        context = prepare(opened, make(Request("lofi", seconds, 1), opened)).before_switch
        frames = round(seconds * 25)
        expected = numbered(opened.width, frames).transpose(1, 2)
        assert context.shape[1] == frames and torch.equal(context[..., : opened.width], expected)


def test_no_take_outlasts_the_silence(original: Path, settings: Settings) -> None:
    opened = load(str(original), settings, dtype=torch.float32)
    assert opened.silence(FRAMES).shape[1] == FRAMES
    longer = InputSound(latents=torch.zeros(FRAMES + 1, opened.width).numpy())
    for request in (Request("lofi", 600.1, 1), Request("lofi", 1.0, 1, task=Task.COVER, source=longer)):
        with pytest.raises(BadInput) as caught:
            make(request, opened)
        assert "to 600 seconds" in str(caught.value.remedy)


def test_a_short_silence_is_repeated(tiny: Instrument) -> None:
    silence = tiny.silence(120)
    assert silence.shape == (1, 120, tiny.width) and torch.equal(silence[:, :50], silence[:, 50:100])


LIES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.transpose(1, 2).contiguous().transpose(1, 2),
    "permuted": lambda x: x.permute(2, 0, 1).contiguous().permute(1, 2, 0),
    "sliced": lambda x: torch.cat([x - 100, x, x + 100], 2)[:, :, 20:40],
    "every second": lambda x: x.repeat_interleave(2, 2)[:, :, ::2],
    "one of a batch": lambda x: torch.cat([x + 7, x])[1:],
    "half": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "double": lambda x: x.double(),
    "a parameter": lambda x: torch.nn.Parameter(x),
}


@pytest.mark.parametrize("name", LIES)
def test_silence_is_read_whatever_way_it_lies_in_its_file(tmp_path: Path, name: str) -> None:
    stored = LIES[name](numbered(4, 20))
    torch.save(stored, tmp_path / "silence_latent.pt")
    found = convert.read_silence(tmp_path / "silence_latent.pt", 4)
    assert found.dtype == stored.dtype and found.is_contiguous()
    assert torch.equal(found, stored.detach().transpose(1, 2))
    assert torch.allclose(found.float(), numbered(4, 20).transpose(1, 2), atol=0.1)


FOREIGN: dict[str, Any] = {
    "frames first": numbered(4, 20).transpose(1, 2),
    "no batch": numbered(4, 20)[0],
    "two of them": numbered(4, 20).repeat(2, 1, 1),
    "another width": numbered(5, 20),
    "whole numbers": torch.ones(1, 4, 20, dtype=torch.long),
    "nothing": torch.zeros(1, 4, 0),
    "a state": {"silence": numbered(4, 20)},
    "a list": [numbered(4, 20)],
    "a text": "silence",
    "larger than its storage": torch.zeros(1, 4, 1).expand(1, 4, 1 << 40),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_silence_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "silence_latent.pt"
    torch.save(FOREIGN[name], path)
    with pytest.raises(BadInput, match=r"silence_latent\.pt") as caught:
        convert.read_silence(path, 4)
    assert caught.value.remedy


def rewritten(path: Path, **members: bytes | None) -> Path:
    """`path` with members of its zip replaced, by the end of their names, or left out."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            new = members.get(name.rpartition("/")[2].replace(".", "_"), content)
            if new is not None:
                archive.writestr(name, new)
    return path


DAMAGE: dict[str, dict[str, bytes | None]] = {
    "storage cut short": {"_0": b"\0" * 40},
    "storage of half a number": {"_0": b"\0" * 321},
    "no storage": {"_0": None},
    "no description": {"data_pkl": None},
    "description cut short": {"data_pkl": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n"},
    "an empty description": {"data_pkl": b""},
    "a call of something else": {"data_pkl": b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."},
    "too many tuples": {"data_pkl": b"\x80\x02\x87."},
    "another byte order": {"byteorder": b"big"},
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused_and_nothing_in_it_is_run(tmp_path: Path, name: str) -> None:
    torch.save(numbered(4, 20), tmp_path / "x.pt")
    members = {("0" if key == "_0" else key): content for key, content in DAMAGE[name].items()}
    with pytest.raises(BadInput, match=r"x\.pt"):
        read_tensor(rewritten(tmp_path / "x.pt", **members))
    (tmp_path / "x.pt").write_bytes(b"no zip")
    with pytest.raises(BadInput, match="not a stored tensor"):
        read_tensor(tmp_path / "x.pt")


def test_a_checkpoint_converted_with_a_minute_of_silence_is_not_played(converted: Path, settings: Settings) -> None:
    file = converted / "condition_encoder" / "diffusion_pytorch_model.safetensors"
    whole = load_file(file)
    save_file(whole | {"silence_latent": whole["silence_latent"][:, :1500].contiguous()}, file)
    with pytest.raises(BadInput, match="one minute of silence") as caught:
        load(str(converted), settings)
    assert "twin models convert" in str(caught.value.remedy)
    save_file(whole, file)
    assert json.loads((converted / "twin.json").read_text())["max_seconds"] == 600.0
