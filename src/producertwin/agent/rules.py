"""The rule planner: from a brief that was read to an album, without a language model.

Everything that the brief leaves open is drawn by one generator, seeded by the brief, what was asked beside it and the planner's
version, so that the same question gives the same plan, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ..errors import BadInput
from ..house_band.styles import Style
from ..recipe import canonical, fingerprint, read
from . import casting, following, sharing, sheets, vocabulary
from .album import MOST_TRACKS, VERSION, AlbumPlan, Playing, TrackPlan, Understood
from .brief import Reading, read_brief
from .commission import Commission
from .draft import Draft, decide
from .heuristics import Genre, Heuristics, family_of, load_heuristics
from .references import Reference
from .wishes import Asks

if TYPE_CHECKING:
    from ..model.instrument import Card

MODES: Final = {"darker": "minor", "brighter": "major"}
_MOODS: Final = {"darker": "dark", "brighter": "uplifting", "calmer": "calm", "livelier": "energetic"}


def plan_album(
    commission: Commission,
    card: Card,
    reading: Reading | None = None,
    references: Sequence[Reference] = (),
    *,
    table: Heuristics | None = None,
) -> AlbumPlan:
    """The album that `commission` asks for, to be played by the instrument of `card`.

    `reading` is the brief as somebody else read it, `table` what is known of genres where that is not the shipped one; the album
    is to be like `references`. Raises `BadInput` for a brief that says nothing that is understood, and for one whose only style
    cannot be played.
    """
    reading = reading or read_brief(commission.brief)
    count, guess = sharing.count_tracks(reading.wishes)
    if count > MOST_TRACKS:
        raise BadInput(f"{count} tracks are more than an album has", remedy=f"ask for 1 to {MOST_TRACKS}")
    everything, parts, cannot = sharing.share_wishes(reading.wishes, count)
    coarse, said = casting.coarse_of(everything)
    named = next((part.own for part in parts if part.own.styles), None)
    if not said and named is None:
        _refuse_foreign(reading)
    if not said and named is not None:
        coarse, _ = casting.coarse_of(named)
    table = table or load_heuristics()
    follows = following.follow(parts, references)
    draft = Draft(
        commission,
        card,
        table,
        _generator(commission, references),
        reading,
        count,
        coarse,
        (),
        [],
        [*reading.cannot, *cannot],
        [],
    )
    draft.tonics = tuple(int(one) for one in draft.rng.permutation(12))
    draft.notes += [*([guess] if guess else []), *following.tell(references, count)]
    if not said and not all(part.own.styles for part in parts):
        what = "the brief names no style" if named is None else "some tracks have no style of their own"
        draft.notes.append(f"{what}: {coarse} is taken")
    draft.cannot += casting.tell_styles(everything, coarse)
    for place, (part, one) in enumerate(zip(parts, follows, strict=True)):
        draft.tracks.append(_plan_track(draft, place, part, one))
    return _write_album(draft, everything, references)


def _write_album(draft: Draft, everything: Asks, references: Sequence[Reference]) -> AlbumPlan:
    """The plan of an album whose tracks are planned."""
    from ..dataset.licences import licence

    commission, reading = draft.commission, draft.reading
    genre = sheets.genre_row(vocabulary.style(draft.tracks[0].style), draft.table)[1]
    usual = "single" if draft.count == 1 else "EP" if draft.count < 7 else "album"
    facts = {
        "brief": commission.brief,
        "title": commission.title or reading.wishes.title or _album_title(draft, everything),
        "artist": commission.artist,
        "licence": licence(commission.licence),
        "kind": reading.wishes.kind or usual,
        "seed": commission.seed,
        "planner": reading.by,
        "table": fingerprint(draft.table),
        "producer": commission.producer,
        "repairs": 0 if draft.card.guided else 1,
        "references": tuple(references),
        "loudness": _loudness(draft, genre, references),
        "tracks": draft.tracks,
        "understood": [Understood.model_validate(one.model_dump()) for one in reading.understood],
        "unknown": reading.unknown,
        "cannot": list(dict.fromkeys(one[:200] for one in draft.cannot)),
        "notes": list(dict.fromkeys(draft.notes)),
    }
    return read(AlbumPlan, facts, where="the plan")


def _refuse_foreign(reading: Reading) -> None:
    """Raise `BadInput` where the only style of a brief is one that nobody plays: nothing is put in its place."""
    table = load_heuristics()
    foreign = [one for one in reading.cannot if one.split(":")[0].removesuffix("s") in table.cannot["genres"]]
    if foreign:
        known = ", ".join(sorted({style for row in table.genres.values() for style in row.styles}))
        raise BadInput(foreign[0], remedy=f"ask for one of {known}, or play it with another variant: twin make")


def _loudness(draft: Draft, genre: Genre, references: Sequence[Reference]) -> float:
    """What the brief says, else what the references have, else what is usual in the genre."""
    asked, heard = draft.reading.wishes.loudness, following.choose_loudness(references)
    if asked is None and heard is not None:
        draft.notes.append(f"every track at {heard:g} LUFS, as loud as the references")
    return next(one for one in (asked, heard, genre.loudness) if one is not None)


def _generator(commission: Commission, references: Sequence[Reference]) -> np.random.Generator:
    asked = commission.model_dump(mode="json", exclude={"licence", "artist", "title", "producer", "adapters"})
    asked |= {"references": [one.content for one in references]} if references else {}
    digest = hashlib.blake2b(canonical(asked | {"version": VERSION}).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def _plan_track(draft: Draft, place: int, part: sharing.Part, follows: following.Following | None) -> TrackPlan:
    """One track: style, facts, sheet, seeds."""
    asks = add_moods(part.asks)
    asks, instrumental = settle_voice(draft.card, asks, place + 1, draft.cannot, draft.notes)
    coarse = draft.coarse
    if part.own.styles:
        coarse, said = casting.coarse_of(Asks(styles=part.own.styles))
        coarse = coarse if said else draft.coarse
    style = casting.choose_style(asks, coarse, [one.style for one in draft.tracks])
    name, genre = sheets.genre_row(style, draft.table)
    asks = _vary_mood(asks, style, place)
    facts = decide(draft, place, asks, style, genre, follows)
    title = asks.title or sheets.draw_title(asks, style, [one.title for one in draft.tracks], draft.rng)
    sheet, note = following.take_chords(sheets.write_sheet(title, style, facts, asks, draft.rng), follows)
    draft.notes += [f"track {place + 1}: {note}"] if note else []
    seconds = sheets.settle_length(sheet)
    playing = _choose_playing(draft, genre, singing=not instrumental)
    playing = playing.model_copy(update={"timbre": follows is not None and not draft.card.guided})
    first = int(draft.rng.integers(2**31 - 2**20))
    many = draft.commission.candidates
    want = (many + following.spare_seeds(many, follows), first)
    cast = casting.choose_seeds(sheet, seconds, playing.guide_strength, asks.instruments, want)
    heard = () if follows is None else follows.reference.instruments
    for one in cast.missing:
        told = draft.notes if one in heard else draft.cannot
        told.append(f"{one} on track {place + 1}: the band has no such player in {style.name}, so only the caption asks for it")
    foreign = [one for one in asks.instruments if not vocabulary.patches_of(one)]
    draft.notes += [f"track {place + 1}: {one} is asked for by the caption alone" for one in foreign]
    watch = (*genre.watch, *(() if instrumental else load_heuristics().singing.watch))
    return TrackPlan(
        title=title,
        genre=name,
        style=style.id,
        sheet=sheet,
        seconds=seconds,
        instrumental=instrumental,
        playing=playing,
        seeds=cast.seeds[:many],
        like=None if follows is None else follows.reference.content,
        spare=cast.seeds[many:],
        watch=tuple(dict.fromkeys(watch)),
        asks=asks.model_copy(update={"changes": ()}),
        wishes=tuple(word[:200] for word in part.words),
    )


def add_moods(asks: Asks) -> Asks:
    """What comparisons say of mood and mode."""
    moods = tuple(_MOODS[one] for one in asks.changes if one in _MOODS)
    modes = [MODES[one] for one in asks.changes if one in MODES]
    return asks.model_copy(update={"moods": (*moods, *asks.moods), "mode": modes[-1] if modes else asks.mode})


def _vary_mood(asks: Asks, style: Style, place: int) -> Asks:
    """With one mood of the style's own beside those that were asked for, another one on every track."""
    own = style.moods[place % len(style.moods)]
    return asks.model_copy(update={"moods": tuple(dict.fromkeys((*asks.moods[:2], own)))})


