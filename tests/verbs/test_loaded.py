"""Instruments and adapters are loaded once, and put away in their order where memory runs out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from producertwin.model import adapters
from producertwin.model.instrument import Instrument
from producertwin.model.variants import catalogue, footprint, integrity
from producertwin.model.variants import load as loading
from producertwin.progress import Event, Message, finish
from producertwin.settings import Settings
from producertwin.verbs.loaded import SHARE, budget_of
from producertwin.verbs.studio import Studio

SIZES = {"a": 4e9, "b": 3e9, "c": 2e9}


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch, tiny: Instrument) -> list[str]:
    """Variants a, b and c of some gigabytes; what was loaded."""
    names: list[str] = []

    def load(name: str, _: Settings) -> Instrument:
        names.append(name)
        return replace(tiny, variant=name)

    def size(name: Any) -> Any:
        return SimpleNamespace(bytes=int(SIZES[name]), device=torch.device("cpu"))

    monkeypatch.setattr(loading, "load", load)
    monkeypatch.setattr(catalogue, "resolve", lambda name, _: name)
    monkeypatch.setattr(integrity, "require", lambda _: None)
    monkeypatch.setattr(footprint, "footprint", lambda name, _: size(name))
    monkeypatch.setattr(footprint, "footprint_of", lambda one: size(one.variant))
    monkeypatch.setattr(footprint, "free_bytes", lambda _: 1 << 40)
    return names


def studio_with(settings: Settings, memory: float) -> Studio:
    return Studio(settings.model_copy(update={"memory": memory}))


def use(studio: Studio, name: str) -> list[str]:
    """What is told while `name` is loaded."""
    events: list[Event] = []
    assert finish(studio.load_instrument(name), events.append).variant == name
    assert all(event.kind == "detail" for event in events if isinstance(event, Message))
    return [event.text for event in events if isinstance(event, Message)]


def test_what_fits_is_loaded_once(settings: Settings, loads: list[str]) -> None:
    studio = studio_with(settings, 9.0)
    for name in "abcacbab":
        assert use(studio, name) == []
    assert loads == ["a", "b", "c"]


@pytest.mark.thorough
def test_what_was_not_used_the_longest_goes_first_and_no_more_than_has_to(settings: Settings, loads: list[str]) -> None:
    studio = studio_with(settings, 7.0)
    told = [use(studio, name) for name in ("a", "b", "a", "c", "a", "b")]
    assert told == [[], [], [], ["put b away, for c needs the memory"], [], ["put c away, for b needs the memory"]]
    assert loads == ["a", "b", "c", "b"]


@pytest.mark.thorough
def test_one_that_is_larger_than_the_budget_is_alone(settings: Settings, loads: list[str]) -> None:
    studio = studio_with(settings, 1.0)
    assert [use(studio, name) for name in "abb"] == [[], ["put a away, for b needs the memory"], []]
    assert loads == ["a", "b"]


@pytest.mark.thorough
def test_memory_that_others_took_counts_too(settings: Settings, loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    studio = studio_with(settings, 100.0)
    use(studio, "a")
    monkeypatch.setattr(footprint, "free_bytes", lambda _: int(3e9))
    assert use(studio, "b") == ["put a away, for b needs the memory"]


def test_without_a_setting_the_budget_is_a_share_of_the_machine(settings: Settings) -> None:
    import psutil

    cpu = torch.device("cpu")
    assert budget_of(cpu, settings) == int(psutil.virtual_memory().total * SHARE)
    assert budget_of(cpu, settings.model_copy(update={"memory": 2.5})) == 2_500_000_000


def test_an_adapter_is_read_once_as_long_as_its_file_is_the_same(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    monkeypatch.setattr(adapters, "read", lambda path: reads.append(path) or object())
    studio = Studio(settings)
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    first = studio.read_adapter(one)
    studio.read_adapter(other)
    assert studio.read_adapter(one) is first and reads == [one, other]
    one.write_bytes(b"another")
    assert studio.read_adapter(one) is not first
    folder = tmp_path / "folder"
    folder.mkdir()
    studio.read_adapter(folder)
    (folder / "adapter.safetensors").write_bytes(b"x")
    studio.read_adapter(folder)
    assert reads == [one, other, one, folder, folder]
