"""What is deleted comes back as it was, whatever happens on the way; what is needed by something in the trash stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from faults_kit import child, faults, files, killed, killed_at
from producertwin.disk import write_whole
from producertwin.errors import BadInput, NotFound, Unavailable
from producertwin.library import Library, Take, TakeDraft, open_library, rows
from producertwin.library.lock import Unwritable
from producertwin.library.rebuild import rebuild
from producertwin.library.reserve import NAME as RESERVE
from producertwin.library.runs import RunDraft
from producertwin.library.schema import takes
from producertwin.library.trash import Discard, Kind, TrashEntry, discard
from producertwin.library.verify import Fault, verify, verify_takes
from producertwin.library.verify import Kind as Owner
from producertwin.progress import finish
from producertwin.settings import Settings

Draft = Callable[..., TakeDraft]
NOON = datetime(2031, 1, 31, 12, tzinfo=UTC)
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")


def problems(library: Library) -> set[tuple[str, str, Fault, Owner]]:
    found = finish(verify(library, [], lambda _: pytest.fail("no sets"))).problems
    assert {one for one in finish(verify_takes(library)).problems if one.owner != "x"} == set(found)
    return {(one.owner, one.part, one.fault, one.kind) for one in found}


@pytest.fixture
def made(library: Library, draft: Draft) -> tuple[Take, Take, Take]:
    root = library.takes.add(draft(1))
    left = library.takes.add(draft(2, parents=(root.id,), audio=draft(1).audio))
    return root, left, library.takes.add(draft(3, parents=(left.id, root.id)))


def test_takes_come_back_with_bytes_ids_times_and_lineage(library: Library, made: tuple[Take, ...]) -> None:
    before, (root, left, last) = files(library.studio), made
    gone, entry = library.takes.delete(root.id, cascade=True)
    assert library.takes.list() == () and {take.id for take in gone} == {take.id for take in made}
    assert (entry.kind, entry.title, set(entry.names)) == (Kind.TAKES, root.caption, {take.id for take in made})
    kept = [*library.blobs.folder.rglob("*"), *library.trash.records(entry.id)]
    assert entry.bytes == sum(path.stat().st_size for path in kept if path.is_file())
    assert problems(library) == set()
    restored, lost = library.restore(left.id[:8])
    assert (restored, lost) == (entry, ())
    assert files(library.studio) == before
    assert library.takes.list() == (last, left, root)
    assert set(library.takes.children(root.id)) == {left.id, last.id}
    assert problems(library) == set() and library.trash.survey() == ((), {})


def test_what_is_deleted_twice_is_two_entries_and_an_id_names_one(library: Library, draft: Draft) -> None:
    take = library.takes.add(draft(1))
    first = library.takes.delete(take.id)[1]
    assert library.takes.add(draft(1)).id == take.id
    with pytest.raises(BadInput, match=f"take {take.id} is there again"):
        library.restore(first.id)
    second = library.takes.delete(take.id)[1]
    assert library.trash.survey()[0] == (second, first)
    with pytest.raises(BadInput, match="could be"):
        library.restore(take.id)
    library.restore(first.id[:10])
    assert library.takes.get(take.id) == take
    for unknown, error in (("zzzz", NotFound), ("no id!", BadInput), ("", BadInput)):
        with pytest.raises(error, match="trash entry"):
            library.restore(unknown)


def test_a_child_waits_for_its_parent_and_remembers_one_that_is_gone(library: Library, made: tuple[Take, ...]) -> None:
    root, left, last = made
    for take in (last, left, root):
        library.takes.delete(take.id)
    first = min(left.id, root.id)
    with pytest.raises(BadInput, match=f"made from {first}, which is in the trash") as told:
        library.restore(last.id)
    assert told.value.remedy == f"twin trash restore {first}"
    library.empty_trash([root.id])
    assert library.restore(left.id)[1] == (root.id,)
    assert problems(library) == {(left.id, "parent", Fault.MISSING, Owner.TAKE)}
    assert library.restore(last.id)[1] == (root.id,)
    assert library.takes.get(left.id) == left


def test_emptying_removes_what_nothing_else_needs(library: Library, draft: Draft, made: tuple[Take, ...]) -> None:
    root, left, last = made
    again = library.takes.add(draft(7, audio=draft(3).audio))
    library.takes.delete(last.id)
    library.takes.delete(left.id)
    kept = set(root.blobs.values()) | set(again.blobs.values())
    last_time = library.takes.clock()
    assert library.empty_trash(days=1).entries == ()
    planned = library.emptying_plan()[0]
    library.takes.clock = lambda: last_time + timedelta(days=1, seconds=5)
    done = library.empty_trash(days=1)
    assert done.entries == planned and len(planned) == 2
    lost = [draft(2).latents, draft(2).picture, draft(3).latents, draft(3).picture]
    assert done.bytes > sum(len(part) for part in lost if isinstance(part, bytes))
    assert set(library.blobs.names()) == kept
    assert library.empty_trash().entries == () and problems(library) == set()
    with pytest.raises(NotFound):
        library.empty_trash([last.id])


def test_a_set_in_the_trash_keeps_its_clips(library: Library) -> None:
    clip = library.blobs.put(b"a clip that only a frozen set names")
    frozen = library.studio / "datasets" / "abc.json"
    write_whole(frozen, json.dumps({"rows": [{"clips": [clip]}]}).encode())
    entry = discard(library.studio, Discard(Kind.SET, ("abc",), "Mara", (frozen,)), NOON)
    assert library.sweep(older_than=-1) == ()
    library.restore("abc" if len(entry.names) > 1 else entry.id)
    assert library.sweep(older_than=-1) == () and frozen.exists()


def folders(studio: Path) -> list[Discard]:
    """Something of every kind that is a folder or a pair of files."""
    report = studio / "datasets" / "ab12.html"
    for path in (studio / "listening/k3v/test.json", studio / "listening/k3v/sounds/a.flac", report, report.with_suffix(".json"),
                 studio / "models/mara/producer.json", studio / "models/mara/versions/0001/adapter.bin"):  # fmt: skip
        write_whole(path, path.name.encode())
    return [
        Discard(Kind.TEST, ("k3v",), "abx", (studio / "listening" / "k3v",)),
        Discard(Kind.SET, ("ab12",), "Mara, 12 tracks", (report.with_suffix(".json"), report)),
        Discard(Kind.TWIN, ("Mara Vale",), "Mara Vale", (studio / "models" / "mara",)),
    ]


@pytest.mark.parametrize("rank", range(3))
def test_folders_go_and_come_back_and_nothing_new_is_overwritten(library: Library, rank: int) -> None:
    what = folders(library.studio)[rank]
    before = files(library.studio)
    entry = discard(library.studio, what, NOON)
    assert not any(place.exists() for place in what.places)
    assert problems(library) == set()
    what.places[-1].parent.mkdir(parents=True, exist_ok=True)
    what.places[-1].write_bytes(b"new")
    with pytest.raises(BadInput, match=f"{what.places[-1]} is there again"):
        library.restore(entry.id)
    assert what.places[-1].read_bytes() == b"new"
    what.places[-1].unlink()
    assert library.restore(what.names[0] if rank == 2 else entry.id)[0] == entry
    assert files(library.studio) == before
    assert library.empty_trash(days=0).entries == ()


def test_a_run_goes_with_all_of_its_folder_but_not_while_it_is_trained(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.library.runs._PATIENCE", 0.0)
    facts = {"producer": "Mara", "variant": "tiny", "revision": "b2:00", "dataset": "b2:11", "recipe": "b2:22", "steps": 40}
    run = library.runs.create(RunDraft.model_validate(facts), "steps = 40\n")
    write_whole(library.runs.folder(run) / "checkpoints" / "step-000010" / "state.json", b"{}")
    with library.runs.hold(run), pytest.raises(Unavailable, match="is being trained"):
        library.runs.discard(run.id)
    before = files(library.runs.folder(run))
    gone, entry = library.runs.discard(run.id[:6])
    assert (gone.id, library.runs.list()) == (run.id, ())
    assert entry.title == "Mara on tiny, 40 steps"
    library.restore(run.id)
    assert files(library.runs.folder(run)) == before
    assert library.runs.get(run.id).id == run.id


def test_rebuild_neither_revives_nor_loses_what_was_deleted(library: Library, settings: Settings, made: tuple[Take, ...]) -> None:
    root, left, last = made
    entry = library.takes.delete(last.id)[1]
    with library.engine.begin() as connection:  # a database from a copy that was made before
        rows.add(connection, last)
    assert (last.id, "sidecar", Fault.MISSING, Owner.TAKE) in problems(library)
    for dry_run in (True, False):
        done = rebuild(settings, dry_run=dry_run)
        assert (done.takes, done.restored, done.unreadable) == (2, (), {})
    library.engine.dispose()
    library.restore(entry.id)
    assert library.takes.list() == (last, left, root)
    assert problems(library) == set()


def test_verify_names_what_is_wrong_in_the_trash(library: Library, made: tuple[Take, ...]) -> None:
    root, left, last = made
    entry, other = library.takes.delete(last.id)[1], library.takes.delete(left.id)[1]
    library.takes.content(last).write_bytes(b"fLaC spoilt")
    next(library.trash.records(other.id)).unlink()
    test = discard(library.studio, folders(library.studio)[0], NOON)
    (library.trash.folder(test.id) / "entry.json").write_text('{"schema": "producertwin.trash/1", "id": 3')
    told = {(one.owner, one.part, one.fault) for one in finish(verify(library, [], lambda _: pytest.fail("none"))).problems}
    place = library.takes.sidecars.path(left).relative_to(library.studio).as_posix()
    assert told == {
        (entry.id, f"take {last.id} audio", Fault.DAMAGED),
        (other.id, place, Fault.MISSING),
        (test.id, "entry", Fault.DAMAGED),
    }
    assert {one.kind for one in finish(verify_takes(library)).problems} == {Owner.TRASH}
    entries, damaged = library.trash.survey()
    assert {one.id for one in entries} == {entry.id, other.id} and set(damaged) == {test.id}
    with pytest.raises(NotFound):
        library.restore(test.id)
    assert library.empty_trash(days=0).damaged == () and library.empty_trash().damaged == (test.id,)
    assert library.takes.list() == (root,)


@pytest.mark.parametrize("place", ["../outside", "/etc/passwd", "takes/../../outside", ""])
def test_an_entry_cannot_lead_out_of_the_studio(library: Library, made: tuple[Take, ...], place: str) -> None:
    entry = library.takes.delete(made[2].id)[1]
    path = library.trash.folder(entry.id) / "entry.json"
    data = json.loads(path.read_text())
    data["parts"][0]["place"] = place
    path.write_text(json.dumps(data))
    with pytest.raises(NotFound):
        library.restore(entry.id)
    assert set(library.trash.survey()[1]) == {entry.id}
    data["parts"][0] |= {"place": "takes/x.json", "name": "0-../../x"}
    path.write_text(json.dumps(data))
    assert set(library.trash.survey()[1]) == {entry.id}


def test_a_studio_that_cannot_be_written_says_so(
    library: Library, made: tuple[Take, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = library.takes.delete(made[2].id)[1]

    def refuse(*_: object, **__: object) -> None:
        raise Unwritable("read-only", remedy="another folder")

    for module in ("takes", "studio", "trash"):
        monkeypatch.setattr(f"producertwin.library.{module}.hold_lock", refuse)
    what = folders(library.studio)[0]
    acts: list[Callable[[], object]] = [
        lambda: library.takes.delete(made[1].id),
        lambda: library.restore(entry.id),
        library.empty_trash,
        lambda: discard(library.studio, what, NOON),
    ]
    for act in acts:
        with pytest.raises(Unwritable):
            act()
    assert library.trash.survey()[0] == (entry,) and what.places[0].exists()


# --- full disks and kills


def test_a_full_disk_at_every_write(library: Library, made: tuple[Take, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.library.reserve.keep_reserve", lambda _: None)
    (library.studio / RESERVE).unlink()
    entries: list[TrashEntry] = []
    for what, least in ((made[0].id, 6), (folders(library.studio)[1], 5)):

        def delete(what: str | Discard = what) -> None:
            deleted = (
                discard(library.studio, what, NOON) if isinstance(what, Discard) else library.takes.delete(what, cascade=True)[1]
            )
            entries.append(deleted)

        before, count = files(library.studio), 0
        for nth in faults(monkeypatch, delete):
            count = nth
            assert files(library.studio) == before, nth
            assert len(library.takes.list()) == 3 or isinstance(what, Discard)
        assert count >= least
        deleted, count = files(library.studio), 0
        for nth in faults(monkeypatch, lambda: library.restore(entries[-1].id)):
            count = nth
            assert files(library.studio) == deleted, nth
        assert count >= 2
        assert files(library.studio) == before


def state(settings: Settings) -> tuple[set[str], set[str], dict[Path, bytes]]:
    """Takes, names in the trash and files, once the studio was opened again; everything is sound."""
    with open_library(settings) as library:
        assert problems(library) == set()
        assert not list((settings.studio / "unfinished").iterdir())
        entries, damaged = library.trash.survey()
        assert not damaged and not list(library.trash.place.glob(".*"))
        live = {take.id for take in library.takes.list()}
        return live, {name for one in entries for name in one.names}, files(settings.studio)


@pytest.mark.thorough
@FORKS
@pytest.mark.parametrize("kind", ["takes", "set"])
@pytest.mark.parametrize("act", ["delete", "restore", "empty"])
def test_kill_9_at_every_write_loses_nothing(
    settings: Settings, draft: Draft, monkeypatch: pytest.MonkeyPatch, kind: str, act: str
) -> None:
    with open_library(settings) as library:
        root = library.takes.add(draft(1))
        library.takes.add(draft(2, parents=(root.id,)))
        what = folders(settings.studio)[1]

    def delete() -> str:
        with open_library(settings) as library:
            if kind == "takes":
                return library.takes.delete(root.id, cascade=True)[1].id
            return discard(settings.studio, what, NOON).id

    def restore() -> None:
        with open_library(settings) as library:
            library.restore(library.trash.survey()[0][0].id)

    def empty() -> None:
        with open_library(settings) as library:
            library.empty_trash()

    whole, kills = state(settings), 0
    if act != "delete":
        delete()
        away = state(settings)
    for nth in range(1, 100):
        with killed_at(nth, monkeypatch):
            code = child({"delete": delete, "restore": restore, "empty": empty}[act])
        if code == 0:
            break
        assert code is None
        kills += 1
        live, trashed, _ = now = state(settings)
        if act == "empty":
            assert trashed or nth
            if not trashed:
                break
            assert now == away
        elif trashed:
            assert act == "delete" or now == away
            assert (live, trashed) == (set() if kind == "takes" else whole[0], whole[0] if kind == "takes" else set(what.names))
            if act == "delete":
                restore()
        else:
            assert now == whole
            if act == "restore":
                delete()
                away = state(settings)
    assert kills >= 1
    if act == "restore":
        assert state(settings) == whole
    else:
        assert (state(settings)[1] == set()) == (act == "empty")


@FORKS
def test_kill_9_before_the_commit_of_a_delete_and_a_restore(settings: Settings, draft: Draft) -> None:
    with open_library(settings) as library:
        take = library.takes.add(draft(1))
    whole = state(settings)

    def act(restores: bool) -> None:
        with open_library(settings) as library:
            event.listen(library.engine, "commit", lambda _: killed())
            if restores:
                library.restore(take.id)
            else:
                library.takes.delete(take.id)

    assert child(lambda: act(False)) is None
    assert state(settings)[:2] == (set(), {take.id})
    assert child(lambda: act(True)) is None
    assert state(settings) == whole
    with open_library(settings) as library, library.engine.connect() as connection:
        assert connection.execute(takes.select()).all()
