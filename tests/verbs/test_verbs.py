"""Every verb is called without a command line, on tiny, on nano's embedder, or on small albums, and returns its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.dataset import store
from producertwin.errors import BadInput, NotFound, Unavailable
from producertwin.evaluation.band import report as band_report
from producertwin.evaluation.band import suite as band_evaluation
from producertwin.evaluation.embedder import report as embedder_report
from producertwin.evaluation.embedder import suite as embedder_evaluation
from producertwin.evaluation.nano import report, suite
from producertwin.house_band.styles import STYLES
from producertwin.library.runs import RunDraft
from producertwin.model.instrument import Instrument
from producertwin.progress import Event, Message, Steps, finish
from producertwin.settings import Settings
from producertwin.training.pretrain import runs
from producertwin.verbs import (
    adapters,
    band,
    caption,
    compare,
    dataset,
    doctor,
    encode,
    evaluate,
    ingest,
    library,
    listen,
    models,
    pretrain,
    rate,
    screen,
    split,
)
from producertwin.verbs.studio import Studio, open_studio
from proof_kit import SECONDS, adapter, manifest, played, track


@pytest.fixture
def studio(tmp_path: Path, tiny: Instrument) -> Iterator[Studio]:
    """An empty studio in which tiny is loaded."""
    opened = Studio(Settings(studio=tmp_path / "studio", device="cpu", offline=True), instruments={"tiny": tiny})
    yield opened
    opened.close()


def follow(work: Steps[Any]) -> tuple[Any, list[str]]:
    """The result of `work`, and what it warned of."""
    events: list[Event] = []
    done = finish(work, events.append)
    return done, [event.text for event in events if isinstance(event, Message) and event.kind == "warning"]


def test_a_studio_opens_its_library_only_when_it_is_asked_for(tmp_path: Path) -> None:
    settings = Settings(studio=tmp_path / "studio", device="cpu", offline=True)
    with open_studio(settings) as studio:
        assert {one.name for one in models.list_models(studio)} >= {"tiny", "nano"}
        assert "python" in {one.what for one in doctor.doctor(studio)}
        assert not settings.studio.exists()
        assert studio.library is studio.library
        assert settings.studio.exists()


def test_an_embedder_that_is_asked_for_twice_is_loaded_once(studio: Studio) -> None:
    assert [one.name for one in studio.load_embedders(["mel-stats", "mel-stats"])] == ["mel-stats/1"]


# --- from a folder to a training set


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three songs, the first one twice, a text that cannot be read, and a profile for short songs."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(3):
        noise = 0.1 * np.random.default_rng(number).standard_normal((2, 60_000 if number else 320_000))
        files.write(folder / f"song {number}.wav", noise.astype(np.float32))
    files.write(folder / "song 0 again.flac", 0.5 * files.read(folder / "song 0.wav"))
    (folder / "song 1.json").write_text("{")
    (tmp_path / "short.toml").write_text('name = "short"\nshortest = 1.0\n')
    return folder


@pytest.mark.thorough
def test_every_step_by_itself_and_the_build_come_to_one_set(studio: Studio, music: Path, tmp_path: Path) -> None:
    said = ingest.IngestPlan(producer="Ada", licence="CC-BY-4.0", provider="self")
    assert len(ingest.plan_ingest(music, said)) == 4
    with pytest.raises(NotFound, match="no tracks"):
        finish(screen.screen(screen.ScreenTracksPlan(), studio))
    ingested, warned = follow(ingest.ingest(ingest.IngestFolderPlan(folder=music, tracks=said), studio))
    assert len(ingested.tracks) == 4 and len(warned) == 1 and "song 1.json is not JSON" in warned[0]

    asked = screen.ScreenPlan.model_validate({"profile": str(tmp_path / "short.toml"), "workers": 1})
    plan = screen.ScreenTracksPlan(producer="Ada", screen=asked, export="flac", out=tmp_path / "screened")
    screened, warned = follow(screen.screen(plan, studio))
    assert all(verdict.accepted for verdict in screened.verdicts.values()) and screened.failures == {}
    assert len(screened.files) == 4 and all(path.is_file() for path in screened.files)
    assert len(warned) == 1 and "one recording" in warned[0]

    described = finish(caption.caption(caption.CaptionTracksPlan(producer="Ada"), studio))
    assert len(described.captions) == 4 and described.failures == {}
    assert caption.plan_caption(caption.CaptionTracksPlan(), studio).estimate is None
    rated = rate.rate_track(ingested.tracks[0].id, 4, studio, note="warm")
    assert rated.title == ingested.tracks[0].title

    frozen = finish(split.split(split.DatasetPlan(producer="Ada"), studio))
    assert frozen.path.stem == frozen.id and [one.id for one in dataset.list_datasets(studio)] == [frozen.id]
    wanted = dataset.BuildPlan(ingest=said, screen=asked)
    built, _ = follow(dataset.build(dataset.BuildDatasetPlan(folder=music, build=wanted), studio))
    assert built.id == frozen.id and built.report.is_file() and len(built.duplicates) == 1
    ready = sum(not row.flags for row in built.manifest.rows)
    assert built.summary.startswith(f"4 tracks: {ready} ready, {len(built.needs)} need you") and "1 left out" in built.summary
    assert all(need.command.startswith("twin tracks caption edit ") for need in built.needs)

    encoding = encode.EncodeDatasetPlan(variant="tiny")
    assert encode.plan_encode(encoding, studio).tracks == len(built.manifest.rows)
    assert finish(encode.encode(encoding, studio)).report.made > 0
    assert finish(encode.encode(encoding, studio)).report.made == 0
    exported = finish(dataset.export(dataset.ExportDatasetPlan(form="folder", out=tmp_path / "out"), studio))
    assert exported.files["flac"] == 3
    assert dataset.import_dataset(exported.folder, "folder", studio).id == built.id

    assert finish(library.verify(studio)).problems == ()
    assert dataset.forget(rated.id, studio).id == rated.id
    assert library.sweep(studio, dry_run=True) == ()
    assert library.rebuild(studio, dry_run=True).tracks == 3


def test_a_caption_is_changed_as_text(studio: Studio) -> None:
    row = track(studio.library, 1, "Ada", played(96.0, 0.4, 1))
    _, known = caption.find_caption(row.track[:6], studio)
    text = caption.write_text(known)
    assert caption.read_changes(text, known) == {}
    changes = caption.read_changes(text.replace("bpm = 96", "bpm = 97").replace("meter = 4", "meter ="), known)
    assert changes == {"bpm": "97", "meter": ""}
    said = caption.edit(row.track, changes, studio)
    assert (said.bpm, said.meter, said.edited) == (97, None, ("bpm", "meter"))
    assert caption.edit(row.track, {}, studio) == caption.find_caption(row.track, studio)[1] == said
    assert caption.list_flagged(None, studio) == []
    with pytest.raises(BadInput, match="sets nothing"):
        caption.read_changes("bpm", known)


# --- proof and evaluations


LIGHT = {"seconds": SECONDS, "prompts": 2, "steps": 1, "ears": ("mel-stats",), "rounds": 50, "examples": 0, "check": 0}


@pytest.mark.thorough
def test_a_run_is_compared_and_its_best_is_proved(studio: Studio, tiny: Instrument, tmp_path: Path) -> None:
    rows = [track(studio.library, number, "Ada", played(96.0, 0.4, number)) for number in range(5)]
    name = store.put(manifest(rows, 2), studio.library.studio).stem
    facts = {"variant": "tiny", "revision": "b2:0", "dataset": "b2:0", "recipe": "b2:0", "steps": 10}
    run = studio.library.runs.create(RunDraft(producer="Ada", **facts), "")
    folder = studio.library.runs.folder(run)
    adapter(tiny, folder / "checkpoints" / "step-00000010" / "adapter", dataset=f"b2:{name}")

    comparing = compare.CompareCheckpointsPlan.model_validate({"run": run.id, "proof": LIGHT})
    assert compare.plan_compare(comparing, studio).takes == 4
    compared = finish(compare.compare(comparing, studio))
    assert compared.folder == folder and compared.comparison.best == 10

    proving = evaluate.EvaluateTwinPlan.model_validate({"subject": run.id, "proof": LIGHT, "out": tmp_path / "proof"})
    planned = evaluate.plan_evaluate(proving, studio)
    assert (planned.prompts, planned.takes, planned.train, planned.others) == (2, 4, 3, 0)
    proved = finish(evaluate.evaluate(proving, studio))
    assert proved.report == tmp_path / "proof" / "report.html" and proved.report.is_file()
    assert proved.figures.subject.variant == "tiny" and proved.run == folder


def test_instrument_embedder_and_band_are_measured_with_what_the_studio_loads(
    studio: Studio, tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is measured has tests of its own; here it is told by a stand-in with what it was called."""
    called: list[tuple[object, ...]] = []

    def measure(*given: object) -> Steps[object]:
        called.append(given)
        yield from ()
        return SimpleNamespace(figures=len(called))

    for room, tables in ((suite, report), (embedder_evaluation, embedder_report), (band_evaluation, band_report)):
        monkeypatch.setattr(room, "evaluate", measure)
        monkeypatch.setattr(tables, "tables", lambda found: f"figures {found.figures}")
    plan = evaluate.EvaluateNanoPlan(variant="tiny", out=tmp_path / "figures")
    done = finish(evaluate.evaluate_nano(plan, studio))
    assert called[0] == (plan.suite, tiny, plan.out, studio.load_embedder())
    assert (done.tables, done.files) == ("figures 1", (tmp_path / "figures" / "figures.json",))
    hearing = evaluate.EvaluateEmbedderPlan()
    assert finish(evaluate.evaluate_embedder(hearing, studio)).tables == "figures 2"
    assert called[1] == (hearing.suite, studio.load_embedder())
    playing = evaluate.EvaluateBandPlan()
    assert finish(evaluate.evaluate_band(playing, studio)).tables == "figures 3"
    assert called[2] == (playing.suite,)


