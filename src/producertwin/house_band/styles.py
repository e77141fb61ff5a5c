"""Every style the band can play: 38 lofi styles and eleven others.

The words of the lofi styles stand in `presets/styles.toml` (they are presets for captions too), those of the others in
`genres.toml`; what the players do stands in `band.toml` and what their instruments are called in `patches.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from ..errors import BadInput, NotFound
from ..music import STEMS, common_words

ARTEFACTS: Final = ("vinyl_crackle", "tape_hiss", "pitch_wobble", "saturation", "low_pass")
"""What a style may expect of a recording."""


@dataclass(frozen=True, slots=True)
class PatchSpec:
    """A sound: its stem, the pitches it is played at (0 to 0 for a kit) and its word in a caption."""

    stem: str
    low: int
    high: int
    word: str


@dataclass(frozen=True, slots=True)
class PlayerSpec:
    """A line of a style's band: which stem, which role, the patches to choose from and how often it plays."""

    stem: str
    role: str
    patches: tuple[str, ...]
    chance: float


@dataclass(frozen=True, slots=True)
class Style:
    """A way of playing. Tags are canonical caption words; `swing`, `tempo` and `colour` are ranges a song draws from."""

    id: str
    name: str
    category: str
    coarse: str
    base_tags: tuple[str, ...]
    instruments: tuple[str, ...]
    production: tuple[str, ...]
    expected: tuple[str, ...]
    """Artefacts that belong to it, and are no fault of a recording in this style; see `ARTEFACTS`."""
    moods: tuple[str, ...]
    atmosphere: str | None
    vocal_type: str
    tempo: tuple[int, int]
    meters: tuple[tuple[int, float], ...]
    minor: float
    swing: tuple[float, float]
    swing_grid: int
    loose: float
    late: float
    grooves: tuple[str, ...]
    pools: tuple[str, ...]
    ext: tuple[str, ...]
    rate: tuple[float, ...]
    borrow: float
    duck: float
    fills: float
    fade: float
    """Bars over which a song that has no end of its own fades out."""
    crash: bool
    melody: str
    colour: tuple[tuple[str, str | tuple[float, float]], ...]
    players: tuple[PlayerSpec, ...]

    @property
    def tags(self) -> frozenset[str]:
        """Every caption word of the style, without its tempo."""
        words = {*self.base_tags, *self.instruments, *self.production, *self.moods, self.vocal_type, self.coarse}
        words |= {PATCHES[patch].word for player in self.players for patch in player.patches if player.chance >= 0.7}
        return frozenset(words | ({self.atmosphere} if self.atmosphere else set()))


def _read(room: str, name: str) -> dict[str, Any]:
    """A TOML table of the package."""
    return tomllib.loads(files(f"producertwin.{room}").joinpath(name).read_text("utf-8"))


