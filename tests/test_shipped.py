"""What ships is sound: every preset and recipe parses, nothing loads code from data, nothing points at one machine."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tree import FILES, MODULES, PACKAGE, ROOT, imports_of, syntax

TOMLS = tuple(sorted([*(PACKAGE / "presets").rglob("*.toml"), *(PACKAGE / "recipes").rglob("*.toml")]))
TEXTS = tuple(
    path
    for place in ("src", "tests", "docs", "runs", "benchmarks", ".ci", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")
    for path in ([ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).rglob("*")))
    if path.suffix in {".py", ".md", ".toml", ".sh", ".json"} or path.name in {"Makefile", "run"}
)
"""Every text a reader of the repository meets."""

FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle"}
FORBIDDEN_CALLS = {"eval", "exec", "torch.load", "yaml.load", "os.system", "os.popen", "np.random.seed"}
"""Calls that run what a file says, or touch a random state that everybody shares."""
SEEDING = "torch.manual_seed"
"""Sets the shared state too, which initialising a network cannot avoid: allowed inside `with torch.random.fork_rng()`."""
FORBIDDEN_OPTIONS = {"allow_pickle", "trust_remote_code", "shell"}

ONE_MACHINE = re.compile(r"(?<![\w.:/{}$~*-])/(?:home|Users|root|work|mnt|opt|srv|tmp)/\w")
"""An absolute path that exists on one machine only."""
IMPORTED_AS = {
    "c2pa-python": "c2pa",
    "cyfaust-llvm": "cyfaust",
    "pillow": "PIL",
    "google-genai": "google",
    "tensorboardx": "tensorboardX",
    "scikit-learn": "sklearn",
    "pyyaml": "yaml",
}
"""Package -> module, where the names differ."""
KNOWN_HOSTS = {
    "ace-step.github.io",
    "api.openai.com",
    "arxiv.org",
    "creativecommons.org",
    "cdn.jsdelivr.net",
    "cv.iptc.org",
    "dafx.de",
    "doi.org",
    "example.org",
    "faustide.grame.fr",
    "generativelanguage.googleapis.com",
    "git-lfs.github.com",
    "github.com",
    "huggingface.co",
    "json.schemastore.org",
    "keepachangelog.com",
    "pypi.org",
    "semver.org",
    "www.ixml.info",
    "tech.ebu.ch",
    "www.apache.org",
    "www.itu.int",
    "www.musicxml.org",
    "www.rfc-editor.org",
    "xiph.org",
    "localhost",
    "127.0.0.1",
    "example.com",
    "example.invalid",
}
"""Where links may lead."""


def dotted(node: ast.AST) -> str:
    """`a.b.c` for an attribute chain or a name, otherwise an empty string."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def fenced(tree: ast.AST) -> set[ast.AST]:
    """Everything inside a `with torch.random.fork_rng()`."""
    fences = [node for node in ast.walk(tree) if isinstance(node, ast.With) and "fork_rng" in ast.dump(node.items[0])]
    return {inner for fence in fences for inner in ast.walk(fence)}


def dangers(tree: ast.AST) -> Iterator[str]:
    """What `tree` does that the house forbids."""
    safe = fenced(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origins = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"import {name}" for name in origins if name.split(".")[0] in FORBIDDEN_MODULES)
        elif isinstance(node, ast.Call):
            if dotted(node.func) in FORBIDDEN_CALLS or (dotted(node.func) == SEEDING and node not in safe):
                yield f"{dotted(node.func)}()"
            for option in node.keywords:
                if option.arg in FORBIDDEN_OPTIONS and not (
                    isinstance(option.value, ast.Constant) and option.value.value is False
                ):
                    yield f"{option.arg}="
        elif isinstance(node, ast.ExceptHandler) and node.type is None:
            yield "bare except"


def test_presets_and_recipes_are_there() -> None:
    assert len(TOMLS) > 0


@pytest.mark.parametrize("path", TOMLS, ids=lambda path: path.name)
def test_toml_parses_and_says_something(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text)
    assert text.startswith("#"), "a preset or recipe opens with a comment that says what it is for"


def test_no_source_file_runs_what_a_file_says() -> None:
    assert len(FILES) > 20
    found = [f"{path.relative_to(ROOT)}: {danger}" for path in FILES for danger in dangers(syntax(path))]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "eval('1')",
        "torch.load(path)",
        "yaml.load(text)",
        "torch.manual_seed(3)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(line, shell=flag)",
        "try:\n    f()\nexcept:\n    pass",
    ],
)
def test_the_check_finds_what_is_forbidden(source: str) -> None:
    assert len(list(dangers(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()",
        "safetensors.torch.load_file(path)",
        "np.load(path, allow_pickle=False)",
        "torch.Generator().manual_seed(3)",
        "with torch.random.fork_rng():\n    torch.manual_seed(3)\n    net = Net()",
    ],
)
def test_the_check_leaves_the_harmless_alone(source: str) -> None:
    assert list(dangers(ast.parse(source))) == []


def test_what_is_imported_is_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = ("c2pa", "demucs", "eightbit", "gemini", "hf", "mix", "onnx", "openai", "soundfont")
    extras = (line for name in optional for line in project["optional-dependencies"][name])
    names = {re.split(r"[<>=!~\[; ]", line)[0].lower() for line in (*project["dependencies"], *extras)}
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
    imported = {name.split(".")[0] for module in MODULES for name in imports_of(module)}
    assert imported - set(sys.stdlib_module_names) - {"producertwin"} == declared


def test_no_text_points_at_one_machine() -> None:
    assert len(TEXTS) > 30
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in TEXTS
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ONE_MACHINE.search(line)
    ]
    assert found == [], "\n".join(found)


def test_links_lead_to_public_pages() -> None:
    hosts: dict[str, Path] = {}
    for path in TEXTS:
        for host in re.findall(r"\bhttps?://(?:[^/@\s]*@)?([\w.-]+)", path.read_text(encoding="utf-8")):
            hosts.setdefault(host.rstrip("."), path.relative_to(ROOT))
    assert hosts, "there are links in the documentation"
    assert {host: str(path) for host, path in hosts.items() if host not in KNOWN_HOSTS} == {}


def test_no_status_emoji_in_the_source() -> None:
    emoji = re.compile("[\U0001f300-\U0001faff\u2705\u274c\u26a0]")
    assert [str(path.relative_to(ROOT)) for path in FILES if emoji.search(path.read_text(encoding="utf-8"))] == []


def test_every_extra_that_is_advised_is_one_of_ours() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*(ROOT / "src" / "producertwin").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    advised = {
        found
        for path in texts
        for found in re.findall(r"pip install [^\n`]*?['\"]([A-Za-z-]+)\[([a-z0-9]+)\]", path.read_text(encoding="utf-8"))
    }
    assert len(advised) > 4
    known = {(project["name"], extra) for extra in project["optional-dependencies"]}
    assert advised - known == set()
