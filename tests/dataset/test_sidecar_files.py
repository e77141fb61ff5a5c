from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from producertwin.dataset.sidecar_files import Sidecars
from producertwin.dataset.song_text import TextKind
from producertwin.dataset.stated_facts import StatedFacts, facts_in_name, source_of
from producertwin.dataset.text_files import LARGEST
from producertwin.errors import BadInput


def beside(folder: Path, name: str = "song.wav", *others: str) -> StatedFacts:
    sounds = [folder / sound for sound in (name, *others)]
    return Sidecars(folder, sounds).facts_of(sounds[0])


@pytest.mark.parametrize("ending", ["_prompt.txt", ".caption.txt", " Caption.txt", "-prompt.txt", " (caption).txt", ".caption"])
def test_a_caption_lies_beside_its_song(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"song{ending}").write_text("\ufefflofi, rain \n")
    assert beside(tmp_path).given == {"caption": "lofi, rain"}


@pytest.mark.parametrize(
    "ending", ["_lyrics.txt", ".lyrics.txt", ".txt", " Lyrics.txt", " - lyrics.txt", "-lyrics.txt", " (lyrics).txt"]
)
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
    (tmp_path / "song_lyrics.txt").write_bytes(b"\xfc\xfe\x00bad")
    (tmp_path / "sources.json").write_text("[1, 2")
    (tmp_path / "table.csv").write_text("file,bpm,key\nsong.wav,9000,H#\n")
    sidecars = Sidecars(tmp_path, [tmp_path / "song.wav", tmp_path / "other.wav"])
    found = sidecars.facts_of(tmp_path / "song.wav")
    assert found.given == {"caption": "lofi"}
    assert found.source == {"unclear": "sources.json cannot be read"}
    assert (len(found.notes), len(sidecars.notes)) == (4, 1)


def test_a_huge_text_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "song_prompt.txt").write_text("x" * (LARGEST + 1))
    found = beside(tmp_path)
    assert found.given == {}
    assert "larger" in found.notes[0]


def test_a_source_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"sources\.json.*currency"):
        source_of({"currency": "euros"}, where="sources.json")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("[00:12.00]hello\n[00:15.00]world", {"lyrics": "hello\nworld"}),
        ("[ar:Ada]\n[ti:Rain]\n[00:01.5]rain <00:02.1>again", {"lyrics": "rain again"}),
        ("(Verse 2)\nrain", {"lyrics": "(Verse 2)\nrain"}),
        ("lofi, rainy, piano, vinyl crackle", {"caption": "lofi, rainy, piano, vinyl crackle"}),
        ("house, driving bass, female vocals\n", {"caption": "house, driving bass, female vocals"}),
        ("<CAPTION>\nlofi\n</CAPTION>\n<LYRICS>\n[verse]\nhey\n</LYRICS>\n<BPM>84</BPM>",
         {"caption": "lofi", "lyrics": "[verse]\nhey", "bpm": 84.0}),
        ("caption: warm jazz\nbpm: 92 BPM\nkey: 8A\nsignature: 3/4\nlyrics:\n[Verse]\nRain: again",
         {"caption": "warm jazz", "bpm": 92.0, "key": "A minor", "meter": 3, "lyrics": "[Verse]\nRain: again"}),
        ("client liked it, snare too loud", {}),
        ("client liked it\nsnare too loud\nbounce again at 24 bit", {}),
        ("Mixdown v3: call Ben about the artwork.", {}),
        ("just some words\nthat nobody marked", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_a_text_called_like_its_song_is_read_as_what_it_is(tmp_path: Path, text: str, given: dict[str, object]) -> None:
    (tmp_path / "song.txt").write_text(text)
    sidecars = Sidecars(tmp_path, [tmp_path / "song.wav"])
    assert sidecars.facts_of(tmp_path / "song.wav").given == given
    assert bool(sidecars.passed_over) is (not given and bool(text))


@pytest.mark.parametrize(
    ("kind", "given"), [("lyrics", {"lyrics": "warm rain\non glass"}), ("caption", {"caption": "warm rain on glass"})]
)
def test_what_a_text_is_may_be_said(tmp_path: Path, kind: TextKind, given: dict[str, str]) -> None:
    (tmp_path / "song.txt").write_text("warm rain\non glass")
    assert Sidecars(tmp_path, [tmp_path / "song.wav"], kind=kind).facts_of(tmp_path / "song.wav").given == given


@pytest.mark.parametrize("ending", [".lyrics", ".lrc", "_LYRICS.TXT"])
def test_lyrics_of_other_programs_are_lyrics(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"song{ending}").write_text("[00:12.00]hello")
    assert beside(tmp_path).given == {"lyrics": "hello"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.jsonl", '{"file_name": "in/a.wav", "caption": "lofi", "bpm": "84 BPM"}\n'),
        ("metadata.csv", "file_name,caption,bpm\nin/a.wav,lofi,84\n"),
        ("songs.tsv", "\ufefffilename\tcaption\ttempo\r\nIN\\A.WAV\tlofi\t84.0\r\n"),
        (
            "dataset.json",
            '{"metadata": {}, "samples": [{"audio_path": "D:/music/in/a.wav", "caption": "lofi", "bpm": 84}]}',
        ),
        ("list.json", '[{"file": "a", "prompt": "lofi", "bpm": 84}]'),
    ],
)
def test_tables_of_other_programs_reach_the_folders_below(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "in").mkdir()
    sound = tmp_path / "in" / "a.wav"
    (tmp_path / name).write_text(text, newline="")
    sidecars = Sidecars(tmp_path, [sound])
    assert sidecars.facts_of(sound).given == {"caption": "lofi", "bpm": 84.0}
    assert sidecars.notes == []


