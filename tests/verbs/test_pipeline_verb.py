"""Pipelines on tiny: what they make, in which order, with which seeds; refused before the first note; and made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_kit import tone
from producertwin.audio import files
from producertwin.errors import BadInput, Interrupted, NotFound
from producertwin.library import Take
from producertwin.model.instrument import Instrument
from producertwin.pipeline.pipelines import pipeline_files, write_toml
from producertwin.progress import Event, Kept, Message, Progress, Steps, finish
from producertwin.verbs import pipeline as verb
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import Studio

TINY = {"variant": "tiny", "steps": 2, "seed": 5}


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return files.write(tmp_path / "song.flac", tone())


def asked(tmp_path: Path, *stages: dict[str, Any], run: dict[str, Any] | None = None, **shared: Any) -> verb.PipelineRun:
    path = tmp_path / "p.toml"
    path.write_text(write_toml({"prompt": {"caption": "lofi"}, "play": TINY, "seconds": 1.5, **shared, "stages": list(stages)}))
    return verb.PipelineRun.model_validate({"pipeline": str(path), **(run or {})})


def takes(studio: Studio, result: verb.PipelineResult, stage: str) -> list[Take]:
    return [studio.library.takes.get(take) for take in result.stages[stage]]


def messages(work: Steps[Any]) -> tuple[Any, list[str]]:
    """What the work returned, and what it said."""
    events: list[Event] = []
    result = finish(work, events.append)
    return result, [event.text for event in events if isinstance(event, Message)]


def mix(*inputs: dict[str, Any]) -> dict[str, Any]:
    return {"id": "sum", "kind": "mix", "inputs": list(inputs)}


def select(**fields: Any) -> dict[str, Any]:
    return {"id": "best", "kind": "select", "source": "@draft", **fields}


DRAFT = {"id": "draft", "kind": "generate", "guide": "none"}
FINISH = {"id": "finish", "kind": "refine", "source": "@draft"}


@pytest.mark.thorough
def test_a_batch_goes_through_stage_by_stage_item_by_item(studio: Studio, tmp_path: Path) -> None:
    run = asked(
        tmp_path,
        DRAFT,
        FINISH,
        {"id": "cut", "kind": "repaint", "source": "@finish", "start": 0.5, "end": 1},
        play=TINY | {"batch": 2},
    )
    result = finish(verb.run_pipeline(run, studio, out=tmp_path / "out" / "song.wav"))
    draft, refined, cut = (takes(studio, result, name) for name in ("draft", "finish", "cut"))
    assert [take.parents for take in refined] == [(take.id,) for take in draft]
    assert [take.parents for take in cut] == [(take.id,) for take in refined]
    assert [take.seed for take in draft] == [5, 6]
    assert [take.seed for take in refined] == [5 + verb.STRIDE, 6 + verb.STRIDE]
    assert len({take.seed for take in (*draft, *refined, *cut)}) == 6
    assert all(take.caption == "lofi" for take in cut)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["song-1.wav", "song-2.wav"]
    assert [one.take.id for one in result.takes] == [take.id for take in cut]


def test_sampling_is_said_once_for_all_stages(studio: Studio, tmp_path: Path) -> None:
    """In the head of the file, and over it at the run; a stage's own wins. What cannot be is refused before the first note."""
    own = FINISH | {"sampling": {"velocity_ema": 0.1}}
    run = asked(
        tmp_path, DRAFT, own, sampling={"velocity_clamp": 0.5, "velocity_ema": 0.3}, run={"sampling": {"sampler": "heun"}}
    )
    result = finish(verb.run_pipeline(run, studio))
    [draft], [refined] = (takes(studio, result, name) for name in ("draft", "finish"))
    for take, smoothing in ((draft, 0.3), (refined, 0.1)):
        stored = take.stage["sampling"]
        assert isinstance(stored, dict)
        assert (stored["sampler"], stored["velocity_clamp"], stored["velocity_ema"]) == ("heun", 0.5, smoothing)
        assert finish(replay(take.id, studio)).same_bytes
    plain = finish(verb.run_pipeline(asked(tmp_path, DRAFT, FINISH), studio))
    assert takes(studio, plain, "draft")[0].latents != draft.latents
    for sampling, said in (({"dcw_scale": 0.3}, "DCW is off"), ({"guidance_mode": "adg"}, "guidance 1 is none")):
        late = FINISH | {"sampling": sampling, "play": {"guidance": 1}}
        with pytest.raises(BadInput, match=f"finish: .*{said}"):
            finish(verb.plan_pipeline(asked(tmp_path, DRAFT, late), studio))


