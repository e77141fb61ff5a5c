"""What a listening test is asked for. Nothing heavy is imported here: command lines are made from it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from ..recipe import Record

Question = Literal["abx", "preference", "real"]
Form = Literal["flac", "wav", "mp3"]
WORDING: Final[dict[Question, str]] = {
    "abx": "Which one is X?",
    "preference": "Which one do you like better?",
    "real": "Which one is the recording, and not made by a machine?",
}


class ListeningPlan(Record):
    """A blind test, with the rules by which answers will count: all of it is fixed before anybody listens."""

    question: Question = "abx"
    """What is asked: abx, which of two sounds X is; preference, which one is liked; real, which one is the recording."""
    trials: int = Field(20, ge=1, le=500)
    """Matched pairs to hear."""
    times: int = Field(1, ge=1, le=100)
    """How often each pair is heard, with sides drawn anew, and counts: so one pair alone is answered often enough."""
    listeners: int = Field(1, ge=1, le=10_000)
    """Listeners the test is meant for; a score with fewer says that it is a look and no verdict."""
    repeats: int = Field(4, ge=0, le=100)
    """Pairs that come a second time, hidden, with sides drawn anew."""
    identical: int = Field(4, ge=0, le=100)
    """Hidden pairs of one sound and itself."""
    obvious: int = Field(4, ge=0, le=100)
    """Hidden pairs of a sound and a plainly spoiled copy of it."""
    seconds: float = Field(8.0, ge=1.0, le=120.0)
    """Length of every sound."""
    begin: float = Field(0.0, ge=0.0, le=600.0)
    """Seconds into each sound, after its silent beginning, where it is cut."""
    fade: float = Field(0.05, ge=0.0, le=5.0)
    """Seconds of the fades at both cuts."""
    lufs: float = Field(-16.0, ge=-36.0, le=-8.0)
    """Loudness of every sound; lower for all where one of them would clip."""
    tempo: float = Field(0.1, ge=0.0, le=1.0)
    """Largest difference in tempo between the sounds of a pair, in parts."""
    form: Form = "flac"
    """File format of every sound: flac and wav of 16 bits, mp3 of 320 kbit/s."""
    heard: float = Field(3.0, ge=0.0, le=120.0)
    """Seconds of each sound that the page wants heard before it takes an answer."""
    margin: float = Field(0.55, gt=0.5, lt=1.0)
    """Share of right answers that the upper bound has to stay below where the twin is to pass."""
    misses: int = Field(0, ge=0, le=100)
    """Obvious pairs that a listener may get wrong; who misses more does not count."""
    one_side: float = Field(0.9, gt=0.5, le=1.0)
    """Share of one letter in the answers above which a listener does not count."""
    complete: float = Field(0.8, ge=0.0, le=1.0)
    """Share of the trials a listener has to answer to count."""
    title: str = Field("Listening test", min_length=1, max_length=120)
    """Heading of the page."""
    note: str = Field("", max_length=2000)
    """Words to the listeners, above the test."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Seed of pairs, order and sides, together with the sounds themselves."""
