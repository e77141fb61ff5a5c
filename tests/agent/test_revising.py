"""Albums are changed by talking: typed changes, shown first, and only of the tracks that were named."""

from __future__ import annotations

from pathlib import Path

import pytest

from producertwin.agent.album import AlbumPlan, read_plan, write_plan
from producertwin.agent.candidates import candidate_key
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Ledger
from producertwin.agent.revising import apply_revision, plan_revision
from producertwin.agent.rules import plan_album
from producertwin.errors import BadInput, NotFound
from producertwin.model.instrument import Card


@pytest.fixture
def folder(card: Card, tmp_path: Path) -> Path:
    """A folder with the plan of an album of four tracks."""
    place = tmp_path / "album"
    place.mkdir()
    (place / "plan.json").write_bytes(write_plan(plan_album(Commission(brief="house EP, 4 tracks, piano"), card)))
    return place


def keys(album: AlbumPlan) -> list[str]:
    return [candidate_key(one, one.seeds[0]) for one in album.tracks]


def test_slower_and_darker_change_tempo_mode_and_caption_of_that_track_alone(folder: Path, card: Card) -> None:
    before = read_plan(folder / "plan.json")
    found = plan_revision(folder, "track 3 slower and darker", card)
    assert {one.track for one in found.changes} == {3} and {"tempo", "caption", "length"} <= {one.field for one in found.changes}
    old, new = before.tracks[2].sheet, found.album.tracks[2].sheet
    assert (new.bpm or 0) < (old.bpm or 0) and new.form == old.form
    assert (new.key or "").endswith("minor") and "dark" in new.caption
    assert [one == other for one, other in zip(keys(before), keys(found.album), strict=True)] == [True, True, False, True]
    assert read_plan(folder / "plan.json") == before


def test_a_section_that_is_kept_keeps_its_chords(folder: Path, card: Card) -> None:
    before = read_plan(folder / "plan.json").tracks[0].sheet
    kept = plan_revision(folder, "track 1 faster, keep the drop of 1", card).album.tracks[0].sheet
    assert kept.sections["drop"].chords == before.sections["drop"].chords and (kept.bpm or 0) > (before.bpm or 0)


def test_another_key_moves_the_chords(folder: Path, card: Card) -> None:
    new = plan_revision(folder, "track 2 in E minor", card).album.tracks[1].sheet
    assert new.key == "E minor" and new.outline.symbols


def test_a_title_alone_plays_nothing_again(folder: Path, card: Card) -> None:
    before = read_plan(folder / "plan.json")
    for words in ('track 2 called "Second Wind"', 'rename track 2 to "Second Wind"', 'call 2 "Second Wind"'):
        found = plan_revision(folder, words, card)
        assert [(one.track, one.field, one.after) for one in found.changes] == [(2, "title", "Second Wind")]
        assert keys(found.album) == keys(before) and not found.unknown


def test_title_and_loudness_of_the_whole_album_are_changed(folder: Path, card: Card) -> None:
    found = plan_revision(folder, 'call it "Night Bus", -16 LUFS', card)
    assert [(one.of, one.field) for one in found.changes] == [("the album", "title"), ("the album", "loudness")]
    assert (found.album.title, found.album.loudness) == ("Night Bus", -16.0) and not found.unknown
    apply_revision(folder, found, "call it so")
    assert read_plan(folder / "plan.json") == found.album


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("5 tracks", "the album keeps its 4 tracks"),
        ("12 minutes in all", "say how long each"),
        ("louder", "-12 LUFS"),
        ("keep the kazoo of 1, track 1 faster", "keep the kazoo of 1: there is none"),
        ("keep the drop of 9, track 1 faster", "keep the drop of 9: there is none"),
        ("track 9 slower", "no track 9"),
    ],
)
def test_what_a_revision_leaves_as_it_is_is_told(folder: Path, card: Card, words: str, told: str) -> None:
    try:
        cannot = plan_revision(folder, words, card).cannot
    except BadInput as error:
        cannot = (error.message,)
    assert any(told in one for one in cannot)


def test_drums_that_are_to_go_are_not_added(folder: Path, card: Card) -> None:
    new = plan_revision(folder, "remove the piano on 2", card).album.tracks[1]
    assert "piano" in new.asks.without and "piano" not in new.sheet.caption


def test_what_cannot_be_changed_is_told(folder: Path, card: Card) -> None:
    found = plan_revision(folder, "track 1 faster, less bass everywhere, more frobnication on 9", card)
    assert any("less bass" in one for one in found.cannot)
    with pytest.raises(BadInput):
        plan_revision(folder, "louder drums", card)
    with pytest.raises(NotFound):
        plan_revision(folder.parent, "track 1 faster", card)


def test_changes_are_written_down_and_refused_where_the_plan_moved_on(folder: Path, card: Card) -> None:
    found = plan_revision(folder, "track 1 slower", card)
    apply_revision(folder, found, "track 1 slower")
    assert read_plan(folder / "plan.json") == found.album
    assert any("tempo" in text for text in Ledger(folder).rows[-1].evidence)
    with pytest.raises(BadInput, match="has changed"):
        apply_revision(folder, found, "track 1 slower")
