"""`lofi-daemon`: music for lofi.nvim and other clients of its protocol, made and kept as by every other verb."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from .. import __version__
from ..errors import Interrupted, TwinError
from ..pipeline.fields import SEEDS, AdapterText
from ..pipeline.shared import Adapter
from ..pipeline.stages import Generate
from ..progress import Event, Message, Progress, Steps, finish, note, stop_when
from ..recipe import Record, read
from ..release.lofi.daemon import Daemon, Wires
from ..release.lofi.player import Fetching, Track, Watch
from ..timebase import SAMPLE_RATE
from .make import make
from .models import PullPlan, pull

if TYPE_CHECKING:
    from ..library import TakeDraft
    from ..release.lofi.asked import Asked
    from .studio import Studio

__all__ = ["Daemon", "LofiPlan", "Wires", "lofi_daemon"]

SAMPLERS: Final = {"euler": "euler", "heun": "heun", "pingpong": "sde"}
"""What lofi.nvim calls a scheduler, and our name: ping-pong predicts the end of every step and adds fresh noise, as sde does."""


class LofiPlan(Record):
    """Who plays, and where copies go."""

    variant: str = Field("nano", min_length=1)
    """Which instrument: nano, or a variant or folder known to `twin models list`."""
    adapters: tuple[Annotated[Adapter, AdapterText], ...] = ()
    """Adapter to play with, as DIR, DIR:SCALE or DIR:SCALE:LOW-HIGH, between two noise levels; may be repeated."""
    out: Path | None = None
    """Folder for a copy of each track under its id, whose path is told then; else that of the take in the studio, a FLAC file."""
    format: Literal["flac", "wav", "mp3", "ogg"] = "wav"
    """Format of the copies."""


def lofi_daemon(plan: LofiPlan, studio: Studio, wires: Wires) -> Steps[int]:
    """Answer the requests that come by `wires` until they end or ask for a shutdown; returns how many tracks were made.

    Raises `BadInput` and `NotFound` for an unknown variant or adapter, and a folder that cannot be written, before anything is
    answered; weights that are missing are told the client, who can have them fetched.
    """
    player = _StudioPlayer(plan, studio, wires)
    player.check_plan()
    daemon = Daemon(player, wires)
    yield note(f"{player.name} waits for requests: JSON-RPC 2.0, a line each; the end of standard input ends it")
    studio.watch_storing(player.permit, None)
    try:
        daemon.serve()
    finally:
        studio.watch_storing(None, None)
    return daemon.made


class _StudioPlayer:
    """Plays for the daemon in a studio. Tracks are played in one thread, all else is asked for in another."""

    def __init__(self, plan: LofiPlan, studio: Studio, wires: Wires) -> None:
        self._plan, self._studio, self._tell = plan, studio, wires.tell
        self._watch: Watch | None = None

    @property
    def name(self) -> str:
        return f"Producer Twin {self._names()}"

    @property
    def version(self) -> str:
        return f"producertwin-{__version__}:{self._names()}"

    def _names(self) -> str:
        played = [Path(self._plan.variant).name]
        for one in self._plan.adapters:
            played.append(f"{one.folder.name}:{one.scale:g}" if one.scale != 1 else one.folder.name)
        return "+".join(played)

    def check_plan(self) -> None:
        """Raise as `lofi_daemon` does."""
        from ..pipeline.delivery import Delivery

        stage = self._stage_for("lofi")
        if self._plan != LofiPlan():  # to look these up takes seconds, and what is there by default is known to be
            from ..model.variants.catalogue import resolve

            resolve(self._plan.variant, self._studio.settings)
            Delivery(self._copy("0")).check(1)
            self._studio.find_adapters(stage.play)

    def warm_up(self) -> None:
        from ..pipeline import executor  # noqa: F401 - takes seconds, because torch does

    def status(self) -> Literal["ready", "not_installed", "error"]:
        from ..model.variants import catalogue, integrity

        located = catalogue.resolve(self._plan.variant, self._studio.settings)
        if not located.present:
            return "not_installed"
        try:
            integrity.require(located)
            located.read_card()
        except TwinError as error:
            self._tell(Message("warning", error.message))
            return "error"
        return "ready"

    def check(self, asked: Asked) -> int:
        from ..model.variants import catalogue, integrity
        from ..pipeline.delivery import Delivery, check_room

        stage = self._stage(asked)
        card = self._studio.read_card(self._plan.variant)
        integrity.require(catalogue.resolve(self._plan.variant, self._studio.settings))
        self._studio.find_adapters(stage.play)
        delivery = Delivery(self._copy("0"))
        delivery.check(1)
        target = delivery.target
        check_room([self._studio.settings.studio, *([target.parent] if target else [])], stage.seconds)
        return stage.play.steps or card.steps

    def play(self, asked: Asked, track: str, watch: Watch) -> Track:
        if asked.seed >= SEEDS:
            self._tell(note(f"track {track}: seed {asked.seed} is counted round to {asked.seed % SEEDS}"))
        self._watch = watch
        work = make(self._stage(asked), self._studio, out=self._copy(track))
        try:
            with stop_when(watch.is_stopped):
                [made] = finish(work, self._follow)
        finally:
            work.close()
            self._watch = None
        path = made.path or self._studio.library.takes.play_path(made.take.id)
        return Track(path.absolute(), made.take.seconds, SAMPLE_RATE)

    def permit(self, _: TakeDraft) -> None:
        """Let a take be stored unless its track was given up."""
        if self._watch is not None:
            self._watch.seal()

    def _follow(self, event: Event) -> None:
        watch = self._watch
        if watch is None or watch.is_stopped():
            raise Interrupted("cancelled")
        match event:
            case Progress(what=what) if what.startswith("loading "):
                watch.load(event.done < event.total)
            case Progress() if event.done:  # a guide that is sketched first is not counted
                watch.step(event.done, event.total, event.seconds_left)
            case Message():
                self._tell(event)

    def count_files(self) -> int:
        from ..model.variants.catalogue import resolve

        folder = resolve(self._plan.variant, self._studio.settings).folder
        return sum(1 for _ in folder.rglob("*.safetensors")) if folder is not None else 0

    def fetch(self) -> Iterator[Fetching]:
        from ..model.variants.catalogue import find

        work = pull(PullPlan(variant=self._plan.variant), self._studio)
        sources = find(self._plan.variant).sources
        for event in work:
            if isinstance(event, Progress):
                if event.done > 0:
                    whole = sources[event.done - 1]
                    yield Fetching(whole.repo, whole.size, whole.size, event.done, len(sources))
                if event.done < len(sources):
                    begun = sources[event.done]
                    yield Fetching(begun.repo, 0, begun.size, event.done, len(sources))

    def _copy(self, track: str) -> Path | None:
        return self._plan.out / f"{track}.{self._plan.format}" if self._plan.out is not None else None

    def _stage(self, asked: Asked) -> Generate:
        return self._stage_for(asked.prompt, asked)

    def _stage_for(self, prompt: str, asked: Asked | None = None) -> Generate:
        """What `twin make` would be asked. Raises `BadInput`."""
        play: dict[str, object] = {"variant": self._plan.variant, "adapters": self._plan.adapters}
        data: dict[str, object] = {"prompt": {"caption": prompt}, "play": play}
        if asked is not None:
            play |= {"seed": asked.seed % SEEDS, "steps": asked.steps, "guidance": asked.guidance}
            data |= {"seconds": asked.seconds, "sampling": {"sampler": SAMPLERS[asked.scheduler]}}
        return read(Generate, data, where="generate")
