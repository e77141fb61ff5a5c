"""Every module imports by itself, exports what it says, and the light ones stay light."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from tree import MODULES, room_of

HEAVY = (
    "torch",
    "diffusers",
    "transformers",
    "peft",
    "sqlalchemy",
    "alembic",
    "scipy",
    "sklearn",
    "av",
    "soundfile",
    "PIL",
    "huggingface_hub",
    "fastapi",
    "uvicorn",
)
"""What starting the command line must not wait for."""
TORCH_FREE = {
    *("errors", "music", "timebase", "settings", "recipe", "progress", "disk", "workers"),
    *("audio", "library", "llm", "house_band", "reporting", "verbs", "cli", "server"),
}
"""Rooms and words that are imported without torch, and, but for verbs, work without it."""


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh Python has loaded once `code` has run."""
    script = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}}, sep='\\n', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_there_are_modules() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("name", MODULES)
def test_module_imports_and_exports_what_it_says(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    exported = getattr(module, "__all__", None)
    if exported is not None:
        assert [item for item in exported if not hasattr(module, item)] == []
        assert len(set(exported)) == len(exported)


def test_light_rooms_work_without_torch() -> None:
    light = [name for name in MODULES if room_of(name) in TORCH_FREE]
    assert len(light) > 10
    assert "torch" not in loaded_after("\n".join(f"import {name}" for name in light))


def test_the_command_line_starts_light() -> None:
    assert loaded_after("import producertwin.cli.main").isdisjoint(HEAVY)


def test_help_stays_light() -> None:
    code = (
        "from producertwin.cli.main import main\n"
        "sys.argv = ['twin', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code"
    )
    assert loaded_after(code).isdisjoint(HEAVY)
