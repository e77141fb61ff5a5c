"""How takes end: faded by their style's habit, unless they are over by themselves or are to be left raw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline_kit import ask, edit, tone
from producertwin.audio import files
from producertwin.house_band.styles import STYLES
from producertwin.library import open_library
from producertwin.model.sampling.request import Metas, Samples
from producertwin.pipeline import ending
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
