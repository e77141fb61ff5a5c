"""Our loop against diffusers' own pipeline on the same weights and noise, wherever diffusers is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from model_kit import noise_of

from producertwin.model.instrument import Instrument
from producertwin.model.sampling import conditioning, engine
from producertwin.model.sampling.request import InputSound, Metas, Request, Samples, Sampling
from producertwin.model.tasks import Task
from producertwin.music import Key

METAS = Metas(bpm=92, key=Key.parse("F# minor"), meter=4, language="en")
SAID = {"bpm": 92, "keyscale": "F# minor", "timesignature": "4", "vocal_language": "en"}


def theirs(pipe: Any, caption: str, lyrics: str, seed: int, seconds: float, **more: Any) -> torch.Tensor:
    frames = round(seconds * 25)
    noise = noise_of(seed, frames, pipe.transformer.config.audio_acoustic_hidden_dim)
    found = pipe(prompt=caption, lyrics=lyrics, latents=noise, audio_duration=seconds, **(SAID | more))
    return found.audios


@pytest.mark.parametrize("guidance", [1.0, 5.0])
@pytest.mark.parametrize(("seconds", "shift", "steps"), [(4.0, 1.0, 6), (5.04, 3.0, 5)])
def test_text2music_is_what_diffusers_makes(
    tiny: Instrument, pipeline: Any, guidance: float, seconds: float, shift: float, steps: int
) -> None:
    lyrics = "[verse]\nrain on the window"
    walk = {"num_inference_steps": steps, "guidance_scale": guidance, "shift": shift}
    latents = theirs(pipeline, "lofi, rhodes", lyrics, 5, seconds, output_type="latent", **walk)
    audio = theirs(pipeline, "lofi, rhodes", lyrics, 5, seconds, **walk)
    sampling = Sampling(steps=steps, guidance=guidance, shift=shift)
    [take] = engine.generate(tiny, [Request("lofi, rhodes", seconds, 5, lyrics=lyrics, metas=METAS, sampling=sampling)])
    assert np.abs(take.latents - latents[0].numpy()).max() <= 1e-4
    assert np.abs(take.audio - audio[0].numpy()).max() <= 1e-4


@pytest.mark.parametrize(
    ("task", "stems", "said"),
    [
        (Task.EXTRACT, ("bass",), {"track_name": "bass"}),
        (Task.COMPLETE, ("drums", "backing_vocals"), {"complete_track_classes": ["drums", "backing_vocals"]}),
        (Task.LEGO, ("synth",), {"track_name": "synth"}),
        (Task.COVER, (), {}),
    ],
)
def test_source_tasks_are_what_diffusers_makes(
    tiny: Instrument, pipeline: Any, sound: Samples, task: Task, stems: tuple[str, ...], said: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """With the VAE's draw replaced by its mode, which is the one deliberate difference here."""
    from diffusers.models.autoencoders.autoencoder_oobleck import OobleckDiagonalGaussianDistribution as Posterior

    monkeypatch.setattr(Posterior, "sample", lambda self, **_: self.mean)
    latents = theirs(
        pipeline, "lofi", "la", 9, 4.0, src_audio=torch.from_numpy(sound), task_type=task.value, output_type="latent",
        num_inference_steps=4, guidance_scale=3.0, shift=1.0, **said,
    )  # fmt: skip
    request = Request(
        "lofi", 4.0, 9, task=task, stems=stems, lyrics="la", metas=METAS, source=InputSound(audio=sound),
        sampling=Sampling(steps=4, guidance=3.0, shift=1.0),
    )  # fmt: skip
    [take] = engine.generate(tiny, [request])
    assert np.abs(take.latents - latents[0].numpy()).max() <= 1e-4


def test_the_reference_is_cut_as_diffusers_cuts_it(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[torch.Tensor] = []

    class Heard(Exception):
        pass

    def encode(audio: torch.Tensor) -> None:
        heard.append(audio)
        raise Heard

    monkeypatch.setattr(pipeline.vae, "encode", encode)
    for seconds in (1.3, 29.9, 30.0, 71.0):
        rng = np.random.default_rng(round(seconds))
        reference = rng.standard_normal((2, round(seconds * 48_000)), dtype=np.float32)
        with pytest.raises(Heard):
            pipeline.prepare_reference_audio_latents(torch.from_numpy(reference), 1, torch.device("cpu"), torch.float32)
        assert np.array_equal(conditioning.reference_excerpt(reference), heard[-1][0].numpy())


def test_the_timbre_of_the_reference_is_heard(tiny: Instrument, sound: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditioning, "REFERENCE_SECONDS", 3)
    asked = Request("lofi", 1.0, 2, lyrics="la", metas=METAS, sampling=Sampling(steps=3, guidance=1.0))
    plain, heard, again = engine.generate(tiny, [asked, *[replace(asked, references=(sound,))] * 2])
    assert np.abs(heard.latents - plain.latents).max() > 1e-2
    assert heard.audio.tobytes() == again.audio.tobytes()
