"""Open Sound Control: messages to bytes and back, and what is no message."""

from __future__ import annotations

import math
import struct

import pytest

from producertwin.errors import BadInput, Unavailable
from producertwin.mixing.workstation.osc import Message, Peer, open_talk, read_messages, write_message


def test_a_message_is_written_as_the_specification_shows() -> None:
    """The examples of OSC 1.0."""
    assert write_message(Message("/oscillator/4/frequency", (440.0,))) == b"/oscillator/4/frequency\0,f\0\0" + struct.pack(
        ">f", 440
    )
    wanted = b"/foo\0\0\0\0,iisff\0\0" + struct.pack(">ii", 1_000, -1) + b"hello\0\0\0" + struct.pack(">ff", 1.234, 5.678)
    assert write_message(Message("/foo", (1_000, -1, "hello", 1.234, 5.678))) == wanted


@pytest.mark.parametrize(
    "values", [(), (0,), ("",), ("abc",), ("Grüße, 夜",), (1.5, "a", -7, b"\x00\x01\x02"), (True, False, None)]
)
def test_messages_come_back(values: tuple[object, ...]) -> None:
    message = Message("/live/test", values)  # type: ignore[arg-type]
    data = write_message(message)
    assert len(data) % 4 == 0
    assert list(read_messages(data)) == [message]


def test_other_types_and_bundles_are_read() -> None:
    one = b"/a\0\0,hdI\0\0\0\0" + struct.pack(">qd", 2**40, math.pi)
    assert list(read_messages(one)) == [Message("/a", (2**40, math.pi, True))]
    two = write_message(Message("/b", (1,)))
    bundle = b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(part)) + part for part in (one, two))
    assert [message.address for message in read_messages(bundle)] == ["/a", "/b"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no address\0\0,\0\0\0",
        b"/a\0\0",
        b"/a\0\0i\0\0\0",
        b"/a\0\0,q\0\0",
        b"/a\0\0,i\0\0\0",
        b"/a\0\0,b\0\0\x7f\xff\xff\xff",
        b"#bundle\0" + bytes(8) + b"\x7f\xff\xff\xff",
        b"#bundle\0" + bytes(8) + bytes(4),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        list(read_messages(data))


@pytest.mark.parametrize("value", ["a\0b", 2**31, -(2**31) - 1])
def test_what_cannot_be_sent_is_refused(value: int | str) -> None:
    with pytest.raises(BadInput):
        write_message(Message("/a", (value,)))


def test_a_port_that_is_taken_and_a_machine_that_is_not_known_are_said() -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="answers cannot be heard"), open_talk(Peer(answer_port=other.getsockname()[1])):
            pass
    with pytest.raises(Unavailable, match="no machine"), open_talk(Peer(host="no such host")):
        pass
