"""A folder of planted faults: files that a build must refuse, mark or recognise, each with what is expected of it.

Everything is made here from seeds, small, and the same bytes every time. Run as a program it builds a folder into a studio and
prints a line for every event of the build, so that a test can kill it at any of them.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.dataset.build import BuildPlan, BuildResult, build
from producertwin.dataset.duplicates import duplicates
from producertwin.dataset.ingest import IngestPlan
from producertwin.dataset.manifest import DatasetPlan
from producertwin.dataset.screen import NOTE, ScreenNote, ScreenPlan, fingerprint_of
from producertwin.dataset.screening import Profile
from producertwin.dataset.splits import SplitPlan
from producertwin.dataset.taggers import MeterTagger, SidecarTagger
from producertwin.errors import AudioRejected
from producertwin.library import Library, open_library
from producertwin.model.nano.embedder import Tags
from producertwin.progress import Steps, finish
from producertwin.settings import Settings

RATE = 48_000
LENGTH = 7.4
"""Seconds of a planted sound: its copy that begins two seconds later is still heard to be one."""
PROFILE = Profile(name="planted", shortest=5.0, longest=30.0, look_back=2.0)
"""The lofi profile for sounds of that length."""
MARK = 5.0
"""Points off from which a part of the quality score counts as a mark."""
ORIGINAL = "good-original.flac"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + bytes(2_000)


@dataclass(frozen=True, slots=True)
class Ears:
    """An embedder that always hears the same, so that a build needs no instrument."""

    name: str = "ears"

    def embed_audio(self, sound: Samples) -> Tags:
        """A house track with drums, whatever sounds."""
        return Tags(np.zeros(2), {"house": 0.9, "trap": 0.1}, {"drums": 0.9 if sound.size else 0.1})


@dataclass(frozen=True, slots=True)
class Planted:
    """One file: its name, how it is made, and what a build says of it (see `said`)."""

    name: str
    expected: str
    make: Callable[[Path], object]


def music(seed: int, seconds: float = LENGTH) -> Samples:
    """Tones and noise with swells, another melody for every seed; peak at -4 dBFS, nothing wrong with it."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    notes = rng.uniform(200, 900, round(seconds * 4) + 1)
    tone = np.sin(2 * np.pi * np.cumsum(notes[(time * 4).astype(int)]) / RATE) * np.exp(-4 * (time % 0.25))
    swell = 0.25 + 0.75 * (np.sin(2 * np.pi * time / seconds) > 0)
    sound = (0.5 * tone + 0.03 * rng.standard_normal((2, time.size))) * swell
    return np.asarray(0.63 * sound / np.abs(sound).max(), np.float32)


def clipped(sound: Samples, share: float) -> Samples:
    """`sound` cut off at full scale so hard that `share` of its samples lie at the edge."""
    top = float(np.quantile(np.abs(sound), 1.0 - share))
    return np.asarray(np.clip(sound / np.float32(top), -1.0, 1.0), np.float32)


def wav_header(*, channels: int = 2, rate: int = RATE, data_bytes: int = 400) -> bytes:
    """The header of a WAV of 16 bits, whatever it claims."""
    width = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * width & 0xFFFFFFFF, width & 0xFFFF, 16)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", data_bytes)
    return b"RIFF" + struct.pack("<I", 36 + data_bytes) + head


def m4a(path: Path, sound: Samples) -> Path:
    """Write `sound` as AAC, its table of contents first, as files that are meant to be streamed have it."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=128_000)
        for start in range(0, sound.shape[1], RATE):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, start : start + RATE]), "fltp", "stereo")
            frame.rate = RATE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def bad_files() -> list[Planted]:
    """Every planted file: what is no sound, what lies, what is poor, what must not be seen, what is there twice."""
    return [*_no_sound(), *_lying(), *_poor(), *_unseen(), *_twice()]


def plant(folder: Path) -> dict[str, str]:
    """Make the folder with every bad file, the original of the copies and a second good song; name to what is expected."""
    folder.mkdir(parents=True)
    files.write(folder / ORIGINAL, music(1))
    files.write(folder / "good-other.wav", music(2))
    for one in bad_files():
        one.make(folder / one.name)
    return {ORIGINAL: "kept", "good-other.wav": "kept"} | {one.name: one.expected for one in bad_files()}


def said(folder: Path, built: BuildResult, library: Library) -> dict[str, str]:
    """What a build said of every entry of `folder`, in words.

    `unseen`; `failed: REASON` when it came in; `rejected: REASON` by screening; `marked: PART, …` where it is kept at a cost;
    `copy of NAME` where the file that was there first is the same recording; `kept`.
    """
    tracks = {track.title: track.id for track in library.tracks.list()}
    names = {track: title for title, track in tracks.items()}
    first = {names[one.second]: names[one.first] for one in reversed(built.duplicates)}
    found = {}
    for path in sorted(folder.iterdir()):
        error = built.ingested.failures.get(path.name)
        if error is not None:
            found[path.name] = f"failed: {error.reason}" if isinstance(error, AudioRejected) else f"failed: {error.message}"
        elif path.stem not in tracks:
            found[path.name] = "unseen"
        else:
            verdict = built.verdicts[tracks[path.stem]]
            marks = [part.part for part in verdict.quality.parts if part.cost >= MARK] if verdict.quality else []
            copy = f"copy of {first[path.stem]}" if path.stem in first else "kept"
            found[path.name] = (
                f"rejected: {verdict.reason}" if verdict.reason else f"marked: {', '.join(marks)}" if marks else copy
            )
    return found


def plan(producer: str = "Ada", *, workers: int = 1, profile: Profile = PROFILE) -> BuildPlan:
    """A build of a producer's own music, a fifth of it held out."""
    return BuildPlan(
        ingest=IngestPlan(producer=producer, licence="own", provider="self"),
        screen=ScreenPlan(profile=profile, workers=workers),
        dataset=DatasetPlan(split=SplitPlan(share=0.2)),
    )


