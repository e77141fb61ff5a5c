"""Manners that every command has: what it says of a line it does not understand, silence, leave to replace, studios it finds."""

from __future__ import annotations

import io
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producertwin import __version__
from producertwin.cli import replacing
from producertwin.cli.examples import EXAMPLES
from producertwin.cli.main import run
from producertwin.cli.output import Console
from producertwin.errors import BadInput
from producertwin.settings import Settings

Twin = Callable[..., Any]


# --- a line that is not understood


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mke", "twin has no command 'mke'. Did you mean make?"),
        ("edit repain", "twin edit has no command 'repain'. Did you mean repaint?"),
        ("lab mesure", "twin lab has no command 'mesure'. Did you mean measure?"),
        ("xyzzy", "twin has no command 'xyzzy'"),
        ("make x --bmp 3", "twin make has no option --bmp. Did you mean --bpm?"),
        ("runs list --prodcer=Ada", "twin runs list has no option --prodcer. Did you mean --producer?"),
        ("takes list -z", "twin takes list has no option -z"),
        ("make x --bpm fast", "--bpm takes a number, not 'fast'"),
        ("make x --batch two", "--batch takes a whole number, not 'two'"),
        ("tracks rate k3v five", "SCORE takes a whole number, not 'five'"),
        ("make x --guide bnd", "--guide takes none, band or auto, not 'bnd'. Did you mean band?"),
        ("dataset export --format floder -o x", "not 'floder'. Did you mean folder?"),
        ("make x y", "twin make has no use for 'y'; words that belong together go between quotes"),
        ("edit extract", "twin edit extract needs SOURCE"),
        ("make x --bpm", "--bpm needs a value"),
        ("make x --seed 1 --seed 2", "--seed is given twice"),
    ],
)
def test_a_line_that_is_not_understood_is_explained_in_our_own_words(twin: Twin, line: str, said: str) -> None:
    done = twin(*line.split())
    assert (done.code, done.out) == (2, "")
    first, hint = done.err.splitlines()
    assert first.endswith(said), first
    assert hint.startswith("  try: twin ") and hint.endswith(" --help")
    assert not any(word in done.err for word in ("Unused", "parameter", "coerce", "Invalid", "token"))


# --- version, silence, detail, completion


def test_the_version_has_a_short_option(twin: Twin) -> None:
    assert twin("-V").out == twin("--version").out == f"{__version__}\n"


@pytest.mark.parametrize("line", ["takes list", "twins list", "lab band styles", "tracks list"])
def test_a_quiet_command_says_its_data_alone(twin: Twin, line: str) -> None:
    loud, quiet = twin(*line.split()), twin(*line.split(), "-q")
    assert "next: " in loud.err
    assert (quiet.out, quiet.err, quiet.code) == (loud.out, "", 0)


def test_a_quiet_command_tells_errors_and_warnings(twin: Twin, capsys: pytest.CaptureFixture[str]) -> None:
    loud, quiet = twin("takes", "show", "k3v"), twin("-q", "takes", "show", "k3v")
    assert (quiet.code, quiet.err) == (loud.code, loud.err)
    Console(Settings(studio=Path("studio")), quiet=True).warn("mind the gap")
    assert capsys.readouterr().err == "warning: mind the gap\n"


def test_detail_comes_after_the_explanation(twin: Twin) -> None:
    lines = twin("-v", "takes", "show", "k3v").err.splitlines()
    assert lines[0].startswith("error: no take 'k3v'")
    assert lines[1].startswith("  try: ")
    assert lines[2] == "where it came from:"
    assert lines[3].startswith("Traceback")


@pytest.mark.thorough
def test_completion_is_installed_for_the_commands_there_are(twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    done = twin("--install-completion", "--shell", "bash")
    assert done.code == 0, done.err
    [script] = [path for path in tmp_path.rglob("twin") if path.is_file()]
    text = script.read_text(encoding="utf-8")
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert all(word in text for word in ("repaint", "--guide-strength", "pretrain", "--studio"))


# --- studios


BEGIN = (
    "demo",
    "make",
    "edit ",
    "pipeline ",
    "models ",
    "lab ",
    "doctor",
    "config ",
    "tracks ingest",
    "dataset build",
    "dataset import",
)
BEGIN += ("twins install", "serve", "mcp", "lofi-daemon")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith(BEGIN)])
def test_a_mistyped_studio_is_not_made_by_a_command_that_reads(twin: Twin, name: str) -> None:
    done = twin("--studio", "studoi", *_words(name))
    assert (done.code, Path("studoi").exists()) == (4, False), done.err
    assert done.err.startswith("error: no studio at studoi\n")


def _words(name: str) -> list[str]:
    """An example of a command, its words split."""
    return shlex.split(EXAMPLES[name][0])


def test_a_studio_begins_with_what_fills_it(twin: Twin) -> None:
    assert twin("--studio", "new", "lab", "band", "styles").code == 0
    assert twin("--studio", "new", "make", "lofi", "--variant", "tiny", "--duration", "1").code == 0
    assert Path("new", "library.sqlite").is_file()
    assert twin("--studio", "new", "takes", "list").code == 0


# --- leave to replace


def _song(twin: Twin, *more: object) -> Any:
    return twin("lab", "band", "play", "house", "--duration", "2", "-o", "song.flac", *more)


