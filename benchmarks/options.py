"""What every option of sampling and of edits does to nano: `python benchmarks/options.py` prints the table of docs/mechanisms.md.

Each row is four takes: two captions with two seeds, 6.4 s at 120 and 90 bpm. Edits work on the takes of the first seed. Levels
are of the takes as they are written, the peak of whole takes being -1 dBFS. Options are measured against the same takes without
them. No single take is told of, because the same commands make other bytes on another machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from producertwin.audio import files
from producertwin.audio.meters import measure
from producertwin.audio.tempo import same_up_to_octave
from producertwin.library import Take, open_library
from producertwin.metrics.reconstruction import mel_distance
from producertwin.music import Key
from producertwin.pipeline.stages import EDITS, Generate, Stage
from producertwin.progress import finish
from producertwin.recipe import read
from producertwin.settings import Settings
from producertwin.verbs.rendering import render
from producertwin.verbs.scorers import SCORERS
from producertwin.verbs.studio import Studio
from producertwin.verbs.takes import read_codes

SONGS: Final = (("house, piano, driving drums", 120, "A minor"), ("lofi hip hop, rhodes, upright bass, drums", 90, "D minor"))
SEEDS: Final = (3, 4)
SECONDS: Final = 6.4
LEVELS: Final = "1, 0.9, 0.75, 0.5, 0.25"
REPAINTED: Final = {"start": 2.4, "end": 4.0}
SAMPLED: Final[dict[str, dict[str, Any]]] = {
    "--sampler heun": {"sampler": "heun"},
    "--sampler sde": {"sampler": "sde"},
    f"--schedule {LEVELS.replace(' ', '')}": {"schedule": LEVELS},
    "--guidance-mode adg": {"guidance_mode": "adg"},
    "--guidance-interval 0.2,0.9": {"guidance_interval": "0.2,0.9"},
    "--guidance-interval 0,0.5": {"guidance_interval": "0,0.5"},
    "--velocity-clamp 2": {"velocity_clamp": 2},
    "--velocity-clamp 1": {"velocity_clamp": 1},
    "--velocity-ema 0.2": {"velocity_ema": 0.2},
    "--velocity-ema 0.5": {"velocity_ema": 0.5},
    "--dcw low": {"dcw": "low"},
    "--dcw high": {"dcw": "high"},
    "--dcw double": {"dcw": "double"},
    "--dcw double --dcw-wavelet db4": {"dcw": "double", "dcw_wavelet": "db4"},
    "--dcw double --dcw-scale 0.01 --dcw-high-scale 0.005": {"dcw": "double", "dcw_scale": 0.01, "dcw_high_scale": 0.005},
    "--dcw pix": {"dcw": "pix"},
    "--retake-variance 0.2": {"retake_variance": 0.2},
    "--retake-variance 0.5": {"retake_variance": 0.5},
    "--latent-rescale 0.9": {"latent_rescale": 0.9},
    "--latent-rescale 1.1": {"latent_rescale": 1.1},
    "--latent-shift 0.05": {"latent_shift": 0.05},
    "--latent-shift 0.2": {"latent_shift": 0.2},
}
EDITED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "cover": ("cover", {}),
    "cover --strength 0.5": ("cover", {"strength": 0.5}),
    "cover --noise-strength 0.2": ("cover", {"noise_strength": 0.2}),
    "cover --noise-strength 0.5": ("cover", {"noise_strength": 0.5}),
    "cover --follow latents": ("cover", {"follow": "latents"}),
    "repaint": ("repaint", REPAINTED),
    "repaint --mode conservative": ("repaint", REPAINTED | {"mode": "conservative"}),
    "repaint --mode balanced": ("repaint", REPAINTED | {"mode": "balanced"}),
    "repaint --mode aggressive": ("repaint", REPAINTED | {"mode": "aggressive"}),
    "repaint --start -2 --end 1": ("repaint", {"start": -2, "end": 1}),
    "morph": ("morph", {}),
    "morph --follow codes": ("morph", {"follow": "codes"}),
    "morph --follow latents": ("morph", {"follow": "latents"}),
    "morph --begin 0.3": ("morph", {"begin": 0.3}),
    "morph --until 0.6": ("morph", {"until": 0.6}),
    "morph --draws 4": ("morph", {"draws": 4}),
    "refine": ("refine", {}),
    "extract drums": ("extract", {"stem": "drums", "anyway": True}),
    "lego bass": ("lego", {"stem": "bass"}),
    "complete": ("complete", {}),
}
OTHER_STYLE: Final = "synthwave, analog synth, drum machine"


@dataclass(frozen=True, slots=True)
class Row:
    """One option: means over its takes, and counts of takes."""

    option: str
    takes: int
    lufs: float
    crest_db: float
    flat: float
    """Share of blocks whose spectrum is as flat as noise's."""
    tempo: int
    """Takes whose tempo is read as asked, halved or doubled too."""
    in_scale: float
    """Share of the chroma inside the scale asked for."""
    nearness: float
    """Cosine of sound and caption in the offline embedder."""
    change_db: float
    """Mel distance to the same take without the option; of an edit to its source."""
    clipped: int
    """Takes with clipped samples."""


