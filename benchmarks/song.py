"""How well nano's takes keep written chords, by the strength of the guide, beside the guide itself and takes without one.

    python benchmarks/song.py [--sheets 24] [--seeds 1] [--strengths 0.2 0.4 0.6] [--jsonl FILE]

A sheet is a style of the band, a tempo of its range, a key, and four bars of chords, half of them with sevenths and two chords a
bar; the form is eight bars. All are read by the same reader (`audio.chords`), beat by beat. Intervals are bootstrapped by sheet.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from producertwin.audio.meters import measure as meter
from producertwin.house_band.styles import STYLES
from producertwin.metrics.adherence import same_scale
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Metas, Request
from producertwin.model.variants.load import load
from producertwin.music import SCALES, TONICS, Key
from producertwin.pipeline import guide
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.song import measure_song
from producertwin.pipeline.stages import Generate
from producertwin.settings import Settings

_THIRDS = {"major": ("", "m", "m", "", "", "m", "dim"), "minor": ("m", "dim", "", "m", "m", "", "")}
_SEVENTHS = {
    "major": ("maj7", "m7", "m7", "maj7", "7", "m7", "m7b5"),
    "minor": ("m7", "m7b5", "maj7", "m7", "m7", "maj7", "7"),
}


def draw_sheets(count: int) -> Iterator[Generate]:
    """Stages with a written song, the same ones every time."""
    styles = [style for style in STYLES.values() if any(beats == 4 for beats, _ in style.meters)]
    for number in range(count):
        rng = np.random.default_rng([19, number])
        style = styles[number * 7 % len(styles)]
        key = Key(int(rng.integers(12)), "minor" if rng.random() < style.minor else "major")
        rich = bool(number % 2)
        degrees = [0, *rng.choice([1, 2, 3, 4, 5], size=7 if rich else 3)]
        names = [TONICS[(key.tonic + SCALES[key.mode][d]) % 12] + (_SEVENTHS if rich else _THIRDS)[key.mode][d] for d in degrees]
        bars = [" ".join(names[i : i + 2]) for i in range(0, 8, 2)] if rich else names
        bpm = int(rng.integers(style.tempo[0], style.tempo[1] + 1))
        prompt = {"caption": ", ".join((*style.base_tags, *style.instruments[:2])), "key": str(key), "bpm": bpm, "meter": 4}
        song = {"chords": " | ".join(bars), "form": "verse 8"}
        yield Generate.model_validate({"prompt": prompt, "song": song, "guide": "band"})


def read(stage: Generate, audio: np.ndarray, metas: Metas) -> dict[str, float | None]:
    found = measure_song(stage.song, audio, metas)
    assert metas.key is not None and metas.bpm is not None
    meters = meter(audio)
    tempo = meters.tempo().bpm
    near = any(abs(tempo - metas.bpm * ratio) <= 0.04 * metas.bpm * ratio for ratio in (0.5, 1.0, 2.0)) if tempo else False
    return {**found, "tempo": float(near), "key": float(same_scale(meters.key.key, metas.key))}


def play(instrument: Instrument, stage: Generate, seed: int, strength: float | None) -> dict[str, float | None]:
    metas = Metas.of(stage.prompt.bpm, stage.prompt.key, stage.prompt.meter)
    request = Request(caption=stage.prompt.caption, seconds=stage.seconds, seed=seed, metas=metas)
    if strength is not None:
        start = guide.sketch(stage, seed, metas)
        if strength >= 1.0:
            assert start.sound.audio is not None
            return read(stage, start.sound.audio, metas)
        request = replace(request, start=replace(start, t=1.0 - strength))
    return read(stage, engine.generate(instrument, [request])[0].audio, metas)


def told(rows: list[dict[str, float | None]], name: str) -> str:
    """Mean and 95 % interval over sheets."""
    values = np.array([row[name] for row in rows if row[name] is not None], float)
    if not values.size:
        return "-"
    draws = np.random.default_rng(0).choice(values, (2000, values.size)).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{values.mean():.2f} ({low:.2f}-{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheets", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--strengths", type=float, nargs="+", default=[0.2, 0.4, 0.6])
    parser.add_argument("--jsonl", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as studio:
        instrument = load("nano", Settings(studio=Path(studio), offline=True))
    systems: dict[str, float | None] = {"the guide itself": 1.0, "no guide": None}
    systems |= {f"strength {strength:g}": strength for strength in asked.strengths}
    rows: dict[str, list[dict[str, float | None]]] = {name: [] for name in systems}
    for number, sheet in enumerate(draw_sheets(asked.sheets)):
        stage, _ = take_metas(sheet)
        assert isinstance(stage, Generate)
        for name, strength in systems.items():
            each = [play(instrument, stage, seed, strength) for seed in range(1, asked.seeds + 1)]
            mean = {key: None if each[0][key] is None else float(np.mean([one[key] for one in each])) for key in each[0]}
            rows[name].append(mean)
            if asked.jsonl:
                line = {"sheet": number, "system": name, "chords": stage.song.chords, "caption": stage.prompt.caption, **mean}
                with asked.jsonl.open("a") as log:
                    log.write(json.dumps(line) + "\n")
    columns = ("chords_root", "chords_third", "chords_seventh", "tempo", "key")
    print(f"{asked.sheets} sheets x {asked.seeds} seeds, nano\n\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name, found in rows.items():
        print(f"| {name} | {' | '.join(told(found, column) for column in columns)} |")


if __name__ == "__main__":
    main()
