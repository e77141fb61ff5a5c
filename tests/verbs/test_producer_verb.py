"""`twin producer`: what is refused before anything is played, training from a folder of songs, a whole production."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixing_kit import needs_engine
from producer_kit import RATE, song, stem
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound
from producertwin.mixing.producer.model import load_producer
from producertwin.progress import finish
from producertwin.training.producer import training
from producertwin.verbs.producer import assess_quality, generate_faust, plan_production, plan_stem
from producertwin.verbs.producer_demo import ProducerDemoPlan, demo, list_demo_files
from producertwin.verbs.producer_train import ProducerTrainPlan, faust_train, plan_producer_train, train
from producertwin.verbs.studio import Studio


def write_song(folder: Path, seconds: float = 6.0) -> Path:
    """A song of three tones."""
    sounds = [stem(name, seconds) for name in ("drums", "bass", "keyboard")]
    return files.write(folder / "song.wav", np.sum(sounds, axis=0, dtype=np.float32))


def test_faust_is_written_for_stems_and_a_mix_is_judged() -> None:
    made = generate_faust({"kick": stem("drums"), "808": stem("bass")}, "dark trap")
    assert "kick_process" in made.source and "process" in made.source
    assert list(made.desk.strips) == ["kick", "stem808"]
    assert 0 <= assess_quality(stem("bass")) <= 1
    with pytest.raises(BadInput):
        generate_faust({}, "trap")


def test_the_stage_of_a_stem_keeps_tempo_and_key_and_only_beats_have_a_sketch() -> None:
    plan = plan_production("trap, 140 bpm, F minor")
    for name, guide in (("drums", "band"), ("percussion", "band"), ("bass", "none"), ("vocals", "none")):
        stage = plan_stem(plan, name, "song.wav", variant="nano", seed=3)
        assert (stage.prompt.bpm, stage.prompt.key, stage.stem, stage.guide) == (140, "F minor", name, guide)  # type: ignore[union-attr]


@needs_engine
def test_what_cannot_be_produced_is_refused_at_once(tmp_path: Path, studio: Studio) -> None:
    whole, out = write_song(tmp_path), tmp_path / "result.wav"
    short = files.write(tmp_path / "short.wav", stem("bass", 1.0))
    empty = tmp_path / "empty"
    empty.mkdir()
    for asked, target, error in (
        ({"input": str(tmp_path / "no.wav"), "prompt": "trap"}, out, NotFound),
        ({"input": str(short), "prompt": "trap"}, out, BadInput),
        ({"input": str(whole), "prompt": "trap", "stems": empty}, out, BadInput),
        ({"input": str(whole), "prompt": "trap"}, tmp_path / "result.txt", BadInput),
    ):
        with pytest.raises(error):
            finish(demo(ProducerDemoPlan.model_validate(asked), studio, target))
    assert not out.exists()
    assert [path.name for path in list_demo_files(out)][1:3] == ["result.dsp", "result.desk.toml"]


def test_the_desk_head_is_trained_on_a_folder_of_songs(tmp_path: Path, studio: Studio) -> None:
    place = tmp_path / "data" / "Ada" / "one"
    (place / "stems").mkdir(parents=True)
    write_song(place, 0.8)
    for name in ("drums", "bass"):
        files.write(place / "stems" / f"{name}.wav", stem(name))
    plan = ProducerTrainPlan(folder=tmp_path / "run", data=tmp_path / "data", songs=0, steps=1)
    done = finish(faust_train(plan, studio))
    assert (done.reached, done.songs) == (1, 1)
    assert list(done.epochs[0]) == ["faust"]
    read, shipped = load_producer(done.weights), load_producer()
    assert read.plan_stems("trap") == shipped.plan_stems("trap")


def test_nothing_to_learn_from_and_no_mixes_are_refused(tmp_path: Path, studio: Studio) -> None:
    with pytest.raises(BadInput):
        plan_producer_train(ProducerTrainPlan(songs=0))
    assert plan_producer_train(ProducerTrainPlan(songs=10, steps=5)).schedule.steps == 5
    with pytest.raises(NotFound):
        finish(train(ProducerTrainPlan(folder=tmp_path / "run", songs=0, takes=True), studio))
    with pytest.raises(NotFound):
        finish(train(ProducerTrainPlan(folder=tmp_path / "run", data=tmp_path / "no", songs=0), studio))
    assert training.epoch_of(training.ProducerRecipe(songs=10, desks=4), 2) == 3
    assert song().stems and RATE == 48_000


@needs_engine
@pytest.mark.slow
def test_a_song_is_produced_from_end_to_end(tmp_path: Path, studio: Studio) -> None:
    stems = tmp_path / "stems"
    stems.mkdir()
    for name in ("keyboard", "synth"):
        files.write(stems / f"{name}.wav", stem(name, 8.0))
    plan = ProducerDemoPlan(
        input=str(write_song(tmp_path, 8.0)),
        prompt="dark trap, heavy 808s and drums",
        stems=stems,
        bpm=120,
        key="A minor",
        rounds=1,
    )
    done = finish(demo(plan, studio, tmp_path / "result.wav"))
    assert {"drums", "bass"} <= set(done.made)
    assert all(path.is_file() for path in done.files)
    checks = {one.what: one.passed for one in done.checks}
    assert checks["peak"] and checks["length"]
    assert len(done.rounds) == 2 and done.rounds[0].kept
