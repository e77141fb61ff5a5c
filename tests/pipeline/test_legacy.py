"""Requests of ACE-Step's page become pipelines: what they say is kept, their executor's defects are not, nothing is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from producertwin.errors import BadInput
from producertwin.pipeline.legacy import is_legacy, translate
from producertwin.pipeline.pipelines import Pipeline, read_pipeline
from producertwin.pipeline.stages import Complete, Cover, Extract, Generate, Refine, Repaint

DRAFT = {"type": "generate", "model": "acestep-v15-base", "steps": 50, "shift": 3.0, "preview": True}
TURBO = {"model": "acestep-v15-turbo", "steps": 8, "shift": 3.0}


def pipeline(*stages: dict[str, Any], **request: Any) -> tuple[Pipeline, str]:
    """The pipeline of a request, and what was said about it."""
    tables, notes = translate({"caption": "lofi", **request, "stages": list(stages)}, where="request")
    return read_pipeline(tables, where="request"), "; ".join(message.text for message in notes)


def refused(*stages: Any, **request: Any) -> str:
    with pytest.raises(BadInput) as caught:
        translate({"caption": "lofi", **request, "stages": list(stages)}, where="request")
    return caught.value.message


def test_a_request_says_what_its_pipeline_says() -> None:
    found, _ = pipeline(
        DRAFT,
        {"type": "refine", **TURBO, "denoise": 0.6, "caption": "lofi, warm", "seed": 7, "guidance_scale": 1.0},
        lyrics="[verse]\nrain",
        vocal_language="en",
        bpm=84,
        keyscale="A minor",
        timesignature="3/4",
        duration=20,
        batch_size=2,
    )
    draft, finish = (named.stage for named in found.stages)
    assert isinstance(draft, Generate) and isinstance(finish, Refine)
    assert [named.id for named in found.stages] == ["generate1", "refine1"]
    assert (draft.prompt.caption, draft.prompt.lyrics, draft.prompt.language) == ("lofi", "[verse]\nrain", "en")
    assert (draft.prompt.bpm, draft.prompt.key, draft.prompt.meter, draft.seconds) == (84, "A minor", 3, 20)
    assert (draft.play.variant, draft.play.steps, draft.play.shift, draft.play.batch, draft.play.seed) == ("base", 50, 3, 2, None)
    assert (finish.source, finish.denoise, finish.prompt.caption) == ("@generate1", 0.6, "lofi, warm")
    assert (finish.play.variant, finish.play.seed, finish.play.guidance) == ("turbo", 7, 1)


def test_what_is_left_out_is_left_to_the_variant() -> None:
    found, told = pipeline({"type": "generate"}, keyscale="", timesignature="", bpm=None, duration=-1, vocal_language="unknown")
    [named] = found.stages
    assert isinstance(named.stage, Generate)
    play = named.stage.play
    assert (play.steps, play.shift, play.guidance, named.stage.seconds, named.stage.prompt.bpm) == (None, None, None, 30, None)
    assert "generate1: it names no model" in told


def test_sampling_is_taken_over() -> None:
    said = {"infer_method": "sde", "use_adg": True, "cfg_interval_start": 0.1, "cfg_interval_end": 0.8, "guidance_scale": 4}
    found, _ = pipeline(DRAFT | said, DRAFT | {"timesteps": [1.0, 0.5, 0.25, 0.0], "infer_method": "ode"})
    first, second = (named.stage for named in found.stages)
    assert isinstance(first, Generate) and isinstance(second, Generate)
    assert (first.sampling.sampler, first.sampling.guidance_mode, first.sampling.guidance_interval) == ("sde", "adg", (0.1, 0.8))
    assert (second.sampling.sampler, second.sampling.schedule) == ("euler", (1.0, 0.5, 0.25))


def test_known_defects_are_not_made_again() -> None:
    """Whole clips for `repainting_end` -1, sung instrumentals, names that no stem has, and default steps of 8 on base."""
    found, told = pipeline(
        DRAFT,
        {"type": "repaint", "src_stage": 0, "repainting_start": 4, "repainting_end": -1, **TURBO},
        {"type": "repaint", "src_stage": 0, "repainting_end": 3, **TURBO},
        {"type": "extract", "src_stage": 0, "track_name": "VOCALS", "model": "acestep-v15-base"},
        {"type": "complete", "src_stage": 3, "complete_track_classes": ["Drums", "backing vocals"], "model": "acestep-v15-base"},
        {"type": "cover", "src_stage": 0, "audio_cover_strength": 0.5, "lyrics": "sung all the same", **TURBO},
        lyrics="la la",
        instrumental=True,
    )
    _, to_end, from_start, extract, complete, cover = (named.stage for named in found.stages)
    assert isinstance(to_end, Repaint) and (to_end.start, to_end.end) == (4, None)
    assert isinstance(from_start, Repaint) and (from_start.start, from_start.end) == (0, 3)
    assert isinstance(extract, Extract) and (extract.stem, extract.source) == ("vocals", "@generate1")
    assert isinstance(complete, Complete) and (complete.stems, complete.source) == (("drums", "backing_vocals"), "@extract1")
    assert isinstance(cover, Cover) and cover.strength == 0.5
    assert {named.stage.prompt.lyrics for named in found.stages} == {""}
    assert "preview is not taken over" in told


def test_a_sound_of_the_page_is_the_one_that_is_given() -> None:
    found, told = pipeline({"type": "cover", "src_audio_id": "a1b2c3", **TURBO}, {"type": "refine", "input_stage": None, **TURBO})
    assert [named.references for named in found.stages] == [("source",), ("cover1",)]
    assert found.needs_source and "a1b2c3 becomes @source" in told
    assert "are sounds of another program" in refused(
        {"type": "cover", "src_audio_id": "a"}, {"type": "cover", "src_audio_id": "b"}
    )


def test_what_no_pipeline_does_is_told() -> None:
    _, told = pipeline(
        DRAFT | {"scheduler": "discrete", "checkpoint_step": 3}, thinking=True, lm_temperature=0.5, audio_format="mp3"
    )
    for said in ("a pipeline does not think", "scheduler 'discrete' is not taken over", "checkpoint_step is not taken over"):
        assert said in told


@pytest.mark.parametrize(
    ("stages", "request_fields", "said"),
    [
        ([DRAFT | {"stepz": 3}], {}, "stage 1: stepz: not a field; did you mean steps?"),
        ([DRAFT], {"captoin": "x"}, "captoin: not a field; did you mean caption?"),
        ([{"type": "remix"}], {}, "stage 1: type 'remix' is not one of generate"),
        ([{"type": ["cover"]}], {}, "stage 1: type ['cover'] is not one of"),
        (["generate"], {}, "stage 1: not an object"),
        ([{"type": "cover"}], {}, "stage 1: cover needs a source"),
        ([DRAFT, {"type": "cover", "src_latent_id": "x"}], {}, "stage 2: src_latent_id: latents of another program"),
        ([DRAFT, {"type": "cover", "src_stage": 1}], {}, "stage 2: src_stage: 1 is no earlier stage"),
        ([DRAFT, {"type": "cover", "src_stage": -1}], {}, "stage 2: src_stage: -1 is no earlier stage"),
        ([DRAFT, {"type": "refine", "input_stage": True}], {}, "stage 2: input_stage: True is no earlier stage"),
        ([{"type": "refine"}], {}, "stage 1: input_stage: -1 is no earlier stage"),
        ([DRAFT, {"type": "repaint", "src_stage": 0, "repainting_end": -1}], {}, "stage 2: repainting_start: no region"),
        ([DRAFT | {"denoise": 0.5}], {}, "stage 1: denoise: a stage that generates"),
    ],
)
def test_what_cannot_be_translated_is_named(stages: list[Any], request_fields: dict[str, Any], said: str) -> None:
    assert said in refused(*stages, **request_fields)


def test_all_mistakes_are_told_at_once() -> None:
    told = refused({"type": "refine", "x1": 1}, {"type": "cover"}, y2=3)
    for said in ("y2: ", "stage 1: x1: ", "stage 1: input_stage", "stage 2: cover needs"):
        assert said in told


def test_values_are_judged_by_the_records() -> None:
    with pytest.raises(BadInput) as caught:
        pipeline(DRAFT | {"steps": 0, "shift": 99}, {"type": "lego", "src_stage": 0, "track_name": "kazoo"})
    for said in ("generate1: play.steps: ", "generate1: play.shift: ", "lego1: stem: 'kazoo' is not a stem"):
        assert said in caught.value.message


def test_our_own_pipelines_are_not_taken_for_requests() -> None:
    assert is_legacy({"stages": [{"type": "generate"}]})
    for other in ({}, {"stages": 3}, {"stages": [{"kind": "generate"}]}, {"stages": [{"kind": "generate", "type": "x"}]}, []):
        assert not is_legacy(other)
