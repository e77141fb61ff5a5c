"""Who may import whom. Imports go upward only: words, materials, instrument, crafts, works, verbs, agent, jobs, surfaces."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

import pytest

from tree import MODULES, imports, imports_of, room_of

WORDS = {"errors", "music", "timebase", "settings", "recipe", "progress", "disk", "workers", "wording", "metas", "untrusted"}
MATERIALS = WORDS | {"audio", "library", "llm", "house_band", "reporting"}
INSTRUMENT = MATERIALS | {"model"}
CRAFTS = INSTRUMENT | {"metrics", "mixing", "quality", "dataset", "listening", "pipeline"}
WORKS = ("training", "evaluation", "proof", "preferences", "release")
"""In the order in which they may import each other."""
BELOW_VERBS = CRAFTS | set(WORKS)
BELOW_JOBS = BELOW_VERBS | {"verbs", "agent"}

MAY_IMPORT = {
    **dict.fromkeys(WORDS, WORDS),
    "audio": WORDS,
    "library": WORDS,
    "llm": WORDS,
    "house_band": WORDS | {"audio"},
    "reporting": WORDS | {"audio"},
    "model": WORDS | {"audio"},
    "metrics": INSTRUMENT,
    "mixing": INSTRUMENT,
    "quality.detectors": INSTRUMENT | {"metrics"},
    "dataset": INSTRUMENT | {"metrics", "quality.detectors"},
    "listening": INSTRUMENT | {"metrics"},
    "pipeline": INSTRUMENT | {"mixing"},
    "quality": INSTRUMENT | {"metrics", "pipeline.stages"},
    **{work: CRAFTS | set(WORKS[:place]) for place, work in enumerate(WORKS)},
    "verbs": BELOW_VERBS,
    "agent": BELOW_VERBS | {"verbs"},
    "jobs": BELOW_JOBS,
    "cli": WORDS | {"library", "verbs", "agent", "jobs"},
    "cli.serve": WORDS | {"server", "cli"},
    "server": BELOW_JOBS | {"jobs"},
}
"""Room, level 0 module, or a module with a rule of its own -> what it may import besides itself."""

ONLY_IN = {
    "diffusers": {"model"},
    "peft": {"model"},
    "sqlalchemy": {"library", "jobs"},
    "alembic": {"library"},
    "cyclopts": {"cli"},
    "rich": {"cli"},
    "fastapi": {"server"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "dbos": {"jobs"},
    "openai": {"llm"},
    "google": {"llm"},
}
"""Outside packages that one room hides from the others."""

PACKAGE = "producertwin"


def place_of(target: str) -> str:
    """The entry of the table that a dotted name below the package falls under: `quality.detectors`, or else its room."""
    fine = ".".join(target.split(".")[:2])
    return fine if fine in MAY_IMPORT else target.split(".")[0]


def allowed(module: str, target: str) -> bool:
    """Whether `module` may import `target`, both dotted names below the package such as `audio.files.read`."""
    place = place_of(module)
    return any(target == name or target.startswith(name + ".") for name in MAY_IMPORT[place] | {place})


def test_every_room_has_its_place_in_the_table() -> None:
    rooms = {room_of(module) for module in MODULES} - {"", "__main__"}
    assert len(rooms) >= 8
    assert rooms <= MAY_IMPORT.keys()


def test_imports_go_upward_only() -> None:
    inspected, wrong = 0, []
    for module in MODULES:
        room = room_of(module)
        if room in {"", "__main__"}:
            continue
        inspected += 1
        for name in imports_of(module):
            target = name.removeprefix(PACKAGE + ".")
            if name == target or target == "__version__":  # not ours, or the version, which is everybody's
                continue
            if not allowed(module.removeprefix(PACKAGE + "."), target):
                wrong.append(f"{module} imports {target}")
    assert inspected > 20
    assert wrong == [], "\n".join(wrong)


def owner_of(name: str) -> str:
    """The module that a dotted name belongs to; empty for the package itself and for what is not ours."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name if name != PACKAGE else ""


def test_no_imports_go_in_a_circle() -> None:
    """Late imports and those for types count too."""
    owners = {module: {owner_of(name) for name in imports_of(module)} - {"", module} for module in MODULES}
    assert sum(map(len, owners.values())) > 500
    TopologicalSorter(owners).prepare()  # raises a CycleError that names the circle


def test_outside_packages_stay_in_their_room() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        for name in imports_of(module)
        if room_of(module) not in ONLY_IN.get(name.split(".")[0], {room_of(module)})
    ]
    assert wrong == [], "\n".join(wrong)


def test_the_package_itself_imports_nothing_of_ours() -> None:
    assert [name for name in imports_of(PACKAGE) if name.startswith(PACKAGE)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from ..cli import main", "producertwin.cli.main"),
        ("from .. import cli", "producertwin.cli"),
        ("def f():\n    from ..server.app import app", "producertwin.server.app.app"),
        ("import producertwin.cli.main as m", "producertwin.cli.main"),
        ("if TYPE_CHECKING:\n    from producertwin.cli import main", "producertwin.cli.main"),
        ("importlib.import_module('producertwin.cli')", "producertwin.cli"),
    ],
)
def test_the_reader_sees_every_kind_of_import(source: str, found: str) -> None:
    assert list(imports(ast.parse(source), "producertwin.audio")) == [found]
    assert not allowed("audio", found.removeprefix("producertwin."))


@pytest.mark.parametrize(
    ("module", "target", "verdict"),
    [
        ("quality.report", "pipeline.stages.Generate", True),
        ("quality.report", "pipeline.executor", False),
        ("quality.report", "quality.detectors", True),
        ("quality.detectors", "metrics.adherence", True),
        ("quality.detectors", "quality.report", False),
        ("dataset.screen", "quality.detectors.Defects", True),
        ("dataset.screen", "quality.report", False),
        ("dataset.screen", "training.rng", False),
        ("evaluation.nano", "training.checkpoints", True),
        ("evaluation.nano", "proof.plan", False),
        ("proof.checkpoints", "training.checkpoints", True),
        ("release.bundle", "preferences.dpo", True),
        ("agent", "verbs.make", True),
        ("verbs.make", "agent", False),
        ("jobs.works", "cli", False),
        ("cli.make", "verbs.make", True),
        ("cli.takes", "library.Take", True),
        ("cli.make", "dataset.screen", False),
        ("cli.make", "model", False),
        ("cli.serve", "server.listener", True),
        ("cli.make", "server.listener", False),
        ("server.routes_takes", "cli.output", False),
        ("house_band", "audio.files", True),
        ("house_band", "library", False),
        ("audio", "audiobook", False),
        ("music", "errors.BadInput", True),
    ],
)
def test_the_table_is_read_as_written(module: str, target: str, verdict: bool) -> None:
    assert allowed(module, target) is verdict
