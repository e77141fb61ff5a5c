"""Tempo, key, meter and length in words: every usual spelling, and all that only looks like one."""

from __future__ import annotations

import pytest

from producertwin.metas import WrittenMetas, read_caption, read_name
from producertwin.music import KEYS


def facts(found: WrittenMetas) -> dict[str, object]:
    """What was found, by name; keys as text."""
    pairs = {"bpm": found.bpm, "key": found.key, "meter": found.meter, "seconds": found.seconds}
    return {name: str(one.value) if name == "key" else one.value for name, one in pairs.items() if one is not None}


STATED = {
    # tempo
    "dusty piano, 84 bpm": {"bpm": 84},
    "techno 120bpm": {"bpm": 120},
    "at 92 BPM": {"bpm": 92},
    "84.5 bpm": {"bpm": 84.5},
    "84,5 bpm": {"bpm": 84.5},
    "tempo: 92": {"bpm": 92},
    "a tempo of 100": {"bpm": 100},
    "bpm=140": {"bpm": 140},
    "BPM 90, soft": {"bpm": 90},
    "♩ = 72": {"bpm": 72},
    "96 beats per minute": {"bpm": 96},
    "140-bpm drill": {"bpm": 140},
    "90 bpm, really 90 BPM": {"bpm": 90},
    # key
    "dusty piano in A minor": {"key": "A minor"},
    "in a minor": {"key": "A minor"},
    "slow, a minor, warm": {"key": "A minor"},
    "a minor key of A minor": {"key": "A minor"},
    "A major with strings": {"key": "A major"},
    "F#m": {"key": "F# minor"},
    "lofi, Am, slow": {"key": "A minor"},
    "Bbmaj pads": {"key": "Bb major"},
    "Cmin": {"key": "C minor"},
    "F# Minor": {"key": "F# minor"},
    "f sharp minor": {"key": "F# minor"},
    "E-flat minor": {"key": "Eb minor"},
    "G♭ major": {"key": "Gb major"},
    "key of E flat major": {"key": "Eb major"},
    "in the key of G": {"key": "G major"},
    "key: F#m": {"key": "F# minor"},
    "in Eb": {"key": "Eb major"},
    "D harmonic minor": {"key": "D minor"},
    "c minor ballad": {"key": "C minor"},
    # meter
    "6/8": {"meter": 6},
    "waltz in 3/4 time": {"meter": 3},
    "four on the floor, 4/4": {"meter": 4},
    "three-four time": {"meter": 3},
    # length
    "2 minutes long": {"seconds": 120},
    "30 seconds": {"seconds": 30},
    "lofi, 45 sec, rainy": {"seconds": 45},
    "a 20-second loop": {"seconds": 20},
    "30 second rainy piano loop": {"seconds": 30},
    "1:30 long": {"seconds": 90},
    "length 2:05": {"seconds": 125},
    "duration: 45s": {"seconds": 45},
    "lasting two minutes": {"seconds": 120},
    "half a minute long": {"seconds": 30},
    "2 min 30 s long": {"seconds": 150},
    # together
    "120bpm house in F# minor, 6/8, 40 seconds long": {"bpm": 120, "key": "F# minor", "meter": 6, "seconds": 40},
    "Cm trap 140bpm": {"bpm": 140, "key": "C minor"},
    "A minor 84 bpm": {"bpm": 84, "key": "A minor"},
}

NOT_STATED = [
    "",
    "120 minutes of rain",
    "30 seconds of silence, then drums",
    "a drop after 10 seconds",
    "2 second delay",
    "5 minutes to midnight",
    "90s hip hop",
    "60s",
    "in a major way",
    "a minor detail",
    "A minor detail in the mix",
    "A major hit",
    "It swings. A minor annoyance, no more",
    "major third, minor sixth",
    "A minor third above",
    "12 bar blues",
    "808",
    "tr-808 kick, 909 hats",
    "FM synth bells",
    "AM radio",
    "Am I dreaming",
    "as I Am",
    "Cmaj7 chords",
    "Dm7 G7 Cmaj7",
    "Am F C G",
    "Am - F - C - G",
    "Gm Dm Am",
    "Em chords",
    "C major 7 chords",
    "24/7 beats",
    "3/4 of the song is quiet",
    "1/8 notes",
    "recorded 6/8/2024",
    "80-90 bpm",
    "between 80 to 90 bpm",
    "vitamin C, plan B, B side",
    "in C",
    "432 Hz",
    "2 step garage",
    "top 40 pop",
    "I'd minor in music",
]


@pytest.mark.parametrize(("caption", "found"), STATED.items(), ids=str)
def test_a_fact_is_read_in_every_usual_spelling(caption: str, found: dict[str, object]) -> None:
    assert facts(read_caption(caption)) == found
    assert read_caption(caption).unused == ()
    assert facts(read_caption(f"warm, {caption}, soft")) == found


@pytest.mark.parametrize("caption", NOT_STATED)
def test_what_only_looks_like_a_fact_is_left_alone(caption: str) -> None:
    assert read_caption(caption) == WrittenMetas()


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_every_key_is_read_as_it_is_printed_and_as_it_is_abbreviated(key: object) -> None:
    tonic, mode = str(key).split()
    short = f"{tonic}m" if mode == "minor" else f"{tonic}maj"
    for text in (f"piano, {key}", f"piano in {key}", f"piano, {short}, slow", f"key of {key}"):
        assert facts(read_caption(text)) == {"key": str(key)}, text


@pytest.mark.parametrize(
    ("caption", "why"),
    [
        ("500 bpm", "outside 30 to 300"),
        ("7/8 prog", "none of the meters"),
        ("40 minutes long", "outside"),
        ("140 bpm, then 70 bpm", "contradict each other"),
        ("A minor, later C major", "contradict each other"),
    ],
)
def test_what_cannot_be_used_is_named(caption: str, why: str) -> None:
    found = read_caption(caption)
    assert facts(found) == {}
    [said] = found.unused
    assert why in said


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("beat_final (140bpm Fm).mp3", {"bpm": 140, "key": "F minor"}),
        ("140_Fm_beat.wav", {"bpm": 140, "key": "F minor"}),
        ("Dm 90.wav", {"bpm": 90, "key": "D minor"}),
        ("lofi-84bpm-Am.mp3", {"bpm": 84, "key": "A minor"}),
        ("C#m-95bpm.flac", {"bpm": 95, "key": "C# minor"}),
        ("07 Night Drive 8A 128BPM.flac", {"bpm": 128, "key": "A minor"}),
        ("Night Drive 8B 128 bpm", {"bpm": 128, "key": "C major"}),
        ("Night Drive 5A 120 bpm", {"bpm": 120, "key": "C minor"}),
        ("Song (Bb major, 100 bpm).mp3", {"bpm": 100, "key": "Bb major"}),
        ("80s_jam_Cmin_92bpm.wav", {"bpm": 92, "key": "C minor"}),
        ("Am I here.mp3", {}),
        ("track 01.wav", {}),
        ("A minor thing.mp3", {}),
        ("Studio 4B.wav", {}),
        ("2024-11-26 take 3.wav", {}),
    ],
)
def test_the_facts_of_a_name_are_read(name: str, found: dict[str, object]) -> None:
    assert facts(read_name(name)) == found


def test_the_words_of_a_fact_are_kept_for_messages() -> None:
    found = read_caption("dusty, at  84 BPM, in E flat  major")
    assert found.bpm is not None
    assert found.key is not None
    assert (found.bpm.words, found.key.words) == ("84 BPM", "E flat major")
