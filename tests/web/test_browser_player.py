"""An export played in a browser: the page's takes are those of Python, however the page was opened; and what it says."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import web_kit
from graphs_kit import carry_phases, remember, write_graphs
from producertwin.audio import files
from producertwin.model.graphs.opening import open_graphs
from producertwin.model.instrument import write_card
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Metas, Request, Sampling
from producertwin.model.variants import catalogue
from producertwin.progress import finish
from producertwin.release.export import web_runtime
from producertwin.release.export.player import add_player
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, export
from producertwin.verbs.studio import open_studio
from tree import ROOT

pytest.importorskip("onnxruntime")
RUNTIME = ROOT / "web" / "node_modules" / "onnxruntime-web" / "dist" / web_runtime.FILE
NEAR = 5e-5
"""Most that samples of the simple graphs' takes may differ by; a letter of the prompt moves them by ten times that."""
LOFI = Request("lofi, rainy, rhodes, soft drums", 6.0, 7, metas=Metas.of(78, "D minor", 4))


@pytest.fixture(scope="session")
def runtime() -> Path:
    """onnxruntime's WebAssembly, as npm has it."""
    if not RUNTIME.is_file():
        pytest.skip("onnxruntime-web is not installed (cd web && npm ci --ignore-scripts)")
    return RUNTIME


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory, runtime: Path) -> Path:
    """Simple graphs under nano's card and tokenizer, with a player."""
    folder = write_graphs(tmp_path_factory.mktemp("models") / "simple")
    card = catalogue.card_of(catalogue.NANO).model_copy(
        update={"name": "simple", "text_tokens": 96, "form": False, "syllables": False}
    )
    write_card(card, folder)
    shutil.copyfile(catalogue.NANO / "tokenizer" / "tokenizer.json", folder / "tokenizer" / "tokenizer.json")
    facts = json.loads((folder / catalogue.GRAPHS).read_text())
    (folder / catalogue.GRAPHS).write_text(json.dumps(facts | {"metronome": {"divisions": [1, 2, 4], "signals_per_turn": 2}}))
    (folder / "checksums.json").unlink()
    remember(folder)
    add_player(folder, card, runtime)
    return folder


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves a folder as any server does; gives the address."""
    running: list[http.server.ThreadingHTTPServer] = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

    def begin(folder: Path) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


def ask(page: Any, request: Request, steps: int) -> None:
    """Fill the form, and begin."""
    metas = request.metas
    page.get_by_label("Prompt").fill(request.caption)
    page.get_by_label("Tempo, BPM").fill("" if metas.bpm is None else f"{metas.bpm:g}")
    page.get_by_label("Key").select_option("" if metas.key is None else str(metas.key))
    page.get_by_label("Beats in a bar").select_option("" if metas.meter is None else str(metas.meter))
    page.get_by_label("Length, s").fill(f"{request.seconds:g}")
    page.get_by_label("Steps").fill(str(steps))
    page.get_by_label("Seed", exact=True).fill(str(request.seed))
    page.get_by_role("button", name="Make").click()


def hear(page: Any, into: Path) -> NDArray[np.float32]:
    """Wait for the take, and download it."""
    page.locator("audio, .error").first.wait_for(timeout=web_kit.PATIENCE)
    assert page.locator(".error").count() == 0, page.locator(".error").inner_text()
    with page.expect_download() as expected:
        page.get_by_role("link", name="Download").click()
    expected.value.save_as(into / "take.wav")
    return files.decode(into / "take.wav").samples


def play_here(folder: Path, request: Request, steps: int) -> NDArray[np.float32]:
    """The same take by Python."""
    instrument = open_graphs(folder, Settings(studio=folder / "studio", device="cpu", offline=True))
    [take] = engine.generate(instrument, [replace(request, sampling=Sampling(steps=steps))])
    return take.audio


def apart(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The largest difference of two samples."""
    return float(np.abs(a - b).max())


def cosine(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2)))


def spectra(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Amplitudes of frames of 2 048 samples, under a Hann window."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, 2048, axis=1)[:, ::1024]
    return np.abs(np.fft.rfft(frames * np.hanning(2048)))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(LOFI, id="plain"),
        pytest.param(Request("Bleak, HIP HOP\n'80s — naïve 漢字 😀 <|endoftext|> don't", 5.13, 2**32 - 1), id="odd"),
        pytest.param(Request("dusty drums and many words, " * 40, 1.0, 0, metas=Metas.of(90.5, "F# major", 3)), id="long"),
    ],
)
def test_the_same_seed_is_the_same_take_as_in_python(
    context: Any, simple: Path, serve: Callable[[Path], str], request_: Request, tmp_path: Path
) -> None:
    page = context.new_page()
    address = serve(simple)
    seen = web_kit.watch(page, address)
    page.goto(f"{address}/player/")
    ask(page, request_, 4)
    made, expected = hear(page, tmp_path), play_here(simple, request_, 4)
    assert made.shape == expected.shape
    assert apart(made, expected) < NEAR
    assert (seen.errors, seen.elsewhere) == ([], [])


