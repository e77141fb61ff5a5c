"""Budgets of size: small modules, short functions, few parameters."""

from __future__ import annotations

import ast
from statistics import median

from tree import MODULES, syntax

MEDIAN_LINES = 150
MODULE_LINES = 300
FUNCTION_LINES = 50
PARAMETERS = 7

EXCUSED: dict[str, str] = {
    "producertwin.cli.examples": "It is data: two or three command lines of every command, in the order of the commands.",
}
"""Module over the limit -> why, in one sentence."""
CROWDED = {
    "producertwin.cli.edit.edit": "Each is one thing a person can ask of the command beside its record.",
    "producertwin.cli.make.make": "Each is one thing a person can ask of the command beside its two records.",
    "producertwin.cli.mix.mix": "Each is one thing a person can ask of the command beside its record.",
    "producertwin.cli.pipeline.run": "Each is one thing a person can ask of the command beside its record.",
    "producertwin.cli.produce.produce": "Each is one thing a person can ask of the command beside its record.",
    "producertwin.cli.song.play": "Each is one thing a person can ask of the command beside its record.",
    "producertwin.cli.takes.export": "Each is one thing a person can ask of the command.",
    "producertwin.house_band.compose.compose": "Each keyword is one decision that a caller may take from the composer.",
}
"""Function with more parameters -> why, in one sentence."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> list[tuple[str, Function]]:
    """Every function and method, with its module's name before its own."""
    return [
        (f"{module}.{node.name}", node)
        for module, path in MODULES.items()
        for node in ast.walk(syntax(path))
        if isinstance(node, Function)
    ]


def lines(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    docstring = function.body[0]
    documented = isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)
    inner = (docstring.end_lineno or 0) - docstring.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - inner


def parameters(function: Function) -> int:
    """Named parameters, `self` and `cls` not counted."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_modules_are_small() -> None:
    sizes = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    written = [size for name, size in sizes.items() if MODULES[name].name != "__init__.py"]
    assert len(written) > 20
    assert median(written) <= MEDIAN_LINES
    large = {name: size for name, size in sizes.items() if size > MODULE_LINES}
    assert large.keys() == EXCUSED.keys(), large
    assert all(excuse.endswith(".") and len(excuse.split()) > 4 for excuse in EXCUSED.values())


def test_functions_are_short() -> None:
    found = functions()
    assert len(found) > 100
    long = [f"{name}: {lines(node)} lines" for name, node in found if lines(node) > FUNCTION_LINES]
    assert long == [], "\n".join(long)


def is_config(function: Function) -> bool:
    """Whether the parameters are the fields of a diffusers config file, which that library reads off the signature."""
    return any(isinstance(mark, ast.Name) and mark.id == "register_to_config" for mark in function.decorator_list)


def test_functions_take_few_parameters() -> None:
    counted = [(name, parameters(node)) for name, node in functions() if not is_config(node)]
    crowded = {name: count for name, count in counted if count > PARAMETERS}
    assert crowded.keys() == CROWDED.keys(), crowded
    assert all(excuse.endswith(".") for excuse in CROWDED.values())
