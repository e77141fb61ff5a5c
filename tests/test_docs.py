"""The documentation tells the truth: its commands exist, its file list is complete, its links lead somewhere."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnknownCommandError, ValidationError

from cli_kit import understand
from producertwin.cli.main import VERBS
from tree import FILES, MODULES, PACKAGE, ROOT

PAGES = tuple(
    sorted(
        [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")],
        key=lambda path: path.parts,
    )
)
GENERATED = ROOT / "docs" / "reference"
SCRIPTS = tuple(sorted((ROOT / "runs").glob("*.sh")))


def fenced(text: str) -> Iterator[str]:
    """Lines inside fenced or indented code of a Markdown text."""
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside
        elif inside or line.startswith("    "):
            yield line.strip()


def commands(path: Path) -> list[str]:
    """The `twin …` command lines in a page or a script, continued lines joined."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = fenced(text) if path.suffix == ".md" else (line.strip() for line in text.splitlines())
    stripped = (re.sub(r"^(\$ |\.venv/bin/)", "", line) for line in lines)
    return [line for line in stripped if line.startswith("twin ")]


COMMANDS = sorted(
    {
        (str(path.relative_to(ROOT)), line)
        for path in (*PAGES, *SCRIPTS)
        if GENERATED not in path.parents
        for line in commands(path)
    }
)


def test_the_documentation_has_commands() -> None:
    assert {"README.md", "docs/tutorial/01-first-take.md", "runs/road.sh"} <= {page for page, _ in COMMANDS}
    assert len(COMMANDS) > 12


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_documented_command_is_understood(page: str, line: str) -> None:
    understand(line)


@pytest.mark.parametrize("line", ["twin sing", "twin make x --loudness 3", "twin edit repaint", "twin takes shew x"])
def test_a_wrong_command_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r".") as caught:
        understand(line)
    assert type(caught.value).__module__.startswith("cyclopts")


# --- what the program tells people to run


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string under a node, `x` standing for what is filled in."""
    filled = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in filled:
            yield node.value


def advising(tree: ast.AST) -> Iterator[ast.AST]:
    """The places of a module that say what to run next: remedies, epilogues of help pages, last lines of commands."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="remedy" | "help_epilogue") | ast.Assign(targets=[ast.Name(id="remedy")]):
                yield node.value
            case ast.Call(func=ast.Attribute(attr="next")):
                yield node


def advised(path: Path) -> Iterator[str]:
    """Commands between back quotes in any string of a module, and without them where it says what to run next."""
    source = path.read_text(encoding="utf-8")
    if "twin " not in source:
        return
    tree = ast.parse(source)
    for text in texts(tree):
        yield from re.findall(r"`(twin [^`]+)`", text)
    for place in advising(tree):
        for text in texts(place):
            yield from re.findall(r'(?:^|: )(twin (?:"[^"]*"|[^"])+?)(?:$|, | \(|; | or )', text)


ADVISED = sorted({(str(path.relative_to(ROOT)), " ".join(line.split())) for path in FILES for line in advised(path)})


def meant(line: str) -> None:
    """Raise unless the command line program knows the command and its options; what it still needs may be left out."""
    try:
        understand(line)
    except UnknownCommandError as error:
        if "x" not in (error.unused_tokens or ()):  # filled in by the program
            raise
    except (MissingArgumentError, CoercionError, ValidationError):
        return


def test_the_program_gives_advice() -> None:
    assert {"twin library rebuild", "twin takes verify x", "twin tracks caption --review"} <= {line for _, line in ADVISED}
    assert len(ADVISED) > 50


@pytest.mark.parametrize(("module", "line"), ADVISED)
def test_a_command_that_the_program_advises_exists(module: str, line: str) -> None:
    meant(line)


@pytest.mark.parametrize("line", ["twin sing", "twin takes shew", "twin takes verify --loud", "twin dataset encode x y"])
def test_advice_to_run_what_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises(CycloptsError):
        meant(line)


def test_advice_may_leave_out_what_everybody_fills_in_differently() -> None:
    meant("twin tracks rate")
    meant("twin models pull x")


def test_every_verb_is_documented() -> None:
    used = {line.split()[1] for _, line in COMMANDS}
    assert set(VERBS) <= used


# --- the file list


def listed() -> dict[str, str]:
    """Path -> description, from the list of files: a tree of names, two spaces for each level."""
    block = (GENERATED / "files.md").read_text(encoding="utf-8").split("```")[1]
    above: list[str] = []
    entries: dict[str, str] = {}
    for line in block.splitlines()[1:]:
        indent = len(line) - len(line.lstrip())
        name, _, description = line.strip().partition(" ")
        above = [*above[: indent // 2], name]
        entries["".join(above)] = description.strip()
    return entries


def test_every_file_is_listed_with_one_line() -> None:
    entries = listed()
    folders = {f"{path.parent.relative_to(ROOT)}/" for path in FILES}
    modules = {str(path.relative_to(ROOT)) for path in MODULES.values() if path.name != "__init__.py"}
    data = {str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*.toml")}
    assert len(modules) > 20
    missing = sorted((folders | modules | data) - entries.keys())
    assert missing == [], "\n".join(missing)
    assert [path for path, description in entries.items() if not description] == []


def test_nothing_is_listed_that_is_not_there() -> None:
    assert [path for path in listed() if not (ROOT / path).exists()] == []


def test_the_readme_is_short_and_has_a_line_for_every_room() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    words = {path.stem for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    assert len(rooms) > 8 and len(words) > 5
    assert len(text.encode()) < 12_000
    lines = [line for line in text.split("## Where things are")[1].splitlines() if line.startswith("| `")]
    assert {name for line in lines for name in re.findall(r"`(\w+)/`", line.split("|")[1])} == rooms
    assert set(re.findall(r"`(\w+)`", lines[0].split("|")[1])) == words


# --- links


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_every_page_has_one_title() -> None:
    assert len(PAGES) > 12
    for page in PAGES:
        titles = [
            line
            for line in re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL).splitlines()
            if line.startswith("# ")
        ]
        assert len(titles) == 1, page


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 7


# --- sources


CITED = re.compile(r"([A-ZÄÖÜ][\w-]+)(?: et al\.| (?:&|and) [A-ZÄÖÜ][\w-]+)? ((?:19\d|20[0-2])\d)\b")
"""A paper as docstrings name it: `Ellis 2007`, `Serra & Smith 1990`, `Liu et al. 2022`."""


def test_every_cited_paper_is_in_the_index() -> None:
    index = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8").splitlines()
    cited = {found.groups() for path in FILES for found in CITED.finditer(" ".join(path.read_text(encoding="utf-8").split()))}
    assert len(cited) > 5
    missing = [f"{name} {year}" for name, year in sorted(cited) if not any(name in line and year in line for line in index)]
    assert missing == [], "\n".join(missing)


def test_every_file_the_index_names_exists() -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.(?:py|toml))`", text)
    assert len(named) > 10
    assert [name for name in named if not any((home / name).exists() for home in (PACKAGE, ROOT))] == []


# --- generated pages


def generator() -> ModuleType:
    """The module `docs/generate.py`."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_what_the_program_says() -> None:
    pages = generator().PAGES
    assert {path for path in pages if path.parent == GENERATED} == set(GENERATED.glob("*.md"))
    stale = [path.name for path, page in pages.items() if path.read_text(encoding="utf-8") != page()]
    assert stale == [], "run `make docs`"


def test_the_reference_knows_every_verb() -> None:
    text = (GENERATED / "cli.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"\n## twin {verb}\n" not in text] == []
