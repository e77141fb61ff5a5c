"""Which variants there are: what each can do, where its weights come from, and whether they are here.

Sizes are those of the files to download, rounded up. Names and correct defaults: ACE-Step 1.5's model zoo and its
`model_discovery.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

from ...errors import BadInput, Unavailable
from ...recipe import Record, read
from ...settings import Settings
from ..instrument import Card
from ..presence import Status
from ..tasks import EVERYWHERE, Task
from ..weights import read_json

GIB = 1024**3
NANO = Path(__file__).parent.parent / "weights" / "nano"
CHECKPOINTS = "checkpoints"
"""Folder of original ACE-Step checkpoints under the studio's models."""
GRAPHS: Final = "instrument.json"
"""Beside ONNX graphs: what their player has to know of the instrument."""
GRAPH_PRECISIONS: Final = ("fp32", "fp16", "int8", "int4")
"""Folders of an export in several precisions, and what graphs may be stored in, the finest first."""
GRAPH_CONSTANTS: Final = "constants.safetensors"
"""Beside ONNX graphs: the latents of silence and the unconditional vector."""
EXPORT_RECORD: Final = "export.json"
"""In an export: what it was made of, and of graphs how near they are to their modules."""
SHARED = ("vae", "Qwen3-Embedding-0.6B")
"""Parts that every original checkpoint shares."""
BUNDLE = "ACE-Step/Ace-Step1.5"
BUNDLE_BYTES = int(1.6 * GIB)
FOLDER_REMEDY = "give a folder in diffusers' layout, an original acestep-v15-* folder, or an export as ONNX graphs"


class WeightSource(Record):
    """One repository to fetch, and which of its files."""

    repo: str
    """Name on the Hugging Face hub."""
    patterns: tuple[str, ...] = ("*",)
    """Files wanted."""
    into: str = ""
    """Folder under the studio's models."""
    size: int
    """Bytes to download."""


class Variant(Record):
    """One size of the instrument."""

    name: str
    """What to call it."""
    kind: Literal["random", "shipped", "download"]
    """Built in code, part of the package, or fetched by the user."""
    card: Card
    """What it can do, and its correct defaults."""
    licence: str
    """Licence of the weights."""
    about: str
    """One line."""
    sources: tuple[WeightSource, ...] = ()
    """What to fetch."""

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(source.size for source in self.sources)

    @property
    def folder(self) -> str:
        """Name of the original checkpoint."""
        return f"acestep-v15-{self.name}"


def _ace(name: str, about: str, size: float, *, turbo: bool, tasks: frozenset[Task], **facts: Any) -> Variant:
    card = Card(name=name, tasks=tasks, licence="MIT", steps=8 if turbo else 50, guidance=1.0 if turbo else 7.0, discrete=turbo,
                **({"shift": 3.0 if turbo else 1.0} | facts))  # fmt: skip
    folder = f"acestep-v15-{name}"
    shared = WeightSource(repo=BUNDLE, patterns=tuple(f"{part}/*" for part in SHARED), into=CHECKPOINTS, size=BUNDLE_BYTES)
    if name == "turbo":
        own = WeightSource(repo=BUNDLE, patterns=(f"{folder}/*",), into=CHECKPOINTS, size=int(size * GIB))
    else:
        own = WeightSource(repo=f"ACE-Step/{folder}", into=f"{CHECKPOINTS}/{folder}", size=int(size * GIB))
    return Variant(name=name, kind="download", card=card, licence="MIT", about=about, sources=(own, shared))


_ALL = frozenset(Task)
VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(name="tiny", kind="random", licence="Apache-2.0", about="random weights, for tests only: makes noise",
                card=Card(name="tiny", tasks=_ALL, steps=4, guidance=2.0)),
        Variant(name="nano", kind="shipped", licence="Apache-2.0", about="small, trained by this project, part of the package",
                card=Card(name="nano", tasks=_ALL, steps=20, guidance=3.0, extract_steps=2, extract_guidance=1.0, guided=True,
                metronome=True, form_guidance=4.0, few_words=True, own_codes=True, copy_error=0.46, syllables=True, sings=False)),
        _ace("base", "2B, all six tasks", 4.8, turbo=False, tasks=_ALL),
        _ace("sft", "2B, tuned for quality", 4.8, turbo=False, tasks=EVERYWHERE),
        _ace("turbo", "2B, eight steps", 4.8, turbo=True, tasks=EVERYWHERE),
        _ace("turbo-shift1", "2B, eight steps at shift 1", 4.8, turbo=True, tasks=EVERYWHERE, shift=1.0, shifts=(1.0,)),
        _ace("turbo-shift3", "2B, eight steps at shift 3", 4.8, turbo=True, tasks=EVERYWHERE, shifts=(3.0,)),
        _ace("turbo-continuous", "2B, eight steps at any shift from 1 to 5", 4.8, turbo=True, tasks=EVERYWHERE, shifts=()),
        _ace("xl-base", "4B, all six tasks", 9.5, turbo=False, tasks=_ALL),
        _ace("xl-sft", "4B, tuned for quality", 9.5, turbo=False, tasks=EVERYWHERE),
        _ace("xl-turbo", "4B, eight steps", 9.5, turbo=True, tasks=EVERYWHERE),
    )
}  # fmt: skip
"""Every variant by name."""


