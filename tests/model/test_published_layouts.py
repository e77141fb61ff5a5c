"""The layout of every published checkpoint: what its config says of it, that it is checked and converted, and what it lacks.

`published_configs.json` holds the fields of ACE-Step 1.5's `configuration_acestep_v15.py` with its values for 2B, and for XL
those that public implementations state; of each checkpoint only what is its own. The released files were not at hand, but keys
that others copied from those of base and xl-base say the same. Weights are tiny's: a config keeps its fields and gets tiny's
dimensions, so that folders are a megabyte instead of ten gigabytes.
"""

from __future__ import annotations

import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from model_kit import save_original

from producertwin.errors import BadInput, TwinError, Unavailable
from producertwin.model.instrument import Instrument
from producertwin.model.planner import catalogue as planners
from producertwin.model.tasks import EVERYWHERE, Task
from producertwin.model.variants import catalogue, convert, downloads
from producertwin.model.variants.load import load
from producertwin.model.variants.parts import CLASSES
from producertwin.progress import finish
from producertwin.settings import Settings

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published_configs.json").read_text())
NAMES = tuple(PUBLISHED["own"])
ALL = frozenset(Task)
SAID: dict[str, tuple[Any, ...]] = {
    "base": (50, 1.0, 7.0, False, ALL, "off"),
    "sft": (50, 1.0, 7.0, False, EVERYWHERE, "off"),
    "turbo": (8, 3.0, 1.0, True, EVERYWHERE, "double"),
    "turbo-shift1": (8, 1.0, 1.0, True, EVERYWHERE, "double"),
    "turbo-shift3": (8, 3.0, 1.0, True, EVERYWHERE, "double"),
    "turbo-continuous": (8, 3.0, 1.0, True, EVERYWHERE, "double"),
    "xl-base": (50, 1.0, 7.0, False, ALL, "off"),
    "xl-sft": (50, 1.0, 7.0, False, EVERYWHERE, "off"),
    "xl-turbo": (8, 3.0, 1.0, True, EVERYWHERE, "double"),
    "sft-stems": (50, 1.0, 7.0, False, EVERYWHERE | {Task.LEGO}, "off"),
}
SHIFTS = {"turbo-shift1": (1.0,), "turbo-shift3": (3.0,), "turbo-continuous": ()}


