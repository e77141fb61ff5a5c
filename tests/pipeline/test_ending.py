"""How takes end and how loud they are: by their style's habit, unless they are to be left raw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline_kit import ask, edit, tone
from producertwin.audio import files
from producertwin.audio.meters import measure
from producertwin.house_band.styles import STYLES
from producertwin.library import open_library
from producertwin.model.sampling.request import Metas, Samples
from producertwin.pipeline import ending
from producertwin.pipeline.finish import finish_sound
from producertwin.settings import Settings
from producertwin.verbs.rendering import Rendered

Player = Callable[..., list[Rendered]]


def level_db(audio: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(audio)) + 1e-12))


def test_every_style_says_how_long_it_fades() -> None:
    assert all(0.5 <= style.fade <= 8.0 for style in STYLES.values())
    assert len({style.fade for style in STYLES.values()}) >= 3


@pytest.mark.parametrize(
    ("caption", "bpm", "meter", "seconds", "fade"),
    [
        ("techno", 120.0, 4, 60.0, 8.0),
        ("jazz trio", 120.0, 3, 60.0, 1.5),
        ("lofi, rainy", 80.0, 4, 60.0, 6.0),
        ("xqzzt", None, None, 60.0, 4.0),
        ("techno", 120.0, 4, 12.0, 2.0),
    ],
)
def test_a_fade_is_so_many_bars_and_a_sixth_of_the_take_at_most(
    caption: str, bpm: float | None, meter: int | None, seconds: float, fade: float
) -> None:
    stage = ask(caption, seconds=seconds)
    assert ending.fade_of(stage, Metas(bpm, None, meter)) == pytest.approx(fade)
    assert ending.fade_of(stage.model_copy(update={"raw": True}), Metas(bpm, None, meter)) == 0.0


def test_only_what_stops_in_mid_phrase_is_faded() -> None:
    sound = tone(4.0)
    faded = ending.end(sound, 1.0)
    assert (faded[:, :-48_000] == sound[:, :-48_000]).all()
    assert level_db(faded[:, -2_400:]) < level_db(sound) - 30
    assert ending.is_over(faded)
    assert not ending.is_over(sound)
    assert ending.end(faded, 1.0) is faded
    assert ending.end(sound, 0.0) is sound


def test_takes_fade_out_unless_raw(play: Player, settings: Settings) -> None:
    [faded], [raw] = play(ask()), play(ask(raw=True))
    with open_library(settings) as library:
        short, whole = (files.read(library.takes.content(one.take)) for one in (faded, raw))
    assert short.shape == whole.shape
    assert level_db(short[:, -480:]) < level_db(short) - 20 < level_db(whole[:, -480:])
    assert faded.take.latents == raw.take.latents
    assert raw.take.stage["raw"] is True


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["refine", "cover"])
@pytest.mark.parametrize("over", [True, False])
def test_an_edit_ends_as_its_source_does(kind: str, over: bool, play: Player, settings: Settings, tmp_path: Path) -> None:
    source = files.write(tmp_path / "source.flac", ending.end(tone(4.0), 1.0) if over else tone(4.0))
    [made] = play(edit(kind, source, prompt={"caption": "lofi"}))
    with open_library(settings) as library:
        audio = files.read(library.takes.content(made.take))
    assert ending.is_over(audio) is over


@pytest.mark.parametrize(
    ("caption", "lufs"), [("techno", -15.0), ("lofi, rainy, rhodes", -15.0), ("ambient", -18.0), ("xqzzt", None)]
)
def test_a_style_says_how_loud_its_takes_are_at_least(caption: str, lufs: float | None) -> None:
    stage = ask(caption)
    assert ending.loudness_of(stage) == lufs
    assert ending.loudness_of(stage.model_copy(update={"raw": True})) is None


def _music(peak: float, crest_db: float) -> Samples:
    """Four seconds of a tone of pitch and a click every half second, which makes its crest."""
    sound = tone(4.0)
    sound *= np.float32(peak / 10 ** (crest_db / 20) / np.sqrt(np.mean(sound**2)))
    sound[:, 12_000::24_000] = peak
    return sound


def test_a_quiet_take_is_turned_up_to_its_style_and_its_peaks_are_limited() -> None:
    sound = _music(0.89, 20.0)
    louder = finish_sound(sound, None, 0.0, -17.5)
    assert measure(louder).loudness_lufs == pytest.approx(-17.5, abs=0.2)
    assert measure(louder).true_peak_db <= -0.99


def test_peaks_are_limited_by_three_decibels_and_what_is_loud_is_not_turned_down() -> None:
    sound = _music(0.89, 30.0)
    gained = measure(finish_sound(sound, None, 0.0, -15.0)).loudness_lufs - measure(sound).loudness_lufs
    assert 2.0 < gained <= 3.0  # the clicks, which are held down, are a part of what is loud
    loud = _music(0.5, 6.0)
    assert finish_sound(loud, None, 0.0, -30.0) == pytest.approx(loud)
    silence = np.zeros((2, 48_000), np.float32)
    assert not finish_sound(silence, None, 0.0, -15.0).any()
