from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from producertwin.errors import BadInput, NotFound
from producertwin.library import Library, Take, TakeDraft, Track, TrackDraft
from producertwin.library.blobs import Condition
from producertwin.library.schema import takes, tracks
from producertwin.library.verify import Fault, Kind, Problem, Verification, verify, verify_takes
from producertwin.progress import Progress, finish
from producertwin.recipe import Record

Draft = Callable[..., TakeDraft]


@pytest.fixture
def made(library: Library, draft: Draft) -> list[Take]:
    root = library.takes.add(draft(1))
    return [root, library.takes.add(draft(2, parents=(root.id,))), library.takes.add(draft(3))]


def faults(library: Library, *keys: str) -> set[tuple[str, str, Fault]]:
    return {(problem.owner, problem.part, problem.fault) for problem in finish(verify_takes(library, keys)).problems}


def test_a_sound_library(library: Library, made: list[Take]) -> None:
    events: list[Progress] = []
    assert finish(verify_takes(library), events.append) == Verification(3, ())
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
    (problem,) = finish(verify_takes(library, [made[1].id[:9]])).problems
    assert problem.where == str(path)


def test_a_missing_blob_is_found_for_every_take_that_shares_it(library: Library, made: list[Take], draft: Draft) -> None:
    twin = library.takes.add(draft(1, caption="the same sound"))
    library.takes.content(twin).unlink()
    assert faults(library) == {(made[0].id, "audio", Fault.MISSING), (twin.id, "audio", Fault.MISSING)}


def test_what_latents_were_decoded_to_is_compared_with_what_was_decoded(library: Library, made: list[Take], draft: Draft) -> None:
    bare = [library.takes.add(draft(seed, audio=None)) for seed in (4, 5, 6)]
    sounds = [library.takes.keep_decoded(take, b"fLaC" + bytes([take.seed]) * 900) for take in bare[:2]]
    library.takes.play_path(made[0].id)  # whose .flac is another name of its audio
    assert faults(library) == set()  # what was never decoded is no fault
    content = bytearray(sounds[0].read_bytes())
    content[-1] ^= 0x10
    sounds[0].write_bytes(content)
    assert faults(library) == {(bare[0].id, "decoded", Fault.DAMAGED)}
    sounds[1].with_suffix(".flac.b2").unlink()
    assert faults(library, bare[1].id) == {(bare[1].id, "decoded", Fault.DAMAGED)}  # nothing says what it should be
    sounds[0].unlink()
    library.takes.keep_decoded(bare[1], b"fLaC and another")
    assert faults(library) == set()
    _, entry = library.takes.delete(bare[1].id)
    assert not [path for path in sounds[1].parent.iterdir() if path.name.startswith(bare[1].id)]
    library.restore(entry.id)
    assert library.takes.find_decoded(bare[1]) == sounds[1]
    assert faults(library) == set()


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


# --- tracks and training sets


class Frozen(Record):
    """A training set, as far as this room is concerned: JSON that names blobs."""

    rows: tuple[dict[str, tuple[str, ...]], ...]


def read_set(path: Path) -> Frozen:
    try:
        return Frozen.model_validate_json(path.read_bytes())
    except ValidationError:
        raise BadInput(f"{path} is damaged") from None


@pytest.fixture
def track(library: Library) -> Track:
    """A track of one stem, with a note that names two blobs."""
    draft = TrackDraft(
        producer="Ada", title="Song", format="wav", seconds=1.0, rate=48_000, channels=2, audio=b"mix", stems={"bass": b"bass"}
    )  # fmt: skip
    track, _ = library.tracks.put(draft)
    clips = [library.blobs.put(b"first clip"), library.blobs.put(b"second clip")]
    library.tracks.note(track.id, "screen", {"key": "b2:" + 32 * "0", "clips": list(clips), "verdict": {"accepted": True}})
    return track


@pytest.fixture
def frozen(library: Library, track: Track) -> Path:
    """A training set of the track's second clip and of one that only the set names."""
    clips = (library.tracks.notes(track.id)["screen"]["clips"][1], library.blobs.put(b"a clip of a track that was deleted"))
    path = library.studio / "datasets" / "0123.json"
    path.parent.mkdir()
    path.write_text(Frozen(rows=({"clips": clips[:1]}, {"clips": clips[1:]})).model_dump_json())
    return path


