"""`twin mix`: stems of every kind to a take, a copy and what lies beside it."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import numpy as np
import pytest
import soundfile

from mixing_kit import needs_engine
from producertwin.audio import files, levels, loudness
from producertwin.errors import AudioRejected, BadInput, NotFound, Unavailable
from producertwin.library import Take
from producertwin.mixing import engine
from producertwin.mixing.desk import find_desk
from producertwin.progress import Message
from producertwin.verbs.automatic import call_take
from producertwin.verbs.mix import MixPlan, list_stems, mix
from producertwin.verbs.studio import Studio

T = TypeVar("T")
RATE = 48_000


def follow(steps: Generator[Any, None, T]) -> tuple[T, list[str]]:
    """The result of `steps`, and what was said."""
    said = []
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            return end.value, said
        if isinstance(event, Message):
            said.append(event.text)


def write_stem(path: Path, kind: str, seconds: float = 2.0, *, rate: int = RATE, channels: int = 2, level: float = 0.3) -> str:
    """A stem: a kick, a tone, noise or nothing."""
    t = np.arange(round(seconds * rate)) / rate
    sounds = {
        "kick": np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 0.5) * 12),
        "tone": np.sin(2 * np.pi * 220 * t),
        "noise": np.random.default_rng(1).uniform(-1, 1, t.size),
        "silence": 0 * t,
    }
    soundfile.write(
        path, np.stack([level * sounds[kind]] * channels, axis=1), rate, subtype="FLOAT" if path.suffix == ".wav" else None
    )
    return str(path)


@needs_engine
def test_faders_that_are_corrected_leave_tempo_and_loudness_as_asked(studio: Studio, tmp_path: Path) -> None:
    stems = (write_stem(tmp_path / "drums.wav", "kick", 4.0), write_stem(tmp_path / "bass.wav", "tone", 4.0))
    plan = MixPlan(stems=stems, prompt="compressed drums, aggressive bass", target=-20.0, bpm=97.0)
    done, _ = follow(mix(plan, studio))
    assert done.desk is not None and any("because its effects changed its loudness" in move for move in done.desk.moves)
    assert (done.desk.master.loudness, done.desk.bpm) == (-20.0, 97.0)


@needs_engine
def test_stems_of_any_rate_width_and_length_become_a_mix_with_everything_beside_it(studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "stems"
    folder.mkdir()
    write_stem(folder / "drums.wav", "kick", 2.5)
    write_stem(folder / "bass.wav", "tone", 2.0, rate=44_100, channels=1)
    write_stem(folder / "keys.wav", "silence")
    write_stem(folder / "mix.wav", "noise")
    out = tmp_path / "mix.flac"
    plan = MixPlan.model_validate({"stems": [str(folder)], "desk": "trap", "target": "-16LUFS", "bpm": 120})
    done, said = follow(mix(plan, studio, out=out))
    audio = files.read(out)
    assert loudness.loudness(audio) == pytest.approx(-16, abs=0.3)
    assert levels.true_peak_db(audio) <= -0.9
    assert audio.shape[1] >= round(2.5 * RATE)
    told = " ".join(said)
    assert all(
        text in told for text in ("keys.wav is silent", "resampled from 44100 Hz", "mono, put in the middle", "shorter ones")
    )
    assert list(done.desk.strips) == ["bass", "drums"]
    assert find_desk(str(out.with_suffix(".desk.toml"))) == done.desk
    assert "bass_process(kl, kr)" in out.with_suffix(".dsp").read_text(encoding="utf-8")
    report = json.loads(out.with_suffix(".report.json").read_text(encoding="utf-8"))
    assert report["mix"]["loudness_lufs"] == pytest.approx(-16, abs=0.3)
    assert [one["name"] for one in report["strips"]] == ["bass", "drums"]
    assert studio.library.takes.get(done.take.id).stage["desk"]["master"]["loudness"] == -16
    whole = engine.play_through(out.with_suffix(".dsp").read_text(encoding="utf-8"), _inputs(folder, audio.shape[1] + 1_000))
    late = 12 + 133
    assert np.abs(whole[:, late : late + audio.shape[1]] - audio).max() < 1e-4


def _inputs(folder: Path, length: int) -> Any:
    stems = [files.read(folder / f"{name}.wav") for name in ("bass", "drums")]
    return np.concatenate([np.pad(stem, ((0, 0), (0, length - stem.shape[1]))) for stem in stems])


@pytest.mark.thorough
@needs_engine
def test_a_take_is_a_stem_and_the_mix_its_child_that_replays(studio: Studio, tmp_path: Path) -> None:
    first, _ = follow(mix(MixPlan(stems=(write_stem(tmp_path / "bass.wav", "tone", 1.0),)), studio))
    assert first.path is None
    plan = MixPlan(stems=(first.take.id, write_stem(tmp_path / "kick.wav", "kick", 1.0, level=2.0)), caption="house")
    done, _ = follow(mix(plan, studio))
    assert done.take.parents == (first.take.id,)
    again, _ = follow(mix(plan, studio))
    assert again.take.audio == done.take.audio
    assert levels.true_peak_db(files.read(studio.library.takes.content(done.take))) <= -0.9


def test_what_is_no_stem_is_refused(studio: Studio, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    soundfile.write(bad, np.full((RATE, 2), np.nan), RATE, subtype="FLOAT")
    (tmp_path / "empty").mkdir()
    if not engine.is_installed():
        pytest.skip("needs cyfaust-llvm (extra: mix)")
    with pytest.raises(AudioRejected, match="NaN"):
        follow(mix(MixPlan(stems=(str(bad),)), studio))
    with pytest.raises(NotFound):
        follow(mix(MixPlan(stems=("nowhere.wav",)), studio))
    with pytest.raises(BadInput, match="holds no stems"):
        follow(mix(MixPlan(stems=(str(tmp_path / "empty"),)), studio))
    with pytest.raises(BadInput, match="every stem is silent"):
        follow(mix(MixPlan(stems=(write_stem(tmp_path / "quiet.wav", "silence"),)), studio))
    with pytest.raises(NotFound, match="no desk"):
        follow(mix(MixPlan(stems=(write_stem(tmp_path / "tone.wav", "tone"),), desk="trip"), studio))
    with pytest.raises(BadInput, match="source itself"):
        follow(mix(MixPlan(stems=(write_stem(tmp_path / "own.wav", "tone"),)), studio, out=tmp_path / "own.wav"))


def test_thirteen_stems_and_one_given_twice_are_refused() -> None:
    with pytest.raises(BadInput, match="13 stems are given"):
        list_stems([f"{place}.wav" for place in range(13)])
    with pytest.raises(BadInput, match="twice"):
        list_stems(["a.wav", "b.wav", "a.wav"])


def test_without_an_engine_nothing_is_mixed_another_way(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "is_installed", lambda: False)
    with pytest.raises(Unavailable, match="engine is not installed"):
        follow(mix(MixPlan(stems=(write_stem(tmp_path / "tone.wav", "tone"),)), studio))
    assert studio.library.takes.list() == ()


@pytest.mark.parametrize("text", ["-14", "-14LUFS", " -14.0 lufs", "-14,0 LUFS"])
def test_a_loudness_is_read_as_people_write_it(text: str) -> None:
    assert MixPlan.model_validate({"stems": ["a"], "target": text}).target == -14


@pytest.mark.parametrize("text", ["loud", "0", "-60LUFS", "-14dB"])
def test_what_is_no_loudness_is_refused(text: str) -> None:
    with pytest.raises(ValueError if text in ("loud", "-14dB") else BadInput):
        MixPlan.model_validate({"stems": ["a"], "target": text})


@pytest.mark.parametrize(
    ("caption", "called"),
    [("solo piano", "keyboard"), ("lofi", "take k3vq"), ("lofi, mellow keys, dusty drums", "take k3vq")],
)
def test_a_take_is_called_by_the_only_stem_in_its_caption(caption: str, called: str) -> None:
    assert call_take(cast("Take", SimpleNamespace(id="k3vq7r", stage={}, caption=caption))) == called
