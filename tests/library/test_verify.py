from __future__ import annotations

from collections.abc import Callable

import pytest

from producertwin.library import Library, Take, TakeDraft
from producertwin.library.schema import takes
from producertwin.library.verify import Fault, Verification
from producertwin.progress import Progress, finish

Draft = Callable[..., TakeDraft]


@pytest.fixture
def made(library: Library, draft: Draft) -> list[Take]:
    root = library.takes.add(draft(1))
    return [root, library.takes.add(draft(2, parents=(root.id,))), library.takes.add(draft(3))]


def faults(library: Library, *keys: str) -> set[tuple[str, str, Fault]]:
    return {(problem.take, problem.part, problem.fault) for problem in finish(library.takes.verify(keys)).problems}


def test_a_sound_library(library: Library, made: list[Take]) -> None:
    events: list[Progress] = []
    assert finish(library.takes.verify(), events.append) == Verification(3, ())
    assert [event.done for event in events] == [0, 1, 2, 3]
    assert {event.total for event in events} == {3}


@pytest.mark.parametrize("part", ["audio", "latents", "picture"])
@pytest.mark.parametrize("place", [0, 700, -1])
def test_one_flipped_bit_is_found(library: Library, made: list[Take], part: str, place: int) -> None:
    path = library.takes.content(made[1], part)
    content = bytearray(path.read_bytes())
    content[place if place < len(content) else 1] ^= 0x10
    path.write_bytes(content)
    assert faults(library) == {(made[1].id, part, Fault.DAMAGED)}
    assert faults(library, made[0].id, made[2].id) == set()
    (problem,) = finish(library.takes.verify([made[1].id[:9]])).problems
    assert problem.where == str(path)


def test_a_missing_blob_is_found_for_every_take_that_shares_it(library: Library, made: list[Take], draft: Draft) -> None:
    twin = library.takes.add(draft(1, caption="the same sound"))
    library.takes.content(twin).unlink()
    assert faults(library) == {(made[0].id, "audio", Fault.MISSING), (twin.id, "audio", Fault.MISSING)}


def test_sidecars_and_rows_are_compared(library: Library, made: list[Take]) -> None:
    lost, altered, unlisted = made[0], made[1], made[2]
    library.takes.sidecars.path(lost).unlink()
    path = library.takes.sidecars.path(altered)
    path.write_bytes(path.read_bytes().replace(b"rainy", b"sunny"))
    with library.engine.begin() as connection:
        connection.execute(takes.delete().where(takes.c.id == unlisted.id))
    assert faults(library) == {
        (lost.id, "sidecar", Fault.MISSING),
        (altered.id, "sidecar", Fault.DAMAGED),
        (unlisted.id, "sidecar", Fault.UNLISTED),
    }


def test_altered_rows_and_lost_parents_are_found(library: Library, made: list[Take]) -> None:
    root, child, other = made
    record = other.model_dump(mode="json")
    with library.engine.begin() as connection:
        connection.execute(takes.update().where(takes.c.id == other.id).values(record=record | {"seed": 99}))
        connection.execute(takes.delete().where(takes.c.id == root.id))
    library.takes.sidecars.path(root).unlink()
    assert faults(library) == {
        (other.id, "row", Fault.DAMAGED),
        (other.id, "sidecar", Fault.DAMAGED),
        (child.id, "parent", Fault.MISSING),
    }
    with library.engine.begin() as connection:
        connection.execute(takes.update().where(takes.c.id == other.id).values(record={"seed": 99}))
    assert (other.id, "row", Fault.DAMAGED) in faults(library)


def test_what_crashes_left_is_swept_and_what_is_named_is_not(library: Library, made: list[Take]) -> None:
    stray = library.blobs.path(library.blobs.put(b"nobody's"))
    library.takes.sidecars.path(made[0]).write_bytes(library.takes.sidecars.path(made[0]).read_bytes()[:-40])  # damaged
    with library.engine.begin() as connection:
        connection.execute(takes.delete().where(takes.c.id == made[2].id))  # only its sidecar knows it
    assert library.sweep() == ()  # it might be in the making
    assert library.sweep(older_than=-1, dry_run=True) == (stray,)
    assert stray.exists()
    assert library.sweep(older_than=-1) == (stray,)
    assert not stray.exists()
    assert len(list(library.blobs.names())) == 9
