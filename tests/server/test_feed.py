"""Events: rows with ids that come again to who was away, hints without, one look for all, and nobody who is waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from jobs_kit import Count, register, stub_worker, submit
from producertwin.errors import Unavailable
from producertwin.jobs import accepting
from producertwin.jobs.catalogue import WORKS
from producertwin.jobs.records import Update
from producertwin.jobs.session import run_job
from producertwin.jobs.store import open_store
from producertwin.server import feed, routes_events
from producertwin.server.feed import Feed, Hint, Sources
from producertwin.server.problems import Hider
from producertwin.server.watching import StudioWatch, read_points
from server_kit import FOREIGN_PATH, House, make_client, problem


class Rows:
    """Updates that a test writes, and hints."""

    def __init__(self) -> None:
        self.found: list[Update] = []
        self.hints: list[Hint] = []
        self.reads = 0

    def add(self, count: int = 1, **more: Any) -> None:
        for _ in range(count):
            fields = {
                "id": len(self.found) + 1,
                "job": "abc",
                "at": 1.0,
                "kind": "note",
                "text": f"a line\nand {FOREIGN_PATH}",
            } | more
            self.found.append(Update(**fields))

    def read(self, after: int, most: int) -> Sequence[Update]:
        self.reads += 1
        return tuple(self.found[after : after + most])

    def watch(self) -> Iterator[Hint]:
        found, self.hints = self.hints, []
        yield from found

    def sources(self) -> Sources:
        return Sources(self.read, lambda: len(self.found), self.watch)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOOK_EVERY", 0.005)
    monkeypatch.setattr(feed, "HEARTBEAT", 0.02)


def parse(data: bytes) -> list[dict[str, Any]]:
    """The events in a piece of a stream; a client reads it as the standard says."""
    found = []
    for block in data.decode().split("\n\n"):
        lines = dict(line.partition(": ")[::2] for line in block.split("\n") if line and not line.startswith(":"))
        if "data" in lines:
            number = int(lines["id"]) if "id" in lines else None
            found.append({"event": lines["event"], "id": number, "data": json.loads(lines["data"])})
    return found


async def take(stream: AsyncIterator[bytes], count: int) -> list[dict[str, Any]]:
    """The first `count` events."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += parse(await anext(stream))
    return found


async def settle(stream: AsyncIterator[bytes]) -> None:
    """Read until there is nothing more to tell."""
    while b": beat" not in await anext(stream):
        pass


async def close(stream: Any) -> None:
    await stream.aclose()


def make_feed(rows: Rows) -> Feed:
    return Feed(rows.sources(), Hider(Path("studio")))


def test_what_happens_is_told_with_its_row() -> None:
    async def act() -> None:
        rows = Rows()
        rows.add()
        made = make_feed(rows)
        stream = made.stream(None)
        assert b"retry: " in await anext(stream)
        later = asyncio.create_task(take(stream, 3))
        await asyncio.sleep(0.02)
        rows.add()
        rows.add(kind="take", takes=("k3v",))
        rows.add(kind="worker", job="", text="alive")
        one, two, three = await later
        assert (one["event"], one["id"], two["event"], three["event"]) == ("job", 2, "take", "worker")
        assert one["data"]["text"].startswith("a line\nand") and FOREIGN_PATH not in one["data"]["text"]
        assert two["data"]["takes"] == ["k3v"]
        await close(stream)
        assert made.clients == 0

    asyncio.run(act())


@pytest.mark.parametrize("after", [0, 1, 3, 7, 600])
def test_who_was_away_gets_what_they_missed(after: int) -> None:
    async def act() -> None:
        rows = Rows()
        rows.add(1300)
        stream = make_feed(rows).stream(after)
        found = await take(stream, 1300 - after)
        assert [one["id"] for one in found] == list(range(after + 1, 1301))
        rows.add()
        assert [one["id"] for one in await take(stream, 1)] == [1301]
        await close(stream)

    asyncio.run(act())


