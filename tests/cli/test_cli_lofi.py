"""What lofi.nvim's setup says in the environment, and standard streams that belong to the protocol."""

from __future__ import annotations

import os

import pytest

from producertwin.cli.lofi import read_surroundings
from producertwin.cli.protocol import protocol_streams
from producertwin.errors import BadInput
from producertwin.settings import Settings


@pytest.mark.parametrize(
    ("said", "device"),
    [({}, "cpu"), ({"LOFI_DEVICE": "auto"}, "cpu"), ({"LOFI_DEVICE": "metal"}, "mps"), ({"LOFI_DEVICE": "cuda"}, "cuda")],
)
def test_the_plugin_names_the_device(settings: Settings, said: dict[str, str], device: str) -> None:
    assert read_surroundings(settings, said).device == device


def test_the_plugin_says_how_many_threads(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert read_surroundings(settings, {"LOFI_THREADS": "3"}) == settings
    assert os.environ["OMP_NUM_THREADS"] == "3"


@pytest.mark.parametrize(
    "said", [{"LOFI_DEVICE": "gpu"}, {"LOFI_THREADS": "0"}, {"LOFI_THREADS": "two"}, {"LOFI_THREADS": "9" * 40}]
)
def test_what_the_plugin_cannot_mean_is_refused(settings: Settings, said: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=next(iter(said))):
        read_surroundings(settings, said)


def test_what_is_printed_meanwhile_does_not_come_between_the_lines(capfd: pytest.CaptureFixture[str]) -> None:
    with protocol_streams() as (_, sink):
        os.write(1, b"a library talks\n")
        assert os.read(0, 10) == b""
        sink.write(b"{}\n")
    os.write(1, b"after\n")
    heard = capfd.readouterr()
    assert heard.out == "{}\nafter\n"
    assert "a library talks" in heard.err
