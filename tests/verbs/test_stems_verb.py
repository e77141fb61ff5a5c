"""`stems`: songs handed over, from the mix of a take, from stems beside a file, from stems that are extracted."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline_kit import ask, tone
from producertwin.audio import files
from producertwin.errors import AudioRejected, BadInput, DiskFull, NotFound, TwinError
from producertwin.library import Take, TakeDraft
from producertwin.library.labels import Labels
from producertwin.model.instrument import Instrument
from producertwin.pipeline.mix import mix_draft, place_inputs, sum_inputs
from producertwin.pipeline.sound_stages import Mix, MixInput
from producertwin.pipeline.sources import find_source
from producertwin.progress import Event, Message, finish
from producertwin.settings import Settings
from producertwin.verbs import make
from producertwin.verbs.stems import HandedOver, StemsPlan, find_earlier, plan_stems, stems
from producertwin.verbs.studio import Studio, open_studio


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    with open_studio(settings) as found:
        yield found


def keep(studio: Studio, sound: Any, stem: str = "", **facts: Any) -> Take:
    """Store a take with `sound`, of a stem where one is named."""
    stage: dict[str, Any] = {"kind": "extract", "stem": stem} if stem else {"kind": "generate"}
    given = {"task": "extract" if stem else "text2music", "stage": stage, "variant": "nano", "revision": "b2:00", "seed": 1}
    given |= {"caption": "lofi, rainy", "seconds": sound.shape[1] / 48_000, "audio": files.encode(sound, "flac")}
    return studio.library.takes.add(TakeDraft(**(given | facts)))


def mix(studio: Studio, *inputs: MixInput, **prompt: Any) -> Take:
    """Store the mix of `inputs`."""
    stage = Mix.model_validate({"inputs": inputs, "prompt": {"caption": "lofi, rainy", **prompt}})
    sources = [find_source(one, studio.library) for one in stage.sources]
    return studio.library.takes.add(finish(mix_draft(stage, sources)))


def hand_over(studio: Studio, subject: object, out: Path, *, replace: bool = False, **fields: Any) -> tuple[HandedOver, str]:
    """The hand-over, and what was said."""
    said: list[Event] = []
    plan = StemsPlan.model_validate({"subject": str(subject), "out": out, **fields})
    done = finish(stems(plan, studio, replace=replace), said.append)
    return done, "\n".join(one.text for one in said if isinstance(one, Message))


def read_recipe(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "recipe.json").read_text()))


def test_the_stems_of_a_mix_sum_to_its_take(studio: Studio, tmp_path: Path) -> None:
    drums = keep(studio, tone(2.0, 110.0), "drums", caption="drums")
    foreign = tmp_path / "Sub Bass.wav"
    files.write(foreign, tone(1.0, 55.0))
    take = mix(
        studio,
        MixInput(source=drums.id, gain=5.0, pan=-0.4),
        MixInput(source=str(foreign), gain=-3.0, offset=0.5),
        MixInput(source=drums.id, mute=True),
        bpm=96.0, key="A minor", meter=4,
    )  # fmt: skip
    studio.library.takes.label(take.id, Labels(title="Night/Drive 夜"))
    done, _ = hand_over(studio, take.id, tmp_path / "out")
    assert done.stems == ("drums", "Sub Bass") and done.residual_db is not None and done.residual_db < -110
    names = ["stems/Night-Drive_drums_Am_96bpm.wav", "stems/Night-Drive_Sub-Bass_Am_96bpm.wav", "mix.wav"]
    assert list(done.files[:3]) == names
    sounds = [soundfile.read(tmp_path / "out" / name)[0] for name in names]
    assert len({sound.shape for sound in sounds}) == 1
    assert np.abs(sounds[0] + sounds[1] - sounds[2]).max() < 4e-7
    recipe = read_recipe(tmp_path / "out")
    assert recipe["title"] == "Night/Drive 夜" and recipe["take"] == take.id and recipe["stems"][1]["from"] == "Sub Bass.wav"
    whole = "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert str(tmp_path) not in whole and "\\home" not in whole
    assert "Sub Bass.wav: its owner's licence" in (tmp_path / "out" / "LICENSES.txt").read_text()


def test_placed_inputs_are_the_mix(studio: Studio) -> None:
    inputs = (MixInput(source="a", gain=6.0, pan=0.5), MixInput(source="b", offset=0.25), MixInput(source="c", mute=True))
    sounds = [tone(1.0), tone(1.5, 330.0), tone(9.0)]
    parts = place_inputs(inputs, sounds)
    assert len(parts) == 2
    assert np.abs(np.sum(parts, axis=0) - sum_inputs(inputs, sounds)).max() < 1e-6


def test_every_file_is_in_the_sums(studio: Studio, tmp_path: Path) -> None:
    take = keep(studio, tone(), "bass")
    done, _ = hand_over(studio, take.id, tmp_path / "out")
    lines = dict(line.split("  ")[::-1] for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines())
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert set(lines) | {"SHA256SUMS"} == found == set(done.files)
    for name, digest in lines.items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_the_newest_extracted_stems_are_those_of_their_source(studio: Studio, tmp_path: Path) -> None:
    source = keep(studio, tone(2.0) + tone(2.0, 110.0))
    keep(studio, tone(2.0, 330.0), "bass", parents=(source.id,), seed=1)
    newer = keep(studio, tone(2.0, 110.0), "bass", parents=(source.id,), seed=2)
    keep(studio, tone(1.0), "drums", parents=(source.id,))  # of another length: not in time
    done, said = hand_over(studio, source.id, tmp_path / "out", rest=True)
    assert done.stems == ("bass", "rest") and newer.id in read_recipe(tmp_path / "out")["stems"][0]["from"]
    assert done.residual_db is None or done.residual_db < -120
    assert "tempo" in said and not (tmp_path / "out" / "tempo.mid").exists()


@pytest.mark.parametrize("layout", ["stems/{}.wav", "stems/Night drive/{}.wav", "Night drive_{}.wav", "Multitracks/01 {}.wav"])
def test_stems_beside_a_file_are_found(studio: Studio, tmp_path: Path, layout: str) -> None:
    song = tmp_path / "music" / "Night drive.wav"
    sounds = {"drums": tone(), "bass": tone(2.0, 55.0)}
    for name, sound in sounds.items():
        path = song.parent / layout.format(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, sound)
    files.write(song, sounds["drums"] + sounds["bass"])
    done, _ = hand_over(studio, song, tmp_path / "out", bpm=120, key="E minor", meter=3, stem=["drums"])
    assert done.stems == ("drums",) and "Night-drive_drums_Em_120bpm.wav" in done.files[0]
    assert read_recipe(tmp_path / "out")["meter"] == "3/4"
    done, _ = hand_over(studio, song, tmp_path / "all")
    assert set(done.stems) == set(sounds) and done.residual_db is not None and done.residual_db < -100


def test_odd_files_are_made_one_form_and_what_is_silent_stays_silent(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "stems").mkdir()
    song = tmp_path / "odd 90bpm Am.wav"
    soundfile.write(song, np.zeros(16_000, np.float32), 8_000)  # mono, 8 kHz, silent
    soundfile.write(tmp_path / "stems" / "drums.wav", np.zeros((44_100, 2), np.float32), 44_100)
    soundfile.write(tmp_path / "stems" / "oud.wav", 0.1 * np.ones((8_000, 1), np.float32), 8_000)
    done, said = hand_over(studio, song, tmp_path / "out")
    assert done.stems == ("drums", "oud") and done.seconds == 2.0 and done.residual_db is None
    assert "silence was added" in said and "meter" in said
    for name in done.files[:3]:
        info = soundfile.info(tmp_path / "out" / name)
        assert (info.samplerate, info.channels, info.frames, info.subtype) == (48_000, 2, 96_000, "PCM_24")
    assert done.files[0] == "stems/odd-90bpm-Am_drums_Am_90bpm.wav"  # what the file's name says


def test_a_guided_take_brings_its_sections_and_notes(studio: Studio, tmp_path: Path) -> None:
    stage = ask("boom bap, dusty", guide="band", seconds=8.0, seed=3, prompt={"bpm": 90, "key": "A minor", "meter": 4})
    facts = {"metas": {"bpm": 90.0, "key": "A minor", "meter": 4}, "seed": 3, "stage": stage.model_dump(mode="json")}
    guided = keep(studio, tone(8.0), guide="band", **facts)
    later = keep(studio, tone(8.0), parents=(guided.id,), metas=facts["metas"])
    keep(studio, tone(8.0, 60.0), "bass", parents=(later.id,), metas=facts["metas"])
    done, _ = hand_over(studio, later.id, tmp_path / "out")
    assert "parts.mid" in done.files and "tempo.mid" in done.files
    recipe = read_recipe(tmp_path / "out")
    assert any(name.startswith("drums") for name in recipe["parts"]) and recipe["sections"][0]["seconds"] == 0.0
    assert {"intro", "verse", "chorus"} & {section["name"].split()[0] for section in recipe["sections"]}


def test_a_zip_holds_the_same_files(studio: Studio, tmp_path: Path) -> None:
    take = keep(studio, tone(), "bass")
    done, _ = hand_over(studio, take.id, tmp_path / "song.zip", title="夜\x07")
    folder, _ = hand_over(studio, take.id, tmp_path / "out", title="夜\x07")
    with zipfile.ZipFile(tmp_path / "song.zip") as archive:
        assert archive.testzip() is None and archive.namelist() == [f"song/{name}" for name in done.files]
        assert all(archive.read(f"song/{name}") == (tmp_path / "out" / name).read_bytes() for name in folder.files)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "studio") == ["out", "song.zip"]


def test_stems_that_are_nowhere_are_named_with_what_to_do(studio: Studio, tmp_path: Path) -> None:
    take = keep(studio, tone())
    song = tmp_path / "lonely.wav"
    files.write(song, tone())
    for subject in (take.id, song):
        with pytest.raises(BadInput, match="no stems") as error:
            hand_over(studio, subject, tmp_path / "out")
        assert "--extract" in error.value.remedy and str(tmp_path) not in error.value.message
    bass = keep(studio, tone(), "bass")
    with pytest.raises(BadInput, match="no stem of drums"):
        hand_over(studio, bass.id, tmp_path / "out", stem=["drums"])
    with pytest.raises(NotFound):
        hand_over(studio, "nowhere.wav", tmp_path / "out")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(AudioRejected):
        hand_over(studio, tmp_path / "text.wav", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_mix_whose_file_is_gone_says_which(studio: Studio, tmp_path: Path) -> None:
    drums, lost = keep(studio, tone(), "drums"), tmp_path / "lost.wav"
    files.write(lost, tone())
    take = mix(studio, MixInput(source=drums.id), MixInput(source=str(lost)))
    lost.unlink()
    with pytest.raises(NotFound, match="cannot be had"):
        hand_over(studio, take.id, tmp_path / "out")


def test_stems_are_extracted_and_what_the_variant_cannot_is_said(studio: Studio, tmp_path: Path, tiny: Instrument) -> None:
    studio._instruments.add("tiny", tiny)
    source = finish(make.make(ask(seconds=1.5), studio))[0].take
    done, _ = hand_over(studio, source.id, tmp_path / "out", extract=True, stem=["bass"], variant="tiny")
    assert done.stems == ("bass",)
    planned = finish(
        plan_stems(StemsPlan(subject=source.id, out=tmp_path / "b", extract=True, variant="tiny", rest=True), studio)
    )
    assert len(planned.stems) == 13 and not (tmp_path / "b").exists()
    with pytest.raises(TwinError) as error:
        hand_over(studio, source.id, tmp_path / "c", extract=True, variant="turbo")
    assert error.value.remedy


def test_only_an_earlier_hand_over_is_replaced(studio: Studio, tmp_path: Path) -> None:
    take = keep(studio, tone(), "bass")
    out = tmp_path / "out"
    hand_over(studio, take.id, out, title="First")
    with pytest.raises(BadInput, match="there already"):
        hand_over(studio, take.id, out)
    hand_over(studio, take.id, out, title="Second", replace=True)
    assert (out / "Second.dawproject").is_file() and not (out / "First.dawproject").exists()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match="other files"):
        hand_over(studio, take.id, out, replace=True)
    assert (out / "notes.txt").read_text() == "mine" and (out / "Second.rpp").is_file()
    (tmp_path / "file").write_text("")
    (out / "notes.txt").unlink()
    (out / "SHA256SUMS").unlink()
    for wrong in (tmp_path / "file", tmp_path / "studio", out):
        with pytest.raises(BadInput):
            find_earlier(wrong)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes every write after the given number fail for want of room."""

    def fill(left: int) -> None:
        write, done = os.write, iter(range(left))

        def refuse(descriptor: int, data: Any) -> int:
            if next(done, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", refuse)

    return fill


@pytest.mark.parametrize("out", ["out", "song.zip"])
@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_full_disk_leaves_nothing(studio: Studio, tmp_path: Path, full: Callable[[int], None], out: str, left: int) -> None:
    take = keep(studio, tone(), "bass")
    before = sorted(tmp_path.iterdir())
    full(left)
    with pytest.raises(DiskFull):
        hand_over(studio, take.id, tmp_path / out)
    assert sorted(tmp_path.iterdir()) == before


def test_too_little_room_is_known_before_anything_is_written(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = keep(studio, tone(), "bass")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    with pytest.raises(DiskFull, match="needs"):
        hand_over(studio, take.id, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser writes everywhere")
def test_a_folder_that_may_not_be_written_is_named(studio: Studio, tmp_path: Path) -> None:
    take = keep(studio, tone(), "bass")
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(BadInput, match="cannot use"):
        hand_over(studio, take.id, tmp_path / "locked" / "out")
