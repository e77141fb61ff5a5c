"""The routes that every kind of sound has: its bytes, its peaks, its picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from .answers import answer
from .media import media_type, send_file
from .previews import Peaks, Sound
from .served import Here, Served

BINARY: Final[dict[int | str, dict[str, Any]]] = {
    206: {"description": "The range of bytes that was asked for.", "content": {"application/octet-stream": {}}},
    304: {"description": "The client has it."},
    416: {"description": "The range lies past the end."},
}
"""What contents may answer besides themselves."""


def add_sound_routes(router: APIRouter, kind: str, find: Callable[[str, Served], Sound]) -> None:
    """Add the routes of the sounds of a `kind` (`take`), which `find` looks up by id."""

    def read_audio(request: Request, key: str, here: Here) -> Response:
        """Send the sound as it is stored, or one range of its bytes."""
        sound = find(key, here)
        return send_file(request, sound.path, tag=sound.blob.removeprefix("b2:"), media=media_type(sound.path))

    def read_peaks(request: Request, key: str, here: Here) -> Response:
        """Read which peaks there are: three resolutions, computed once."""
        return answer(request, here.previews.peaks(find(key, here)))

    def read_peaks_level(request: Request, key: str, level: str, here: Here) -> Response:
        """Send the peaks of one resolution: three signed bytes each, lowest, highest and RMS, where 127 is full scale."""
        sound = find(key, here)
        path = here.previews.level(sound, level)
        return send_file(request, path, tag=f"{sound.blob[3:35]}-{level}", media="application/octet-stream")

    def read_picture(request: Request, key: str, here: Here) -> Response:
        """Send a picture of the sound: waveform above spectrogram."""
        sound = find(key, here)
        return send_file(request, here.previews.picture(sound), tag=f"{sound.blob[3:35]}-picture", media="image/png")

    binary = {200: {"description": "The content.", "content": {"application/octet-stream": {}}}, **BINARY}
    for path, route, name in (
        ("audio", read_audio, f"read_{kind}_audio"),
        ("peaks/{level}", read_peaks_level, f"read_{kind}_peaks_level"),
        ("picture", read_picture, f"read_{kind}_picture"),
    ):
        router.add_api_route(f"/{{key}}/{path}", route, operation_id=name, response_class=Response, responses=binary)
    router.add_api_route("/{key}/peaks", read_peaks, operation_id=f"read_{kind}_peaks", response_model=Peaks)
