"""Tempo changes are read, kept to the sample, and written to sheets and MIDI as they were."""

from __future__ import annotations

import io
from dataclasses import replace

import mido
import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.house_band.compose import compose
from producertwin.house_band.lines import SongText, read_song
from producertwin.house_band.midi_reading import parse_midi
from producertwin.house_band.midi_song import song_of_midi
from producertwin.house_band.midi_writing import write_midi
from producertwin.house_band.note_cache import NoteCache
from producertwin.house_band.render import render
from producertwin.house_band.score import Note, Part, Score
from producertwin.house_band.score_sheet import write_sheet_of
from producertwin.house_band.sheet import Sheet, SheetSection, draw_lead_sheet
from producertwin.house_band.tempo_changes import write_changes
from producertwin.house_band.track_render import render_part
from producertwin.timebase import SAMPLE_RATE, TempoMap

FORM = "intro 2, verse 4, hook 4, verse 4"


def changes(text: str, bpm: float = 90.0, meter: int = 4) -> tuple[tuple[float, float], ...]:
    return read_song(SongText(FORM, "Am | F", tempi=text), meter, None).tempo(bpm).changes


def song(text: str, meter: int = 4) -> Score:
    outline = read_song(SongText(FORM, "Am | F", tempi=text), meter, None)
    return compose("house", seed=1, bpm=90, meter=meter, outline=outline)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hook: 120", ((24, 120), (40, 90))),
        ("verse 100", ((8, 100), (24, 90), (40, 100))),
        ("bar 9: 96", ((32, 96),)),
        ("bar 9 = 96 bpm\nBAR 10 beat 2.5: 97.25", ((32, 96), (37.5, 97.25))),
        ("bar 2: 80; hook: 120", ((4, 80), (24, 120), (40, 80))),
        ("hook: 120; bar 8: 110", ((24, 120), (28, 110), (40, 90))),
        ("intro: 70", ((0, 70), (8, 90))),
        ("bar 1: 90; hook: 90", ()),
    ],
)
def test_changes_are_read(text: str, wanted: tuple[tuple[float, float], ...]) -> None:
    assert changes(text) == wanted
    assert changes(write_changes(wanted, 4)) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bar 0: 96", "there is no bar 0"),
        ("bar 15: 96", "there is no bar 15"),
        ("bar 2 beat 5: 96", "bar 2 has no beat 5"),
        ("bar 2 beat 0: 96", "bar 2 has no beat 0"),
        ("solo: 96", "no section is called solo"),
        ("hook: 96; hook: 97", "hook has two tempi"),
        ("bar 3: 96, bar 3: 97", "second tempo"),
        ("faster", "'faster' is none"),
        ("hook: 1000", "1000"),
        ("bar 3: 96;" * 1_001, "1001 tempo changes"),
    ],
)
def test_a_wrong_change_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        changes(text)
    assert said in caught.value.message and caught.value.remedy


def test_changes_need_a_form() -> None:
    with pytest.raises(BadInput, match="tempo changes and no form"):
        read_song(SongText("", "Am | F", tempi="bar 2: 96"), 4, None)


def test_beats_and_seconds_are_inverse_of_each_other() -> None:
    tempo = TempoMap(90.0, ((6.0, 80.0), (24.0, 120.0)))
    assert [tempo.seconds(beat) for beat in (0, 6, 24, 28)] == pytest.approx([0.0, 4.0, 17.5, 19.5])
    for beat in np.linspace(0.0, 60.0, 121):
        assert tempo.beat(tempo.seconds(beat)) == pytest.approx(beat)
        assert tempo.sample(beat) == round(tempo.seconds(beat) * SAMPLE_RATE)
    assert [tempo.bpm_at(beat) for beat in (0, 5.9, 6, 24, 99)] == [90, 90, 80, 120, 120]
    assert TempoMap(90.0, ((0.0, 60.0),)).seconds(2.0) == 2.0