def work(folder: Path, library: Library, asked: BuildPlan | None = None) -> Steps[BuildResult]:
    """A build of `folder` with `Ears`, to be run."""
    return build(folder, asked or plan(), MeterTagger(Ears()), [SidecarTagger()], library)  # type: ignore[arg-type]


def pairs(library: Library) -> set[frozenset[str]]:
    """The titles of all tracks that are one recording, in pairs."""
    titles = {track.id: track.title for track in library.tracks.list()}
    notes = library.tracks.notes_of_kind(NOTE, ScreenNote)
    found = duplicates({titles[name]: fingerprint_of(note, library) for name, note in notes.items()})
    return {frozenset((one.first, one.second)) for one in found}


def _no_sound() -> list[Planted]:
    return [
        Planted("empty.wav", "failed: empty", lambda path: path.write_bytes(b"")),
        Planted("text.wav", "failed: not_audio", lambda path: path.write_text("la la la\n" * 100)),
        Planted("picture.mp3", "failed: not_audio", lambda path: path.write_bytes(JPEG)),
        Planted("nothing-inside.wav", "rejected: empty", lambda path: path.write_bytes(wav_header(data_bytes=0))),
    ]


def _lying() -> list[Planted]:
    def liar(**header: Any) -> Callable[[Path], object]:
        return lambda path: path.write_bytes(wav_header(**header) + bytes(400))

    def half(seed: int) -> Callable[[Path], object]:
        return lambda path: _cut(_written(path, music(seed)))

    hour = np.zeros(3_600 * 8_000, np.int16)
    nan = np.where(np.arange(round(LENGTH * RATE)) == 77_777, np.nan, music(15)).astype(np.float32)
    return [
        Planted("cut-stream.mp3", "rejected: truncated", half(11)),
        Planted("cut-lossless.flac", "rejected: corrupt", half(12)),
        Planted("cut-short.wav", "failed: truncated", half(13)),
        Planted("cut-movie.m4a", "rejected: corrupt", lambda path: _cut(m4a(path, music(14)))),
        Planted("liar.wav", "failed: truncated", liar(data_bytes=400_000)),
        Planted("crowd.wav", "failed: too_many_channels", liar(channels=65_535)),
        Planted("too-fast.wav", "failed: unsupported_rate", liar(rate=384_000)),
        Planted("bomb.flac", "rejected: too_long_to_decode", lambda path: soundfile.write(path, hour, 8_000)),
        Planted("not-a-number.wav", "rejected: nan", lambda path: soundfile.write(path, nan.T, RATE, subtype="FLOAT")),
    ]


def _poor() -> list[Planted]:
    silence = np.zeros((2, 6 * RATE), np.float32)
    mostly = np.concatenate([music(21, 4.0), silence], axis=1)
    dull = music(22).mean(axis=0)[::6]
    return [
        Planted("silence.flac", "rejected: excessive_silence", lambda path: files.write(path, silence)),
        Planted("mostly-silence.flac", "rejected: excessive_silence", lambda path: files.write(path, mostly)),
        Planted("short.flac", "rejected: too_short", lambda path: files.write(path, music(23, 3.0))),
        Planted("clipped.flac", "rejected: excessive_clipping", lambda path: files.write(path, clipped(music(24), 0.005))),
        Planted(
            "clipped-quiet.wav", "rejected: excessive_clipping", lambda path: files.write(path, 0.5 * clipped(music(25), 0.005))
        ),
        Planted("offset.wav", "marked: DC offset", lambda path: files.write(path, music(26) + np.float32(0.03))),
        Planted("telephone.wav", "marked: missing highs", lambda path: soundfile.write(path, dull, 8_000)),
    ]


def _unseen() -> list[Planted]:
    return [
        Planted("folder.wav", "unseen", lambda path: path.mkdir()),
        Planted("broken-link.wav", "unseen", lambda path: path.symlink_to(path.with_name("nowhere.wav"))),
        Planted(".hidden.wav", "unseen", lambda path: files.write(path, music(31))),
    ]


def _twice() -> list[Planted]:
    expected = f"copy of {Path(ORIGINAL).stem}"
    return [
        Planted("original-as.mp3", expected, lambda path: files.write(path, music(1), kbps=128)),
        Planted("original-quiet.wav", expected, lambda path: files.write(path, 0.5 * music(1))),
        Planted("original-later.wav", expected, lambda path: files.write(path, music(1)[:, 2 * RATE :])),
    ]


def _written(path: Path, sound: Samples) -> Path:
    return files.write(path, sound)


def _cut(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def main() -> None:
    """Build `FOLDER STUDIO PRODUCER WORKERS SHORTEST`; a line for every event, then the fingerprint."""
    folder, studio, producer, workers, shortest = sys.argv[1:]
    profile = PROFILE.model_copy(update={"shortest": float(shortest), "longest": 240.0})
    asked = plan(producer, workers=int(workers), profile=profile)
    with open_library(Settings(studio=Path(studio))) as library:
        told = work(Path(folder), library, asked)
        done = finish(told, lambda event: print(event.what, event.done, event.total, flush=True))  # noqa: T201
    print("fingerprint", done.frozen.manifest.fingerprint, 0, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
