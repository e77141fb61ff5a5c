"""`twin mcp` as its clients meet it: the official client over standard input and output, and whatever else may come in there."""

from __future__ import annotations

import base64
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
import soundfile
from PIL import Image
from test_mcp_tools import WRITES

from mcp_kit import TOOLS, Model, attach, command_of, find_server
from producertwin.jobs import accepting
from producertwin.jobs.reading import list_jobs
from producertwin.jobs.records import Terms
from producertwin.jobs.store import open_store
from producertwin.progress import finish
from producertwin.server.mcp.wire import LONGEST
from producertwin.settings import Settings
from producertwin.verbs.studio import open_studio
from server_kit import House

pytestmark = pytest.mark.thorough
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
LONG = {"caption": "lofi, rainy", "variant": "tiny", "seconds": 20, "steps": 200, "batch": 6, "seed": 5}
"""Work that lasts for some seconds."""


def loaded_libraries(process: Any) -> str:
    """The files that a process has mapped; empty where the system does not tell."""
    return " ".join(one.path for one in process.memory_maps()) if sys.platform == "linux" else ""


def test_a_take_is_made_looked_at_and_inspected(tmp_path: Path) -> None:
    studio = tmp_path / "studio"

    async def work() -> None:
        async with attach(studio) as model:
            offered = await model.session.list_tools()
            assert {one.name for one in offered.tools} == TOOLS.keys()
            for one in offered.tools:
                assert one.annotations is not None
                assert one.annotations.read_only_hint == (one.name not in WRITES)
                assert one.annotations.open_world_hint is False
            wanted = {"caption": "lofi, rainy", "variant": "tiny", "seconds": 2, "seed": 3, "idempotency_key": "a"}
            asked = await model.call("make", **wanted)
            assert asked["state"] == "queued" and "job_status" in asked["next"]
            assert (await model.call("make", **wanted))["job"] == asked["job"]
            done = await model.finish(asked["job"])
            assert done["state"] == "succeeded", done
            [take] = done["takes"]
            assert take in done["next"]
            assert (await model.call("show_take", take=take))["seed"] == 3
            await look_at(model, take)
            heard = await model.finish((await model.call("inspect", subject=take))["job"])
            report = await model.call("show_report", report=heard["things"][0]["id"])
            assert 0 <= report["report"]["report"]["score"] <= 10
            assert "torch" not in loaded_libraries(find_server(studio)), "the work is done by workers"

    anyio.run(work)


async def look_at(model: Model, take: str) -> None:
    """See and hear a take, as content of tools and as resources."""
    seen = await model.session.call_tool("see_take", {"take": take})
    heard = await model.session.call_tool("hear_take", {"take": take})
    picture, sound = base64.b64decode(seen.content[1].data), base64.b64decode(heard.content[1].data)  # type: ignore[union-attr]
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.format == "PNG" and opened.width == 800
    assert soundfile.info(io.BytesIO(sound)).samplerate == 48_000
    [first, *_] = (await model.session.list_resources()).resources
    assert str(first.uri) == f"twin://takes/{take}"
    read = await model.session.read_resource(f"twin://takes/{take}/picture")
    assert base64.b64decode(read.contents[0].blob) == picture  # type: ignore[union-attr]
    assert len((await model.session.list_resource_templates()).resource_templates) >= 5
    prompts = (await model.session.list_prompts()).prompts
    assert {one.name for one in prompts} == {"make_song", "make_album", "mend_take", "compare_takes"}
    said = await model.session.get_prompt("mend_take", {"take": take})
    assert take in said.messages[0].content.text  # type: ignore[union-attr]


def test_a_job_is_cancelled_and_one_whose_id_is_lost_is_found(tmp_path: Path) -> None:
    async def work() -> None:
        async with attach(tmp_path / "studio") as model:
            job = (await model.call("make", **LONG))["job"]
            assert [one["job"] for one in (await model.call("list_jobs", limit=5))["jobs"]] == [job]
            assert (await model.call("cancel_job", job=job))["state"] in {"cancelled", "stopping"}
            assert (await model.finish(job))["state"] == "cancelled"
            assert (await model.call("cancel_job", job=job))["state"] == "cancelled", "a second time changes nothing"
            assert (await model.fail("job_status", job="zzzzzzzzzzzz"))["found"] is False
            assert (await model.call("retry_job", job=job))["state"] == "queued"
            await model.call("cancel_job", job=job)

    anyio.run(work)


def test_a_killed_server_loses_no_job(tmp_path: Path) -> None:
    studio = tmp_path / "studio"

    async def begin() -> str:
        async with attach(studio) as model:
            job: str = (await model.call("make", **LONG))["job"]
            while not (told := await model.call("job_status", job=job))["takes"] and told["state"] != "succeeded":
                if told["state"] == "running" and told["progress"]:
                    break
                await anyio.sleep(0.2)
            find_server(studio).kill()
            return job

    async def go_on(job: str) -> None:
        async with attach(studio) as model:
            [found] = (await model.call("list_jobs"))["jobs"]
            assert found["job"] == job
            done = await model.finish(job)
            assert done["state"] == "succeeded", done
            assert len(set(done["takes"])) == LONG["batch"] == len((await model.call("list_takes"))["takes"])

    anyio.run(go_on, anyio.run(begin))