def find(name: str) -> Variant:
    """The variant called `name`. Raises `BadInput` for an unknown one."""
    if name not in VARIANTS:
        raise BadInput(f"unknown variant {name!r}", remedy=f"choose from {', '.join(VARIANTS)}, or give a folder")
    return VARIANTS[name]


@dataclass(frozen=True, slots=True)
class Located:
    """A variant or a folder of weights that was looked up."""

    name: str
    """What it was asked for by: a name of the catalogue, or the path of a folder."""
    variant: Variant | None
    """Its entry in the catalogue; None for a folder."""
    folder: Path | None
    """Where its weights lie, or would lie after a download; None where it is built in code."""
    remedy: str
    """How to get weights that are missing or damaged."""

    @property
    def present(self) -> bool:
        """Whether there are weights to load."""
        return self.folder is None or layout(self.folder) != "none"

    @property
    def source(self) -> Path | None:
        """The absolute folder of weights that the catalogue has no name for."""
        return self.folder.resolve() if self.variant is None and self.folder is not None else None

    def read_card(self) -> Card:
        """What it can do. Raises as `card_of` does where a folder's files are missing."""
        if self.variant is not None and (self.folder is None or not self.present):
            return self.variant.card
        return card_of(self.folder or Path(self.name), self.variant.card if self.variant else None)


def resolve(name: str, settings: Settings) -> Located:
    """Look up `name`, a variant or a folder. Raises `BadInput` for an unknown name."""
    if name not in VARIANTS and ("/" in name or "\\" in name or Path(name).is_dir()):
        return Located(name, None, Path(name).expanduser(), FOLDER_REMEDY)
    variant = find(name)
    places = candidates(variant, settings)
    folder = locate(variant, settings) or (places[-1] if places else None)
    return Located(name, variant, folder, pull_remedy(variant))


def pull_remedy(variant: Variant) -> str:
    """The command that fetches a variant, with the size of the download."""
    if variant.kind == "download":
        return f"run: twin models pull {variant.name} ({variant.size / GIB:.1f} GiB)"
    return "reinstall producertwin: its packaged weights are missing" if variant.kind == "shipped" else ""


def find_weights(variant: str, settings: Settings) -> tuple[Path, str, Card]:
    """Folder, remedy and card of a variant or folder; weights are not read.

    Raises `BadInput` for an unknown name and for graphs, which have none, `Unavailable` where the weights are not here.
    """
    found = resolve(variant, settings)
    if found.folder is None or not found.present:
        trouble = f"{found.folder} holds no instrument"
        if found.variant is not None:
            looked = " or ".join(map(str, candidates(found.variant, settings)))
            trouble = f"the weights of {variant} are not here (looked for {looked})"
        raise Unavailable(trouble, remedy=found.remedy)
    refuse_graphs(found.folder)
    return found.folder, found.remedy, found.read_card()


def refuse_graphs(folder: Path) -> None:
    """Raise `BadInput` for a folder of graphs, which has no weights to read."""
    if layout(folder) == "graphs":
        remedy = "play them (twin make --variant FOLDER), or give the variant that they were made of"
        raise BadInput(f"{folder} holds ONNX graphs, which can be played and nothing else", remedy=remedy)


def candidates(variant: Variant, settings: Settings) -> tuple[Path, ...]:
    """Folders where a variant may lie, the best first: converted, then original."""
    if variant.kind == "shipped":
        return (NANO,)
    if variant.kind == "random":
        return ()
    return settings.models / variant.name, settings.models / CHECKPOINTS / variant.folder


def layout(folder: Path) -> Literal["diffusers", "original", "graphs", "none"]:
    """How a folder holds its weights. Raises `BadInput` for one that holds graphs in several precisions, each in a folder."""
    if (folder / "model_index.json").is_file():
        return "diffusers"
    if holds_graphs(folder):
        return "graphs"
    if several := [path for path in sorted(folder.glob("*/")) if path.name in GRAPH_PRECISIONS and holds_graphs(path)]:
        remedy = f"choose one of {', '.join(map(str, several))}"
        raise BadInput(f"{folder} holds graphs in several precisions", remedy=remedy)
    whole = (folder / "config.json").is_file() and any(folder.glob("model*.safetensors*"))
    return "original" if whole else "none"


