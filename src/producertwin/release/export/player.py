"""The page that plays a folder of graphs in a browser, put into the folder: `player/index.html` and what it needs beside it.

The page is built from `web/src/offline`. It makes music from words alone, by Euler's steps and projected guidance, for
instruments whose tokenizer splits words into pieces of bytes, as nano's does.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...disk import write_json
from ...errors import BadInput
from ...model.instrument import Card
from ...model.tasks import Task
from ...model.weights import read_json
from ...music import list_common_words

PLAYER: Final = "player"
"""Folder of the page in an export."""
PAGE: Final = Path(__file__).parent / "page"
LARGEST: Final = 1 << 30
"""Bytes of weights above which no browser is asked to hold an instrument."""


def require_playable(name: str, card: Card, tokenizer: Path, size: int) -> None:
    """Raise `BadInput` where the page cannot play the instrument called `name`, of `size` bytes of weights."""
    if trouble := _find_obstacle(card, read_json(tokenizer) if tokenizer.is_file() else {}, size):
        remedy = "leave --player out, and play the graphs with: twin make --variant FOLDER"
        raise BadInput(f"{name} cannot be played in a browser: {trouble}", remedy=remedy)


def _find_obstacle(card: Card, told: Mapping[str, Any], size: int) -> str:
    if size > LARGEST:
        return f"it has {size / 1e9:.1f} GB of weights, and a browser holds {LARGEST / 1e9:.1f} GB"
    if Task.TEXT2MUSIC not in card.tasks:
        return "it makes no music from words"
    if card.discrete or card.correction != "off" or card.stem_captions:
        return "the page has neither corrected steps (DCW) nor captions of stems"
    model, splitter = told.get("model") or {}, told.get("pre_tokenizer") or {}
    kinds = (told.get("normalizer"), splitter.get("type"), splitter.get("add_prefix_space"), model.get("type"))
    if kinds != (None, "ByteLevel", False, "BPE"):
        return "the page does not know its kind of tokenizer"
    return ""


def add_player(folder: Path, card: Card, runtime: Path) -> None:
    """Put the page into a folder of graphs; `runtime` is onnxruntime's WebAssembly (`web_runtime.find_runtime`)."""
    place = folder / PLAYER
    shutil.copytree(PAGE, place)
    shutil.copyfile(runtime, place / runtime.name)
    write_json(place / "words.json", list_common_words() if card.few_words else {})
