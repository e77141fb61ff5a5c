"""`make`, `edit`, `band`, `demo`: thin callers whose results are takes and files."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.cli import output
from producertwin.model.variants import load as loading
from producertwin.progress import Progress
from producertwin.settings import Settings
from producertwin.verbs import demo

Twin = Callable[..., Any]
TINY = ("--variant", "tiny", "--steps", "2")
SHORT = (*TINY, "--duration", "1.2", "--guide", "none")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loading.load("tiny", Settings(studio=tmp_path_factory.mktemp("models"), device="cpu"))


@pytest.fixture
def one_tiny(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading tiny costs nothing; other variants load as ever."""
    load_instrument = loading.load

    def load(variant: str, settings: Settings) -> Any:
        return tiny if variant == "tiny" else load_instrument(variant, settings)

    monkeypatch.setattr(loading, "load", load)


pytestmark = pytest.mark.usefixtures("one_tiny")


def test_the_same_command_twice_is_the_same_file(twin: Twin) -> None:
    first = twin("make", "lofi 🎹", *SHORT, "--seed", 5, "-o", "a.flac", "--json")
    second = twin("make", "lofi 🎹", *SHORT, "--seed", 5, "-o", "b", "--json")
    assert (first.code, second.code) == (0, 0)
    assert Path("a.flac").read_bytes() == Path("b.flac").read_bytes()
    assert first.data["takes"][0]["id"] == second.data["takes"][0]["id"]
    assert first.data["schema"] == "twin.make/1"


@pytest.mark.thorough
def test_several_takes_are_numbered_listed_and_pictured(twin: Twin) -> None:
    done = twin("make", "lofi", *SHORT, "--batch", 2, "--seed", 1, "-o", "out/a.wav", "--picture")
    assert done.code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-1.png", "a-1.wav", "a-2.png", "a-2.wav"]
    lines = done.out.splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["out/a-1.wav", "out/a-2.wav"]
    assert done.err.splitlines()[-1].startswith("next: twin edit refine " + lines[0].split()[0])
    assert len(twin("takes", "list", "--json").data["items"]) == 2


@pytest.mark.thorough
def test_a_folder_gets_the_takes(twin: Twin) -> None:
    Path("d").mkdir()
    for out, folder in (("d", "d"), ("new/", "new"), ("deep/er/", "deep/er")):
        done = twin("make", "lofi", *SHORT, "--seed", 1, "--batch", 2, "-o", out, "--json")
        assert done.code == 0, done.err
        assert {str(path) for path in Path(folder).iterdir()} == {take["path"] for take in done.data["takes"]}
        assert {path.stem for path in Path(folder).iterdir()} == {take["id"] for take in done.data["takes"]}
    assert twin("band", "play", "lofi", "--duration", 2, "--seed", 3, "-o", "d").code == 0
    assert [path.suffix for path in Path("d").glob("*-3.flac")] == [".flac"]


@pytest.mark.thorough
def test_lyrics_are_text_or_a_file(twin: Twin) -> None:
    Path("words.txt").write_text("[verse]\nla la", encoding="utf-8")
    done = twin("make", "lofi", *SHORT, "--lyrics", "words.txt", "--json")
    assert done.data["takes"][0]["lyrics"] == "[verse]\nla la"
    assert twin("make", "lofi", *SHORT, "--lyrics", "[verse] la la", "--json").data["takes"][0]["lyrics"] == "[verse] la la"
    assert twin("make", "lofi", *SHORT, "--lyrics", "words.txt", "--instrumental").code == 3
    assert twin("make", "lofi", *SHORT, "--lyrics", "nowhere.txt").code == 4
    Path("words.txt").write_bytes(b"\xff\xfe\x00")
    assert twin("make", "lofi", *SHORT, "--lyrics", "words.txt").code == 3