def holds_graphs(folder: Path) -> bool:
    """Whether a folder is an export as ONNX graphs, which onnxruntime plays."""
    return (folder / GRAPHS).is_file() and any(folder.glob("*.onnx"))


def list_graphs(settings: Settings) -> list[Path]:
    """Exports as ONNX graphs among the studio's models; one in several precisions is a folder of each."""
    return [folder for depth in ("*/", "*/*/") for folder in sorted(settings.models.glob(depth)) if holds_graphs(folder)]


def locate(variant: Variant, settings: Settings) -> Path | None:
    """The folder of a variant that is here, else None."""
    return next((folder for folder in candidates(variant, settings) if layout(folder) != "none"), None)


def card_of(folder: Path, fallback: Card | None = None) -> Card:
    """The card beside the weights (`twin.json`), else `fallback`, else what the transformer's own config says."""
    path = folder / "twin.json"
    if path.is_file():
        return read(Card, read_json(path), where=str(path))
    if fallback is not None:
        own = _lyric_heads(read_json(folder / "config.json"), folder.name) if layout(folder) == "original" else {}
        return fallback.model_copy(update=own)
    config = folder / "transformer" / "config.json" if layout(folder) == "diffusers" else folder / "config.json"
    return _card_from(read_json(config), folder.name)


def _lyric_heads(config: Mapping[str, Any], name: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """The card's `lyric_heads`, where an original checkpoint names them by layer: `{"2": [6], "3": [10, 11]}`."""
    named = config.get("lyric_alignment_layers_config")
    if named is None:
        return {}
    try:
        return {"lyric_heads": tuple((int(layer), int(head)) for layer, heads in named.items() for head in heads)}
    except (AttributeError, TypeError, ValueError):
        trouble = f"lyric_alignment_layers_config in the config of {name} names no heads: {str(named)[:80]}"
        raise BadInput(trouble, remedy='write them by layer, {"2": [6], "3": [10, 11]}, or leave it out') from None


def _card_from(config: Mapping[str, Any], name: str) -> Card:
    """What a transformer's config says of a checkpoint that the catalogue has no name for; `name` is only what it is called.

    `is_turbo` says whether it is distilled (diffusers writes false where nothing was said); `shift` and `tasks` are taken where
    they are written. Else the words of `model_version` (`xl-base`, `turbo-shift1`) tell: only base was trained for all tasks, and
    the shift of a distilled one is part of its version. `is_lego_sft` says that it knows captions of song and stem, and lego.
    """
    words = re.findall(r"[a-z]+|[0-9]+(?:\.[0-9]+)?", str(config.get("model_version") or "").lower())
    turbo = bool(config.get("is_turbo")) or "turbo" in words
    card = VARIANTS["turbo" if turbo else "base" if "base" in words else "sft"].card
    facts: dict[str, Any] = {"name": name}
    written = dict(pairwise(words)).get("shift", "")
    if turbo and written[:1].isdigit():
        facts |= {"shift": float(written), "shifts": (float(written),)}
    elif turbo and "continuous" in words:
        facts["shifts"] = ()
    if config.get("is_lego_sft"):
        facts |= {"stem_captions": True, "tasks": sorted(card.tasks | {Task.LEGO})}
    facts |= _lyric_heads(config, name)
    facts |= {field: config[field] for field in ("shift", "tasks") if config.get(field) is not None}
    return read(Card, card.model_dump(mode="json") | facts, where=f"the config of {name}")


def _folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def status(settings: Settings) -> Sequence[Status]:
    """Every variant, and whether it can be loaded now."""
    found = []
    for variant in VARIANTS.values():
        folder = locate(variant, settings)
        present = variant.kind == "random" or folder is not None
        card, remedy = variant.card, "" if present else pull_remedy(variant)
        if folder is not None:
            try:
                card = card_of(folder, variant.card)
            except BadInput as error:  # named here, and no fault of the other variants
                present, remedy = False, f"restore {error.message}"
        found.append(
            Status(name=variant.name, present=present, where=str(folder or ""), licence=variant.licence, about=variant.about,
                   size=_folder_size(folder) if folder is not None else variant.size, tasks=tuple(sorted(card.tasks)),
                   steps=card.steps, guidance=card.guidance, remedy=remedy)
        )  # fmt: skip
    return found
