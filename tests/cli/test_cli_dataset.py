"""From a folder of tracks to a training set, as a shell would do it: in one command, and step by step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.dataset.build import BuildPlan, build
from producertwin.dataset.taggers import MeterTagger
from producertwin.library import open_library
from producertwin.model.nano import embedder
from producertwin.model.nano.embedder import Tags
from producertwin.progress import finish
from producertwin.settings import Settings

PROFILE = 'name = "short"\nshortest = 1.0\n'
OWN = ("--producer", "Ada", "--licence", "CC-BY-4.0", "--provider", "self")


class Ears:
    """An embedder that hears house in everything."""

    name = "ears"

    def embed_audio(self, sound: np.ndarray) -> Tags:
        assert sound.shape[0] == 2
        return Tags(np.zeros(2), {"house": 0.9, "trap": 0.1}, {"drums": 0.9, "vocals": 0.1})


@pytest.fixture(autouse=True, scope="module")
def ears() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedder, "load_embedder", lambda _settings: Ears())
        yield


def sing(folder: Path) -> Path:
    """Four songs, a letter that is none, a text that cannot be read, and a profile for short songs."""
    folder.mkdir(parents=True)
    for number in range(4):
        noise = 0.1 * np.random.default_rng(number).standard_normal((2, 60_000))
        files.write(folder / f"song {number}.wav", noise.astype(np.float32))
    (folder / "letter.mp3").write_text("Dear Ada,")
    (folder / "song 2.json").write_text("{")
    (folder.parent / "short.toml").write_text(PROFILE)
    return folder


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """The songs in the folder that is worked in."""
    return sing(tmp_path / "here" / "music")


@pytest.fixture(scope="module")
def first_studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio in which the songs were built into a training set."""
    home = tmp_path_factory.mktemp("built")
    folder = sing(home / "music")
    plan = BuildPlan.model_validate(
        {"ingest": {"producer": "Ada", "licence": "CC-BY-4.0", "provider": "self"},
         "screen": {"profile": str(home / "short.toml"), "workers": 1}}
    )  # fmt: skip
    with open_library(Settings(studio=home / "studio")) as library:
        finish(build(folder, plan, MeterTagger(Ears()), [], library))  # type: ignore[arg-type]
    return home / "studio"


@pytest.fixture
def made(first_studio: Path, studio: Path, music: Path) -> str:
    """The id of the training set of the songs, in a studio of its own."""
    shutil.copytree(first_studio, studio)
    [path] = (studio / "datasets").glob("*.json")
    return path.stem


def built(twin: Callable[..., Any], *more: str) -> Any:
    return twin("--json", "dataset", "build", "music", *OWN, "--profile", "short.toml", "--workers", "1", *more)


@pytest.mark.thorough
def test_a_folder_becomes_a_training_set_and_the_second_run_does_nothing_anew(twin: Callable[..., Any], music: Path) -> None:
    first = built(twin)
    assert first.code == 5 and set(first.data["failures"]) == {"letter.mp3"}
    assert "letter.mp3" in first.err and first.err.splitlines()[-1] == "next: twin train Ada"
    assert "training can begin: it leaves out what is not sure" in first.err
    assert "warning: song 2: song 2.json is not JSON" in first.err
    (music / "letter.mp3").unlink()
    again = built(twin)
    assert again.code == 0
    data = again.data
    assert (data["schema"], data["tracks"], data["left_out"]) == ("twin.dataset/1", 4, {})
    assert "song 3" in Path(data["report"]).read_text()
    assert Path(data["manifest"]).is_file() and data["id"] in data["manifest"]
    [only] = twin("--json", "dataset", "list").data["items"]
    assert (only["id"], only["tracks"], only["producer"]) == (data["id"], 4, "Ada")
    assert twin("dataset", "styles").out.split()[:4] == ["style", "train", "holdout", "length"]


