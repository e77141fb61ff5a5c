from __future__ import annotations

import pytest

from producertwin.dataset.licences import OPEN, forbids, keep_refusal, licence, refusal
from producertwin.errors import BadInput
from producertwin.library import TrackSource


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
    assert (refusal(TrackSource(licence=name, permitted=permitted), **switches) is None) is may


def test_what_is_stated_and_not_understood_is_not_learned_from_whatever_is_allowed() -> None:
    source = TrackSource(unclear="license 'ask me'")
    assert "ask me" in str(refusal(source, restricted=True, unlicensed=True))


@pytest.mark.parametrize("beside", [True, False])
def test_only_a_permission_withdraws_a_refusal(beside: bool) -> None:
    refused = TrackSource(permitted=False)
    assert keep_refusal(TrackSource(licence="CC0-1.0"), refused, stated_beside=beside).permitted is False
    assert keep_refusal(TrackSource(permitted=True), refused, stated_beside=beside).permitted is True
    assert keep_refusal(TrackSource(), TrackSource(permitted=True), stated_beside=beside).permitted is None


def test_an_unclear_right_is_cleared_by_a_licence_beside_the_track_and_not_by_the_options() -> None:
    unclear, said = TrackSource(unclear="license 'ask me'"), TrackSource(licence="CC0-1.0")
    assert keep_refusal(said, unclear, stated_beside=False) == unclear
    assert keep_refusal(said, unclear, stated_beside=True) == said
