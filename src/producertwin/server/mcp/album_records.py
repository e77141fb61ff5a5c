"""What the tools of albums take: a brief, an album, calls to approve, words that change it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...agent.budget import Budget
from ...agent.commission import Commission
from ...agent.policy import Autonomy
from ...agent.references import MOST
from ...recipe import Record
from ..album_facts import AlbumAsked, Hash, RevisionAsked

LONGEST_KEY = 120
"""Characters of a key."""
MOST_ROWS = 50
"""Decisions that are told at a time."""
Name = Annotated[str, Field(max_length=100)]


class AlbumBrief(AlbumAsked):
    """An album to plan. What it is played with is named by `twins`."""

    twins: tuple[Name, ...] = Field((), max_length=8)
    """Producers whose twins play along."""
    like: tuple[Name, ...] = Field((), max_length=MOST)
    """Takes and uploaded sounds that the album is to be like: what the brief leaves open is read of them."""

    @property
    def commission(self) -> Commission:
        """The same in the words of the planner."""
        said = self.model_dump(include={*Commission.model_fields} - {"adapters"})
        return Commission(**said, adapters=self.twins)


class AlbumBegin(AlbumBrief):
    """An album to make."""

    plan: Hash | None = None
    """The plan that plan_album told: where the brief makes another one by now, nothing is begun."""
    autonomy: Autonomy = "supervised"
    """What is done without asking the user: all, all but the choice of each track, or nothing."""
    minutes: float = Field(30.0, gt=0, le=1440)
    """The most minutes of work that it may take in all."""
    most_takes: int | None = Field(None, ge=1, le=10_000)
    """The most takes that may be played for it."""
    idempotency_key: str | None = Field(None, min_length=1, max_length=LONGEST_KEY)
    """Any text of your own: the same key again is the same album, so that a call may be sent twice."""

    @property
    def budget(self) -> Budget:
        """The most that it may cost."""
        return Budget(seconds=self.minutes * 60, takes=self.most_takes)


class AlbumKey(Record):
    """Which album."""

    album: str


class AlbumPage(Record):
    """How many albums."""

    limit: int = Field(20, ge=1, le=50)
    """At most so many, the one changed last first."""


class DecisionPage(AlbumKey):
    """Which decisions of an album."""

    after: int = Field(-1, ge=-1, le=1_000_000)
    """Number of the last decision that you were told: go on behind it."""
    limit: int = Field(20, ge=1, le=MOST_ROWS)
    """At most so many, in order."""


class AlbumApproval(AlbumKey):
    """What may be done of an album."""

    calls: tuple[Hash, ...] = Field(min_length=1, max_length=500)
    """Hashes that show_album told: of calls that wait, or of candidates to choose."""


class AlbumWords(AlbumKey, RevisionAsked):
    """What is to be changed of an album."""


class AlbumRevision(AlbumWords):
    """Changes of an album that were shown."""

    call: Hash
    """Hash of the changes, as plan_album_revision told it."""