def test_nothing_is_lost_or_told_twice_between_replay_and_what_is_new() -> None:
    async def act() -> None:
        rows = Rows()
        rows.add(50)
        made = make_feed(rows)
        other = made.stream(None)
        await anext(other)
        stream = made.stream(10)

        async def write() -> None:
            for _ in range(100):
                rows.add()
                await asyncio.sleep(0.001)

        writing = asyncio.create_task(write())
        found = await take(stream, 140)
        await writing
        assert [one["id"] for one in found] == list(range(11, 151))
        assert [one["id"] for one in await take(other, 100)] == list(range(51, 151))
        await close(stream)
        await close(other)

    asyncio.run(act())


def test_who_missed_too_much_is_told_to_look_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_REPLAY", 100)

    async def act() -> None:
        rows = Rows()
        rows.add(200)
        stream = make_feed(rows).stream(10)
        [found] = await take(stream, 1)
        assert (found["event"], found["id"], found["data"]) == ("reset", 200, {"newest": 200})
        rows.add()
        assert [one["id"] for one in await take(stream, 1)] == [201]
        await close(stream)

    asyncio.run(act())


def test_an_id_of_another_studio_is_no_reason_to_wait() -> None:
    async def act() -> None:
        rows = Rows()
        rows.add(5)
        stream = make_feed(rows).stream(10**9)
        waiting = asyncio.create_task(take(stream, 1))
        await asyncio.sleep(0.02)
        rows.add()
        assert [one["id"] for one in await waiting] == [6]
        await close(stream)

    asyncio.run(act())


def test_who_falls_behind_holds_nobody_up_and_is_told() -> None:
    async def act() -> None:
        rows = Rows()
        made = make_feed(rows)
        quick, slow = made.stream(None), made.stream(None)
        await anext(quick)
        await anext(slow)
        await asyncio.gather(settle(quick), settle(slow))
        rows.add(3 * feed.KEPT + 1)
        assert len(await take(quick, 1)) >= 1
        found = 0
        while found < 3 * feed.KEPT + 1:
            found = (await take(quick, 1))[-1]["id"]
        events = await take(slow, 1)
        assert events[-1]["event"] == "reset" and events[-1]["id"] > feed.KEPT
        rows.add()
        while events[-1]["id"] < 3 * feed.KEPT + 2:
            events += await take(slow, 1)
        await close(quick)
        await close(slow)

    asyncio.run(act())


def test_one_look_serves_all() -> None:
    async def act() -> None:
        rows = Rows()
        made = make_feed(rows)
        streams = [made.stream(None) for _ in range(50)]
        for one in streams:
            await anext(one)
        rows.add()
        await asyncio.gather(*map(settle, streams))  # each looks by itself for what it missed
        before = rows.reads
        rows.add()
        told = await asyncio.gather(*(take(one, 1) for one in streams))
        assert all(one[0]["id"] == 2 for one in told)
        assert rows.reads - before < 25
        for one in streams:
            await close(one)

    asyncio.run(act())


def test_hints_come_without_an_id_and_quiet_times_have_a_heartbeat() -> None:
    async def act() -> None:
        rows = Rows()
        made = make_feed(rows)
        made.announce("library", {"newest": "lost"})  # nobody watches
        stream = made.stream(None)
        await anext(stream)
        await settle(stream)
        made.announce("library", {"newest": "k3v"})
        [found] = await take(stream, 1)
        assert (found["event"], found["id"], found["data"]) == ("library", None, {"newest": "k3v"})
        made.close()
        with pytest.raises(StopAsyncIteration):
            while True:
                await anext(stream)

    asyncio.run(act())


