"""Close a process to the network and to other programs for the rest of its life, on Linux: a filter of system calls.

What is refused fails with EPERM: sockets, starting a program, reaching into another process, io_uring (which would go round the
filter). Reading files and memory stay as they are. The filter is classic BPF as `seccomp(2)` describes it, without a library:
each instruction is a code, two jumps and a number, packed as `HBBI`.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Mapping
from typing import Final

_NO_NEW_PRIVILEGES: Final = 38
_SET_SECCOMP: Final = 22
_FILTER: Final = 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_X32: Final = 0x40000000
"""Numbers from here on are the same calls in another guise."""
_MACHINES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machine -> what the kernel calls it."""
_NETWORK: Final = {
    "x86_64": (41, 42, 44, 46, 49, 50, 53, 425),  # socket connect sendto sendmsg bind listen socketpair io_uring_setup
    "aarch64": (198, 203, 206, 211, 200, 201, 199, 425),  # the same
}
_PROGRAMS: Final = {
    "x86_64": (57, 58, 59, 322, 101, 311),  # fork vfork execve execveat ptrace process_vm_writev
    "aarch64": (221, 281, 117, 271),  # execve execveat ptrace process_vm_writev
}


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("count", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def close_network() -> bool:
    """Refuse sockets to this process and all it starts; False where the system has no such filter."""
    return _refuse(_NETWORK)


def close_programs() -> bool:
    """Refuse to start a program, or to reach into another process; False where the system has no such filter."""
    return _refuse(_PROGRAMS)


def _refuse(calls: Mapping[str, tuple[int, ...]]) -> bool:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _MACHINES:
        return False
    code = _write_filter(_MACHINES[machine], calls[machine])
    kept = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(kept, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _write_filter(machine: int, refused: tuple[int, ...]) -> bytes:
    """The filter: another machine's calls and the `refused` ones fail, all others go on."""
    last = 5 + len(refused)
    """Place of the refusal; from place `at` a jump of n goes to place at + 1 + n."""
    lines = [
        (_LOAD, 0, 0, 4),  # the machine
        (_EQUAL, 0, last - 2, machine),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, last - 4, 0, _X32),
        *((_EQUAL, last - at - 1, 0, number) for at, number in enumerate(refused, 4)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
