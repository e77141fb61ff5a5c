"""Songs in a browser: written with a lead sheet beside, read from MIDI, hummed, read from a recording, played, and taken home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import web_kit
from producertwin.audio import files
from producertwin.house_band.midi_writing import write_midi
from producertwin.house_band.render import render
from producertwin.house_band.sheet import Sheet
from producertwin.verbs.song_out import ExportPlan, play_sheet
from web_kit import PATIENCE

pytestmark = pytest.mark.slow
SHEET = Sheet(title="Rain", caption="boom bap, dusty", bpm=90, key="A minor", form="verse 4, hook 4", chords="Am7 F | C G/B")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with web_kit.serving(tmp_path_factory.mktemp("songs") / "studio") as told:
        yield told


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of somebody's own: a MIDI file, a broken one, a recording, a hummed line, silence."""
    folder = tmp_path_factory.mktemp("own")
    score = play_sheet(SHEET, ExportPlan())
    riff = folder / "riff.mid"
    riff.write_bytes(write_midi(score, title="Rain"))
    broken = folder / "broken.mid"
    broken.write_bytes(riff.read_bytes()[:20] + b"no midi")
    song = files.write(folder / "my song.wav", render(score).mix)
    tune_file, sheet_file = folder / "tune.abc", folder / "song.toml"
    tune_file.write_text("T:Rain\nM:4/4\nL:1/8\nQ:1/4=90\nK:Am\nA2 c2 e2 a2 | g4 e4 |")
    sheet_file.write_text(
        'caption = "boom bap, dusty"\nbpm = 90\nkey = "A minor"\nform = "verse 2"\nchords = "Am7 F | C G/B"\n'
        'players = "drums, bass"\n[sections.verse]\nlyrics = "It rains"\n'
    )
    time = np.arange(24_000) / 48_000
    shape = np.minimum(1, np.minimum(time, 0.5 - time) * 40)
    tune = (69, 72, 76, 74, 72, 71, 69, 69)
    notes = [0.5 * shape * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) for pitch in tune]
    hum, silence = folder / "hum.wav", folder / "silence.wav"
    soundfile.write(hum, np.concatenate(notes), 48_000, subtype="PCM_16")
    soundfile.write(silence, np.zeros(96_000), 48_000, subtype="PCM_16")
    return {"riff": riff, "broken": broken, "song": song, "tune": tune_file, "sheet": sheet_file, "hum": hum, "silence": silence}


@pytest.fixture
def singing(browser: Any, own: dict[str, Path]) -> Iterator[Any]:
    """A browser whose microphone hears the hummed line again and again, and which may use it."""
    flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={own['hum']}", "--no-sandbox"]
    found = browser.browser_type.launch(executable_path=web_kit.find_chromium(), args=flags)
    context = found.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark", permissions=["microphone"])
    context.set_default_timeout(30_000)
    yield context
    found.close()


def open_sheet(context: Any, studio: dict[str, Any]) -> tuple[Any, web_kit.Seen]:
    """The page, at the song sheet of Make."""
    page, seen = web_kit.enter(context, studio, "/make")
    page.get_by_text("Song sheet", exact=True).click()
    page.get_by_role("heading", name="From a file, or sung").wait_for()
    return page, seen


