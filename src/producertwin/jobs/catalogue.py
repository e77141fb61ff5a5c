"""Which kinds of jobs there are. To make another verb durable, write its entry in a `work_` module and name it here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from ..errors import NotFound
from .works import AnyWork


def _entry(module: str, name: str) -> Callable[[], AnyWork]:
    """What makes an entry; its module, and the verb behind it, are imported only then."""

    def find() -> AnyWork:
        work: AnyWork = getattr(import_module(f".{module}", __package__), name)()
        return work

    return find


WORKS: Final[dict[str, Callable[[], AnyWork]]] = {
    "make": _entry("work_takes", "make_work"),
    "edit": _entry("work_takes", "edit_work"),
    "pipeline": _entry("work_takes", "pipeline_work"),
    "ingest": _entry("work_music", "ingest_work"),
    "screen": _entry("work_music", "screen_work"),
    "caption": _entry("work_music", "caption_work"),
    "split": _entry("work_music", "split_work"),
    "dataset": _entry("work_music", "dataset_work"),
    "encode": _entry("work_music", "encode_work"),
    "train": _entry("work_music", "train_work"),
    "twin": _entry("work_music", "twin_work"),
    "prove": _entry("work_music", "prove_work"),
    "pull": _entry("work_music", "pull_work"),
    "listen": _entry("work_music", "listen_work"),
    "verify": _entry("work_music", "verify_work"),
    "measure-nano": _entry("work_music", "measure_nano_work"),
    "measure-embedder": _entry("work_music", "measure_embedder_work"),
    "measure-band": _entry("work_music", "measure_band_work"),
    "measure-ears": _entry("work_music", "measure_ears_work"),
    "inspect": _entry("work_ears", "inspect_work"),
    "repair": _entry("work_ears", "repair_work"),
    "decode": _entry("work_pairs", "decode_work"),
    "improve": _entry("work_pairs", "improve_work"),
    "pairs": _entry("work_pairs", "pairs_work"),
    "stems": _entry("work_stems", "stems_work"),
    "mix": _entry("work_mix", "mix_work"),
    "desk": _entry("work_mix", "desk_work"),
    "release": _entry("work_release", "release_work"),
    "check-release": _entry("work_release", "check_work"),
    "produce": _entry("work_albums", "produce_work"),
}
"""Kind -> what makes its entry."""


def find_work(kind: str) -> AnyWork:
    """The work of a kind. Raises `NotFound`."""
    if kind not in WORKS:
        raise NotFound(f"no kind of job is called {kind!r}", remedy=f"kinds are {', '.join(WORKS)}")
    return WORKS[kind]()
