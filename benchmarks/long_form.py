"""Whether a long song keeps its form: verse and chorus differ, returns resemble each other, the ending ends.

    python benchmarks/long_form.py [--captions 3] [--picture docs/images/song-form.png]

Songs of three minutes and five kinds of section are played by nano at the strength of a written song. Likeness is that of bars
(`audio.structure`), of sections of one name and of different names; the boundaries are read from the sound alone. The picture
shows the likeness of every two bars, of the guide and of the take.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from producertwin.audio import files, structure
from producertwin.model.sampling.request import Metas
from producertwin.pipeline import guide, read_back
from producertwin.pipeline.stages import Generate
from producertwin.progress import Steps
from producertwin.reporting import theme
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.make import make
from producertwin.verbs.studio import open_studio

CAPTIONS = (("pop, piano, synth, uplifting", 96.0), ("boom bap, dusty drums, rhodes", 88.0), ("house, piano, synth bass", 122.0))
CHORDS = (
    "Am | F | C | G; verse: Am | Am | F | G; chorus: F | G | C | E7; bridge: Dm | Am | E7 | Am; "
    "intro: Am | F; outro: F | G | Am | Am"
)
SIZE, EDGE = 360, 28


def write_form(bpm: float) -> str:
    """About three minutes in five kinds of section: verse and chorus come twice."""
    parts = (("intro", 1), ("verse", 4), ("chorus", 4), ("verse", 4), ("bridge", 2), ("chorus", 4), ("outro", 2))
    unit = 180.0 * bpm / 240.0 / sum(weight for _, weight in parts)
    return ", ".join(f"{name} {max(round(weight * unit / 4) * 4, 4)}" for name, weight in parts)


def drain(steps: Steps[Any]) -> Any:
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def draw(alike: list[tuple[str, np.ndarray]], bounds: list[int], names: list[str]) -> Image.Image:
    """Likeness of bars side by side, with the written boundaries and the names of the sections."""
    picture = Image.new("RGB", (len(alike) * (SIZE + EDGE) + EDGE, SIZE + 2 * EDGE + 8), theme.PAPER)
    pen, letters = ImageDraw.Draw(picture), theme.font(12)
    for place, (title, matrix) in enumerate(alike):
        left, count = EDGE + place * (SIZE + EDGE), len(matrix)
        grey = np.uint8(255 * (np.clip(matrix, -0.5, 1.0) + 0.5) / 1.5)
        picture.paste(Image.fromarray(grey).resize((SIZE, SIZE), Image.Resampling.NEAREST), (left, EDGE))
        pen.text((left, 6), title, fill=theme.INK, font=letters)
        for bar, name in zip(bounds, names, strict=True):
            at = left + round(bar * SIZE / count)
            pen.line((at, EDGE, at, EDGE + SIZE), fill=(90, 130, 230))
            pen.text((at + 2, EDGE + SIZE + 4), name, fill=theme.FAINT, font=letters)
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=int, default=3)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    columns = "song | seconds | boundaries | returns alike | others alike"
    print(f"| {columns} | guide: boundaries | returns | others | last half second, dB |")
    print(f"|{'---|' * 9}")
    with tempfile.TemporaryDirectory() as folder, open_studio(Settings(studio=Path(folder), offline=True)) as studio:
        for caption, bpm in CAPTIONS[: asked.captions]:
            prompt = {"caption": caption, "bpm": bpm, "key": "A minor", "meter": 4}
            song = {"chords": CHORDS.split(";", 1)[1], "form": write_form(bpm)}
            [done] = drain(make(Generate.model_validate({"prompt": prompt, "song": song, "play": {"seed": 1}}), studio))
            take, audio = done.take, files.read(studio.library.takes.content(done.take))
            stage = Generate.model_validate(take.stage)
            score = guide.write_score(stage, take.seed, Metas.of(take.metas.bpm, take.metas.key, take.metas.meter))
            sketched = guide.play_score(stage, score)
            found, own = (read_back.measure(sound, score) for sound in (audio, sketched))
            level = [float(np.sqrt(np.mean(part**2))) for part in (audio[:, -SAMPLE_RATE // 2 :], audio)]
            fall = 20 * np.log10(max(level[0], 1e-6) / max(level[1], 1e-6))
            cells = [found.get(name) for name in read_back.FORM] + [own.get(name) for name in read_back.FORM]
            told = " | ".join("-" if cell is None else f"{cell:.2f}" for cell in cells)
            print(f"| {caption} | {take.seconds:.0f} | {told} | {fall:.0f} |", flush=True)
            if asked.picture and caption == CAPTIONS[0][0]:
                matrices = [
                    (name, structure.likeness(structure.describe_bars(sound, score.tempo, score.meter)))
                    for name, sound in (("the guide", sketched), ("the take", audio))
                ]
                names = [section.name or section.kind for section in score.sections]
                draw(matrices, [section.first_bar for section in score.sections], names).save(asked.picture, optimize=True)


if __name__ == "__main__":
    main()
