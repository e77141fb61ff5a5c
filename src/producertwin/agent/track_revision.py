"""One track of an album as it is asked to become: its facts, its sheet with the chords and the edits that stay, and its seeds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from ..house_band.outline import read_form
from ..house_band.styles import STYLES
from ..music import BPM_RANGE, Key
from ..recipe import canonical
from . import casting, sheets
from .album import AlbumPlan, TrackPlan
from .draft import LENGTHS, TEMPI
from .hand_edits import keep_chords, keep_edits, move
from .heuristics import load_heuristics
from .rules import MODES, add_moods, settle_voice
from .wishes import Asks

if TYPE_CHECKING:
    from ..model.instrument import Card


def revise_track(
    album: AlbumPlan, place: int, asks: Asks, kept: set[str], card: Card
) -> tuple[TrackPlan, tuple[list[str], list[str]]]:
    """A track as it is asked to become; notes, and what cannot be."""
    track = album.tracks[place - 1]
    cannot: list[str] = []
    wanted = add_moods(track.asks.join(asks).model_copy(update={"changes": asks.changes}))
    wanted, instrumental = settle_voice(card, wanted, place, cannot, [])
    style = STYLES[track.style]
    if asks.styles:
        coarse, said = casting.coarse_of(Asks(styles=asks.styles))
        style = casting.choose_style(wanted, coarse, ()) if said else style
    elif asks.instruments:
        style = casting.choose_style(wanted, style.coarse, ())
    digest = hashlib.blake2b(
        canonical([track.model_dump(mode="json"), asks.model_dump(mode="json")]).encode(), digest_size=16
    ).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
    facts = _decide(track, asks)
    sheet = sheets.write_sheet(asks.title or track.title, style, facts, wanted, rng)
    same = facts.key.mode == Key.parse(track.sheet.key or "C").mode and not asks.styles
    moved = move(track.sheet, sheet)
    sheet = keep_chords(moved, sheet, kept, all_of_it=same)
    notes = [] if same else [f"track {place}: its chords are written anew, but for those of a section that is to be kept"]
    other = np.random.Generator(np.random.PCG64(0))
    planned = sheets.write_sheet(track.title, STYLES[track.style], _decide(track, Asks()), track.asks, other)
    sheet, dropped = keep_edits(moved, planned, sheet, style)
    cannot += [f"track {place}: {one}" for one in dropped]
    seconds = sheets.settle_length(sheet)
    first = int(rng.integers(2**31 - 2**20))
    want = (len(track.all_seeds), track.seeds[0] if not asks.instruments else first)
    cast = casting.choose_seeds(sheet, seconds, track.playing.guide_strength, wanted.instruments, want)
    seeds = cast.seeds if wanted.instruments else track.all_seeds
    cannot += [
        f"{one} on track {place}: the band has no such player in {style.name}" for one in cast.missing if one in asks.instruments
    ]
    update = {
        "title": sheet.title,
        "style": style.id,
        "genre": load_heuristics().genre_of(style.id),
        "sheet": sheet,
        "seconds": seconds,
        "seeds": seeds[: len(track.seeds)],
        "spare": seeds[len(track.seeds) :],
        "asks": wanted.model_copy(update={"changes": ()}),
        "instrumental": instrumental,
    }
    return track.model_copy(update=update), (notes, cannot)


def _decide(track: TrackPlan, asks: Asks) -> sheets.Facts:
    """Tempo, key, meter, length and form: those of the track where nothing else is asked."""
    sheet = track.sheet
    bpm = asks.bpm or sheet.bpm or 90.0
    seconds = asks.seconds or track.seconds * (sheet.bpm or bpm) / bpm
    for change in asks.changes:
        bpm *= TEMPI.get(change, 1.0) if asks.bpm is None else 1.0
        seconds = seconds / TEMPI.get(change, 1.0) * LENGTHS.get(change, 1.0)
    bpm = min(max(bpm, BPM_RANGE[0]), BPM_RANGE[1])
    key = Key.parse(asks.key or sheet.key or "C major")
    modes = [MODES[one] for one in asks.changes if one in MODES]
    mode = modes[-1] if modes else asks.mode if asks.mode and not asks.key else key.mode
    key = key if mode == key.mode else Key(key.tonic, "minor" if mode == "minor" else "major")
    same = not (asks.seconds or set(asks.changes) & LENGTHS.keys() or asks.meter)
    form = read_form(sheet.form)
    return sheets.Facts(round(bpm), key, asks.meter or sheet.meter, seconds, form, fixed=same)
