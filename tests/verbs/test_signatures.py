"""Every verb has one shape: a frozen plan and an open studio in, a stream of events with the result at its end out."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin.recipe import Record
from producertwin.verbs import (
    band,
    caption,
    compare,
    dataset,
    demo,
    edit,
    encode,
    evaluate,
    ingest,
    listen,
    lofi,
    make,
    measure_ears,
    models,
    planner,
    pretrain,
    producer_demo,
    producer_train,
    repair,
    screen,
    train,
)
from producertwin.verbs import inspect as inspecting
from tree import MODULES

SHARED = {"producertwin.verbs.studio", "producertwin.verbs.text"}
VERBS = sorted(name for name in MODULES if name.startswith("producertwin.verbs.") and name not in SHARED)
LONG = {
    "band": {"play", "album"},
    "caption": {"caption"},
    "compare": {"compare"},
    "dataset": {"build", "export"},
    "encode": {"encode"},
    "evaluate": {"evaluate", "evaluate_nano", "evaluate_embedder", "evaluate_band"},
    "ingest": {"ingest"},
    "inspect": {"inspect"},
    "demo": {"demo"},
    "edit": {"edit", "plan_edit"},
    "library": {"verify"},
    "listen": {"prepare", "plan_prepare", "run", "page", "score"},
    "lofi": {"lofi_daemon"},
    "make": {"make", "make_best", "plan_make"},
    "measure_ears": {"evaluate_ears"},
    "models": {"pull", "check", "convert"},
    "planner": {"understand", "create_sample", "format_song"},
    "pretrain": {"pretrain", "draw"},
    "producer": {"generate_stems", "play_stem"},
    "producer_demo": {"demo"},
    "producer_train": {"train", "faust_train"},
    "repair": {"propose", "repair"},
    "screen": {"screen"},
    "split": {"split"},
    "takes": {"verify"},
    "train": {"train", "plan_training"},
}
"""Module -> its verbs that take long."""
PLANS = [
    band.AlbumPlan(album=band.Album(producer="Mara Vale"), out=Path("album")),
    band.PlayPlan(song=band.Song(style="house", bpm=124, key="F minor", meter="4/4"), out=Path("a.flac")),
    caption.CaptionTracksPlan(producer="Ada", caption=caption.CaptionPlan(style="house")),
    compare.CompareCheckpointsPlan(run="abc"),
    dataset.BuildDatasetPlan(folder=Path("music"), build=dataset.BuildPlan(ingest=ingest.IngestPlan(producer="Ada"))),
    dataset.ExportDatasetPlan(form="folder", out=Path("out")),
    demo.DemoPlan(),
    edit.EDITS["refine"](source="abc"),
    encode.EncodeDatasetPlan(stems=True),
    evaluate.EvaluateTwinPlan(subject="Ada", out=Path("proof")),
    evaluate.EvaluateNanoPlan(),
    evaluate.EvaluateEmbedderPlan(page=Path("page.md")),
    evaluate.EvaluateBandPlan(),
    measure_ears.EvaluateEarsPlan(),
    ingest.IngestFolderPlan(folder=Path("music"), tracks=ingest.IngestPlan(producer="Ada", licence="CC-BY-4.0")),
    inspecting.InspectPlan(subject="song.flac", reference=(Path("masters"),)),
    repair.RepairPlan(subject="song.flac", only=("click",)),
    listen.PreparePlan(twin="proof"),
    listen.RunPlan(),
    listen.PagePlan(out=Path("page.html")),
    listen.ScorePlan(answers=(Path("a.jsonl"),)),
    lofi.LofiPlan(variant="turbo", out=Path("tracks")),
    make.Generate.model_validate({"prompt": {"caption": "lofi"}}),
    models.PullPlan(variant="turbo"),
    models.CheckPlan(variant="tiny"),
    models.ConvertPlan(checkpoint="turbo"),
    pretrain.PretrainPlan(step="codec", folder=Path("runs"), minutes=2),
    producer_demo.ProducerDemoPlan(input="song.wav", prompt="dark trap"),
    producer_demo.ProductionPlan(text="trap", stems=()),
    producer_train.ProducerTrainPlan(songs=10, minutes=2),
    planner.UnderstandPlan(source="k3v"),
    planner.CreateSamplePlan(query="a rainy day", language="en"),
    planner.FormatPlan(seconds=90),
    pretrain.CurvePlan(folder=Path("runs")),
    screen.ScreenTracksPlan(export="mp3"),
    train.TrainPlan(producer="Ada"),
    dataset.BuildPlan(ingest=ingest.IngestPlan(producer="Ada")).dataset,
]
"""A plan of every kind."""


def functions() -> list[tuple[str, Callable[..., Any]]]:
    """Every public function of the verbs, with the name of its module."""
    found = []
    for name in VERBS:
        module = importlib.import_module(name)
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == name and not function.__name__.startswith("_"):
                found.append((name.rpartition(".")[2], function))
    return found


def annotation(function: Callable[..., Any], name: str) -> str:
    return str(inspect.get_annotations(function).get(name, ""))


def test_long_verbs_are_streams_of_events() -> None:
    streams: dict[str, set[str]] = {}
    for module, function in functions():
        told = annotation(function, "return").partition("[")[0]
        assert (told in ("Steps", "Iterator")) == inspect.isgeneratorfunction(function), f"{module}.{function.__name__}"
        if told == "Steps":
            streams.setdefault(module, set()).add(function.__name__)
            assert annotation(function, "studio") == "Studio", f"{module}.{function.__name__}"
    assert {name: streams.get(name, set()) >= verbs for name, verbs in LONG.items()} == dict.fromkeys(LONG, True)
    assert sum(map(len, streams.values())) >= 25


def test_what_takes_a_plan_is_a_stream_or_says_what_would_be_done() -> None:
    planned = [(module, one) for module, one in functions() if next(iter(inspect.signature(one).parameters), "") == "plan"]
    assert len(planned) > 25
    kinds = {type(plan).__name__ for plan in PLANS} | {"Edit"}  # the union of the stages that have a source
    for module, function in planned:
        name = f"{module}.{function.__name__}"
        assert inspect.isgeneratorfunction(function) or function.__name__.startswith("plan_"), name
        if module in LONG:
            assert annotation(function, "plan") in kinds, name


def test_every_function_is_explained() -> None:
    found = functions()
    assert len(found) > 50
    assert [f"{module}.{one.__name__}" for module, one in found if not one.__doc__] == []


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: type(plan).__name__)
def test_a_plan_survives_being_stored_as_json(plan: Record) -> None:
    assert type(plan).model_validate_json(plan.model_dump_json()) == plan
