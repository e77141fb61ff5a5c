"""The source tree as the structural tests see it: its modules, their syntax, and what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PACKAGE = SRC / "producertwin"
FILES = tuple(sorted(PACKAGE.rglob("*.py")))
"""Every source file."""


def module_name(path: Path) -> str:
    """Dotted name of the module in `path`, a file under `src`."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}
"""Every module and package, by dotted name."""


@cache
def syntax(path: Path) -> ast.Module:
    """The parsed source of `path`."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Dotted names that `tree` imports anywhere, functions included; `package` is what its relative imports start from.

    `from a import b` gives `a.b`, because `b` may be a module.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            start = parents[: len(parents) - (node.level - 1)] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value


def imports_of(module: str) -> tuple[str, ...]:
    """Dotted names that `module` imports."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return tuple(imports(syntax(path), package))


def room_of(module: str) -> str:
    """The room of a module, or a level 0 module's own name: `producertwin.audio.files` is in `audio`."""
    return module.split(".")[1] if "." in module else ""


def _called(call: ast.Call) -> str:
    """Last part of the name that is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
