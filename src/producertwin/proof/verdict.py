"""One line of a proof's answer: what is claimed, and whether it holds."""

from __future__ import annotations

from ..recipe import Record


class Verdict(Record):
    """One thing a person wants to know, in words."""

    claim: str
    proven: bool | None
    """None where it cannot be claimed either way."""
    words: str

    @property
    def outcome(self) -> str:
        """What `proven` is called where people read it."""
        return {True: "holds", False: "not proven", None: "cannot be claimed"}[self.proven]
