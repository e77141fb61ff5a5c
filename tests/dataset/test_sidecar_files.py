from __future__ import annotations

import json
from pathlib import Path

import pytest

from producertwin.dataset.sidecar_files import LARGEST, SidecarFacts, SidecarFolder, source_of
from producertwin.errors import BadInput


def beside(folder: Path, name: str = "song.wav", *others: str) -> SidecarFacts:
    sounds = [folder / sound for sound in (name, *others)]
    return SidecarFolder(folder, sounds).facts_of(sounds[0])


@pytest.mark.parametrize("ending", ["_prompt.txt", ".caption.txt"])
def test_a_caption_lies_beside_its_song(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"song{ending}").write_text("\ufefflofi, rain \n")
    assert beside(tmp_path).given == {"caption": "lofi, rain"}


@pytest.mark.parametrize("ending", ["_lyrics.txt", ".lyrics.txt", ".txt"])
def test_lyrics_lie_beside_their_song(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"song{ending}").write_text("[Verse]\nrain")
    assert beside(tmp_path).given == {"lyrics": "[Verse]\nrain"}


def test_ace_steps_folder_format_is_read_and_texts_win(tmp_path: Path) -> None:
    facts = {"caption": "jazz", "bpm": 92, "keyscale": "f# min", "timesignature": "3", "language": "en", "duration": 9}
    (tmp_path / "song.json").write_text(json.dumps(facts))
    found = beside(tmp_path, "song.wav", "other.wav")
    assert found.given == {"caption": "jazz", "bpm": 92.0, "key": "F# minor", "meter": 3, "language": "en"}
    (tmp_path / "song.caption.txt").write_text("lofi")
    assert beside(tmp_path).given["caption"] == "lofi"


def test_the_song_json_of_a_folder_with_one_song_is_its_own(tmp_path: Path) -> None:
    song = {
        "path": "x.wav",
        "bpm": 120.5,
        "key": "C",
        "beats": [0.0, 0.5],
        "segments": [{"start": 0, "end": 9, "label": "verse"}],
    }
    (tmp_path / "song.json").write_text(json.dumps(song))
    assert beside(tmp_path, "take 1.wav").given == {
        "bpm": 120.5, "key": "C major", "beats": [0.0, 0.5], "segments": [{"start": 0, "end": 9, "label": "verse"}],
    }  # fmt: skip
    assert beside(tmp_path, "take 1.wav", "take 2.wav").given == {}


@pytest.mark.parametrize(
    "sources",
    [
        {"song.wav": {"provider": "Ada", "license": "cc by 4.0", "cost": 12.5, "currency": "EUR", "date_acquired": "2026-01-31"}},
        [{"filename": "song.wav", "source": {"provider": "Ada", "license": "CC-BY-4.0", "cost": 12.5, "currency": "EUR",
                                             "date_acquired": "2026-01-31"}}],
        {"provider": "Ada", "licence": "CC-BY-4.0", "cost": 12.5, "currency": "EUR", "acquired": "2026-01-31"},
        [{"source_id": "s1", "track_ids": ["other", "song"], "provider": "Ada", "license_type": "CC-BY-4.0", "cost": 12.5,
          "currency": "EUR", "date_acquired": "2026-01-31"}],
    ],
    ids=["by name", "template", "for all", "by track"],
)  # fmt: skip
def test_sources_are_read_in_every_form(tmp_path: Path, sources: object) -> None:
    (tmp_path / "sources.json").write_text(json.dumps(sources))
    source = source_of(beside(tmp_path).source, where="sources.json")
    assert (source.provider, source.licence, source.cost, source.currency) == ("Ada", "CC-BY-4.0", 12.5, "EUR")
    assert str(source.acquired) == "2026-01-31"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_of_metadata_is_read(tmp_path: Path, separator: str) -> None:
    rows = [["File Name", "Tempo", "Key", "Genre", "Licence"], ["SONG.wav", "85", "Am", "lofi", "CC0-1.0"]]
    (tmp_path / "finder.csv").write_text("\n".join(separator.join(row) for row in rows))
    found = beside(tmp_path)
    assert found.given == {"bpm": 85.0, "key": "A minor", "genre": "lofi"}
    assert found.source == {"licence": "CC0-1.0"}


def test_what_is_damaged_is_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "song.json").write_text("{broken")
    (tmp_path / "song.caption.txt").write_text("lofi")
    (tmp_path / "song_lyrics.txt").write_bytes(b"\xff\xfe\x00bad")
    (tmp_path / "sources.json").write_text("[1, 2")
    (tmp_path / "table.csv").write_text("file,bpm,key,licence\nsong.wav,9000,H#,whatever\n")
    found = beside(tmp_path, "song.wav", "other.wav")
    assert found.given == {"caption": "lofi"}
    assert found.source == {}
    assert len(found.notes) == 6


def test_a_huge_text_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "song_prompt.txt").write_text("x" * (LARGEST + 1))
    found = beside(tmp_path)
    assert found.given == {}
    assert "larger" in found.notes[0]


def test_a_source_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"sources\.json.*currency"):
        source_of({"currency": "euros"}, where="sources.json")
