"""Automatic mixing: the desk that rules set is bounded and the same every time, moves say what was done, and prompts are read."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from mixing_kit import biquad, filtered, needs_engine
from producertwin.audio import loudness
from producertwin.audio.samples import Samples
from producertwin.errors import AudioRejected, BadInput
from producertwin.mixing.automix.curves import draw_bell, draw_curve, draw_shelf, fit_curve
from producertwin.mixing.automix.master import LOUDNESSES, MOST_LIKE, WIDTHS, read_shape
from producertwin.mixing.automix.plan import AutoMix, Wish, correct_gains, set_desk
from producertwin.mixing.automix.targets import ANY, read_balances
from producertwin.mixing.automix.words import find_style, read_prompt, read_words
from producertwin.mixing.desk import Desk, Master, Strip, find_desk, read_desk, write_desk
from producertwin.mixing.effects import Bell, Pass, Shelf
from producertwin.mixing.render import render
from producertwin.mixing.report import CENTRES, read_mix
from producertwin.mixing.stems import name_strips
from producertwin.music import STEMS
from producertwin.progress import finish

RATE = 48_000
NAMES = ("drums", "bass", "keys", "vocals")


def play_stem(name: str, seconds: float = 1.0, level: float = 0.1) -> Samples:
    """A stem of a kind: beats, a low tone, or notes in the middle."""
    t = np.arange(round(seconds * RATE)) / RATE
    rng = np.random.default_rng(len(name))
    wave = np.sin(2 * np.pi * (60 if name in ("bass", "808") else 330 + 40 * len(name)) * t)
    if name in ("drums", "kick"):
        wave = (np.sin(2 * np.pi * 60 * t) + 0.2 * rng.uniform(-1, 1, t.size)) * np.exp(-(t % 0.25) * 20)
    return np.asarray(level * np.stack([wave, wave * 0.9]), np.float32)


def mix_of(names: tuple[str, ...], stems: list[Samples] | None = None, **wish: object) -> AutoMix:
    """An automatic mix of stems with these names."""
    strips = name_strips(names)
    given = stems or [play_stem(name) for name in names]
    return set_desk(Desk(strips={name: Strip() for name in strips}), names, given, Wish(**wish))  # type: ignore[arg-type]


def test_the_same_stems_give_the_same_desk_and_every_strip_has_its_sentence() -> None:
    one, two = mix_of(NAMES, prompt="dark trap"), mix_of(NAMES, prompt="dark trap")
    assert one.desk == two.desk
    for name in one.desk.strips:
        assert any(move.startswith(f"{name}: gain") for move in one.desk.moves)
    assert any(move.startswith("master: -14 LUFS") for move in one.desk.moves)


@pytest.mark.parametrize("count", [1, 2, 12])
def test_desks_of_any_number_of_stems_are_within_their_bounds_and_survive_their_file(count: int, tmp_path: Path) -> None:
    names = STEMS[:count]
    auto = mix_of(names, [play_stem(name, 0.6, level=10.0 ** -(place % 5)) for place, name in enumerate(names)])
    assert read_desk(auto.desk.model_dump(mode="json"), where="test") == auto.desk
    assert find_desk(str(write_desk(auto.desk, tmp_path / "auto.toml"))) == auto.desk


def test_levels_do_not_depend_on_how_loud_stems_come() -> None:
    loud = mix_of(NAMES)
    uneven = mix_of(NAMES, [play_stem(name, level=0.1 * 10 ** (place * 3 / 20)) for place, name in enumerate(NAMES)])
    for place, name in enumerate(loud.desk.strips):
        assert uneven.desk.strips[name].gain == pytest.approx(loud.desk.strips[name].gain - 3 * place, abs=0.11)
        assert uneven.wanted[name] == pytest.approx(loud.wanted[name], abs=0.01)


def test_a_louder_role_stands_where_the_style_has_it() -> None:
    auto = mix_of(("drums", "bass"), style="trap")
    levels = read_balances().styles["trap"].levels
    assert auto.wanted["bass"] - auto.wanted["drums"] == pytest.approx(levels["bass"] - levels["drums"], abs=0.01)


def test_several_stems_of_one_role_share_its_place() -> None:
    auto = mix_of(("keys", "piano", "bass"))
    alone = mix_of(("keys", "bass"))
    both = 10 * np.log10(10 ** (auto.wanted["keys"] / 10) + 10 ** (auto.wanted["piano"] / 10))
    assert both - auto.wanted["bass"] == pytest.approx(alone.wanted["keys"] - alone.wanted["bass"], abs=0.01)


@pytest.mark.parametrize(("name", "sides"), [("bass", (1.0, 0.3)), ("drums", (0.2, 1.0)), ("vocals", (1.0, 0.0))])
def test_what_belongs_in_the_middle_is_brought_there(name: str, sides: tuple[float, float]) -> None:
    mono = play_stem(name)[0]
    stem = np.asarray(np.stack([mono * sides[0], mono * sides[1]]), np.float32)
    strip = mix_of((name, "synth"), [stem, play_stem("synth")]).desk.strips[name]
    middle, side = (stem[0] + stem[1]) / 2, strip.width * (stem[0] - stem[1]) / 2
    left = (middle + side) * np.cos(max(strip.pan, 0) * np.pi / 2)
    right = (middle - side) * np.cos(max(-strip.pan, 0) * np.pi / 2)
    assert abs(20 * np.log10(np.linalg.norm(left) / np.linalg.norm(right))) < 0.5


def test_one_stem_is_not_moved_aside_and_silence_stays_as_it_is() -> None:
    assert mix_of(("synth",)).desk.strips["synth"].pan == 0
    auto = mix_of(("synth", "bass"), [play_stem("synth"), np.zeros((2, RATE), np.float32)])
    assert auto.desk.strips["bass"] == Strip()
    assert "bass: it is silent, and stays as it is" in auto.desk.moves
    nothing = mix_of(("synth",), [np.zeros((2, 100), np.float32)])
    assert nothing.desk.strips["synth"] == Strip()


def test_stems_that_are_all_the_same_are_mixed() -> None:
    stem = play_stem("keys")
    names = tuple(f"keys {place}" for place in range(5))
    auto = mix_of(names, [stem] * 5)
    assert len({round(level, 6) for level in auto.wanted.values()}) == 1


def test_what_is_no_sound_is_refused() -> None:
    bad = play_stem("keys")
    bad[0, 5] = np.nan
    with pytest.raises(AudioRejected, match="NaN"):
        mix_of(("keys",), [bad])
    with pytest.raises(AudioRejected, match="NaN"):
        read_shape(bad)
    with pytest.raises(AudioRejected, match="silent"):
        read_shape(np.zeros((2, RATE), np.float32))
    with pytest.raises(BadInput, match="no stem"):
        set_desk(Desk(), (), (), Wish())


def test_unknown_instruments_are_said() -> None:
    assert any("qqq" in text for text in mix_of(("qqq", "bass")).notes)


def test_a_desk_keeps_the_effects_that_it_has() -> None:
    desk = Desk(strips={"bass": Strip(high_pass=Pass(hz=33)), "drums": Strip()}, master=Master(loudness=-9))
    made = set_desk(desk, ("bass", "drums"), [play_stem("bass"), play_stem("drums")], Wish()).desk
    assert made.strips["bass"].high_pass == Pass(hz=33)
    assert made.master.loudness == -9


def test_a_bass_makes_room_for_the_kick_that_it_covers() -> None:
    assert mix_of(("kick", "808")).desk.strips["stem808"].duck.by == "kick"  # type: ignore[union-attr]
    assert mix_of(("keys", "808")).desk.strips["stem808"].duck is None


@pytest.mark.parametrize(
    ("text", "styles", "asked", "unknown"),
    [
        ("dark trap, heavy 808s", ("trap",), [("dark", None), ("heavy", "bass")], ()),
        ("a warm lo-fi hip hop beat with dusty drums", ("lofi",), [("warm", None), ("dusty", "drums")], ()),
        ("Wide, bright GUITARS and quiet vocals", (), [("wide", None), ("bright", "guitar"), ("quiet", "vocals")], ()),
        ("drum and bass at 174 bpm", ("drum-and-bass",), [], ()),
        ("no reverb, punchy", (), [("punchy", None)], ("no reverb",)),
        ("zweifelhaft, ☂ кот", (), [], ("zweifelhaft", "кот")),
        ("", (), [], ()),
    ],
)
def test_prompts_are_read(
    text: str, styles: tuple[str, ...], asked: list[tuple[str, str | None]], unknown: tuple[str, ...]
) -> None:
    words = read_prompt(text)
    assert words.styles == styles
    assert [(one.word, one.role) for one in words.asked] == asked
    assert words.unknown == unknown


@pytest.mark.thorough
def test_every_word_of_the_list_is_read_and_every_mood_does_something() -> None:
    words = read_words()
    assert words.styles.keys() == read_balances().styles.keys() - {ANY}
    for style, names in words.styles.items():
        assert all(find_style(name) == style for name in names)
    for name, mood in words.moods.items():
        assert all(read_prompt(word).asked for word in (name, *mood.also))
        for prompt in (f"{name} mix", f"{name} keys"):
            changed, plain = mix_of(("keys", "drums"), prompt=prompt).desk, mix_of(("keys", "drums")).desk
            assert changed.model_copy(update={"moves": ()}) != plain.model_copy(update={"moves": ()}), prompt
            assert any(f"the prompt says {name}" in move for move in changed.moves), prompt


def test_a_mood_of_an_instrument_that_is_not_there_is_said() -> None:
    assert mix_of(("bass",), prompt="loud vocals, glorbly bass").unread == ("glorbly", "loud vocals (no such stem)")


def test_moods_of_room_use_the_reverbs_that_a_desk_has_and_dry_ones_take_them_away() -> None:
    strips = {
        "keys": {"sends": {"plate": -12.0, "slap": -12.0}, "transient": {"sustain": 2.0}},
        "drums": {"transient": {"sustain": 3.0}},
    }
    buses = {"plate": {"kind": "reverb"}, "slap": {"kind": "delay"}}
    desk = read_desk({"strips": strips, "buses": buses}, where="test")
    stems = [play_stem("keys"), play_stem("drums")]

    def mix_by(prompt: str) -> Desk:
        return set_desk(desk, ("keys", "drums"), stems, Wish(prompt)).desk

    wet = mix_by("spacious")
    assert list(wet.buses) == ["plate", "slap"]
    assert wet.strips["keys"].sends["plate"] > -12
    for prompt in ("dry", "dry keys"):
        dry = mix_by(prompt)
        assert dry.strips["keys"].sends == {"slap": -12.0}
        assert any("not sent to plate" in move for move in dry.moves)
    both = mix_by("punchy, dry keys").strips
    assert both["drums"].transient is not None
    assert both["drums"].transient.attack > 0
    assert both["drums"].transient.sustain == 3.0


@pytest.mark.parametrize("gain", [-12.0, 6.0])
def test_curves_are_those_of_the_reference(gain: float) -> None:
    click = np.zeros((2, 16_384))
    click[:, 0] = 1
    hz = np.fft.rfftfreq(16_384, 1 / RATE)
    for drawn, kind in (
        (draw_bell(Bell(hz=700, gain=gain, q=1.5)), "bell"),
        (draw_shelf(Shelf(hz=700, gain=gain, q=1.5), low=True), "ls"),
        (draw_shelf(Shelf(hz=700, gain=gain, q=1.5), low=False), "hs"),
    ):
        heard = 20 * np.log10(np.abs(np.fft.rfft(filtered(click, biquad(kind, 700, 1.5, gain))[0])))
        assert np.abs(np.interp(CENTRES, hz, heard) - drawn).max() < 0.05


def test_a_fit_comes_near_what_is_wanted_within_its_bounds() -> None:
    wanted = draw_curve(Master(low_shelf=Shelf(hz=90, gain=4), bells=(Bell(hz=900, gain=-3, q=0.7),)))
    fitted = fit_curve(wanted + 7, most=6)
    left = draw_curve(fitted) - wanted
    assert np.std(left) < 0.6
    steep = fit_curve(40 * np.sign(np.log2(CENTRES / 800)), most=6)
    assert max(abs(one.gain) for one in (steep.low_shelf, steep.high_shelf, *steep.bells) if one) <= 6


def test_a_song_to_come_near_sets_the_master_within_bounds() -> None:
    rng = np.random.default_rng(3)
    noise = np.asarray(0.05 * rng.standard_normal((2, 2 * RATE)), np.float32)
    bright = np.asarray(filtered(noise, biquad("hs", 2_000, 0.7, 10)), np.float32)
    master = mix_of(("synth",), [noise], like=read_shape(bright), called="bright.wav").desk.master
    shift = draw_curve(master)
    assert shift[-3:].mean() - shift[:3].mean() == pytest.approx(10, abs=3)
    assert master.loudness == pytest.approx(loudness.loudness(bright), abs=0.1)
    loud = mix_of(("synth",), [noise], like=read_shape(np.clip(bright * 100, -1, 1))).desk.master
    assert LOUDNESSES[0] <= loud.loudness <= LOUDNESSES[1]  # type: ignore[operator]
    assert WIDTHS[0] <= loud.width <= WIDTHS[1]
    assert all(abs(bell.gain) <= MOST_LIKE for bell in loud.bells)


@needs_engine
@pytest.mark.slow
def test_faders_take_back_what_effects_do_and_the_report_tells_masking_by_pairs() -> None:
    names = ("drums", "bass")
    stems = [play_stem(name) for name in names]
    auto = mix_of(names, stems, prompt="compressed drums, aggressive bass")
    played = finish(render(auto.desk, stems))
    better = correct_gains(auto, played.strips)
    if better:
        auto = better
        played = finish(render(better.desk, stems))
    assert correct_gains(auto, played.strips) is None
    report = read_mix(played.audio, names, played.strips, stems)
    assert all(one.name != one.by and max(one.before, one.after) >= 0.05 for one in report.masking)


@pytest.mark.slow
def test_a_spoilt_song_comes_nearer_to_its_own_mix_than_a_plain_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    mixing_balance = importlib.import_module("mixing_balance")
    rows = [mixing_balance.measure_song(number, 6.0, False)["distances"] for number in (1, 4)]
    assert sum(row["auto"]["balance"] for row in rows) < 0.5 * sum(row["plain"]["balance"] for row in rows)
    assert sum(row["auto"]["spectrum"] for row in rows) < sum(row["plain"]["spectrum"] for row in rows)
