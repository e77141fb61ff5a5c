"""A training set in the forms that others read; `exports` reads them back.

    folder          CATEGORY/NAME.flac|mp3, NAME_prompt.txt, NAME_lyrics.txt
    acestep-json    audio/NAME.flac|mp3 and dataset.json, as ACE-Step 1.5's trainer reads it
    training-data   training_data/PRODUCER/audio/NAME.…, training_data/PRODUCER/text/NAME.txt
    hf              a Hugging Face `datasets` folder (needs the package `datasets`)

Every form also gets `metadata/`: the frozen manifest, sources.json, style_mapping.json and quality_scores.json. A track of
several clips has one file and one text for each. An export is written under another name beside its folder and renamed when it is
whole, so that what a kill leaves is never taken for a training set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ..audio import files
from ..disk import check_new, whole_folder, write_whole
from ..errors import BadInput, Unavailable
from ..house_band.styles import STYLES
from ..library import Library, Track
from ..music import INSTRUMENTAL
from ..progress import Clock, Steps
from . import manifest as manifests
from .manifest import Manifest, Row
from .screen import ScreenNote

Audio = Literal["flac", "mp3"]
FORMATS: Final = ("folder", "acestep-json", "training-data", "hf")
METADATA: Final = "metadata"
MANIFEST: Final = "dataset_manifest.json"
_HF: Final = "hf"
_LONGEST_NAME: Final = 120
"""Most bytes of a folder's name that people chose; drives take 255."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of a row: its name, and the blob it holds."""

    row: Row
    name: str
    clip: str


Place = Callable[[ExportFile], tuple[Path, Path, Path | None]]
"""Where a piece's sound, caption and lyrics go, relative to the export; None for no file of lyrics."""


def export(manifest: Manifest, form: str, out: Path, library: Library, *, audio: Audio = "flac") -> Steps[Path]:
    """Write `manifest` as `form` into the new folder `out`, all or nothing; returns it.

    Raises `BadInput` for an unknown form or a folder that is not empty, `Unavailable` when `hf` lacks its package.
    """
    place = place_of(form)
    check_new(out)
    tables = _tables() if form == _HF else None
    pieces = list(name_files(manifest))
    clock = Clock(f"export {form}", len(pieces))
    with whole_folder(out) as desk:
        for done, piece in enumerate(pieces):
            yield clock.at(done, piece.name)
            _write(piece, place(piece), desk, library, audio)
        if form == "acestep-json":
            _put(desk / "dataset.json", _json(acestep(manifest, pieces, audio)))
        if tables is not None:
            _hf(tables, pieces, desk, audio)
        write_metadata(manifest, desk, library)
    yield clock.at(len(pieces))
    return out


def place_of(form: str) -> Place:
    """Where the form `form` puts its files. Raises `BadInput` for an unknown form."""
    if form not in FORMATS:
        raise BadInput(f"no format {form!r}", remedy=f"choose one of {', '.join(FORMATS)}")
    return _PLACES.get(form, _in_audio)


def name_files(manifest: Manifest) -> Iterator[ExportFile]:
    """Every file of a training set, with a name of its own."""
    for row in manifest.rows:
        yield from (ExportFile(row, name, clip) for name, clip in file_names(row.title, row.track, row.clips))


