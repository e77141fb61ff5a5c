"""The rule planner: from a brief that was read to an album, without a language model.

Everything that the brief leaves open is drawn by one generator, seeded by the brief, what was asked beside it and the planner's
version, so that the same question gives the same plan, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import BadInput
from ..house_band.captions import narrow_tempi
from ..house_band.styles import Style
from ..music import BPM_RANGE, Key
from ..recipe import canonical, fingerprint, read
from ..wording import plural
from . import casting, sharing, sheets, vocabulary
from .album import MOST_TRACKS, VERSION, AlbumPlan, Playing, TrackPlan, Understood
from .brief import Reading, read_brief
from .commission import Commission
from .heuristics import Genre, Heuristics, family_of, load_heuristics
from .wishes import Asks

if TYPE_CHECKING:
    from ..model.instrument import Card

TEMPI: Final = {"slower": 0.86, "calmer": 0.92, "faster": 1.14, "livelier": 1.08}
LENGTHS: Final = {"shorter": 0.7, "longer": 1.35}
MODES: Final = {"darker": "minor", "brighter": "major"}
_MOODS: Final = {"darker": "dark", "brighter": "uplifting", "calmer": "calm", "livelier": "energetic"}
_PARTED: Final = 0.618_034
"""The golden ratio: multiples of it are spread evenly over one."""


@dataclass(slots=True)
class _Draft:
    """An album as it is planned so far."""

    commission: Commission
    card: Card
    table: Heuristics
    rng: np.random.Generator
    reading: Reading
    count: int
    coarse: str
    tonics: Sequence[int]
    tracks: list[TrackPlan]
    cannot: list[str]
    notes: list[str]


def plan_album(
    commission: Commission, card: Card, reading: Reading | None = None, *, table: Heuristics | None = None
) -> AlbumPlan:
    """The album that `commission` asks for, to be played by the instrument of `card`.

    `reading` is the brief as somebody else read it, `table` what is known of genres where that is not the shipped one. Raises
    `BadInput` for a brief that says nothing that is understood, and for one whose only style cannot be played.
    """
    from ..dataset.licences import licence

    read_by = "rules" if reading is None else "a language model"
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
    draft = _Draft(
        commission, card, table, _generator(commission), reading, count, coarse, (), [], [*reading.cannot, *cannot], []
    )
    draft.tonics = tuple(int(one) for one in draft.rng.permutation(12))
    draft.notes += [guess] if guess else []
    if not said and not all(part.own.styles for part in parts):
        what = "the brief names no style" if named is None else "some tracks have no style of their own"
        draft.notes.append(f"{what}: {coarse} is taken")
    draft.cannot += casting.tell_styles(everything, coarse)
    for place, part in enumerate(parts):
        draft.tracks.append(_plan_track(draft, place, part))
    genre = sheets.genre_row(vocabulary.style(draft.tracks[0].style), table)[1]
    facts = {
        "brief": commission.brief,
        "title": commission.title or reading.wishes.title or _album_title(draft, everything),
        "artist": commission.artist,
        "licence": licence(commission.licence),
        "kind": reading.wishes.kind or ("single" if count == 1 else "EP" if count < 7 else "album"),
        "seed": commission.seed,
        "planner": read_by,
        "table": fingerprint(table),
        "producer": commission.producer,
        "repairs": 0 if card.guided else 1,
        "loudness": genre.loudness if reading.wishes.loudness is None else reading.wishes.loudness,
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


def _generator(commission: Commission) -> np.random.Generator:
    asked = commission.model_dump(mode="json", exclude={"licence", "artist", "title", "producer", "adapters"})
    digest = hashlib.blake2b(canonical(asked | {"version": VERSION}).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def _plan_track(draft: _Draft, place: int, part: sharing.Part) -> TrackPlan:
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
    facts = _decide(draft, place, asks, style, genre)
    title = asks.title or sheets.draw_title(asks, style, [one.title for one in draft.tracks], draft.rng)
    sheet = sheets.write_sheet(title, style, facts, asks, draft.rng)
    seconds = sheets.settle_length(sheet)
    playing = _choose_playing(draft, genre, singing=not instrumental)
    first = int(draft.rng.integers(2**31 - 2**20))
    cast = casting.choose_seeds(sheet, seconds, playing.guide_strength, asks.instruments, (draft.commission.candidates, first))
    for one in cast.missing:
        draft.cannot.append(
            f"{one} on track {place + 1}: the band has no such player in {style.name}, so only the caption asks for it"
        )
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
        seeds=cast.seeds,
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


def _decide(draft: _Draft, place: int, asks: Asks, style: Style, genre: Genre) -> sheets.Facts:
    """Tempo, key, meter, length and form; none of them with those of another track, as far as the brief leaves room."""
    forms = genre.forms
    form = forms[_choose_form(draft.tracks, forms) if draft.tracks else int(draft.rng.integers(len(forms)))]
    meter = asks.meter or int(draft.rng.choice([meter for meter, _ in style.meters], p=_weights(style)))
    return sheets.Facts(
        _tempo(draft, place, asks, style), _key(draft, place, asks, style), meter, _seconds(draft, place, asks, genre), form
    )


def _choose_form(tracks: Sequence[TrackPlan], forms: Sequence[Any]) -> int:
    """The form that the album has least often, of several the one after the last track's."""
    names = [", ".join(name for name, _ in form) for form in forms]
    written = [", ".join(part.rsplit(" ", 1)[0] for part in one.sheet.form.split(", ")) for one in tracks]
    last = names.index(written[-1]) if written[-1] in names else -1
    order = [(last + 1 + at) % len(forms) for at in range(len(forms))]
    return min(order, key=lambda at: (written.count(names[at]), order.index(at)))


