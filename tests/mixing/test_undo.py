"""Moves of an automatic mix are undone one by one: the others stay, and the desk says what was left out."""

from __future__ import annotations

import numpy as np
import pytest
from test_automix import NAMES, play_stem

from producertwin.audio.samples import Samples
from producertwin.errors import BadInput
from producertwin.mixing.automix.draft import MASTER, Change, Move
from producertwin.mixing.automix.plan import AutoMix, Wish, correct_gains, set_desk
from producertwin.mixing.automix.undo import LEFT_OUT, find_moves, list_left_out, undo_moves
from producertwin.mixing.desk import Desk, Strip
from producertwin.mixing.effects import Bell, Reverb, Saturation, Shelf

PROMPT = "dark trap, heavy 808s, spacious keys, dusty, loud, warm"
STRIPS = ("drums", "bass", "keys", "vocals")


def mix_of(*without: str, prompt: str = PROMPT) -> AutoMix:
    """An automatic mix of four stems, the last of them on a side."""
    stems = [play_stem(name) for name in NAMES]
    stems[3] = np.asarray(stems[3] * np.array([[1.0], [0.2]]), np.float32)
    return set_desk(Desk(strips={name: Strip() for name in STRIPS}), NAMES, stems, Wish(prompt, without=without))


def test_every_move_is_undone_alone_and_the_others_stay() -> None:
    whole = mix_of()
    assert len(whole.desk.moves) > 10
    for place, move in enumerate(whole.desk.moves):
        less = mix_of(str(place + 1))
        part, text = move.split(": ", 1)
        assert less.desk.moves[place] == f"{part}: {LEFT_OUT}{text}"
        assert list_left_out(less.desk) == (move,)
        kept = [one for other, one in enumerate(less.desk.moves) if other != place]
        assert kept == [one for other, one in enumerate(whole.desk.moves) if other != place]
        changed = {name for name in STRIPS if less.desk.strips[name] != whole.desk.strips[name]}
        changed |= {MASTER} if less.desk.master != whole.desk.master else set()
        assert changed <= {part, MASTER}, move


def test_without_any_move_the_desk_is_what_it_was() -> None:
    count = len(mix_of().desk.moves)
    less = mix_of(*(str(place + 1) for place in range(count)))
    assert all(one == Strip() for one in less.desk.strips.values())
    assert less.desk.buses == {} and less.desk.master.loudness is None and less.desk.master.limiter is None
    assert len(list_left_out(less.desk)) == count


def test_moves_are_named_by_how_they_begin() -> None:
    whole, less = mix_of(), mix_of("BASS: gain")
    [left] = list_left_out(less.desk)
    assert left.startswith("bass: gain")
    said = 1.5  # what `heavy` turned the same fader up by stays
    assert less.desk.strips["bass"].gain == said
    assert less.wanted["bass"] - whole.wanted["bass"] == pytest.approx(said - whole.desk.strips["bass"].gain)


@pytest.mark.parametrize("name", ["99", "0", "tuba: gain", "gain", " "])
def test_what_is_no_move_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no move is called"):
        mix_of(name)


def test_a_move_that_changed_nothing_is_refused() -> None:
    moves = [Move("bass: it is silent, and stays as it is"), Move("keys: gain", (Change("keys", "gain", 0.0, 1.0),))]
    with pytest.raises(BadInput, match="changed nothing"):
        find_moves(moves, ["1"])
    assert find_moves(moves, ["2", "keys", "5"]) == ({1}, {"5"})


def desk_of(strip: Strip, **buses: Reverb) -> Desk:
    return Desk(strips={"a": strip}, buses=dict(buses))


@pytest.mark.parametrize(
    ("name", "steps", "without_first", "without_second"),
    [
        ("gain", (0.0, -3.0, 1.0), 4.0, -3.0),
        ("low_shelf", (None, Shelf(hz=100, gain=2), Shelf(hz=100, gain=5)), Shelf(hz=100, gain=3), Shelf(hz=100, gain=2)),
        ("saturation", (None, Saturation(drive=2), Saturation(drive=6)), Saturation(drive=6), Saturation(drive=2)),
        ("bells", ((), (Bell(hz=200, gain=-3),), (Bell(hz=200, gain=-3), Bell(hz=400, gain=-2))), (Bell(hz=400, gain=-2),), None),
        ("sends", ({}, {"hall": -18.0}, {"hall": -12.0}), {"hall": -18.0}, {"hall": -18.0}),
        ("sends", ({"hall": -10.0}, {}, {}), {}, {}),
    ],
)
def test_a_move_goes_and_a_later_one_of_the_same_field_keeps_its_share(
    name: str, steps: tuple[object, ...], without_first: object, without_second: object
) -> None:
    moves = [Move(f"a: {place}", (Change("a", name, steps[place], steps[place + 1]),)) for place in range(2)]
    before = desk_of(Strip().model_copy(update={name: steps[0]}), hall=Reverb())
    after = desk_of(Strip().model_copy(update={name: steps[2]}), hall=Reverb())
    for place, wanted in ((0, without_first), (1, steps[1] if without_second is None else without_second)):
        made, _ = undo_moves(after, before, moves, {place})
        assert getattr(made.strips["a"], name) == wanted
    made, _ = undo_moves(after, before, moves, {0, 1})
    assert made.strips == before.strips


def test_what_two_moves_ask_for_stays_while_one_of_them_does() -> None:
    drive = Saturation(drive=2)
    moves = [Move("a: 1", (Change("a", "saturation", None, drive),)), Move("a: 2", (Change("a", "saturation", drive, drive),))]
    for places, wanted in (({0}, drive), ({1}, drive), ({0, 1}, None)):
        made, _ = undo_moves(desk_of(Strip(saturation=drive)), desk_of(Strip()), moves, places)
        assert made.strips["a"].saturation == wanted


def test_a_bus_that_nothing_is_sent_to_goes_and_a_bound_holds() -> None:
    sent = Move("a: sent", (Change("a", "sends", {}, {"hall": -18.0}),))
    up = Move("a: up", (Change("a", "gain", -30.0, 20.0),))
    desk = desk_of(Strip(gain=-20.0, sends={"hall": -18.0}), hall=Reverb())
    made, turned = undo_moves(desk, desk_of(Strip()), [sent, up], {0, 1})
    assert made.buses == {} and made.strips["a"].gain == -60.0 and turned == {"a": -40.0}


def test_what_faders_do_once_effects_have_played_is_left_out_too() -> None:
    auto = mix_of(prompt="trap")
    played: list[Samples] = [play_stem(name) * np.float32(10 ** (place - 1)) for place, name in enumerate(NAMES)]
    moved = correct_gains(auto, played)
    assert moved is not None
    last = moved.desk.moves[-1]
    assert [move.sentence for move in moved.moves] == list(moved.desk.moves)
    back, _ = undo_moves(moved.desk, moved.before, moved.moves, range(len(moved.moves)))
    assert all(one == Strip() for one in back.strips.values())
    less = correct_gains(mix_of(last.split(" dB")[0], prompt="trap"), played)
    assert less is not None and list_left_out(less.desk) == (last,)
    name = last.split(":")[0]
    assert less.desk.strips[name] == auto.desk.strips[name] and moved.desk.strips[name] != auto.desk.strips[name]
    with pytest.raises(BadInput, match="no move is called"):
        correct_gains(mix_of(f"{name}: gain +99", prompt="trap"), played)