def test_jobs_that_wait_are_done_by_the_next_server(tmp_path: Path) -> None:
    settings = Settings(studio=tmp_path / "studio", device="cpu", offline=True)
    with open_studio(settings) as studio, open_store(settings) as store:
        plan = {"plan": {"prompt": {"caption": "lofi"}, "seconds": 1, "play": {"variant": "tiny"}}}
        job = finish(accepting.submit("make", plan, Terms(), studio, store)).id

    async def work() -> None:
        async with attach(settings.studio) as model:
            assert (await model.finish(job))["state"] == "succeeded"

    anyio.run(work)


def test_a_thousand_calls_in_a_row(fresh: House) -> None:
    take = fresh.takes[0].id
    studio = fresh.settings.studio

    async def work() -> None:
        async with attach(studio, "--workers", "0") as model:
            for _ in range(50):
                await model.call("show_take", take=take)
            before = find_server(studio).memory_info().rss
            for number in range(1000):
                name, given = (("show_take", {"take": take}), ("list_takes", {}), ("list_styles", {"text": "jazz"}))[number % 3]
                assert await model.call(name, **given)
            assert find_server(studio).memory_info().rss < before + (64 << 20)
            async with anyio.create_task_group() as group:  # and many at a time
                for _ in range(200):
                    group.start_soon(lambda: model.call("list_takes"))

    anyio.run(work)


def test_a_server_that_only_reads_offers_nothing_else(fresh: House) -> None:
    async def work() -> None:
        async with attach(fresh.settings.studio, "--read-only") as model:
            offered = (await model.session.list_tools()).tools
            assert {one.name for one in offered} == TOOLS.keys() - WRITES
            with pytest.raises(Exception, match="there is no tool 'make' here"):
                await model.session.call_tool("make", {"caption": "lofi"})
            assert (await model.call("show_take", take=fresh.takes[0].id))["id"] == fresh.takes[0].id

    anyio.run(work)
    assert not (fresh.settings.studio / "jobs.sqlite").exists()


def talk(studio: Path, answers: int, *lines: bytes) -> list[dict[str, Any]]:
    """So many answers to lines that are sent as they are; then the input ends, and the server ends cleanly."""
    with subprocess.Popen(command_of(studio), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"\n".join(lines) + b"\n")
        process.stdin.flush()
        told = [process.stdout.readline() for _ in range(answers)]
        rest, said = process.communicate(timeout=300)
    assert process.returncode == 0 and b"Traceback" not in said, said
    return [json.loads(line) for line in (*told, *rest.splitlines())]


def message(number: int, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def test_whatever_comes_in_only_messages_go_out(tmp_path: Path) -> None:
    hello = json.dumps(HELLO).encode()
    ready = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
    long = message(2, "tools/call", name="make", arguments={"caption": "x" * (LONGEST + 1)})
    answers = talk(
        tmp_path / "studio", 8,
        b"not json", b"", b"\xff\xfe\x00", b"[" * 200_000, b'{"jsonrpc":"1.0"}', b"{}", b"null", b'"\\ud800"',
        b"x" * (LONGEST + 5), hello, ready, long,
        message(3, "tools/call", name="nothing", arguments={}), message(4, "shell/run", command="id"),
        message(5, "tools/call", name="make", arguments=[1]), message(6, "tools/call", name=["make"]),
        message(7, "resources/read", uri="file:///etc/passwd"), message(8, "ping"),
    )  # fmt: skip
    found = {one.get("id"): one for one in answers}
    assert all(one["jsonrpc"] == "2.0" for one in answers)
    assert found[1]["result"]["serverInfo"]["name"] == "producertwin"
    assert "larger than 1 MiB" in found[2]["error"]["message"]
    assert all("error" in found[number] for number in (3, 4, 5, 6, 7))
    assert found[8]["result"] == {}


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_jobs_stay(sign: signal.Signals, tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    with subprocess.Popen(command_of(studio), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for line in (json.dumps(HELLO).encode(), message(2, "tools/call", name="make", arguments=LONG)):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            assert b'"result"' in process.stdout.readline()
        process.send_signal(sign)
        assert process.wait(120) == 0
        assert process.stderr is not None and b"Traceback" not in process.stderr.read()
    with open_store(Settings(studio=studio)) as store:
        [job] = list_jobs(store)
        assert job.state in {"queued", "running"}


def test_a_studio_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    place = tmp_path / "studio"
    place.write_text("no folder")

    async def work() -> None:
        async with attach(place) as model:
            assert "studio" in (await model.fail("list_takes"))["message"]

    anyio.run(work)


def test_without_the_package_the_remedy_names_the_extra(tmp_path: Path) -> None:
    code = "import sys; sys.modules['mcp'] = None; from producertwin.cli.main import run; sys.exit(run(['mcp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 7
    assert "pip install 'producertwin[mcp]'" in done.stderr and done.stdout == ""


def test_what_answers_first_waits_for_neither_torch_nor_the_studio() -> None:
    heavy = ("torch", "diffusers", "transformers", "sqlalchemy", "dbos", "fastapi", "scipy")
    code = (
        "import sys, producertwin.cli.main, producertwin.cli.mcp, producertwin.server.mcp.server\n"
        f"print({{one for one in {heavy} if one in sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "set()"
