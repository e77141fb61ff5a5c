"""Albums are made: one loudness, what was tried beside it, budgets that stop, approvals, and the same bytes after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producertwin.agent import story
from producertwin.agent.album import AlbumPlan
from producertwin.agent.budget import Budget, read_budget
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Decision, Ledger
from producertwin.agent.hand_edits import take_sheets
from producertwin.agent.policy import ALLOWED, Call, Gate
from producertwin.agent.produce import Produced, produce
from producertwin.agent.revising import apply_revision, plan_revision
from producertwin.agent.rules import plan_album
from producertwin.agent.session import hold_album, read_album
from producertwin.audio.tags import tags
from producertwin.errors import BadInput, BudgetExceeded, NotFound, Unavailable
from producertwin.house_band.sheet import write_toml
from producertwin.library import TakePreference, VerdictFilter, sums
from producertwin.model.instrument import Instrument
from producertwin.progress import Message, Progress, finish
from producertwin.verbs.studio import Studio

BRIEF = "lofi EP, 2 tracks, 8 seconds each"


@pytest.fixture
def album(studio: Studio) -> AlbumPlan:
    """Two short tracks of two candidates each, on tiny."""
    asked = Commission(brief=BRIEF, variant="tiny", candidates=2)
    return plan_album(asked, studio.read_card("tiny")).model_copy(update={"repaired": 1, "repairs": 0})


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.flac"))}


@pytest.mark.thorough
def test_an_album_is_made_gone_on_with_and_made_again_elsewhere(
    album: AlbumPlan, studio: Studio, tmp_path: Path, tiny: Instrument
) -> None:
    events: list[object] = []
    folder = tmp_path / "album"
    done = finish(produce(album, folder, studio), events.append)
    check_tracks(done, album)
    check_folder(done, folder, studio)
    shares = [event.share for event in events if isinstance(event, Progress)]
    assert shares == sorted(shares) and shares[-1] > 0.9

    before, rows = hashes(folder), (folder / "decisions.jsonl").read_bytes()
    again = finish(produce(None, folder, studio))
    assert hashes(folder) == before and (folder / "decisions.jsonl").read_bytes() == rows
    assert again.cost == done.cost
    with pytest.raises(BadInput, match="another album"):
        finish(produce(album.model_copy(update={"title": "Other"}), folder, studio))
    assert [one.same for one in finish(story.replay_album(folder, studio))] == [True, True]

    other = studio.settings.model_copy(update={"studio": tmp_path / "elsewhere"})
    second = Studio(other, None, {"tiny": tiny})
    finish(produce(album, tmp_path / "two", second))
    second.close()
    assert sums.read_sums(folder) == sums.read_sums(tmp_path / "two")


@pytest.mark.thorough
def test_a_sheet_that_was_edited_outlasts_going_on_until_it_is_taken(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    short = album.model_copy(update={"tracks": album.tracks[:1], "desk": "", "repaired": 0})
    finish(produce(short, folder, studio))
    path = folder / "sheets" / "01.toml"
    sheet = short.tracks[0].sheet
    edited = "# mine\n" + write_toml(sheet.model_copy(update={"bpm": (sheet.bpm or 0) + 5}))
    path.write_text(edited)
    for _ in range(2):
        told: list[object] = []
        finish(produce(None, folder, studio), told.append)
        assert path.read_text() == edited and "sheets/01.toml" not in sums.read_sums(folder)
        assert any(isinstance(one, Message) and "sheets/01.toml was edited" in one.text for one in told)
    found = plan_revision(folder, "take my sheets", studio.read_card("tiny"))
    assert "tempo" in {one.field for one in found.changes}
    first = story.find_master(story.read_story(folder), 1)
    apply_revision(folder, found, "take my sheets")
    old = story.read_story(folder)
    assert first and old.finished == () and story.find_master(old, 1) is None, "the file is of the plan before"
    finish(produce(None, folder, studio))
    assert "sheets/01.toml" in sums.read_sums(folder) and take_sheets(read_album(folder), folder)[1] == []
    assert story.read_story(folder).finished == (1,)
    assert story.find_master(story.read_story(folder), 1) not in (None, first)
    path.write_text(write_toml(sheet))
    apply_revision(folder, plan_revision(folder, "take my sheets", studio.read_card("tiny")), "take my sheets")
    finish(produce(None, folder, studio))
    assert story.find_master(story.read_story(folder), 1) == first, "the plan before is that of the file again"


def check_tracks(done: Produced, album: AlbumPlan) -> None:
    """Every track is finished, tagged, and as loud as the others."""
    assert [one.place for one in done.tracks] == [1, 2] and not done.waiting
    for one in done.tracks:
        told = tags.read(one.path)
        assert (told.title, told.album) == (album.tracks[one.place - 1].title, album.title)
        assert told.tracknumber == f"{one.place}/2" and "AI" in told.comment
        assert one.take.meters["loudness_lufs"] == pytest.approx(album.loudness, abs=1.0)
        assert (one.take.meters["true_peak_db"] or 0) <= -0.9


def check_folder(done: Produced, folder: Path, studio: Studio) -> None:
    """What was tried, the page, checksums, every decision, and pairs of what a repair made better."""
    assert len(list((folder / "tried").glob("*.mp3"))) == 2
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(one.title in page for one in done.album.tracks) and page.count("<audio") == 4
    assert set(sums.read_sums(folder)) >= {"plan.json", *(one.path.name for one in done.tracks)}
    told = story.read_story(folder)
    assert told.finished == (1, 2)
    assert {row.kind for row in told.decisions} >= {"plan", "candidate", "choose", "master", "deliver"}
    assert all(row.evidence for row in told.decisions if row.kind in ("candidate", "choose", "master"))
    assert sum(row.cost.takes for row in told.decisions) == done.cost.takes == 4
    repaired = {(row.takes[1], row.takes[0]) for row in told.decisions if row.kind == "repair" and len(row.takes) == 2}
    pairs = studio.library.verdicts.list(VerdictFilter(only="preference", source="repair"))
    assert {(one.a, one.b) for one in pairs if isinstance(one, TakePreference)} <= repaired


@pytest.mark.thorough
def test_takes_are_a_hard_stop_and_what_is_finished_is_kept(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    with pytest.raises(BudgetExceeded, match="1 of 2 tracks finished") as caught:
        finish(produce(album, folder, studio, budget=Budget(takes=1)))
    assert caught.value.exit_code == 8 and "--budget" in caught.value.remedy
    assert story.read_story(folder).finished == (1,) and len(hashes(folder)) == 1
    assert "budget" in (folder / "index.html").read_text(encoding="utf-8")
    done = finish(produce(None, folder, studio, budget=Budget(takes=4)))
    assert len(done.tracks) == 2 and done.cost.takes <= 4


@pytest.mark.thorough
def test_a_small_budget_is_shared_by_all_tracks(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    done = finish(produce(album, tmp_path / "album", studio, budget=Budget(takes=2)))
    assert [len(one.ranked) for one in done.tracks] == [1, 1]
    assert sum(row.kind == "skip" for row in story.read_story(tmp_path / "album").decisions) >= 2


def test_time_stops_before_the_first_step(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match="0 of 2 tracks"):
        finish(produce(album, tmp_path / "album", studio, budget=Budget(seconds=1e-6)))
    assert not hashes(tmp_path / "album") and (tmp_path / "album" / "plan.json").is_file()


@pytest.mark.thorough
def test_supervised_waits_for_a_choice_and_takes_it(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    waiting = finish(produce(album, folder, studio, autonomy="supervised"))
    assert [one.track for one in waiting.waiting] == [1, 2] and not waiting.tracks
    worst = waiting.waiting[1].candidates[-1]
    story.choose(folder, 2, worst.letter.lower())
    done = finish(produce(None, folder, studio, autonomy="supervised"))
    assert [one.place for one in done.tracks] == [2] and done.tracks[0].chosen.take.id == worst.take.id
    assert [one.track for one in done.waiting] == [1]
    with pytest.raises(NotFound, match="no candidate 'Q'"):
        story.choose(folder, 1, "Q")
    with pytest.raises(NotFound, match="no track 9"):
        story.choose(folder, 9, "A")
    assert any("as a person chose" in row.decision for row in story.read_story(folder).decisions)


@pytest.mark.thorough
def test_collaborative_asks_for_every_call(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    seen = []
    for _ in range(6):
        done: Produced = finish(produce(album, folder, studio, autonomy="collaborative"))
        if not done.waiting:
            break
        seen.append(done.waiting[0].calls[0].action)
        for one in done.waiting:
            if one.candidates:
                story.choose(folder, one.track, "B")
            else:
                story.approve_by_hash(folder, [one.hash for one in story.list_proposals(folder) if one.action != "choose"])
    assert seen == ["candidates", "choose", "master"] and len(done.tracks) == 2
    assert all(one.chosen.letter == "B" for one in done.tracks)


def test_an_approval_of_something_else_is_none(tmp_path: Path) -> None:
    gate = Gate("supervised", tmp_path)
    asked = Call(action="choose", track=1, subject=("aaaaaaaaaaaa",), letter="A")
    gate.approve(asked, datetime.now(UTC))
    assert gate.lets(asked) and gate.lets(asked.model_copy(update={"letter": "B"}))
    for changed in ({"subject": ("bbbbbbbbbbbb",)}, {"track": 2}, {"action": "publish"}):
        assert not gate.lets(asked.model_copy(update=changed))
    assert Gate("supervised", tmp_path).lets(asked)
    assert gate.choice({"A": asked, "B": Call(action="choose", track=1, subject=("bbbbbbbbbbbb",))}) == ("A", "a person")


def test_no_level_deletes_publishes_or_spends_elsewhere_unasked() -> None:
    assert not {"delete", "publish", "remote"} & frozenset().union(*ALLOWED.values())
    assert ALLOWED["collaborative"] < ALLOWED["supervised"] < ALLOWED["full"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10m", {"seconds": 600.0}),
        ("1.5h, 40 takes", {"seconds": 5400.0, "takes": 40}),
        ("90 s; 500 MB and 1 take", {"seconds": 90.0, "bytes": 500_000_000, "takes": 1}),
        ("1h30m 40 takes", {"seconds": 5400.0, "takes": 40}),
        ("2 minutes", {"seconds": 120.0}),
    ],
)
def test_budgets_are_read(text: str, found: dict[str, float]) -> None:
    assert read_budget(text) == Budget.model_validate(found)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "10", "0", "-1", "10 parsecs", "0m", "10m, 5m", "-3m", "1e9 takes", "1.5 takes", "9" * 40 + "h", "10m or so"],
)
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_budget(text)
    assert "40 takes" in caught.value.remedy


@pytest.mark.thorough
def test_takes_that_a_repair_plays_count_too(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    with_repairs = album.model_copy(update={"repairs": 1})
    done = finish(produce(with_repairs, tmp_path / "album", studio, budget=Budget(takes=3)))
    assert len(done.tracks) == 2 and done.cost.takes <= 3


def test_one_process_at_a_time_makes_an_album(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    with hold_album(tmp_path / "album"), pytest.raises(Unavailable, match="another process makes the album"):
        finish(produce(album, tmp_path / "album", studio))


def test_who_reads_the_decisions_changes_none(tmp_path: Path) -> None:
    row = Decision(step=0, at=datetime.now(UTC), kind="plan", decision="planned")
    Ledger(tmp_path, writes=True).add(row)
    with (tmp_path / "decisions.jsonl").open("ab") as file:
        file.write(b'{"step": 1, "ki')
    before = (tmp_path / "decisions.jsonl").read_bytes()
    assert Ledger(tmp_path).rows == [row] and (tmp_path / "decisions.jsonl").read_bytes() == before
    Ledger(tmp_path, writes=True).add(row)
    assert [one.step for one in Ledger(tmp_path).rows] == [0, 1]


def test_a_folder_of_something_else_is_left_alone(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match="something else"):
        finish(produce(album, tmp_path, studio))
    with pytest.raises(BadInput, match="is a file"):
        finish(produce(album, tmp_path / "mine.txt", studio))
    with pytest.raises(NotFound, match="no album"):
        finish(produce(None, tmp_path / "none", studio))
    assert not (tmp_path / "none").exists()


SCRIPT = """
import sys
from pathlib import Path
from producertwin.agent.album import read_plan
from producertwin.agent.produce import produce
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.studio import open_studio
with open_studio(Settings(studio=Path(sys.argv[1]), device="cpu", offline=True)) as studio:
    finish(produce(read_plan(Path(sys.argv[2])), Path(sys.argv[3]), studio))