def test_the_steps_of_a_schedule_are_those_that_are_planned(studio: Studio, tmp_path: Path) -> None:
    plan = finish(verb.plan_pipeline(asked(tmp_path, DRAFT, FINISH, run={"sampling": {"schedule": [1, 0.6, 0.2]}}), studio))
    assert [one.steps for one in plan.stages] == [3, 3]


def test_a_pipeline_of_one_stage_makes_what_make_makes(studio: Studio, tmp_path: Path) -> None:
    from producertwin.pipeline.stages import Generate
    from producertwin.verbs.make import make

    result = finish(verb.run_pipeline(asked(tmp_path, DRAFT), studio))
    stage = {"prompt": {"caption": "lofi"}, "seconds": 1.5, "guide": "none", "play": TINY}
    (made,) = finish(make(Generate.model_validate(stage), studio))
    assert made.take.id == result.takes[0].take.id


def test_latents_go_from_stage_to_stage(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from producertwin.model.sampling import codec

    encoded: list[int] = []
    encode = codec.encode
    monkeypatch.setattr(codec, "encode", lambda *args, **fields: encoded.append(1) or encode(*args, **fields))
    plan = finish(verb.plan_pipeline(asked(tmp_path, DRAFT, FINISH), studio))
    finish(verb.run_pipeline(asked(tmp_path, DRAFT, FINISH), studio))
    assert [one.hands_over for one in plan.stages] == ["nothing", "latents"]
    assert encoded == []


def test_a_mix_sums_its_takes_and_the_next_stage_plays_on_it(studio: Studio, tmp_path: Path, song: Path) -> None:
    run = asked(
        tmp_path,
        DRAFT,
        {
            "id": "sum",
            "kind": "mix",
            "inputs": [{"source": "@draft", "gain": -6}, {"source": "@source", "gain": -6, "offset": 0.5}],
        },
        {"id": "after", "kind": "refine", "source": "@sum"},
        run={"source": str(song)},
    )
    plan = finish(verb.plan_pipeline(run, studio))
    assert [(one.hands_over, one.seconds) for one in plan.stages] == [("nothing", 1.5), ("takes", 2.5), ("sound", 2.5)]
    result = finish(verb.run_pipeline(run, studio))
    (draft,), (mixed,), (after,) = (takes(studio, result, name) for name in ("draft", "sum", "after"))
    assert (mixed.task, mixed.variant, mixed.parents, mixed.latents, mixed.caption) == ("mix", "mix", (draft.id,), None, "lofi")
    assert mixed.seconds == pytest.approx(2.5)
    assert after.parents == (mixed.id,)
    sound = files.read(studio.library.takes.content(mixed))
    first = files.read(studio.library.takes.content(draft))
    np.testing.assert_allclose(sound[:, :24_000], 10 ** (-6 / 20) * first[:, :24_000], atol=1e-3)


def test_select_goes_on_with_the_best_of_a_batch(studio: Studio, tmp_path: Path) -> None:
    run = asked(
        tmp_path,
        DRAFT | {"play": {"batch": 3}},
        {"id": "best", "kind": "select", "source": "@draft", "keep": 2},
        {"id": "finish", "kind": "refine", "source": "@best"},
    )
    result, said = messages(verb.run_pipeline(run, studio))
    from producertwin.pipeline.choosing import score_meters

    draft, best, finished = (takes(studio, result, name) for name in ("draft", "best", "finish"))
    assert [take.id for take in best] == [take.id for take in sorted(draft, key=lambda take: -score_meters(take))[:2]]
    assert [take.parents for take in finished] == [(take.id,) for take in best]
    assert any(text.startswith("best: by meters ") and best[0].id in text for text in said)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([FINISH | {"source": "@source"}], "finish: source: it works on a sound that is given"),
        ([FINISH | {"source": "gone.wav"}], "finish: source: .*gone.wav"),
        ([DRAFT | {"play": {"variant": "huge"}}], "draft: play.variant: .*huge"),
        ([DRAFT | {"play": {"adapters": ["nowhere"]}}], "draft: play.adapters: .*nowhere"),
        ([DRAFT | {"reference": "gone.wav"}], "draft: reference: .*gone.wav"),
        ([DRAFT, {"id": "cut", "kind": "repaint", "source": "@draft", "start": 30, "end": 40}], "cut: regions: .*30-40 s begins"),
        ([DRAFT, select(keep=2)], "best: keep: keeps 2 of 1"),
        ([DRAFT, select(by="taste")], r"best: by: nobody called 'taste'.*caption, chords, inspector, meters"),
        ([DRAFT, select(source="song.wav")], "best: source: song.wav is no stage"),
        (
            [DRAFT | {"play": {"batch": 2}}, DRAFT | {"id": "b", "play": {"batch": 3}},
             mix({"source": "@draft"}, {"source": "@b"})],
            "sum: inputs: 2 and 3 takes do not go together",
        ),
    ],
)  # fmt: skip
def test_what_can_be_refused_is_refused_before_the_first_note(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stages: list[dict[str, Any]], said: str
) -> None:
    from producertwin.model.sampling import engine

    monkeypatch.setattr(engine, "generate", lambda *_, **__: pytest.fail("a note was played"))
    for act in (verb.plan_pipeline, verb.run_pipeline):
        with pytest.raises((BadInput, NotFound), match=said):
            finish(act(asked(tmp_path, *stages), studio))
    assert studio.library.takes.list() == ()


