"""`twin takes page`: a contact sheet of takes: one page with their sounds, or a folder with a page and sounds beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound, Unavailable
from ..library import Filter, Take
from ..progress import Clock, Steps, warning
from ..recipe import Record
from .sounds import find_sound
from .studio import Studio

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..reporting.contact_sheet import Card
    from ..reporting.html import Markup

INDEX: Final = "index.html"
SOUNDS: Final = "sounds"
_HTML: Final = (".html", ".htm")


class TakesPagePlan(Record):
    """Which takes stand on the page, and where it is written."""

    filter: Filter = Filter()
    """Which takes."""
    out: Path
    """A page (.html) with the sounds in it, or a folder with a page and sounds."""


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """A contact sheet."""

    takes: tuple[str, ...]
    files: tuple[Path, ...]
    """The page, and sounds beside it."""
    missing: tuple[str, ...] = ()
    """Takes whose sound is missing or damaged."""


def page(plan: TakesPagePlan, studio: Studio) -> Steps[WrittenSheet]:
    """Write the contact sheet of `plan`, replacing what is there. Warns of takes that cannot be heard.

    Raises `NotFound` where there is no take to show, `BadInput` where the place cannot be written, `Resources` on a full disk.
    """
    from ..disk import chunks_of, write_whole
    from ..reporting.contact_sheet import sheet

    takes = _choose_takes(plan, studio)
    inside = _is_inside(plan)
    clock, cards, missing = Clock("page", len(takes)), [], []
    on_page = {take.id for take in takes}
    for done, take in enumerate(takes):
        yield clock.at(done, take.id)
        sound = yield from _read(take, studio)
        if sound is None:
            missing.append(take.id)
            yield warning(f"take {take.id} cannot be heard: its sound is missing or damaged; see `twin takes verify`")
        elif not inside:
            write_whole(_sound_file(plan, take), chunks_of(studio.library.takes.content(take)))
        cards.append(_card(take, sound, on_page, studio, inside=inside))
    newest = takes[0].created.astimezone()
    about = f"{len(takes)} takes, newest first, the newest of {newest:%Y-%m-%d %H:%M}. Tab leads to a player, space plays it."
    files = _files(plan, takes)
    write_whole(files[0], sheet("Takes", about, cards, inside=inside).encode("utf-8", "replace"))
    yield clock.at(len(takes))
    return WrittenSheet(tuple(take.id for take in takes), files, tuple(missing))


def plan_page(plan: TakesPagePlan, studio: Studio) -> WrittenSheet:
    """The files that `page` would write. Raises `NotFound` where there is no take to show."""
    takes = _choose_takes(plan, studio)
    return WrittenSheet(tuple(take.id for take in takes), _files(plan, takes))


def _choose_takes(plan: TakesPagePlan, studio: Studio) -> tuple[Take, ...]:
    takes = studio.library.takes.list(plan.filter.leave_out_latents())
    if not takes:
        raise NotFound("no take is to be shown", remedy="see `twin takes list`, with the same options")
    return takes


def _is_inside(plan: TakesPagePlan) -> bool:
    return plan.out.suffix.lower() in _HTML


def _sound_file(plan: TakesPagePlan, take: Take) -> Path:
    return plan.out / SOUNDS / f"{take.id}.flac"


def _files(plan: TakesPagePlan, takes: Sequence[Take]) -> tuple[Path, ...]:
    if _is_inside(plan):
        return (plan.out,)
    return plan.out / INDEX, *(_sound_file(plan, take) for take in takes)


def _read(take: Take, studio: Studio) -> Steps[Samples | None]:
    """The sound of a take; None where it is missing or cannot be decoded."""
    from ..audio import files

    try:
        return files.read((yield from find_sound(take, studio)))
    except (NotFound, BadInput, Unavailable):
        return None


def _card(take: Take, sound: Samples | None, on_page: set[str], studio: Studio, *, inside: bool) -> Card:
    from ..reporting.contact_sheet import Card
    from ..reporting.embedded import sound_address

    made = take.created.astimezone()
    address = None if sound is None else sound_address(sound) if inside else f"{SOUNDS}/{take.id}.flac"
    return Card(
        id=take.id,
        title=take.caption or f"{take.task} without a caption",
        about=f"{take.id}, {made:%Y-%m-%d %H:%M}",
        facts=tuple(_facts(take, sound, on_page, studio)),
        words=take.lyrics,
        pictures=() if sound is None else _pictures(sound),
        address=address,
    )


def _pictures(sound: Samples) -> tuple[Markup, ...]:
    from ..dataset.waveform_preview import HALF, waveform_preview
    from ..reporting.embedded import thumbnail
    from ..reporting.outline import outline

    drawn = waveform_preview([sound])
    return outline(drawn.peaks, drawn.powers, HALF), thumbnail(sound, "spectrogram, low notes below, time to the right")


def _facts(take: Take, sound: Samples | None, on_page: set[str], studio: Studio) -> Iterator[tuple[str, str | Markup]]:
    """What is known of a take, as name and words; empty where it is not known."""
    from ..quality.detectors.flags import NAMES, find
    from ..reporting.waveform import format_time

    metas, loudness = take.metas, take.meters.get("loudness_lufs")
    yield "length", format_time(take.seconds)
    asked = (f"{metas.bpm:g} bpm" if metas.bpm else "", metas.key or "", f"{metas.meter} beats per bar" if metas.meter else "")
    yield "asked", ", ".join(filter(None, asked))
    played = take.meters.get("bpm")
    yield "measured", f"{played:.0f} bpm" if played else ""
    yield "loudness", f"{loudness:.1f} LUFS" if loudness is not None else ""
    if sound is not None:
        heard = find(sound)
        yield "verdict", ", ".join(name.replace("_", " ") for name in NAMES if getattr(heard, name)) or "no defect"
    yield "played by", " with ".join([take.variant, *(f"{one.name} at {one.scale:g}" for one in take.adapters)])
    yield "seed", str(take.seed)
    yield "task", take.task
    yield "session", take.session or ""
    yield "made from", _links(take.parents, on_page)
    yield "made into", _links(studio.library.takes.children(take.id), on_page)


def _links(ids: Sequence[str], on_page: set[str]) -> Markup:
    """Ids of takes, those on the page as links."""
    from ..reporting.contact_sheet import link
    from ..reporting.html import Markup

    return Markup(", ".join(link(one, one) if one in on_page else one for one in ids))
