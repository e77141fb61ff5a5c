from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from producertwin.audio import files
from producertwin.dataset import formats
from producertwin.dataset.exports import read_export
from producertwin.dataset.formats import FORMATS, MANIFEST, METADATA, export, name_files
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.errors import BadInput, NotFound, Unavailable
from producertwin.library import Library, TrackDraft, TrackSource, open_library
from producertwin.music import INSTRUMENTAL
from producertwin.progress import finish
from producertwin.settings import Settings


def read(folder: Path, form: str) -> Manifest:
    return read_export(folder, form).manifest


PLAIN = [form for form in FORMATS if form != "hf"]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


@pytest.fixture
def manifest(library: Library) -> Manifest:
    rows = []
    styles = ("CORE-01", "SEASON-02", "VOCAL-05", "house")
    facts = {"producer": "Ada L.", "format": "wav", "seconds": 0.1, "rate": 48_000, "channels": 2}
    source = TrackSource(licence="CC0-1.0", provider="self")
    for number, style in enumerate(styles):
        sound = (0.1 * np.random.default_rng(number).standard_normal((2, 4_800))).astype(np.float32)
        track, _ = library.tracks.put(TrackDraft(**facts, title=f"Söng / {number}", audio=b"%d" % number, source=source))
        clips = tuple(library.blobs.put(files.encode(sound / (n + 1), "flac")) for n in range(1 + number % 2))
        row = Row(
            track=track.id,
            producer="Ada L.",
            title=track.title,
            group="one",
            side="holdout" if number == 3 else "train",
            style=style,
            clips=clips,
            seconds=0.1,
            caption=f"{style}, warm",
            lyrics="[Verse]\nhmm" if style == "VOCAL-05" else INSTRUMENTAL,
            bpm=84.4,
            key="A minor",
            quality=90,
        )
        rows.append(row)
    return Manifest(plan=DatasetPlan(producer="Ada L."), rows=tuple(sorted(rows, key=lambda row: row.track)))


@pytest.mark.parametrize("form", PLAIN)
def test_a_form_is_read_back_as_the_same_manifest(form: str, manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, form, tmp_path / "out", library))
    assert read(out, form) == manifest
    assert read(out, form).fingerprint == manifest.fingerprint
    assert {path.name for path in (out / METADATA).iterdir()} == {
        MANIFEST, "sources.json", "style_mapping.json", "quality_scores.json",
    }  # fmt: skip
    assert len(list(out.rglob("*.flac"))) == 6


@pytest.mark.parametrize("form", ["folder", "training-data"])
def test_what_was_edited_in_the_files_is_kept(form: str, manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, form, tmp_path / "out", library))
    [edited, *_] = [path for path in out.rglob("*.txt") if path.read_text() == "CORE-01, warm"]
    edited.write_text("my own words")
    changed = [row for row in read(out, form).rows if row not in manifest.rows]
    assert [row.caption for row in changed] == ["my own words"]


def test_the_folder_form_has_categories_and_texts(manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, "folder", tmp_path / "out", library, audio="mp3"))
    assert {path.parent.name for path in out.rglob("*.mp3")} >= {"core", "seasonal", "vocal"}
    [hum] = out.glob("vocal/*_lyrics.txt")
    assert hum.read_text() == "[Verse]\nhmm"
    assert read(out, "folder") == manifest
    assert files.read(next(out.glob("core/*.mp3"))).shape[0] == 2


def test_ace_steps_json_says_what_its_trainer_reads(manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, "acestep-json", tmp_path / "out", library))
    data = json.loads((out / "dataset.json").read_text())
    assert data["metadata"]["num_samples"] == len(data["samples"]) == 6
    assert not data["metadata"]["all_instrumental"]
    [sung] = [one for one in data["samples"] if not one["is_instrumental"]]
    assert (sung["bpm"], sung["keyscale"], sung["lyrics"]) == (84, "A minor", "[Verse]\nhmm")
    assert all((out / one["audio_path"]).is_file() for one in data["samples"])
    data["samples"][0]["caption"] = "edited"
    (out / "dataset.json").write_text(json.dumps(data))
    assert read(out, "acestep-json") != manifest
    (out / "dataset.json").write_text("{}")
    with pytest.raises(BadInput, match="ACE-Step"):
        read(out, "acestep-json")