def test_mistakes_of_several_stages_are_told_at_once_and_those_that_follow_from_them_are_not(
    studio: Studio, tmp_path: Path
) -> None:
    stages = [
        FINISH | {"id": "a", "source": "@source"},
        FINISH | {"id": "b", "source": "@a"},
        DRAFT | {"id": "c", "play": {"variant": "huge"}},
    ]
    with pytest.raises(BadInput) as caught:
        finish(verb.plan_pipeline(asked(tmp_path, *stages), studio))
    assert "a: " in caught.value.message and "c: " in caught.value.message and "b: " not in caught.value.message


def test_a_given_variant_plays_every_stage_with_its_own_settings(studio: Studio) -> None:
    run = {"pipeline": "three-stage", "prompt": {"caption": "lofi"}, "seconds": 2, "play": {"variant": "tiny"}}
    plan = finish(verb.plan_pipeline(verb.PipelineRun.model_validate(run), studio))
    assert [(one.variant, one.steps) for one in plan.stages] == [("tiny", plan.stages[0].steps)] * 3
    assert plan.stages[0].steps != 50


def test_what_a_caption_states_is_used_and_told_once(studio: Studio, tmp_path: Path) -> None:
    run = asked(tmp_path, DRAFT | {"prompt": {"caption": "lofi, 84 bpm, A minor"}})
    result, said = messages(verb.run_pipeline(run, studio))
    assert [text for text in said if "from the caption" in text] == ["draft: from the caption: 84 bpm, A minor"]
    [take] = takes(studio, result, "draft")
    assert (take.metas.bpm, take.metas.key) == (84, "A minor")


