"""Two processes open, migrate, add and delete in the same studio at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import producertwin
from producertwin.errors import Unavailable
from producertwin.library import database, open_library
from producertwin.library.lock import hold_lock
from producertwin.library.verify import verify_takes
from producertwin.progress import finish
from producertwin.settings import Settings

WRITER = """
import sys
from pathlib import Path
from producertwin.library import TakeDraft, open_library
from producertwin.settings import Settings

me, studio = sys.argv[1], Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
with open_library(Settings(studio=studio)) as library:
    for seed in range(50):
        sound = b"fLaC" + bytes([seed]) * 5000  # the other one's too: adding and collecting a blob meet
        facts = dict(task="text2music", stage={}, caption=me, seed=seed, variant="nano", revision="r", seconds=1)
        take = library.takes.add(TakeDraft(audio=sound, **facts))
        if seed % 5 == 0:
            library.takes.delete(take.id)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("old", [False, True], ids=["no library yet", "an older library"])
def test_two_writers_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch, old: bool) -> None:
    if old:
        with monkeypatch.context() as patch:
            patch.setattr(database, "HEAD", "0001")
            open_library(settings).close()
    environment = os.environ | {"PYTHONPATH": str(Path(producertwin.__file__).parent.parent)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITER, name, str(settings.studio)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, talk = writer.communicate(timeout=120)
        assert (writer.returncode, talk) == (0, "")
    with open_library(settings) as library:
        takes = library.takes.list()
        assert finish(verify_takes(library)).problems == ()
        library.empty_trash((), None)  # where the deleted ones wait, with their contents
        assert len(list(library.blobs.names())) == 40
    assert len(takes) == 80
    assert len(list((settings.studio / "backups").glob("*"))) == int(old)
    with closing(sqlite3.connect(settings.studio / "library.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_studio_that_is_held_too_long_is_unavailable(tmp_path: Path) -> None:
    with hold_lock(tmp_path), pytest.raises(Unavailable, match="another process"), hold_lock(tmp_path, patience=0):
        pass
    with hold_lock(tmp_path, patience=0):  # and it is free again
        pass
