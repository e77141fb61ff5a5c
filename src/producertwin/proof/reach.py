"""What a proof of a training set will be able to say, told before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

from ..dataset.manifest import Manifest
from .folds import FOLDS, Folds, deal_folds
from .plan import LEAST_SONGS, ProofPlan


@dataclass(frozen=True, slots=True)
class Reach:
    """The songs of a set that a proof can use, and how far they carry."""

    songs: int
    """Songs that last an excerpt."""
    held: int
    """Those of them that are held out."""
    folds: Folds | None
    """The songs that each short twin is judged by; None where the held-out songs suffice, or all songs together do not."""
    splits_groups: bool
    """Whether held-out songs are of albums or sessions that are learned from."""

    @property
    def suffices(self) -> bool:
        """Whether the held-out songs carry a distance."""
        return self.held >= LEAST_SONGS


def find_reach(manifest: Manifest, seconds: float = ProofPlan().seconds, count: int = FOLDS, *, always: bool = False) -> Reach:
    """How far the songs of `manifest` carry a proof with excerpts of `seconds`.

    They are dealt into `count` folds where too few are held out, or `always`.
    """
    usable = [row for row in manifest.rows if row.seconds >= seconds]
    held = sum(row.side == "holdout" for row in usable)
    folds = deal_folds(usable, count) if always or held < LEAST_SONGS else None
    return Reach(len(usable), held, folds, manifest.splits_groups)


def describe_reach(reach: Reach) -> str:
    """What can be proven, as one sentence."""
    held = f"{reach.held} of {reach.songs} songs {'is' if reach.held == 1 else 'are'} held out"
    album = ", though they share albums with songs that are learned from" if reach.splits_groups else ""
    if reach.suffices:
        return f"proof: {held}{album}: enough to tell whether a twin comes nearer to the producer"
    if reach.folds is not None:
        return (
            f"proof: {held}{album}, and nearness takes {LEAST_SONGS}: `twin prove` will train {len(reach.folds.songs)} short "
            "twins, each without a part of the songs, and judge them by what they have not heard"
        )
    if reach.held:
        return (
            f"proof: {held}{album}: takes can be heard beside real songs, and their tempo, key and defects counted; whether a "
            f"twin comes nearer takes {LEAST_SONGS} songs in all"
        )
    return f"proof: nothing is held out of {reach.songs} song{'' if reach.songs == 1 else 's'}, so nothing can be proven; " + (
        "with two tracks or more one would be" if reach.songs < 2 else "`twin dataset split --holdout 0.2` holds some out"
    )


def describe_judging(reach: Reach) -> str:
    """By what a twin is about to be judged, as one sentence."""
    held = f"{reach.held} of {reach.songs} songs"
    if reach.folds is None:
        few = "" if reach.suffices else f", too few to tell nearness, which takes {LEAST_SONGS}"
        return f"the twin is judged by {held}, which it has not heard{few}"
    return (
        f"{held} are held out, and nearness takes {LEAST_SONGS}: {len(reach.folds.songs)} short twins are trained, and each is "
        "judged by songs that it has not heard (--folds 0 leaves that out)"
    )
