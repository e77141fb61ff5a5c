"""Functions are named by imperative verbs, and getters by nouns: never by what was done to a thing."""

from __future__ import annotations

import ast
import re

import pytest

from tree import FILES, SRC, syntax

PARTICIPLE = re.compile(
    r"""([a-z]*ed|blown|broken|built|chosen|drawn|driven|given|heard|held|hidden|kept|known|laid|made|met|said|shaken|shown|sung|swept
    |taken|taught|told|understood|unheard|untold|worn|written)
    (_(apart|down|out|twice|up)|_(as|at|by|of|to)_\w+)?""",
    re.VERBOSE,
)
"""A participle alone (`screened`), with a particle (`laid_out`) or aim (`padded_to_hop`); before a noun it is an adjective."""
VERBS = frozenset({"embed", "feed", "need", "read", "seed", "speed"})
"""Words that end like a participle and are none."""
ADJECTIVES = frozenset({"attached"})
"""The context manager under which adapters are attached."""


def is_participle(name: str) -> bool:
    word = name.strip("_")
    return word not in VERBS and PARTICIPLE.fullmatch(word) is not None


@pytest.mark.parametrize("name", ["screened", "_told", "laid_out", "padded_to_hop"])
def test_participles_are_recognised(name: str) -> None:
    assert is_participle(name)


@pytest.mark.parametrize("name", ["screen", "embed", "embed_text", "clipped_share", "_held_out_scores"])
def test_verbs_and_nouns_are_let_through(name: str) -> None:
    assert not is_participle(name)


def test_no_function_is_named_by_a_participle() -> None:
    found = [
        f"{path.relative_to(SRC)}:{node.lineno}: {node.name}"
        for path in FILES
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_participle(node.name) and node.name not in ADJECTIVES
    ]
    assert found == []
