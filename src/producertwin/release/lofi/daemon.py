"""The daemon: reads requests as long as there are some, while tracks are made in another thread.

Source: lofi.nvim (https://github.com/willibrandon/lofi.nvim), its daemon and `specs/002-ace-step/contracts/jsonrpc.md`; where the
two differ it is as the daemon has it, but for this: `generate` is answered at once, as the contract says, and all that is told of
a track comes after that answer, for the plugin learns the id of a track from it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ...errors import Interrupted, TwinError
from ...progress import Message, note, warning
from .asked import ACE_STEP, MUSICGEN, SECONDS, Asked, read_backend, read_generate, read_track
from .faults import (
    DOWNLOAD_FAILED,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_INSTALLED,
    PARSE,
    Refused,
    fail_generation,
    refuse_request,
)
from .messages import (
    LONGEST_LINE,
    Call,
    Id,
    RefusedCall,
    Source,
    check_names,
    read_call,
    read_lines,
    write_error,
    write_notification,
    write_result,
)
from .outbox import Outbox, Sink
from .player import Player, Track, Watch
from .progress import Meter
from .queue import REMEMBERED, Job, Queue, State

NO_MUSICGEN: Final = f"{MUSICGEN} is not part of this daemon"
USE_ACE_STEP: Final = f"ask for the backend {ACE_STEP}"


@dataclass(frozen=True, slots=True)
class Wires:
    """What connects the daemon with its client."""

    source: Source
    """What the client says."""
    sink: Sink
    """What the client hears."""
    tell: Callable[[Message], None]
    """Tells people, not the client."""
    as_error: Callable[[BaseException], TwinError]
    """What any exception is to people."""


class Daemon:
    """One client's daemon."""

    def __init__(self, player: Player, wires: Wires) -> None:
        self._player, self._wires, self._queue = player, wires, Queue()
        self._outbox = Outbox(wires.sink, self._leave)
        self._tracks: OrderedDict[Asked, Track] = OrderedDict()
        self._loading = False
        self._fetching: Id | None = None
        """The request whose answer waits for a download."""
        self._ended = False
        self.made = 0
        """Tracks that were made."""
        self._methods: dict[str, Callable[[Call], None]] = {
            "generate": self._generate, "cancel": self._cancel, "get_backends": self._get_backends,
            "download_backend": self._download, "ping": self._ping, "shutdown": self._shutdown,
        }  # fmt: skip

    def serve(self) -> None:
        """Answer until the client ends its lines, goes or asks for a shutdown; what is not finished then is given up."""
        worker = threading.Thread(target=self._work, name="lofi-player", daemon=True)
        worker.start()
        try:
            for line in read_lines(self._wires.source):
                self._hear(line)
                if self._ended:
                    break
        finally:
            self.stop()
            worker.join()
            self._outbox.close()

    def stop(self) -> None:
        """Give up what waits and what is played."""
        with self._queue.lock:
            self._ended = True
            for job in self._queue.close():
                self._tell_cancelled(job)

    def _leave(self) -> None:
        """Stop, for nobody hears what is sent."""
        self.stop()
        self._wires.tell(warning("the client has gone: what was under way is given up"))

    # --- requests

    def _hear(self, line: bytes | None) -> None:
        """Answer one line."""
        if line is not None and not line.strip():
            return
        id_: Id | None = None
        try:
            if line is None:
                raise Refused(PARSE, f"a line is longer than {LONGEST_LINE} bytes", remedy="send shorter requests")
            call = read_call(line)
            if call.id == self._fetching:
                reason = f"the request {call.id!r} still waits for its answer"
                raise Refused(INVALID_REQUEST, reason, remedy="give every request an id of its own")
            id_ = call.id
            if call.method not in self._methods:
                reason = f"{call.method[:40]!r} is none"
                raise Refused(METHOD_NOT_FOUND, reason, remedy=f"methods are {', '.join(self._methods)}")
            self._methods[call.method](call)
        except RefusedCall as refused:
            self._refuse(refused.id, refused)
        except Refused as refused:
            self._refuse(id_, refused)
        except Exception as error:
            self._refuse(id_, refuse_request(self._wires.as_error(error)))

    def _refuse(self, id_: Id | None, refused: Refused) -> None:
        self._outbox.send(write_error(id_, refused))
        self._wires.tell(warning(f"refused: {refused.kind.title}: {refused.details}"))

    def _answer(self, call: Call, **result: Any) -> None:
        self._outbox.send(write_result(call.id, result))

    def _notify(self, method: str, **params: Any) -> None:
        self._outbox.send(write_notification(method, params))

    def _ping(self, call: Call) -> None:
        self._answer(call, status="ok")

    def _shutdown(self, call: Call) -> None:
        self._answer(call, status="shutting_down")
        self._ended = True

    def _get_backends(self, call: Call) -> None:
        check_names(call.params, ())
        status: str = "downloading" if self._fetching is not None else "loading" if self._loading else self._player.status()
        there = status in ("ready", "loading")
        known = [
            (MUSICGEN, "MusicGen-Small", "not_installed", 32_000, None),
            (ACE_STEP, self._player.name, status, 48_000, self._player.version if there else None),
        ]
        backends = [
            {"type": kind, "name": name, "status": state, "min_duration_sec": SECONDS[kind][0],
             "max_duration_sec": SECONDS[kind][1], "sample_rate": rate, "model_version": version}
            for kind, name, state, rate, version in known
        ]  # fmt: skip
        self._answer(call, backends=backends, default_backend=ACE_STEP)

    def _generate(self, call: Call) -> None:
        asked = read_generate(call.params)
        if asked.backend == MUSICGEN:
            raise Refused(NOT_INSTALLED, NO_MUSICGEN, remedy=USE_ACE_STEP)
        steps = self._player.check(asked)
        track = asked.track(self._player.version)
        answer = {"track_id": track, "seed": asked.seed, "backend": asked.backend}
        with self._queue.lock:
            there = self._tracks.get(asked)
            if there is not None and there.path.is_file():
                self._tracks.move_to_end(asked)
                self._answer(call, **answer, status=State.COMPLETE, position=0)
                self._tell_complete(track, asked, there, 0.0)
                return
            job = self._queue.add(track, asked, steps)
            position = self._queue.position(job)
            state = State.QUEUED if position else State.GENERATING
            self._answer(call, **answer, status=state, position=position)

    def _cancel(self, call: Call) -> None:
        track = read_track(call.params)
        with self._queue.lock:
            job = self._queue.cancel(track)
            playing = job.state is State.GENERATING
            self._answer(call, cancelled=True, was_generating=playing)
            if not playing:
                self._tell_cancelled(job)

    def _download(self, call: Call) -> None:
        check_names(call.params, ("backend",))
        if "backend" not in call.params:
            raise Refused(INVALID_PARAMS, "backend is missing", remedy=f"give {ACE_STEP}")
        backend = read_backend(call.params["backend"])
        if backend == MUSICGEN:
            raise Refused(DOWNLOAD_FAILED, NO_MUSICGEN, remedy=USE_ACE_STEP)
        if self._fetching is not None:
            self._answer(call, backend=backend, status="already_downloading", files_downloaded=0)
        elif self._player.status() == "ready":
            self._answer(call, backend=backend, status="already_installed", files_downloaded=self._player.count_files())
        else:
            self._fetching = call.id
            threading.Thread(target=self._fetch, args=(call,), name="lofi-download", daemon=True).start()

    def _fetch(self, call: Call) -> None:
        """Download and answer. What is cut off goes on where it was with the next download."""
        try:
            for at in self._player.fetch():
                self._notify("download_progress", file_name=at.name, bytes_downloaded=at.fetched, bytes_total=at.size,
                             files_completed=at.done, files_total=at.parts)  # fmt: skip
            files = self._player.count_files()
        except Exception as error:
            wrong = self._wires.as_error(error)
            self._fetching = None
            self._refuse(call.id, Refused(DOWNLOAD_FAILED, wrong.message, remedy=wrong.remedy))
            return
        self._fetching = None
        self._answer(call, backend=ACE_STEP, status="complete", files_downloaded=files)

    # --- tracks

    def _work(self) -> None:
        """Make one track after the other until the queue is closed."""
        self._warm_up()
        while (job := self._queue.take()) is not None:
            start, meter = time.monotonic(), Meter(job.track)
            try:
                track = self._player.play(job.asked, job.track, self._watch(job, meter))
            except Exception as error:
                self._fail(job, error)
                continue
            with self._queue.lock:
                self._queue.end(job, State.COMPLETE)
                self._tracks[job.asked] = track
                self._tracks.move_to_end(job.asked)
                while len(self._tracks) > REMEMBERED:
                    self._tracks.popitem(last=False)
                self.made += 1
                self._notify("generation_progress", **meter.finish())
                self._tell_complete(job.track, job.asked, track, time.monotonic() - start)
            self._wires.tell(note(f"track {job.track}: {track.path}"))

    def _warm_up(self) -> None:
        try:
            self._player.warm_up()
        except Exception as error:  # the first request meets it too, and is answered with it
            self._wires.tell(warning(self._wires.as_error(error).message))

    def _watch(self, job: Job, meter: Meter) -> Watch:
        def step(done: int, total: int, left: float | None) -> None:
            with self._queue.lock:
                job.step, job.steps = done, total
                told = meter.step(done, total, left)
                if told is not None and not job.stop.is_set():
                    self._notify("generation_progress", **told)

        def load(now: bool) -> None:
            self._loading = now

        return Watch(job.stop.is_set, lambda: self._queue.seal(job), load, step)

    def _fail(self, job: Job, error: Exception) -> None:
        """Tell that a track was not made."""
        self._loading = False
        with self._queue.lock:
            if isinstance(error, Interrupted) and job.stop.is_set():
                self._queue.end(job, State.CANCELLED)
                self._tell_cancelled(job)
                return
            self._queue.end(job, State.ERROR)
            wrong = fail_generation(self._wires.as_error(error))
            self._notify("generation_error", track_id=job.track, code=wrong.kind.name, message=wrong.details)
        self._wires.tell(warning(f"track {job.track}: {wrong.details}"))

    def _tell_cancelled(self, job: Job) -> None:
        self._notify("generation_cancelled", track_id=job.track, at_step=job.step, total_steps=job.steps)

    def _tell_complete(self, track: str, asked: Asked, made: Track, spent: float) -> None:
        self._notify("generation_complete", track_id=track, path=str(made.path), duration_sec=made.seconds,
                     sample_rate=made.sample_rate, prompt=asked.prompt, seed=asked.seed, generation_time_sec=round(spent, 3),
                     model_version=self._player.version, backend=asked.backend)  # fmt: skip