def look(page: Any, name: str, place: str) -> None:
    """Pictures at both widths and in both themes, at `place`; nothing is wider than the window, and nothing is a barrier."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        for width, (across, down) in web_kit.WIDTHS.items():
            page.set_viewport_size({"width": across, "height": down})
            page.locator(place).first.scroll_into_view_if_needed()
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
            web_kit.picture(page, f"{name}-{width}-{theme}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels wider than a {width} {theme} window"
        assert web_kit.find_barriers(page) == [], (name, theme)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1440, "height": 900})


def chords(page: Any) -> Any:
    return page.get_by_label("Chords, bars between |")


def form(page: Any) -> Any:
    return page.get_by_label("Form, bars by section")


def fault(page: Any, name: str) -> str:
    """The mistake that stands at a field."""
    found = page.locator(f"#song-{name}-faults .fault")
    found.first.wait_for()
    return str(found.first.inner_text())


def bars(page: Any) -> list[str]:
    return [str(one) for one in page.locator(".sheet-live .bars li").all_inner_texts()]


def refuse(page: Any, name: str) -> None:
    """Let the browser refuse the microphone by an error of this name."""
    page.evaluate("name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name); }; }", name)


def choose(page: Any, what: str, path: Path) -> None:
    page.get_by_label(f"Choose a file: {what}").set_input_files(str(path))


def test_a_lead_sheet_is_drawn_while_it_is_written(context: Any, studio: dict[str, Any], axe: Path) -> None:
    del axe
    page, seen = open_sheet(context, studio)
    page.get_by_text("Write chords or a form").wait_for()
    look(page, "song-empty", ".song-fields")
    chords(page).fill("Am7 F | C Hm7")
    assert "Bar 2, beat 3: 'Hm7' is no chord." in fault(page, "chords") and "A to G" in fault(page, "chords")
    assert chords(page).get_attribute("aria-invalid") == "true" and form(page).get_attribute("aria-invalid") is None
    look(page, "song-mistake", ".song-fields")
    chords(page).fill("Am7 F | C G/B")
    form(page).fill("verse 999")
    page.get_by_role("textbox", name="What should play?").fill("dusty boom bap, 90 bpm")
    page.get_by_text("the form lasts 2664 s at 90 bpm").wait_for()
    form(page).fill("verse 1000")
    page.get_by_text("the form has 1000 bars").wait_for()
    form(page).fill("vers 4")
    page.get_by_text("'vers' is no section").wait_for()
    form(page).fill("intro 2, verse 4, hook 4")
    page.get_by_role("heading", name="hook 4 bars, from bar 7").wait_for()
    assert [one.split() for one in bars(page)[:3]] == [["Am7", "F"], ["C", "G/B"], ["Am7", "F"]]
    look(page, "song-sheet", ".song-fields")
    page.reload()
    page.get_by_role("heading", name="hook 4 bars, from bar 7").wait_for()
    assert chords(page).input_value() == "Am7 F | C G/B"
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_midi_file_is_read_played_and_taken_home(
    context: Any, studio: dict[str, Any], own: dict[str, Path], tmp_path: Path, axe: Path
) -> None:
    del axe
    page, seen = open_sheet(context, studio)
    page.get_by_role("textbox", name="What should play?").fill("dusty boom bap, 90 bpm")
    choose(page, "MIDI file", own["broken"])
    page.get_by_role("alert").get_by_text("broken.mid").first.wait_for()
    choose(page, "MIDI file", own["hum"])
    page.get_by_role("alert").get_by_text("That is no file of this kind.").wait_for()
    seen.errors.clear()  # the browser tells of every refusal
    choose(page, "MIDI file", own["riff"])
    page.get_by_role("heading", name="Read from riff.mid").wait_for()
    assert page.get_by_role("alert").count() == 0
    table = page.get_by_role("table", name="Tracks of the file")
    plays = [one.input_value() for one in table.get_by_role("combobox").all()]
    assert "drums" in plays and "bass" in plays
    look(page, "song-midi", ".bring .read")
    notes = page.get_by_role("list", name="Notes that are played as they are")
    for at, part in enumerate(plays):
        if part not in ("bass", ""):
            with page.expect_response("**/v1/songs/import"):
                table.get_by_role("combobox").nth(at).select_option("")
    notes.get_by_role("button").nth(1).wait_for(state="detached")
    assert [text.split() for text in notes.get_by_role("button").all_inner_texts()] == [["bass,", "notes", "as", "given", "×"]]
    chords(page).fill("Am7 F | C G/B")
    form(page).fill("verse 2, hook 2")
    page.get_by_role("heading", name="hook 2 bars, from bar 3").wait_for()
    page.reload()
    page.get_by_text("as given: bass").first.wait_for()
    page.get_by_text("Tempo, key, length and producer").click()
    page.get_by_label("Takes", exact=True).fill("1")
    page.get_by_role("button", name="Make", exact=True).click()
    made = page.locator(".rows .take-row:not(.waiting)")
    made.first.wait_for(timeout=PATIENCE)
    made.first.get_by_role("link", name="dusty boom bap").click()
    check_take(page, tmp_path)
    assert (seen.errors, seen.elsewhere) == ([], [])


def check_take(page: Any, tmp_path: Path) -> None:
    """The page of a take that played verse 2, hook 2."""
    page.get_by_text("as it was written").wait_for()
    sections = page.locator(".lane.sections span")
    assert sections.all_inner_texts() == ["verse", "hook"]
    wave, hook = page.locator(".wave-editor").bounding_box(), sections.nth(1).bounding_box()
    seconds = 4 * 4 * 60 / 90 + 2
    assert hook["x"] - wave["x"] == pytest.approx(wave["width"] * (2 * 4 * 60 / 90) / seconds, abs=2)
    assert [one.split() for one in page.locator(".lane.chords span").all_inner_texts()][:2] == [["Am7", "F"], ["C", "G/B"]]
    kept = page.locator(".take-song").inner_text()
    assert re.search(r"the root is right on\s+\d+% of the beats; the sketch itself reads \d+%", kept)
    look(page, "take-song", ".take-song")
    look(page, "take-lanes", ".lane.sections")
    files_of = (("Lead sheet", "html", b"<!"), ("MIDI parts", "mid", b"MThd"), ("Song sheet", "toml", b"# origin"))
    for name, suffix, head in files_of:
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).first.click()
        saved = tmp_path / f"home.{suffix}"
        waiting.value.save_as(saved)
        assert waiting.value.suggested_filename.endswith(suffix) and saved.read_bytes().startswith(head)
    page.get_by_role("button", name="Read it from the sound").click()
    page.get_by_role("heading", name="Heard in the sound").wait_for(timeout=PATIENCE)
    assert "of the beats have the chord with which their half bar begins" in page.locator(".take-song").inner_text()
    assert page.locator(".lane.chords").count() == 2
    look(page, "take-heard", ".lane.sections")
    look(page, "take-heard-panel", ".take-song")


def test_a_tune_and_a_song_sheet_are_read_moved_and_held(
    context: Any, studio: dict[str, Any], own: dict[str, Path], axe: Path
) -> None:
    del axe
    page, seen = open_sheet(context, studio)
    for what in ("A tune in ABC notation", "Song sheet file"):
        choose(page, what, own["hum"])
        page.get_by_role("alert").get_by_text("That is no file of this kind.").wait_for()
    choose(page, "A tune in ABC notation", own["tune"])
    page.get_by_role("heading", name="Read from tune.abc").wait_for()
    page.get_by_role("button", name="melody, notes as given").wait_for()
    page.get_by_label("It is played by").select_option("bass")
    page.get_by_role("button", name="bass, notes as given").wait_for()
    look(page, "song-tune", ".bring .read")
    page.get_by_role("button", name="Take it out again").click()
    page.get_by_role("button", name="bass, notes as given").wait_for(state="detached")

    choose(page, "Song sheet file", own["sheet"])
    page.get_by_role("heading", name="verse 2 bars, from bar 1").wait_for()
    key = page.get_by_label("Key", exact=True)
    assert chords(page).input_value() == "Am7 F | C G/B" and key.input_value() == "A minor"
    assert page.get_by_role("textbox", name="What should play?").input_value() == "boom bap, dusty"
    assert page.get_by_label("Lyrics", exact=True).input_value() == "[verse]\nIt rains"
    page.get_by_label("Semitones up").fill("3")
    page.get_by_role("button", name="Transpose").click()
    page.locator(".bars li").filter(has_text="Cm7").first.wait_for()
    assert chords(page).input_value() == "Cm7 Ab | Eb Bb/D" and key.input_value() == "C minor"
    page.get_by_label("Semitones up").fill("0")
    assert page.get_by_role("button", name="Transpose").is_disabled()

    kept = page.get_by_label("What every take must keep")
    kept.fill("choruses")
    assert "'choruses' cannot be held" in fault(page, "hold")
    kept.fill("chords>=.1, tempo")
    page.get_by_label("Played at most, times").fill("2")
    page.locator("#song-hold-faults .fault").wait_for(state="detached")
    look(page, "song-moved", ".song-fields")
    with page.expect_request("**/v1/jobs") as sent:
        page.get_by_role("button", name="Make", exact=True).click()
    plan = sent.value.post_data_json["plan"]["plan"]
    assert (plan["hold"], plan["tries"], plan["song"]["players"]) == ("chords>=.1, tempo", 2, "drums, bass")
    page.locator(".rows .take-row:not(.waiting)").first.wait_for(timeout=PATIENCE)
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_line_is_hummed_into_the_microphone(singing: Any, studio: dict[str, Any], own: dict[str, Path], axe: Path) -> None:
    del own, axe
    page, seen = open_sheet(singing, studio)
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_text(re.compile("Recording, 0:0[5-9]")).wait_for()
    look(page, "song-recording", ".humming")
    page.get_by_role("button", name="Stop and read it").click()
    page.get_by_role("heading", name="Read from hummed line.wav").wait_for(timeout=PATIENCE)
    assert re.search(r"Heard \d+ notes, [A-G]#?4 to E5", page.locator(".read .told").inner_text())
    assert page.get_by_role("button", name="melody, notes as given").count() == 1
    page.get_by_label("It is played by").select_option("bass")
    page.get_by_role("button", name="bass, notes as given").wait_for()
    assert page.get_by_role("button", name="melody, notes as given").count() == 0
    look(page, "song-hummed", ".bring .read")
    page.get_by_role("button", name="Take it out again").click()
    page.get_by_role("button", name="bass, notes as given").wait_for(state="detached")
    assert page.request.get(f"{studio['address']}/v1/assets").json()["items"] == []
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_hum_that_cannot_be_had_is_told_plainly(context: Any, studio: dict[str, Any], own: dict[str, Path], axe: Path) -> None:
    del axe
    page, seen = open_sheet(context, studio)
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("alert").wait_for()
    told = page.get_by_role("alert").inner_text()
    assert "does not let this page use the microphone" in told or "No microphone was found" in told
    assert "choose a recording" in told
    look(page, "song-denied", ".bring .error")
    refuse(page, "NotAllowedError")
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("alert").get_by_text("The browser does not let this page use the microphone.").wait_for()
    refuse(page, "NotFoundError")
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("alert").get_by_text("No microphone was found.").wait_for()
    assert seen.errors == []
    choose(page, "A line, hummed", own["silence"])
    page.get_by_role("alert").get_by_text("silence.wav: ").wait_for(timeout=PATIENCE)
    seen.errors.clear()
    choose(page, "A line, hummed", own["hum"])
    page.get_by_role("heading", name="Read from hum.wav").wait_for(timeout=PATIENCE)
    assert page.get_by_role("alert").count() == 0
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_recording_is_read_with_its_figures(context: Any, studio: dict[str, Any], own: dict[str, Path], axe: Path) -> None:
    del axe
    page, seen = open_sheet(context, studio)
    form(page).fill("verse 4, hook 4")
    choose(page, "Like a recording", own["song"])
    page.get_by_role("heading", name="Read from my song.wav").wait_for(timeout=PATIENCE)
    told = page.locator(".read .told").inner_text()
    assert "What you wrote stays: form." in told and re.search(r"\d+ ?%", told)
    assert form(page).input_value() == "verse 4, hook 4" and chords(page).input_value()
    look(page, "song-like", ".bring .read")
    assert (seen.errors, seen.elsewhere) == ([], [])
