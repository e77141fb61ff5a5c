"""How well nano's takes keep written chords and the sketched melody, and what that costs in style, by the strength of the guide.

    python benchmarks/song.py play FOLDER [--sheets 60] [--seeds 2] [--systems guide none 0.05 0.1 0.2 0.4 0.6 "0.4 loud"]
    python benchmarks/song.py read FOLDER

A sheet is a style of the band, a tempo of its range, a key, and four bars of chords, half of them with sevenths and two chords a
bar; the form is eight bars. `play` makes the takes and keeps their sound; what is there already is not made again, so it can be
stopped at any time. `read` reads every sound that is there with the same readers, the guides' own sound among them, and prints
the table. Systems: `guide` is the band's sketch itself, `none` a take without one, a number a take at that strength; `loud` has the
melody 6 dB louder in the sketch, `harmony` only bass and chords. Intervals are bootstrapped by sheet.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from producertwin.audio import edits, files
from producertwin.audio.meters import measure as meter
from producertwin.house_band.arrange import is_tune
from producertwin.house_band.render import render
from producertwin.house_band.score import Score
from producertwin.house_band.compose import compose
from producertwin.house_band.styles import COARSE, STYLES, find
from producertwin.metrics import style_classifier
from producertwin.metrics.adherence import same_scale
from producertwin.metrics.mel_stats import embed, fit_space
from producertwin.metrics.statistics import frechet_distance, gaussian, split_half_floor
from producertwin.model.sampling.request import InputSound, Metas, Request, StartPoint
from producertwin.music import SCALES, TONICS, Key
from producertwin.pipeline import guide
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.stages import Generate
from producertwin.settings import Settings
from producertwin.timebase import samples_of

_THIRDS = {"major": ("", "m", "m", "", "", "m", "dim"), "minor": ("m", "dim", "", "m", "m", "", "")}
_SEVENTHS = {
    "major": ("maj7", "m7", "m7", "maj7", "7", "m7", "m7b5"),
    "minor": ("m7", "m7b5", "maj7", "m7", "m7", "maj7", "7"),
}
SECONDS = 10.24
"""Length of what style and distance are read of, the same for all."""
PER_STYLE = 8
"""Songs of the band that each style is judged by."""
SYSTEMS = ("guide", "none", "0.4", "0.2", "0.1", "0.6", "0.05", "0.4 loud")


def draw_sheets(count: int) -> Iterator[Generate]:
    """Stages with a written song, the same ones every time."""
    styles = [style for style in STYLES.values() if any(beats == 4 for beats, _ in style.meters)]
    for number in range(count):
        rng = np.random.default_rng([19, number])
        style = styles[number * 11 % len(styles)]  # no divisor of their number: every style in turn
        key = Key(int(rng.integers(12)), "minor" if rng.random() < style.minor else "major")
        rich = bool(number % 2)
        degrees = [0, *rng.choice([1, 2, 3, 4, 5], size=7 if rich else 3)]
        names = [TONICS[(key.tonic + SCALES[key.mode][d]) % 12] + (_SEVENTHS if rich else _THIRDS)[key.mode][d] for d in degrees]
        bars = [" ".join(names[i : i + 2]) for i in range(0, 8, 2)] if rich else names
        bpm = int(rng.integers(style.tempo[0], style.tempo[1] + 1))
        prompt = {"caption": ", ".join((*style.base_tags, *style.instruments[:2])), "key": str(key), "bpm": bpm, "meter": 4}
        song = {"chords": " | ".join(bars), "form": "verse 8"}
        yield Generate.model_validate({"prompt": prompt, "song": song, "guide": "band"})


def strength_of(system: str) -> float | None:
    """The strength that a system plays at; None for takes without a guide and for the guide itself."""
    return None if system in ("guide", "none") else float(system.split()[0])


def shape_sketch(score: Score, system: str) -> Score:
    """What the band plays of `score` for a system."""
    if system.endswith("loud"):
        parts = tuple(replace(part, gain=part.gain + 6.0) if is_tune(part.role) else part for part in score.parts)
        return replace(score, parts=parts)
    if system.endswith("harmony"):
        tuned = tuple(part for part in score.parts if part.stem not in ("drums", "percussion", "fx") and not is_tune(part.role))
        return replace(score, parts=tuned)
    return score


def place(folder: Path, number: int, seed: int, system: str) -> Path:
    return folder / f"{number:03d}-{seed}-{system.replace(' ', '-')}.flac"


def play(folder: Path, sheets: int, seeds: int, systems: Sequence[str]) -> None:
    """Make every sound that is not there, all systems of a sheet after each other."""
    from producertwin.model.sampling import engine
    from producertwin.model.variants.load import load

    with tempfile.TemporaryDirectory() as studio:
        instrument = load("nano", Settings(studio=Path(studio), offline=True))
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(1, seeds + 1):
        for number, sheet in enumerate(draw_sheets(sheets)):
            stage, _ = take_metas(sheet)
            assert isinstance(stage, Generate)
            metas = Metas.of(stage.prompt.bpm, stage.prompt.key, stage.prompt.meter)
            for system in systems:
                path = place(folder, number, seed, system)
                if path.exists():
                    continue
                score = shape_sketch(guide.write_score(stage, seed, metas), system)
                strength, sound = strength_of(system), None
                if system != "none":
                    sound = edits.fit_length(render(score, seconds=stage.seconds).mix, samples_of(stage.seconds))
                if system != "guide":
                    request = Request(caption=stage.prompt.caption, seconds=stage.seconds, seed=seed, metas=metas)
                    if strength is not None:
                        start = StartPoint(InputSound(audio=sound), 1.0 - strength, on_beat=True)
                        request = replace(request, start=start)
                    sound = engine.generate(instrument, [request])[0].audio
                assert sound is not None
                written = path.with_name(f"new-{path.name}")
                files.write(written, sound)
                os.replace(written, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("play", "read"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sheets", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS))
    asked = parser.parse_args()
    if asked.what == "play":
        play(asked.folder, asked.sheets, asked.seeds, asked.systems)


if __name__ == "__main__":
    main()
