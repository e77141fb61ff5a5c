"""Write what the program itself knows best: `make docs`. A test compares the pages with what would be written.

`reference/cli.md` is the help of every command, `errors.md` the exit codes, `styles.md` the styles the house band plays; the
README's file list is the first sentence of every module, in the order the work flows.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from producertwin import errors
from producertwin.cli.main import EVERYWHERE, VERBS, app
from producertwin.house_band.styles import STYLES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
README = ROOT / "README.md"
PACKAGE = Path("src") / "producertwin"
NOTE = "<!-- Written by docs/generate.py (make docs); do not edit. -->\n"
WIDE = 10_000
"""Columns, so that nothing is wrapped."""


def help_of(*words: str) -> str:
    """What `twin WORDS --help` says, as Markdown. The options of every command are told once, for `twin` itself."""
    page = io.StringIO()
    usual, app.help_formatter = app.help_formatter, "plain"
    try:
        app.help_print(words, console=Console(file=page, width=WIDE, color_system=None, force_terminal=False))
    finally:
        app.help_formatter = usual
    said = page.getvalue().split("\nBegin with:")[0]
    if words:
        said = said.split(f"\n{EVERYWHERE.name}:")[0]
    return "\n".join(marked(line.rstrip()) for line in said.strip().splitlines())


def marked(line: str) -> str:
    """One line of help as Markdown: usage and options in code, groups in bold."""
    if line.startswith("Usage: "):
        return f"`{line.removeprefix('Usage: ')}`"
    if option := re.match(r"^  (\S.*?)(?:: (.*))?$", line):
        return f"- `{option[1]}`" + (f": {option[2]}" if option[2] else "")
    return f"**{line[:-1]}**\n" if line.endswith(":") else line


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, verbs first, each followed by its own commands."""
    for verb in VERBS:
        yield (verb,)
        for name in app[verb]:
            if not name.startswith("-"):
                yield verb, name


def cli() -> str:
    """The command line."""
    parts = ["# Command line\n", NOTE, f"{help_of()}\n"]
    parts += [f"## twin {' '.join(words)}\n\n{help_of(*words)}\n" for words in commands()]
    return "\n".join(parts)


def exit_codes() -> str:
    """The error types with their exit codes and HTTP statuses."""
    kinds = sorted((getattr(errors, name) for name in errors.__all__), key=lambda kind: (kind.exit_code, kind.__name__))
    rows = [f"| {kind.exit_code} | `{kind.__name__}` | {kind.http_status} | {inspect.getdoc(kind)} |" for kind in kinds]
    head = ["# Errors and exit codes\n", NOTE, "0 is success and 2 is a command line that cannot be understood.\n"]
    return "\n".join([*head, "| exit code | error | HTTP | meaning |", "|---|---|---|---|", *rows, ""])


def styles() -> str:
    """The styles with the tags that describe them."""
    rows = [f"| `{name}` | {style.name} | {', '.join(style.base_tags)} |" for name, style in STYLES.items()]
    head = ["# Styles of the house band\n", NOTE, f"{len(rows)} styles; `twin band play` takes an id, a name or tags.\n"]
    return "\n".join([*head, "| id | name | tags |", "|---|---|---|", *rows, ""])


ORDER = {
    ".": "errors music timebase settings recipe progress presets recipes "
    "audio library house_band model pipeline evaluation training cli",
    "audio": "samples channels formats files sandbox decoder sources encoding edits levels loudness spectrum onsets tempo tonal "
    "masking pictures spectrogram tags",
    "library": "provenance studio takes blobs sidecars rows schema database lock disk",
    "house_band": "sheet styles band genres score arrange harmony melody comping basslines grooves players captions synonyms "
    "render instruments patches kits oscillators",
    "model": "tasks request instrument catalogue load weights convert tiny nano nano_codec "
    "engine plan prompts conditioning context flow guidance denoiser window codec finish",
    "pipeline": "stages executor sources guide finish delivery",
    "evaluation": "nano songs takes readings adherence defects style embedding fidelity metrics figures speed",
    "training/pretrain": "runs corpus codec latents nano loop",
    "cli": "main options output make edit takes band models library pretrain evaluate demo doctor",
}
"""What comes first in a folder; the rest follows by name."""
LONGEST = 110
MARKS = ("<!-- files: written by docs/generate.py -->\n```text\n", "```\n<!-- end of files -->")


