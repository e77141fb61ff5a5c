"""The daemon with a real instrument: takes are kept in the studio, given up within a step, refused before they are begun."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lofi_kit import Client, connect
from producertwin.audio import files
from producertwin.cli.output import as_twin_error
from producertwin.errors import BadInput, NotFound
from producertwin.library import open_library
from producertwin.model.instrument import Instrument
from producertwin.pipeline.events import events
from producertwin.progress import OnProgress, Progress, finish, stop_when
from producertwin.settings import Settings
from producertwin.verbs.lofi import LofiPlan, Wires, lofi_daemon
from producertwin.verbs.studio import Studio, open_studio

Start = Callable[..., Client]


@pytest.fixture
def start(settings: Settings, tiny: Instrument) -> Iterator[Start]:
    """Starts a daemon of the studio, with fields of its plan; the tiny instrument is loaded already."""
    started: list[Client] = []

    def run(**fields: Any) -> Client:
        plan = LofiPlan.model_validate({"variant": "tiny"} | fields)

        def serve(source: Any, sink: Any) -> None:
            with open_studio(settings) as opened:
                studio = Studio(settings, opened.library, {"tiny": tiny})
                finish(lofi_daemon(plan, studio, Wires(source, sink, lambda _: None, as_twin_error)))

        started.append(connect(serve))
        return started[-1]

    yield run
    for client in started:
        client.end()


def test_a_track_is_a_take_of_the_studio(start: Start, settings: Settings) -> None:
    client = start()
    track = client.generate(prompt="lofi, rainy", duration_sec=5, seed=2**32 + 7, inference_steps=2, scheduler="pingpong",
                            guidance_scale=3)["track_id"]  # fmt: skip
    done = client.until("generation_complete", track)
    assert (done["seed"], done["sample_rate"], done["duration_sec"]) == (2**32 + 7, 48_000, 5.0)
    assert files.read(Path(done["path"])).shape == (2, 5 * 48_000)
    with open_library(settings) as library:
        [take] = library.takes.list()
    assert (take.caption, take.seed, take.variant) == ("lofi, rainy", 7, "tiny")
    assert (take.stage["play"]["steps"], take.stage["play"]["guidance"]) == (2, 3.0)
    assert take.stage["sampling"]["sampler"] == "sde"
    assert Path(done["path"]).name == f"{take.id}.flac"


def test_copies_go_to_a_folder_under_the_ids_of_tracks(start: Start, tmp_path: Path) -> None:
    client = start(out=tmp_path / "new" / "tracks", format="wav")
    track = client.generate(duration_sec=5, inference_steps=1)["track_id"]
    path = Path(client.until("generation_complete")["path"])
    assert path == tmp_path / "new" / "tracks" / f"{track}.wav"
    assert files.read(path).shape[1] == 5 * 48_000


def test_a_track_that_is_given_up_leaves_nothing(start: Start, settings: Settings) -> None:
    client = start()
    track = client.generate(duration_sec=5, inference_steps=200, seed=1)["track_id"]
    client.until("generation_progress", track)
    assert client.ask("cancel", {"track_id": track})["result"] == {"cancelled": True, "was_generating": True}
    told = client.until("generation_cancelled", track)
    assert 0 < told["at_step"] < told["total_steps"] == 200
    client.generate(duration_sec=5, inference_steps=1, seed=2)
    client.until("generation_complete")
    with open_library(settings) as library:
        assert [take.seed for take in library.takes.list()] == [2]


def test_work_stops_at_the_end_of_the_step_in_which_it_is_asked_to() -> None:
    asked, done = [False], [0]

    def work(report: OnProgress) -> None:
        for step in range(10):
            done[0] = step
            asked[0] = step == 3  # somebody asks while this step is under way
            report(Progress("work", step, 10))

    with stop_when(lambda: asked[0]), pytest.raises(Exception, match="stopped"):
        finish(events(work, "take"))
    assert done == [3]
    asked[0] = True
    finish(events(lambda report: report(Progress("work", 1, 1)), "take"))  # outside, nobody asks any more


def test_missing_weights_are_told_with_what_fetches_them(start: Start) -> None:
    client = start(variant="turbo")
    backend = client.ask("get_backends")["result"]["backends"][1]
    assert (backend["status"], backend["model_version"]) == ("not_installed", None)
    refused = client.ask("generate", {"prompt": "lofi"})["error"]
    assert refused["code"] == -32008
    assert "twin models pull turbo" in refused["message"]
    refused = client.ask("download_backend", {"backend": "ace_step"})["error"]
    assert (refused["code"], refused["data"]["error_code"]) == (-32002, "MODEL_DOWNLOAD_FAILED")
    assert "offline" in refused["message"]


def test_a_full_disk_is_told_before_anything_is_played(start: Start, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    usage = shutil.disk_usage(settings.studio.parent)
    client = start()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    refused = client.ask("generate", {"prompt": "lofi"})["error"]
    assert refused["code"] == -32003
    assert "free some space" in refused["message"]


def test_what_is_installed_is_ready(start: Start) -> None:
    client = start()
    backend = client.ask("get_backends")["result"]["backends"][1]
    assert (backend["status"], backend["name"]) == ("ready", "Producer Twin tiny")
    assert client.ask("download_backend", {"backend": "ace_step"})["result"]["status"] == "already_installed"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"variant": "huge"}, BadInput),
        ({"adapters": ("nobody",)}, NotFound),
        ({"out": Path("file"), "variant": "tiny"}, BadInput),
    ],
)
def test_a_plan_that_cannot_be_played_is_refused_at_the_start(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], error: type[Exception]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("no folder")
    plan = LofiPlan.model_validate(fields)
    with open_studio(settings) as studio, (tmp_path / "in").open("wb+") as stream, pytest.raises(error):
        finish(lofi_daemon(plan, studio, Wires(stream, stream, lambda _: None, as_twin_error)))
    assert not settings.studio.exists()
