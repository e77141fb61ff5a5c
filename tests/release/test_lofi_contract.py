"""Why ACE-Step 1.5 has no place in lofi.nvim's bundle for v1 is arithmetic, and is told where it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from producertwin.errors import BadInput
from producertwin.model.variants import catalogue
from producertwin.release.lofi.contract import STATE, find_obstacles
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, plan_export
from producertwin.verbs.studio import open_studio
from tree import ROOT

PUBLISHED = json.loads((ROOT / "tests" / "model" / "published_configs.json").read_text())
QWEN = {"hidden_size": 1024}
"""Of Qwen3-Embedding-0.6B, as `text_hidden_dim` of every published config says."""


def nano(part: str) -> dict[str, int]:
    found: dict[str, int] = json.loads((Path(catalogue.NANO) / part / "config.json").read_text())
    return found


@pytest.mark.parametrize("name", ["base", "xl-base"])
def test_the_published_variants_hold_more_than_the_state_and_the_text_carry(name: str) -> None:
    config = PUBLISHED["common"] | PUBLISHED["own"].get(name, {})
    assert QWEN["hidden_size"] == config["text_hidden_dim"]
    told = list(find_obstacles(config, QWEN))
    assert [words.split(",")[0] for words in told[:2]] == [
        "its music is 1600 numbers a second (64 channels",
        "its text encoder gives 1024 numbers for a word",
    ]
    assert "14% have no place" in told[0] and len(told) == 3


def test_nano_fits_by_its_words_and_not_by_its_music() -> None:
    told = list(find_obstacles(nano("transformer"), nano("text_encoder")))
    assert len(told) == 2 and told[0].startswith("its music is 1600 numbers") and "stereo" in told[1]
    assert pytest.approx(1378.125) == STATE


def test_a_state_that_is_small_enough_is_no_obstacle() -> None:
    narrow = nano("transformer") | {"audio_acoustic_hidden_dim": 55}
    assert [words[:9] for words in find_obstacles(narrow, nano("text_encoder"))] == ["its codec"]


def test_the_export_is_refused_with_the_reasons_and_another_way(settings: Settings, tmp_path: Path) -> None:
    with open_studio(settings) as studio, pytest.raises(BadInput, match=r"cannot be written as lofi-v1.*14% have") as caught:
        plan_export(ExportPlan(name="nano", format="lofi-v1"), studio)
    assert "daemon_path" in caught.value.remedy