def test_names_are_plain_and_differ(manifest: Manifest) -> None:
    names = [piece.name for piece in name_files(manifest)]
    assert len(names) == len(set(names)) == 6
    assert all(name.isascii() and "/" not in name for name in names)


def test_a_missing_sound_and_a_full_folder_are_said(manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, "folder", tmp_path / "out", library))
    with pytest.raises(BadInput, match="not empty"):
        finish(export(manifest, "folder", out, library))
    next(out.rglob("*.flac")).unlink()
    with pytest.raises(NotFound, match="gone"):
        read(out, "folder")
    with pytest.raises(BadInput, match="no format"):
        finish(export(manifest, "zip", tmp_path / "zip", library))
    with pytest.raises(NotFound):
        read(tmp_path, "folder")


@pytest.mark.parametrize("form", PLAIN)
def test_an_export_that_is_stopped_leaves_nothing_and_can_be_begun_again(
    form: str, manifest: Manifest, library: Library, tmp_path: Path
) -> None:
    out = tmp_path / "here" / "out"
    work = export(manifest, form, out, library)
    for event in work:
        if event.done == 3:
            assert not out.exists()
            work.close()
    assert list(out.parent.iterdir()) == []
    out.mkdir()  # an empty folder is as good as none
    assert read(finish(export(manifest, form, out, library)), form) == manifest
    assert list(out.parent.iterdir()) == [out]


def test_what_a_kill_leaves_is_no_export_and_is_removed_after_a_day(
    manifest: Manifest, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # nothing tidies up behind a process that was killed
        patch.setattr(shutil, "rmtree", killed)
        patch.setattr(formats, "write_metadata", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(export(manifest, "folder", tmp_path / "out", library))
    [left] = [path for path in tmp_path.glob(".out.*") if path.is_dir()]
    with pytest.raises(NotFound, match="no dataset"):
        read(left, "folder")
    assert not (tmp_path / "out").exists()
    finish(export(manifest, "folder", tmp_path / "out", library))
    assert left.is_dir()  # another export may be filling it
    for path in (left, *left.rglob("*")):
        os.utime(path, (0, 0))
    shutil.rmtree(tmp_path / "out")
    finish(export(manifest, "folder", tmp_path / "out", library))
    assert not left.exists()


def test_what_came_into_the_way_meanwhile_is_kept(manifest: Manifest, library: Library, tmp_path: Path) -> None:
    work = export(manifest, "folder", tmp_path / "out", library)
    next(work)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("Dear Ada")
    with pytest.raises(BadInput, match="not empty"):
        finish(work)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]
    assert list(tmp_path.glob(".out.*")) == []


def test_the_folder_that_is_worked_in_is_refused(
    manifest: Manifest, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(BadInput, match="you are in"):
        finish(export(manifest, "folder", Path(), library))
    assert read(finish(export(manifest, "folder", Path("out"), library)), "folder") == manifest


@pytest.mark.thorough
def test_hugging_face_loads_its_form(manifest: Manifest, library: Library, tmp_path: Path) -> None:
    import datasets

    out = finish(export(manifest, "hf", tmp_path / "out", library))
    assert read(out, "hf") == manifest
    tables = datasets.load_from_disk(str(out / "hf"))
    rows = {row["keys"]: row for table in tables.values() for row in table}
    assert set(rows) == {piece.name for piece in name_files(manifest)}
    sides = Counter(piece.row.side for piece in name_files(manifest))
    assert {name: len(table) for name, table in tables.items()} == {"train": sides["train"], "validation": sides["holdout"]}
    assert all((out / row["audio"]).is_file() and row["tags"] == row["prompt"].split(", ") for row in rows.values())


def test_without_its_package_nothing_is_written(
    manifest: Manifest, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(Unavailable, match="datasets"):
        finish(export(manifest, "hf", tmp_path / "out", library))
    assert not (tmp_path / "out").exists()


def edit_samples(out: Path, change: Callable[[list[dict[str, object]]], None]) -> None:
    data = json.loads((out / "dataset.json").read_text())
    change(data["samples"])
    (out / "dataset.json").write_text(json.dumps(data), encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"bpm": "92 BPM", "keyscale": "8A", "timesignature": "3/4"}, {"bpm": 92.0, "key": "A minor", "meter": 3}),
        ({"bpm": 84, "keyscale": "E flat major", "timesignature": "4.0"}, {"bpm": 84.4, "key": "Eb major", "meter": 4}),
        ({"bpm": None, "keyscale": "", "language": "zh-cn"}, {"bpm": None, "key": None, "language": "zh"}),
        ({"lyrics": "(Verse)\r\nla", "is_instrumental": False}, {"lyrics": "[Verse]\nla"}),
    ],
)
def test_what_was_corrected_in_a_sample_comes_back(
    said: dict[str, object], kept: dict[str, object], manifest: Manifest, library: Library, tmp_path: Path
) -> None:
    out = finish(export(manifest, "acestep-json", tmp_path / "out", library))
    track = manifest.rows[0].track
    edit_samples(out, lambda samples: next(one for one in samples if track[:6] in str(one["id"])).update(said))
    [row] = [row for row in read(out, "acestep-json").rows if row.track == track]
    assert row.model_dump(include=set(kept)) == kept


