"""Names of stems: which strip they get, and which strip of a desk is meant for them."""

from __future__ import annotations

import pytest

from producertwin.errors import BadInput
from producertwin.mixing.desk import NAME, Desk, find_desk
from producertwin.mixing.stems import fit_desk, name_strips, role_of


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("bass", "bass"),
        ("Song_808_Am_140", "bass"),
        ("01 Kick.wav", "drums"),
        ("Rhodes (wet)", "keyboard"),
        ("lead_vocal", "vocals"),
        ("backing_vocals", "backing_vocals"),
        ("Backing Vocals 2", "backing_vocals"),
        ("PAD-3", "synth"),
        ("violin", "strings"),
        ("xyz", None),
        ("", None),
    ],
)
def test_a_name_tells_of_a_stem(name: str, role: str | None) -> None:
    assert role_of(name) == role


def test_every_stem_gets_a_name_of_its_own_that_faust_can_say() -> None:
    names = ["01 Kick", "Kick", "kick!", "process", "Töne", "808", "", "a" * 99, "Master", "日本", "sum"]
    strips = name_strips(names)
    assert len(set(strips)) == len(names)
    assert all(NAME.fullmatch(strip) for strip in strips)
    Desk.model_validate({"strips": {strip: {} for strip in strips}})


def test_stems_are_never_called_by_a_word_of_faust() -> None:
    strips = name_strips(["select", "Select", "SELECT", "sum", "with", "Float", "max", "library"])
    assert strips == ("select", "select4", "select5", "stemsum", "stemwith", "stemfloat", "stemmax", "stemlibrary")


@pytest.mark.parametrize("count", [0, 13])
def test_none_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(BadInput):
        name_strips(["drums"] * count)


def test_a_desk_is_fitted_to_what_is_there() -> None:
    names = ["808", "Kick", "flute"]
    fitted, notes = fit_desk(find_desk("trap"), names, name_strips(names))
    bass, kick, flute = fitted.strips.values()
    assert bass.saturation is not None
    assert bass.duck is not None
    assert bass.duck.by == "kick"
    assert kick.transient is not None
    assert flute == type(flute)()
    assert any("flute" in note for note in notes)
    assert any("synth, vocals" in note for note in notes)


def test_a_side_chain_without_its_key_is_off_and_said() -> None:
    fitted, notes = fit_desk(find_desk("house"), ["bass"], ("bass",))
    assert fitted.strips["bass"].duck is None
    assert any("side-chain is off" in note for note in notes)