def test_stopping_keeps_what_was_finished(studio: Studio, tmp_path: Path) -> None:
    work = verb.run_pipeline(asked(tmp_path, DRAFT, FINISH), studio)
    while not studio.library.takes.list():
        event = next(work)
        assert isinstance(event, Progress | Message | Kept)
    with pytest.raises(Interrupted, match="stopped in stage"):
        work.throw(KeyboardInterrupt())
    assert len(studio.library.takes.list()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    "stage",
    [
        DRAFT,
        DRAFT | {"guide": "band"},
        {"kind": "refine", "source": "@source", "denoise": 0.4},
        {"kind": "cover", "source": "@source", "strength": 0.5},
        {"kind": "repaint", "source": "@source", "start": 0.5, "end": 1},
        {"kind": "repaint", "source": "@source", "start": 1, "end": 3},
        {"kind": "extract", "source": "@source", "stem": "bass"},
        {"kind": "lego", "source": "@source", "stem": "drums"},
        {"kind": "complete", "source": "@source", "stems": ["drums"]},
        {"kind": "mix", "inputs": [{"source": "@source"}, {"source": "@source", "offset": 0.25, "pan": 0.5}]},
    ],
    ids=lambda stage: f"{stage['kind']}-{stage.get('guide') or stage.get('end') or ''}",
)
def test_a_take_of_every_kind_is_made_again_with_the_same_bytes(
    studio: Studio, tmp_path: Path, song: Path, stage: dict[str, Any]
) -> None:
    run = asked(tmp_path, stage | {"id": "only"}, run={"source": str(song)})
    (made,) = finish(verb.run_pipeline(run, studio, out=tmp_path / "copy.flac")).takes
    before = len(studio.library.takes.list())
    for key in (made.take.id, str(tmp_path / "copy.flac")):
        found = finish(replay(key, studio))
        assert (found.take, found.same_bytes, found.differences) == (made.take.id, True, ())
    assert len(studio.library.takes.list()) == before


def test_a_take_of_other_weights_says_so(
    studio: Studio, tmp_path: Path, tiny: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    (made,) = finish(verb.run_pipeline(asked(tmp_path, DRAFT | {"raw": True}), studio)).takes
    other = replace(tiny, revision="b2:other")
    noisy = Studio(studio.settings, studio.library, {"tiny": other})
    assert finish(replay(made.take.id, noisy)).differences == (f"tiny was {tiny.revision}, and is b2:other",)
    from producertwin.model.sampling import engine

    generate = engine.generate

    def louder(*args: Any, **fields: Any) -> Any:
        return [replace(one, audio=0.9 * one.audio) for one in generate(*args, **fields)]

    monkeypatch.setattr(engine, "generate", louder)
    found = finish(replay(made.take.id, studio))
    assert not found.same_bytes
    assert found.difference_db == pytest.approx(-20, abs=0.5)
    assert found.differences and "device" in found.differences[0]


def test_a_file_that_is_no_copy_is_not_found(studio: Studio, song: Path) -> None:
    with pytest.raises(NotFound, match="no copy of a take"):
        finish(replay(str(song), studio))


@pytest.mark.thorough
def test_the_pipeline_of_a_take_makes_it_again(studio: Studio, tmp_path: Path, song: Path) -> None:
    run = asked(
        tmp_path,
        DRAFT,
        FINISH,
        mix({"source": "@draft"}, {"source": "@finish"}),
        {"id": "last", "kind": "cover", "source": "@sum"},
    )
    (made,) = finish(verb.run_pipeline(run, studio)).takes
    traced = finish(verb.find_pipeline(made.take.id, studio))
    assert [stage["id"] for stage in traced["stages"]] == ["generate1", "refine1", "mix1", "cover1"]
    path = tmp_path / "traced.toml"
    path.write_text(write_toml(traced))
    (again,) = finish(verb.run_pipeline(verb.PipelineRun(pipeline=str(path)), studio)).takes
    assert again.take.id == made.take.id


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(pipeline_files(Path("/nowhere"))))
def test_every_preset_runs(studio: Studio, song: Path, name: str) -> None:
    run: dict[str, Any] = {"pipeline": name, "prompt": {"caption": "lofi", "bpm": 96}, "seconds": 1.5, "play": TINY}
    tables = verb.find_tables(name, Path("/nowhere"))
    if any("@source" in str(stage) for stage in tables["stages"]):
        run["source"] = str(song)
    if name == "repaint-region":
        run["source"] = str(files.write(song.with_name("long.flac"), tone(9.0)))
    result = finish(verb.run_pipeline(verb.PipelineRun.model_validate(run), studio))
    assert list(result.stages) == [stage["id"] for stage in tables["stages"]]
    assert result.takes