@pytest.mark.thorough
def test_phases_run_on_from_tile_to_tile_as_in_python(
    context: Any, simple: Path, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    """Three tiles of a decoder whose sound is what all frames before have gained."""
    folder = tmp_path / "carrying"
    shutil.copytree(simple, folder)
    carry_phases(folder)
    page, request = context.new_page(), replace(LOFI, seconds=25.0)
    page.goto(f"{serve(folder)}/player/")
    ask(page, request, 2)
    made, expected = hear(page, tmp_path), play_here(folder, request, 2)
    assert apart(made, expected) < 10 * NEAR
    assert apart(made, play_here(simple, request, 2)) > 0.1


@pytest.mark.thorough
def test_the_prompt_decides_what_is_played(simple: Path) -> None:
    """What makes the test above able to fail: another word is another take."""
    other = replace(LOFI, caption="lofi, rainy, rhodes, soft drum")
    assert apart(play_here(simple, LOFI, 4), play_here(simple, other, 4)) > 10 * NEAR


@pytest.mark.thorough
def test_the_page_plays_as_a_file_once_its_folder_is_chosen(context: Any, simple: Path, tmp_path: Path) -> None:
    page = context.new_page()
    seen = web_kit.watch(page, "file://")
    page.goto((simple / "player" / "index.html").as_uri())
    chosen = page.get_by_label("Folder")
    for wrong in ("player", "tokenizer"):
        chosen.set_input_files(simple / wrong)
        assert "Choose the one that holds transformer.onnx" in page.get_by_role("alert").inner_text()
    chosen.set_input_files(simple)
    ask(page, LOFI, 2)
    assert apart(hear(page, tmp_path), play_here(simple, LOFI, 2)) < NEAR
    assert page.get_by_text("seed 7").count()
    assert (seen.errors, seen.elsewhere) == ([], [])


@pytest.mark.thorough
def test_the_studio_serves_it_under_its_name(context: Any, simple: Path, tmp_path: Path, axe: Path) -> None:
    shutil.copytree(simple, tmp_path / "studio" / "models" / "simple")
    (tmp_path / "studio" / "models" / "simple" / "player" / "player.js").write_text("throw new Error('somebody else wrote this')")
    with web_kit.serving(tmp_path / "studio") as told:
        page, seen = web_kit.enter(context, told)
        page.goto(f"{told['address']}/instruments/simple")
        ask(page, LOFI, 2)
        assert apart(hear(page, tmp_path), play_here(simple, LOFI, 2)) < NEAR
        for width, (across, down) in web_kit.WIDTHS.items():
            page.set_viewport_size({"width": across, "height": down})
            web_kit.picture(page, f"instrument-{width}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert web_kit.find_barriers(page) == []
        assert (seen.errors, seen.elsewhere) == ([], [])
        stranger = context.browser.new_context().new_page()
        answer = stranger.goto(f"{told['address']}/instruments/simple/player/")
        assert answer is not None and answer.status == 401


@pytest.mark.thorough
def test_a_take_is_cancelled_and_the_next_one_is_whole(
    context: Any, simple: Path, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(f"{serve(simple)}/player/")
    ask(page, replace(LOFI, seconds=120.0), 200)
    page.get_by_role("button", name="Cancel").click()
    assert page.get_by_role("button", name="Cancel").is_disabled()
    assert page.locator("audio").count() == 0
    ask(page, LOFI, 2)
    assert apart(hear(page, tmp_path), play_here(simple, LOFI, 2)) < NEAR


@pytest.mark.thorough
def test_what_cannot_be_asked_or_read_is_said(context: Any, simple: Path, serve: Callable[[Path], str], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(simple, broken)
    (broken / "transformer.onnx").write_bytes(b"no graph")
    page = context.new_page()
    page.goto(f"{serve(broken)}/player/")
    ask(page, replace(LOFI, seconds=1e9), 2)
    assert page.evaluate("!document.querySelector('form').checkValidity()")
    assert page.get_by_role("status").count() == 0
    ask(page, LOFI, 2)
    page.get_by_role("alert").wait_for()
    assert "transformer.onnx cannot be opened" in page.get_by_role("alert").inner_text()
    lacking = tmp_path / "lacking"
    shutil.copytree(simple, lacking)
    (lacking / "constants.safetensors").unlink()
    page.goto(f"{serve(lacking)}/player/")
    page.get_by_role("alert").wait_for()
    assert "constants.safetensors is not there (404)" in page.get_by_role("alert").inner_text()


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory, runtime: Path) -> Path:
    """nano's graphs in two precisions, with a player."""
    folder = tmp_path_factory.mktemp("nano")
    settings = Settings(studio=folder / "studio", device="cpu", offline=True)
    place = web_runtime.place_of(settings)
    place.parent.mkdir(parents=True)
    shutil.copyfile(runtime, place)
    plan = ExportPlan.model_validate({"name": "nano", "format": "onnx", "precision": "fp32,int8", "player": True})
    with open_studio(settings) as studio:
        finish(export(plan, folder / "graphs", studio))
    return folder / "graphs"


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_nano_plays_the_same_take_as_in_python(
    context: Any, nano: Path, serve: Callable[[Path], str], precision: str, tmp_path: Path
) -> None:
    """In int8 the two round differently: latents differ a little, and phases that run on drift apart, but spectra do not."""
    page = context.new_page()
    page.goto(f"{serve(nano / precision)}/player/")
    ask(page, LOFI, 20)
    made, expected = hear(page, tmp_path), play_here(nano / precision, LOFI, 20)
    assert cosine(spectra(made), spectra(expected)) > 0.98
    assert precision != "fp32" or cosine(made, expected) > 0.9999
