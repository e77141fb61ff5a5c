"""Which sound formats are let in, told by their first bytes and never by the file's name."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 4096
"""How much of a file `sniff` wants to see."""
KINDS: Final = ("wav", "aiff", "w64", "caf", "au", "flac", "mp3", "m4a", "aac", "ogg")
"""Every kind that is read; m4a is any MP4, ogg is Vorbis, Opus or FLAC in Ogg."""
SUFFIXES: Final = (
    *(".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".au"),
    *(".flac", ".mp3", ".mp2", ".m4a", ".m4b", ".mp4", ".aac", ".ogg", ".oga", ".opus"),
)
"""Endings of sound files that are read."""
UNREAD: Final = frozenset(
    {
        *(".wma", ".ape", ".wv", ".mpc", ".tta", ".tak", ".dsf", ".dff", ".amr", ".ac3", ".eac3", ".dts", ".ra", ".mp1"),
        *(".mka", ".mkv", ".webm", ".mov", ".avi", ".3gp", ".asf", ".wmv", ".m4v", ".flv", ".m4p", ".m4r", ".aax"),
        *(".spx", ".shn", ".mid", ".midi", ".sd2", ".voc", ".snd", ".8svx"),
    }
)
"""Endings of files that hold sound or notes and are not read."""
_W64: Final = bytes.fromhex("726966662e91cf11a5d628db04c10000")


def sniff(head: bytes) -> str | None:
    """One of `KINDS` by the first bytes of a file, None for anything else."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:16] == _W64:
        return "w64"
    if head[:4] in (b"caff", b".snd"):
        return "caf" if head[:4] == b"caff" else "au"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp":
        return "m4a"
    if len(head) > 6 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13:
        return "aac"
    if head[:3] == b"ID3" or _is_mpeg_frame(head):
        return "mp3"
    return None


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether `head` begins with a valid header of an MPEG audio frame of layer III (or II)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bitrate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer in (1, 2) and bitrate not in (0, 15) and rate != 3
