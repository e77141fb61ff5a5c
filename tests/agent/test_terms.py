"""The terms of an album are kept in its folder, and what needs leave is proposed, approved by its hash, and checked again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from producertwin.agent import revising, session, story
from producertwin.agent.album import AlbumPlan, write_plan
from producertwin.agent.albums import begin_album
from producertwin.agent.budget import Budget, read_budget
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Ledger
from producertwin.agent.policy import Call, read_approvals, write_proposals
from producertwin.agent.rules import plan_album
from producertwin.agent.session import open_session
from producertwin.agent.terms import Terms, read_terms
from producertwin.errors import BadInput, NotFound
from producertwin.model.instrument import Card
from producertwin.verbs.studio import Studio


@pytest.fixture
def album(card: Card) -> AlbumPlan:
    return plan_album(Commission(brief="lofi EP, 2 tracks, 8 seconds each", candidates=2), card)


def test_terms_are_kept_and_other_ones_are_a_decision(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    with open_session(album, folder, studio, autonomy="supervised", budget=Budget(seconds=600)) as session:
        assert session.gate.autonomy == "supervised"
    with open_session(None, folder, studio) as session:
        assert session.gate.autonomy == "supervised" and session.purse.budget == Budget(seconds=600)
    assert [row.kind for row in Ledger(folder).rows] == ["plan"]
    with open_session(None, folder, studio, autonomy="full", budget=read_budget("none")) as session:
        assert session.gate.autonomy == "full" and session.purse.budget == Budget()
    told = Ledger(folder).rows[-1]
    assert told.kind == "terms"
    assert told.decision == "autonomy full instead of supervised; budget without a limit instead of 10 min 00 s"
    assert read_terms(folder) == Terms()


def test_only_what_is_proposed_can_be_approved(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    with open_session(album, folder, studio, autonomy="collaborative"):
        pass
    calls = [Call(action="candidates", track=place, subject=(f"b2:{place}",)) for place in (1, 2)]
    write_proposals(folder, calls)
    other = Call(action="candidates", track=1, subject=("b2:3",))
    for wrong in (other.hash, "", "../../etc/passwd"):
        with pytest.raises(NotFound, match="is proposed"):
            story.approve_by_hash(folder, [calls[0].hash, wrong])
    assert read_approvals(folder) == []
    assert story.approve_by_hash(folder, [calls[0].hash, calls[0].hash], by="page") == (calls[0],)
    assert [(one.call, one.by) for one in read_approvals(folder)] == [(calls[0].hash, "page")]
    assert story.list_proposals(folder) == [calls[1]]


def test_a_choice_settles_the_other_candidates_and_their_repairs(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    with open_session(album, folder, studio, autonomy="collaborative"):
        pass
    choices = [Call(action="choose", track=1, subject=(name,), letter=letter) for letter, name in (("A", "x"), ("B", "y"))]
    repair = Call(action="repair", track=1, subject=("x", "0"), letter="A")
    write_proposals(folder, [*choices, repair, Call(action="master", track=2)])
    story.approve_by_hash(folder, [choices[1].hash])
    assert [call.action for call in story.list_proposals(folder)] == ["master"]


def test_changes_need_the_leave_that_the_level_asks_for(album: AlbumPlan, studio: Studio, card: Card, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    with open_session(album, folder, studio, autonomy="supervised"):
        pass
    before = (folder / "plan.json").read_bytes()
    found = revising.plan_revision(folder, "track 2 slower", card)
    with pytest.raises(BadInput, match="without leave"):
        revising.apply_revision(folder, found, "track 2 slower")
    assert (folder / "plan.json").read_bytes() == before
    write_proposals(folder, [Call(action="choose", track=2, subject=("x",), letter="A")])
    revising.apply_revision(folder, found, "track 2 slower", by="page")
    assert (folder / "plan.json").read_bytes() != before and story.list_proposals(folder) == []
    assert [one.call for one in read_approvals(folder)] == [found.call.hash]
    with pytest.raises(BadInput, match="changed since"):
        revising.apply_revision(folder, found, "track 2 slower", by="page")


def test_an_album_whose_beginning_is_killed_keeps_its_terms(
    album: AlbumPlan, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(_: AlbumPlan) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(session, "write_plan", kill)
        begin_album(album, Terms(autonomy="supervised"), studio, key="k")
    (folder,) = (studio.settings.studio / "albums").iterdir()
    (folder / ".plan.json.00000000.part").touch()
    assert begin_album(album, Terms(autonomy="supervised"), studio, key="k") == folder.name
    assert read_terms(folder) == Terms(autonomy="supervised") and [row.kind for row in Ledger(folder).rows] == ["plan"]
    (folder / "plan.json").unlink()
    with pytest.raises(BadInput, match="something else"):
        session.settle_album(album, folder)


def test_a_plan_that_another_process_writes_meanwhile_is_no_others(
    album: AlbumPlan, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def come_later(folder: Path, *, patience: float) -> Iterator[None]:
        folder.mkdir()
        (folder / "plan.json").write_bytes(write_plan(album.model_copy(update={"title": "Another"})))
        yield

    monkeypatch.setattr(session, "hold_album", come_later)
    with pytest.raises(BadInput, match="another album, Another"), session.open_session(album, tmp_path / "album", studio):
        pass


@pytest.mark.parametrize("change", [{"takes": []}, {"scores": {}}, {"cost": {"seconds": -1}}])
def test_a_row_without_what_it_is_about_is_refused(folder_of_one: Path, change: dict[str, object]) -> None:
    row = {"kind": "candidate", "track": 1, "takes": ["aaaaaaaaaaaa"], "scores": {"points": 1.0}, "decision": "", "step": 1}
    row |= {"at": "2026-11-27T00:00:00Z"}
    with (folder_of_one / "decisions.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    assert len(story.read_story(folder_of_one).decisions) == 2
    with (folder_of_one / "decisions.jsonl").open("a") as file:
        file.write(json.dumps(row | change | {"step": 2}) + "\n")
    with pytest.raises(BadInput, match=r"decisions\.jsonl"):
        story.read_story(folder_of_one)


@pytest.fixture
def folder_of_one(album: AlbumPlan, studio: Studio, tmp_path: Path) -> Path:
    """An album that was begun."""
    with open_session(album, tmp_path / "album", studio):
        pass
    return tmp_path / "album"
