"""How well nano's takes keep written chords and the sketched melody, and what that costs in style, by the strength of the guide.

    python benchmarks/song.py play FOLDER [--sheets 60] [--seeds 2] [--systems guide none 0.05 0.1 0.2 0.4 0.6 "0.4 loud"]
    python benchmarks/song.py read FOLDER

A sheet is a style of the band, a tempo of its range, a key, and four bars of chords, half of them with sevenths and two chords a
bar; the form is eight bars. `play` makes the takes and keeps their sound; what is there already is not made again, so that it can
be stopped at any time. `read` reads every sound that is there with the same readers, the guides' own sound among them, and prints
the table. Style and Fréchet distance are read of the first 10.24 s, against other songs of the band in all its styles. Systems:
`guide` is the band's sketch itself, `none` a take without one, a number a take at that strength; `loud` has the melody 6 dB up
in the sketch, `harmony` only bass and chords. Intervals are bootstrapped by sheet.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from producertwin.audio import edits, files
from producertwin.audio.meters import measure as meter
from producertwin.audio.tempo import same_up_to_octave
from producertwin.house_band.arrange import is_tune
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.house_band.score import Score
from producertwin.house_band.styles import COARSE, STYLES, find
from producertwin.metrics import style_classifier
from producertwin.metrics.mel_stats import embed, fit_space
from producertwin.metrics.statistics import frechet_distance, gaussian, split_half_floor
from producertwin.model.sampling.request import InputSound, Metas, Request, StartPoint
from producertwin.music import SCALES, TONICS, Key
from producertwin.pipeline import guide, read_back
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.stages import Generate
from producertwin.settings import Settings
from producertwin.timebase import samples_of

TRIADS = {"major": ("", "m", "m", "", "", "m", "dim"), "minor": ("m", "dim", "", "m", "m", "", "")}
SEVENTHS = {
    "major": ("maj7", "m7", "m7", "maj7", "7", "m7", "m7b5"),
    "minor": ("m7", "m7b5", "maj7", "m7", "m7", "maj7", "7"),
}
SECONDS = 10.24
"""Length of what style and distance are read of, the same for all."""
PER_STYLE = 4
"""Songs of the band that each style is judged by."""
LEAST = 8
"""Fewest sheets that a line is told of."""
SYSTEMS = ("guide", "none", "0.5", "0.05", "0.1", "0.2", "0.4", "0.6", "0.5 loud")


def draw_sheets(count: int) -> Iterator[Generate]:
    """Stages with a written song, the same ones every time."""
    styles = [style for style in STYLES.values() if any(beats == 4 for beats, _ in style.meters)]
    for number in range(count):
        rng = np.random.default_rng([19, number])
        style = styles[number * 11 % len(styles)]  # no divisor of their number: every style in turn
        key = Key(int(rng.integers(12)), "minor" if rng.random() < style.minor else "major")
        rich = bool(number % 2)
        degrees = [0, *rng.choice([1, 2, 3, 4, 5], size=7 if rich else 3)]
        names = [TONICS[(key.tonic + SCALES[key.mode][d]) % 12] + (SEVENTHS if rich else TRIADS)[key.mode][d] for d in degrees]
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


def play(folder: Path, sheets: Iterable[Generate], seeds: int, systems: Sequence[str]) -> None:
    """Make every sound that is not there, all systems of a sheet after each other."""
    from producertwin.model.sampling import engine
    from producertwin.model.variants.load import load

    with tempfile.TemporaryDirectory() as studio:
        instrument = load("nano", Settings(studio=Path(studio), offline=True))
    folder.mkdir(parents=True, exist_ok=True)
    written = list(sheets)
    for seed in range(1, seeds + 1):
        for number, sheet in enumerate(written):
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
                unfinished = path.with_name(f"new-{path.name}")
                files.write(unfinished, sound)
                unfinished.replace(path)


def read_sound(stage: Generate, seed: int, path: Path) -> dict[str, Any]:
    """Everything that is read of one sound."""
    metas = Metas.of(stage.prompt.bpm, stage.prompt.key, stage.prompt.meter)
    assert metas.bpm is not None and metas.key is not None
    audio = files.read(path)
    found: dict[str, Any] = dict(read_back.measure(audio, guide.write_score(stage, seed, metas)))
    meters = meter(audio)
    found["tempo"] = float(same_up_to_octave(meters.tempo().bpm, metas.bpm))
    found["key"] = float(meters.key.key.scale == metas.key.scale)
    found["embedding"] = embed(edits.fit_length(audio, samples_of(SECONDS))).tolist()
    return found


def read_references(folder: Path) -> list[dict[str, Any]]:
    """Songs of the band in all its styles, as vectors; kept in the folder."""
    kept = folder / "references.json"
    if not kept.exists():
        found = []
        for number, style in enumerate(STYLES):
            for turn in range(PER_STYLE):
                score = compose(style, seed=2**31 + 97 * number + turn, seconds=SECONDS)
                sound = edits.fit_length(render(score, seconds=SECONDS).mix, samples_of(SECONDS))
                found.append({"style": COARSE[style], "embedding": embed(sound).tolist()})
        kept.write_text(json.dumps(found))
    loaded: list[dict[str, Any]] = json.loads(kept.read_text())
    return loaded


def read_all(folder: Path) -> None:
    """Read what was not read yet, and print the table."""
    kept = folder / "readings.jsonl"
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    known = {row["file"] for row in rows}
    stages = [take_metas(sheet)[0] for sheet in draw_sheets(60)]
    for path in sorted(folder.glob("[0-9]*.flac")):
        if path.name in known:
            continue
        number, seed, system = path.stem.split("-", 2)
        stage = stages[int(number)]
        assert isinstance(stage, Generate)
        row = {"file": path.name, "sheet": int(number), "seed": int(seed), "system": system.replace("-", " ")}
        row |= {"style": COARSE[find(stage.prompt.caption).id], **read_sound(stage, int(seed), path)}
        rows.append(row)
        with kept.open("a") as log:
            log.write(json.dumps(row) + "\n")
    tell(rows, read_references(folder))


COLUMNS = ("chords_root", "chords_third", "chords_seventh", "melody_onset", "melody_pitch", "tempo", "key")


def tell(rows: list[dict[str, Any]], references: list[dict[str, Any]]) -> None:
    """The table. All systems are compared on the sheets and seeds that every one of them has."""
    systems = [name for name in SYSTEMS if any(row["system"] == name for row in rows)]
    ruler = np.array([one["embedding"] for one in references])
    classifier = style_classifier.fit(ruler, [style_classifier.NAMES.index(one["style"]) for one in references])
    print(f"| | n | {' | '.join(COLUMNS)} | style recognised | Fréchet | of unguided |\n|---|{'---|' * (len(COLUMNS) + 4)}")
    plain = {(row["sheet"], row["seed"]) for row in rows if row["system"] == "none"}
    for name in systems:
        mine = [row for row in rows if row["system"] == name]
        if len({row["sheet"] for row in mine}) < LEAST:
            print(f"| {name} | {len(mine)}, too few |")
            continue
        cells = [told(mine, column) for column in COLUMNS]
        vectors = np.array([row["embedding"] for row in mine])
        guesses = classifier.guess(vectors)
        right = [
            {"sheet": row["sheet"], "style": float(style_classifier.NAMES[guess] == row["style"])}
            for row, guess in zip(mine, guesses, strict=True)
        ]
        shared = [row for row in mine if (row["sheet"], row["seed"]) in plain]
        same = {(row["sheet"], row["seed"]) for row in shared}
        beside = [row for row in rows if row["system"] == "none" and (row["sheet"], row["seed"]) in same]
        space = fit_space(ruler, songs=max(len(shared), 8))
        distances = [
            frechet_distance(gaussian(space(np.array([r["embedding"] for r in some]))), gaussian(space(ruler)))
            for some in (shared, beside)
        ]
        print(
            f"| {name} | {len(mine)} | {' | '.join(cells)} | {told(right, 'style')} | {distances[0]:.2f} | "
            f"{distances[0] / distances[1]:.2f} |"
        )
    space = fit_space(ruler, songs=max(len(plain), 8))
    floor = split_half_floor(space(ruler), min(max(len(plain), 8), len(ruler) // 2))
    counts = style_classifier.cross_validate(ruler, [style_classifier.NAMES.index(one["style"]) for one in references])
    print(
        f"\n{space.name}; {len(references)} songs; two halves of as many songs are {floor.value:.2f} apart; "
        f"the classifier is right on {np.trace(counts) / counts.sum():.0%} of songs left out"
    )


def told(rows: list[dict[str, Any]], name: str) -> str:
    """Mean and 95 % interval over sheets, of whose seeds the mean is taken."""
    sheets: dict[int, list[float]] = {}
    for row in rows:
        if row.get(name) is not None:
            sheets.setdefault(row["sheet"], []).append(row[name])
    values = np.array([np.mean(each) for each in sheets.values()])
    if not values.size:
        return "-"
    low, high = np.percentile(np.random.default_rng(0).choice(values, (2000, values.size)).mean(axis=1), [2.5, 97.5])
    return f"{values.mean():.2f} ({low:.2f}-{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("play", "read"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sheets", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS))
    asked = parser.parse_args()
    if asked.what == "play":
        play(asked.folder, draw_sheets(asked.sheets), asked.seeds, asked.systems)
    else:
        read_all(asked.folder)


if __name__ == "__main__":
    main()
