"""Fit what `audio.chords` knows a chord by, on songs of the house band and takes of nano whose chords are known.

    python benchmarks/fit_chords.py FOLDER [--sheets 200] [--songs 36] [--check]

Sheets are drawn as those of `song.py` are, by other seeds: a quarter triads, a quarter sevenths, half ninths, thirteenths,
altered, suspended and half-diminished chords and some over another bass. The band plays each one, and nano performs it at .4;
FOLDER keeps their sound. Songs that the band made by itself, and the notes of the sheets without any sound, are fitted beside
them. None of them is a sheet or song that `song.py`, `heard_songs.py` or `chord_readers.py` reports on.

The likelihood of the written chords is made greatest (a conditional random field whose features are linear; the costs of
changes are fitted with it), a chord that `QUALITIES` has no name for counting as all that may be meant. `--check` fits on two
thirds of the sheets, prints what is read of the others, and writes nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import song
import torch
from numpy.typing import NDArray
from torch import Tensor

from producertwin.audio import chords, files
from producertwin.audio.chords import QUALITIES, ChordEstimate
from producertwin.house_band.chord_reading import chords_of
from producertwin.house_band.chord_reading import compare as agree
from producertwin.house_band.compose import compose
from producertwin.house_band.note_chords import registers_of
from producertwin.house_band.render import render
from producertwin.house_band.score import Score
from producertwin.house_band.styles import STYLES
from producertwin.model.sampling.request import Metas
from producertwin.music import SCALES, TONICS, Key
from producertwin.pipeline import guide
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.stages import Generate

WEIGHTS = Path(chords.__file__).with_name("chord_weights.json")
FIRST_SONG = 100
"""Songs before it are those that `heard_songs.py` reports on."""
RICH = {
    "major": (
        ("maj9", "maj13", "6/9", "add9", "maj7", "maj7#11", "sus2"), ("m9", "m11", "m7", "m6"), ("m7", "m9"),
        ("maj9", "maj7#11", "maj7", "add9", "6"), ("13", "9", "7sus4", "9sus4", "7b9", "7#9", "13b9", "sus4", "7#5"),
        ("m9", "m7", "m11"), ("m7b5", "dim7"),
    ),
    "minor": (
        ("m9", "m11", "m6", "mmaj7", "m7", "madd9"), ("m7b5", "dim7"), ("maj9", "maj7", "6/9"), ("m9", "m7", "9", "m6"),
        ("7b9", "7#9", "7#5", "13b9", "m7", "7sus4", "7"), ("maj9", "maj7#11", "maj7"), ("13", "9", "7", "9sus4"),
    ),
}  # fmt: skip
"""Qualities on the degrees of a key."""
STEPS, SPAN, PULL = 100, 32, 1e-3
RATE, SCALE = 0.05, 6.0
"""Of the optimiser: its rate, and what features of length 1 are multiplied by."""


@dataclass(frozen=True)
class Example:
    """A sound or its notes, and the chords of its beats."""

    sheet: int
    kind: str
    meter: int
    beats: NDArray[np.float64]
    """As `chords.registers_over` gives them."""
    wanted: tuple[tuple[int, Sequence[int]] | None, ...]


def draw_sheets(count: int) -> Iterator[Generate]:
    """Stages with a written song, the same ones every time."""
    styles = [style for style in STYLES.values() if any(beats == 4 for beats, _ in style.meters)]
    for number in range(count):
        rng = np.random.default_rng([77, number])
        style = styles[(number * 13 + 5) % len(styles)]
        key = Key(int(rng.integers(12)), "minor" if rng.random() < style.minor else "major")
        kind = number % 4
        each = (1, 2, 2, 1)[kind] if rng.random() < 0.8 else 1
        degrees = [0, *rng.choice([1, 2, 3, 4, 5, 6] if kind >= 2 else [1, 2, 3, 4, 5], size=4 * each - 1)]
        names = [_name_chord(key, degree, kind, rng) for degree in degrees]
        bars = [" ".join(names[place : place + each]) for place in range(0, 4 * each, each)]
        bpm = int(rng.integers(style.tempo[0], style.tempo[1] + 1))
        prompt = {"caption": ", ".join((*style.base_tags, *style.instruments[:2])), "key": str(key), "bpm": bpm, "meter": 4}
        written = {"chords": " | ".join(bars), "form": "verse 8"}
        yield Generate.model_validate({"prompt": prompt, "song": written, "guide": "band"})


def _name_chord(key: Key, degree: int, kind: int, rng: np.random.Generator) -> str:
    """A chord on a degree of a key: a triad (kind 0), a seventh (1), or one of `RICH`; some over their third or fifth."""
    root = (key.tonic + SCALES[key.mode][degree]) % 12
    if kind < 2:
        quality = (song.TRIADS, song.SEVENTHS)[kind][key.mode][degree]
    else:
        choices = RICH[key.mode][degree]
        quality = choices[int(rng.integers(len(choices)))]
        if rng.random() < 0.12:
            quality = ("7", "9", "13", "7b9")[int(rng.integers(4))]
    name = TONICS[root] + quality
    if kind != 1 and rng.random() < 0.1 and quality in ("", "m", "maj7", "m7", "add9"):
        step = (3 if quality.startswith("m7") or quality == "m" else 4) if rng.random() < 0.5 else 7
        name += "/" + TONICS[(root + step) % 12]
    return name


def gather(folder: Path, sheets: int, songs: int) -> list[Example]:
    """Everything that is fitted; what was not played yet is played."""
    song.play(folder, draw_sheets(sheets), 1, ("guide", "0.4"))
    found = []
    for number, sheet in enumerate(draw_sheets(sheets)):
        stage, _ = take_metas(sheet)
        assert isinstance(stage, Generate)
        score = guide.write_score(stage, 1, Metas.of(stage.prompt.bpm, stage.prompt.key, stage.prompt.meter))
        for system in ("guide", "0.4"):
            found.append(_listen(number, system, files.read(song.place(folder, number, 1, system)), score))
        notes = [note for part in score.parts if part.stem not in ("drums", "percussion", "fx") for note in part.notes]
        wanted = chords_of(score, score.bars * score.meter)
        found.append(Example(number, "notes", score.meter, registers_of(notes, len(wanted)), tuple(wanted)))
    for number in range(FIRST_SONG, FIRST_SONG + songs):
        score = compose(list(STYLES)[number * 7 % len(STYLES)], seed=number)
        found.append(_listen(number, "song", render(score).mix, score))
    return found


def _listen(number: int, kind: str, sound: NDArray[np.float32], score: Score) -> Example:
    beats = min(int(score.tempo.beat(sound.shape[1] / 48_000) + 0.05), score.bars * score.meter)
    edges = [score.tempo.seconds(beat) for beat in range(beats + 1)]
    return Example(number, kind, score.meter, chords.registers_over(sound, edges), tuple(chords_of(score, beats)))


def mean(root: int, steps: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the chords that are told apart a written one may be read as, (12 * qualities,)."""
    tones = set(steps)
    third = next((step for step in (4, 3) if step in tones), None)
    if third is None:
        names = ("sus4",) if {5, 7} <= tones else ("", "m", "sus4")
    elif third == 4:
        names = ("maj7" if 11 in tones else "7" if 10 in tones else "6" if 9 in tones else "",)
    elif 7 not in tones and 6 in tones:
        names = ("m7b5" if 10 in tones else "dim",)
    else:
        names = ("m7" if 10 in tones else "m",)
    found = np.zeros((12, len(QUALITIES)), bool)
    found[root, [list(QUALITIES).index(name) for name in names]] = True
    return found.ravel()


