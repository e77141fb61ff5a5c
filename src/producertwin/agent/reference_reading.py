"""Read songs that an album is to be like: what is heard, and what of it is believed.

Everything is read by what the studio has: style and instruments by `dataset.taggers`, with the chances from which they are sure
there; tempo, key, chords and form as for a song sheet; loudness by the meters; a vector by the offline embedder. What is not sure
is told and not taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import AudioRejected, BadInput, NotFound
from ..house_band.outline import kind_of, read_form
from ..house_band.styles import STYLES
from ..progress import Clock, Steps, note
from ..recipe import read
from ..timebase import SAMPLE_RATE
from ..wording import duration
from . import vocabulary
from .references import LONGEST, MOST, SHORTEST, Reference

if TYPE_CHECKING:
    from ..audio.fingerprints import Fingerprint
    from ..audio.samples import Samples
    from ..dataset.taggers import TagResult
    from ..verbs.opened_sound import OpenedSound
    from ..verbs.studio import Studio

_NO_DRUMS: Final = 0.05
"""Chance of drums below which a song is taken to have none."""
_DULL_RATE: Final = 32_000
"""Samples a second below which a file is told as dull."""
_KINDS: Final = 2
_BARS: Final = 8
"""Kinds of sections, and bars, from which on a form is believed."""
_STEADY: Final = 0.8
"""Share of the beats with the chord of their half bar from which on chords are believed."""
_UNPITCHED: Final = frozenset({"vocals", "backing_vocals", "fx", "percussion", "drums"})


def read_references(
    names: Sequence[str], studio: Studio, *, adapters: Sequence[str] = (), keep: bool = True
) -> Steps[tuple[Reference, ...]]:
    """What is read of the sound files or takes called `names`, each content once.

    `adapters` are those that the album is played with: a copy of what one learned from is told as such. `keep` keeps the sounds
    of files among the studio's assets, where an album finds them by their hashes. Raises `NotFound`, `AudioRejected`, and
    `BadInput` for more than `MOST` and for what is no music, too short or too long.
    """
    from ..library.blobs import name_of
    from ..verbs.opened_sound import Meant, check_subject, open_sound

    if len(names) > MOST:
        raise BadInput(f"{len(names)} references are more than an album takes", remedy=f"give at most {MOST}")
    for name in names:
        check_subject(name, Meant(), studio)
    lessons = _load_lessons(adapters, studio) if names else []
    found: dict[str, Reference] = {}
    clock = Clock("reading references", len(names))
    for done, name in enumerate(names):
        yield clock.at(done, name)
        opened = yield from open_sound(name, studio, LONGEST)
        content = name_of(opened.path)
        if content not in found:
            found[content] = _read(opened, content, studio, lessons)
            if keep:
                _keep(opened, content, studio)
    yield clock.at(len(names))
    return tuple(found.values())


def find_references(
    names: Sequence[str], before: Sequence[Reference], studio: Studio, *, adapters: Sequence[str] = (), keep: bool = True
) -> Steps[tuple[Reference, ...]]:
    """What is read of `names` for an album that was begun with the references `before`, of which none needs its file again.

    Without names it goes on with those; the name of one whose file, or take, is gone is that one, and where several are called
    alike they are meant in order. Raises as `read_references` does, and `BadInput` where it is unclear which one is meant.
    """
    gone = _pair_gone(names, before, studio)
    if not names or not gone:
        return (yield from read_references(names, studio, adapters=adapters, keep=keep)) if names else tuple(before)
    yield from (note(f"{name} is gone: what was read of it stands in the album") for name in gone)
    found: dict[str, Reference] = {}
    for name in names:
        read = (gone[name],) if name in gone else (yield from read_references([name], studio, adapters=adapters, keep=keep))
        found |= {one.content: one for one in read if one.content not in found}
    return tuple(found.values())


def _pair_gone(names: Sequence[str], before: Sequence[Reference], studio: Studio) -> dict[str, Reference]:
    """Those of `names` that are neither a file nor a take by now, with the references that they were."""
    found: dict[str, Reference] = {}
    given = tuple(dict.fromkeys(names))
    for name in given:
        known = [one for one in before if one.name == Path(name).name]
        if not known or _is_here(name, studio):
            continue
        alike = [one for one in given if Path(one).name == Path(name).name]
        if len(known) not in (1, len(alike)):
            message = f"{name} is gone, and the album was begun with {len(known)} songs that are called {known[0].name}"
            raise BadInput(message, remedy="give all of them, in the same order, or leave brief and --like out to go on")
        found[name] = known[alike.index(name) if len(known) > 1 else 0]
    return found


def _is_here(name: str, studio: Studio) -> bool:
    """Whether `name` is a file or a take. Raises `BadInput` where several takes begin with it."""
    from ..verbs.opened_sound import Meant, check_subject

    try:
        check_subject(name, Meant(), studio)
    except NotFound:
        return False
    return True


def _read(opened: OpenedSound, content: str, studio: Studio, lessons: Sequence[tuple[str, Fingerprint]]) -> Reference:
    """One reference. Raises as `read_references` does."""
    from ..audio.fingerprints import fingerprint, match
    from ..audio.loudness import loudness
    from ..dataset.taggers import MeterTagger
    from ..pipeline.sources import check_audible
    from ..verbs.scorers import middle_vector

    sound, name = opened.decoded.samples, opened.name
    seconds = sound.shape[1] / SAMPLE_RATE
    if seconds < SHORTEST:
        raise BadInput(f"{name} lasts {seconds:.1f} s", remedy=f"a reference lasts {SHORTEST:g} s to {duration(LONGEST)}")
    check_audible(sound, name)
    embedder = studio.load_embedder()
    tags = MeterTagger(embedder).tag(sound, {})
    told: dict[str, list[str]] = {"read": [], "doubted": []}
    facts = _read_song(sound, tags, name, told) | _read_style(tags, told)
    loud = loudness(sound)
    if np.isfinite(loud):
        facts["loudness"] = round(float(loud), 1)
        told["read"].append(f"{loud:.1f} LUFS")
    if (rate := opened.decoded.info.rate) < _DULL_RATE:
        told["doubted"].append(f"its brightness: of {rate:,} samples a second nothing sounds above {rate // 2:,} Hz")
    print_ = fingerprint(sound) if lessons else None
    copies = [title for title, other in lessons if print_ is not None and match(print_, other) is not None]
    if copies:
        told["doubted"].append(f"likeness to it: a twin of this album learned from it ({copies[0]}), and a copy would be praised")
    vector = [round(float(value), 6) for value in middle_vector(embedder, sound)]
    facts |= {"content": content, "name": name, "seconds": round(seconds, 3), "vector": vector, "learned": (copies or [""])[0]}
    return read(Reference, facts | told, where=name)


def _read_song(sound: Samples, tags: TagResult, name: str, told: dict[str, list[str]]) -> dict[str, Any]:
    """Tempo, key, form and chords, as far as they are believed. Raises `BadInput` where no music is heard."""
    from ..dataset.taggers import SURE_KEY, SURE_STEM, SURE_TEMPO
    from ..house_band.heard_song import hear_song, write_heard

    facts: dict[str, Any] = {}
    believed, doubted = told["read"], told["doubted"]
    if tags.key_confidence >= SURE_KEY:
        facts["key"] = tags.key
        believed.append(f"{tags.key} ({tags.key_confidence:.0%} sure)")
    else:
        doubted.append(f"{tags.key} ({tags.key_confidence:.0%} sure)")
    if tags.bpm is None or tags.bpm_confidence < SURE_TEMPO:
        doubted.append(f"a tempo of {tags.bpm} bpm ({tags.bpm_confidence:.0%} sure)" if tags.bpm else "a tempo: no beat is heard")
        if not any(chance >= SURE_STEM for stem, chance in tags.stems.items() if stem not in _UNPITCHED):
            raise BadInput(f"no music is heard in {name}: no beat, and nobody who plays", remedy="give a song")
        return facts
    facts["bpm"] = tags.bpm
    try:
        heard = hear_song(sound)
    except BadInput as error:
        believed.append(f"{tags.bpm:g} bpm ({tags.bpm_confidence:.0%} sure)")
        doubted.append(f"form and chords: {error.message}")
        return facts
    if not 0.97 < heard.bpm / tags.bpm < 1.03:
        believed.append(f"{tags.bpm:g} bpm ({tags.bpm_confidence:.0%} sure)")
        doubted.append(f"form and chords: their bars were counted at {heard.bpm:.0f} bpm")
        return facts
    facts["bpm"] = round(heard.bpm, 2)
    believed.append(f"{heard.bpm:.1f} bpm ({tags.bpm_confidence:.0%} sure; twice or half as fast fits nearly as well)")
    song = write_heard(heard)
    parts = read_form(song.form)
    if sum(bars for _, bars in parts) >= _BARS and len({kind_of(part) for part, _ in parts}) >= _KINDS:
        facts["form"] = song.form
        believed.append(f"form: {song.form}")
    else:
        doubted.append(f"form: {song.form}")
    if facts.keys() >= {"key", "form"} and heard.steady >= _STEADY:
        facts["chords"] = song.chords
        believed.append(f"chords ({heard.steady:.0%} of the beats have the chord of their half bar): {_shorten(song.chords)}")
    else:
        doubted.append(f"chords ({heard.steady:.0%} of the beats have the chord of their half bar): {_shorten(song.chords)}")
    return facts


def _shorten(chords: str) -> str:
    text = " ".join(re.sub(r"\n", "; ", chords).split())
    return text if len(text) <= 100 else f"{text[:100]} …"


def _read_style(tags: TagResult, told: dict[str, list[str]]) -> dict[str, Any]:
    """Style and instruments, as far as they are believed."""
    from ..dataset.captions import Flag
    from ..dataset.taggers import describe

    caption, facts = describe(tags, {}, tagger="measure"), dict[str, Any]()
    style = f"{STYLES[tags.style or caption.style].name} ({tags.style_chance:.0%})"
    if Flag.NO_CLEAR_STYLE in caption.flags:
        told["doubted"].append(f"style: {style}, and no other is likelier")
    else:
        facts["style"] = caption.style
        told["read"].append(f"sounds most like {style}{', unsure' if Flag.UNSURE_STYLE in caption.flags else ''}")
    words = (vocabulary.look_up(tuple(one.split())) for one in caption.tags.get("instruments", ()))
    facts["instruments"] = tuple(dict.fromkeys(one.text for one in words if one is not None and one.kind == "instrument"))
    facts["drums"] = tags.stems.get("drums", 1.0) >= _NO_DRUMS
    heard = [*facts["instruments"], *([] if facts["drums"] else ["no drums"])]
    told["read"] += [f"plays: {', '.join(heard)}"] if heard else []
    if caption.tags.get("vocal_type", ("instrumental",)) != ("instrumental",):
        told["doubted"].append("a voice: say in the brief who sings")
    return facts


def _load_lessons(adapters: Sequence[str], studio: Studio) -> list[tuple[str, Fingerprint]]:
    """Titles and fingerprints of the tracks that `adapters` learned from, as far as they are in this studio."""
    from ..dataset.screen import NOTE, ScreenNote, fingerprint_of
    from ..pipeline.stages import Play
    from ..verbs.release_facts import find_manifest

    library = studio.existing_library
    if not adapters or library is None:
        return []
    found: list[tuple[str, Fingerprint]] = []
    notes = library.tracks.notes_of_kind(NOTE, ScreenNote)
    for one in studio.find_adapters(read(Play, {"adapters": tuple(adapters)}, where="--adapter")):
        card = studio.read_adapter(one.path).card
        manifest = find_manifest(card.dataset, studio) if card is not None else None
        for row in manifest.side("train") if manifest is not None else ():
            if (note := notes.get(row.track)) is not None:
                found.append((library.tracks.get(row.track).title, fingerprint_of(note, library)))
    return found


def _keep(opened: OpenedSound, content: str, studio: Studio) -> None:
    """Keep the sound of a file among the studio's assets; takes are there."""
    from ..library.assets import Assets

    if opened.take is not None and studio.library.blobs.path(content).is_file():
        return
    info, seconds = opened.decoded.info, opened.decoded.samples.shape[1] / SAMPLE_RATE
    assets = Assets(studio.library.studio, studio.library.takes.clock)
    asset, _ = assets.put(opened.path, name=opened.name, kind=info.format, seconds=seconds, shape=(info.rate, info.channels))
    if asset.id != content:
        raise AudioRejected("unreadable", f"{opened.name} changed while it was read", remedy="give it again")
