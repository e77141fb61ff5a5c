from __future__ import annotations

import pytest

from producertwin.dataset.licences import OPEN, forbids, licence, refusal
from producertwin.errors import BadInput


@pytest.mark.parametrize(
    ("said", "name"),
    [
        *((name, name) for name in OPEN),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("cc by-nc-sa 3", "CC-BY-NC-SA-3.0"),
        ("CC BY", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("Public  Domain", "CC-PDDC"),
        ("own", "LicenseRef-own"),
        ("LicenseRef-contract-12", "LicenseRef-contract-12"),
        ("all rights reserved", "LicenseRef-all-rights-reserved"),
    ],
)
def test_a_licence_has_one_name(said: str, name: str) -> None:
    assert licence(said) == name


@pytest.mark.parametrize("said", ["", "free", "CC-BY-XX-4.0", "LicenseRef-", "LicenseRef-a b", "cc-by-4.0.1", "royalty free"])
def test_what_is_not_understood_is_refused(said: str) -> None:
    with pytest.raises(BadInput, match="not a licence"):
        licence(said)


def test_conditions_are_read_from_the_name() -> None:
    assert forbids("CC-BY-4.0") == forbids("CC0-1.0") == forbids("LicenseRef-ndn") == ()
    assert forbids("CC-BY-NC-ND-4.0") == ("commercial use", "derivatives")


@pytest.mark.parametrize(
    ("name", "permitted", "switches", "may"),
    [
        ("CC-BY-4.0", None, {}, True),
        (None, None, {}, False),
        (None, None, {"unlicensed": True}, True),
        (None, True, {}, True),
        ("CC-BY-NC-4.0", None, {}, False),
        ("CC-BY-NC-4.0", None, {"restricted": True}, True),
        ("CC-BY-ND-4.0", None, {"unlicensed": True}, False),
        ("CC-BY-NC-4.0", True, {}, True),
        ("CC-BY-4.0", False, {"restricted": True, "unlicensed": True}, False),
        ("LicenseRef-all-rights-reserved", None, {"restricted": True}, False),
        ("LicenseRef-all-rights-reserved", True, {}, True),
    ],
)
def test_who_may_be_learned_from(name: str | None, permitted: bool | None, switches: dict[str, bool], may: bool) -> None:
    assert (refusal(name, permitted, **switches) is None) is may
