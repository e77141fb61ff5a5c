"""Pictures: always a PNG, always the same, and showing what sounds."""

import io

import numpy as np
import pytest
from PIL import Image

from producertwin.errors import BadInput, NotFound
from producertwin.reporting import spectrogram, waveform

RATE = 48_000


def sweep(seconds=2.0):
    t = np.arange(round(seconds * RATE)) / RATE
    return np.tile((0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32), (2, 1))


@pytest.mark.parametrize(
    ("samples", "height"),
    [
        (sweep(), 686),
        (sweep()[0], 600),
        (np.zeros((2, 0), np.float32), 686),
        (np.zeros(1, np.float32), 600),
        (np.zeros((2, RATE), np.float32), 686),
        (np.ones((6, 500), np.float32), 686),
    ],
)
def test_any_sound_makes_a_picture_of_one_width(samples, height):
    data = waveform.draw(samples, title="tea, rain — 雨 🎹 " * 20, subtitle="nano")
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        assert image.size == (1280, height)
    assert data == waveform.draw(samples, title="tea, rain — 雨 🎹 " * 20, subtitle="nano")


def test_the_picture_is_written_to_its_path(tmp_path):
    path = waveform.waveform_and_spectrogram(sweep(), tmp_path / "a.png", title="a")
    assert path.read_bytes() == waveform.draw(sweep(), title="a")
    with pytest.raises(NotFound):
        waveform.waveform_and_spectrogram(sweep(), tmp_path / "missing" / "a.png")
    with pytest.raises(BadInput):
        waveform.draw(np.full((2, 10), np.nan))


@pytest.mark.parametrize("hz", [60.0, 440.0, 1000.0, 8000.0])
def test_a_tone_lies_on_its_row_at_its_level(hz):
    t = np.arange(2 * RATE) / RATE
    level = spectrogram.spectrogram((0.1 * np.sin(2 * np.pi * hz * t)).astype(np.float32)[None], 200, 400)
    assert level.shape == (400, 200)
    row = int(level[:, 100].argmax())
    found = spectrogram.HIGH_HZ * (spectrogram.LOW_HZ / spectrogram.HIGH_HZ) ** (row / 399)
    assert found == pytest.approx(hz, rel=0.03)
    assert level.max() == pytest.approx(-20, abs=7)


def test_colours_rise_in_lightness():
    shades = waveform.colours(np.linspace(0, 1, 64)).astype(int)
    lightness = shades @ np.array([2126, 7152, 722])
    assert (np.diff(lightness) > 0).all()


@pytest.mark.parametrize(
    ("seconds", "tenths", "text"), [(0, False, "0:00"), (65, False, "1:05"), (59.96, True, "1:00.0"), (600, False, "10:00")]
)
def test_clock(seconds, tenths, text):
    assert waveform.format_time(seconds, tenths=tenths) == text
