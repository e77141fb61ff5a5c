"""`twin takes` and `twin library`, as a shell would run them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.cli.main import run
from producertwin.library import Take, TakeDraft, TakeMetas, open_library
from producertwin.settings import Settings

TONE = (0.3 * np.sin(np.arange(4_800) * 0.05)).astype(np.float32)


class Shell:
    """Runs `twin` on one studio."""

    def __init__(self, studio: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.studio, self.capsys = studio, capsys
        studio.mkdir(parents=True, exist_ok=True)

    def __call__(self, *words: object) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        code = run(["--studio", str(self.studio), *map(str, words)])
        out, talk = self.capsys.readouterr()
        return code, out, talk

    def json(self, *words: object, code: int = 0) -> Any:
        """The one JSON document on stdout."""
        done, out, _ = self("--json", *words)
        assert done == code
        return json.loads(out)


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    return tmp_path / "studio"


@pytest.fixture
def shell(studio: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(studio, capsys)


@pytest.fixture
def made(studio: Path, tmp_path: Path) -> tuple[Take, Take]:
    """A take and its child."""
    sound = files.write(tmp_path / "tone.flac", np.stack([TONE, TONE]))
    fields: dict[str, Any] = {"audio": sound, "variant": "nano", "revision": "b2:0", "seconds": 0.1}
    with open_library(Settings(studio=studio)) as library:
        metas = TakeMetas(bpm=82, key="A minor")
        one = TakeDraft(**fields, task="text2music", stage={}, caption="lofi, rainy", seed=1, metas=metas, picture=b"\x89PNG")
        parent = library.takes.add(one)
        two = TakeDraft(**fields, task="cover", stage={}, caption="brass band", seed=2, parents=(parent.id,))
        return parent, library.takes.add(two)


def test_listing(shell: Shell, made: tuple[Take, Take]) -> None:
    parent, child = made
    code, out, _ = shell("takes", "list")
    lines = out.splitlines()
    assert (code, [line.split()[0] for line in lines]) == (0, ["id", child.id, parent.id])
    told = shell.json("takes", "list", "--text", "LOFI")
    assert told["schema"] == "twin.takes/1"
    assert [Take.model_validate(item) for item in told["items"]] == [parent]
    assert [item["id"] for item in shell.json("takes", "list", "--task", "cover")["items"]] == [child.id]
    assert shell.json("takes", "list", "--limit", "1", "--since", "2020-01-01")["items"][0]["id"] == child.id
    assert shell.json("takes", "list", "--since", "2999-01-01")["items"] == []


def test_takes_of_latents_alone_are_counted_and_listed_when_they_are_asked_for(
    shell: Shell, studio: Path, made: tuple[Take, Take]
) -> None:
    facts: dict[str, Any] = {"latents": b"latents", "variant": "nano", "revision": "b2:0", "seconds": 0.1, "task": "text2music"}
    with open_library(Settings(studio=studio)) as library:
        silent = library.takes.add(TakeDraft(**facts, stage={}, caption="a candidate", seed=3))
    code, out, talk = shell("takes", "list")
    assert code == 0 and silent.id not in out and "1 more is latents alone" in talk and "--latents" in talk
    assert [item["id"] for item in shell.json("takes", "list", "--latents")["items"]] == [silent.id]
    assert "latents alone" not in shell("takes", "list", "--text", "brass")[2]
    page = shell.json("takes", "page", "-o", studio / "page", "--dry-run")
    assert silent.id not in str(page) and made[0].id in str(page)


def test_an_empty_studio_says_what_to_do(shell: Shell) -> None:
    code, out, talk = shell("takes", "list")
    assert (code, out.split()) == (0, ["id", "made", "task", "variant", "length", "seed", "asked", "parents", "caption"])
    assert "twin make" in talk


def test_showing(shell: Shell, made: tuple[Take, Take]) -> None:
    parent, child = made
    code, out, _ = shell("takes", "show", parent.id[:8])
    assert code == 0
    for words in (parent.id, "lofi, rainy", "bpm 82, key A minor", child.id):
        assert words in out
    told = shell.json("takes", "show", parent.id)
    assert Take.model_validate(told["take"]) == parent
    assert told["children"] == [child.id]
    assert Path(told["files"]["audio"]).is_file()


def test_playing(shell: Shell, made: tuple[Take, Take]) -> None:
    code, out, talk = shell("takes", "play-path", made[0].id)
    assert (code, talk) == (0, "")
    assert out.endswith(".flac\n")
    assert Path(out.strip()).read_bytes()[:4] == b"fLaC"
    assert shell.json("takes", "play-path", made[0].id)["path"] == out.strip()


def test_exporting(shell: Shell, made: tuple[Take, Take], tmp_path: Path) -> None:
    out = tmp_path / "out" / "song.wav"
    planned = shell.json("takes", "export", made[0].id, "-o", out, "--dry-run")
    assert not out.parent.exists()
    done = shell.json("takes", "export", made[0].id, "-o", out)
    assert planned["files"] == done["files"]
    assert all(Path(file).is_file() for file in done["files"])
    assert out.read_bytes()[:4] == b"RIFF"
    assert np.abs(files.read(out)[0] - TONE).max() < 1e-6  # 24 bits
    for extra in ((), ("--dry-run",)):
        code, _, talk = shell("takes", "export", made[0].id, "-o", out, *extra)
        assert code == 3
        assert "--force" in talk
    assert shell("takes", "export", made[0].id, "-o", out, "--overwrite")[0] == 0


def test_deleting(shell: Shell, made: tuple[Take, Take]) -> None:
    parent, child = made
    for extra in ((), ("--dry-run",)):
        code, _, talk = shell("takes", "delete", parent.id, *extra)
        assert code == 3
        assert child.id in talk
    assert set(shell.json("takes", "delete", parent.id, "--cascade", "--dry-run")["takes"]) == {parent.id, child.id}
    assert len(shell.json("takes", "list")["items"]) == 2
    code, out, talk = shell("takes", "delete", parent.id, child.id)
    assert (code, {line.split()[0] for line in out.splitlines()}) == (0, {parent.id, child.id})
    assert shell.json("takes", "list")["items"] == []
    assert shell(*talk.splitlines()[-1].removeprefix("next: twin ").split())[0] == 0
    assert len(shell.json("takes", "list")["items"]) == 2


def test_verifying(shell: Shell, made: tuple[Take, Take], studio: Path) -> None:
    told = shell.json("takes", "verify")
    assert (told["takes"], told["problems"]) == (2, [])
    path = Path(shell.json("takes", "show", made[0].id)["files"]["picture"])
    path.write_bytes(b"\x88PNG")
    code, _, talk = shell("takes", "verify")
    assert code == 5
    assert f"{made[0].id} picture: damaged: {path}" in talk
    assert "1 of 2 takes" in talk
    assert shell.json("takes", "verify", made[0].id, code=5)["failures"].keys() == {f"{made[0].id} picture"}
    assert shell("takes", "verify", made[1].id)[0] == 0


def test_the_library_is_rebuilt(shell: Shell, made: tuple[Take, Take], studio: Path) -> None:
    listed = shell.json("takes", "list")
    for path in studio.glob("library.sqlite*"):
        path.unlink()
    assert shell.json("library", "rebuild", "--dry-run")["takes"] == 2
    assert not (studio / "library.sqlite").exists()
    assert shell.json("library", "rebuild")["added"] == [made[0].id, made[1].id]
    assert shell.json("takes", "list") == listed
    (sidecar,) = studio.glob(f"takes/*/{made[1].id}.json")
    sidecar.write_text("{")
    failed = shell.json("library", "rebuild", code=5)
    assert failed["failures"].keys() == {str(sidecar)}
    assert "2 takes are in the database" in failed["message"]


def test_where_the_library_is(shell: Shell, made: tuple[Take, Take], studio: Path) -> None:
    assert shell("library", "path")[1] == f"{studio}\n"
    told = shell.json("library", "info")
    assert (told["takes"], told["blobs"], told["studio"]) == (2, 2, str(studio))
    assert "studio" in shell("library", "info")[1]
    assert shell.json("library", "sweep", "--dry-run")["files"] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("takes", "show", "aaaaaaaaaaaa"), 4),
        (("takes", "show", "../../x"), 3),
        (("takes", "play-path", ""), 3),
        (("takes", "export", "aaaaaaaaaaaa"), 4),
        (("takes", "delete", "aaaaaaaaaaaa"), 4),
        (("takes", "verify", "aaaaaaaaaaaa"), 4),
        (("takes", "list", "--limit", "0"), 3),
        (("takes", "list", "--since", "bogus"), 2),
        (("takes", "delete"), 2),
        (("takes", "show"), 2),
    ],
)
def test_mistakes_have_their_exit_code_and_a_remedy(shell: Shell, words: tuple[str, ...], expected: int) -> None:
    code, out, talk = shell(*words)
    assert (code, out) == (expected, "")
    assert talk.startswith("error: ")
    assert "try: " in talk


def test_a_newer_library_is_unavailable(shell: Shell, made: tuple[Take, Take], studio: Path) -> None:
    with closing(sqlite3.connect(studio / "library.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    code, _, talk = shell("takes", "list")
    assert code == 7
    assert "upgrade" in talk