def fit(examples: Sequence[Example]) -> chords.Weights:
    """The weights under which the chords of `examples` are likeliest, pulled towards 0."""
    heard, meant = [], []
    every = np.ones(12 * len(QUALITIES), bool)
    for example in examples:
        compared = chords.from_roots(chords.compare_around(example.beats))
        for first in range(0, len(example.wanted) - SPAN + 1, SPAN):
            if example.meter != 4:
                continue
            heard.append(compared[first : first + SPAN].reshape(SPAN, 12, -1))
            wanted = example.wanted[first : first + SPAN]
            meant.append(np.stack([every if chord is None else mean(*chord) for chord in wanted]))
    features = SCALE * torch.tensor(np.array(heard), dtype=torch.float32)
    allowed = torch.where(torch.tensor(np.array(meant)), 0.0, -1e4)
    free = torch.zeros_like(allowed)
    tones = torch.zeros(features.shape[-1], len(QUALITIES), requires_grad=True)
    usual = torch.zeros(len(QUALITIES), requires_grad=True)
    change = torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    optimiser = torch.optim.Adam([tones, usual, change], lr=RATE)
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = RATE * (1.0 - step / STEPS)
        optimiser.zero_grad()
        scores = (features @ tones + usual).flatten(2)
        lack = (_sum_paths(scores, free, change) - _sum_paths(scores, allowed, change)).mean() / SPAN
        (lack + PULL * (tones**2).sum()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    print(
        f"{len(heard)} stretches of {SPAN} beats, {float(lack.detach()):.3f} nats a beat, changes pay {change.tolist()}",
        flush=True,
    )
    shaped = SCALE * tones.detach().numpy().astype(float).reshape(6, 12, len(QUALITIES))
    first, half, other = change.tolist()
    return chords.Weights(shaped, usual.detach().numpy().astype(float), (first, half, other))


def _sum_paths(scores: Tensor, allowed: Tensor, change: Tensor) -> Tensor:
    """Logarithm of the sum over all paths of chords that are allowed, by stretch."""
    reached = scores[:, 0] + allowed[:, 0]
    for beat in range(1, scores.shape[1]):
        moved = torch.logsumexp(reached, 1, keepdim=True) - change[chords.place_in_bar(beat, 4)]
        reached = torch.logaddexp(reached, moved) + scores[:, beat] + allowed[:, beat]
    return torch.logsumexp(reached, 1)


def tell(examples: Sequence[Example], read: Sequence[Sequence[ChordEstimate]]) -> None:
    """Means by kind: root, with third, with seventh."""
    for kind in dict.fromkeys(example.kind for example in examples):
        rows = [agree(one.wanted, heard) for one, heard in zip(examples, read, strict=True) if one.kind == kind]
        table = np.array([[row.root, row.third, row.seventh] for row in rows], float)
        print(kind, len(rows), np.nanmean(table, axis=0).round(3).tolist(), flush=True)


def write(weights: chords.Weights) -> None:
    kept = {
        "change": [round(cost, 3) for cost in weights.change],
        "usual": dict(zip(QUALITIES, weights.usual.round(3).tolist(), strict=True)),
        "tones": weights.tones.round(2).tolist(),
    }
    WEIGHTS.write_text(json.dumps(kept, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sheets", type=int, default=200)
    parser.add_argument("--songs", type=int, default=36)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    examples = gather(asked.folder, asked.sheets, asked.songs)
    if not asked.check:
        write(fit(examples))
        return
    weights = fit([example for example in examples if example.sheet % 3])
    others = [replace(example) for example in examples if example.sheet % 3 == 0]
    tell(others, [chords.follow(example.beats, example.meter, weights) for example in others])


if __name__ == "__main__":
    main()
