"""What the tests of proofs share: pieces of two machine-played producers, readings made of numbers, and a small adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.dataset.captions import Caption
from producertwin.dataset.manifest import CAPTION, DatasetPlan, Manifest, Row
from producertwin.dataset.screen import NOTE, ScreenNote
from producertwin.dataset.screening import ScreeningResult
from producertwin.library import Library, TrackDraft
from producertwin.metrics.statistics import Floats
from producertwin.model import adapters
from producertwin.model.adapter_spec import AdapterCard, LoraSpec
from producertwin.model.adapters.trainable import trainable
from producertwin.model.instrument import Instrument
from producertwin.proof.corpus import Corpus, EvalTrack
from producertwin.proof.readings import Measurements, Reading, Side
from producertwin.quality.detectors.flags import Defects
from producertwin.timebase import SAMPLE_RATE

EAR = "ear/1"
SECONDS = 2.0


def played(bpm: float, bright: float, number: int, seconds: float = SECONDS) -> Samples:
    """Clicks on every beat under notes of A minor, the same for the same number; stereo, peak below 1."""
    rng = np.random.default_rng(number)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    beat = 60.0 / bpm
    notes = 220.0 * 2.0 ** (np.array([0, 2, 3, 5, 7, 8, 10])[rng.integers(7, size=int(seconds / beat) + 1)] / 12)
    phase = 2 * np.pi * np.cumsum(notes[(time / beat).astype(int)]) / SAMPLE_RATE
    tone = sum(bright ** (part - 1) / part * np.sin(part * phase) for part in range(1, 6))
    drum = rng.standard_normal((2, time.size)) * np.exp(-40.0 * (time % beat))
    mix = np.exp(-2.0 * (time % beat)) * tone * np.array([[0.5], [0.4]]) + 0.4 * drum
    return np.asarray(0.8 * mix / np.abs(mix).max(), np.float32)


def song(number: int, producer: str = "Ada", style: str = "house", **changes: object) -> EvalTrack:
    """Song `number` of a producer, two seconds of it; every producer has a tempo and a brightness of their own."""
    bpm, bright = (96.0, 0.4) if producer == "Ada" else (132.0, 1.2)
    name = f"{producer.lower()}{number:02d}"
    made = EvalTrack(
        id=name,
        producer=producer,
        style=style,
        group=name,
        caption=f"{style} number {number}",
        lyrics="",
        bpm=bpm,
        key="A minor",
        meter=4,
        sound=partial(played, bpm, bright, number),
        title=f"Song <{number}>",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def corpus(train: int = 9, holdout: int = 8, others: int = 8) -> Corpus:
    """Songs of Ada on two sides, and of Bo."""
    mine = [song(number) for number in range(train + holdout)]
    return Corpus(tuple(mine[:train]), tuple(mine[train:]), tuple(song(number, "Bo") for number in range(others)))


def reading(vector: Floats, **changes: object) -> Reading:
    """A reading whose only embedder heard `vector`, and that keeps tempo and key unless told otherwise."""
    found = Reading({EAR: tuple(vector.tolist())}, 96.0, True, "A minor", 0.9, Defects(), 0)
    return replace(found, **changes)  # type: ignore[arg-type]


def side(pieces: Sequence[EvalTrack], *takes: Floats) -> Side:
    """A side whose n-th take of every piece is a row of the n-th array."""
    return Side(tuple(pieces), tuple(tuple(reading(rows[place]) for rows in takes) for place in range(len(pieces))))


def heard(base: Floats, twin: Floats, real: Floats, train: Floats, others: Floats, ruler: Floats) -> Measurements:
    """Everything heard, of arrays (songs, d); no caption was read."""
    held = [song(number) for number in range(len(real))]
    taught = [song(100 + number, style=("house", "trap")[number % 2]) for number in range(len(train))]
    strangers = [song(number, ("Bo", "Cy")[number % 2]) for number in range(len(others))]
    return Measurements(
        real=side(held, real),
        codec=side(held, real),
        base=side(held, base),
        twin=side(held, twin),
        train=side(taught, train, train),
        others=side(strangers, others, others),
        base_on_train=side(taught[: len(ruler)], ruler),
        captions={},
    )


def adapter(instrument: Instrument, folder: Path, *, seed: int = 1, strength: float = 0.3, **said: str) -> Path:
    """A small adapter with random weights."""
    spec = LoraSpec(rank=2, alpha=2.0, targets="attention")
    fresh = trainable(instrument, spec, seed=seed)
    source = torch.Generator().manual_seed(seed)
    state = {name: strength * torch.randn(tensor.shape, generator=source) for name, tensor in fresh.state().items()}
    fresh.remove()
    card = AdapterCard(producer="Ada", variant="tiny", **said)
    return adapters.write(state, spec, card, folder, "peft")


def normal(count: int, dimensions: int = 6, *, seed: int = 0, shift: float = 0.0) -> Floats:
    """Independent normal rows (count, dimensions) around `shift`."""
    return shift + np.random.default_rng(seed).standard_normal((count, dimensions))


def track(library: Library, number: int, producer: str, *clips: Samples) -> Row:
    """A track that was screened into `clips` and captioned, as a row to learn from."""
    audio = files.encode(np.concatenate(clips, axis=1), "flac")
    seconds = sum(clip.shape[1] for clip in clips) / SAMPLE_RATE
    facts = {"title": f"Song {number}", "format": "flac", "seconds": seconds, "rate": SAMPLE_RATE, "channels": 2}
    stored, _ = library.tracks.put(TrackDraft(producer=producer, audio=audio, **facts))
    blobs = tuple(library.blobs.put(files.encode(clip, "flac", subtype="PCM_24")) for clip in clips)
    screen = ScreenNote(key="k", verdict=ScreeningResult(accepted=True, seconds=seconds), clips=blobs)
    caption = Caption(style="house", bpm=96.0, key="A minor", meter=4, own_text=f"words {number}")
    library.tracks.note(stored.id, NOTE, screen.model_dump(mode="json"))
    library.tracks.note(stored.id, CAPTION, caption.model_dump(mode="json"))
    words = {"style": "house", "caption": caption.text, "lyrics": "[Instrumental]", "bpm": 96.0, "key": "A minor", "meter": 4}
    here = {"track": stored.id, "group": stored.id, "side": "train", "clips": blobs, "seconds": seconds, "quality": 90}
    return Row(producer=producer, title=f"Song {number}", **words, **here)


def manifest(rows: list[Row], held: int) -> Manifest:
    """A training set whose last `held` rows are held out."""
    sides = ["train"] * (len(rows) - held) + ["holdout"] * held
    return Manifest(
        plan=DatasetPlan(producer="Ada"),
        rows=tuple(row.model_copy(update={"side": side}) for row, side in zip(rows, sides, strict=True)),
    )
