"""What nano's tasks keep of their source: the pictures and figures of docs/mechanisms.md, section "What each task hears".

    python benchmarks/conditioning.py [--seconds 10] [--seed 3] [--out docs/images]

The source is a song of the house band. Written are `bottleneck.png` (the source, its copy through the codec, and what its codes
at 5 Hz unfold to) and `cover-strength.png` (covers of it in another style at several strengths). Printed is one JSON line per
sound: how much of the source's harmony and rhythm is left (correlations of chroma and of onsets over time, 1 for the source
itself), and how far the spectrum is off (mel distance). The same seed makes the same pictures.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from producertwin.audio.samples import Samples
from producertwin.disk import write_whole
from producertwin.evaluation.nano.pictures import spectrograms
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.metrics.reconstruction import mel_distance
from producertwin.metrics.similarity import harmony, rhythm
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import audio_codes, engine
from producertwin.model.sampling.request import InputSound, Metas, Request, StartPoint
from producertwin.model.tasks import Task
from producertwin.model.variants.load import load
from producertwin.music import Key
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE

BPM, KEY, STYLE, CAPTION = 100.0, "A minor", "synthwave", "jazz lofi, piano, vinyl crackle"
STRENGTHS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
DENOISES = (0.2, 0.4, 0.6, 0.8, 1.0)
DRAWN = (0.0, 0.1, 0.3, 1.0)
"""Strengths whose covers are drawn."""
COLOURS = 24
"""Of the pictures: more are not seen, and are larger."""


@torch.inference_mode()
def copies(instrument: Instrument, source: Samples) -> dict[str, Samples]:
    """The source, through the codec, and through the codes as well."""
    latents = engine.encode(instrument, source)
    spoken = audio_codes.hints(instrument, torch.from_numpy(latents)[None])[0].numpy()
    sounds = {"source": source, "codec": engine.decode(instrument, latents), "5 Hz codes": engine.decode(instrument, spoken)}
    return {name: sound[:, : source.shape[1]] for name, sound in sounds.items()}


def covers(instrument: Instrument, source: Samples, seed: int) -> dict[float, Samples]:
    """The source covered at every strength, from the same noise."""
    metas, seconds = Metas(BPM, Key.parse(KEY), 4), source.shape[1] / SAMPLE_RATE
    sound = InputSound(source, engine.encode(instrument, source))
    asked = [
        Request(CAPTION, seconds, seed, Task.COVER, metas=metas, source=sound, cover_strength=strength) for strength in STRENGTHS
    ]
    return {strength: take.audio for strength, take in zip(STRENGTHS, engine.generate(instrument, asked), strict=True)}


def refinements(instrument: Instrument, source: Samples, seed: int) -> dict[float, Samples]:
    """The source refined from every noise level, from the same noise."""
    metas, seconds = Metas(BPM, Key.parse(KEY), 4), source.shape[1] / SAMPLE_RATE
    sound = InputSound(source, engine.encode(instrument, source))
    asked = [Request(CAPTION, seconds, seed, metas=metas, start=StartPoint(sound, denoise)) for denoise in DENOISES]
    return {denoise: take.audio for denoise, take in zip(DENOISES, engine.generate(instrument, asked), strict=True)}


def compare(sounds: Mapping[str, Samples], source: Samples) -> list[dict[str, object]]:
    """How much of the source each sound has."""
    return [
        {
            "sound": name,
            "harmony": round(harmony(sound, source), 2),
            "rhythm": round(rhythm(sound, source), 2),
            "mel_db": round(mel_distance(sound, source), 1),
        }
        for name, sound in sounds.items()
    ]


def shrink(picture: bytes) -> bytes:
    """The PNG in few colours, half as large."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Draw, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "images")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as studio:
        instrument = load("nano", Settings(studio=Path(studio), device="cpu", offline=True))
    song = compose(STYLE, seed=asked.seed, bpm=BPM, key=Key.parse(KEY), seconds=asked.seconds)
    source = np.ascontiguousarray(render(song, seconds=asked.seconds).mix)
    passed, covered = copies(instrument, source), covers(instrument, source, asked.seed)
    refined = refinements(instrument, source, asked.seed)
    played = {f"cover {strength:g}": one for strength, one in covered.items()}
    played |= {f"refine {denoise:g}": one for denoise, one in refined.items()}
    for line in compare(passed | played, source):
        print(json.dumps(line), flush=True)
    drawn = {"source": source, **{f"strength {strength:g}": covered[strength] for strength in DRAWN}}
    write_whole(asked.out / "bottleneck.png", shrink(spectrograms({f"{STYLE}, {BPM:g} bpm, {KEY}": passed})))
    write_whole(asked.out / "cover-strength.png", shrink(spectrograms({CAPTION: drawn})))


if __name__ == "__main__":
    main()
