"""`twin twins`: install, list, show, convert, play and remove, as a shell would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from producertwin.model import adapters
from producertwin.model.adapter_spec import AdapterCard, LoraSpec
from producertwin.model.adapters.trainable import trainable
from producertwin.model.variants import tiny as built

SPEC = LoraSpec(rank=4, alpha=8, targets="attention")
CARD = AdapterCard(producer="Mara Vale", trigger="maravale", variant="tiny", steps=3)
SHORT = ("--duration", 1, "--variant", "tiny", "--guide", "none", "--seed", 1)
Twin = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    instrument = built.build(torch.device("cpu"), torch.float32)
    adapter = trainable(instrument, SPEC, seed=1)
    with torch.no_grad():
        for weight in adapter.parameters.values():
            weight.fill_(0.02)
    return adapters.write(adapter.state(), SPEC, CARD, tmp_path_factory.mktemp("trained"))


def test_from_installing_to_removing(twin: Twin, trained: Path, studio: Path) -> None:
    empty = twin("--json", "adapters", "list")
    assert empty.code == 0 and empty.data["adapters"] == [] and "next: twin train" in empty.err
    plan = twin("--json", "adapters", "install", trained, "--producer", "Mara Vale", "--dry-run")
    assert plan.data["dry_run"] is True and plan.data["layers"] == 16 and not (studio / "models").exists()
    for _ in range(2):
        done = twin("--json", "adapters", "install", trained, "--producer", "Mara Vale")
        assert done.code == 0 and done.data["folder"] == str(studio / "models" / "mara-vale")
    assert 'next: twin make "lofi, rainy, rhodes" --adapter "Mara Vale"' in done.err
    [entry] = twin("--json", "adapters", "list").data["adapters"]
    told = {"name": "mara-vale", "producer": "Mara Vale", "kind": "lora", "rank": 4, "variant": "tiny", "trigger": "maravale"}
    assert told.items() <= entry.items() and entry["versions"] == 1
    listed = twin("adapters", "list")
    assert "mara-vale" in listed.out and "maravale" in listed.out and "--adapter mara-vale" in listed.err
    plan = twin("--json", "adapters", "remove", "Mara Vale", "--dry-run")
    assert plan.data["dry_run"] is True and (studio / "models" / "mara-vale").is_dir()
    gone = twin("adapters", "remove", "mara-vale")
    assert gone.code == 0 and "with 1 version(s)" in gone.out and not (studio / "models" / "mara-vale").exists()
    assert twin("adapters", "remove", "mara-vale").code == 4


def test_show_tells_card_shape_and_size(twin: Twin, trained: Path) -> None:
    twin("adapters", "install", trained, "--producer", "Mara Vale")
    for key in (trained, "Mara Vale", "mara-vale"):
        data = twin("--json", "adapters", "show", key).data
        assert (data["kind"], data["rank"], data["alpha"], data["layers"]) == ("lora", [4], [8.0], 16)
        assert data["card"]["trigger"] == "maravale" and data["scaling"] == [2.0]
        # every B(A(x)) of 0.02s over rank 4 is 0.0016, doubled by the scaling; two layers, four matrices each
        sizes = 2 * (32 * 32 * 2 + 16 * 32 * 2)
        assert data["norm"]["self attention"] == pytest.approx(0.0032 * sizes**0.5, rel=1e-4)
    said = twin("adapters", "show", "Mara Vale")
    assert "norm of self attention" in said.out and "maravale" in said.out and "next:" in said.err


def test_convert_writes_each_form_and_another_trigger(twin: Twin, trained: Path, tmp_path: Path) -> None:
    for form in ("comfyui", "diffusers", "diffsynth"):
        out = tmp_path / f"{form}.safetensors"
        plan = twin("--json", "adapters", "convert", trained, out, "--form", form, "--dry-run")
        assert plan.data["dry_run"] is True and not out.exists()
        done = twin("--json", "adapters", "convert", trained, out, "--form", form, "--trigger", "mv2")
        assert done.code == 0 and done.data["out"] == str(out)
        card = adapters.card_of(out)
        assert card is not None and (card.trigger, card.producer) == ("mv2", "Mara Vale")
        back = tmp_path / f"from-{form}"
        assert twin("adapters", "convert", out, back).out.strip() == str(back)
        assert {delta.scaling for delta in adapters.read(back).layers.values()} == {1.0 if form == "diffsynth" else 2.0}
    assert twin("adapters", "convert", trained, tmp_path / "x.bin", "--form", "comfyui").code == 3
    assert twin("adapters", "convert", trained, tmp_path / "x", "--form", "kohya").code == 2
    assert twin("adapters", "show", tmp_path / "nowhere").code == 4


@pytest.mark.thorough
def test_make_plays_a_twin_by_its_producers_name(twin: Twin, trained: Path) -> None:
    refused = twin("make", "lofi", *SHORT, "--adapter", "Mara Vale")
    assert refused.code == 4 and "'Mara Vale'" in refused.err and "twin twins list" in refused.err
    twin("adapters", "install", trained, "--producer", "Mara Vale")
    [plain] = twin("--json", "make", "lofi", *SHORT).data["takes"]
    for key, scale in (("Mara Vale:0.5", 0.5), ("mara-vale", 1.0), (str(trained), 1.0)):
        [take] = twin("--json", "make", "lofi", *SHORT, "--adapter", key).data["takes"]
        assert take["adapters"][0]["scale"] == scale and take["adapters"][0]["revision"].startswith("b2:")
        assert take["adapters"][0]["name"] == key.removesuffix(":0.5")
        assert take["audio"] != plain["audio"]