def file_names(title: str, track: str, clips: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A name for each of a track's clips: the title in plain letters, the beginning of the id, and which of several it is."""
    words = "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:60] or "track"
    for number, clip in enumerate(clips):
        yield f"{words}-{track[:6]}" + (f"-{number:03d}" if len(clips) > 1 else ""), clip


def export_screened(
    tracks: Sequence[Track], notes: Mapping[str, ScreenNote], out: Path, library: Library, *, audio: Audio
) -> Steps[list[Path]]:
    """Write the prepared sound of `tracks` into the folder `out`; returns the files."""
    todo = [pair for track in tracks for pair in file_names(track.title, track.id, notes[track.id].clips)]
    clock, written = Clock(f"write {audio}", len(todo)), []
    for done, (name, clip) in enumerate(todo):
        yield clock.at(done, name)
        _put(out / f"{name}.{audio}", _encode(library.blobs.get(clip), audio))
        written.append(out / f"{name}.{audio}")
    yield clock.at(len(todo))
    return written


def acestep(manifest: Manifest, pieces: list[ExportFile], audio: Audio) -> dict[str, Any]:
    """The JSON of ACE-Step 1.5's trainer."""
    sung = [piece.row.lyrics != INSTRUMENTAL for piece in pieces]
    return {
        "metadata": {
            "name": manifest.plan.producer or "dataset",
            "custom_tag": "",
            "tag_position": "prepend",
            "num_samples": len(pieces),
            "all_instrumental": not any(sung),
            "genre_ratio": 0,
        },
        "samples": [
            {
                "id": piece.name,
                "audio_path": f"audio/{piece.name}.{audio}",
                "filename": f"{piece.name}.{audio}",
                "caption": piece.row.caption,
                "genre": STYLES[piece.row.style].coarse if piece.row.style in STYLES else "",
                "lyrics": piece.row.lyrics,
                "raw_lyrics": piece.row.lyrics,
                "formatted_lyrics": piece.row.lyrics,
                "bpm": None if piece.row.bpm is None else round(piece.row.bpm),
                "keyscale": piece.row.key or "",
                "timesignature": "" if piece.row.meter is None else str(piece.row.meter),
                "duration": round(piece.row.seconds),
                "language": piece.row.language,
                "is_instrumental": not voice,
                "custom_tag": "",
                "labeled": True,
                "prompt_override": None,
            }
            for piece, voice in zip(pieces, sung, strict=True)
        ],
    }


def write_metadata(manifest: Manifest, out: Path, library: Library) -> None:
    """Write `metadata/`: the manifest, where every track comes from, its styles and its scores."""
    home = out / METADATA
    home.mkdir(parents=True, exist_ok=True)
    sources = {
        row.track: library.tracks.get(row.track).source.model_dump(mode="json", exclude_none=True) for row in manifest.rows
    }
    scores = {row.track: {"score": row.quality, "rating": row.rating, "verified": not row.flags} for row in manifest.rows}
    manifests.write(manifest, home / MANIFEST)
    _put(home / "sources.json", _json(sources))
    _put(home / "style_mapping.json", _json({row.track: [row.style] for row in manifest.rows}))
    _put(home / "quality_scores.json", _json(scores))


def _in_folder(piece: ExportFile) -> tuple[Path, Path, Path | None]:
    category = STYLES[piece.row.style].category if piece.row.style in STYLES else "other"
    home = Path(category)
    return home / f"{piece.name}.flac", home / f"{piece.name}_prompt.txt", home / f"{piece.name}_lyrics.txt"


def _in_audio(piece: ExportFile) -> tuple[Path, Path, Path | None]:
    home = Path("audio")
    return home / f"{piece.name}.flac", home / f"{piece.name}_prompt.txt", home / f"{piece.name}_lyrics.txt"


def _in_training_data(piece: ExportFile) -> tuple[Path, Path, Path | None]:
    words = "-".join(re.findall(r"[\w]+", piece.row.producer))
    producer = words.encode()[:_LONGEST_NAME].decode(errors="ignore") or "producer"
    home = Path("training_data") / producer
    return home / "audio" / f"{piece.name}.flac", home / "text" / f"{piece.name}.txt", None


_PLACES: Final[dict[str, Place]] = {"folder": _in_folder, "training-data": _in_training_data}


def _write(piece: ExportFile, place: tuple[Path, Path, Path | None], out: Path, library: Library, audio: Audio) -> None:
    sound, words, lyrics = (None if path is None else out / path for path in place)
    if sound is None or words is None:
        raise AssertionError("every form has sounds and captions")
    _put(sound.with_suffix(f".{audio}"), _encode(library.blobs.get(piece.clip), audio))
    _put(words, piece.row.caption.encode())
    if lyrics is not None:
        _put(lyrics, piece.row.lyrics.encode())


def _encode(blob: Path, audio: Audio) -> bytes:
    return blob.read_bytes() if audio == "flac" else files.encode(files.read(blob), "mp3", kbps=320)


def _tables() -> Any:
    """The package that writes `hf`. Raises `Unavailable` where it is not installed."""
    try:
        import datasets
    except ImportError:
        remedy = 'pip install "producertwin[hf]", or choose folder or acestep-json'
        raise Unavailable("the package `datasets` is not installed", remedy=remedy) from None
    return datasets


def _hf(tables: Any, pieces: list[ExportFile], out: Path, audio: Audio) -> None:
    """The table of a `datasets` folder, loadable with `load_from_disk`; sounds are named by path."""
    tables.disable_progress_bars()  # progress is told by whoever follows the export
    parts = {}
    for side, name in (("train", "train"), ("holdout", "validation")):
        rows = [
            {
                "keys": piece.name,
                "audio": f"audio/{piece.name}.{audio}",
                "prompt": piece.row.caption,
                "tags": piece.row.caption.split(", "),
                "lyrics": piece.row.lyrics,
                "style_id": piece.row.style,
                "duration": piece.row.seconds,
                "bpm": piece.row.bpm,
                "key": piece.row.key,
            }
            for piece in pieces
            if piece.row.side == side
        ]
        if rows:
            parts[name] = tables.Dataset.from_list(rows)
    tables.DatasetDict(parts).save_to_disk(str(out / _HF))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()