@pytest.mark.thorough
def test_every_step_by_itself_comes_to_the_same_rows(twin: Callable[..., Any], made: str, music: Path) -> None:
    (music / "letter.mp3").unlink()
    studio = ("--studio", str(music.parent / "steps"))
    ingested = twin(*studio, "ingest", "music", *OWN)
    assert ingested.code == 0 and "warning: song 2: song 2.json is not JSON" in ingested.err
    screened = twin(*studio, "--json", "screen", "--profile", "short.toml", "--workers", "1", "--export", "mp3", "-o", "mp3").data
    assert all(verdict["accepted"] for verdict in screened["verdicts"].values())
    assert len(list((music.parent / "mp3").glob("*.mp3"))) == 4
    assert twin(*studio, "caption").code == 0
    assert "0 of them anew" in twin(*studio, "caption").err
    split = twin(*studio, "--json", "split", "--producer", "Ada").data
    assert split["id"] == made


@pytest.mark.thorough
def test_a_caption_is_looked_at_set_by_hand_and_kept(
    twin: Callable[..., Any], made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flagged = twin("--json", "caption", "--review").data["items"]
    key = flagged[0]["track"]
    assert flagged[0]["caption"]["flags"]
    edited = twin(
        "--json",
        "caption",
        "edit",
        key,
        "--set",
        "bpm=124",
        "--set",
        "mood=dark, warm",
        "--set",
        "key=A minor",
        "--set",
        "genre=house",
    ).data
    assert (edited["caption"]["bpm"], edited["caption"]["key"]) == (124, "A minor")
    assert "dark, warm" in edited["text"] and edited["caption"]["edited"] == ["bpm", "mood", "key", "genre"]
    monkeypatch.setenv("EDITOR", "sed -i s/^meter.*/meter=3/")
    assert twin("--json", "caption", "edit", key).data["caption"]["meter"] == 3
    monkeypatch.setenv("EDITOR", "false")
    assert twin("caption", "edit", key).code == 3
    monkeypatch.delenv("EDITOR")
    monkeypatch.delenv("VISUAL", raising=False)
    assert "EDITOR" in twin("caption", "edit", key).err
    assert twin("caption", "edit", key, "--set", "bpm").code == 3
    for wrong in (
        ("--flagged",),
        (key, "--flagged", "--set", "genre=house"),
        (),
        (key, key),
        (key, "nobody", "--set", "genre=house"),
    ):
        assert twin("caption", "edit", *wrong).code in (3, 4), wrong
    waiting = {one["track"]: one["caption"] for one in twin("--json", "caption", "--review").data["items"]}
    of_style = {track for track, one in waiting.items() if {"no_clear_style", "unsure_style"} & set(one["flags"])}
    settled = twin("--json", "caption", "edit", "--flagged", "--set", "genre=house").data["items"]
    assert {one["track"] for one in settled} == of_style and all("genre" in one["caption"]["edited"] for one in settled)
    left = twin("--json", "caption", "--review").data["items"]
    assert not [one for one in left if {"no_clear_style", "unsure_style"} & set(one["caption"]["flags"])]
    built(twin)
    assert key not in [one["track"] for one in twin("--json", "caption", "--review").data["items"]]


@pytest.mark.thorough
def test_scores_and_exports_travel(twin: Callable[..., Any], made: str) -> None:
    [track, *_] = twin("--json", "dataset", "tracks").data["items"]
    assert twin("tracks", "rate", track["id"][:6], "4", "--note", "warm").out == "song 0: 4 of 5\n"
    assert twin("tracks", "rate", track["id"], "6").code == 3
    name = twin("--json", "split", "--producer", "Ada").data["id"]
    assert twin("dataset", "export", name, "--format", "folder", "-o", "out").code == 0
    scores = json.loads(Path("out/metadata/quality_scores.json").read_text())
    assert scores[track["id"]]["rating"] == 4
    assert twin("--json", "dataset", "import", "out", "--format", "folder").data["id"] == name
    assert twin("dataset", "export", name, "--format", "folder", "-o", "out").code == 3


def test_a_language_model_is_priced_before_it_is_asked(
    twin: Callable[..., Any], made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = twin("--json", "caption", "--tagger", "gemini", "--dry-run").data
    assert (found["tracks"], found["estimate"]["requests"]) == (4, 4)
    assert twin("caption", "--dry-run").out == "would describe 4 tracks offline\n"
    refused = twin("caption", "--tagger", "gemini")
    assert refused.code == 7 and "offline" in refused.err


@pytest.mark.thorough
def test_encoding_twice_asks_the_instrument_for_nothing(twin: Callable[..., Any], made: str) -> None:
    first = twin("--json", "encode", made[:5], "--variant", "tiny").data
    again = twin("--json", "encode", "--variant", "tiny").data
    assert first["made"] > 4 and (again["made"], again["kept"]) == (0, first["made"])
    assert twin("encode", "--variant", "tiny", "--dry-run").out == "would encode 4 tracks, 5 s, for tiny\n"


def test_a_library_is_verified_with_its_tracks_and_sets(twin: Callable[..., Any], made: str, studio: Path) -> None:
    sound = twin("--json", "library", "verify").data
    assert (sound["takes"], sound["tracks"], sound["sets"], sound["problems"]) == (0, 4, 1, [])
    rows = json.loads((studio / "datasets" / f"{made}.json").read_text())["rows"]
    clip = rows[0]["clips"][0].removeprefix("b2:")
    path = studio / "blobs" / clip[:2] / clip[2:]
    path.write_bytes(path.read_bytes()[:-9])
    found = twin("--json", "library", "verify")
    assert (found.code, set(found.data["failures"])) == (
        5, {f"track {rows[0]['track']} note screen clips 1", f"training set {made} rows 1 clips 1"},
    )  # fmt: skip
    assert f"damaged: {path}" in found.err and "2 of 5 are not sound (0 takes, 4 tracks, 1 training set)" in found.err
    assert twin("takes", "verify").code == 0
    path.unlink()
    assert twin("screen", "--profile", "short.toml", "--workers", "1").code == 0  # as the remedy says
    assert twin("library", "verify").out == "sound: 0 takes, 4 tracks, 1 training set\n"


def test_a_forgotten_track_is_in_no_new_set(twin: Callable[..., Any], made: str) -> None:
    [track, *_] = twin("--json", "dataset", "tracks").data["items"]
    assert twin("dataset", "forget", track["id"]).code == 0
    assert len(twin("--json", "dataset", "tracks").data["items"]) == 3
    assert sum(row["train"] + row["holdout"] for row in twin("--json", "split").data["balance"]) == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ingest", "nowhere", "--producer", "Ada"), 4, "no folder"),
        (("ingest", "music", "--producer", "Ada", "--licence", "mine"), 3, "licence"),
        (("screen",), 4, "no tracks"),
        (("screen", "--profile", "loud"), 3, "twin-beat"),
        (("caption", "--style", "polka"), 3, "polka"),
        (("caption",), 4, "no tracks"),
        (("split",), 3, "no tracks"),
        (("tracks", "rate", "abcdefabcdef", "3"), 4, "no track"),
        (("dataset", "styles"), 4, "no training set"),
        (("dataset", "export", "--format", "folder", "-o", "out"), 4, "no training set"),
        (("dataset", "import", "music", "--format", "hf"), 4, "no dataset"),
        (("dataset", "build", "music", "--producer", "Ada", "--style", "polka"), 3, "polka"),
    ],
)
def test_what_cannot_be_done_says_why(
    twin: Callable[..., Any], music: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    found = twin(*words)
    assert (found.code, said in found.err) == (code, True), found.err
    assert "try: " in found.err


def test_a_dry_run_reads_names_and_leaves_nothing(twin: Callable[..., Any], music: Path, studio: Path) -> None:
    found = twin("dataset", "build", "music", *OWN, "--dry-run")
    assert found.code == 0 and "song 3.wav" in found.out
    assert not studio.exists()


@pytest.mark.usefixtures("made")
def test_a_list_of_tracks_leads_to_the_step_that_is_missing(twin: Callable[..., Any], studio: Path) -> None:
    listed = twin("tracks", "list")
    assert "next: twin train Ada" in listed.err and listed.out.splitlines()[0].endswith("stands")
    assert {one["standing"]["state"] for one in twin("--json", "tracks", "list").data["items"]} <= {"ready", "needs you"}
    for path in (studio / "datasets").glob("*.json"):
        path.unlink()
    assert "next: twin dataset split" in twin("tracks", "list").err
    assert "next: twin dataset build --help" in twin("tracks", "list", "--producer", "Nobody").err
    for kind, command in (("caption", "twin tracks caption"), ("screen", "twin tracks screen")):
        with open_library(Settings(studio=studio)) as library:
            for track in library.tracks.list():
                library.tracks.note(track.id, kind, None)
        assert f"next: {command}" in twin("tracks", "list").err