@pytest.mark.parametrize(
    "work",
    [
        lambda page, studio: evaluate.evaluate_nano(evaluate.EvaluateNanoPlan(page=page, variant="turbo"), studio),
        lambda page, studio: evaluate.evaluate_embedder(evaluate.EvaluateEmbedderPlan(page=page), studio),
        lambda page, studio: evaluate.evaluate_band(evaluate.EvaluateBandPlan(page=page), studio),
    ],
    ids=["nano", "embedder", "band"],
)
def test_a_page_without_a_place_is_refused_before_anything_is_loaded(
    work: Callable[[Path, Studio], Steps[object]], studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "page.md").write_text("# Nothing\n")
    with pytest.raises(BadInput, match=r"page\.md"):
        next(work(tmp_path / "page.md", studio))


# --- listening


@pytest.mark.thorough
def test_a_listening_test_from_its_plan_to_its_score(studio: Studio, tmp_path: Path) -> None:
    for side, name in enumerate(("twin", "base")):
        (tmp_path / name).mkdir()
        for number in range(3):
            noise = 0.1 * np.random.default_rng(10 * side + number).standard_normal((2, 60_000))
            files.write(tmp_path / name / f"{number}.wav", noise.astype(np.float32))
        facts = [{"file": f"{n}.wav", "id": f"p{n}", "style": "lofi", "bpm": 80} for n in range(3)]
        (tmp_path / name / "pieces.json").write_text(json.dumps(facts))
    (tmp_path / "twin" / "2.wav").write_bytes(b"no sound")
    small = {"trials": 2, "repeats": 0, "identical": 1, "obvious": 1, "seconds": 1, "lufs": -23}
    plan = listen.PreparePlan.model_validate({"twin": str(tmp_path / "twin"), "other": str(tmp_path / "base"), "test": small})
    planned, warned = follow(listen.plan_prepare(plan, studio))
    assert len(planned.matched.pairs) == 2 and planned.needs and "left out" in warned[0]
    assert not studio.settings.studio.exists()

    prepared, warned = follow(listen.prepare(plan, studio))
    assert prepared.test.id == planned.matched.id and prepared.key.is_file() and "left out" in warned[0]
    lines = iter(["hm", *(trial.right or "a" for trial in prepared.test.trials)])
    events: list[Event] = []
    heard = finish(listen.run(listen.RunPlan(player="none"), studio, lambda: next(lines, "")), events.append)
    assert (heard.answered, heard.left) == (4, 0)
    told = [event.text for event in events if isinstance(event, Message)]
    assert "trial 4 of 4" in told and "'hm' is no answer: a, b, p or q" in told

    scored, warned = follow(listen.score(listen.ScorePlan(), studio))
    assert scored.score.right.of == 2 and scored.verdicts and tuple(warned) == scored.warnings
    assert ("listeners", "1 of 1 count") in scored.figures
    asked = listen.PagePlan(out=tmp_path / "page.html")
    assert finish(listen.page(asked, studio)).files == listen.plan_page(asked, studio).files
    assert asked.out.is_file()