class Bench:
    """A studio with nano loaded, the takes that options are measured against, and two sounds whose timbre is taken."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio, self.folder = studio, folder
        self.judge = SCORERS["caption"](studio)
        self.plain = {(song, seed): self.make(song, seed) for song in range(len(SONGS)) for seed in SEEDS}

    def play(self, stage: Stage) -> Take:
        [made] = finish(render(stage, self.studio))
        return made.take

    def make(self, song: int, seed: int, **fields: Any) -> Take:
        caption, bpm, key = SONGS[song]
        prompt = {"caption": caption, "bpm": bpm, "key": key}
        asked = {"prompt": prompt, "seconds": SECONDS, "guide": "none", "raw": True, "play": {"seed": seed}}
        return self.play(read(Generate, asked | fields, where="benchmark"))

    def edit(self, song: int, seed: int, kind: str, fields: dict[str, Any]) -> Take:
        source = self.plain[song, SEEDS[0]]
        asked: dict[str, Any] = {"source": source.id, "play": {"seed": seed}} | fields
        if kind in ("cover", "morph"):
            asked["prompt"] = {"caption": OTHER_STYLE}
        return self.play(read(EDITS[kind], asked, where="benchmark"))

    def sound(self, take: Take) -> Any:
        return files.read(self.studio.library.takes.content(take))

    def row(self, option: str, takes: dict[tuple[int, int], Take], against: dict[tuple[int, int], Take]) -> Row:
        found = []
        for (song, seed), take in takes.items():
            _, bpm, key = SONGS[song]
            sound, meters = self.sound(take), measure(self.sound(take))
            pulse, other = meters.tempo(), self.sound(against[song, seed])
            length = min(sound.shape[1], other.shape[1])
            found.append((
                meters.loudness_lufs, meters.crest_db, meters.flat_share, same_up_to_octave(pulse.bpm, bpm),
                meters.in_scale_share(Key.parse(key)), self.judge(take), mel_distance(sound[:, -length:], other[:, -length:]),
                meters.clipped_share > 0.0,
            ))  # fmt: skip
        lufs, crest, flat, tempo, scale, near, change, clipped = (np.array(column, float) for column in zip(*found, strict=True))
        means = (float(column.mean()) for column in (lufs, crest, flat))
        return Row(option, len(found), *means, int(tempo.sum()), float(scale.mean()), float(near.mean()), float(change.mean()),
                   int(clipped.sum()))  # fmt: skip

    def rows(self) -> Iterator[Row]:
        """Every row, as soon as it is measured."""
        keys = tuple(self.plain)
        yield self.row("make", self.plain, self.plain)
        for option, sampling in SAMPLED.items():
            yield self.row(option, {key: self.make(*key, sampling=sampling) for key in keys}, self.plain)
        sounds = [files.write(self.folder / f"{song}.flac", self.sound(self.plain[song, SEEDS[1]])) for song in range(len(SONGS))]
        for count in (1, 2):
            wanted = {key: [str(sounds[1 - key[0]]), str(sounds[key[0]])][:count] for key in keys}
            made = {key: self.make(*key, reference=wanted[key]) for key in keys}
            yield self.row(" ".join(["--reference FILE"] * count), made, self.plain)
        codes = {key: finish(read_codes(self.plain[key].id, self.studio)) for key in keys}
        yield self.row("--codes its own", {key: self.make(*key, codes=codes[key]) for key in keys}, self.plain)
        sources = {key: self.plain[key[0], SEEDS[0]] for key in keys}
        for option, (kind, fields) in EDITED.items():
            yield self.row(option, {key: self.edit(*key, kind, fields) for key in keys}, sources)
        for kind, fields in (
            ("repaint", REPAINTED),
            ("refine", {}),
            ("extract", {"stem": "drums", "anyway": True}),
            ("lego", {"stem": "bass"}),
        ):
            wanted = {key: fields | {"reference": [str(sounds[1 - key[0]]), str(sounds[key[0]])]} for key in keys}
            yield self.row(
                f"{kind} --reference A --reference B", {key: self.edit(*key, kind, wanted[key]) for key in keys}, sources
            )


def line(row: Row) -> str:
    """A row of the Markdown table."""
    levels = f"{row.lufs:.1f} | {row.crest_db:.1f} | {row.flat:.2f}"
    return (
        f"| `{row.option}` | {levels} | {row.tempo}/{row.takes} | {row.in_scale:.2f} | {row.nearness:.2f} | {row.change_db:.1f} |"
    )


def main() -> None:
    """Measure every row, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jsonl", type=Path, help="also append every row to this file")
    place = parser.parse_args().jsonl
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(studio=Path(folder) / "studio", device="cpu", offline=True)
        with open_library(settings) as library:
            for row in Bench(Studio(settings, library), Path(folder)).rows():
                sys.stdout.write(line(row) + "\n")
                sys.stdout.flush()
                if place is not None:
                    with place.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(row)) + "\n")


if __name__ == "__main__":
    main()
