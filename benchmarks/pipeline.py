"""What pipelines cost beside the work that cannot be left out, and what they save.

    python benchmarks/pipeline.py [--variant nano] [--seconds 20] [--stages 3] [--rounds 15] [--pipelines 100]

Four figures, each against a named alternative in the same run, one JSON line each; times are processor time on a CPU:

- `stages`: a draft and refinements of it as one pipeline, against what is unavoidable: denoising them, decoding the last one, and
  its FLAC, by `engine.generate` on requests and latents that are at hand. Goal: at most 1.05.
- `separate`: the same stages as commands of their own, each on the sound file that the one before it wrote, against the
  pipeline; loading the instrument for every command is left out.
- `overhead`: what a stage of tiny costs in a pipeline beyond the engine's work for it: planning, record, latents, SQLite.
  Goal: below 50 ms.
- `memory`: how much the resident memory grows over so many pipelines on tiny, from the second tenth to the last.
  Goal: below 2 %.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import psutil
import torch
from timing import in_turns

from producertwin.audio import files
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.encodings import Encodings
from producertwin.model.sampling.request import Generated, InputSound, Metas, Request, Sampling, StartPoint
from producertwin.model.variants.load import choose_device, load
from producertwin.pipeline.pipelines import write_toml
from producertwin.pipeline.stages import Generate, Play, Prompt, Refine
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs import pipeline as verb
from producertwin.verbs.edit import edit
from producertwin.verbs.make import make
from producertwin.verbs.studio import Studio, open_studio

CAPTION, SEED, DENOISE = "lofi, rainy, rhodes", 7, 0.5
_seeds = count(SEED)
WORDS = {"caption": CAPTION, "bpm": 80.0, "key": "D minor", "meter": 4}


@contextmanager
def fresh_studio(instrument: Instrument) -> Iterator[Studio]:
    """An empty studio on SQLite with the instrument at hand."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(studio=Path(folder) / "studio", device=instrument.device.type, offline=True)
        with open_studio(settings) as opened:
            library = opened.library
            yield Studio(settings, library, {instrument.variant: instrument})


def tables(variant: str, stages: int, seconds: float, steps: int | None = None) -> dict[str, Any]:
    """A draft without a guide, refined so often."""
    draft = {"id": "draft", "kind": "generate", "guide": "none"}
    names = ["draft", *(f"refine{place}" for place in range(1, stages))]
    more = [{"id": name, "kind": "refine", "source": f"@{before}", "denoise": DENOISE} for before, name in pairwise(names)]
    play = {"variant": variant, "seed": SEED, **({} if steps is None else {"steps": steps})}
    return {"prompt": WORDS, "play": play, "seconds": seconds, "stages": [draft, *more]}


def run_pipeline(studio: Studio, variant: str, stages: int, seconds: float, steps: int | None = None) -> None:
    """Plan and play a pipeline with a seed of its own, so that nothing is there yet; its words are encoded anew."""
    path = studio.settings.studio / "stages.toml"
    asked = tables(variant, stages, seconds, steps)
    asked["play"]["seed"] = next(_seeds)
    path.write_text(write_toml(asked))
    studio.encodings.clear()
    finish(verb.run_pipeline(verb.PipelineRun(pipeline=str(path)), studio))


def run_unavoidable(instrument: Instrument, stages: int, seconds: float, steps: int | None = None) -> list[Generated]:
    """The denoising of every stage, decoding the last, and the FLAC of it; the words are encoded once."""
    instrument = replace(instrument, encodings=Encodings())
    metas, sampling = Metas.of(WORDS["bpm"], WORDS["key"], WORDS["meter"]), Sampling(steps=steps)  # type: ignore[arg-type]
    start: StartPoint | None = None
    for place in range(stages):
        asked = Request(CAPTION, seconds, SEED + place * verb.STRIDE, metas=metas, sampling=sampling, start=start)
        made = engine.generate(instrument, [asked], decode=place == stages - 1)
        start = StartPoint(InputSound(latents=made[0].latents), DENOISE)
    files.encode(made[0].audio, "flac")
    return made


