"""A twin is installed whole or not at all, the one before it is kept, and it is found by its producer's name."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import BadInput, NotFound, Resources
from producertwin.library import adapters
from producertwin.library.adapters import CONFIG, WEIGHTS

NOON = datetime(2031, 1, 31, 12, tzinfo=UTC)


def header(**metadata: str) -> bytes:
    text = json.dumps({"__metadata__": metadata}).encode()
    return len(text).to_bytes(8, "little") + text


def folder_of(place: Path, weights: bytes = b"one", **config: Any) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / WEIGHTS).write_bytes(weights)
    (place / CONFIG).write_text(json.dumps({"peft_type": "LORA", "r": 8} | config))
    return place


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    return tmp_path / "studio"


def test_a_twin_lies_under_its_producers_name_and_is_found_by_it(tmp_path: Path, studio: Path) -> None:
    done = adapters.install(folder_of(tmp_path / "out"), "Mara Vale", studio)
    home = studio / "models" / "mara-vale"
    assert (home / WEIGHTS).read_bytes() == b"one" and json.loads((home / CONFIG).read_text())["r"] == 8
    assert (done.producer, done.folder, done.versions, done.size) == ("Mara Vale", home, (), 3)
    for key in ("Mara Vale", "mara vale", "mara-vale", "  MARA  VALE ", str(home), str(home / WEIGHTS)):
        assert adapters.find(key, studio) in {home, home / WEIGHTS}
    assert adapters.list_installed(studio) == [done]


def test_the_one_before_is_kept_as_a_version(tmp_path: Path, studio: Path) -> None:
    for number, weights in enumerate((b"one", b"two", b"three")):
        done = adapters.install(folder_of(tmp_path / "out", weights, lora_alpha=number), "Mara Vale", studio)
    assert (done.folder / WEIGHTS).read_bytes() == b"three"
    assert [path.name for path in done.versions] == ["0001", "0002"]
    told = [((path / WEIGHTS).read_bytes(), json.loads((path / CONFIG).read_text())["lora_alpha"]) for path in done.versions]
    assert told == [(b"one", 0), (b"two", 1)]
    back = adapters.install(done.versions[0], "mara vale", studio)
    assert (back.folder / WEIGHTS).read_bytes() == b"one" and len(back.versions) == 3 and back.producer == "Mara Vale"


@pytest.mark.parametrize("nth", range(1, 12))
def test_a_disk_that_fills_up_never_leaves_weights_with_anothers_config(
    tmp_path: Path, studio: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    adapters.install(folder_of(tmp_path / "old", b"old", lora_alpha=1), "Mara", studio)
    calls = 0
    replace = os.replace

    def fails(*given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise OSError(28, "No space left on device")
        replace(*given)

    monkeypatch.setattr(os, "replace", fails)
    new = folder_of(tmp_path / "new", b"new", lora_alpha=2)
    try:
        adapters.install(new, "Mara", studio)
    except Resources:
        assert calls == nth
    else:
        assert nth > 5  # the owner, two files of the version, two of the twin
    monkeypatch.undo()
    found = adapters.find("Mara", studio)
    alpha = json.loads((found / CONFIG).read_text())["lora_alpha"]
    assert ((found / WEIGHTS).read_bytes(), alpha) in {(b"old", 1), (b"new", 2)}
    again = adapters.install(new, "Mara", studio)
    assert (again.folder / WEIGHTS).read_bytes() == b"new" and again.folder.name == "mara"
    assert (again.versions[0] / WEIGHTS).read_bytes() == b"old"
    assert not [path for path in (studio / "models").rglob("*") if path.name.startswith(".")]


def test_names_of_any_script_are_names_and_those_of_variants_are_not_taken(tmp_path: Path, studio: Path) -> None:
    from producertwin.model.variants.catalogue import CHECKPOINTS, VARIANTS

    assert {CHECKPOINTS, *VARIANTS} == adapters.TAKEN
    assert [adapters.slug(name) for name in ("Ünal & Søn", "雨の音", "A.B_C", "ＤＪ X")] == [
        "ünal-søn",
        "雨の音",
        "a-b-c",
        "dj-x",
    ]
    assert adapters.slug("Turbo") == "turbo-twin"
    for nothing in ("", "  ", "../..", "!!!"):
        with pytest.raises(BadInput, match="no name for a producer"):
            adapters.slug(nothing)
        with pytest.raises(NotFound):
            adapters.find(nothing, studio)
    done = adapters.install(folder_of(tmp_path / "out"), "../../evil", studio)
    assert done.folder == studio / "models" / "evil"


def test_another_producer_of_that_name_is_refused(tmp_path: Path, studio: Path) -> None:
    out = folder_of(tmp_path / "out")
    adapters.install(out, "A.B", studio)
    with pytest.raises(BadInput, match=r"a-b is the twin of 'A\.B'"):
        adapters.install(out, "A B", studio)
    (studio / "models" / "mine").mkdir()
    (studio / "models" / "mine" / "model_index.json").write_text("{}")
    with pytest.raises(BadInput, match="holds something else"):
        adapters.install(out, "Mine", studio)


def test_what_is_no_peft_folder_is_not_installed(tmp_path: Path, studio: Path) -> None:
    out = folder_of(tmp_path / "out")
    with pytest.raises(BadInput, match="is a file, not a PEFT folder") as refused:
        adapters.install(out / WEIGHTS, "Mara", studio)
    assert "twin twins convert" in refused.value.remedy
    (out / CONFIG).unlink()
    with pytest.raises(NotFound, match=r"lacks adapter_config\.json"):
        adapters.install(out, "Mara", studio)
    assert adapters.list_installed(studio) == [] and not (studio / "models").exists()
    done = adapters.install(folder_of(out), "Mara", studio)
    with pytest.raises(BadInput, match="installed already"):
        adapters.install(done.folder, "Mara", studio)
    assert (done.folder / CONFIG).is_file()


def test_a_folder_of_tracks_does_not_hide_the_twin_of_that_name(
    tmp_path: Path, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Mara").mkdir()
    assert adapters.find("Mara", studio) == Path("Mara")
    done = adapters.install(folder_of(tmp_path / "out"), "Mara", studio)
    assert adapters.find("Mara", studio) == done.folder
    folder_of(tmp_path / "Mara")
    assert adapters.find("Mara", studio) == Path("Mara")


def test_a_twin_is_removed_with_its_versions_and_nothing_else(tmp_path: Path, studio: Path) -> None:
    out = folder_of(tmp_path / "out")
    kept = adapters.install(out, "Ida", studio)
    for _ in range(2):
        gone = adapters.install(out, "Mara Vale", studio)
    assert adapters.get_installed("mara vale", studio) == gone == adapters.remove("mara vale", studio, NOON)[0]
    assert [path.name for path in (studio / "models").iterdir()] == ["ida"] and adapters.list_installed(studio) == [kept]
    with pytest.raises(NotFound, match="no twin of 'Mara Vale'"):
        adapters.remove("Mara Vale", studio, NOON)
    with pytest.raises(NotFound, match="no twin of 'Mara Vale'"):
        adapters.get_installed("Mara Vale", studio)
    (studio / "models" / "turbo").mkdir()
    with pytest.raises(NotFound):
        adapters.remove("turbo", studio, NOON)
    assert (studio / "models" / "turbo").is_dir()


def test_what_it_says_of_itself_is_read_without_its_tensors(tmp_path: Path) -> None:
    place = folder_of(tmp_path, header(producertwin='{"trigger": "mv", "steps": 5}'), use_dora=True)
    found = adapters.describe(place)
    assert (found.kind, found.rank, found.card) == ("dora", 8, {"trigger": "mv", "steps": "5"})
    for damage in (b"", b"\xff" * 9, (10**17).to_bytes(8, "little") + b"{", header(producertwin="{")):
        (place / WEIGHTS).write_bytes(damage)
        assert adapters.describe(place).card == {}
    (place / CONFIG).write_text("[]")
    assert adapters.describe(place).rank is None


@pytest.mark.parametrize("producer", ["声" * 100, "Ж" * 300, "𠀀" * 100, "ab " * 200, "é" * 161])
def test_long_names_in_any_script_are_installed_and_found(tmp_path: Path, studio: Path, producer: str) -> None:
    for _ in range(2):
        done = adapters.install(folder_of(tmp_path / "out"), producer, studio)
    assert done.producer == producer and len(done.slug.encode()) <= 160 and len(done.versions) == 1
    assert adapters.find(producer, studio) == done.folder and adapters.list_installed(studio) == [done]
    with pytest.raises(BadInput, match="is the twin of"):
        adapters.install(folder_of(tmp_path / "out"), producer + "x", studio)


@pytest.mark.parametrize("stray", ["0abc", "1", "9", "00x1", "9" * 30, "0001 copy", "²"])
def test_strays_among_the_versions_are_passed_over(tmp_path: Path, studio: Path, stray: str) -> None:
    for weights in (b"one", b"two"):
        adapters.install(folder_of(tmp_path / "out", weights), "Mara", studio)
    folder_of(studio / "models" / "mara" / "versions" / stray)
    done = adapters.install(folder_of(tmp_path / "out", b"three"), "Mara", studio)
    assert [path.name for path in done.versions] == ["0001", "0002"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"r": ' + "9" * 5_000 + "}", "\0", "[1]", '{"r": NaN}'])
def test_a_damaged_config_or_card_stops_no_list(tmp_path: Path, studio: Path, text: str) -> None:
    done = adapters.install(folder_of(tmp_path / "out"), "Mara", studio)
    (done.folder / CONFIG).write_text(text)
    (done.folder / WEIGHTS).write_bytes(len(text.encode()).to_bytes(8, "little") + text.encode())
    assert [one.producer for one in adapters.list_installed(studio)] == ["Mara"]
    assert adapters.describe(done.folder).kind == "-"
    assert adapters.list_damaged(studio) == [done.folder / CONFIG]
    (done.folder / adapters.OWNER).write_text(text)
    assert adapters.list_installed(studio) == []
    assert adapters.list_damaged(studio) == [done.folder / adapters.OWNER, done.folder / CONFIG]


def test_an_upper_case_ending_is_an_adapter_in_a_folder_too(tmp_path: Path, studio: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "X.SAFETENSORS").write_bytes(b"")
    assert adapters.find(str(tmp_path / "a"), studio) == tmp_path / "a"
