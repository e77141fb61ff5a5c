"""Verdicts: kept for good, taken back by another, found, and there again after a rebuild, a kill and the end of their takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from producertwin.errors import BadInput, DiskFull, NotFound
from producertwin.library import (
    AdapterUse,
    Filter,
    Judgement,
    Labels,
    Library,
    Take,
    TakeDraft,
    TakePreference,
    TakeRating,
    Verdict,
    VerdictFilter,
    open_library,
    verdicts,
)
from producertwin.library.rebuild import rebuild
from producertwin.library.verdict import Origin
from producertwin.settings import Settings

EVERY = VerdictFilter(every=True)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    moments = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second) for second in range(10_000))
    with open_library(Settings(studio=tmp_path / "studio"), clock=lambda: next(moments)) as found:
        yield found


def add(library: Library, seed: int, **more: object) -> Take:
    facts = {"task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 1.0, "caption": "lofi"}
    return library.takes.add(TakeDraft.model_validate({**facts, "seed": seed, "audio": b"fLaC" + bytes([seed]), **more}))


def stars(library: Library, take: Take) -> int | None:
    return library.takes.labels([take.id]).get(take.id, Labels()).rating


def file_of(library: Library, verdict: Verdict) -> Path:
    [path] = (library.studio / "verdicts").rglob(f"{verdict.id}.json")
    return path


def test_a_rating_names_what_made_its_take_and_is_its_stars(library: Library) -> None:
    take = add(library, 1, adapters=(AdapterUse(name="Mara", revision="b2:11"),))
    library.takes.label(take.id, Labels(title="Night Train"))
    found = library.verdicts.rate(take.id[:6], 4, Judgement(tags=("too busy", "Too Busy", "great drums"), remark="slow"))
    assert isinstance(found, TakeRating) and (found.take, found.stars) == (take.id, 4) and found.genuine
    assert found.origin == Origin(variant="nano", revision="b2:00", adapters=("b2:11",))
    assert found.judgement.tags == ("too busy", "great drums")
    assert library.takes.labels([take.id])[take.id] == Labels(title="Night Train", rating=4)
    assert [one.id for one in library.takes.list(Filter(rating=4, limit=10**40))] == [take.id]
    assert library.verdicts.list(VerdictFilter(limit=10**40)) == (found,)
    library.verdicts.rate(take.id, 1, Judgement(source="scorer", judge="inspector"))
    assert stars(library, take) == 4  # a scorer's rating is no star


def test_a_verdict_is_taken_back_and_never_lost(library: Library) -> None:
    take = add(library, 1)
    first, second = library.verdicts.rate(take.id, 2), library.verdicts.rate(take.id, 5)
    assert stars(library, take) == 5
    gone, back = library.verdicts.take_back(second.id[:7], Judgement(remark="wrong take"))
    assert gone == second and stars(library, take) == 2
    assert library.verdicts.list() == (first,)
    assert library.verdicts.list(EVERY) == (back, second, first)
    assert library.verdicts.withdrawn([first.id, second.id]) == {second.id}
    for wrong in (second.id, back.id):
        with pytest.raises(BadInput, match=r"taken back|takes"):
            library.verdicts.take_back(wrong)
    library.verdicts.take_back(first.id)
    assert stars(library, take) is None and library.verdicts.list() == ()
    with pytest.raises(NotFound):
        library.verdicts.take_back("zzzz")


def test_a_preference_of_one_moment_is_one(library: Library) -> None:
    a, b = add(library, 1), add(library, 2)
    at = datetime(2026, 2, 1, tzinfo=UTC)
    one = library.verdicts.prefer((a.id, b.id), "b", margin=0.5, given=at)
    assert library.verdicts.prefer((a.id, b.id), "b", margin=0.5, given=at) == one
    tie = library.verdicts.prefer((a.id, b.id), "tie", Judgement(judge="Ada"))
    assert isinstance(one, TakePreference) and one.better == b.id and isinstance(tie, TakePreference) and tie.better is None
    assert library.verdicts.list() == (one, tie)  # the newest first, by when it was given
    with pytest.raises(BadInput, match="itself"):
        library.verdicts.prefer((a.id, a.id), "a")
    with pytest.raises(NotFound):
        library.verdicts.prefer((a.id, "zzzz"), "a")


@pytest.mark.parametrize("number", [0, 6, -1])
def test_stars_are_one_to_five(library: Library, number: int) -> None:
    take = add(library, 1)
    with pytest.raises(BadInput, match="stars"):
        library.verdicts.rate(take.id, number)
    assert library.verdicts.list(EVERY) == () and not (library.studio / "verdicts").exists()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "0999-01-01T00:00:00+00:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_no_list_can_sort_is_refused(library: Library, moment: str) -> None:
    take = add(library, 1)
    with pytest.raises(BadInput, match="created"):
        library.verdicts.rate(take.id, 4, given=datetime.fromisoformat(moment))
    assert not list((library.studio / "verdicts").rglob("*.json"))


def test_verdicts_are_found_by_take_kind_source_and_judge(library: Library) -> None:
    a, b, c = (add(library, seed) for seed in range(3))
    rated = library.verdicts.rate(a.id, 3)
    scored = library.verdicts.rate(b.id, 3, Judgement(source="scorer", judge="caption"))
    preferred = library.verdicts.prefer((b.id, c.id), "a", Judgement(judge="Ada"))

    def found(**query: object) -> tuple[Verdict, ...]:
        return library.verdicts.list(VerdictFilter.model_validate(query))

    assert found(take=b.id) == (preferred, scored) and found(take=c.id[:8]) == (preferred,)
    assert found(only="rating") == (scored, rated) and found(source="human") == (preferred, rated)
    assert found(judge="Ada") == (preferred,) and found(limit=1) == (preferred,)


def test_verdicts_outlive_their_takes(library: Library) -> None:
    take = add(library, 1)
    found = library.verdicts.rate(take.id, 4)
    library.takes.delete(take.id)
    library.empty_trash()
    assert library.verdicts.list() == (found,)
    library.verdicts.take_back(found.id)
    assert library.takes.labels([take.id]) == {} and not (library.studio / "labels" / f"{take.id}.json").exists()


def test_verdicts_are_rebuilt_from_files_and_files_from_rows(library: Library) -> None:
    take = add(library, 1)
    first, second, third = (library.verdicts.rate(take.id, number) for number in (1, 2, 3))
    back = library.verdicts.take_back(third.id)[1]
    file_of(library, first).unlink()  # its row still tells
    altered = file_of(library, second)
    altered.write_text(altered.read_text().replace('"stars": 2', '"stars": 5'))
    done = rebuild(Settings(studio=library.studio))
    assert list(done.unreadable) == [str(altered)] and "altered" in done.unreadable[str(altered)]
    assert library.verdicts.list(EVERY) == (back, third, second, first)  # the row wins over a file that was altered
    assert verdicts.read(file_of(library, first)) == first and verdicts.read(altered) == second
    altered.unlink()
    library.close()
    for path in library.studio.glob("library.sqlite*"):
        path.unlink()
    rebuild(Settings(studio=library.studio))
    with open_library(Settings(studio=library.studio)) as again:
        assert again.verdicts.list(EVERY) == (back, third, first)
        assert again.takes.labels([take.id])[take.id].rating == 2


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_kill_between_file_and_row_is_mended(library: Library, monkeypatch: pytest.MonkeyPatch, taken_back: bool) -> None:
    take = add(library, 1)
    known = library.verdicts.rate(take.id, 3)

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(verdicts, "settle", kill)
        patch.setattr("producertwin.library.unfinished.Path.unlink", lambda *_, **__: None)
        library.verdicts.take_back(known.id) if taken_back else library.verdicts.rate(take.id, 5)
    assert stars(library, take) == 3
    library.close()
    with open_library(Settings(studio=library.studio)) as again:
        assert stars(again, take) == (None if taken_back else 5)
        assert len(again.verdicts.list(EVERY)) == 2
    assert list((library.studio / "unfinished").iterdir()) == []


def test_nothing_is_kept_on_a_full_disk(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    take = add(library, 1)

    def full(*_: object) -> None:
        raise DiskFull("no room", remedy="free some")

    with monkeypatch.context() as patch, pytest.raises(DiskFull):
        patch.setattr(verdicts, "write_if_changed", full)
        library.verdicts.rate(take.id, 5)
    assert library.verdicts.list(EVERY) == () and stars(library, take) is None