def measure(instrument: Instrument, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """The lines of `stages` and `separate`."""
    with fresh_studio(instrument) as studio:
        works = {
            "pipeline": lambda: run_pipeline(studio, instrument.variant, asked.stages, asked.seconds),
            "unavoidable": lambda: run_unavoidable(instrument, asked.stages, asked.seconds),
            "separate": lambda: run_commands(instrument, asked.stages, asked.seconds),
        }
        found = in_turns(works, asked.rounds, instrument.device)
    middle = {name: round(statistics.median(times), 3) for name, times in found.items()}

    def ratio(above: str, below: str) -> dict[str, float | list[float]]:
        each = sorted(a / b for a, b in zip(found[above], found[below], strict=True))
        low, middle, high = statistics.quantiles(each, n=4)
        return {"ratio": round(middle, 3), "quartiles": [round(low, 3), round(high, 3)]}

    about = {"variant": instrument.variant, "stages": asked.stages, "seconds": asked.seconds}
    return [
        {"figure": "stages", **about, "pipeline_s": middle["pipeline"], "unavoidable_s": middle["unavoidable"],
         **ratio("pipeline", "unavoidable")},
        {"figure": "separate", **about, "separate_s": middle["separate"], "pipeline_s": middle["pipeline"],
         **ratio("separate", "pipeline")},
    ]  # fmt: skip


def run_commands(instrument: Instrument, stages: int, seconds: float) -> None:
    """The stages as commands in studios of their own, which know each other's takes by their files alone."""
    prompt, play = Prompt.model_validate(WORDS), Play(variant=instrument.variant, seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "stage0.wav"
        with fresh_studio(instrument) as studio:
            finish(make(Generate(prompt=prompt, seconds=seconds, guide="none", play=play), studio, out=out))
        for place in range(1, stages):
            source, out = out, Path(folder) / f"stage{place}.wav"
            with fresh_studio(instrument) as studio:
                finish(edit(Refine(source=str(source), denoise=DENOISE, prompt=prompt, play=play), studio, out=out))


def overhead(tiny: Instrument, rounds: int) -> dict[str, Any]:
    """Milliseconds of a stage between the first and the last beyond the engine's own work."""
    few, many = 2, 10
    works: dict[str, Any] = {}
    with fresh_studio(tiny) as studio:
        for stages in (few, many):
            works[f"pipeline{stages}"] = lambda stages=stages: run_pipeline(studio, "tiny", stages, 2.0, 2)
            works[f"engine{stages}"] = lambda stages=stages: run_unavoidable(tiny, stages, 2.0, 2)
        middle = {name: statistics.median(times) for name, times in in_turns(works, rounds, tiny.device).items()}
    per_stage = {part: (middle[f"{part}{many}"] - middle[f"{part}{few}"]) / (many - few) for part in ("pipeline", "engine")}
    return {
        "figure": "overhead", "stage_ms": round(1000 * per_stage["pipeline"], 1),
        "engine_ms": round(1000 * per_stage["engine"], 1),
        "overhead_ms": round(1000 * (per_stage["pipeline"] - per_stage["engine"]), 1),
    }  # fmt: skip


def memory(tiny: Instrument, pipelines: int) -> dict[str, Any]:
    """Growth of the resident memory, in per cent, over so many pipelines of three stages in one studio."""
    process, sizes = psutil.Process(), []
    with fresh_studio(tiny) as studio:
        path = studio.settings.studio / "stages.toml"
        for place in range(pipelines):
            asked = tables("tiny", 3, 2.0, 2)
            asked["play"]["seed"] = place
            path.write_text(write_toml(asked))
            finish(verb.run_pipeline(verb.PipelineRun(pipeline=str(path)), studio))
            sizes.append(process.memory_info().rss)
    few = max(1, pipelines // 10)
    first, last = statistics.median(sizes[few : 2 * few]), statistics.median(sizes[-few:])
    growth = round(100 * (last / first - 1), 2)
    return {"figure": "memory", "pipelines": pipelines, "resident_mb": round(last / 1e6), "growth_percent": growth}


def main() -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", default="nano")
    parser.add_argument("--seconds", type=float, default=20.0)
    for name, value in (("stages", 3), ("rounds", 15), ("pipelines", 100)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(studio=Path(folder), device=choose_device(asked.device).type, offline=True)
        instrument, tiny = load(asked.variant, settings), load("tiny", settings)
    print(json.dumps(overhead(tiny, asked.rounds)), flush=True)
    print(json.dumps(memory(tiny, asked.pipelines)), flush=True)
    for line in measure(instrument, asked):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
