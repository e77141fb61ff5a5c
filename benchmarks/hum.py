"""How well a hummed line becomes notes: lines whose notes are known, sung by a plain voice and by the house band's.

    python benchmarks/hum.py [--lines 24] [--jsonl FILE]

A line is a tune of the band in one of its manners, eight bars at 70 to 120 bpm, sung with the faults of voices. Onsets within
50 ms count, and pitches that are right to the semitone (mir_eval's transcription rules without offsets). On the grid: the share
of notes whose beat and pitch are those that were sung, the tempo told; and whether it is found. Intervals are bootstrapped by
line.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from producertwin.audio.humming import hear_line, put_on_grid
from producertwin.errors import TwinError
from producertwin.house_band import harmony, melody
from producertwin.house_band.render import render
from producertwin.house_band.score import Chord, MixCharacter, Note, Part, Score, Section
from producertwin.music import Key
from producertwin.timebase import SAMPLE_RATE

Sound = NDArray[Any]
VOICES = ("vocal_oo", "vocal_ah", "flute", "sine_lead")
FAULTS: dict[str, dict[str, float]] = {
    "clean": {},
    "vibrato of 40 cents": {"vibrato": 0.4},
    "glides of 80 ms": {"glide": 0.08},
    "30 cents flat": {"tuning": -0.3},
    "timing off by 20 ms": {"loose": 0.02},
    "noise at 20 dB": {"noise": 20},
    "noise at 10 dB": {"noise": 10},
    "at 8 kHz": {"rate": 8_000},
    "vibrato, glides, loose, noise at 20 dB": {"vibrato": 0.3, "glide": 0.06, "loose": 0.015, "noise": 20, "tuning": 0.2},
}


def draw_line(number: int) -> tuple[list[Note], float, Key]:
    """Notes in beats, tempo and key."""
    rng = np.random.default_rng([19, 3, number])
    key = Key(int(rng.integers(12)), ("major", "minor")[int(rng.integers(2))])
    chords = [Chord(8.0 * i, 8.0, *harmony.build(key, degree, "triad"), ()) for i, degree in enumerate((1, 4, 6, 5))]
    chords = [Chord(c.start, c.length, c.root, c.quality, harmony.voice(c.root, c.quality, ())) for c in chords]
    manner = melody.MANNERS[("lyrical", "hook", "carol", "sparse")[number % 4]]
    low = int(rng.integers(45, 62))
    notes = melody.tune(manner, chords, key, (0.0, 8, 4), (low, low + 16), rng)
    return notes, float(rng.integers(70, 121)), key


def sing(notes: Sequence[Note], bpm: float, faults: dict[str, float], rng: np.random.Generator) -> tuple[Sound, list[float]]:
    """A plain voice with a few harmonics, and where its notes really begin, in seconds."""
    beat = 60.0 / bpm
    length = round(((notes[-1].start + notes[-1].length) * beat + 0.8) * SAMPLE_RATE)
    pitch, level = np.full(length, np.nan), np.zeros(length)
    starts, before = [], None
    for note in notes:
        start = 0.3 + note.start * beat + float(rng.normal(0, faults.get("loose", 0.0)))
        first, last = round(start * SAMPLE_RATE), round((start + note.length * beat) * SAMPLE_RATE)
        time = np.arange(last - first) / SAMPLE_RATE
        line = (
            note.pitch
            + faults.get("tuning", 0.0)
            + faults.get("vibrato", 0.0) * np.sin(2 * np.pi * 5.5 * time + rng.uniform(0, 6))
        )
        if before is not None and faults.get("glide"):
            line += (before - note.pitch) * np.exp(-time / (faults["glide"] / 2.3))
        edge = np.minimum(np.minimum(time / 0.03, (time[-1] - time) / 0.05), 1.0).clip(0, 1)
        pitch[first:last], level[first:last] = line, edge
        starts.append(start)
        before = note.pitch
    sounding = np.flatnonzero(np.isfinite(pitch))
    turn = 2 * np.pi * np.cumsum(440.0 * 2 ** ((np.interp(np.arange(length), sounding, pitch[sounding]) - 69) / 12)) / SAMPLE_RATE
    sound = sum(np.sin(h * turn) / h**1.4 for h in range(1, 7)) * level * 0.2
    return np.stack([sound, sound]), starts


def play(notes: Sequence[Note], bpm: float, patch: str, key: Key) -> tuple[Sound, list[float]]:
    """The line on an instrument of the band, without its room, after 0.3 s of silence."""
    section = (Section("verse", 0, 8),)
    part = Part("vocals" if patch.startswith("vocal") else "woodwinds", patch, tuple(notes), reverb=0.0)
    score = Score("hum", 1, bpm, key, 4, 8, section, (), (part,), MixCharacter(room="dry"))
    dry = render(score).dry
    silence = np.zeros((2, round(0.3 * SAMPLE_RATE)))
    return np.concatenate([silence, dry], axis=1), [0.3 + note.start * 60 / bpm for note in notes]


def worsen(sound: Sound, faults: dict[str, float], rng: np.random.Generator) -> Sound:
    if "noise" in faults:
        power = float((sound**2).mean())
        sound = sound + rng.normal(0, np.sqrt(power / 10 ** (faults["noise"] / 10)), sound.shape[1])
    if "rate" in faults:
        low = soxr.resample(sound.T, SAMPLE_RATE, faults["rate"])
        sound = soxr.resample(low, faults["rate"], SAMPLE_RATE).T
    return sound


def match(found: Sequence[tuple[float, int]], wanted: Sequence[tuple[float, int]], *, pitch: bool) -> float:
    """F1 of notes: each wanted one is met by one found within 50 ms."""
    left = list(found)
    hits = 0
    for start, tone in wanted:
        near = [one for one in left if abs(one[0] - start) <= 0.05 and (not pitch or one[1] == tone)]
        if near:
            left.remove(min(near, key=lambda one: abs(one[0] - start)))
            hits += 1
    return 2 * hits / max(1, len(found) + len(wanted))


def measure(sound: Sound, starts: Sequence[float], notes: Sequence[Note], bpm: float) -> dict[str, float]:
    wanted = [(start, note.pitch) for start, note in zip(starts, notes, strict=True)]
    try:
        heard = hear_line(sound)
    except TwinError as error:
        print("  refused:", error.message)
        return {"onset": 0.0, "note": 0.0, "grid": 0.0, "tempo": 0.0}
    found = [(note.start, note.pitch) for note in heard.notes]
    line = put_on_grid(heard.notes, bpm)
    first = notes[0].start
    places = {(round((n.start - first) * 4), n.pitch) for n in notes}
    got = {(round(n.start * 4), n.pitch) for n in line.notes}
    free = put_on_grid(heard.notes)
    near = any(abs(free.bpm - bpm * ratio) <= 0.04 * bpm * ratio for ratio in (0.5, 1.0, 2.0))
    return {
        "onset": match(found, wanted, pitch=False),
        "note": match(found, wanted, pitch=True),
        "grid": 2 * len(places & got) / max(1, len(places) + len(got)),
        "tempo": float(near),
    }


def told(rows: Sequence[dict[str, float]], name: str) -> str:
    values = np.array([row[name] for row in rows])
    draws = np.random.default_rng(0).choice(values, (2000, values.size)).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{values.mean():.2f} ({low:.2f}-{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=24)
    parser.add_argument("--jsonl", type=Path)
    asked = parser.parse_args()
    rows: dict[str, list[dict[str, float]]] = {}
    for number in range(asked.lines):
        notes, bpm, key = draw_line(number)
        rng = np.random.default_rng([19, 4, number])
        voice = VOICES[number % len(VOICES)]
        sounds = {f"{name}": (*sing(notes, bpm, faults, rng), faults) for name, faults in FAULTS.items()}
        sounds["voices and flutes of the band"] = (*play(notes, bpm, voice, key), {})
        for name, (sound, starts, faults) in sounds.items():
            row = measure(worsen(sound, faults, rng), starts, notes, bpm)
            rows.setdefault(name, []).append(row)
            if asked.jsonl:
                with asked.jsonl.open("a") as log:
                    log.write(json.dumps({"line": number, "sound": name, "voice": voice, **row}) + "\n")
    print("| | onset F1 | note F1 | on the grid, tempo given | tempo found |\n|---|---|---|---|---|")
    for name, found in rows.items():
        print(f"| {name} | {' | '.join(told(found, column) for column in ('onset', 'note', 'grid', 'tempo'))} |")


if __name__ == "__main__":
    main()
