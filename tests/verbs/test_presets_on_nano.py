"""Every preset on nano, as a user runs it: lengths, levels, no faults, the asked tempo and key, and who is made from whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files, levels
from producertwin.audio.meters import measure
from producertwin.errors import BadInput
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.library import Take, open_library
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import InputSound, Metas, Request, Sampling
from producertwin.model.tasks import Task
from producertwin.music import Key
from producertwin.pipeline.pipelines import PRESETS, find_tables, pipeline_files, write_toml
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs import pipeline as verb
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import Studio

pytestmark = pytest.mark.slow
SECONDS, BPM, KEY = 10.0, 84.0, "A minor"
STEMS = {"extract", "lego"}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    settings = Settings(studio=tmp_path_factory.mktemp("nano") / "studio", device="cpu", offline=True)
    with open_library(settings) as library:
        yield Studio(settings, library)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    score = compose("CORE-01", seed=3, bpm=BPM, key=KEY, seconds=SECONDS)
    return files.write(tmp_path_factory.mktemp("song") / "song.flac", render(score, seconds=SECONDS).mix)


def run(studio: Studio, song: Path, name: str, **play: Any) -> dict[str, list[Take]]:
    asked: dict[str, Any] = {
        "pipeline": name,
        "prompt": {"caption": "lofi, rainy, rhodes", "bpm": BPM, "key": KEY},
    }
    asked |= {"seconds": SECONDS, "play": {"variant": "nano", "seed": 7, **play}}
    if "@source" in str(find_tables(name, PRESETS)["stages"]):
        asked["source"] = str(song)
    found = finish(verb.run_pipeline(verb.PipelineRun.model_validate(asked), studio))
    return {stage: [studio.library.takes.get(take) for take in ids] for stage, ids in found.stages.items()}


@pytest.mark.parametrize("name", sorted(set(pipeline_files(PRESETS)) - {"extract-vocals"}))
def test_a_preset_makes_music(studio: Studio, song: Path, name: str) -> None:
    made = run(studio, song, name)
    last = list(made)[-1]
    for stage, takes in made.items():
        for take in takes:
            read = take.meters
            assert take.seconds == pytest.approx(SECONDS, abs=1e-3), stage
            if take.audio is None:  # of latents that nobody heard there is nothing to measure
                continue
            assert read["clipped_share"] == 0 and read["dropouts"] == 0, stage
            assert read["true_peak_db"] is not None and read["true_peak_db"] <= 0.0, stage
            assert read["loudness_lufs"] is not None and read["loudness_lufs"] > (-40 if take.task in STEMS else -26), stage
            assert (read["silence_share"] or 0.0) <= (0.7 if take.task in STEMS else 0.1), stage
            assert take.parents or "source" not in take.stage or take.stage["source"] == str(song), stage
    for take in made[last]:
        assert (take.meters["in_scale_share"] or 0.0) >= 0.7
        found = measure(files.read(studio.library.takes.content(take)))
        assert found.tempo().bpm == pytest.approx(BPM, rel=0.02) or found.tempo_fit([BPM])[0] >= 0.03


def test_a_singer_is_not_taken_out_of_a_take_that_nobody_sings(studio: Studio, song: Path) -> None:
    before = studio.library.info().takes
    with pytest.raises(BadInput, match="voice: stem: nobody sings in @song"):
        run(studio, song, "extract-vocals")
    assert studio.library.info().takes == before  # nothing was played for it


def test_ten_takes_of_ten_kinds_are_played_again_to_the_byte(studio: Studio, song: Path) -> None:
    found: dict[str, Take] = {}
    for name in ("cover-polish", "repaint-region", "targeted-repair", "quality-ladder"):
        for takes in run(studio, song, name).values():
            for take in takes:
                found.setdefault(f"{take.stage['kind']}{take.stage.get('stem', '')}", take)
    assert {"cover", "refine", "repaint", "extractdrums", "legobass", "complete", "mix", "generate"} <= set(found)
    for kind, take in found.items():
        assert finish(replay(take.id, studio)).same_bytes, kind


@pytest.mark.parametrize("fields", [{"regions": ["1-2", "4-6"]}, {"regions": ["2-3"], "unit": "bars"}, {"start": 7, "edge": 0.3}])
def test_a_repaint_leaves_the_rest_and_does_not_click(studio: Studio, song: Path, tmp_path: Path, fields: dict[str, Any]) -> None:
    stage = {"id": "only", "kind": "repaint", "source": "@source", **fields}
    path = tmp_path / "p.toml"
    words = {"caption": "lofi, rainy, rhodes", "bpm": BPM, "meter": 4}
    path.write_text(write_toml({"prompt": words, "play": {"variant": "nano", "seed": 3}, "stages": [stage]}))
    work = verb.run_pipeline(verb.PipelineRun(pipeline=str(path), source=str(song)), studio)
    [made] = finish(work).takes
    before, after = files.read(song), files.read(studio.library.takes.content(made.take))
    listed: Any = made.take.stage.get("regions") or [made.take.stage]
    changed = np.zeros(after.shape[1], bool)
    for region in listed:
        changed[round(region["start"] * 48_000) : round(region["end"] * 48_000)] = True
    assert np.array_equal(before[:, ~changed], after[:, ~changed])
    assert levels.rms_db((after - before)[:, changed]) > -60
    assert measure(after).clicks <= measure(before).clicks


def test_a_cover_that_follows_nothing_is_text2music_on_nano_too(studio: Studio, song: Path) -> None:
    nano = finish(studio.load_instrument("nano"))
    words = Request("lofi, rainy", 6.0, 4, metas=Metas(bpm=84, key=Key.parse(KEY), meter=4), sampling=Sampling(steps=4))
    source = InputSound(audio=files.read(song)[:, : 6 * 48_000])
    cover = replace(words, task=Task.COVER, source=source)
    asked = [words, replace(cover, cover_strength=0.0), cover, replace(cover, cover_strength=0.999999)]
    plain, nothing, whole, nearly = (one.latents for one in engine.generate(nano, asked))
    assert np.array_equal(plain, nothing)
    assert not np.array_equal(whole, plain) and not np.array_equal(nearly, whole)
