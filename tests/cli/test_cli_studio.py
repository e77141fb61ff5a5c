"""`doctor` and `models`: what is here, what is missing, what to do."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from producertwin.library.studio import now
from producertwin.library.trash import Discard, Kind, discard
from producertwin.settings import Settings
from producertwin.verbs import doctor

Twin = Callable[..., Any]


def test_the_doctor_looks_at_everything(twin: Twin, studio: Path) -> None:
    done = twin("doctor", "--json")
    assert done.code == 0
    findings = {one["what"]: one for one in done.data["findings"]}
    assert {
        "python",
        "torch",
        "cores",
        "memory",
        "studio",
        "disk",
        "libsndfile",
        "bytecode",
        "variant nano",
        "variant turbo",
    } <= set(findings)
    assert findings["variant turbo"]["state"] == "absent"
    assert findings["variant turbo"]["remedy"] == ""  # gigabytes for a machine without a GPU are no advice
    assert all(one["remedy"] for one in findings.values() if one["state"] == "trouble")
    assert done.data["healthy"] == all(one["state"] != "trouble" for one in findings.values())
    assert not studio.exists()


def test_the_doctor_speaks_to_people(twin: Twin) -> None:
    done = twin("doctor")
    assert any(line.split()[:2] == ["ok", "torch"] for line in done.out.splitlines())
    assert done.err.startswith(("warning:", "next:"))


def test_a_package_that_is_missing_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = [one for one in doctor.versions() if one.state == "trouble"]
    assert {one.what for one in found} == set(doctor.PACKAGES)
    assert all(one.remedy.startswith("pip install") for one in found)


def test_a_studio_that_cannot_be_written_and_a_full_disk_are_troubles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    found = {one.what: one for one in doctor.disk(Settings(studio=tmp_path))}
    assert [found[what].state for what in ("studio", "disk", "trash")] == ["trouble", "trouble", "ok"]
    assert found["disk"].remedy == "free some space" and found["trash"].detail == "empty"


def test_the_size_of_the_trash_is_told_with_what_frees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("a", 3_000), ("b", 4_000_000)):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "log.jsonl").write_bytes(b"x" * size)
        discard(tmp_path, Discard(Kind.RUN, (name,), name, (tmp_path / "runs" / name,)), now())
    (tmp_path / "trash" / ("c" * 12)).mkdir()
    (tmp_path / "trash" / ("c" * 12) / "entry.json").write_text("{")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    found = {one.what: one for one in doctor.disk(Settings(studio=tmp_path))}
    assert found["trash"].detail == "4.0 MB in 2 entries, freed by: twin trash empty; 1 damaged, named by: twin trash list"
    assert found["disk"].remedy == "free some space, such as by: twin trash empty"


@pytest.mark.parametrize(("kept", "state"), [(True, "ok"), (False, "trouble")])
def test_bytecode_that_is_not_kept_is_a_trouble(kept: bool, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", not kept)
    found = {one.what: one.state for one in doctor.troubles()}
    assert found["bytecode"] == state


def test_models_are_listed_with_what_they_need(twin: Twin) -> None:
    variants = {one["name"]: one for one in twin("models", "list", "--json").data["variants"]}
    shifted = {"turbo-shift1", "turbo-shift3", "turbo-continuous"}
    assert {"tiny", "nano", "base", "sft", "turbo", "xl-base", "xl-sft", "xl-turbo"} | shifted == set(variants)
    assert variants["turbo"]["licence"] and not variants["turbo"]["present"]
    assert variants["tiny"]["present"]
    assert "extract" not in variants["turbo"]["tasks"]
    listed = [line.split()[0] for line in twin("models", "list").out.splitlines()[1:]]
    assert listed[: len(variants)] == list(variants)
    assert listed[len(variants) :] == [f"acestep-5Hz-lm-{size}" for size in ("0.6B", "1.7B", "4B")]


def test_checking_a_variant_that_is_here_says_so(twin: Twin) -> None:
    done = twin("models", "check", "tiny", "--json")
    assert (done.code, done.data["problems"]) == (0, [])
