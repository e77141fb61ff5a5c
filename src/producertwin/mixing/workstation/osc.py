"""Open Sound Control 1.0 over UDP: messages of numbers and texts, sent and answered.

A message is an address, a string of type tags and its values, each padded to four bytes: `i` int32, `f` float32, `s` text, `h`
int64, `d` float64, `b` bytes; `T`, `F`, `N` and `I` stand for themselves. Bundles are read, and their times ignored.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ...errors import BadInput, Unavailable

Value = int | float | str | bytes | bool | None
_LARGEST: Final = 65_536
_NUMBERS: Final = {"i": ">i", "f": ">f", "h": ">q", "d": ">d"}
_SIGNS: Final[dict[str, Value]] = {"T": True, "F": False, "N": None, "I": True}


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    address: str
    values: tuple[Value, ...] = ()


def write_message(message: Message) -> bytes:
    """The bytes of `message`. Raises `BadInput` for a text with a zero in it and for a number that does not fit."""
    tags, data = ",", b""
    for value in message.values:
        if isinstance(value, bool) or value is None:
            tags += {True: "T", False: "F", None: "N"}[value]
        elif isinstance(value, str):
            tags, data = tags + "s", data + _text(value)
        elif isinstance(value, bytes):
            tags, data = tags + "b", data + struct.pack(">i", len(value)) + _pad(value)
        elif isinstance(value, float):
            tags, data = tags + "f", data + struct.pack(">f", value)
        elif -(2**31) <= value < 2**31:
            tags, data = tags + "i", data + struct.pack(">i", value)
        else:
            raise BadInput(f"{value} is too large to be sent", remedy="send a smaller number")
    return _text(message.address) + _text(tags) + data


def _text(text: str) -> bytes:
    if "\0" in text:
        raise BadInput("a text that is sent holds a zero", remedy="take it out")
    return _pad(text.encode() + b"\0")


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def read_messages(data: bytes) -> Iterator[Message]:
    """The messages of a packet. Raises `ValueError` for what is none."""
    if data.startswith(b"#bundle\0"):
        at = 16
        while at < len(data):
            (size,) = struct.unpack_from(">i", data, at)
            if not 0 < size <= len(data) - at - 4:
                raise ValueError("a bundle ends before its messages do")
            yield from read_messages(data[at + 4 : at + 4 + size])
            at += 4 + size
        return
    address, at = _read_text(data, 0)
    tags, at = _read_text(data, at)
    if not address.startswith("/") or not tags.startswith(","):
        raise ValueError("no address, or no types")
    values: list[Value] = []
    for tag in tags[1:]:
        if tag in _SIGNS:
            values.append(_SIGNS[tag])
        elif tag in "sS":
            text, at = _read_text(data, at)
            values.append(text)
        elif tag == "b":
            (size,) = struct.unpack_from(">i", data, at)
            if not 0 <= size <= len(data) - at - 4:
                raise ValueError("bytes end before they should")
            values.append(data[at + 4 : at + 4 + size])
            at += 4 + size + -size % 4
        elif tag in _NUMBERS:
            values.append(struct.unpack_from(_NUMBERS[tag], data, at)[0])
            at += struct.calcsize(_NUMBERS[tag])
        else:
            raise ValueError(f"no value of type {tag!r} is known")
    yield Message(address, tuple(values))


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise ValueError("a text has no end")
    return data[at:end].decode("utf-8", "replace"), end + 1 + -(end + 1) % 4


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that answers messages, and where its answers come in."""

    host: str = "127.0.0.1"
    port: int = 11_000
    answer_port: int = 11_001


class Talk:
    """Messages to a peer, and its answers. `open_talk` makes one."""

    def __init__(self, inbox: socket.socket, target: tuple[str, int]) -> None:
        self._inbox, self._target = inbox, target

    def send(self, address: str, *values: Value) -> None:
        """Send a message. Raises `Unavailable` where the system cannot."""
        try:
            self._inbox.sendto(write_message(Message(address, values)), self._target)
        except OSError as error:
            remedy = "check the host and the network"
            raise Unavailable(f"nothing can be sent to {self._target[0]}: {error.strerror}", remedy=remedy) from None

    def hear(self, seconds: float) -> Message | None:
        """The next message of the peer, None after `seconds` without one."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._inbox], [], [], left)[0]:
                return None
            try:
                data, (host, *_) = self._inbox.recvfrom(_LARGEST)
            except ConnectionError:  # the system says that nobody listens there
                continue
            if host == self._target[0]:
                try:
                    messages = list(read_messages(data))
                except (ValueError, struct.error):
                    continue
                if messages:
                    return messages[0]
        return None

    def ask(self, address: str, *values: Value, seconds: float) -> tuple[Value, ...] | None:
        """What the peer answers to `address` and the first of `values`, None after `seconds` without an answer."""
        self.send(address, *values)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.hear(left)
            if message is not None and message.address == address and message.values[: len(values)] == values:
                return message.values[len(values) :]
        return None


@contextmanager
def open_talk(peer: Peer) -> Iterator[Talk]:
    """Talk to `peer`; its answers are heard on this machine's `answer_port`, on loopback only where the peer is there.

    Raises `Unavailable` where the port is taken or the host is not known.
    """
    host = resolve(peer.host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inbox:
        try:
            inbox.bind(("127.0.0.1" if ipaddress.ip_address(host).is_loopback else "", peer.answer_port))
        except OSError as error:
            message = f"answers cannot be heard on port {peer.answer_port}: {error.strerror}"
            raise Unavailable(
                message, remedy="end the program that listens there, such as another remote control of Live"
            ) from None
        yield Talk(inbox, (host, peer.port))


def resolve(host: str) -> str:
    """The IPv4 address of `host`. Raises `Unavailable`."""
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET)[0][4][0])
    except OSError:
        raise Unavailable(f"no machine {host!r} is known", remedy="give its address, or leave --host out") from None