def _resolve(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The entry `name` of `table` on top of everything it extends."""
    entry = dict(table[name])
    bases = entry.pop("extends", [])
    found: dict[str, Any] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        found |= _resolve(table, base)
    return found | entry


def _span(value: float | list[float]) -> tuple[float, float]:
    """A range, from a range or a single amount."""
    return (float(value[0]), float(value[1])) if isinstance(value, list) else (float(value), float(value))


def _players(text: str) -> tuple[PlayerSpec, ...]:
    """The players of a `parts` table."""
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(PlayerSpec(stem, role, tuple(patches.split("|")), float(chance)) for stem, role, patches, chance in rows)


def _style(name: str, words: dict[str, Any], band: dict[str, Any]) -> Style:
    """A style from its words and its band."""
    colour = tuple((key, value if isinstance(value, str) else _span(value)) for key, value in band["colour"].items())
    return Style(
        id=name,
        name=words["name"],
        category=words.get("category", "genre"),
        coarse="lofi" if "category" in words else name,
        base_tags=tuple(words["base_tags"]),
        instruments=tuple(words.get("instruments", ())),
        production=tuple(words["production"]),
        expected=tuple(words.get("expected_artefacts", ())),
        moods=tuple(words["mood_options"]),
        atmosphere=words.get("atmosphere"),
        vocal_type=words.get("vocal_type", "instrumental"),
        tempo=(int(band["tempo"][0]), int(band["tempo"][1])),
        meters=tuple((int(meter), float(weight)) for meter, weight in band["meters"].items()),
        swing=_span(band["swing"]),
        grooves=tuple(band["grooves"]),
        pools=tuple(band["pools"]),
        ext=tuple(band["ext"]),
        rate=tuple(map(float, band["rate"])),
        colour=colour,
        players=_players(band["parts"]),
        **{
            key: band[key]
            for key in ("minor", "swing_grid", "loose", "late", "borrow", "duck", "fills", "fade", "crash", "melody")
        },
    )


def _styles() -> dict[str, Style]:
    """All styles by id, the lofi ones first, in the order of their files."""
    bands, presets, genres = _read("house_band", "band.toml"), _read("presets", "styles.toml"), _read("house_band", "genres.toml")
    words = {name: _resolve(presets, name) for name in presets if not name.startswith("_")}
    words |= {name: _resolve(genres, name) for name in genres}
    return {name: _style(name, entry, _resolve(bands, name)) for name, entry in words.items()}


PATCHES: Final = {name: PatchSpec(*row) for name, row in _read("house_band", "patches.toml").items()}
"""Every sound by name."""
STYLES: Final = _styles()
"""Every style by id."""
COARSE: Final = {style.id: style.coarse for style in STYLES.values()}
"""Style id to one of twelve coarse styles: `lofi`, or the style itself."""
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {tag: tuple(others) for tag, others in _read("house_band", "synonyms.toml").items()}
"""Canonical tag -> other words for the same thing."""
DEFAULT: Final = "CORE-01"
_ALIASES: Final = {"lofi": DEFAULT, "lo-fi": DEFAULT, "lofi hip hop": DEFAULT, "hip hop": "boom-bap", "dnb": "drum-and-bass"}
_ALIASES_MORE: Final = {"jazz": "jazz-trio", "jungle": "drum-and-bass", "r&b": "rnb", "retrowave": "synthwave"}
CLEAR: Final = 2.0
"""Least score of a text that says what style it means."""
_EXACT: Final = 12.0
"""Score of a text that is the style's id or name and nothing else."""
_PART: Final = 0.7
"""Weight of a known phrase inside a longer one."""
_MOST_WORDS: Final = 8
"""Words of the longest phrase that is looked for."""


def _plain(text: str) -> str:
    """Lower case, one space between words, `lofi` in one word."""
    return re.sub(r"[\s_]+", " ", text.strip().lower()).replace("lo-fi", "lofi").replace("lo fi", "lofi")


@dataclass(frozen=True, slots=True)
class Match:
    """The style that answers a text best, and how well."""

    style: Style
    score: float
    """About 3 for a tag of the style, 6 for its name; 0 where they share nothing."""

    @property
    def clear(self) -> bool:
        """Whether the text says enough of the style to play in it: a whole tag of it, or its name."""
        return self.score >= CLEAR


@lru_cache(maxsize=256)
def match(text: str) -> Match:
    """The style that answers `text` best: an id, a name, a list of tags (`lofi, rainy, rhodes`) or a sentence."""
    asked = _split_tags(text)
    whole = ", ".join(asked)
    for style in STYLES.values():
        if whole in (_plain(style.id), _plain(style.name), style.id.lower().replace("-", " ")):
            return Match(style, _EXACT)
    alias = {**_ALIASES, **_ALIASES_MORE}.get(whole)
    if alias:
        return Match(STYLES[alias], _EXACT)
    phrases = [phrase for tag in asked for phrase in _phrases(tag)]
    best = max(STYLES.values(), key=lambda style: _overlap(style, asked, phrases))
    return Match(best, _overlap(best, asked, phrases))


def find(text: str) -> Style:
    """The style of `match`. Raises `BadInput` for an empty text and `NotFound` when no style shares a word with it."""
    if not _split_tags(text):
        raise BadInput(f"no style in {text!r}", remedy="give a style id such as CORE-01 or house, or tags such as 'lofi, rainy'")
    found = match(text)
    if found.score <= 0.0:
        names = ", ".join(sorted({*COARSE.values()}))
        raise NotFound(f"no style sounds like {text!r}", remedy=f"try a lofi style id (CORE-01 ... VOCAL-05) or one of {names}")
    return found.style


def _split_tags(text: str) -> list[str]:
    """The tags of a text."""
    return [tag for tag in (_plain(tag) for tag in re.split(r"[,;.\n]", common_words(text))) if tag]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase that the styles know, as its canonical tags, and whether it is the whole of what was asked or a part of it."""

    tags: tuple[str, ...]
    weight: float


def _phrases(tag: str) -> list[_Phrase]:
    """The longest known phrases in an asked tag, from the left."""
    known, words = _known_phrases(), tag.split()
    found: list[_Phrase] = []
    start = 0
    while start < len(words):
        furthest = min(len(words), start + _MOST_WORDS)
        ends = (end for end in range(furthest, start, -1) if " ".join(words[start:end]) in known)
        end = next(ends, None)
        if end is None:
            start += 1
            continue
        whole = end - start == len(words)
        found.append(_Phrase(known[" ".join(words[start:end])], 1.0 if whole else _PART))
        start = end
    return found


@cache
def _known_phrases() -> dict[str, tuple[str, ...]]:
    """Every tag, name and synonym -> the tags it stands for; a tag of a style stands for itself."""
    found: dict[str, tuple[str, ...]] = {_plain(other): (_plain(tag),) for tag, others in SYNONYMS.items() for other in others}
    found |= {alias: (_plain(STYLES[name].name),) for alias, name in {**_ALIASES, **_ALIASES_MORE}.items()}
    for style in STYLES.values():
        found |= {tag: (tag,) for tag in _names(style) | {_plain(tag) for tag in style.tags}}
    return found


def _names(style: Style) -> set[str]:
    """What a style is called."""
    return {_plain(style.name), *(name.lower().replace("-", " ") for name in (style.id, style.coarse))}


def _overlap(style: Style, asked: Sequence[str], phrases: Sequence[_Phrase]) -> float:
    """How well `style` answers the tags `asked`, in which `phrases` are known.

    Its name counts most, then whole tags, tags inside a longer phrase less, shared words a little.
    """
    names, tags = _names(style), {_plain(tag) for tag in style.tags}
    heart = {_plain(tag) for tag in (*style.base_tags, style.name, style.atmosphere or "", style.coarse)}
    words = {word for tag in tags | heart for word in tag.split()}
    hearts = {word for tag in heart for word in tag.split()}
    score = 0.0
    for phrase in phrases:
        score += phrase.weight * max(6.0 * (tag in names) + 3.0 * (tag in heart) + 2.0 * (tag in tags) for tag in phrase.tags)
    for tag in asked:
        parts = tag.split()
        score += sum(1.0 * (part in hearts) + 0.5 * (part in words) for part in parts) / len(parts)
    return score


def check_stem(stem: str) -> str:
    """`stem` if it is one of ACE-Step's, else `BadInput`."""
    if stem not in STEMS:
        raise BadInput(f"{stem!r} is not a stem", remedy=f"one of {', '.join(STEMS)}")
    return stem