# --- the band


@pytest.mark.thorough
def test_a_song_and_an_album_are_played(studio: Studio, tmp_path: Path) -> None:
    plan = band.PlayPlan(song=band.Song(style="house", seconds=2), out=tmp_path / "a.flac", stems=True)
    planned = band.plan_play(plan)
    song = finish(band.play(plan, studio))
    assert song.song.path == planned.path == tmp_path / "a.flac" and song.song.caption == planned.caption
    assert len(song.files) > 3 and all(path.is_file() for path in song.files)

    asked = band.AlbumPlan(album=band.Album(producer="Mara Vale", songs=1, style="CORE-02", seconds=2), out=tmp_path / "album")
    first = finish(band.album(asked, studio))
    assert [one.path for one in first.album.songs] == [one.path for one in band.plan_album(asked).songs]
    assert first.files and finish(band.album(asked, studio)).files == ()
    assert len(band.list_styles()) == len(STYLES)
    assert not studio.settings.studio.exists()


# --- nano from nothing, adapters, models


def test_a_step_of_pretraining_takes_its_recipe(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def render(recipe: runs.PretrainRecipe, folder: Path) -> Steps[int]:
        assert folder == tmp_path / "nano"
        yield from ()
        return recipe.corpus.songs

    monkeypatch.setattr(runs, "render", render)
    (tmp_path / "recipe.toml").write_text("[corpus]\nsongs = 32\n")
    plan = pretrain.PretrainPlan(step="render", folder=tmp_path / "nano", recipe=tmp_path / "recipe.toml")
    assert finish(pretrain.pretrain(plan, studio)) == pretrain.Pretrained(32, None)
    monkeypatch.setattr(runs, "find_soundfont", lambda: tmp_path / "piano.sf3")
    assert pretrain.plan_pretrain(plan).soundfont == tmp_path / "piano.sf3"
    (tmp_path / "recipe.toml").write_text("soundfont = false\n")
    assert pretrain.plan_pretrain(plan).soundfont is None
    with pytest.raises(NotFound):
        finish(pretrain.pretrain(pretrain.PretrainPlan(step="ship", folder=tmp_path / "nano"), studio))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "work").touch()
    with pytest.raises(BadInput, match="holds work already"):
        pretrain.plan_pretrain(pretrain.PretrainPlan(step="all", folder=tmp_path / "full"))
    with pytest.raises(BadInput, match="0 minutes"):
        pretrain.plan_pretrain(pretrain.PretrainPlan(step="codec", folder=tmp_path, minutes=0))


