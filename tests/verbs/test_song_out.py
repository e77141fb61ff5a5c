import pytest

from producertwin.errors import BadInput
from producertwin.house_band.sheet import Sheet
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
