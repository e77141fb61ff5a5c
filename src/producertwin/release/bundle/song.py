"""A released song as a folder: the sound with its disclosure inside, its lineage, what was checked of it, and checksums.

FOLDER/TITLE.flac (or .wav, .mp3)   the song; its comment says what of it is AI, and its record makes it again
FOLDER/README.md, dossier.json      the same for people and for programs
FOLDER/disclosure.json              the disclosure alone, for shops and players
FOLDER/TITLE.png                    waveform and spectrogram
FOLDER/c2pa.json                    the C2PA manifest, which is inside the sound too where it was signed
FOLDER/SHA256SUMS                   the checksum of every file
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ... import __version__
from ...audio import files
from ...disk import write_json, write_whole
from ...library import Library, Take, sums
from ...pipeline.delivery import copy_tags, write_copy
from ...reporting.waveform import draw
from ...wording import plural
from . import card
from .card import plain
from .dossier import NAME
from .lineage import SongDossier

DISCLOSURE: Final = "disclosure.json"
MANIFEST: Final = "c2pa.json"


def write_sound(take: Take, place: Path, found: SongDossier, library: Library) -> None:
    """Write the song of `take` to `place` with its disclosure inside, and its picture beside it."""
    content = library.takes.content(take)
    tags = replace(copy_tags(take, library.takes), title=found.title, artist=found.artist, comment=found.disclosure)
    write_copy(content, place, replace(tags, date=f"{found.created:%Y-%m-%d}"))
    picture = draw(files.read(content), title=found.title[:80], subtitle=found.artist[:80])
    write_whole(place.with_suffix(".png"), picture)


def write_papers(found: SongDossier, folder: Path) -> None:
    """Write everything that tells of the song into `folder`, and the checksums of all that is in it."""
    write_json(folder / NAME, found.model_dump(mode="json", by_alias=True))
    write_json(folder / DISCLOSURE, disclose(found))
    write_whole(folder / card.NAME, describe_song(found).encode())
    sums.write_sums(folder)


def disclose(found: SongDossier) -> dict[str, Any]:
    """The disclosure alone."""
    return {
        "schema": "twin.disclosure/1",
        "title": found.title,
        "artist": found.artist,
        "statement": found.disclosure,
        "digital_source_type": found.source_type,
        "instruments": list(found.lineage.instruments),
        "software": f"Producer Twin {found.version}",
        "samples": found.samples,
    }


def write_manifest(found: SongDossier) -> dict[str, Any]:
    """The C2PA manifest of a song (C2PA 2.1, actions v2), before it is signed.

    Source: C2PA technical specification 2.1, section 18, actions; IPTC digital source types.
    """
    agent = {"name": "Producer Twin", "version": __version__}
    action = "c2pa.created" if not found.lineage.sounds else "c2pa.edited"
    return {
        "claim_generator_info": [agent],
        "title": found.title,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": action, "digitalSourceType": found.source_type, "softwareAgent": agent}]},
            },
            {"label": "org.producertwin.song", "data": disclose(found)},
        ],
    }


def describe_song(found: SongDossier) -> str:
    """What a person reads of the song, as Markdown."""
    return "\n".join(line for part in (_opening(found), _sources(found), _twins(found)) for line in part).rstrip() + "\n"


def _opening(found: SongDossier) -> Iterator[str]:
    facts = [f"{found.seconds:.0f} s"]
    facts += [f"{found.loudness:.1f} LUFS"] if found.loudness is not None else []
    facts += [f"{found.true_peak:.1f} dBTP"] if found.true_peak is not None else []
    yield f"# {plain(found.title)}"
    yield ""
    yield f"By {plain(found.artist)}. {', '.join(facts)}. Licence `{found.licence}`."
    yield ""
    yield f"**{plain(found.disclosure)}**"
    yield ""
    yield f"- Digital source type: {found.source_type}"
    yield f"- Made again from its record when it was released: {plain(found.replayed)}"
    signed = "the sound carries a signed manifest" if found.signed else f"not signed; the manifest is in `{MANIFEST}`"
    yield f"- C2PA: {signed}"
    yield ""


def _sources(found: SongDossier) -> Iterator[str]:
    yield "## Made of"
    yield ""
    yield "| take | what | by | words | of |"
    yield "|---|---|---|---|---|"
    for take in found.lineage.takes:
        yield f"| {take.take} | {take.kind} | {plain(take.variant)} | {plain(take.caption)} | {', '.join(take.parents) or '-'} |"
    yield ""
    for sound in found.lineage.sounds:
        licence = sound.licence or "no licence is stated"
        yield f"- Recording from outside: {plain(sound.name)}{f' by {plain(sound.artist)}' if sound.artist else ''}, {licence}"
    if found.lineage.sounds:
        yield ""


def _twins(found: SongDossier) -> Iterator[str]:
    if not found.lineage.twins:
        return
    yield "## Twins that play on it"
    yield ""
    for twin in found.lineage.twins:
        learned = twin.learned.expression if twin.learned else ""
        of = (
            f"learned from {plural(len(twin.learned.side('train')), 'song')} under {learned}"
            if twin.learned
            else "its training set is not known here"
        )
        yield f"- {plain(twin.producer or twin.name)}: {of}; {twin.copies_in_words}."
    yield ""
