"""`twin doctor`: what is installed, what is missing, and what to do about each trouble."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import TwinError
from ..library.trash import Trash
from ..settings import Settings
from ..wording import plural
from .studio import Studio
from .text import size

__all__ = ["Finding", "doctor"]

PACKAGES = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "peft",
    "tensorboardX",
    "numpy",
    "scipy",
    "scikit-learn",
    "soundfile",
    "av",
    "soxr",
    "sqlalchemy",
    "cyclopts",
)
CODECS = {"FLAC": "flac", "WAV": "wav", "OGG": "ogg", "MP3": "mp3", "AIFF": "aiff"}
FEW_BYTES = 2_000_000_000
"""Free disk below which a session soon fills it."""
LITTLE_MEMORY = 3_000_000_000
"""What nano with a minute of music needs, plus headroom."""

State = Literal["ok", "absent", "trouble"]
"""`absent` is optional and missing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    state: State
    detail: str
    remedy: str = ""


def doctor(studio: Studio) -> list[Finding]:
    """Look at versions, device, memory, disk, codecs and variants; say what is wrong and how to put it right."""
    settings = studio.settings
    return [*versions(), *machine(), *codecs(), *disk(settings), *variants(settings), *troubles()]


def versions() -> Iterator[Finding]:
    """Python, the package, and what it stands on."""
    right = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "python", "ok" if right else "trouble", platform.python_version(), "" if right else "install Python 3.11, 3.12 or 3.13"
    )
    yield Finding("system", "ok", platform.platform(terse=True))
    for name in ("producertwin", *PACKAGES):
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            if name != "producertwin":
                yield Finding(name, "trouble", "not installed", f"pip install {name}")


def machine() -> Iterator[Finding]:
    """Cores, memory and device."""
    import psutil
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("cores", "ok", f"{cores} ({torch.get_num_threads()} used by torch)")
    memory = psutil.virtual_memory()
    little = memory.available < LITTLE_MEMORY
    yield Finding(
        "memory", "trouble" if little else "ok", f"{size(memory.available)} free of {size(memory.total)}",
        "close other programs, or ask for shorter takes" if little else "",
    )  # fmt: skip
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            facts = torch.cuda.get_device_properties(index)
            yield Finding(f"device cuda:{index}", "ok", f"{facts.name}, {size(facts.total_memory)}")
    elif torch.backends.mps.is_available():
        yield Finding("device mps", "ok", platform.processor())
    else:
        yield Finding("device cpu", "ok", "no GPU: nano plays well, ACE-Step's 2B and 4B variants are slow")


def codecs() -> Iterator[Finding]:
    """Which formats can be read and written."""
    import soundfile

    known = soundfile.available_formats()
    there = [name for kind, name in CODECS.items() if kind in known]
    missing = [name for kind, name in CODECS.items() if kind not in known]
    if "OGG" in known and "OPUS" in soundfile.available_subtypes("OGG"):
        there.append("opus")
    remedy = "pip install --upgrade soundfile" if missing else ""
    yield Finding("libsndfile", "trouble" if missing else "ok", f"{soundfile.__libsndfile_version__}: {' '.join(there)}", remedy)
    for package, word in (("av", "m4a (reading)"), ("lameenc", "mp3 (writing)")):
        try:
            yield Finding(word, "ok", f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(word, "trouble", f"{package} is not installed", f"pip install {package}")


def disk(settings: Settings) -> Iterator[Finding]:
    """The studio's folder: whether it may be written, and the room on its disk."""
    from ..pipeline.delivery import nearest

    folder = nearest(settings.studio)
    may = os.access(folder, os.W_OK) and folder.is_dir()
    remedy = "" if may else "give another folder with --studio or TWIN_STUDIO"
    yield Finding("studio", "ok" if may else "trouble", str(settings.studio), remedy)
    free = shutil.disk_usage(folder).free
    few = free < FEW_BYTES
    discarded, damaged = Trash(settings.studio).survey()
    takes = sum(entry.bytes for entry in discarded)
    remedy = "free some space" + (", such as by: twin trash empty" if takes else "") if few else ""
    yield Finding("disk", "trouble" if few else "ok", f"{size(free)} free", remedy)
    held = f"{size(takes)} in {plural(len(discarded), 'entry')}, freed by: twin trash empty" if discarded else "empty"
    broken = f"; {len(damaged)} damaged, named by: twin trash list" if damaged else ""
    yield Finding("trash", "ok", held + broken)


def variants(settings: Settings) -> Iterator[Finding]:
    """Which variants are here and whole; how to get the others, where a GPU would play them."""
    import torch

    from ..model.variants import catalogue, integrity

    fast = torch.cuda.is_available() or torch.backends.mps.is_available()

    try:
        for one in catalogue.status(settings):
            broken = integrity.faults(one.name, settings) if one.present else ()
            if broken:
                more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
                yield Finding(f"variant {one.name}", "trouble", f"{broken[0]}{more}", broken[0].remedy)
            elif one.name != "tiny":
                missing: State = "trouble" if one.name == "nano" else "absent"
                detail = f"{size(one.size)}{'' if one.present else ' to fetch'}, {one.about}"
                remedy = one.remedy if fast or one.name == "nano" else ""
                yield Finding(f"variant {one.name}", "ok" if one.present else missing, detail, remedy)
    except TwinError as error:
        yield Finding("variants", "trouble", error.message, error.remedy)


def troubles() -> Iterator[Finding]:
    """Troubles that are known to cost people hours."""
    if locale.getpreferredencoding(False).lower().replace("-", "") != "utf8":
        yield Finding("encoding", "trouble", locale.getpreferredencoding(False), "set PYTHONUTF8=1")
    package = Path(__file__).parents[1]
    if sys.dont_write_bytecode or (not os.access(package, os.W_OK) and not (package / "__pycache__").is_dir()):
        remedy = "unset PYTHONDONTWRITEBYTECODE, or run: python -m compileall " + str(package)
        yield Finding("bytecode", "trouble", "not kept: every start compiles everything anew", remedy)
    else:
        yield Finding("bytecode", "ok", "kept")
    for name in ("torchaudio", "torchvision"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield Finding(name, "absent", f"{version} is here but not needed", f"if imports fail: pip uninstall {name}")