def test_a_sample_of_ace_step_says_its_trigger_word_and_whether_anyone_sings(tmp_path: Path) -> None:
    samples = [{"filename": "a.wav", "caption": "warm", "lyrics": "[Verse]\nla", "is_instrumental": True}]
    (tmp_path / "dataset.json").write_text(json.dumps({"metadata": {"custom_tag": "adabeat"}, "samples": samples}))
    assert beside(tmp_path, "a.wav").given == {"caption": "adabeat, warm", "lyrics": "[Instrumental]"}


@pytest.mark.parametrize("stated", ["in/a.wav", "a.wav", "a", "IN/A.WAV", "./in/a.wav"])
def test_a_refusal_at_the_top_reaches_a_sound_below(tmp_path: Path, stated: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "sources.json").write_text(json.dumps({stated: {"permitted": "no"}}))
    sidecars = Sidecars(tmp_path, [tmp_path / "in" / "a.wav", tmp_path / "b.wav"])
    assert sidecars.facts_of(tmp_path / "in" / "a.wav").source == {"permitted": False}
    assert sidecars.facts_of(tmp_path / "b.wav").source == {}


@pytest.mark.parametrize(("stated", "written"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_names_are_one_in_every_unicode_form(tmp_path: Path, stated: str, written: str) -> None:
    name = unicodedata.normalize(written, "Löwenzähne.wav")  # type: ignore[arg-type]
    (tmp_path / "sources.json").write_text(json.dumps({unicodedata.normalize(stated, "Löwenzähne.wav"): {"permitted": False}}))  # type: ignore[arg-type]
    (tmp_path / unicodedata.normalize(stated, "Löwenzähne.caption.txt")).write_text("lofi")  # type: ignore[arg-type]
    found = beside(tmp_path, name)
    assert (found.source, found.given) == ({"permitted": False}, {"caption": "lofi"})


@pytest.mark.parametrize("name", ["sources.json", "table.csv", "metadata.jsonl"])
def test_a_row_that_names_no_sound_is_told(tmp_path: Path, name: str) -> None:
    text = {"sources.json": '{"aa.wav": {"permitted": false}}', "table.csv": "file,bpm\naa.wav,90\n"}
    (tmp_path / name).write_text(text.get(name, '{"file_name": "aa.wav", "bpm": 90}'))
    [note] = Sidecars(tmp_path, [tmp_path / "a.wav"]).notes
    assert "aa.wav" in note and name in note


def test_a_name_that_several_sounds_have_gives_none_of_them_a_right(tmp_path: Path) -> None:
    sounds = [tmp_path / folder / "a.wav" for folder in ("x", "y")]
    for sound in sounds:
        sound.parent.mkdir()
    (tmp_path / "sources.json").write_text('{"a.wav": {"permitted": true}}')
    sidecars = Sidecars(tmp_path, sounds)
    assert all("any of 2" in str(sidecars.facts_of(sound).source["unclear"]) for sound in sounds)
    assert len(sidecars.notes) == 1


@pytest.mark.parametrize(
    "row",
    [
        {"licence": "Splice EULA, no AI training"},
        {"license": "ask Ben"},
        {"permitted": "maybe"},
        {"license_type": "paid", "cost": 3},
    ],
)
def test_a_right_that_is_stated_and_not_understood_is_unclear(tmp_path: Path, row: dict[str, object]) -> None:
    (tmp_path / "sources.json").write_text(json.dumps({"song.wav": row}))
    found = beside(tmp_path)
    assert found.source["unclear"] and "licence" not in found.source and len(found.notes) == 1
    assert source_of({"licence": "CC0-1.0"} | found.source, where="x").licence is None


@pytest.mark.parametrize(
    "text",
    [
        '{"caption": "lofi \\ud83d"}',
        '{"timesignature": "²", "caption": "lofi"}',
        '{"title": "x \\udc80", "caption": "lofi"}',
        '{"caption": "lofi", "beats": [NaN, 1e999]}',
        '{"caption": "lofi", "bpm": true, "key": ["A"], "language": "klingon"}',
        '{"caption": "lofi", "lyrics": "' + "la " * 50_000 + '"}',
        '{"caption": "lofi", "type": "track", "cost": "much", "acquired": 2019, "currency": "euros"}',
    ],
)
def test_one_bad_field_leaves_the_others(tmp_path: Path, text: str) -> None:
    (tmp_path / "song.json").write_text(text)
    found = beside(tmp_path)
    assert str(found.given["caption"]).startswith("lofi")
    json.dumps(found.given, ensure_ascii=False, allow_nan=False).encode()
    source_of(found.source, where="x")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 200 + "1" + "}" * 200, "1" * 5_000, '"text"', "\x00"])
