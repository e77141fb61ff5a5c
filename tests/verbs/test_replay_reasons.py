"""What a replay says where something is another one than when the take was made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.library import Take, TakeDraft
from producertwin.model.instrument import Instrument
from producertwin.model.machine import Machine, describe_machine
from producertwin.model.sampling import engine
from producertwin.pipeline import finish as finishing
from producertwin.pipeline.stages import Generate
from producertwin.pipeline.tracing import trace
from producertwin.progress import finish
from producertwin.verbs.make import make
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import Studio
from proof_kit import adapter


def made(studio: Studio, **play: Any) -> Take:
    stage = {"prompt": {"caption": "lofi"}, "seconds": 1.5, "guide": "none"}
    given = {"variant": "tiny", "steps": 2, "seed": 5, **play}
    [one] = finish(make(Generate.model_validate({**stage, "play": given}), studio))
    return one.take


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"device": "NVIDIA H100"}, ["it was made on cpu, and this is NVIDIA H100"]),
        ({"threads": 64}, ["it was made with {threads} threads, and these are 64"]),
        ({"versions": {"torch": "9.9"}}, ["torch was {torch}, and is 9.9"]),
        ({"device": "NVIDIA H100", "threads": 64}, ["it was made on cpu", "it was made with"]),
    ],
)
def test_another_machine_is_told(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], said: list[str]
) -> None:
    take, here = made(studio), describe_machine()
    facts = {"device": here.device, "threads": here.threads, "versions": here.versions}
    versions = here.versions | changed.get("versions", {})
    monkeypatch.setattr(finishing, "machine_of", lambda *_: Machine(**{**facts, **changed, "versions": versions}))
    found = finish(replay(take.id, studio))
    assert found.same_bytes, "tiny makes the same bytes here all the same"
    wanted = [text.format(threads=here.threads, torch=here.versions["torch"]) for text in said]
    assert len(found.differences) == len(wanted)
    assert all(told.startswith(text) for told, text in zip(found.differences, wanted, strict=True))


def test_an_adapter_that_is_gone_or_another_one_is_told(
    studio: Studio, tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = adapter(tiny, tmp_path / "mara", strength=0.5)
    take = made(studio, adapters=[str(folder)])
    assert finish(replay(take.id, studio)).differences == ()
    shutil.rmtree(folder)
    adapter(tiny, folder, strength=0.25)
    found = finish(replay(take.id, studio))
    assert not found.same_bytes
    assert [text.split(" was ")[0] for text in found.differences] == [f"adapter {folder}"]
    shutil.rmtree(folder)
    monkeypatch.setattr(engine, "generate", lambda *_, **__: pytest.fail("a note was played"))
    gone = finish(replay(take.id, studio))
    assert not gone.same_bytes and gone.difference_db is None
    assert [text.split(":")[0] for text in gone.differences] == [f"adapter {folder} is missing"]


def test_a_take_that_is_not_there_is_not_found(studio: Studio) -> None:
    with pytest.raises(NotFound):
        finish(replay("k3v", studio))


@pytest.mark.thorough
@pytest.mark.parametrize("stage", [{}, {"kind": 3}, {"kind": "sing"}])
def test_a_record_that_names_no_kind_that_is_known_is_refused(studio: Studio, stage: dict[str, Any]) -> None:
    take = made(studio)
    sound = studio.library.takes.content(take).read_bytes()
    facts = {"task": "text2music", "caption": "x", "seed": 1, "variant": "tiny", "revision": "r", "seconds": 1.5}
    other = studio.library.takes.add(TakeDraft(**facts, stage=stage, audio=sound))
    for act in (lambda: finish(replay(other.id, studio)), lambda: trace(other.id, studio.library.takes)):
        with pytest.raises(BadInput, match=other.id):
            act()
