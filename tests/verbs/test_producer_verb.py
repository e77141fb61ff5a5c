"""`twin producer`: what is refused before anything is played, training from a folder of songs, a whole production."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mixing_kit import needs_engine
from producer_kit import RATE, song, stem
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound, Unavailable
from producertwin.mixing.producer.model import load_producer
from producertwin.pipeline.stages import Extract, Play
from producertwin.progress import Steps, finish
from producertwin.quality import report
from producertwin.reporting import waveform
from producertwin.training.producer import training
from producertwin.verbs import producer_demo
from producertwin.verbs.edit import edit
from producertwin.verbs.played_before import find_played
from producertwin.verbs.producer import assess_quality, generate_faust, plan_production, plan_stem
from producertwin.verbs.producer_demo import ProducerDemoPlan, demo, list_demo_files
from producertwin.verbs.producer_song import SongStem
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
    (tmp_path / "other.stems").mkdir()
    (tmp_path / "other.stems" / "notes.txt").write_text("mine")
    for asked, target, error in (
        ({"input": str(whole), "prompt": "trap"}, whole, BadInput),
        ({"input": str(whole), "prompt": "trap"}, tmp_path / "other.wav", BadInput),
        ({"input": str(whole), "prompt": "trap", "stems": tmp_path / "result.stems"}, out, BadInput),
        ({"input": str(whole), "prompt": "trap", "weights": empty}, out, Unavailable),
        ({"input": str(whole), "prompt": "trap", "separate": "demucs"}, out, Unavailable),
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
@pytest.mark.thorough
def test_a_production_is_whole_its_mix_can_be_taken_apart_and_a_stopped_one_leaves_no_mix(
    tmp_path: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    stems = tmp_path / "parts"
    stems.mkdir()
    for name in ("drums", "bass"):
        files.write(stems / f"{name}.wav", stem(name, 5.0))
    files.write(stems / "keys.wav", stem("keyboard", 7.0))  # longer than the song: a mix cannot name it as it is
    asked = plan_production("drums, bass and keys, no synth, no strings, no guitar")
    monkeypatch.setattr(producer_demo, "plan_production", lambda *_: asked.model_copy(update={"stems": asked.stems[:1]}))
    plan = ProducerDemoPlan(input=str(write_song(tmp_path, 5.0)), prompt="trap", stems=stems, bpm=120, key="A minor", rounds=0)
    out = tmp_path / "made" / "result.wav"
    out.parent.mkdir()
    whole = waveform.draw
    monkeypatch.setattr(waveform, "draw", stop)
    with pytest.raises(KeyboardInterrupt):
        finish(demo(plan, studio, out))
    assert not out.exists()
    monkeypatch.setattr(waveform, "draw", whole)
    done = finish(demo(plan, studio, out))
    assert {path.name for path in done.files} >= {"result.wav", "result.dsp", "result.png", "result.plan.json", "drums.wav"}
    assert all(path.is_file() for path in done.files)
    assert {path.name for path in out.parent.iterdir()} == {path.name for path in list_demo_files(out)[:6]} | {"result.stems"}
    assert set(done.files) == set(list_demo_files(out))
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert not list((studio.settings.studio / "cache" / "producer").rglob("*"))
    take = studio.library.takes.get(done.take)
    assert {str(stems / "drums.wav"), str(stems / "bass.wav")} <= {one["source"] for one in take.stage["inputs"]}


@needs_engine
@pytest.mark.thorough
@pytest.mark.parametrize("better", [True, False])
def test_a_song_whose_stems_were_taken_out_is_tried_whole(
    tmp_path: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch, better: bool
) -> None:
    asked = plan_production("bass, no drums, no keyboard, no synth, no strings, no guitar")
    monkeypatch.setattr(producer_demo, "plan_production", lambda *_: asked.model_copy(update={"stems": asked.stems[:1]}))
    parts = {name: SongStem(stem(name, 5.0)) for name in (asked.names[0], "keys")}

    def take_out(*_: object) -> Steps[tuple[dict[str, SongStem], bool]]:
        yield from ()
        return parts, True

    scores = iter([SimpleNamespace(score=5.0), SimpleNamespace(score=8.0 if better else 4.0)])
    monkeypatch.setattr(producer_demo, "find_stems", take_out)
    monkeypatch.setattr(report, "inspect", lambda *_, **__: (next(scores), None))
    plan = ProducerDemoPlan(input=str(write_song(tmp_path, 5.0)), prompt="trap", bpm=120, key="A minor", rounds=1)
    done = finish(demo(plan, studio, tmp_path / "result.wav"))
    assert [(one.tried, one.kept) for one in done.rounds] == [("the rules' desk", True), ("the song whole", better)]
    names = {path.stem for path in (tmp_path / "result.stems").iterdir()}
    assert names == ({"song"} if better else set(parts))


def stop(*_: object, **__: object) -> bytes:
    raise KeyboardInterrupt


def test_a_take_of_the_same_stage_is_found_and_another_is_not(studio: Studio, tmp_path: Path) -> None:
    source = write_song(tmp_path, 1.0)
    stage = Extract(source=str(source), stem="drums", anyway=True, play=Play(variant="tiny", seed=4, steps=1))
    assert finish(find_played(stage, studio)) is None
    [done] = finish(edit(stage, studio))
    found = finish(find_played(stage, studio))
    assert found is not None and found.id == done.take.id
    for other in ({"stem": "bass"}, {"play": stage.play.model_copy(update={"seed": 5})}):
        assert finish(find_played(stage.model_copy(update=other), studio)) is None
    write_song(tmp_path, 1.5)
    assert finish(find_played(stage, studio)) is None


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