def test_json_that_no_program_writes_is_a_note(tmp_path: Path, text: str) -> None:
    (tmp_path / "song.json").write_text(text)
    assert len(beside(tmp_path).notes) == 1


def test_a_wide_cell_and_a_name_too_long_for_a_text_beside_it_are_read(tmp_path: Path) -> None:
    name = "夜" * 82 + ".wav"
    (tmp_path / "wide.csv").write_text(f'filename,caption,lyrics\n{name},lofi,"' + "la " * 50_000 + '"\n')
    found = beside(tmp_path, name)
    assert found.given == {"caption": "lofi"} and "characters" in found.notes[0]


@pytest.mark.parametrize(
    ("row", "source"),
    [
        ({"artist": ["Ana", "Ben"]}, {"artist": "Ana, Ben"}),
        ({"cost": "free"}, {"cost": 0.0}),
        ({"cost": "€40,00"}, {"cost": 40.0, "currency": "EUR"}),
        ({"cost": "1.200,50 EUR"}, {"cost": 1200.5, "currency": "EUR"}),
        ({"cost": "$1,200"}, {"cost": 1200.0, "currency": "USD"}),
        ({"acquired": "31.12.2025"}, {"acquired": date(2025, 12, 31)}),
        ({"acquired": "December 31, 2025"}, {"acquired": date(2025, 12, 31)}),
        ({"acquired": "2025-12-31T10:00:00"}, {"acquired": date(2025, 12, 31)}),
        ({"acquired": "01/02/2025"}, {}),
        ({"type": "Royalty Free"}, {"kind": "royalty_free"}),
        ({"type": "track"}, {}),
        ({"permitted": "Yes"}, {"permitted": True}),
        ({"licence": "house rules", "permitted": True}, {"permitted": True}),
    ],
)
def test_sources_are_read_as_people_write_them(row: dict[str, object], source: dict[str, object]) -> None:
    found = StatedFacts()
    found.add_source(row, "x")
    assert found.source == source


