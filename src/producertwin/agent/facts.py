"""Tempo, meter, key, length and voice in a clause of a brief: each is taken out of the text, and told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from ..metas import read_caption
from ..music import BPM_RANGE, METERS
from . import vocabulary
from .clauses import number_of

LENGTH: Final = re.compile(
    r"(?<![\w.:])(?:(?P<clock>\d{1,2}:[0-5]\d)(?!\d)"
    r"|(?P<number>\d{1,4}(?:[.,]\d+)?|half an?|an?|one|two|three|four|five|six|ten)[\s-]*"
    r"(?P<unit>minutes?|mins?|seconds?|secs?|hours?|m|s|h)\b\.?(?:\s*(?:and\s+)?(?P<rest>\d{1,2})\s*(?:seconds?|secs?|s)\b)?)"
    r"\s*(?P<of>in all|in total|total|altogether|overall|all together"
    r"|each|per (?:track|song)|apiece|a (?:track|song|piece)|long\b)?"
)
_AMOUNT: Final = (
    r"(?:\d{1,2}:[0-5]\d|(?:\d{1,4}(?:[.,]\d+)?|half an?|an?|one|two|three|four|five|six|ten)[\s-]*"
    r"(?:minutes?|mins?|seconds?|secs?|hours?|bars?|bpm|%|percent|m|s))(?!\w)"
)
_MORE: Final = r"(?:longer|shorter|slower|faster|quicker)"
_DIFFERENCE: Final = re.compile(rf"(?<![\w.:]){_AMOUNT}\s+{_MORE}\b|\b{_MORE}\s+by\s+{_AMOUNT}")
_TEMPO: Final = re.compile(r"\b(\d{2,3})\s*(?:bpm\s*)?(?:-|–|to|and)\s*(\d{2,3})\s*-?\s*(?:bpm\b|beats per minute)")
_AT: Final = re.compile(r"\b(?:at|around|about|tempo)\s+(\d{2,3})\b(?!\s*(?:%|sec|min|s\b|m\b|track|song|lufs))")
_MODE: Final = re.compile(r"\b(?:in\s+(?:a\s+)?)?(major|minor)(?:\s+keys?)?\b")
_KEY: Final = re.compile(r"(?:\bin\s+)?(?<!\w)[a-g][#b♯♭]?[ -]?(?:(?:sharp|flat)[ -])?(?:major|minor)\b", re.IGNORECASE)
_KEYS: Final = re.compile(r"^'[A-Ga-g].* contradict each other$")
_METER: Final = re.compile(r"\b(?:in\s+)?(waltz(?:es)?|(\d{1,2})/(2|4|8|16))(?:\s*time)?(?!\w)")
_NO_VOICE: Final = re.compile(
    r"\b(?:instrumentals?(?: only)?|(?:no|without(?: any)?) (?:vocals?|voices?|singing|singers?|words|lyrics)|nobody sings)\b"
)
_VOICE: Final = re.compile(
    r"\b(?:(?:a|an|with)\s+)*(?:(fe)?(male)|(wom[ae]n(?:'?s)?|girls?|her)|(m[ae]n(?:'?s)?|boys?|his))?\s*"
    r"(vocals?|voices?|singers?|singing|sung|vocalists?|lyrics|words|sings?|rapp(?:er|ing|ed)|rap vocals?)\b"
)


@dataclass(slots=True)
class Told:
    """What became of the words of a brief."""

    understood: dict[str, str] = field(default_factory=dict)
    """Words -> what is made of them."""
    unknown: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)

    def note(self, words: str, meaning: str) -> None:
        """Remember what words mean."""
        self.understood[" ".join(words.split()).strip(" ,.;")] = meaning


def cut(text: str, found: re.Match[str]) -> str:
    """`text` without what was found in it."""
    return f"{text[: found.start()]} {text[found.end() :]}"


def seconds_of(found: re.Match[str]) -> float:
    """The seconds that a match of `LENGTH` says."""
    if found["clock"]:
        minutes, seconds = found["clock"].split(":")
        return int(minutes) * 60.0 + int(seconds)
    words = found["number"].replace(",", ".")
    number = (
        0.5
        if words.startswith("half")
        else float(words)
        if words[0].isdigit()
        else float(number_of({"an": "a"}.get(words, words)))
    )
    unit = {"m": 60.0, "h": 3600.0}.get(found["unit"][0], 1.0)
    return number * unit + float(found["rest"] or 0)


def tell_differences(text: str, told: Told) -> str:
    """Take by how much something is to be longer, shorter, slower or faster, which cannot be done, and tell it."""
    told.cannot += [
        f"{found}: say {'how long it is to be, such as 3:30' if re.search('long|short', found) else 'the tempo, such as 90 bpm'}"
        for found in _DIFFERENCE.findall(text)
    ]
    return _DIFFERENCE.sub(" ", text)


def take_tempo(text: str, asks: dict[str, Any], told: Told) -> str:
    """Take a tempo, or a range of tempi."""
    low, high = BPM_RANGE
    if found := _TEMPO.search(text):
        ends = sorted((float(found[1]), float(found[2])))
        if low <= ends[0] and ends[1] <= high:
            asks["bpm"], asks["bpm_to"] = ends
            told.note(found.group(), f"{ends[0]:g} to {ends[1]:g} bpm")
        else:
            told.cannot.append(f"{found.group().strip()}: a tempo is from {low} to {high} bpm")
        return cut(text, found)
    said = read_caption(text)
    unused = [words for words in said.unused if "bpm" in words]
    told.cannot += unused
    if unused:
        return re.sub(r"\b(?:at\s+)?\d+(?:[.,]\d+)?\s*-?\s*bpm\b", " ", text)
    if said.bpm is not None:
        asks["bpm"] = said.bpm.value
        told.note(said.bpm.words, f"{said.bpm.value:g} bpm")
        return text.replace(said.bpm.words, " ", 1)
    if (found := _AT.search(text)) and low <= float(found[1]) <= high:
        asks["bpm"] = float(found[1])
        told.note(found.group(), f"{asks['bpm']:g} bpm")
        return cut(text, found)
    return text


def take_meter(text: str, asks: dict[str, Any], told: Told) -> str:
    """Take the beats per bar."""
    found = _METER.search(text)
    if found is None:
        return text
    beats = 3 if found[1].startswith("waltz") else int(found[2])
    if beats in METERS:
        asks["meter"] = beats
        told.note(found.group(), f"{beats} beats per bar")
    else:
        told.cannot.append(f"{found.group().strip()}: a bar has {', '.join(map(str, METERS))} beats")
    return cut(text, found)


def take_key(text: str, asks: dict[str, Any], told: Told) -> str:
    """Take a key, or a mode alone."""
    said = read_caption(
        re.sub(r"\b([a-g])(?=[ -]?(?:#|b|♯|♭|sharp|flat)?[ -]?(?:major|minor)\b)", lambda one: one[1].upper(), text)
    )
    if differ := [words for words in said.unused if _KEYS.search(words)]:
        told.cannot += differ
        return _KEY.sub(" ", text)
    if said.key is not None:
        asks["key"] = str(said.key.value)
        told.note(said.key.words, f"in {asks['key']}")
        return re.sub(rf"(?:\bin\s+)?{re.escape(said.key.words)}", " ", text, count=1, flags=re.IGNORECASE)
    if found := _MODE.search(text):
        asks["mode"] = found[1]
        told.note(found.group(), f"in a {found[1]} key")
        return cut(text, found)
    return text


def take_voice(text: str, asks: dict[str, Any], told: Told) -> str:
    """Take who sings, or that nobody does."""
    if found := _NO_VOICE.search(text):
        asks["voice"] = "none"
        told.note(found.group(), "nobody sings")
        text = cut(text, found)
        if (other := _VOICE.search(text)) and any(other.groups()[:4]):
            told.cannot.append(f"{other.group().strip()}: {found.group()} is said too, so nobody sings")
            text = cut(text, other)
        return text
    found = _VOICE.search(text)
    if found is None or vocabulary.look_up(tuple(text[: found.end()].split()[-2:])) is not None:
        return text  # humming, chopped vocals and the like are sounds of the band
    high, low = found[1] or found[3], (found[2] and not found[1]) or found[4]
    asks["voice"] = "rap" if found[5].startswith("rap") else "female" if high else "male" if low else "any"
    told.note(found.group(), f"sung ({asks['voice']})")
    return cut(text, found)