def config_of(name: str) -> dict[str, Any]:
    return PUBLISHED["common"] | PUBLISHED["own"][name]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def small(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """tiny's own config in the original layout: the dimensions of the test's weights."""
    folder = save_original(tiny, tmp_path_factory.mktemp("small"))
    return json.loads((folder / "config.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture
def checkpoint(tiny: Instrument, small: dict[str, Any], tmp_path: Path) -> Any:
    """Writes the folder of a published checkpoint, at tiny's size, where `twin models pull` would put it."""

    def write(name: str) -> Path:
        folder = save_original(tiny, tmp_path / "models" / catalogue.CHECKPOINTS, name)
        own = {key: value for key, value in small.items() if key not in ("is_turbo", "model_version")}
        kept = {key: value for key, value in config_of(name).items() if not key.startswith("encoder_")}
        (folder / "config.json").write_text(json.dumps(kept | own))
        return folder

    return write


BUNDLED = {"turbo": "acestep-v15-turbo", "acestep-5Hz-lm-1.7B": "acestep-5Hz-lm-1.7B"}
"""What the bundle `ACE-Step/Ace-Step1.5` holds; all others have a repository of their own. turbo-rl was never released."""
REPOSITORIES = (
    "acestep-v15-base", "acestep-v15-sft", "acestep-v15-turbo-shift1", "acestep-v15-turbo-shift3", "acestep-v15-turbo-continuous",
    "acestep-v15-xl-base", "acestep-v15-xl-sft", "acestep-v15-xl-turbo", "acestep-5Hz-lm-0.6B", "acestep-5Hz-lm-4B",
)  # fmt: skip


def test_the_catalogue_names_what_was_published_and_nothing_else() -> None:
    wanted = {name: ("ACE-Step/Ace-Step1.5", (f"{folder}/*",)) for name, folder in BUNDLED.items()}
    wanted |= {name.removeprefix("acestep-v15-"): (f"ACE-Step/{name}", ("*",)) for name in REPOSITORIES}
    known = {**catalogue.VARIANTS, **planners.PLANNERS}
    found = {name: (one.sources[0].repo, one.sources[0].patterns) for name, one in known.items() if one.sources}
    assert found == wanted
    assert known.keys() - found.keys() == {"tiny", "nano"}


def test_every_published_checkpoint_has_a_config_here() -> None:
    downloaded = {name for name, variant in catalogue.VARIANTS.items() if variant.kind == "download"}
    assert set(NAMES) == SAID.keys() == downloaded | {"sft-stems"}


@pytest.mark.parametrize("name", NAMES)
def test_a_config_says_what_its_checkpoint_can(name: str, tmp_path: Path) -> None:
    """The same as the catalogue says where it has the name, whatever the folder is called."""
    (tmp_path / "config.json").write_text(json.dumps(config_of(name)))
    card = catalogue.card_of(tmp_path)
    assert (card.steps, card.shift, card.guidance, card.discrete, card.tasks, card.correction) == SAID[name]
    assert card.shifts == SHIFTS.get(name, (1.0, 2.0, 3.0))
    assert card.stem_captions == (name == "sft-stems")
    if name in catalogue.VARIANTS:
        known = catalogue.VARIANTS[name].card
        assert card.model_dump(exclude={"name"}) == known.model_dump(exclude={"name"})


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_a_config_builds_modules_of_the_published_size(name: str) -> None:
    """2B and 4B parameters, without memory for them; XL's condition encoder is narrower than its transformer."""
    with torch.device("meta"):
        parts = {part: make_part_of(part, arguments) for part, arguments in convert.configs(config_of(name)).items()}
    sizes = {part: sum(weight.numel() for weight in module.parameters()) / 1e9 for part, module in parts.items()}
    assert sizes["transformer"] == pytest.approx(4.2 if name.startswith("xl") else 1.6, rel=0.15)
    assert (sizes["condition_encoder"], sizes["audio_tokenizer"]) == (pytest.approx(0.6, rel=0.2), pytest.approx(0.1, rel=0.5))
    config = parts["transformer"].config
    assert (config.encoder_hidden_size != config.hidden_size) == name.startswith("xl")


def make_part_of(part: str, arguments: dict[str, Any]) -> Any:
    kind = convert.CLASS_OF[part]
    return getattr(import_module(CLASSES[kind]), kind)(**arguments)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_every_layout_is_checked_and_converted(name: str, checkpoint: Any, tmp_path: Path) -> None:
    folder, settings = checkpoint(name), Settings(studio=tmp_path, device="cpu", offline=True)
    called = name if name in catalogue.VARIANTS else str(folder)
    assert downloads.check(called, settings).problems == ()
    into = finish(downloads.convert(called, settings, tmp_path / "converted"))
    assert downloads.check(str(into), settings).problems == ()
    played = load(str(into), settings, dtype=torch.float32)
    card = played.card
    assert (card.steps, card.shift, card.guidance, card.discrete, card.tasks, card.correction) == SAID[name]
    assert played.card.stem_captions == (name == "sft-stems")


FILES = ("config.json", "model.safetensors", "silence_latent.pt",
         "../vae/config.json", "../vae/diffusion_pytorch_model.safetensors",
         "../Qwen3-Embedding-0.6B/config.json", "../Qwen3-Embedding-0.6B/model.safetensors",
         "../Qwen3-Embedding-0.6B/tokenizer.json")  # fmt: skip


@pytest.mark.parametrize("missing", FILES)
@pytest.mark.parametrize("name", ["turbo-shift1", "sft-stems"])
def test_what_is_missing_is_named(name: str, missing: str, checkpoint: Any, tmp_path: Path) -> None:
    folder, settings = checkpoint(name), Settings(studio=tmp_path, device="cpu", offline=True)
    called = name if name in catalogue.VARIANTS else str(folder)
    path = (folder / missing).resolve()
    path.unlink()
    problems = downloads.check(called, settings).problems
    assert any(str(path) in problem and "missing" in problem for problem in problems), problems
    with pytest.raises(TwinError) as caught:
        finish(downloads.convert(called, settings, tmp_path / "converted"))
    assert caught.value.remedy and not (tmp_path / "converted").exists()


@pytest.mark.parametrize("name", ["xl-turbo", "base", "turbo-shift1"])
def test_a_folder_in_diffusers_layout_needs_no_card(name: str, checkpoint: Any, tmp_path: Path) -> None:
    """As ACE-Step/acestep-v15-xl-turbo-diffusers, which is published without ours: its transformer's config says what it is."""
    settings = Settings(studio=tmp_path, device="cpu", offline=True)
    checkpoint(name)
    into = finish(downloads.convert(name, settings, tmp_path / "converted"))
    (into / "twin.json").unlink()
    assert downloads.check(str(into), settings).problems == ()
    played = load(str(into), settings, dtype=torch.float32)
    card = played.card
    assert (card.steps, card.shift, card.guidance, card.discrete, card.tasks, card.correction) == SAID[name]
    (into / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert any("vae" in problem for problem in downloads.check(str(into), settings).problems)


@pytest.mark.parametrize("name", ["nano", "tiny", "turbo", "nowhere/at-all", "turbo-rl"])
def test_what_is_no_original_checkpoint_is_not_converted(name: str, tmp_path: Path) -> None:
    with pytest.raises(TwinError) as caught:
        downloads.find_original(name, Settings(studio=tmp_path, device="cpu", offline=True))
    assert name in caught.value.message


def test_shared_parts_that_are_missing_are_named(checkpoint: Any, tmp_path: Path) -> None:
    folder, settings = checkpoint("turbo"), Settings(studio=tmp_path, device="cpu", offline=True)
    shutil.rmtree(folder.parent / "vae")
    assert any("vae" in problem for problem in downloads.check("turbo", settings).problems)


@pytest.mark.parametrize("field", ["hidden_size", "num_attention_heads"])
def test_a_config_without_its_dimensions_is_refused(field: str, checkpoint: Any, tmp_path: Path) -> None:
    folder, settings = checkpoint("base"), Settings(studio=tmp_path, device="cpu", offline=True)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if key != field}))
    with pytest.raises(BadInput):
        load(str(folder), settings)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nowhere is not here"):
        downloads.check(str(tmp_path / "nowhere"), Settings(studio=tmp_path, device="cpu", offline=True))