def test_texts_are_cleaned_in_one_way(tmp_path: Path) -> None:
    (tmp_path / "song.caption.txt").write_bytes("\ufeffcafe\u0301,\r\nrain\x00".encode())
    (tmp_path / "song_lyrics.txt").write_bytes("[Verse]\r\nrain\r\n".encode("utf-16"))
    assert beside(tmp_path).given == {"caption": "café,\nrain", "lyrics": "[Verse]\nrain"}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("beat_final (140bpm Fm)", {"bpm": 140.0, "key": "F minor"}),
        ("rain 92.5 BPM C#min", {"bpm": 92.5, "key": "C# minor"}),
        ("120bpm_Ebmaj_loop", {"bpm": 120.0, "key": "Eb major"}),
        ("Studio 54", {}),
        ("I Am", {}),
        ("2000bpm", {}),
    ],
)
def test_numbers_in_a_name_are_read(name: str, given: dict[str, object]) -> None:
    assert facts_in_name(name) == given


@pytest.mark.parametrize("field", ["no_ai", "opt-out", "Training consent", "do_not_train", "forbidden"])
@pytest.mark.parametrize("value", [True, False, "x"])
def test_a_permission_in_a_field_of_no_known_name_is_unclear(tmp_path: Path, field: str, value: object) -> None:
    (tmp_path / "sources.json").write_text(json.dumps({"song.wav": {"licence": "CC0-1.0", field: value}}))
    found = beside(tmp_path)
    assert found.source == {"unclear": f"{field.casefold()} {str(value)!r}"}
    assert any("write permitted, true or false" in note for note in found.notes)


@pytest.mark.parametrize("field", ["training", "may_train", "permission", "Training_Permitted"])
def test_a_refusal_has_many_names_and_wins_over_a_permission(tmp_path: Path, field: str) -> None:
    for other in ({}, {"permitted": True}):
        (tmp_path / "sources.json").write_text(json.dumps({"song.wav": other | {field: False}}))
        assert beside(tmp_path).source == {"permitted": False}


@pytest.mark.parametrize("field", ["ai_generated", "brain", "mood", "sublicence_fee", "strain"])
def test_a_field_of_another_kind_takes_no_right_away(tmp_path: Path, field: str) -> None:
    (tmp_path / "sources.json").write_text(json.dumps({"song.wav": {"licence": "CC0-1.0", field: True}}))
    assert beside(tmp_path).source == {"licence": "CC0-1.0"}


@pytest.mark.parametrize(("name", "told"), [("beat (140bpm Fm)", "140 bpm, F minor"), ("idea 92.5 bpm", "92.5 bpm")])
def test_what_is_read_from_a_name_is_told_as_people_write_it(tmp_path: Path, name: str, told: str) -> None:
    assert beside(tmp_path, f"{name}.wav").notes == [f"read from its name: {told}"]


@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        ("sources.csv", "file,licence\nGlashouse.wav,CC0-1.0\n", "'Glashouse.wav' (did you mean 'Glasshouse.wav'?)"),
        ("sources.json", '{"old/rivr 2.wav": {"permitted": false}}', "'old/rivr 2.wav' (did you mean 'old/River 2.flac'?)"),
        ("tempi.tsv", "name\tbpm\nUBER DEM DACH\t90\n", "'UBER DEM DACH' (did you mean 'Über dem Dach.mp3'?)"),
        ("metadata.jsonl", '{"file_name": "C:\\\\mixes\\\\glashouse.wav", "bpm": 90}', "(did you mean 'Glasshouse.wav'?)"),
        ("sources.csv", "file,licence\nunheard.wav,CC0-1.0\n", "'unheard.wav': what is said"),
    ],
)  # fmt: skip
def test_a_row_that_no_sound_matches_names_the_one_that_may_be_meant(tmp_path: Path, table: str, text: str, told: str) -> None:
    names = ("Glasshouse.wav", "old/River 2.flac", unicodedata.normalize("NFD", "Über dem Dach.mp3"))
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / table).write_text(text)
    [note] = Sidecars(tmp_path, [tmp_path / name for name in names]).notes
    assert note.startswith(f"{table}: no sound matches ") and told in unicodedata.normalize("NFC", note)
