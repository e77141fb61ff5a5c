"""Who may import whom. Imports go upward only: words, materials, instrument, crafts, works, agent, jobs, surfaces."""

from __future__ import annotations

import ast

import pytest

from tree import MODULES, imports, imports_of, room_of

WORDS = {"errors", "music", "timebase", "settings", "recipe", "progress", "disk", "workers", "llm"}
AUDIO = WORDS | {"audio"}
MATERIALS = AUDIO | {"library", "house_band"}
BELOW_JOBS = MATERIALS | {"model", "mixing", "evaluation", "dataset", "pipeline", "quality", "training", "release", "agent"}

MAY_IMPORT = {
    **dict.fromkeys(WORDS, WORDS),
    "audio": WORDS,
    "library": WORDS,
    "house_band": AUDIO,
    "model": AUDIO,
    "mixing": AUDIO,
    "evaluation": MATERIALS | {"model"},
    "dataset": MATERIALS | {"model"},
    "pipeline": MATERIALS | {"model", "mixing"},
    "quality": MATERIALS | {"evaluation", "pipeline.stages"},
    "training": MATERIALS | {"model", "mixing", "evaluation", "dataset"},
    "release": MATERIALS | {"model", "evaluation"},
    "agent": WORDS | {"pipeline", "quality", "mixing", "training.pairs", "library"},
    "jobs": BELOW_JOBS,
    "verbs": BELOW_JOBS,
    "cli": (WORDS - {"llm"}) | {"library", "verbs"},
    "server": BELOW_JOBS | {"jobs", "verbs"},
}
"""Room or level 0 module -> what it may import besides itself."""

PENDING = {f"producertwin.cli.{name}" for name in ("demo", "edit", "make", "renderings", "runs", "takes", "train")}
"""Modules of the command line that still do what a verb should."""

ONLY_IN = {
    "diffusers": {"model"},
    "peft": {"model"},
    "sqlalchemy": {"library"},
    "alembic": {"library"},
    "cyclopts": {"cli"},
    "rich": {"cli"},
    "fastapi": {"server"},
    "dbos": {"jobs"},
    "openai": {"llm"},
    "google": {"llm"},
}
"""Outside packages that one room hides from the others."""

PACKAGE = "producertwin"


def allowed(room: str, target: str) -> bool:
    """Whether `room` may import `target`, a dotted name below the package such as `audio.files.read`."""
    permitted = MAY_IMPORT[room] | {room}
    return any(target == name or target.startswith(name + ".") for name in permitted)


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
            if not allowed(room, target) and module not in PENDING:
                wrong.append(f"{module} imports {target}")
    assert inspected > 20
    assert wrong == [], "\n".join(wrong)


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
    ("room", "target", "verdict"),
    [
        ("quality", "pipeline.stages.Generate", True),
        ("quality", "pipeline.executor", False),
        ("agent", "training.pairs", True),
        ("agent", "training.lora", False),
        ("house_band", "audio.files", True),
        ("house_band", "library", False),
        ("audio", "audiobook", False),
        ("cli", "verbs.screen.screen", True),
        ("cli", "library.Take", True),
        ("cli", "dataset.screen", False),
        ("cli", "model", False),
        ("music", "errors.BadInput", True),
    ],
)
def test_the_table_is_read_as_written(room: str, target: str, verdict: bool) -> None:
    assert allowed(room, target) is verdict
