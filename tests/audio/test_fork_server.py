"""The process that forks decoders: each file has its own, and whatever ends one, or the server, costs no other."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest

from producertwin.audio import files, sandbox
from producertwin.errors import AudioRejected

pytestmark = pytest.mark.skipif(not sandbox.AVAILABLE, reason="decoders are started, not forked, on this platform")


@pytest.fixture
def song(tmp_path):
    rng = np.random.default_rng(3)
    return files.write(tmp_path / "song.flac", (0.1 * rng.standard_normal((2, 48_000))).astype(np.float32), subtype="PCM_24")


def server():
    return psutil.Process(sandbox._server()._process.pid)


def test_one_server_answers_many_files(song):
    files.read(song)
    first = server().pid
    assert np.array_equal(files.read(song), files.read(song))
    assert server().pid == first
    assert server().children() == []


def test_a_forked_decoder_and_a_started_one_say_the_same(song, monkeypatch):
    forked, told = files.read(song), files.info(song)
    monkeypatch.setattr(sandbox, "AVAILABLE", False)
    assert np.array_equal(files.read(song), forked)
    assert files.info(song) == told
    with pytest.raises(AudioRejected) as caught:
        files.read(song, limits=sandbox.Limits(wall_seconds=0.01))
    assert caught.value.reason == "timeout"


def test_threads_share_a_server(song):
    want = files.read(song)
    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(found, want) for found in pool.map(files.read, [song] * 24))


def test_a_server_that_was_killed_is_started_again(song):
    want = files.read(song)
    dead = server()
    dead.send_signal(signal.SIGKILL)
    dead.wait(10)
    assert np.array_equal(files.read(song), want)
    assert server().pid != dead.pid


def test_a_decoder_that_takes_too_long_is_ended_and_the_next_file_is_read(song, tmp_path):
    hours = tmp_path / "long.wav"
    files.write(hours, np.zeros((2, 48_000 * 60), np.float32))
    with pytest.raises(AudioRejected) as caught:
        files.read(hours, limits=sandbox.Limits(wall_seconds=0.001))
    assert caught.value.reason == "timeout"
    assert files.read(song).shape == (2, 48_000)


def test_the_sound_may_be_written_to_and_is_not_shared(song):
    first, second = files.read(song), files.read(song)
    first *= 0.0
    assert second.any()
    assert not first.any()


@pytest.mark.thorough
def test_the_server_ends_with_the_process_that_started_it(song):
    code = (
        "import sys, os\n"
        "from producertwin.audio import files, sandbox\n"
        "files.read(sys.argv[1])\n"
        "print(sandbox._server()._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(song)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        left = psutil.Process(int(child.stdout.readline()))
        child.kill()
    left.wait(10)
    assert not left.is_running()


def test_a_forked_child_of_ours_starts_a_server_of_its_own(song):
    files.read(song)
    mine = server().pid
    inside, outside = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(outside, str(sandbox._server()._process.pid).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(inside, 20)) != mine
    assert files.read(song).any()