@pytest.mark.thorough
def test_what_is_in_the_way_is_kept_unless_replacing_is_allowed(twin: Twin) -> None:
    Path("song.flac").write_text("mine")
    for line in (("make", "lofi", "--variant", "tiny", "--duration", "1", "-o", "song.flac"),):
        for more in ((), ("--dry-run",), ("-q",)):
            done = twin(*line, *more)
            assert done.code == 3 and done.err == "error: song.flac is there already\n  try: give another name, or --force\n"
    assert _song(twin).code == 3 and _song(twin, "--dry-run").code == 3
    assert Path("song.flac").read_text() == "mine"
    assert _song(twin, "--force").code == 0
    assert Path("song.flac").read_bytes()[:4] == b"fLaC"


@pytest.mark.parametrize("wanted", [("--picture", "song.png"), ("--batch", "2", "song-2.flac")])
def test_everything_that_a_take_would_replace_is_looked_at(twin: Twin, wanted: tuple[str, ...]) -> None:
    *options, name = wanted
    Path(name).write_text("mine")
    done = twin("make", "lofi", "--variant", "tiny", "--duration", "1", "-o", "song.flac", *options)
    assert done.code == 3 and f"{name} is there already" in done.err
    assert Path(name).read_text() == "mine" and not Path("song.flac").exists()


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", [".flac", ".wav", ".mp3", ".ogg"])
def test_a_copy_of_a_take_that_is_kept_is_replaced_and_a_changed_one_is_not(twin: Twin, suffix: str) -> None:
    song = Path(f"song{suffix}")
    line = ("make", "lofi", "--variant", "tiny", "--duration", "1", "--picture", "--lyrics", "la la la", "-o", song)
    assert twin(*line, "--seed", "1").code == 0
    first = song.read_bytes()
    again = twin(*line, "--seed", "2", "-v")
    assert again.code == 0 and "replacing copies of takes that the library keeps" in again.err
    assert song.read_bytes() != first
    song.write_bytes(song.read_bytes()[:-1])
    refused = twin(*line, "--seed", "3")
    assert refused.code == 3 and f"{song}, song.png" in refused.err
    song.write_bytes(first)
    assert twin("takes", "delete", twin("takes", "list", "--json").data["items"][-1]["id"]).code == 0
    gone = twin(*line, "--seed", "3")
    assert gone.code == 3 and "there already" in gone.err and song.read_bytes() == first


@pytest.mark.thorough
def test_pipelines_follow_the_same_rule(twin: Twin) -> None:
    line = ("pipeline", "run", "draft-refine", "lofi", "--variant", "tiny", "--duration", "1", "--batch", "2", "-o", "song.flac")
    Path("song-2.flac").write_text("mine")
    for more in ((), ("--dry-run",)):
        done = twin(*line, *more)
        assert done.code == 3 and "song-2.flac is there already" in done.err
    assert Path("song-2.flac").read_text() == "mine" and twin("takes", "list", "--json").data["items"] == []
    assert twin(*line, "--force").code == 0
    assert Path("song-2.flac").read_bytes()[:4] == b"fLaC"
    assert twin("pipeline", "new", "mine").code == 0
    refused = twin("pipeline", "new", "mine", "--like", "cover-drift")
    assert refused.code == 3 and "mine.toml is there already" in refused.err
    assert twin("pipeline", "new", "mine", "--like", "cover-drift", "--force").code == 0
    assert "cover-drift" not in twin("pipeline", "list").err and "cover > cover > cover" in twin("pipeline", "list").out


@pytest.mark.thorough
def test_exports_of_takes_follow_the_same_rule_under_the_old_option_too(twin: Twin) -> None:
    twin("make", "lofi", "--variant", "tiny", "--duration", "1", "--seed", "1")
    [take] = twin("takes", "list", "--json").data["items"]
    assert twin("takes", "export", take["id"], "-o", "a.flac").code == 0
    refused = twin("takes", "export", take["id"], "-o", "a.flac")
    assert refused.code == 3 and "a.json is there already" in refused.err
    assert twin("takes", "export", take["id"], "-o", "a.flac", "--dry-run").code == 3
    assert twin("takes", "export", take["id"], "-o", "a.flac", "--force").code == 0
    assert twin("takes", "export", take["id"], "-o", "a.flac", "--overwrite").code == 0


@pytest.mark.parametrize(("answer", "leave"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, answer: str, leave: bool) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    told: list[str] = []
    monkeypatch.setattr(replacing.sys, "stdin", Keyboard(answer))
    monkeypatch.setattr(Console, "is_terminal", property(lambda _: True))
    monkeypatch.setattr(Console, "ask", lambda _, line: told.append(line))
    console = Console(Settings(studio=Path("studio")))
    files = [Path(f"{number}.flac") for number in range(5)]
    for path in files:
        path.touch()
    replacing.check_replacing(files, console, force=False, dry_run=True)
    replacing.check_replacing([Path("new.flac")], console, force=False)
    assert told == []
    try:
        replacing.check_replacing(files, console, force=False)
    except BadInput:
        assert not leave
    else:
        assert leave
    assert told == ["0.flac, 1.flac, 2.flac and 2 more: replace? [y/N]"]


def test_an_option_of_the_program_may_stand_anywhere() -> None:
    assert run(["-q", "lab", "band", "styles"]) == run(["lab", "band", "styles", "-q"]) == 0
