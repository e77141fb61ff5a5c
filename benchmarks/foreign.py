"""What edits meet in sounds that nano did not learn from, beside songs of the house band that it was not trained on.

    python benchmarks/foreign.py [copies] [metas] [stems] [levels] [seams] [--songs 60] [--recordings FOLDER]

`copies`: the codec's round trip by kind of sound, and how many of them nano cannot carry; the limit in its card is
set by it. `metas`: tempo and key read from a source, and how often they are right. `stems`: how often a stem that is to be
extracted is taken for absent, by the offline embedder, where it plays and where it does not.
`levels`: how loud what is extracted comes out, of mixes with the stem and without. `seams`: the step in level at both
ends of a repaint, with and without the match. Recordings are cut into stretches of 10.24 s. Prints tables.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soxr

from producertwin.audio import files, levels
from producertwin.audio.meters import measure
from producertwin.audio.samples import Samples
from producertwin.audio.tempo import same_up_to_octave
from producertwin.evaluation.nano import edit_takes
from producertwin.evaluation.nano.songs import Song, song
from producertwin.evaluation.suite import TakePlan
from producertwin.metrics import round_trip
from producertwin.model.instrument import Instrument
from producertwin.model.nano.embedder import Embedder, load_embedder
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import InputSound, Request
from producertwin.model.sampling.separation import cut_stem
from producertwin.model.tasks import Task
from producertwin.music import Key
from producertwin.pipeline.source_metas import SURE_TEMPO, is_key_sure
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE, samples_of
from producertwin.verbs.source_check import STEM_CHANCE

SECONDS = 10.24
SEED = 5_000_000
"""The seed of the prompts that nano is measured on."""
TIME = np.arange(samples_of(SECONDS)) / SAMPLE_RATE
WINDOW = (4.0, 7.0)
"""Seconds that are repainted."""


def songs(count: int) -> Iterator[Song]:
    """Held-out songs of the band."""
    return (song("evaluation", SEED, index, SECONDS) for index in range(count))


def stretches(folder: Path | None) -> Iterator[tuple[str, Samples]]:
    """The recordings of `folder`, each with its name, in stretches of 10.24 s, at most eight of each, evenly spread."""
    for path in sorted(folder.iterdir()) if folder else []:
        if path.suffix not in {".ogg", ".flac", ".wav", ".mp3"}:
            continue
        sound, length = files.read(path), samples_of(SECONDS)
        count = min(8, max(1, sound.shape[1] // length))
        for start in np.linspace(0, max(0, sound.shape[1] - length), count).astype(int):
            yield path.stem, sound[:, start : start + length]


def detune(sound: Samples, cents: float) -> Samples:
    """`sound` played faster, so that it is `cents` higher."""
    return np.ascontiguousarray(soxr.resample(sound.T, SAMPLE_RATE * 2 ** (cents / 1_200), SAMPLE_RATE).T, np.float32)


def _stereo(wave: np.ndarray) -> Samples:
    return np.stack([wave, wave]).astype(np.float32)


MADE: dict[str, Callable[[Samples], Samples]] = {
    "the same, 20 dB quieter": lambda sound: sound * np.float32(0.1),
    "the same, 25 cents higher": lambda sound: detune(sound, 25.0),
    "the same, 50 cents higher": lambda sound: detune(sound, 50.0),
    "the same, one channel turned over": lambda sound: sound * np.array([[1.0], [-1.0]], np.float32),
}
"""What is made of the first songs of the band."""
SIGNALS: dict[str, Samples] = {
    "a steady tone": _stereo(0.3 * np.sin(2 * np.pi * 440 * TIME)),
    "a glide over nine octaves": _stereo(0.3 * np.sin(2 * np.pi * 50 * (400 ** (TIME / SECONDS) - 1) / np.log(400) * SECONDS)),
    "noise": (0.1 * np.random.default_rng(0).standard_normal((2, len(TIME)))).astype(np.float32),
    "clicks": _stereo((np.arange(len(TIME)) % 12_000 == 0) * 0.8),
}


def copies(nano: Instrument, _: Embedder, asked: argparse.Namespace) -> None:
    """The round trip by kind of sound."""
    limit = nano.card.copy_error or 0.0
    found: dict[str, list[round_trip.RoundTrip]] = {}
    for index, one in enumerate(songs(asked.songs)):
        found.setdefault("songs of the house band", []).append(round_trip.measure(nano, one.audio))
        for name, make in MADE.items() if index < 10 else ():
            found.setdefault(name, []).append(round_trip.measure(nano, make(one.audio)))
    for name, sound in [*SIGNALS.items(), *stretches(asked.recordings)]:
        found.setdefault(name, []).append(round_trip.measure(nano, sound))
    print("| sound | stretches | error, median (least to most) | harmony | mel, dB | worst band | outside |\n" + "|---" * 7 + "|")
    for name, trips in found.items():
        errors = np.array([trip.error for trip in trips])
        harmony, mel = (np.median([getattr(trip, field) for trip in trips]) for field in ("harmony", "mel_db"))
        worst = max(trips, key=lambda trip: trip.worst_db)
        spread = f"{np.median(errors):.2f} ({errors.min():.2f} to {errors.max():.2f})"
        band = f"{worst.worst_hz:g} Hz, {worst.worst_db:.1f} dB"
        print(f"| {name} | {len(trips)} | {spread} | {harmony:.2f} | {mel:.1f} | {band} | {int((errors > limit).sum())} |")


def metas(_: Instrument, __: Embedder, asked: argparse.Namespace) -> None:
    """Tempo and key read from songs whose tempo and key are known, and how many are read at all of other sounds."""
    tempi, keys = [], []
    for one in songs(asked.songs):
        meters, prompt = measure(one.audio), one.prompt
        if meters.tempo().confidence >= SURE_TEMPO:
            tempi.append((same_up_to_octave(meters.tempo().bpm, prompt.bpm), abs(meters.tempo().bpm / prompt.bpm - 1) < 0.04))
        if is_key_sure(meters):
            keys.append(meters.key.key == Key.parse(prompt.key))
    octave, exact = (sum(flags) for flags in zip(*tempi, strict=True))
    print(f"tempo read of {len(tempi)} of {asked.songs} songs: {octave} right up to an octave, {exact} exactly")
    print(f"key read of {len(keys)} of {asked.songs} songs: {sum(keys)} right")
    others = [*SIGNALS.items(), *stretches(asked.recordings)]
    others += [("songs 50 cents higher", detune(one.audio, 50.0)) for one in songs(min(10, asked.songs))]
    for name in dict.fromkeys(name for name, _ in others):
        heard = [measure(sound) for kind, sound in others if kind == name]
        tempo, key = sum(one.tempo().confidence >= SURE_TEMPO for one in heard), sum(map(is_key_sure, heard))
        print(f"{name}: of {len(heard)} stretches a tempo is read of {tempo}, a key of {key}")


def stems(_: Instrument, embedder: Embedder, asked: argparse.Namespace) -> None:
    """How often a stem is taken for absent, where it plays and where it does not."""
    counted: dict[str, list[int]] = {}
    for one in songs(asked.songs):
        for stem, chance in embedder.embed_audio(one.audio).stems.items():
            count = counted.setdefault(stem, [0, 0, 0, 0])
            place = 0 if stem in one.prompt.stems else 2
            count[place] += 1
            count[place + 1] += chance < STEM_CHANCE
    print("| stem | plays, taken for absent | does not play, taken for absent |\n|---|---|---|")
    for stem, (there, refused, absent, seen) in [
        *counted.items(),
        ("all", [sum(parts) for parts in zip(*counted.values(), strict=True)]),
    ]:
        print(f"| {stem} | {refused} of {there} | {seen} of {absent} |")
    heard: dict[str, list[dict[str, float]]] = {}
    for name, sound in stretches(asked.recordings):
        heard.setdefault(name, []).append(embedder.embed_audio(sound).stems)
    for name, chances in heard.items():
        best = {stem: max(one[stem] for one in chances) for stem in chances[0]}
        print(f"{name}: taken for absent {', '.join(stem for stem, chance in best.items() if chance < STEM_CHANCE) or 'none'}")


def levels_of(nano: Instrument, _: Embedder, asked: argparse.Namespace) -> None:
    """How far under its mix a stem comes out, where it plays and where it was left out."""
    found: dict[tuple[str, str], list[float]] = {}
    plan = TakePlan(seed=SEED, seconds=SECONDS)
    for index in range(min(12, asked.songs)):
        tracks = edit_takes.play(plan, index)
        for stem in {"drums", "bass", "keyboard"} & tracks.stems.keys():
            for name, mix in (("plays", tracks.mix), ("was left out", tracks.without(stem))):
                request = Request("", SECONDS, 1, Task.EXTRACT, source=InputSound(mix), stems=(stem,))
                made = engine.generate(nano, [request])[0].audio
                cut = cut_stem(nano, request, mix, made)
                found.setdefault((stem, name), []).append(levels.rms_db(cut) - levels.rms_db(mix))
    for (stem, name), heard in sorted(found.items()):
        print(f"{stem} that {name}: {min(heard):.0f} to {max(heard):.0f} dB, {len(heard)} songs")


def seams(nano: Instrument, _: Embedder, asked: argparse.Namespace) -> None:
    """The step in level at the ends of a repaint, over the second on either side."""
    print("| sound | repaints | source's own step, median (most), dB | unmatched | matched |\n" + "|---" * 5 + "|")
    sounds = [("songs of the house band", one.audio, one.prompt.caption) for one in songs(min(8, asked.songs))]
    sounds += [(name, sound, "instrumental") for name, sound in stretches(asked.recordings)]
    steps: dict[str, list[tuple[list[float], ...]]] = {}
    for name, sound, caption in sounds:
        asks = [
            Request(caption, SECONDS, 1, Task.REPAINT, source=InputSound(sound), windows=(WINDOW,), match=match)
            for match in (False, True)
        ]
        steps.setdefault(name, []).append(tuple(map(_steps, (sound, *(take.audio for take in engine.generate(nano, asks))))))
    for name, found in steps.items():
        columns = [np.concatenate(part) for part in zip(*found, strict=True)]
        print(f"| {name} | {len(found)} | " + " | ".join(f"{np.median(part):.1f} ({part.max():.1f})" for part in columns) + " |")


def _steps(sound: Samples) -> list[float]:
    """How much the level changes from the second before each end of the window to the second after, dB."""
    places = [samples_of(second) for second in WINDOW]
    sides = [(sound[:, place - SAMPLE_RATE : place], sound[:, place : place + SAMPLE_RATE]) for place in places]
    return [abs(levels.rms_db(after) - levels.rms_db(before)) for before, after in sides]


def main() -> None:
    """Run what is asked for."""
    works = {"copies": copies, "metas": metas, "stems": stems, "levels": levels_of, "seams": seams}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "works", nargs="*", choices=[*works, []], metavar="WORK", help=", ".join(works) + "; all when none is named"
    )
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--recordings", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as studio:
        embedder = load_embedder(Settings(studio=Path(studio), device="cpu", offline=True))
        for name in asked.works or works:
            works[name](embedder.nano, embedder, asked)


if __name__ == "__main__":
    main()
