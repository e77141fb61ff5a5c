import pytest

from producertwin.errors import BadInput
from producertwin.house_band.sheet import Sheet
from producertwin.music import Key
from producertwin.verbs.song_out import ExportPlan, FoundSheet, export_song, list_exports, play_sheet, write_found

SHEET = Sheet(
    title="Night bus / 2",
    caption="boom bap, dusty",
    bpm=87,
    key="D minor",
    form="verse 4, hook 2",
    chords="Dm9 G13 | Cmaj9 A7b9",
    sections={"hook": {"chords": "Bbmaj7 / / A7 | Dm9", "lyrics": "Ride <on>\nand on"}},
)
FOUND = FoundSheet(SHEET, "written", ("a note & more",))


def test_a_folder_gets_one_of_each(tmp_path):
    paths = export_song(FOUND, ExportPlan(), tmp_path)
    assert [path.name for path in paths] == [f"night-bus---2{end}" for end in (".mid", ".html", ".txt", ".cho")]
    page = paths[1].read_text()
    assert "Ride &lt;on&gt;" in page and "a note &amp; more" in page and "Bbmaj7" in page and "<script" not in page
    assert "http://" not in page and "https://" not in page
    assert paths[0].read_bytes()[:4] == b"MThd" and "Ride <on>" in paths[2].read_text()


@pytest.mark.parametrize("name", ["a.mid", "a.MIDI", "a.htm", "a.txt", "a.pro", "a.cho"])
def test_the_suffix_says_what_is_written(tmp_path, name):
    assert export_song(FOUND, ExportPlan(), tmp_path / name) == (tmp_path / name,)
    assert (tmp_path / name).stat().st_size > 40


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.pdf"):
        list_exports(FOUND, tmp_path / "a.pdf")


def test_midi_needs_a_sound_and_a_page_does_not(tmp_path):
    bare = FoundSheet(Sheet(form="verse 2", chords="C | F"), "written", ())
    assert export_song(bare, ExportPlan(), tmp_path / "a.html")
    with pytest.raises(BadInput, match="how it sounds"):
        export_song(bare, ExportPlan(), tmp_path / "a.mid")
    assert export_song(bare, ExportPlan(caption="house"), tmp_path / "a.mid")


def test_a_chart_without_a_form_has_a_page_and_text(tmp_path):
    chart = FoundSheet(Sheet(caption="house", chords="C | F"), "written", ())
    assert "C" in export_song(chart, ExportPlan(), tmp_path / "a.html")[0].read_text()
    assert "| C . . . | F . . . |" in export_song(chart, ExportPlan(), tmp_path / "a.cho")[0].read_text()


def test_the_band_plays_the_form_of_the_sheet_to_the_bar():
    score = play_sheet(SHEET, ExportPlan(seed=3))
    assert [(section.name, section.bars) for section in score.sections] == [("verse", 4), ("hook", 2)]
    assert score.bpm == 87 and play_sheet(SHEET, ExportPlan(seed=3)) == score != play_sheet(SHEET, ExportPlan(seed=4))


def test_the_file_says_how_the_song_is_known(tmp_path):
    from producertwin.verbs.song import read_sheet

    path = write_found(FoundSheet(SHEET, "heard", ("tempo heard:\n87 bpm",)), tmp_path / "a.toml")
    assert path.read_text().startswith("# origin: heard\n# tempo heard: 87 bpm\n") and read_sheet(path) == SHEET


class _Take:
    """A guided take's record, as far as its sheet is read from it."""

    id, guide, seed, caption, meters = "k3v", "band", 7, "boom bap, dusty", {}

    def __init__(self, song):
        from producertwin.library import TakeMetas
        from producertwin.pipeline.caption_metas import take_metas
        from producertwin.pipeline.stages import Generate

        prompt = {"caption": self.caption, "bpm": 90, "key": "A minor", "meter": 4}
        stage, _ = take_metas(Generate.model_validate({"prompt": prompt, "song": song, "guide": "band"}))
        self.stage = stage.model_dump(mode="json")
        self.metas = TakeMetas(bpm=90, key="A minor", meter=4, duration=34.0)


LINES = ["melody: A2 c2 e2 a2 | g4 e4", "hook bass: A,8 | F,8"]


@pytest.mark.parametrize(
    "song",
    [
        {"form": "verse 4, hook 4, verse 4", "chords": "verse: Am | F; hook: C G", "lines": LINES, "tempi": "hook: 100"},
        {"form": "verse 4, hook 4, verse 4", "chords": "Am | F", "players": "drums, bass; hook: all"},
        {"form": "verse 4, hook 4, verse 4", "lines": LINES, "players": "drums, bass, keyboard"},
        {"lines": ["melody: A2 c2 e2 a2 | g4 e4 | A8 | A8"], "chords": "Am | F"},
        {"form": "verse 4, hook 4", "tempi": "bar 3: 80; hook: 96"},
    ],
)
def test_the_sheet_of_a_guided_take_has_what_was_given(tmp_path, song):
    from producertwin.pipeline.song import Song
    from producertwin.verbs.song import read_sheet
    from producertwin.verbs.song_out import _read_guide

    found = _read_guide(_Take(song))
    assert found is not None and found.origin == ("written" if {"form", "chords"} <= song.keys() else "sketched")
    sheet = read_sheet(write_found(found, tmp_path / "a.toml"))
    key = Key.parse("A minor")
    asked, read = Song.model_validate(song).outline(4, key), sheet.outline
    assert read.lines == asked.lines and read.tempo(90) == asked.tempo(90)
    assert [one.players for one in read.sections] == [one.players for one in asked.sections]
    assert [(one.name, one.bars) for one in read.sections] == [(one.name, one.bars) for one in asked.sections]
    if asked.symbols:
        assert [one.chords for one in read.sections] == [one.chords for one in asked.sections]
    assert sheet.bpm == 90 and sheet.key == "A minor"