def _weights(style: Style) -> list[float]:
    total = sum(weight for _, weight in style.meters)
    return [weight / total for _, weight in style.meters]


def _tempo(draft: _Draft, place: int, asks: Asks, style: Style) -> int:
    """Where the track stands between the slowest and the fastest tempo, by the arc of the album."""
    low, high = style.tempo
    if asks.bpm is not None:
        low, high = round(asks.bpm), round(asks.bpm_to or asks.bpm)
    else:
        low, high = narrow_tempi(", ".join(asks.sounds), low, high)
    where = _arc(place, draft.count)
    if low < high:
        where = min(max(where + float(draft.rng.uniform(-0.08, 0.08)), 0.0), 1.0)
    bpm = low + where * (high - low)
    if asks.bpm is None or asks.bpm_to is not None:
        for change in asks.changes:
            bpm *= TEMPI.get(change, 1.0)
    bpm = round(min(max(bpm, BPM_RANGE[0]), BPM_RANGE[1]))
    taken = {one.sheet.bpm for one in draft.tracks}
    near = sorted(range(min(low, bpm), max(high, bpm) + 1), key=lambda one: (abs(one - bpm), one))
    return next((one for one in near if one not in taken), bpm)


def _arc(place: int, count: int) -> float:
    """0 to 1 over the album: an opener in the middle, a peak at two thirds, a slow closer, others between and apart."""
    arc = load_heuristics().arc
    if place == 0:
        return arc["opener"]
    if place == count - 1:
        return arc["closer"]
    peak = round((count - 1) * 0.62)
    return arc["peak"] if place == peak else (place * _PARTED) % 0.8 + 0.1


def _key(draft: _Draft, place: int, asks: Asks, style: Style) -> Key:
    """The key asked for, or a tonic that no track has yet, in the mode of the mood or of the style."""
    if asks.key is not None:
        return Key.parse(asks.key)
    mode = asks.mode or next(filter(None, map(vocabulary.mode_of, asks.moods[:2])), None)
    mode = mode or ("minor" if draft.rng.random() < style.minor else "major")
    return Key(draft.tonics[place % 12], "minor" if mode == "minor" else "major")


def _seconds(draft: _Draft, place: int, asks: Asks, genre: Genre) -> float:
    """The length asked for, a share of what is left of the whole, or one of the genre's."""
    low, high = genre.seconds
    drawn = float(draft.rng.uniform(low, high))
    if asks.seconds is not None:
        return asks.seconds
    total = draft.reading.wishes.total
    if total is not None:
        left = (total - sum(one.seconds for one in draft.tracks)) / (draft.count - place)
        last = place == draft.count - 1
        drawn = left if last else left * (0.9 + 0.2 * (drawn - low) / max(high - low, 1.0))
        longest = draft.card.max_seconds - 2.0
        if not 8.0 <= drawn <= longest:
            draft.cannot.append(f"{total:g} s in {plural(draft.count, 'track')}: a track lasts 8 to {longest:g} s")
        return min(max(drawn, 8.0), longest)
    for change in asks.changes:
        drawn *= LENGTHS.get(change, 1.0)
    return drawn


def _choose_playing(draft: _Draft, genre: Genre, *, singing: bool) -> Playing:
    """Who plays, by the row of the genre for the family of the variant, and what is laid over it for singers."""
    family = family_of(draft.commission.variant)
    row = genre.variants.get(family)
    facts = {} if row is None else row.model_dump(exclude_none=True)
    if singing and (over := load_heuristics().singing.variants.get(family)):
        facts |= over.model_dump(exclude_none=True)
    strength = {"guide_strength": draft.card.song_strength or genre.guide_strength}
    return Playing.model_validate(strength | facts | {"variant": draft.commission.variant, "adapters": draft.commission.adapters})


def _album_title(draft: _Draft, asks: Asks) -> str:
    """A title for the whole: that of its only track, or one that none of them has."""
    if draft.count == 1:
        return draft.tracks[0].title
    style = vocabulary.style(draft.tracks[0].style)
    return sheets.draw_title(asks, style, [one.title for one in draft.tracks], draft.rng)