def test_the_loss_of_pretraining_is_drawn(studio: Studio, tmp_path: Path) -> None:
    log = tmp_path / "nano" / "first" / "log.jsonl"
    log.parent.mkdir(parents=True)
    rows = [{"step": step, "loss": 1 / step, "high": 1 / step, "low": 2 / step} for step in range(1, 100)]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = pretrain.CurvePlan(folder=tmp_path)
    logs, place = pretrain.plan_draw(plan)
    assert logs[0] == log
    drawn = finish(pretrain.draw(plan, studio))
    assert drawn.picture == place and place.read_bytes().startswith(b"\x89PNG") and drawn.last["low"] > drawn.last["high"]


def test_an_adapter_is_installed_shown_converted_and_removed(studio: Studio, tiny: Instrument, tmp_path: Path) -> None:
    made = adapter(tiny, tmp_path / "made", trigger="ada")
    planned = adapters.plan_install(made, "Ada", studio)
    installed = adapters.install(made, "Ada", studio)
    assert (installed.folder, installed.layers) == (planned.folder, planned.layers)
    found = adapters.show("Ada", studio)
    assert (found.kind, found.rank, found.scaling, found.layers) == ("lora", [2], [1.0], planned.layers)
    assert adapters.plan_convert("Ada", studio).layers == found.layers
    adapters.convert("Ada", tmp_path / "a.safetensors", studio, form="comfyui", trigger="mv")
    card = adapters.show(str(tmp_path / "a.safetensors"), studio).card
    assert card is not None and card.trigger == "mv"
    assert adapters.find_installed("Ada", studio) == adapters.remove("Ada", studio)[0]
    with pytest.raises(NotFound):
        adapters.find_installed("Ada", studio)


def test_models_are_checked_and_not_fetched_offline(studio: Studio, tmp_path: Path) -> None:
    assert finish(models.check(models.CheckPlan(variant="tiny"), studio)).problems == ()
    assert models.plan_pull(models.PullPlan(variant="turbo")).sources
    with pytest.raises(Unavailable, match="offline"):
        finish(models.pull(models.PullPlan(variant="turbo"), studio))
    with pytest.raises(Unavailable, match="no original checkpoint"):
        finish(models.convert(models.ConvertPlan(checkpoint="turbo"), studio))
    with pytest.raises(BadInput, match="unknown variant 'x/acestep-v15-sft'"):
        models.plan_convert(models.ConvertPlan(checkpoint="x/acestep-v15-sft"), studio)