def one_line(path: Path) -> str:
    """What a module's docstring or a preset's first comment says first, without its last full stop."""
    text = path.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text)) or "" if path.suffix == ".py" else text.splitlines()[0].lstrip("# ")
    sentence = re.split(r"\.(?= [A-Z`]|$)", " ".join(said.split("\n\n")[0].split()))[0]
    while len(sentence) > LONGEST:
        cut = max(sentence.rfind(mark) for mark in (", ", ": ", "; ", " ("))
        sentence = sentence[:cut] if cut > 0 else sentence[:LONGEST]
    return sentence.rstrip(".")


def lines_of(folder: Path, depth: int) -> Iterator[str]:
    """The file list of `folder`, relative to the repository, two spaces deeper for each level."""
    order = ORDER.get(folder.relative_to(PACKAGE).as_posix(), "").split()
    shown = [
        path
        for path in (ROOT / folder).iterdir()
        if (path / "__init__.py").exists()
        or (path.suffix in {".py", ".toml"} and path.name != "__init__.py")
        or any(path.glob("*.toml"))
    ]
    width = max(len(path.name) for path in shown) + 2
    for path in sorted(shown, key=lambda path: (order.index(path.stem) if path.stem in order else len(order), path.name)):
        inner = path / "__init__.py"
        said = FOLDERS.get(path.name) or one_line(inner if path.is_dir() else path)
        yield f"{'  ' * depth}{path.name + '/' * path.is_dir():{width}}{said}"
        if path.is_dir():
            yield from lines_of(path.relative_to(ROOT), depth + 1)


FOLDERS = {"presets": "What is shipped as data", "recipes": "The settings of the runs that made what is shipped"}
"""Folders that are not packages."""
AROUND = """\
README.md  this page
CONTRIBUTING.md  how changes are made
CHANGELOG.md  what changed for users
LICENSE  Apache-2.0
Makefile  demo, test, check, wheel, docs
pyproject.toml  the package, its dependencies, and the settings of ruff, mypy and pytest
constraints.txt  the versions that were measured
.ci/run  what has to pass before a change lands
runs/road.sh  the whole road on nano, in minutes on a CPU
docs/tutorial/  start here
docs/glossary.md  one word per idea
docs/mechanisms.md  how the instrument works, and where it differs from diffusers' pipeline
docs/nano.md  what nano can do, measured
docs/embedder.md  what the offline embedder hears, measured
docs/performance.md  how fast the engine is, against its floor
docs/reference/  commands, errors and styles, written from the program
docs/decisions/  why things are as they are, a page each
docs/sources.md  the papers and standards behind the code
docs/log.md  experiments, the failed ones too
docs/generate.py  writes the reference and this list
benchmarks/  speed, as ratios against a named alternative
tests/  mirrors src; test_layers, test_sizes, test_shipped and test_docs guard the whole
src/producertwin/  the package
"""
"""What stands around the package."""


def file_list() -> str:
    """The README's file list. What is not there yet is left out."""
    around = [
        f"{name:22}{said}" for name, _, said in (line.partition("  ") for line in AROUND.splitlines()) if (ROOT / name).exists()
    ]
    return "\n".join([*around, *lines_of(PACKAGE, 1), ""])


def readme() -> str:
    """The README with the file list as it should be."""
    before, rest = README.read_text(encoding="utf-8").split(MARKS[0])
    return before + MARKS[0] + file_list() + MARKS[1] + rest.split(MARKS[1])[1]


PAGES = {FOLDER / "cli.md": cli, FOLDER / "errors.md": exit_codes, FOLDER / "styles.md": styles, README: readme}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