@pytest.mark.parametrize("wrong", [{"bpm": "fast"}, {"keyscale": "H#"}, {"language": "klingon"}, {"timesignature": "²"}])
def test_a_correction_that_cannot_be_is_refused_by_name(
    wrong: dict[str, str], manifest: Manifest, library: Library, tmp_path: Path
) -> None:
    out = finish(export(manifest, "acestep-json", tmp_path / "out", library))
    edit_samples(out, lambda samples: samples[0].update(wrong))
    with pytest.raises(BadInput, match=next(iter(wrong))):
        read(out, "acestep-json")


@pytest.mark.parametrize("form", ["acestep-json", "folder", "training-data"])
def test_what_was_deleted_in_an_export_leaves_the_set(form: str, manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, form, tmp_path / "out", library))
    gone = manifest.rows[0]
    if form == "acestep-json":
        edit_samples(
            out, lambda samples: samples.__setitem__(slice(None), [s for s in samples if gone.track[:6] not in str(s["id"])])
        )
    for path in out.rglob(f"*{gone.track[:6]}*") if form != "acestep-json" else []:
        path.unlink()
    found = read_export(out, form)
    assert found.manifest.rows == manifest.rows[1:]
    assert found.deleted == (gone.title,)


def test_a_dataset_of_another_program_is_referred_to_ingest(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text('{"metadata": {}, "samples": []}')
    with pytest.raises(NotFound, match="no export of twin") as caught:
        read(tmp_path, "acestep-json")
    assert "twin tracks ingest" in caught.value.remedy


@pytest.mark.parametrize("producer", ["夜" * 120, "é" * 200, "x" * 300])
def test_a_long_producer_fits_every_form(producer: str, manifest: Manifest, library: Library, tmp_path: Path) -> None:
    named = manifest.model_copy(update={"rows": tuple(row.model_copy(update={"producer": producer}) for row in manifest.rows)})
    for form in PLAIN:
        assert read(finish(export(named, form, tmp_path / form, library)), form) == named


def test_a_sample_that_says_two_things_of_its_voice_is_refused(manifest: Manifest, library: Library, tmp_path: Path) -> None:
    out = finish(export(manifest, "acestep-json", tmp_path / "out", library))
    edit_samples(out, lambda samples: samples[0].update(lyrics="[Verse]\nla", is_instrumental=True))
    with pytest.raises(BadInput, match="instrumental and has lyrics"):
        read(out, "acestep-json")