def test_a_database_that_is_away_loses_nothing() -> None:
    """Who watches goes on when it is back; who comes meanwhile is let go, and comes again by itself."""

    async def act() -> None:
        rows = Rows()
        made = make_feed(rows)
        stream = made.stream(None)
        rows.add()
        await take(stream, 0)
        await settle(stream)
        whole, failures = rows.read, iter([True] * 3)

        def fail(after: int, most: int) -> Sequence[Update]:
            if next(failures, False):
                raise Unavailable("the database is in use", remedy="wait")
            return whole(after, most)

        def fail_always() -> int:
            raise Unavailable("the database is in use", remedy="wait")

        made._sources = Sources(fail, fail_always, rows.watch)
        assert [piece async for piece in made.stream(0)] == []
        rows.add()
        assert [one["id"] for one in await take(stream, 1)] == [2]
        await close(stream)

    asyncio.run(act())


# --- what is told of a studio


def test_the_life_of_a_job_is_told(fresh: House) -> None:
    register()
    with open_store(fresh.settings) as store, make_client(fresh) as client:
        app: Any = client.app
        served = app.app.state.served

        async def act() -> list[dict[str, Any]]:
            stream = served.feed.stream(0)
            await anext(stream)
            job = submit(store, Count(units=1, take=7))
            with stub_worker(store) as worker:
                run_job(job.id, worker, lambda step: step())
            other = submit(store, Count())
            accepting.prioritise(other.id, 1, store)
            accepting.cancel(other.id, store)
            accepting.retry(other.id, store)
            found: list[dict[str, Any]] = []
            while len([one for one in found if one["data"].get("job") == other.id]) < 4:
                found += [one for one in await take(stream, 1) if one["id"] is not None]
            await close(stream)
            return found

        found = asyncio.run(act())
    del WORKS["count"]
    told = [(one["event"], one["data"]["kind"], one["data"]["text"]) for one in found]
    for one in (("job", "state", "queued"), ("job", "state", "running"), ("worker", "worker", "alive"), ("take", "take", "lofi"),
                ("job", "state", "cancelled")):  # fmt: skip
        assert one in told, one
    taken = next(one["data"] for one in found if one["event"] == "take")
    assert len(taken["takes"][0]) == 12
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)


def test_takes_that_appear_are_told_whoever_made_them(fresh: House, sound: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from producertwin.library import TakeDraft

    monkeypatch.setattr("producertwin.server.watching.EVERY", 0.0)
    watch = StudioWatch(lambda: fresh.library, fresh.settings.studio)
    assert [one.event for one in watch.look()] == []
    draft = TakeDraft(
        audio=sound, task="text2music", stage={}, caption="new", seed=99, variant="nano", revision="b2:00", seconds=1.0
    )
    take = fresh.library.takes.add(draft)
    assert list(watch.look()) == [Hint("library", {"newest": take.id})]
    assert list(watch.look()) == []


def test_points_of_a_curve_are_told_as_they_are_logged(fresh: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.server.watching.EVERY", 0.0)
    watch = StudioWatch(lambda: None, fresh.settings.studio)
    assert list(watch.look()) == []
    path = fresh.library.runs.folder(fresh.run) / "log.jsonl"
    with path.open("a") as file:
        file.write('{"step": 11, "loss": 0.5}\n{"step": 12, "loss": null}\nnonsense\n{"step": 13, "lo')
    assert list(watch.look()) == [Hint("run", {"run": fresh.run.id, "curve": "training", "points": [(11, 0.5)]})]
    assert list(watch.look()) == []
    assert read_points(path, 0)[-1] == (11, 0.5) and len(read_points(path, 0)) == 11


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 40, "é", "1;2"])
def test_an_id_that_is_none_is_refused(client: TestClient, last: str) -> None:
    problem(client.get("/v1/events", headers={"last-event-id": last.encode()}), 422)
    problem(client.get("/v1/events", params={"after": last}), 422)


def test_too_many_who_watch_are_sent_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_events, "MOST_STREAMS", 0)
    answer = client.get("/v1/events")
    problem(answer, 503)
    assert answer.headers["retry-after"]
    assert client.head("/v1/events").headers["content-type"].startswith("text/event-stream")