@pytest.mark.thorough
def test_the_guide_is_told_and_recorded(twin: Twin) -> None:
    done = twin("make", "lofi, rainy, rhodes", *TINY, "--duration", 1.2, "--guide", "band", "--key", "F minor", "--json")
    assert "--guide none" in done.err
    [take] = done.data["takes"]
    assert (take["guide"], take["stage"]["guide"], take["metas"]["key"]) == ("band", "band", "F minor")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["make", ""], 3, "caption is empty"),
        (["make", "x", "--bpm", "-3"], 3, "-3"),
        (["make", "x", "--key", "H#"], 3, "H#"),
        (["make", "x", "--meter", "5"], 3, "'5'"),
        (["make", "x", "--duration", "0"], 3, "duration 0 s"),
        (["make", "x", "--duration", "9999"], 3, "9999"),
        (["make", "x", "--variant", "nanoo"], 3, "nanoo"),
        (["make", "x", "--variant", "turbo"], 7, "turbo"),
        (["make", "x", "--variant", "./here"], 7, "here"),
        (["make", "x", "--adapter", "mara", *SHORT], 4, "mara"),
        (["make", "x", "--reference", "nowhere.flac", *SHORT], 4, "nowhere.flac"),
        (["make", "xqzzt", *TINY, "--guide", "band"], 4, "xqzzt"),
        (["make", "x", "-o", "file/a.flac", *SHORT], 3, "file"),
        (["make", "x", "-o", "a.aac", *SHORT], 3, "a.aac"),
        (["make", "x", "-o", "/proc/a.flac", *SHORT], 3, "/proc"),
        (["edit", "refine", "nowhere.flac"], 4, "nowhere.flac"),
        (["edit", "refine", "abcdefgh"], 4, "abcdefgh"),
        (["edit", "refine", "file"], 3, "file"),
        (["edit", "refine", "empty.flac"], 3, "empty"),
        (["edit", "refine", "silent.flac", "--caption", "x"], 3, "silent"),
        (["edit", "refine", "song.flac", "-o", "song.flac"], 3, "song.flac"),
        (["edit", "refine", "song.flac", "--denoise", "2"], 3, "denoise 2"),
        (["edit", "repaint", "song.flac", "--start", "8", "--end", "9", "--caption", "x"], 3, "8-9 s"),
        (["edit", "repaint", "song.flac", "--start", "1", "--end", "1"], 3, "no length"),
        (["edit", "extract", "song.flac", "banjo"], 3, "banjo"),
        (["edit", "complete", "song.flac", "--stem", "banjo"], 3, "banjo"),
        (["band", "play", "", "-o", "x.flac"], 3, "no style"),
        (["band", "album", "--producer", "", "-o", "x"], 3, "producer"),
        (["models", "check", "nanoo"], 3, "nanoo"),
        (["models", "pull", "turbo"], 7, "offline"),
        (["pretrain", "ship", "nowhere"], 4, "nowhere"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_bad_input_is_named_with_a_remedy_and_leaves_nothing(twin: Twin, words: list[str], code: int, said: str) -> None:
    Path("file").write_text("in the way")
    Path("empty.flac").write_bytes(b"")
    wave = np.sin(np.arange(96_000) / 30, dtype=np.float32)
    files.write("song.flac", np.stack([wave, wave]))
    files.write("silent.flac", np.zeros((2, 96_000), np.float32))
    before = {path: path.read_bytes() for path in Path().iterdir()}
    done = twin(*words, "--json")
    assert done.code == code, done.err
    assert said in done.data["message"]
    assert done.data["remedy"]
    assert f"error: {done.data['message']}" in done.err
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_ctrl_c_keeps_finished_takes(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    real = output.Bar.show

    def show(bar: output.Bar, event: Progress) -> None:
        real(bar, event)
        if event.what == "take 2 of 3" and event.done:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(output.Bar, "show", show)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may have been told to ignore it
    try:
        done = twin("make", "lofi", *SHORT, "--batch", 3, "-o", "a.flac")
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.code == 130
    assert done.err.startswith("error: stopped")
    assert [path.name for path in Path().iterdir()] == ["a-1.flac"]
    monkeypatch.undo()


@pytest.mark.parametrize(
    "words",
    [
        ["make", "lofi", "--batch", "2", "-o", "a.flac"],
        ["edit", "extract", "song.flac", "--stem", "bass", "-o", "b.flac"],
        ["band", "play", "lofi", "-o", "c.flac", "--stems"],
        ["band", "album", "--producer", "Mara Vale", "--songs", "2", "-o", "album"],
        ["demo"],
        ["models", "pull", "turbo"],
        ["pretrain", "render", "runs"],
        ["evaluate", "nano", "-o", "runs"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_dry_run_tells_and_writes_nothing(twin: Twin, studio: Path, words: list[str]) -> None:
    wave = np.sin(np.arange(96_000) / 30, dtype=np.float32)
    files.write("song.flac", np.stack([wave, wave]))
    done = twin(*words, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert done.data["schema"] == "twin.plan/1"
    assert twin(*words, "--dry-run").out
    assert list(Path().iterdir()) == [Path("song.flac")]
    assert not studio.exists()


@pytest.mark.thorough
def test_an_edit_is_a_child_of_its_source(twin: Twin) -> None:
    parent = twin("make", "lofi", *SHORT, "-o", "a.flac", "--json").data["takes"][0]["id"]
    done = twin("edit", "repaint", "a.flac", "--start", 0.2, "--end", 0.6, *TINY, "-o", "b.flac", "--json")
    assert done.data["schema"] == "twin.edit/1"
    assert done.data["takes"][0]["parents"] == [parent]
    assert twin("edit", "lego", parent, "drums", *TINY).code == 0


@pytest.mark.thorough
def test_the_band_plays_with_stems_and_annotations(twin: Twin) -> None:
    done = twin("band", "play", "house", "--bpm", 124, "--key", "F minor", "--duration", 4, "-o", "a.flac", "--stems", "--json")
    assert done.code == 0
    assert (done.data["metas"]["bpm"], done.data["metas"]["key"]) == (124, "F minor")
    stems = list(Path("stems/a").iterdir())
    assert len(stems) > 2
    assert {files.read(path).shape for path in (Path("a.flac"), *stems)} == {(2, 4 * 48_000)}
    assert json.loads(Path("a.annotations.json").read_text())["bpm"] == 124
    assert {str(path) for path in Path().rglob("*.*")} == set(done.data["files"])


@pytest.mark.thorough
def test_an_album_goes_on_where_it_stopped(twin: Twin) -> None:
    words = ("band", "album", "--producer", "Mara Vale", "--style", "CORE-02", "--songs", 2, "--duration", 3, "-o", "album")
    first = twin(*words, "--json").data
    assert [Path(song["file"]).name[:3] for song in first["songs"]] == ["01-", "02-"]
    lost = Path(first["songs"][1]["file"])
    whole = lost.read_bytes()
    lost.unlink()
    again = twin(*words, "--json").data
    assert str(lost) in again["files"]
    assert first["songs"][0]["file"] not in again["files"]
    assert lost.read_bytes() == whole
    for kind in (".caption.txt", ".lyrics.txt", ".json", ".annotations.json"):
        assert lost.with_name(lost.stem + kind).stat().st_size > 0


def test_the_band_lists_its_styles(twin: Twin) -> None:
    styles = twin("band", "styles", "--json").data["styles"]
    assert len(styles) >= 49
    assert len(twin("band", "styles").out.splitlines()) == len(styles) + 1


@pytest.mark.thorough
def test_the_demo_keeps_the_best_of_three(twin: Twin) -> None:
    done = twin("demo", "lofi, rainy", "--variant", "tiny", "--duration", 3, "--json")
    assert done.code == 0, done.err
    scores = [take["scores"]["score"] for take in done.data["takes"]]
    assert done.data["scores"]["score"] == max(scores)
    best = 1 + scores.index(max(scores))
    for kind in (".flac", ".png", ".json"):
        assert Path(f"demo/best{kind}").read_bytes() == Path(f"demo/take-{best}{kind}").read_bytes()
    assert demo.SAID in done.err
    assert "next: twin make" in done.err
    assert all(take["guide"] == "band" for take in done.data["takes"])


def test_the_said_weights_are_the_weights() -> None:
    assert sum(demo.WEIGHTS.values()) == pytest.approx(1.0)
    assert [f"{weight:.0%}" in demo.SAID for weight in demo.WEIGHTS.values()] == [True] * 3