def wrong(library: Library, *sets: Path) -> set[tuple[Kind, str, Fault]]:
    """Every fault of the whole library, without whose it is."""
    return {(one.kind, one.part, one.fault) for one in finish(verify(library, sets, read_set)).problems}


def test_a_whole_library_is_sound_and_every_blob_is_hashed_once(
    library: Library, made: list[Take], track: Track, frozen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = library.blobs.check

    def listed(name: str) -> Condition:
        hashed.append(name)
        return real(name)

    monkeypatch.setattr(library.blobs, "check", listed)
    assert finish(verify(library, [frozen], read_set)) == Verification(3, (), tracks=1, sets=1)
    assert sorted(hashed) == list(library.blobs.names())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"mix", {(Kind.TRACK, "audio")}),
        (b"bass", {(Kind.TRACK, "stem bass")}),
        (b"first clip", {(Kind.TRACK, "note screen clips 1")}),
        (b"second clip", {(Kind.TRACK, "note screen clips 2"), (Kind.SET, "rows 1 clips 1")}),
        (b"a clip of a track that was deleted", {(Kind.SET, "rows 2 clips 1")}),
    ],
)
def test_whatever_is_lost_or_altered_is_found_wherever_it_is_named(
    library: Library, track: Track, frozen: Path, content: bytes, named: set[tuple[Kind, str]]
) -> None:
    path = library.blobs.path(library.blobs.put(content))
    path.write_bytes(content + b"!")
    assert wrong(library, frozen) == {(kind, part, Fault.DAMAGED) for kind, part in named}
    path.unlink()
    assert wrong(library, frozen) == {(kind, part, Fault.MISSING) for kind, part in named}
    assert faults(library) == set()  # takes have nothing to do with it
    found = finish(verify(library, [frozen], read_set)).problems
    assert {(one.owner, one.where) for one in found if one.kind is Kind.TRACK} <= {(track.id, str(path))}
    assert {(one.owner, one.where) for one in found if one.kind is Kind.SET} <= {("0123", str(path))}


def test_a_damaged_training_set_is_named_and_one_that_is_gone_is_not(library: Library, frozen: Path) -> None:
    def gone(path: Path) -> Frozen:
        raise NotFound(f"no dataset at {path}")

    assert finish(verify(library, [frozen], gone)).problems == ()
    frozen.write_text(frozen.read_text()[:-9])
    expected = (Problem("0123", "manifest", Fault.DAMAGED, f"{frozen} is damaged", Kind.SET),)
    assert finish(verify(library, [frozen], read_set)).problems == expected


def test_sidecars_and_rows_of_tracks_are_compared(library: Library, track: Track) -> None:
    path = library.tracks.sidecars.path(track.id)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"true", b"false"))  # the verdict in its note
    assert wrong(library) == {(Kind.TRACK, "sidecar", Fault.DAMAGED)}
    path.write_bytes(whole[:-30])
    assert wrong(library) == {(Kind.TRACK, "sidecar", Fault.DAMAGED)}
    path.unlink()
    assert wrong(library) == {(Kind.TRACK, "sidecar", Fault.MISSING)}
    path.write_bytes(whole)
    assert wrong(library) == set()
    record = track.model_dump(mode="json")
    with library.engine.begin() as connection:
        connection.execute(tracks.update().values(record=record | {"producer": "Bo"}))
    assert wrong(library) == {(Kind.TRACK, "row", Fault.DAMAGED), (Kind.TRACK, "sidecar", Fault.DAMAGED)}
    with library.engine.begin() as connection:
        connection.execute(tracks.update().values(record={"producer": "Bo"}))
    assert wrong(library) == {(Kind.TRACK, "row", Fault.DAMAGED)}
    with library.engine.begin() as connection:
        connection.execute(tracks.delete())
    assert wrong(library) == {(Kind.TRACK, "sidecar", Fault.UNLISTED)}
