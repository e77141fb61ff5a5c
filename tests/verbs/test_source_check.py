"""An edit's source is judged before work: what nano cannot carry is told, a stem that is not there is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_kit import edit, tone
from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.errors import BadInput
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.request import Latents, Metas
from producertwin.model.variants import load as loading
from producertwin.pipeline.behaviours import BEHAVIOURS
from producertwin.pipeline.pipelines import write_toml
from producertwin.pipeline.sources import EditSource
from producertwin.pipeline.stages import Extract, Generate, Play
from producertwin.progress import Event, Message, Progress, finish
from producertwin.recipe import read
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs import edit as editing
from producertwin.verbs import make
from producertwin.verbs.pipeline import PipelineRun, run_pipeline
from producertwin.verbs.studio import Studio

QUICK = Play(variant="nano", seed=1, steps=1)


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return loading.load("nano", Settings(studio=tmp_path_factory.mktemp("models"), device="cpu", offline=True))


@pytest.fixture
def studio(tmp_path: Path, nano: Instrument) -> Iterator[Studio]:
    settings = Settings(studio=tmp_path / "studio", device="cpu", offline=True)
    with open_library(settings) as library:
        yield Studio(settings, library, {"nano": nano})


@cache
def band(style: str) -> Samples:
    return render(compose(style, seed=9, seconds=6.0), seconds=6.0).mix


def _noise() -> Samples:
    return (0.1 * np.random.default_rng(3).standard_normal((2, 4 * SAMPLE_RATE))).astype(np.float32)


def _against() -> Samples:
    return np.stack([band("house")[0], -band("house")[0]])


def _clicks() -> Samples:
    return np.tile((np.arange(4 * SAMPLE_RATE) % 12_000 == 0).astype(np.float32) * np.float32(0.8), (2, 1))


FOREIGN: dict[str, Callable[[], Samples]] = {"clicks": _clicks, "noise": _noise, "one channel turned over": _against}


def play(studio: Studio, stage: Any) -> tuple[list[Any], list[Event]]:
    events: list[Event] = []
    return finish(editing.edit(stage, studio), events.append), events


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_source_is_told_before_work_and_kept_in_the_record(studio: Studio, tmp_path: Path, kind: str) -> None:
    path = files.write(tmp_path / "song.flac", FOREIGN[kind]())
    [made], events = play(studio, edit("cover", path, prompt={"caption": "house"}, play=QUICK))
    [told] = [event for event in events if isinstance(event, Message) and event.kind == "warning" and "outside" in event.text]
    [first, *_] = [place for place, event in enumerate(events) if isinstance(event, Progress) and event.what.startswith("take")]
    assert events.index(told) < first
    meters = made.take.meters
    error, worst = meters["source_copy_error"], meters["source_copy_worst_hz"]
    assert error is not None and worst is not None
    assert f"{error:.2f} off" in told.text and f"{worst:g} Hz" in told.text and "twin models list" in told.text
    assert {"source_copy_harmony", "source_copy_mel_db", "source_copy_worst_db"} <= meters.keys()


@pytest.mark.thorough
@pytest.mark.parametrize("style", ["house", "boom-bap", "CORE-01"])
def test_music_of_its_own_kind_is_measured_and_not_warned_of(studio: Studio, tmp_path: Path, style: str) -> None:
    path = files.write(tmp_path / "song.flac", band(style))
    [made], events = play(studio, edit("repaint", path, start=2.0, end=3.0, prompt={"caption": "lofi"}, play=QUICK))
    assert not [event for event in events if isinstance(event, Message) and "outside" in event.text]
    error = made.take.meters["source_copy_error"]
    assert error is not None and 0.0 < error < 0.46


def test_a_take_of_its_own_is_not_measured(studio: Studio) -> None:
    stage = read(Generate, {"prompt": {"caption": "house"}, "seconds": 3.0, "guide": "none", "play": QUICK}, where="test")
    [parent] = finish(make.make(stage, studio))
    [made], _ = play(studio, edit("refine", parent.take.id, play=QUICK))
    assert "source_copy_error" not in made.take.meters


def test_a_variant_whose_limits_are_not_known_judges_nothing(studio: Studio, tmp_path: Path) -> None:
    path = files.write(tmp_path / "song.flac", _noise()[:, :SAMPLE_RATE])
    [made], events = play(studio, edit("extract", path, anyway=True))
    assert made.take.variant == "tiny" and "source_copy_error" not in made.take.meters
    assert not [event for event in events if isinstance(event, Message) and event.kind == "warning"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("sound", "stem"), [("tone", "drums"), ("boom-bap", "backing_vocals"), ("techno", "vocals"), ("ambient", "drums")]
)
def test_a_stem_that_is_not_there_is_refused_before_work(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: str, stem: str
) -> None:
    monkeypatch.setattr("producertwin.model.sampling.engine.generate", _fail)
    path = files.write(tmp_path / "song.flac", tone(4.0) if sound == "tone" else band(sound))
    with pytest.raises(BadInput, match=rf"nothing of {stem} is heard in .*song\.flac \(chance 0\.\d\d") as caught:
        play(studio, edit("extract", path, stem=stem, play=QUICK))
    assert "--anyway" in caught.value.remedy
    assert studio.library.takes.list() == ()


def _fail(*_: object, **__: object) -> list[Latents]:
    raise AssertionError("the instrument was asked before the source was judged")


@pytest.mark.thorough
def test_what_is_wanted_anyway_is_made_and_its_chance_kept(studio: Studio, tmp_path: Path) -> None:
    path = files.write(tmp_path / "song.flac", tone(4.0))
    [made], _ = play(studio, edit("extract", path, stem="drums", anyway=True, play=QUICK))
    chance, level = made.take.meters["source_stem_chance"], made.take.meters["extracted_db"]
    assert chance is not None and chance < 0.1 and level is not None and level < 3.0
    assert made.take.stage["anyway"] is True


@pytest.mark.thorough
@pytest.mark.parametrize("stem", ["drums", "bass"])
def test_a_stem_that_is_there_is_extracted(studio: Studio, tmp_path: Path, stem: str) -> None:
    path = files.write(tmp_path / "song.flac", band("house"))
    [made], _ = play(studio, edit("extract", path, stem=stem, play=Play(variant="nano", seed=1, steps=8)))
    chance, level = made.take.meters["source_stem_chance"], made.take.meters["extracted_db"]
    assert chance is not None and chance > 0.5 and level is not None and level > -15.0


@pytest.mark.parametrize("stem", ["drums", "bass", "vocals"])
@pytest.mark.parametrize(("below", "kept"), [(3.0, True), (28.0, True), (32.0, False), (60.0, False)])
def test_a_residue_is_no_stem(stem: str, below: float, kept: bool) -> None:
    mix = EditSource("song.flac", "b2:" + "0" * 64, tone())
    made = tone() * np.float32(10 ** (-below / 20))
    stage, judge = read(Extract, {"source": "song.flac", "stem": stem}, where="test"), BEHAVIOURS["extract"].judge
    if kept:
        assert judge(stage, made, (mix,), Metas())["extracted_db"] == pytest.approx(-below, abs=0.1)
    else:
        with pytest.raises(BadInput, match=rf"next to nothing of {stem} in song\.flac: .* {below:.0f} dB below") as caught:
            judge(stage, made, (mix,), Metas())
        assert "--anyway" in caught.value.remedy
    assert judge(stage.model_copy(update={"anyway": True}), made, (mix,), Metas()) == {
        "extracted_db": pytest.approx(-below, abs=0.1)
    }


@pytest.mark.thorough
def test_a_pipeline_judges_what_comes_from_outside_and_not_its_own_takes(studio: Studio, tmp_path: Path) -> None:
    song = files.write(tmp_path / "song.flac", _noise())
    quick = {"variant": "nano", "steps": 1, "seed": 1}
    stages = [
        {"id": "near", "kind": "cover", "source": "@source"},
        {"id": "far", "kind": "refine", "source": "@near", "denoise": 0.5},
    ]
    (tmp_path / "p.toml").write_text(write_toml({"prompt": {"caption": "house"}, "play": quick, "stages": stages}))
    events: list[Event] = []
    run = PipelineRun(pipeline=str(tmp_path / "p.toml"), source=str(song))
    result = finish(run_pipeline(run, studio), events.append)
    told = [event.text for event in events if isinstance(event, Message)]
    assert [text.split(":")[0] for text in told if "outside" in text] == ["near"]
    assert any(text.startswith("near: no tempo and no key is clear") for text in told)
    [near], [far] = result.stages["near"], result.stages["far"]
    assert "source_copy_error" in studio.library.takes.get(near).meters
    assert "source_copy_error" not in studio.library.takes.get(far).meters