def settle_voice(card: Card, asks: Asks, place: int, cannot: list[str], notes: list[str]) -> tuple[Asks, bool]:
    """Who sings on track `place`, from 1, as far as the instrument of `card` can, and whether the track is an instrumental."""
    if asks.voice in (None, "none"):
        return asks, True
    if card.sings:
        notes.append(f"track {place} is sung: write its words into its sheet (sections, lyrics), or name a language model")
        return asks, False
    asked = {"female": "a woman's voice", "male": "a man's voice", "choir": "words", "rap": "rap"}.get(asks.voice, "words")
    cannot.append(f"{asked} on track {place}: {card.name} sings no words; a voice without words is asked for")
    voice = "choir" if asks.voice == "choir" else "wordless vocals"
    return asks.model_copy(update={"voice": None, "instruments": (*asks.instruments, voice)}), True


def _choose_playing(draft: Draft, genre: Genre, *, singing: bool) -> Playing:
    """Who plays, by the row of the genre for the family of the variant, and what is laid over it for singers."""
    family = family_of(draft.commission.variant)
    row = genre.variants.get(family)
    facts = {} if row is None else row.model_dump(exclude_none=True)
    if singing and (over := load_heuristics().singing.variants.get(family)):
        facts |= over.model_dump(exclude_none=True)
    strength = {"guide_strength": draft.card.song_strength or genre.guide_strength}
    return Playing.model_validate(strength | facts | {"variant": draft.commission.variant, "adapters": draft.commission.adapters})


def _album_title(draft: Draft, asks: Asks) -> str:
    """A title for the whole: that of its only track, or one that none of them has."""
    if draft.count == 1:
        return draft.tracks[0].title
    style = vocabulary.style(draft.tracks[0].style)
    return sheets.draw_title(asks, style, [one.title for one in draft.tracks], draft.rng)
