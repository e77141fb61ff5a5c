"""What a CUDA device must do as a CPU does it, or at least the same way twice. `pytest -m gpu`, on a machine that has one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from adapter_kit import CARD
from model_kit import chord
from numpy.typing import NDArray

from producertwin.model import adapters
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.attach import AdapterSetting, attached
from producertwin.model.adapters.trainable import trainable
from producertwin.model.cuda_graphs import NoCudaGraph
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import recorded_denoiser
from producertwin.model.sampling.denoiser import Denoiser
from producertwin.model.sampling.engine import encode, generate
from producertwin.model.sampling.request import InputSound, Metas, Request, Sampling, StartPoint
from producertwin.model.tasks import Task
from producertwin.model.variants.load import load
from producertwin.music import Key
from producertwin.settings import Settings

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.filterwarnings("default"),  # torch's compiler warns of torch's own ways
]

ASKED = Request("lofi, rain", 6.0, 3, lyrics="la la", metas=Metas(85, Key.parse("A minor"), 4, "en"))
LATENTS, AUDIO = 1e-3, 1e-2
"""Root mean square that a take's latents and audio may be off, in that of the take: rounding, carried on over all steps."""


@pytest.fixture(autouse=True)
def _exact() -> Iterator[None]:
    """Products of float32 in float32, without TF32."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.fixture(scope="module", params=["tiny", "nano"])
def both(request: pytest.FixtureRequest, settings: Settings) -> tuple[Instrument, Instrument]:
    """One variant on the device and on the CPU, in float32."""
    device, cpu = (load(request.param, settings, device=place, dtype=torch.float32) for place in ("cuda", "cpu"))
    return device, cpu


def off(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2)))


def tasks() -> list[Request]:
    sound = InputSound(audio=chord(6.0))
    return [
        ASKED,
        replace(ASKED, lyrics="", sampling=Sampling(steps=8, guidance=1.0)),
        replace(ASKED, sampling=Sampling(steps=8, sampler="sde")),
        replace(ASKED, start=StartPoint(sound, 0.6)),
        replace(ASKED, task=Task.REPAINT, source=sound, windows=((2.0, 4.0),)),
        replace(ASKED, task=Task.EXTRACT, source=sound, stems=("bass",)),
        replace(ASKED, references=(chord(3.0),)),
    ]


@pytest.mark.parametrize("request_", tasks(), ids=["guided", "unguided", "sde", "start", "repaint", "extract", "reference"])
def test_a_take_is_the_take_of_a_cpu(both: tuple[Instrument, Instrument], request_: Request) -> None:
    device, cpu = both
    ours, plain = generate(device, [request_])[0], generate(cpu, [request_])[0]
    assert off(ours.latents, plain.latents) < LATENTS
    assert off(ours.audio, plain.audio) < AUDIO


def test_encoding_is_that_of_a_cpu(both: tuple[Instrument, Instrument]) -> None:
    device, cpu = both
    assert off(encode(device, chord(5.0)), encode(cpu, chord(5.0))) < LATENTS


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_seed_is_one_take(settings: Settings, dtype: torch.dtype) -> None:
    nano = load("nano", settings, device="cuda", dtype=dtype)
    first, again, other = (generate(nano, [replace(ASKED, seed=seed)])[0] for seed in (3, 3, 4))
    assert first.audio.tobytes() == again.audio.tobytes() and first.latents.tobytes() == again.latents.tobytes()
    assert off(other.latents, first.latents) > 0.1


def test_a_batch_is_its_takes_one_by_one(both: tuple[Instrument, Instrument]) -> None:
    device, _ = both
    long = "techno with a very long description of everything that is heard in it, from the kick to the last hat"
    wanted = [ASKED, replace(ASKED, seed=4, caption=long), replace(ASKED, seed=5, lyrics="many words\n" * 12)]
    together, alone = generate(device, wanted), [generate(device, [one])[0] for one in wanted]
    assert len(together) == 3
    for ours, one in zip(together, alone, strict=True):
        assert off(ours.latents, one.latents) < LATENTS


@pytest.mark.parametrize("guided", [False, True])
def test_compiled_blocks_give_the_same_velocities(settings: Settings, guided: bool) -> None:
    nano = load("nano", settings, device="cuda", dtype=torch.float32)
    net, draw = nano.transformer, torch.Generator("cuda").manual_seed(0)
    told, null, x, around = (
        torch.randn(shape, generator=draw, device="cuda")
        for shape in ((2, 60, net.condition_embedder.in_features), (1, 1, 256), (2, 400, 64), (2, 400, 128))
    )
    found = []
    with torch.inference_mode():
        for compiled in (False, True):
            denoiser = Denoiser(net, 400, (1.0, 0.5), compiled=compiled)
            memory = denoiser.cache_conditions(list(told), null if guided else None)
            found.append(torch.stack(denoiser.velocities(x, around, 1, memory, guided=guided)).cpu().numpy())
    assert off(found[1], found[0]) < LATENTS


@pytest.fixture
def _graphs_must_work() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoCudaGraph)
        yield


GUIDED = replace(ASKED, sampling=Sampling(steps=12))
UNGUIDED = replace(ASKED, sampling=Sampling(steps=8, guidance=1.0))


@pytest.mark.usefixtures("_graphs_must_work")
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("asked", [GUIDED, UNGUIDED], ids=["guided", "unguided"])
def test_a_played_take_is_the_take_made_kernel_by_kernel(settings: Settings, asked: Request, compiled: bool) -> None:
    nano = load("nano", settings, device="cuda", dtype=torch.float32)
    plain = generate(nano, [asked], graphs=False)[0]
    first, again, other = (
        generate(nano, [one], compiled=compiled)[0]
        for one in (asked, asked, replace(asked, seed=4, caption="techno, long night"))
    )
    assert vars(nano.transformer)[recorded_denoiser._HOME]
    assert off(first.latents, plain.latents) < LATENTS
    assert first.audio.tobytes() == again.audio.tobytes() and first.latents.tobytes() == again.latents.tobytes()
    assert off(other.latents, first.latents) > 0.1


@pytest.mark.usefixtures("_graphs_must_work")
def test_an_adapter_put_on_after_the_recording_is_heard(settings: Settings, tmp_path: Path) -> None:
    nano = load("nano", settings, device="cuda", dtype=torch.float32)
    bare = generate(nano, [UNGUIDED])[0]
    spec = LoraSpec(rank=4, alpha=6.0)
    learner = trainable(nano, spec, seed=1)
    state = {name: weight + 0.05 for name, weight in learner.state().items()}
    learner.remove()
    folder = adapters.write(state, spec, CARD, tmp_path / "lora")
    with attached(nano, [AdapterSetting(folder)]):
        ours, plain = generate(nano, [UNGUIDED])[0], generate(nano, [UNGUIDED], graphs=False)[0]
    assert off(ours.latents, plain.latents) < LATENTS and off(ours.latents, bare.latents) > LATENTS
    assert generate(nano, [UNGUIDED])[0].latents.tobytes() == bare.latents.tobytes()
