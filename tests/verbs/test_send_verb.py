"""`send`: takes and stems into open sets, and regions that come back; the workstations are fakes that speak as they do."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pipeline_kit import tone
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound, TwinError, Unavailable
from producertwin.library import Take, TakeDraft, TakeMetas
from producertwin.mixing.workstation import live as live_room
from producertwin.mixing.workstation.live import Part, Patience, place_parts
from producertwin.mixing.workstation.osc import Peer
from producertwin.mixing.workstation.reaper import SCRIPT, Reaper, WebPlace
from producertwin.progress import Event, Message, finish
from producertwin.settings import Settings
from producertwin.verbs import send
from producertwin.verbs.send import LivePlan, ReaperPlan, Sent
from producertwin.verbs.studio import Studio, open_studio
from workstation_kit import FakeLive, FakeReaper, open_live, open_reaper


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    with open_studio(settings) as found:
        yield found


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_room, "Patience", lambda: Patience(answer=5.0, clip=0.1))


def keep(studio: Studio, bpm: float | None = 96.0, caption: str = "Night drive") -> Take:
    """A take of four seconds; a whole number of bars at 120 and at 96 bpm it is not."""
    draft = TakeDraft(
        task="text2music",
        stage={"kind": "generate"},
        variant="nano",
        revision="b2:00",
        seed=1,
        caption=caption,
        metas=TakeMetas(bpm=bpm, meter=4 if bpm else None, duration=4.0),
        seconds=4.0,
        audio=files.encode(tone(4.0, 110.0), "flac"),
    )
    return studio.library.takes.add(draft)


def follow(steps: Any) -> tuple[Sent, str]:
    said: list[Event] = []
    done = finish(steps, said.append)
    return done, "\n".join(one.text for one in said if isinstance(one, Message))


def to_live(studio: Studio, live: FakeLive, subject: object, **fields: Any) -> tuple[Sent, str]:
    plan = LivePlan.model_validate({"subject": str(subject), "port": live.port, "answer_port": live.answer_port, **fields})
    return follow(send.send_live(plan, studio))


def to_reaper(studio: Studio, reaper: FakeReaper, subject: object, **fields: Any) -> tuple[Sent, str]:
    return follow(send.send_reaper(ReaperPlan.model_validate({"subject": str(subject), "port": reaper.port, **fields}), studio))


def test_a_take_stands_at_its_bar_in_live_and_its_file_stays(studio: Studio) -> None:
    take = keep(studio)
    with open_live(FakeLive(tempo=96.0)) as live:
        done, said = to_live(studio, live, take.id, bar=5)
    assert [track["name"] for track in live.tracks] == ["1-MIDI", "Night drive"]
    ((path, beat),) = live.tracks[1]["clips"]
    assert (path, beat) == (str(done.files[0]), 16.0)
    assert done.seconds == 16 * 60 / 96
    assert "bpm" not in said
    assert files.read(path).shape == (2, 4 * 48_000)
    assert Path(path).name == "Night-drive_mix_96bpm.wav"


@pytest.mark.parametrize(("meter", "beat"), [((3, 4), 6.0), ((6, 8), 6.0), ((7, 8), 7.0)])
def test_bars_are_those_of_the_set_and_what_does_not_meet_is_said(studio: Studio, meter: tuple[int, int], beat: float) -> None:
    with open_live(FakeLive(tempo=120.0, meter=meter)) as live:
        done, said = to_live(studio, live, keep(studio).id, bar=3)
    assert live.tracks[1]["clips"][0][1] == beat
    assert done.tempo == 120.0
    assert "96 bpm and the set at 120" in said
    assert f"the set in {meter[0]}/{meter[1]}" in said


def test_the_set_takes_over_the_tempo_where_that_is_asked_for(studio: Studio) -> None:
    with open_live(FakeLive(tempo=120.0)) as live:
        done, said = to_live(studio, live, keep(studio).id, set_tempo=True)
        assert (live.tempo, done.tempo) == (96.0, 96.0)
        assert "bpm" not in said
        with pytest.raises(BadInput, match="tempo of the song is not known"):
            to_live(studio, live, keep(studio, bpm=None, caption="other").id, set_tempo=True)
        assert "not known" in to_live(studio, live, keep(studio, bpm=None, caption="other").id)[1]


def test_stems_get_a_track_each(studio: Studio, tmp_path: Path) -> None:
    song = tmp_path / "song.flac"
    files.write(song, tone(2.0, 110.0))
    (tmp_path / "stems").mkdir()
    for name, seconds in (("drums", 2.0), ("bass", 1.5)):
        files.write(tmp_path / "stems" / f"{name}.wav", tone(seconds, 110.0))
    with open_live(FakeLive(tempo=96.0)) as live:
        done, _ = to_live(studio, live, song, stems=True, bpm=96, meter=4)
    assert {track["name"] for track in live.tracks[1:]} == {"Drums", "Bass"}
    assert {files.read(path).shape[1] for path in done.files} == {2 * 48_000}
    with open_reaper(FakeReaper(tempo=96.0)) as reaper:
        to_reaper(studio, reaper, song, stem=["bass"], bpm=96, meter=4, bar=2)
    assert [(name, second) for name, _, second in reaper.tracks] == [("Bass", 2.5)]


def test_an_abletonosc_that_takes_no_file_is_told_of_and_leaves_no_track(studio: Studio) -> None:
    with open_live(FakeLive(takes_files=False)) as live, pytest.raises(Unavailable, match="puts no file") as caught:
        to_live(studio, live, keep(studio).id)
    assert [track["name"] for track in live.tracks] == ["1-MIDI"]
    assert "drag" in caught.value.remedy
    assert "206" in caught.value.remedy
    path = Path(caught.value.remedy.split("drag ")[1].split(" into")[0])
    assert path.is_file()


def test_an_old_live_and_nobody_are_told_of(studio: Studio) -> None:
    with open_live(FakeLive(version=(11, 3))) as live, pytest.raises(Unavailable, match=r"Live 11\.3"):
        to_live(studio, live, keep(studio).id)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        peer = Peer(port=silent.getsockname()[1], answer_port=0)
        with pytest.raises(Unavailable, match="nothing answers as AbletonOSC") as caught:
            place_parts([Part("a", SCRIPT)], peer, bar=1, tempo=None, patience=Patience(0.05, 0.05))
    assert "control surface" in caught.value.remedy


def test_a_take_stands_at_its_bar_in_reaper(studio: Studio) -> None:
    take = keep(studio)
    with open_reaper(FakeReaper(tempo=120.0)) as reaper:
        done, said = to_reaper(studio, reaper, take.id, bar=3)
    assert reaper.tracks == [("Night drive", str(done.files[0]), 4.0)]
    assert (done.seconds, done.tempo) == (4.0, 120.0)
    assert "96 bpm and the set at 120" in said
    assert files.read(done.files[0]).shape == (2, 4 * 48_000)
    with open_reaper(FakeReaper(tempo=120.0)) as reaper:
        assert to_reaper(studio, reaper, take.id, bar=3, set_tempo=True)[0].seconds == 5.0


def test_a_reaper_without_the_script_and_no_reaper_are_told_of(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    from producertwin.mixing.workstation import reaper as room

    monkeypatch.setattr(room, "WebPlace", lambda host, port: WebPlace(host, port, script_seconds=0.1))
    with open_reaper(FakeReaper(runs_script=False)) as reaper, pytest.raises(Unavailable, match="does not run") as caught:
        to_reaper(studio, reaper, keep(studio).id)
    assert "--install-script" in caught.value.remedy
    with pytest.raises(Unavailable, match="nothing answers as REAPER") as caught:
        to_reaper(studio, reaper, keep(studio).id)
    assert "Web browser interface" in caught.value.remedy


def test_what_the_script_says_is_told(studio: Studio) -> None:
    class Broken(FakeReaper):
        def _run_script(self) -> None:
            one = self.states["ProducerTwin/request"].split("\t")[0]
            self.states["ProducerTwin/answer"] = f"{one}\terror\tcannot open\tit"

    with open_reaper(Broken()) as reaper, pytest.raises(Unavailable, match="REAPER says: cannot open it"):
        to_reaper(studio, reaper, keep(studio).id)


def test_regions_come_back_as_repaints_once_they_stand_still(studio: Studio) -> None:
    take = keep(studio)
    with open_reaper(FakeReaper(tempo=120.0)) as reaper:
        to_reaper(studio, reaper, take.id, bar=2)  # at second 2
        reaper.regions = [
            ("1", "verse", 2.0, 4.0),
            ("2", "repaint", 3.0, 4.5),
            ("3", " Repaint : softer\tpiano", 5.5, 9.0),
            ("4", "repaint", 20.0, 21.0),
            ("5", "repainted", 2.0, 3.0),
        ]
        watched = send.watch_regions(ReaperPlan(port=reaper.port), studio, variant="nano", pause=0.0)
        first, second = islice(watched, 2)
        reaper.regions[1] = ("2", "repaint", 3.0, 4.0)
        again = next(watched)
        watched.close()
    assert (first.source, first.start, first.end) == (take.id, 1.0, 2.5)
    assert (second.start, second.end, second.prompt.caption) == (3.5, 4.0, "softer\tpiano")
    assert (again.start, again.end, again.play.variant) == (1.0, 2.0, "nano")


def test_nothing_to_listen_for_is_said(studio: Studio) -> None:
    with pytest.raises(NotFound, match="nothing was sent"):
        next(send.watch_regions(ReaperPlan(), studio))


@pytest.mark.parametrize("host", ["studio.example.org", "192.168.1.20", "8.8.8.8"])
def test_another_machine_is_asked_only_where_that_is_said_and_the_network_is_allowed(studio: Studio, host: str) -> None:
    assert (LivePlan().host, ReaperPlan().host) == ("127.0.0.1", "127.0.0.1")
    for steps in (
        send.send_live(LivePlan(subject="x", host=host), studio),
        send.send_reaper(ReaperPlan(subject="x", host=host), studio),
    ):
        with pytest.raises(Unavailable, match="offline"):
            finish(steps)
    with pytest.raises(Unavailable, match="offline"):
        next(send.watch_regions(ReaperPlan(host=host), studio))


def test_what_cannot_be_sent_is_refused_before_anybody_is_asked(studio: Studio) -> None:
    for subject, error in (("", BadInput), ("nowhere.wav", NotFound), ("zzzz", NotFound)):
        with pytest.raises(error):
            finish(send.send_live(LivePlan(subject=subject), studio))
        with pytest.raises(error):
            finish(send.send_reaper(ReaperPlan(subject=subject), studio))
        with pytest.raises(TwinError):
            finish(send.plan_send(ReaperPlan(subject=subject), studio))


def test_the_script_is_written_and_a_plan_writes_nothing(studio: Studio, tmp_path: Path) -> None:
    assert send.install_script(tmp_path) == tmp_path / "producer_twin.lua"
    assert send.install_script(tmp_path / "mine.lua").read_bytes() == SCRIPT.read_bytes()
    with pytest.raises(NotFound):
        send.install_script(tmp_path / "nowhere" / "a.lua")
    (planned,) = finish(send.plan_send(ReaperPlan(subject=keep(studio).id), studio))
    assert planned.name == "Night-drive_mix_96bpm.wav"
    assert not planned.exists()


def test_answers_that_are_not_reapers_are_refused(studio: Studio) -> None:
    class Other(FakeReaper):
        def answer(self, command: str) -> str:
            return json.dumps({"command": command})

    with open_reaper(Other()) as reaper, pytest.raises(Unavailable, match="something else than REAPER"):
        to_reaper(studio, reaper, keep(studio).id)
    assert Reaper.__doc__