"""


@pytest.mark.slow
@pytest.mark.parametrize("rows", [(2, 5), (4, 7)])
def test_killed_at_any_step_it_comes_to_the_same_bytes(
    rows: tuple[int, ...], album: AlbumPlan, studio: Studio, tmp_path: Path
) -> None:
    from producertwin.agent.album import write_plan

    finish(produce(album, tmp_path / "whole", studio))
    (tmp_path / "plan.json").write_bytes(write_plan(album))
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "killed"), str(tmp_path / "plan.json"), str(tmp_path / "album")]
    for stop in rows:
        _kill_after(words, lambda stop=stop: _count(tmp_path / "album") >= stop)  # type: ignore[misc]
    assert subprocess.run(words, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"}).returncode == 0
    assert hashes(tmp_path / "album") == hashes(tmp_path / "whole")
    keys = [row.key for row in story.read_story(tmp_path / "album").decisions if row.key]
    assert len(keys) == len(set(keys))


def _count(folder: Path) -> int:
    path = folder / "decisions.jsonl"
    return len([line for line in path.read_bytes().splitlines() if json.loads(line)]) if path.exists() else 0


def _kill_after(words: list[str], ready: Callable[[], bool]) -> None:
    with subprocess.Popen(words, env=os.environ | {"OMP_NUM_THREADS": "1"}) as running:
        while running.poll() is None and not ready():
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