def test_bars_begin_on_their_sample() -> None:
    score = song("hook: 120; bar 2 beat 3: 80")
    assert score.seconds == pytest.approx(6 * 60 / 90 + 18 * 60 / 80 + 16 * 60 / 120 + 16 * 60 / 80)
    part = Part("keyboard", "piano", (Note(0.0, 1.0, 60),))
    first = render_part(score, part, 10 * SAMPLE_RATE, NoteCache())
    for bar in (1, 2, 3):
        moved = Part("keyboard", "piano", (Note(bar * 4.0, 1.0, 60),))
        at = score.tempo.sample(bar * 4.0)
        lane = render_part(score, moved, 10 * SAMPLE_RATE, NoteCache())
        assert not lane[:, :at].any() and np.array_equal(lane[:, at : at + 4_800], first[:, :4_800])


def test_the_rendering_tells_where_its_beats_fall() -> None:
    score = song("hook: 120")
    played = render(replace(score, parts=score.parts[:1]), seconds=0.7)
    assert played.beats == (0.0, pytest.approx(60 / 90)) and played.downbeats == (0.0,)
    assert score.seconds == pytest.approx(40 * 60 / 90 + 16 * 60 / 120)


@pytest.mark.parametrize("meter", [3, 4, 6])
def test_midi_keeps_the_tempo_map(meter: int) -> None:
    score = song("hook: 120; bar 2 beat 2: 80", meter)
    data = write_midi(score)
    file = mido.MidiFile(file=io.BytesIO(data))
    del file.tracks[1:]  # notes may ring over the last bar
    assert file.length == pytest.approx(score.seconds, abs=2e-3)
    found = song_of_midi(parse_midi(data))
    assert found.bpm == pytest.approx(80, abs=0.01)  # of the longest stretches
    read = read_song(SongText(found.form, tempi=found.tempi, lines=found.lines), found.meter, found.key).tempo(found.bpm or 0)
    for beat in range(int(score.beats)):
        assert read.seconds(beat) == pytest.approx(score.tempo.seconds(beat), abs=2e-3)


def test_a_slow_change_of_thousands_of_steps_keeps_every_bar() -> None:
    steps = [(step / 24, 80.0 + step / 300) for step in range(5_700)]
    file = mido.MidiFile(ticks_per_beat=960)
    head, tune = mido.MidiTrack(), mido.MidiTrack()
    file.tracks += [head, tune]
    for _, bpm in steps:
        head.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm), time=0 if not head else 40))
    for _ in range(240):
        tune += [mido.Message("note_on", note=60, velocity=90), mido.Message("note_off", note=60, time=960)]
    out = io.BytesIO()
    file.save(file=out)
    found = song_of_midi(parse_midi(out.getvalue()))
    read = read_song(SongText("", tempi=found.tempi, lines=found.lines), 4, None).tempo(found.bpm or 0)
    assert read.seconds(240) == pytest.approx(file.length, abs=0.01)


def test_a_sheet_keeps_and_draws_its_changes() -> None:
    sheet = Sheet(bpm=90, form=FORM, chords="Am | F", tempi="bar 8: 110", sections={"hook": SheetSection(bpm=120)})
    assert sheet.outline.tempo(90).changes == ((24, 120), (28, 110), (40, 90))
    drawn = draw_lead_sheet(sheet)
    assert "hook (4 bars, from bar 7, 120 bpm)" in drawn and "  tempo: bar 8: 110" in drawn
    assert drawn.count("90 bpm)") == 1  # the verse after it, and not the one before
    again = write_sheet_of(song("hook: 120; bar 8: 110"), title="", caption="house")
    assert again.outline.tempo(again.bpm or 0).changes == ((24, 120), (28, 110), (40, 90))


def test_a_section_has_no_meter_of_its_own() -> None:
    for wrong in ({"meter": 3}, {"key": "A minor"}, {"tempo": 96}):
        with pytest.raises(BadInput) as caught:
            SheetSection.model_validate(wrong)
        assert caught.value.remedy
