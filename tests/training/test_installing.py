"""A finished run becomes its producer's twin unless that would put a shorter training in the place of a longer one."""

from __future__ import annotations

from pathlib import Path

import pytest

from producertwin.library import adapters as installed
from producertwin.model import adapters
from producertwin.model.adapter_spec import AdapterCard, LoraSpec
from producertwin.model.adapters.trainable import trainable
from producertwin.model.instrument import Instrument
from producertwin.model.variants.load import load
from producertwin.settings import Settings
from producertwin.training.lora.installing import decide
from producertwin.training.lora.plan import Install


@pytest.fixture(scope="module")
def instrument(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


def install(instrument: Instrument, home: Path, card: AdapterCard) -> None:
    """Install a twin of Mara Vale with this card."""
    spec = LoraSpec(rank=2, alpha=2.0, targets="attention")
    fresh = trainable(instrument, spec, seed=1)
    state = dict(fresh.state())
    fresh.remove()
    installed.install(adapters.write(state, spec, card, home / f"made-{card.steps}"), "Mara Vale", home / "studio")


@pytest.mark.parametrize(
    ("install_when", "steps", "variant", "installs", "says"),
    [
        ("unless longer", 400, "tiny", True, "(400 steps on tiny) is kept as version 0001"),
        ("unless longer", 401, "tiny", True, "is kept as version 0001"),
        ("unless longer", 399, "tiny", False, "(400 steps on tiny) stays: this run is of 399 steps on tiny"),
        ("unless longer", 1, "tiny", False, "this run is of 1 step on tiny"),
        ("unless longer", 1000, "nano", False, "stays: this run is of 1000 steps on nano"),
        ("always", 2, "tiny", True, "(400 steps on tiny) is kept as version 0001"),
        ("always", 2, "nano", True, "is kept as version 0001"),
        ("never", 1000, "tiny", False, "--no-install"),
    ],
)
def test_a_longer_training_keeps_its_place(
    instrument: Instrument, tmp_path: Path, install_when: Install, steps: int, variant: str, installs: bool, says: str
) -> None:
    install(instrument, tmp_path, AdapterCard(producer="Mara Vale", variant="tiny", steps=400))
    found = decide(install_when, "Mara Vale", variant, steps, tmp_path / "studio")
    assert found.installs is installs and says in found.why


def test_where_no_twin_is_installed_the_first_one_is(tmp_path: Path) -> None:
    assert decide("unless longer", "Ada", "tiny", 1, tmp_path).installs
    assert decide("unless longer", "Ada", "tiny", 1, tmp_path).why == ""
    assert not decide("never", "Ada", "tiny", 1, tmp_path).installs


def test_a_twin_that_says_nothing_of_its_training_is_replaced_and_kept(instrument: Instrument, tmp_path: Path) -> None:
    install(instrument, tmp_path, AdapterCard(producer="Mara Vale"))
    install(instrument, tmp_path, AdapterCard(producer="Mara Vale", steps=0))
    found = decide("unless longer", "mara vale", "tiny", 2, tmp_path / "studio")
    assert found.installs and found.why.endswith("is kept as version 0002")
