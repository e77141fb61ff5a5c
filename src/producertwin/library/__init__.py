"""Tracks, takes, runs and installed adapters, their contents and lineage, in a folder and a database that check each other."""

from .filter import Filter
from .labels import Labels
from .provenance import AdapterUse, Hearing, Making, SungLine, Take, TakeDraft, TakeMetas
from .studio import Library, open_library
from .track import Track, TrackDraft, TrackSource
from .verdict import Judgement, TakePreference, TakeRating, Verdict, VerdictFilter, Withdrawal

__all__ = [
    "AdapterUse",
    "Filter",
    "Hearing",
    "Judgement",
    "Labels",
    "Library",
    "Making",
    "SungLine",
    "Take",
    "TakeDraft",
    "TakeMetas",
    "TakePreference",
    "TakeRating",
    "Track",
    "TrackDraft",
    "TrackSource",
    "Verdict",
    "VerdictFilter",
    "Withdrawal",
    "open_library",
]
